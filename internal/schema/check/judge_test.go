package check_test

import (
	"testing"

	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/check"
)

func TestJudge(t *testing.T) {
	s, err := schema.Parse([]byte(`{"fields":[
		{"name":"id","constraints":{"required":true,"pattern":"[A-Z]\\d+"}},
		{"name":"le","type":"date"},{"name":"n","type":"integer","constraints":{"minimum":1}},
		{"name":"siret","format":"siret"},{"name":"a","type":"integer"},{"name":"b","type":"integer"}],
		"custom_checks":[{"name":"compare-columns-value","params":{"column":"b","op":">=","column2":"a"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	j := check.NewJudge(s)
	for _, c := range []struct {
		cells  []string
		fields []string
	}{
		{[]string{"A1", "2025-03-02", "4", "", "", ""}, nil},
		{[]string{"A1", "2/3/2025", "0", "21310555400018", "", ""}, []string{"le", "n", "siret"}},
		{[]string{"", "", "", "", "", ""}, []string{""}},
		{[]string{"", "2025-03-02", "", "", "", ""}, []string{"id"}},
		{[]string{"a", "", "x", "", "5", "3"}, []string{"id", "n", "b"}},
	} {
		faults, err := j.Row(c.cells)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for i := range faults {
			f := &faults[i]
			seen[f.Field] = true
			if m, _ := j.Message(i18n.French, f); m == "" || m[0] == '[' {
				t.Errorf("%s says %q", f.Key, m)
			}
		}
		if len(seen) != len(c.fields) {
			t.Errorf("%v: %v, want %v", c.cells, seen, c.fields)
		}
		for _, name := range c.fields {
			if !seen[name] {
				t.Errorf("%v: nothing of %s", c.cells, name)
			}
		}
	}
}

// Many rows at once are judged as each is alone.
func TestJudgeRows(t *testing.T) {
	s, err := schema.Parse([]byte(`{"fields":[{"name":"le","type":"date","constraints":{"required":true}},{"name":"n","type":"integer"},{"name":"quand","type":"string"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	j := check.NewJudge(s)
	kinds := [][]string{{"2025-03-02", "4", "a"}, {"02/03/2025", "x", ""}, {"", "", ""}, {"", "1", "\"b"}, {"2025-13-02", "1,5", "c"}}
	rows := make([][]string, 2503)
	for i := range rows {
		rows[i] = kinds[i*7%len(kinds)]
	}
	together, err := j.Rows(rows)
	if err != nil {
		t.Fatal(err)
	}
	told := func(list []check.Fault) (s string) {
		for i := range list {
			m, hint := j.Message(i18n.French, &list[i])
			s += list[i].Field + " " + m + " " + hint + "\n"
		}
		return s
	}
	for i, r := range rows {
		alone, err := j.Row(r)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := told(together[i]), told(alone); got != want {
			t.Fatalf("row %d, %v:\n%s\nalone:\n%s", i, r, got, want)
		}
	}
}
