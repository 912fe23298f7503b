package check

import "strings"

// The syntax of OpenStreetMap's opening_hours, as its specification gives it
// (wiki.openstreetmap.org/wiki/Key:opening_hours/specification), read without
// regard to case and with spaces where people put them. The reader follows all
// ways a text can be understood at once: a rule gives, for a place in the text,
// the places where it can end.

// maxHours bounds the length of an expression, in bytes.
const maxHours = 1000

// hoursRule reads a part of the grammar.
type hoursRule func(h *hoursText, at int) []int

type hoursText struct {
	text string
	memo map[hoursMemo][]int
}

type hoursMemo struct {
	rule *byte
	at   int
}

// validHours tells whether a text is an opening_hours expression.
func validHours(text string) bool {
	if len(text) > maxHours || strings.TrimSpace(text) == "" {
		return false
	}
	h := &hoursText{text: text, memo: map[hoursMemo][]int{}}
	for _, end := range hoursExpression(h, 0) {
		if h.skip(end) == len(text) {
			return true
		}
	}
	return false
}

func (h *hoursText) skip(at int) int {
	for at < len(h.text) && (h.text[at] == ' ' || h.text[at] == '\t') {
		at++
	}
	return at
}

// word reads a literal, spaces allowed before it.
func word(literals ...string) hoursRule {
	return func(h *hoursText, at int) []int {
		at = h.skip(at)
		for _, l := range literals {
			if end := at + len(l); end <= len(h.text) && strings.EqualFold(h.text[at:end], l) {
				return []int{end}
			}
		}
		return nil
	}
}

// digits reads a number of so many digits and within limits, spaces allowed before.
func digits(fewest, most, low, high int) hoursRule {
	return func(h *hoursText, at int) []int {
		at = h.skip(at)
		n, end := 0, at
		for end < len(h.text) && end-at < most && h.text[end] >= '0' && h.text[end] <= '9' {
			n = n*10 + int(h.text[end]-'0')
			end++
		}
		if end-at < fewest || n < low || n > high || end < len(h.text) && h.text[end] >= '0' && h.text[end] <= '9' {
			return nil
		}
		return []int{end}
	}
}

func seq(rules ...hoursRule) hoursRule {
	return func(h *hoursText, at int) []int {
		ends := []int{at}
		for _, r := range rules {
			var next []int
			for _, e := range ends {
				next = union(next, r(h, e))
			}
			if ends = next; len(ends) == 0 {
				return nil
			}
		}
		return ends
	}
}

func alt(rules ...hoursRule) hoursRule {
	return func(h *hoursText, at int) (ends []int) {
		for _, r := range rules {
			ends = union(ends, r(h, at))
		}
		return ends
	}
}

func opt(r hoursRule) hoursRule {
	return func(h *hoursText, at int) []int { return union([]int{at}, r(h, at)) }
}

// list reads one or more, with a separator between. What it gives at a place is
// remembered: an expression of n characters costs n² at most.
func list(item, separator hoursRule) hoursRule {
	var whole hoursRule
	rest := seq(separator, func(h *hoursText, at int) []int { return whole(h, at) })
	whole = remember(func(h *hoursText, at int) (ends []int) {
		ends = item(h, at)
		for _, e := range ends {
			ends = union(ends, rest(h, e))
		}
		return ends
	})
	return whole
}

// remember keeps what a rule gave at a place.
func remember(r hoursRule) hoursRule {
	id := new(byte)
	return func(h *hoursText, at int) []int {
		key := hoursMemo{id, at}
		ends, ok := h.memo[key]
		if !ok {
			h.memo[key] = nil // a rule that comes back to itself without reading gives nothing
			ends = r(h, at)
			h.memo[key] = ends
		}
		return ends
	}
}

// union merges two rising lists of places.
func union(a, b []int) []int {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	}
	out := make([]int, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case a[0] > b[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// rising reads from-to[/step] and refuses a range that goes backwards.
func rising(number hoursRule, step hoursRule) hoursRule {
	to := seq(word("-"), number)
	steps := seq(word("/"), step)
	return func(h *hoursText, at int) (ends []int) {
		for _, first := range number(h, at) {
			ends = union(ends, []int{first})
			for _, last := range to(h, first) {
				if trailing(h.text[:last]) < trailing(h.text[:first]) {
					continue
				}
				ends = union(ends, []int{last})
				ends = union(ends, steps(h, last))
			}
		}
		return ends
	}
}

// trailing is the number at the end of a text.
func trailing(s string) (n int) {
	i := len(s)
	for i > 0 && s[i-1] >= '0' && s[i-1] <= '9' {
		i--
	}
	for ; i < len(s); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func comment(h *hoursText, at int) []int {
	at = h.skip(at)
	if at >= len(h.text) || h.text[at] != '"' {
		return nil
	}
	if n := strings.IndexByte(h.text[at+1:], '"'); n >= 0 {
		return []int{at + n + 2}
	}
	return nil
}

var (
	hoursYear    = digits(4, 4, 1900, 9999)
	hoursMonth   = word("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
	hoursDay     = digits(1, 2, 1, 31)
	hoursWeekday = word("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
	hoursSign    = word("+", "-")
	hoursOffset  = seq(hoursSign, digits(1, 3, 0, 366), word("days", "day"))

	// which of the month: [1], [-1], [1-3], [1,3]
	hoursNth = seq(word("["), list(alt(seq(opt(word("-")), digits(1, 1, 1, 5)), seq(digits(1, 1, 1, 5), word("-"), digits(1, 1, 1, 5))), word(",")), word("]"))

	hoursWeekdays = alt(seq(hoursWeekday, opt(seq(word("-"), hoursWeekday))), seq(hoursWeekday, hoursNth, opt(hoursOffset)))
	hoursHoliday  = seq(word("PH", "SH"), opt(hoursOffset))
	hoursDays     = remember(list(alt(hoursWeekdays, hoursHoliday), alt(word(","), func(_ *hoursText, at int) []int { return []int{at} })))

	hoursEvent   = word("dawn", "sunrise", "sunset", "dusk")
	hoursClock   = func(high int) hoursRule { return seq(digits(1, 2, 0, high), word(":"), digits(2, 2, 0, 59)) }
	hoursMoment  = alt(hoursEvent, seq(word("("), hoursEvent, hoursSign, hoursClock(24), word(")")))
	hoursStart   = alt(hoursClock(23), hoursMoment)
	hoursEnd     = alt(hoursClock(47), word("48:00"), hoursMoment)
	hoursStep    = seq(word("/"), alt(hoursClock(24), digits(1, 4, 1, 1440)))
	hoursSpan    = alt(hoursStart, seq(hoursStart, word("+")), seq(hoursStart, word("-"), hoursEnd, opt(alt(word("+"), hoursStep))))
	hoursTimes   = remember(list(hoursSpan, word(",")))
	hoursWeeks   = seq(word("weeks", "week"), list(rising(digits(1, 2, 1, 53), digits(1, 2, 1, 53)), word(",")))
	hoursYears   = list(alt(rising(hoursYear, digits(1, 3, 1, 999)), seq(hoursYear, word("+"))), word(","))
	hoursPoint   = seq(opt(hoursYear), alt(seq(hoursMonth, hoursDay), seq(hoursMonth, hoursWeekday, hoursNth), word("easter")))
	hoursShifted = seq(hoursPoint, opt(alt(hoursOffset, seq(hoursSign, hoursWeekday))))
	hoursDates   = alt(
		seq(opt(hoursYear), hoursMonth, opt(seq(word("-"), opt(hoursYear), hoursMonth))),
		seq(hoursShifted, opt(alt(word("+"), seq(word("-"), alt(hoursShifted, hoursDay))))))
	hoursMonthdays = remember(list(hoursDates, word(",")))

	hoursWide = remember(seq(
		alt(seq(hoursYears, opt(hoursMonthdays), opt(hoursWeeks)), seq(hoursMonthdays, opt(hoursWeeks)), hoursWeeks, seq(comment, word(":"))),
		opt(word(":"))))
	hoursSmall    = remember(alt(seq(hoursDays, opt(word(":")), opt(hoursTimes)), hoursTimes))
	hoursSelector = alt(word("24/7"), seq(hoursWide, opt(hoursSmall)), hoursSmall)
	hoursModifier = alt(seq(word("open", "closed", "off", "unknown"), opt(comment)), comment)
	hoursSequence = remember(alt(seq(hoursSelector, opt(hoursModifier)), hoursModifier))

	hoursExpression = list(hoursSequence, word(";", ",", "||"))
)
