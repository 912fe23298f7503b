package query

import (
	"strings"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/tabular"
)

// ParseCQL2 reads a filter of OGC API Features in CQL2 text (OGC 21-065r2): AND, OR, NOT,
// comparisons of a property with a constant, LIKE, IN, BETWEEN, IS NULL, CASEI and ACCENTI
// around both sides of LIKE and =, S_INTERSECTS, S_WITHIN, S_DISJOINT, T_BEFORE, T_AFTER, T_DURING,
// T_EQUALS, T_INTERSECTS, TRUE and FALSE. The condition holds for the rows of which the filter is true: see truth.
// Errors: Invalid, for the rest too.
func ParseCQL2(text string, cols []Column) (Expr, error) { return parseCQL2(text, cols, System{}) }

// parseCQL2 reads a condition of which the geometries are in a system.
func parseCQL2(text string, cols []Column, system System) (Expr, error) {
	list, err := cqlDialect.tokens(text)
	if err != nil {
		return nil, err
	}
	p := &cqlParser{cursor: cursor{source: text, list: list}, cqlBuilder: cqlBuilder{index(cols), system}}
	t, err := p.or()
	if err == nil && p.peek().kind != tokenEnd {
		err = p.bad()
	}
	if err != nil {
		return nil, err
	}
	return t.yes, Query{Where: t.yes}.Validate(cols)
}

// cqlArg is an argument: a property, a constant, a geometry, or a span of time.
type cqlArg struct {
	property string
	isColumn bool
	folded   bool // CASEI or ACCENTI around it
	value    *Value
	pattern  string // of a text: as LIKE reads it, with its backslashes
	geometry orb.Geometry
	span     *[2]time.Time // zero at an open end
	text     string
}

type cqlParser struct {
	cursor
	cqlBuilder
}

func (p *cqlParser) or() (truth, error) { return p.several("or", p.and, either) }

func (p *cqlParser) and() (truth, error) { return p.several("and", p.not, both) }

func (p *cqlParser) several(word string, one func() (truth, error), combine func(...truth) truth) (truth, error) {
	var list []truth
	for {
		t, err := one()
		if err != nil {
			return t, err
		}
		if list = append(list, t); !p.take(word) {
			return combine(list...), nil
		}
	}
}

func (p *cqlParser) not() (t truth, err error) {
	if err := p.enter(); err != nil {
		return t, err
	}
	defer p.leave()
	if p.take("not") {
		t, err = p.not()
		return t.not(), err
	}
	if p.take("(") {
		if t, err = p.or(); err != nil {
			return t, err
		}
		return t, p.expect(")")
	}
	if word := p.peek(); word.kind == tokenWord && p.after(1).is("(") {
		name := strings.ToLower(word.text)
		if strings.HasPrefix(name, "s_") || strings.HasPrefix(name, "t_") {
			p.next()
			args, err := p.args()
			if err != nil {
				return t, err
			}
			return p.operation(name, args)
		}
	}
	return p.compared()
}

// args reads arguments between parentheses.
func (p *cqlParser) args() (list []cqlArg, err error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	for {
		a, err := p.arg()
		if err != nil {
			return nil, err
		}
		list = append(list, a)
		if p.take(")") {
			return list, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

func (p *cqlParser) compared() (t truth, err error) {
	left, err := p.arg()
	if err != nil {
		return t, err
	}
	sign := p.peek()
	if _, ok := odsqlOps[sign.text]; ok && sign.kind == tokenSign && sign.text != ":" && sign.text != "!=" {
		p.next()
		right, err := p.arg()
		if err != nil {
			return t, err
		}
		return p.operation(sign.text, []cqlArg{left, right})
	}
	if p.take("is") {
		negative := p.take("not")
		if err := p.expect("null"); err != nil {
			return t, err
		}
		t, err = p.operation("isnull", []cqlArg{left})
		return t.negated(negative), err
	}
	negative := p.take("not")
	switch {
	case p.take("like"):
		var right cqlArg
		if right, err = p.arg(); err == nil {
			t, err = p.operation("like", []cqlArg{left, right})
		}
	case p.take("between"):
		var low, high cqlArg
		if low, err = p.arg(); err != nil {
			return t, err
		}
		if err = p.expect("and"); err != nil {
			return t, err
		}
		if high, err = p.arg(); err == nil {
			t, err = p.operation("between", []cqlArg{left, low, high})
		}
	case p.take("in"):
		var list []cqlArg
		if list, err = p.args(); err == nil {
			t, err = p.operation("in", append([]cqlArg{left}, list...))
		}
	case left.isColumn && !negative:
		return p.operation("=", []cqlArg{left, {value: ptr(Bool(true)), text: "true"}})
	case left.value != nil && left.value.Kind == tabular.Bool && !negative:
		return p.constant(left.value.Int != 0)
	default:
		return t, p.bad()
	}
	return t.negated(negative), err
}

func ptr(v Value) *Value { return &v }

// cqlShapes are the geometries of Well-Known Text; a box is BBOX(w, s, e, n).
var cqlShapes = map[string]bool{"POINT": true, "LINESTRING": true, "POLYGON": true, "MULTIPOINT": true, "MULTILINESTRING": true, "MULTIPOLYGON": true, "GEOMETRYCOLLECTION": true}

func (p *cqlParser) arg() (a cqlArg, err error) {
	t := p.next()
	a.text = t.text
	switch t.kind {
	case tokenText:
		a.value, a.pattern = ptr(Text(unescaped(t.text, false))), unescaped(t.text, true)
		return a, nil
	case tokenNumber:
		return p.number(t, "")
	case tokenName:
		a.property, a.isColumn = t.text, true
		return a, nil
	case tokenSign:
		if (t.text == "-" || t.text == "+") && p.peek().kind == tokenNumber {
			return p.number(p.next(), strings.TrimPrefix(t.text, "+"))
		}
	case tokenWord:
		word := strings.ToUpper(t.text)
		switch {
		case word == "TRUE", word == "FALSE":
			a.value = ptr(Bool(word == "TRUE"))
			return a, nil
		case cqlShapes[word]:
			return p.shape(t)
		case !p.peek().is("("):
			a.property, a.isColumn = t.text, true
			return a, nil
		case word == "CASEI", word == "ACCENTI":
			args, err := p.args()
			if err != nil || len(args) != 1 {
				return a, p.fault(err)
			}
			args[0].folded = true
			return args[0], nil
		case word == "DATE", word == "TIMESTAMP", word == "INTERVAL", word == "BBOX":
			args, err := p.args()
			if err != nil {
				return a, err
			}
			return p.literal(word, args)
		}
		return a, unsupported(t.text + "()")
	}
	p.back(t)
	return a, p.bad()
}

// controls are the characters that a backslash and a letter stand for in a text.
var controls = map[byte]byte{'a': '\a', 'b': '\b', 't': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r'}

// unescaped reads the backslashes of a text; one that stands before another character is one of the text.
// In a pattern, two of them and those before wildcards are left to LIKE.
func unescaped(text string, pattern bool) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
			if c, ok := controls[text[i]]; ok {
				b.WriteByte(c)
				continue
			}
			if pattern || text[i] != '\\' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// fault is the error given, or that the text is not understood here.
func (p *cqlParser) fault(err error) error {
	if err != nil {
		return err
	}
	return p.bad()
}

func (p *cqlParser) number(t token, sign string) (cqlArg, error) {
	v, ok := parseNumber(tabular.Int, sign+t.text)
	if !ok {
		return cqlArg{}, p.bad()
	}
	return cqlArg{value: &v, text: sign + t.text}, nil
}

// shape reads Well-Known Text up to its last parenthesis.
func (p *cqlParser) shape(t token) (cqlArg, error) {
	for (p.peek().kind == tokenWord) && !p.peek().is("and") && !p.peek().is("or") {
		p.next() // Z
	}
	for depth := 0; ; {
		c := p.next()
		switch {
		case c.kind == tokenEnd:
			return cqlArg{}, p.bad()
		case c.is("("):
			depth++
		case c.is(")"):
			depth--
		}
		if depth > 0 {
			continue
		}
		text := p.source[t.at:c.end]
		g, err := p.located(text)
		return cqlArg{geometry: g, text: text}, err
	}
}

// cqlBuilder makes conditions of operations, as both encodings of CQL2 have them.
type cqlBuilder struct {
	cols   columnIndex
	system System // of geometries
}

// located reads a geometry.
func (b cqlBuilder) located(text string) (orb.Geometry, error) {
	g, ok := ParseGeometry(text)
	if ok {
		g, ok = b.system.To(g)
	}
	if !ok {
		return nil, wrongArea("filter", text)
	}
	return g, nil
}

// literal is DATE('…'), TIMESTAMP('…'), INTERVAL('…', '…') or BBOX(…).
func (b cqlBuilder) literal(word string, args []cqlArg) (a cqlArg, err error) {
	a.text = word
	var times []time.Time
	var numbers []float64
	for _, arg := range args {
		if arg.value == nil {
			return a, badSyntax(arg.text, 0)
		}
		if n, ok := arg.value.number(); ok {
			numbers = append(numbers, n)
			continue
		}
		t, ok := readTime(arg.value.String(), time.UTC)
		if open := arg.value.Text == ".." || arg.value.Text == ""; !ok && !(open && word == "INTERVAL") {
			return a, badValue(word, arg.value.String())
		}
		times = append(times, t)
	}
	switch {
	case word == "BBOX" && len(numbers) == 6:
		numbers = []float64{numbers[0], numbers[1], numbers[3], numbers[4]}
		fallthrough
	case word == "BBOX" && len(numbers) == 4:
		if numbers[0] > numbers[2] || numbers[1] > numbers[3] {
			return a, unsupported("BBOX")
		}
		var ok bool
		if a.geometry, ok = b.system.To(orb.Bound{Min: orb.Point{numbers[0], numbers[1]}, Max: orb.Point{numbers[2], numbers[3]}}); !ok {
			return a, wrongArea("filter", "BBOX")
		}
	case word == "INTERVAL" && len(times) == 2:
		a.span = &[2]time.Time{times[0], times[1]}
	case (word == "DATE" || word == "TIMESTAMP") && len(times) == 1:
		v := ofTime(tabular.Timestamp, times[0])
		if word == "DATE" {
			v = ofTime(tabular.Date, times[0])
		}
		a.value = &v
	default:
		return a, badSyntax(word, 0)
	}
	return a, nil
}
