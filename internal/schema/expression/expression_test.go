package expression_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/schema/expression"
)

type caseFile struct {
	Now   time.Time `json:"now"`
	UUID  string    `json:"uuid"`
	Cases []struct {
		Expression string
		Values     map[string]json.RawMessage
		Self       json.RawMessage
		Path       [][2]any
		Language   string
		Labels     map[string]map[string]string
		Columns    map[string]string // of a choice: the expression is a filter
		Text       string
		True       *bool
	}
	Errors []struct {
		Expression string
		Error      string
		Position   int
	}
}

func readCases(t testing.TB) caseFile {
	t.Helper()
	data, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f caseFile
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func answerOf(t testing.TB, raw json.RawMessage) expression.Answer {
	t.Helper()
	var a expression.Answer
	var rows []map[string]json.RawMessage
	switch {
	case len(raw) == 0 || json.Unmarshal(raw, &a.Text) == nil:
	case json.Unmarshal(raw, &a.Choices) == nil:
	case json.Unmarshal(raw, &rows) == nil:
		a.Rows = []expression.Row{}
		for _, r := range rows {
			a.Rows = append(a.Rows, rowOf(t, r))
		}
	default:
		t.Fatalf("answer %s", raw)
	}
	return a
}

func rowOf(t testing.TB, values map[string]json.RawMessage) expression.Row {
	row := expression.Row{}
	for name, raw := range values {
		row[name] = answerOf(t, raw)
	}
	return row
}

func TestCases(t *testing.T) {
	f := readCases(t)
	if len(f.Cases) < 200 || len(f.Errors) < 20 {
		t.Fatalf("%d cases, %d errors: cases.json is not read", len(f.Cases), len(f.Errors))
	}
	used := map[string]bool{}
	for _, c := range f.Cases {
		parse := expression.Parse
		if c.Columns != nil {
			if _, err := parse(c.Expression); err == nil {
				t.Errorf("%s: columns of choices are read outside of filters", c.Expression)
			}
			parse = expression.ParseFilter
		}
		e, err := parse(c.Expression)
		if err != nil {
			t.Errorf("%s: %v", c.Expression, err)
			continue
		}
		env := &expression.Env{Root: rowOf(t, c.Values), Self: answerOf(t, c.Self), Now: f.Now, Language: c.Language, UUID: func() string { return f.UUID }, Column: func(name string) string { return c.Columns[name] }}
		for _, s := range c.Path {
			env.Path = append(env.Path, expression.Step{Repeat: s[0].(string), Index: int(s[1].(float64))})
		}
		if c.Labels != nil {
			env.Label = func(name, value string) string {
				if l := c.Labels[name][value]; l != "" {
					return l
				}
				return value
			}
		}
		if got := e.Text(env); got != c.Text {
			t.Errorf("%s: %q, want %q", c.Expression, got, c.Text)
		}
		if c.True != nil && e.True(env) != *c.True {
			t.Errorf("%s as a condition: %v", c.Expression, !*c.True)
		}
		for _, usage := range expression.Functions() {
			name, _, _ := strings.Cut(usage, "(")
			used[name] = used[name] || strings.Contains(c.Expression, name+"(")
		}
	}
	for name, ok := range used {
		if !ok {
			t.Errorf("no case calls %s()", name)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range readCases(t).Errors {
		_, err := expression.Parse(c.Expression)
		if err == nil {
			t.Errorf("%q is accepted", c.Expression)
			continue
		}
		e := errs.As(err)
		at, _ := e.Args["Position"].(int)
		if e.Kind != errs.Invalid || e.Key != c.Error || at != c.Position || e.Hint == "" {
			t.Errorf("%q: %s at %d, want %s at %d", c.Expression, e.Key, at, c.Error, c.Position)
		}
	}
}

func TestBounds(t *testing.T) {
	for key, text := range map[string]string{
		"expression.long":     "'" + strings.Repeat("a", expression.MaxLength) + "'",
		"expression.deep":     strings.Repeat("(", expression.MaxDepth+1) + "1" + strings.Repeat(")", expression.MaxDepth+1),
		"expression.encoding": "'\xff'",
	} {
		if _, err := expression.Parse(text); err == nil || errs.As(err).Key != key {
			t.Errorf("%s: %v", key, err)
		}
	}
	for _, text := range []string{strings.Repeat("-", expression.MaxLength), strings.Repeat("not(", 900), strings.Repeat("1+", 1900) + "1"} {
		if _, err := expression.Parse(text); err == nil {
			t.Errorf("%.20s… of %d characters is accepted", text, len(text))
		}
	}
}

func TestWhatItNames(t *testing.T) {
	e, err := expression.Parse("if(selected(${b}, ${a}), ${b} + 1, once(/data/g/c))")
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Names(); !slices.Equal(got, []string{"b", "a", "c"}) {
		t.Errorf("names %v", got)
	}
	if !e.Changes() || e.UsesSelf() {
		t.Errorf("changes %v, uses self %v", e.Changes(), e.UsesSelf())
	}
	e, err = expression.Parse("-. > 1")
	if err != nil {
		t.Fatal(err)
	}
	if e.Changes() || !e.UsesSelf() {
		t.Errorf("changes %v, uses self %v", e.Changes(), e.UsesSelf())
	}
}

// Whatever is written, an expression is refused with words or gives a value, and what
// is read back from its text means the same.
func FuzzExpression(f *testing.F) {
	cases := readCases(f)
	for _, c := range cases.Cases {
		f.Add(c.Expression, "12", "2026-03-01")
	}
	for _, c := range cases.Errors {
		f.Add(c.Expression, "", "x")
	}
	f.Fuzz(func(t *testing.T, source, a, self string) {
		e, err := expression.Parse(source)
		if err != nil {
			if k := errs.As(err); k.Kind != errs.Invalid || k.Hint == "" {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		env := &expression.Env{Root: expression.Row{"a": {Text: a}, "r": {Rows: []expression.Row{{"b": {Text: a}}}}},
			Self: expression.Answer{Text: self}, Now: cases.Now}
		if x, y := e.Text(env), e.Text(env); x != y {
			t.Fatalf("%q: %q, then %q", source, x, y)
		}
		e.True(env)
	})
}
