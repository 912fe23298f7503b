package fieldui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"socle/internal/chart"
	"socle/internal/cog"
	"socle/internal/i18n"
	"socle/internal/web/ui"
)

func pages(t *testing.T, o Options) *Pages {
	t.Helper()
	o.Assets = ui.Embedded()
	if !o.Assets.Built() {
		t.Fatal("the pages' styles and scripts are not built: make web")
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(t *testing.T, p *Pages, path string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	for _, r := range p.Routes() {
		if strings.HasSuffix(r.Pattern, "/account") {
			continue // needs a visit
		}
		mux.HandleFunc(r.Pattern, func(w http.ResponseWriter, req *http.Request) {
			if err := r.Handler(w, req); err != nil {
				http.Error(w, err.Error(), http.StatusNotFound)
			}
		})
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// Everything that the page loads is kept by its worker, and the worker differs
// when anything does.
func TestWorkerKeepsWhatThePageLoads(t *testing.T) {
	style, err := ui.NewHostStyle("#0a6b3d")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Host: ui.Host{Name: "Hôte", Style: style}, Accent: "#0a6b3d"}
	p := pages(t, o)
	page, worker := get(t, p, Path).Body.String(), get(t, p, Path+"/worker.js")
	if worker.Header().Get("Service-Worker-Allowed") != Path {
		t.Errorf("headers of the worker: %v", worker.Header())
	}
	first, _, _ := strings.Cut(worker.Body.String(), ";\n")
	var kept struct {
		Version, Page string
		Files         []string
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(first, "self.terrain=")), &kept); err != nil {
		t.Fatal(err)
	}
	if kept.Page != Path || !strings.Contains(page, `data-version="`+kept.Version+`"`) {
		t.Errorf("the worker says %+v; the page has another version", kept)
	}
	loads := regexp.MustCompile(`(?:href|src)="(/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(loads) < 7 {
		t.Fatalf("the page loads %v", loads)
	}
	for _, m := range loads {
		if !strings.Contains(strings.Join(kept.Files, " "), m[1]) && m[1] != Path+"/icons/180.png" {
			t.Errorf("%s is loaded and not kept", m[1])
		}
	}
	o.Host.Name = "Autre"
	if again := get(t, pages(t, o), Path+"/worker.js"); again.Body.String() == worker.Body.String() {
		t.Error("another page, the same worker: browsers would not find the update")
	}
	if same := get(t, p, Path+"/worker.js"); same.Body.String() != worker.Body.String() {
		t.Error("the worker changes by itself")
	}
}

func TestManifestAndIcons(t *testing.T) {
	p := pages(t, Options{Host: ui.Host{Name: "Hôte"}, Territory: "31"})
	w := get(t, p, manifestPath)
	var m struct {
		Name, Scope, Display string
		StartURL             string `json:"start_url"`
		Icons                []struct{ Src, Sizes, Purpose string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Header().Get("Content-Type") != "application/manifest+json" {
		t.Fatalf("%v, %s", err, w.Header())
	}
	if m.StartURL != Path || m.Scope != Path || m.Display != "standalone" || !strings.Contains(m.Name, "Hôte") || len(m.Icons) != 4 {
		t.Errorf("%+v", m)
	}
	for _, icon := range m.Icons {
		img, err := png.DecodeConfig(bytes.NewReader(get(t, p, icon.Src).Body.Bytes()))
		if err != nil || !strings.HasPrefix(icon.Sizes, strings.TrimSuffix(filepath.Base(icon.Src), ".png")) || img.Width != img.Height {
			t.Errorf("%s: %v %dx%d", icon.Src, err, img.Width, img.Height)
		}
	}
	if w := get(t, p, Path+"/icons/none.png"); w.Code != http.StatusNotFound {
		t.Errorf("an icon that is not there: %d", w.Code)
	}
}

func TestCommunesOfTheTerritory(t *testing.T) {
	var list struct{ Communes [][4]any }
	if err := json.Unmarshal(get(t, pages(t, Options{Territory: "31"}), Path+"/territory.json").Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	var found bool
	for _, c := range list.Communes {
		if !strings.HasPrefix(c[0].(string), "31") {
			t.Errorf("%v is of another territory", c)
		}
		lon, lat := c[2].(float64), c[3].(float64)
		found = found || c[1] == "Toulouse" && lon > 1.3 && lon < 1.6 && lat > 43.5 && lat < 43.7
	}
	if !found || len(list.Communes) < 500 {
		t.Errorf("%d communes, Toulouse: %v", len(list.Communes), found)
	}
	if body := get(t, pages(t, Options{}), Path+"/territory.json").Body.String(); body != `{"communes":[]}` {
		t.Errorf("without a territory: %.100s", body)
	}
}

// The contours that the host gives come with the communes: those of the territory,
// simplified, in few bytes.
func TestContoursOfTheTerritory(t *testing.T) {
	var features []string
	for i, code := range []string{"31555", "31069", "75056", "243100518"} { // the last one is no commune
		var ring []string
		for n := range 4001 {
			a := float64(n%4000) * 2 * math.Pi / 4000
			ring = append(ring, fmt.Sprintf("[%.6f,%.6f]", 1.4+float64(i)+0.1*math.Cos(a), 43.6+0.1*math.Sin(a)))
		}
		features = append(features, `{"type":"Feature","properties":{"code":"`+code+`","nom":"x"},"geometry":{"type":"Polygon","coordinates":[[`+strings.Join(ring, ",")+`]]}}`)
	}
	areas, err := chart.ReadAreas(strings.NewReader(`{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Communes [][4]any
		Contours map[string][][]int
	}
	body := get(t, pages(t, Options{Territory: "31", Contours: []*chart.Areas{areas}}), Path+"/territory.json").Body.Bytes()
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Contours) != 2 || len(list.Communes) < 500 || len(list.Contours["31555"]) != 1 {
		t.Fatalf("contours of %d communes, %d communes", len(list.Contours), len(list.Communes))
	}
	ring := list.Contours["31555"][0]
	if n := len(ring) / 2; n < 12 || n > 200 {
		t.Errorf("%d corners of 4000", n)
	}
	x, y := 0, 0
	for i := 0; i < len(ring); i += 2 {
		x, y = x+ring[i], y+ring[i+1]
		if r := math.Hypot(float64(x)-14000, float64(y)-436000); r < 990 || r > 1002 {
			t.Errorf("corner %d lies %f from the middle", i/2, r)
		}
	}
	if x != ring[0] || y != ring[1] {
		t.Error("the line does not come back to its beginning")
	}
}

// Neighbours have the same line between them, whatever way round their contours go and
// wherever they begin, also where one lies inside the other.
func TestNeighboursShareTheirBorder(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	wiggle := func(x0, y0, x1, y1 float64) (line []orb.Point) { // without its last point
		const n = 50
		for i := range n {
			x, y := x0+(x1-x0)*float64(i)/n, y0+(y1-y0)*float64(i)/n
			if i > 0 {
				x, y = x+0.002*dice.Float64(), y+0.002*dice.Float64()
			}
			line = append(line, orb.Point{x, y})
		}
		return line
	}
	back := func(line []orb.Point, end orb.Point) []orb.Point {
		out := append(slices.Clone(line[1:]), end)
		slices.Reverse(out)
		return out
	}
	ring := func(turn int, parts ...[]orb.Point) orb.Ring {
		r := slices.Concat(parts...)
		r = append(r[turn:], r[:turn]...)
		return append(r, r[0])
	}
	middle := wiggle(1.1, 43, 1.1, 43.2)
	island := wiggle(1.02, 43.05, 1.05, 43.05)
	island = slices.Concat(island, wiggle(1.05, 43.05, 1.035, 43.1), wiggle(1.035, 43.1, 1.02, 43.05))
	west := orb.Polygon{ring(70, wiggle(1, 43, 1.1, 43), middle, wiggle(1.1, 43.2, 1, 43.2), wiggle(1, 43.2, 1, 43)), ring(13, back(island, island[0]))}
	east := orb.Polygon{ring(31, back(middle, orb.Point{1.1, 43.2}), wiggle(1.1, 43, 1.2, 43), wiggle(1.2, 43, 1.2, 43.2), wiggle(1.2, 43.2, 1.1, 43.2))}
	inside := orb.Polygon{ring(90, island)}
	b := newBorders(slices.Concat(west, east, inside))
	edges := map[[4]int]int{}
	for _, shape := range []orb.Polygon{west, east, inside} {
		for _, l := range lines(b, shape, 0.001) {
			if len(l) > 200 {
				t.Errorf("%d numbers of a contour", len(l))
			}
			x, y := l[0], l[1]
			for i := 2; i < len(l); i += 2 {
				nx, ny := x+l[i], y+l[i+1]
				edges[[4]int{min(x, nx), y + ny, max(x, nx), abs(ny - y)}]++
				x, y = nx, ny
			}
		}
	}
	twice, once := 0, 0
	for e, n := range edges {
		inner := e[0] > 10030 && e[2] < 11970 && e[1]/2 > 430030 && e[1]/2 < 431970
		switch {
		case n == 2:
			twice++
		case inner:
			t.Errorf("an edge of one of the neighbours only: %v", e)
		default:
			once++
		}
	}
	if twice < 10 || once < 10 {
		t.Errorf("%d edges of two, %d of one", twice, once)
	}
}

func abs(n int) int { return max(n, -n) }

// Contours of a whole country at their finest would not fit: coarser ones are taken, or
// none.
func TestContoursAreBounded(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	var all strings.Builder
	n := 0
	for p := range cog.Communes() {
		if n++; n > 6000 {
			break
		}
		lon, lat, _ := p.Centre()
		var ring []string
		for k := range 61 {
			a := float64(k%60) * 2 * math.Pi / 60
			r := 0.02
			if k%60 != 0 {
				r += 0.001 * dice.Float64()
			}
			ring = append(ring, fmt.Sprintf("[%.5f,%.5f]", lon+r*math.Cos(a), lat+r*math.Sin(a)))
		}
		ring[60] = ring[0]
		fmt.Fprintf(&all, `%s{"type":"Feature","properties":{"code":"%s","nom":"x"},"geometry":{"type":"Polygon","coordinates":[[%s]]}}`, map[bool]string{true: ","}[n > 1], p.Code, strings.Join(ring, ","))
	}
	areas, err := chart.ReadAreas(strings.NewReader(`{"type":"FeatureCollection","features":[` + all.String() + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	out := contours([]*chart.Areas{areas}, "")
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > contoursBytes*11/10 || len(out) < 5000 {
		t.Errorf("%d bytes of contours of %d communes", len(b), len(out))
	}
}

// The words of the application and its scripts agree, in both languages.
func TestWordsAndScriptsAgree(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "web-src", "terrain", "*.ts"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	var src strings.Builder
	for _, f := range files {
		if strings.HasSuffix(f, ".test.ts") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		src.Write(b)
	}
	text := src.String()
	all := words()
	for key := range all["fr"] {
		if !strings.Contains(text, `"`+key+`"`) && !composed(key) {
			t.Errorf("no script says %q", wordsPrefix+key)
		}
	}
	for _, m := range regexp.MustCompile(`\bt\("([a-z.-]+)"|"(problem\.[a-z-]+)"`).FindAllStringSubmatch(text, -1) {
		key := m[1] + m[2]
		for _, l := range i18n.Langs {
			if _, ok := all[string(l)][key]; !ok {
				t.Errorf("%s: no message %q", l, wordsPrefix+key)
			}
		}
	}
}

// composed are the keys that scripts put together: t(`position.${why}`), t(`pick.${key}`).
func composed(key string) bool {
	if why, ok := strings.CutPrefix(key, "position."); ok {
		return why == "denied" || why == "unavailable" || why == "unsupported"
	}
	return strings.HasPrefix(key, "pick.Arrow")
}

// The scripts have tests of their own, which Node.js runs.
func TestScripts(t *testing.T) {
	cmd := exec.Command("node", "test.mjs")
	cmd.Dir = filepath.Join("..", "..", "..", "web-src")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
