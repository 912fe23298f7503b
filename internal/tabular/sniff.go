package tabular

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

var boms = []struct {
	mark    []byte
	charset string
}{
	{[]byte{0xEF, 0xBB, 0xBF}, "utf-8"},
	{[]byte{0xFF, 0xFE}, "utf-16le"},
	{[]byte{0xFE, 0xFF}, "utf-16be"},
}

// sniffCharset recognises the encoding of a text by samples of its bytes; the
// first sample is its beginning. bom is the length of the mark at its start.
func sniffCharset(samples [][]byte) (c *charset, bom int) {
	head := samples[0]
	for _, m := range boms {
		if bytes.HasPrefix(head, m.mark) {
			c, _ = charsetNamed(m.charset)
			bom = len(m.mark)
			if c.wide != nil {
				return c, bom
			}
		}
	}
	if c == nil {
		if name := sniffWide(head); name != "" {
			c, _ = charsetNamed(name)
			return c, 0
		}
	}
	good, bad := 0, 0
	var high []byte // bytes around those above ASCII, for the one-byte charsets
	var twice, accents int
	for i, s := range samples {
		s = wholeRunes(s, i > 0)
		g, b := countUTF8(s)
		good, bad = good+g, bad+b
		t, a := countTwice(s)
		twice, accents = twice+t, accents+a
		if len(high) < 1<<18 {
			high = append(high, s...)
		}
	}
	if bad == 0 || good >= 4*bad || bom > 0 {
		c, _ = charsetNamed("utf-8")
		c.twice = twice > 0 && bad == 0 && twice*10 >= accents*9
		return c, bom
	}
	best := -1 << 60
	for _, cand := range charsets() {
		if cand.table == nil {
			continue
		}
		if n := french(cand.table, high); n > best {
			best, c = n, cand
		}
	}
	return c, 0
}

// sniffWide recognises UTF-16 without mark: every other byte of Latin text is zero.
func sniffWide(p []byte) string {
	p = p[:min(len(p), 4096)&^1]
	if len(p) < 4 {
		return ""
	}
	var zero [2]int
	for i, c := range p {
		if c == 0 {
			zero[i&1]++
		}
	}
	half := len(p) / 2
	switch {
	case zero[1]*10 >= half*7 && zero[0]*20 < half:
		return "utf-16le"
	case zero[0]*10 >= half*7 && zero[1]*20 < half:
		return "utf-16be"
	}
	return ""
}

// wholeRunes drops the parts of characters that a sample cuts.
func wholeRunes(s []byte, middle bool) []byte {
	for i := 0; middle && i < 3 && len(s) > 0 && s[0]&0xC0 == 0x80; i++ {
		s = s[1:]
	}
	for i := 1; i <= 3 && i <= len(s); i++ {
		if c := s[len(s)-i]; c >= 0xC0 {
			if !utf8.FullRune(s[len(s)-i:]) {
				s = s[:len(s)-i]
			}
			break
		} else if c < 0x80 {
			break
		}
	}
	return s
}

// countUTF8 counts characters beyond ASCII, and bytes that are none.
func countUTF8(s []byte) (good, bad int) {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && size <= 1 {
			bad++
		} else {
			good++
		}
		i += size
	}
	return good, bad
}

// countTwice counts characters beyond ASCII that belong to a sequence of UTF-8
// bytes read as windows-1252 (Ã©, â€™), and all of them.
func countTwice(s []byte) (twice, all int) {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if b, ok := encode1252(r); ok && b >= 0xC2 && b <= 0xF4 {
			seq, at, n := []byte{b}, i+size, 1
			for !utf8.FullRune(seq) && at < len(s) {
				next, k := utf8.DecodeRune(s[at:])
				nb, ok := encode1252(next)
				if !ok || nb&0xC0 != 0x80 {
					break
				}
				seq = append(seq, nb)
				at += k
				n++
			}
			if n > 1 && utf8.Valid(seq) {
				twice, all = twice+n, all+n
				i = at
				continue
			}
		}
		all++
		i += size
	}
	return twice, all
}

// french scores the bytes beyond ASCII as the letters and signs of French text
// under a charset.
func french(table *[256]rune, p []byte) int {
	score := 0
	letter := func(i int) bool {
		return i >= 0 && i < len(p) && (p[i]|0x20 >= 'a' && p[i]|0x20 <= 'z')
	}
	upper := func(i int) bool { return i >= 0 && i < len(p) && p[i] >= 'A' && p[i] <= 'Z' }
	for i, c := range p {
		if c < 0x80 {
			continue
		}
		r := table[c]
		inWord := letter(i-1) || letter(i+1)
		switch {
		case bytes.ContainsRune([]byte("éèàêçôîûâùëïœÉ"), r):
			score += 4
			if unicode.IsUpper(r) && letter(i-1) && !upper(i-1) {
				score -= 6
			}
			if !inWord {
				score -= 3
			}
		case bytes.ContainsRune([]byte("ÈÊÀÇÔÎÛÂÙËÏŒüöäñæ"), r):
			score++
			if unicode.IsUpper(r) && letter(i-1) && !upper(i-1) {
				score -= 6
			}
		case bytes.ContainsRune([]byte("’€°«»²³–…\u00A0·"), r):
			score++
			if r != '’' && letter(i-1) && letter(i+1) {
				score -= 4
			}
		case unicode.IsLetter(r):
			score -= 2
		case unicode.IsControl(r) || r == utf8.RuneError:
			score -= 8
		default:
			score -= 2
			if inWord {
				score -= 3
			}
		}
	}
	return score
}
