package expression

import (
	"slices"
	"strings"
)

// XPath says how the names of a form stand in an XForm.
type XPath struct {
	Path   func(name string) string                   // of a question or of a repeated group
	Truth  func(name string) (value string, yes bool) // the answer "yes" of a question with two answers; yes is false for others
	Choice func(name, value string) string            // a choice of a question with several, as the XForm writes it
	Column func(name string) string                   // the element of a choice that holds a column; nil: its own name
	Self   string                                     // the answer being checked; "" is "."
	Up     string                                     // the way from the question to its instance of a repeated group: ".."
}

// XPath writes the expression as XForms have it, for clients whose functions are
// those of XPath alone.
func (e *Expression) XPath(x XPath) string {
	w := &xpathWriter{x: x}
	w.write(e.root)
	return w.b.String()
}

// Condition is XPath for what is used as a condition: an answer "no" is false.
func (e *Expression) Condition(x XPath) string {
	w := &xpathWriter{x: x}
	w.condition(e.root)
	return w.b.String()
}

type xpathWriter struct {
	x XPath
	b strings.Builder
}

func (w *xpathWriter) write(n node) {
	switch n := n.(type) {
	case literal:
		if n.value.kind == number {
			w.b.WriteString(n.value.Text())
			return
		}
		w.b.WriteString(Quote(n.value.text))
	case pattern:
		w.b.WriteString(Quote(n.text))
	case reference:
		w.b.WriteString(w.x.Path(n.name))
	case column:
		if w.x.Column != nil {
			w.b.WriteString(w.x.Column(n.name))
			return
		}
		w.b.WriteString(n.name)
	case self:
		if w.x.Self != "" {
			w.b.WriteString(w.x.Self)
			return
		}
		w.b.WriteString(".")
	case parent:
		w.b.WriteString(w.x.Up)
	case negated:
		w.b.WriteString("-")
		w.inside(n.of)
	case binary:
		w.binary(n)
	case call:
		w.call(n)
	}
}

// inside writes a part, in parentheses when it is made of others.
func (w *xpathWriter) inside(n node) {
	if _, ok := n.(binary); !ok {
		w.write(n)
		return
	}
	w.b.WriteString("(")
	w.write(n)
	w.b.WriteString(")")
}

func (w *xpathWriter) binary(n binary) {
	switch n.op {
	case "and", "or":
		w.condition(n.a)
		w.b.WriteString(" " + n.op + " ")
		w.condition(n.b)
		return
	case "=", "!=":
		if isTruth(n.b) {
			w.condition(n.a)
			w.b.WriteString(" " + n.op + " ")
			w.write(n.b)
			return
		}
		if isTruth(n.a) {
			w.binary(binary{op: n.op, a: n.b, b: n.a})
			return
		}
	}
	compares := slices.Contains([]string{"=", "!=", "<", "<=", ">", ">="}, n.op)
	w.operand(n.a, compares)
	w.b.WriteString(" " + n.op + " ")
	w.operand(n.b, compares)
}

// operand writes one side; a date that is compared must be said to be one.
func (w *xpathWriter) operand(n node, compares bool) {
	if l, ok := n.(literal); ok && compares && l.value.kind == text {
		if _, date := readDate(l.value.text); date {
			t, _ := momentOf(readNumber(l.value.text, &Env{}), &Env{})
			w.b.WriteString("date('" + t.Format("2006-01-02") + "')")
			return
		}
	}
	w.inside(n)
}

func isTruth(n node) bool {
	c, ok := n.(call)
	return ok && (c.function.name == "true" || c.function.name == "false")
}

// condition writes what must be true or false.
func (w *xpathWriter) condition(n node) {
	r, ok := n.(reference)
	if !ok {
		w.inside(n)
		return
	}
	if value, yes := w.x.Truth(r.name); yes {
		w.b.WriteString("(" + w.x.Path(r.name) + " = " + Quote(value) + ")")
		return
	}
	w.write(n)
}

const (
	upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ"
	lower = "abcdefghijklmnopqrstuvwxyzàâäçéèêëîïôöùûüÿœæ"
)

func (w *xpathWriter) call(c call) {
	switch c.function.name {
	case "if", "not", "boolean":
		w.b.WriteString(c.function.name + "(")
		w.condition(c.args[0])
		w.rest(c.args[1:])
		return
	case "coalesce": // of two in XForms
		w.coalesce(c.args)
		return
	case "string-length":
		if len(c.args) == 0 {
			c.args = []node{self{}}
		}
	case "lower-case":
		w.translated(c.args[0], upper, lower)
		return
	case "upper-case":
		w.translated(c.args[0], lower, upper)
		return
	case "selected":
		w.selected(c)
		return
	case "jr:choice-name":
		if r, ok := c.args[0].(reference); ok {
			w.b.WriteString("jr:choice-name(" + w.x.Path(r.name) + ", '" + w.x.Path(r.name) + "')")
			return
		}
	}
	w.b.WriteString(c.function.name + "(")
	for i, a := range c.args {
		if i > 0 {
			w.b.WriteString(", ")
		}
		w.write(a)
	}
	w.b.WriteString(")")
}

func (w *xpathWriter) rest(args []node) {
	for _, a := range args {
		w.b.WriteString(", ")
		w.write(a)
	}
	w.b.WriteString(")")
}

func (w *xpathWriter) coalesce(args []node) {
	if len(args) == 1 {
		w.write(args[0])
		return
	}
	w.b.WriteString("coalesce(")
	w.write(args[0])
	w.b.WriteString(", ")
	w.coalesce(args[1:])
	w.b.WriteString(")")
}

func (w *xpathWriter) translated(n node, from, to string) {
	w.b.WriteString("translate(")
	w.write(n)
	w.b.WriteString(", '" + from + "', '" + to + "')")
}

func (w *xpathWriter) selected(c call) {
	w.b.WriteString("selected(")
	w.write(c.args[0])
	w.b.WriteString(", ")
	r, named := c.args[0].(reference)
	l, said := c.args[1].(literal)
	if named && said {
		w.b.WriteString(Quote(w.x.Choice(r.name, strings.TrimSpace(l.value.Text()))))
	} else {
		w.write(c.args[1])
	}
	w.b.WriteString(")")
}

// Quote writes a text as XPath has it, which knows no escapes.
func Quote(s string) string {
	if !strings.Contains(s, "'") {
		return "'" + s + "'"
	}
	if !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return "concat('" + strings.ReplaceAll(s, "'", `', "'", '`) + "')"
}
