package schema

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// strptime is a compiled date pattern of the C and Python family (%d/%m/%Y).
// A pattern with an unknown directive matches nothing.
type strptime struct {
	steps []step
	bad   bool
}

type step struct {
	directive byte   // 0: literal; ' ': any run of spaces
	literal   []byte // of a literal
}

// parts are the pieces of a date and time that a pattern found.
type parts struct {
	year, month, day, yearday  int
	hour, minute, second, frac int64 // frac in microseconds
	pm, am                     bool
	offset                     int64 // microseconds east of UTC
	hasDay, hasMonth           bool
}

func newStrptime(pattern string) *strptime {
	s := &strptime{}
	pattern = strings.NewReplacer("%F", "%Y-%m-%d", "%T", "%H:%M:%S", "%R", "%H:%M", "%D", "%m/%d/%y").Replace(pattern)
	directives := 0
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '%' && i+1 < len(pattern):
			i++
			if pattern[i] == '-' || pattern[i] == '#' {
				if i++; i == len(pattern) {
					s.bad = true
					return s
				}
			}
			if pattern[i] == '%' {
				s.literal('%')
				continue
			}
			if !strings.ContainsRune("YymdHIMSfpbBaAjzZ", rune(pattern[i])) {
				s.bad = true
				return s
			}
			s.steps = append(s.steps, step{directive: pattern[i]})
			directives++
		case pattern[i] == ' ':
			if n := len(s.steps); n == 0 || s.steps[n-1].directive != ' ' {
				s.steps = append(s.steps, step{directive: ' '})
			}
		default:
			s.literal(pattern[i])
		}
	}
	if directives == 0 {
		s.bad = true
	}
	return s
}

func (s *strptime) literal(b byte) {
	if n := len(s.steps); n > 0 && s.steps[n-1].directive == 0 {
		s.steps[n-1].literal = append(s.steps[n-1].literal, b)
		return
	}
	s.steps = append(s.steps, step{literal: []byte{b}})
}

// parse reads the whole of b.
func (s *strptime) parse(b []byte, p *parts) bool {
	if s.bad {
		return false
	}
	*p = parts{year: 1900, month: 1, day: 1}
	for _, st := range s.steps {
		switch st.directive {
		case 0:
			if !bytes.HasPrefix(b, st.literal) {
				return false
			}
			b = b[len(st.literal):]
		case ' ':
			n := 0
			for n < len(b) && (b[n] == ' ' || b[n] == '\t') {
				n++
			}
			if n == 0 {
				return false
			}
			b = b[n:]
		default:
			n, ok := p.take(st.directive, b)
			if !ok {
				return false
			}
			b = b[n:]
		}
	}
	return len(b) == 0
}

// upTo reads one to max digits.
func upTo(b []byte, most int) (value, n int) {
	for n < len(b) && n < most && b[n]-'0' <= 9 {
		value = value*10 + int(b[n]-'0')
		n++
	}
	return value, n
}

// take reads one directive and returns how many bytes it used.
func (p *parts) take(directive byte, b []byte) (int, bool) {
	switch directive {
	case 'Y':
		v, n := upTo(b, 4)
		p.year = v
		return n, n == 4
	case 'y':
		v, n := upTo(b, 2)
		p.year = 2000 + v
		if v >= 69 {
			p.year = 1900 + v
		}
		return n, n == 2
	case 'm':
		v, n := upTo(b, 2)
		p.month, p.hasMonth = v, true
		return n, n > 0 && v >= 1 && v <= 12
	case 'd':
		v, n := upTo(b, 2)
		p.day, p.hasDay = v, true
		return n, n > 0 && v >= 1 && v <= 31
	case 'H':
		v, n := upTo(b, 2)
		p.hour = int64(v)
		return n, n > 0 && v <= 23
	case 'I':
		v, n := upTo(b, 2)
		p.hour = int64(v % 12)
		return n, n > 0 && v >= 1 && v <= 12
	case 'M':
		v, n := upTo(b, 2)
		p.minute = int64(v)
		return n, n > 0 && v <= 59
	case 'S':
		v, n := upTo(b, 2)
		p.second = int64(min(v, 59))
		return n, n > 0 && v <= 61
	case 'f':
		v, n := upTo(b, 6)
		for i := n; i < 6; i++ {
			v *= 10
		}
		p.frac = int64(v)
		return n, n > 0
	case 'j':
		v, n := upTo(b, 3)
		p.yearday = v
		return n, n > 0 && v >= 1 && v <= 366
	case 'p':
		if len(b) < 2 {
			return 0, false
		}
		p.pm = b[0]|0x20 == 'p'
		p.am = b[0]|0x20 == 'a'
		return 2, (p.pm || p.am) && b[1]|0x20 == 'm'
	case 'b', 'B':
		v, n := monthName(b)
		p.month, p.hasMonth = v, true
		return n, n > 0
	case 'a', 'A':
		n := dayName(b)
		return n, n > 0
	case 'z', 'Z':
		n := 0
		for n < len(b) && b[n] != ' ' {
			n++
		}
		if directive == 'Z' && (string(b[:n]) == "UTC" || string(b[:n]) == "GMT" || string(b[:n]) == "CET" || string(b[:n]) == "CEST") {
			return n, true
		}
		offset, zoned, ok := isoZone(b[:n])
		p.offset = offset
		return n, ok && zoned
	}
	return 0, false
}

func (p *parts) days() (int64, bool) {
	if p.yearday > 0 && !p.hasDay && !p.hasMonth {
		d, ok := Days(p.year, 1, 1)
		return d + int64(p.yearday) - 1, ok && (p.yearday < 366 || daysIn(p.year, 2) == 29)
	}
	return Days(p.year, p.month, p.day)
}

func (p *parts) micros() int64 {
	h := p.hour
	if p.pm && h < 12 {
		h += 12
	}
	return ((h*60+p.minute)*60+p.second)*1_000_000 + p.frac - p.offset
}

// Names of months and days, French and English, without accents, longest first
// where one begins another.
var monthNames = []struct {
	name  string
	month int
}{
	{"janvier", 1}, {"january", 1}, {"janv", 1}, {"jan", 1}, {"fevrier", 2}, {"february", 2}, {"fevr", 2}, {"fev", 2}, {"feb", 2},
	{"mars", 3}, {"march", 3}, {"mar", 3}, {"avril", 4}, {"april", 4}, {"avr", 4}, {"apr", 4}, {"mai", 5}, {"may", 5},
	{"juin", 6}, {"june", 6}, {"jun", 6}, {"juillet", 7}, {"juil", 7}, {"july", 7}, {"jul", 7}, {"aout", 8}, {"august", 8}, {"aug", 8},
	{"septembre", 9}, {"september", 9}, {"sept", 9}, {"sep", 9}, {"octobre", 10}, {"october", 10}, {"oct", 10},
	{"novembre", 11}, {"november", 11}, {"nov", 11}, {"decembre", 12}, {"december", 12}, {"dec", 12},
}

var dayNames = []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
	"lun", "mar", "mer", "jeu", "ven", "sam", "dim", "mon", "tues", "tue", "wed", "thurs", "thur", "thu", "fri", "sat", "sun"}

// namePrefix tells how many bytes of b spell the name, case and accents apart; 0 if they do not.
func namePrefix(b []byte, name string) int {
	i, n := 0, 0
	for i < len(name) {
		r, size := utf8.DecodeRune(b[n:])
		switch r {
		case 'é', 'É', 'è', 'È', 'ê':
			r = 'e'
		case 'û', 'Û', 'ù':
			r = 'u'
		}
		if size == 0 || r > 127 || byte(r)|0x20 != name[i] {
			return 0
		}
		n += size
		i++
	}
	return n
}

func monthName(b []byte) (month, n int) {
	for _, m := range monthNames {
		if n := namePrefix(b, m.name); n > 0 {
			if n < len(b) && b[n] == '.' {
				n++
			}
			return m.month, n
		}
	}
	return 0, 0
}

func dayName(b []byte) int {
	for _, d := range dayNames {
		if n := namePrefix(b, d); n > 0 {
			if n < len(b) && b[n] == '.' {
				n++
			}
			return n
		}
	}
	return 0
}
