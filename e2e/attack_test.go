package e2e

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// siege is a portal under attack, with what an attacker may have got hold of.
type siege struct {
	*world
	engine sqldb.Engine
	routes []string
}

// Each attack on each database: none succeeds. What each role may do otherwise is
// in the golden of TestRights.
func TestAttacks(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			args := []string{"--trusted-proxies", "127.0.0.0/8"}
			if engine == sqldb.PostgreSQL {
				args = append(args, "--database-url", sqldbtest.Empty(t, engine))
			}
			s := &siege{world: newWorld(t, start(t, args...)), engine: engine, routes: routesOf(t)}
			t.Run("foreign origin", s.attackForeignOrigin)
			t.Run("tokens", s.attackWithTokens)
			t.Run("guessed identifiers", s.attackGuessing)
			t.Run("methods and types swapped", s.attackSwapping)
			t.Run("redirects", s.attackRedirects)
			t.Run("headers", s.attackHeaders)
			t.Run("active content", s.attackActiveContent)
			t.Run("session fixation", s.attackFixation)
			t.Run("accounts looked for", s.attackAccounts)
			t.Run("links used twice", s.attackReplay)
			t.Run("one invitation at once", s.attackRace)
			t.Run("removed member", s.attackRemoved)
		})
	}
}

// routesOf are all routes, "METHOD pattern".
func routesOf(t *testing.T) (list []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "internal", "app", "testdata", "routes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(b)) {
		f := strings.Fields(l)
		list = append(list, f[0]+" "+f[1])
	}
	return list
}

// try sends a request as a visitor and returns the answer, its body read.
func (s *siege) try(t *testing.T, v *visitor, method, path, body string, header ...string) *page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.number++
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("198.18.%d.%d", s.number/250, s.number%250+1)) // attempts are counted by network
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	u := *v
	u.t = t
	pg := u.do(req)
	if pg.status >= 500 && pg.status != http.StatusServiceUnavailable {
		t.Errorf("%s %s: %d\n%s", method, path, pg.status, s.p.log)
	}
	return pg
}

// crossOrigin are the routes that pages of other sites may send to: they change
// nothing that is somebody's, and read no cookie that a browser would add.
var crossOrigin = []string{"POST /api/v1/check", "POST /api/v1/describe", "POST /validate", "POST /follow/stop"} // the last: programs of mail stop letters in one click (RFC 8058)

// Pages of other sites, of other portals of the domain and of no site send what
// changes something, in the name of the host's administrator.
func (s *siege) attackForeignOrigin(t *testing.T) {
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	if err := m.WriteField("email", "x@essai.example"); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	from := [][]string{
		{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Sec-Fetch-Site", "same-site"},
		{"Referer", "https://evil.example/page"},
		{"Origin", strings.Replace(s.p.url, "localhost", "localhost.evil.example", 1)},
	}
	bodies := []struct{ kind, body string }{
		{"application/x-www-form-urlencoded", "email=x%40essai.example&answer=yes"}, {m.FormDataContentType(), form.String()}, {"text/plain", "{}"}, {"application/json", "{}"},
	}
	tried := 0
	for _, route := range s.routes {
		method, path, _ := strings.Cut(route, " ")
		if slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, method) || slices.Contains(crossOrigin, route) || strings.HasPrefix(path, "/api/3/") || strings.HasPrefix(path, "/api/action/") {
			continue
		}
		tried++
		path = strings.NewReplacer("{slug}", "mairie-d-essai", "{$}", "").Replace(path)
		for i, f := range from {
			b := bodies[i%len(bodies)]
			if pg := s.try(t, s.visitors["host"], method, path, b.body, append(slices.Clone(f), "Content-Type", b.kind)...); pg.status != http.StatusForbidden {
				t.Errorf("%s from %v with %s: %d", route, f, b.kind, pg.status)
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d routes change something", tried)
	}
	if pg := s.try(t, s.visitors["host"], "GET", "/account", ""); pg.status != http.StatusOK {
		t.Errorf("the session of the host did not survive: %d", pg.status)
	}
}

// held are the addresses of what only the organisation sees.
func (s *siege) held(t *testing.T) []string {
	r, d := s.private.Resources[0].ID, s.private.Slug
	return []string{"/datasets/" + d, "/datasets/" + d + "/about", "/datasets/" + d + "/api", "/datasets/" + d + "/differences", "/datasets/" + d + "/history",
		"/api/v1/datasets/" + d, "/api/v1/resources/" + r + "/rows", "/api/v1/resources/" + r + "/original", "/api/v1/resources/" + r + "/export.csv", "/api/v1/resources/" + r + "/profile",
		"/api/v1/resources/" + r + "/schema", "/api/v1/resources/" + r + "/versions", "/api/v1/resources/" + r + "/differences", "/api/v1/resources/" + r + "/tiles.json",
		"/api/explore/v2.1/catalog/datasets/" + d, "/api/explore/v2.1/catalog/datasets/" + d + "/records", "/api/explore/v2.1/catalog/datasets/" + d + "/exports/csv",
		"/api/resources/" + r + "/", "/api/resources/" + r + "/data/", "/api/resources/" + r + "/data/csv/", "/api/resources/" + r + "/profile/",
		"/api/v1/imports/" + s.imported(t), "/api/v1/imports/" + s.imported(t) + "/report"}
}

// refused is how pages, and the actions of CKAN, answer whom they do not let in.
func refused(path string, pg *page) bool {
	if strings.HasPrefix(path, "/api/3/action/") || strings.HasPrefix(path, "/api/action/") {
		return pg.status == http.StatusForbidden
	}
	return !strings.HasPrefix(path, "/api/") && pg.status == http.StatusSeeOther && strings.HasPrefix(pg.header.Get("Location"), "/sign-in")
}

// A token that is revoked, expired, cut or made up opens no route at all, not even
// what is public; one of another organisation sees nothing of this one.
func (s *siege) attackWithTokens(t *testing.T) {
	expired := s.visitors["editor"].token("read,write,publish")
	hint := []rune(expired)[:10]
	s.p.change(t, `UPDATE tokens SET expires_at = $1 WHERE hint = $2`, time.Now().Add(-time.Minute), string(hint)+"…")
	revoked := s.visitors["editor"].token("read,write,publish")
	s.p.change(t, `UPDATE tokens SET revoked_at = $1 WHERE hint = $2`, time.Now(), string([]rune(revoked)[:10])+"…")
	good := s.tokens["token"]
	bad := map[string]string{"expired": expired, "revoked": revoked, "cut": good[:len(good)-1], "made up": "socle_" + strings.Repeat("0", len(good)-6), "SQL": "' OR 1=1 --"}
	for _, route := range s.routes {
		method, path, _ := strings.Cut(route, " ")
		if strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/host/") {
			continue
		}
		path = strings.NewReplacer("{slug}", s.dataset.Slug, "{ref}", s.dataset.Slug, "{id}", s.dataset.Resources[0].ID, "{$}", "").Replace(path)
		for name, token := range bad {
			if pg := s.try(t, s.visitors["anonymous"], method, path, "", "Authorization", "Bearer "+token); pg.status != http.StatusUnauthorized && !refused(path, pg) {
				t.Errorf("%s with a token %s: %d", route, name, pg.status)
			}
		}
	}
	foreign := s.visitors["stranger"].token("read,write,publish")
	for _, path := range s.held(t) {
		if pg := s.try(t, s.visitors["anonymous"], "GET", path, "", "Authorization", "Bearer "+foreign); pg.status != http.StatusNotFound {
			t.Errorf("%s with a token of another organisation: %d", path, pg.status)
		}
		if pg := s.try(t, s.visitors["anonymous"], "GET", path, "", "Authorization", "Bearer "+good); pg.status >= 400 && !strings.HasSuffix(path, "/tiles.json") && !strings.HasSuffix(path, "/differences") {
			t.Errorf("%s with the token of its editor: %d, so the test proves nothing", path, pg.status)
		}
	}
	upload := s.uploaded(t)
	for _, x := range []struct{ method, path, body string }{
		{"HEAD", "/api/v1/uploads/" + upload, ""}, {"DELETE", "/api/v1/uploads/" + upload, ""}, {"POST", "/api/v1/imports", `{"upload": "` + upload + `"}`},
		{"POST", "/api/v1/publications", `{"import": "` + s.imported(t) + `", "title": "Volé", "description": "Volé."}`},
	} {
		if pg := s.try(t, s.visitors["anonymous"], x.method, x.path, x.body, "Authorization", "Bearer "+foreign, "Content-Type", "application/json", "Tus-Resumable", "1.0.0"); pg.status != http.StatusNotFound {
			t.Errorf("%s %s with a token of another organisation: %d %s", x.method, x.path, pg.status, pg.body)
		}
	}
}

// Identifiers near those that exist, hostile ones and those of other kinds find
// nothing, and break nothing.
func (s *siege) attackGuessing(t *testing.T) {
	near := []byte(s.private.Resources[0].ID)
	near[len(near)-1] ^= 1
	ids := []string{string(near), "0", "-1", "1%27%20OR%20%271%27=%271", "%00", "..%2f..%2fetc%2fpasswd", strings.Repeat("9", 400), "%F0%9F%92%A9", "%ff%fe", "null", "*"}
	for _, route := range s.routes {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet || !strings.Contains(path, "{") || strings.Contains(path, "{$}") && strings.Count(path, "{") == 1 || strings.HasPrefix(path, "/check/{id}/badge") || strings.HasPrefix(path, "/api/explore/v2.1/{rest") || strings.HasPrefix(path, "/api/explore/v2.1/catalog/exports") {
			continue
		}
		for _, id := range ids {
			at := holes.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), id)
			for _, who := range []string{"anonymous", "stranger"} {
				if pg := s.try(t, s.visitors[who], method, at, ""); pg.status == http.StatusOK {
					t.Errorf("%s as %s: %d", at, who, pg.status)
				}
			}
		}
	}
}

// Each address by the methods that it has not, each form as another type.
func (s *siege) attackSwapping(t *testing.T) {
	has := map[string][]string{}
	for _, route := range s.routes {
		method, path, _ := strings.Cut(route, " ")
		has[path] = append(has[path], method)
	}
	for path, methods := range has {
		at := holes.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "none")
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECTED", "PROPFIND"} {
			if slices.Contains(methods, method) {
				continue
			}
			if pg := s.try(t, s.visitors["host"], method, at, ""); pg.status < 300 {
				t.Errorf("%s %s: %d", method, path, pg.status)
			}
		}
		// The name of another method in a header or a field changes nothing.
		if slices.Contains(methods, "GET") && !slices.Contains(methods, "POST") {
			if pg := s.try(t, s.visitors["host"], "POST", at+"?_method=GET", "_method=GET", "X-HTTP-Method-Override", "GET"); pg.status < 300 {
				t.Errorf("GET %s by its name in a POST: %d", path, pg.status)
			}
		}
	}
	for _, kind := range []string{"application/json", "text/xml", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "application/x-www-form-urlencoded; charset=utf-7", "", "x", strings.Repeat("a/", 4000)} {
		for _, route := range s.routes {
			method, path, _ := strings.Cut(route, " ")
			if method != http.MethodPost || path == "/sign-out" || strings.Contains(path, "end-others") {
				continue
			}
			at := holes.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "none")
			if pg := s.try(t, s.visitors["editor"], method, at, `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, "Content-Type", kind); bytes.Contains(pg.body, []byte("root:")) {
				t.Errorf("%s as %.40q: an entity was read", route, kind)
			}
		}
	}
}

// Where to go after signing in is an address of the portal.
func (s *siege) attackRedirects(t *testing.T) {
	base, err := url.Parse(s.p.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, next := range []string{"https://evil.example/", "//evil.example/", `\\evil.example`, `/\evil.example`, "/%5cevil.example", "https:evil.example", "javascript:alert(1)", "/\t/evil.example", "\t//evil.example",
		"///evil.example", "/../../evil.example", "http://localhost@evil.example/", "/en//evil.example", "data:text/html,x", "/.//evil.example", "/%2F/evil.example", "%2F%2Fevil.example"} {
		for _, x := range []struct {
			who, method, path, body string
		}{
			{"editor", "GET", "/sign-in?next=" + url.QueryEscape(next), ""},
			{"anonymous", "POST", "/sign-in", url.Values{"email": {"reader@essai.example"}, "password": {password}, "next": {next}}.Encode()},
			{"editor", "GET", "/account/security/confirm?next=" + url.QueryEscape(next), ""},
			{"editor", "POST", "/account/security/confirm", url.Values{"current": {password}, "next": {next}}.Encode()},
		} {
			pg := s.try(t, s.visitors[x.who], x.method, x.path, x.body)
			if x.method == "POST" && pg.status != http.StatusSeeOther {
				t.Errorf("%s %s with next=%q: %d, which leads nowhere", x.method, x.path, next, pg.status)
			}
			for _, location := range pg.header.Values("Location") {
				to, err := base.Parse(location)
				if err != nil || to.Host != base.Host || strings.HasPrefix(location, "//") || strings.Contains(location, `\`) {
					t.Errorf("%s %s with next=%q leads to %q", x.method, x.path, next, location)
				}
			}
			if pg.doc == nil {
				continue
			}
			for _, a := range pg.doc.Find("a[href], form[action]").EachIter() {
				if at := a.AttrOr("href", "") + a.AttrOr("action", ""); strings.HasPrefix(at, "javascript:") || strings.HasPrefix(at, "data:") || strings.HasPrefix(at, "//evil") {
					t.Errorf("%s with next=%q has a link to %q", x.path, next, at)
				}
			}
		}
	}
}

// What comes from outside makes no header: line ends in names, parameters, addresses.
func (s *siege) attackHeaders(t *testing.T) {
	evil := "a%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a<script>"
	for _, route := range s.routes {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet {
			continue
		}
		at := holes.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), evil)
		for _, query := range []string{"", "?next=/" + evil + "&q=" + evil + "&token=" + evil + "&delimiter=" + evil + "&version=" + evil} {
			pg := s.try(t, s.visitors["editor"], method, at+query, "")
			if strings.Contains(strings.Join(pg.header.Values("Set-Cookie"), ""), "evil=") {
				t.Errorf("%s: %v", at+query, pg.header)
			}
			if pg.doc != nil && bytes.Contains(pg.body, []byte("<script>\n")) {
				t.Errorf("%s: a script in the page", at)
			}
		}
	}
	// The address of the portal is the one of its settings, whatever Host says.
	for _, header := range []string{"X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded"} {
		if pg := s.try(t, s.visitors["anonymous"], "GET", "/", "", header, "evil.example"); bytes.Contains(pg.body, []byte("evil.example")) {
			t.Errorf("%s is believed", header)
		}
	}
	// The name of a file comes back in a header when the file is downloaded.
	name := "a\"; filename=b.html\r\nX-Evil: 1\r\n\r\n.csv"
	content := table("entete", 3)
	u, err := s.agent.UploadFile(t.Context(), "", name, bytes.NewReader(content), int64(len(content)), nil)
	if err != nil {
		return // refused: nothing to come back
	}
	pg := s.try(t, s.visitors["anonymous"], "HEAD", "/api/v1/uploads/"+u.ID, "", "Authorization", "Bearer "+s.tokens["token"], "Tus-Resumable", "1.0.0")
	if pg.header.Get("X-Evil") != "" {
		t.Errorf("%v", pg.header)
	}
}

// A session that an attacker plants in a browser is not the one that signing in
// opens; the secret changes with what the session may do, and ends with it.
func (s *siege) attackFixation(t *testing.T) {
	base, err := url.Parse(s.p.url)
	if err != nil {
		t.Fatal(err)
	}
	cookie := func(v *visitor) string {
		for _, c := range v.http.Jar.Cookies(base) {
			if c.Name == "socle" {
				return c.Value
			}
		}
		return ""
	}
	s.p.must(t, "admin", "organisation", "Mairie Fixe")
	known := s.p.join(t, "mairie-fixe", "fixe@essai.example", "editor")
	planted := cookie(known)
	victim := s.p.visitor(t)
	victim.http.Jar.SetCookies(base, []*http.Cookie{{Name: "socle", Value: "planted", Path: "/"}})
	victim.signIn("fixe@essai.example", password)
	if c := cookie(victim); c == "" || c == "planted" || c == planted {
		t.Errorf("signing in kept the session %q", c)
	}
	old := cookie(victim)
	victim.post("/sign-out", url.Values{})
	thief := s.p.visitor(t)
	thief.http.Jar.SetCookies(base, []*http.Cookie{{Name: "socle", Value: old, Path: "/"}})
	if pg := thief.get("/account"); pg.url.Path == "/account" && pg.status == http.StatusOK {
		t.Error("a session goes on after signing out")
	}
	for _, c := range s.try(t, s.visitors["anonymous"], "POST", "/sign-in", url.Values{"email": {"fixe@essai.example"}, "password": {password}}.Encode()).header.Values("Set-Cookie") {
		if strings.HasPrefix(c, "socle=") && (!strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax")) {
			t.Errorf("cookie %s", strings.SplitN(c, ";", 2)[1])
		}
	}
}

// A link that has served serves no more, whatever kind of link it is.
func (s *siege) attackReplay(t *testing.T) {
	out := s.p.must(t, "admin", "invite", "rejoue@essai.example", "--organisation", "mairie-voisine", "--role", "reader")
	link := linkIn.FindString(out)
	first := s.p.visitor(t)
	first.send(first.get(link), `form[action="/invitation"]`, "name", "Rejouée", "password", password)
	reset := linkIn.FindString(s.p.must(t, "admin", "reset", "rejoue@essai.example"))
	second := s.p.visitor(t)
	second.send(second.get(reset), `form[action="/new-password"]`, "password", password+" nouvelle")
	firstAccount := linkIn.FindString(s.p.out.String())
	third := s.p.visitor(t)
	third.send(third.get("/sign-in/link"), `main form[action="/sign-in/link"]`, "email", "rejoue@essai.example")
	mail := mailed(t, s.visitors["host"], "rejoue@essai.example")
	if pg := third.send(third.get(mail), "main form"); pg.url.Path != "/desk" {
		t.Errorf("the link by mail leads to %s: %s", pg.url, pg.text())
	}
	for path, at := range map[string]string{"/invitation": link, "/new-password": reset, "/first-account": firstAccount, "/sign-in/link/use": mail} {
		u, err := url.Parse(at)
		if err != nil || u.Query().Get("token") == "" {
			t.Fatalf("no link %q", at)
		}
		thief := s.p.visitor(t)
		// The page of a link by mail is one button: programs of mail that open links spend
		// nothing. It is what the button sends that is refused, below.
		if pg := thief.get(at); pg.status != http.StatusNotFound && path != "/sign-in/link/use" {
			t.Errorf("%s opens again: %d", path, pg.status)
		}
		for _, other := range []string{"/invitation", "/new-password", "/first-account", "/sign-in/link/use", "/new-address"} {
			pg := s.try(t, thief, "POST", other, url.Values{"token": {u.Query().Get("token")}, "name": {"X"}, "email": {"x@evil.example"}, "password": {password}}.Encode())
			if pg.status != http.StatusNotFound {
				t.Errorf("the link of %s at %s: %d %s", path, other, pg.status, pg.text())
			}
		}
	}
}

// Of several who use one printed invitation at once, one comes in.
func (s *siege) attackRace(t *testing.T) {
	link, err := url.Parse(linkIn.FindString(s.p.must(t, "admin", "invite", "course@essai.example", "--organisation", "mairie-voisine", "--role", "editor")))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	in := make([]bool, 6)
	for i := range in {
		wg.Go(func() {
			form := url.Values{"token": {link.Query().Get("token")}, "name": {fmt.Sprint("Coureur ", i)}, "password": {password}}
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			res, err := client.PostForm(s.p.url+"/invitation", form)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			in[i] = res.StatusCode == http.StatusSeeOther
		})
	}
	wg.Wait()
	n := 0
	for _, ok := range in {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d came in by one invitation", n)
	}
}

// Someone taken out of an organisation is a stranger to it at the next request, with
// the session and the tokens of before.
func (s *siege) attackRemoved(t *testing.T) {
	v := s.p.join(t, "mairie-d-essai", "parti@essai.example", "administrator")
	token := v.token("read,write,publish")
	paths := append(s.held(t), "/organisations/mairie-d-essai/members", "/organisations/mairie-d-essai/tokens", "/organisations/mairie-d-essai/journal",
		"/organisations/mairie-d-essai/journal/journal.csv", "/organisations/mairie-d-essai/edit", "/organisations/mairie-d-essai/mandates", "/organisations/mairie-d-essai/joining", "/deposits/"+s.deposited(t))
	v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if pg := s.try(t, v, "GET", paths[0], ""); pg.status != http.StatusOK {
		t.Fatalf("the member does not read %s: %d", paths[0], pg.status)
	}
	s.p.change(t, `DELETE FROM members WHERE person = (SELECT id FROM people WHERE email_key = $1)`, "parti@essai.example")
	for _, path := range paths {
		stranger := s.try(t, s.visitors["stranger"], "GET", path, "").status
		if pg := s.try(t, v, "GET", path, ""); pg.status != stranger || pg.status < 400 {
			t.Errorf("%s by a removed member: %d, by a stranger %d", path, pg.status, stranger)
		}
		if pg := s.try(t, s.visitors["anonymous"], "GET", path, "", "Authorization", "Bearer "+token); pg.status < 400 {
			t.Errorf("%s by the token of a removed member: %d", path, pg.status)
		}
	}
	for _, route := range s.routes {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodPost || !strings.HasPrefix(path, "/organisations/") {
			continue
		}
		path = holes.ReplaceAllString(strings.Replace(path, "{slug}", "mairie-d-essai", 1), "none")
		if pg := s.try(t, v, method, path, "name=Volée&domains=evil.example"); pg.status != http.StatusForbidden && pg.status != http.StatusNotFound {
			t.Errorf("%s by a removed member: %d", route, pg.status)
		}
	}
}
