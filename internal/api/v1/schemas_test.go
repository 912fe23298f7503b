package v1_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	v1 "socle/internal/api/v1"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/schemas"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// portal answers with the API alone.
func portal(t *testing.T, db *sqldb.DB, o v1.Options) http.Handler {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	base, err := url.Parse("https://portail.example")
	if err != nil {
		t.Fatal(err)
	}
	o.Identity, o.BaseURL, o.Now = identity.New(db, identity.Options{}), base, time.Now
	o.Limit = httpx.Limit(httpx.NewLimiter(1000, 1000, 10, time.Now))
	sh := shell.New(shell.Options{Identity: o.Identity, BaseURL: base, Log: log, Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
	rt := httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
	sh.Mount(rt, v1.New(o).Routes()...)
	return rt
}

// The list of schemas: bundled, or of the national catalogue.
func TestListSchemas(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"schemas": [
				{"name": "agence/bancs", "title": "Bancs publics", "schema_type": "tableschema", "homepage": "https://agence.example/bancs",
				 "versions": [{"version_name": "1.9.0", "schema_url": "https://agence.example/1.9.0.json"}, {"version_name": "1.10.0", "schema_url": "https://agence.example/1.10.0.json"}]},
				{"name": "scdl/deliberations", "title": "Délibérations", "schema_type": "tableschema", "schema_url": "https://agence.example/d.json"}]}`)
		}))
		defer away.Close()
		fetch := httpx.Fetcher(httpx.Client(httpx.ClientOptions{AllowHosts: []string{away.Listener.Addr().String()}}), schemas.MaxDescriptor)
		list := schemas.New(schemas.Options{DB: db, Fetch: fetch, Address: away.URL, Now: time.Now})
		rt := portal(t, db, v1.Options{National: list})
		get := func(query string) (status int, text string) {
			t.Helper()
			r := httptest.NewRequest(http.MethodGet, "https://portail.example/api/v1/schemas"+query, nil)
			w := httptest.NewRecorder()
			rt.ServeHTTP(w, r)
			return w.Code, w.Body.String()
		}

		if status, text := get(""); status != 200 || !strings.Contains(text, `"id":"scdl/deliberations"`) || strings.Contains(text, "listed_at") {
			t.Errorf("bundled: %d %s", status, text)
		}
		if status, text := get("?national=1"); status != 200 || strings.TrimSpace(text) != `{"schemas":[]}` {
			t.Errorf("before it was ever read: %d %s", status, text)
		}
		if _, err := list.Refresh(t.Context(), identity.System("test")); err != nil {
			t.Fatal(err)
		}
		status, text := get("?national=1")
		var got struct {
			Schemas []map[string]any
			Listed  time.Time `json:"listed_at"`
		}
		if err := json.Unmarshal([]byte(text), &got); err != nil || status != 200 {
			t.Fatalf("%d %s %v", status, text, err)
		}
		if len(got.Schemas) != 1 || got.Schemas[0]["id"] != "agence/bancs" || got.Schemas[0]["version"] != "1.10.0" || got.Schemas[0]["address"] != "https://agence.example/1.10.0.json" || time.Since(got.Listed) > time.Hour {
			t.Errorf("national: %s", text)
		}
		for _, query := range []string{"?national=yes", "?nationale=1"} {
			if status, text := get(query); status != 400 {
				t.Errorf("%s: %d %s", query, status, text)
			}
		}
	})
}
