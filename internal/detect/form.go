package detect

import (
	"math"
	"strconv"
	"strings"

	"socle/internal/schema"
)

// form is a way that all values of a column may be written, with the type and
// format of Table Schema that read it.
type form struct {
	typ     schema.Type
	format  string
	decimal string // decimal separator, when not the point
	group   string // thousands separator
	// read gives the value as a number that orders it (days, seconds, the number
	// itself), false when the text is not of the form.
	read func(s string) (float64, bool)
}

// forms is tried in this order: the first that all values have is the column's.
// At most 64.
var forms = []form{
	{typ: schema.Boolean, read: readBoolean},
	{typ: schema.Integer, read: readInteger},
	{typ: schema.Number, read: readNumber},
	{typ: schema.Number, decimal: ",", read: readComma},
	{typ: schema.Number, decimal: ",", group: " ", read: readGrouped(" ", ",")},
	{typ: schema.Number, decimal: ",", group: "\u00a0", read: readGrouped("\u00a0", ",")},
	{typ: schema.Number, decimal: ",", group: "\u202f", read: readGrouped("\u202f", ",")},
	{typ: schema.Number, decimal: ",", group: ".", read: readGrouped(".", ",")},
	{typ: schema.Number, group: ",", read: readGrouped(",", ".")},
	{typ: schema.Date, read: dateForm(func(s string) (int64, string, bool) { return yearFirst(s, "-") })},
	{typ: schema.Date, format: "%d/%m/%Y", read: dateForm(func(s string) (int64, string, bool) { return dayFirst(s, "/", 4) })},
	{typ: schema.Date, format: "%d-%m-%Y", read: dateForm(func(s string) (int64, string, bool) { return dayFirst(s, "-", 4) })},
	{typ: schema.Date, format: "%d.%m.%Y", read: dateForm(func(s string) (int64, string, bool) { return dayFirst(s, ".", 4) })},
	{typ: schema.Date, format: "%Y/%m/%d", read: dateForm(func(s string) (int64, string, bool) { return yearFirst(s, "/") })},
	{typ: schema.Date, format: "%m/%d/%Y", read: dateForm(func(s string) (int64, string, bool) { return monthFirst(s, "/") })},
	{typ: schema.Date, format: "%d/%m/%y", read: dateForm(func(s string) (int64, string, bool) { return dayFirst(s, "/", 2) })},
	{typ: schema.Date, format: "%d-%m-%y", read: dateForm(func(s string) (int64, string, bool) { return dayFirst(s, "-", 2) })},
	{typ: schema.Datetime, read: datetimeForm("-", 'T', 0, yearFirst)},
	{typ: schema.Datetime, format: "%Y-%m-%d %H:%M:%S", read: datetimeForm("-", ' ', 2, yearFirst)},
	{typ: schema.Datetime, format: "%Y-%m-%d %H:%M", read: datetimeForm("-", ' ', 1, yearFirst)},
	{typ: schema.Datetime, format: "any", read: datetimeForm("-", ' ', 0, yearFirst)},
	{typ: schema.Datetime, format: "%d/%m/%Y %H:%M:%S", read: datetimeForm("/", ' ', 2, dayFirst4)},
	{typ: schema.Datetime, format: "%d/%m/%Y %H:%M", read: datetimeForm("/", ' ', 1, dayFirst4)},
	{typ: schema.Time, read: timeForm(true)},
	{typ: schema.Time, format: "%H:%M", read: timeForm(false)},
	{typ: schema.Yearmonth, read: readYearmonth},
	{typ: schema.GeoJSON, read: func(s string) (float64, bool) { return 0, isGeoJSON(s) && hasType(s) }},
	{typ: schema.Object, read: func(s string) (float64, bool) { return 0, s[0] == '{' && isJSON(s) }},
	{typ: schema.Array, read: func(s string) (float64, bool) { return 0, s[0] == '[' && isJSON(s) }},
}

func hasType(s string) bool { return strings.Contains(s, `"type"`) }

var yes = map[string]bool{"true": true, "vrai": true, "oui": true, "yes": true}
var no = map[string]bool{"false": true, "faux": true, "non": true, "no": true}

func readBoolean(s string) (float64, bool) {
	if len(s) > 5 {
		return 0, false
	}
	switch s = strings.ToLower(s); {
	case yes[s]:
		return 1, true
	case no[s]:
		return 0, true
	}
	return 0, false
}

// readInteger refuses a zero in front and a plus sign: such digits are a code.
func readInteger(s string) (float64, bool) {
	t := strings.TrimPrefix(s, "-")
	if t == "" || len(t) > 18 || t[0] == '0' && (len(t) > 1 || t != s) {
		return 0, false
	}
	for i := range len(t) {
		if t[i] < '0' || t[i] > '9' {
			return 0, false
		}
	}
	v, err := strconv.ParseInt(s, 10, 64)
	return float64(v), err == nil
}

func readNumber(s string) (float64, bool) {
	t := strings.TrimPrefix(s, "-")
	if t == "" || len(t) > 60 {
		return 0, false
	}
	switch strings.ToLower(t) {
	case "inf":
		return math.Inf(1), true
	case "nan":
		return 0, true
	}
	if t[0] != '.' && (t[0] < '0' || t[0] > '9') || len(t) > 1 && t[0] == '0' && t[1] >= '0' && t[1] <= '9' {
		return 0, false
	}
	if len(t) > 18 && strings.Trim(t, "0123456789") == "" {
		return 0, false // as many figures as no number keeps: a code
	}
	for i := range len(t) {
		if c := t[i]; (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '-' && c != '+' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

func readComma(s string) (float64, bool) {
	if strings.ContainsAny(s, ".eE") || strings.Count(s, ",") > 1 {
		return 0, false
	}
	return readNumber(strings.Replace(s, ",", ".", 1))
}

// readGrouped reads numbers whose thousands are parted by group.
func readGrouped(group, decimal string) func(string) (float64, bool) {
	return func(s string) (float64, bool) {
		whole, rest, _ := strings.Cut(s, decimal)
		parts := strings.Split(strings.TrimPrefix(whole, "-"), group)
		if len(parts[0]) > 3 && len(parts) > 1 || strings.ContainsAny(rest, " ,.eE-+") || parts[0] == "" {
			return 0, false
		}
		for _, p := range parts[1:] {
			if len(p) != 3 {
				return 0, false
			}
		}
		text := strings.ReplaceAll(whole, group, "")
		if strings.ContainsAny(text, ".,eE") {
			return 0, false
		}
		if rest != "" {
			text += "." + rest
		}
		return readNumber(text)
	}
}

func dateForm(read func(string) (int64, string, bool)) func(string) (float64, bool) {
	return func(s string) (float64, bool) {
		days, rest, ok := read(s)
		return float64(days), ok && rest == ""
	}
}

func dayFirst4(s, seps string) (int64, string, bool) { return dayFirst(s, seps, 4) }

// datetimeForm reads a date, a mark and a time: with seconds (2), without (1), or
// either, with or without a zone (0).
func datetimeForm(seps string, mark byte, seconds int, read func(s, seps string) (int64, string, bool)) func(string) (float64, bool) {
	return func(s string) (float64, bool) {
		days, rest, ok := read(s, seps)
		if !ok || len(rest) < 5 || rest[0] != mark {
			return 0, false
		}
		micros, hasSeconds, zone, ok := clock(rest[1:])
		if !ok || seconds > 0 && (hasSeconds != (seconds == 2) || zone || strings.ContainsAny(rest, ".,")) {
			return 0, false
		}
		return float64(days)*86_400 + float64(micros)/1e6, true
	}
}

func timeForm(seconds bool) func(string) (float64, bool) {
	return func(s string) (float64, bool) {
		if len(s) < 5 || len(s) > 8 {
			return 0, false
		}
		micros, has, zone, ok := clock(s)
		return float64(micros), ok && has == seconds && !zone && s[2] == ':'
	}
}

func readYearmonth(s string) (float64, bool) {
	n, rest, ok := numbers(s, []int{4, 2}, []string{"-"})
	if !ok || rest != "" || n[1] < 1 || n[1] > 12 || n[0] < 1000 {
		return 0, false
	}
	return float64(n[0]*12 + n[1]), true
}
