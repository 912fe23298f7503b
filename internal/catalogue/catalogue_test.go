package catalogue_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ctx   = context.Background()
	root  = identity.System("test")
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a catalogue on a new database, with two organisations and one person
// of each sort.
type world struct {
	*catalogue.Service
	t            *testing.T
	db           *sqldb.DB
	clock        *clock
	ours, theirs identity.OrganisationID

	anonymous, reader, contributor, editor, stranger, admin, animator, auditor identity.Actor
}

func run(t *testing.T, fn func(w world)) {
	t.Helper()
	c := &clock{}
	sqldbtest.RunAt(t, c.now, func(t *testing.T, db *sqldb.DB) {
		c.mu.Lock()
		c.at = start
		c.mu.Unlock()
		w := world{Service: catalogue.New(db, nil), t: t, db: db, clock: c}
		people := identity.New(db, identity.Options{})
		for name, id := range map[string]*identity.OrganisationID{"Roques": &w.ours, "Labège": &w.theirs} {
			o, err := people.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: name, Kind: identity.KindCommune}, false)
			w.ok(err)
			*id = o.ID
		}
		in := func(name string, org identity.OrganisationID, r identity.Role) identity.Actor {
			return identity.PersonActor(identity.PersonID(name), name, 0, identity.Membership{Organisation: org, Role: r})
		}
		host := func(name string, r identity.HostRole) identity.Actor {
			return identity.PersonActor(identity.PersonID(name), name, identity.HostSet(r))
		}
		w.reader, w.contributor, w.editor = in("reader", w.ours, identity.Reader), in("contributor", w.ours, identity.Contributor), in("editor", w.ours, identity.Editor)
		w.stranger = in("stranger", w.theirs, identity.Administrator)
		w.admin, w.animator, w.auditor = host("admin", identity.HostAdministrator), host("animator", identity.HostAnimator), host("auditor", identity.HostAuditor)
		fn(w)
	})
}

func (w world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// fails checks the kind of an error and, when given, its key.
func (w world) fails(err error, kind errs.Kind, key ...string) {
	w.t.Helper()
	if err == nil {
		w.t.Fatalf("no error, want %s", kind)
	}
	if errs.KindOf(err) != kind {
		w.t.Fatalf("%v: is %s, want %s", err, errs.KindOf(err), kind)
	}
	e := errs.As(err)
	if len(key) > 0 && e.Key != key[0] {
		w.t.Fatalf("%v: key %s, want %s", err, e.Key, key[0])
	}
	keys := []string{e.Key, e.Hint}
	for _, f := range e.Fields {
		keys = append(keys, f.Key)
	}
	for _, k := range keys {
		for _, l := range i18n.Langs {
			if k != "" && !i18n.Known(l, k) {
				w.t.Errorf("no message in %s for %q", l, k)
			}
		}
	}
}

func (w world) fields(err error) (names []string) {
	w.t.Helper()
	w.fails(err, errs.Invalid)
	for _, f := range errs.As(err).Fields {
		names = append(names, f.Name)
	}
	return names
}

func (w world) same(got, want any) {
	w.t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		w.t.Fatalf("-want +got\n%s", d)
	}
}

func hash(s string) string { return strings.Repeat(fmt.Sprintf("%x", s), 64)[:64] }

func metadata(title string) catalogue.Metadata {
	return catalogue.Metadata{Title: title, Description: "Ce que le conseil a décidé."}
}

func (w world) draft(title string) catalogue.Dataset {
	w.t.Helper()
	d, err := w.Create(ctx, w.editor, catalogue.NewDataset{Organisation: w.ours, Metadata: metadata(title)})
	w.ok(err)
	return d
}

// table adds a table with one version to a dataset.
func (w world) table(d catalogue.Dataset) catalogue.Resource {
	w.t.Helper()
	r, err := w.AddResource(ctx, root, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Tableau", Format: "csv", MediaType: "text/csv"})
	w.ok(err)
	w.version(r, "one")
	return w.resource(r.ID)
}

func (w world) resource(id catalogue.ResourceID) catalogue.Resource {
	w.t.Helper()
	r, _, err := w.Resource(ctx, root, id)
	w.ok(err)
	return r
}

func newVersion(r catalogue.ResourceID, mark string) catalogue.NewVersion {
	return catalogue.NewVersion{
		Resource: r, Expect: catalogue.AnyVersion,
		Parts:    []catalogue.VersionPart{{Blob: hash(mark + "1"), Bytes: 10, Rows: 3}, {Blob: hash(mark + "2"), Bytes: 20, Rows: 4, Source: "labege"}},
		Original: catalogue.Original{Blob: hash(mark + "o"), Bytes: 99, FileName: "délibs.csv", MediaType: "text/csv"},
		Columns:  json.RawMessage(`{"fields":[{"name":"a"}]}`),
		Schema:   catalogue.SchemaRef{ID: "scdl/deliberations", Version: "2.1.5"},
		Report:   catalogue.ReportSummary{Errors: 2, Blob: hash(mark + "r")},
		Note:     "Mars",
	}
}

func (w world) version(r catalogue.Resource, mark string) catalogue.Version {
	w.t.Helper()
	v, err := w.AddVersion(ctx, root, newVersion(r.ID, mark))
	w.ok(err)
	return v
}

func (w world) published(title string) catalogue.Dataset {
	w.t.Helper()
	d := w.draft(title)
	w.table(d)
	d, err := w.Publish(ctx, w.editor, d.ID, catalogue.AnyRevision)
	w.ok(err)
	return d
}

func atOnce(n int, call func(i int) error) []error {
	out := make([]error, n)
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			out[i] = call(i)
		})
	}
	close(begin)
	wg.Wait()
	return out
}

func succeeded(list []error) (n int) {
	for _, err := range list {
		if err == nil {
			n++
		}
	}
	return n
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: run the test with -update if this is meant\n%s", name, d)
	}
}

func titles(list []catalogue.Dataset) (out []string) {
	for _, d := range list {
		out = append(out, d.Title)
	}
	return out
}

// titlesOf lists what an actor sees, by title.
func (w world) titlesOf(a identity.Actor, f catalogue.Filter) []string {
	w.t.Helper()
	l, err := w.List(ctx, a, f, catalogue.ByTitle, "", 0)
	w.ok(err)
	return titles(l.Datasets)
}
