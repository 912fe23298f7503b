package query

import (
	"slices"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/tabular"
)

// ODSQL is what a request to the Explore API v2.1 asks, clause by clause. Several
// Where must all hold; so must several GroupBy, OrderBy, Refine and Exclude be taken together.
type ODSQL struct {
	Select  string
	Where   []string
	GroupBy []string
	OrderBy []string
	Facets  []string // name, or facet(name="…", disjunctive=true, …)
	Refine  []string // FIELD:VALUE
	Exclude []string // FIELD:VALUE
	Zone    *time.Location
	Now     time.Time
}

// Exploration is an ODSQL request as a query and what is shown of its rows.
type Exploration struct {
	Query   Query
	Outputs []Output // none: all columns
	Facets  []FacetWanted
	Zone    *time.Location
}

// Grouped reports whether rows are groups.
func (x Exploration) Grouped() bool { return len(x.Query.Group)+len(x.Query.Aggregates) > 0 }

// Output is a column of an answer: a column of the table, of the groups, or what is
// computed of them.
type Output struct {
	Name   string
	scalar scalar
}

// Column is the column that an output shows as it is; false when it computes.
func (o Output) Column() (string, bool) {
	return o.scalar.column, o.scalar.op == "column" || o.scalar.op == "figure"
}

// Value computes an output of a row; nil is no value.
func (o Output) Value(get func(column string) *Value) *Value { return o.scalar.eval(get) }

// Kind is that of an output's values, given those of the columns.
func (o Output) Kind(of func(column string) tabular.Kind) tabular.Kind { return o.scalar.kind(of) }

// FacetWanted is a facet asked for.
type FacetWanted struct {
	Column      string
	Disjunctive bool
	Sort        string // -count, count, alphanum or -alphanum
	Limit       int
}

// ClauseError is an error in a clause: select, where, group_by, order_by, facet,
// refine or exclude.
type ClauseError struct {
	Clause string
	Err    error
}

func (e *ClauseError) Error() string { return e.Clause + ": " + e.Err.Error() }
func (e *ClauseError) Unwrap() error { return e.Err }

// RecordID is the column that names a record, to be selected only.
const RecordID = "_id"

// ParseODSQL reads the clauses. Errors: ClauseError around Invalid, for what is
// malformed, names no column, or cannot be answered; nothing is passed over.
func ParseODSQL(o ODSQL, cols []Column) (x Exploration, err error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	x.Zone = o.Zone
	p := &odsqlParser{o: o, cols: index(cols)}
	var where And
	step := func(clause string, do func() error) {
		if err != nil {
			return
		}
		if e := do(); e != nil {
			err = &ClauseError{Clause: clause, Err: e}
		}
	}
	step("where", func() error {
		for _, source := range o.Where {
			if strings.TrimSpace(source) == "" {
				continue
			}
			e, err := p.where(source)
			if err != nil {
				return err
			}
			where = append(where, e)
		}
		return nil
	})
	step("facet", func() error { return p.facets(&x) })
	step("refine", func() error { return p.refine(&where, x.Facets) })
	step("exclude", func() error { return p.exclude(&where) })
	step("group_by", func() error { return p.groupBy() })
	step("select", func() error { return p.selection() })
	step("order_by", func() error { return p.orderBy() })
	if err != nil {
		return x, err
	}
	x.Query.Where = join(where)
	x.Query.Sort, x.Outputs = p.sort, p.outputs
	for _, g := range p.groups {
		x.Query.Group = append(x.Query.Group, g.Group)
	}
	x.Query.Aggregates = p.aggregates
	if !x.Grouped() {
		x.Query.Select = p.needed()
	}
	step("where", func() error { return x.Query.Validate(cols) })
	return x, err
}

type odsqlParser struct {
	cursor
	o          ODSQL
	cols       columnIndex
	groups     []odsqlGroup
	aggregates []Aggregate
	outputs    []Output
	sort       []SortKey
	figures    bool // whether aggregates may be written where we are
}

// needed are the table's columns that outputs read; none for all.
func (p *odsqlParser) needed() (names []string) {
	seen := map[string]bool{}
	for _, o := range p.outputs {
		o.scalar.columns(func(name string) {
			if !seen[name] && name != RecordID {
				seen[name] = true
				names = append(names, name)
			}
		})
	}
	return names
}

func (p *odsqlParser) open(source string) error {
	list, err := odsqlDialect.tokens(source)
	p.cursor = cursor{source: source, list: list}
	return err
}

// node is what stands between operators: a condition or a value.
type node struct {
	cond   Expr
	scalar scalar
}

func (p *odsqlParser) where(source string) (Expr, error) {
	if err := p.open(source); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err == nil && p.peek().kind != tokenEnd {
		err = p.bad()
	}
	if err != nil {
		return nil, err
	}
	return p.holds(n)
}

// holds makes a condition of a node: a text is looked for, a truth value is true.
func (p *odsqlParser) holds(n node) (Expr, error) {
	if n.cond != nil {
		return n.cond, nil
	}
	s := n.scalar.fold()
	switch {
	case s.op == "value" && s.value.Kind == tabular.Text && strings.TrimSpace(s.value.Text) != "":
		return Search{Text: strings.Join(strings.Fields(s.value.Text), " ")}, nil
	case s.op == "column":
		col, err := p.cols.find(s.column)
		if err == nil && col.Kind == tabular.Bool {
			return Compare{Column: s.column, Op: Eq, Value: Bool(true)}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, errs.New(errs.Invalid, "interop.not-condition", errs.Args{"What": n.scalar.text}).WithHint("interop.not-condition.hint")
}

func (p *odsqlParser) or() (node, error) {
	return p.several("or", p.and, func(list []Expr) Expr { return Or(list) })
}

func (p *odsqlParser) and() (node, error) {
	return p.several("and", p.not, func(list []Expr) Expr { return And(list) })
}

func (p *odsqlParser) several(word string, one func() (node, error), combine func([]Expr) Expr) (node, error) {
	n, err := one()
	if err != nil || !p.peek().is(word) {
		return n, err
	}
	var list []Expr
	for {
		e, err := p.holds(n)
		if err != nil {
			return n, err
		}
		list = append(list, e)
		if !p.take(word) {
			return node{cond: combine(list)}, nil
		}
		if n, err = one(); err != nil {
			return n, err
		}
	}
}

func (p *odsqlParser) not() (node, error) {
	if !p.peek().is("not") {
		return p.compared()
	}
	if err := p.enter(); err != nil {
		return node{}, err
	}
	defer p.leave()
	p.next()
	n, err := p.not()
	if err != nil {
		return n, err
	}
	e, err := p.holds(n)
	return node{cond: Not{e}}, err
}

var odsqlOps = map[string]Op{"=": Eq, ":": Eq, "!=": Ne, "<>": Ne, "<": Lt, "<=": Le, ">": Gt, ">=": Ge}

func (p *odsqlParser) compared() (node, error) {
	left, err := p.sum()
	if err != nil || left.cond != nil {
		return left, err
	}
	t := p.peek()
	if op, ok := odsqlOps[t.text]; ok && t.kind == tokenSign {
		p.next()
		right, err := p.value()
		if err != nil {
			return left, err
		}
		e, err := p.compare(left.scalar.fold(), op, right.fold())
		return node{cond: e}, err
	}
	negative := false
	if t.is("not") && (p.after(1).is("in") || p.after(1).is("like") || p.after(1).is("between")) {
		p.next()
		negative = true
	}
	var e Expr
	switch {
	case p.take("like"):
		e, err = p.like(left.scalar)
	case p.take("in"):
		e, err = p.in(left.scalar.fold())
	case p.take("between"):
		e, err = p.between(left.scalar.fold())
	case p.take("is"):
		e, err = p.is(left.scalar)
	default:
		return left, nil
	}
	if negative && err == nil {
		e = Not{e}
	}
	return node{cond: e}, err
}

// value is a scalar where no condition may stand.
func (p *odsqlParser) value() (scalar, error) {
	n, err := p.sum()
	if err == nil && n.cond != nil {
		err = p.bad()
	}
	return n.scalar, err
}

var signs = map[Op]string{Eq: "=", Ne: "!=", Lt: "<", Le: "<=", Gt: ">", Ge: ">="}

var flipped = map[Op]Op{Eq: Eq, Ne: Ne, Lt: Gt, Le: Ge, Gt: Lt, Ge: Le}

// compare makes a condition of two values, one of which must be constant.
func (p *odsqlParser) compare(left scalar, op Op, right scalar) (Expr, error) {
	if left.constant() && !right.constant() {
		left, op, right = right, flipped[op], left
	}
	if !right.constant() || left.constant() {
		return nil, unsupported(left.text + " " + signs[op] + " " + right.text)
	}
	if right.op == "null" {
		switch col, err := p.column(left); {
		case err != nil:
			return nil, err
		case op == Eq:
			return Null{Column: col.Name}, nil
		case op == Ne:
			return Null{Column: col.Name, Present: true}, nil
		}
		return nil, unsupported("null")
	}
	return p.compareWith(left, op, right.value)
}

func (p *odsqlParser) compareWith(left scalar, op Op, v Value) (Expr, error) {
	switch left.op {
	case "column":
		col, err := p.cols.find(left.column)
		if err != nil {
			return nil, err
		}
		return comparison(col, op, v, p.o.Zone)
	case "year", "month", "day", "hour", "minute", "second":
		col, err := p.column(left.args[0])
		if err != nil {
			return nil, err
		}
		if err := p.clock(col, left.text); err != nil {
			return nil, err
		}
		return compareFunction(col, left.op, op, v)
	case "date_format":
		return p.compareFormat(left, op, v)
	case "lower", "upper":
		if op != Eq && op != Ne || v.Kind != tabular.Text {
			break
		}
		col, err := p.column(left.args[0])
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		for i := range len(v.Text) {
			escapeLike(&b, v.Text[i])
		}
		var e Expr = Like{Column: col.Name, Pattern: b.String()}
		if op == Ne {
			e = Not{e}
		}
		return e, nil
	case "distance":
		m, ok := v.number()
		if !ok {
			return nil, wrongValue(Column{Name: left.text, Kind: tabular.Float}, v.String())
		}
		near, err := p.near(left.args[0], left.args[1], m)
		switch {
		case err != nil:
			return nil, err
		case op == Le || op == Lt:
			return near, nil
		case op == Gt || op == Ge:
			col, _ := columnOf(near)
			return And{Not{near}, Null{Column: col, Present: true}}, nil
		}
	}
	return nil, unsupported(left.text)
}

// clock refuses parts of instants in another zone than they are stored in.
func (p *odsqlParser) clock(col Column, what string) error {
	if col.Kind == tabular.Timestamp && p.o.Zone != time.UTC && p.o.Zone.String() != "UTC" {
		return unsupported(what + " (timezone=" + p.o.Zone.String() + ")")
	}
	return nil
}

// compareFormat compares date_format(column, "yyyy-MM") with such a text.
func (p *odsqlParser) compareFormat(left scalar, op Op, v Value) (Expr, error) {
	col, err := p.column(left.args[0])
	if err != nil {
		return nil, err
	}
	if err := p.clock(col, left.text); err != nil {
		return nil, err
	}
	if err := unitOf(Year, col); err != nil {
		return nil, err
	}
	form := left.args[1].value.Text
	layout := map[string]string{"yyyy": "2006", "YYYY": "2006", "yyyy-MM": "2006-01", "YYYY-MM": "2006-01", "yyyy/MM": "2006/01", "yyyy-MM-dd": time.DateOnly, "YYYY-MM-dd": time.DateOnly, "yyyy/MM/dd": "2006/01/02"}[form]
	if layout == "" {
		return nil, unsupported(left.text)
	}
	if _, err := time.Parse(layout, v.String()); err != nil {
		return nil, wrongValue(Column{Name: left.text, Kind: tabular.Date}, v.String())
	}
	from, to, _ := dayPeriod(v.String(), time.UTC)
	return period(col, op, from, to), nil
}

// column is a scalar that must be a column.
func (p *odsqlParser) column(s scalar) (Column, error) {
	if s.op != "column" {
		return Column{}, unsupported(s.text)
	}
	return p.cols.find(s.column)
}

func (p *odsqlParser) is(left scalar) (Expr, error) {
	col, err := p.column(left)
	if err != nil {
		return nil, err
	}
	not := p.take("not")
	switch {
	case p.take("null"):
		return Null{Column: col.Name, Present: not}, nil
	case p.peek().is("true"), p.peek().is("false"):
		if col.Kind != tabular.Bool {
			return nil, p.bad()
		}
		op := Eq
		if not {
			op = Ne
		}
		return Compare{Column: col.Name, Op: op, Value: Bool(strings.EqualFold(p.next().text, "true"))}, nil
	}
	return nil, p.bad()
}

func (p *odsqlParser) like(left scalar) (Expr, error) {
	col, err := p.column(left)
	if err != nil {
		return nil, err
	}
	t := p.next()
	if t.kind != tokenText || t.text == "" {
		p.back(t)
		return nil, p.bad()
	}
	if strings.ContainsAny(t.text, "*?%") {
		return likeAs(col.Name, strings.ReplaceAll(t.text, "%", "*"), '*', '?', false), nil
	}
	e := words([]string{col.Name}, t.text)
	if e == nil {
		return nil, badValue(col.Name, t.text)
	}
	return e, nil
}

func (p *odsqlParser) between(left scalar) (Expr, error) {
	low, err := p.value()
	if err == nil {
		err = p.expect("and")
	}
	if err != nil {
		return nil, err
	}
	high, err := p.value()
	if err != nil {
		return nil, err
	}
	return p.bounds(left, Ge, low, Le, high)
}

func (p *odsqlParser) bounds(left scalar, opLow Op, low scalar, opHigh Op, high scalar) (Expr, error) {
	a, err := p.compare(left, opLow, low.fold())
	if err != nil {
		return nil, err
	}
	b, err := p.compare(left, opHigh, high.fold())
	return And{a, b}, err
}

// in reads a list, a range such as [1..10[, or a column that holds the value.
func (p *odsqlParser) in(left scalar) (Expr, error) {
	t := p.peek()
	switch {
	case t.is("("):
		return p.inList(left)
	case t.is("["), t.is("]"):
		p.next()
		opLow, opHigh := Ge, Le
		if t.is("]") {
			opLow = Gt
		}
		low, err := p.value()
		if err != nil {
			return nil, err
		}
		if !p.take("..") && !p.take("to") {
			return nil, p.bad()
		}
		high, err := p.value()
		if err != nil {
			return nil, err
		}
		if p.take("[") {
			opHigh = Lt
		} else if !p.take("]") {
			return nil, p.bad()
		}
		return p.bounds(left, opLow, low, opHigh, high)
	}
	right, err := p.value()
	if err != nil {
		return nil, err
	}
	if left.op == "value" && right.op == "column" {
		col, err := p.cols.find(right.column)
		if err == nil && col.Kind == tabular.JSON {
			return Match{Column: col.Name, Text: `"` + left.value.String() + `"`}, nil
		}
	}
	return p.compare(left, Eq, right.fold())
}

func (p *odsqlParser) inList(left scalar) (Expr, error) {
	p.next()
	var any Or
	plain := In{}
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		e, err := p.compare(left, Eq, v.fold())
		if err != nil {
			return nil, err
		}
		any = append(any, e)
		if c, ok := e.(Compare); ok {
			plain.Column = c.Column
			plain.Values = appendNew(plain.Values, c.Value)
		}
		if p.take(")") {
			break
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
	switch {
	case len(any) == 1:
		return any[0], nil
	case !slices.ContainsFunc(any, func(e Expr) bool { _, ok := e.(Compare); return !ok }):
		return one(plain), nil
	}
	return any, nil
}
