package query

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/tabular"
)

// Pages of the tabular API of data.gouv.fr.
const (
	TabularPageSize    = 20
	TabularMaxPageSize = 50
)

// Tabular is a request to the tabular API of data.gouv.fr.
type Tabular struct {
	Query    Query
	Page     int // from 1
	PageSize int
	Names    map[string]string // columns of groups and figures: how the API calls them
	Rows     []int64           // the rows named by __id__exact and __id__in, without other conditions; nil: none are
}

// Aggregated reports whether rows are groups.
func (t Tabular) Aggregated() bool { return len(t.Query.Group)+len(t.Query.Aggregates) > 0 }

// tabularFuncs are the operators without value that make figures.
var tabularFuncs = map[string]Func{"count": Count, "avg": Avg, "min": Min, "max": Max, "sum": Sum}

// ParseTabular reads the parameters of an address, in their order:
// COLUMN__exact=…, COLUMN__sort=desc, COLUMN__groupby, columns=a,b, page, page_size,
// or=(…). Errors: Invalid.
func ParseTabular(raw string, cols []Column) (t Tabular, err error) {
	t = Tabular{Page: 1, PageSize: TabularPageSize, Names: map[string]string{}}
	p := tabularParser{cols: index(cols)}
	var where And
	for _, pair := range strings.FieldsFunc(raw, func(r rune) bool { return r == '&' }) {
		key, value, hasValue := strings.Cut(pair, "=")
		if key, err = url.QueryUnescape(key); err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return t, badValue(key, value)
		}
		e, err := p.parameter(&t, key, value, hasValue)
		if err != nil {
			return t, err
		}
		where = append(where, e...)
	}
	t.Query.Where = join(where)
	if t.Aggregated() && len(t.Query.Select) > 0 {
		return t, errs.New(errs.Invalid, "interop.tabular.columns").WithHint("interop.tabular.columns.hint")
	}
	if t.Aggregated() {
		p.sortGroups(&t)
	}
	t.Query.Limit, t.Query.Offset = t.PageSize, (t.Page-1)*t.PageSize
	if t.Rows != nil && (t.Aggregated() || t.Query.Where != nil || len(t.Query.Sort) > 0) || t.Query.After > 0 && t.Aggregated() {
		return t, unsupported("__id")
	}
	return t, t.Query.Validate(cols)
}

type tabularParser struct {
	cols columnIndex
}

func (p *tabularParser) parameter(t *Tabular, key, value string, hasValue bool) (And, error) {
	switch key {
	case "page", "page_size":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 1<<30 {
			return nil, badValue(key, value)
		}
		if key == "page" {
			t.Page = n
			return nil, nil
		}
		if n > TabularMaxPageSize {
			return nil, errs.New(errs.Invalid, "interop.tabular.page-size", errs.Args{"Max": TabularMaxPageSize}).WithHint("interop.tabular.page-size.hint")
		}
		t.PageSize = n
		return nil, nil
	case "columns":
		for _, name := range strings.Split(value, ",") {
			if name = strings.TrimSpace(name); name != "" && name != "__id" {
				t.Query.Select = append(t.Query.Select, strings.Trim(name, `"`))
			}
		}
		return nil, nil
	case "or", "and":
		return alone(p.nested(key, value))
	}
	name, op, err := p.split(key)
	if err != nil {
		return nil, err
	}
	return p.operator(t, name, op, value, hasValue)
}

// split separates COLUMN__operator at the last pair of underscores.
func (p *tabularParser) split(key string) (name, op string, err error) {
	at := strings.LastIndex(key, "__")
	if at < 0 {
		return "", "", unknownParameter(key)
	}
	return strings.Trim(key[:at], `"`), key[at+2:], nil
}

func (p *tabularParser) operator(t *Tabular, name, op, value string, hasValue bool) (And, error) {
	if name == "__id" || name == "" && op == "id" {
		return nil, t.row(op, value)
	}
	col, err := p.cols.find(name)
	if err != nil {
		return nil, err
	}
	f, figure := tabularFuncs[op]
	if figure || op == "groupby" {
		if hasValue && value != "" {
			return nil, badValue(name+"__"+op, value)
		}
	}
	switch {
	case figure:
		a := Aggregate{Func: f, Column: name}
		t.Query.Aggregates = append(t.Query.Aggregates, a)
		t.Names[a.Name()] = name + "__" + op
		return nil, nil
	case op == "groupby":
		t.Query.Group = append(t.Query.Group, Group{Column: name})
		t.Names[name] = name
		return nil, nil
	case op == "sort":
		if value != "asc" && value != "desc" {
			return nil, badValue(name+"__sort", value)
		}
		t.Query.Sort = append(t.Query.Sort, SortKey{Column: name, Desc: value == "desc"})
		return nil, nil
	}
	return alone(tabularCondition(col, op, value))
}

// mostRows is how many rows may be named at once.
const mostRows = 1000

// row reads an operator on the number of a row.
func (t *Tabular) row(op, value string) error {
	var numbers []int64
	if op != "sort" {
		for _, item := range strings.Split(value, ",") {
			n, err := strconv.ParseInt(item, 10, 64)
			if err != nil || len(numbers) == mostRows || n < 0 {
				return badValue("__id__"+op, value)
			}
			numbers = append(numbers, n)
		}
	}
	switch {
	case op == "sort" && value == "asc":
	case op == "in" && t.Rows == nil, op == "exact" && t.Rows == nil && len(numbers) == 1:
		slices.Sort(numbers)
		t.Rows = slices.Compact(numbers)
	case op == "strictly_greater" && t.Query.After == 0 && len(numbers) == 1:
		t.Query.After = numbers[0]
	case op == "greater" && t.Query.After == 0 && len(numbers) == 1:
		t.Query.After = max(0, numbers[0]-1)
	default:
		return unsupported("__id__" + op)
	}
	return nil
}

// sortGroups gives the sorts of groups the names of their columns: that of the
// group, or the figure of a column that is not grouped by.
func (p *tabularParser) sortGroups(t *Tabular) {
	for i, k := range t.Query.Sort {
		if slices.ContainsFunc(t.Query.Group, func(g Group) bool { return g.Column == k.Column }) {
			continue
		}
		for _, a := range t.Query.Aggregates {
			if a.Column == k.Column {
				t.Query.Sort[i].Column = a.Name()
				break
			}
		}
	}
}

// tabularOps are the comparisons.
var tabularOps = map[string]Op{"exact": Eq, "differs": Ne, "less": Le, "greater": Ge, "strictly_less": Lt, "strictly_greater": Gt}

func tabularCondition(col Column, op, value string) (Expr, error) {
	if o, ok := tabularOps[op]; ok {
		return comparison(col, o, Text(value), time.UTC)
	}
	present := Null{Column: col.Name, Present: true}
	switch op {
	case "contains":
		return Match{Column: col.Name, Text: value}, nil
	case "notcontains":
		return And{Not{Match{Column: col.Name, Text: value}}, present}, nil
	case "in", "notin":
		in := In{Column: col.Name}
		for _, item := range strings.Split(value, ",") {
			v, err := convert(col, Text(item), time.UTC)
			if err != nil {
				return nil, err
			}
			in.Values = appendNew(in.Values, v)
		}
		if op == "notin" {
			return And{Not{one(in)}, present}, nil
		}
		return one(in), nil
	case "isnull", "isnotnull":
		if value != "" {
			return nil, badValue(col.Name+"__"+op, value)
		}
		return Null{Column: col.Name, Present: op == "isnotnull"}, nil
	}
	return nil, unknownOperation(col.Name, op)
}

// nested reads (a__exact.1,and(b__less.5,c__isnull),"d e"__exact."x.y").
func (p *tabularParser) nested(word, text string) (Expr, error) {
	if len(text) > maxSource || !goodText(text) {
		return nil, tooComplex()
	}
	n := nestedParser{p, text, 0}
	e, err := n.list(word, 0)
	if err == nil && n.at < len(text) {
		err = badSyntax(text, n.at)
	}
	return e, err
}

type nestedParser struct {
	*tabularParser
	text string
	at   int
}

func (n *nestedParser) list(word string, depth int) (Expr, error) {
	if depth > maxDepth {
		return nil, tooComplex()
	}
	var list []Expr
	if !n.take('(') {
		return nil, badSyntax(n.text, n.at)
	}
	for {
		e, err := n.item(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if n.take(')') {
			break
		}
		if !n.take(',') {
			return nil, badSyntax(n.text, n.at)
		}
	}
	switch {
	case len(list) == 1:
		return list[0], nil
	case word == "or":
		return Or(list), nil
	}
	return And(list), nil
}

func (n *nestedParser) take(c byte) bool {
	if n.at < len(n.text) && n.text[n.at] == c {
		n.at++
		return true
	}
	return false
}

func (n *nestedParser) item(depth int) (Expr, error) {
	for _, word := range []string{"or", "and"} {
		if strings.HasPrefix(n.text[n.at:], word+"(") {
			n.at += len(word)
			return n.list(word, depth+1)
		}
	}
	start := n.at
	var name, op string
	if quoted, ok := n.quoted(); ok {
		name = quoted
		if !strings.HasPrefix(n.text[n.at:], "__") {
			return nil, badSyntax(n.text, n.at)
		}
		n.at += 2
		op = n.until(".,)")
	} else {
		var err error
		if name, op, err = n.split(n.until(".,)")); err != nil {
			return nil, badSyntax(n.text, start)
		}
	}
	value := ""
	if n.take('.') {
		var ok bool
		if value, ok = n.quoted(); !ok {
			if n.at < len(n.text) && n.text[n.at] == '(' { // a__in.(1,2)
				n.at++
				value = n.until(")")
				n.take(')')
			} else {
				value = n.until(",)")
			}
		}
	}
	col, err := n.cols.find(name)
	if err != nil {
		return nil, err
	}
	return tabularCondition(col, op, value)
}

func (n *nestedParser) quoted() (string, bool) {
	if n.at >= len(n.text) || n.text[n.at] != '"' {
		return "", false
	}
	text, end, ok := dialect{text: `"`, escape: '\\'}.quoted(n.text, n.at)
	if ok {
		n.at = end
	}
	return text, ok
}

func (n *nestedParser) until(chars string) string {
	from := n.at
	for n.at < len(n.text) && !strings.ContainsRune(chars, rune(n.text[n.at])) {
		n.at++
	}
	return n.text[from:n.at]
}

// TabularOperators lists the operators that a column of a kind has, in order.
func TabularOperators(kind tabular.Kind) []string {
	list := []string{"exact", "differs", "in", "notin", "isnull", "isnotnull", "sort", "groupby", "count"}
	switch kind {
	case tabular.Int, tabular.Float:
		list = append(list, "avg", "sum", "min", "max")
	case tabular.Date, tabular.Timestamp, tabular.TimeOfDay:
		list = append(list, "min", "max")
	case tabular.Text:
		return append(list, "contains", "notcontains", "min", "max")
	default:
		return list
	}
	return append(list, "less", "greater", "strictly_less", "strictly_greater")
}
