package ckan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"socle/internal/errs"
)

// token is a word of a condition, or a sign.
type token struct {
	text   string
	quoted bool // between quotation marks
	sign   bool // ( ) [ ] { } : + -
	glued  bool // no space before
}

func searchTokens(text string) (list []token) {
	rs := []rune(text)
	for i := 0; i < len(rs); {
		start := i
		glued := i > 0 && !unicode.IsSpace(rs[i-1])
		switch r := rs[i]; {
		case unicode.IsSpace(r):
			i++
		case r == '"':
			var b strings.Builder
			for i++; i < len(rs) && rs[i] != '"'; i++ {
				if rs[i] == '\\' && i+1 < len(rs) {
					i++
				}
				b.WriteRune(rs[i])
			}
			i++
			list = append(list, token{text: b.String(), quoted: true, glued: glued})
		case strings.ContainsRune("()[]{}:!", r), (r == '+' || r == '-') && !glued, strings.ContainsRune("+-", r) && glued && len(list) > 0 && list[len(list)-1].sign:
			i++
			list = append(list, token{text: string(r), sign: true, glued: glued})
		default:
			var b strings.Builder
			for ; i < len(rs) && !unicode.IsSpace(rs[i]) && !strings.ContainsRune(`()[]{}"`, rs[i]) && (rs[i] != ':' || instantBefore(rs, start, i)); i++ {
				if rs[i] == '\\' && i+1 < len(rs) {
					i++
				}
				b.WriteRune(rs[i])
			}
			list = append(list, token{text: b.String(), glued: glued})
		}
	}
	return list
}

// instantBefore tells a colon of 2025-01-31T08:30:00Z from that after a field.
func instantBefore(rs []rune, start, i int) bool {
	return i-start >= 13 && unicode.IsDigit(rs[start]) && unicode.IsDigit(rs[i-1])
}

type conditionParser struct {
	list []token
	at   int
	now  time.Time
}

func (p *conditionParser) bad() error {
	rest := ""
	for _, t := range p.list[min(p.at, len(p.list)):] {
		rest += t.text + " "
	}
	if rest == "" && len(p.list) > 0 {
		rest = p.list[len(p.list)-1].text
	}
	return errs.New(errs.Invalid, "interop.syntax", errs.Args{"At": strings.TrimSpace(rest)}).WithHint("interop.syntax.hint")
}

func (p *conditionParser) sign(s string) bool {
	if p.at < len(p.list) && p.list[p.at].sign && p.list[p.at].text == s {
		p.at++
		return true
	}
	return false
}

func (p *conditionParser) word(list ...string) bool {
	if p.at < len(p.list) && !p.list[p.at].sign && !p.list[p.at].quoted && slices.Contains(list, p.list[p.at].text) {
		p.at++
		return true
	}
	return false
}

// either reads parts joined by OR; words that follow each other must all hold.
func (p *conditionParser) either(field string, depth int) (node, error) {
	if depth > maxDepth {
		return nil, p.bad()
	}
	var list anyN
	for {
		n, err := p.both(field, depth)
		if err != nil {
			return nil, err
		}
		if list = append(list, n); !p.word("OR", "||") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

func (p *conditionParser) both(field string, depth int) (node, error) {
	var list all
	for {
		n, err := p.one(field, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
		p.word("AND", "&&")
		if p.at == len(p.list) || p.list[p.at].sign && slices.Contains([]string{")", "]", "}"}, p.list[p.at].text) {
			break
		}
		if t := p.list[p.at]; !t.sign && !t.quoted && (t.text == "OR" || t.text == "||") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

func (p *conditionParser) one(field string, depth int) (node, error) {
	switch {
	case depth > maxDepth || p.at == len(p.list):
		return nil, p.bad()
	case p.sign("-"), p.sign("!"), p.word("NOT"):
		n, err := p.one(field, depth+1)
		return not{n}, err
	case p.sign("+"):
		return p.one(field, depth+1)
	case p.sign("("):
		n, err := p.either(field, depth+1)
		if err == nil && !p.sign(")") {
			err = p.bad()
		}
		return n, err
	case p.sign("["):
		return p.span(field, false)
	case p.sign("{"):
		return p.span(field, true)
	}
	t := p.list[p.at]
	if t.sign {
		return nil, p.bad()
	}
	p.at++
	if !t.quoted && p.sign(":") {
		if field != "" || t.text != "*" && t.text != "text" && !Searchable(t.text) {
			return nil, errs.New(errs.Invalid, "compat.ckan.field", errs.Args{"Field": t.text, "Fields": strings.Join(searchFields, ", ")}).WithHint("compat.ckan.field.hint")
		}
		return p.one(t.text, depth+1)
	}
	return term{field, t.text}, nil
}

// span reads from TO to, after the bracket that opens it.
func (p *conditionParser) span(field string, out bool) (node, error) {
	s := span{field: field, fromOut: out}
	bound := func() (string, bool, bool) {
		if p.at == len(p.list) || p.list[p.at].sign {
			return "", false, false
		}
		p.at++
		text := p.list[p.at-1].text
		if strings.HasPrefix(field, "metadata_") && text != "*" {
			at, ok := p.instant(text)
			return at.UTC().Format(Time), true, ok
		}
		return text, false, true
	}
	var ok bool
	if s.from, s.fromTime, ok = bound(); !ok || field == "" || !p.word("TO") {
		return nil, p.bad()
	}
	if s.to, s.toTime, ok = bound(); !ok {
		return nil, p.bad()
	}
	if s.toOut = p.sign("}"); !s.toOut && !p.sign("]") {
		return nil, p.bad()
	}
	return s, nil
}

// instant reads 2025-01-31T08:30:00Z, 2025-01-31, NOW, NOW-7DAYS, NOW/DAY.
func (p *conditionParser) instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	rest, ok := strings.CutPrefix(text, "NOW")
	t := p.now.UTC()
	for ok && rest != "" {
		sign := rest[0]
		end := strings.IndexAny(rest[1:], "+-/") + 1
		if end == 0 {
			end = len(rest)
		}
		step := rest[1:end]
		rest = rest[end:]
		digits := strings.TrimRight(step, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		unit := strings.TrimSuffix(step[len(digits):], "S")
		n, err := strconv.Atoi(cmp.Or(digits, "0"))
		if sign == '-' {
			n = -n
		}
		if err != nil || n > 100_000 || n < -100_000 || (sign == '/') != (digits == "") {
			return t, false
		}
		if t, ok = moved(t, n, unit, sign == '/'); !ok {
			return t, false
		}
	}
	return t, ok
}

func moved(t time.Time, n int, unit string, round bool) (time.Time, bool) {
	y, m, d := t.Date()
	switch unit {
	case "YEAR":
		if round {
			return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC), true
		}
		return t.AddDate(n, 0, 0), true
	case "MONTH":
		if round {
			return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC), true
		}
		return t.AddDate(0, n, 0), true
	case "DAY":
		if round {
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), true
		}
		return t.AddDate(0, 0, n), true
	}
	unitOf, ok := map[string]time.Duration{"HOUR": time.Hour, "MINUTE": time.Minute, "SECOND": time.Second}[unit]
	if round && ok {
		return t.Truncate(unitOf), true
	}
	return t.Add(time.Duration(n) * unitOf), ok
}

// Sort orders packages as "score desc, metadata_modified desc" says, "" being DefaultSort; by name
// at last. Errors: Invalid.
func Sort(list []*Package, order string, c Condition) error {
	type key struct {
		field string
		desc  bool
	}
	var keys []key
	for _, part := range strings.Split(cmp.Or(strings.TrimSpace(order), DefaultSort), ",") {
		f := strings.Fields(part)
		if len(f) == 0 || len(f) > 2 || f[0] != "score" && !Searchable(f[0]) || len(f) == 2 && !strings.EqualFold(f[1], "asc") && !strings.EqualFold(f[1], "desc") {
			return errs.New(errs.Invalid, "compat.ckan.sort", errs.Args{"Sort": strings.TrimSpace(part)}).WithHint("compat.ckan.sort.hint")
		}
		keys = append(keys, key{f[0], len(f) == 2 && strings.EqualFold(f[1], "desc")})
	}
	first := func(p *Package, field string) string {
		if v := Values(p, field); len(v) > 0 {
			return fold(v[0])
		}
		return ""
	}
	scores := map[*Package]int{}
	for _, p := range list {
		scores[p] = c.Score(p)
	}
	slices.SortStableFunc(list, func(a, b *Package) int {
		for _, k := range keys {
			var n int
			switch k.field {
			case "score":
				n = scores[a] - scores[b]
			case "num_resources":
				n = len(a.Resources) - len(b.Resources)
			case "num_tags":
				n = len(a.Tags) - len(b.Tags)
			default:
				n = strings.Compare(first(a, k.field), first(b, k.field))
			}
			if k.desc {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return strings.Compare(a.Name, b.Name)
	})
	return nil
}
