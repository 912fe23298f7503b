package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// An entry that waits is on the desk of who decides; they correct it on the page of the
// form, with its checks, and neither a photo nor another's change is lost.
func TestModeratorCorrects(t *testing.T) {
	p, accounts := demo(t)
	v := p.visitor(t)
	v.signIn(accounts[3].email, accounts[3].password)
	pg := v.send(v.get("/formulaires/nouveau"), `form[action="/formulaires"]`, "title", "Fontaines d’essai")
	base := strings.TrimSuffix(pg.url.Path, "/modifier")
	pg = v.send(v.send(pg, "#editor", "act", "add", "add", "number"), "#editor", "act", "add", "add", "photo", "i1-label", "Hauteur")
	if pg = v.send(pg, "#editor", "act", "keep", "i2-label", "Photo"); pg.status != http.StatusOK {
		t.Fatalf("%d: %s", pg.status, pg.text())
	}
	v.send(v.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "true")
	if v.get("/desk").doc.Find(`a[href="`+base+`/saisies?state=waiting"]`).Length() > 0 {
		t.Error("the desk asks for what is not there")
	}

	anyone := p.visitor(t)
	action, values := anyone.get("/f/fontaines-d-essai").form(t, "#entry")
	values.Set("v-nom", "Place du marché")
	values.Set("v-hauteur", "120")
	if pg = anyone.uploadAs("v-photo", action, values, "place.jpg", []byte("photo")); !strings.HasSuffix(pg.url.Path, "/merci") {
		t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}

	desk := v.get("/desk")
	waits := desk.doc.Find(`a[href="` + base + `/saisies?state=waiting"]`)
	if waits.Length() == 0 || !strings.Contains(desk.text(), "1 saisie attend votre avis") {
		t.Fatalf("the desk does not say what waits: %s", desk.text())
	}
	list := v.get(base + "/saisies?state=waiting")
	entry, ok := list.doc.Find("tbody th a").Attr("href")
	if !ok {
		t.Fatal(list.text())
	}
	correct := v.get(entry).doc.Find(`a[href="`+entry+`/corriger"]`).AttrOr("href", "")
	mine, other := v.get(correct), v.get(correct)
	if mine.status != http.StatusOK || mine.doc.Find("#f-v-hauteur").AttrOr("value", "") != "120" {
		t.Fatalf("%d: %s", mine.status, mine.text())
	}
	wrong := v.send(mine, "#entry", "v-hauteur", "très haut")
	if wrong.status != http.StatusUnprocessableEntity || wrong.doc.Find("#f-v-hauteur-error").Length() != 1 {
		t.Fatalf("%d: %s", wrong.status, wrong.text())
	}
	done := v.send(wrong, "#entry", "v-hauteur", "1,2")
	said := done.text()
	if done.url.Path != entry || !strings.Contains(said, "La saisie est corrigée") || !strings.Contains(said, "Acceptée") || !strings.Contains(said, "Révision 2") || !strings.Contains(said, "une personne sans compte") {
		t.Errorf("%d at %s: %s", done.status, done.url, said)
	}
	photo := `a[href*="/files/"]`
	if done.doc.Find(photo).Length() != 1 {
		t.Error("the photo is lost")
	}
	late := v.send(other, "#entry", "v-hauteur", "999")
	if late.status != http.StatusConflict || late.doc.Find("#f-v-hauteur").AttrOr("value", "") != "999" {
		t.Errorf("%d: what is there now is overwritten, or what was typed is lost: %s", late.status, late.text())
	}
	if late = v.send(late, "#entry"); late.status != http.StatusConflict {
		t.Errorf("%d: sent again, it overwrites", late.status)
	}
	action, values = v.get(correct).form(t, "#entry")
	if got := values.Get("v-photo"); got != "place.jpg" {
		t.Errorf("the page does not offer to keep the photo: %q", got)
	}
	values.Del("v-photo")
	if done = v.uploadAs("v-photo", action, values, "autre.jpg", []byte("another photo")); done.doc.Find(photo).Length() != 1 || !strings.Contains(done.doc.Find(photo).Text(), "autre.jpg") {
		t.Errorf("another photo in its place: %d at %s: %s", done.status, done.url, done.text())
	}
	pg = v.get(correct)
	pg.doc.Find(`#f-v-photo-kept`).RemoveAttr("checked")
	if done = v.send(pg, "#entry"); done.url.Path != entry || done.doc.Find(photo).Length() != 0 {
		t.Errorf("the photo stays: %s at %s", done.text(), done.url)
	}
	if strings.Contains(v.get("/desk").text(), "attend votre avis") {
		t.Error("the desk asks for what is decided")
	}
}
