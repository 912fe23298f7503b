package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// entryPut sends an entry as a device without account does.
func entryPut(p *portal, form, id string, values map[string]string) (int, string, error) {
	body, err := json.Marshal(map[string]any{"revision": 0, "version": 1, "made_at": time.Now().UTC(), "values": values})
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequest(http.MethodPut, p.url+"/api/v1/forms/"+form+"/entries/"+id, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func entryID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// A form of a national schema in two clicks, a link, an entry on a phone without an
// account, with its mistakes told where they are; someone accepts it.
func TestFormOfSchema(t *testing.T) {
	p, accounts := demo(t)
	s := browse(t, p)
	s.signIn(accounts[3].email, accounts[3].password)
	s.open("/schemas/socle/observations-irrigation")
	s.press(`a[href="/formulaires/nouveau?schema=socle%2Fobservations-irrigation"]`)
	s.press(`form[action="/formulaires"] button[type=submit]`)
	form := s.text("location.pathname.split('/')[2]")
	base := "/formulaires/" + form
	s.sees("Faire remplir")
	s.open(base + "/reglages")
	s.do(chromedp.Click(chromedp.CSS(`input[name=access][value=link]`)), chromedp.Click(chromedp.CSS(`input[name=moderated][value=true]`)))
	s.press(`main form button[type=submit]`)
	s.open(base)
	link := s.text("document.getElementById('form-link').textContent")
	if !strings.Contains(link, "/f/") || s.text("String(document.querySelectorAll('.qr-code path').length)") != "1" {
		t.Errorf("no link or no code to scan: %s", link)
	}

	phone := browse(t, p)
	phone.size(390, 844)
	phone.do(chromedp.Navigate(link))
	phone.sane()
	if bad := phone.axe(); len(bad) > 0 {
		t.Errorf("the form on a phone: %v", bad)
	}
	phone.fill("#f-v-point_id", "ESSAI-1")
	phone.fill("#f-v-releve_le", "2025-07-14T10:30")
	phone.do(chromedp.Click(chromedp.CSS(`input[name=v-type_releve]`)))
	phone.fill("#f-v-volume_m3", "12,5")
	phone.fill("#f-v-commune_insee", "Roques (31458)")
	phone.fill("#f-v-position", "1.36, 43.5")
	phone.fill("#f-v-exploitant_siret", "12345678901234")
	phone.text(`(() => { const e = document.querySelector('#f-v-exploitant_siret'); e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return ''; })()`)
	phone.wait("an error next to the field as one types", `document.querySelector('[data-item="v-exploitant_siret"] .field-error')`)
	phone.press(`#entry button[type=submit].button-primary`)
	phone.wait("all errors together", `document.querySelector('.notice-wrong a[href="#f-v-exploitant_siret"]')`)
	if got := phone.text("document.querySelector('#f-v-volume_m3').value"); got != "12.5" {
		t.Errorf("what was typed is not kept: %q", got)
	}
	phone.fill("#f-v-exploitant_siret", siret)
	phone.text(`(() => { const r = document.querySelector('select[name=v-ressource], input[name=v-ressource]'); if (r.type === 'radio') r.click(); else r.selectedIndex = 1; return ''; })()`)
	phone.press(`#entry button[type=submit].button-primary`)
	phone.at("/merci")
	phone.sees("quand l’organisation l’aura acceptée")

	s.open(base + "/saisies?state=waiting")
	s.sees("ESSAI-1")
	s.do(chromedp.Click(chromedp.CSS(".form-mark")))
	s.press(`button[name=act][value=accept]`)
	s.open(base + "/saisies?state=accepted")
	s.press(`tbody th a`)
	s.sees("Révision 1")
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("an entry: %v", bad)
	}
	s.open(base + "/modifier")
	s.sees("Ce formulaire suit un schéma national")
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("the editor: %v", bad)
	}
}

// A form of its own, written without a script, filled in by everyone.
func TestFormWithoutScripts(t *testing.T) {
	p, accounts := demo(t)
	v := p.visitor(t)
	v.signIn(accounts[3].email, accounts[3].password)
	pg := v.send(v.get("/formulaires/nouveau"), `form[action="/formulaires"]`, "title", "Arbres remarquables")
	base := strings.TrimSuffix(pg.url.Path, "/modifier")
	if pg.status != http.StatusOK || base == pg.url.Path {
		t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	act := func(values ...string) {
		t.Helper()
		if pg = v.send(pg, "#editor", values...); pg.status != http.StatusOK {
			t.Fatalf("%d: %s", pg.status, pg.text())
		}
	}
	act("act", "add", "add", "choice")
	act("act", "add", "add", "number", "i1-label", "État", "i1-choices", "bon\nmauvais | À soigner")
	act("act", "keep", "i2-label", "Hauteur", "i2-if", "nom", "i2-op", "!=", "i2-value", "inconnu", "i2-required", "1")
	pg = v.send(v.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "false")
	if pg.status != http.StatusOK {
		t.Fatalf("%d: %s", pg.status, pg.text())
	}
	anyone := p.visitor(t)
	fill := anyone.get("/f/arbres-remarquables")
	refused := anyone.send(fill, "#entry", "v-nom", "Le grand cèdre", "v-hauteur", "très haut")
	if refused.status != http.StatusUnprocessableEntity || refused.doc.Find("#f-v-hauteur-error").Length() != 1 {
		t.Fatalf("%d: %s", refused.status, refused.text())
	}
	for range 2 { // sent twice: one entry
		if pg = anyone.send(refused, "#entry", "v-nom", "Le grand cèdre", "v-hauteur", "31,5", "v-etat", "mauvais"); !strings.HasSuffix(pg.url.Path, "/merci") {
			t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
		}
	}
	if pg = anyone.send(fill, "#entry", "entry", entryID(77), "v-nom", "inconnu"); !strings.HasSuffix(pg.url.Path, "/merci") { // the height is not asked
		t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	list := v.get(base + "/saisies")
	if n := list.doc.Find("tbody tr").Length(); n != 2 {
		t.Errorf("%d entries, want 2: %s", n, list.text())
	}
	if !strings.Contains(list.text(), "À soigner") {
		t.Errorf("a choice is not said in its words: %s", list.text())
	}
}

// liveForm is the form of the observations of the demonstration.
func liveForm(t *testing.T, p *portal) (id, resource, slug string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var list struct {
			Forms []struct {
				ID, Resource string
				Dataset      struct{ Slug, Title string }
			}
		}
		if err := getJSON(t.Context(), p.url+"/api/v1/forms", "", &list); err != nil {
			t.Fatal(err)
		}
		for _, f := range list.Forms {
			if strings.HasPrefix(f.Dataset.Title, "Observations d’irrigation") {
				return f.ID, f.Resource, f.Dataset.Slug
			}
		}
	}
	t.Fatal("the demonstration has no live form")
	return "", "", ""
}

// An entry sent from a field is on the map that somebody else has open, by itself.
func TestEntryOnLiveMap(t *testing.T) {
	p, _ := demo(t)
	form, _, slug := liveForm(t, p)
	table, places := browse(t, p), browse(t, p)
	table.open("/datasets/" + slug)
	places.open("/datasets/" + slug + "/map")
	places.wait("the live map", "document.querySelector('.map-live[data-ready]')")
	table.wait("the live table", "document.querySelector('#live-rows[data-awake=yes]')")
	before := table.text("document.querySelector('#live-rows').textContent")
	status, answer, err := entryPut(p, form, entryID(1), map[string]string{"point_id": "P99", "releve_le": "2026-07-14T08:30:00Z", "type_releve": "compteur", "volume_m3": "420", "ressource": "nappe", "culture": "maïs", "commune_insee": "31458", "position": "1.4, 43.6"})
	sent := time.Now()
	if err != nil || status != http.StatusCreated {
		t.Fatalf("%d %v: %s", status, err, answer)
	}
	places.wait("the new version on the map", "document.querySelector('.map-live[data-version]')")
	t.Logf("on the public map %.2f s after it was sent", time.Since(sent).Seconds())
	table.wait("the new version in the table", "document.querySelector('#live-rows').textContent !== "+quote(before))
	table.sees("253")
}

// The server is killed right after it confirmed entries: each is there once, and
// becomes part of a version.
func TestEntriesSurviveKill(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "administrator")
	pg := v.send(v.get("/formulaires/nouveau"), `form[action="/formulaires"]`, "title", "Fuites d’eau")
	base := strings.TrimSuffix(pg.url.Path, "/modifier")
	form := strings.TrimPrefix(base, "/formulaires/")
	v.send(v.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "false")
	confirmed := 0
	for n := range 20 {
		status, answer, err := entryPut(p, form, entryID(n), map[string]string{"nom": fmt.Sprint("fuite ", n)})
		if err != nil || status != http.StatusCreated {
			t.Fatalf("%d %v: %s", status, err, answer)
		}
		confirmed++
	}
	p.kill()
	if err := p.begin(); err != nil {
		t.Fatal(err)
	}
	for n := range 20 { // each device sends again: it does not know
		if status, answer, err := entryPut(p, form, entryID(n), map[string]string{"nom": fmt.Sprint("fuite ", n)}); err != nil || status != http.StatusOK {
			t.Fatalf("%d %v: %s", status, err, answer)
		}
	}
	token := v.token("read,write")
	var f struct{ Resource string }
	if err := getJSON(t.Context(), p.url+"/api/v1/forms/"+form, token, &f); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for deadline := time.Now().Add(time.Minute); rows != confirmed && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		var page struct{ Rows []map[string]any }
		if err := getJSON(t.Context(), p.url+"/api/v1/resources/"+f.Resource+"/rows?limit=100", token, &page); err == nil {
			rows = len(page.Rows)
		}
	}
	if rows != confirmed {
		t.Errorf("%d rows after the kill, %d were confirmed", rows, confirmed)
	}
}
