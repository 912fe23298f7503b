package collectui

import (
	"strings"
	"testing"

	"socle/internal/schema/form"
)

// A condition that the editor writes is one that it reads; of several choices it asks
// whether one is among them, and words of a choice stand for its value.
func TestCondition(t *testing.T) {
	list := []line{
		{Item: form.Item{Kind: form.Field, Name: "nom", Control: form.Text}},
		{Item: form.Item{Kind: form.Field, Name: "etat", Control: form.OneChoice, Choices: []form.Choice{{Value: "b", Label: "Bon"}}}},
		{Item: form.Item{Kind: form.Field, Name: "cultures", Control: form.Choices, Choices: []form.Choice{{Value: "autre", Label: "Autre culture"}}}},
	}
	for _, c := range []struct {
		condition
		want string
	}{
		{condition{"nom", "!=", "l'école"}, "${nom} != 'l’école'"},
		{condition{"etat", "=", "bon"}, "${etat} = 'b'"},
		{condition{"cultures", "=", "autre"}, "selected(${cultures}, 'autre')"},
		{condition{"cultures", "!=", "Autre culture"}, "not(selected(${cultures}, 'autre'))"},
		{condition{"gone", ">", "3"}, "${gone} > '3'"},
		{condition{"", "=", ""}, ""},
	} {
		got := c.expression(list)
		if got != c.want {
			t.Errorf("%v is %s, want %s", c.condition, got, c.want)
		}
		again, ok := readCondition(got)
		if !ok || again.expression(list) != got {
			t.Errorf("%s is read as %v, %v", got, again, ok)
		}
	}
	for _, text := range []string{"${a} = 'b' and ${c} = 'd'", "not(selected(${a}, 'b')", "count(${a}) > 2"} {
		if c, ok := readCondition(text); ok {
			t.Errorf("%s is read as %v", text, c)
		}
	}
}

func TestRuleProblems(t *testing.T) {
	field := func(control form.Control, change func(*form.Item)) form.Item {
		it := form.Item{Kind: form.Field, Name: "q", Label: "Question", Control: control}
		change(&it)
		return it
	}
	two, five := 2, 5
	for _, c := range []struct {
		item form.Item
		want string // inputs
	}{
		{field(form.Number, func(it *form.Item) { it.Minimum, it.Maximum, it.Default = "2.5", "100", "3" }), ""},
		{field(form.Number, func(it *form.Item) { it.Minimum, it.Maximum = "douze", "100" }), "i0-minimum"},
		{field(form.Integer, func(it *form.Item) { it.Minimum, it.Maximum = "9", "10" }), ""},
		{field(form.Integer, func(it *form.Item) { it.Minimum, it.Maximum = "10", "9" }), "i0-minimum"},
		{field(form.Integer, func(it *form.Item) { it.Maximum, it.Default = "9", "10" }), "i0-default"},
		{field(form.Date, func(it *form.Item) { it.Minimum, it.Maximum = "2024-01-01", "2024-12-31" }), ""},
		{field(form.Date, func(it *form.Item) { it.Minimum = "le 3 mai" }), "i0-minimum"},
		{field(form.Month, func(it *form.Item) { it.Minimum, it.Maximum = "2024-02", "2024-01" }), "i0-minimum"},
		{field(form.Year, func(it *form.Item) { it.Minimum = "1900" }), ""},
		{field(form.Text, func(it *form.Item) { it.MinLength, it.MaxLength = &five, &two }), "i0-min-length"},
		{field(form.Text, func(it *form.Item) { it.Pattern, it.Default = "[0-9]{5}", "31000" }), ""},
		{field(form.Text, func(it *form.Item) { it.Pattern = "[0-9" }), "i0-pattern"},
		{field(form.Text, func(it *form.Item) { it.Pattern, it.Default = "[0-9]{5}", "non" }), "i0-default"},
		{field(form.Text, func(it *form.Item) { it.Constraint = ". != 'x'" }), ""},
		{field(form.Text, func(it *form.Item) { it.Constraint = ". >= ${nulle_part}" }), "i0-constraint"},
		{field(form.Calculated, func(it *form.Item) { it.Calculation = "${q} * 2" }), ""},
		{field(form.Calculated, func(*form.Item) {}), "i0-calculation"},
		{field(form.Calculated, func(it *form.Item) { it.Calculation = "${q} *" }), "i0-calculation"},
		{form.Item{Kind: form.Repeat, Name: "r", Title: "Liste"}, "i0-label"},
		{form.Item{Kind: form.Repeat, Name: "r", Title: "Liste", Min: 3, Max: 2, Items: []form.Item{{Kind: form.Field, Name: "q", Control: form.Text}}}, "i0-min"},
	} {
		var names []string
		for _, p := range ruleProblems(t.Context(), []form.Item{c.item}) {
			names = append(names, p.Name)
			if !strings.Contains(p.Message, orElse(c.item.Title, c.item.Label)) {
				t.Errorf("%q does not name its question", p.Message)
			}
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%+v: %q, want %q", c.item, got, c.want)
		}
	}
}

// What is in a row has a path; rows are added and removed by it.
func TestRows(t *testing.T) {
	items := []form.Item{{Kind: form.Section, Items: []form.Item{{Kind: form.Repeat, Name: "arbres", Items: []form.Item{
		{Kind: form.Field, Name: "photo", Control: form.Photo},
		{Kind: form.Repeat, Name: "nids", Items: []form.Item{{Kind: form.Field, Name: "oiseau", Control: form.Text}}},
	}}}}}
	for path, want := range map[string]string{"arbres": "arbres", "arbres[1].photo": "photo", "arbres[0].nids[3].oiseau": "oiseau", "arbres[x].photo": "", "arbres[-1].photo": "", "arbres.photo": "", "autre": ""} {
		it, top := find(items, path)
		if it == nil && want != "" || it != nil && (it.Name != want || top.Name != "arbres") {
			t.Errorf("%s is %v of %v", path, it, top)
		}
	}
	v := form.Values{"arbres": `[{"photo":"a"},{"photo":"b"}]`}
	for _, c := range []struct{ act, want string }{
		{"add:arbres[1].nids", `[{"photo":"a"},{"nids":"[{}]","photo":"b"}]`},
		{"remove:arbres[0]", `[{"nids":"[{}]","photo":"b"}]`},
		{"remove:arbres[7]", `[{"nids":"[{}]","photo":"b"}]`},
		{"add:arbres", `[{"nids":"[{}]","photo":"b"},{}]`},
		{"remove:arbres[0].nids[0]", `[{"photo":"b"},{}]`},
		{"remove:autre[0]", `[{"photo":"b"},{}]`},
		{"show", `[{"photo":"b"},{}]`},
	} {
		if change(items, v, c.act); v["arbres"] != c.want {
			t.Errorf("after %s: %s, want %s", c.act, v["arbres"], c.want)
		}
	}
}
