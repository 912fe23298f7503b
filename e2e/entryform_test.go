package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// From the page of a dataset to an accepted entry, on a phone, by someone without an
// account: a place set on the map, the name of a company, a commune and an address that
// the portal knows, by the keyboard alone.
func TestEntryFromDataset(t *testing.T) {
	p, accounts := demo(t)
	v := p.visitor(t)
	v.signIn(accounts[3].email, accounts[3].password)
	v.until("/search?q=avenue+pyrenees+labege", "avenue des Pyrénées") // what is in tables is found, so it is proposed
	v.until("/search?q=chorale", "Chorale de démonstration")
	pg := v.send(v.get("/formulaires/nouveau"), `form[action="/formulaires"]`, "title", "Bancs à réparer")
	base := strings.TrimSuffix(pg.url.Path, "/modifier")
	for i, kind := range []string{"point", "siret", "commune", "address"} {
		values := []string{"act", "add", "add", kind}
		if i > 0 {
			values = append(values, "i"+string(rune('0'+i))+"-required", "1")
		}
		pg = v.send(pg, "#editor", values...)
	}
	if pg = v.send(pg, "#editor", "act", "keep", "i4-required", "1", "i1-name", "lieu", "i2-name", "entreprise", "i3-name", "commune", "i4-name", "adresse"); pg.status != http.StatusOK {
		t.Fatalf("%d: %s", pg.status, pg.text())
	}
	v.send(v.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "false")
	first := p.visitor(t)
	if pg = first.send(first.get("/f/bancs-a-reparer"), "#entry", "v-nom", "Le banc de la mairie", "v-lieu", "1.53, 43.53", "v-entreprise", siret, "v-commune", "31254", "v-adresse", "1 rue du Lac"); !strings.HasSuffix(pg.url.Path, "/merci") {
		t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	publication := v.get(base).doc.Find(`a[href$="/publication"]`).AttrOr("href", "")
	dataset := strings.TrimSuffix(publication, "/publication")
	v.send(v.get(dataset+"/edit"), `form[action$="/edit"]`, "description", "Les bancs que des habitants demandent de réparer.")
	if pg = v.send(v.until(publication, "Rendre public"), `form[action$="/publication"]:has([value=publish])`, "act", "publish"); pg.status != http.StatusOK {
		t.Fatalf("%d: %s", pg.status, pg.text())
	}

	s := openPhone(t, p, t.TempDir())
	s.open(dataset)
	s.press(`a[href^="/f/"]`)
	s.sees("Bancs à réparer")
	s.fill("#f-v-nom", "Le banc du lac")
	s.pickPlace()
	s.complete("#f-v-entreprise", "chorale demonstration", "Chorale de démonstration")
	s.wait("the name of the company", `document.querySelector('[data-item="v-entreprise"] [role=status].help').textContent.includes('Chorale')`)
	if n := s.text("document.querySelector('#f-v-entreprise').value"); len(n) != 14 {
		t.Errorf("the SIRET is %q", n)
	}
	s.complete("#f-v-commune", "lab", "Labège (31254)")
	s.complete("#f-v-adresse", "avenue pyrenees labege", "avenue des Pyrénées, Labège")
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("the form: %v", bad)
	}
	s.sane()
	address := s.text("document.querySelector('#f-v-adresse').value")
	s.press(`#entry button[type=submit].button-primary`)
	s.screen.at("/merci")
	s.sees("elle est publiée")
	entries := v.get(base + "/saisies?state=accepted")
	link := entries.doc.Find("tbody th a:contains('Le banc du lac')").AttrOr("href", "")
	if entry := v.get(link).text(); !strings.Contains(entry, address) || !strings.Contains(entry, "31254") {
		t.Errorf("the entry does not say %s: %s", address, entry)
	}

	// What is proposed is for who may fill the form in, of what it asks.
	key := "/f/" + url.PathEscape(strings.TrimPrefix(v.get(dataset).doc.Find(`a[href^="/f/"]`).First().AttrOr("href", ""), "/f/"))
	if got := p.visitor(t).get(key + "/propositions?kind=siren&q=labege"); got.status != http.StatusNotFound {
		t.Errorf("a question that is not asked: %d", got.status)
	}
	if got := p.visitor(t).get(key + "/propositions?kind=address&q=xyzzy"); strings.TrimSpace(string(got.body)) != `{"proposals":[]}` {
		t.Errorf("nothing to propose: %s", got.body)
	}
}

// pickPlace sets a place on the map by a click, by the keys, and by the phone itself.
func (ph *phone) pickPlace() {
	ph.t.Helper()
	value := func() string { return ph.text("document.querySelector('#f-v-lieu').value") }
	if ph.text("String(performance.getEntriesByType('resource').some((e) => e.name.includes('/mapworker-')))") != "false" {
		ph.t.Error("the map came before it was asked for")
	}
	ph.do(chromedp.Click(chromedp.CSS(`[aria-controls="f-v-lieu-map"]`)))
	ph.wait("the map", "document.querySelector('#f-v-lieu-map[data-ready]')")
	ph.do(chromedp.ScrollIntoView(chromedp.CSS("#f-v-lieu-map")), chromedp.Click(chromedp.CSS("#f-v-lieu-map canvas")))
	ph.wait("the place clicked on", "/^\\d+\\.\\d+, 4\\d\\.\\d+$/.test(document.querySelector('#f-v-lieu').value)")
	clicked := value()
	ph.do(chromedp.Focus(chromedp.CSS("#f-v-lieu-map canvas")), chromedp.KeyEvent(kb.ArrowRight))
	ph.wait("the marker moved by a key", "document.querySelector('#f-v-lieu').value !== "+quote(clicked))
	if at := strings.Split(value(), ", "); at[1] != strings.Split(clicked, ", ")[1] {
		ph.t.Errorf("an arrow to the right went from %s to %s", clicked, value())
	}
	ph.at(1.5306, 43.5359)
	ph.do(chromedp.Click(chromedp.CSS(".place-acts button:last-child")))
	ph.wait("where the phone is", "document.querySelector('#f-v-lieu').value === '1.5306, 43.5359' && document.querySelector('[data-item=\"v-lieu\"] [role=status]').textContent.includes('4 m')")
	ph.fill("#f-v-lieu", "1.5312, 43.536")
	ph.text(`(() => { document.querySelector('#f-v-lieu').dispatchEvent(new Event('input', {bubbles: true})); return ''; })()`)
}

// complete types into a field and takes the first proposal with the keyboard.
func (ph *phone) complete(field, typed, want string) {
	ph.t.Helper()
	ph.text("window.e2eHere = '1'") // Enter takes the proposal and does not send the form
	ph.do(chromedp.Focus(chromedp.CSS(field)), chromedp.SendKeys(chromedp.CSS(field), typed))
	options := `document.querySelector('` + field + `-list').querySelectorAll('[role=option]')`
	ph.wait("proposals for "+typed, `[...`+options+`].some((o) => o.textContent.includes(`+quote(want)+`))`)
	for range 8 {
		ph.do(chromedp.KeyEvent(kb.ArrowDown))
		if strings.Contains(ph.text(`document.getElementById(document.querySelector('`+field+`').getAttribute('aria-activedescendant')).textContent`), want) {
			break
		}
	}
	ph.do(chromedp.KeyEvent(kb.Enter))
	ph.wait("the proposal taken", `window.e2eHere === '1' && document.querySelector('`+field+`-list').hidden && document.querySelector('`+field+`').value !== `+quote(typed))
}
