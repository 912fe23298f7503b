package i18n

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	narrow = "\u202f" // between thousands, in French
	nbsp   = "\u00a0" // between a number and its unit
)

// Bytes is a size; as an argument of a message it is written in its language.
type Bytes int64

// Number is a quantity; as an argument of a message it is written in its
// language, with separators (a year or an identifier is no Number).
type Number float64

// Int writes a whole number: 1 234 in French (narrow no-break space), 1,234 in English.
func Int(l Lang, n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	return sign + group(l, digits)
}

func group(l Lang, digits string) string {
	sep := narrow
	if l == English {
		sep = ","
	}
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Decimal writes a number with at most so many decimals, none that are zero:
// 1 234,5 in French, 1,234.5 in English. What is no number is written "–".
func Decimal(l Lang, x float64, decimals int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	whole, part, _ := strings.Cut(s, ".")
	part = strings.TrimRight(part, "0")
	out := group(l, whole)
	if part != "" {
		point := ","
		if l == English {
			point = "."
		}
		out += point + part
	}
	if x < 0 && strings.Trim(s, "0.") != "" {
		out = "−" + out
	}
	return out
}

// Percent writes a share (0 to 1): 12,5 % in French, 12.5% in English.
func Percent(l Lang, share float64, decimals int) string {
	if l == English {
		return Decimal(l, share*100, decimals) + "%"
	}
	return Decimal(l, share*100, decimals) + nbsp + "%"
}

// Size writes a number of bytes in decimal units: 1,2 Mo, 1.2 MB; one decimal
// under ten.
func Size(l Lang, n int64) string {
	units := []string{"o", "ko", "Mo", "Go", "To", "Po"}
	if l == English {
		units = []string{"B", "kB", "MB", "GB", "TB", "PB"}
	}
	x, i := float64(n), 0
	for math.Abs(x) >= 999.5 && i < len(units)-1 {
		x, i = x/1000, i+1
	}
	decimals := 0
	if i > 0 && math.Abs(x) < 9.95 {
		decimals = 1
	}
	return Decimal(l, x, decimals) + nbsp + units[i]
}

var months = map[Lang][12]string{
	French:  {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	English: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// Date writes the day of t, in t's own zone: 3 mars 2026, 1er avril 2026; 3 March 2026.
func Date(l Lang, t time.Time) string {
	y, m, d := t.Date()
	day := strconv.Itoa(d)
	if l != English && d == 1 {
		day = "1er"
	}
	return day + nbsp + monthName(l, m) + " " + strconv.Itoa(y)
}

func monthName(l Lang, m time.Month) string {
	if l != English {
		l = French
	}
	return months[l][m-1]
}

// Month writes mars 2026, March 2026.
func Month(l Lang, t time.Time) string {
	return monthName(l, t.Month()) + " " + strconv.Itoa(t.Year())
}

// DateTime writes 3 mars 2026 à 14 h 05, 3 March 2026 at 14:05.
func DateTime(l Lang, t time.Time) string {
	if l == English {
		return Date(l, t) + " at " + t.Format("15:04")
	}
	return Date(l, t) + " à " + Time(l, t)
}

// Time writes 14 h 05, 14:05.
func Time(l Lang, t time.Time) string {
	if l == English {
		return t.Format("15:04")
	}
	return fmt.Sprintf("%d%sh%s%02d", t.Hour(), nbsp, nbsp, t.Minute())
}

// Relative says how far t is from now: il y a 3 jours, dans 2 heures; 3 days
// ago, in 2 hours. Days are counted by the calendar of now's zone; beyond 30 days it is the
// date.
func Relative(l Lang, now, t time.Time) string {
	t = t.In(now.Location())
	d := now.Sub(t)
	future := d < 0
	if future {
		d = -d
	}
	days := calendarDays(t, now)
	if future {
		days = -days
	}
	var (
		key string
		n   int
	)
	switch {
	case d < 45*time.Second:
		return T(l, "i18n.now")
	case d < time.Hour:
		key, n = "minutes", max(1, int(d.Round(time.Minute)/time.Minute))
	case days == 0 || d < 6*time.Hour:
		key, n = "hours", int(d/time.Hour)
	case days == 1 && future:
		return T(l, "i18n.tomorrow")
	case days == 1:
		return T(l, "i18n.yesterday")
	case days <= 30:
		key, n = "days", days
	default:
		return Date(l, t)
	}
	if future {
		return T(l, "i18n.in-"+key, Args{"Count": n})
	}
	return T(l, "i18n.ago-"+key, Args{"Count": n})
}

// calendarDays counts midnights between two moments, in the zone of the second.
func calendarDays(from, to time.Time) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(to).Sub(day(from)) / (24 * time.Hour))
}

// Sayer is an argument that is itself said in the language of its message.
type Sayer interface{ Say(l Lang) string }

// say writes the arguments whose type says how, each in the language.
func say(l Lang, args Args) Args {
	out := make(Args, len(args))
	for k, v := range args {
		switch v := v.(type) {
		case Bytes:
			out[k] = Size(l, int64(v))
		case Number:
			out[k] = Decimal(l, float64(v), 3)
		case time.Time:
			out[k] = Date(l, v)
		case int:
			out[k] = count(l, k, v, float64(v))
		case int64:
			out[k] = count(l, k, v, float64(v))
		case float64:
			out[k] = count(l, k, v, v)
		case Sayer:
			out[k] = v.Say(l)
		default:
			out[k] = v
		}
	}
	return out
}

// count writes a number with separators where it is the quantity of the message.
func count(l Lang, name string, v any, x float64) any {
	if name != "Count" {
		return v
	}
	return Decimal(l, x, 3)
}
