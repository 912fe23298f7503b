package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// provider starts an identity provider beside a portal that knows it.
func provider(t *testing.T, settings string, form ...string) *portal {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "providers.toml")
	text := fmt.Sprintf("[[provider]]\nid = \"essai\"\nname = \"Fournisseur d’essai\"\nissuer = \"http://localhost:%d\"\nclient_id = \"socle\"\nclient_secret = \"a-secret-of-the-tests\"\n%s", port, settings)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--auth-providers", file)
	cmd := exec.Command("node", append([]string{filepath.Join("testdata", "oidc", "provider.mjs"), fmt.Sprint(port), p.url}, form...)...)
	log := &buffer{}
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("node: run scripts/setup (%v)", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the provider said:\n%s", log)
		}
	})
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if lines.Text() == "ready" {
				ready <- true
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(30 * time.Second):
		t.Fatalf("the provider does not start: %s", log)
	}
	return p
}

// through goes through the provider's pages as someone, from an address of the portal.
func (v *visitor) through(path, who string) *page {
	v.t.Helper()
	pg := v.get(path)
	if pg.doc != nil && pg.doc.Find("input[name=login]").Length() > 0 {
		pg = v.send(pg, "form", "login", who, "password", "x")
	}
	if pg.doc != nil && strings.Contains(pg.url.Path, "/interaction/") {
		pg = v.send(pg, "form") // consent
	}
	return pg
}

// Someone invited comes in by the provider, comes back by it, and leaves it too.
func TestIdentityProvider(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"json", "jwt"} {
		t.Run(form, func(t *testing.T) {
			p := provider(t, "acr_values = [\"eidas1\"]\nname_claims = [\"given_name\", \"usual_name\"]\n", form)
			p.must(t, "admin", "organisation", "Mairie d’Essai")
			link := linkIn.FindString(p.must(t, "admin", "invite", "camille@essai.example", "--organisation", "mairie-d-essai", "--role", "editor"))
			v := p.visitor(t)
			with, ok := v.get(link).doc.Find(`a[href*="/sign-in/with/essai"]`).Attr("href")
			if !ok {
				t.Fatal("the invitation does not offer the provider")
			}
			if pg := v.through(with, "camille"); pg.url.Path != "/desk" {
				t.Fatalf("%d %s %s", pg.status, pg.url, pg.text())
			}
			if name := v.get("/account").doc.Find("#f-name").AttrOr("value", ""); name != "Personne camille" {
				t.Errorf("name %q", name)
			}
			v.token("read,write,publish") // and may publish

			pg := v.send(v.get("/account"), `form[action="/sign-out"]`)
			to, ok := pg.doc.Find(`main a[href*="/session/end"]`).Attr("href")
			if !ok || !strings.Contains(pg.header.Get("Refresh"), "/session/end") {
				t.Fatalf("signing out stays here: %s", pg.text())
			}
			pg = v.get(to)
			pg = v.send(pg, "form", "logout", "yes")
			if pg.url.Host != strings.TrimPrefix(p.url, "http://") {
				t.Errorf("after signing out there: %s", pg.url)
			}
			if pg = v.get("/sign-in/with/essai"); pg.doc.Find("input[name=login]").Length() == 0 {
				t.Errorf("the session at the provider goes on: %s", pg.url)
			}
			back := p.visitor(t)
			if pg := back.through("/sign-in/with/essai?next=/account", "camille"); pg.url.Path != "/account" {
				t.Errorf("coming back: %s %s", pg.url, pg.text())
			}
			if pg := p.visitor(t).through("/sign-in/with/essai", "inconnue"); pg.url.Path == "/desk" || !strings.Contains(pg.text(), "Aucun compte de ce portail ne correspond") {
				t.Errorf("a stranger: %s %s", pg.url, pg.text())
			}
		})
	}
}

// An account with the same address is linked by its person only, unless both sides
// have verified the address.
func TestIdentityProviderLinks(t *testing.T) {
	t.Parallel()
	p := provider(t, "")
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "dominique@essai.example", "editor")
	thief := p.visitor(t)
	if pg := thief.through("/sign-in/with/essai", "dominique"); pg.url.Path == "/desk" || !strings.Contains(pg.text(), "confirmez qu’il est le vôtre") {
		t.Fatalf("%s %s", pg.url, pg.text())
	}
	if pg := v.through("/sign-in/with/essai", "dominique"); pg.url.Path != "/account/security" || !strings.Contains(pg.doc.Find("body").Text(), "ouvre maintenant votre compte") {
		t.Fatalf("linking: %s %s", pg.url, pg.text())
	}
	if pg := p.visitor(t).through("/sign-in/with/essai", "dominique"); pg.url.Path != "/desk" {
		t.Errorf("linked: %s %s", pg.url, pg.text())
	}
	pg := v.send(v.get("/account/security"), `form[action$="/remove"]`)
	if !strings.Contains(pg.doc.Find("body").Text(), "n’ouvre plus votre compte") {
		t.Errorf("unlinking: %s", pg.text())
	}
}

// Whoever has an account there may have one here, where the host says so; an address
// that the provider has not verified makes none.
func TestIdentityProviderCreates(t *testing.T) {
	t.Parallel()
	p := provider(t, "create = true\n")
	if pg := p.visitor(t).through("/sign-in/with/essai", "nouvelle"); pg.url.Path != "/desk" {
		t.Errorf("%s %s", pg.url, pg.text())
	}
	for _, who := range []string{"douteux", "sans-adresse"} {
		if pg := p.visitor(t).through("/sign-in/with/essai", who); pg.url.Path == "/desk" {
			t.Errorf("%s is in", who)
		}
	}
}

// An answer that this browser did not ask for, or asked for twice, opens nothing.
func TestIdentityProviderReplay(t *testing.T) {
	t.Parallel()
	p := provider(t, "create = true\n")
	v := p.visitor(t)
	var answer *url.URL
	v.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(r.URL.Path, "/back") {
			answer = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}
	v.through("/sign-in/with/essai", "victime")
	if answer == nil {
		t.Fatal("the provider did not answer")
	}
	other := p.visitor(t) // a forged link: the attacker's answer in somebody else's browser
	if pg := other.get(answer.String()); pg.url.Path == "/desk" || other.get("/desk").url.Path != "/sign-in" {
		t.Errorf("in by another's answer: %s", pg.url)
	}
	other.http.CheckRedirect = v.http.CheckRedirect
	other.get("/sign-in/with/essai") // and with a journey of its own
	if pg := other.get(answer.String()); pg.url.Path == "/desk" {
		t.Error("in by another's answer")
	}
	forged := *answer
	q := forged.Query()
	q.Set("iss", "https://ailleurs.example")
	forged.RawQuery = q.Encode()
	if pg := v.get(forged.String()); !strings.Contains(pg.text(), "n’a pas confirmé votre identité") {
		t.Errorf("another issuer: %d %s", pg.status, pg.text())
	}
	if pg := v.get(answer.String()); pg.url.Path == "/desk" { // the journey is spent
		t.Error("twice")
	}
}

// The secrets of a journey are not in the log.
func TestIdentityProviderLog(t *testing.T) {
	t.Parallel()
	p := provider(t, "")
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	link := linkIn.FindString(p.must(t, "admin", "invite", "camille@essai.example", "--organisation", "mairie-d-essai", "--role", "editor"))
	_, secret, _ := strings.Cut(link, "token=")
	v := p.visitor(t)
	pg := v.get(link)
	for _, a := range pg.doc.Find("main a").EachIter() {
		if href := a.AttrOr("href", ""); strings.HasPrefix(href, "/sign-in") {
			v.get(href)
		}
	}
	if pg := v.through(pg.doc.Find(`a[href*="/sign-in/with/essai"]`).AttrOr("href", ""), "camille"); pg.url.Path != "/desk" {
		t.Fatalf("%s %s", pg.url, pg.text())
	}
	for l := range strings.Lines(p.log.String()) {
		if strings.Contains(l, secret) || strings.Contains(l, "a-secret-of-the-tests") {
			t.Errorf("in the log: %s", l)
		}
	}
}
