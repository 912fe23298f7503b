package e2e

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var shared = flag.String("shared", "", "folder of facts and cases: make conformance SHARED=DIR")

// Files as authorities have them, each from the drop to its public page in a browser:
// what can be repaired without a risk is, what no schema knows or cannot be repaired
// becomes a free table. Ours, a fault of each kind; those of a folder where one is given.
func TestConformanceFiles(t *testing.T) {
	t.Parallel()
	patterns := []string{filepath.Join("testdata", "messy", "*")}
	if *shared != "" {
		patterns = nil
		for _, dir := range []string{"deliberations", "subventions", "equipements"} {
			patterns = append(patterns, filepath.Join(*shared, "samples", dir, "*"))
		}
	}
	var files []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	if len(files) < 4 {
		t.Fatalf("only %d files", len(files))
	}
	publishAll(t, files)
}

// publishAll brings each file to its public page.
func publishAll(t *testing.T, files []string) {
	t.Helper()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	agent := p.join(t, "mairie-d-essai", "agent@essai.example", "administrator")
	s := browseFor(t, p, 20*time.Minute)
	for _, c := range agent.cookies(t) {
		s.cookie(c)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			u := *s
			u.t = t
			begun := time.Now()
			u.brought(file)
			t.Logf("from the drop to the public page in %.1f s", time.Since(begun).Seconds())
		})
	}
}

// brought takes a file through all steps, as the pages lead: it takes the repairs
// that lose nothing, then the free table where errors stay.
func (s *screen) brought(file string) {
	s.t.Helper()
	file, err := filepath.Abs(file) // for the browser
	if err != nil {
		s.t.Fatal(err)
	}
	schema := ""
	if strings.Contains(strings.ToLower(file), "delib") {
		schema = "scdl/deliberations"
	} else if strings.Contains(file, "ubv") || strings.Contains(file, "SCDL") || strings.Contains(file, "AttribSub") {
		schema = "scdl/subventions"
	}
	var did []string
	s.bring(file, schema)
	s.read(true)
	for range 6 {
		at := s.text("location.pathname")
		switch {
		case strings.HasSuffix(at, "/understand"):
			next := `main .actions a.button-primary`
			if s.text(`String(!!document.querySelector(`+quote(next)+`))`) != "true" {
				s.t.Fatalf("the file is not understood: %s", s.text("document.querySelector('main').innerText.slice(0, 1500)"))
			}
			s.press(next)
		case strings.HasSuffix(at, "/mend"):
			safe, free := `form[action$="/repair"]:not(:has(input[name=repair])) button`, `form[action$="/free"] button`
			if s.text(`String(!!document.querySelector(`+quote(safe)+`))`) == "true" {
				did = append(did, s.text(`document.querySelector(`+quote(safe)+`).innerText.trim()`))
				s.press(safe)
			} else if s.text(`String(!!document.querySelector(`+quote(free)+`))`) == "true" {
				did = append(did, s.text(`document.querySelector(".stack-wide .notice").innerText.trim()`), "tableau libre")
				s.press(free)
			} else {
				s.press(`main .actions a.button-primary`)
			}
			s.read(true)
		case strings.HasSuffix(at, "/describe"):
			title := s.text(`document.querySelector("#f-title").value`)
			if title == "" {
				title = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
				did = append(did, "titre écrit")
				s.fill("#f-title", title)
			}
			if s.text(`document.querySelector("#f-description").value`) == "" {
				s.fill("#f-description", "Un fichier d’une collectivité, publié pour l’essai.")
			}
			s.press(`form[action$="/describe"] .actions button[type=submit]`)
			s.wait("the next step", `/\/(protect|publish)$/.test(location.pathname)`)
			if s.text("location.pathname.split('/').pop()") == "protect" {
				did = append(did, "données personnelles gardées")
				s.fill("#f-reason", "Des élus et des contacts de service, dans l’exercice de leurs fonctions.")
				s.press(`form[action$="/protect"] button[type=submit]`)
			}
			s.at("/publish")
			rows := s.text(`document.querySelector("main").innerText`)
			s.press(`form[action$="/publish"] button[type=submit]`)
			s.wait("the public page", `location.pathname.startsWith("/datasets/")`)
			s.wait("rows", `document.querySelectorAll("main table tbody tr").length > 0`)
			s.sees("Licence Ouverte")
			s.published(file)
			s.t.Logf("%s : %s\n%s", s.text(`document.querySelector("h1").innerText`), s.text(`document.querySelector(".facts").innerText.replace(/\s+/g, " ")`), strings.Join(did, " · "))
			if rows == "" {
				s.t.Error("the last step says nothing")
			}
			return
		}
	}
	s.t.Fatalf("the path never ends: %s at %s: %s", strings.Join(did, ", "), s.text("location.pathname"), s.text("document.querySelector('main').innerText.slice(0, 1500)"))
}

// published looks at what everybody gets: the original byte for byte, and as many
// rows in the CSV as the page says.
func (s *screen) published(file string) {
	s.t.Helper()
	v := s.p.visitor(s.t)
	pg := v.get(s.text("location.pathname"))
	original, ok := pg.doc.Find(`a[href$="/original"]`).Attr("href")
	want, err := os.ReadFile(file)
	if err != nil || !ok {
		s.t.Fatalf("no link to the original: %v", err)
	}
	if got := v.get(original).body; string(got) != string(want) {
		s.t.Errorf("the original comes back as %d bytes, not %d", len(got), len(want))
	}
	csv, ok := pg.doc.Find(`a[href$="export.csv"]`).Attr("href")
	if !ok {
		s.t.Fatal("no link to the CSV")
	}
	if got := v.get(csv); got.status != 200 || len(got.body) < 20 {
		s.t.Errorf("the CSV: %d, %d bytes", got.status, len(got.body))
	}
	s.none("scrolls sideways", tooWide)
}
