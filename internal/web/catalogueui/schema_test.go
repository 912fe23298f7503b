package catalogueui_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"socle/internal/blob"
	"socle/internal/blob/blobtest"
	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/collect"
	"socle/internal/community"
	"socle/internal/consolidation"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/schemas"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/web/catalogueui"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// portal serves the pages to a visitor, without a table engine.
type portal struct {
	t       *testing.T
	router  http.Handler
	people  *identity.Service
	sets    *catalogue.Service
	find    *find.Service
	schemas *schemas.Service
	org     identity.Organisation
}

// newPortal is a portal of one commune that reads the catalogue of schemas at an address.
func newPortal(t *testing.T, db *sqldb.DB, schemaCatalogue string) *portal {
	t.Helper()
	host, _ := url.Parse(schemaCatalogue)
	fetch := httpx.Fetcher(httpx.Client(httpx.ClientOptions{AllowHosts: []string{host.Host}}), schemas.MaxDescriptor)
	p := &portal{t: t, people: identity.New(db, identity.Options{}), sets: catalogue.New(db, nil), schemas: schemas.New(schemas.Options{DB: db, Fetch: fetch, Address: schemaCatalogue})}
	files := tables.New(tables.Options{DB: db, Blobs: blobtest.Open(t, blob.Options{URL: "file://" + t.TempDir()}), Catalogue: p.sets, Temp: t.TempDir()})
	p.find = find.New(find.Options{Dir: t.TempDir(), Catalogue: p.sets, Identity: p.people, Located: tables.Located, Now: time.Now})
	t.Cleanup(func() { must(t, p.find.Close()) })
	base, _ := url.Parse("http://localhost:8080")
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	sh := shell.New(shell.Options{Identity: p.people, BaseURL: base, Log: log, Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
	rt := httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
	sh.Mount(rt, catalogueui.New(catalogueui.Options{Identity: p.people, Catalogue: p.sets, Find: p.find, Tables: files, Schemas: p.schemas,
		Community: community.New(community.Options{DB: db, Identity: p.people, Catalogue: p.sets}),
		Collect:   collect.New(collect.Options{DB: db, Catalogue: p.sets}),
		Merge:     consolidation.New(consolidation.Options{DB: db, Catalogue: p.sets, Identity: p.people}), Now: time.Now, BaseURL: "http://localhost:8080", Host: "Essai"}).Routes()...)
	p.router = rt
	var err error
	p.org, err = p.people.CreateOrganisation(t.Context(), identity.System("test"), identity.OrganisationForm{Name: "Roques", Kind: identity.KindCommune}, false)
	must(t, err)
	return p
}

// publish makes a public dataset.
func (p *portal) publish(m catalogue.Metadata) catalogue.Dataset {
	p.t.Helper()
	ctx, root := p.t.Context(), identity.System("test")
	m.Description = "Un essai."
	d, err := p.sets.Create(ctx, root, catalogue.NewDataset{Organisation: p.org.ID, Metadata: m})
	must(p.t, err)
	_, err = p.sets.AddResource(ctx, root, d.ID, catalogue.Link, catalogue.ResourceMetadata{Title: "Ailleurs", URL: "https://example.org/ailleurs"})
	must(p.t, err)
	d, err = p.sets.Publish(ctx, root, d.ID, catalogue.AnyRevision)
	must(p.t, err)
	return d
}

// get gives the page of a path, which has this status and these texts.
func (p *portal) get(path string, status int, has ...string) string {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.router.ServeHTTP(w, httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, path, nil))
	if w.Code != status {
		p.t.Errorf("%s: %d, want %d", path, w.Code, status)
	}
	page := w.Body.String()
	for _, text := range has {
		if !strings.Contains(page, text) {
			p.t.Errorf("%s does not have %q", path, text)
		}
	}
	return page
}

// schemaSite publishes a catalogue of two schemas, one of which has no descriptor.
func schemaSite(t *testing.T) *httptest.Server {
	var site *httptest.Server
	site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := map[string]string{
			"/list.json": `{"schemas": [
				{"name": "agence/bancs", "title": "Bancs <publics>", "description": "Où s'asseoir.", "homepage": "https://agence.example/bancs", "schema_type": "tableschema", "versions": [{"version_name": "2.0.0", "schema_url": "SITE/bancs.json"}]},
				{"name": "agence/perdus", "title": "Objets perdus", "homepage": "javascript:alert(1)", "schema_type": "tableschema", "versions": [{"version_name": "1.0.0", "schema_url": "SITE/perdus.json"}]}]}`,
			"/bancs.json": `{"fields": [{"name": "pose_le", "title": "Date de pose", "description": "Le jour.", "type": "date", "example": "25/12/2023", "constraints": {"required": true}}, {"name": "places", "type": "integer", "example": "trois"}]}`,
		}[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(text, "SITE", site.URL))
	}))
	t.Cleanup(site.Close)
	return site
}

// A schema of the national catalogue has its page, which datasets, themes and searches
// lead to; one that cannot be read says so and still tells who publishes it.
func TestSchemasOfTheCatalogue(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		site := schemaSite(t)
		p := newPortal(t, db, site.URL+"/list.json")
		ctx, root := t.Context(), identity.System("test")
		benches := catalogue.Metadata{Title: "Bancs de Roques", Schema: catalogue.SchemaRef{ID: "agence/bancs", Version: "2.0.0"}, Themes: []catalogue.ThemeID{catalogue.Themes[0].ID}}
		d := p.publish(benches)
		p.publish(catalogue.Metadata{Title: "Trouvailles", Schema: catalogue.SchemaRef{ID: "ailleurs/trouvailles"}})
		p.publish(catalogue.Metadata{Title: "Parapluies", Schema: catalogue.SchemaRef{ID: "agence/perdus", Version: "1.0.0"}})
		must(t, p.find.Sync(ctx))

		// Before the catalogue could be read, the page tells who publishes.
		p.get("/schemas/agence/bancs", 200, "aucun catalogue", "Bancs de Roques")
		p.get("/schemas/nobody/knows", 404)
		st, err := p.schemas.Refresh(ctx, root)
		must(t, err)
		if st.Failure != "" {
			t.Fatal(st.Failure)
		}

		p.get("/schemas", 200, `href="/schemas/agence/bancs"`)
		page := p.get("/schemas/agence/bancs", 200, "Bancs &lt;publics&gt;", "Où s", "pose_le", "Date de pose. Le jour.", "trois", "https://agence.example/bancs", "/schemas/agence/bancs/model.ods", "/check?schema=agence%2Fbancs", "/formulaires/nouveau?schema=agence%2Fbancs", "Bancs de Roques")
		for _, not := range []string{"<publics>", "/search?schema="} {
			if strings.Contains(page, not) {
				t.Errorf("the page of a schema has %q", not)
			}
		}
		p.get("/schemas/agence/bancs/model.csv", 200, "pose_le,places")
		p.get("/schemas/agence/bancs/model.xlsx", 200, "PK")
		p.get("/schemas/agence/bancs/model.ods", 200, "PK")
		if page := p.get("/schemas/agence/perdus", 200, "Objets perdus", "n’ont pas pu être lues", "Parapluies"); strings.Contains(page, "javascript:") {
			t.Error("the page has the address of a script")
		}
		p.get("/schemas/ailleurs/trouvailles", 200, "aucun catalogue", "Trouvailles")
		p.get("/schemas/ailleurs/trouvailles/model.csv", 404)

		p.get("/datasets/"+d.Slug+"/about", 200, `href="/schemas/agence/bancs"`)
		p.get("/themes/"+string(catalogue.Themes[0].ID), 200, `href="/schemas/agence/bancs"`)
		if page := p.get("/search?schema=agence%2Fbancs", 200, "Bancs &lt;publics&gt;"); strings.Contains(page, ">agence/bancs<") {
			t.Error("a search calls a schema by its id")
		}
		table, err := p.sets.AddResource(ctx, root, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Tableau"})
		must(t, err)
		_, err = p.sets.AddVersion(ctx, root, catalogue.NewVersion{Resource: table.ID, Expect: catalogue.AnyVersion, Columns: json.RawMessage(`{"fields":[{"name":"places","type":"integer"}]}`), Schema: benches.Schema,
			Report: catalogue.ReportSummary{Valid: true}, Parts: []catalogue.VersionPart{{Blob: strings.Repeat("ab", 32), Bytes: 1, Rows: 1}}})
		must(t, err)
		p.get("/datasets/"+d.Slug+"/about", 200, `badge-good" href="/schemas/agence/bancs"`)

		for i := range 20 {
			benches.Title = fmt.Sprint("Bancs ", i)
			p.publish(benches)
		}
		p.get("/schemas/agence/bancs", 200, `href="/search?schema=agence%2Fbancs"`)
	})
}

// Similar datasets follow the same schema, else have the same theme, else the same
// producer; what is not public is never among them.
func TestSimilarDatasets(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		p := newPortal(t, db, "")
		themed := func(title string, theme int, schema string) catalogue.Dataset {
			return p.publish(catalogue.Metadata{Title: title, Schema: catalogue.SchemaRef{ID: schema}, Themes: []catalogue.ThemeID{catalogue.Themes[theme].ID}})
		}
		benches, more := themed("Bancs", 0, "agence/bancs"), themed("Bancs du parc", 1, "agence/bancs")
		lamps := themed("Lampadaires", 0, "agence/lampadaires")
		alone := themed("Fontaines", 2, "agence/fontaines")
		_, err := p.sets.Create(t.Context(), identity.System("test"), catalogue.NewDataset{Organisation: p.org.ID, Metadata: catalogue.Metadata{Title: "Brouillon", Themes: lamps.Themes}})
		must(t, err)
		for _, c := range []struct {
			of   catalogue.Dataset
			want string
		}{{benches, "Bancs du parc"}, {more, "Bancs"}, {lamps, "Bancs"}, {alone, "Lampadaires, Bancs du parc, Bancs"}} {
			page := p.get("/datasets/"+c.of.Slug+"/about", 200)
			_, list, ok := strings.Cut(page, "Jeux de données proches")
			var got []string
			for _, x := range []catalogue.Dataset{lamps, more, benches} {
				if strings.Contains(list, `href="/datasets/`+x.Slug+`"`) {
					got = append(got, x.Title)
				}
			}
			if !ok || strings.Join(got, ", ") != c.want || strings.Contains(list, "Brouillon") {
				t.Errorf("%s: %q, want %q", c.of.Title, got, c.want)
			}
		}
	})
}
