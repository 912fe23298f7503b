package publish_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/publish"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// workshop is the path from a file to a dataset, on a real database and store.
type workshop struct {
	*testing.T
	db        *sqldb.DB
	blobs     *blob.Store
	runner    *jobs.Runner
	tables    *tables.Service
	catalogue *catalogue.Service
	publish   *publish.Service

	org, other     identity.OrganisationID
	editor, helper identity.Actor // editor and contributor of org
	stranger       identity.Actor // editor of other
	chief, leaver  identity.Actor // administrator and editor of org
	people         *identity.Service
	web            *web
}

// web is what the addresses of the world give.
type web struct {
	files map[string]string // "" answers that it is gone
	down  bool              // no server answers
	asked atomic.Int64
}

func (x *web) reach(_ context.Context, address string) (httpx.Reached, error) {
	x.asked.Add(1)
	switch {
	case x.down:
		return httpx.Reached{}, errs.New(errs.Busy, "httpx.unreachable", errs.Args{"Host": "www.roques.example"}).WithHint("httpx.unreachable.hint")
	case x.files[address] == "":
		return httpx.Reached{}, errs.New(errs.NotFound, "httpx.download-status", errs.Args{"Address": address, "Status": 404}).WithHint("httpx.download-status.hint")
	}
	return httpx.Reached{MediaType: "application/pdf", Bytes: int64(len(x.files[address]))}, nil
}

func (x *web) visit(_ context.Context, address, etag string, w io.Writer, _ int64) (string, string, bool, error) {
	x.asked.Add(1)
	text := x.files[address]
	if text == "" {
		return "", "", false, errs.New(errs.NotFound, "httpx.download-status", errs.Args{"Address": address, "Status": 404}).WithHint("httpx.download-status.hint")
	}
	if etag == text {
		return "", etag, false, nil
	}
	_, err := io.WriteString(w, text)
	return "lieux.csv", text, true, err
}

func open(t *testing.T, db *sqldb.DB) *workshop {
	t.Helper()
	ctx := t.Context()
	w := &workshop{T: t, db: db, web: &web{files: map[string]string{}}}
	var err error
	if w.blobs, err = blob.Open(ctx, blob.Options{URL: "file://" + t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.blobs.Close() })
	if w.runner, err = jobs.New(db, jobs.Options{}); err != nil {
		t.Fatal(err)
	}
	w.catalogue = catalogue.New(db, nil).WithMakers(collect.Maker())
	find := func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }
	w.tables = tables.New(tables.Options{DB: db, Blobs: w.blobs, Schemas: find, Temp: t.TempDir(), Catalogue: w.catalogue, Limits: tables.Limits{UploadBytes: 1 << 20}})
	w.tables.Handle(w.runner)
	mail.Deliver(w.runner, db, mail.Options{})
	w.publish = publish.New(db, w.tables, w.catalogue, false)
	ids := identity.New(db, identity.Options{})
	w.publish.Handle(w.runner, publish.Handling{People: ids, Base: "https://donnees.example.org", Visit: w.web.visit, Reach: w.web.reach, Temp: t.TempDir()})
	sys := identity.System("test")
	for name, id := range map[string]*identity.OrganisationID{"Roques": &w.org, "Labège": &w.other} {
		o, err := ids.CreateOrganisation(ctx, sys, identity.OrganisationForm{Name: name, Kind: identity.KindCommune}, false)
		if err != nil {
			t.Fatal(err)
		}
		*id = o.ID
	}
	person := func(email string, org identity.OrganisationID, role identity.Role) identity.Actor {
		p, err := ids.CreatePerson(ctx, sys, identity.NewPerson{Email: email, Name: "Test Person", Password: "a sentence long enough"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := ids.SetMember(ctx, sys, org, p.ID, role); err != nil {
			t.Fatal(err)
		}
		a, err := ids.ActorOfPerson(ctx, sys, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	w.editor = person("editor@example.org", w.org, identity.Editor)
	w.helper = person("helper@example.org", w.org, identity.Contributor)
	w.chief = person("chief@example.org", w.org, identity.Administrator)
	w.leaver = person("leaver@example.org", w.org, identity.Editor)
	w.people = ids
	w.stranger = person("stranger@example.org", w.other, identity.Editor)
	return w
}

// bring opens a deposit on a file and has it read.
func (w *workshop) bring(a identity.Actor, name, text, schema string) (publish.Deposit, tables.Import) {
	w.Helper()
	ctx := w.Context()
	u, err := w.tables.Upload(ctx, a, w.org, name, strings.NewReader(text))
	w.must(err)
	d, err := w.publish.Start(ctx, a, w.org, "")
	w.must(err)
	set := tables.Settings{}
	if schema != "" {
		e, err := national.Lookup(schema)
		w.must(err)
		set.Schema = e.Ref()
	}
	d, err = w.publish.BringUpload(ctx, a, d.ID, d.Revision, u.ID, set)
	w.must(err)
	return d, w.read(a, d.Import)
}

// read runs the jobs and returns the import.
func (w *workshop) read(a identity.Actor, id tables.ImportID) tables.Import {
	w.Helper()
	w.must(w.runner.Drain(w.Context()))
	i, err := w.tables.FindImport(w.Context(), a, id)
	w.must(err)
	return i
}

func (w *workshop) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *workshop) wants(err error, kind errs.Kind) {
	w.Helper()
	if !errs.Is(err, kind) {
		w.Fatalf("error %v, want kind %s", err, kind)
	}
}

func (w *workshop) describe(a identity.Actor, d publish.Deposit, title string) publish.Deposit {
	w.Helper()
	d, err := w.publish.SetDescription(w.Context(), a, d.ID, d.Revision, catalogue.Metadata{Title: title, Description: "What it is.", Licence: catalogue.LicenceOuverte, Language: "fr"}, true)
	w.must(err)
	return d
}

const places = "nom;places;ouvert\nPiscine;120;oui\nStade;3000;non\n"

func TestFromFileToDataset(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, i := w.bring(w.helper, "lieux.csv", places, "")
		if !i.Ready() || i.Outcome.Rows != 2 || i.Outcome.SchemaID != "" {
			t.Fatalf("import %+v", i)
		}
		if step := d.Step(i); step != publish.Describe {
			t.Fatalf("step %s", step)
		}
		d = w.describe(w.helper, d, "Lieux")
		_, err := w.publish.Finish(ctx, w.helper, d.ID, d.Revision, publish.Public, "")
		w.wants(err, errs.Denied) // a contributor prepares, an editor publishes
		set, err := w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "first")
		w.must(err)
		if set.State != catalogue.Published || len(set.Resources) != 1 || set.Resources[0].Latest != 1 {
			t.Fatalf("dataset %+v", set)
		}
		v, err := w.catalogue.Version(ctx, identity.Anonymous(), set.Resources[0].ID, 0)
		w.must(err)
		if v.Rows != 2 || v.Note != "first" || v.Original.FileName != "lieux.csv" {
			t.Fatalf("version %+v", v)
		}
		r, err := w.tables.Original(ctx, v)
		w.must(err)
		defer r.Close()
		if got, err := io.ReadAll(r); err != nil || string(got) != places {
			t.Fatalf("original %q %v", got, err)
		}
		table, err := w.tables.Open(ctx, v)
		w.must(err)
		kinds := map[string]tabular.Kind{}
		for _, f := range table.Snapshot.Fields {
			kinds[f.Name] = f.Kind
		}
		if kinds["places"] != tabular.Int || kinds["ouvert"] != tabular.Bool || kinds["nom"] != tabular.Text {
			t.Fatalf("kinds %v", kinds)
		}
		again, err := w.publish.Find(ctx, w.editor, d.ID)
		w.must(err)
		if again.State != publish.Published || again.Dataset != set.ID {
			t.Fatalf("deposit %+v", again)
		}
		_, err = w.publish.Finish(ctx, w.editor, d.ID, again.Revision, publish.Public, "")
		w.wants(err, errs.Conflict) // once is enough

		// The next version goes by the same path; the first stays.
		next, err := w.publish.Start(ctx, w.editor, w.org, set.ID)
		w.must(err)
		u, err := w.tables.Upload(ctx, w.editor, w.org, "lieux-2.csv", strings.NewReader(places+"Mairie;12;oui\n"))
		w.must(err)
		next, err = w.publish.BringUpload(ctx, w.editor, next.ID, next.Revision, u.ID, tables.Settings{})
		w.must(err)
		if i := w.read(w.editor, next.Import); next.Step(i) != publish.Publish {
			t.Fatalf("a dataset that is described already goes on to %s", next.Step(i))
		}
		_, err = w.publish.Finish(ctx, w.editor, next.ID, next.Revision, "", "one more")
		w.must(err)
		for number, rows := range map[int]int64{1: 2, 2: 3} {
			v, err := w.catalogue.Version(ctx, identity.Anonymous(), set.Resources[0].ID, number)
			w.must(err)
			if v.Rows != rows {
				t.Errorf("version %d has %d rows, want %d", number, v.Rows, rows)
			}
		}
	})
}

// messy has dates and numbers as French agents write them, and a wrong SIRET.
const messy = "COLL_NOM;COLL_SIRET;DELIB_ID;DELIB_DATE;DELIB_MATIERE_CODE;DELIB_MATIERE_NOM;DELIB_OBJET\n" +
	"Roques;21310458100011;1;15/01/2025;7.1;Finances locales/Décisions budgétaires;Budget\n" +
	"Roques;21310458100012;2;3 mars 2025;2.1;Urbanisme/Documents d’urbanisme;PLU\n"

func TestMendingStepByStep(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, i := w.bring(w.editor, "delib.csv", messy, "scdl/deliberations")
		if i.Outcome.Valid || i.Outcome.Errors != 3 || d.Step(i) != publish.Mend || i.Parquet.Hash != "" {
			t.Fatalf("%+v", i.Outcome)
		}
		found, err := w.tables.Findings(ctx, i)
		w.must(err)
		if found.Plan == nil || len(found.Plan.Safe()) == 0 {
			t.Fatal("no repair is proposed for dates of the French form")
		}
		d = w.describe(w.editor, d, "Délibérations")
		_, err = w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "")
		w.wants(err, errs.Conflict) // errors are left

		reread := func(set tables.Settings) tables.Import {
			t.Helper()
			next, err := w.publish.Reread(ctx, w.editor, d.ID, i.Revision, set)
			w.must(err)
			i = w.read(w.editor, next.ID)
			return i
		}
		if reread(i.Settings.With(found.Plan.Safe()...)); i.Outcome.Errors != 1 || i.Outcome.Repaired < 2 {
			t.Fatalf("after the safe repairs: %+v", i.Outcome)
		}
		edit := check.Choice{ID: check.Edit, Field: "COLL_SIRET", Row: 3, Value: "21310458100011"}
		if reread(i.Settings.With(edit)); !i.Ready() {
			t.Fatalf("after the edit: %+v", i.Outcome)
		}
		rows, err := w.tables.First(ctx, i, 5)
		w.must(err)
		if len(rows) != 2 || rows[1].Row != 3 || rows[1].Cells[1] != "21310458100011" || rows[1].Cells[3] != "2025-03-03" {
			t.Fatalf("mended rows %v", rows)
		}
		if reread(i.Settings.Undone()); i.Outcome.Errors != 1 {
			t.Fatalf("after undoing the edit: %+v", i.Outcome)
		}
		if reread(i.Settings.Undone()); i.Outcome.Errors != 3 || i.Mended.Hash != "" {
			t.Fatalf("after undoing all: %+v", i.Outcome)
		}
		// A colleague who has not seen the change is told.
		_, err = w.publish.Reread(ctx, w.helper, d.ID, i.Revision-1, i.Settings)
		w.wants(err, errs.Conflict)
		// The whole can become a free table instead.
		free := i.Settings
		free.Schema = ""
		if reread(free); !i.Ready() {
			t.Fatalf("free table: %+v", i.Outcome)
		}
		all := tables.Settings{Schema: "scdl/deliberations@2.1.5", AllSafe: true}
		if reread(all); i.Outcome.Errors != 1 {
			t.Fatalf("all that is safe at once: %+v", i.Outcome)
		}
	})
}

func TestWhatCannotBeRead(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		for name, text := range map[string]string{
			"empty.csv": "", "picture.csv": "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\x01\xff", 500), "broken.xlsx": "PK\x03\x04 not a workbook at all",
		} {
			d, i := w.bring(w.editor, name, text, "")
			if i.State != tables.Failed || i.Failure == nil || i.Failure.Key == "" || i.Failure.Hint == "" || d.Step(i) != publish.Understand {
				t.Errorf("%s: %s %+v", name, i.State, i.Failure)
			}
		}
		_, i := w.bring(w.editor, "x.csv", "a\n1\n", "")
		_, err := w.tables.Revise(t.Context(), w.editor, i.ID, i.Revision, tables.Settings{Encoding: "no-such-encoding"})
		w.must(err)
		if i = w.read(w.editor, i.ID); i.State != tables.Failed || i.Failure.Hint == "" {
			t.Errorf("an unknown encoding: %s %+v", i.State, i.Failure)
		}
		_, err = w.tables.Upload(t.Context(), w.editor, w.org, "large.csv", bytes.NewReader(make([]byte, 1<<20+1)))
		w.wants(err, errs.TooLarge)
	})
}

// A file that ends in the middle fails as a whole, and the job does not hang on
// the rows before.
func TestCutArchive(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		var z bytes.Buffer
		g := gzip.NewWriter(&z)
		_, _ = g.Write([]byte("a;b;c\n" + strings.Repeat("12;Roques;2025-01-31\n", 1_000_000)))
		w.must(g.Close())
		for _, ref := range []string{"", "scdl/deliberations"} {
			_, i := w.bring(w.editor, "x.csv.gz", z.String()[:z.Len()*3/4], ref)
			if i.State != tables.Failed || i.Failure.Hint == "" {
				t.Errorf("%s: %s %+v", ref, i.State, i.Failure)
			}
		}
	})
}

func TestUploadGoesOnWhereItWasCut(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		text := strings.Repeat("a;b;c\n", 1000)
		u, err := w.tables.StartUpload(ctx, w.editor, w.org, "../x/Ma table.csv", int64(len(text)))
		w.must(err)
		if u.Name != "Ma table.csv" {
			t.Errorf("name %q", u.Name)
		}
		cut := io.MultiReader(strings.NewReader(text[:2500]), failing{})
		u, err = w.tables.Append(ctx, w.editor, u.ID, 0, cut)
		w.wants(err, errs.Busy)
		if u.Received != 2500 {
			t.Fatalf("received %d, want what arrived before the cut", u.Received)
		}
		_, err = w.tables.Append(ctx, w.editor, u.ID, 0, strings.NewReader(text))
		w.wants(err, errs.Conflict) // not where it was
		_, err = w.tables.StartImport(ctx, w.editor, u.ID, tables.Settings{})
		w.wants(err, errs.Conflict) // not done
		u, err = w.tables.Append(ctx, w.editor, u.ID, 2500, strings.NewReader(text[2500:]))
		w.must(err)
		if !u.Done() || u.Size != int64(len(text)) {
			t.Fatalf("%+v", u)
		}
		first, err := w.tables.StartImport(ctx, w.editor, u.ID, tables.Settings{})
		w.must(err)
		again, err := w.tables.StartImport(ctx, w.editor, u.ID, tables.Settings{}) // the answer was lost
		w.must(err)
		if first.ID != again.ID {
			t.Errorf("the same upload became two imports")
		}
		_, err = w.tables.StartImport(ctx, w.stranger, u.ID, tables.Settings{})
		w.wants(err, errs.NotFound)
		r, err := w.blobs.Open(ctx, u.Blob)
		w.must(err)
		defer r.Close()
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestStrangersSeeNothing(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, i := w.bring(w.editor, "lieux.csv", places, "")
		u, err := w.tables.StartUpload(ctx, w.editor, w.org, "x.csv", 10)
		w.must(err)
		for _, a := range []identity.Actor{w.stranger, identity.Anonymous()} {
			_, err := w.publish.Find(ctx, a, d.ID)
			w.wants(err, errs.NotFound)
			_, err = w.tables.FindImport(ctx, a, i.ID)
			w.wants(err, errs.NotFound)
			_, err = w.tables.FindUpload(ctx, a, u.ID)
			w.wants(err, errs.NotFound)
			_, err = w.tables.Append(ctx, a, u.ID, 0, strings.NewReader("x"))
			w.wants(err, errs.NotFound)
			_, err = w.publish.PublishImport(ctx, a, i.ID, publish.Target{})
			w.wants(err, errs.NotFound)
			list, err := w.publish.Pending(ctx, a)
			w.must(err)
			if len(list) != 0 {
				t.Errorf("%s sees %d deposits", a, len(list))
			}
		}
		_, err = w.publish.Start(ctx, w.stranger, w.org, "")
		w.wants(err, errs.Denied)
		_, err = w.publish.Start(ctx, identity.Anonymous(), w.org, "")
		w.wants(err, errs.SignIn)
		list, err := w.publish.Pending(ctx, w.helper)
		w.must(err)
		if len(list) != 1 || list[0].ID != d.ID {
			t.Errorf("a colleague sees %d deposits", len(list))
		}
	})
}

// What nothing names any more is what may be collected.
func TestAbandonedDepositLeavesNothing(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, i := w.bring(w.editor, "lieux.csv", places, "")
		named := func() map[blob.Hash]bool {
			m := map[blob.Hash]bool{}
			w.must(w.tables.ReferencedBlobs(ctx, func(h blob.Hash) { m[h] = true }))
			return m
		}
		if m := named(); !m[i.Original.Hash] || !m[i.Parquet.Hash] || !m[i.Report] {
			t.Fatalf("not all blobs of an import are named: %v", m)
		}
		w.must(w.publish.Abandon(ctx, w.editor, d.ID, d.Revision))
		if m := named(); len(m) != 0 {
			t.Errorf("still named: %v", m)
		}
		_, err := w.publish.SetDescription(ctx, w.editor, d.ID, d.Revision+1, catalogue.Metadata{}, false)
		w.wants(err, errs.Conflict)
	})
}
