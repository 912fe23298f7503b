package schema

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// Each line of testdata/cells.txt is a case.
func TestCells(t *testing.T) {
	f, err := os.Open("testdata/cells.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		n++
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, "\t")
		if len(parts) != 3 {
			t.Errorf("line %d: %d parts", n, len(parts))
			continue
		}
		s, err := Parse([]byte(`{"fields":[{"name":"f",` + parts[0][1:] + `]}`))
		if err != nil {
			t.Errorf("line %d: %v", n, err)
			continue
		}
		if got := outcome(s, parts[1]); got != parts[2] {
			t.Errorf("line %d: %s of %q is %s, want %s", n, parts[0], parts[1], got, parts[2])
		}
	}
}

func outcome(s *Schema, cell string) string {
	r := s.Rules(0, CastOptions{})
	var v Value
	if !r.Caster().Cast([]byte(cell), &v) {
		return "no"
	}
	var failed []string
	r.Check([]byte(cell), &v).Each(func(_ Fails, name string) { failed = append(failed, "!"+name) })
	if len(failed) > 0 {
		return strings.Join(failed, " ")
	}
	return string(v.AppendJSON(nil))
}

// A workbook gives ISO dates and plain numbers whatever the format of the field.
func TestNativeCells(t *testing.T) {
	for _, c := range []struct{ field, cell, want string }{
		{`{"name":"f","type":"date","format":"%d/%m/%Y"}`, "2024-05-31", `"2024-05-31"`},
		{`{"name":"f","type":"date"}`, "2024-05-31T00:00:00", `"2024-05-31"`},
		{`{"name":"f","type":"number","decimalChar":","}`, "1.5", "1.5"},
		{`{"name":"f","type":"boolean","trueValues":["oui"],"falseValues":["non"]}`, "true", "true"},
	} {
		s, err := Parse([]byte(`{"fields":[` + c.field + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		var v, w Value
		if !s.Caster(0, CastOptions{Native: true}).Cast([]byte(c.cell), &v) || string(v.AppendJSON(nil)) != c.want {
			t.Errorf("%s of %q is %s, want %s", c.field, c.cell, v.AppendJSON(nil), c.want)
		}
		if c.cell != "2024-05-31T00:00:00" && s.Caster(0, CastOptions{}).Cast([]byte(c.cell), &w) {
			t.Errorf("%s: %q is taken from a text file too", c.field, c.cell)
		}
	}
}

// Values posted as JSON keep their type.
func TestCastJSON(t *testing.T) {
	for _, c := range []struct{ field, json, want string }{
		{`"type":"integer"`, `3`, "3"}, {`"type":"integer"`, `3.0`, "3"}, {`"type":"integer"`, `3.5`, "no"}, {`"type":"integer"`, `"4"`, "4"},
		{`"type":"integer"`, `true`, "no"}, {`"type":"string"`, `3`, "no"}, {`"type":"string"`, `"3"`, `"3"`}, {`"type":"string"`, `null`, "null"},
		{`"type":"boolean"`, `true`, "true"}, {`"type":"boolean"`, `1`, "no"}, {`"type":"geopoint"`, `[1,2]`, `"1,2"`}, {`"type":"array"`, `[1]`, "[1]"},
		{`"type":"list","itemType":"integer"`, `[1,2]`, "[1,2]"}, {`"type":"date"`, `20240101`, "no"}, {`"type":"object"`, `{"a":[]}`, `{"a":[]}`},
	} {
		s, err := Parse([]byte(`{"fields":[{"name":"f",` + c.field + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		var v Value
		got := "no"
		if s.Caster(0, CastOptions{}).CastJSON(json.RawMessage(c.json), &v) {
			got = string(v.AppendJSON(nil))
		}
		if got != c.want {
			t.Errorf("%s of %s is %s, want %s", c.field, c.json, got, c.want)
		}
	}
}

// Every day of the calendar comes back as it went.
func TestDays(t *testing.T) {
	first, _ := Days(1, 1, 1)
	last, ok := Days(9999, 12, 31)
	if !ok || first != -719162 || last != 2932896 {
		t.Fatalf("limits are %d and %d", first, last)
	}
	for d := first; d <= last; d++ {
		y, m, day := Civil(d)
		if back, ok := Days(y, m, day); !ok || back != d {
			t.Fatalf("%d is %d-%d-%d, which is %d", d, y, m, day, back)
		}
	}
}

// Casting does not allocate.
func TestCastAllocates(t *testing.T) {
	s, err := Parse([]byte(`{"fields":[{"name":"a","type":"integer"},{"name":"b","type":"number","decimalChar":",","groupChar":" "},{"name":"c","type":"date","format":"%d/%m/%Y"},
		{"name":"d","type":"datetime"},{"name":"e","format":"email"},{"name":"g","type":"boolean"},{"name":"h","constraints":{"pattern":"[A-Z]\\d+","enum":["A1","B2"]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	cells := [][]byte{[]byte("123"), []byte("1 234,5"), []byte("31/12/2024"), []byte("2024-01-01T00:00:00Z"), []byte("a@b.fr"), []byte("true"), []byte("A1")}
	var rules []*Rules
	for i := range s.Fields {
		rules = append(rules, s.Rules(i, CastOptions{}))
	}
	n := testing.AllocsPerRun(100, func() {
		var v Value
		for i, r := range rules {
			if !r.Caster().Cast(cells[i], &v) || r.Check(cells[i], &v) != 0 {
				t.Fatalf("%s is refused", cells[i])
			}
		}
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}
