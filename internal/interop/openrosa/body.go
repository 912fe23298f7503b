package openrosa

import (
	"strings"

	"socle/internal/schema/form"
)

// body writes the questions.
func (w *xformWriter) body(nodes []*node) {
	for _, n := range nodes {
		switch n.item.Kind {
		case form.Section:
			w.open("group", "ref", n.path, "appearance", w.fieldList(n))
			if n.item.Title != "" {
				w.shown("label", labelOf(n), n.item.Title)
			}
			w.body(n.children)
			w.raw("</group>")
		case form.Repeat:
			w.open("group", "ref", n.path)
			w.shown("label", labelOf(n), n.item.Title)
			w.open("repeat", "nodeset", n.path, "jr:noAddRemove", fixed(n.item))
			w.body(n.children)
			w.raw("</repeat></group>")
		case form.Note:
			w.open("input", "ref", n.path)
			w.shown("label", labelOf(n), n.item.Label)
			w.raw("</input>")
		default:
			w.question(n)
		}
	}
}

// fieldList shows a section on one screen, which clients cannot do with one that holds
// a repeated group.
func (w *xformWriter) fieldList(n *node) string {
	repeats := false
	for it := range everyItem(n.item.Items) {
		repeats = repeats || it.Kind == form.Repeat
	}
	if w.d.Screens == form.OneScreen && !repeats {
		return "field-list"
	}
	return ""
}

// fixed tells clients that a group has just as many instances as are there.
func fixed(it *form.Item) string {
	if it.Min > 0 && it.Min == it.Max {
		return "true()"
	}
	return ""
}

// appearances are those of controls that are inputs of XForms.
var appearances = map[form.Control]string{
	form.LongText: "multiline", form.Year: "year", form.Month: "month-year", form.SIRET: "numbers", form.Phone: "numbers",
}

func (w *xformWriter) question(n *node) {
	it := n.item
	switch it.Control {
	case form.Hidden:
		return
	case form.Calculated:
		if it.Label == "" {
			return
		}
		w.control(n, "input", nil)
	case form.YesNo:
		w.control(n, "select1", func() {
			w.choices(n, yes(it), no(it))
		})
	case form.OneChoice, form.Choices:
		element := "select1"
		if it.Several() {
			element = "select"
		}
		w.control(n, element, func() {
			if it.ChoiceFilter != "" {
				w.filtered(n)
				return
			}
			values := make([]string, len(it.Choices))
			for i, c := range it.Choices {
				values[i] = n.written(c.Value)
			}
			w.choices(n, values...)
		})
	case form.Commune:
		list := CommuneCodes
		if namesCommune(it) {
			list = CommuneNames
		}
		w.control(n, "select1", func() {
			w.open("itemset", "nodeset", "instance('"+strings.TrimSuffix(list, ".csv")+"')/root/item")
			w.raw(`<value ref="name"/><label ref="label"/></itemset>`)
		})
	case form.Photo:
		w.control(n, "upload", nil, "mediatype", "image/*")
	case form.File:
		w.control(n, "upload", nil, "mediatype", "application/*")
	default:
		w.control(n, "input", nil)
	}
}

// manyChoices is from where on a list is opened rather than shown.
const manyChoices = 12

func (w *xformWriter) control(n *node, element string, inside func(), attributes ...string) {
	it := n.item
	appearance := appearances[it.Control]
	switch {
	case it.Control == form.Commune || len(it.Choices) > manyChoices:
		appearance = "minimal autocomplete"
	case it.Control == form.Photo:
		appearance = ""
	}
	w.open(element, append([]string{"ref", n.path, "appearance", appearance}, attributes...)...)
	told := n.words(w.langs[0])
	w.shown("label", labelOf(n), told.label)
	if told.hint != "" {
		w.shown("hint", hintOf(n), told.hint)
	}
	if inside != nil {
		inside()
	}
	w.raw("</", element, ">")
}

// choices writes the values of a question with their labels.
func (w *xformWriter) choices(n *node, values ...string) {
	labels := n.words(w.langs[0]).choices
	for i, value := range values {
		w.raw("<item>")
		w.shown("label", choiceOf(n, i), labels[i])
		w.element("value", value)
		w.raw("</item>")
	}
}
