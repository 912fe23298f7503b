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
	"socle/internal/page"
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
		texts := page.New(db, page.Host{Host: "Pays & Rivières", Contact: contact, Hosting: "Nuage d’Essai, 1 rue du Lac, Labège", Basemap: "fonds.example"})
		sh := shell.New(shell.Options{Identity: ids, BaseURL: base, Log: log, Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
		rt := httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
		sh.Mount(rt, catalogueui.New(catalogueui.Options{Identity: ids, Texts: texts, Host: "Pays & Rivières", Contact: contact}).Routes()...)
		for _, name := range []string{"about", "legal", "accessibility"} {
			parts := map[string]int{}
			for _, lang := range []string{"", "/en"} {
				w := httptest.NewRecorder()
				rt.ServeHTTP(w, httptest.NewRequest("GET", lang+"/"+name, nil))
				text := w.Body.String()
				if w.Code != 200 || strings.Contains(text, "{{") || strings.Contains(text, "<no value>") || strings.Count(text, "<h1") != 1 {
					t.Errorf("%s/%s: %d", lang, name, w.Code)
				}
				if !strings.Contains(text, "Pays &amp; Rivières") {
					t.Errorf("%s/%s does not name the host", lang, name)
				}
				if name == "legal" && (!strings.Contains(text, "Nuage d’Essai") || !strings.Contains(text, "fonds.example")) {
					t.Errorf("%s/%s does not say where it is kept and what maps ask for", lang, name)
				}
				if got := strings.Contains(text, "mailto:donnees@pays.example"); got != (contact != "") {
					t.Errorf("%s/%s: contact %q shown: %v", lang, name, contact, got)
				}
				parts[lang] = strings.Count(text, "<h2")
			}
			if parts[""] != parts["/en"] || parts[""] < 3 {
				t.Errorf("%s: the languages have different parts: %v", name, parts)
			}
		}
	}
}

// What the host writes is text: nothing of it runs.
func TestHostileText(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	ids, texts := identity.New(db, identity.Options{}), page.New(db, page.Host{Host: "Essai"})
	base, _ := url.Parse("http://localhost:8080")
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	sh := shell.New(shell.Options{Identity: ids, BaseURL: base, Log: log, Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
	rt := httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
	sh.Mount(rt, catalogueui.New(catalogueui.Options{Identity: ids, Texts: texts, Host: "Essai"}).Routes()...)
	body := "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[here](javascript:alert(1)) ![x](data:text/html,x) {{.Host}}"
	if _, err := texts.Save(t.Context(), identity.System("test"), "law", "fr", 0, "</title><script>alert(1)</script>", body); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	rt.ServeHTTP(w, httptest.NewRequest("GET", "/law", nil))
	got := w.Body.String()
	for _, bad := range []string{"<script>", "onerror=", `href="javascript`, "data:text/html"} {
		if w.Code != 200 || strings.Contains(got, bad) {
			t.Errorf("%d, with %q", w.Code, bad)
		}
	}
	if !strings.Contains(got, "{{.Host}}") {
		t.Error("what the host writes is no template")
	}
}
