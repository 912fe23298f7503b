package e2e

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// eventually asks for a page until it has words: tables are taken into the index
// after the answer that publishes them.
func (v *visitor) eventually(path, words string) *page {
	v.t.Helper()
	var pg *page
	for range 200 {
		if pg = v.get(path); pg.status == 200 && strings.Contains(pg.text(), words) {
			return pg
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.t.Fatalf("%s never says %q: %s", path, words, pg.text())
	return nil
}

// TestSearchForAnAnswer: mistyped words, words of the field, a number of a company
// written with spaces, which leads to its row.
func TestSearchForAnAnswer(t *testing.T) {
	p, _ := demo(t)
	v := p.visitor(t)
	number := p.visitor(t).get("/api/v1/datasets?q=subvention&limit=1")
	var list struct {
		Datasets []struct {
			Slug      string `json:"slug"`
			Resources []struct {
				ID string `json:"id"`
			} `json:"resources"`
		} `json:"datasets"`
	}
	if err := json.Unmarshal(number.body, &list); err != nil || len(list.Datasets) != 1 || !strings.Contains(list.Datasets[0].Slug, "subvention") {
		t.Fatalf("%v %s", err, number.body)
	}
	var rows struct {
		Rows []map[string]any `json:"rows"`
	}
	if err := json.Unmarshal(v.get("/api/v1/resources/"+list.Datasets[0].Resources[0].ID+"/rows?limit=1").body, &rows); err != nil || len(rows.Rows) != 1 {
		t.Fatal(err)
	}
	siret := ""
	for _, value := range rows.Rows[0] {
		if s, ok := value.(string); ok && len(s) == 14 && strings.Trim(s, "0123456789") == "" {
			siret = s
		}
	}
	if siret == "" {
		t.Fatalf("no SIRET in %v", rows.Rows[0])
	}
	for _, q := range []string{siret, "montant " + siret, siret[:3] + " " + siret[3:6] + " " + siret[6:9] + " " + siret[9:]} {
		pg := v.eventually("/search?q="+url.QueryEscape(q), "Dans les tableaux")
		link, ok := pg.doc.Find("section[aria-labelledby=in-tables] h3 a").Attr("href")
		if !ok {
			t.Fatalf("%q: no table", q)
		}
		if to := v.get(link); to.status != 200 || !strings.Contains(to.text(), siret) {
			t.Errorf("%q leads to %s: %d", q, link, to.status)
		}
	}
	for q, words := range map[string]string{"deliberatoins": "Délibérations du conseil municipal", "délibération roques": "Délibérations du conseil municipal de Roques", "zzzzzz": "Demander cette donnée"} {
		if pg := v.get("/search?q=" + url.QueryEscape(q)); !strings.Contains(pg.text(), words) {
			t.Errorf("%q does not say %q: %s", q, words, pg.text())
		}
	}
	for _, q := range []string{strings.Repeat("eau ", 1000), `"`, "*", "(", "\x00", "%"} {
		if pg := v.get("/search?q=" + url.QueryEscape(q)); pg.status != 200 {
			t.Errorf("%.10q: %d", q, pg.status)
		}
	}
}

// TestSuggestions: the keyboard chooses a suggestion; without a choice, Enter
// searches. On a phone as on a desk, nothing is cut off and axe finds nothing.
func TestSuggestions(t *testing.T) {
	p, _ := demo(t)
	p.visitor(t).eventually("/search", "Délibérations")
	s := browse(t, p)
	for _, width := range []int64{1280, 390} {
		s.size(width, 900)
		s.open("/search")
		s.do(chromedp.Focus(chromedp.CSS("#search-q")), chromedp.SendKeys(chromedp.CSS("#search-q"), "délib"))
		s.wait("suggestions", `document.querySelectorAll("#search-q-list [role=option]").length > 0`)
		s.sane()
		for _, violation := range s.axe() {
			t.Errorf("%d: %v", width, violation)
		}
		s.do(chromedp.SendKeys(chromedp.CSS("#search-q"), kb.ArrowDown))
		s.wait("a choice", `document.getElementById(document.querySelector("#search-q").getAttribute("aria-activedescendant"))?.getAttribute("aria-selected") === "true"`)
		s.do(chromedp.SendKeys(chromedp.CSS("#search-q"), kb.Escape))
		s.wait("no suggestion", `document.querySelector("#search-q").getAttribute("aria-expanded") === "false"`)
		s.do(chromedp.SendKeys(chromedp.CSS("#search-q"), kb.ArrowDown+kb.ArrowDown+kb.Enter))
		s.wait("the dataset", `location.pathname.startsWith("/datasets/")`)
		s.open("/search")
		s.do(chromedp.SendKeys(chromedp.CSS("#search-q"), "arbre"+kb.Enter))
		s.wait("results", `new URLSearchParams(location.search).get("q") === "arbre"`)
		s.open("/search?q=roques")
		s.sane()
		for _, violation := range s.axe() {
			t.Errorf("%d: %v", width, violation)
		}
	}
}

// A search has a feed of its own, which its page names: what is public and fits, the last
// changed first; the front page counts who publishes.
func TestSearchFeed(t *testing.T) {
	p, _ := demo(t)
	v := p.visitor(t)
	pg := v.eventually("/search?q=subventions&sort=title", "Subventions")
	feed := pg.doc.Find(`head link[type="application/atom+xml"]`).AttrOr("href", "")
	if feed != "/search/feed.atom?q=subventions" {
		t.Fatalf("the page names %q", feed)
	}
	if follow := v.get("/follow?what=search&q=subventions"); follow.doc.Find(`a[href="`+feed+`"]`).Length() != 1 {
		t.Errorf("the page that asks how to follow does not give the feed: %s", follow.text())
	}
	entries := func(path string) *goquery.Selection {
		t.Helper()
		doc, err := goquery.NewDocumentFromReader(bytes.NewReader(v.get(path).body))
		if err != nil {
			t.Fatal(err)
		}
		return doc.Find("entry")
	}
	got := v.get(feed)
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "application/atom+xml") {
		t.Fatalf("%d %v", got.status, got.header)
	}
	titles := entries(feed).Find("title").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	all := entries("/feed.atom").Length()
	if len(titles) == 0 || len(titles) >= all || !strings.Contains(strings.Join(titles, " "), "Subventions") {
		t.Errorf("the feed has %q, that of the portal %d entries", titles, all)
	}
	if n := entries("/search/feed.atom?q=xyzzyplugh").Length(); n != 0 {
		t.Errorf("nothing: %d entries", n)
	}
	if got := v.get("/search/feed.atom?organisation=personne"); got.status != 404 {
		t.Errorf("a producer that is not: %d", got.status)
	}
	if home := v.get("/"); home.doc.Find(`head link[type="application/atom+xml"][href="/feed.atom"]`).Length() != 1 || !strings.Contains(home.text(), "organisations publient ici") {
		t.Errorf("the front page: %s", home.text())
	}
}

// TestSearchInsideTables: tables whose words are in different rows do not hide the one
// that has them in one; those that are not shown are a link away; a filter holds inside
// tables too.
func TestSearchInsideTables(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	publish := func(title, rows string) {
		pg := v.brought(v.deposit("arbres.csv", []byte("voie,essence,nombre\n"+rows), ""))
		if strings.HasSuffix(pg.url.Path, "/understand") {
			pg = v.get(strings.TrimSuffix(pg.url.Path, "/understand") + "/describe")
		}
		v.goOn(pg, title)
	}
	publish("Alignement", "rue Pasteur,tilleul,3\n")
	for i := range 9 {
		publish("Quartier "+strconv.Itoa(i), "rue Pasteur,platane,"+strconv.Itoa(i)+"\nplace Rabelais,tilleul,1\n")
	}
	const section = "section[aria-labelledby=in-tables]"
	pg := v.eventually("/search?q=pasteur", "Chercher dans 2 autres tableaux")
	if n := pg.doc.Find(section + " article").Length(); n != 8 {
		t.Errorf("%d tables, not 8", n)
	}
	others := pg.doc.Find(section+` a[href*="tables="]`).AttrOr("href", "")
	if pg = v.get(others); pg.doc.Find(section+" article").Length() != 2 || pg.doc.Find(section+` a[href*="tables="]`).Length() != 0 {
		t.Errorf("%s does not show the 2 others: %s", others, pg.text())
	}
	for _, path := range []string{"/search?q=pasteur+tilleul", "/search?q=pasteur+tilleul&organisation=mairie-d-essai&format=table"} {
		pg = v.get(path)
		if list := pg.doc.Find(section + " h3"); list.Length() != 1 || strings.TrimSpace(list.Text()) != "Alignement" {
			t.Errorf("%s shows %q", path, list.Text())
		}
	}
	row := v.get(pg.doc.Find(section+" h3 a").AttrOr("href", ""))
	if caption := strings.Join(strings.Fields(row.doc.Find("#rows-caption").Text()), " "); !strings.HasSuffix(caption, ": 1 ligne") {
		t.Errorf("one row is told as %q", caption)
	}
	if pg = v.get("/search?q=pasteur+tilleul&format=pdf"); pg.doc.Find(section).Length() != 0 {
		t.Errorf("tables of other datasets than those asked for: %s", pg.text())
	}
}

// A keyword on the page of a dataset leads to those that have it, and its contact to a letter.
func TestKeywordsAndContact(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	pg := v.brought(v.sendParts(v.get("/deposits/new"), `form[action="/deposits"]`, nil, "pasted", "banc\true\nB1\tRue Haute\nB2\tRue Basse\n"))
	pg = v.send(v.get("/deposits/"+strings.Split(pg.url.Path, "/")[2]+"/describe"), `form[action$="/describe"]`, "title", "Bancs", "description", "Un essai.",
		"keywords", "repos & ombre, Été", "contact.name", "Voirie", "contact.email", "voirie@essai.example")
	v.send(pg, `form[action$="/publish"]`)
	v.eventually("/search?q=bancs", "Bancs")
	about := p.visitor(t).get("/datasets/bancs/about")
	if about.doc.Find(`main a[href="mailto:voirie@essai.example"]`).Length() != 1 || !strings.Contains(about.text(), "Voirie voirie@essai.example") {
		t.Errorf("the contact: %s", about.text())
	}
	links := about.doc.Find(`main a[href^="/search?keyword="]`)
	if links.Length() != 2 {
		t.Fatalf("%d keywords lead further", links.Length())
	}
	for i := range links.Length() {
		to := links.Eq(i)
		if found := v.get(to.AttrOr("href", "")); found.doc.Find(`main a[href="/datasets/bancs"]`).Length() == 0 {
			t.Errorf("%q leads to %s: %s", to.Text(), found.url, found.text())
		}
	}
	if none := v.get("/search?keyword=autre"); none.doc.Find(`main a[href="/datasets/bancs"]`).Length() != 0 {
		t.Error("every keyword finds everything")
	}
}
