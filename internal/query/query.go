package query

import (
	"socle/internal/tabular"
)

// Column is what a query needs to know of a column of its table.
type Column struct {
	Name     string
	Title    string // for people; Name when empty
	Kind     tabular.Kind
	Geometry string // as tabular.Field.Geometry
}

// Label is the title, or the name.
func (c Column) Label() string {
	if c.Title != "" {
		return c.Title
	}
	return c.Name
}

// Columns takes the columns of a table from its fields.
func Columns(fields []tabular.Field) []Column {
	cols := make([]Column, len(fields))
	for i, f := range fields {
		cols[i] = Column{Name: f.Name, Kind: f.Kind, Geometry: f.Geometry}
	}
	return cols
}

// Query is a question to one table. The zero value asks for all its rows in order.
type Query struct {
	Select []string // columns returned, in this order; none: all
	Where  Expr     // condition on rows; nil: all
	Text   string   // words that must all be found in the row's texts; case and accents set aside
	Facets []string // columns whose values are counted beside the page

	Group      []Group     // rows become one per group; used by Aggregate only
	Aggregates []Aggregate // what is computed of each group

	Sort   []SortKey // then by row number
	Limit  int       // rows of the page; 0: the engine's default
	Offset int       // rows passed over; not with After
	After  int64     // number of the last row seen, from 1; 0: from the start
}

// SortKey orders by a column. Cells without value come last, either way.
type SortKey struct {
	Column string
	Desc   bool
}

// Unit is how finely a date is grouped.
type Unit string

const (
	Exact Unit = ""
	Year  Unit = "year"
	Month Unit = "month"
	Daily Unit = "day"
)

// Group is a column to group by, with a unit for dates and timestamps.
type Group struct {
	Column string
	Unit   Unit
}

// Func is an aggregate function.
type Func string

const (
	Count    Func = "count" // of rows when Column is empty, else of values
	Distinct Func = "distinct"
	Sum      Func = "sum"
	Avg      Func = "avg"
	Min      Func = "min"
	Max      Func = "max"
	Median   Func = "median"
)

// Funcs lists the aggregate functions.
var Funcs = []Func{Count, Distinct, Sum, Avg, Min, Max, Median}

// Aggregate is a figure of a group.
type Aggregate struct {
	Func   Func
	Column string // empty with Bare: all rows
	Bare   bool   // Count of rows
}

// Name is the name of the figure's column: count, sum_montant.
func (a Aggregate) Name() string {
	if a.Bare {
		return string(a.Func)
	}
	return string(a.Func) + "_" + a.Column
}

// Name is the name of the group's column: date, date_year.
func (g Group) Name() string {
	if g.Unit == Exact {
		return g.Column
	}
	return g.Column + "_" + string(g.Unit)
}

// Filtered reports whether the query leaves rows out (its page set aside).
func (q Query) Filtered() bool { return q.Where != nil || q.Text != "" }

// Without returns the query less the top-level conditions on a column: what the
// facet of that column counts when several of its values may be chosen.
func (q Query) Without(column string) Query {
	var kept And
	for _, e := range terms(q.Where) {
		if c, ok := columnOf(e); !ok || c != column {
			kept = append(kept, e)
		}
	}
	q.Where = join(kept)
	return q
}

// With returns the query with one more condition.
func (q Query) With(e Expr) Query {
	q.Where = join(append(append(And(nil), terms(q.Where)...), e))
	return q
}

// terms are the conditions that must all hold.
func terms(e Expr) []Expr {
	switch e := e.(type) {
	case nil:
		return nil
	case And:
		return e
	}
	return []Expr{e}
}

// join is the opposite of terms.
func join(list And) Expr {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return list
}
