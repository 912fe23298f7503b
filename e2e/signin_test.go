package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

// enter accepts an invitation in the browser.
func (s *screen) enter(email, role string) {
	s.t.Helper()
	link := linkIn.FindString(s.p.must(s.t, "admin", "invite", email, "--organisation", "mairie-d-essai", "--role", role))
	s.open(strings.TrimPrefix(link, s.p.url))
	s.fill("#f-name", "Personne d’essai")
	s.fill("#f-password", password)
	s.press("main form button[type=submit]")
	s.at("/desk")
}

// fingerprint gives the browser a device that holds passkeys and always recognises
// its person.
func (s *screen) fingerprint() {
	s.t.Helper()
	if _, err := chromedp.Call(s.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		s.t.Fatal(err)
	}
	_, err := chromedp.Call(s.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) signOut() {
	s.t.Helper()
	s.text(`document.querySelector('form[action$="/sign-out"]').requestSubmit(); ""`)
	s.at("/")
	s.sees("Vous êtes déconnecté")
}

const passkeyForm = `main form[data-island=passkey]:not([hidden])`

// A passkey is made, named, used to sign in, used as the second proof, removed.
func TestPasskey(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	s := browse(t, p)
	s.fingerprint()
	s.enter("lea@essai.example", "editor")
	s.open("/account/security")
	s.wait("the form of a passkey", "document.querySelector("+quote(passkeyForm)+")")
	s.clean()
	s.press(passkeyForm + " button[type=submit]")
	s.sees("À remplir") // the name
	s.fill(passkeyForm+" input[name=name]", "Ordinateur de la mairie")
	s.press(passkeyForm + " button[type=submit]")
	s.sees("La clé d’accès est ajoutée")
	s.sees("Ordinateur de la mairie")
	s.signOut()

	s.open("/sign-in")
	s.clean()
	s.press(passkeyForm + " button[type=submit]")
	s.at("/desk")

	// With an application of codes, the password asks for one or the other.
	secret := s.codes()
	s.open("/account/security")
	s.clean()
	s.open("/account/security/codes/stop")
	s.clean()
	s.signOut()
	s.open("/sign-in")
	s.fill("#f-email", "lea@essai.example")
	s.fill("#f-password", password)
	s.press("main form button[type=submit]")
	s.sees("Second facteur")
	s.clean()
	s.press(passkeyForm + " button[type=submit]")
	s.at("/desk")
	s.signOut()
	s.open("/sign-in")
	s.press(passkeyForm + " button[type=submit]") // a passkey alone is worth two
	s.at("/desk")
	if secret == "" {
		t.Error("no secret")
	}

	s.open("/account/security")
	s.text(`document.querySelector("main li details").open = true; ""`)
	s.press(`main form[action$="/remove"] button`)
	s.sees("La clé d’accès est retirée")
	s.signOut()
	s.open("/sign-in")
	s.text("window.e2eOld = ''")
	s.press(passkeyForm + " button[type=submit]") // the device still has it
	s.sees("Cette clé d’accès n’a pas été reconnue")
}

// codes sets up an application of codes and returns its secret.
func (s *screen) codes() string {
	s.t.Helper()
	s.open("/account/security")
	s.press(`main form[action="/account/security/codes"] button`)
	s.at("/codes")
	s.clean()
	secret := s.text("document.querySelector('#code-secret').textContent.trim()")
	s.fill("#f-code", codeOf(s.t, secret))
	s.press(`main form[action$="/codes/confirm"] button[type=submit]`)
	s.sees("Vos codes de secours")
	s.clean()
	return secret
}

func codeOf(t testing.TB, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// clean fails on serious violations of accessibility, wide and narrow.
func (s *screen) clean() {
	s.t.Helper()
	s.size(390, 844)
	s.sane()
	s.size(1280, 900)
	for _, v := range s.axe() {
		s.t.Errorf("%s: %s", s.text("location.href"), v)
	}
}

// The same without scripts: an application of codes, a recovery code.
func TestSecondFactorWithoutScripts(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "lea@essai.example", "editor")
	pg := v.send(v.get("/account/security"), `form[action="/account/security/codes"]`)
	secret := strings.TrimSpace(pg.doc.Find("#code-secret").Text())
	if pg.doc.Find("svg.qr-code path").AttrOr("d", "") == "" {
		t.Error("no QR code")
	}
	pg = v.send(pg, `form[action="/account/security/codes/confirm"]`, "code", "000000")
	if pg.status != http.StatusUnprocessableEntity || !strings.Contains(pg.text(), "Ce code n’est pas le bon") || strings.TrimSpace(pg.doc.Find("#code-secret").Text()) != secret {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	pg = v.send(pg, `form[action="/account/security/codes/confirm"]`, "code", codeOf(t, secret))
	recovery := strings.Fields(pg.doc.Find("#recovery-codes").Text())
	if len(recovery) != 10 {
		t.Fatalf("recovery codes %q: %s", recovery, pg.text())
	}
	other := p.visitor(t)
	pg = other.send(other.get("/sign-in?next=/account"), `main form[action="/sign-in"]`, "email", "lea@essai.example", "password", password)
	if !strings.Contains(pg.text(), "Second facteur") || other.get("/account").url.Path != "/sign-in" {
		t.Fatalf("in with the password alone, at %s: %s", pg.url, pg.text())
	}
	pg = other.send(pg, `main form[action="/sign-in/second"]`, "code", "111111")
	if pg.status != http.StatusUnprocessableEntity {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	pg = other.send(pg, `main form[action="/sign-in/second"]`, "code", recovery[2])
	if pg.url.Path != "/account" {
		t.Fatalf("%s: %s", pg.url, pg.text())
	}
}

// The host asks everyone for a second factor: nothing else opens until there is one.
func TestRequiredSecondFactor(t *testing.T) {
	t.Parallel()
	p := start(t, "--auth-second-factor", "everyone")
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	out := p.must(t, "admin", "invite", "lea@essai.example", "--organisation", "mairie-d-essai", "--role", "editor")
	v := p.visitor(t)
	pg := v.send(v.get(linkIn.FindString(out)), `form[action="/invitation"]`, "name", "Léa", "password", password)
	if pg.url.Path != "/account/security" || !strings.Contains(pg.text(), "demande un second facteur") {
		t.Fatalf("%s %s", pg.url, pg.text())
	}
	for _, path := range []string{"/desk", "/account", "/organisations/mairie-d-essai/members", "/en/desk"} {
		if at := v.get(path).url.Path; !strings.HasSuffix(at, "/account/security") {
			t.Errorf("%s opens: %s", path, at)
		}
	}
	if pg := v.post("/account/tokens", url.Values{"token-name": {"x"}, "scopes": {"read"}}); pg.status != http.StatusForbidden {
		t.Errorf("a token: %d", pg.status)
	}
	if pg := v.get("/search"); pg.status != http.StatusOK { // what is public stays public
		t.Errorf("search: %d", pg.status)
	}
	pg = v.send(v.get("/account/security"), `form[action="/account/security/codes"]`)
	secret := strings.TrimSpace(pg.doc.Find("#code-secret").Text())
	v.send(pg, `form[action="/account/security/codes/confirm"]`, "code", codeOf(t, secret))
	if at := v.get("/desk").url.Path; at != "/desk" {
		t.Errorf("after setting up: %s", at)
	}
}

// mailed is the last link sent to an address, as the outbox of the administration
// shows it. Letters are written by a job.
func mailed(t *testing.T, host *visitor, to string) string {
	t.Helper()
	for range 200 {
		for _, a := range host.get("/admin/mail").doc.Find(`a[href*="/admin/mail/"]`).EachIter() {
			m := host.get(a.AttrOr("href", ""))
			if strings.Contains(m.text(), to) {
				if link := linkIn.FindString(m.doc.Find("main").Text()); link != "" {
					return link
				}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no link was sent to %s", to)
	return ""
}

// told waits for a letter to an address that says some words.
func told(t *testing.T, host *visitor, to, words string) {
	t.Helper()
	for range 200 {
		for _, a := range host.get("/admin/mail").doc.Find(`a[href*="/admin/mail/"]`).EachIter() {
			if text := host.get(a.AttrOr("href", "")).text(); strings.Contains(text, to) && strings.Contains(text, words) {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("no letter to %s says %q", to, words)
}

// Whatever changes about how an account is opened is told to its address.
func TestChangesOfAccountAreTold(t *testing.T) {
	t.Parallel()
	p := start(t)
	host := hostOf(t, p)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	const email = "lea@essai.example"
	v := p.join(t, "mairie-d-essai", email, "editor")
	pg := v.send(v.get("/account"), `form[action="/account/password"]`, "current", "pas le bon", "password", password+" neuve")
	if pg.status < 400 {
		t.Errorf("a wrong password changes it: %d", pg.status)
	}
	v.send(v.get("/account"), `form[action="/account/password"]`, "current", password, "password", password+" neuve")
	told(t, host, email, "Votre mot de passe est changé.")

	pg = v.send(v.get("/account/security"), `main form[action="/account/security/codes"]`)
	pg = v.send(pg, `main form[action$="/codes/confirm"]`, "code", codeOf(t, strings.TrimSpace(pg.doc.Find("#code-secret").Text())))
	if !strings.Contains(pg.text(), "Vos codes de secours") {
		t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	told(t, host, email, "Une application de codes sert maintenant à entrer.")
	v.send(v.get("/account/security/codes/stop"), `main form[action="/account/security/codes/stop"]`)
	told(t, host, email, "L’application de codes ne sert plus.")

	other := p.visitor(t)
	other.send(other.get(linkIn.FindString(p.must(t, "admin", "reset", email))), `form[action="/new-password"]`, "password", password+" encore")
	told(t, host, email, "Votre mot de passe est changé ; les autres connexions sont fermées.")
	for _, a := range host.get("/admin/mail").doc.Find(`a[href*="/admin/mail/"]`).EachIter() {
		if text := host.get(a.AttrOr("href", "")).text(); strings.Contains(text, password) {
			t.Errorf("a letter holds the password: %s", text)
		}
	}
}

func hostOf(t *testing.T, p *portal) *visitor {
	t.Helper()
	host := p.visitor(t)
	host.send(host.get(linkIn.FindString(p.out.String())), `form[action="/first-account"]`, "name", "Hôte", "email", "hote@essai.example", "password", password)
	return host
}

// A link by mail signs in; a new address is confirmed by a link; both tell nothing of
// who has an account.
func TestLinksByMail(t *testing.T) {
	t.Parallel()
	p := start(t)
	host := hostOf(t, p)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "lea@essai.example", "editor")
	other := p.visitor(t)
	said := map[string]string{}
	for _, email := range []string{"lea@essai.example", "personne@essai.example"} {
		pg := other.send(other.get("/sign-in/link"), `main form[action="/sign-in/link"]`, "email", email)
		said[email] = pg.doc.Find("body").Text()
	}
	if said["lea@essai.example"] != said["personne@essai.example"] {
		t.Error("another answer for an account that does not exist")
	}
	link := mailed(t, host, "lea@essai.example")
	pg := other.get(link)
	if at := other.get("/desk").url.Path; at != "/sign-in" {
		t.Fatalf("reading the link signs in: %s", at)
	}
	if pg = other.send(pg, "main form"); pg.url.Path != "/desk" {
		t.Fatalf("%s %s", pg.url, pg.text())
	}
	if pg = other.send(p.visitor(t).get(link), "main form"); pg.url.Path == "/desk" || !strings.Contains(pg.text(), "ne fonctionne plus") {
		t.Errorf("used twice: %s %s", pg.url, pg.text())
	}

	v.send(v.get("/account/security"), `form[action="/account/security/email"]`, "email", "lea.martin@essai.example")
	pg = v.send(v.get(mailed(t, host, "lea.martin@essai.example")), "main form")
	if pg.url.Path != "/account/security" || !strings.Contains(pg.text(), "lea.martin@essai.example") {
		t.Fatalf("%s %s", pg.url, pg.text())
	}
	p.visitor(t).signIn("lea.martin@essai.example", password)

	pg = v.get("/account/data/export")
	var mine struct {
		Account struct{ Email string }
		Acts    []struct{ Verb string }
	}
	if err := json.Unmarshal(pg.body, &mine); err != nil || mine.Account.Email != "lea.martin@essai.example" || len(mine.Acts) == 0 {
		t.Errorf("%v %s", err, pg.body)
	}
	v.send(v.get("/account/data/close"), `form[action="/account/data/close"]`)
	if v.get("/desk").url.Path != "/desk" {
		t.Error("closed without the box")
	}
	pg = v.send(v.get("/account/data/close"), `form[action="/account/data/close"]`, "sure", "1")
	if pg.url.Path != "/" || v.get("/desk").url.Path != "/sign-in" {
		t.Errorf("closing: %s", pg.url)
	}
}
