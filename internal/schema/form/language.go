package form

import (
	"cmp"
	"slices"

	"socle/internal/i18n"
)

// Words are the texts of an item in a language that is not the form's own; what is
// empty is told in the form's own.
type Words struct {
	Title             string `json:"title,omitempty"`
	Label             string `json:"label,omitempty"`
	Help              string `json:"help,omitempty"`
	ConstraintMessage string `json:"constraint_message,omitempty"`
}

// Words are the texts of the item in a language, as far as it has them.
func (i *Item) Words(language string) Words {
	w := i.Translations[language]
	return Words{
		Title: cmp.Or(w.Title, i.Title), Label: cmp.Or(w.Label, i.Label), Help: cmp.Or(w.Help, i.Help),
		ConstraintMessage: cmp.Or(w.ConstraintMessage, i.ConstraintMessage),
	}
}

// In is the label of the choice in a language, as far as it has one.
func (c *Choice) In(language string) string { return cmp.Or(c.Labels[language], c.Label) }

// Languages are those in which the form is written: its own, then the others.
func (d *Definition) Languages() []string {
	list := []string{d.Language}
	for _, l := range i18n.Langs {
		if string(l) != d.Language && writtenIn(d.Items, string(l)) {
			list = append(list, string(l))
		}
	}
	return list
}

func writtenIn(items []Item, language string) bool {
	for i := range items {
		it := &items[i]
		if it.Translations[language] != (Words{}) || writtenIn(it.Items, language) || slices.ContainsFunc(it.Choices, func(c Choice) bool { return c.Labels[language] != "" }) {
			return true
		}
	}
	return false
}

// In is the form as who reads a language sees it. It is for showing: what is kept, and
// what expressions see of labels, stays in the form's own language.
func (d *Definition) In(language string) *Definition {
	if language == d.Language || !slices.Contains(d.Languages(), language) {
		return d
	}
	out := *d
	out.Items = itemsIn(d.Items, language)
	return &out
}

func itemsIn(items []Item, language string) []Item {
	out := slices.Clone(items)
	for i := range out {
		it := &out[i]
		w := it.Words(language)
		it.Title, it.Label, it.Help, it.ConstraintMessage = w.Title, w.Label, w.Help, w.ConstraintMessage
		it.Items = itemsIn(it.Items, language)
		it.Choices = slices.Clone(it.Choices)
		for n := range it.Choices {
			it.Choices[n].Label = it.Choices[n].In(language)
		}
	}
	return out
}

// constraintMessage is what a form says of an answer that it does not take, in the
// language of who reads it.
type constraintMessage struct{ item *Item }

// Say is of i18n.Sayer.
func (m constraintMessage) Say(l i18n.Lang) string { return m.item.Words(string(l)).ConstraintMessage }
