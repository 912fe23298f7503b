package find_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

var (
	ctx  = context.Background()
	root = identity.System("test")
)

// world is a catalogue of the datasets of testdata/datasets.txt, and an index.
type world struct {
	*find.Service
	t     *testing.T
	o     find.Options
	cat   *catalogue.Service
	ident *identity.Service
	orgs  map[string]identity.OrganisationID
	byID  map[catalogue.DatasetID]string
	ids   map[string]catalogue.DatasetID
	rows  map[catalogue.ResourceID]map[int][][]string // of tables, by version
}

func run(t *testing.T, fn func(w *world)) {
	t.Helper()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := &world{t: t, cat: catalogue.New(db, nil), ident: identity.New(db, identity.Options{}), orgs: map[string]identity.OrganisationID{}, byID: map[catalogue.DatasetID]string{}, ids: map[string]catalogue.DatasetID{}}
		w.fill()
		w.o = find.Options{Dir: filepath.Join(t.TempDir(), "index"), Catalogue: w.cat, Identity: w.ident, Located: func(catalogue.Version) bool { return false }, Now: time.Now}
		w.open()
		fn(w)
		w.ok(w.Close())
	})
}

func (w *world) open() {
	w.t.Helper()
	w.Service = find.New(w.o)
	w.ok(w.Sync(ctx))
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// lines reads a file of cases: fields parted by |, remarks left out.
func lines(t *testing.T, name string) (out [][]string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		var fields []string
		for _, f := range strings.Split(line, "|") {
			fields = append(fields, strings.TrimSpace(f))
		}
		out = append(out, fields)
	}
	return out
}

func (w *world) fill() {
	w.t.Helper()
	for _, f := range lines(w.t, "datasets.txt") {
		if _, ok := w.orgs[f[1]]; !ok {
			kind := identity.KindCommune
			if f[1] == "Sicoval" {
				kind = identity.KindEPCI
			}
			o, err := w.ident.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: f[1], Kind: kind}, false)
			w.ok(err)
			w.orgs[f[1]] = o.ID
		}
		state := "published"
		if len(f) > 4 {
			state = f[4]
		}
		w.create(f[0], f[1], strings.Split(f[2], ", "), f[3], state)
	}
}

func (w *world) create(title, org string, keywords []string, description, state string) catalogue.DatasetID {
	w.t.Helper()
	d, err := w.cat.Create(ctx, root, catalogue.NewDataset{Organisation: w.orgs[org], Metadata: catalogue.Metadata{
		Title: title, Description: description, Keywords: keywords, Licence: catalogue.LicenceOuverte, Themes: []catalogue.ThemeID{"municipal-life"}, Language: "fr",
	}})
	w.ok(err)
	w.byID[d.ID], w.ids[title] = title, d.ID
	_, err = w.cat.AddResource(ctx, root, d.ID, catalogue.Link, catalogue.ResourceMetadata{Title: "Fichier", Format: "csv", URL: "https://example.org/a.csv"})
	w.ok(err)
	switch state {
	case "published", "withdrawn":
		_, err = w.cat.Publish(ctx, root, d.ID, catalogue.AnyRevision)
	case "internal":
		_, err = w.cat.KeepInside(ctx, root, d.ID, catalogue.AnyRevision)
	}
	w.ok(err)
	if state == "withdrawn" {
		_, err = w.cat.Withdraw(ctx, root, d.ID, catalogue.AnyRevision, "Essai")
		w.ok(err)
	}
	return d.ID
}

func (w *world) search(a identity.Actor, q find.Query) find.Result {
	w.t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	r, err := w.Search(ctx, a, q)
	w.ok(err)
	return r
}

func (w *world) titles(r find.Result) (out []string) {
	for _, id := range r.Datasets {
		out = append(out, w.byID[id])
	}
	return out
}

// TestQueries: the cases of testdata/queries.txt, as a visitor asks them.
func TestQueries(t *testing.T) {
	run(t, func(w *world) {
		for _, c := range lines(w.t, "queries.txt") {
			r := w.search(identity.Anonymous(), find.Query{Text: c[0]})
			got := w.titles(r)
			switch {
			case r.Total != len(got):
				w.t.Errorf("%q: %d counted, %d given", c[0], r.Total, len(got))
			case c[1] == "-" && len(got) > 0:
				w.t.Errorf("%q finds %q", c[0], got)
			case c[1] != "-" && (len(got) == 0 || got[0] != c[1]):
				w.t.Errorf("%q finds %q, not %q first", c[0], got, c[1])
			}
		}
	})
}

// TestRights: what is not public is neither found nor counted, mended into nor
// suggested, but for those who may read it.
func TestRights(t *testing.T) {
	run(t, func(w *world) {
		in := func(org string, r identity.Role) identity.Actor {
			return identity.PersonActor("p", "p", 0, identity.Membership{Organisation: w.orgs[org], Role: r})
		}
		draft, inside, gone := "Registre secret des chrysanthèmes", "Annuaire interne des hippocampes", "Ancien fichier des marronniers"
		for _, c := range []struct {
			who  string
			a    identity.Actor
			sees []string
		}{
			{"a visitor", identity.Anonymous(), nil},
			{"a reader of Roques", in("Roques", identity.Reader), []string{draft}},
			{"a reader of Labège", in("Labège", identity.Reader), []string{inside}},
			{"an administrator of Sicoval", in("Sicoval", identity.Administrator), nil},
			{"the host", identity.PersonActor("h", "h", identity.HostSet(identity.HostAdministrator)), nil},
			{"the system", root, []string{draft, inside}},
		} {
			all := w.search(c.a, find.Query{})
			want, err := w.cat.List(ctx, c.a, catalogue.Filter{}, catalogue.ByModified, "", 200)
			w.ok(err)
			if all.Total != len(want.Datasets) {
				w.t.Errorf("%s: %d counted, %d listed", c.who, all.Total, len(want.Datasets))
			}
			n := 0
			for _, tally := range all.Facets[find.Producer] {
				n += tally.Count
			}
			if n != all.Total {
				w.t.Errorf("%s: %d by producer, %d in all", c.who, n, all.Total)
			}
			for _, title := range []string{draft, inside, gone} {
				found := slices.Contains(w.titles(w.search(c.a, find.Query{Text: title})), title)
				if listed := slices.ContainsFunc(want.Datasets, func(d catalogue.Dataset) bool { return d.Title == title }); found != listed {
					w.t.Errorf("%s, %s: found %v, listed %v", c.who, title, found, listed)
				}
			}
			for _, title := range c.sees {
				if !slices.Contains(w.titles(all), title) {
					w.t.Errorf("%s does not see %s", c.who, title)
				}
			}
		}
		for _, text := range []string{"chrysanthem", "chrysantheme", "hippocampe", "marroniers"} {
			r := w.search(identity.Anonymous(), find.Query{Text: text})
			s, err := w.Suggest(ctx, identity.Anonymous(), text)
			w.ok(err)
			if r.Total+len(r.Mended)+len(r.Near)+len(s.Datasets) > 0 {
				w.t.Errorf("%q tells a visitor %+v %+v", text, r, s)
			}
		}
	})
}

// TestFacets: a facet is counted without its own condition and with the others.
func TestFacets(t *testing.T) {
	run(t, func(w *world) {
		sicoval := string(w.orgs["Sicoval"])
		r := w.search(identity.Anonymous(), find.Query{Where: map[find.Dimension]string{find.Producer: sicoval}})
		if r.Total != 5 || len(r.Facets[find.Producer]) != 3 || !slices.Equal(r.Facets[find.Authority], []find.Tally{{Value: "epci", Count: 5}}) {
			w.t.Errorf("%d %+v", r.Total, r.Facets)
		}
		r = w.search(identity.Anonymous(), find.Query{Where: map[find.Dimension]string{find.Producer: sicoval, find.Authority: "commune"}})
		if r.Total != 0 || !slices.Equal(r.Facets[find.Authority], []find.Tally{{Value: "epci", Count: 5}}) || len(r.Facets[find.Producer]) != 2 || len(r.Facets[find.Format]) != 0 {
			w.t.Errorf("%d %+v", r.Total, r.Facets)
		}
		r = w.search(identity.Anonymous(), find.Query{Where: map[find.Dimension]string{find.Freshness: "older"}})
		if r.Total != 0 || !slices.Equal(r.Facets[find.Freshness], []find.Tally{{Value: "week", Count: 16}, {Value: "month", Count: 16}, {Value: "year", Count: 16}}) {
			w.t.Errorf("%d %+v", r.Total, r.Facets[find.Freshness])
		}
		r = w.search(identity.Anonymous(), find.Query{Where: map[find.Dimension]string{find.Keyword: "etat civil", find.Format: "csv", find.Map: "no"}})
		if got := w.titles(r); !slices.Equal(got, []string{"Prénoms des nouveau-nés"}) {
			w.t.Error(got)
		}
		var paged []string
		for offset := 0; offset < 20; offset += 3 {
			paged = append(paged, w.titles(w.search(identity.Anonymous(), find.Query{Order: find.ByTitle, Offset: offset, Limit: 3}))...)
		}
		if whole := w.titles(w.search(identity.Anonymous(), find.Query{Order: find.ByTitle})); !slices.Equal(paged, whole) || whole[0] != "Arbres remarquables" {
			w.t.Errorf("%q\n%q", paged, whole)
		}
	})
}

// TestFollowsChanges: each change is seen by the next search, also by another
// replica, after a restart, and when the folder is lost, damaged or of another
// database.
func TestFollowsChanges(t *testing.T) {
	run(t, func(w *world) {
		visitor := identity.Anonymous()
		finds := func(text, title string) {
			w.t.Helper()
			got := w.titles(w.search(visitor, find.Query{Text: text}))
			if title == "" && len(got) > 0 || title != "" && !slices.Contains(got, title) {
				w.t.Errorf("%q finds %q, not %q", text, got, title)
			}
		}
		o := w.o
		o.Dir = filepath.Join(w.t.TempDir(), "other")
		other := &world{Service: find.New(o), t: w.t, byID: w.byID}
		w.ok(other.Sync(ctx))
		defer other.Close()

		id := w.create("Ruches municipales", "Labège", []string{"abeille"}, "Miel.", "draft")
		finds("ruches", "")
		_, err := w.cat.Publish(ctx, root, id, catalogue.AnyRevision)
		w.ok(err)
		finds("ruches", "Ruches municipales")
		if got := other.titles(other.search(visitor, find.Query{Text: "abeilles"})); !slices.Equal(got, []string{"Ruches municipales"}) {
			w.t.Error("another replica:", got)
		}
		_, err = w.cat.Withdraw(ctx, root, id, catalogue.AnyRevision, "Essai")
		w.ok(err)
		finds("ruches", "")
		w.ok(w.Close())
		_, err = w.cat.Publish(ctx, root, id, catalogue.AnyRevision)
		w.ok(err)
		w.open()
		finds("ruche", "Ruches municipales")

		w.ok(w.Close())
		w.ok(filepath.WalkDir(w.o.Dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				err = os.WriteFile(path, []byte("damaged"), 0o600)
			}
			return err
		}))
		w.open()
		finds("ruche", "Ruches municipales")
		w.ok(w.Rebuild(ctx))
		finds("arbre", "Arbres remarquables")
	})
}

// TestRenamedOrganisation: datasets follow the name of who publishes them.
func TestRenamedOrganisation(t *testing.T) {
	run(t, func(w *world) {
		o, err := w.ident.Organisation(ctx, root, w.orgs["Labège"])
		w.ok(err)
		form := o.OrganisationForm
		form.Name = "Trifouillis"
		_, err = w.ident.EditOrganisation(ctx, root, o.ID, o.Revision, form)
		w.ok(err)
		w.ok(w.Close())
		w.open()
		r := w.search(identity.Anonymous(), find.Query{Text: "trifouillis arbres"})
		if got := w.titles(r); !slices.Equal(got, []string{"Arbres remarquables"}) {
			w.t.Error(got)
		}
		r = w.search(identity.Anonymous(), find.Query{Text: "trifouillis"})
		if len(r.Organisations) != 1 || r.Organisations[0].ID != o.ID || r.Total != 5 {
			w.t.Errorf("%d, %+v", r.Total, r.Organisations)
		}
	})
}

func TestSuggestions(t *testing.T) {
	run(t, func(w *world) {
		for text, want := range map[string]string{"déf": "Défibrillateurs", "subv": "Subventions aux associations", "conseil muni": "Délibérations du conseil municipal", "arbres rem": "Arbres remarquables", "dae": "Défibrillateurs"} {
			s, err := w.Suggest(ctx, identity.Anonymous(), text)
			w.ok(err)
			if len(s.Datasets) == 0 || s.Datasets[0].Title != want || s.Datasets[0].Slug == "" {
				w.t.Errorf("%q: %+v", text, s.Datasets)
			}
		}
		s, err := w.Suggest(ctx, identity.Anonymous(), "sico")
		w.ok(err)
		if len(s.Organisations) != 1 || s.Organisations[0].Name != "Sicoval" {
			w.t.Errorf("%+v", s.Organisations)
		}
		if s, err = w.Suggest(ctx, identity.Anonymous(), "delib"); err != nil || len(s.Schemas) == 0 || s.Schemas[0].ID != "scdl/deliberations" {
			w.t.Errorf("%+v %v", s.Schemas, err)
		}
	})
}

// TestNear: when nothing has a word, words that are near are told.
func TestNear(t *testing.T) {
	run(t, func(w *world) {
		r := w.search(identity.Anonymous(), find.Query{Text: "defibrilatteurs"})
		if len(r.Mended) != 1 || !slices.Contains(r.Mended[0].By, "defibrillateurs") {
			w.t.Errorf("%+v", r.Mended)
		}
		if r = w.search(identity.Anonymous(), find.Query{Text: "arbres zzzzzz"}); !r.Partial || w.titles(r)[0] != "Arbres remarquables" {
			w.t.Errorf("%+v", r)
		}
		if r = w.search(identity.Anonymous(), find.Query{Text: "stabe"}); r.Total == 0 || r.Mended[0].By[0] != "stade" {
			w.t.Errorf("%+v", r)
		}
	})
}

// TestHostile: whatever is asked costs little and breaks nothing.
func TestHostile(t *testing.T) {
	run(t, func(w *world) {
		for _, text := range []string{
			strings.Repeat("arbre commune eau ", 10_000), strings.Repeat("a", 1<<20), strings.Repeat("é", 5000), `"`, `"arbres`, `*`, `?*~^:()[]{}!\/`, `arb*`, `+arbre -arbre`,
			"title:arbre", "\x00\xff\xfe", "' OR 1=1 --", "…", "l' d' de la", "𓀀𓀁", strings.Repeat("ab ", 200), "((((((((((", "arbre\u202eerbra", "0", "1 2 3 4 5 6 7 8 9",
		} {
			for _, offset := range []int{-5, 0, 1 << 40} {
				if _, err := w.Search(ctx, identity.Anonymous(), find.Query{Text: text, Offset: offset, Limit: 1 << 30}); err != nil {
					w.t.Errorf("%.20q: %v", text, err)
				}
			}
			if _, err := w.Suggest(ctx, identity.Anonymous(), text); err != nil {
				w.t.Errorf("%.20q: %v", text, err)
			}
			if _, err := w.Tables(ctx, identity.Anonymous(), find.Query{Text: text}); err != nil {
				w.t.Errorf("%.20q: %v", text, err)
			}
		}
	})
}

// TestBeforeItIsMade: a search says that the index is being made.
func TestBeforeItIsMade(t *testing.T) {
	run(t, func(w *world) {
		s := find.New(w.o)
		if _, err := s.Search(ctx, identity.Anonymous(), find.Query{}); !errs.Is(err, errs.Busy) {
			w.t.Error(err)
		}
	})
}

// TestRun: the index is made, and made again on demand, until the end.
func TestRun(t *testing.T) {
	run(t, func(w *world) {
		w.ok(w.Close())
		w.ok(find.AskRebuild(w.o.Dir))
		w.Service = find.New(w.o)
		inner, stop := context.WithCancel(ctx)
		ended := make(chan error)
		go func() { ended <- w.Run(inner) }()
		for {
			_, err := os.Stat(filepath.Join(w.o.Dir, "make-again"))
			if _, searched := w.Search(ctx, identity.Anonymous(), find.Query{}); errors.Is(err, os.ErrNotExist) && searched == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		w.ok(<-ended)
	})
}

// TestNamesMended: organisations and schemas are found in spite of typing mistakes, by the
// words of datasets or by those of their own names; schemas of the national catalogue too.
func TestNamesMended(t *testing.T) {
	run(t, func(w *world) {
		_, err := w.ident.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: "Le Muretain", Kind: identity.KindEPCI}, false) // publishes nothing
		w.ok(err)
		w.ok(w.Close())
		listed := national.Catalogue{}
		w.o.Schemas = func(context.Context) (national.Catalogue, error) { return listed, nil }
		w.open()
		check := func(text, orgs, schemas string) {
			w.t.Helper()
			r := w.search(identity.Anonymous(), find.Query{Text: text})
			s, err := w.Suggest(ctx, identity.Anonymous(), text)
			w.ok(err)
			for _, got := range []struct {
				orgs    []identity.Organisation
				schemas []national.Entry
			}{{r.Organisations, r.Schemas}, {s.Organisations, s.Schemas}} {
				var names, ids []string
				for _, o := range got.orgs {
					names = append(names, o.Name)
				}
				for _, e := range got.schemas {
					ids = append(ids, e.ID)
				}
				if strings.Join(names, " ") != orgs || strings.Join(ids, " ") != schemas {
					w.t.Errorf("%q: %q and %q, want %q and %q", text, names, ids, orgs, schemas)
				}
			}
		}
		check("sicoavl", "Sicoval", "")
		check("muretian", "Le Muretain", "")
		check("muretain", "Le Muretain", "")
		check("sicoavl muretian", "", "")
		check("deliberatoins", "", "scdl/deliberations")
		check("bancs publcis", "", "")
		listed = national.Catalogue{{ID: "agence/bancs", Title: "Bancs publics", Versions: []national.ListedVersion{{Name: "1.0.0", Address: "https://agence.example/bancs.json"}}}}
		w.ok(w.SyncSchemas(ctx))
		check("bancs publcis", "", "agence/bancs")
		check("bancs", "", "agence/bancs")
	})
}
