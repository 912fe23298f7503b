package expression

import (
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// zone is the one in which moments are told: the offset that holds now.
func (env *Env) zone() *time.Location {
	_, offset := env.Now.Zone()
	return time.FixedZone("", offset)
}

// readMoment reads a date (2026-03-15, 15/03/2026), a moment (2026-03-15T10:30:00+01:00)
// or a time (10:30) as days since 1970 on the clock of the place, or as a part of a day.
func readMoment(s string, env *Env) (days float64, ok bool) {
	if len(s) < 4 || len(s) > 40 || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	date, clock, both := strings.Cut(s, "T")
	if !both {
		date, clock, both = strings.Cut(s, " ")
	}
	if !both && strings.Contains(s, ":") {
		seconds, _, zoned, ok := readClock(s)
		return seconds / day.Seconds(), ok && !zoned
	}
	whole, ok := readDate(date)
	if !ok || !both {
		return whole, ok
	}
	seconds, offset, zoned, ok := readClock(clock)
	if !ok {
		return 0, false
	}
	if zoned && env != nil {
		_, here := env.Now.Zone()
		seconds += float64(here) - offset
	}
	return whole + seconds/day.Seconds(), true
}

// readDate reads year-month-day or day/month/year.
func readDate(s string) (days float64, ok bool) {
	parts := strings.Split(s, "-")
	if len(parts) != 3 {
		parts = strings.Split(s, "/")
		if len(parts) != 3 {
			return 0, false
		}
		parts[0], parts[2] = parts[2], parts[0]
	}
	y, okY := digits(parts[0], 4, 4)
	m, okM := digits(parts[1], 1, 2)
	d, okD := digits(parts[2], 1, 2)
	if !okY || !okM || !okD {
		return 0, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Month() != time.Month(m) || t.Day() != d {
		return 0, false
	}
	return float64(t.Unix() / 86400), true
}

// readClock reads hh:mm[:ss[.fff]][Z|±hh:mm] as seconds; offset too.
func readClock(s string) (seconds, offset float64, zoned, ok bool) {
	if rest, z := strings.CutSuffix(s, "Z"); z {
		s, zoned = rest, true
	} else if i := strings.LastIndexAny(s, "+-"); i > 0 {
		hh, mm, _ := strings.Cut(s[i+1:], ":")
		if len(hh) == 4 && mm == "" {
			hh, mm = hh[:2], hh[2:]
		}
		h, okH := digits(hh, 2, 2)
		m, okM := digits(mm, 2, 2)
		if mm == "" {
			m, okM = 0, true
		}
		if !okH || !okM || h > 18 || m > 59 {
			return 0, 0, false, false
		}
		offset = float64(h*3600 + m*60)
		if s[i] == '-' {
			offset = -offset
		}
		s, zoned = s[:i], true
	}
	parts := strings.Split(s, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return 0, 0, false, false
	}
	h, okH := digits(parts[0], 1, 2)
	m, okM := digits(parts[1], 2, 2)
	if !okH || !okM || h > 24 || m > 59 {
		return 0, 0, false, false
	}
	seconds = float64(h*3600 + m*60)
	if len(parts) == 3 {
		whole, fraction, _ := strings.Cut(parts[2], ".")
		sec, okS := digits(whole, 2, 2)
		if !okS || sec > 60 {
			return 0, 0, false, false
		}
		if fraction != "" {
			n, okF := digits(fraction, 1, 9)
			if !okF {
				return 0, 0, false, false
			}
			seconds += float64(n) / math.Pow10(len(fraction))
		}
		seconds += float64(sec)
	}
	return seconds, offset, zoned, seconds <= day.Seconds()
}

func digits(s string, least, most int) (int, bool) {
	if len(s) < least || len(s) > most {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// momentOf turns days on the clock of the place into a moment.
func momentOf(days float64, env *Env) (time.Time, bool) {
	if math.IsNaN(days) || math.Abs(days) > 3e6 {
		return time.Time{}, false
	}
	millis := math.Floor(days*86400_000 + 0.5)
	t := time.UnixMilli(int64(millis)).UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}, false
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), env.zone()), true
}

// moment is an argument of the functions of dates.
type moment struct {
	t    time.Time
	days float64
}

// onMoment is a function of a date or of a moment; empty when its argument is none.
func onMoment(f func(m moment) Value) func(*evaluation, []node) Value {
	return func(e *evaluation, args []node) Value {
		days := e.eval(args[0]).Number()
		t, ok := momentOf(days, e.env)
		if !ok {
			return textOf("")
		}
		return f(moment{t: t, days: days})
	}
}

func format(e *evaluation, args []node) Value {
	pattern := e.eval(args[1]).Text()
	return onMoment(func(m moment) Value { return textOf(formatMoment(m.t, pattern, e.env.Language)) })(e, args)
}

const isoMoment = "2006-01-02T15:04:05.000-07:00"

var (
	monthNames = map[string][12]string{
		"fr": {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
		"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	}
	dayNames = map[string][7]string{
		"fr": {"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
		"en": {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	}
)

// formatMoment writes the signs of format-date: %Y %y %m %n %b %d %e %H %h %M %S %3 %a.
func formatMoment(t time.Time, pattern, language string) string {
	if monthNames[language][0] == "" {
		language = "en"
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' || i+1 == len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		i++
		switch pattern[i] {
		case 'Y':
			b.WriteString(t.Format("2006"))
		case 'y':
			b.WriteString(t.Format("06"))
		case 'm':
			b.WriteString(t.Format("01"))
		case 'n':
			b.WriteString(t.Format("1"))
		case 'b':
			b.WriteString(monthNames[language][t.Month()-1])
		case 'd':
			b.WriteString(t.Format("02"))
		case 'e':
			b.WriteString(t.Format("2"))
		case 'H':
			b.WriteString(t.Format("15"))
		case 'h':
			b.WriteString(strconv.Itoa(t.Hour()))
		case 'M':
			b.WriteString(t.Format("04"))
		case 'S':
			b.WriteString(t.Format("05"))
		case '3':
			b.WriteString(t.Format(".000")[1:])
		case 'a':
			b.WriteString(dayNames[language][t.Weekday()])
		case '%':
			b.WriteByte('%')
		default:
			b.WriteString(pattern[i-1 : i+1])
		}
	}
	return b.String()
}
