package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var holes = regexp.MustCompile(`\{[^}]*\}`)

// Files that a browser would run come back as downloads: a page, a drawing, a tree,
// a document, under the names and types of their sender.
func (s *siege) attackActiveContent(t *testing.T) {
	for n, name := range []string{"a.html", "a.svg", "a.xml", "a.pdf", "a.xhtml", "a.js"} {
		d := publish(t, s.agent, name, table(fmt.Sprint("actif-", s.engine, n), 3), "Contenu actif "+strconv.Itoa(n))
		for _, v := range []*visitor{s.visitors["anonymous"], s.visitors["editor"]} {
			s.downloaded(t, v, "/api/v1/resources/"+d.Resources[0].ID+"/original", name)
		}
		agent := *s.visitors["editor"]
		agent.t = t
		agent.attach(agent.get("/datasets/"+d.Slug+"/files/new"), name, []byte("<script>alert(1)</script>"))
		set, err := s.agent.FindDataset(t.Context(), d.ID)
		if err != nil || len(set.Resources) != 2 {
			t.Fatalf("%s is not added: %v", name, err)
		}
		s.downloaded(t, s.visitors["anonymous"], "/api/v1/resources/"+set.Resources[1].ID+"/original", name)
	}
	anonymous := s.dataset.Resources[0].ID
	for _, path := range []string{"/api/v1/resources/" + anonymous + "/export.csv", "/api/v1/resources/" + anonymous + "/export.json", "/api/resources/" + anonymous + "/data/csv/", "/api/explore/v2.1/catalog/datasets/" + s.dataset.Slug + "/exports/csv"} {
		s.downloaded(t, s.visitors["anonymous"], path, "")
	}
	if pg := s.try(t, s.visitors["anonymous"], "GET", "/api/v1/resources/"+anonymous+"/export.none", ""); strings.Contains(pg.header.Get("Content-Security-Policy"), "sandbox") || pg.status != http.StatusNotFound {
		t.Errorf("a download that fails: %d %v", pg.status, pg.header)
	}
}

func (s *siege) downloaded(t *testing.T, v *visitor, path, name string) {
	t.Helper()
	pg := s.try(t, v, "GET", path, "")
	h := pg.header
	if pg.status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || !strings.Contains(h.Get("Content-Disposition"), name) {
		t.Errorf("%s: %d, %q", path, pg.status, h.Get("Content-Disposition"))
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%s: %v", path, h)
	}
	for _, active := range []string{"html", "svg", "xml", "pdf", "javascript"} {
		if name != "" && strings.Contains(h.Get("Content-Type"), active) {
			t.Errorf("%s has the type %s", path, h.Get("Content-Type"))
		}
	}
}

// Every route is called with secrets wherever a secret may stand; none is in the log
// at its most talkative level, nor in what the program prints.
func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	p := start(t, "--trusted-proxies", "127.0.0.0/8", "--log-level", "debug", "--log-format", "json")
	w := newWorld(t, p)
	printed := linkIn.FindString(p.out.String()) // the first administrator's link, for who starts the server
	const canary = "kanari7kanari7"
	secrets := map[string]string{"a password": password, "a token": w.tokens["token"], "a canary": canary}
	base, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range w.visitors["editor"].http.Jar.Cookies(base) {
		if c.Name == "socle" {
			secrets["a session"] = c.Value
		}
	}
	link, err := url.Parse(linkIn.FindString(p.must(t, "admin", "invite", "secret@essai.example", "--organisation", "mairie-d-essai", "--role", "reader")))
	if err != nil {
		t.Fatal(err)
	}
	secrets["an invitation"] = link.Query().Get("token")
	s := &siege{world: w}
	for _, route := range routesOf(t) {
		method, path, _ := strings.Cut(route, " ")
		if path == "/sign-out" || strings.Contains(path, "/end") {
			continue
		}
		at := holes.ReplaceAllString(strings.NewReplacer("{$}", "", "{slug}", "mairie-d-essai", "{key}", canary).Replace(path), "none")
		form := url.Values{}
		for _, name := range []string{"password", "token", "code", "secret", "state", "current", "current-password", "new-password", "passkey", "credential"} {
			form.Set(name, canary)
		}
		query := "?" + url.Values{"token": {secrets["an invitation"]}, "code": {canary}, "state": {canary}, "next": {"/invitation?token=" + canary}}.Encode()
		for _, who := range []string{"anonymous", "editor"} {
			if method == http.MethodGet || strings.HasPrefix(path, "/api/") {
				s.try(t, w.visitors[who], method, at+query, "")
			}
			s.try(t, w.visitors[who], method, at, form.Encode())
			s.try(t, w.visitors[who], method, at, `{"password": "`+canary+`", "token": "`+canary+`"}`, "Content-Type", "application/json")
		}
		if strings.Contains(at, canary) { // and addresses that are none of a route
			s.try(t, w.visitors["anonymous"], method, strings.ReplaceAll(at, canary, w.tokens["token"])+"/none", "")
		}
		s.try(t, w.visitors["anonymous"], method, at, "", "Authorization", "Bearer "+w.tokens["token"])
		s.try(t, w.visitors["anonymous"], method, at, "", "Authorization", "Bearer "+canary, "Cookie", "socle="+canary)
		s.try(t, w.visitors["anonymous"], method, at, "", "Authorization", "Basic "+canary)
	}
	for what, secret := range secrets {
		if len(secret) < 10 {
			t.Fatalf("%s is missing", what)
		}
		for _, written := range []string{secret, url.QueryEscape(secret), jsonText(t, secret)} {
			for l := range strings.Lines(p.log.String() + strings.ReplaceAll(p.out.String(), printed, "")) {
				if strings.Contains(l, written) {
					t.Errorf("%s is in the log: %s", what, l)
					break
				}
			}
		}
	}
	if !strings.Contains(p.log.String(), `"route":"POST /sign-in"`) {
		t.Error("the log tells no requests, so the test proves nothing")
	}
}

func jsonText(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(string(b), `"`)
}

// Who finds a weakness is told whom to tell, when the settings say it.
func TestSecurityContact(t *testing.T) {
	t.Parallel()
	if pg := start(t).visitor(t).get("/.well-known/security.txt"); pg.status != http.StatusNotFound {
		t.Errorf("without a contact: %d", pg.status)
	}
	pg := start(t, "--host-contact", "securite@essai.example").visitor(t).get("/.well-known/security.txt")
	if pg.status != http.StatusOK || !strings.HasPrefix(pg.header.Get("Content-Type"), "text/plain") || !strings.HasPrefix(string(pg.body), "Contact: mailto:securite@essai.example\nExpires: ") {
		t.Errorf("%d %s", pg.status, pg.body)
	}
}
