package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"socle/client"
)

// invited has the host's administrator invite an address on the page of the members,
// and returns the link of the message.
func invited(t *testing.T, host *visitor, email string) string {
	t.Helper()
	pg := host.send(host.get("/organisations/mairie-d-essai/members"), `main form[action$="/invitations"]`, "email", email, "role", "editor")
	if pg.status >= 400 {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	return mailed(t, host, email)
}

// publishes brings a table and publishes it, as somebody does for the first time.
func (s *screen) publishes(title string) {
	s.t.Helper()
	s.open("/desk")
	s.bring(asFile(s.t, "bancs.csv", []byte("banc,rue,bois\nB1,Rue Haute,oui\nB2,Rue Basse,non\n")), "")
	s.read(true)
	if strings.HasSuffix(s.text("location.pathname"), "/understand") {
		s.press(`main .actions a.button-primary`)
	}
	s.at("/describe")
	s.describe(title)
	s.press(`form[action$="/publish"] button[type=submit]`)
	s.sees("Rue Basse")
	if at := s.text("location.pathname"); !strings.HasPrefix(at, "/datasets/") {
		s.t.Errorf("published at %s", at)
	}
}

// newcomerTime is how long a new user may take from the message to the public page.
const newcomerTime = 2 * time.Minute

// A new user, invited by mail, is in and publishing within two minutes, in each of the
// four ways in; and comes back by the same way.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	p := provider(t, "")
	host := hostOf(t, p)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	again := func(s *screen) {
		s.signOut()
		s.open("/sign-in")
	}
	for n, way := range []struct {
		name     string
		in, back func(s *screen, email string)
	}{
		{"password", func(s *screen, _ string) {
			s.fill("#f-name", "Léa Martin")
			s.fill("#f-password", password)
			s.press("main form button[type=submit].button-primary")
		}, func(s *screen, email string) {
			s.fill("#f-email", email)
			s.fill("#f-password", password)
			s.press("main form button[type=submit]")
		}},
		{"link", func(s *screen, _ string) {
			s.fill("#f-name", "Léa Martin")
			s.press("main form button[name=without][value=link]")
		}, func(s *screen, email string) {
			s.press(`main a[href^="/sign-in/link"]`)
			s.fill("#f-email", email)
			s.press("main form button[type=submit]")
			s.sees("lien")
			link := ""
			for range 200 { // the letter is written by a job; the invitation is there already
				if link = mailed(t, host, email); strings.Contains(link, "/sign-in/") {
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
			s.open(strings.TrimPrefix(link, p.url))
			s.press("main form button[type=submit]")
		}},
		{"passkey", func(s *screen, _ string) {
			s.fingerprint()
			s.fill("#f-name", "Léa Martin")
			s.press("main form button[name=without][value=passkey]")
			s.at("/account/security")
			s.wait("the form of a passkey", "document.querySelector("+quote(passkeyForm)+")")
			s.fill(passkeyForm+" input[name=name]", "Ordinateur de la mairie")
			s.press(passkeyForm + " button[type=submit]")
			s.sees("La clé d’accès est ajoutée")
			s.open("/desk")
		}, func(s *screen, _ string) { s.press(passkeyForm + " button[type=submit]") }},
		{"oidc", func(s *screen, email string) {
			s.click(`main a[href*="/sign-in/with/essai"]`)
			s.provide(email)
		}, nil},
	} {
		t.Run(way.name, func(t *testing.T) {
			email := fmt.Sprintf("nouvelle%d@essai.example", n)
			link := invited(t, host, email)
			s := browse(t, p)
			s.text(`""`) // the browser is there before the watch starts
			began := time.Now()
			s.open(strings.TrimPrefix(link, p.url))
			way.in(s, email)
			s.at("/desk")
			s.publishes("Bancs de " + way.name)
			took := time.Since(began)
			t.Logf("from the message to the public page: %s", took.Round(time.Second))
			if took > newcomerTime {
				t.Errorf("it took %s", took)
			}
			if way.back != nil {
				again(s)
				way.back(s, email)
				s.at("/desk")
			}
		})
	}

	marc := p.join(t, "mairie-d-essai", "marc@essai.example", "editor")
	w := world{agent: p.client(t, marc.token("read,write,publish"))}
	inside, err := w.agent.Publish(t.Context(), client.PublishRequest{Import: w.imported(t), Title: "Essai interne", Description: "Un essai.", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	if pg := marc.get("/datasets/" + inside.Slug); pg.status != http.StatusOK {
		t.Fatalf("%d %s", pg.status, pg.text())
	}

	t.Log("an auditor reads who did what")
	if pg := host.send(host.get("/admin/people"), `main form[action$="/invitations"]`, "email", "auditeur@essai.example", "role", "auditor"); pg.status >= 400 {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	s := browse(t, p)
	s.open(strings.TrimPrefix(mailed(t, host, "auditeur@essai.example"), p.url))
	s.fill("#f-name", "Auditeur")
	s.fill("#f-password", password)
	s.press("main form button[type=submit].button-primary")
	s.open("/admin/audit")
	s.sees("Léa Martin")
	s.clean()
	s.sees("Lecture de données non publiques")
	if pg := host.get("/admin/audit/journal.csv"); !strings.Contains(string(pg.body), "dataset.publish") || !strings.Contains(string(pg.body), "data.read") {
		t.Errorf("%.500s", pg.body)
	}
}

// click leaves for a page that is not ours: its form is not judged.
func (s *screen) click(selector string) {
	s.t.Helper()
	s.text("document.querySelector(" + quote(selector) + ").click(); ''")
}

// provide goes through the pages of the identity provider: who one is, then what the
// portal may know.
func (s *screen) provide(email string) {
	s.t.Helper()
	s.wait("the page of the provider", `document.querySelector("input[name=login]")`)
	s.fill("input[name=login]", strings.TrimSuffix(email, "@essai.example"))
	s.fill("input[name=password]", "x")
	s.click("form button[type=submit]")
	s.wait("the consent, or the portal", `location.pathname === "/desk" || !document.querySelector("input[name=login]") && document.querySelector("form button[type=submit]")`)
	if s.text("location.pathname") != "/desk" {
		s.click("form button[type=submit]")
	}
	s.at("/desk")
}
