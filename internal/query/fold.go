package query

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const foldTableSize = 0x250 // Latin letters with their marks

// foldTable is what a rune becomes, for those below foldTableSize.
var foldTable = sync.OnceValue(func() *[foldTableSize]string {
	t := new([foldTableSize]string)
	for r := range rune(foldTableSize) {
		t[r] = string(foldRune(nil, r))
	}
	return t
})

// Fold appends text in lower case without accents, for comparing texts with
// case and accents set aside: É is e, œ is oe, a typographic apostrophe is a plain one, and
// spaces and control characters of all sorts are spaces.
func Fold(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c < ' ' || c == 0x7f:
			dst = append(dst, ' ')
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, n := utf8.DecodeRune(text[i:])
			if r < foldTableSize {
				dst = append(dst, foldTable()[r]...)
			} else {
				dst = foldRune(dst, r)
			}
			i += n - 1
		}
	}
	return dst
}

// foldRune appends what one rune becomes.
func foldRune(dst []byte, r rune) []byte {
	switch r {
	case 'œ', 'Œ':
		return append(dst, "oe"...)
	case 'æ', 'Æ':
		return append(dst, "ae"...)
	case 'ß', 'ẞ':
		return append(dst, "ss"...)
	case '’', '‘', 'ʼ', '′':
		return append(dst, '\'')
	case '–', '—', '‐', '‑', '−':
		return append(dst, '-')
	case '“', '”', '«', '»':
		return append(dst, '"')
	case utf8.RuneError:
		return append(dst, "\uFFFD"...)
	}
	switch {
	case unicode.IsSpace(r), unicode.IsControl(r):
		return append(dst, ' ')
	case unicode.Is(unicode.Mn, r):
		return dst
	}
	var buf [utf8.UTFMax]byte
	plain := norm.NFKD.Bytes(utf8.AppendRune(buf[:0], r))
	for len(plain) > 0 {
		p, n := utf8.DecodeRune(plain)
		plain = plain[n:]
		switch {
		case unicode.Is(unicode.Mn, p):
		case unicode.IsSpace(p):
			dst = append(dst, ' ')
		default:
			dst = utf8.AppendRune(dst, unicode.ToLower(p))
		}
	}
	return dst
}

// Words are the folded words of a text to look for: its runs of letters and
// digits, each once; of a text that has none, the folded text itself.
func Words(text string) []string {
	folded := string(Fold(nil, []byte(text)))
	var words []string
	seen := map[string]bool{}
	add := func(w string) {
		if w != "" && !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	start := 0
	for i, r := range folded {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			add(folded[start:i])
			start = i + utf8.RuneLen(r)
		}
	}
	add(folded[start:])
	if len(words) == 0 {
		for len(folded) > 0 && folded[0] == ' ' {
			folded = folded[1:]
		}
		for len(folded) > 0 && folded[len(folded)-1] == ' ' {
			folded = folded[:len(folded)-1]
		}
		add(folded)
	}
	return words
}
