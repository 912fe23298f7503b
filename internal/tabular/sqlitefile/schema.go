package sqlitefile

import (
	"strconv"
	"strings"
)

// parseTable reads the names and types of columns of a CREATE TABLE statement, as
// SQLite kept it; false for anything else.
func parseTable(sql string) (Table, bool) {
	t := Table{Key: -1}
	l := lexer{text: sql}
	if !l.word("CREATE") {
		return t, false
	}
	if !l.word("TABLE") {
		return t, false // virtual tables keep their rows elsewhere
	}
	for tok := l.next(); tok.text != "("; tok = l.next() {
		if tok.kind == 0 {
			return t, false
		}
	}
	primary := "" // of a key declared after the columns
	stored := 0
	for {
		item, last, ok := l.item()
		if !ok {
			return t, false
		}
		if len(item) > 0 {
			if key, constraint := tableConstraint(item); constraint {
				if key != "" {
					primary = key
				}
			} else {
				c, isKey := column(item)
				if !c.virtual {
					if isKey {
						t.Key = stored
					}
					stored++
					t.Columns = append(t.Columns, c)
				}
			}
		}
		if last {
			break
		}
	}
	if k := t.Column(primary); primary != "" && k >= 0 && strings.EqualFold(t.Columns[k].Type, "INTEGER") {
		t.Key = k
	}
	for tok := l.next(); tok.kind != 0; tok = l.next() {
		if strings.EqualFold(tok.text, "WITHOUT") {
			t.rowless = true
		}
	}
	return t, len(t.Columns) > 0 && len(t.Columns) <= maxColumns
}

// token is a word, a quoted name or text, or a sign.
type token struct {
	kind byte // 0 at the end, 'w' word, 'q' quoted, 's' text, or the sign
	text string
}

type lexer struct {
	text string
	at   int
}

// word takes the next token if it is this word.
func (l *lexer) word(w string) bool {
	at := l.at
	if t := l.next(); t.kind == 'w' && strings.EqualFold(t.text, w) {
		return true
	}
	l.at = at
	return false
}

func (l *lexer) next() token {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch c := rest[0]; {
		case c <= ' ':
			l.at++
			continue
		case strings.HasPrefix(rest, "--"):
			l.skipTo("\n")
			continue
		case strings.HasPrefix(rest, "/*"):
			l.skipTo("*/")
			continue
		case c == '"' || c == '`' || c == '\'' || c == '[':
			return l.quoted(c)
		case letter(c):
			n := 1
			for n < len(rest) && letter(rest[n]) {
				n++
			}
			l.at += n
			return token{'w', rest[:n]}
		default:
			l.at++
			return token{c, rest[:1]}
		}
	}
	return token{}
}

func letter(c byte) bool {
	return c == '_' || c == '$' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
}

func (l *lexer) skipTo(end string) {
	if k := strings.Index(l.text[l.at:], end); k >= 0 {
		l.at += k + len(end)
		return
	}
	l.at = len(l.text)
}

// quoted reads a name or a text; the quote stands twice for itself.
func (l *lexer) quoted(open byte) token {
	end := open
	if open == '[' {
		end = ']'
	}
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		if c == end {
			if end == ']' || l.at+1 >= len(l.text) || l.text[l.at+1] != end {
				l.at++
				break
			}
			l.at++
		}
		b.WriteByte(c)
	}
	if open == '\'' {
		return token{'s', b.String()}
	}
	return token{'q', b.String()}
}

// item reads the tokens up to the next comma or the closing bracket; what is in
// brackets of its own is one token '(' and its words.
func (l *lexer) item() (tokens []token, last, ok bool) {
	depth := 0
	for {
		t := l.next()
		switch t.kind {
		case 0:
			return nil, true, false
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return tokens, true, true
			}
			depth--
		case ',':
			if depth == 0 {
				return tokens, false, true
			}
		}
		tokens = append(tokens, t)
	}
}

// tableConstraint: the item is no column; key is that of a primary key of one column.
func tableConstraint(item []token) (key string, ok bool) {
	if item[0].kind != 'w' {
		return "", false
	}
	switch strings.ToUpper(item[0].text) {
	case "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN":
	default:
		return "", false
	}
	for i := range item {
		if strings.EqualFold(item[i].text, "PRIMARY") && i+4 < len(item) && item[i+2].kind == '(' && item[i+4].kind == ')' {
			return item[i+3].text, true
		}
	}
	return "", true
}

// column reads a column; key: it is the number of the row.
func column(item []token) (c Column, key bool) {
	c.Name = item[0].text
	i := 1
	for ; i < len(item) && !(item[i].kind == 'w' && constraintWord(item[i].text)); i++ {
		if item[i].kind == 'w' && item[i-1].kind == 'w' && i > 1 {
			c.Type += " "
		}
		c.Type += item[i].text // VARCHAR(20), DOUBLE PRECISION
	}
	for ; i < len(item); i++ {
		up := ""
		if item[i].kind == 'w' {
			up = strings.ToUpper(item[i].text)
		}
		switch up {
		case "PRIMARY":
			desc := i+2 < len(item) && strings.EqualFold(item[i+2].text, "DESC")
			key = strings.EqualFold(c.Type, "INTEGER") && !desc
		case "DEFAULT":
			if i+1 < len(item) {
				c.Default = literal(item[i+1:])
			}
		case "AS":
			c.virtual = true
		case "STORED":
			c.virtual = false
		}
	}
	return c, key
}

func constraintWord(w string) bool {
	switch strings.ToUpper(w) {
	case "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS":
		return true
	}
	return false
}

// literal reads the default of a column, Null for an expression.
func literal(tokens []token) Value {
	sign := ""
	if tokens[0].kind == '-' && len(tokens) > 1 {
		sign, tokens = "-", tokens[1:]
	}
	switch t := tokens[0]; t.kind {
	case 's', 'q':
		return Value{Kind: Text, Bytes: []byte(t.text)}
	case 'w':
		if n, err := strconv.ParseInt(sign+t.text, 10, 64); err == nil {
			return Value{Kind: Int, Int: n}
		}
		if f, err := strconv.ParseFloat(sign+t.text, 64); err == nil {
			return Value{Kind: Float, Float: f}
		}
	}
	return Value{}
}
