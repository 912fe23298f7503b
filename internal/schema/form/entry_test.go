package form_test

import (
	"sort"
	"strings"
	"testing"
	"time"

	"socle/internal/i18n"
	"socle/internal/schema/form"
	"socle/internal/schema/national"
)

func definition(t *testing.T, items ...form.Item) *form.Definition {
	t.Helper()
	d := &form.Definition{Title: "Essai", Language: "fr", Items: items}
	s, err := d.WriteSchema("essai")
	if err != nil {
		t.Fatal(err)
	}
	d.Schema = s
	return d
}

var noon = time.Date(2025, 7, 14, 12, 0, 0, 0, time.UTC)

// judged returns the values kept and the names of what is wrong.
func judged(t *testing.T, d *form.Definition, v form.Values) (form.Values, string) {
	t.Helper()
	c, err := form.NewChecker(d)
	if err != nil {
		t.Fatal(err)
	}
	out, bad, err := c.Check(v, noon)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range bad {
		names = append(names, f.Name)
		for _, l := range i18n.Langs {
			if m := i18n.T(l, f.Key, f.Args); m == "" || strings.HasPrefix(m, "[") {
				t.Errorf("%s: %q says %q", f.Name, f.Key, m)
			}
		}
	}
	sort.Strings(names)
	return out, strings.Join(names, " ")
}

// A commune is told by its code, or by a name that one commune bears.
func TestCommuneByItsName(t *testing.T) {
	d := definition(t,
		form.Item{Kind: form.Field, Name: "commune", Label: "Commune", Control: form.Commune, Format: "code-commune-insee"},
		form.Item{Kind: form.Field, Name: "nom", Label: "Nom de la commune", Control: form.Commune, Format: "commune"},
	)
	for text, want := range map[string]string{"Roques (31458)": "31458", "31458": "31458", "toulouse": "31555", "Saint-Rémy": "Saint-Rémy commune"} {
		v, wrong := judged(t, d, form.Values{"commune": text, "nom": "Roques"})
		if got := strings.TrimSpace(v["commune"] + " " + wrong); got != want || v["nom"] != "Roques" {
			t.Errorf("%q: %v, %q", text, v, wrong)
		}
	}
}

func TestChecks(t *testing.T) {
	d := definition(t,
		form.Item{Kind: form.Field, Name: "type", Label: "Type", Control: form.OneChoice, Required: true, Choices: []form.Choice{{Value: "puits", Label: "Puits"}, {Value: "source", Label: "Source"}}},
		form.Item{Kind: form.Section, Name: "s", Title: "Puits", Relevant: "${type} = 'puits'", Items: []form.Item{
			{Kind: form.Field, Name: "profondeur", Label: "Profondeur", Control: form.Number, Required: true, Minimum: "0", Constraint: ". < 500", ConstraintMessage: "Moins de 500 m"},
		}},
		form.Item{Kind: form.Field, Name: "usages", Label: "Usages", Control: form.Choices, Choices: []form.Choice{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}},
		form.Item{Kind: form.Field, Name: "double", Label: "Double", Control: form.Calculated, Calculation: "${profondeur} * 2"},
		form.Item{Kind: form.Field, Name: "lieu", Label: "Lieu", Control: form.Point},
		form.Item{Kind: form.Repeat, Name: "plantes", Title: "Plantes", Max: 2, Items: []form.Item{
			{Kind: form.Field, Name: "nom", Label: "Nom", Control: form.Text, Required: true},
			{Kind: form.Field, Name: "age", Label: "Âge", Control: form.Integer, Relevant: "${nom} != 'inconnue'"},
		}},
	)
	for _, c := range []struct {
		name string
		in   form.Values
		bad  string
		want form.Values
	}{
		{"nothing", form.Values{}, "", nil},
		{"spaces", form.Values{"type": " puits ", "profondeur": "12"}, "", form.Values{"type": "puits", "profondeur": "12", "double": "24"}},
		{"not asked", form.Values{"type": "source", "profondeur": "12"}, "", form.Values{"type": "source"}},
		{"required of what is asked", form.Values{"type": "puits"}, "profondeur", nil},
		{"constraint", form.Values{"type": "puits", "profondeur": "600"}, "profondeur", nil},
		{"minimum", form.Values{"type": "puits", "profondeur": "-1"}, "profondeur", nil},
		{"type", form.Values{"type": "puits", "profondeur": "douze"}, "profondeur", nil},
		{"no such choice", form.Values{"type": "mare"}, "type", nil},
		{"several", form.Values{"type": "source", "usages": "a;b"}, "", form.Values{"type": "source", "usages": "a;b"}},
		{"one of several", form.Values{"type": "source", "usages": "a;c"}, "usages", nil},
		{"unknown", form.Values{"type": "source", "autre": "x"}, "autre", nil},
		{"point", form.Values{"type": "source", "lieu": "1.4,43.6"}, "", form.Values{"type": "source", "lieu": "1.4,43.6"}},
		{"no point", form.Values{"type": "source", "lieu": "ici"}, "lieu", nil},
		{"repeat", form.Values{"type": "source", "plantes": `[{"nom":"Chêne","age":"3"},{"nom":"inconnue","age":"4"}]`}, "",
			form.Values{"type": "source", "plantes": `[{"age":"3","nom":"Chêne"},{"nom":"inconnue"}]`}},
		{"repeat required", form.Values{"type": "source", "plantes": `[{"age":"3"}]`}, "plantes[0].nom", nil},
		{"repeat type", form.Values{"type": "source", "plantes": `[{"nom":"a"},{"nom":"b","age":"x"}]`}, "plantes[1].age", nil},
		{"too many", form.Values{"type": "source", "plantes": `[{"nom":"a"},{"nom":"b"},{"nom":"c"}]`}, "plantes", nil},
		{"no repeat", form.Values{"type": "source", "plantes": `{"nom":"a"}`}, "plantes", nil},
		{"control character", form.Values{"type": "source", "double": "\x01"}, "double", nil},
	} {
		out, bad := judged(t, d, c.in)
		if c.bad == "" && c.name == "nothing" {
			if bad != "" {
				t.Errorf("nothing: %q", bad)
			}
			continue
		}
		if bad != c.bad {
			t.Errorf("%s: wrong are %q, want %q", c.name, bad, c.bad)
		}
		if c.want == nil {
			continue
		}
		if len(out) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, out, c.want)
		}
		for k, v := range c.want {
			if out[k] != v {
				t.Errorf("%s: %s is %q, want %q", c.name, k, out[k], v)
			}
		}
	}
}

// TestNationalExamples fills the form of every bundled schema with the examples
// of the schema: what a schema calls right, its form takes.
func TestNationalExamples(t *testing.T) {
	for _, e := range national.List() {
		s, err := e.Schema()
		if err != nil {
			t.Fatal(err)
		}
		d := form.FromSchema(s, form.Origin{})
		v := form.Values{}
		for _, f := range e.Fields {
			v[f.Name] = f.Example
		}
		if _, bad := judged(t, d, d.Join(v)); bad != "" {
			t.Errorf("%s: %s", e.Ref(), bad)
		}
	}
}

// A filter leaves the choices whose columns go with another answer, in repeats too; what
// it does not leave is no answer.
func TestChoiceFilter(t *testing.T) {
	communes := []form.Choice{
		{Value: "31458", Label: "Roques", Columns: map[string]string{"dep": "31"}}, {Value: "31555", Label: "Toulouse", Columns: map[string]string{"dep": "31"}}, {Value: "81004", Label: "Albi", Columns: map[string]string{"dep": "81"}},
	}
	commune := form.Item{Kind: form.Field, Name: "commune", Label: "Commune", Control: form.OneChoice, Choices: communes, ChoiceFilter: "dep = ${dep}"}
	inner := commune
	inner.Name, inner.ChoiceFilter = "autre", "dep = ${ici} or name = '81004'"
	d := definition(t,
		form.Item{Kind: form.Field, Name: "dep", Label: "Département", Control: form.Text}, commune,
		form.Item{Kind: form.Repeat, Name: "suite", Title: "Suite", Items: []form.Item{{Kind: form.Field, Name: "ici", Label: "Ici", Control: form.Text}, inner}},
	)
	for bad, in := range map[string]form.Values{
		"":               {"dep": "31", "commune": "31458", "suite": `[{"ici":"31","autre":"31555"},{"ici":"","autre":"81004"}]`},
		"commune":        {"dep": "81", "commune": "31458"},
		"suite[1].autre": {"dep": "31", "suite": `[{"ici":"31","autre":"31555"},{"ici":"81","autre":"31555"}]`},
	} {
		if _, got := judged(t, d, in); got != bad {
			t.Errorf("%v: wrong are %q, want %q", in, got, bad)
		}
	}
	c, err := form.NewChecker(d)
	if err != nil {
		t.Fatal(err)
	}
	for dep, want := range map[string]string{"31": "31458 31555", "81": "81004", "": ""} {
		l, err := c.Look(form.Values{"dep": dep}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(l.Offered["commune"], " "); got != want {
			t.Errorf("%q: offered are %q, want %q", dep, got, want)
		}
	}
	commune.ChoiceFilter = "dep = ("
	if _, err := form.NewChecker(definition(t, commune)); err == nil {
		t.Error("a filter that makes no sense is taken")
	}
}

func TestBadExpression(t *testing.T) {
	d := definition(t, form.Item{Kind: form.Field, Name: "a", Label: "A", Control: form.Text, Relevant: "${b} = ("})
	if _, err := form.NewChecker(d); err == nil {
		t.Error("an expression that makes no sense is taken")
	}
}
