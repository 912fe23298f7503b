package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// A mandate lets an EPCI publish for a commune, until it is revoked; the page of the
// mandates tells it to the commune.
func TestMandate(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	p.must(t, "admin", "organisation", "Agglomération d’Essai", "--kind", "epci")
	d := publish(t, p.client(t, p.join(t, "mairie-d-essai", "agent@essai.example", "editor").token("read,write,publish")), "essai.csv", table("essai", 5), "Essai public")
	mayor := p.join(t, "mairie-d-essai", "maire@essai.example", "administrator")
	chief := p.join(t, "agglomeration-d-essai", "chef@essai.example", "editor")

	pg := mayor.get("/organisations/mairie-d-essai/mandates")
	epci := pg.doc.Find("select[name=delegate] option:contains('Agglomération')").AttrOr("value", "")
	pg = mayor.send(pg, `main form[action$="/mandates"]`, "delegate", epci, "reference", "", "ends", "hier")
	if pg.status != http.StatusUnprocessableEntity {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	pg = mayor.send(pg, `main form[action$="/mandates"]`, "delegate", epci, "reference", "Délibération 2026-12", "ends", "2999-12-31")
	if !strings.Contains(pg.text(), "Agglomération d’Essai publie pour elle") || !strings.Contains(pg.text(), "En vigueur") {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	if pg := chief.get("/organisations/mairie-d-essai/members"); pg.status != http.StatusOK {
		t.Errorf("the delegate reads the members: %d", pg.status)
	}
	if pg := chief.get("/organisations/mairie-d-essai/edit"); pg.status != http.StatusForbidden {
		t.Errorf("the delegate edits the organisation: %d", pg.status)
	}
	me := func() string {
		pg := chief.get("/deposits/new")
		return pg.doc.Find("select[name=organisation]").Text()
	}
	if !strings.Contains(me(), "Mairie d’Essai") {
		t.Errorf("the delegate cannot deposit for the commune: %q", me())
	}
	told := "Agglomération d’Essai, par mandat (Délibération 2026-12)"
	if !strings.Contains(p.visitor(t).get("/datasets/"+d.Slug+"/about").text(), told) {
		t.Error("the page of the dataset does not tell the mandate")
	}
	pg = mayor.send(mayor.get("/organisations/mairie-d-essai/mandates"), `main form[action$="/revoke"]`)
	if strings.Contains(p.visitor(t).get("/datasets/"+d.Slug+"/about").text(), told) {
		t.Error("the page of the dataset still tells the mandate")
	}
	if !strings.Contains(pg.text(), "Révoqué") || strings.Contains(me(), "Mairie d’Essai") {
		t.Errorf("revoked: %s; deposits for %q", pg.text(), me())
	}
}

// Two communes merge: members, datasets and addresses go to the one that stays.
func TestMerge(t *testing.T) {
	t.Parallel()
	p := start(t)
	host := hostOf(t, p)
	p.must(t, "admin", "organisation", "Vieille Commune")
	p.must(t, "admin", "organisation", "Commune Nouvelle")
	v := p.join(t, "vieille-commune", "agent@essai.example", "administrator")
	d := publish(t, p.client(t, v.token("read,write,publish")), "essai.csv", table("essai", 5), "Essai public")
	pg := host.get("/organisations/vieille-commune/merge")
	into := pg.doc.Find("select[name=into] option:contains('Commune Nouvelle')").AttrOr("value", "")
	if pg = host.send(pg, `main form[action$="/merge"]`); pg.status != http.StatusUnprocessableEntity {
		t.Errorf("nothing chosen: %d", pg.status)
	}
	if pg = host.send(pg, `main form[action$="/merge"]`, "into", into); pg.url.Path != "/organisations/commune-nouvelle/members" || !strings.Contains(pg.text(), "agent@essai.example") {
		t.Fatalf("%d %s %s", pg.status, pg.url, pg.text())
	}
	if at := p.visitor(t).get("/organisations/vieille-commune").url.Path; at != "/organisations/commune-nouvelle" {
		t.Errorf("the old address leads to %s", at)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if strings.Contains(p.visitor(t).get("/datasets/"+d.Slug).text(), "Commune Nouvelle") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the dataset stays behind")
		}
	}
	if pg := v.get("/datasets/" + d.Slug + "/edit"); pg.status >= 500 {
		t.Errorf("%d", pg.status)
	}
}

// A service account publishes without a person; the audit is exported and verified.
func TestServiceAccountAndAudit(t *testing.T) {
	t.Parallel()
	p := start(t)
	host := hostOf(t, p)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "maire@essai.example", "administrator")
	pg := v.send(v.get("/organisations/mairie-d-essai/tokens"), `main form[action$="/tokens"]`, "name", "Logiciel")
	secret := strings.TrimSpace(pg.doc.Find("#new-token").Text())
	publish(t, p.client(t, secret), "essai.csv", table("essai", 5), "Essai public")
	pg = v.get("/organisations/mairie-d-essai/journal/journal.jsonl")
	verbs := map[string]bool{}
	for l := range strings.Lines(string(pg.body)) {
		var e struct{ Verb, Hash string }
		if err := json.Unmarshal([]byte(l), &e); err != nil || len(e.Hash) != 64 {
			t.Fatalf("%v %s", err, l)
		}
		verbs[e.Verb] = true
	}
	if !verbs["token.create"] || !verbs["dataset.publish"] {
		t.Errorf("verbs %v", verbs)
	}
	if pg := host.get("/admin/audit/journal.csv"); !strings.HasPrefix(string(pg.body), "line,at,actor,") {
		t.Errorf("%d %.200s", pg.status, pg.body)
	}
	if pg := v.get("/admin/audit/journal.csv"); pg.status != http.StatusForbidden {
		t.Errorf("a member exports the audit of all: %d", pg.status)
	}
	end := regexp.MustCompile(`empreinte ([0-9a-f]{64})`)
	for _, name := range []string{"journal.csv", "journal.jsonl"} {
		whole := host.get("/admin/audit/" + name).body
		out := p.must(t, "audit", "verify")
		if !strings.Contains(out, "Le journal tient") {
			t.Error(out)
		}
		// Away from the portal, the file says the same end.
		verify := func(content []byte, flags ...string) (string, int) {
			cmd := exec.CommandContext(t.Context(), socle, append([]string{"audit", "verify", "--lang", "fr", "--file", asFile(t, name, content)}, flags...)...)
			said, err := cmd.CombinedOutput()
			if err != nil && cmd.ProcessState == nil {
				t.Fatal(err)
			}
			return string(said), cmd.ProcessState.ExitCode()
		}
		if said, status := verify(whole); status != 0 || !strings.Contains(said, "sans trou") || end.FindString(said) == "" || end.FindString(said) != end.FindString(out) {
			t.Errorf("%s: %d %s; the portal: %s", name, status, said, out)
		}
		if said, status := verify(bytes.Replace(whole, []byte("token.create"), []byte("token.revoke"), 1)); status != 1 || !strings.Contains(said, "ne tient pas") {
			t.Errorf("%s changed: %d %s", name, status, said)
		}
		part := v.get("/organisations/mairie-d-essai/journal/" + name).body
		if said, status := verify(part); status != 1 || !strings.Contains(said, "--part") {
			t.Errorf("the part in %s: %d %s", name, status, said)
		}
		if said, status := verify(part, "--part"); status != 0 || !strings.Contains(said, "ne prouve pas") {
			t.Errorf("the part in %s, said so: %d %s", name, status, said)
		}
		if said, status := verify([]byte("a;b\n1;2\n")); status != 2 || !strings.Contains(said, "n’est pas un journal exporté") {
			t.Errorf("no audit: %d %s", status, said)
		}
	}
}

// A personal token acts in all the organisations of its person, or in the one that is
// chosen where it is made; the list says which, also once its person has left.
func TestTokenOfOneOrganisation(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			var args []string
			if engine == sqldb.PostgreSQL {
				args = append(args, "--database-url", sqldbtest.Empty(t, engine))
			}
			p := start(t, args...)
			p.must(t, "admin", "organisation", "Mairie d’Essai")
			p.must(t, "admin", "organisation", "Mairie Voisine")
			v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
			second := linkIn.FindString(p.must(t, "admin", "invite", "agent@essai.example", "--organisation", "mairie-voisine", "--role", "editor"))
			v.send(v.get(second), `form[action="/invitation"]`)
			choice := v.get("/account").doc.Find(`select[name=token-only]`)
			if said := choice.Find("option").First().Text(); said != "Toutes mes organisations" || choice.Find("option").Length() != 3 {
				t.Fatalf("the choice begins with %q: %s", said, choice.Text())
			}
			here := choice.Find("option:contains('Mairie d’Essai')").AttrOr("value", "")
			both, one := v.token("read,write,publish"), v.token("read,write,publish", "token-only", here)
			acts := func(token string) (names []string) {
				var me struct{ Organisations []struct{ Slug string } }
				if err := getJSON(t.Context(), p.url+"/api/v1/me", token, &me); err != nil {
					t.Fatal(err)
				}
				for _, o := range me.Organisations {
					names = append(names, o.Slug)
				}
				slices.Sort(names)
				return names
			}
			if got := fmt.Sprint(acts(both), acts(one)); got != "[mairie-d-essai mairie-voisine] [mairie-d-essai]" {
				t.Errorf("the tokens act in %s", got)
			}
			publish(t, p.client(t, one), "essai.csv", table("essai", 5), "Essai public") // no organisation is asked for: there is one
			list := v.get("/account").text()
			if strings.Count(list, "Pour Mairie d’Essai seulement") != 1 || strings.Contains(list, "Pour Mairie Voisine seulement") {
				t.Errorf("the list does not say where the token acts: %s", list)
			}
			other := p.join(t, "mairie-voisine", "autre@essai.example", "editor")
			pg := other.send(other.get("/account"), `form[action="/account/tokens"]`, "token-name", "volé", "token-only", here)
			if pg.status != http.StatusForbidden || pg.doc.Find("#new-token").Length() > 0 {
				t.Errorf("a token for an organisation of others: %d", pg.status)
			}
			p.change(t, `DELETE FROM members WHERE organisation = $1 AND person = (SELECT id FROM people WHERE email_key = $2)`, here, "agent@essai.example")
			if got := fmt.Sprint(acts(both), acts(one)); got != "[mairie-voisine] []" {
				t.Errorf("once its person has left, the tokens act in %s", got)
			}
			if !strings.Contains(v.get("/account").text(), "Pour Mairie d’Essai seulement") {
				t.Error("the list does not say any more where the token acted")
			}
		})
	}
}

// Who has a verified address of the organisation's domain asks to join, and is taken in.
func TestJoining(t *testing.T) {
	t.Parallel()
	p := start(t)
	host := hostOf(t, p)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	p.must(t, "admin", "organisation", "Autre")
	admin := p.join(t, "mairie-d-essai", "maire@essai.example", "administrator")
	if pg := admin.send(admin.get("/organisations/mairie-d-essai/joining"), `main form[action$="/joining"]`, "domains", "gmail.com"); pg.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", pg.status)
	}
	admin.send(admin.get("/organisations/mairie-d-essai/joining"), `main form[action$="/joining"]`, "domains", "essai.example")
	v := p.join(t, "autre", "lea@essai.example", "reader")
	if pg := v.get("/account"); pg.doc.Find(`form[action*="/account/join/"]`).Length() > 0 {
		t.Error("an address that nobody has verified joins")
	}
	v.send(v.get("/sign-in/link"), `main form[action="/sign-in/link"]`, "email", "lea@essai.example")
	v.send(p.visitor(t).get(mailed(t, host, "lea@essai.example")), "main form")
	pg := v.send(v.get("/account"), `form[action*="/account/join/"]`)
	if !strings.Contains(pg.text(), "attend une réponse") {
		t.Fatal(pg.text())
	}
	if pg := admin.get("/organisations/mairie-d-essai/members"); !strings.Contains(pg.text(), "1 personne demande à rejoindre") {
		t.Errorf("the administrator is not told: %s", pg.text())
	}
	told(t, host, "maire@essai.example", "lea@essai.example) demande à rejoindre")
	if pg := admin.get("/desk"); !strings.Contains(pg.text(), "demande à rejoindre l’organisation") || pg.doc.Find(`main a[href="/organisations/mairie-d-essai/joining"]`).Length() == 0 {
		t.Errorf("the desk does not show who asks: %s", pg.text())
	}
	if pg := v.get("/desk"); strings.Contains(pg.text(), "demande à rejoindre") {
		t.Errorf("somebody who decides nothing sees who asks: %s", pg.text())
	}
	pg = admin.send(admin.get("/organisations/mairie-d-essai/joining"), `main form[action*="/joining/"]`, "answer", "yes", "role", "editor")
	if !strings.Contains(pg.doc.Find("body").Text(), "est membre") || !strings.Contains(v.get("/account").text(), "Mairie d’Essai") {
		t.Error(pg.text())
	}
	told(t, host, "lea@essai.example", "Vous êtes maintenant membre de")
}
