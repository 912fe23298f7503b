package schema

import "bytes"

// anyMoment is what the format "any" made of a text.
type anyMoment struct {
	days, micros     int64
	hasDate, hasTime bool
}

// anyDate reads dates and times of usual forms, French and English: ISO 8601,
// 31/12/2024 (the day first; the month first only where the day cannot be),
// 31-12-24, 20241231, "10th Jan 1969 9 am", "mardi 3 mars 2020 à 14h30".
func anyDate(cell []byte) (m anyMoment, ok bool) {
	cell = trim(cell)
	if len(cell) == 0 || len(cell) > 80 {
		return m, false
	}
	var v Value
	if isoDatetime(cell, &v) {
		m.days, m.micros = floorDiv(v.Int, dayMicros)
		m.hasDate, m.hasTime = true, len(cell) > 10
		return m, true
	}
	var s anyScan
	if !s.read(cell) {
		return m, false
	}
	return s.finish()
}

func floorDiv(a, b int64) (q, r int64) {
	q, r = a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}

// anyScan gathers the numbers and names of a free date.
type anyScan struct {
	nums    [3]int // of the date, in order
	widths  [3]int
	n       int
	month   int // by name
	micros  int64
	hasTime bool
}

func (s *anyScan) read(b []byte) bool {
	for len(b) > 0 {
		c := b[0]
		switch {
		case c == ' ' || c == ',' || c == '/' || c == '-' || c == '.' || c == '\t':
			b = b[1:]
		case c-'0' <= 9:
			rest, ok := s.number(b)
			if !ok {
				return false
			}
			b = rest
		case bytes.HasPrefix(b, []byte("à ")) || bytes.HasPrefix(b, []byte("at ")) || bytes.HasPrefix(b, []byte("le ")) || bytes.HasPrefix(b, []byte("of ")):
			b = b[bytes.IndexByte(b, ' ')+1:]
		case c == 'T' && s.n == 3 && len(b) > 1 && b[1]-'0' <= 9:
			b = b[1:]
		default:
			if m, n := monthName(b); n > 0 && s.month == 0 && ends(b, n) {
				s.month = m
				b = b[n:]
				continue
			}
			n := dayName(b)
			if n == 0 || !ends(b, n) {
				return false
			}
			b = b[n:]
		}
	}
	return true
}

// ends tells whether a word ends at n.
func ends(b []byte, n int) bool {
	return n == len(b) || b[n] == ' ' || b[n] == ',' || b[n] == '-' || b[n] == '/' || b[n] == '.'
}

// number reads a number of the date, or a time that begins with a number.
func (s *anyScan) number(b []byte) ([]byte, bool) {
	v, n := upTo(b, 8)
	rest := b[n:]
	if len(rest) > 0 && rest[0]-'0' <= 9 {
		return nil, false
	}
	if micros, after, ok := clock(v, n, rest); ok {
		if s.hasTime {
			return nil, false
		}
		s.micros, s.hasTime = micros, true
		return after, true
	}
	if n == 8 && s.n == 0 && s.month == 0 {
		s.nums, s.widths, s.n = [3]int{v / 10000, v / 100 % 100, v % 100}, [3]int{4, 2, 2}, 3
		return rest, true
	}
	if s.n == 3 || n != 4 && n > 2 {
		return nil, false
	}
	s.nums[s.n], s.widths[s.n] = v, n
	s.n++
	for _, suffix := range []string{"st", "nd", "rd", "th", "er", "e"} {
		if bytes.HasPrefix(rest, []byte(suffix)) && ends(rest, len(suffix)) {
			return rest[len(suffix):], true
		}
	}
	return rest, len(rest) == 0 || rest[0] < 'A' || rest[0] == 'T'
}

// clock reads hh:mm[:ss], 14h30, 14h, 9 am, given the first number.
func clock(h, width int, rest []byte) (micros int64, after []byte, ok bool) {
	if width > 2 || h > 24 {
		return 0, nil, false
	}
	minutes, seconds := 0, 0
	switch {
	case len(rest) >= 3 && rest[0] == ':':
		v, n := upTo(rest[1:], 2)
		if n != 2 || v > 59 {
			return 0, nil, false
		}
		minutes, rest = v, rest[3:]
		if len(rest) >= 3 && rest[0] == ':' {
			v, n := upTo(rest[1:], 2)
			if n != 2 || v > 59 {
				return 0, nil, false
			}
			seconds, rest = v, rest[3:]
		}
	case len(rest) > 0 && (rest[0] == 'h' || rest[0] == 'H'):
		rest = rest[1:]
		if v, n := upTo(rest, 2); n == 2 && v < 60 {
			minutes, rest = v, rest[2:]
		}
	default:
		if _, _, found := meridian(rest); !found {
			return 0, nil, false
		}
	}
	if pm, left, found := meridian(rest); found {
		if h == 0 || h > 12 {
			return 0, nil, false
		}
		h %= 12
		if pm {
			h += 12
		}
		rest = left
	}
	micros = int64((h*60+minutes)*60+seconds) * 1_000_000
	if offset, zoned, ok := isoZone(rest); ok && zoned {
		return micros - offset, nil, true
	}
	if len(rest) > 0 && rest[0] != ' ' && rest[0] != ',' {
		return 0, nil, false
	}
	return micros, rest, micros < dayMicros
}

func meridian(b []byte) (pm bool, rest []byte, ok bool) {
	b = trim(b)
	if len(b) < 2 || b[1]|0x20 != 'm' || len(b) > 2 && b[2] != ' ' && b[2] != ',' {
		return false, nil, false
	}
	c := b[0] | 0x20
	return c == 'p', b[2:], c == 'p' || c == 'a'
}

func (s *anyScan) finish() (m anyMoment, ok bool) {
	m.micros, m.hasTime = s.micros, s.hasTime
	if s.n == 0 && s.month == 0 {
		return m, s.hasTime
	}
	var y, mo, d int
	switch {
	case s.month > 0 && s.n == 2:
		mo = s.month
		d, y = s.nums[0], s.nums[1]
		if s.widths[0] == 4 {
			d, y = y, d
			s.widths[1] = 4
		}
		y = fullYear(y, s.widths[1])
	case s.month == 0 && s.n == 3 && s.widths[0] == 4:
		y, mo, d = s.nums[0], s.nums[1], s.nums[2]
	case s.month == 0 && s.n == 3:
		d, mo, y = s.nums[0], s.nums[1], fullYear(s.nums[2], s.widths[2])
		if mo > 12 && d <= 12 {
			d, mo = mo, d
		}
	default:
		return m, false
	}
	m.days, ok = Days(y, mo, d)
	m.hasDate = true
	return m, ok
}

func fullYear(y, width int) int {
	switch {
	case width > 2:
		return y
	case y >= 69:
		return 1900 + y
	}
	return 2000 + y
}
