package expression

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"socle/internal/errs"
)

// node is a part of an expression.
type node interface{}

type (
	literal   struct{ value Value }
	reference struct{ name string } // ${name}
	column    struct{ name string } // of the choice that a filter looks at
	self      struct{}              // .
	parent    struct{}              // .. : the instance of the repeated group
	negated   struct{ of node }
	binary    struct {
		op   string
		a, b node
	}
	pattern struct { // a regular expression written in the expression itself
		re   *regexp.Regexp
		text string
	}
	call struct {
		function *function
		args     []node
	}
)

func walk(n node, visit func(node)) {
	visit(n)
	switch n := n.(type) {
	case negated:
		walk(n.of, visit)
	case binary:
		walk(n.a, visit)
		walk(n.b, visit)
	case call:
		for _, a := range n.args {
			walk(a, visit)
		}
	}
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenText
	tokenNumber
	tokenReference
	tokenSign
)

type token struct {
	kind tokenKind
	text string
	at   int // character, from 1
}

type parser struct {
	tokens  []token
	next    int
	depth   int
	columns bool // names that stand alone are columns of choices
}

// closing gives the sign that ends a text. Word processors write the last two.
var closing = map[rune]rune{'\'': '\'', '"': '"', '‘': '’', '’': '’', '“': '”'}

// cut divides the text into tokens.
func (p *parser) cut(source string) error {
	if !utf8.ValidString(source) {
		return wrong("expression.encoding", nil)
	}
	if utf8.RuneCountInString(source) > MaxLength {
		return wrong("expression.long", errs.Args{"Most": MaxLength})
	}
	runes := []rune(source)
	for i := 0; i < len(runes); {
		t, end, err := cutOne(runes, i)
		if err != nil {
			return err
		}
		if end > i && t.kind != tokenEnd {
			p.tokens = append(p.tokens, t)
		}
		i = end
	}
	if len(p.tokens) == 0 {
		return wrong("expression.empty", nil)
	}
	p.tokens = append(p.tokens, token{kind: tokenEnd, at: len(runes) + 1})
	return nil
}

// cutOne reads the token at i; a space gives one of kind tokenEnd.
func cutOne(runes []rune, i int) (t token, end int, err error) {
	r := runes[i]
	t.at = i + 1
	switch {
	case unicode.IsSpace(r):
		return t, i + 1, nil
	case closing[r] != 0:
		for end = i + 1; end < len(runes) && runes[end] != closing[r]; end++ {
		}
		if end == len(runes) {
			return t, 0, wrong("expression.quote", errs.Args{"Position": t.at, "Quote": string(r)})
		}
		t.kind, t.text = tokenText, string(runes[i+1:end])
		return t, end + 1, nil
	case r == '$':
		return cutReference(runes, i)
	case isDigit(r), r == '.' && i+1 < len(runes) && isDigit(runes[i+1]):
		for end = i; end < len(runes) && (isDigit(runes[end]) || runes[end] == '.'); end++ {
		}
		t.kind, t.text = tokenNumber, string(runes[i:end])
		if _, ok := plainNumber(t.text); !ok {
			return t, 0, unexpected(token{kind: tokenNumber, text: t.text, at: t.at})
		}
		return t, end, nil
	case nameStart(r):
		for end = i; end < len(runes) && (nameStart(runes[end]) || isDigit(runes[end]) || runes[end] == '-' || runes[end] == '.' || runes[end] == ':'); end++ {
		}
		t.kind, t.text = tokenName, string(runes[i:end])
		return t, end, nil
	case r == '.' || r == '/':
		return cutPath(runes, i)
	}
	two := string(runes[i:min(i+2, len(runes))])
	if slices.Contains([]string{"!=", "<=", ">="}, two) {
		return token{kind: tokenSign, text: two, at: t.at}, i + 2, nil
	}
	if strings.ContainsRune("+-*=<>(),", r) {
		return token{kind: tokenSign, text: string(r), at: t.at}, i + 1, nil
	}
	return t, 0, unexpected(token{kind: tokenSign, text: string(r), at: t.at})
}

// cutReference reads ${name}.
func cutReference(runes []rune, i int) (t token, end int, err error) {
	t = token{kind: tokenReference, at: i + 1}
	if i+1 < len(runes) && runes[i+1] == '{' {
		for end = i + 2; end < len(runes) && runes[end] != '}'; end++ {
		}
		if end < len(runes) {
			t.text = strings.TrimSpace(string(runes[i+2 : end]))
			if t.text != "" && !strings.ContainsAny(t.text, "${'\"") {
				return t, end + 1, nil
			}
		}
	}
	return t, 0, wrong("expression.reference", errs.Args{"Position": t.at})
}

// cutPath reads ".", ".." and paths of XForms, of which the last name counts: names
// are unique in a form.
func cutPath(runes []rune, i int) (t token, end int, err error) {
	for end = i; end < len(runes) && (nameStart(runes[end]) || isDigit(runes[end]) || strings.ContainsRune("./-", runes[end])); end++ {
	}
	path := string(runes[i:end])
	t = token{kind: tokenSign, text: path, at: i + 1}
	if path == "." || path == ".." {
		return t, end, nil
	}
	last := path[strings.LastIndexByte(path, '/')+1:]
	if r, _ := utf8.DecodeRuneInString(last); !strings.Contains(path, "/") || !nameStart(r) || strings.Contains(path, "//") || strings.Contains(path, "...") {
		return t, 0, unexpected(t)
	}
	return token{kind: tokenReference, text: last, at: t.at}, end, nil
}

func isDigit(r rune) bool   { return r >= '0' && r <= '9' }
func nameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func unexpected(t token) error {
	if t.kind == tokenEnd {
		return wrong("expression.cut-short", errs.Args{"Position": t.at})
	}
	return wrong("expression.syntax", errs.Args{"Position": t.at, "Found": t.text})
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != tokenEnd {
		p.next++
	}
	return t
}

// sign takes the next token when it is one of the signs or words.
func (p *parser) sign(of ...string) (string, bool) {
	t := p.peek()
	if (t.kind == tokenSign || t.kind == tokenName) && slices.Contains(of, t.text) {
		p.next++
		return t.text, true
	}
	return "", false
}

func (p *parser) whole() (node, error) {
	n, err := p.level(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, unexpected(t)
	}
	return n, nil
}

// levels are the operators, from the one that binds least.
var levels = [][]string{{"or"}, {"and"}, {"=", "!="}, {"<", "<=", ">", ">="}, {"+", "-"}, {"*", "div", "mod"}}

func (p *parser) level(l int) (node, error) {
	if l == len(levels) {
		return p.unary()
	}
	a, err := p.level(l + 1)
	if err != nil {
		return nil, err
	}
	for left := 1; ; left++ {
		op, ok := p.sign(levels[l]...)
		if !ok {
			return a, nil
		}
		if left+p.depth > 10*MaxDepth {
			return nil, wrong("expression.deep", errs.Args{"Most": MaxDepth})
		}
		b, err := p.level(l + 1)
		if err != nil {
			return nil, err
		}
		a = binary{op: op, a: a, b: b}
	}
}

func (p *parser) unary() (node, error) {
	if p.depth++; p.depth > MaxDepth {
		return nil, wrong("expression.deep", errs.Args{"Most": MaxDepth})
	}
	defer func() { p.depth-- }()
	if _, ok := p.sign("-"); ok {
		n, err := p.unary()
		return negated{of: n}, err
	}
	return p.primary()
}

func (p *parser) primary() (node, error) {
	t := p.take()
	switch {
	case t.kind == tokenText:
		return literal{textOf(t.text)}, nil
	case t.kind == tokenNumber:
		f, _ := plainNumber(t.text)
		return literal{numberOf(f)}, nil
	case t.kind == tokenReference:
		return reference{t.text}, nil
	case t.kind == tokenSign && t.text == ".":
		return self{}, nil
	case t.kind == tokenSign && t.text == "..":
		return parent{}, nil
	case t.kind == tokenSign && t.text == "(":
		n, err := p.level(0)
		if err != nil {
			return nil, err
		}
		if _, ok := p.sign(")"); !ok {
			return nil, unexpected(p.peek())
		}
		return n, nil
	case t.kind == tokenName:
		if _, ok := p.sign("("); ok {
			return p.call(t)
		}
		if p.columns {
			return column{t.text}, nil
		}
		return nil, wrong("expression.name", errs.Args{"Position": t.at, "Name": t.text})
	}
	return nil, unexpected(t)
}

// call reads the arguments of a function.
func (p *parser) call(name token) (node, error) {
	f := functionNamed(name.text)
	if f == nil {
		return nil, wrong("expression.function", errs.Args{"Position": name.at, "Name": name.text})
	}
	c := call{function: f}
	if _, ok := p.sign(")"); !ok {
		for {
			a, err := p.level(0)
			if err != nil {
				return nil, err
			}
			c.args = append(c.args, a)
			if _, more := p.sign(","); more {
				continue
			}
			if _, end := p.sign(")"); end {
				break
			}
			return nil, unexpected(p.peek())
		}
	}
	if len(c.args) < f.least || f.most >= 0 && len(c.args) > f.most {
		return nil, wrong("expression.arguments", errs.Args{"Position": name.at, "Name": name.text, "Usage": f.usage})
	}
	return c, p.literals(name, c)
}

// literals checks what is written in the expression itself: a regular expression.
func (p *parser) literals(name token, c call) error {
	if c.function.name != "regex" {
		return nil
	}
	l, ok := c.args[1].(literal)
	if !ok {
		return nil
	}
	re := wholePattern(l.value.Text())
	if re == nil {
		return wrong("expression.pattern", errs.Args{"Position": name.at, "Pattern": l.value.Text()})
	}
	c.args[1] = pattern{re: re, text: l.value.Text()}
	return nil
}
