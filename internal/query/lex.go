package query

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"socle/internal/errs"
)

// tokenKind is what a piece of a condition in another syntax is.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenName // a word between quotation marks of names
	tokenText // a text between quotation marks
	tokenNumber
	tokenSign // the others: ( ) , [ ] = < <= …
)

type token struct {
	kind tokenKind
	text string // without quotation marks and escapes
	at   int    // where it begins
	end  int
}

// is reports a sign, or a word whatever its case.
func (t token) is(text string) bool {
	return (t.kind == tokenSign || t.kind == tokenWord) && strings.EqualFold(t.text, text)
}

// dialect is how texts and names are written.
type dialect struct {
	text, name string // quotation marks
	escape     byte   // before a quotation mark in a text
	doubled    bool   // a mark may be written twice instead; the escape before others stays in the text
	inWords    string // signs that words may have, too
}

var (
	odsqlDialect = dialect{text: `"'`, name: "`", escape: '\\'}
	cqlDialect   = dialect{text: `'`, name: `"`, escape: '\\', doubled: true, inWords: ".:"}
)

// maxSource bounds the text of a condition, in bytes.
const maxSource = 100_000

// tokens cuts a text.
func (d dialect) tokens(source string) ([]token, error) {
	if len(source) > maxSource || !goodText(source) {
		return nil, tooComplex()
	}
	var list []token
	for i := 0; i < len(source); {
		r, n := utf8.DecodeRuneInString(source[i:])
		t := token{at: i}
		switch {
		case unicode.IsSpace(r):
			i += n
			continue
		case strings.ContainsRune(d.text, r), strings.ContainsRune(d.name, r):
			t.kind = tokenText
			if strings.ContainsRune(d.name, r) {
				t.kind = tokenName
			}
			var ok bool
			if t.text, t.end, ok = d.quoted(source, i); !ok {
				return nil, badSyntax(source, i)
			}
		case r >= '0' && r <= '9', r == '.' && i+1 < len(source) && source[i+1] >= '0' && source[i+1] <= '9':
			t.kind, t.end = tokenNumber, numberEnd(source, i)
			t.text = source[i:t.end]
		case r == '_' || unicode.IsLetter(r):
			t.kind, t.end = tokenWord, d.wordEnd(source, i)
			t.text = source[i:t.end]
		default:
			t.kind, t.end = tokenSign, i+n
			for _, two := range []string{"<=", ">=", "!=", "<>", ".."} {
				if strings.HasPrefix(source[i:], two) {
					t.end = i + 2
				}
			}
			t.text = source[i:t.end]
		}
		list = append(list, t)
		i = t.end
	}
	return append(list, token{at: len(source), end: len(source)}), nil
}

func (d dialect) quoted(source string, at int) (text string, end int, ok bool) {
	mark := source[at]
	var b strings.Builder
	for i := at + 1; i < len(source); i++ {
		switch c := source[i]; {
		case c == d.escape && i+1 < len(source):
			i++
			if d.doubled && source[i] != mark {
				b.WriteByte(c)
			}
			b.WriteByte(source[i])
		case c == mark && d.doubled && i+1 < len(source) && source[i+1] == mark:
			i++
			b.WriteByte(mark)
		case c == mark:
			return b.String(), i + 1, true
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, false
}

// numberEnd takes digits, a decimal part and an exponent; 1..10 is two numbers.
func numberEnd(s string, i int) int {
	digits := func() {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
	}
	digits()
	if i+1 < len(s) && s[i] == '.' && s[i+1] >= '0' && s[i+1] <= '9' {
		i++
		digits()
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && s[j] >= '0' && s[j] <= '9' {
			i = j
			digits()
		}
	}
	return i
}

func (d dialect) wordEnd(s string, i int) int {
	for j, r := range s[i:] {
		if r != '_' && !strings.ContainsRune(d.inWords, r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			return i + j
		}
	}
	return len(s)
}

// cursor walks the tokens of a source.
type cursor struct {
	source string
	list   []token
	at     int
	depth  int
}

func (c *cursor) peek() token { return c.list[c.at] }

func (c *cursor) next() token {
	t := c.list[c.at]
	if t.kind != tokenEnd {
		c.at++
	}
	return t
}

// back undoes next.
func (c *cursor) back(t token) {
	if t.kind != tokenEnd {
		c.at--
	}
}

// after is the token n places on.
func (c *cursor) after(n int) token { return c.list[min(c.at+n, len(c.list)-1)] }

// take passes over a sign or a word.
func (c *cursor) take(text string) bool {
	if c.peek().is(text) {
		c.at++
		return true
	}
	return false
}

func (c *cursor) expect(text string) error {
	if !c.take(text) {
		return c.bad()
	}
	return nil
}

func (c *cursor) bad() error { return badSyntax(c.source, c.peek().at) }

// enter bounds how deep expressions lie in one another; leave is its opposite.
func (c *cursor) enter() error {
	if c.depth++; c.depth > 4*maxDepth {
		return tooComplex()
	}
	return nil
}

func (c *cursor) leave() { c.depth-- }

// badSyntax says from where on a text is not understood.
func badSyntax(source string, at int) error {
	rest := []rune(source[at:])
	switch {
	case len(rest) == 0:
		rest = []rune("…")
	case len(rest) > 60:
		rest = append(rest[:60:60], '…')
	}
	return errs.New(errs.Invalid, "interop.syntax", errs.Args{"At": string(rest)}).WithHint("interop.syntax.hint")
}

// unsupported says what is understood but cannot be answered.
func unsupported(what string) error {
	return errs.New(errs.Invalid, "interop.unsupported", errs.Args{"What": what}).WithHint("interop.unsupported.hint")
}
