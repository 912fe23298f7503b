package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// contours writes a file of squares in rows of eight, one for each code.
func contours(t *testing.T, name string, codes []string) string {
	t.Helper()
	var features []string
	for i, code := range codes {
		x, y := 1+float64(i%8)/10, 43+float64(i/8)/10
		features = append(features, fmt.Sprintf(`{"type":"Feature","properties":{"code":%q,"nom":"Lieu %d"},"geometry":{"type":"Polygon","coordinates":[[[%.1f,%.1f],[%.1f,%.1f],[%.1f,%.1f],[%.1f,%.1f],[%.1f,%.1f]]]}}`,
			code, i+1, x, y, x+0.1, y, x+0.1, y+0.1, x, y+0.1, x, y))
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(`{"type":"FeatureCollection","features":[`+strings.Join(features, ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// areasDrawn reads the drawing that is seen: of each area how it is coloured and what it
// says, and the words of the legend.
const areasDrawn = `(() => {
	const svg = [...document.querySelectorAll("#areas-part svg[role=img]")].find((s) => s.getBoundingClientRect().width > 0);
	return JSON.stringify({
		name: svg.querySelector("title").textContent,
		areas: [...svg.querySelectorAll("path > title")].map((t) => ({said: t.textContent, fill: getComputedStyle(t.parentElement).fill, seen: t.parentElement.getBoundingClientRect().width > 4})),
		legend: [...svg.querySelectorAll("rect + text")].map((t) => ({said: t.textContent, fill: getComputedStyle(t.previousElementSibling).fill})),
	});
})()`

type areasSeen struct {
	Name          string
	Areas, Legend []struct {
		Said, Fill string
		Seen       bool
	}
}

func (s *screen) areas() (seen areasSeen) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.text(areasDrawn)), &seen); err != nil {
		s.t.Fatal(err)
	}
	return seen
}

// A table of figures by commune, or by intercommunality, opens on a map of areas: a
// colour for each class, which the legend names; what an area is and has is said, and is
// in a table; another figure colours them otherwise, on a phone and in the dark too.
func TestAreas(t *testing.T) {
	t.Parallel()
	var communes []string
	for i := range 40 {
		communes = append(communes, fmt.Sprintf("31%03d", i+1))
	}
	epcis := []string{"243100518", "243100633", "200072643", "200068641", "200068815", "200071298"}
	p := start(t, "--map-contours", contours(t, "communes.geojson", communes)+","+contours(t, "epci.geojson", epcis))
	agent := p.agent(t)
	rows := "code_insee,population,ecoles\n"
	for i, c := range communes[:36] {
		rows += fmt.Sprintf("%s,%d,%d\n", c, (i+1)*100, 36-i)
	}
	d := publish(t, agent, "population.csv", []byte(rows+"99999,5,1\n"), "Population des communes")
	rows = "siren_epci,dechets_kg\n"
	for i, c := range epcis {
		rows += fmt.Sprintf("%s,%d\n", c, 200+10*i)
	}
	e := publish(t, agent, "dechets.csv", []byte(rows), "Déchets par intercommunalité")

	s := browse(t, p)
	s.inTheme("light")
	s.open("/datasets/" + d.Slug)
	s.press(`.tabs a[href$="/map"]`)
	seen := s.areas()
	fills := map[string]string{}
	for _, a := range seen.Areas {
		if !a.Seen {
			t.Errorf("%s is too small to be seen", a.Said)
		}
		fills[a.Said] = a.Fill
	}
	if len(seen.Areas) != 40 || !strings.Contains(seen.Name, "population") {
		t.Fatalf("%d areas of %q", len(seen.Areas), seen.Name)
	}
	least, most, none := fills["Lieu 1 : 100"], fills["Lieu 36 : 3\u202f600"], fills["Lieu 40 : pas de valeur"]
	if least == "" || most == "" || none == "" || least == most || least == none || most == none {
		t.Errorf("colours: least %q, most %q, none %q in %v", least, most, none, fills)
	}
	if len(seen.Legend) != 7 || seen.Legend[0].Fill != least || seen.Legend[5].Fill != most || seen.Legend[6].Fill != none || seen.Legend[6].Said != "pas de valeur" || !strings.HasPrefix(seen.Legend[0].Said, "100 – ") || !strings.HasSuffix(seen.Legend[5].Said, "3\u202f600") {
		t.Errorf("the legend says %+v", seen.Legend)
	}
	s.sees("1 valeur n’a pas de contour")
	if first := s.text(`document.querySelector("#areas-values tbody tr").innerText`); !strings.Contains(first, "31036") || !strings.Contains(first, "Lieu 36") || !strings.Contains(first, "3\u202f600") {
		t.Errorf("the table begins with %q", first)
	}
	if n := s.text(`String(document.querySelectorAll("#areas-values tbody tr").length)`); n != "37" {
		t.Errorf("the table has %s rows", n)
	}
	s.axed("the map of areas")

	// Another figure, chosen in the form; then only some rows.
	s.text(`(() => { const f = document.querySelector("#f-chart-y"); f.value = "ecoles.sum"; f.dispatchEvent(new Event("change", {bubbles: true})); return ""; })()`)
	s.wait("the other figure", `location.search.includes("ecoles") && document.querySelector("#areas-part h2").textContent.includes("ecoles")`)
	other := s.areas()
	for _, a := range other.Areas {
		if a.Said == "Lieu 1 : 36" && a.Fill != most || a.Said == "Lieu 36 : 1" && a.Fill != least {
			t.Errorf("%s is coloured %s", a.Said, a.Fill)
		}
	}
	s.open("/datasets/" + d.Slug + "/map?population.ge=3400")
	s.sees("3 400")
	if n := s.text(`String(document.querySelectorAll("#areas-values tbody tr").length)`); n != "3" {
		t.Errorf("the narrowed table has %s rows", n)
	}

	// Intercommunalities, on a phone, in the dark, without a script.
	s.size(390, 844)
	s.inTheme("dark")
	s.noScripts()
	s.open("/datasets/" + e.Slug + "/map")
	seen = s.areas()
	if len(seen.Areas) != 6 || len(seen.Legend) != 6 || seen.Legend[0].Fill == seen.Legend[5].Fill || seen.Legend[5].Fill == most {
		t.Errorf("%+v", seen)
	}
	if wide := s.text(tooWide); wide != "" {
		t.Errorf("the page scrolls sideways: %s", wide)
	}
	if pg := p.visitor(t).get("/datasets/" + publish(t, agent, "bancs.csv", table("bancs", 5), "Bancs").Slug); pg.doc.Find(`main a[href$="/map"]`).Length() != 0 {
		t.Error("a table without codes has a map")
	}
}
