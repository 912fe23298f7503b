package consolidation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/consolidation"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/publish"
	"socle/internal/schema"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// acts is a schema in two versions: the newer one has other limits, a renamed column
// and one more.
const actsOld = `{"name": "acts", "version": "1.0", "fields": [
	{"name": "NUM", "type": "string", "constraints": {"required": true}},
	{"name": "jour", "type": "date"},
	{"name": "voix", "type": "integer"},
	{"name": "fini", "type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]}]}`

const actsNew = `{"name": "acts", "version": "2.0", "fields": [
	{"name": "ACTE_ID", "type": "string", "constraints": {"required": true}},
	{"name": "Jour", "type": "date"},
	{"name": "voix", "type": "integer", "constraints": {"minimum": 0}},
	{"name": "fini", "type": "boolean", "trueValues": ["vrai"], "falseValues": ["faux"]},
	{"name": "objet", "type": "string"}]}`

// territory is a host and three communes, on a real database and store.
type territory struct {
	*testing.T
	db        *sqldb.DB
	blobs     *blob.Store
	runner    *jobs.Runner
	people    *identity.Service
	tables    *tables.Service
	catalogue *catalogue.Service
	publish   *publish.Service
	merge     *consolidation.Service
	orgs      map[string]identity.OrganisationID
	editors   map[string]identity.Actor
	host      identity.Actor

	mu      sync.Mutex
	schemas map[string]string // by reference
}

var sys = identity.System("test")

func open(t *testing.T, db *sqldb.DB) *territory {
	t.Helper()
	ctx := t.Context()
	w := &territory{T: t, db: db, orgs: map[string]identity.OrganisationID{}, editors: map[string]identity.Actor{}, schemas: map[string]string{"acts": actsNew, "acts@1.0": actsOld, "acts@2.0": actsNew}}
	var err error
	w.blobs, err = blob.Open(ctx, blob.Options{URL: "file://" + t.TempDir()})
	w.must(err)
	t.Cleanup(func() { _ = w.blobs.Close() })
	w.runner, err = jobs.New(db, jobs.Options{})
	w.must(err)
	find := func(_ context.Context, ref string) (*schema.Schema, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		text, ok := w.schemas[ref]
		if !ok {
			return nil, errs.New(errs.NotFound, "errs.not-found")
		}
		return schema.Parse([]byte(text))
	}
	temp := t.TempDir()
	w.catalogue = catalogue.New(db, nil).WithMakers(collect.Maker(), consolidation.Maker())
	w.tables = tables.New(tables.Options{DB: db, Blobs: w.blobs, Schemas: find, Catalogue: w.catalogue, Temp: temp})
	w.tables.Handle(w.runner)
	w.people = identity.New(db, identity.Options{})
	w.publish = publish.New(db, w.tables, w.catalogue, false)
	w.merge = consolidation.New(consolidation.Options{DB: db, Blobs: w.blobs, Catalogue: w.catalogue, Identity: w.people, Tables: w.tables, Schemas: find, BaseURL: "https://donnees.example.org", Temp: temp})
	w.merge.Handle(w.runner)
	mail.Deliver(w.runner, db, mail.Options{})
	for _, name := range []string{"Département", "Auterive", "Labège", "Roques"} {
		kind := identity.KindCommune
		if name == "Département" {
			kind = identity.KindDepartement
		}
		o, err := w.people.CreateOrganisation(ctx, sys, identity.OrganisationForm{Name: name, Kind: kind}, false)
		w.must(err)
		w.orgs[name] = o.ID
		p, err := w.people.CreatePerson(ctx, sys, identity.NewPerson{Email: strings.ToLower(name[:1]) + "@example.org", Name: "Agent " + name, Password: "a sentence long enough"}, 0)
		w.must(err)
		w.must(w.people.SetMember(ctx, sys, o.ID, p.ID, identity.Editor))
		w.editors[name], err = w.people.ActorOfPerson(ctx, sys, p.ID)
		w.must(err)
	}
	w.host = identity.PersonActor("host", "Host", identity.HostSet(identity.HostAnimator), identity.Membership{Organisation: w.orgs["Département"], Role: identity.Editor})
	return w
}

func (w *territory) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *territory) wants(err error, kind errs.Kind) {
	w.Helper()
	if !errs.Is(err, kind) {
		w.Fatalf("got %v, want kind %v", err, kind)
	}
}

// publishes brings a file and publishes it: a new dataset, or a next version of d.
func (w *territory) publishes(org, title, ref, csv string, d catalogue.DatasetID) catalogue.Dataset {
	w.Helper()
	ctx := w.Context()
	u, err := w.tables.Upload(ctx, sys, w.orgs[org], "actes.csv", strings.NewReader(csv))
	w.must(err)
	i, err := w.tables.StartImport(ctx, sys, u.ID, tables.Settings{Schema: ref})
	w.must(err)
	w.drain()
	set, err := w.publish.PublishImport(ctx, sys, i.ID, publish.Target{Dataset: d, Description: catalogue.Metadata{Title: title, Description: "Les actes.", Licence: catalogue.LicenceOuverte}})
	w.must(err)
	w.drain()
	return set
}

// drain works all jobs, those that wait a moment too.
func (w *territory) drain() {
	w.Helper()
	w.must(w.runner.Drain(w.Context()))
}

func (w *territory) build() consolidation.Outcome {
	w.Helper()
	out, err := w.merge.Build(w.Context(), sys, "acts", nil)
	w.must(err)
	return out
}

func (w *territory) starts(change func(*consolidation.Form)) consolidation.Consolidation {
	w.Helper()
	f := consolidation.Form{Organisation: w.orgs["Département"], Title: "Actes du territoire", Description: "Tous les actes.", Renamed: map[string]string{"num": "ACTE_ID"}}
	if change != nil {
		change(&f)
	}
	_, err := w.merge.Start(w.Context(), w.host, "acts", f)
	w.must(err)
	w.drain()
	w.build()
	c, err := w.merge.Find(w.Context(), sys, "acts")
	w.must(err)
	return c
}

// rows reads the dataset of the territory as everyone sees it, a line a row.
func (w *territory) rows() []string {
	w.Helper()
	ctx := w.Context()
	c, err := w.merge.Find(ctx, sys, "acts")
	w.must(err)
	v, err := w.catalogue.Version(ctx, identity.Anonymous(), c.Resource, 0)
	w.must(err)
	var out []string
	for _, part := range v.Parts {
		local, err := w.blobs.File(ctx, blob.Hash(part.Blob))
		w.must(err)
		src, err := tabular.OpenFile(local.Path)
		w.must(err)
		pq, err := tabular.OpenParquet(src)
		w.must(err)
		w.must(pq.Read(ctx, 100, func(fr *tabular.Frame) error {
			for i := range fr.Rows {
				var cells []string
				for j, f := range fr.Fields {
					c := &fr.Columns[j]
					switch {
					case f.Name == "source_date":
						continue
					case c.Null[i]:
						cells = append(cells, "-")
					case f.Kind == tabular.Text:
						cells = append(cells, string(c.Bytes[i]))
					case f.Kind == tabular.Date:
						cells = append(cells, tabular.Day(c.Int64[i]).Format(time.DateOnly))
					default:
						cells = append(cells, fmt.Sprint(c.Int64[i]))
					}
				}
				out = append(out, strings.Join(cells, "|"))
			}
			return nil
		}))
		_ = src.Close()
		_ = local.Close()
	}
	return out
}

func (w *territory) same(got []string, want ...string) {
	w.Helper()
	if !slices.Equal(got, want) {
		w.Fatalf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestConsolidation(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		roques := w.publishes("Roques", "Actes de Roques", "acts@2.0", "objet,ACTE_ID,Jour,voix,fini,extra\nÉcole,R1,2025-01-02,12,vrai,x\n", "")
		w.publishes("Auterive", "Actes d’Auterive", "acts@1.0", "NUM,jour,voix,fini\nA1,2024-03-04,5,oui\nA2,2024-03-05,-1,non\n", "")
		c := w.starts(nil)
		// The old version is mapped, its wrong row left out; a column that is missing is
		// empty, one that the schema has not is gone.
		w.same(w.rows(),
			"A1|2024-03-04|5|1|-|Auterive|-|https://donnees.example.org/datasets/actes-d-auterive",
			"R1|2025-01-02|12|1|École|Roques|-|https://donnees.example.org/datasets/"+roques.Slug)
		d, err := w.catalogue.Get(t.Context(), identity.Anonymous(), c.Dataset)
		w.must(err)
		if d.State != catalogue.Published || d.Organisation != w.orgs["Département"] || d.Title != "Actes du territoire" || d.Resources[0].Current.Number != 1 {
			t.Fatalf("%+v", d)
		}
		if of, err := w.merge.Of(t.Context(), identity.Anonymous(), c.Dataset); err != nil || of.Schema != "acts" {
			t.Fatal(of, err)
		}
		// Nothing changed: no version.
		if out := w.build(); out.Version != 0 || out.Aligned != 0 || out.Rows != 2 {
			t.Fatalf("%+v", out)
		}
		// A second commune joins, by the job that its publication starts.
		w.publishes("Labège", "Actes de Labège", "acts@2.0", "ACTE_ID,voix\nL1,3\n", "")
		if out := w.build(); out.Aligned > 1 || out.Rows != 3 {
			t.Fatalf("%+v", out)
		}
		// One that changes is read again, and it alone.
		w.publishes("Roques", "", "acts@2.0", "ACTE_ID,voix\nR1,12\nR2,13\n", roques.ID)
		out := w.build()
		if out.Aligned > 1 || out.Sources != 3 || out.Rows != 4 {
			t.Fatalf("%+v", out)
		}
		v, err := w.catalogue.Version(t.Context(), identity.Anonymous(), c.Resource, 0)
		w.must(err)
		if len(v.Parts) != 3 || !slices.ContainsFunc(v.Parts, func(p catalogue.VersionPart) bool { return p.Source == string(roques.Resources[0].ID) && p.Rows == 2 }) {
			t.Fatalf("%+v", v.Parts)
		}
		old, err := w.catalogue.Version(t.Context(), identity.Anonymous(), c.Resource, v.Number-1)
		w.must(err)
		// What is withdrawn leaves, and so do the versions that held it.
		now, err := w.catalogue.Get(t.Context(), sys, roques.ID)
		w.must(err)
		_, err = w.catalogue.Withdraw(t.Context(), w.editors["Roques"], roques.ID, now.Revision, "An error.")
		w.must(err)
		w.drain()
		if list := w.rows(); len(list) != 2 || strings.Contains(strings.Join(list, "\n"), "Roques") {
			t.Fatalf("%q", list)
		}
		_, err = w.catalogue.Version(t.Context(), identity.Anonymous(), c.Resource, old.Number)
		w.wants(err, errs.NotFound)
	})
}

// What is not public, or not under a licence that lets it join, never does.
func TestWhatDoesNotJoin(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		share := w.publishes("Roques", "Actes de Roques", "acts@2.0", "ACTE_ID\nR1\n", "")
		m := share.Metadata
		m.Licence = catalogue.ODbL
		_, err := w.catalogue.Edit(ctx, w.editors["Roques"], share.ID, catalogue.AnyRevision, m)
		w.must(err)
		u, err := w.tables.Upload(ctx, sys, w.orgs["Labège"], "actes.csv", strings.NewReader("ACTE_ID\nL1\n"))
		w.must(err)
		i, err := w.tables.StartImport(ctx, sys, u.ID, tables.Settings{Schema: "acts@2.0"})
		w.must(err)
		w.drain()
		_, err = w.publish.PublishImport(ctx, sys, i.ID, publish.Target{Visibility: publish.Internal, Description: catalogue.Metadata{Title: "Inside", Description: "Not public.", Licence: catalogue.LicenceOuverte}})
		w.must(err)
		c := w.starts(nil)
		if c.Dataset != "" || c.Rows != 0 {
			t.Fatalf("%+v", c)
		}
		list, err := w.merge.Sources(ctx, identity.Anonymous(), "acts")
		w.must(err)
		if len(list) != 1 || list[0].LeftOut != consolidation.LeftForLicence {
			t.Fatalf("%+v", list)
		}
		// With the licence it joins; without any source left the dataset is empty.
		m.Licence = catalogue.LicenceOuverte
		_, err = w.catalogue.Edit(ctx, w.editors["Roques"], share.ID, catalogue.AnyRevision, m)
		w.must(err)
		w.drain()
		w.build()
		w.same(w.rows(), "R1|-|-|-|-|Roques|-|https://donnees.example.org/datasets/actes-de-roques")
		_, err = w.catalogue.Withdraw(ctx, w.editors["Roques"], share.ID, catalogue.AnyRevision, "An error.")
		w.must(err)
		w.drain()
		w.same(w.rows())
	})
}

// A table that cannot be read holds up no other; bytes that the store does not give
// leave the dataset as it is.
func TestUnreadable(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		w.publishes("Auterive", "Actes d’Auterive", "acts@2.0", "ACTE_ID\nA1\n", "")
		lost := w.publishes("Roques", "Actes de Roques", "acts@2.0", "ACTE_ID\nR1\n", "")
		d, err := w.catalogue.Create(ctx, sys, catalogue.NewDataset{Organisation: w.orgs["Labège"], Metadata: catalogue.Metadata{Title: "Actes de Labège", Description: "Les actes.", Licence: catalogue.LicenceOuverte}})
		w.must(err)
		r, err := w.catalogue.AddResource(ctx, sys, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Table", Format: "csv"})
		w.must(err)
		ref, err := w.blobs.Put(ctx, strings.NewReader("no table"))
		w.must(err)
		_, err = w.catalogue.AddVersion(ctx, sys, catalogue.NewVersion{Resource: r.ID, Columns: []byte(actsNew), Schema: catalogue.SchemaRef{ID: "acts", Version: "2.0"}, Parts: []catalogue.VersionPart{{Blob: string(ref.Hash), Bytes: ref.Size, Rows: 1}}})
		w.must(err)
		_, err = w.catalogue.Publish(ctx, sys, d.ID, catalogue.AnyRevision)
		w.must(err)
		w.starts(nil)
		list, err := w.merge.Sources(ctx, identity.Anonymous(), "acts")
		w.must(err)
		if len(list) != 3 || !slices.ContainsFunc(list, func(s consolidation.Source) bool {
			return s.Resource == r.ID && s.LeftOut == consolidation.LeftUnreadable
		}) {
			t.Fatalf("%+v", list)
		}
		all := w.rows()
		if len(all) != 2 {
			t.Fatalf("%q", all)
		}
		v, err := w.catalogue.Version(ctx, sys, lost.Resources[0].ID, 0)
		w.must(err)
		in, err := w.blobs.Open(ctx, blob.Hash(v.Parts[0].Blob))
		w.must(err)
		kept, err := io.ReadAll(in)
		w.must(errors.Join(err, in.Close()))
		w.must(w.blobs.Delete(ctx, blob.Hash(v.Parts[0].Blob)))
		w.wants(w.merge.Rebuild(ctx, sys, nil), errs.NotFound)
		w.same(w.rows(), all...)
		_, err = w.blobs.Put(ctx, bytes.NewReader(kept))
		w.must(err)
		w.must(w.merge.Rebuild(ctx, sys, nil))
		w.same(w.rows(), all...)
	})
}

func TestRights(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		f := consolidation.Form{Organisation: w.orgs["Département"], Title: "Actes", Description: "Tous."}
		for _, a := range []struct {
			actor identity.Actor
			kind  errs.Kind
		}{{identity.Anonymous(), errs.SignIn}, {w.editors["Département"], errs.Denied}, {identity.PersonActor("x", "x", identity.HostSet(identity.HostAnimator)), errs.Denied}} {
			_, err := w.merge.Start(ctx, a.actor, "acts", f)
			w.wants(err, a.kind)
		}
		f.Title, f.Key = "", []string{"nothing"}
		_, err := w.merge.Start(ctx, w.host, "acts", f)
		w.wants(err, errs.Invalid)
		if fields := errs.As(err).Fields; len(fields) != 2 {
			t.Fatalf("%+v", fields)
		}
		_, err = w.merge.Start(ctx, w.host, "none", consolidation.Form{Organisation: f.Organisation, Title: "Actes", Description: "Tous."})
		w.wants(err, errs.NotFound)
		w.publishes("Auterive", "Actes d’Auterive", "acts@1.0", "NUM,voix\nA1,5\nA2,-1\n", "")
		c := w.starts(nil)
		_, err = w.merge.Start(ctx, w.host, "acts", c.Form)
		w.wants(err, errs.Conflict)
		_, err = w.merge.Change(ctx, w.host, "acts", c.Revision+1, c.Form)
		w.wants(err, errs.Conflict)
		_, err = w.merge.Change(ctx, w.editors["Auterive"], "acts", c.Revision, c.Form)
		w.wants(err, errs.Denied)
		_, err = w.merge.Build(ctx, w.host, "acts", nil)
		w.wants(err, errs.Denied)
		list, err := w.merge.Sources(ctx, w.editors["Auterive"], "acts")
		w.must(err)
		if len(list) != 1 || list[0].Wrong != 1 {
			t.Fatalf("%+v", list)
		}
		if list, err = w.merge.Sources(ctx, w.editors["Roques"], "acts"); err != nil || list[0].Wrong != 0 {
			t.Fatal(list, err)
		}
		for name, n := range map[string]int{"Auterive": 1, "Roques": 0} {
			back, err := w.merge.Returned(ctx, w.editors[name])
			w.must(err)
			if len(back) != n {
				t.Errorf("%s: %+v", name, back)
			}
		}
		_, err = w.merge.Return(ctx, w.editors["Roques"], "acts", list[0].Resource)
		w.wants(err, errs.NotFound)
		_, err = w.merge.Return(ctx, w.editors["Auterive"], "acts", list[0].Resource)
		w.must(err)
		w.wants(w.merge.Stop(ctx, w.editors["Département"], "acts", "Over."), errs.Denied)
		w.wants(w.merge.Stop(ctx, w.host, "acts", ""), errs.Invalid)
		w.must(w.merge.Stop(ctx, w.host, "acts", "Over."))
		_, err = w.merge.Find(ctx, w.host, "acts")
		w.wants(err, errs.NotFound)
		d, err := w.catalogue.Get(ctx, identity.Anonymous(), c.Dataset)
		w.must(err)
		if d.State != catalogue.Withdrawn {
			t.Error(d.State)
		}
	})
}

func TestDuplicates(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		// Twice in one table is that table's own matter.
		w.publishes("Auterive", "Actes d’Auterive", "acts@2.0", "ACTE_ID,voix\nX,1\nY,2\nZ,3\nZ,3\n", "")
		w.publishes("Labège", "Actes de Labège", "acts@2.0", "ACTE_ID,voix\nW,4\nX,5\n", "")
		w.publishes("Roques", "Actes de Roques", "acts@2.0", "ACTE_ID,voix\nX,6\nY,2\n", "")
		c := w.starts(func(f *consolidation.Form) { f.Key = []string{"ACTE_ID"} })
		if c.Rows != 8 || c.DuplicateKeys != 2 || c.DuplicateRows != 0 {
			t.Fatalf("%+v", c)
		}
		told := func() (lines []string) {
			list, err := w.merge.Duplicates(ctx, identity.Anonymous(), "acts")
			w.must(err)
			for _, d := range list {
				line := fmt.Sprint(d.Number)
				for _, r := range d.Rows {
					line += fmt.Sprintf(" %d:%t", r.Row, r.Kept)
				}
				lines = append(lines, line)
			}
			return lines
		}
		w.same(told(), "1 1:true 2:true 1:true", "2 2:true 2:true")
		change := func(rule consolidation.Rule, order ...identity.OrganisationID) {
			t.Helper()
			f := c.Form
			f.Rule, f.Order = rule, order
			var err error
			c, err = w.merge.Change(ctx, w.host, "acts", c.Revision, f)
			w.must(err)
			w.drain()
			c, err = w.merge.Find(ctx, sys, "acts")
			w.must(err)
		}
		ids := func() string {
			var out []string
			for _, r := range w.rows() {
				f := strings.Split(r, "|")
				out = append(out, f[0]+f[2])
			}
			return strings.Join(out, " ")
		}
		change(consolidation.Newest)
		if got := ids(); got != "Z3 Z3 W4 X6 Y2" || c.DuplicateRows != 3 {
			t.Errorf("newest: %s, %+v", got, c)
		}
		w.same(told(), "4 1:false 2:false 1:true", "5 2:false 2:true")
		change(consolidation.Priority, w.orgs["Labège"], w.orgs["Auterive"])
		if got := ids(); got != "Y2 Z3 Z3 W4 X5" {
			t.Errorf("priority: %s", got)
		}
		change(consolidation.KeepAll)
		if got := ids(); got != "X1 Y2 Z3 Z3 W4 X5 X6 Y2" {
			t.Errorf("all: %s", got)
		}
	})
}

// letters are those that were written so far.
func (w *territory) letters() (list []mail.Record) {
	w.Helper()
	w.must(w.db.Read(w.Context(), func(tx *sqldb.Tx) (err error) {
		list, err = mail.List(w.Context(), tx, mail.Filter{})
		return err
	}))
	return list
}

// The producer of a table that is left out whole is told why and what to do, once for
// each reason.
func TestTableLeftOutIsTold(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx, a := t.Context(), w.editors["Roques"]
		d := w.publishes("Roques", "Actes de Roques", "acts@2.0", "ACTE_ID\nR1\n", "")
		licence := func(l catalogue.LicenceID) {
			t.Helper()
			m := d.Metadata
			m.Licence = l
			_, err := w.catalogue.Edit(ctx, a, d.ID, catalogue.AnyRevision, m)
			w.must(err)
			w.drain()
		}
		told := func(n int) mail.Record {
			t.Helper()
			w.build()
			w.must(w.merge.Rebuild(ctx, sys, nil))
			w.drain()
			list := w.letters()
			if len(list) != n {
				t.Fatalf("%d letters, want %d: %+v", len(list), n, list)
			}
			if n == 0 {
				return mail.Record{}
			}
			return list[0]
		}
		licence(catalogue.ODbL)
		w.starts(nil)
		got := told(1)
		l := i18n.French
		if got.To != "r@example.org" || got.Subject != "Hors du jeu du territoire : Actes de Roques" || !strings.Contains(got.Text, i18n.T(l, "returned.whole.licence")) || !strings.Contains(got.Text, i18n.T(l, "returned.whole.licence.hint")) ||
			!strings.Contains(got.Text, "https://donnees.example.org/returns/"+string(d.Resources[0].ID)) {
			t.Errorf("%+v", got)
		}
		told(1) // at each build, no other
		licence(catalogue.LicenceOuverte)
		told(1)
		ref, err := w.blobs.Put(ctx, strings.NewReader("no table"))
		w.must(err)
		_, err = w.catalogue.AddVersion(ctx, sys, catalogue.NewVersion{Resource: d.Resources[0].ID, Expect: catalogue.AnyVersion, Columns: []byte(actsNew), Schema: catalogue.SchemaRef{ID: "acts", Version: "2.0"}, Parts: []catalogue.VersionPart{{Blob: string(ref.Hash), Bytes: ref.Size, Rows: 1}}})
		w.must(err)
		w.drain()
		if got = told(2); !strings.Contains(got.Text, i18n.T(l, "returned.whole.unreadable")) {
			t.Errorf("%+v", got)
		}
		licence(catalogue.ODbL) // for another reason
		told(3)
	})
}

func TestRowsGoBack(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d := w.publishes("Auterive", "Actes d’Auterive", "acts@1.0", "NUM,voix,autre\nA1,5,u\nA2,-1,v\nA3,-2,w\n", "")
		w.starts(nil)
		w.drain()
		letters := w.letters()
		if len(letters) != 1 || letters[0].To != "a@example.org" || letters[0].Subject != "2 lignes à corriger : Actes d’Auterive" {
			t.Fatalf("%+v", letters)
		}
		a := w.editors["Auterive"]
		x, err := w.merge.Return(ctx, a, "acts", d.Resources[0].ID)
		w.must(err)
		f, err := w.merge.Findings(ctx, x)
		w.must(err)
		if len(f.Report.Errors) != 2 || f.Report.Errors[0].Row != 3 || f.Report.Errors[0].Field != "voix" {
			t.Fatalf("%+v", f.Report.Errors)
		}
		r, err := w.merge.File(ctx, x)
		w.must(err)
		u, err := w.tables.Upload(ctx, a, w.orgs["Auterive"], "actes.csv", r)
		w.must(err)
		_ = r.Close()
		// The file that comes back keeps the columns that the schema does not know.
		i, err := w.tables.StartImport(ctx, a, u.ID, tables.Settings{Schema: "acts"})
		w.must(err)
		w.drain()
		i, err = w.tables.FindImport(ctx, a, i.ID)
		w.must(err)
		if i.Outcome.Errors != 2 || strings.Join(i.Outcome.Header, ",") != "ACTE_ID,voix,autre" {
			t.Fatalf("%+v", i.Outcome)
		}
		// The same outcome is not told twice; one without errors not at all.
		w.publishes("Auterive", "", "acts@2.0", "ACTE_ID,voix\nA1,5\nA2,1\nA3,2\n", d.ID)
		w.build()
		if list, err := w.merge.Returned(ctx, a); err != nil || len(list) != 0 {
			t.Fatal(list, err)
		}
		if n := len(w.rows()); n != 3 {
			t.Error(n)
		}
	})
}
