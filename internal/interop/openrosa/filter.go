package openrosa

import (
	"slices"
	"strconv"
	"strings"

	"socle/internal/schema/expression"
	"socle/internal/schema/form"
)

// Choices that a filter chooses among are an instance of their own: the items are those
// of the list, with a name, a label and what the filter looks at as c0, c1…

// listOf is the identifier of the instance of a question's choices.
func listOf(n *node) string { return "choices_" + n.element }

// filterOf reads the filter of a question and the columns that it looks at.
func filterOf(it *form.Item) (e *expression.Expression, columns []string, err error) {
	if e, err = expression.ParseFilter(it.ChoiceFilter); err != nil {
		return nil, nil, err
	}
	for _, c := range e.Columns() {
		if c != "name" && c != "label" {
			columns = append(columns, c)
		}
	}
	return e, columns, nil
}

// written is a value of a choice as the XForm has it.
func (n *node) written(value string) string {
	if token := n.choices[value]; token != "" {
		return token
	}
	return value
}

// lists writes the instances of the choices that have a filter.
func (w *xformWriter) lists(nodes []*node) error {
	for _, n := range nodes {
		if err := w.lists(n.children); err != nil {
			return err
		}
		if n.item.ChoiceFilter == "" {
			continue
		}
		_, columns, err := filterOf(n.item)
		if err != nil {
			return err
		}
		w.open("instance", "id", listOf(n))
		w.open("root")
		for at, c := range n.item.Choices {
			w.open("item")
			if len(w.langs) > 1 {
				w.element("itextId", choiceOf(n, at))
			}
			w.element("name", n.written(c.Value))
			w.element("label", or(c.Label, c.Value))
			for i, name := range columns {
				w.element("c"+strconv.Itoa(i), c.Columns[name])
			}
			w.raw("</item>")
		}
		w.raw("</root></instance>")
	}
	return nil
}

// filtered writes the choices of a question as those of its instance that the filter
// leaves. lists has read the filter: it is right.
func (w *xformWriter) filtered(n *node) {
	e, columns, err := filterOf(n.item)
	if err != nil {
		return
	}
	x := w.xpath("current()/" + n.up)
	x.Self = "current()/."
	x.Column = func(name string) string {
		if i := slices.Index(columns, name); i >= 0 {
			return "c" + strconv.Itoa(i)
		}
		return name
	}
	absolute := x.Path
	x.Path = func(name string) string {
		if m := w.byName[name]; m != nil && m.base == n.base && n.base != "/data" {
			return "current()/" + n.up + strings.TrimPrefix(m.path, n.base) // of the same instance of the group
		}
		return absolute(name)
	}
	w.open("itemset", "nodeset", "instance('"+listOf(n)+"')/root/item["+e.Condition(x)+"]")
	label := "label"
	if len(w.langs) > 1 {
		label = "jr:itext(itextId)"
	}
	w.raw(`<value ref="name"/><label ref="`, label, `"/></itemset>`)
}
