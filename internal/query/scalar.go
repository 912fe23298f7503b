package query

import (
	"math"
	"strings"
	"time"

	"socle/internal/tabular"
)

// scalar is a value of a row in another syntax: a column, a constant, or what is
// computed of others.
type scalar struct {
	op     string // "column", "value", "null", "area", "+", "-", "*", "/", or a function in lower case
	column string
	value  Value
	text   string // as it was written
	args   []scalar
	group  Group // of "class"
}

func (s scalar) constant() bool { return s.op == "value" || s.op == "null" }

// columns lists the columns that a scalar reads.
func (s scalar) columns(give func(string)) {
	if s.op == "column" || s.op == "figure" {
		give(s.column)
	}
	for _, a := range s.args {
		a.columns(give)
	}
}

// fold computes what needs no row.
func (s scalar) fold() scalar {
	if s.op == "column" || s.op == "figure" || s.op == "class" || s.constant() || s.op == "area" || s.op == "geometry" {
		return s
	}
	args := make([]scalar, len(s.args))
	for i, a := range s.args {
		if args[i] = a.fold(); !args[i].constant() {
			return s
		}
	}
	s.args = args
	out := scalar{op: "null", text: s.text}
	if v := s.eval(nil); v != nil {
		out.op, out.value = "value", *v
	}
	return out
}

// eval computes a scalar of a row; nil is no value.
func (s scalar) eval(get func(column string) *Value) *Value {
	switch s.op {
	case "column", "figure":
		return get(s.column)
	case "class":
		return s.class(get)
	case "value":
		v := s.value
		return &v
	case "null":
		return nil
	case "ifnull":
		if v := s.args[0].eval(get); v != nil {
			return v
		}
		return s.args[1].eval(get)
	}
	args := make([]Value, len(s.args))
	for i, a := range s.args {
		v := a.eval(get)
		if v == nil {
			return nil
		}
		args[i] = *v
	}
	v, ok := compute(s.op, args)
	if !ok {
		return nil
	}
	return &v
}

func (v Value) number() (float64, bool) {
	switch v.Kind {
	case tabular.Int:
		return float64(v.Int), true
	case tabular.Float:
		return v.Float, true
	}
	return 0, false
}

// instant is a date or a timestamp as a time of UTC.
func (v Value) instant() (time.Time, bool) {
	switch v.Kind {
	case tabular.Date:
		return tabular.Day(v.Int), true
	case tabular.Timestamp:
		return tabular.Instant(v.Int), true
	case tabular.Text:
		return readTime(v.Text, time.UTC)
	}
	return time.Time{}, false
}

func compute(op string, args []Value) (Value, bool) {
	switch op {
	case "+", "-", "*", "/":
		return arithmetic(op, args)
	case "length":
		return Int(int64(len([]rune(args[0].String())))), true
	case "lower":
		return Text(strings.ToLower(args[0].String())), true
	case "upper":
		return Text(strings.ToUpper(args[0].String())), true
	case "date_format":
		t, ok := args[0].instant()
		return Text(formatTime(t, args[1].Text)), ok
	}
	t, ok := args[0].instant()
	if !ok {
		return Value{}, false
	}
	n := map[string]int{"year": t.Year(), "month": int(t.Month()), "day": t.Day(), "hour": t.Hour(), "minute": t.Minute(), "second": t.Second()}
	return Int(int64(n[op])), true
}

func arithmetic(op string, args []Value) (Value, bool) {
	a, ok := args[0].number()
	b := 0.0
	if ok && len(args) > 1 {
		b, ok = args[1].number()
	}
	if !ok {
		return Value{}, false
	}
	var f float64
	switch {
	case len(args) == 1:
		f = -a
	case op == "+":
		f = a + b
	case op == "-":
		f = a - b
	case op == "*":
		f = a * b
	default:
		f = a / b
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}, false
	}
	whole := args[0].Kind == tabular.Int && args[len(args)-1].Kind == tabular.Int && op != "/"
	if whole && math.Abs(f) < 1<<53 {
		return Int(int64(f)), true
	}
	return Float(f), true
}

// dateForms are the pieces of date_format, longest first, as layouts of Go.
var dateForms = []struct{ form, layout string }{
	{"yyyy", "2006"}, {"YYYY", "2006"}, {"yy", "06"}, {"MM", "01"}, {"M", "1"}, {"dd", "02"}, {"d", "2"}, {"HH", "15"}, {"mm", "04"}, {"m", "4"}, {"ss", "05"}, {"s", "5"},
}

// goodForm reports whether all letters of a form of date_format are known.
func goodForm(form string) bool {
	formatted := false
	walkForm(form, func(layout, _ string) { formatted = formatted || layout != "" }, func() { formatted = false; form = "" })
	return form != "" && formatted
}

// walkForm gives the pieces of a form in order: a layout, or text as it is.
func walkForm(form string, give func(layout, text string), unknown func()) {
next:
	for i := 0; i < len(form); {
		if form[i] == '\'' {
			end := strings.IndexByte(form[i+1:], '\'')
			if end < 0 {
				unknown()
				return
			}
			give("", form[i+1:i+1+end])
			i += end + 2
			continue
		}
		for _, f := range dateForms {
			if strings.HasPrefix(form[i:], f.form) {
				give(f.layout, "")
				i += len(f.form)
				continue next
			}
		}
		if c := form[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			unknown()
			return
		}
		give("", form[i:i+1])
		i++
	}
}

func formatTime(t time.Time, form string) string {
	var b strings.Builder
	walkForm(form, func(layout, text string) {
		if layout != "" {
			text = t.Format(layout)
		}
		b.WriteString(text)
	}, func() {})
	return b.String()
}

// timeForms are those of ODSQL, CQL2 and JSON; a form without zone is of the zone asked for.
var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04",
	time.DateOnly, "2006-01", "2006"}

// readTime reads a date or an instant, 2017-04-03T08:02, 2018/04/01, 2018, in UTC.
func readTime(text string, zone *time.Location) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if len(text) >= 7 && text[4] == '/' {
		text = strings.ReplaceAll(text, "/", "-")
	}
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, text, zone); err == nil && t.Year() > 0 && t.Year() < 10000 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// kind is what a scalar computes, given the kinds of columns.
func (s scalar) kind(of func(column string) tabular.Kind) tabular.Kind {
	switch s.op {
	case "column", "figure":
		return of(s.column)
	case "value":
		return s.value.Kind
	case "ifnull":
		return s.args[0].kind(of)
	case "+", "-", "*", "/":
		for _, a := range s.args {
			if a.kind(of) != tabular.Int || s.op == "/" {
				return tabular.Float
			}
		}
		return tabular.Int
	case "length", "year", "month", "day", "hour", "minute", "second":
		return tabular.Int
	}
	return tabular.Text
}
