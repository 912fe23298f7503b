package e2e

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"socle/internal/schema/form"
)

// fountains is a form of answers that are completed, and of a place set on a map.
func fountains() *form.Definition {
	return &form.Definition{
		Title: "Fontaines", Description: "Les fontaines publiques, relevées à pied.", Language: "fr", Place: "lieu", Names: []string{"nom"}, Screens: form.OneScreen,
		Items: []form.Item{
			{Kind: form.Field, Name: "nom", Label: "Nom de la fontaine", Control: form.Text, Required: true},
			{Kind: form.Field, Name: "commune", Label: "Commune", Control: form.Commune, Format: "code-commune-insee", Required: true},
			{Kind: form.Field, Name: "voisine", Label: "Voisine", Control: form.Commune, Format: "code-commune-insee"},
			{Kind: form.Field, Name: "adresse", Label: "Adresse", Control: form.Address},
			{Kind: form.Field, Name: "lieu", Label: "Lieu", Control: form.Point, Required: true},
		},
	}
}

// The id of the control of a question.
func (ph *phone) control(label string) string {
	ph.t.Helper()
	return "#" + ph.text("((e) => e.id || e.querySelector('.terrain-group').id)("+asked+"("+quote(label)+"))")
}

// Without network, communes come from the list that the phone holds, what is not in it
// is written and understood by the portal, and a place is set on the map by a tap, by
// buttons and by keys. With network, the portal proposes what the phone does not have.
func TestFieldCompletedAndPlaced(t *testing.T) {
	t.Parallel()
	w := fieldWorldOf(t, fountains(), opened, "--host-territory", "31")
	ph := w.equipped("anne@essai.example")
	ph.goes("new/" + w.form.form)
	ph.complete(ph.control("Voisine"), "castelnaud", "Castelnaudary") // of another département: the portal has it
	ph.presses("Fermer")

	w.air.set(weather{down: true})
	ph = ph.kill()
	ph.terrain()
	ph.sees("Fontaines")
	ph.goes("new/" + w.form.form)
	ph.types("Nom", "Grande fontaine")
	commune := ph.control("Commune")
	ph.complete(commune, "roqu", "Roques")
	if got := ph.text("document.querySelector('" + commune + "').value"); got != "Roques (31458)" {
		t.Errorf("the commune taken is %q", got)
	}
	for _, typed := range []struct{ label, text string }{{"Voisine", "Castelnaudary"}, {"Adresse", "2 place de la Fontaine"}} {
		field := ph.control(typed.label)
		ph.do(chromedp.Focus(chromedp.CSS(field)), chromedp.SendKeys(chromedp.CSS(field), typed.text))
		ph.wait("calm without network", "document.querySelector('"+field+"').closest('.terrain-group').textContent.includes('Sans réseau')")
	}
	ph.sane()
	made := ph.placesOnMap()
	ph.presses("Terminer et envoyer")
	ph.sees("« Grande fontaine » est gardée sur ce téléphone")

	w.air.set(weather{})
	ph.known("anne@essai.example")
	ph.goes("queue")
	ph.sees("1 saisie envoyée") // beside the draft that was begun with network
	w.once("Grande fontaine")
	v := w.entries()[0].Values
	if v["commune"] != "31458" || v["voisine"] != "11076" || v["adresse"] != "2 place de la Fontaine" || v["lieu"] != made {
		t.Errorf("the portal has %v, want the place %s", v, made)
	}
}

// placesOnMap sets the place where the phone is, then elsewhere by a tap, then by the
// buttons and the keys; it gives what the field then holds.
func (ph *phone) placesOnMap() (made string) {
	ph.t.Helper()
	said := ph.control("Lieu")
	where := func() (lon, lat float64) {
		ph.t.Helper()
		x, err1 := strconv.ParseFloat(ph.text("document.querySelector('"+said+"-lon').value"), 64)
		y, err2 := strconv.ParseFloat(ph.text("document.querySelector('"+said+"-lat').value"), 64)
		if err1 != nil || err2 != nil {
			ph.t.Fatal(err1, err2)
		}
		return x, y
	}
	ph.at(1.3558, 43.5022)
	ph.sees("à 4 m près")
	ph.presses("Placer sur la carte")
	canvas := chromedp.CSS(said + "-map canvas")
	ph.do(chromedp.ScrollIntoView(canvas), chromedp.Click(canvas)) // its middle: where the phone is
	ph.sees("placé sur la carte")
	lon, lat := where()
	if math.Abs(lon-1.3558) > 1e-4 || math.Abs(lat-43.5022) > 1e-4 {
		ph.t.Errorf("a tap in the middle set the place at %v, %v", lon, lat)
	}
	if text := ph.text("document.querySelector('" + said + "').innerText"); strings.Contains(text, "4 m près") {
		ph.t.Errorf("the accuracy of the phone stays on a place set by hand: %s", text)
	}
	ph.presses("Nord")
	x, y := where()
	if x != lon || y <= lat {
		ph.t.Errorf("north of %v, %v is %v, %v", lon, lat, x, y)
	}
	ph.do(chromedp.Focus(canvas), chromedp.KeyEvent(kb.ArrowLeft))
	lon, lat = where()
	if lon >= x || lat != y {
		ph.t.Errorf("the left arrow went from %v, %v to %v, %v", x, y, lon, lat)
	}
	for _, v := range ph.axe() {
		ph.t.Errorf("with the map open: %s", v)
	}
	ph.shown("place")
	return strconv.FormatFloat(lon, 'f', -1, 64) + ", " + strconv.FormatFloat(lat, 'f', -1, 64)
}
