package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// several is a dataset of two tables: of streets, and of trees that have places.
type several struct {
	*testing.T
	agent, anyone  *visitor
	base           string // address of its page
	id             string // of the dataset
	streets, trees string // identifiers of the tables
	treesAsk       string // the query of the address of the page of trees
}

// grow publishes the first table and adds the second on the pages.
func grow(t *testing.T, p *portal) *several {
	t.Helper()
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	s := &several{T: t, agent: p.join(t, "mairie-d-essai", "agent@essai.example", "editor"), anyone: p.visitor(t), base: "/datasets/ville"}
	s.id = publish(t, p.client(t, s.agent.token("read,write,publish")), "rues.csv", []byte("rue;longueur\nHaute;120\nBasse;80\n"), "Ville").ID
	list := s.agent.get(s.base + "/links")
	form := s.agent.get(list.doc.Find(`main a[href*="table=new"]`).AttrOr("href", "none"))
	trees := []byte("essence;hauteur;longitude;latitude\nCèdre;22;1.44;43.6\nTilleul;12;1.45;43.61\nCèdre;18;1.46;43.62\n")
	if pg := s.agent.attach(form, "arbres.csv", trees); pg.status != http.StatusUnprocessableEntity || pg.doc.Find("#f-table-title-error").Length() != 1 || pg.doc.Find(`input[name="upload"][value]`).Length() != 1 {
		t.Fatalf("without a title: %d %s", pg.status, pg.text())
	}
	pg := s.agent.brought(s.agent.attach(form, "arbres.csv", trees, "table-title", "Arbres"))
	if !strings.HasSuffix(pg.url.Path, "/publish") {
		pg = s.agent.get("/deposits/" + strings.Split(pg.url.Path, "/")[2] + "/publish")
	}
	if !strings.Contains(pg.text(), "Arbres") {
		t.Errorf("the last step does not name the table: %s", pg.text())
	}
	s.agent.goOn(pg, "")
	var set struct {
		Resources []struct{ ID, Title string }
	}
	s.anyone.json("/api/v1"+s.base, &set)
	if len(set.Resources) != 2 || set.Resources[1].Title != "Arbres" {
		t.Fatalf("%+v", set)
	}
	s.streets, s.trees = set.Resources[0].ID, set.Resources[1].ID
	s.treesAsk = "?table=" + s.trees
	return s
}

// about checks that a page is about a table and none of its addresses about the other:
// all that it leads to, but what chooses between them.
func (s *several) about(pg *page, table, other string) {
	s.Helper()
	if pg.status != http.StatusOK || pg.doc.Find("nav.tabs").First().Find(`a[aria-current][href*="`+table+`"]`).Length() != 1 {
		s.Fatalf("%s: %d, which table it shows is not said: %s", pg.url, pg.status, pg.text())
	}
	n := 0
	pg.doc.Find("nav.tabs").First().Remove()
	pg.doc.Find("main a[href], main form[action], main iframe").Each(func(_ int, e *goquery.Selection) {
		at := e.AttrOr("href", e.AttrOr("action", ""))
		if strings.Contains(at, other) {
			s.Errorf("%s leads to the other table: %s", pg.url, at)
		}
		if strings.Contains(at, table) {
			n++
		}
		u, err := url.Parse(at)
		if err != nil || !strings.HasPrefix(u.Path, s.base) {
			return
		}
		switch part := strings.TrimPrefix(u.Path, s.base); {
		case strings.HasPrefix(part, "/links"), part == "/edit", part == "/link", part == "/publication", part == "/statistics", strings.HasPrefix(part, "/files"):
		case e.Is("form") && e.Find(`input[name="table"][value="`+table+`"]`).Length() == 1:
		case u.Query().Get("table") != table:
			s.Errorf("%s leads to %s, which does not say the table", pg.url, at)
		}
	})
	if n < 5 {
		s.Errorf("%s leads to %d addresses of its table", pg.url, n)
	}
}

// A dataset of several tables: the reader chooses one by an address, and all parts of the
// page, its downloads, its embeds and its search follow.
func TestSeveralTables(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			var args []string
			if engine == sqldb.PostgreSQL {
				args = []string{"--database-url", sqldbtest.Empty(t, engine)}
			}
			p := start(t, args...)
			s := grow(t, p)
			first := s.anyone.get(s.base)
			s.about(first, s.streets, s.trees)
			if !strings.Contains(first.text(), "Basse") || strings.Contains(first.text(), "Tilleul") || first.doc.Find(`nav.tabs a[href*="/map"]`).Length() != 0 {
				t.Errorf("the page shows %s", first.text())
			}
			for part, word := range map[string]string{"": "Tilleul", "/map": "Cèdre", "/chart": "Arbres", "/api": "Tilleul", "/history": "arbres.csv", "/rows/2": "Tilleul", "/about": "Un tableau d’essai"} {
				pg := s.anyone.get(s.base + part + s.treesAsk)
				s.about(pg, s.trees, s.streets)
				if !strings.Contains(pg.text(), word) || strings.Contains(pg.text(), "Basse") {
					t.Errorf("%s shows %s", pg.url, pg.text())
				}
			}
			pg := s.anyone.get(s.base + s.treesAsk)
			form, values := pg.form(t, "form.filters")
			values.Set("filter-column", "essence")
			values.Set("filter-value", "Tilleul")
			pg = s.anyone.get(strings.TrimPrefix(form, p.url) + "?" + values.Encode())
			s.about(pg, s.trees, s.streets)
			if rows := pg.doc.Find("#rows tbody tr"); rows.Length() != 1 || pg.url.Query().Get("essence") != "Tilleul" {
				t.Errorf("narrowed: %s shows %d rows", pg.url, rows.Length())
			}
			if got := pg.doc.Find(`link[rel=canonical]`).AttrOr("href", ""); got != p.url+s.base+s.treesAsk {
				t.Errorf("the address for search engines is %s", got)
			}
			embed, err := url.Parse(pg.doc.Find(`link[type="application/json+oembed"]`).AttrOr("href", ""))
			if err != nil {
				t.Fatal(err)
			}
			var frame struct{ HTML, Title string }
			s.anyone.json(embed.RequestURI(), &frame)
			if !strings.Contains(frame.HTML, s.trees) || !strings.Contains(frame.Title, "Arbres") {
				t.Errorf("elsewhere: %+v", frame)
			}
			if pg := s.anyone.get("/embed" + s.base + "/table" + s.treesAsk); !strings.Contains(pg.text(), "Tilleul") {
				t.Errorf("embedded: %d %s", pg.status, pg.text())
			}
			if ld := first.doc.Find(`script[type="application/ld+json"]`).Text(); !strings.Contains(ld, s.streets+"/export.csv") || !strings.Contains(ld, s.trees+"/export.geojson") {
				t.Errorf("search engines read %s", ld)
			}
			if pg := s.anyone.until("/search?q=Tilleul", "Ville – Arbres"); pg.doc.Find(`main a[href*="`+s.trees+`"]`).Length() == 0 {
				t.Errorf("the search inside tables leads to %s", pg.text())
			}
			s.renewed()
			// What is no table of the dataset is one of its columns, or nothing that is there.
			if pg := s.anyone.get(s.base + "?table=none"); pg.status != http.StatusOK || !strings.Contains(pg.text(), "Érable") || !strings.Contains(pg.text(), "n’existe pas") {
				t.Errorf("a table that is not there: %d %s", pg.status, pg.text())
			}
		})
	}
}

// renewed replaces the second table and compares its versions; its producer renames it
// and puts it first: the addresses of before hold.
func (s *several) renewed() {
	s.Helper()
	page := s.agent.get(s.base + s.treesAsk)
	at := page.doc.Find(`main a[href*="/deposits/new?dataset="]`).AttrOr("href", "none")
	form := s.agent.get(at)
	if !strings.Contains(form.text(), "Ville – Arbres") || form.doc.Find(`select[name="key"] option[value="essence"]`).Length() != 1 {
		s.Errorf("%s brings to another table: %s", at, form.text())
	}
	pg := s.agent.brought(s.agent.attach(form, "arbres.csv", []byte("essence;hauteur;longitude;latitude\nCèdre;22;1.44;43.6\nÉrable;9;1.45;43.61\n")))
	s.agent.goOn(pg, "")
	history := s.anyone.get(s.base + "/history" + s.treesAsk)
	if n := history.doc.Find("#versions tbody tr").Length(); n != 2 {
		s.Errorf("%d versions: %s", n, history.text())
	}
	link := history.doc.Find(`#versions a[href*="/differences"]`).AttrOr("href", "none")
	if pg := s.anyone.get(link); pg.status != http.StatusOK || !strings.Contains(pg.text(), "Érable") {
		s.Errorf("%s: %d %s", link, pg.status, pg.text())
	}
	if n := s.anyone.get(s.base + "/history").doc.Find("#versions tbody tr").Length(); n != 1 {
		s.Errorf("the first table has %d versions", n)
	}
	edit := s.base + "/tables/" + s.trees + "/edit"
	if pg := s.agent.attach(s.agent.get(edit), "", nil, "title", "Arbres de la ville", "description", "Relevés **à pied**."); pg.status != http.StatusOK || !strings.Contains(pg.text(), "Arbres de la ville") {
		s.Errorf("renamed: %d %s", pg.status, pg.text())
	}
	s.agent.send(s.agent.get(s.base+"/links"), "#order", "up", s.trees)
	if pg := s.anyone.get(s.base); !strings.Contains(pg.text(), "Érable") || pg.doc.Find("main .prose strong").Text() != "à pied" {
		s.Errorf("the first table is %s", pg.text())
	}
	if pg := s.anyone.get(s.base + "?table=" + s.streets); !strings.Contains(pg.text(), "Basse") {
		s.Errorf("the address of before shows %s", pg.text())
	}
}

// The tables of a dataset are chosen in a browser, on a desk and on a phone, without
// scripts too.
func TestSeveralTablesInBrowser(t *testing.T) {
	t.Parallel()
	p := start(t)
	set := grow(t, p)
	s := browse(t, p)
	for _, width := range []int64{390, 1280} {
		s.size(width, 900)
		s.open(set.base)
		s.sees("Basse")
		s.press(`nav.tabs a[href*="` + set.trees + `"]`)
		s.sees("Tilleul")
		s.shoot("several-tables")
		s.size(width, 900)
		for _, v := range s.axe() {
			t.Errorf("%d px: %s", width, v)
		}
		s.press(`nav.tabs a[href*="/map"]`)
		s.wait("the map of the trees", `location.search.includes("`+set.trees+`")`)
		s.press(`nav.tabs a[href*="` + set.streets + `"]`)
		s.sees("Basse")
	}
	s.noScripts()
	s.open(set.base + "/chart" + set.treesAsk)
	s.press(`nav.tabs a[href*="` + set.streets + `"]`)
	s.at("/chart")
	s.sees("Tableau")
}
