package schema

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socle/internal/errs"
)

// A descriptor is read, written and read again: the same, with the same warnings
// but for slips, which are mended once read.
func TestRoundTrip(t *testing.T) {
	files, err := filepath.Glob("testdata/descriptors/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no descriptor: %v", err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(data)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		once := s.JSON()
		again, err := Parse(once)
		if err != nil {
			t.Errorf("%s: written as\n%s\n%v", path, once, err)
			continue
		}
		if twice := again.JSON(); !bytes.Equal(once, twice) {
			t.Errorf("%s: written as\n%s\nthen as\n%s", path, once, twice)
		}
		if len(again.Fields) != len(s.Fields) {
			t.Errorf("%s: %d fields, then %d", path, len(s.Fields), len(again.Fields))
		}
	}
}

// Slips of published schemas are understood and told.
func TestSlips(t *testing.T) {
	data, err := os.ReadFile("testdata/descriptors/slips.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	f := s.Fields
	switch {
	case !f[0].Constraints.Required || f[0].Type != Integer:
		t.Errorf("contraints and type: %+v", f[0])
	case f[1].Constraints.Pattern != "[a-z]+" || f[1].Format != "uri":
		t.Errorf("constraint beside constraints: %+v", f[1])
	case s.Checks[0].Name != "french-gps-coordinates" || s.Checks[0].Params["column"] != "p":
		t.Errorf("check: %+v", s.Checks)
	}
	var keys []string
	for _, w := range s.Warnings {
		keys = append(keys, w.Key)
	}
	for _, want := range []string{"schema.warning.misspelt", "schema.warning.unknown-type", "schema.warning.constraint-beside", "schema.warning.format-in-constraints", "schema.warning.misspelt-check"} {
		if !strings.Contains(strings.Join(keys, " "), want) {
			t.Errorf("no warning %s in %v", want, keys)
		}
	}
}

// What cannot be read is an Invalid error with a message and a hint, soon.
func TestRefused(t *testing.T) {
	many := `{"fields":[` + strings.Repeat(`{"name":"a"},`, MaxFields) + `{"name":"b"}]}`
	deep := strings.Repeat(`{"name":"a","type":"array","arrayItem":`, 40) + `{}` + strings.Repeat(`}`, 40)
	for name, c := range map[string]struct{ data, key string }{
		"empty":     {"", "schema.not-json"},
		"no json":   {"{\n \"fields\": [,]}", "schema.not-json"},
		"a list":    {"[]", "schema.not-object"},
		"null":      {"null", "schema.not-object"},
		"no fields": {"{}", "schema.no-fields"},
		"text":      {`{"fields":"a"}`, "schema.fields-not-list"},
		"numbers":   {`{"fields":[1]}`, "schema.field-not-object"},
		"many":      {many, "schema.too-many-fields"},
		"deep":      {`{"fields":[` + deep + `]}`, "schema.too-deep"},
		"nested":    {strings.Repeat("[", 100_000), "schema.not-json"},
		"large":     {strings.Repeat(" ", MaxDescriptor+1), "schema.too-large"},
	} {
		_, err := Parse([]byte(c.data))
		if e := errs.As(err); err == nil || e.Key != c.key || e.Hint == "" {
			t.Errorf("%s: %v, want %s with a hint", name, err, c.key)
		}
	}
}

// Hostile descriptors come to an end: long enumerations, endless patterns, references
// of a JSON schema to itself.
func TestHostile(t *testing.T) {
	var fields []string
	for i := range 2000 {
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":"string","constraints":{"pattern":"(a{1,900}){1,900}","enum":["x"]}}`, i))
	}
	if _, err := Parse([]byte(`{"fields":[` + strings.Join(fields, ",") + `]}`)); err != nil {
		t.Error(err)
	}
	s, err := Parse([]byte(`{"fields":[{"name":"a","type":"object","constraints":{"jsonSchema":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := outcome(s, `{"a":1}`); got != "!jsonSchema" {
		t.Errorf("a schema that refers to itself: %s", got)
	}
	p, err := CompilePattern(`(?=x*)(a+)+b`)
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		if p.Match(bytes.Repeat([]byte("a"), 60)) == Yes {
			t.Fatal("matched")
		}
	}
}

// The automaton and package regexp agree.
func TestAutomaton(t *testing.T) {
	texts := []string{"", "a", "A1", "AB12", "31555", "2A004", "2C004", "FR1234567890", "FR12345", "a\nb", "été", "x-y", "  ", "ab", "b", "aaaa", "W313001234"}
	for _, p := range []string{`[A-Z]\d`, `^FR[0-9]{10}$`, `([013-9]\d|2[AB1-9])\d{3}`, `a|b`, `(a|b)*`, `a?b?`, `.*`, `.+`, `\w+`, `[^a]+`, `(?i)fr.*`, `W\d{9}`, ``, `^$`, `a{2,4}`, `\bab\b`, `(?s).*`, `x\-y`} {
		c, err := CompilePattern(p)
		if err != nil {
			t.Errorf("%s: %v", p, err)
			continue
		}
		for _, s := range texts {
			want := No
			if c.fast.MatchString(s) {
				want = Yes
			}
			if got := c.Match([]byte(s)); got != want {
				t.Errorf("%s on %q: %d, package regexp says %d", p, s, got, want)
			}
		}
	}
}

// A sample of a pattern is matched by it.
func TestSample(t *testing.T) {
	for p, want := range map[string]string{`FR\d{3}`: "FR111", `[A-Z]{2}-\d+`: "AA-1", `(oui|non)`: "oui", `https?://.+`: "http://a", `a*`: ""} {
		c, err := CompilePattern(p)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := c.Sample(); got != want {
			t.Errorf("sample of %s is %q, want %q", p, got, want)
		}
	}
}

// A data package has tables that know one another.
func TestPackage(t *testing.T) {
	good := `{"name":"p","resources":[
		{"name":"villes","path":"villes.csv","dialect":{"delimiter":";"},"schema":{"fields":[{"name":"code"}],"primaryKey":"code"}},
		{"name":"rues","path":["a.csv","b.csv"],"schema":{"fields":[{"name":"ville"}],"foreignKeys":[{"fields":"ville","reference":{"resource":"villes","fields":"code"}}]}},
		{"name":"autre","path":"c.csv","schema":"https://exemple.fr/schema.json"}]}`
	p, err := ParsePackage([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if !IsPackage([]byte(good)) || IsPackage([]byte(`{"fields":[]}`)) {
		t.Error("a package is not recognised")
	}
	if r := p.Resource("rues"); r == nil || len(r.Paths) != 2 || r.Schema.ForeignKeys[0].Reference.Resource != "villes" {
		t.Errorf("rues is %+v", r)
	}
	if p.Resource("villes").Delimiter != ";" || p.Resource("autre").SchemaRef == "" || p.Resource("x") != nil {
		t.Error("members of resources are lost")
	}
	for _, c := range []struct{ data, key string }{
		{`{}`, "schema.no-resources"},
		{`{"resources":[{"name":"a"},{"name":"a"}]}`, "schema.same-resource"},
		{strings.Replace(good, `"resource":"villes"`, `"resource":"ville"`, 1), "schema.foreign-key-no-resource"},
		{strings.Replace(good, `"fields":"code"}}]`, `"fields":"nom"}}]`, 1), "schema.foreign-key-no-field"},
		{`{"resources":[{"name":"a","schema":{"fields":1}}]}`, "schema.fields-not-list"},
	} {
		if _, err := ParsePackage([]byte(c.data)); err == nil || errs.As(err).Key != c.key || errs.As(err).Hint == "" {
			t.Errorf("%s: %v, want %s", c.data, err, c.key)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/descriptors/*.json")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			if errs.As(err).Key == "" {
				t.Errorf("an error without message: %v", err)
			}
			return
		}
		out := s.JSON()
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("%s\nwritten as\n%s\n%v", data, out, err)
		}
		if len(again.Fields) != len(s.Fields) {
			t.Fatalf("%d fields, then %d", len(s.Fields), len(again.Fields))
		}
	})
}

func FuzzCast(f *testing.F) {
	f.Add("2024-01-01", "%d/%m/%Y", uint8(7))
	f.Add("1 234,5 €", "", uint8(1))
	f.Add(`{"type":"Point","coordinates":[1,2]}`, "", uint8(14))
	f.Fuzz(func(t *testing.T, cell, format string, kind uint8) {
		field := Field{Name: "f", Type: Types[int(kind)%len(Types)], Format: format, BareNumber: kind%2 == 0, GroupChar: " ", DecimalChar: ",", Delimiter: ";"}
		r := field.Rules(CastOptions{Native: kind%3 == 0})
		var v Value
		if !r.Caster().Cast([]byte(cell), &v) {
			return
		}
		r.Check([]byte(cell), &v)
		if v.Class == Null {
			return
		}
		if v.Class != ClassOf(field.Type) {
			t.Fatalf("%s gives class %d", field.Type, v.Class)
		}
		if out := v.AppendJSON(nil); len(out) == 0 {
			t.Fatalf("%s of %q is no JSON", field.Type, cell)
		}
	})
}

// References of JSON schemas that go round in circles, and instances as deep as
// they are: an answer, whatever it is.
func TestCyclicJSONSchema(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 5000) + `1` + strings.Repeat(`}`, 5000)
	for _, c := range []string{
		`{"$ref":"#"}`,
		`{"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}}`,
		`{"properties":{"a":{"$ref":"#"}}}`,
		`{"anyOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}`,
		`{"not":{"$ref":"#"}}`,
		`{"properties":{"a":{"oneOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}}}`,
		`{"$ref":"#/$ref"}`,
		`{"items":{"$ref":"#"},"additionalProperties":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}`,
	} {
		s, err := Parse([]byte(`{"fields":[{"name":"a","type":"object","constraints":{"jsonSchema":` + c + `}}]}`))
		if err != nil {
			t.Errorf("%s: %v", c, err)
			continue
		}
		r := s.Rules(0, CastOptions{})
		for _, cell := range []string{`{}`, `{"a":{"a":{}}}`, deep} {
			var v Value
			if r.Caster().Cast([]byte(cell), &v) {
				r.Check([]byte(cell), &v)
			}
		}
	}
}
