package tabular

import "bytes"

// kind is what a cell looks like, as far as recognising a table needs it. It
// decides nothing about values.
type kind uint8

const (
	kindEmpty kind = iota
	kindText
	kindNumber
	kindDate // and times
	kindLink // addresses of the web and of mail
	kindNone // words for "no value"
)

// kindOf looks at a trimmed cell.
func kindOf(c []byte) kind {
	switch {
	case len(c) == 0:
		return kindEmpty
	case isNumber(c):
		return kindNumber
	case isDate(c):
		return kindDate
	case isLink(c):
		return kindLink
	case isNone(c):
		return kindNone
	}
	return kindText
}

// What numbers begin and end with: signs around them, and bytes that none begins
// with. Signs beyond ASCII are left to a closer look.
const (
	inner = iota
	edge
	never
)

var numberEdge = func() (t [256]byte) {
	for c := range 0x80 {
		t[c] = never
	}
	for _, c := range "0123456789.,'" {
		t[c] = inner
	}
	for _, c := range "$%+- " {
		t[c] = edge
	}
	return t
}()

// isNumber accepts digits with signs, separators of any habit, an exponent, and
// a unit of money or percentage.
func isNumber(c []byte) bool {
	for len(c) > 0 && numberEdge[c[0]] == edge {
		c = c[1:]
	}
	if len(c) == 0 || numberEdge[c[0]] == never { // most texts end here
		return false
	}
	for numberEdge[c[len(c)-1]] == edge {
		c = c[:len(c)-1]
	}
	if c[0] >= 0x80 || c[len(c)-1] >= 0x80 {
		c = bytes.Trim(c, "$%+- \u00A0€£\x80\xA0")
	}
	c = bytes.TrimSuffix(c, []byte("\u202F"))
	if len(c) == 0 || c[0] == ',' && len(c) == 1 {
		return false
	}
	seen, marks, commas, run, last := 0, 0, 0, 0, byte(0)
	for i := 0; i < len(c); i++ {
		ch := c[i]
		switch {
		case ch >= '0' && ch <= '9':
			seen++
			run++
		case ch == '.' || ch == ',' || ch == ' ' || ch == '\'' || ch == 0xA0:
			if last == '.' || last == ',' {
				return false
			}
			if ch == ',' {
				if commas++; commas > 1 && run != 3 { // 1,234,567 but not 1,2,3
					return false
				}
			}
			marks++
			run = 0
		case ch == 0xC2 || ch == 0xE2 || ch == 0x80 || ch == 0xAF: // bytes of wide spaces
		case (ch == 'e' || ch == 'E') && seen > 0 && i+1 < len(c):
			rest := bytes.TrimLeft(c[i+1:], "+-")
			return digits(rest)
		default:
			return false
		}
		last = ch
	}
	return seen > 0 && marks <= 5 && seen <= 40 && (commas < 2 || run == 3 || last == '.')
}

// isDate accepts dates written with figures, ISO 8601 instants and times of day.
func isDate(c []byte) bool {
	if len(c) < 4 || len(c) > 35 || c[0] < '0' || c[0] > '9' {
		return false
	}
	if bytes.Count(c, []byte{' '}) > 1 {
		return false
	}
	groups, run, seps := 0, 0, 0
	for i, ch := range c {
		switch {
		case ch >= '0' && ch <= '9':
			run++
		case ch == '/' || ch == '-' || ch == ':' || ch == '.' || ch == ' ' || ch == 'T' || ch == '+':
			if run == 0 && ch != ' ' {
				return false
			}
			if run > 4 && i < 10 {
				return false
			}
			groups++
			if ch != ' ' {
				seps++
			}
			run = 0
		case ch == 'Z' && i == len(c)-1:
		case ch == 'h' || ch == 'H':
			seps++
			groups++
			run = 0
		default:
			return false
		}
	}
	return groups >= 1 && seps >= 1 && groups <= 8 && run <= 9
}

func isLink(c []byte) bool {
	if bytes.HasPrefix(c, []byte("http://")) || bytes.HasPrefix(c, []byte("https://")) || bytes.HasPrefix(c, []byte("www.")) {
		return !bytes.ContainsAny(c, " \t")
	}
	at := bytes.IndexByte(c, '@')
	return at > 0 && bytes.IndexByte(c[at:], '.') > 1 && !bytes.ContainsAny(c, " \t;,")
}

var noneWords = [][]byte{[]byte("null"), []byte("na"), []byte("n/a"), []byte("#n/a"), []byte("nan"), []byte("none"), []byte("nc"), []byte("nd"), []byte("nr"), []byte("ns"), []byte("-"), []byte("--"), []byte("?"), []byte("so")}

func isNone(c []byte) bool {
	if len(c) > 5 {
		return false
	}
	var room [5]byte
	low := room[:len(c)]
	for i, b := range c {
		if low[i] = b; b >= 'A' && b <= 'Z' {
			low[i] |= 0x20
		}
	}
	for _, w := range noneWords {
		if bytes.Equal(low, w) {
			return true
		}
	}
	return false
}
