package e2e

import (
	"encoding/csv"
	"fmt"
	"html"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Find, filter, take away: the file has the rows that the page said, and no other.
func TestFindFilterDownload(t *testing.T) {
	p, _ := demo(t)
	p.visitor(t).eventually("/search?q=apport+volontaire", "Points d’apport")
	s := browse(t, p)
	s.open("/")
	s.fill("main input[type=search]", "apport volontaire")
	s.press(`main form[role=search] button[type=submit], main .search button[type=submit]`)
	s.press(`main a[href^="/datasets/points-d-apport"]`)
	s.fill("select[name=filter-column]", "flux")
	s.fill("input[name=filter-value]", "verre")
	s.press("form.filters button[type=submit]")
	s.wait("the sentence", `document.querySelector(".table-sentence").textContent.includes("verre")`)
	said := s.text(`(document.querySelector(".pages p").textContent.match(/sur ([0-9\s\u202f\u00a0]+)/) || document.querySelector(".pages p").textContent.match(/([0-9\s\u202f\u00a0]+)/))[1].replace(/\D/g, "")`)
	next := s.downloads()
	s.do(chromedp.Click(chromedp.CSS("summary.button")))
	s.do(chromedp.Click(chromedp.CSS(`.menu-panel a[href*="export.csv"][href*="verre"]`)))
	name, content := next()
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\ufeff"))).ReadAll()
	if err != nil || len(records) < 2 {
		t.Fatalf("%s: %v %.300s", name, err, content)
	}
	column := -1
	for i, c := range records[0] {
		if c == "flux" {
			column = i
		}
	}
	for _, r := range records[1:] {
		if column < 0 || r[column] != "verre" {
			t.Fatalf("%s has the row %q", name, r)
		}
	}
	if strconv.Itoa(len(records)-1) != said {
		t.Errorf("the page says %s rows, %s has %d", said, name, len(records)-1)
	}
	if !strings.Contains(name, "points-d-apport") {
		t.Errorf("the file is called %s", name)
	}
}

// A SIRET leads to its row, wherever it is: typed with blanks, in a real browser.
func TestSiretInsideTables(t *testing.T) {
	t.Parallel()
	p := start(t)
	agent := p.agent(t)
	publish(t, agent, "aides.csv", []byte("beneficiaire;siret;montant\nÉcole Pasteur;"+siret+";1200,50\nLes Amis;"+withKey(withKey("21310555")+"0002")+";80\n"), "Aides d’essai")
	p.visitor(t).eventually("/search?q="+siret, "Dans les tableaux")
	s := browse(t, p)
	s.open("/")
	s.do(chromedp.SendKeys(chromedp.CSS("main input[type=search]"), siret[:3]+" "+siret[3:6]+" "+siret[6:9]+" "+siret[9:]))
	s.text("window.e2eOld = '1'")
	s.keys(kb.Enter)
	s.wait("the results", "window.e2eOld !== '1' && location.pathname === '/search'")
	s.sees("Dans les tableaux")
	s.sees("École Pasteur")
	s.press(`section[aria-labelledby=in-tables] h3 a`)
	s.sees("École Pasteur")
	if s.text(`String(document.querySelector("main").innerText.includes("Les Amis"))`) == "true" {
		t.Error("rows of others come along")
	}
}

// The code of the page of a dataset, put into a page of another site: the table is
// there, the frame takes the height of its content, and oEmbed gives the same.
func TestEmbed(t *testing.T) {
	p, _ := demo(t)
	dataset := "/datasets/points-d-apport-volontaire-demonstration"
	v := p.visitor(t)
	code := v.get(dataset + "/about").doc.Find("#embed").Text()
	if !strings.Contains(code, "<iframe") {
		t.Fatalf("no code: %q", code)
	}
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><html lang=fr><title>Site de la commune</title><main><h1>Nos conteneurs</h1>%s</main>", code)
	}))
	t.Cleanup(foreign.Close)
	s := browse(t, p)
	s.do(chromedp.Navigate(foreign.URL)) // 127.0.0.1: another site than localhost
	s.wait("the height of the content", `parseInt(document.querySelector("iframe[data-socle]").style.height) > 300`)
	targets, err := chromedp.CallBrowser(s.ctx, target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		t.Fatal(err)
	}
	framed := false
	for _, info := range targets.TargetInfos {
		framed = framed || info.Type == "iframe" && strings.Contains(info.URL, "/embed"+dataset)
	}
	if !framed && s.text(`String(document.querySelector("iframe").src.includes("/embed"))`) != "true" {
		t.Errorf("no frame: %+v", targets.TargetInfos)
	}
	s.size(390, 844)
	if wide := s.text(tooWide); wide != "" {
		t.Errorf("the foreign page scrolls sideways on a phone: %s", wide)
	}
	src := regexp.MustCompile(`src="([^"]+)"`).FindStringSubmatch(code)[1]
	s.size(1280, 900)
	s.do(chromedp.Navigate(html.UnescapeString(src)))
	s.sane()
	s.wait("rows", `document.querySelectorAll("tbody tr").length === 20`)
	for _, violation := range s.axe() {
		t.Errorf("the embedded table: %s", violation)
	}
	answer := v.get("/oembed?url=" + url.QueryEscape(p.url+dataset))
	if answer.status != http.StatusOK || !strings.Contains(string(answer.body), "/embed"+dataset) {
		t.Errorf("oEmbed: %d %s", answer.status, answer.body)
	}
}

// A dataset printed: its title, its sentence, its rows and its licence are on paper;
// menus, forms and navigation are not.
func TestPrint(t *testing.T) {
	p, _ := demo(t)
	s := browse(t, p)
	s.open("/datasets/points-d-apport-volontaire-demonstration?flux=verre")
	paper, err := chromedp.Run(s.ctx, chromedp.PrintToPDF(func(o *cdpage.PrintToPDFParams) { o.PaperWidth, o.PaperHeight = a4Width, a4Height }))
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(strings.Fields(pdfTexts(t, paper)), " ")
	for _, words := range []string{"Points d’apport volontaire", "verre", "Licence Ouverte", "Démonstration"} {
		if !strings.Contains(said, words) {
			t.Errorf("%q is not on paper: %.1500s", words, said)
		}
	}
	for _, words := range []string{"Se connecter", "Télécharger", "Affichage", "Choisir une colonne"} {
		if strings.Contains(said, words) {
			t.Errorf("%q is on paper", words)
		}
	}
	if n := strings.Count(said, "verre"); n < 20 {
		t.Errorf("only %d rows are on paper", n)
	}
}

const a4Width, a4Height = 8.27, 11.69

// project is where a place is on the map shown, in pixels of the window.
func (s *screen) project(lon, lat float64) (x, y float64) {
	s.t.Helper()
	s.wait("the part of the map in the address", `new URLSearchParams(location.search).get("map-box")`)
	var box [4]float64
	for i, v := range strings.Split(s.text(`new URLSearchParams(location.search).get("map-box")`), ",") {
		var err error
		if box[i], err = strconv.ParseFloat(v, 64); err != nil {
			s.t.Fatal(err)
		}
	}
	var frame [4]float64
	for i, v := range strings.Fields(s.text(`(() => {
		document.querySelector(".map-live").scrollIntoView({block: "center"});
		const b = document.querySelector(".map-live canvas").getBoundingClientRect();
		return [b.left, b.top, b.width, b.height].join(" ");
	})()`)) {
		var err error
		if frame[i], err = strconv.ParseFloat(v, 64); err != nil {
			s.t.Fatal(err)
		}
	}
	mercator := func(lat float64) float64 { return math.Log(math.Tan(math.Pi/4 + lat*math.Pi/360)) }
	x = frame[0] + frame[2]*(lon-box[0])/(box[2]-box[0])
	y = frame[1] + frame[3]*(mercator(box[3])-mercator(lat))/(mercator(box[3])-mercator(box[1]))
	return x, y
}

func (s *screen) clickAt(x, y float64) {
	s.t.Helper()
	s.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y), chromedp.MouseClickXY(x, y))
}

// On the map, a click on a cluster comes nearer until there are points; a click on a
// point tells its row, whose link leads to the row's page; Escape closes it.
func TestMapByClicks(t *testing.T) {
	t.Parallel()
	p := start(t)
	alone := append(places(), "Lieu 3001 <b>&,stade,1,2020-01-15,1.62,43.62\n"...)
	d := publish(t, p.agent(t), "lieux.csv", alone, "Lieux d’essai")
	base := "/datasets/" + d.Slug
	s := browse(t, p)
	s.emulated("prefers-reduced-motion", "reduce")
	s.open(base + "/map")
	s.wait("the live map", `document.querySelector(".map-live[data-ready] canvas")`)
	s.do(chromedp.Focus(chromedp.CSS(".map-live canvas")))
	s.keys("-") // a first move, which writes the address
	x, y := s.project(1.3245, 43.5145)
	before := s.text("location.search")
	moved := false
	for ring := 0.0; ring < 80 && !moved; ring += 12 { // a cluster stands somewhere near the middle of its rows
		for a := 0.0; a < 2*math.Pi && !moved; a += math.Pi / 4 {
			s.clickAt(x+ring*math.Cos(a), y+ring*math.Sin(a))
			s.do(chromedp.Sleep(400e6))
			moved = s.text("location.search") != before
		}
	}
	if !moved {
		t.Fatal("no click on a cluster comes nearer")
	}
	s.nearest(base, 7, 1.3+6.0/1000, 43.5)
	s.wait("both rows that lie there", `["/rows/7", "/rows/1507"].every((r) => document.querySelector('.maplibregl-popup a[href*="' + r + '"]'))`)
	s.nearest(base, 3001, 1.62, 43.62)
	s.wait("the row itself", `document.querySelector(".maplibregl-popup")?.innerText.includes("Lieu 3001 <b>&")`)
	if s.text(`String(document.querySelector(".maplibregl-popup").contains(document.activeElement))`) != "true" {
		t.Error("the popup does not take the focus")
	}
	for _, violation := range s.axe() {
		t.Errorf("the popup: %s", violation)
	}
	s.press(`.maplibregl-popup a[href*="/rows/3001"]`)
	s.sees("Lieu 3001 <b>&")
}

// nearest goes to the place of a row, near enough for points, and clicks on it.
func (s *screen) nearest(base string, row int, lon, lat float64) {
	s.t.Helper()
	s.open(fmt.Sprintf("%s/rows/%d", base, row))
	s.press(`a[href*="/map?"]`)
	s.wait("the live map", `document.querySelector(".map-live[data-ready] canvas")`)
	s.wait("its row first", `document.querySelector("#nearest tbody tr").innerText.includes("Lieu `+strconv.Itoa(row)+` <b>&")`)
	s.do(chromedp.Focus(chromedp.CSS(".map-live canvas")))
	before := s.text("location.search")
	s.keys("=")
	s.wait("the nearer map in the address", `location.search !== `+quote(before))
	s.do(chromedp.Sleep(800e6)) // tiles are drawn
	x, y := s.project(lon, lat)
	s.clickAt(x, y)
}
