package query

import (
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/tabular"
)

// sum reads values that are added and multiplied.
func (p *odsqlParser) sum() (node, error) { return p.chain("+", "-", p.product) }

func (p *odsqlParser) product() (node, error) { return p.chain("*", "/", p.primary) }

func (p *odsqlParser) chain(a, b string, one func() (node, error)) (node, error) {
	left, err := one()
	for err == nil && left.cond == nil && (p.peek().is(a) || p.peek().is(b)) {
		op := p.next().text
		var right node
		if right, err = one(); err != nil {
			return left, err
		}
		if right.cond != nil {
			return left, p.bad()
		}
		left.scalar = scalar{op: op, args: []scalar{left.scalar, right.scalar}, text: left.scalar.text + " " + op + " " + right.scalar.text}
		if err = p.count(); err != nil {
			return left, err
		}
	}
	return left, err
}

// count bounds how long a chain of operators may be.
func (p *odsqlParser) count() error {
	if len(p.list) > 20*maxTerms {
		return tooComplex()
	}
	return nil
}

func constantOf(v Value, text string) node {
	return node{scalar: scalar{op: "value", value: v, text: text}}
}

func (p *odsqlParser) primary() (n node, err error) {
	if err := p.enter(); err != nil {
		return n, err
	}
	defer p.leave()
	from := p.peek().at
	defer func() {
		if err == nil && n.cond == nil {
			n.scalar.text = strings.TrimSpace(p.source[from:p.list[max(p.at-1, 0)].end])
		}
	}()
	t := p.next()
	switch t.kind {
	case tokenNumber:
		v, ok := parseNumber(tabular.Int, t.text)
		if !ok {
			break
		}
		return constantOf(v, t.text), nil
	case tokenText:
		return constantOf(Text(t.text), t.text), nil
	case tokenName:
		return p.named(t.text)
	case tokenWord:
		return p.word(t)
	case tokenSign:
		switch t.text {
		case "-":
			inner, err := p.primary()
			if err == nil && inner.cond != nil {
				err = p.bad()
			}
			return node{scalar: scalar{op: "-", args: []scalar{inner.scalar}}}, err
		case "(":
			inner, err := p.or()
			if err != nil {
				return n, err
			}
			return inner, p.expect(")")
		}
	}
	p.back(t)
	return n, p.bad()
}

// named is a column, or one of the parts of a name with full stops.
func (p *odsqlParser) named(name string) (node, error) {
	if p.peek().is(".") && p.after(1).kind == tokenWord {
		p.next()
		name += "." + p.next().text
	}
	if name != RecordID {
		if _, err := p.cols.find(name); err != nil {
			return node{}, err
		}
	}
	return node{scalar: scalar{op: "column", column: name}}, nil
}

func (p *odsqlParser) word(t token) (node, error) {
	word := strings.ToLower(t.text)
	following := p.peek()
	switch {
	case word == "date" && following.kind == tokenText && following.at == t.end:
		p.next()
		at, ok := readTime(following.text, p.o.Zone)
		if !ok {
			return node{}, wrongValue(Column{Name: "date", Kind: tabular.Date}, following.text)
		}
		return constantOf(Value{Kind: tabular.Timestamp, Int: at.UnixMicro()}, ""), nil
	case word == "geom" && following.kind == tokenText && following.at == t.end:
		p.next()
		if _, ok := ParseGeometry(following.text); !ok {
			return node{}, wrongArea("geom", following.text)
		}
		return node{scalar: scalar{op: "geometry", value: Text(following.text)}}, nil
	case following.is("("):
		p.next()
		return p.call(word)
	case word == "true", word == "false":
		return constantOf(Bool(word == "true"), ""), nil
	case word == "null":
		return node{scalar: scalar{op: "null"}}, nil
	}
	return p.named(t.text)
}

// aggregateWords are the functions that make figures of groups.
var aggregateWords = map[string]Func{"avg": Avg, "count": Count, "max": Max, "median": Median, "min": Min, "percentile": Percentile, "sum": Sum}

var valueArity = map[string]int{"length": 1, "lower": 1, "upper": 1, "ifnull": 2, "date_format": 2, "year": 1, "month": 1, "day": 1, "hour": 1, "minute": 1, "second": 1}

// call reads the arguments of a function, whose parenthesis is open.
func (p *odsqlParser) call(name string) (node, error) {
	if f, ok := aggregateWords[name]; ok {
		if !p.figures {
			return node{}, unsupported(name + "()")
		}
		return p.aggregate(f)
	}
	if name == "now" {
		return p.now()
	}
	if name == "search" || name == "suggest" {
		return p.search(name)
	}
	var args []scalar
	for !p.take(")") {
		if len(args) > 0 {
			if err := p.expect(","); err != nil {
				return node{}, err
			}
		}
		v, err := p.argument(name, len(args))
		if err != nil {
			return node{}, err
		}
		args = append(args, v)
	}
	if n, ok := valueArity[name]; ok {
		if len(args) != n {
			return node{}, p.bad()
		}
		if name == "date_format" && (args[1].op != "value" || !goodForm(args[1].value.Text)) {
			return node{}, unsupported(name + "(" + args[1].text + ")")
		}
		return node{scalar: scalar{op: name, args: args}}, nil
	}
	if name == "distance" && len(args) == 2 {
		return node{scalar: scalar{op: name, args: args}}, nil
	}
	e, err := p.spatial(name, args)
	return node{cond: e}, err
}

// lengths are the units of a distance, in metres.
var lengths = map[string]float64{"mi": 1609.344, "yd": 0.9144, "ft": 0.3048, "m": 1, "cm": 0.01, "mm": 0.001, "km": 1000}

// argument reads a value, or a distance (10km), or a bare word of some functions.
func (p *odsqlParser) argument(function string, at int) (scalar, error) {
	t := p.peek()
	if t.kind == tokenNumber {
		if unit, ok := lengths[strings.ToLower(p.after(1).text)]; ok && p.after(1).kind == tokenWord {
			p.next()
			p.next()
			v, ok := parseNumber(tabular.Float, t.text)
			if !ok {
				return scalar{}, p.bad()
			}
			return scalar{op: "value", value: Float(v.Float * unit), text: t.text}, nil
		}
	}
	if function == "geometry" && at == 2 && t.kind == tokenWord {
		p.next()
		return scalar{op: "value", value: Text(strings.ToLower(t.text)), text: t.text}, nil
	}
	v, err := p.value()
	if err != nil {
		return v, err
	}
	return v.fold(), nil
}

// search reads search(field, …, "text"): words in one of the columns.
func (p *odsqlParser) search(name string) (node, error) {
	var columns []string
	for {
		t := p.peek()
		if t.kind == tokenText {
			p.next()
			if err := p.expect(")"); err != nil {
				return node{}, err
			}
			if len(Words(t.text)) == 0 {
				return node{}, badValue(name, t.text)
			}
			if len(columns) == 0 {
				return node{cond: Search{Text: strings.Join(strings.Fields(t.text), " ")}}, nil
			}
			return node{cond: words(columns, t.text)}, nil
		}
		if p.take("*") {
			if len(columns) > 0 {
				return node{}, p.bad()
			}
		} else {
			v, err := p.value()
			if err != nil {
				return node{}, err
			}
			col, err := p.column(v)
			if err != nil {
				return node{}, err
			}
			columns = append(columns, col.Name)
		}
		if err := p.expect(","); err != nil {
			return node{}, err
		}
	}
}

// spatial makes a condition of a function of a column.
func (p *odsqlParser) spatial(name string, args []scalar) (Expr, error) {
	need := map[string]int{"startswith": 2, "within_distance": 3, "distance": 3, "in_bbox": 5, "intersects": 2, "disjoint": 2, "within": 2, "polygon": 2, "geometry": 3}[name]
	if need == 0 {
		return nil, unsupported(name + "()")
	}
	if len(args) != need {
		return nil, p.bad()
	}
	col, err := p.column(args[0])
	if err != nil {
		return nil, err
	}
	switch name {
	case "startswith":
		if args[1].op != "value" || args[1].value.Kind != tabular.Text || col.Kind != tabular.Text || args[1].value.Text == "" {
			return nil, unsupported(name + "(" + col.Name + ", " + args[1].text + ")")
		}
		return prefixed(col.Name, args[1].value.Text), nil
	case "within_distance", "distance":
		m, ok := args[2].value.number()
		if args[2].op != "value" || !ok {
			return nil, p.bad()
		}
		return p.near(args[0], args[1], m)
	case "in_bbox":
		var n [4]float64
		for i, a := range args[1:] {
			v, ok := a.value.number()
			if a.op != "value" || !ok {
				return nil, p.bad()
			}
			n[i] = v
		}
		return BBox{Column: col.Name, South: min(n[0], n[2]), West: n[1], North: max(n[0], n[2]), East: n[3]}, nil
	case "geometry":
		name = args[2].value.Text
	case "polygon":
		name = "within"
	}
	if args[1].op != "geometry" {
		return nil, p.bad()
	}
	area, ok := ParseArea(args[1].value.Text)
	if !ok {
		return nil, wrongArea(col.Name, args[1].value.Text)
	}
	switch name {
	case "intersects":
		return Inside{Column: col.Name, Area: area, Meets: true}, nil
	case "within":
		return Inside{Column: col.Name, Area: area}, nil
	case "disjoint":
		return And{Not{Inside{Column: col.Name, Area: area, Meets: true}}, Null{Column: col.Name, Present: true}}, nil
	}
	return nil, unsupported("geometry(…, " + name + ")")
}

func (p *odsqlParser) near(field, place scalar, metres float64) (Expr, error) {
	col, err := p.column(field)
	if err != nil {
		return nil, err
	}
	if place.op != "geometry" {
		return nil, p.bad()
	}
	g, _ := ParseGeometry(place.value.Text)
	point, ok := g.(orb.Point)
	if !ok {
		return nil, unsupported("geom'" + place.value.Text + "'")
	}
	return Near{Column: col.Name, Lon: point[0], Lat: point[1], Metres: metres}, nil
}

// aggregate reads the arguments of a figure.
func (p *odsqlParser) aggregate(f Func) (node, error) {
	a := Aggregate{Func: f}
	switch {
	case f == Count && p.take("*"):
		a.Bare = true
	default:
		if f == Count && p.take("distinct") {
			a.Func = Distinct
		}
		v, err := p.value()
		if err != nil {
			return node{}, err
		}
		col, err := p.column(v)
		if err != nil {
			return node{}, err
		}
		a.Column = col.Name
		if f == Percentile {
			if err := p.expect(","); err != nil {
				return node{}, err
			}
			t := p.next()
			n, ok := parseNumber(tabular.Int, t.text)
			if t.kind != tokenNumber || !ok || n.Kind != tabular.Int {
				return node{}, unsupported("percentile(" + col.Name + ", " + t.text + ")")
			}
			a.At = int(max(-1, min(n.Int, 101)))
		}
	}
	if err := p.expect(")"); err != nil {
		return node{}, err
	}
	if !slices.Contains(p.aggregates, a) {
		p.aggregates = append(p.aggregates, a)
	}
	return node{scalar: scalar{op: "figure", column: a.Name()}}, nil
}

// now reads now(), now(years=-1, hours=+2), now(day=1).
func (p *odsqlParser) now() (node, error) {
	t := p.o.Now.In(p.o.Zone)
	for first := true; !p.take(")"); first = false {
		if !first {
			if err := p.expect(","); err != nil {
				return node{}, err
			}
		}
		unit := strings.ToLower(p.next().text)
		if err := p.expect("="); err != nil {
			return node{}, err
		}
		sign := 1
		if p.take("-") {
			sign = -1
		} else {
			p.take("+")
		}
		number := p.next()
		v, ok := parseNumber(tabular.Int, number.text)
		if number.kind != tokenNumber || !ok || v.Kind != tabular.Int || v.Int > 100_000 {
			return node{}, p.bad()
		}
		if t, ok = shift(t, unit, sign*int(v.Int)); !ok {
			return node{}, unsupported("now(" + unit + ")")
		}
	}
	if t.Year() < 1 || t.Year() > 9999 {
		return node{}, badValue("now", t.Format(time.RFC3339))
	}
	return constantOf(Value{Kind: tabular.Timestamp, Int: t.UnixMicro()}, ""), nil
}

// shift moves a time by units (years), or sets one (year).
func shift(t time.Time, unit string, n int) (time.Time, bool) {
	y, mo, d := t.Date()
	h, mi, s := t.Clock()
	switch unit {
	case "years":
		return t.AddDate(n, 0, 0), true
	case "months":
		return t.AddDate(0, n, 0), true
	case "weeks":
		return t.AddDate(0, 0, 7*n), true
	case "days":
		return t.AddDate(0, 0, n), true
	case "hours":
		return t.Add(time.Duration(n) * time.Hour), true
	case "minutes":
		return t.Add(time.Duration(n) * time.Minute), true
	case "seconds":
		return t.Add(time.Duration(n) * time.Second), true
	case "year":
		y = n
	case "month":
		mo = time.Month(n)
	case "day":
		d = n
	case "hour":
		h = n
	case "minute":
		mi = n
	case "second":
		s = n
	case "microsecond":
		return t.Truncate(time.Second).Add(time.Duration(n) * time.Microsecond), true
	default:
		return t, false
	}
	return time.Date(y, mo, d, h, mi, s, t.Nanosecond(), t.Location()), true
}
