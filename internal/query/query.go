package query

import (
	"strconv"
	"strings"

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

// Unit is how finely a date is grouped, or a part of it.
type Unit string

// Year, Month and Daily give the first day of what they name, Hourly its first
// instant. The units of Parts give whole numbers.
const (
	Exact  Unit = ""
	Year   Unit = "year"
	Month  Unit = "month"
	Daily  Unit = "day"
	Hourly Unit = "hourly"

	MonthOfYear Unit = "monthofyear" // from 1
	DayOfMonth  Unit = "dayofmonth"  // from 1
	Weekday     Unit = "weekday"     // 1 Monday to 7 Sunday
	Hour        Unit = "hour"        // of timestamps, from 0; so are the next two
	Minute      Unit = "minute"
	Second      Unit = "second"
)

// Parts lists the units that are a part of a date.
var Parts = []Unit{MonthOfYear, DayOfMonth, Weekday, Hour, Minute, Second}

// Group is a column to group by: by value, by a unit of a date or a timestamp, or by
// classes of a number. At most one of Unit, Step and Bounds is set.
type Group struct {
	Column string
	Unit   Unit
	// Step makes classes of this width; the group is the lowest number of its class,
	// a multiple of Step (a Float).
	Step float64
	// Bounds makes classes between numbers that grow, at least two, the lower bound included,
	// the upper one not; the first may be minus infinity, the last plus infinity. The
	// group is the number of its class, from 0 (an Int), or no value outside of all.
	Bounds []float64
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
	// Percentile is the value that At percent of the values do not pass, between two
	// of them in proportion.
	Percentile Func = "percentile"
)

// Funcs lists the aggregate functions.
var Funcs = []Func{Count, Distinct, Sum, Avg, Min, Max, Median, Percentile}

// Aggregate is a figure of a group.
type Aggregate struct {
	Func   Func
	Column string // empty with Bare: all rows
	Bare   bool   // Count of rows
	At     int    // of Percentile, from 0 to 100
}

// Name is the name of the figure's column: count, sum_montant.
func (a Aggregate) Name() string {
	if a.Bare {
		return string(a.Func)
	}
	return a.word() + "_" + a.Column
}

// word is the function as it is written: sum, percentile95.
func (a Aggregate) word() string {
	if a.Func == Percentile {
		return string(a.Func) + strconv.Itoa(a.At)
	}
	return string(a.Func)
}

// funcOf is the opposite of word.
func funcOf(word string) Aggregate {
	if at, ok := strings.CutPrefix(word, string(Percentile)); ok {
		if n, err := strconv.Atoi(at); err == nil && strconv.Itoa(n) == at {
			return Aggregate{Func: Percentile, At: n}
		}
	}
	return Aggregate{Func: Func(word)}
}

// Name is the name of the group's column: date, date_year, montant_step, montant_classes.
func (g Group) Name() string {
	switch {
	case g.Step != 0:
		return g.Column + "_step"
	case len(g.Bounds) > 0:
		return g.Column + "_classes"
	case g.Unit == Exact:
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
		if !only(e, column) {
			kept = append(kept, e)
		}
	}
	q.Where = join(kept)
	return q
}

// only reports a condition that is about one column and no other.
func only(e Expr, column string) bool {
	var list []Expr
	switch e := e.(type) {
	case And:
		list = e
	case Or:
		list = e
	case Not:
		list = []Expr{e.Expr}
	default:
		c, ok := columnOf(e)
		return ok && c == column
	}
	for _, e := range list {
		if !only(e, column) {
			return false
		}
	}
	return true
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
