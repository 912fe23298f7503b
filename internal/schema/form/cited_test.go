package form_test

import (
	"reflect"
	"testing"

	"socle/internal/schema/form"
)

func TestCitedAnswers(t *testing.T) {
	d := &form.Definition{Items: []form.Item{
		{Kind: form.Field, Name: "commune", Label: "Commune", Control: form.OneChoice, Choices: []form.Choice{{Value: "31458", Label: "Roques"}}},
		{Kind: form.Section, Name: "section", Items: []form.Item{
			{Kind: form.Field, Name: "essences", Label: "Essences", Control: form.Choices, Joined: "|", Choices: []form.Choice{{Value: "c", Label: "Cèdre"}, {Value: "t", Label: "Tilleul"}}},
		}},
		{Kind: form.Repeat, Name: "arbres", Items: []form.Item{{Kind: form.Field, Name: "nom", Label: "Nom à ${commune}", Control: form.Text}}},
	}}
	entry := form.Values{"commune": "31458", "essences": "c|t"}
	for _, c := range []struct {
		text, want string
		around     []form.Values
	}{
		{"Sans réponse citée.", "Sans réponse citée.", nil},
		{"Combien à ${commune} ?", "Combien à … ?", nil},
		{"Combien à ${ commune } ?", "Combien à Roques ?", []form.Values{entry}},
		{"${essences}", "Cèdre, Tilleul", []form.Values{entry}},
		{"${nom} à ${commune}", "Le grand à Roques", []form.Values{{"nom": "Le grand"}, entry}},
		{"${section} ${inconnu} ${a b} $5", "${section} ${inconnu} ${a b} $5", []form.Values{entry}},
	} {
		if got := d.Say(c.text, c.around...); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
	want := []form.Part{{Words: "À "}, {Question: "commune"}, {Words: " : "}, {Question: "nom"}}
	if got := form.Parts("À ${commune} : ${nom}"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	s, err := (&form.Definition{Items: []form.Item{{Kind: form.Field, Name: "nom", Label: "Nom à ${nom}", Control: form.Text}}}).WriteSchema("")
	if err != nil || s.Fields[0].Title != "Nom à …" {
		t.Errorf("the column cites an answer of one row: %v, %v", s, err)
	}
}
