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
// T_EQUALS, T_INTERSECTS. Errors: Invalid, for the rest too.
func ParseCQL2(text string, cols []Column) (Expr, error) { return parseCQL2(text, cols, System{}) }

// parseCQL2 reads a condition of which the geometries are in a system.
func parseCQL2(text string, cols []Column, system System) (Expr, error) {
	list, err := cqlDialect.tokens(text)
	if err != nil {
		return nil, err
	}
	p := &cqlParser{cursor: cursor{source: text, list: list}, cqlBuilder: cqlBuilder{index(cols), system}}
	e, err := p.or()
	if err == nil && p.peek().kind != tokenEnd {
		err = p.bad()
	}
	if err != nil {
		return nil, err
	}
	return e, Query{Where: e}.Validate(cols)
}

// cqlArg is an argument: a property, a constant, a geometry, or a span of time.
type cqlArg struct {
	property string
	isColumn bool
	folded   bool // CASEI or ACCENTI around it
	value    *Value
	geometry orb.Geometry
	span     *[2]time.Time // zero at an open end
	text     string
}

type cqlParser struct {
	cursor
	cqlBuilder
}

func (p *cqlParser) or() (Expr, error) {
	return p.several("or", p.and, func(l []Expr) Expr { return Or(l) })
}

func (p *cqlParser) and() (Expr, error) {
	return p.several("and", p.not, func(l []Expr) Expr { return And(l) })
}

func (p *cqlParser) several(word string, one func() (Expr, error), combine func([]Expr) Expr) (Expr, error) {
	e, err := one()
	if err != nil || !p.peek().is(word) {
		return e, err
	}
	list := []Expr{e}
	for p.take(word) {
		if e, err = one(); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return combine(list), nil
}

func (p *cqlParser) not() (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if p.take("not") {
		e, err := p.not()
		return Not{e}, err
	}
	if p.take("(") {
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	}
	t := p.peek()
	if t.kind == tokenWord && p.after(1).is("(") {
		name := strings.ToLower(t.text)
		if strings.HasPrefix(name, "s_") || strings.HasPrefix(name, "t_") {
			p.next()
			args, err := p.args()
			if err != nil {
				return nil, err
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

func (p *cqlParser) compared() (Expr, error) {
	left, err := p.arg()
	if err != nil {
		return nil, err
	}
	t := p.peek()
	if _, ok := odsqlOps[t.text]; ok && t.kind == tokenSign && t.text != ":" && t.text != "!=" {
		p.next()
		right, err := p.arg()
		if err != nil {
			return nil, err
		}
		return p.operation(t.text, []cqlArg{left, right})
	}
	if p.take("is") {
		negative := p.take("not")
		if err := p.expect("null"); err != nil {
			return nil, err
		}
		e, err := p.operation("isnull", []cqlArg{left})
		return negate(e, negative), err
	}
	negative := p.take("not")
	var e Expr
	switch {
	case p.take("like"):
		var right cqlArg
		if right, err = p.arg(); err == nil {
			e, err = p.operation("like", []cqlArg{left, right})
		}
	case p.take("between"):
		var low, high cqlArg
		if low, err = p.arg(); err != nil {
			return nil, err
		}
		if err = p.expect("and"); err != nil {
			return nil, err
		}
		if high, err = p.arg(); err == nil {
			e, err = p.operation("between", []cqlArg{left, low, high})
		}
	case p.take("in"):
		var list []cqlArg
		if list, err = p.args(); err == nil {
			e, err = p.operation("in", append([]cqlArg{left}, list...))
		}
	case left.isColumn && !negative:
		return p.operation("=", []cqlArg{left, {value: ptr(Bool(true)), text: "true"}})
	default:
		return nil, p.bad()
	}
	return negate(e, negative), err
}

func ptr(v Value) *Value { return &v }

func negate(e Expr, negative bool) Expr {
	if negative {
		return Not{e}
	}
	return e
}

// cqlShapes are the geometries of Well-Known Text; a box is BBOX(w, s, e, n).
var cqlShapes = map[string]bool{"POINT": true, "LINESTRING": true, "POLYGON": true, "MULTIPOINT": true, "MULTILINESTRING": true, "MULTIPOLYGON": true, "GEOMETRYCOLLECTION": true}

func (p *cqlParser) arg() (a cqlArg, err error) {
	t := p.next()
	a.text = t.text
	switch t.kind {
	case tokenText:
		a.value = ptr(Text(t.text))
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

// operation makes the condition of an operation by its name in CQL2 JSON.
func (b cqlBuilder) operation(op string, args []cqlArg) (Expr, error) {
	need := map[string]int{"isnull": 1, "between": 3, "in": -1}[op]
	if need == 0 {
		need = 2
	}
	if need > 0 && len(args) != need || len(args) < 2 && need < 0 {
		return nil, badSyntax(op, 0)
	}
	if compared, ok := odsqlOps[op]; ok {
		if !args[0].isColumn && args[1].isColumn {
			args[0], args[1], compared = args[1], args[0], flipped[compared]
		}
		return b.compare(compared, args[0], args[1])
	}
	if !args[0].isColumn && len(args) == 2 && args[1].isColumn && strings.HasPrefix(op, "s_") && op != "s_within" {
		args[0], args[1] = args[1], args[0]
	}
	if !args[0].isColumn {
		return nil, unsupported(op + "(" + args[0].text + ")")
	}
	col, err := b.cols.find(args[0].property)
	if err != nil {
		return nil, err
	}
	switch op {
	case "isnull":
		return Null{Column: col.Name}, nil
	case "like":
		if args[1].value == nil || args[1].value.Kind != tabular.Text || args[1].value.Text == "" {
			return nil, badSyntax(args[1].text, 0)
		}
		return likeAs(col.Name, args[1].value.Text, '%', '_', true), nil
	case "between":
		low, err := b.compare(Ge, args[0], args[1])
		if err != nil {
			return nil, err
		}
		high, err := b.compare(Le, args[0], args[2])
		return And{low, high}, err
	case "in":
		var any Or
		for _, a := range args[1:] {
			e, err := b.compare(Eq, args[0], a)
			if err != nil {
				return nil, err
			}
			any = append(any, e)
		}
		if len(any) == 1 {
			return any[0], nil
		}
		return any, nil
	case "s_intersects", "s_within", "s_disjoint":
		return spatialOf(op, col, args[1])
	}
	return temporalOf(op, col, args[1])
}

func (b cqlBuilder) compare(op Op, left, right cqlArg) (Expr, error) {
	if !left.isColumn || right.value == nil {
		return nil, unsupported(left.text + " " + signs[op] + " " + right.text)
	}
	col, err := b.cols.find(left.property)
	if err != nil {
		return nil, err
	}
	if left.folded && right.value.Kind == tabular.Text && op == Eq && right.value.Text != "" {
		var b strings.Builder
		for i := range len(right.value.Text) {
			escapeLike(&b, right.value.Text[i])
		}
		return Like{Column: col.Name, Pattern: b.String()}, nil
	}
	if left.folded {
		return nil, unsupported("CASEI(" + left.text + ") " + signs[op])
	}
	return comparison(col, op, *right.value, time.UTC)
}

func spatialOf(op string, col Column, arg cqlArg) (Expr, error) {
	if arg.geometry == nil {
		return nil, unsupported(op + "(" + col.Name + ", " + arg.text + ")")
	}
	area, ok := areaOf(arg.geometry)
	if point, isPoint := arg.geometry.(orb.Point); isPoint && op == "s_intersects" {
		return BBox{Column: col.Name, West: point[0], South: point[1], East: point[0], North: point[1]}, nil
	}
	if !ok || !goodArea(area) {
		return nil, wrongArea(col.Name, arg.text)
	}
	switch op {
	case "s_within":
		return Inside{Column: col.Name, Area: area}, nil
	case "s_disjoint":
		return And{Not{Inside{Column: col.Name, Area: area, Meets: true}}, Null{Column: col.Name, Present: true}}, nil
	}
	return Inside{Column: col.Name, Area: area, Meets: true}, nil
}

// temporalOf compares a date with an instant or a span, both ends of which are within.
func temporalOf(op string, col Column, arg cqlArg) (Expr, error) {
	if col.Kind != tabular.Date && col.Kind != tabular.Timestamp {
		return nil, unknownOperation(col.Name, op)
	}
	span := arg.span
	if span == nil && arg.value != nil {
		if t, ok := arg.value.instant(); ok {
			span = &[2]time.Time{t, t}
		}
	}
	if span == nil {
		return nil, unsupported(op + "(" + col.Name + ", " + arg.text + ")")
	}
	at := func(op Op, t time.Time) (Expr, error) {
		if t.IsZero() {
			return Null{Column: col.Name, Present: true}, nil
		}
		return comparison(col, op, ofTime(tabular.Timestamp, t), time.UTC)
	}
	switch op {
	case "t_before":
		return at(Lt, span[0])
	case "t_after":
		return at(Gt, span[1])
	case "t_equals":
		if span[0].Equal(span[1]) {
			return at(Eq, span[0])
		}
	case "t_during", "t_intersects":
		ops := [2]Op{Ge, Le}
		if op == "t_during" {
			ops = [2]Op{Gt, Lt}
		}
		low, err := at(ops[0], span[0])
		if err != nil {
			return nil, err
		}
		high, err := at(ops[1], span[1])
		return And{low, high}, err
	}
	return nil, unsupported(op)
}
