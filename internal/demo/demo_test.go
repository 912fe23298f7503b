package demo_test

import (
	"strings"
	"testing"

	"socle/internal/demo"
	"socle/internal/schema/check"
	"socle/internal/schema/national"
	"socle/internal/tabular"
)

// Each file of the demonstration is what its schema asks, says that it is invented, and is
// the same at each start.
func TestDatasets(t *testing.T) {
	for _, d := range demo.Datasets() {
		t.Run(d.FileName, func(t *testing.T) {
			if !strings.Contains(d.Title, "démonstration") || !strings.Contains(d.Description, "inventé") {
				t.Errorf("%q does not say that it is invented", d.Title)
			}
			data := d.File()
			if string(data) != string(d.File()) {
				t.Error("made twice, it is not the same")
			}
			if d.Schema == "" {
				return
			}
			s, err := national.Find(d.Schema)
			if err != nil {
				t.Fatal(err)
			}
			f, err := tabular.Open(t.Context(), tabular.Bytes(data), tabular.Options{Name: d.FileName})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rep, err := check.Run(t.Context(), f, s, check.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range rep.Errors {
				t.Errorf("%+v", e)
			}
			if !rep.Valid || rep.Stats.Rows == 0 {
				t.Errorf("valid: %v, %+v", rep.Valid, rep.Stats)
			}
		})
	}
}
