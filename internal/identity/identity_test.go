package identity_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	home  = netip.MustParseAddr("192.0.2.10")
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

const goodPassword = "cheval agrafe pile"

// clock is moved by hand.
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

// world is a service on a new database.
type world struct {
	*identity.Service
	t     *testing.T
	db    *sqldb.DB
	clock *clock
}

// cheap costs nothing, so that tests hash often.
var cheap = identity.HashParams{KiB: 64, Passes: 1, Lanes: 1}

func run(t *testing.T, o identity.Options, fn func(w world)) {
	t.Helper()
	c := &clock{at: start}
	if o.Hash == (identity.HashParams{}) {
		o.Hash = cheap
	}
	sqldbtest.RunAt(t, c.now, func(t *testing.T, db *sqldb.DB) {
		c.mu.Lock()
		c.at = start
		c.mu.Unlock()
		fn(world{identity.New(db, o), t, db, c})
	})
}

func (w world) person(name string, host ...identity.HostRole) identity.Actor {
	w.t.Helper()
	p, err := w.CreatePerson(ctx, root, identity.NewPerson{Email: name + "@mairie.example", Name: name, Language: i18n.French, Password: goodPassword}, identity.HostSet(host...))
	w.ok(err)
	return w.actor(p.ID)
}

func (w world) actor(id identity.PersonID) identity.Actor {
	w.t.Helper()
	a, err := w.ActorOfPerson(ctx, root, id)
	w.ok(err)
	return a
}

func (w world) organisation(name string) identity.Organisation {
	w.t.Helper()
	o, err := w.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: name, Kind: identity.KindCommune}, false)
	w.ok(err)
	return o
}

func (w world) member(name string, org identity.OrganisationID, role identity.Role) identity.Actor {
	w.t.Helper()
	a := w.person(name)
	w.ok(w.SetMember(ctx, root, org, a.Person(), role))
	return w.actor(a.Person())
}

func (w world) signIn(name, password string, from netip.Addr) (identity.Session, string, error) {
	e, err := w.SignIn(ctx, identity.SignIn{Email: name + "@mairie.example", Password: password, Network: from, Agent: "Firefox"})
	return e.Session, e.Secret, err
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
	for _, k := range append([]string{e.Key, e.Hint}, fieldKeys(e)...) {
		for _, l := range i18n.Langs {
			if k != "" && !i18n.Known(l, k) {
				w.t.Errorf("no message in %s for %q", l, k)
			}
		}
	}
}

func fieldKeys(e *errs.Error) (keys []string) {
	for _, f := range e.Fields {
		keys = append(keys, f.Key)
	}
	return keys
}

func (w world) fields(err error) (names []string) {
	w.t.Helper()
	w.fails(err, errs.Invalid)
	for _, f := range errs.As(err).Fields {
		names = append(names, f.Name)
	}
	return names
}

// at runs n calls at once and returns their errors.
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

func (w world) same(got, want any) {
	w.t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		w.t.Fatalf("-want +got\n%s", d)
	}
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

func outcome(err error) string {
	if err == nil {
		return "yes"
	}
	return fmt.Sprint(errs.KindOf(err))
}
