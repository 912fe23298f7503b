package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// An address that is a web page, given as if it were a file, is kept as a plain link;
// another one is added, changed by two people at once, found broken, and removed.
func TestPlainLink(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			w.WriteHeader(http.StatusGone)
			return
		}
		if strings.HasSuffix(r.URL.Path, ".pdf") {
			w.Header().Set("Content-Type", "application/pdf")
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><html lang=fr><title>Le plan</title><p>Bonjour</p></html>")
	}))
	defer web.Close()
	p := start(t, "--allowed-networks", "127.0.0.0/8")
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	reader := p.join(t, "mairie-d-essai", "lecteur@essai.example", "reader")

	pg := v.brought(v.sendParts(v.get("/deposits/new"), `form[action="/deposits"]`, nil, "link", web.URL+"/plan"))
	href, ok := pg.doc.Find(`main a[href^="/deposits/link?"]`).Attr("href")
	if !ok {
		t.Fatalf("nothing offers to keep the address: %s %s", pg.url, pg.text())
	}
	pg = v.get(href)
	if got := pg.doc.Find("#f-url").AttrOr("value", ""); got != web.URL+"/plan" {
		t.Fatalf("the form holds %q", got)
	}
	const form = `main form[action="/deposits/link"]`
	if bad := v.send(pg, form, "title", ""); bad.status != http.StatusUnprocessableEntity || bad.doc.Find("#f-title-error").Length() != 1 {
		t.Errorf("%d %s", bad.status, bad.text())
	}
	pg = v.send(pg, form, "title", "Plan de la ville")
	if pg.url.Path != "/datasets/plan-de-la-ville/edit" || !strings.Contains(pg.doc.Find("body").Text(), "il répond (HTML)") {
		t.Fatalf("%d %s %s", pg.status, pg.url, pg.text())
	}
	if desk := v.get("/desk"); strings.Contains(desk.text(), "Fichier illisible") {
		t.Errorf("the deposit stays on the desk: %s", desk.text())
	}
	const base = "/datasets/plan-de-la-ville"
	v.send(pg, `main form[action="`+base+`/edit"]`, "description", "Le plan, tenu par la commune.", "licence", "etalab-2.0")
	state := v.get(base + "/publication")
	if pg = v.send(state, `main form[action="`+base+`/publication"]`, "act", "publish"); pg.status != http.StatusOK {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	public := p.visitor(t).get(base)
	if public.doc.Find(`main a[href="`+web.URL+`/plan"]`).Length() != 1 || public.doc.Find(`main a[href="`+base+`/about"]`).Length() != 1 {
		t.Errorf("the page does not lead to the address: %s", public.text())
	}

	// A second link; two people change it.
	if got := reader.get(base + "/links"); got.status != http.StatusForbidden {
		t.Errorf("a reader may write links: %d", got.status)
	}
	pg = v.send(v.get(base+"/links/new"), `main form[action="`+base+`/links/new"]`, "title", "Légende", "url", web.URL+"/legende.pdf")
	at := pg.doc.Find(`main h2 a[href^="`+base+`/links/"]`).Last().AttrOr("href", "")
	if pg.url.Path != base+"/links" || at == "" || !strings.Contains(pg.text(), "PDF") {
		t.Fatalf("%s %s", pg.url, pg.text())
	}
	change := `main form[action="` + at + `"]`
	first, second := v.get(at), v.get(at)
	if pg = v.send(first, change, "title", "Légende du plan"); pg.status != http.StatusOK {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	pg = v.send(second, change, "title", "Clé de lecture")
	if pg.status != http.StatusConflict || !strings.Contains(pg.text(), "Légende du plan") || pg.doc.Find("#f-title").AttrOr("value", "") != "Clé de lecture" {
		t.Fatalf("the conflict is not readable: %d %s", pg.status, pg.text())
	}
	gone.Store(true)
	pg = v.send(pg, change)
	if pg.status != http.StatusOK || !strings.Contains(pg.doc.Find("body").Text(), "il ne répond pas") || !strings.Contains(pg.text(), "410") {
		t.Errorf("a broken link is not told: %d %s", pg.status, pg.text())
	}
	if desk := v.get("/desk"); !strings.Contains(desk.text(), "Un lien ne répond plus") || desk.doc.Find(`main a[href="`+at+`"]`).Length() != 1 {
		t.Errorf("the desk says %s", desk.text())
	}
	pg = v.send(v.get(at+"/remove"), `main form[action="`+at+`/remove"]`)
	if pg.url.Path != base+"/links" || pg.doc.Find("main h2 a").Length() != 1 {
		t.Errorf("%s %s", pg.url, pg.text())
	}
	last := v.get(base+"/links").doc.Find(`main a[href$="/remove"]`).AttrOr("href", "")
	if pg = v.send(v.get(last), `main form[action$="/remove"]`); pg.status != http.StatusConflict {
		t.Errorf("the last thing of a public dataset is removed: %d %s", pg.status, pg.text())
	}
}
