package query

import (
	"slices"
	"strings"

	"socle/internal/errs"
)

// nameless stands for the empty name; no escape gives it.
const nameless = "~_"

// special are the characters that a tilde stands before in names and in the
// values of where.
const special = "~.,():|"

// escapeName writes a column's name for a list or for where.
func escapeName(name string) string {
	if name == "" {
		return nameless
	}
	out := escape(name, special)
	if out[0] == '-' {
		out = "~" + out
	}
	return out
}

// escapeKey writes a column's name for the left of an equals sign.
func escapeKey(name string) string {
	if slices.Contains(reserved, name) {
		return "~" + name
	}
	return escapeName(name)
}

func escape(s, chars string) string {
	if !strings.ContainsAny(s, chars) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(chars, s[i]) >= 0 {
			b.WriteByte('~')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func escapeDots(s string) string { return escape(s, "~.") }

// unescape drops the tildes that stand before something, and one at the end.
func unescape(s string) string {
	if s == nameless {
		return ""
	}
	if !strings.Contains(s, "~") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '~' {
			if i++; i == len(s) {
				break
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unescapedIndex finds sep outside of escapes.
func unescapedIndex(s, sep string) int {
	for i := 0; i < len(s); i++ {
		if s[i] == '~' {
			i++
			continue
		}
		if strings.HasPrefix(s[i:], sep) {
			return i
		}
	}
	return -1
}

// splitName separates at the last full stop outside of escapes.
func splitName(s string) (name, suffix string, dotted bool) {
	at := -1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '~':
			i++
		case '.':
			at = i
		}
	}
	if at < 0 {
		return unescape(s), "", false
	}
	return unescape(s[:at]), s[at+1:], true
}

// splitList separates at commas outside of escapes; items keep theirs. Empty
// items are left out.
func splitList(s string) (items []string) {
	for s != "" {
		item := s
		if at := unescapedIndex(s, ","); at >= 0 {
			item, s = s[:at], s[at+1:]
		} else {
			s = ""
		}
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// whereText writes a condition for the parameter where.
func whereText(e Expr) string {
	join := func(word string, list []Expr) string {
		parts := make([]string, len(list))
		for i, e := range list {
			parts[i] = whereText(e)
		}
		return word + "(" + strings.Join(parts, ",") + ")"
	}
	switch e := e.(type) {
	case And:
		return join("and", e)
	case Or:
		return join("or", e)
	case Not:
		return "not(" + whereText(e.Expr) + ")"
	case Search:
		return "search(" + escape(e.Text, special) + ")"
	case Compare:
		return escapeName(e.Column) + "." + string(e.Op) + ":" + escape(e.Value.String(), special)
	case In:
		parts := make([]string, len(e.Values))
		for i, v := range e.Values {
			parts[i] = escape(v.String(), special)
		}
		return escapeName(e.Column) + ".in:" + strings.Join(parts, "|")
	case Between:
		return escapeName(e.Column) + ".between:" + escape(e.Low.String(), special) + ".." + escape(e.High.String(), special)
	}
	column, _ := columnOf(e)
	op, text := opText(e)
	return escapeName(column) + "." + op + ":" + escape(text, special)
}

// parseWhere reads a condition that whereText writes.
func parseWhere(text string, cols columnIndex) (Expr, error) {
	p := &whereParser{text: text, rest: text, cols: cols}
	e, err := p.expr(0)
	if err == nil && p.rest != "" {
		err = p.bad()
	}
	return e, err
}

type whereParser struct {
	text, rest string
	cols       columnIndex
}

func (p *whereParser) bad() error {
	at := p.rest
	if at == "" {
		at = "…"
	}
	return errs.New(errs.Invalid, "query.where.syntax", errs.Args{"Text": p.text, "At": at}).WithHint("query.where.syntax.hint")
}

// until takes what comes before one of the characters outside of escapes.
func (p *whereParser) until(chars string) string {
	for i := 0; i < len(p.rest); i++ {
		if p.rest[i] == '~' {
			i++
			continue
		}
		if strings.IndexByte(chars, p.rest[i]) >= 0 {
			var taken string
			taken, p.rest = p.rest[:i], p.rest[i:]
			return taken
		}
	}
	taken := p.rest
	p.rest = ""
	return taken
}

func (p *whereParser) take(c string) bool {
	var ok bool
	p.rest, ok = strings.CutPrefix(p.rest, c)
	return ok
}

func (p *whereParser) expr(depth int) (Expr, error) {
	if depth > maxDepth {
		return nil, tooComplex()
	}
	word := strings.TrimSpace(p.until("(:,)"))
	switch {
	case p.take("("):
		return p.call(word, depth)
	case p.take(":"):
		return p.cond(word)
	}
	return nil, p.bad()
}

func (p *whereParser) call(word string, depth int) (Expr, error) {
	if word == "search" {
		text := unescape(p.until(",)"))
		if !p.take(")") {
			return nil, p.bad()
		}
		return Search{strings.Join(strings.Fields(text), " ")}, nil
	}
	var list []Expr
	for {
		e, err := p.expr(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if p.take(")") {
			break
		}
		if !p.take(",") {
			return nil, p.bad()
		}
	}
	switch {
	case word == "and":
		return And(list), nil
	case word == "or":
		return Or(list), nil
	case word == "not" && len(list) == 1:
		return Not{list[0]}, nil
	}
	return nil, p.bad()
}

func (p *whereParser) cond(word string) (Expr, error) {
	name, op, dotted := splitName(word)
	if !dotted {
		return nil, p.bad()
	}
	col, err := p.cols.find(name)
	if err != nil {
		return nil, err
	}
	text := p.until(",)")
	switch op {
	case "in":
		in := In{Column: col.Name}
		for {
			at := unescapedIndex(text, "|")
			item := text
			if at >= 0 {
				item, text = text[:at], text[at+1:]
			}
			v, ok := ParseValue(col.Kind, unescape(item))
			if !ok {
				return nil, wrongValue(col, unescape(item))
			}
			if !slices.Contains(in.Values, v) {
				in.Values = append(in.Values, v)
			}
			if at < 0 {
				return in, nil
			}
		}
	case "between":
		at := unescapedIndex(text, "..")
		if at < 0 {
			return nil, badValue(col.Name+".between", text)
		}
		low, okLow := ParseValue(col.Kind, unescape(text[:at]))
		high, okHigh := ParseValue(col.Kind, unescape(text[at+2:]))
		if !okLow || !okHigh {
			return nil, wrongValue(col, unescape(text))
		}
		return Between{col.Name, low, high}, nil
	case "bbox", "near":
		// Their commas may be written as they are: as many as the operation takes.
		more := map[string]int{"bbox": 3, "near": 2}[op] - strings.Count(text, "~,")
		for range more {
			if !p.take(",") {
				return nil, p.bad()
			}
			text += "," + p.until(",)")
		}
		return condition(col, op, unescape(text))
	}
	return condition(col, op, unescape(text))
}
