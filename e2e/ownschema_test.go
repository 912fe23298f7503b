package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const ownSchema = `{"name": "fontaines", "title": "Fontaines d’Essai", "fields": [{"name": "code", "type": "string", "constraints": {"required": true}}, {"name": "debit", "type": "number"}]}`

// A table is deposited against a schema that no list has: by its address, which the
// dataset then follows; what is wrong with it is told at its field, and what was brought
// is kept.
func TestDepositWithSchemaAtAnAddress(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/fontaines.json" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(ownSchema))
	}))
	defer web.Close()
	p := start(t, "--allowed-networks", "127.0.0.0/8")
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	const rows = "code;debit\nF1;1.5\nF2;2\n"
	bring := func(values ...string) *page {
		action, sent := v.get("/deposits/new").form(t, `form[action="/deposits"]`)
		for i := 0; i < len(values); i += 2 {
			sent.Set(values[i], values[i+1])
		}
		return v.upload(action, sent, "fontaines.csv", []byte(rows))
	}
	for address, status := range map[string]int{"http://169.254.169.254/latest": 422, web.URL + "/none.json": 404, "C:\\schema.json": 422} {
		pg := bring("schema-url", address)
		if pg.status != status || pg.doc.Find("#f-schema-url-error").Length() != 1 || pg.doc.Find("input[name=upload]").Length() != 1 {
			t.Errorf("%s: %d %s", address, pg.status, pg.text())
		}
	}
	read := v.brought(bring())
	understand := "/deposits/" + strings.Split(read.url.Path, "/")[2] + "/understand"
	for _, c := range []struct {
		name, value, words string
		status             int
	}{
		{"header_rows", "deux", "n’est pas un nombre de lignes d’en-tête", 422},
		{"delimiter", "ab", "ne peut pas séparer des colonnes", 422},
		{"encoding", "klingon", "n’est pas connu", 422},
		{"schema-url", web.URL + "/none.json", "404", 404},
	} {
		if pg := v.send(v.get(understand), `form[action$="/reading"]`, c.name, c.value); pg.status != c.status || !strings.Contains(pg.text(), c.words) {
			t.Errorf("%s=%s: %d %s", c.name, c.value, pg.status, pg.text())
		}
	}
	set := v.goOn(v.brought(v.send(v.get(understand), `form[action$="/reading"]`, "header_rows", "1", "schema-url", web.URL+"/fontaines.json")), "Fontaines suivies")
	if pg := v.get(set.url.Path); !strings.Contains(pg.text(), "Conforme") {
		t.Errorf("it does not say that it conforms: %s", pg.text())
	}
	if pg := v.get(set.url.Path + "/badge.svg"); pg.status != http.StatusOK || !strings.Contains(string(pg.body), "conforme") {
		t.Errorf("its badge: %d %s", pg.status, pg.body)
	}
	id := strings.TrimPrefix(v.get(set.url.Path).doc.Find(`a[href^="/deposits/new?dataset="]`).AttrOr("href", ""), "/deposits/new?dataset=")
	if got := v.get("/deposits/new?dataset="+url.QueryEscape(id)).doc.Find("select[name=schema] option[selected]").AttrOr("value", ""); got != web.URL+"/fontaines.json" {
		t.Errorf("the next version is offered %q", got)
	}
}

// On a phone, with the file of a schema: an error of the table is told against it, then
// the table is published and keeps the schema.
func TestDepositWithSchemaOfAFileOnAPhone(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	s := browse(t, p)
	s.size(390, 844)
	s.signIn("agent@essai.example", password)
	bring := func(name, text, schema string) {
		s.open("/deposits/new")
		s.text(`document.querySelector("details:has([name=schema-file])").open = true, ""`)
		s.do(chromedp.SetUploadFiles(chromedp.CSS("input[name=schema-file]"), []string{asFile(t, "schema.json", []byte(schema))}),
			chromedp.SetUploadFiles(chromedp.CSS("input[type=file][name=file]"), []string{asFile(t, name, []byte(text))}))
		if wide := s.text(tooWide); wide != "" {
			t.Errorf("the page scrolls sideways: %s", wide)
		}
		s.press(`form[action="/deposits"] button[type=submit]`)
	}
	bring("fontaines.csv", "code;debit\nF1;beaucoup\n", "rien")
	s.wait("the fault at its field", `document.querySelector("#f-schema-file-error") && document.querySelector("input[name=upload]")`)
	bring("fontaines.csv", "code;debit\nF1;beaucoup\n", ownSchema)
	s.read(true)
	s.at("/mend")
	s.sees("Une erreur empêche de publier (Fontaines d’Essai)")
	bring("fontaines.csv", "code;debit\nF1;1.5\nF2;2\n", ownSchema)
	s.read(true)
	s.at("/describe")
	s.describe("Fontaines d’Essai")
	s.press(`form[action$="/publish"] button[type=submit]`)
	s.at("/datasets/fontaines-d-essai")
	s.sees("Conforme")
	s.sees("Fontaines d’Essai")
}
