package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// Two people write the same description at once, of a deposit and then of the dataset that
// came of it: who sends second loses nothing of what she typed, reads what differs, and decides.
func TestTwoDescriptions(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	one := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	two := p.join(t, "mairie-d-essai", "collegue@essai.example", "editor")

	pg := one.brought(one.sendParts(one.get("/deposits/new"), `form[action="/deposits"]`, nil, "pasted", "banc\true\nB1\tRue Haute\nB2\tRue Basse\n"))
	at := "/deposits/" + strings.Split(pg.url.Path, "/")[2] + "/describe"
	clash := func(at, form, after string) {
		t.Helper()
		first, second := one.get(at), two.get(at)
		if pg := one.send(first, form, "title", "Bancs publics", "description", "Où ils sont.", "zone", "Roques (31458)"); pg.status != http.StatusOK {
			t.Fatalf("%d %s", pg.status, pg.text())
		}
		pg := two.send(second, form, "title", "Bancs et rues", "description", "Rue par rue.", "contact.name", "Voirie", "zone", "Haute-Garonne")
		if pg.status != http.StatusConflict {
			t.Fatalf("the second of two answers %d at %s: %s", pg.status, pg.url, pg.text())
		}
		for field, want := range map[string]string{"#f-title": "Bancs et rues", `[id="f-contact.name"]`: "Voirie", "#f-zone-0": "Haute-Garonne (31)"} {
			if got := pg.doc.Find(field).AttrOr("value", ""); got != want {
				t.Errorf("%s holds %q, not the %q that was typed", field, got, want)
			}
		}
		if got := pg.doc.Find("#f-description").Text(); strings.TrimSpace(got) != "Rue par rue." {
			t.Errorf("the description typed is now %q", got)
		}
		notice := strings.Join(strings.Fields(pg.doc.Find("main .notice:has(dl)").Text()), " ")
		for _, want := range []string{"Bancs publics", "Où ils sont.", "Roques", "Rue par rue."} {
			if !strings.Contains(notice, want) {
				t.Errorf("the notice does not say %q: %s", want, notice)
			}
		}
		if pg = two.send(pg, form); pg.status != http.StatusOK || !strings.HasSuffix(pg.url.Path, after) {
			t.Fatalf("sent again: %d at %s: %s", pg.status, pg.url, pg.text())
		}
		if got := one.get(at).doc.Find("#f-title").AttrOr("value", ""); got != "Bancs et rues" {
			t.Errorf("the last who decides has not: %q", got)
		}
	}
	clash(at, `form[action$="/describe"]`, "/publish")

	late := two.get(at)
	pg = one.send(one.get(strings.TrimSuffix(at, "/describe")+"/publish"), `form[action$="/publish"]`)
	if pg.url.Path != "/datasets/bancs-et-rues" {
		t.Fatalf("%d %s %s", pg.status, pg.url, pg.text())
	}
	if pg = two.send(late, `form[action$="/describe"]`, "title", "Trop tard"); pg.status != http.StatusConflict || pg.doc.Find("#f-title").AttrOr("value", "") != "Trop tard" || !strings.Contains(pg.text(), "terminé") {
		t.Errorf("after the publication: %d %s", pg.status, pg.text())
	}
	clash("/datasets/bancs-et-rues/edit", `main form[action$="/edit"]`, "/about")
}
