package shell_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

func failing(kind errs.Kind) func(http.ResponseWriter, *http.Request) error {
	return func(http.ResponseWriter, *http.Request) error {
		return errs.New(kind, "errs.not-found").WithHint("httpx.not-found.hint").WithField("title", "httpx.json-field").Because(errors.New("secret cause"))
	}
}

// The page of each kind of error says what happened, what is safe and what to do, in
// both languages, and never the cause.
func TestErrorPages(t *testing.T) {
	kinds := map[string]struct {
		kind    errs.Kind
		status  int
		title   string
		hasSafe bool
	}{
		"internal": {errs.Internal, 500, "shell.title.internal", true}, "invalid": {errs.Invalid, 422, "shell.title.invalid", true},
		"not-found": {errs.NotFound, 404, "shell.title.not-found", false}, "conflict": {errs.Conflict, 409, "shell.title.conflict", true},
		"denied": {errs.Denied, 403, "shell.title.denied", false}, "too-large": {errs.TooLarge, 413, "shell.title.too-large", true}, "busy": {errs.Busy, 503, "shell.title.busy", true},
	}
	var routes []shell.Route
	for name, k := range kinds {
		routes = append(routes, shell.Route{"GET /fail/" + name, shell.Anyone, failing(k.kind)})
	}
	routes = append(routes, shell.Route{"GET /panic", shell.Anyone, func(http.ResponseWriter, *http.Request) error { panic("secret cause") }},
		shell.Route{"GET /bare", shell.Anyone, func(http.ResponseWriter, *http.Request) error { return errors.New("secret cause") }},
		shell.Route{"POST /fail/post", shell.Anyone, failing(errs.Conflict)})
	b := start(t, "http://localhost:8080", routes...)
	for _, l := range i18n.Langs {
		for name, k := range kinds {
			a := b.get(ui.Address(l, "/fail/"+name))
			if a.StatusCode != k.status || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s: %d %v", name, a.StatusCode, a.Header)
			}
			contains(t, a, "<h1>"+templ.EscapeString(i18n.T(l, k.title))+"</h1>", i18n.T(l, "errs.not-found"), i18n.T(l, "httpx.not-found.hint"), i18n.T(l, "httpx.json-field"),
				`<meta name="robots" content="noindex">`, `<html lang="`+string(l)+`">`)
			if strings.Contains(a.body, i18n.T(l, "shell.safe")) != k.hasSafe {
				t.Errorf("%s: what is safe: %v", name, !k.hasSafe)
			}
			if strings.Contains(a.body, a.Header.Get("X-Request-Id")) != (k.status >= 500) {
				t.Errorf("%s: the reference of the request", name)
			}
			clean(t, a)
		}
	}
	for _, path := range []string{"/panic", "/bare"} {
		a := b.get(path)
		if a.StatusCode != 500 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
		clean(t, a)
	}
	a := b.get("/en/nothing/here")
	if a.StatusCode != 404 {
		t.Errorf("unknown address: %d", a.StatusCode)
	}
	contains(t, a, "Page not found", `href="/en/search"`)
	if a := b.do("DELETE", "/panic", ""); a.StatusCode != 405 || a.Header.Get("Allow") == "" {
		t.Errorf("another method: %d %v", a.StatusCode, a.Header)
	}
}

// clean fails on messages without text and on causes.
func clean(t *testing.T, a answer) {
	t.Helper()
	for _, bad := range []string{"secret cause", "[shell.", "[ui.", "[errs.", "[identity.", "goroutine"} {
		if strings.Contains(a.body, bad) {
			t.Errorf("%s says %q", a.Request.URL.Path, bad)
		}
	}
}

func TestFailuresOfScripts(t *testing.T) {
	b := start(t, "http://localhost:8080", shell.Route{"GET /fail", shell.Anyone, failing(errs.Conflict)}, shell.Route{"GET /api/v1/fail", shell.Anyone, failing(errs.Invalid)},
		shell.Route{"GET /api/v1/in", shell.SignedIn, failing(errs.Invalid)})
	for path, status := range map[string]int{"/fail": 409, "/api/v1/fail": 422, "/api/v1/in": 401, "/api/v1/nothing": 404} {
		a := b.get(path, "Accept: application/json", "Accept-Language: en")
		var body struct {
			Error struct{ Code, Kind, Message string }
		}
		if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.StatusCode != status || body.Error.Message == "" {
			t.Errorf("%s: %d %s (%v)", path, a.StatusCode, a.body, err)
		}
	}
	a := b.get("/fail", "HX-Request: true")
	if a.StatusCode != 409 || strings.Contains(a.body, "<html") || !strings.Contains(a.body, "notice-wrong") {
		t.Errorf("htmx: %d %s", a.StatusCode, a.body)
	}
	browser := b.get("/fail", "Accept: text/html,application/xhtml+xml,application/json;q=0.9")
	contains(t, browser, "<html")
}

func TestPartsOfPages(t *testing.T) {
	b := start(t, "http://localhost:8080",
		shell.Route{"POST /part", shell.Anyone, func(w http.ResponseWriter, r *http.Request) error {
			if shell.Partial(r) {
				return shell.Fragment(w, r, ui.Badge{Label: "fait", Kind: ui.Good})
			}
			return shell.Redirect(w, r, "/x")
		}},
		shell.Route{"POST /go", shell.Anyone, func(w http.ResponseWriter, r *http.Request) error { return shell.Redirect(w, r, "/x") }})
	if a := b.do("POST", "/part", "", "HX-Request: true"); a.StatusCode != 200 || strings.Contains(a.body, "<html") || !strings.Contains(a.body, "fait") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := b.do("POST", "/part", ""); a.StatusCode != 303 {
		t.Errorf("without htmx: %d", a.StatusCode)
	}
	if a := b.do("POST", "/en/go", "", "HX-Request: true"); a.StatusCode != 204 || a.Header.Get("HX-Redirect") != "/en/x" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
}

func TestForgedRequestsAreRefused(t *testing.T) {
	done := false
	b := start(t, "http://localhost:8080", shell.Route{"POST /act", shell.Anyone, func(w http.ResponseWriter, r *http.Request) error {
		done = true
		return shell.Redirect(w, r, "/")
	}})
	a := b.do("POST", "/act", "", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example")
	if a.StatusCode != 403 || done {
		t.Errorf("%d, carried out: %v", a.StatusCode, done)
	}
	contains(t, a, i18n.T(i18n.French, "httpx.cross-origin"))
}

// The policy of the content allows nothing inline, and the frame needs nothing inline.
func TestPagesHoldNothingInline(t *testing.T) {
	b := start(t, "http://localhost:8080")
	for _, path := range []string{"/_design", "/nothing"} {
		a := b.get(path)
		if csp := a.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") {
			t.Errorf("policy: %s", csp)
		}
		for _, bad := range []string{" style=", " onclick=", " onload=", "<style", "javascript:"} {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s holds %q", path, bad)
			}
		}
		if n := strings.Count(a.body, "<script"); n != strings.Count(a.body, "<script src=")+strings.Count(a.body, `<script type="module" src=`) {
			t.Errorf("%s holds a script inside", path)
		}
	}
}
