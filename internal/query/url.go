package query

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/tabular"
)

// reserved are the parameters that are no column: those of a query, then those
// that pages and APIs keep for themselves and take out before ParseURL.
var reserved = []string{"q", "where", "select", "sort", "facet", "group", "aggregate", "limit", "offset", "after",
	"format", "lang", "page", "view", "tab", "version", "token", "variant", "delimiter", "bom", "decimal"}

// Reserved lists the words that a column's name is escaped for.
func Reserved() []string { return slices.Clone(reserved) }

const queryParams = 10 // how many of reserved are a query's

// flatOps are the operations that a parameter may name, in the order in which
// their conditions are kept.
var flatOps = []string{"eq", "ne", "lt", "le", "gt", "ge", "between", "contains", "starts", "like", "null", "part", "bbox", "near", "inside", "meets"}

// ParseURL reads a query from the parameters of an address (see the package's
// description). Errors: Invalid, for a parameter or a value that is not understood.
func ParseURL(values url.Values, cols []Column) (Query, error) {
	p := urlParser{cols: index(cols), flat: map[string]map[string][]string{}}
	var q Query
	for _, key := range sortedKeys(values) {
		if i := slices.Index(reserved, key); i >= 0 {
			if i >= queryParams {
				return q, unknownParameter(key)
			}
			continue
		}
		name, op, err := p.splitKey(key)
		if err != nil {
			return q, err
		}
		if p.flat[name] == nil {
			p.flat[name] = map[string][]string{}
		}
		p.flat[name][op] = append(p.flat[name][op], values[key]...)
	}
	var where And
	for _, col := range cols {
		for _, op := range flatOps {
			terms, err := flatConditions(col, op, p.flat[col.Name][op])
			if err != nil {
				return q, err
			}
			where = append(where, terms...)
		}
	}
	for _, text := range values["where"] {
		if text == "" {
			continue
		}
		e, err := parseWhere(text, p.cols)
		if err != nil {
			return q, err
		}
		where = append(where, e)
	}
	q.Where = join(where)
	if err := p.rest(&q, values); err != nil {
		return q, err
	}
	return q, q.Validate(cols)
}

func sortedKeys(values url.Values) []string {
	keys := make([]string, 0, len(values))
	for k := range values {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func unknownParameter(key string) error {
	return errs.New(errs.Invalid, "query.parameter.unknown", errs.Args{"Name": key}).WithHint("query.parameter.unknown.hint")
}

type urlParser struct {
	cols columnIndex
	flat map[string]map[string][]string // column, operation, values
}

// splitKey separates a column from an operation; a name whose last part is no
// operation is taken as a whole.
func (p *urlParser) splitKey(key string) (name, op string, err error) {
	name, op, dotted := splitName(key)
	_, unknown := p.cols.find(name)
	if dotted && unknown == nil && slices.Contains(flatOps, op) {
		return name, op, nil
	}
	whole := unescape(key)
	_, err = p.cols.find(whole)
	switch {
	case err == nil:
		return whole, "eq", nil
	case dotted && unknown == nil:
		return "", "", unknownOperation(name, op)
	case dotted && slices.Contains(flatOps, op):
		return "", "", unknown
	}
	return "", "", err
}

// rest reads the parameters that are no condition.
func (p *urlParser) rest(q *Query, values url.Values) (err error) {
	one := func(name string) string {
		list := values[name]
		if len(list) > 1 && err == nil {
			err = badValue(name, strings.Join(list, ", "))
		}
		if len(list) == 0 {
			return ""
		}
		return list[0]
	}
	number := func(name string) int64 {
		text := one(name)
		if text == "" {
			return 0
		}
		n, bad := strconv.ParseInt(text, 10, 64)
		if (bad != nil || n < 0 || n > maxOffset) && err == nil {
			err = badValue(name, text)
		}
		return n
	}
	q.Text = strings.Join(strings.Fields(one("q")), " ")
	q.Limit, q.Offset, q.After = int(number("limit")), int(number("offset")), number("after")
	for _, item := range splitList(one("sort")) {
		name, desc := strings.CutPrefix(item, "-")
		q.Sort = append(q.Sort, SortKey{Column: unescape(name), Desc: desc})
	}
	for _, item := range splitList(one("select")) {
		q.Select = append(q.Select, unescape(item))
	}
	for _, list := range values["facet"] {
		for _, item := range splitList(list) {
			q.Facets = append(q.Facets, unescape(item))
		}
	}
	for _, item := range splitList(one("group")) {
		name, unit, dotted := splitName(item)
		if !dotted {
			name = unescape(item)
		} else if _, unknown := p.cols.find(name); unknown != nil {
			if _, unknown := p.cols.find(unescape(item)); unknown == nil {
				name, unit = unescape(item), ""
			}
		}
		g, ok := parseGroup(name, unit)
		if !ok && err == nil {
			err = badValue("group", item)
		}
		q.Group = append(q.Group, g)
	}
	for _, item := range splitList(one("aggregate")) {
		if item == "count" {
			q.Aggregates = append(q.Aggregates, Aggregate{Func: Count, Bare: true})
			continue
		}
		name, f, dotted := splitName(item)
		if !dotted && err == nil {
			err = badValue("aggregate", item)
		}
		a := funcOf(f)
		a.Column = name
		q.Aggregates = append(q.Aggregates, a)
	}
	return err
}

// flatConditions reads the values of COLUMN.OPERATION.
func flatConditions(col Column, op string, texts []string) (terms []Expr, err error) {
	var present []string
	for _, t := range texts {
		if t != "" && !(op == "eq" && slices.Contains(present, t)) {
			present = append(present, t)
		}
	}
	if len(present) == 0 {
		return nil, nil
	}
	if op == "eq" && len(present) > 1 {
		in := In{Column: col.Name}
		for _, t := range present {
			v, ok := ParseValue(col.Kind, t)
			if !ok {
				return nil, wrongValue(col, t)
			}
			if !slices.Contains(in.Values, v) {
				in.Values = append(in.Values, v)
			}
		}
		return []Expr{one(in)}, nil
	}
	for _, t := range present {
		e, err := condition(col, op, t)
		if err != nil {
			return nil, err
		}
		terms = append(terms, e)
	}
	return terms, nil
}

// one turns a list of one value into an equality.
func one(in In) Expr {
	if len(in.Values) == 1 {
		return Compare{Column: in.Column, Op: Eq, Value: in.Values[0]}
	}
	return in
}

// condition reads one value of COLUMN.OPERATION; the escapes of where are gone,
// but for those of a range of texts.
func condition(col Column, op, text string) (Expr, error) {
	switch op {
	case "between":
		return parseBetween(col, text)
	case "contains", "starts":
		return Match{Column: col.Name, Start: op == "starts", Text: text}, nil
	case "null":
		v, ok := ParseValue(tabular.Bool, text)
		if !ok {
			return nil, wrongValue(Column{Name: col.Name + ".null", Kind: tabular.Bool}, text)
		}
		return Null{Column: col.Name, Present: v.Int == 0}, nil
	case "like":
		return Like{Column: col.Name, Pattern: text}, nil
	case "part":
		e, ok := parsePart(col.Name, text)
		if !ok {
			return nil, badValue(col.Name+".part", text)
		}
		return e, nil
	case "inside", "meets":
		area, ok := ParseArea(text)
		if !ok {
			return nil, wrongArea(col.Name, text)
		}
		return Inside{Column: col.Name, Area: area, Meets: op == "meets"}, nil
	case "bbox":
		n, ok := parseNumbers(text, 4)
		if !ok {
			return nil, badValue(col.Name+".bbox", text)
		}
		return BBox{col.Name, n[0], n[1], n[2], n[3]}, nil
	case "near":
		n, ok := parseNumbers(text, 3)
		if !ok {
			return nil, badValue(col.Name+".near", text)
		}
		return Near{col.Name, n[0], n[1], n[2]}, nil
	}
	if !slices.Contains(flatOps, op) {
		return nil, unknownOperation(col.Name, op)
	}
	v, ok := ParseValue(col.Kind, text)
	if !ok {
		return nil, wrongValue(col, text)
	}
	return Compare{Column: col.Name, Op: Op(op), Value: v}, nil
}

func parseNumbers(text string, n int) ([]float64, bool) {
	parts := strings.Split(text, ",")
	if len(parts) != n {
		return nil, false
	}
	out := make([]float64, n)
	for i, part := range parts {
		v, ok := ParseValue(tabular.Float, part)
		if !ok {
			return nil, false
		}
		out[i] = v.Float
	}
	return out, true
}

// parsePart reads PART.OPERATION.NUMBER: weekday.ge.6.
func parsePart(column, text string) (Part, bool) {
	words := strings.Split(text, ".")
	if len(words) != 3 {
		return Part{}, false
	}
	n, err := strconv.ParseInt(words[2], 10, 64)
	return Part{Column: column, Part: Unit(words[0]), Op: Op(words[1]), Value: n}, err == nil
}

// parseBetween reads LOW..HIGH; a range open at one end is a comparison.
func parseBetween(col Column, text string) (Expr, error) {
	textual := col.Kind == tabular.Text || col.Kind == tabular.JSON
	at := strings.Index(text, "..")
	if textual {
		at = unescapedIndex(text, "..")
	}
	if at < 0 {
		return nil, badValue(col.Name+".between", text)
	}
	low, high := text[:at], text[at+2:]
	if textual {
		low, high = unescape(low), unescape(high)
	}
	var b Between
	var okLow, okHigh bool
	b.Column = col.Name
	if b.Low, okLow = ParseValue(col.Kind, low); !okLow && low != "" {
		return nil, wrongValue(col, low)
	}
	if b.High, okHigh = ParseValue(col.Kind, high); !okHigh && high != "" {
		return nil, wrongValue(col, high)
	}
	switch {
	case low == "" && high == "":
		return nil, badValue(col.Name+".between", text)
	case low == "":
		return Compare{col.Name, Le, b.High}, nil
	case high == "":
		return Compare{col.Name, Ge, b.Low}, nil
	}
	return b, nil
}

// URL writes the query as parameters; ParseURL reads them back.
func (q Query) URL() url.Values {
	v := url.Values{}
	for _, p := range q.params() {
		v.Add(p[0], p[1])
	}
	return v
}

// Encode writes the query as the part of an address after "?", as readable as
// may be: its words first, then conditions, order and page.
func (q Query) Encode() string {
	var b strings.Builder
	for _, p := range q.params() {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(readable.Replace(url.QueryEscape(p[0])))
		b.WriteByte('=')
		b.WriteString(readable.Replace(url.QueryEscape(p[1])))
	}
	return b.String()
}

var readable = strings.NewReplacer("%2C", ",", "%3A", ":", "%28", "(", "%29", ")", "%2F", "/")

func (q Query) params() (list [][2]string) {
	add := func(key, value string) {
		if value != "" {
			list = append(list, [2]string{key, value})
		}
	}
	add("q", q.Text)
	var rest []Expr
	taken := map[string]bool{} // columns whose equality is written
	for _, e := range terms(q.Where) {
		params, ok := flatParams(e, taken)
		if !ok {
			rest = append(rest, e)
			continue
		}
		list = append(list, params...)
	}
	for _, e := range rest {
		add("where", whereText(e))
	}
	names := func(names []string) string {
		out := make([]string, len(names))
		for i, n := range names {
			out[i] = escapeName(n)
		}
		return strings.Join(out, ",")
	}
	var groups, figures, sorts []string
	for _, g := range q.Group {
		groups = append(groups, groupText(g))
	}
	for _, a := range q.Aggregates {
		item := string(a.Func)
		if !a.Bare {
			item = escapeName(a.Column) + "." + a.word()
		}
		figures = append(figures, item)
	}
	for _, k := range q.Sort {
		item := escapeName(k.Column)
		if k.Desc {
			item = "-" + item
		}
		sorts = append(sorts, item)
	}
	add("facet", names(q.Facets))
	add("group", strings.Join(groups, ","))
	add("aggregate", strings.Join(figures, ","))
	add("select", names(q.Select))
	add("sort", strings.Join(sorts, ","))
	for _, n := range []struct {
		key string
		n   int64
	}{{"limit", int64(q.Limit)}, {"offset", int64(q.Offset)}, {"after", q.After}} {
		if n.n > 0 {
			add(n.key, strconv.FormatInt(n.n, 10))
		}
	}
	return list
}

// flatParams writes a condition as COLUMN.OPERATION=VALUE, where that says the same.
func flatParams(e Expr, equal map[string]bool) (list [][2]string, ok bool) {
	column, ok := columnOf(e)
	if !ok {
		return nil, false
	}
	key := escapeKey(column)
	switch e := e.(type) {
	case Compare:
		if e.Op == Eq {
			if equal[column] || e.Value.String() == "" {
				return nil, false
			}
			equal[column] = true
			return [][2]string{{key, e.Value.String()}}, true
		}
		if e.Value.String() == "" {
			return nil, false
		}
		return [][2]string{{key + "." + string(e.Op), e.Value.String()}}, true
	case In:
		if equal[column] || len(e.Values) < 2 {
			return nil, false
		}
		for _, v := range e.Values {
			if v.String() == "" {
				return nil, false
			}
			list = append(list, [2]string{key, v.String()})
		}
		equal[column] = true
		return list, true
	}
	op, text := opText(e)
	if text == "" {
		return nil, false
	}
	return [][2]string{{key + "." + op, text}}, true
}

// opText writes the operation and the value of a condition other than Compare and In.
func opText(e Expr) (op, text string) {
	switch e := e.(type) {
	case Between:
		low, high := e.Low.String(), e.High.String()
		if e.Low.Kind == tabular.Text || e.Low.Kind == tabular.JSON {
			low, high = escapeDots(low), escapeDots(high)
		}
		if low == "" || high == "" {
			return "between", ""
		}
		return "between", low + ".." + high
	case Match:
		if e.Start {
			return "starts", e.Text
		}
		return "contains", e.Text
	case Null:
		return "null", strconv.FormatBool(!e.Present)
	case Like:
		return "like", e.Pattern
	case Part:
		return "part", string(e.Part) + "." + string(e.Op) + "." + strconv.FormatInt(e.Value, 10)
	case Inside:
		if e.Meets {
			return "meets", areaText(e.Area)
		}
		return "inside", areaText(e.Area)
	case BBox:
		return "bbox", numbers(e.West, e.South, e.East, e.North)
	case Near:
		return "near", numbers(e.Lon, e.Lat, e.Metres)
	}
	return "", ""
}

func numbers(list ...float64) string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strings.Join(out, ",")
}
