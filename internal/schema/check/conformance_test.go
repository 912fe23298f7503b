package check

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"socle/internal/schema"
	"socle/internal/tabular"
)

var shared = flag.String("shared", "", "folder that holds cases/: known cases of other validators, compared by outcome")

// tallies of cases by file and authority.
type score struct {
	t        *testing.T
	known    map[string]string // disagreements that are explained, by case
	used     map[string]bool
	all, off map[string]int
}

// TestConformance runs the cases of DIR/cases (make conformance SHARED=DIR).
// What disagrees is mended, or told with its reason in
// testdata/disagreements.txt; under 1 % of the reference cases and 3 % of the
// others may be there.
func TestConformance(t *testing.T) {
	if *shared == "" {
		t.Skip("no -shared DIR: the cases of other validators are not part of this repository; make conformance SHARED=DIR runs them")
	}
	s := &score{t: t, known: readDisagreements(t), used: map[string]bool{}, all: map[string]int{}, off: map[string]int{}}
	dir := filepath.Join(*shared, "cases")
	t.Run("cells", func(t *testing.T) { s.t = t; s.cells(filepath.Join(dir, "tableschema_cells.json")) })
	t.Run("constraints", func(t *testing.T) { s.t = t; s.constraints(filepath.Join(dir, "tableschema_constraints.json")) })
	t.Run("descriptors", func(t *testing.T) { s.t = t; s.descriptors(filepath.Join(dir, "tableschema_descriptors.json")) })
	t.Run("tables", func(t *testing.T) { s.t = t; s.tables(filepath.Join(dir, "tableschema_tables.json")) })
	t.Run("fieldsMatch", func(t *testing.T) { s.t = t; s.fieldsMatch(filepath.Join(dir, "tableschema_fields_match.json")) })
	t.Run("validata", func(t *testing.T) { s.t = t; s.validata(filepath.Join(dir, "validata_checks.json")) })
	t.Run("examples", func(t *testing.T) { s.t = t; s.examples(filepath.Join(dir, "examples")) })
	t.Run("sirenSiret", func(t *testing.T) { s.t = t; s.sirenSiret(filepath.Join(dir, "siren_siret.json")) })
	t.Run("openingHours", func(t *testing.T) { s.t = t; s.openingHours(filepath.Join(dir, "opening_hours.json")) })
	t.Run("frFormat", func(t *testing.T) { s.t = t; s.frFormat(filepath.Join(dir, "fr_format.json")) })
	t.Run("valueFormats", func(t *testing.T) { s.t = t; s.valueFormats(filepath.Join(dir, "value_formats.json")) })
	s.t = t
	s.close()
}

func readDisagreements(t *testing.T) map[string]string {
	out := map[string]string{}
	f, err := os.Open("testdata/disagreements.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		id, reason, ok := strings.Cut(line, " ")
		if !ok {
			t.Errorf("disagreements.txt: %q has no reason", line)
		}
		out[id] = reason
	}
	return out
}

// judge counts a case. got and want are outcomes that must be equal.
func (s *score) judge(kind, id string, got, want any, detail func() string) {
	s.t.Helper()
	s.all[kind]++
	if fmt.Sprint(got) == fmt.Sprint(want) {
		if _, ok := s.known[id]; ok {
			s.t.Errorf("%s agrees: remove it from testdata/disagreements.txt", id)
		}
		return
	}
	s.off[kind]++
	if _, ok := s.known[id]; ok {
		s.used[id] = true
		return
	}
	if kind == "informative" {
		s.t.Logf("%s (informative): got %v, want %v: %s", id, got, want, detail())
		return
	}
	s.t.Errorf("%s (%s): got %v, want %v: %s", id, kind, got, want, detail())
}

func (s *score) close() {
	other, otherOff := 0, 0
	var kinds []string
	for k := range s.all {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	for _, k := range kinds {
		s.t.Logf("%-12s %4d cases, %d disagree", k, s.all[k], s.off[k])
		if k != "reference" && k != "informative" {
			other, otherOff = other+s.all[k], otherOff+s.off[k]
		}
	}
	if r := s.all["reference"]; r > 0 && s.off["reference"]*100 >= r {
		s.t.Errorf("reference: %d of %d disagree, 1 %% or more", s.off["reference"], r)
	}
	if other > 0 && otherOff*100 >= other*3 {
		s.t.Errorf("others: %d of %d disagree, 3 %% or more", otherOff, other)
	}
}

func load[T any](t *testing.T, path string) []T {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

type cellCase struct {
	ID         string
	Type       string
	Descriptor json.RawMessage
	Source     json.RawMessage
	Kind       string          `json:"source_kind"`
	OK         bool            `json:"expected_ok"`
	Value      json.RawMessage `json:"expected_value"`
	Level      string
	Authority  string
}

func (s *score) cells(path string) {
	for _, c := range load[cellCase](s.t, path) {
		ok, value := s.cell(c)
		got, want := fmt.Sprint(ok), fmt.Sprint(c.OK)
		if ok && c.OK && !sameValue(value, c.Value) {
			got, want = string(value), string(c.Value)
		}
		s.judge(c.Authority, c.ID, got, want, func() string { return string(c.Descriptor) + " " + string(c.Source) })
	}
}

func (s *score) cell(c cellCase) (ok bool, value json.RawMessage) {
	desc := string(c.Descriptor)
	missing := ""
	if c.Level == "cast" { // casting alone: no text is a missing value
		missing = `,"missingValues":[]`
	}
	sc, err := schema.Parse([]byte(`{"fields":[` + desc + `]` + missing + `}`))
	if err != nil {
		s.t.Errorf("%s: %v", c.ID, err)
		return false, nil
	}
	cell, native := c.Source, false
	var tagged map[string]json.RawMessage
	if json.Unmarshal(cell, &tagged) == nil && len(tagged) == 1 {
		for k, v := range tagged {
			if strings.HasPrefix(k, "$") { // a value of a typed source, as text
				native, cell = true, v
			}
		}
	}
	rules := sc.Rules(0, schema.CastOptions{Native: native})
	var v schema.Value
	var text string
	if json.Unmarshal(cell, &text) == nil && string(cell) != "null" {
		ok = rules.Caster().Cast([]byte(text), &v)
	} else {
		ok, text = rules.Caster().CastJSON(cell, &v), string(cell)
	}
	if ok && c.Descriptor != nil {
		ok = rules.Check([]byte(text), &v) == 0
	}
	return ok, v.AppendJSON(nil)
}

// sameValue compares loosely: numbers by value, times without zone marks.
func sameValue(got, want json.RawMessage) bool {
	var g, w any
	if json.Unmarshal(got, &g) != nil || json.Unmarshal(want, &w) != nil {
		return false
	}
	return alike(g, w)
}

func alike(g, w any) bool {
	if tagged, ok := w.(map[string]any); ok && len(tagged) == 1 {
		for k, v := range tagged {
			switch k {
			case "$decimal":
				return fmt.Sprint(v) == "NaN" || strings.Contains(fmt.Sprint(v), "INF") || alike(g, numeral(v))
			case "$date", "$duration":
				return g == v
			case "$time", "$datetime":
				return sameTime(fmt.Sprint(g), fmt.Sprint(v))
			}
		}
	}
	switch w := w.(type) {
	case float64:
		x, ok := numeral(g).(float64)
		return ok && math.Abs(x-w) < 1e-9*math.Max(1, math.Abs(w))
	case []any: // a geopoint, a yearmonth, or a list
		if x, ok := g.(string); ok {
			return pairOf(x, w)
		}
		x, ok := g.([]any)
		if !ok || len(x) != len(w) {
			return false
		}
		for i := range w {
			if !alike(x[i], w[i]) {
				return false
			}
		}
		return true
	case bool:
		return fmt.Sprint(g) == fmt.Sprint(w)
	case string:
		if sameTime(fmt.Sprint(g), w) {
			return true
		}
	}
	a, _ := json.Marshal(g)
	b, _ := json.Marshal(w)
	return string(a) == string(b)
}

func numeral(v any) any {
	var f float64
	if _, err := fmt.Sscan(fmt.Sprint(v), &f); err != nil {
		return v
	}
	return f
}

func pairOf(text string, w []any) bool {
	sep := ","
	if !strings.Contains(text, ",") {
		sep = "-"
	}
	a, b, _ := strings.Cut(text, sep)
	return len(w) == 2 && fmt.Sprint(numeral(a)) == fmt.Sprint(w[0]) && fmt.Sprint(numeral(b)) == fmt.Sprint(w[1])
}

func sameTime(a, b string) bool {
	clean := func(s string) string { return strings.TrimSuffix(strings.TrimSuffix(s, "Z"), "+01:00") }
	a, b = clean(a), clean(b)
	if len(b) > 0 && len(a) == len(b) && strings.Contains(b, ":") {
		return a[len(a)-6:] == b[len(b)-6:]
	}
	return a == b
}

func (s *score) constraints(path string) {
	type constraintCase struct {
		Constraint     string
		Setting, Value json.RawMessage
		OK             bool `json:"expected_ok"`
	}
	for i, c := range load[constraintCase](s.t, path) {
		typ := "string"
		switch {
		case c.Value[0] == '[':
			typ = "array"
		case c.Value[0] != '"' && c.Value[0] != 'n':
			typ = "integer"
		}
		id := fmt.Sprintf("constraint%02d", i)
		sc, err := schema.Parse([]byte(`{"fields":[{"name":"f","type":"` + typ + `","constraints":{"` + c.Constraint + `":` + string(c.Setting) + `}}]}`))
		if err != nil {
			s.t.Fatal(err)
		}
		rules := sc.Rules(0, schema.CastOptions{})
		var v schema.Value
		ok := rules.Caster().CastJSON(c.Value, &v) && rules.Check(unquote(c.Value), &v) == 0
		s.judge("constraints", id, ok, c.OK, func() string { return c.Constraint + " " + string(c.Setting) + " " + string(c.Value) })
	}
}

func unquote(raw json.RawMessage) []byte {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return []byte(s)
	}
	return raw
}

func (s *score) descriptors(path string) {
	type descriptorCase struct {
		Descriptor json.RawMessage
		Valid      bool `json:"expected_valid"`
		Reason     string
	}
	for i, c := range load[descriptorCase](s.t, path) {
		sc, err := schema.Parse(c.Descriptor)
		valid := err == nil
		if valid {
			for _, w := range sc.Warnings {
				valid = valid && !w.Refused
			}
		}
		s.judge("descriptors", fmt.Sprintf("descriptor%02d", i), valid, c.Valid, func() string { return c.Reason })
	}
}

// rows writes cells of JSON as a CSV file.
func rows(t *testing.T, source [][]any) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	for _, r := range source {
		record := []string{}
		for _, c := range r {
			if c == nil {
				c = ""
			}
			record = append(record, fmt.Sprint(c))
		}
		if len(record) == 0 {
			w.Flush()
			b.WriteByte('\n')
			continue
		}
		if len(record) == 1 && record[0] == "" {
			w.Flush()
			b.WriteString("\"\"\n")
			continue
		}
		if err := w.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return b.String()
}

func runText(t *testing.T, descriptor []byte, data string, o Options) (*Report, error) {
	sc, err := schema.Parse(descriptor)
	if err != nil {
		return nil, err
	}
	one, delimiter := 1, ","
	if head, _, _ := strings.Cut(data, "\n"); strings.Contains(head, ";") {
		delimiter = ";"
	}
	f, err := tabular.Open(context.Background(), tabular.Bytes([]byte(data)), tabular.Options{Name: "case.csv", HeaderRows: &one, Delimiter: delimiter})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Run(context.Background(), f, sc, o)
}

func (s *score) tables(path string) {
	type tableCase struct {
		ID     string
		Schema json.RawMessage
		Source [][]any
		Errors []struct {
			Row, Field *int
			Type       string
		} `json:"expected_errors"`
		Options struct {
			Pick     []string `json:"pick_errors"`
			Resource string   `json:"resource_name"`
		}
	}
	for _, c := range load[tableCase](s.t, path) {
		rep, err := runText(s.t, c.Schema, rows(s.t, c.Source), Options{Standard: true, Resource: c.Options.Resource})
		if err != nil {
			s.judge("tables", c.ID, err, "report", func() string { return "" })
			continue
		}
		var got, want []string
		for _, f := range rep.Errors {
			if len(c.Options.Pick) > 0 && !strings.Contains(strings.Join(c.Options.Pick, " "), f.Code) {
				continue
			}
			column := f.Column
			if f.Code == CodePrimaryKey || f.Code == CodeForeignKey {
				column = 0
			}
			got = append(got, fmt.Sprint(f.Row, column, f.Code))
		}
		for _, e := range c.Errors {
			row, field := 0, 0
			if e.Row != nil {
				row = *e.Row
			}
			if e.Field != nil {
				field = *e.Field
			}
			want = append(want, fmt.Sprint(row, field, e.Type))
		}
		sort.Strings(got)
		sort.Strings(want)
		s.judge("tables", c.ID, got, want, func() string { return "" })
	}
}

func (s *score) fieldsMatch(path string) {
	type matchCase struct {
		ID                       string
		Labels, Fields, Required []string
		FieldsMatch              string
		Errors                   []struct {
			Type        string
			FieldNumber int
		} `json:"expected_header_errors"`
		Raises *string
	}
	for _, c := range load[matchCase](s.t, path) {
		fields := []map[string]any{}
		for _, f := range c.Fields {
			fields = append(fields, map[string]any{"name": f, "constraints": map[string]any{"required": contains(c.Required, f)}})
		}
		desc, _ := json.Marshal(map[string]any{"fields": fields, "fieldsMatch": c.FieldsMatch})
		values := strings.TrimSuffix(strings.Repeat("v,", len(c.Labels)), ",")
		rep, err := runText(s.t, desc, strings.Join(c.Labels, ",")+"\n"+values+"\n", Options{Standard: true})
		if err != nil {
			s.t.Errorf("%s: %v", c.ID, err)
			continue
		}
		var got, want []string
		for _, f := range rep.Errors {
			if f.Row == 0 {
				got = append(got, fmt.Sprint(f.Code, f.Column))
			}
		}
		for _, e := range c.Errors {
			want = append(want, fmt.Sprint(e.Type, e.FieldNumber))
		}
		if c.Raises != nil { // refused: any error will do
			got, want = []string{fmt.Sprint(len(got) > 0)}, []string{"true"}
		}
		s.judge("fieldsMatch", c.ID, got, want, func() string { return "" })
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (s *score) validata(path string) {
	type validataCase struct {
		ID     string
		Schema json.RawMessage
		Source json.RawMessage
		Valid  *bool    `json:"expected_valid"`
		Codes  []string `json:"expected_error_codes"`
	}
	for _, c := range load[validataCase](s.t, path) {
		var source [][]any
		var data string
		var text struct{ CSV string }
		switch {
		case json.Unmarshal(c.Source, &source) == nil:
			data = rows(s.t, source)
		case json.Unmarshal(c.Source, &text) == nil && text.CSV != "":
			data = text.CSV
		default:
			continue // rules only, or a file that is not there
		}
		rep, err := runText(s.t, c.Schema, data, Options{})
		if err != nil {
			s.t.Errorf("%s: %v", c.ID, err)
			continue
		}
		got, want := []string{}, append([]string{}, c.Codes...)
		for _, f := range rep.Errors {
			got = append(got, f.Code)
		}
		sort.Strings(got)
		sort.Strings(want)
		s.judge("validata", c.ID, got, want, func() string { return string(c.Schema) + string(c.Source) })
	}
}

func (s *score) examples(dir string) {
	type exampleCase struct {
		File, Expected string
		Schema         string `json:"schema_file"`
	}
	for _, c := range load[exampleCase](s.t, filepath.Join(dir, "index.json")) {
		desc, err := os.ReadFile(filepath.Join(dir, c.Schema))
		if err != nil {
			s.t.Fatal(err)
		}
		sc, err := schema.Parse(desc)
		if err != nil {
			s.judge("examples", c.File, err, c.Expected, func() string { return "" })
			continue
		}
		src, err := tabular.OpenFile(filepath.Join(dir, c.File))
		if err != nil {
			s.t.Fatal(err)
		}
		f, err := tabular.Open(context.Background(), src, tabular.Options{Name: filepath.Base(c.File)})
		if err != nil {
			s.judge("examples", c.File, err, c.Expected, func() string { return "" })
			continue
		}
		rep, err := Run(context.Background(), f, sc, Options{Limit: 3})
		f.Close()
		if err != nil {
			s.judge("examples", c.File, err, c.Expected, func() string { return "" })
			continue
		}
		got := "invalid"
		if rep.Valid {
			got = "valid"
		}
		s.judge("examples", c.File, got, c.Expected, func() string {
			var b strings.Builder
			for _, f := range rep.Errors {
				fmt.Fprintf(&b, "\n   %s %s row %d %s %q", f.Code, f.Constraint, f.Row, f.Field, f.Cell)
			}
			return b.String()
		})
	}
}
