package check

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// clean takes away what a person does not see: spaces around, doubled, fixed or
// narrow ones, characters without width, and makes quotes straight and dashes
// and minus signs plain. Letters stay.
func clean(s string) string {
	if plainText(s) {
		return s
	}
	var b strings.Builder
	space := true // at the start
	for _, r := range s {
		switch {
		case r == '\u00a0' || r == '\u202f' || r == '\u2007' || r == '\u2009' || r == '\u200a' || r == '\u3000' || unicode.IsSpace(r):
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		case invisible(r):
			continue
		case r == '’' || r == '‘' || r == 'ʼ' || r == '′':
			r = '\''
		case r == '“' || r == '”' || r == '″':
			r = '"'
		case r == '‐' || r == '‑' || r == '–' || r == '−':
			r = '-'
		}
		space = false
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}

// plainText reports whether clean would change nothing.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// tidy is the part of clean that is safe on a text for people: spaces at both
// ends and characters without width.
func tidy(s string) string {
	trimmed := strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\u00a0' || r == '\u202f' || invisible(r) })
	if strings.IndexFunc(trimmed, invisible) < 0 {
		return trimmed
	}
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, trimmed)
}

func invisible(r rune) bool {
	switch {
	case r == '\u200b', r == '\u2060', r == '\ufeff', r == '\u00ad', r == '\u200e', r == '\u200f', r >= '\u202a' && r <= '\u202e':
		return true
	}
	return r < ' ' && r != '\t' && r != '\n' && r != '\r'
}

var foldTable = map[rune]string{
	'à': "a", 'á': "a", 'â': "a", 'ä': "a", 'ã': "a", 'å': "a", 'ç': "c", 'é': "e", 'è': "e", 'ê': "e", 'ë': "e", 'í': "i", 'ì': "i", 'î': "i", 'ï': "i",
	'ñ': "n", 'ó': "o", 'ò': "o", 'ô': "o", 'ö': "o", 'õ': "o", 'ú': "u", 'ù': "u", 'û': "u", 'ü': "u", 'ÿ': "y", 'œ': "oe", 'æ': "ae",
}

// fold writes a text in small letters without accents, spaces single.
func fold(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(clean(s)) {
		if t, ok := foldTable[r]; ok {
			b.WriteString(t)
		} else if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// key is fold with nothing but letters and digits: what two ways of writing a
// name have in common.
func key(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, fold(s))
}

// undouble mends a text that was written in UTF-8 and read as Windows-1252 once
// or twice ("Ã©" for "é"); false when it was not.
func undouble(s string) (string, bool) {
	out := s
	for range 2 {
		if !suspect(out) {
			break
		}
		back, ok := encode1252(out)
		if !ok || !utf8.Valid(back) || string(back) == out {
			break
		}
		out = string(back)
	}
	return out, out != s
}

// suspect looks for Ã, Â, â and Å, with which doubly encoded letters begin.
func suspect(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == 0xc3 {
			switch s[i+1] {
			case 0x82, 0x83, 0x85, 0xa2:
				return true
			}
		}
	}
	return false
}

// encode1252 writes a text in Windows-1252, bytes without meaning there kept as
// the control characters that readers make of them.
func encode1252(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r < 0x80 {
			out = append(out, byte(r))
			continue
		}
		c, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			if r < 0x80 || r > 0x9f {
				return nil, false
			}
			c = byte(r)
		}
		out = append(out, c)
	}
	return out, true
}

// oneSlip reports whether two words differ by one letter: added, lost, changed,
// or swapped with its neighbour.
func oneSlip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) < len(y) {
		return string(x[i:]) == string(y[i+1:])
	}
	if i == len(x) {
		return false
	}
	if string(x[i+1:]) == string(y[i+1:]) {
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && string(x[i+2:]) == string(y[i+2:])
}
