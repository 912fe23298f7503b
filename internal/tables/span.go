package tables

import (
	"math"
	"slices"
	"sync"
	"time"

	"socle/internal/schema"
	"socle/internal/tabular"
)

// Span is from when to when the dates of a column go: civil days YYYY-MM-DD. A year
// begins on 1 January and ends on 31 December.
type Span struct {
	Column     string // label
	Start, End string
}

const microsOfDay = 24 * 60 * 60 * 1_000_000

// calendar follows the columns of dates of a file while its rows pass.
type calendar struct {
	columns []datedColumn
	mu      sync.Mutex // of their bounds
}

type datedColumn struct {
	at          int // in the frames
	name        string
	year        bool  // its numbers are years
	first, last int64 // days since 1970-01-01, or years; first after last: no value
}

// newCalendar finds the columns of dates of a table.
func newCalendar(fields []tabular.Field, s *schema.Schema) *calendar {
	c := &calendar{}
	for j, f := range fields {
		at := s.Field(f.Name)
		year := at >= 0 && s.Fields[at].Type == schema.Year && f.Kind == tabular.Int
		if year || f.Kind == tabular.Date || f.Kind == tabular.Timestamp {
			c.columns = append(c.columns, datedColumn{at: j, name: f.Name, year: year, first: math.MaxInt64, last: math.MinInt64})
		}
	}
	return c
}

// take sees the rows of a frame. Calls may be concurrent.
func (c *calendar) take(fr *tabular.Frame) {
	for k := range c.columns {
		d := &c.columns[k]
		first, last := int64(math.MaxInt64), int64(math.MinInt64)
		values := &fr.Columns[d.at]
		for i := range fr.Rows {
			if !values.Null[i] {
				first, last = min(first, values.Int64[i]), max(last, values.Int64[i])
			}
		}
		if first > last {
			continue
		}
		if fr.Fields[d.at].Kind == tabular.Timestamp {
			first, last = dayOf(first), dayOf(last)
		}
		c.mu.Lock()
		d.first, d.last = min(d.first, first), max(d.last, last)
		c.mu.Unlock()
	}
}

// dayOf is the day of an instant, before 1970 too.
func dayOf(micros int64) int64 {
	return int64(math.Floor(float64(micros) / microsOfDay))
}

// spans are those of the columns that have a value.
func (c *calendar) spans() (list []Span) {
	for _, d := range c.columns {
		switch {
		case d.first > d.last:
		case d.year:
			list = append(list, Span{d.name, day(yearDate(d.first, time.January, 1)), day(yearDate(d.last, time.December, 31))})
		default:
			list = append(list, Span{d.name, day(tabular.Day(d.first)), day(tabular.Day(d.last))})
		}
	}
	return slices.DeleteFunc(list, func(s Span) bool { return s.Start == "" || s.End == "" })
}

func yearDate(year int64, m time.Month, d int) time.Time {
	return time.Date(int(year), m, d, 0, 0, 0, 0, time.UTC)
}

// day writes a date; "" for one that no calendar of people has.
func day(t time.Time) string {
	if t.Year() < 1 || t.Year() > 9999 {
		return ""
	}
	return t.Format(time.DateOnly)
}
