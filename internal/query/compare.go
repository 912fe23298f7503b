package query

import (
	"slices"
	"strings"
	"time"

	"socle/internal/tabular"
)

// comparison is a column compared with a constant of another syntax: numbers and texts
// become values of the column, dates too, in the zone for those that say none.
func comparison(col Column, op Op, v Value, zone *time.Location) (Expr, error) {
	if col.Kind == tabular.Date {
		return compareDay(col, op, v, zone)
	}
	out, err := convert(col, v, zone)
	if err != nil {
		return nil, err
	}
	return Compare{Column: col.Name, Op: op, Value: out}, nil
}

// never is a condition on a column that no row meets.
func never(column string) Expr {
	return And{Null{Column: column}, Null{Column: column, Present: true}}
}

// compareDay compares days with an instant, which may lie within one.
func compareDay(col Column, op Op, v Value, zone *time.Location) (Expr, error) {
	var t time.Time
	ok := true
	switch v.Kind {
	case tabular.Date:
		t = tabular.Day(v.Int)
	case tabular.Timestamp:
		t = tabular.Instant(v.Int).In(zone)
	case tabular.Text:
		if t, ok = readTime(v.Text, zone); ok {
			t = t.In(zone)
		} else {
			var parsed Value
			parsed, ok = ParseValue(tabular.Date, v.Text)
			t = tabular.Day(parsed.Int)
		}
	default:
		ok = false
	}
	if !ok {
		return nil, wrongValue(col, v.String())
	}
	day := Date(t.Year(), t.Month(), t.Day())
	if t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 || t.Nanosecond() != 0 {
		switch op {
		case Eq:
			return never(col.Name), nil
		case Ne:
			return Not{never(col.Name)}, nil
		case Lt:
			op = Le
		case Ge:
			op = Gt
		}
	}
	return Compare{Column: col.Name, Op: op, Value: day}, nil
}

// convert makes a constant a value of the column.
func convert(col Column, v Value, zone *time.Location) (Value, error) {
	if v.Kind == tabular.Text {
		switch col.Kind {
		case tabular.Text, tabular.JSON:
			return Value{Kind: col.Kind, Text: v.Text}, nil
		case tabular.Date, tabular.Timestamp:
			if t, ok := readTime(v.Text, zone); ok {
				return ofTime(col.Kind, t.In(zone)), nil
			}
		}
		out, ok := ParseValue(col.Kind, v.Text)
		if !ok {
			return v, wrongValue(col, v.Text)
		}
		return out, nil
	}
	switch {
	case v.Kind == col.Kind, v.fits(col.Kind):
		return v, nil
	case col.Kind == tabular.Text:
		return Text(v.String()), nil
	case v.Kind == tabular.Date && col.Kind == tabular.Timestamp:
		day := tabular.Day(v.Int)
		return ofTime(tabular.Timestamp, time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)), nil
	case v.Kind == tabular.Timestamp && col.Kind == tabular.Date:
		return ofTime(tabular.Date, tabular.Instant(v.Int).In(zone)), nil
	}
	out, ok := ParseValue(col.Kind, v.String())
	if !ok {
		return v, wrongValue(col, v.String())
	}
	return out, nil
}

func ofTime(kind tabular.Kind, t time.Time) Value {
	if kind == tabular.Date {
		return Date(t.Year(), t.Month(), t.Day())
	}
	return Value{Kind: tabular.Timestamp, Int: t.UnixMicro()}
}

// partUnits are the functions of dates that are a part of them; year is a range.
var partUnits = map[string]Unit{"month": MonthOfYear, "day": DayOfMonth, "hour": Hour, "minute": Minute, "second": Second}

// compareFunction compares year(column), month(column)… with a number.
func compareFunction(col Column, function string, op Op, v Value) (Expr, error) {
	n, ok := v.number()
	if v.Kind == tabular.Text {
		var parsed Value
		parsed, ok = ParseValue(tabular.Int, v.Text)
		n, _ = parsed.number()
	}
	if !ok || n != float64(int64(n)) {
		return nil, wrongValue(Column{Name: function + "(" + col.Name + ")", Kind: tabular.Int}, v.String())
	}
	if function != "year" {
		unit := partUnits[function]
		if err := unitOf(unit, col); err != nil {
			return nil, err
		}
		return Part{Column: col.Name, Part: unit, Op: op, Value: int64(n)}, nil
	}
	if err := unitOf(Year, col); err != nil {
		return nil, err
	}
	if n < 1 || n > 9998 {
		return nil, badValue(function+"("+col.Name+")", v.String())
	}
	first := time.Date(int(n), 1, 1, 0, 0, 0, 0, time.UTC)
	return period(col, op, first, first.AddDate(1, 0, 0)), nil
}

// period compares a date with the time from an instant to the next one, not included.
func period(col Column, op Op, from, to time.Time) Expr {
	low, high := ofTime(col.Kind, from), ofTime(col.Kind, to)
	within := And{Compare{col.Name, Ge, low}, Compare{col.Name, Lt, high}}
	switch op {
	case Lt:
		return Compare{col.Name, Lt, low}
	case Le:
		return Compare{col.Name, Lt, high}
	case Gt:
		return Compare{col.Name, Ge, high}
	case Ge:
		return Compare{col.Name, Ge, low}
	case Ne:
		return Not{within}
	}
	return within
}

// dayPeriod reads 2019, 2019/08 or 2019/08/01, or the same with hyphens: what it covers.
func dayPeriod(text string, zone *time.Location) (from, to time.Time, ok bool) {
	text = strings.ReplaceAll(text, "/", "-")
	for _, form := range []struct {
		layout       string
		years, month int
		days         int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {time.DateOnly, 0, 0, 1}} {
		if t, err := time.ParseInLocation(form.layout, text, zone); err == nil && t.Year() > 0 && t.Year() < 9999 {
			return t, t.AddDate(form.years, form.month, form.days), true
		}
	}
	return from, to, false
}

// appendNew appends a value that is not there yet.
func appendNew(list []Value, v Value) []Value {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// prefixed holds for texts that begin exactly so, case and accents included.
func prefixed(column, prefix string) Expr {
	low := Compare{Column: column, Op: Ge, Value: Text(prefix)}
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		next := runes[i] + 1
		if next == 0xD800 {
			next = 0xE000
		}
		if next <= 0x10FFFF {
			return And{low, Compare{Column: column, Op: Lt, Value: Text(string(runes[:i]) + string(next))}}
		}
	}
	return low
}

// words holds when each word is found in one of the columns.
func words(columns []string, text string) Expr {
	var all And
	for _, w := range Words(text) {
		var any Or
		for _, c := range columns {
			any = append(any, Match{Column: c, Text: w})
		}
		if len(any) == 1 {
			all = append(all, any[0])
		} else {
			all = append(all, any)
		}
	}
	return join(all)
}

// likeAs turns a pattern with other wildcards into Like, or into Match where it
// says but that a text is contained.
func likeAs(column, pattern string, many, one byte, escapes bool) Expr {
	var b, plain strings.Builder
	wild, edges := false, 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case escapes && c == '\\' && i+1 < len(pattern):
			i++
			escapeLike(&b, pattern[i])
			plain.WriteByte(pattern[i])
		case c == many:
			b.WriteByte('%')
			if i == 0 || i == len(pattern)-1 {
				edges++
			} else {
				wild = true
			}
		case c == one:
			b.WriteByte('_')
			wild = true
		default:
			escapeLike(&b, c)
			plain.WriteByte(c)
		}
	}
	switch {
	case !wild && edges == 2 && plain.Len() > 0:
		return Match{Column: column, Text: plain.String()}
	case !wild && edges == 1 && pattern[0] != many && plain.Len() > 0:
		return Match{Column: column, Start: true, Text: plain.String()}
	}
	return Like{Column: column, Pattern: b.String()}
}

func escapeLike(b *strings.Builder, c byte) {
	if c == '%' || c == '_' || c == '\\' {
		b.WriteByte('\\')
	}
	b.WriteByte(c)
}
