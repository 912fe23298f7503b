package schemas_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schemas"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// site is another server: a catalogue and its descriptors.
type site struct {
	*httptest.Server
	files   map[string]string
	version int // of all files: their ETag
	down    bool
	asked   []string // paths, with "=" when unchanged
}

const list = `{"version": 1, "schemas": [
	{"name": "agence/bancs", "title": "Bancs publics", "schema_type": "tableschema", "homepage": "https://agence.example/bancs", "schema_url": "SITE/bancs/latest.json",
	 "versions": [{"version_name": "1.9.0", "schema_url": "SITE/bancs/1.9.0.json"}, {"version_name": "1.10.0", "schema_url": "SITE/bancs/1.10.0.json"}]},
	{"name": "scdl/deliberations", "title": "Délibérations", "schema_type": "tableschema", "schema_url": "SITE/d.json", "versions": [{"version_name": "0.9.0", "schema_url": "SITE/d/0.9.0.json"}]},
	{"name": "agence/reseaux", "title": "Réseaux", "schema_type": "other", "schema_url": "SITE/r.yml", "versions": []}
]}`

func newSite(t *testing.T) *site {
	s := &site{version: 1}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := s.files[r.URL.Path]
		etag := fmt.Sprintf(`"%d"`, s.version)
		switch {
		case s.down:
			s.asked = append(s.asked, r.URL.Path)
			w.WriteHeader(http.StatusBadGateway)
		case !ok:
			http.NotFound(w, r)
		case r.Header.Get("If-None-Match") == etag:
			s.asked = append(s.asked, r.URL.Path+"=")
			w.WriteHeader(http.StatusNotModified)
		default:
			s.asked = append(s.asked, r.URL.Path)
			w.Header().Set("ETag", etag)
			_, _ = io.WriteString(w, strings.ReplaceAll(text, "SITE", s.URL))
		}
	}))
	t.Cleanup(s.Close)
	s.files = map[string]string{
		"/list.json": list, "/own.json": `{"title": "À moi", "fields": [{"name": "a"}]}`, "/broken.json": `{"fields": 3}`,
		"/bancs/1.10.0.json": `{"fields": [{"name": "banc"}]}`, "/bancs/1.9.0.json": `{"fields": [{"name": "ancien"}]}`, "/d/0.9.0.json": `{"fields": [{"name": "vieux"}]}`,
	}
	return s
}

func (s *site) fetch() schemas.Fetch {
	return httpx.Fetcher(httpx.Client(httpx.ClientOptions{AllowHosts: []string{s.Listener.Addr().String()}}), schemas.MaxDescriptor)
}

func (s *site) wasAsked(t *testing.T, want ...string) {
	t.Helper()
	if got := strings.Join(s.asked, " "); got != strings.Join(want, " ") {
		t.Errorf("asked for %q, not %q", got, want)
	}
	s.asked = nil
}

func TestNationalCatalogue(t *testing.T) {
	at := time.Date(2025, 5, 5, 10, 0, 0, 0, time.UTC)
	now := func() time.Time { return at }
	sqldbtest.RunAt(t, now, func(t *testing.T, db *sqldb.DB) {
		at = time.Date(2025, 5, 5, 10, 0, 0, 0, time.UTC)
		ctx, sys := t.Context(), identity.System("test")
		away := newSite(t)
		o := schemas.Options{DB: db, Fetch: away.fetch(), Address: away.URL + "/list.json", Now: now}
		s := schemas.New(o)
		if l, st, err := s.National(ctx, identity.Actor{}); err != nil || len(l) != 0 || !st.FetchedAt.IsZero() || !st.TriedAt.IsZero() {
			t.Fatalf("before: %v %+v %v", l, st, err)
		}
		if _, err := s.Find(ctx, "agence/bancs"); !errs.Is(err, errs.NotFound) {
			t.Errorf("not known yet: %v", err)
		}
		if _, err := s.Refresh(ctx, identity.Actor{}); !errs.Is(err, errs.Denied) {
			t.Errorf("a visitor refreshes: %v", err)
		}
		if st, err := s.Refresh(ctx, sys); err != nil || !st.FetchedAt.Equal(at) || st.Failure != "" {
			t.Fatalf("%+v %v", st, err)
		}
		l, _, err := s.National(ctx, identity.Actor{})
		if err != nil || len(l) != 1 || l[0].Ref() != "agence/bancs@1.10.0" || l[0].Title != "Bancs publics" {
			t.Fatalf("bundled schemas, and what is no table, are left out: %+v %v", l, err)
		}
		for ref, field := range map[string]string{"agence/bancs": "banc", "BANCS@v1.9.0": "ancien", "scdl/deliberations": "COLL_NOM", "scdl/deliberations@0.9.0": "vieux", away.URL + "/bancs/1.9.0.json": "ancien"} {
			sch, err := s.Find(ctx, ref)
			if err != nil || sch.Fields[0].Name != field {
				t.Errorf("%s: %v", ref, err)
			}
		}
		if found, err := s.Lookup(ctx, "agence/bancs"); err != nil || found.Ref != "agence/bancs@1.10.0" || found.Name(i18n.English) != "Bancs publics" || found.Page != "/schemas/agence/bancs" {
			t.Errorf("%+v %v", found, err)
		}
		for _, ref := range []string{"agence/reseaux", "agence/bancs@9.9.9", "nobody/knows"} {
			if _, err := s.Find(ctx, ref); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", ref, err)
			}
		}

		// The other server answers no more: another process still has it all.
		away.down, at = true, at.Add(24*time.Hour)
		s = schemas.New(o)
		st, err := s.Refresh(ctx, sys)
		if err != nil || !st.FetchedAt.Equal(at.Add(-24*time.Hour)) || !st.TriedAt.Equal(at) || st.Failure != "httpx.download-later" {
			t.Errorf("%+v %v", st, err)
		}
		if sch, err := s.Find(ctx, "agence/bancs"); err != nil || sch.Fields[0].Name != "banc" {
			t.Errorf("kept: %v", err)
		}
		// Nor is it waited for beyond the caller's time.
		hung := o
		hung.Fetch = func(ctx context.Context, _, _ string) (httpx.Document, error) {
			<-ctx.Done()
			return httpx.Document{}, ctx.Err()
		}
		soon, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if e, err := schemas.New(hung).Entry(soon, "agence/bancs"); err != nil || e.Bundled() || len(e.Fields) != 1 || e.Title != "Bancs publics" {
			t.Errorf("kept, when the other server hangs: %+v %v", e, err)
		}
		// It answers again, with something else; then with nonsense.
		away.down, away.version = false, 2
		away.files["/list.json"] = strings.Replace(list, "Bancs publics", "Bancs", 1)
		if st, err = s.Refresh(ctx, sys); err != nil || st.Failure != "" || !st.FetchedAt.Equal(at) {
			t.Errorf("%+v %v", st, err)
		}
		away.version, away.files["/list.json"] = 3, "<html>"
		if st, err = s.Refresh(ctx, sys); err != nil || st.Failure != "national.not-a-catalogue" {
			t.Errorf("%+v %v", st, err)
		}
		if l, _, err := s.National(ctx, identity.Actor{}); err != nil || len(l) != 1 || l[0].Title != "Bancs" {
			t.Errorf("%+v %v", l, err)
		}
	})
}

// The job runs by itself, and a server that is not there does not make it fail.
func TestRefreshJob(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	away := newSite(t)
	s := schemas.New(schemas.Options{DB: db, Fetch: away.fetch(), Address: away.URL + "/list.json"})
	away.down = true
	runner, err := jobs.New(db, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Handle(runner)
	if err := runner.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Refresh(t.Context(), identity.System("test")); err != nil || st.Failure == "" {
		t.Errorf("%+v %v", st, err)
	}
}

// A descriptor at an address is believed for some minutes, then asked for again.
func TestAddress(t *testing.T) {
	at := time.Date(2025, 5, 5, 10, 0, 0, 0, time.UTC)
	now := func() time.Time { return at }
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite), Now: now})
	away := newSite(t)
	s := schemas.New(schemas.Options{DB: db, Fetch: away.fetch(), Now: now})
	find := func(want string) {
		t.Helper()
		sch, err := s.Find(t.Context(), " "+away.URL+"/own.json ")
		if err != nil || sch.Title != want || sch.ID != away.URL+"/own.json" {
			t.Errorf("%+v %v", sch, err)
		}
	}
	find("À moi")
	find("À moi")
	away.wasAsked(t, "/own.json")
	at = at.Add(schemas.Life)
	find("À moi")
	find("À moi")
	away.wasAsked(t, "/own.json=")
	at, away.version = at.Add(schemas.Life), 2
	away.files["/own.json"] = `{"title": "Autre", "fields": [{"name": "a"}]}`
	find("Autre")
	away.wasAsked(t, "/own.json")
	at, away.down = at.Add(schemas.Life), true
	if _, err := s.Find(t.Context(), away.URL+"/own.json"); !errs.Is(err, errs.Busy) {
		t.Errorf("of a stranger nothing is kept: %v", err)
	}
	away.down = false
	for ref, kind := range map[string]errs.Kind{away.URL + "/broken.json": errs.Invalid, away.URL + "/none.json": errs.NotFound, "http://127.0.0.1:1/s.json": errs.Invalid} {
		if _, err := s.Find(t.Context(), ref); !errs.Is(err, kind) {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

// A schema that is brought as a file is kept by its content, for who contributes, and is
// found after a restart; what is no schema is refused.
func TestKeep(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		agent := identity.PersonActor("agent", "Agent", 0, identity.Membership{Organisation: "mairie", Role: identity.Contributor})
		s := schemas.New(schemas.Options{DB: db})
		const body = `{"title": "Fontaines d’ici", "name": "fontaines", "fields": [{"name": "code", "type": "integer"}]}`
		kept, err := s.Keep(ctx, agent, "mairie", []byte(body))
		if err != nil || kept.Title != "Fontaines d’ici" || kept.Page != "" {
			t.Fatalf("%+v %v", kept, err)
		}
		if again, err := s.Keep(ctx, agent, "mairie", []byte(body)); err != nil || again != kept {
			t.Errorf("the same file: %+v %v", again, err)
		}
		if other, err := s.Keep(ctx, agent, "mairie", []byte(body+" ")); err != nil || other.Ref == kept.Ref {
			t.Errorf("another file: %+v %v", other, err)
		}
		s = schemas.New(schemas.Options{DB: db})
		sch, err := s.Find(ctx, kept.Ref)
		if err != nil || len(sch.Fields) != 1 || sch.Fields[0].Name != "code" {
			t.Errorf("%+v %v", sch, err)
		}
		if found, err := s.Lookup(ctx, kept.Ref); err != nil || found != kept {
			t.Errorf("%+v %v", found, err)
		}
		if named, err := s.Named(ctx, kept.Ref, "scdl/prenoms"); err != nil || named[kept.Ref].Title != kept.Title || len(named) != 2 {
			t.Errorf("%+v %v", named, err)
		}
		unknown := kept.Ref[:len(kept.Ref)-1] + "z"
		if _, err := s.Find(ctx, unknown); !errs.Is(err, errs.NotFound) {
			t.Errorf("one that was never kept: %v", err)
		}
		if named, err := s.Named(ctx, unknown); err != nil || named[unknown].Ref != unknown {
			t.Errorf("%+v %v", named, err)
		}
		for name, c := range map[string]struct {
			who  identity.Actor
			org  identity.OrganisationID
			body string
			kind errs.Kind
		}{
			"nobody":           {identity.Anonymous(), "mairie", body, errs.SignIn},
			"of elsewhere":     {agent, "ailleurs", body, errs.Denied},
			"no JSON":          {agent, "mairie", "code;pose", errs.Invalid},
			"no fields":        {agent, "mairie", `{"fields": 3}`, errs.Invalid},
			"a file too large": {agent, "mairie", `{"fields": []}` + strings.Repeat(" ", schemas.MaxKept), errs.TooLarge},
		} {
			if _, err := s.Keep(ctx, c.who, c.org, []byte(c.body)); !errs.Is(err, c.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
