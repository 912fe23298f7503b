package check

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// A report that was kept says the same as when it was made.
func TestKeptReportSaysTheSame(t *testing.T) {
	s, err := schema.Parse([]byte(`{"fields": [{"name": "id", "type": "integer", "constraints": {"required": true, "maximum": 1000000}},
		{"name": "day", "title": "Jour", "type": "date"}, {"name": "kind", "type": "string", "constraints": {"enum": ["a", "b"], "maxLength": 3}}, {"name": "sum", "type": "integer"}],
		"custom_checks": [{"name": "sum-columns-value", "params": {"column": "sum", "columns": ["id", "id"]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tabular.Open(t.Context(), tabular.Bytes([]byte("id,day,kind,sum,more\n2000000,31/12/2025,a,1,1\n,2025-01-01,abcd,1,2\nx,2025-13-01,b,1,3\n")), tabular.Options{Name: "x.csv"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	made, err := Run(t.Context(), f, s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Errors) < 4 {
		t.Fatalf("the example has too few faults: %d", len(made.Errors))
	}
	b, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	var kept Report
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	for _, l := range i18n.Langs {
		want, got := Contract(made, l), Contract(&kept, l)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: kept report differs (-made +kept):\n%s", l, diff)
		}
		var a, b strings.Builder
		if err := Text(&a, made, l, false); err != nil {
			t.Fatal(err)
		}
		if err := Text(&b, &kept, l, false); err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() {
			t.Errorf("%s: texts differ:\n%s\n%s", l, a.String(), b.String())
		}
	}
}
