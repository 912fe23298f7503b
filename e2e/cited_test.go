package e2e

import (
	"net/http"
	"testing"
)

// A label, a help and a note cite an answer: the page shows it as one types, and again
// after it was refused; on a phone too.
func TestFormCitesAnswers(t *testing.T) {
	p, accounts := demo(t)
	v := p.visitor(t)
	v.signIn(accounts[3].email, accounts[3].password)
	pg := v.send(v.get("/formulaires/nouveau"), `form[action="/formulaires"]`, "title", "Arbres cités")
	base := pg.url.Path[:len(pg.url.Path)-len("/modifier")]
	pg = v.send(v.send(pg, "#editor", "act", "add", "add", "number"), "#editor", "act", "add", "add", "note", "i1-label", "Hauteur de ${nom}", "i1-help", "Mesurez ${nom} en mètres.")
	if pg = v.send(pg, "#editor", "act", "keep", "i2-label", "Merci pour **${nom}**."); pg.status != http.StatusOK {
		t.Fatalf("%d: %s", pg.status, pg.text())
	}
	v.send(v.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "false")

	s := browse(t, p)
	s.open("/f/arbres-cites")
	label := s.text(`document.querySelector("#entry [data-says] label").textContent.trim().split("\n")[0].trim()`)
	if label != "Hauteur de … (facultatif)" {
		t.Errorf("before an answer: %q", label)
	}
	s.fill("#f-v-nom", "Le cèdre")
	s.text(`(() => { document.querySelector("#f-v-nom").dispatchEvent(new Event("input", {bubbles: true})); return ""; })()`)
	s.wait("the label cites", `document.querySelector("#entry [data-says] label").textContent.includes("Hauteur de Le cèdre")`)
	s.wait("so does the help", `document.querySelector("#entry [data-says] .help").textContent === "Mesurez Le cèdre en mètres."`)
	s.wait("and the note", `document.querySelector(".form-note strong").textContent === "Le cèdre"`)

	again := v.send(v.get("/f/arbres-cites"), "#entry", "v-nom", "Le cèdre", v.get("/f/arbres-cites").doc.Find("[data-says] input").AttrOr("name", ""), "haut")
	if again.status != http.StatusUnprocessableEntity || again.doc.Find(".form-note strong").Text() != "Le cèdre" {
		t.Errorf("%d: %s", again.status, again.text())
	}

	phone := browse(t, p)
	phone.size(390, 844)
	phone.open("/terrain#new/" + base[len("/formulaires/"):])
	phone.wait("the form on the phone", `document.querySelector(".terrain-form .terrain-note")`)
	phone.wait("nothing to cite yet", `document.querySelector(".terrain-form").textContent.includes("Hauteur de …")`)
	phone.fill(".terrain-form input", "Le cèdre")
	phone.text(`(() => { document.querySelector(".terrain-form input").dispatchEvent(new Event("input", {bubbles: true})); return ""; })()`)
	phone.wait("the label on the phone", `document.querySelector(".terrain-form").textContent.includes("Hauteur de Le cèdre")`)
	phone.wait("the note on the phone", `document.querySelector(".terrain-note strong").textContent === "Le cèdre"`)
}
