package openrosa

import (
	"strconv"
	"strings"

	"socle/internal/schema/expression"
	"socle/internal/schema/form"
)

// node is an element of the instance of a form.
type node struct {
	item     *form.Item
	element  string
	path     string
	up       string // the way to the instance of its repeated group
	base     string // the path of that group, or of the form
	children []*node
	choices  map[string]string // of a field with several: how each value is written
}

// layout says which element stands for which item. It depends on the definition
// alone, so that what was written is read back.
type layout struct {
	d      *form.Definition
	root   []*node
	byName map[string]*node
	used   map[string]bool
	number int // of items without a name
}

func lay(d *form.Definition) *layout {
	l := &layout{d: d, byName: map[string]*node{}, used: map[string]bool{"meta": true, "data": true}}
	l.root = l.add(d.Items, "/data", "..", "/data")
	return l
}

func (l *layout) add(items []form.Item, path, up, base string) []*node {
	var list []*node
	for i := range items {
		it := &items[i]
		n := &node{item: it, element: l.choose(it), up: up, base: base}
		n.path = path + "/" + n.element
		if it.Name != "" {
			l.byName[it.Name] = n
		}
		if it.Several() {
			n.choices = tokens(it.Choices)
		}
		switch it.Kind {
		case form.Section:
			n.children = l.add(it.Items, n.path, up+"/..", base)
		case form.Repeat:
			n.children = l.add(it.Items, n.path, "..", n.path)
		}
		list = append(list, n)
	}
	return list
}

// choose gives an item a name that no other item has.
func (l *layout) choose(it *form.Item) string {
	base := elementName(it.Name)
	if it.Name == "" {
		l.number++
		base = string(it.Kind) + "_" + strconv.Itoa(l.number)
	}
	name := base
	for i := 2; l.used[name]; i++ {
		name = base + "_" + strconv.Itoa(i)
	}
	l.used[name] = true
	return name
}

// tokens writes the values of several choices without spaces, which stand between
// them.
func tokens(choices []form.Choice) map[string]string {
	out, used := map[string]string{}, map[string]bool{}
	for _, c := range choices {
		if !strings.ContainsAny(c.Value, " \t\n") {
			out[c.Value], used[c.Value] = c.Value, true
		}
	}
	for _, c := range choices {
		if out[c.Value] != "" {
			continue
		}
		base := strings.Join(strings.Fields(c.Value), "_")
		token := base
		for i := 2; used[token] || token == ""; i++ {
			token = base + "_" + strconv.Itoa(i)
		}
		out[c.Value], used[token] = token, true
	}
	return out
}

// xpath is how the expressions of a question are written.
func (l *layout) xpath(up string) expression.XPath {
	return expression.XPath{
		Up: up,
		Path: func(name string) string {
			if n := l.byName[name]; n != nil {
				return n.path
			}
			return "''" // a question that the form does not have has no answer
		},
		Truth: func(name string) (string, bool) {
			n := l.byName[name]
			if n == nil || n.item.Control != form.YesNo {
				return "", false
			}
			return yes(n.item), true
		},
		Choice: func(name, value string) string {
			if n := l.byName[name]; n != nil && n.choices[value] != "" {
				return n.choices[value]
			}
			return value
		},
	}
}

func yes(it *form.Item) string { return or(it.TrueValue, "true") }
func no(it *form.Item) string  { return or(it.FalseValue, "false") }

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
