package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"socle/client"
)

// catalogueOfSchemas serves a catalogue with one schema in two versions: the newer
// one renames a column and has a limit.
func catalogueOfSchemas(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	give := func(path, body string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		})
	}
	field := func(name, more string) string { return `{"name": "` + name + `", ` + more + `}` }
	give("/1", `{"name": "actes", "version": "1.0", "fields": [`+field("NUMERO", `"type": "string"`)+`,`+field("theme", `"type": "string"`)+`,`+field("vote_pour", `"type": "integer"`)+`]}`)
	give("/2", `{"name": "actes", "version": "2.0", "fields": [`+field("numero", `"type": "string", "constraints": {"required": true}`)+`,`+field("theme", `"type": "string"`)+`,`+field("vote_pour", `"type": "integer", "constraints": {"minimum": 0}`)+`]}`)
	version := func(n string) string {
		return `{"version_name": "` + n + `.0", "schema_url": "` + s.URL + "/" + n + `"}`
	}
	give("/schemas.json", `{"schemas": [{"name": "essai/actes", "title": "Actes d’essai", "schema_type": "tableschema", "schema_url": "`+s.URL+`/2", "versions": [`+version("2")+`,`+version("1")+`]}]}`)
	return s.URL + "/schemas.json"
}

// brings publishes a table that follows a schema.
func brings(t *testing.T, c *client.Client, title, schema, csv string) client.Dataset {
	t.Helper()
	ctx := t.Context()
	u, err := c.UploadFile(ctx, "", "actes.csv", strings.NewReader(csv), int64(len(csv)), nil)
	if err != nil {
		t.Fatal(err)
	}
	i, err := c.StartImport(ctx, client.ImportRequest{Upload: u.ID, Schema: schema})
	if err == nil {
		i, err = c.WaitImport(ctx, i, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Publish(ctx, client.PublishRequest{Import: i.ID, Title: title, Description: "Des actes, écrits pour les tests.", Licence: "etalab-2.0"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// until asks again until a page says something.
func (v *visitor) until(path, words string) *page {
	v.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		pg := v.get(path)
		if strings.Contains(pg.text(), words) {
			return pg
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("%s does not say %q: %d %s", path, words, pg.status, pg.text())
		}
	}
}

// The tables of a schema make one dataset of the territory: a second authority that
// publishes is in it, with its name; a wrong row goes back to its producer, who mends
// it.
func TestTerritory(t *testing.T) {
	t.Parallel()
	p := start(t, "--schema-catalogue", catalogueOfSchemas(t), "--allowed-networks", "127.0.0.0/8")
	host := p.visitor(t)
	host.send(host.get(linkIn.FindString(p.out.String())), `form[action="/first-account"]`, "name", "Hôte", "email", "hote@essai.example", "password", password)
	for _, name := range []string{"Département d’Essai", "Commune Un", "Commune Deux", "Commune Trois"} {
		p.must(t, "admin", "organisation", name)
	}
	animator := p.join(t, "departement-d-essai", "animation@essai.example", "editor")
	host.giveRole("animation@essai.example", "animator")
	one := p.join(t, "commune-un", "un@essai.example", "editor")
	two := p.join(t, "commune-deux", "deux@essai.example", "editor")
	brings(t, p.client(t, one.token("read,write,publish")), "Actes de la première", "essai/actes@2.0", "numero,theme,vote_pour\nU1,Écoles,12\nU2,Routes,9\n")

	// A form is made from the schema of the host's catalogue: its table follows it.
	made := one.send(one.get("/formulaires/nouveau?schema=essai/actes"), `main form[action="/formulaires"]`, "title", "Saisir un acte")
	if made.status != http.StatusOK || !strings.HasPrefix(made.url.Path, "/formulaires/") {
		t.Fatalf("%d at %s: %s", made.status, made.url, made.text())
	}
	if questions := outlineOf(itemsOf(t, one, strings.TrimPrefix(made.url.Path, "/formulaires/"))); questions != "numero theme vote_pour" {
		t.Errorf("the form asks %s", questions)
	}
	if pg := one.get(made.url.Path + "/modifier"); !strings.Contains(pg.text(), "suit un schéma national") {
		t.Errorf("the form does not follow the schema: %s", pg.text())
	}

	// The host chooses the schema among those that are published.
	if pg := animator.get("/admin/consolidations"); !strings.Contains(pg.text(), "Actes d’essai") {
		t.Fatal(pg.text())
	}
	form := animator.get("/admin/consolidations/schema?schema=essai/actes")
	pg := animator.send(form, `form[action*="/admin/consolidations/schema"]`, "title", "Actes du territoire", "rule", "all", "act", "save")
	if pg.url.Path != "/admin/consolidations" {
		t.Fatalf("%s: %s", pg.url, pg.text())
	}
	const merged = "/datasets/actes-du-territoire"
	anyone := p.visitor(t)
	anyone.until(merged, "Commune Un")
	if pg := anyone.get(merged + "/contributors"); !strings.Contains(pg.text(), "1 collectivité contribue") || !strings.Contains(pg.text(), "Commune Deux") {
		t.Fatal(pg.text())
	}

	// A second one publishes, in the older version of the schema, with a row that the
	// newer one refuses.
	start := time.Now()
	brings(t, p.client(t, two.token("read,write,publish")), "Actes de la deuxième", "essai/actes@1.0", "NUMERO,theme,vote_pour\nD1,Écoles,7\nU1,Écoles,-4\n")
	pg = anyone.until(merged, "Commune Deux")
	t.Logf("in the dataset of the territory after %.1f s", time.Since(start).Seconds())
	if text := pg.text(); !strings.Contains(text, "D1") || strings.Contains(text, "-4") || !strings.Contains(text, "3 lignes") {
		t.Fatal(text)
	}
	pg = two.until("/desk", "1 ligne à corriger")
	link, _ := pg.doc.Find(`a[href*="/returns/"]`).First().Attr("href")
	pg = two.get(link)
	if !strings.Contains(pg.text(), "1 ligne est laissée de côté") || !strings.Contains(pg.text(), "vote_pour") {
		t.Fatal(pg.text())
	}
	s := browse(t, p)
	s.signIn("deux@essai.example", password)
	s.accessible(link)
	s.worded("/en" + link)
	for _, file := range []string{"report.csv", "report.xlsx"} {
		if got := two.get(strings.Replace(link, "?", "/"+file+"?", 1)); got.status != 200 || len(got.body) == 0 {
			t.Errorf("%s: %d", file, got.status)
		}
	}
	if got := one.get(link); got.status != http.StatusNotFound {
		t.Errorf("a stranger sees the report: %d", got.status)
	}
	pg = two.send(pg, `form[action*="/mend"]`)
	deposit := pg.url.Path
	if !strings.HasPrefix(deposit, "/deposits/") {
		t.Fatalf("%s: %s", pg.url, pg.text())
	}
	id := strings.Split(deposit, "/")[2]
	two.settled("/deposits/" + id)
	pg = two.get("/deposits/" + id + "/mend")
	two.send(pg, `form[action$="/edit"]`, "value", "4")
	for deadline := time.Now().Add(time.Minute); !strings.HasSuffix(pg.url.Path, "/publish"); time.Sleep(100 * time.Millisecond) {
		if pg = two.get("/deposits/" + id); time.Now().After(deadline) {
			t.Fatalf("%s: %s", pg.url, pg.text())
		}
	}
	if pg = two.send(pg, `form[action$="/publish"]`); pg.status != 200 {
		t.Fatal(pg.text())
	}
	anyone.until(merged, "4 lignes")
	// The row that both publish now is a duplicate only by a key that says so.
	form = animator.get("/admin/consolidations/schema?schema=essai/actes")
	animator.send(form, `form[action*="/admin/consolidations/schema"]`, "key", "numero", "rule", "newest", "act", "save")
	anyone.until(merged, "3 lignes")
	pg = anyone.get(merged + "/duplicates")
	if text := pg.text(); !strings.Contains(text, "U1") || !strings.Contains(text, "laissée de côté") || !strings.Contains(text, "gardée") {
		t.Fatal(text)
	}
	for _, path := range []string{"/contributors", "/duplicates"} {
		s.accessible(merged + path)
		s.worded("/en" + merged + path)
	}
}

// giveRole gives an account a role of the host.
func (v *visitor) giveRole(email, role string) {
	v.t.Helper()
	pg := v.get("/admin/people?q=" + email)
	link, ok := pg.doc.Find(`main a[href^="/admin/people/"]`).Last().Attr("href")
	if !ok || !regexp.MustCompile(`^/admin/people/[0-9a-z]+$`).MatchString(link) {
		v.t.Fatalf("no account %s: %q %s", email, link, pg.text())
	}
	if pg := v.send(v.get(link), `form[action$="/roles"]`, "role", role); pg.status != 200 {
		v.t.Fatalf("%d %s", pg.status, pg.text())
	}
}

// menuTable is a week of a canteen and grants, as a producer would bring them.
const menuTable = "date,restaurant,service,plat,origine,label,allergenes\n" +
	"2025-09-01,École,entrée,Carottes râpées,Gers,bio,\n2025-09-01,École,plat,Poisson du jour,Atlantique,,poisson\n2025-09-02,École,plat,Lasagnes,France,,gluten\n2025-09-09,École,plat,Poulet,Gers,,\n"

// A board is made from what is published, arranged by its producer without code,
// printed, read without a script, and shown in the frame of another site.
func TestBoard(t *testing.T) {
	t.Parallel()
	p := start(t)
	agent := p.agent(t)
	publish(t, agent, "menus.csv", []byte(menuTable), "Menus de la cantine")
	publish(t, agent, "subventions.csv", []byte("beneficiaire,montant,date,objet\nClub,100,2024-02-01,Matériel\nClub,250,2025-02-01,Stage\nChorale,50,2025-03-01,Concert\n"), "Subventions versées")
	const board = "/organisations/mairie-d-essai/board"
	s := browse(t, p)
	s.inTheme("light")
	s.open(board + "?week=2025-09-03")
	s.sees("Menus de la semaine")
	s.sees("Allergènes : poisson")
	s.sees("Principaux bénéficiaires")
	s.wait("the total", `[...document.querySelectorAll(".board-figure")].some(f => f.innerText.includes("Montant total") && f.innerText.includes("400"))`)
	s.wait("charts with their tables", `document.querySelectorAll(".board .drawing-wide svg[role=img]").length > 0 && document.querySelectorAll(".board .drawing-wide svg").length <= document.querySelectorAll(".board details table").length + document.querySelectorAll(".board-map").length`)
	s.wait("the print button", `!document.querySelector("[data-island=print]").hidden`)
	s.axed("a board")
	s.press(`.board-week a[href*="week=2025-09-08"]`)
	s.sees("Poulet")
	s.size(390, 800)
	s.open(board)
	s.axed("a board on a phone")
	s.open("/board")
	s.sees("Mairie d’Essai")
	s.axed("the board of the territory")
	s.size(1280, 900)
	s.open(board)
	pdf, err := chromedp.Call(s.ctx, cdp.PrintToPDF, cdp.PrintToPDFParams{})
	if err != nil || len(pdf.Data) < 5000 {
		t.Errorf("printing: %v", err)
	}

	// The producer moves the first block down, renames another, removes one, adds one.
	s.signIn("agent@essai.example", password)
	s.open(board)
	s.press(`a[href$="/board/arrange"]`)
	names := func() string {
		return s.text(`[...document.querySelectorAll("ol.items > li .item-title")].map(e => e.textContent.trim()).join(" | ")`)
	}
	before := strings.Split(names(), " | ")
	s.press(`ol.items > li:first-child button[value="down"]`)
	s.sees("L’élément est descendu.")
	if now := strings.Split(names(), " | "); now[0] != before[1] || now[1] != before[0] {
		t.Fatalf("%q, then %q", before, now)
	}
	s.axed("arranging")
	s.press(`ol.items > li:last-child button[value="remove"]`)
	s.sees("L’élément est retiré.")
	s.fill("#f-new-title", "À propos de ces chiffres")
	s.press(`form button[value="add"]:not([aria-label])`)
	s.sees("L’élément est ajouté")
	if now := names(); !strings.HasSuffix(now, "À propos de ces chiffres") || strings.Contains(now, before[len(before)-1]) {
		t.Fatal(now)
	}
	s.noScripts()
	s.open(board + "?week=2025-09-03")
	s.sees("À propos de ces chiffres")
	s.sees("Carottes râpées")

	// In a frame of another site, which follows its height.
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="fr"><title>Mairie</title><body><iframe src="%s/embed%s" width="100%%" height="600" data-socle></iframe><script async src="%s/embed.js"></script>`, p.url, board, p.url)
	}))
	defer site.Close()
	s2 := browse(t, p)
	s2.do(chromedp.Navigate(site.URL))
	s2.wait("a frame as high as the board", `document.querySelector("iframe").style.height !== "" && parseInt(document.querySelector("iframe").style.height) > 700`)
	one := p.visitor(t).get("/embed" + board)
	if one.status != 200 || !strings.Contains(one.header.Get("Content-Security-Policy"), "frame-ancestors *") || !strings.Contains(string(one.body), "À propos de ces chiffres") {
		t.Errorf("%d %s", one.status, one.header.Get("Content-Security-Policy"))
	}
}
