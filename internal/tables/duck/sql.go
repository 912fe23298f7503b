package duck

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tabular"
)

// selection is the rows that a query finds: a set of rows, a condition in SQL,
// both (all must hold) or neither (all rows).
type selection struct {
	t    *table
	set  bitset // nil: no set
	cond string // "": no condition
	args []any
	key  string // of the condition, for what is remembered of it
}

func (s *selection) all() bool { return s.set == nil && s.cond == "" }

// where is the selection as SQL, with its arguments.
func (s *selection) where() (string, []any) {
	var parts []string
	args := slices.Clone(s.args)
	if s.cond != "" {
		parts = append(parts, s.cond)
	}
	if s.set != nil {
		part, more := member(s.set, s.t.rows)
		parts = append(parts, part)
		args = append(args, more...)
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args
}

// member is "the row is in the set" as SQL.
func member(set bitset, rows int64) (string, []any) {
	switch set.count() {
	case 0:
		return "FALSE", nil
	case rows:
		return "TRUE", nil
	}
	return "get_bit(?::BLOB::BIT, rowid::INTEGER) = 1", []any{[]byte(set)}
}

// planner turns conditions into SQL over the columns of a table.
type planner struct {
	e    *Engine
	t    *table
	at   map[string]int
	args []any
}

func (e *Engine) planner(t *table) *planner {
	p := &planner{e: e, t: t, at: make(map[string]int, len(t.fields))}
	for j, f := range t.fields {
		p.at[f.Name] = j
	}
	return p
}

// selection finds what the query's conditions need from texts and boxes, and
// writes the rest as SQL.
func (e *Engine) selection(ctx context.Context, t *table, q query.Query) (*selection, error) {
	p := e.planner(t)
	s := &selection{t: t, key: t.key + "\x00" + query.Query{Where: q.Where, Text: q.Text}.Encode()}
	var conds []string
	meet := func(set bitset) {
		if s.set == nil {
			s.set = set
			return
		}
		s.set = s.set.and(set)
	}
	if words := query.Words(q.Text); len(words) > 0 {
		set, err := p.set(ctx, query.Search{Text: q.Text})
		if err != nil {
			return nil, err
		}
		meet(set)
	}
	for _, term := range and(q.Where) {
		if isSet(term) {
			set, err := p.set(ctx, term)
			if err != nil {
				return nil, err
			}
			meet(set)
			continue
		}
		cond, err := p.expr(ctx, term)
		if err != nil {
			return nil, err
		}
		conds = append(conds, cond)
	}
	s.cond, s.args = strings.Join(conds, " AND "), p.args
	return s, nil
}

// and are the conditions that must all hold.
func and(e query.Expr) []query.Expr {
	switch e := e.(type) {
	case nil:
		return nil
	case query.And:
		var list []query.Expr
		for _, term := range e {
			list = append(list, and(term)...)
		}
		return list
	}
	return []query.Expr{e}
}

// isSet reports conditions that are found by a pass over a file.
func isSet(e query.Expr) bool {
	switch e.(type) {
	case query.Search, query.Match, query.BBox, query.Near:
		return true
	}
	return false
}

// set finds the rows of such a condition, or remembers them.
func (p *planner) set(ctx context.Context, e query.Expr) (bitset, error) {
	key := p.t.key + "\x00" + query.Query{Where: e}.Encode()
	if set, ok := p.e.sets.get(key); ok {
		return set, nil
	}
	set, err := p.pass(ctx, e)
	if err != nil {
		return nil, err
	}
	p.e.sets.put(key, set, len(set)+len(key))
	return set, nil
}

func (p *planner) pass(ctx context.Context, e query.Expr) (bitset, error) {
	t := p.t
	if t.rows == 0 {
		return bitset{}, nil
	}
	switch e := e.(type) {
	case query.Search:
		return searchText(ctx, t.files(), t.rows, query.Words(e.Text))
	case query.Match:
		text := query.Fold(nil, []byte(e.Text))
		if len(text) == 0 { // nothing but accents
			text = []byte(" ")
		}
		j := p.at[e.Column]
		if cell := slices.Index(textColumns(t.fields), j); cell >= 0 {
			return matchText(ctx, t.files(), t.rows, cell, text, e.Start)
		}
		return matchCells(ctx, t.store, j, text, e.Start)
	case query.BBox:
		return eachBox(ctx, t.files(), t.rows, p.at[e.Column], meets(e))
	case query.Near:
		return eachBox(ctx, t.files(), t.rows, p.at[e.Column], within(e))
	}
	return nil, fmt.Errorf("duck: condition %T", e)
}

// expr writes a condition; its value may be NULL, which is as good as false.
func (p *planner) expr(ctx context.Context, e query.Expr) (string, error) {
	switch e := e.(type) {
	case query.And:
		return p.list(ctx, e, " AND ")
	case query.Or:
		return p.list(ctx, e, " OR ")
	case query.Not:
		cond, err := p.expr(ctx, e.Expr)
		return "NOT coalesce(" + cond + ", FALSE)", err
	case query.Compare:
		return p.compare(e.Column, e.Op, e.Value)
	case query.Between:
		low, err := p.compare(e.Column, query.Ge, e.Low)
		if err != nil {
			return "", err
		}
		high, err := p.compare(e.Column, query.Le, e.High)
		return "(" + low + " AND " + high + ")", err
	case query.In:
		return p.in(e)
	case query.Null:
		j, err := p.column(e.Column)
		if e.Present {
			return column(j) + " IS NOT NULL", err
		}
		return column(j) + " IS NULL", err
	case query.Search, query.Match, query.BBox, query.Near:
		set, err := p.set(ctx, e)
		if err != nil {
			return "", err
		}
		cond, args := member(set, p.t.rows)
		p.args = append(p.args, args...)
		return cond, nil
	}
	return "", fmt.Errorf("duck: condition %T", e)
}

func (p *planner) list(ctx context.Context, list []query.Expr, word string) (string, error) {
	conds := make([]string, len(list))
	for i, e := range list {
		cond, err := p.expr(ctx, e)
		if err != nil {
			return "", err
		}
		conds[i] = cond
	}
	return "(" + strings.Join(conds, word) + ")", nil
}

// column finds a column that the query was validated to have.
func (p *planner) column(name string) (int, error) {
	j, ok := p.at[name]
	if !ok {
		return 0, fmt.Errorf("duck: no column %q", name)
	}
	return j, nil
}

var operators = map[query.Op]string{
	query.Eq: "=", query.Ne: "IS DISTINCT FROM", query.Lt: "<", query.Le: "<=", query.Gt: ">", query.Ge: ">=",
}

func (p *planner) compare(name string, op query.Op, v query.Value) (string, error) {
	j, err := p.column(name)
	if err != nil {
		return "", err
	}
	if p.t.fields[j].Kind == tabular.Int && v.Kind == tabular.Float {
		var known string
		if op, v, known = wholeBound(op, v.Float); known != "" {
			if known == "present" {
				return column(j) + " IS NOT NULL", nil
			}
			return known, nil
		}
	}
	p.args = append(p.args, argument(p.t.fields[j].Kind, v))
	return column(j) + " " + operators[op] + " ?", nil
}

// wholeBound turns a comparison of an integer with a decimal number into one
// with an integer, or into what it always is.
func wholeBound(op query.Op, f float64) (query.Op, query.Value, string) {
	whole := f == math.Trunc(f)
	large := math.Abs(f) >= 1<<63
	switch {
	case op == query.Eq && (!whole || large):
		return op, query.Value{}, "FALSE"
	case op == query.Ne && (!whole || large):
		return op, query.Value{}, "TRUE"
	case large && (op == query.Lt || op == query.Le) == (f > 0):
		return op, query.Value{}, "present"
	case large:
		return op, query.Value{}, "FALSE"
	case whole:
		return op, query.Int(int64(f)), ""
	case op == query.Lt || op == query.Le:
		return query.Le, query.Int(int64(math.Floor(f))), ""
	}
	return query.Ge, query.Int(int64(math.Ceil(f))), ""
}

func (p *planner) in(e query.In) (string, error) {
	j, err := p.column(e.Column)
	if err != nil {
		return "", err
	}
	kind := p.t.fields[j].Kind
	var marks []string
	for _, v := range e.Values {
		if kind == tabular.Int && v.Kind == tabular.Float {
			_, whole, known := wholeBound(query.Eq, v.Float)
			if known != "" {
				continue
			}
			v = whole
		}
		marks = append(marks, "?")
		p.args = append(p.args, argument(kind, v))
	}
	if len(marks) == 0 {
		return "FALSE", nil
	}
	return column(j) + " IN (" + strings.Join(marks, ", ") + ")", nil
}

// argument is a value as DuckDB stores it; see storage.
func argument(kind tabular.Kind, v query.Value) any {
	switch kind {
	case tabular.Text, tabular.JSON:
		return v.Text
	case tabular.Float:
		if v.Kind == tabular.Int {
			return float64(v.Int)
		}
		return v.Float
	case tabular.Bool:
		return v.Int != 0
	case tabular.Date:
		return int32(max(math.MinInt32, min(math.MaxInt32, v.Int)))
	}
	return v.Int
}

// order writes the keys of a sort; the row number decides last.
func (p *planner) order(keys []query.SortKey) (string, error) {
	var parts []string
	for _, k := range keys {
		j, err := p.column(k.Column)
		if err != nil {
			return "", err
		}
		way := " ASC NULLS LAST"
		if k.Desc {
			way = " DESC NULLS LAST"
		}
		parts = append(parts, column(j)+way)
	}
	return " ORDER BY " + strings.Join(append(parts, "rowid"), ", "), nil
}

// limitRows checks the size of a page.
func (e *Engine) limitRows(limit int) (int, error) {
	if limit == 0 {
		return min(defaultRows, e.o.PageRows), nil
	}
	if limit > e.o.PageRows {
		return 0, errs.New(errs.Invalid, "tables.query.limit", errs.Args{"Max": e.o.PageRows}).WithHint("tables.query.limit.hint")
	}
	return limit, nil
}
