package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A secretary drops a file and publishes it: she writes nothing. The schema is recognised,
// the description is filled in from it, from the dates of the file and from the commune; one
// more territory is chosen by its name.
func TestPublishWithoutTyping(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie de Roques", "--insee", "31458")
	secretary := p.join(t, "mairie-de-roques", "secretariat@roques.example", "editor")
	s := browse(t, p)
	for _, c := range secretary.cookies(t) {
		s.cookie(c)
	}
	whole := strings.ReplaceAll(string(messy(t)), ";"+siret[:11]+";", ";"+siret+";")
	s.bring(asFile(t, "export_actes.csv", []byte(whole)), "")
	s.read(true)
	s.at("/understand")
	s.press(`form[action$="/reading"]:has(input[type=hidden][name=schema]) button`)
	s.read(true)
	if strings.HasSuffix(s.text("location.pathname"), "/mend") { // dates as French write them
		s.press(`form[action$="/repair"]:not(:has(input[name=repair])) button`)
		s.read(true)
	}
	s.at("/describe")
	for field, want := range map[string]string{
		"f-title": "Délibérations de Roques", "f-keywords": "délibérations, vie municipale et démocratie",
		"f-temporal.start": "2026-03-01", "f-temporal.end": "2026-03-28", "f-zone-0": "Roques (31458)",
	} {
		if got := s.text(`document.getElementById(` + quote(field) + `).value`); got != want {
			t.Errorf("%s is filled with %q, want %q", field, got, want)
		}
		if field != "f-temporal.end" && field != "f-zone-0" && s.text(`document.getElementById(`+quote(field+"-help")+`)?.innerText.includes("Rempli pour vous") ? "" : "no"`) != "" {
			t.Errorf("%s does not say that it was filled in", field)
		}
	}
	if got := s.text(`[...document.querySelectorAll("input[name=themes]:checked")].map(i => i.value).join()`); got != "municipal-life" {
		t.Errorf("themes %q", got)
	}
	s.text(`document.querySelector("#f-zone-1").focus(), ""`)
	s.keys("haute gar")
	s.wait("the territories proposed", `document.querySelector("#f-zone-1-list [role=option]")?.innerText.includes("Haute-Garonne (31)")`)
	s.keys(kb.ArrowDown)
	s.keys(kb.Enter)
	if got := s.text(`document.querySelector("#f-zone-1").value`); got != "Haute-Garonne (31)" {
		t.Errorf("the territory taken is %q", got)
	}
	if s.text(`document.querySelector("#f-licence-help").innerText.includes("Rempli pour vous") ? "said" : ""`) != "" {
		t.Error("the licence of all new deposits is said to be filled in")
	}
	s.press(`form[action$="/describe"] .actions button[type=submit]`)
	s.at("/publish")
	s.press(`form[action$="/publish"] button[type=submit]`)
	s.at("/datasets/deliberations-de-roques")
	s.sees("2026-001")
	s.open("/datasets/deliberations-de-roques/about")
	s.sees("Roques")
	s.sees("Haute-Garonne")
	s.sees("Vie municipale et démocratie")
}
