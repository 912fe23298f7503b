package fieldui

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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

// composed are the keys that scripts put together: t(`position.${why}`).
func composed(key string) bool {
	why, ok := strings.CutPrefix(key, "position.")
	return ok && (why == "denied" || why == "unavailable" || why == "unsupported")
}

// The scripts have tests of their own, which Node.js runs.
func TestScripts(t *testing.T) {
	cmd := exec.Command("node", "test.mjs")
	cmd.Dir = filepath.Join("..", "..", "..", "web-src")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
