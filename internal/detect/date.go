package detect

import (
	"strconv"
	"strings"

	"socle/internal/cog"
	"socle/internal/schema"
)

var months = map[string]int{
	"janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "aout": 8, "septembre": 9, "octobre": 10, "novembre": 11, "decembre": 12,
	"janv": 1, "jan": 1, "fevr": 2, "fev": 2, "avr": 4, "juil": 7, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
	"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
	"feb": 2, "apr": 4, "jun": 6, "jul": 7, "aug": 8,
}

// numbers reads s as numbers of the given widths (0: one or two digits) parted by
// the marks of seps, one string of allowed marks for each gap.
func numbers(s string, widths []int, seps []string) ([]int, string, bool) {
	out := make([]int, 0, len(widths))
	for i, w := range widths {
		n := 0
		for n < len(s) && n < 4 && s[n] >= '0' && s[n] <= '9' && (w == 0 || n < w) && (w > 0 || n < 2) {
			n++
		}
		if n == 0 || w > 0 && n != w {
			return nil, "", false
		}
		v, _ := strconv.Atoi(s[:n])
		out = append(out, v)
		s = s[n:]
		if i < len(seps) {
			if s == "" || !strings.Contains(seps[i], s[:1]) {
				return nil, "", false
			}
			s = s[1:]
		}
	}
	return out, s, true
}

func dateOf(y, m, d int) (int64, bool) {
	if y < 1000 || y > 2999 {
		return 0, false
	}
	return schema.Days(y, m, d)
}

// yearFirst reads AAAA-MM-JJ with the marks of seps, and what follows.
func yearFirst(s, seps string) (days int64, rest string, ok bool) {
	n, rest, ok := numbers(s, []int{4, 2, 2}, []string{seps, seps})
	if !ok {
		return 0, "", false
	}
	days, ok = dateOf(n[0], n[1], n[2])
	return days, rest, ok
}

func dayFirst(s, seps string, yearWidth int) (days int64, rest string, ok bool) {
	n, rest, ok := numbers(s, []int{0, 0, yearWidth}, []string{seps, seps})
	if !ok {
		return 0, "", false
	}
	if yearWidth == 2 {
		if n[2] += 1900; n[2] < 1969 { // as POSIX reads %y
			n[2] += 100
		}
	}
	days, ok = dateOf(n[2], n[1], n[0])
	return days, rest, ok
}

func monthFirst(s, seps string) (days int64, rest string, ok bool) {
	n, rest, ok := numbers(s, []int{0, 0, 4}, []string{seps, seps})
	if !ok {
		return 0, "", false
	}
	days, ok = dateOf(n[2], n[0], n[1])
	return days, rest, ok
}

// clock reads hh:mm, hh:mm:ss, a fraction and a zone; it tells which it met.
func clock(s string) (micros int64, seconds, zone, ok bool) {
	n, rest, ok := numbers(s, []int{0, 2}, []string{":"})
	if !ok || n[0] > 23 || n[1] > 59 {
		return 0, false, false, false
	}
	micros = int64(n[0]*3600+n[1]*60) * 1e6
	if strings.HasPrefix(rest, ":") {
		sec, after, ok := numbers(rest[1:], []int{2}, nil)
		if !ok || sec[0] > 59 {
			return 0, false, false, false
		}
		seconds, rest = true, after
		micros += int64(sec[0]) * 1e6
		if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
			rest = strings.TrimLeft(rest[1:], "0123456789")
		}
	}
	switch {
	case rest == "":
		return micros, seconds, false, true
	case rest == "Z":
		return micros, seconds, true, true
	}
	if rest[0] != '+' && rest[0] != '-' {
		return 0, false, false, false
	}
	if z, after, ok := numbers(strings.Replace(rest[1:], ":", "", 1), []int{2, 2}, nil); ok && after == "" && z[0] < 15 && z[1] < 60 {
		return micros, seconds, true, true
	}
	return 0, false, false, false
}

// wordDate reads « 13 février 1996 » and "February 13, 1996".
func wordDate(s string) (days int64, ok bool) {
	w := strings.Fields(cog.FoldName(s))
	if len(w) > 3 && isWeekday(w[0]) {
		w = w[1:]
	}
	if len(w) != 3 {
		return 0, false
	}
	day, month := w[0], w[1]
	if months[month] == 0 {
		day, month = month, day
	}
	d, err := strconv.Atoi(strings.TrimSuffix(day, "er"))
	y, err2 := strconv.Atoi(w[2])
	if err != nil || err2 != nil || months[month] == 0 {
		return 0, false
	}
	return dateOf(y, months[month], d)
}

// isDateText reports whether a text is a date in one of the usual forms.
func isDateText(s string) bool {
	if _, rest, ok := yearFirst(s, "-/_ ."); ok && rest == "" {
		return true
	}
	for _, w := range []int{4, 2} {
		if _, rest, ok := dayFirst(s, "-/_ .", w); ok && rest == "" {
			return true
		}
	}
	if _, rest, ok := monthFirst(s, "/-"); ok && rest == "" {
		return true
	}
	_, ok := wordDate(s)
	return ok
}

// isDatetimeText reports whether a text is a date and a time; zone tells whether
// one is written.
func isDatetimeText(s string) (zone, ok bool) {
	for _, read := range []func(string) (int64, string, bool){
		func(s string) (int64, string, bool) { return yearFirst(s, "-/_") },
		func(s string) (int64, string, bool) { return dayFirst(s, "-/.", 4) },
		func(s string) (int64, string, bool) { return monthFirst(s, "/") },
	} {
		if _, rest, ok := read(s); ok && len(rest) > 1 && (rest[0] == 'T' || rest[0] == ' ') {
			if _, _, zone, ok := clock(strings.TrimLeft(rest[1:], " ")); ok {
				return zone, true
			}
		}
	}
	return false, false
}
