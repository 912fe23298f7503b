package ui_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/web/ui"
)

// Under the policy of pages: progress that asks again until the work is done, a form
// that comes back refused, an island in what has arrived, and a server that fails.
func TestPartsOfPagesInTheBrowser(t *testing.T) {
	built(t)
	var asked atomic.Int64
	show := func(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		if err := c.Render(ui.WithLang(r.Context(), i18n.French), w); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/", func(w http.ResponseWriter, r *http.Request) {
		if err := ui.Embedded().Serve(w, r); err != nil {
			w.WriteHeader(httpx.Status(err))
		}
	})
	mux.HandleFunc("GET /work", func(w http.ResponseWriter, r *http.Request) {
		if n := asked.Add(1); n < 3 {
			show(w, r, 200, ui.Progress{ID: "work", Label: "Contrôle", Value: n, Max: 3, Poll: "/work"})
			return
		}
		show(w, r, 200, templ.Join(ui.Notice{Kind: ui.Good, Title: "Contrôle terminé"}, ui.Code{ID: "late", Title: "Code", Text: "SELECT 1"}))
	})
	form := func(p ui.Problems) templ.Component {
		return ui.Form{ID: "form", Action: "/send", Problems: p, HX: ui.HX{Post: "/send", Swap: "outerHTML"}}
	}
	mux.HandleFunc("POST /send", func(w http.ResponseWriter, r *http.Request) {
		show(w, r, http.StatusUnprocessableEntity, form(ui.Problems{{Name: "a", Message: "Donnez un titre."}}))
	})
	mux.HandleFunc("GET /fail", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("GET /refused", func(w http.ResponseWriter, r *http.Request) {
		show(w, r, http.StatusForbidden, ui.Notice{Kind: ui.Wrong, Title: "Votre session est finie."})
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", httpx.DefaultCSP().String())
		body := templ.Join(templ.Raw("<h1>Parties</h1>"), ui.Progress{ID: "work", Label: "Contrôle", Poll: "/work"}, form(nil), ui.Button{Label: "Panne", HX: ui.HX{Get: "/fail"}}, ui.Button{Label: "Refus", HX: ui.HX{Get: "/refused"}})
		show(w, r, 200, ui.Layout(frame(t, i18n.French), ui.Page{Title: "Parties"}, body))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, ui.HostPath) {
			if err := frame(t, i18n.French).Host.Style.Serve(w, r); err != nil {
				w.WriteHeader(httpx.Status(err))
			}
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)

	ctx := browser(t)
	do(ctx, t, chromedp.EmulateViewport(900, 700), chromedp.Navigate(srv.URL))
	is(ctx, t, "the work ends on the page", `document.body.textContent.includes("Contrôle terminé") && !document.getElementById("work")`)
	is(ctx, t, "what arrived is alive", `document.querySelector("[data-copies=late]") && !document.querySelector("[data-copies=late]").hidden`)
	if n := asked.Load(); n != 3 {
		t.Errorf("asked %d times", n)
	}
	eval(ctx, t, `document.getElementById("form").requestSubmit()`)
	is(ctx, t, "the refused form comes back with its mistakes in focus", `document.activeElement.matches("[data-focus]") && document.activeElement.textContent.includes("Donnez un titre.")`)
	is(ctx, t, "no trouble so far", `document.getElementById("trouble").hidden`)
	eval(ctx, t, `[...document.querySelectorAll("button")].find((b) => b.textContent.trim() === "Panne").click()`)
	is(ctx, t, "a failure is said", `!document.getElementById("trouble").hidden`)
	eval(ctx, t, `[...document.querySelectorAll("button")].find((b) => b.textContent.trim() === "Refus").click()`)
	is(ctx, t, "in the words of the server", `document.getElementById("trouble").textContent.includes("Votre session est finie.")`)
	is(ctx, t, "nothing inline was needed", `document.querySelectorAll("style").length === 0`)
}
