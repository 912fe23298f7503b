package form_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/i18n"
	"socle/internal/schema/form"
)

// A form is shown in the reader's language as far as it is written in it; what is kept
// and calculated is the same for all.
func TestLanguages(t *testing.T) {
	d := definition(t, form.Item{Kind: form.Section, Title: "Puits", Translations: map[string]form.Words{"en": {Title: "Well"}}, Items: []form.Item{
		{Kind: form.Field, Name: "etat", Label: "État", Help: "Vu du bord", Control: form.OneChoice, Translations: map[string]form.Words{"en": {Label: "State"}},
			Choices: []form.Choice{{Value: "bon", Label: "Bon", Labels: map[string]string{"en": "Good"}}, {Value: "sec", Label: "À sec"}}},
		{Kind: form.Field, Name: "mot", Label: "Mot", Control: form.Calculated, Calculation: "jr:choice-name(${etat}, '${etat}')"},
		{Kind: form.Field, Name: "nom", Label: "Nom", Control: form.Text, Constraint: ". != 'x'", ConstraintMessage: "Pas x", Translations: map[string]form.Words{"en": {ConstraintMessage: "Not x"}}},
	}})
	if diff := cmp.Diff([]string{"fr", "en"}, d.Languages()); diff != "" {
		t.Error(diff)
	}
	said := func(d *form.Definition) string {
		var parts []string
		for it := range d.Fields() {
			parts = append(parts, it.Label, it.Help)
			for _, c := range it.Choices {
				parts = append(parts, c.Label)
			}
		}
		return d.Items[0].Title + ": " + strings.Join(parts, "|")
	}
	if got := said(d.In("en")); got != "Well: State|Vu du bord|Good|À sec|Mot||Nom|" {
		t.Error(got)
	}
	if d.In("fr") != d || d.In("es") != d || said(d) != "Puits: État|Vu du bord|Bon|À sec|Mot||Nom|" {
		t.Errorf("what is kept is %s", said(d))
	}
	c, err := form.NewChecker(d)
	if err != nil {
		t.Fatal(err)
	}
	v, bad, err := c.Check(form.Values{"etat": "bon", "nom": "x"}, noon)
	if err != nil || v["mot"] != "Bon" || len(bad) != 1 {
		t.Fatalf("%v %v %v", v, bad, err)
	}
	for l, want := range map[i18n.Lang]string{i18n.French: "Pas x", i18n.English: "Not x"} {
		if got := i18n.T(l, bad[0].Key, bad[0].Args); got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
	}
}
