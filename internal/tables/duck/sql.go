package duck

import (
	"context"
	"fmt"
	"math"
	"strings"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tabular"
)

// selection is the rows that a query finds. For pages they are a set; DuckDB is
// given the condition itself, where it can meet it alone.
type selection struct {
	p    *planner
	q    query.Query
	key  string // of the condition, for what is remembered of it
	set  bitset
	made bool
}

func (e *Engine) selection(t *table, q query.Query) *selection {
	q = query.Query{Where: q.Where, Text: q.Text}
	if len(query.Words(q.Text)) == 0 {
		q.Text = ""
	}
	return &selection{p: e.planner(t), q: q, key: t.key + "\x00" + q.Encode()}
}

// all reports a selection of all rows.
func (s *selection) all() bool { return s.q.Where == nil && s.q.Text == "" }

// rows is the set; nil: all rows.
func (s *selection) rows(ctx context.Context) (bitset, error) {
	if s.made || s.all() {
		return s.set, nil
	}
	var set bitset
	if s.q.Where != nil {
		var err error
		// What is joined by "and" is remembered by its parts.
		if list, ok := s.q.Where.(query.And); ok && s.p.t.rows > 0 {
			set, err = s.p.all(ctx, list)
		} else {
			set, err = s.p.set(ctx, s.q.Where)
		}
		if err != nil {
			return nil, err
		}
	}
	if s.q.Text != "" {
		words, err := s.p.set(ctx, query.Search{Text: s.q.Text})
		if err != nil {
			return nil, err
		}
		if set == nil {
			set = words
		} else {
			set = set.and(words)
		}
	}
	s.set, s.made = set, true
	return set, nil
}

// where is the selection as SQL, with its arguments.
func (s *selection) where(ctx context.Context) (string, []any, error) {
	switch {
	case s.all():
		return "", nil, nil
	case !s.made && s.q.Text == "" && inSQL(s.q.Where):
		p := planner{e: s.p.e, t: s.p.t, at: s.p.at}
		cond, err := p.expr(s.q.Where)
		return " WHERE " + cond, p.args, err
	}
	set, err := s.rows(ctx)
	if err != nil {
		return "", nil, err
	}
	cond, args := member(set, s.p.t.rows)
	return " WHERE " + cond, args, nil
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

// expr writes a condition of inSQL; its value may be NULL, which is as good as false.
func (p *planner) expr(e query.Expr) (string, error) {
	switch e := e.(type) {
	case query.And:
		return p.list(e, " AND ")
	case query.Or:
		return p.list(e, " OR ")
	case query.Not:
		cond, err := p.expr(e.Expr)
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
	}
	return "", fmt.Errorf("duck: condition %T", e)
}

func (p *planner) list(list []query.Expr, word string) (string, error) {
	conds := make([]string, len(list))
	for i, e := range list {
		cond, err := p.expr(e)
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
