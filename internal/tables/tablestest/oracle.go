package tablestest

import (
	"bytes"
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/query"
	"socle/internal/tabular"
)

// cell is a value or none.
type cell struct {
	null bool
	v    query.Value
}

// data is a table as rows of cells.
type data struct {
	fields []tabular.Field
	rows   [][]cell
}

func (d *data) at(name string) int {
	return slices.IndexFunc(d.fields, func(f tabular.Field) bool { return f.Name == name })
}

// text is what tables.Record holds of a cell, nil for none.
func text(f tabular.Field, c cell) []byte {
	switch {
	case c.null:
		return nil
	case f.Kind == tabular.Timestamp && !f.Local:
		return []byte(tabular.Instant(c.v.Int).Format("2006-01-02T15:04:05.999999Z"))
	case f.Kind == tabular.Float:
		if a := math.Abs(c.v.Float); a != 0 && (a < 1e-6 || a >= 1e21) {
			return []byte(strconv.FormatFloat(c.v.Float, 'e', -1, 64))
		}
		return []byte(strconv.FormatFloat(c.v.Float, 'f', -1, 64))
	}
	return append([]byte{}, c.v.String()...)
}

// compare orders two values of one kind, or numbers.
func compare(a, b query.Value) int {
	switch {
	case a.Kind == tabular.Text || a.Kind == tabular.JSON:
		return strings.Compare(a.Text, b.Text)
	case a.Kind == tabular.Float || b.Kind == tabular.Float:
		return cmp.Compare(float(a), float(b))
	}
	return cmp.Compare(a.Int, b.Int)
}

func float(v query.Value) float64 {
	if v.Kind == tabular.Float {
		return v.Float
	}
	return float64(v.Int)
}

// meets reports whether a row meets a condition.
func (d *data) meets(row []cell, e query.Expr) bool {
	switch e := e.(type) {
	case nil:
		return true
	case query.And:
		return !slices.ContainsFunc(e, func(e query.Expr) bool { return !d.meets(row, e) })
	case query.Or:
		return slices.ContainsFunc(e, func(e query.Expr) bool { return d.meets(row, e) })
	case query.Not:
		return !d.meets(row, e.Expr)
	case query.Search:
		return d.search(row, e.Text)
	case query.Compare:
		c := row[d.at(e.Column)]
		if c.null {
			return e.Op == query.Ne
		}
		n := compare(c.v, e.Value)
		return map[query.Op]bool{query.Eq: n == 0, query.Ne: n != 0, query.Lt: n < 0, query.Le: n <= 0, query.Gt: n > 0, query.Ge: n >= 0}[e.Op]
	case query.In:
		c := row[d.at(e.Column)]
		return !c.null && slices.ContainsFunc(e.Values, func(v query.Value) bool { return compare(c.v, v) == 0 })
	case query.Between:
		c := row[d.at(e.Column)]
		return !c.null && compare(c.v, e.Low) >= 0 && compare(c.v, e.High) <= 0
	case query.Null:
		return row[d.at(e.Column)].null != e.Present
	case query.Match:
		j := d.at(e.Column)
		if row[j].null {
			return false
		}
		have, want := query.Fold(nil, text(d.fields[j], row[j])), query.Fold(nil, []byte(e.Text))
		if e.Start {
			return bytes.HasPrefix(have, want)
		}
		return bytes.Contains(have, want)
	}
	if e, ok := e.(query.Like); ok {
		j := d.at(e.Column)
		return !row[j].null && like(e.Pattern).Match(query.Fold(nil, text(d.fields[j], row[j])))
	}
	if e, ok := e.(query.Part); ok {
		c := row[d.at(e.Column)]
		if c.null {
			return e.Op == query.Ne
		}
		n := cmp.Compare(part(c, e.Part), e.Value)
		return map[query.Op]bool{query.Eq: n == 0, query.Ne: n != 0, query.Lt: n < 0, query.Le: n <= 0, query.Gt: n > 0, query.Ge: n >= 0}[e.Op]
	}
	panic("a condition that the plain reading does not know")
}

// like is a pattern as a regular expression over folded texts.
func like(pattern string) *regexp.Regexp {
	var b strings.Builder
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped || r != '%' && r != '_' && r != '\\':
			b.WriteString(regexp.QuoteMeta(string(query.Fold(nil, []byte(string(r))))))
			escaped = false
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteString(".")
		default:
			escaped = true
		}
	}
	return regexp.MustCompile("(?s)^" + b.String() + "$")
}

// part is one of query.Parts of a date or a timestamp.
func part(c cell, u query.Unit) int64 {
	t := moment(c)
	switch u {
	case query.MonthOfYear:
		return int64(t.Month())
	case query.DayOfMonth:
		return int64(t.Day())
	case query.Weekday:
		return int64((t.Weekday()+6)%7) + 1
	case query.Hour:
		return int64(t.Hour())
	case query.Minute:
		return int64(t.Minute())
	}
	return int64(t.Second())
}

// moment is a date or a timestamp as a time.
func moment(c cell) time.Time {
	if c.v.Kind == tabular.Timestamp {
		return tabular.Instant(c.v.Int)
	}
	return tabular.Day(c.v.Int)
}

// search reports whether all words are in the row's texts.
func (d *data) search(row []cell, words string) bool {
	for _, w := range query.Words(words) {
		found := false
		for j, f := range d.fields {
			found = found || f.Kind == tabular.Text && !row[j].null && bytes.Contains(query.Fold(nil, []byte(row[j].v.Text)), []byte(w))
		}
		if !found {
			return false
		}
	}
	return true
}

// find returns the numbers of the rows of a query, in order, its page set aside.
func (d *data) find(q query.Query) []int64 {
	numbers := []int64{}
	for i, row := range d.rows {
		if d.meets(row, q.Where) && d.search(row, q.Text) {
			numbers = append(numbers, int64(i)+1)
		}
	}
	slices.SortStableFunc(numbers, func(a, b int64) int {
		for _, k := range q.Sort {
			j := d.at(k.Column)
			x, y := d.rows[a-1][j], d.rows[b-1][j]
			switch {
			case x.null && y.null:
				continue
			case x.null:
				return 1
			case y.null:
				return -1
			}
			n := compare(x.v, y.v)
			if k.Desc {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
	return numbers
}

// page cuts the page of a query out of its rows.
func page(q query.Query, numbers []int64, limit int) []int64 {
	if q.After > 0 {
		numbers = numbers[slices.Index(numbers, q.After)+1:]
	}
	numbers = numbers[min(q.Offset, len(numbers)):]
	return numbers[:min(limit, len(numbers))]
}

// frames makes the Parquet frames of a run of rows.
func (d *data) frame(rows [][]cell) *tabular.Frame {
	fr := &tabular.Frame{Fields: d.fields, Rows: len(rows), Columns: make([]tabular.Column, len(d.fields))}
	for j, f := range d.fields {
		c := &fr.Columns[j]
		for _, row := range rows {
			v := row[j].v
			c.Null = append(c.Null, row[j].null)
			switch f.Kind {
			case tabular.Text, tabular.JSON:
				var b []byte
				if !row[j].null {
					b = []byte(v.Text)
				}
				c.Bytes = append(c.Bytes, b)
			case tabular.Float:
				c.Float64 = append(c.Float64, v.Float)
			default:
				c.Int64 = append(c.Int64, v.Int)
			}
		}
	}
	return fr
}

// groupOf is the group that a row is in, and the field of groups.
func (d *data) groupOf(row []cell, g query.Group) (tabular.Field, cell) {
	j := d.at(g.Column)
	f, c := d.fields[j], row[j]
	number := tabular.Field{Kind: tabular.Int}
	switch {
	case g.Step != 0:
		if !c.null {
			c.v = query.Float(math.Floor(float(c.v)/g.Step) * g.Step)
		}
		return tabular.Field{Kind: tabular.Float}, c
	case len(g.Bounds) > 0:
		for i := range len(g.Bounds) - 1 {
			if v := float(c.v); !c.null && v >= g.Bounds[i] && v < g.Bounds[i+1] {
				return number, cell{v: query.Int(int64(i))}
			}
		}
		return number, cell{null: true}
	case g.Unit == query.Exact:
		return f, c
	case g.Unit == query.Hourly:
		if !c.null {
			c.v.Int = moment(c).Truncate(time.Hour).UnixMicro()
		}
		return f, c
	case slices.Contains(query.Parts, g.Unit):
		if !c.null {
			c.v = query.Int(part(c, g.Unit))
		}
		return number, c
	}
	f = tabular.Field{Kind: tabular.Date}
	if c.null {
		return f, c
	}
	year, month, day := moment(c).Date()
	switch g.Unit {
	case query.Year:
		month, day = time.January, 1
	case query.Month:
		day = 1
	}
	return f, cell{v: query.Date(year, month, day)}
}
