package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// gridScreen is the grid of a table, its rows there.
func gridScreen(t *testing.T, p *portal, email, address string) *screen {
	t.Helper()
	s := browse(t, p)
	s.signIn(email, password)
	s.open(address)
	s.wait("the rows", "document.querySelector('.grid[data-ready]')")
	return s
}

// cell is the text of a cell, by its place from 0.
func (s *screen) cell(row, column int) string {
	s.t.Helper()
	return s.text("(document.getElementById('sheet-" + digits(row) + "-" + digits(column) + "')?.textContent) ?? 'none'")
}

func digits(n int) string { return string(rune('0' + n)) }

// pastes puts the clipboard of a spreadsheet into the cell that one is on.
func (s *screen) pastes(text string) {
	s.t.Helper()
	s.text("(() => { const d = new DataTransfer(); d.setData('text/plain', " + quote(text) + "); document.querySelector('#sheet').dispatchEvent(new ClipboardEvent('paste', {clipboardData: d, bubbles: true, cancelable: true})); return ''; })()")
}

// warns reports whether the page would ask before one leaves it.
func (s *screen) warns() string {
	s.t.Helper()
	return s.text("(() => { const e = new Event('beforeunload', {cancelable: true}); dispatchEvent(e); return String(e.defaultPrevented); })()")
}

func (s *screen) saved() {
	s.t.Helper()
	s.wait("that all is saved", "document.querySelector('.grid-state[data-waiting=\"0\"]:not(.is-wrong)')?.textContent.startsWith('Tout est enregistré')")
}

// The rows of a file are changed in a grid, found from the page of the dataset: typed,
// pasted, undone; what is wrong is told and kept out of the dataset; another person
// sees each change by themselves; a file can no longer take the place of the rows.
func TestGrid(t *testing.T) {
	t.Parallel()
	p := start(t)
	c := p.agent(t)
	d := publish(t, c, "arbres.csv", []byte("essence,hauteur,plante_le\ntilleul,12,2001-03-01\nplatane,20,1950-11-12\nchêne,15,1980-02-02\n"), "Arbres d’essai")
	base := "/datasets/" + d.Slug
	s := browse(t, p)
	s.signIn("agent@essai.example", password)
	s.open(base)
	s.shoot("dataset")
	if s.text(`String(document.querySelectorAll('a[href="`+base+`/grid"]').length)`) != "1" {
		t.Fatalf("the page of the dataset does not lead to the grid: %s", s.text("document.querySelector('main').innerText"))
	}
	s.open(base + "/grid")
	s.shoot("grid-open")
	s.press(`main form[action="` + base + `/grid"] button[type=submit]`)
	s.wait("the rows", "document.querySelector('.grid[data-ready]')")
	other := gridScreen(t, p, "agent@essai.example", base+"/grid")
	if got := s.cell(0, 0) + " " + s.cell(1, 1) + " " + s.cell(2, 2); got != "tilleul 20 1980-02-02" {
		t.Fatalf("the rows of the file are not there: %q", got)
	}
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("the grid: %v", bad)
	}

	// Typed, and taken back. Above the grid stands the whole of the cell that one is on.
	s.do(chromedp.Click(chromedp.CSS("#sheet-2-0")))
	s.wait("the whole text of the cell", "document.querySelector('[data-whole]').textContent === 'chêne'")
	s.do(chromedp.Click(chromedp.CSS("#sheet-0-0")))
	s.do(chromedp.KeyEvent("tilleul argenté\r"))
	s.saved()
	other.wait("the change of another person", "document.getElementById('sheet-0-0').textContent === 'tilleul argenté'")
	s.text("document.querySelector('[data-act=undo]').click(), ''")
	other.wait("that it is taken back", "document.getElementById('sheet-0-0').textContent === 'tilleul'")

	// Pasted below the last row: one row is wrong, and told so.
	s.do(chromedp.Click(chromedp.CSS("#sheet-3-0")))
	s.pastes("érable\t9\t2020-10-10\nhêtre\thaut\t2021-01-01\n")
	s.saved()
	s.wait("what is wrong", "document.querySelector('#sheet-4-1[aria-invalid=true]')")
	other.wait("the new rows", "document.getElementById('sheet-4-0')?.textContent === 'hêtre'")
	other.wait("what is wrong there too", "document.querySelector('#sheet-4-1[aria-invalid=true]')")
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("the grid with a fault: %v", bad)
	}
	s.shoot("grid")
	rows := func(page *screen, want, not string) {
		t.Helper()
		page.open(base)
		page.wait(want, "(() => { const m = document.querySelector('main').innerText; if (m.includes("+quote(want)+")) return true; if (Date.now() - (window.e2eAt ??= Date.now()) > 1000) location.reload(); return false; })()")
		if strings.Contains(page.text("document.querySelector('main').innerText"), not) {
			t.Errorf("a row that is wrong is in the dataset")
		}
	}
	anyone := browse(t, p)
	rows(anyone, "érable", "hêtre")

	// Mended, it is in the dataset.
	s.text("document.querySelector('[data-act=next-fault]').click(), ''")
	s.do(chromedp.KeyEvent("31\r"))
	s.wait("that nothing is wrong", "!document.querySelector('#sheet [aria-invalid]')")
	s.saved()
	rows(anyone, "hêtre", "aucune donnée de ce nom")

	// On a phone nothing stands beyond the edge.
	s.size(390, 844)
	s.open(base + "/grid")
	s.wait("the rows on a phone", "document.querySelector('.grid[data-ready]')")
	s.sane()

	// No file takes the place of what was typed.
	s.size(1280, 900)
	s.open("/deposits/new?dataset=" + d.ID)
	s.sees("un fichier ne peut pas les remplacer")
}

// The organisation is full: rows that are refused stay in the grid as what is not saved,
// told in one note with the reason, and leave again once there is room.
func TestGridRefused(t *testing.T) {
	t.Parallel()
	p := start(t)
	c := &crowded{t: t, p: p, host: hostOf(t, p)}
	d := publish(t, p.agent(t), "arbres.csv", []byte("essence,hauteur\ntilleul,12\nplatane,20\n"), "Arbres d’essai")
	s := browse(t, p)
	s.signIn("agent@essai.example", password)
	s.open("/datasets/" + d.Slug + "/grid")
	s.press(`main form[action$="/grid"] button[type=submit]`)
	s.wait("the rows", "document.querySelector('.grid[data-ready]')")
	c.bound("0", "4")
	s.do(chromedp.Click(chromedp.CSS("#sheet-2-0")))
	s.pastes("érable\t9\nhêtre\t8\ncharme\t7\norme\t6\nfrêne\t5\n")
	s.wait("that some are not saved", "document.querySelector('.grid-state.is-wrong')?.textContent === '3 lignes ne sont pas enregistrées'")
	if got := s.text("[...document.querySelectorAll('[data-notes] > li')].map((n) => n.innerText).join(' / ')"); strings.Contains(got, " / ") || !strings.Contains(got, "3 lignes n’ont pas été enregistrées, à partir de la ligne 5") || !strings.Contains(got, "demandez plus de place") {
		t.Errorf("the notes say %q", got)
	}
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("a grid with refused rows: %v", bad)
	}
	if s.warns() != "true" {
		t.Error("the page lets one leave without a word")
	}
	c.bound("0", "0")
	s.text("[...document.querySelectorAll('[data-notes] button')].find((b) => b.textContent === 'Réessayer').click(), ''")
	s.saved()
	s.wait("that the note goes", "!document.querySelector('[data-notes] > li')")
	if s.warns() != "false" {
		t.Error("the page holds back who has nothing to lose")
	}
	fresh := gridScreen(t, p, "agent@essai.example", "/datasets/"+d.Slug+"/grid")
	if got := fresh.cell(6, 0) + fresh.cell(7, 0); got != "frêne" {
		t.Errorf("the last row is %q", got)
	}
}
