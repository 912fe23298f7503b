package shell_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

type bench struct {
	t        *testing.T
	url      string
	base     string
	shell    *shell.Shell
	identity *identity.Service
	client   *http.Client
}

const password = "une longue phrase de passe"

// start serves routes over a real database, as seen at the base address.
func start(t *testing.T, base string, routes ...shell.Route) *bench {
	t.Helper()
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	ids := identity.New(db, identity.Options{Hash: identity.HashParams{KiB: 64, Passes: 1, Lanes: 1}})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	style, err := ui.NewHostStyle("#8a1538")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s := shell.New(shell.Options{
		Identity: ids, BaseURL: u, Log: log, Development: true,
		Host: func(context.Context) ui.Host { return ui.Host{Name: "Portail d’essai", Style: style} },
		Places: func(ctx context.Context) []ui.Place {
			return []ui.Place{{Label: ui.T(ctx, "ui.search"), Href: "/search"}}
		},
		AccountLinks: func(ctx context.Context, _ identity.Actor) []ui.Link {
			return []ui.Link{{Label: "Bureau", Href: "/desk"}}
		},
	})
	rt := httpx.NewRouter(httpx.Options{Log: log, Render: s.Render, BaseURL: u})
	s.Mount(rt, s.Own()...)
	s.Mount(rt, routes...)
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)
	return &bench{t: t, url: srv.URL, base: base, shell: s, identity: ids,
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	*http.Response
	body string
}

// do sends a request; headers are "Name: value".
func (b *bench) do(method, path, body string, headers ...string) answer {
	b.t.Helper()
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res, string(text)}
}

func (b *bench) get(path string, headers ...string) answer { return b.do("GET", path, "", headers...) }

// person makes an account and opens its session; it returns the session's secret.
func (b *bench) person(name string, host identity.HostRoles) (identity.Person, string) {
	b.t.Helper()
	ctx := context.Background()
	p, err := b.identity.CreatePerson(ctx, identity.System("test"), identity.NewPerson{Email: name + "@exemple.fr", Name: name, Language: i18n.French, Password: password}, host)
	if err != nil {
		b.t.Fatal(err)
	}
	in, err := b.identity.SignIn(ctx, identity.SignIn{Email: p.Email, Password: password, Network: netip.MustParseAddr("192.0.2.1")})
	if err != nil {
		b.t.Fatal(err)
	}
	return p, in.Secret
}

func (b *bench) cookie(secret string) string { return "Cookie: " + b.shell.CookieName() + "=" + secret }

func cookieOf(a answer, name string) *http.Cookie {
	for _, c := range a.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func contains(t *testing.T, a answer, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(a.body, w) {
			t.Errorf("%s %s: %q is missing from:\n%s", a.Request.Method, a.Request.URL.Path, w, a.body)
		}
	}
}

func hello(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	return shell.Page(w, r, ui.Page{Title: "Bonjour", Place: "/search"}, templ.Raw("<h1>"+templ.EscapeString(v.Actor.Ref()+" "+v.Path)+"</h1>"))
}

func TestEveryPageIsInBothLanguages(t *testing.T) {
	b := start(t, "http://localhost:8080", shell.Route{"GET /{$}", shell.Anyone, hello}, shell.Route{"GET /datasets/{slug}", shell.Anyone, hello})
	for _, c := range []struct{ path, lang, here, other string }{
		{"/", "fr", "/", "/en"},
		{"/en", "en", "/", "/"},
		{"/datasets/x?page=2", "fr", "/datasets/x", "/en/datasets/x?page=2"},
		{"/en/datasets/x?page=2", "en", "/datasets/x", "/datasets/x?page=2"},
	} {
		a := b.get(c.path)
		if a.StatusCode != 200 || a.Header.Get("Content-Language") != c.lang {
			t.Errorf("%s: %d %s", c.path, a.StatusCode, a.Header.Get("Content-Language"))
		}
		contains(t, a, `<html lang="`+c.lang+`">`, "anonymous "+c.here+"</h1>", `href="`+c.other+`" lang=`,
			`hreflang="fr" href="http://localhost:8080`+c.here+`"`, `hreflang="en" href="http://localhost:8080`+ui.Address(i18n.English, c.here)+`"`)
	}
	if a := b.get("/en/"); a.StatusCode != 308 || a.Header.Get("Location") != "/en" {
		t.Errorf("/en/: %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	contains(t, b.get("/en/datasets/x"), `href="/en/search"`, "Sign in")
}

func TestPagesOfVisitorsCanBeCached(t *testing.T) {
	b := start(t, "http://localhost:8080", shell.Route{"GET /x", shell.Anyone, hello})
	_, secret := b.person("Camille", 0)
	a := b.get("/x")
	tag := a.Header.Get("ETag")
	if a.Header.Get("Cache-Control") != "public, no-cache" || !strings.HasPrefix(tag, `W/"`) || !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Cookie") || len(a.Cookies()) > 0 {
		t.Errorf("headers: %v", a.Header)
	}
	if a := b.get("/x", "If-None-Match: "+tag); a.StatusCode != 304 || a.body != "" {
		t.Errorf("again: %d", a.StatusCode)
	}
	a = b.get("/x", b.cookie(secret))
	if a.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("signed in: %v", a.Header)
	}
	contains(t, a, "Camille", `action="/sign-out"`, `href="/desk"`)
	if a := b.get("/x", "If-None-Match: "+tag, b.cookie(secret)); a.StatusCode != 200 {
		t.Errorf("another visitor's tag: %d", a.StatusCode)
	}
}

func TestWhoMayCall(t *testing.T) {
	b := start(t, "http://localhost:8080",
		shell.Route{"GET /any", shell.Anyone, hello}, shell.Route{"GET /in", shell.SignedIn, hello}, shell.Route{"GET /person", shell.Person, hello},
		shell.Route{"GET /host", shell.Host, hello}, shell.Route{"GET /admin", shell.HostAdmin, hello}, shell.Route{"GET /animator", shell.HostAnimator, hello}, shell.Route{"GET /audit", shell.HostAuditor, hello})
	p, agent := b.person("Agent", 0)
	_, animator := b.person("Animatrice", identity.HostSet(identity.HostAnimator))
	_, admin := b.person("Admin", identity.HostSet(identity.HostAdministrator))
	a, err := b.identity.ActorOfPerson(context.Background(), identity.System("test"), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := b.identity.CreateToken(context.Background(), a, identity.NewToken{Name: "script", Scopes: identity.ScopeSet(identity.ScopeRead)})
	if err != nil {
		t.Fatal(err)
	}
	who := []struct{ name, header string }{{"anonymous", "X: y"}, {"agent", b.cookie(agent)}, {"animator", b.cookie(animator)}, {"admin", b.cookie(admin)}, {"token", "Authorization: Bearer " + token}}
	want := map[string][]int{
		"/any":      {200, 200, 200, 200, 200},
		"/in":       {303, 200, 200, 200, 200},
		"/person":   {303, 200, 200, 200, 403},
		"/host":     {303, 403, 200, 200, 403},
		"/admin":    {303, 403, 403, 200, 403},
		"/animator": {303, 403, 200, 200, 403},
		"/audit":    {303, 403, 403, 200, 403},
	}
	for path, statuses := range want {
		for i, w := range who {
			if got := b.get(path, w.header).StatusCode; got != statuses[i] {
				t.Errorf("%s as %s: %d, want %d", path, w.name, got, statuses[i])
			}
		}
	}
	table := "GET /_design anyone\nGET /admin host administrator\nGET /animator host animator\nGET /any anyone\nGET /audit host auditor\nGET /host host\nGET /host/{file} anyone\nGET /in signed in\nGET /person person\nGET /static/{file...} anyone\n"
	if d := cmp.Diff(table, b.shell.Table()); d != "" {
		t.Error(d)
	}
	bad := b.get("/in", "Authorization: Bearer nothing", "Accept: application/json")
	if bad.StatusCode != 401 || bad.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("a bad token: %d %v", bad.StatusCode, bad.Header)
	}
}

func TestSignInLeadsBack(t *testing.T) {
	b := start(t, "http://localhost:8080", shell.Route{"GET /in", shell.SignedIn, hello})
	for path, to := range map[string]string{
		"/in?a=1&b=2": "/sign-in?next=%2Fin%3Fa%3D1%26b%3D2",
		"/en/in":      "/en/sign-in?next=%2Fen%2Fin",
	} {
		if a := b.get(path); a.StatusCode != 303 || a.Header.Get("Location") != to {
			t.Errorf("%s: %d to %s", path, a.StatusCode, a.Header.Get("Location"))
		}
	}
}

func TestSafeNext(t *testing.T) {
	for next, want := range map[string]string{
		"/datasets/x?page=2": "/datasets/x?page=2", "/en/desk": "/en/desk", "/": "/",
		"": "/", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/", "/\tx": "/", "/\n//evil": "/", "javascript:alert(1)": "/",
		"/%5cevil.example": "/", "/%2fevil.example": "/", "/%2F/evil": "/", "datasets": "/", "/sign-in?next=/x": "/", "/en/sign-in": "/", "/sign-out": "/", "/x%zz": "/", "/" + strings.Repeat("a", 3000): "/",
	} {
		if got := shell.SafeNext(next); got != want {
			t.Errorf("SafeNext(%q) = %q, want %q", next, got, want)
		}
	}
}

func signInRoute(secret *string, session *identity.Session) shell.Route {
	return shell.Route{"POST /enter", shell.Anyone, func(w http.ResponseWriter, r *http.Request) error {
		shell.Remember(w, r, *session, *secret)
		return shell.RedirectNext(w, r, r.FormValue("next"))
	}}
}

func TestSessionCookie(t *testing.T) {
	var secret string
	var session identity.Session
	for base, want := range map[string]struct {
		name   string
		secure bool
	}{"http://localhost:8080": {"socle", false}, "https://donnees.exemple.fr": {"__Host-socle", true}} {
		b := start(t, base, signInRoute(&secret, &session), shell.Route{"GET /in", shell.SignedIn, hello},
			shell.Route{"POST /sign-out", shell.Anyone, func(w http.ResponseWriter, r *http.Request) error {
				if err := b0(r); err != nil {
					return err
				}
				shell.Forget(w, r)
				return shell.Redirect(w, r, "/")
			}})
		p, _ := b.person("Camille", 0)
		in, err := b.identity.SignIn(context.Background(), identity.SignIn{Email: p.Email, Password: password, Network: netip.MustParseAddr("192.0.2.1")})
		if err != nil {
			t.Fatal(err)
		}
		session, secret = in.Session, in.Secret
		a := b.do("POST", "/enter", "next=/in")
		c := cookieOf(a, want.name)
		if a.StatusCode != 303 || a.Header.Get("Location") != "/in" || c == nil {
			t.Fatalf("%s: %d %v", base, a.StatusCode, a.Header)
		}
		if c.Secure != want.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Expires.IsZero() {
			t.Errorf("%s: %v", base, c)
		}
		contains(t, b.get("/in", b.cookie(c.Value)), "person:"+string(p.ID)+" /in")
		out := b.do("POST", "/en/sign-out", "", b.cookie(c.Value))
		if gone := cookieOf(out, want.name); gone == nil || gone.MaxAge >= 0 || out.Header.Get("Location") != "/en" || !strings.Contains(out.Header.Get("Clear-Site-Data"), "cache") {
			t.Errorf("signing out: %v", out.Header)
		}
	}
}

// b0 refuses a sign-out that came without a session.
func b0(r *http.Request) error {
	if shell.From(r).Secret() == "" {
		return errors.New("no session")
	}
	return nil
}

func TestSessionThatIsOver(t *testing.T) {
	b := start(t, "http://localhost:8080", shell.Route{"GET /x", shell.Anyone, hello}, shell.Route{"GET /in", shell.SignedIn, hello}, shell.Route{"POST /in", shell.SignedIn, hello},
		shell.Route{"GET /sign-in", shell.Anyone, hello})
	_, secret := b.person("Camille", 0)
	if err := b.identity.SignOut(context.Background(), secret); err != nil {
		t.Fatal(err)
	}
	a := b.get("/x", b.cookie(secret))
	if c := cookieOf(a, "socle"); a.StatusCode != 200 || c == nil || c.MaxAge >= 0 {
		t.Errorf("a page for anyone: %d %v", a.StatusCode, a.Header)
	}
	a = b.get("/in", b.cookie(secret))
	said := cookieOf(a, "socle-said")
	if a.StatusCode != 303 || said == nil {
		t.Fatalf("a page for people: %d %v", a.StatusCode, a.Header)
	}
	contains(t, b.get("/sign-in", "Cookie: socle-said="+said.Value), i18n.T(i18n.French, "identity.session-over"))

	a = b.do("POST", "/in?step=2", url.Values{"title": {`Menus "bio" <été>`}, "theme": {"a", "b"}}.Encode(), b.cookie(secret))
	if a.StatusCode != 401 {
		t.Errorf("a form: %d", a.StatusCode)
	}
	contains(t, a, `name="title" value="Menus &#34;bio&#34; &lt;été&gt;"`, `name="theme" value="a"`, `name="theme" value="b"`, `action="/in?step=2"`, `target="_blank"`)
	a = b.do("POST", "/in", "password=hunter2&title=x", b.cookie(secret))
	if strings.Contains(a.body, "hunter2") {
		t.Error("a password is written into the page")
	}
}

// A form sent in parts, as the one of a deposit, keeps its texts in their order, however
// long; that its file is not kept is said.
func TestSessionThatIsOverInParts(t *testing.T) {
	b := start(t, "http://localhost:8080", shell.Route{"POST /in", shell.SignedIn.With(httpx.Stream(), httpx.MaxBody(20<<20)), hello})
	send := func(fields [][2]string, file string) answer {
		t.Helper()
		var body strings.Builder
		w := multipart.NewWriter(&body)
		for _, f := range fields {
			if err := w.WriteField(f[0], f[1]); err != nil {
				t.Fatal(err)
			}
		}
		part, err := w.CreateFormFile("file", file)
		if err == nil {
			_, err = part.Write([]byte("content of the file"))
		}
		if err == nil {
			err = w.WriteField("last", "after the file")
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest(http.MethodPost, b.url+"/in", strings.NewReader(body.String()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", w.FormDataContentType())
		res, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer{res, string(text)}
	}
	pasted := strings.Repeat("Roques\t<été>\n", 170_000) // 2,000,000 characters and more
	a := send([][2]string{{"organisation", "o1"}, {"pasted", pasted}}, "")
	if a.StatusCode != 401 {
		t.Errorf("a form in parts: %d", a.StatusCode)
	}
	if !strings.Contains(a.body, `name="pasted" value="`+templ.EscapeString(pasted)+`"`) {
		t.Fatalf("what was pasted is lost: %d bytes", len(a.body))
	}
	for _, want := range []string{`enctype="multipart/form-data"`, `name="last" value="after the file"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if at := strings.Index(a.body, `name="organisation" value="o1"`); at < 0 || at > strings.Index(a.body, `name="pasted"`) {
		t.Error("the fields are not in their order")
	}
	kept := i18n.T(i18n.French, "shell.resend.files")
	if strings.Contains(a.body, kept) {
		t.Error("a field of files that was left empty is missed")
	}
	a = send([][2]string{{"organisation", "o1"}}, "bancs.csv")
	contains(t, a, kept, `name="organisation" value="o1"`)
	if strings.Contains(a.body, "content of the file") {
		t.Error("the file is written into the page")
	}
	if a = send([][2]string{{"new-password", "hunter2"}}, ""); strings.Contains(a.body, "hunter2") {
		t.Error("a password is written into the page")
	}
	if a = send([][2]string{{"pasted", strings.Repeat("x", 10<<20)}}, ""); a.StatusCode != 401 || len(a.body) > 1<<20 {
		t.Errorf("a form that is too large: %d, %d bytes", a.StatusCode, len(a.body))
	}
}

func TestFlashIsSaidOnce(t *testing.T) {
	b := start(t, "http://localhost:8080", shell.Route{"GET /x", shell.Anyone, hello},
		shell.Route{"POST /act", shell.Anyone, func(w http.ResponseWriter, r *http.Request) error {
			shell.Flash(w, r, ui.Good, "httpx.too-many", i18n.Args{"Seconds": 3})
			return shell.Redirect(w, r, "/x")
		}})
	a := b.do("POST", "/en/act", "")
	c := cookieOf(a, "socle-said")
	if a.Header.Get("Location") != "/en/x" || c == nil || !c.HttpOnly {
		t.Fatalf("%d %v", a.StatusCode, a.Header)
	}
	a = b.get("/x", "Cookie: socle-said="+c.Value)
	contains(t, a, "notice-good", i18n.T(i18n.French, "httpx.too-many"), i18n.T(i18n.French, "httpx.too-many.hint", i18n.Args{"Seconds": 3}))
	if gone := cookieOf(a, "socle-said"); gone == nil || gone.MaxAge >= 0 || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", a.Header)
	}
	forged := b.get("/x", "Cookie: socle-said=A"+c.Value)
	if strings.Contains(forged.body, "notice-good") {
		t.Error("a forged answer is shown")
	}
}
