package query

import (
	"math"
	"strconv"
	"strings"
	"time"

	"socle/internal/tabular"
)

// Value is a typed value, comparable with ==. Text and JSON are in Text, Float
// in Float, all others in Int as in tabular.Column.
type Value struct {
	Kind  tabular.Kind
	Int   int64
	Float float64
	Text  string
}

// Text makes a value.
func Text(s string) Value { return Value{Kind: tabular.Text, Text: s} }

// Int makes a value.
func Int(n int64) Value { return Value{Kind: tabular.Int, Int: n} }

// Float makes a value.
func Float(f float64) Value { return Value{Kind: tabular.Float, Float: f} }

// Bool makes a value.
func Bool(b bool) Value {
	v := Value{Kind: tabular.Bool}
	if b {
		v.Int = 1
	}
	return v
}

// Date makes a value of a day.
func Date(year int, month time.Month, day int) Value {
	return Value{Kind: tabular.Date, Int: time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400}
}

const (
	stampLayout = "2006-01-02T15:04:05.999999"
	clockLayout = "15:04:05.999999"
)

// String is the value as in addresses: 12, 1.5, true, 2025-01-31, 2025-01-31T08:30:00, 08:30:00.
func (v Value) String() string {
	switch v.Kind {
	case tabular.Int:
		return strconv.FormatInt(v.Int, 10)
	case tabular.Float:
		return strconv.FormatFloat(v.Float, 'g', -1, 64)
	case tabular.Bool:
		return strconv.FormatBool(v.Int != 0)
	case tabular.Date:
		return tabular.Day(v.Int).Format(time.DateOnly)
	case tabular.Timestamp:
		return tabular.Instant(v.Int).Format(stampLayout)
	case tabular.TimeOfDay:
		return tabular.Instant(v.Int).Format(clockLayout)
	}
	return v.Text
}

var stampLayouts = []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// ParseValue reads a value for a column of the kind; ok is false when the text
// is none. Numbers may have a decimal comma and spaces, truth values may be oui and
// non, timestamps without zone are taken as they are stored. A column of integers takes decimals too.
func ParseValue(kind tabular.Kind, text string) (v Value, ok bool) {
	if kind != tabular.Text && kind != tabular.JSON {
		text = strings.TrimSpace(text)
	}
	v.Kind = kind
	switch kind {
	case tabular.Text, tabular.JSON:
		v.Text = text
		return v, goodText(text)
	case tabular.Int, tabular.Float:
		return parseNumber(kind, text)
	case tabular.Bool:
		switch strings.ToLower(text) {
		case "true", "1", "oui", "vrai", "yes":
			v.Int = 1
		case "false", "0", "non", "faux", "no":
		default:
			return v, false
		}
		return v, true
	case tabular.Date:
		for _, layout := range []string{time.DateOnly, "02/01/2006"} {
			if t, err := time.Parse(layout, text); err == nil {
				v.Int = floorDiv(t.Unix(), 86400)
				return v, true
			}
		}
	case tabular.Timestamp:
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			v.Int = t.UnixMicro()
			return v, true
		}
		for _, layout := range stampLayouts {
			if t, err := time.Parse(layout, text); err == nil {
				v.Int = t.UnixMicro()
				return v, true
			}
		}
	case tabular.TimeOfDay:
		for _, layout := range []string{"15:04:05.999999999", "15:04"} {
			if t, err := time.Parse(layout, text); err == nil {
				v.Int = t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)).Microseconds()
				return v, true
			}
		}
	}
	return v, false
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

var spaces = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "")

func parseNumber(kind tabular.Kind, text string) (Value, bool) {
	text = spaces.Replace(text)
	if !strings.Contains(text, ".") && strings.Count(text, ",") == 1 {
		text = strings.Replace(text, ",", ".", 1)
	}
	if kind == tabular.Int {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Int(n), true
		}
	}
	if strings.ContainsAny(text, "xXpP_iInN") {
		return Value{}, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return Value{}, false
	}
	if f == 0 {
		f = 0 // no negative zero
	}
	if kind == tabular.Int && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return Int(int64(f)), true
	}
	return Float(f), true
}

// fits reports whether a value may be compared with cells of the kind.
func (v Value) fits(kind tabular.Kind) bool {
	switch kind {
	case tabular.Int, tabular.Float:
		return (v.Kind == tabular.Int || v.Kind == tabular.Float) && !math.IsNaN(v.Float) && !math.IsInf(v.Float, 0)
	case tabular.JSON:
		return (v.Kind == tabular.JSON || v.Kind == tabular.Text) && goodText(v.Text)
	case tabular.Text:
		return v.Kind == tabular.Text && goodText(v.Text)
	}
	return v.Kind == kind
}
