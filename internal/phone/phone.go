package phone

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Number is a phone number read in a text.
type Number struct {
	Code     int    // calling code of the country: 33
	National string // significant digits, without the prefix 0: 561222222
}

const (
	maxText     = 250 // bytes
	minNational = 2   // digits
	maxNational = 17
)

// Parse reads the number of a text as somebody in France would dial it; false when
// the text is not one number. It does not say that the number can exist: see Valid
// and Short.
func Parse(text string) (Number, bool) {
	if len(text) > maxText {
		return Number{}, false
	}
	text = possible(text)
	if !viable(text) {
		return Number{}, false
	}
	text = withoutExtension(text)
	b := plans()
	p := b.france
	code, digits, ok := b.country(text)
	if !ok {
		return Number{}, false
	}
	switch {
	case code == 0:
		code, digits = p.code, normal(text)
	case code != p.code:
		p = b.byCode[code][0]
	}
	if len(digits) < minNational {
		return Number{}, false
	}
	rest := p.withoutPrefix(digits)
	if f := p.fit(rest); f == fits || f == tooLong {
		digits = rest
	}
	if len(digits) < minNational || len(digits) > maxNational || strings.Trim(digits, "0123456789") != "" {
		return Number{}, false
	}
	return Number{code, digits}, true
}

// Valid tells whether the plan of the number's country has such numbers. It does not
// say that somebody answers.
func (n Number) Valid() bool {
	p := plans().of(n.Code, n.National)
	return p != nil && p.valid(n.National)
}

// Short tells whether it is a short number of France: 15, 112, 3949, 116000.
func (n Number) Short() bool {
	b := plans()
	return n.Code == b.france.code && b.shortGeneral.matches(n.National) && b.shortOfFrance.matches(n.National)
}

// FrenchMobile tells whether it is a mobile of mainland France.
func (n Number) FrenchMobile() bool {
	b := plans()
	return n.Code == b.france.code && b.france.mobile(n.National)
}

// E164 writes the number for the whole world: +33561222222.
func (n Number) E164() string { return "+" + strconv.Itoa(n.Code) + n.National }

// possible cuts what cannot belong to a number before and after it.
func possible(text string) string {
	start := strings.IndexFunc(text, func(r rune) bool { return isPlus(r) || unicode.IsDigit(r) })
	if start < 0 {
		return ""
	}
	text = strings.TrimRightFunc(text[start:], func(r rune) bool {
		return !unicode.IsNumber(r) && !unicode.IsLetter(r) && r != '#'
	})
	// Two extensions are two numbers: the first is read.
	for i := range len(text) {
		if (text[i] == '/' || text[i] == '\\') && strings.HasPrefix(strings.TrimLeft(text[i+1:], " "), "x") {
			return text[:i]
		}
	}
	return text
}

func isPlus(r rune) bool { return r == '+' || r == '＋' }

// plain tells whether a text has nothing but digits and the signs people put between
// them, and how many digits; such a text needs no regular expression.
func plain(text string) (digits int, ok bool) {
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+':
			if digits > 0 || strings.Trim(text[:i], "+") != "" {
				return 0, false
			}
		case strings.ContainsRune(" .-/()[]\u00A0", r):
		default:
			return 0, false
		}
	}
	return digits, true
}

// viable tells whether the text is written as numbers are: at least three digits with
// signs between them, perhaps letters and an extension, or two digits alone.
func viable(text string) bool {
	if digits, ok := plain(text); ok {
		return digits >= 3 || digits == 2 && len(text) == 2
	}
	return len(text) >= minNational && viablePattern().MatchString(text)
}

// withoutExtension cuts "poste 12", written ext. 12, x12, ;ext=12, #12…
func withoutExtension(text string) string {
	if _, ok := plain(text); ok {
		return text
	}
	if at := extensionPattern().FindStringIndex(text); at != nil && viable(text[:at[0]]) {
		return text[:at[0]]
	}
	return text
}

const (
	punctuation = "-x\u2010-\u2015\u2212\u30FC\uFF0D-\uFF0F \u00A0\u00AD\u200B\u2060\u3000()\uFF08\uFF09\uFF3B\uFF3D.\\[\\]/~\u2053\u223C\uFF5E"
	// extensions: a label, what may follow it, some digits; the less sure the label,
	// the fewer the digits.
	extensions = `;ext=\p{Nd}{1,20}` +
		"|[ \u00A0\\t,]*(?:e?xt(?:ensi(?:o\u0301?|\u00F3))?n?|\uFF45?\uFF58\uFF54\uFF4E?|\u0434\u043E\u0431|anexo)[:\\.\uFF0E]?[ \u00A0\\t,-]*\\p{Nd}{1,20}#?" +
		"|[ \u00A0\\t,]*(?:[x\uFF58#\uFF03~\uFF5E]|int|\uFF49\uFF4E\uFF54)[:\\.\uFF0E]?[ \u00A0\\t,-]*\\p{Nd}{1,9}#?" +
		"|[- ]+\\p{Nd}{1,6}#" +
		"|[ \u00A0\\t]*(?:,{2}|;)[:\\.\uFF0E]?[ \u00A0\\t,-]*\\p{Nd}{1,15}#?" +
		"|[ \u00A0\\t]*,+[:\\.\uFF0E]?[ \u00A0\\t,-]*\\p{Nd}{1,9}#?"
)

var (
	viablePattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:\p{Nd}{2}|[+＋]*(?:[` + punctuation + `*]*\p{Nd}){3,}[` + punctuation + `*a-z\p{Nd}]*(?:` + extensions + `)?)$`)
	})
	extensionPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?i)(?:" + extensions + ")$") })
)

// normal keeps the digits of a text; with three letters or more, they are keys of a
// keypad (0800 SOCLE).
func normal(text string) string {
	letters := 0
	for i := range len(text) {
		if c := text[i] | 0x20; c >= 'a' && c <= 'z' {
			letters++
		}
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b.WriteByte(byte(r))
		case letters >= 3:
			if c := unicode.ToUpper(r); c >= 'A' && c <= 'Z' {
				b.WriteByte("22233344455566677778889999"[c-'A'])
			}
		case unicode.IsDigit(r):
			b.WriteRune(western(r))
		}
	}
	return b.String()
}

// western gives the digit 0 to 9 of Arabic and of wide digits, and other digits as
// they are.
func western(r rune) rune {
	for _, zero := range [...]rune{'٠', '۰', '０'} {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero
		}
	}
	return r
}

// country reads the calling code of an international number, behind + or 00, or
// without either when the number makes sense only so; code 0: the number is national.
// false: the code is that of no country.
func (b *book) country(text string) (code int, digits string, ok bool) {
	code, digits, ok = b.international(text)
	if ok {
		return code, digits, true
	}
	// +0033…, +0561…: once more without the plus.
	at := strings.IndexFunc(text, isPlus)
	if at < 0 {
		return 0, "", false
	}
	code, digits, ok = b.international(strings.TrimLeftFunc(text[at:], isPlus))
	return code, digits, ok && code != 0
}

func (b *book) international(text string) (code int, digits string, ok bool) {
	p := b.france
	first, _ := utf8.DecodeRuneInString(text)
	digits = normal(text)
	if !isPlus(first) {
		rest, found := strings.CutPrefix(digits, p.international)
		if !found || strings.HasPrefix(rest, "0") {
			return b.unmarked(digits)
		}
		digits = rest
	}
	if len(digits) <= minNational || digits[0] == '0' {
		return 0, "", false
	}
	for i := 1; i <= 3; i++ {
		if code, _ := strconv.Atoi(digits[:i]); b.byCode[code] != nil {
			return code, digits[i:], true
		}
	}
	return 0, "", false
}

// unmarked reads 33561222222, that has neither + nor 00.
func (b *book) unmarked(digits string) (code int, rest string, ok bool) {
	p := b.france
	rest, found := strings.CutPrefix(digits, strconv.Itoa(p.code))
	if !found {
		return 0, "", true
	}
	rest = p.withoutPrefix(rest)
	possible := p.general.pattern.regexp()
	if !possible.MatchString(digits) && possible.MatchString(rest) || p.fit(digits) == tooLong {
		return p.code, rest, true
	}
	return 0, "", true
}
