package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// A form is made for a table that is public already, from its page or its grid: what is
// entered waits, then stands beside the rows that came from a file.
func TestFormOnTable(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Commune d’Essai")
	v := p.join(t, "commune-d-essai", "agent@essai.example", "editor")
	helper := p.join(t, "commune-d-essai", "aide@essai.example", "contributor")
	d := brings(t, p.client(t, v.token("read,write,publish")), "Bancs publics", "", "nom,places,pose,annee,controle\nMairie,3,2024-05-01,2019,08:30\nÉcole,4,2023-04-02,2020,09:15\n")
	dataset := "/datasets/" + d.Slug
	const make = `a[href^="/formulaires/nouveau?resource="]`
	link := v.get(dataset).doc.Find(make).AttrOr("href", "")
	if grid := v.get(dataset+"/grid").doc.Find(make).AttrOr("href", ""); link == "" || grid != link {
		t.Fatalf("the dataset leads to %q, the grid to %q", link, grid)
	}
	if n := helper.get(dataset).doc.Find(make).Length(); n != 0 {
		t.Error("who may not make a form is led to making one")
	}
	if pg := helper.get(link); pg.status != http.StatusForbidden {
		t.Errorf("who may not make a form: %d", pg.status)
	}
	pg := v.get(link)
	if !strings.Contains(pg.text(), "deviennent des saisies") {
		t.Errorf("the page does not say what becomes of the rows: %s", pg.text())
	}
	pg = v.send(pg, `main form[action="/formulaires"]`, "title", "Signaler un banc")
	base := pg.url.Path
	if pg.status != http.StatusOK || !strings.HasPrefix(base, "/formulaires/") || pg.doc.Find(".qr-code").Length() != 1 {
		t.Fatalf("%d at %s: %s", pg.status, base, pg.text())
	}
	if got := v.send(v.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public"); got.status != http.StatusOK {
		t.Fatal(got.text())
	}
	anyone := p.visitor(t)
	if got := anyone.send(anyone.get("/f/signaler-un-banc"), "#entry", "v-nom", "Gare", "v-places", "deux"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("another type than the column's: %d %s", got.status, got.text())
	}
	if got := anyone.send(anyone.get("/f/signaler-un-banc"), "#entry", "v-nom", "Gare", "v-places", "2"); !strings.HasSuffix(got.url.Path, "/merci") {
		t.Fatalf("%d at %s: %s", got.status, got.url, got.text())
	}
	waiting := v.get(base + "/saisies?state=waiting")
	if text := v.get(dataset).text(); strings.Contains(text, "Gare") || !strings.Contains(text, "Mairie") {
		t.Errorf("before it is accepted: %s", text)
	}
	v.send(waiting, `main form:has(.form-mark)`, "act", "accept", "entry", waiting.doc.Find(".form-mark").AttrOr("value", ""))
	if text := v.until(dataset, "Gare").text(); !strings.Contains(text, "École") {
		t.Errorf("the rows that were there are gone: %s", text)
	}
	if got := v.send(v.get(base+"/modifier"), "#editor", "act", "keep", "i0-label", "Nom du banc"); got.status != http.StatusOK {
		t.Errorf("its words cannot be changed: %d %s", got.status, got.text())
	}
	if n := v.get(dataset).doc.Find(`a[href="` + base + `"]`).Length(); n == 0 {
		t.Error("the dataset does not lead to its form")
	}
}
