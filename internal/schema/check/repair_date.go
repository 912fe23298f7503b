package check

import (
	"fmt"
	"strconv"
	"strings"

	"socle/internal/schema"
)

// order is what the numbers of a written date say of their order.
type order uint8

const (
	orderSure       order = iota // year first, or a month in letters
	orderDayFirst                // the first number is over 12: it is the day
	orderMonthFirst              // the second number is over 12: it is the day
	orderEither                  // both are at most 12
)

// moment is a date, and perhaps a time, read from a cell.
type moment struct {
	year, month, day     int
	hour, minute, second int
	timed                bool
	zone                 string // "Z", "+02:00" or ""
	order                order
	serial               bool // a day number of a spreadsheet
	shortYear            bool
	guessed              bool // the reading is not the only one
}

// swapped reads day and month the other way.
func (m moment) swapped() moment {
	m.day, m.month = m.month, m.day
	return m
}

// inOrder reads day and month the other way where they could be read either way.
func (m moment) inOrder() moment {
	if m.order == orderEither {
		return m.swapped()
	}
	return m
}

var monthNames = map[string]int{
	"janvier": 1, "janv": 1, "jan": 1, "january": 1, "fevrier": 2, "fevr": 2, "fev": 2, "feb": 2, "february": 2,
	"mars": 3, "mar": 3, "march": 3, "avril": 4, "avr": 4, "apr": 4, "april": 4, "mai": 5, "may": 5,
	"juin": 6, "jun": 6, "june": 6, "juillet": 7, "juil": 7, "jul": 7, "july": 7, "aout": 8, "aou": 8, "aug": 8, "august": 8,
	"septembre": 9, "sept": 9, "sep": 9, "september": 9, "octobre": 10, "oct": 10, "october": 10,
	"novembre": 11, "nov": 11, "november": 11, "decembre": 12, "dec": 12, "december": 12,
}

var dayNames = []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "lun", "mar", "mer", "jeu", "ven", "sam", "dim", "le", "du"}

// readDate reads a date in the forms that French files hold. The text has been
// through clean.
func readDate(s string) (moment, bool) {
	if m, ok := readSerial(s); ok {
		return m, true
	}
	text, clock := cutTime(s)
	m, ok := readDay(text)
	if !ok {
		return moment{}, false
	}
	if clock != "" && !readClock(clock, &m) {
		return moment{}, false
	}
	return m, true
}

func readDay(s string) (moment, bool) {
	if s == "" {
		return moment{}, false
	}
	if word, rest, found := strings.Cut(s, " "); found && slicesHas(dayNames, strings.Trim(fold(word), ".,")) {
		s = rest
	}
	if m, ok := readCompact(s); ok {
		return m, true
	}
	if m, ok := readWords(s); ok {
		return m, true
	}
	var n [3]int
	var width [3]int
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '-' || r == '.' || r == ' ' })
	if len(parts) != 3 || strings.Count(s, "-")+strings.Count(s, "/")+strings.Count(s, ".") > 2 {
		return moment{}, false
	}
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 || len(p) > 4 || p[0] == '+' {
			return moment{}, false
		}
		n[i], width[i] = v, len(p)
	}
	switch {
	case width[0] == 4 && width[1] <= 2 && width[2] <= 2:
		return valid(moment{year: n[0], month: n[1], day: n[2]})
	case width[2] == 4 && width[0] <= 2 && width[1] <= 2:
		return dayAndMonth(n[0], n[1], n[2], false)
	case width[2] == 2 && width[0] <= 2 && width[1] <= 2:
		return dayAndMonth(n[0], n[1], century(n[2]), true)
	}
	return moment{}, false
}

func century(two int) int {
	if two < 69 { // as POSIX reads %y
		return 2000 + two
	}
	return 1900 + two
}

func dayAndMonth(a, b, year int, short bool) (moment, bool) {
	m := moment{year: year, month: b, day: a, shortYear: short}
	switch {
	case a > 12 && b <= 12:
		m.order = orderDayFirst
	case b > 12 && a <= 12:
		m = m.swapped()
		m.order = orderMonthFirst
	default:
		m.order = orderEither
		if a == b {
			m.order = orderSure
		}
	}
	return valid(m)
}

func valid(m moment) (moment, bool) {
	_, ok := schema.Days(m.year, m.month, m.day)
	return m, ok
}

// readCompact reads AAAAMMJJ, and JJMMAAAA when that alone is a likely date.
func readCompact(s string) (moment, bool) {
	if len(s) != 8 || strings.Trim(s, "0123456789") != "" {
		return moment{}, false
	}
	at := func(i, j int) int { n, _ := strconv.Atoi(s[i:j]); return n }
	first, okFirst := valid(moment{year: at(0, 4), month: at(4, 6), day: at(6, 8)})
	last, okLast := valid(moment{year: at(4, 8), month: at(2, 4), day: at(0, 2)})
	okFirst = okFirst && first.year >= 1800 && first.year < 2200
	okLast = okLast && last.year >= 1800 && last.year < 2200
	switch {
	case okFirst:
		first.guessed = okLast
		return first, true
	case okLast:
		last.guessed = true
		return last, true
	}
	return moment{}, false
}

// readWords reads « lundi 3 mars 2025 », « 1er janv. 2024 », "March 3, 2025", "3-mars-25".
func readWords(s string) (moment, bool) {
	words := strings.FieldsFunc(fold(s), func(r rune) bool { return r == ' ' || r == '.' || r == ',' || r == '-' || r == '/' })
	for len(words) > 3 {
		if !slicesHas(dayNames, words[0]) {
			return moment{}, false
		}
		words = words[1:]
	}
	if len(words) != 3 {
		return moment{}, false
	}
	dayAt, monthAt := 0, 1
	if monthNames[words[1]] == 0 {
		dayAt, monthAt = 1, 0
	}
	month := monthNames[words[monthAt]]
	day, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSuffix(words[dayAt], "er"), "th"))
	year, err2 := strconv.Atoi(words[2])
	if month == 0 || err != nil || err2 != nil || year < 0 {
		return moment{}, false
	}
	m := moment{year: year, month: month, day: day}
	if len(words[2]) == 2 {
		m.year, m.shortYear = century(year), true
	}
	return valid(m)
}

// Day numbers that spreadsheets give to 1954-10-03 and 2064-04-07: a number of
// five digits in a column of dates is one of them.
const (
	firstSerial = 20_000
	lastSerial  = 60_000
)

// readSerial reads the number of days since 1899-12-30, with a fraction for the time.
func readSerial(s string) (moment, bool) {
	whole, fraction, _ := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
	if len(whole) != 5 || strings.Trim(whole+fraction, "0123456789") != "" {
		return moment{}, false
	}
	n, err := strconv.Atoi(whole)
	if err != nil || n < firstSerial || n > lastSerial {
		return moment{}, false
	}
	m := moment{serial: true}
	m.year, m.month, m.day = civil(int64(n) - 25_569) // 1970-01-01
	if strings.Trim(fraction, "0") != "" {
		f, err := strconv.ParseFloat("0."+fraction, 64)
		if err != nil {
			return moment{}, false
		}
		seconds := int(f*86_400 + 0.5)
		if seconds >= 86_400 {
			seconds = 86_399
		}
		m.hour, m.minute, m.second, m.timed = seconds/3600, seconds/60%60, seconds%60, true
	}
	return m, true
}

// civil gives the date of a number of days since 1970-01-01.
func civil(days int64) (year, month, day int) {
	z := days + 719_468
	era := z / 146_097
	doe := z - era*146_097
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	if month > 12 {
		month -= 12
	}
	year = int(yoe + era*400)
	if month <= 2 {
		year++
	}
	return year, month, day
}

// cutTime parts a date from the time behind it.
func cutTime(s string) (day, clock string) {
	at := -1
	for i := 1; i < len(s); i++ {
		c := s[i]
		if c == ':' || (c == 'h' || c == 'H') && isDigit(s[i-1]) && (i+1 == len(s) || isDigit(s[i+1]) || s[i+1] == ' ') {
			at = i
			break
		}
	}
	if at < 0 {
		return s, ""
	}
	start := at
	for start > 0 && isDigit(s[start-1]) {
		start--
	}
	day, clock = strings.TrimRight(s[:start], " ,"), s[start:]
	day = strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(day, "T"), " à"), " a"), " ,")
	return day, clock
}

// readClock reads 14:30, 14:30:05, 14h30, 14h, 14:30:05Z, 14:30+02:00, 2:30 PM into m.
func readClock(s string, m *moment) bool {
	s = strings.TrimSpace(s)
	afternoon := 0
	switch upper := strings.ToUpper(s); {
	case strings.HasSuffix(upper, "PM"):
		afternoon, s = 12, strings.TrimSpace(s[:len(s)-2])
	case strings.HasSuffix(upper, "AM"):
		afternoon, s = -12, strings.TrimSpace(s[:len(s)-2])
	}
	if rest, ok := strings.CutSuffix(s, "Z"); ok {
		s, m.zone = rest, "Z"
	} else if i := strings.LastIndexAny(s, "+-"); i > 0 {
		zone := s[i+1:]
		if len(zone) == 4 && !strings.Contains(zone, ":") {
			zone = zone[:2] + ":" + zone[2:]
		}
		if len(zone) != 5 || zone[2] != ':' {
			return false
		}
		m.zone, s = s[i:i+1]+zone, s[:i]
	}
	s = strings.ToLower(strings.NewReplacer(" ", "", "min", ":", "mn", ":").Replace(strings.ToLower(s)))
	s = strings.TrimSuffix(strings.Replace(s, "h", ":", 1), "s")
	s, _, _ = strings.Cut(s, ".")
	parts := strings.Split(strings.TrimRight(s, ":"), ":")
	if len(parts) > 3 {
		return false
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 || len(p) > 2 {
			return false
		}
		n[i] = v
	}
	switch {
	case afternoon == 12 && n[0] < 12:
		n[0] += 12
	case afternoon == -12 && n[0] == 12:
		n[0] = 0
	}
	if n[0] > 23 || n[1] > 59 || n[2] > 59 {
		return false
	}
	m.hour, m.minute, m.second, m.timed = n[0], n[1], n[2], true
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func slicesHas(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (m moment) date() string { return fmt.Sprintf("%04d-%02d-%02d", m.year, m.month, m.day) }

func (m moment) clock() string { return fmt.Sprintf("%02d:%02d:%02d", m.hour, m.minute, m.second) }

// in writes the moment by a strptime pattern; false when the pattern asks for
// something that a moment does not hold.
func (m moment) in(pattern string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' || i+1 == len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		i++
		switch pattern[i] {
		case 'Y':
			fmt.Fprintf(&b, "%04d", m.year)
		case 'y':
			fmt.Fprintf(&b, "%02d", m.year%100)
		case 'm':
			fmt.Fprintf(&b, "%02d", m.month)
		case 'd':
			fmt.Fprintf(&b, "%02d", m.day)
		case 'H':
			fmt.Fprintf(&b, "%02d", m.hour)
		case 'M':
			fmt.Fprintf(&b, "%02d", m.minute)
		case 'S':
			fmt.Fprintf(&b, "%02d", m.second)
		case 'F':
			b.WriteString(m.date())
		case 'T':
			b.WriteString(m.clock())
		case 'z':
			zone := m.zone
			if zone == "Z" || zone == "" {
				zone = "+00:00"
			}
			b.WriteString(zone)
		case '%':
			b.WriteByte('%')
		default:
			return "", false
		}
	}
	return b.String(), true
}

// readMonth reads « décembre 2025 », 12/2025, 12-2025, 2025/12, or the month of a date.
func readMonth(s string) (year, month int, ok bool) {
	words := strings.FieldsFunc(fold(s), func(r rune) bool { return r == ' ' || r == '.' || r == '-' || r == '/' })
	if len(words) != 2 {
		if m, ok := readDate(s); ok && m.order != orderEither {
			return m.year, m.month, true
		}
		return 0, 0, false
	}
	if n, named := monthNames[words[0]]; named {
		y, err := strconv.Atoi(words[1])
		return y, n, err == nil && len(words[1]) == 4
	}
	a, err := strconv.Atoi(words[0])
	b, err2 := strconv.Atoi(words[1])
	if err != nil || err2 != nil {
		return 0, 0, false
	}
	switch {
	case len(words[0]) == 4 && b >= 1 && b <= 12:
		return a, b, true
	case len(words[1]) == 4 && a >= 1 && a <= 12:
		return b, a, true
	}
	return 0, 0, false
}
