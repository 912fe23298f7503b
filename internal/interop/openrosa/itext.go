package openrosa

import (
	"strconv"
	"strings"

	"socle/internal/i18n"
	"socle/internal/schema/form"
)

// A form in several languages has its texts in <itext>, one translation for each, and
// names them where it shows them: jr:itext('/data/nom:label'). A form in one language
// has them in place, as all clients understand.

// languageNames are how clients list the languages.
var languageNames = map[i18n.Lang]string{i18n.French: "Français (fr)", i18n.English: "English (en)"}

// words are the texts of an element in one language.
type words struct {
	label, hint, message string
	choices              []string
}

func (n *node) words(l i18n.Lang) words {
	it := n.item
	own := it.Words(string(l))
	switch it.Kind {
	case form.Section, form.Repeat:
		return words{label: own.Title}
	case form.Note:
		return words{label: own.Label}
	}
	w := words{label: or(own.Label, it.Name), hint: own.Help, message: own.ConstraintMessage}
	if it.Example != "" {
		w.hint = strings.TrimSpace(w.hint + "\n" + i18n.T(l, "openrosa.example", i18n.Args{"Example": it.Example}))
		w.message = or(w.message, i18n.T(l, "openrosa.constraint", i18n.Args{"Example": it.Example}))
	}
	switch it.Control {
	case form.YesNo:
		w.choices = []string{i18n.T(l, "openrosa.yes"), i18n.T(l, "openrosa.no")}
	case form.OneChoice, form.Choices:
		for i := range it.Choices {
			w.choices = append(w.choices, or(it.Choices[i].In(string(l)), it.Choices[i].Value))
		}
	}
	return w
}

// The names of the texts of an element.
func labelOf(n *node) string   { return n.path + ":label" }
func hintOf(n *node) string    { return n.path + ":hint" }
func messageOf(n *node) string { return n.path + ":jr:constraintMsg" }
func choiceOf(n *node, i int) string {
	return n.path + ":choice-" + strconv.Itoa(i)
}

// itext writes the texts of all languages; nothing when there is one.
func (w *xformWriter) itext() {
	if len(w.langs) < 2 {
		return
	}
	w.raw("<itext>")
	for i, l := range w.langs {
		first := ""
		if i == 0 {
			first = "true()"
		}
		w.open("translation", "lang", languageNames[l], "default", first)
		w.texts(w.root, l)
		w.raw("</translation>")
	}
	w.raw("</itext>")
}

func (w *xformWriter) texts(nodes []*node, l i18n.Lang) {
	for _, n := range nodes {
		t := n.words(l)
		w.textOf(labelOf(n), t.label)
		w.textOf(hintOf(n), t.hint)
		w.textOf(messageOf(n), t.message)
		for i, c := range t.choices {
			w.textOf(choiceOf(n, i), c)
		}
		w.texts(n.children, l)
	}
}

func (w *xformWriter) textOf(id, value string) {
	if value == "" {
		return
	}
	w.open("text", "id", id)
	w.cited("value", value)
	w.raw("</text>")
}

// cited writes an element with a text, and an output for each answer that it cites.
func (w *xformWriter) cited(element, value string) {
	w.raw("<", element, ">")
	for _, p := range form.Parts(value) {
		n := w.byName[p.Question]
		switch {
		case p.Question == "":
			w.text(p.Words)
		case n == nil: // as it is written
			w.text("${" + p.Question + "}")
		case n.item.Control == form.OneChoice && n.item.ChoiceFilter == "":
			w.empty("output", "value", "jr:choice-name("+n.path+", '"+n.path+"')")
		default:
			w.empty("output", "value", n.path)
		}
	}
	w.raw("</", element, ">")
}

// shown writes an element that shows a text: the text itself, or its name.
func (w *xformWriter) shown(element, id, value string) {
	if len(w.langs) < 2 || value == "" {
		w.cited(element, value)
		return
	}
	w.empty(element, "ref", itextRef(id))
}

func itextRef(id string) string { return "jr:itext('" + id + "')" }
