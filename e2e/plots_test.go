package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// places is a table of points in two heaps, so that a map of it has clusters.
func places() []byte {
	var b strings.Builder
	b.WriteString("nom,nature,montant,date,longitude,latitude\n")
	for i := range 3000 {
		lon, lat := 1.3+float64(i%50)/1000, 43.5+float64(i/50%30)/1000
		if i%2 == 1 {
			lon += 0.6
		}
		fmt.Fprintf(&b, "Lieu %d <b>&,%s,%d,%d-%02d-15,%.5f,%.5f\n", i+1, []string{"école", "stade", "piscine"}[i%3], i, 2019+i%6, 1+i%12, lon, lat)
	}
	return []byte(b.String())
}

// inTheme shows pages in light or dark.
func (s *screen) inTheme(theme string) {
	s.t.Helper()
	s.emulated("prefers-color-scheme", theme, "prefers-reduced-motion", "reduce")
}

// axed runs axe in both appearances.
func (s *screen) axed(what string) {
	s.t.Helper()
	for _, theme := range []string{"dark", "light"} {
		s.inTheme(theme)
		s.sane()
		for _, v := range s.axe() {
			s.t.Errorf("%s, %s: %s", what, theme, v)
		}
	}
}

// A map opens on the extent of its rows, or on the place of one; the rows nearest
// to its middle are in a table; without a script it is a drawing.
func TestMap(t *testing.T) {
	t.Parallel()
	p := start(t)
	d := publish(t, p.agent(t), "lieux.csv", places(), "Lieux d’essai")
	base := "/datasets/" + d.Slug
	s := browse(t, p)
	s.inTheme("light")
	s.open(base + "/map")
	s.sees("3 000 lignes sur la carte")
	s.wait("the live map", `document.querySelector(".map-live[data-ready] canvas")`)
	if s.text(`document.querySelector(".map-live canvas").getAttribute("aria-label") || ""`) == "" {
		t.Error("the map has no name for screen readers")
	}
	s.axed("the map")
	s.wait("the rows nearest to its middle", `document.querySelectorAll("#nearest tbody tr").length === 20`)

	// The address of one row's place leads to its point, whose popup tells the row.
	s.open(base + "/rows/7")
	s.sees("Lieu 7 <b>&")
	s.press(`a[href*="/map?"]`)
	s.wait("the live map", `document.querySelector(".map-live[data-ready] canvas")`)
	s.wait("its row first", `document.querySelector("#nearest tbody tr").innerText.includes("Lieu 7 <b>&")`)
	s.size(390, 800)
	s.open(base + "/map?nature=stade")
	s.sees("1 000 lignes sur la carte")
	s.axed("the map on a phone")

	s.noScripts()
	s.open(base + "/map")
	s.wait("the map of the server", `document.querySelector(".map svg[role=img] path") && !document.querySelector(".map-live")`)
}

// A chart is drawn without being asked for, changes with its form, is reopened by
// its address, and its files say the same.
func TestChart(t *testing.T) {
	t.Parallel()
	p := start(t)
	d := publish(t, p.agent(t), "lieux.csv", places(), "Lieux d’essai")
	base := "/datasets/" + d.Slug
	s := browse(t, p)
	s.inTheme("light")
	s.open(base + "/chart?nature=stade")
	s.wait("the first chart", `document.querySelectorAll(".drawing-wide svg[role=img] rect").length === 2`)
	s.axed("the chart")
	s.do(chromedp.SetValue(chromedp.CSS("#f-chart-x"), "nature"))
	s.text(`document.querySelector("#f-chart-x").dispatchEvent(new Event("change", {bubbles: true})), ""`)
	s.wait("the chart by kind, still filtered", `document.querySelectorAll("#chart-values tbody tr").length === 1 && document.querySelector("#chart-title").textContent.includes("nature")`)
	s.wait("its address", `new URLSearchParams(location.search).get("chart-x") === "nature" && new URLSearchParams(location.search).get("nature") === "stade"`)
	address, said := s.text("location.pathname + location.search"), s.text(`document.querySelector("#chart-title").textContent.trim()`)
	s.open("/search")
	s.open(address)
	if again := s.text(`document.querySelector("#chart-title").textContent.trim()`); again != said {
		t.Errorf("%s says %q, then %q", address, said, again)
	}
	s.size(390, 800)
	s.open(base + "/chart?chart-x=nature&chart-y=montant.avg&chart-by=date.year&chart-type=line")
	s.wait("the drawing of phones", `getComputedStyle(document.querySelector(".drawing-narrow")).display === "block" && getComputedStyle(document.querySelector(".drawing-wide")).display === "none"`)
	s.axed("the chart on a phone")
	s.open(base + "/column?filter-column=montant")
	s.axed("a column")

	v := p.visitor(t)
	query := "?" + url.Values{"chart-x": {"nature"}, "chart-y": {"montant.sum"}}.Encode()
	if pg := v.get(base + "/chart.svg" + query); pg.status != 200 || !strings.HasPrefix(string(pg.body), "<svg") || strings.Contains(pg.header.Get("Content-Type"), "html") {
		t.Errorf("chart.svg: %d %s", pg.status, pg.body[:min(80, len(pg.body))])
	}
	records, err := csv.NewReader(strings.NewReader(string(v.get(base + "/chart.csv" + query).body))).ReadAll()
	if err != nil || len(records) != 4 || !slices.Contains(records[0], "sum_montant") {
		t.Errorf("chart.csv: %v %v", records, err)
	}
	for _, bad := range []string{"/chart.svg?chart-x=absente", "/chart.csv?chart-type=x&chart-x=nature", "/chart.csv?absente=1", "/rows/0", "/rows/3001", "/rows/x", "/column?filter-column=absente", "/column"} {
		if pg := v.get(base + bad); pg.status != 404 {
			t.Errorf("%s: %d", bad, pg.status)
		}
	}
	if pg := v.get(base + "/chart?chart-x=absente"); pg.status != 200 || !strings.Contains(pg.text(), "absente") {
		t.Errorf("a chart of a column that is not there: %d", pg.status)
	}

	// Each value of a column leads to its rows, and they are as many as it said.
	pg := v.get(base + "/column?filter-column=date&nature=piscine")
	links := pg.doc.Find("#values tbody tr")
	if links.Length() != 4 {
		t.Fatalf("%d years", links.Length())
	}
	count := links.First().Find("td").Text()
	if rows := v.get(links.First().Find("a").AttrOr("href", "")[0:]); !strings.Contains(rows.text(), count+" lignes") {
		t.Errorf("a year of %s rows leads to %s", count, rows.url)
	}
}

// Pages stay light: 60 KB of HTML and styles, 40 KB of scripts, compressed, before
// a map is opened.
func TestWeight(t *testing.T) {
	p, _ := demo(t)
	v := p.visitor(t)
	dataset := "/datasets/points-d-apport-volontaire-demonstration"
	s := browse(t, p)
	for _, address := range []string{"/", "/search", dataset, dataset + "/about", dataset + "/chart", dataset + "/api", dataset + "/history", dataset + "/rows/1", dataset + "/column?filter-column=flux", "/f/observations-d-irrigation-demonstration"} {
		if pg := v.get(address); pg.status != 200 {
			t.Fatalf("%s: %d", address, pg.status)
		}
		s.open(address)
		s.wait("the scripts", `performance.getEntriesByType("resource").some((e) => e.name.includes("/app-"))`)
		var weight struct{ Page, Script int }
		if err := json.Unmarshal([]byte(s.text(`(() => {
			const size = (list) => list.reduce((n, e) => n + e.encodedBodySize, 0), loaded = performance.getEntriesByType("resource");
			return JSON.stringify({
				Page: size(performance.getEntriesByType("navigation")) + size(loaded.filter((e) => e.name.endsWith(".css"))),
				Script: size(loaded.filter((e) => e.name.endsWith(".js"))),
			});
		})()`)), &weight); err != nil {
			t.Fatal(err)
		}
		t.Logf("%-60s %6d B of HTML and styles, %6d B of scripts", address, weight.Page, weight.Script)
		if weight.Page < 3000 || weight.Page > 60_000 || weight.Script < 500 || weight.Script > 40_000 {
			t.Errorf("%s weighs %d B of HTML and styles (60 KB), %d B of scripts (40 KB)", address, weight.Page, weight.Script)
		}
	}
}
