package catalogueui_test

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/web/catalogueui"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

func TestPagesOfText(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	ids := identity.New(db, identity.Options{})
	base, _ := url.Parse("http://localhost:8080")
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	for _, contact := range []string{"", "donnees@pays.example"} {
		sh := shell.New(shell.Options{Identity: ids, BaseURL: base, Log: log, Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
		rt := httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
		sh.Mount(rt, catalogueui.New(catalogueui.Options{Identity: ids, Host: "Pays & Rivières", Contact: contact}).Routes()...)
		for _, name := range []string{"about", "legal", "accessibility"} {
			parts := map[string]int{}
			for _, lang := range []string{"", "/en"} {
				w := httptest.NewRecorder()
				rt.ServeHTTP(w, httptest.NewRequest("GET", lang+"/"+name, nil))
				page := w.Body.String()
				if w.Code != 200 || strings.Contains(page, "{{") || strings.Contains(page, "<no value>") || strings.Count(page, "<h1") != 1 {
					t.Errorf("%s/%s: %d", lang, name, w.Code)
				}
				if !strings.Contains(page, "Pays &amp; Rivières") {
					t.Errorf("%s/%s does not name the host", lang, name)
				}
				if got := strings.Contains(page, "mailto:donnees@pays.example"); got != (contact != "") {
					t.Errorf("%s/%s: contact %q shown: %v", lang, name, contact, got)
				}
				parts[lang] = strings.Count(page, "<h2")
			}
			if parts[""] != parts["/en"] || parts[""] < 3 {
				t.Errorf("%s: the languages have different parts: %v", name, parts)
			}
		}
	}
}
