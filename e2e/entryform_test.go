package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"socle/internal/collect"
	"socle/internal/schema/form"
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

// A host that names the national services has what the portal does not know completed
// by them: a company by its name or its whole number, an address; and a form goes on
// without them when they fall silent.
func TestNationalServices(t *testing.T) {
	t.Parallel()
	var silent atomic.Bool
	var asked sync.Map // what left
	answers := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r.FormValue("q"), true)
			if silent.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body) // a portal that has gone away is not answered
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/companies", answers(`{"results": [{"siren": "732829320", "nom_complet": "CONSERVERIE DU GIROU", "siege": {"siret": "73282932000074", "libelle_commune": "VERFEIL", "etat_administratif": "A"}, "matching_etablissements": []}]}`))
	mux.Handle("/addresses", answers(`{"type": "FeatureCollection", "features": [{"properties": {"label": "3 Chemin du Girou 31590 Verfeil"}}]}`))
	national := httptest.NewServer(mux)
	t.Cleanup(national.Close)

	p := start(t, "--entries-company-url", national.URL+"/companies", "--entries-address-url", national.URL+"/addresses")
	p.must(t, "admin", "organisation", "Commune d’Essai")
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	made := seedForm(t, p, "commune-d-essai", &form.Definition{Title: "Fournisseurs", Description: "Qui livre les cantines.", Language: "fr", Screens: form.OneScreen, Names: []string{"fournisseur"}, Items: []form.Item{
		{Kind: form.Field, Name: "fournisseur", Label: "Fournisseur", Control: form.SIRET, Format: "siret"},
		{Kind: form.Field, Name: "adresse", Label: "Adresse", Control: form.Address},
	}}, collect.Settings{Access: collect.Public, Sight: collect.All})
	if err := p.begin(); err != nil {
		t.Fatal(err)
	}
	v := p.visitor(t)
	proposed := func(kind, typed string) string {
		t.Helper()
		pg := v.get("/f/" + made.key + "/propositions?kind=" + kind + "&q=" + url.QueryEscape(typed))
		if pg.status != http.StatusOK {
			t.Fatalf("%s: %d %s", typed, pg.status, pg.body)
		}
		return strings.TrimSpace(string(pg.body))
	}
	const company = `{"proposals":[{"value":"73282932000074","label":"CONSERVERIE DU GIROU","note":"732 829 320 00074 · VERFEIL"}]}`
	for _, typed := range []string{"conserverie girou", "732 829 320 00074"} {
		if got := proposed("siret", typed); got != company {
			t.Errorf("%s: %s", typed, got)
		}
	}
	if got := proposed("siret", "73282932000017"); got != `{"proposals":[]}` {
		t.Errorf("another establishment than the one typed: %s", got)
	}
	if got := proposed("siret", "7328293200"); got != `{"proposals":[]}` {
		t.Errorf("the start of a number: %s", got)
	}
	if _, left := asked.Load("7328293200"); left {
		t.Error("the start of a number left the portal")
	}
	if got := proposed("address", "chemin du girou"); !strings.Contains(got, "3 Chemin du Girou 31590 Verfeil") {
		t.Error(got)
	}
	silent.Store(true)
	if got := proposed("siret", "conserverie girou"); got != company {
		t.Errorf("what is remembered: %s", got)
	}
	if got := proposed("siret", "scierie du girou"); got != `{"proposals":[]}` {
		t.Errorf("out of reach: %s", got)
	}
	if got := v.send(v.get("/f/"+made.key), "#entry", "v-fournisseur", "73282932000074", "v-adresse", "3 chemin du Girou"); !strings.HasSuffix(got.url.Path, "/merci") {
		t.Errorf("%d at %s: %s", got.status, got.url, got.text())
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
