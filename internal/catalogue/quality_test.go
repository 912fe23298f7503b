package catalogue

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"socle/internal/i18n"
)

// A case is a file testdata/quality/NAME.json: "now", a dataset under "dataset",
// and the score expected under "score", which -update writes.
type qualityCase struct {
	About   string
	Now     time.Time
	Dataset Dataset
	Score   []string `json:"Score,omitempty"`
}

func TestQuality(t *testing.T) {
	update := flag.Lookup("update").Value.String() == "true"
	files, err := filepath.Glob(filepath.Join("testdata", "quality", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var c qualityCase
			d := json.NewDecoder(strings.NewReader(string(raw)))
			d.DisallowUnknownFields()
			if err := d.Decode(&c); err != nil {
				t.Fatal(err)
			}
			q := Score(c.Dataset, c.Now)
			got := []string{fmt.Sprintf("%d/%d, %d %%", q.Points, q.Of(), q.Percent())}
			for _, x := range q.Criteria {
				mark := "+"
				if !x.Met {
					mark = "-"
				}
				got = append(got, mark+" "+i18n.T(i18n.English, x.Reason, x.Args))
				for _, l := range i18n.Langs {
					for _, key := range []string{x.Reason, x.TodoKey()} {
						if !i18n.Known(l, key) {
							t.Errorf("no message in %s for %q", l, key)
						}
					}
				}
			}
			if update {
				writeQualityCase(t, path, raw, got)
				return
			}
			if diff := cmp.Diff(c.Score, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// writeQualityCase keeps the file as it was written, but for its score.
func writeQualityCase(t *testing.T, path string, raw []byte, score []string) {
	t.Helper()
	head, _, scored := strings.Cut(string(raw), ",\n  \"Score\"")
	if !scored {
		head = strings.TrimRight(strings.TrimSuffix(strings.TrimSpace(head), "}"), "\n ")
	}
	b, err := json.MarshalIndent(score, "  ", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(head+",\n  \"Score\": "+string(b)+"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every choice offered has a name in both languages and is found by its code.
func TestListsAreComplete(t *testing.T) {
	var keys []string
	for _, l := range Licences {
		keys = append(keys, l.SummaryKey())
		if got, ok := FindLicence(l.ID); !ok || got != l {
			t.Errorf("licence %s is not found", l.ID)
		}
		if l.Listed && !strings.HasPrefix(l.URL, "https://") {
			t.Errorf("licence %s has no text", l.ID)
		}
	}
	if Licences[0].ID != LicenceOuverte {
		t.Error("the default licence is not the first")
	}
	// The authority list data-theme of the Publications Office.
	eu := " AGRI ECON EDUC ENER ENVI GOVE HEAL INTR JUST OP_DATPRO REGI SOCI TECH TRAN "
	for _, x := range Themes {
		keys = append(keys, x.LabelKey())
		if got, ok := FindTheme(x.ID); !ok || got != x || !strings.Contains(eu, " "+x.EU+" ") {
			t.Errorf("theme %s: %v", x.ID, got)
		}
	}
	for _, f := range Frequencies {
		keys = append(keys, f.LabelKey())
		if got, ok := FindFrequency(f.ID); !ok || got != f {
			t.Errorf("frequency %s is not found", f.ID)
		}
	}
	for _, s := range States {
		keys = append(keys, s.LabelKey(), "catalogue.wrong-state."+string(s))
	}
	for _, k := range Kinds {
		keys = append(keys, k.LabelKey())
	}
	for _, g := range Granularities {
		keys = append(keys, "catalogue.granularity."+string(g))
	}
	for _, key := range keys {
		for _, l := range i18n.Langs {
			if !i18n.Known(l, key) {
				t.Errorf("no message in %s for %q", l, key)
			}
		}
	}
}
