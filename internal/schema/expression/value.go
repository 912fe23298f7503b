package expression

import (
	"math"
	"strconv"
	"strings"
)

type kind uint8

const (
	text kind = iota
	number
	boolean
	choices // several values of one answer
	nodes   // the answers of a question in each instance of a repeated group
)

// Value is what an expression gives.
type Value struct {
	kind kind
	text string
	num  float64
	yes  bool
	list []string
	env  *Env // for the moment that a text without date means
}

func textOf(s string) Value    { return Value{kind: text, text: s} }
func numberOf(f float64) Value { return Value{kind: number, num: f} }
func boolOf(b bool) Value      { return Value{kind: boolean, yes: b} }

// Text is the value as the text of a cell. Booleans are "true" and "false"; a number
// has at most 15 digits and no exponent; one that is not finite is empty.
func (v Value) Text() string {
	switch v.kind {
	case number:
		return formatNumber(v.num)
	case boolean:
		return strconv.FormatBool(v.yes)
	case choices:
		return strings.Join(v.list, " ")
	case nodes:
		if len(v.list) == 0 {
			return ""
		}
		return v.list[0]
	}
	return v.text
}

// Bool is the value as a condition.
func (v Value) Bool() bool {
	switch v.kind {
	case number:
		return v.num != 0 && !math.IsNaN(v.num)
	case boolean:
		return v.yes
	case choices, nodes:
		return len(v.list) > 0
	}
	switch strings.ToLower(strings.TrimSpace(v.text)) {
	case "", "0", "false", "no", "non", "faux":
		return false
	}
	return true
}

// Number is the value as a number; NaN where it is none. A date is days since 1970,
// a time a part of a day.
func (v Value) Number() float64 {
	switch v.kind {
	case number:
		return v.num
	case boolean:
		if v.yes {
			return 1
		}
		return 0
	}
	return readNumber(v.Text(), v.env)
}

// items are the texts that the value holds, for functions of many values.
func (v Value) items() []string {
	switch v.kind {
	case choices, nodes:
		return v.list
	}
	if s := v.Text(); s != "" {
		return []string{s}
	}
	return nil
}

// readNumber reads a number, a date or a time.
func readNumber(s string, env *Env) float64 {
	s = strings.TrimSpace(s)
	if f, ok := plainNumber(s); ok {
		return f
	}
	if days, ok := readMoment(s, env); ok {
		return days
	}
	return math.NaN()
}

// plainNumber reads digits with a sign and a point or comma.
func plainNumber(s string) (float64, bool) {
	digits, marks := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' || c == ',':
			marks++
		case c == '-' && i == 0:
		default:
			return 0, false
		}
	}
	if digits == 0 || marks > 1 || len(s) > 60 {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	return f, err == nil
}

// formatNumber writes a number without exponent, rounded to 15 digits.
func formatNumber(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	f = fifteen(f)
	if f == 0 {
		return "0"
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// fifteen keeps 15 digits: 0.1 + 0.2 is 0.3.
func fifteen(f float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	if err != nil {
		return f
	}
	return r
}

// equal compares as XPath does: true and false with what is a condition, numbers with
// what is a number, else texts. The answers of a repeated group are equal to a value
// when one of them is.
func equal(a, b Value) bool {
	if a.kind == nodes && b.kind != boolean {
		for _, s := range a.list {
			if equal(Value{kind: text, text: s, env: a.env}, b) {
				return true
			}
		}
		return false
	}
	if b.kind == nodes && a.kind != boolean {
		return equal(b, a)
	}
	switch {
	case a.kind == boolean || b.kind == boolean:
		return a.Bool() == b.Bool()
	case a.kind == number || b.kind == number:
		return fifteen(a.Number()) == fifteen(b.Number())
	}
	s, t := a.Text(), b.Text()
	if s == t {
		return true
	}
	x, ok := readMoment(strings.TrimSpace(s), a.env)
	y, good := readMoment(strings.TrimSpace(t), b.env)
	return ok && good && x == y
}

// less compares numbers, dates and times.
func less(a, b Value, orEqual bool) bool {
	x, y := fifteen(a.Number()), fifteen(b.Number())
	return x < y || orEqual && x == y
}
