package e2e

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// treesGrid is a portal with a small table, and two people who have its grid open.
func treesGrid(t *testing.T) (one, two *screen, grid string) {
	t.Helper()
	p := start(t)
	d := publish(t, p.agent(t), "arbres.csv", []byte("essence,hauteur\ntilleul,12\nplatane,20\nchêne,15\n"), "Arbres d’essai")
	p.join(t, "mairie-d-essai", "luc@essai.example", "administrator")
	grid = "/datasets/" + d.Slug + "/grid"
	one = browse(t, p)
	one.signIn("agent@essai.example", password)
	one.open(grid)
	one.press(`main form[action$="/grid"] button[type=submit]`)
	one.wait("the rows", "document.querySelector('.grid[data-ready]')")
	return one, gridScreen(t, p, "luc@essai.example", grid), grid
}

// does presses a button that can be seen, by its words.
func (s *screen) does(label string) {
	s.t.Helper()
	s.wait("the button "+label, "[...document.querySelectorAll('button')].some((b) => b.textContent.replace(/\\s+/g, ' ').trim() === "+quote(label)+" && b.checkVisibility() && (b.click(), true))")
}

// typesInto goes to a cell and types there.
func (s *screen) typesInto(cell, text string) {
	s.t.Helper()
	s.do(chromedp.Click(chromedp.CSS(cell)))
	s.do(chromedp.KeyEvent(text))
}

// shows waits for the text of a cell, by its place from 0.
func (s *screen) shows(row, column int, text string) {
	s.t.Helper()
	s.wait(text, "document.getElementById('sheet-"+digits(row)+"-"+digits(column)+"')?.textContent === "+quote(text))
}

// Two people write one cell: what reached the portal first stands, the second is told
// what the other wrote and may put back their own, which the first then sees. An undo
// leaves what the other wrote. A row that one removed is found and brought back by the
// other, with who removed it.
func TestGridTwoBrowsers(t *testing.T) {
	t.Parallel()
	one, two, grid := treesGrid(t)

	// Two has written, but the network holds it back until one has written too.
	two.text("(() => { const own = window.fetch; const held = new Promise((go) => (window.e2eRelease = go)); window.fetch = async (a, b) => { if (b?.method === 'POST') await held; return own(a, b); }; return ''; })()")
	two.typesInto("#sheet-0-0", "tilleul à deux\r")
	two.wait("that it leaves", "document.querySelector('.grid-state')?.textContent.startsWith('Enregistrement')")
	one.typesInto("#sheet-0-0", "tilleul à une\r")
	one.saved()
	two.text("window.e2eRelease(), ''")
	two.shows(0, 0, "tilleul à une")
	two.sees("Personne d’essai a écrit « tilleul à une » pendant que vous écriviez « tilleul à deux »")
	if bad := two.axe(); len(bad) > 0 {
		t.Errorf("a conflict: %v", bad)
	}
	one.text("(() => { window.e2eMarks = ''; new MutationObserver(() => { const c = document.getElementById('sheet-0-0'); if (c?.textContent === 'tilleul à deux') window.e2eMarks += c.title; }).observe(document.getElementById('sheet'), {subtree: true, attributes: true, childList: true}); return ''; })()")
	two.does("Remettre « tilleul à deux »")
	one.shows(0, 0, "tilleul à deux")
	one.wait("who put it back", "window.e2eMarks.includes('Modifié à l’instant par Personne d’essai')")
	two.saved()

	// An undo of one's own first writing would overwrite it: it does not, and says so.
	one.does("Annuler")
	one.sees("1 cellule reste comme une autre personne l’a écrite depuis")
	if got := one.cell(0, 0); got != "tilleul à deux" {
		t.Errorf("the undo wrote %q over what another person wrote", got)
	}

	// While one types in a cell, another changes it, and adds a row: the typing goes on,
	// nothing is overwritten, and its author is told.
	one.typesInto("#sheet-1-0", "platane commun")
	const asked = "performance.getEntriesByType('resource').filter((r) => r.name.includes('/lines?')).length"
	before := one.text("String(" + asked + ")")
	two.typesInto("#sheet-1-0", "platane d’Orient\r")
	two.typesInto("#sheet-3-0", "hêtre\r")
	two.saved()
	one.wait("that what came is there", asked+" > "+before)
	if got := one.text("document.activeElement.value ?? 'closed'"); got != "platane commun" {
		t.Errorf("while one types, the cell is %q", got)
	}
	one.do(chromedp.KeyEvent("\r"))
	one.sees("a écrit « platane d’Orient » pendant que vous écriviez « platane commun »")
	one.shows(1, 0, "platane d’Orient")
	one.shows(3, 0, "hêtre")

	// Removed by one, found by the other with the keyboard, and brought back.
	one.do(chromedp.Click(chromedp.CSS("#sheet-2-0")))
	one.does("Supprimer la ligne")
	one.saved()
	two.wait("that the row is gone", "document.getElementById('sheet-2-0')?.textContent === 'hêtre'")
	later := gridScreen(t, two.p, "luc@essai.example", grid) // it never saw the row
	later.tab("[data-act=removed]")
	later.keys(kb.Enter)
	later.wait("the removed row", "document.querySelector('dialog[data-removed][open]')?.innerText.includes('chêne · 15')")
	later.sees("Retirée par Personne d’essai")
	if bad := later.axe(); len(bad) > 0 {
		t.Errorf("removed rows: %v", bad)
	}
	later.wait("that the focus is on the first", "document.activeElement.textContent === 'Remettre cette ligne'")
	later.keys(kb.Enter)
	later.sees("La ligne est remise, à la ligne 4.")
	later.saved()
	one.shows(3, 0, "chêne")
	if got := later.text("document.activeElement.textContent"); got != "Fermer" {
		t.Errorf("the focus is on %q", got)
	}
}

// deliberations are 300 rows of the national schema as a spreadsheet copies them, of
// which 40 are to be mended: dates as people write them, counts with their unit, subjects
// that are missing. Repairs are proposed for some: those that are safe, those to look at,
// as of a date whose day could be the month.
func deliberations() (text string, safe, offered, missing int) {
	var b strings.Builder
	for i := range 300 {
		date, votes, subject := fmt.Sprintf("2025-%02d-10", 1+i%12), "14", fmt.Sprintf("Objet de la délibération %d", i+1)
		switch day := i/12 + 1; {
		case i%12 == 5 && day <= 24:
			date = fmt.Sprintf("%02d/03/2025", day)
			if day > 12 || day == 3 {
				safe++
			} else {
				offered++
			}
		case i%30 == 7 && i < 240:
			votes = "14 voix"
			offered++
		case i%30 == 20 && i < 240:
			subject = ""
			missing++
		}
		fmt.Fprintln(&b, strings.Join([]string{"Commune de Valbrenne", siret, fmt.Sprintf("2025-%03d", i+1), date, "7.5", "Finances locales/Subventions", subject, "2025", "Budget principal", "", "", "19", "17", votes, "1", "2"}, "\t"))
	}
	return b.String(), safe, offered, missing
}

// A secretary pastes her délibérations, mends what is told, publishes: the territory has
// them, with the name of her commune.
func TestSecretary(t *testing.T) {
	t.Parallel()
	p := start(t)
	host := hostOf(t, p)
	for _, name := range []string{"Département d’Essai", "Commune Voisine", "Mairie de Valbrenne"} {
		p.must(t, "admin", "organisation", name)
	}
	animator := p.join(t, "departement-d-essai", "animation@essai.example", "editor")
	host.giveRole("animation@essai.example", "animator")
	neighbour := p.join(t, "commune-voisine", "voisine@essai.example", "editor")
	p.join(t, "mairie-de-valbrenne", "secretaire@essai.example", "editor")
	const header = "COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_MATIERE_CODE,DELIB_MATIERE_NOM,DELIB_OBJET\n"
	brings(t, p.client(t, neighbour.token("read,write,publish")), "Délibérations voisines", "scdl/deliberations", header+"Commune Voisine,"+siret+",V1,2025-01-10,7.5,Finances locales/Subventions,Un objet\n")
	form := animator.get("/admin/consolidations/schema?schema=scdl/deliberations")
	animator.send(form, `form[action*="/admin/consolidations/schema"]`, "title", "Délibérations du territoire", "rule", "all", "act", "save")
	const merged = "/datasets/deliberations-du-territoire"
	anyone := p.visitor(t)
	anyone.until(merged, "Commune Voisine")

	// From the page of the schema to a grid without a row.
	s := browse(t, p)
	s.signIn("secretaire@essai.example", password)
	s.open("/schemas/scdl/deliberations")
	s.press(`a[href="/formulaires/nouveau?schema=scdl%2Fdeliberations"]`)
	s.press(`form[action="/formulaires"] button[type=submit]`)
	publication := s.text(`document.querySelector('a[href$="/publication"]').getAttribute('href')`)
	dataset := strings.TrimSuffix(publication, "/publication")
	s.open(dataset + "/grid")
	s.wait("the grid", "document.querySelector('.grid[data-ready]')")

	// 300 rows at once, of which 40 are told.
	rows, safe, offered, missing := deliberations()
	if safe+offered+missing != 40 {
		t.Fatalf("%d, %d and %d are to be mended", safe, offered, missing)
	}
	s.do(chromedp.Click(chromedp.CSS("#sheet-0-0")))
	s.pastes(rows)
	left := func(n int) {
		t.Helper()
		s.wait(strconv.Itoa(n)+" rows to mend", "document.querySelector('[data-counts]').textContent === '300 lignes, "+strconv.Itoa(n)+" à corriger'")
		s.saved()
	}
	left(40)
	s.does("Corriger ce qui est sûr")
	left(offered + missing)
	taken, typed := 0, 0
	for n := offered + missing - 1; n >= 0; n-- {
		s.does("Cellule suivante à corriger")
		if s.text("String(document.querySelector('[data-act=repair]').hidden)") == "false" {
			s.text("document.querySelector('[data-act=repair]').click(), ''")
			taken++
		} else {
			s.do(chromedp.KeyEvent("Subvention au comité des fêtes\r"))
			typed++
		}
		left(n)
	}
	if taken != offered || typed != missing {
		t.Errorf("%d repairs were offered and %d rows mended by hand, want %d and %d", taken, typed, offered, missing)
	}

	s.open(publication)
	s.press(`form[action$="/publication"]:has([value=publish]) button[type=submit]`)
	published := time.Now()
	pg := anyone.until(merged, "301 lignes")
	t.Logf("300 délibérations are in the dataset of the territory %.1f s after they were published", time.Since(published).Seconds())
	if !strings.Contains(anyone.get(merged+"/contributors").text(), "Mairie de Valbrenne") {
		t.Error("the commune is not among those that contribute")
	}
	table, _ := pg.doc.Find(`a[href*="export.csv"]`).First().Attr("href")
	csv := anyone.get(table)
	if got := strings.Count(string(csv.body), "Mairie de Valbrenne"); csv.status != http.StatusOK || got != 300 {
		t.Errorf("%s: %d, %d rows name the commune", table, csv.status, got)
	}
	for _, want := range []string{"2025-300", "2025-03-24", "Subvention au comité des fêtes"} {
		if !strings.Contains(string(csv.body), want) {
			t.Errorf("the territory does not have %q", want)
		}
	}
}
