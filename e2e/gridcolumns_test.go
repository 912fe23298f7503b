package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"socle/internal/collect"
	"socle/internal/schema/form"
)

// A form is edited while the grid of its table is open: the grid writes nothing into
// other columns, says why, and gives what waits as a file.
func TestGridOtherColumns(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "administrator")
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	text := func(name, label string) form.Item {
		return form.Item{Kind: form.Field, Name: name, Label: label, Control: form.Text}
	}
	f := seedForm(t, p, "mairie-d-essai", &form.Definition{Title: "Puits", Description: "Les puits.", Items: []form.Item{text("nom", "Nom"), text("commune", "Commune")}}, collect.Settings{})
	if err := p.begin(); err != nil {
		t.Fatal(err)
	}
	grid := "/datasets/" + f.dataset + "/grid"
	s := gridScreen(t, p, "agent@essai.example", grid)
	s.do(chromedp.Click(chromedp.CSS("#sheet-0-0")))
	s.pastes("Puits vieux\tRoques\n")
	s.saved()
	if s.warns() != "false" {
		t.Error("the page holds back who has nothing to lose")
	}

	pg := v.send(v.get("/formulaires/"+f.form+"/modifier"), "#editor", "act", "up:1")
	v.send(pg, "#editor", "act", "keep")
	if got := outlineOf(itemsOf(t, v, f.form)); got != "commune nom" {
		t.Fatalf("the form asks %s", got)
	}
	s.do(chromedp.Click(chromedp.CSS("#sheet-0-0")))
	s.do(chromedp.KeyEvent("Puits neuf\r"))
	s.wait("the reason", "document.querySelector('.grid-state.is-wrong')?.textContent.includes('Les colonnes de ce tableau ont changé. Rechargez la page')")
	s.sees("1 ligne n’est pas enregistrée")
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("a grid that has stopped: %v", bad)
	}
	if s.warns() != "true" {
		t.Error("the page lets one leave without a word")
	}
	next := s.downloads()
	s.text("[...document.querySelectorAll('.grid-notes button')].find((b) => b.textContent === 'Télécharger ces lignes').click(), ''")
	if name, content := next(); name != "socle.csv" || string(content) != "\ufeffnom;commune\r\nPuits neuf;Roques\r\n" {
		t.Errorf("%s is %q", name, content)
	}

	// Nothing went where it does not belong; a fresh page goes on.
	fresh := gridScreen(t, p, "agent@essai.example", grid)
	if got := fresh.cell(0, 0) + " " + fresh.cell(0, 1); got != "Roques Puits vieux" {
		t.Errorf("the row is %q", got)
	}
	fresh.do(chromedp.Click(chromedp.CSS("#sheet-0-1")))
	fresh.do(chromedp.KeyEvent("Puits neuf\r"))
	fresh.saved()
	if pg := v.get("/api/v1/resources/" + f.resource + "/lines"); !strings.Contains(string(pg.body), `"cells":["Roques","Puits neuf"]`) {
		t.Errorf("%d %s", pg.status, pg.body)
	}
}
