package e2e

import (
	"bytes"
	"encoding/csv"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var shared = flag.String("shared", "", "folder of facts and cases: make conformance SHARED=DIR")

// outcome is what becomes of a file on its way.
type outcome struct {
	repaired int  // repairs without a risk that are offered at once; 0 for none
	errors   int  // left after them, for which the file becomes a free table; 0: it is published under its schema
	rows     int  // of the public table
	free     bool // no schema was asked for, or errors were left
}

// outcomes are those of the files, by name: a repair that does less than it did shows here.
var outcomes = map[string]outcome{
	"VilleMTP_MTP_Delibs.csv":                                                   {0, 7, 160, true},
	"VilleMTP_MTP_AttribSub_2014.ods":                                           {42, 28, 1238, true},
	"betagouv__SCDL_DILCRAH_2019.csv":                                           {2, 11, 4, true},
	"betagouv__fonjep-new.xlsx":                                                 {0, 12, 4, true},
	"dataforgoodfr__test_loader_xls.xls":                                        {0, 12, 99, true},
	"unzipped__VilleMTP_MTP_AttribSub_Archive__VilleMTP_MTP_AttribSub_2013.csv": {942, 948, 938, true},
	"unzipped__VilleMTP_MTP_AttribSub_Archive__VilleMTP_MTP_AttribSub_2013.xls": {23, 1042, 1018, true},
	"unzipped__dataforgoodfr__OD.SUBVENTION_CONVENTION_CODAH.json__OD.SUBVENTION_CONVENTION_CODAH.json": {84, 84, 30, true},
	"VilleMTP_MTP_EquipementSportif_2012.xls":                                                           {0, 0, 253, true},
	"VilleMTP_MTP_FontainesPublic.csv":                                                                  {0, 0, 89, true},
	"etalab__tourisme-handicap-etablissements-21022020.xlsx":                                            {0, 0, 3809, true},

	"comptes-rendus.csv":   {0, 0, 3, true},
	"delib_actes.txt":      {2, 11, 12, true},
	"equipements ete.csv":  {0, 0, 24, true},
	"subventions_2026.csv": {46, 0, 15, false},
}

// Files as authorities have them, each from the drop to its public page in a browser:
// what can be repaired without a risk is, what no schema knows or cannot be repaired
// becomes a free table. Each comes out as outcomes say. Ours, a fault of each kind; those of
// a folder where one is given.
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
	want, known := outcomes[filepath.Base(file)]
	if !known {
		s.t.Errorf("nobody said what becomes of %s", filepath.Base(file))
	}
	got := outcome{free: schema == ""}
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
				got.repaired += s.number(did[len(did)-1])
				s.press(safe)
			} else if s.text(`String(!!document.querySelector(`+quote(free)+`))`) == "true" {
				did = append(did, s.text(`document.querySelector(".stack-wide .notice").innerText.trim()`), "tableau libre")
				got.errors, got.free = s.number(did[len(did)-2]), true
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
			if got.rows = s.published(file); got != want {
				s.t.Errorf("it comes out as %+v, not as %+v", got, want)
			}
			s.t.Logf("%s : %s\n%s", s.text(`document.querySelector("h1").innerText`), s.text(`document.querySelector(".facts").innerText.replace(/\s+/g, " ")`), strings.Join(did, " · "))
			if rows == "" {
				s.t.Error("the last step says nothing")
			}
			return
		}
	}
	s.t.Fatalf("the path never ends: %s at %s: %s", strings.Join(did, ", "), s.text("location.pathname"), s.text("document.querySelector('main').innerText.slice(0, 1500)"))
}

// number is the first whole number of a text, its thousands parted as French does.
func (s *screen) number(text string) int {
	s.t.Helper()
	digits := strings.NewReplacer("\u202f", "", "\u00a0", "").Replace(text)
	n, err := strconv.Atoi(firstNumber.FindString(digits))
	if err != nil {
		s.t.Errorf("no number in %q", text)
	}
	return n
}

var firstNumber = regexp.MustCompile(`\d+`)

// published looks at what everybody gets: the original byte for byte, and as many
// rows in the CSV as the page says, which it returns.
func (s *screen) published(file string) (rows int) {
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
	table, ok := pg.doc.Find(`a[href$="export.csv"]`).Attr("href")
	if !ok {
		s.t.Fatal("no link to the CSV")
	}
	rows = s.number(s.text(`[...document.querySelectorAll(".facts li")].map((f) => f.innerText.trim()).find((t) => /lignes?$/.test(t))`))
	got := v.get(table)
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(got.body, []byte("\xef\xbb\xbf")))).ReadAll()
	if err != nil || got.status != http.StatusOK || len(records) != rows+1 {
		s.t.Errorf("the CSV: %d, %d records with its header, where the page says %d rows: %v", got.status, len(records), rows, err)
	}
	s.none("scrolls sideways", tooWide)
	return rows
}
