package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"

	"socle/internal/collect"
	"socle/internal/schema/form"
)

// What was typed outlives a network that is cut when it is sent, before the portal has
// it and after; sent again, mended, it is one entry. Only then is the draft gone.
func TestDraftOutlivesNetwork(t *testing.T) {
	w := fieldWorldOf(t, &form.Definition{Title: "Puits", Description: "Les puits de la plaine.", Language: "fr", Screens: form.OneScreen, Names: []string{"nom"}, Items: []form.Item{
		{Kind: form.Field, Name: "nom", Label: "Nom", Control: form.Text, Required: true},
	}}, collect.Settings{Access: collect.Public, Sight: collect.All})
	s := browse(t, w.portal)
	const value = "document.querySelector('#f-v-nom').value"
	address := "/f/" + w.form.key
	typed := func(text string) {
		t.Helper()
		s.do(chromedp.Focus(chromedp.CSS("#f-v-nom")), chromedp.SendKeys(chromedp.CSS("#f-v-nom"), text))
	}
	sentInto := func(bad weather) {
		t.Helper()
		w.air.set(bad)
		s.do(chromedp.Click(chromedp.CSS(`#entry button.button-primary`)))
		s.wait("the browser's own page of errors", "location.protocol === 'chrome-error:'")
		w.air.set(weather{})
		s.open(address)
		s.sees("Vos réponses non envoyées sont gardées")
	}
	s.open(address)
	s.wait("the script of the form", `document.querySelector('.form-fill[data-awake=yes]')`)
	typed("Le puits")
	sentInto(weather{down: true})
	if got, list := s.text(value), w.entries(); got != "Le puits" || len(list) != 0 {
		t.Fatalf("%q is left of what was typed, the portal has %v", got, list)
	}
	sentInto(weather{deaf: 1})
	if got, list := s.text(value), w.entries(); got != "Le puits" || len(list) != 1 {
		t.Fatalf("%q is left of what was typed, the portal has %v", got, list)
	}
	typed(" du haut")
	s.press(`#entry button.button-primary`)
	s.at("/merci")
	if list := w.entries(); len(list) != 1 || list[0].Values["nom"] != "Le puits du haut" {
		t.Errorf("the portal has %v", list)
	}
	s.wait("the script of the page", `document.querySelector('[data-island=entrysent][data-awake=yes]')`)
	s.open(address)
	s.wait("the script of the form", `document.querySelector('.form-fill[data-awake=yes]')`)
	if got := s.text(value); got != "" {
		t.Errorf("a draft of what was sent: %q", got)
	}
}
