package catalogueui_test

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/consolidation"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/schemas"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/web/catalogueui"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// served are the pages over an empty catalogue.
func served(t *testing.T) (rt *httpx.Router, ids *identity.Service, sets *catalogue.Service) {
	t.Helper()
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	ids, sets = identity.New(db, identity.Options{}), catalogue.New(db, nil)
	base, _ := url.Parse("http://localhost:8080")
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	sh := shell.New(shell.Options{Identity: ids, BaseURL: base, Log: log, Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
	rt = httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
	sh.Mount(rt, catalogueui.New(catalogueui.Options{Identity: ids, Catalogue: sets, Schemas: schemas.New(schemas.Options{DB: db}), Merge: consolidation.New(consolidation.Options{DB: db, Catalogue: sets, Identity: ids}), Now: time.Now, BaseURL: "http://localhost:8080", Host: "Essai"}).Routes()...)
	return rt, ids, sets
}

// What was public answers for ever at its address: whole, then its trace.
func TestTraceAtTheSameAddress(t *testing.T) {
	rt, ids, sets := served(t)
	ctx, root := t.Context(), identity.System("test")
	org, err := ids.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: "Roques", Kind: identity.KindCommune}, false)
	must(t, err)
	d, err := sets.Create(ctx, root, catalogue.NewDataset{Organisation: org.ID, Metadata: catalogue.Metadata{Title: "Bancs </script><script>x", Description: "Où ils sont."}})
	must(t, err)
	_, err = sets.AddResource(ctx, root, d.ID, catalogue.Link, catalogue.ResourceMetadata{Title: "Ailleurs", URL: "https://example.org/bancs"})
	must(t, err)
	d, err = sets.Publish(ctx, root, d.ID, catalogue.AnyRevision)
	must(t, err)
	get := func(status int, has ...string) string {
		t.Helper()
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, httptest.NewRequest("GET", "/datasets/"+d.Slug, nil))
		for _, text := range has {
			if w.Code != status || !strings.Contains(w.Body.String(), text) {
				t.Errorf("%d, want %d with %q", w.Code, status, text)
			}
		}
		return w.Body.String()
	}
	if page := get(200, `"@type":"Dataset"`, "/feed.atom"); strings.Contains(page, "<script>x") {
		t.Error("a title ends the block of data")
	}
	old := d.Slug
	d, err = sets.Rename(ctx, root, d.ID, catalogue.AnyRevision, "Les bancs")
	must(t, err)
	for _, part := range []string{"", "/about", "/api"} {
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, httptest.NewRequest("GET", "/datasets/"+old+part+"?nature=bois&sort=-nom", nil))
		if to := w.Header().Get("Location"); to != "/datasets/"+d.Slug+part+"?nature=bois&sort=-nom" {
			t.Errorf("%s leads to %q", part, to)
		}
	}
	w := httptest.NewRecorder()
	rt.ServeHTTP(w, httptest.NewRequest("GET", "/sitemap.xml", nil))
	if text := w.Body.String(); !strings.Contains(text, "<loc>http://localhost:8080/datasets/"+d.Slug+"</loc>") || !strings.Contains(text, "/organisations/"+org.Slug) || strings.Contains(text, old+"<") {
		t.Errorf("the sitemap: %s", text)
	}
	_, err = sets.Withdraw(ctx, root, d.ID, catalogue.AnyRevision, "Publié deux fois")
	must(t, err)
	if page := get(410, "Publié deux fois", "Roques"); strings.Contains(page, "Où ils sont") {
		t.Error("what was withdrawn is shown")
	}
	must(t, sets.Erase(ctx, root, d.ID, catalogue.AnyRevision, "Un double"))
	get(410, "Un double", "Roques")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
