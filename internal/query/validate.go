package query

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"socle/internal/errs"
	"socle/internal/tabular"
)

// Bounds of a query, so that none is a burden by its mere size.
const (
	maxDepth  = 20
	maxTerms  = 1000 // conditions and values
	maxWords  = 20
	maxText   = 2000 // bytes of a text looked for
	maxOffset = 1 << 40
)

// Validate checks the query against the columns of its table. Errors: Invalid;
// an unknown column is named, with the nearest one.
func (q Query) Validate(cols []Column) error {
	c := checker{cols: index(cols)}
	for _, names := range [][]string{q.Select, q.Facets} {
		if err := c.list(names); err != nil {
			return err
		}
	}
	if err := c.expr(q.Where, 0); err != nil {
		return err
	}
	if err := c.search(q.Text); err != nil {
		return err
	}
	if err := c.groups(q); err != nil {
		return err
	}
	sortable := c.cols
	if len(q.Group)+len(q.Aggregates) > 0 {
		sortable = index(q.groupColumns())
	}
	if err := sortKeys(q.Sort, sortable); err != nil {
		return err
	}
	switch {
	case q.Limit < 0:
		return badValue("limit", "")
	case q.Offset < 0 || q.Offset > maxOffset:
		return badValue("offset", "")
	case q.After < 0:
		return badValue("after", "")
	case q.After > 0 && q.Offset > 0:
		return errs.New(errs.Invalid, "query.page.both").WithHint("query.page.both.hint")
	}
	return nil
}

func badValue(parameter, value string) error {
	return errs.New(errs.Invalid, "query.parameter.value", errs.Args{"Name": parameter, "Value": value}).WithHint("query.parameter.value.hint")
}

func sortKeys(keys []SortKey, cols columnIndex) error {
	seen := map[string]bool{}
	for _, k := range keys {
		if _, err := cols.find(k.Column); err != nil {
			return err
		}
		if seen[k.Column] {
			return twice(k.Column)
		}
		seen[k.Column] = true
	}
	return nil
}

func twice(name string) error {
	return errs.New(errs.Invalid, "query.column.twice", errs.Args{"Name": name}).WithHint("query.column.twice.hint")
}

// groupColumns are the columns of the result of a grouped query.
func (q Query) groupColumns() []Column {
	var cols []Column
	for _, g := range q.Group {
		cols = append(cols, Column{Name: g.Name()})
	}
	for _, a := range q.Aggregates {
		cols = append(cols, Column{Name: a.Name()})
	}
	return cols
}

// columnIndex finds columns by name.
type columnIndex struct {
	list []Column
	by   map[string]int
}

func index(cols []Column) columnIndex {
	x := columnIndex{cols, make(map[string]int, len(cols))}
	for i, c := range cols {
		x.by[c.Name] = i
	}
	return x
}

func (x columnIndex) find(name string) (Column, error) {
	if i, ok := x.by[name]; ok {
		return x.list[i], nil
	}
	near := nearest(name, x.list)
	args := errs.Args{"Name": name, "Near": near}
	if near != "" {
		return Column{}, errs.New(errs.Invalid, "query.column.unknown", args).WithHint("query.column.unknown.near")
	}
	names := make([]string, 0, 12)
	for i, c := range x.list {
		if i == 12 {
			names = append(names, "…")
			break
		}
		names = append(names, c.Name)
	}
	args["Names"] = strings.Join(names, ", ")
	return Column{}, errs.New(errs.Invalid, "query.column.unknown", args).WithHint("query.column.unknown.hint")
}

// nearest returns the column whose name or title is written almost the same, or "".
func nearest(name string, cols []Column) string {
	want := plain(name)
	best, bestAt := "", math.MaxInt
	for _, c := range cols {
		for _, s := range []string{c.Name, c.Title} {
			if s == "" {
				continue
			}
			if d := distance(want, plain(s)); d < bestAt {
				best, bestAt = c.Name, d
			}
		}
	}
	if bestAt > max(1, len(want)/3) {
		return ""
	}
	return best
}

// plain is a name in lower case without accents, spaces and marks.
func plain(s string) []rune {
	var out []rune
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			out = append(out, r)
		}
	}
	return out
}

// distance is that of Levenshtein, over the first 64 runes.
func distance(a, b []rune) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, ra := range a {
		before := row[0]
		row[0] = i + 1
		for j, rb := range b {
			cost := before
			if ra != rb {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// checker walks a query.
type checker struct {
	cols  columnIndex
	terms int
}

func (c *checker) list(names []string) error {
	seen := map[string]bool{}
	for _, n := range names {
		if _, err := c.cols.find(n); err != nil {
			return err
		}
		if seen[n] {
			return twice(n)
		}
		seen[n] = true
	}
	return nil
}

func tooComplex() error {
	return errs.New(errs.Invalid, "query.too-complex", errs.Args{"Terms": maxTerms, "Depth": maxDepth}).WithHint("query.too-complex.hint")
}

func (c *checker) count(n int) error {
	if c.terms += n; c.terms > maxTerms {
		return tooComplex()
	}
	return nil
}

func (c *checker) search(text string) error {
	if len(text) > maxText || len(strings.Fields(text)) > maxWords {
		return errs.New(errs.Invalid, "query.text.long", errs.Args{"Words": maxWords}).WithHint("query.text.long.hint")
	}
	if !goodText(text) {
		return badValue("q", text)
	}
	return nil
}

func goodText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func (c *checker) all(list []Expr, depth int) error {
	if len(list) == 0 {
		return badValue("where", "()")
	}
	for _, e := range list {
		if err := c.expr(e, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) expr(e Expr, depth int) error {
	if e == nil && depth == 0 {
		return nil
	}
	if depth > maxDepth {
		return tooComplex()
	}
	if err := c.count(1); err != nil {
		return err
	}
	switch e := e.(type) {
	case And:
		return c.all(e, depth)
	case Or:
		return c.all(e, depth)
	case Not:
		return c.all([]Expr{e.Expr}, depth)
	case Search:
		if strings.TrimSpace(e.Text) == "" {
			return badValue("search", e.Text)
		}
		return c.search(e.Text)
	}
	name, ok := columnOf(e)
	if !ok {
		return badValue("where", "")
	}
	col, err := c.cols.find(name)
	if err != nil {
		return err
	}
	return c.condition(e, col)
}

func (c *checker) condition(e Expr, col Column) error {
	switch e := e.(type) {
	case Compare:
		switch e.Op {
		case Eq, Ne, Lt, Le, Gt, Ge:
			return fit(col, e.Value)
		}
		return unknownOperation(col.Name, string(e.Op))
	case In:
		if len(e.Values) == 0 {
			return badValue(col.Name, "")
		}
		if err := c.count(len(e.Values)); err != nil {
			return err
		}
		return fit(col, e.Values...)
	case Between:
		return fit(col, e.Low, e.High)
	case Match:
		if e.Text == "" || len(e.Text) > maxText || !goodText(e.Text) {
			return badValue(col.Name, e.Text)
		}
	case Like:
		if e.Pattern == "" || len(e.Pattern) > maxText || !goodText(e.Pattern) {
			return badValue(col.Name, e.Pattern)
		}
	case Part:
		if !slices.Contains(Parts, e.Part) {
			return unknownOperation(col.Name, string(e.Part))
		}
		switch e.Op {
		case Eq, Ne, Lt, Le, Gt, Ge:
			return unitOf(e.Part, col)
		}
		return unknownOperation(col.Name, string(e.Op))
	case Inside:
		if !goodArea(e.Area) {
			return wrongArea(col.Name, areaText(e.Area))
		}
		return isGeometry(col)
	case BBox:
		if !degrees(e.West, e.South) || !degrees(e.East, e.North) || e.South > e.North {
			return badValue(col.Name, "")
		}
		return isGeometry(col)
	case Near:
		if !degrees(e.Lon, e.Lat) || !(e.Metres >= 0 && e.Metres <= 21e6) {
			return badValue(col.Name, "")
		}
		return isGeometry(col)
	}
	return nil
}

func degrees(lon, lat float64) bool { return lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90 }

func isGeometry(col Column) error {
	if col.Geometry == "" {
		return errs.New(errs.Invalid, "query.geometry.none", errs.Args{"Name": col.Label()}).WithHint("query.geometry.none.hint")
	}
	return nil
}

// fit reports values that are not of the column's kind.
func fit(col Column, values ...Value) error {
	for _, v := range values {
		if !v.fits(col.Kind) {
			return wrongValue(col, v.String())
		}
	}
	return nil
}

var kindKeys = map[tabular.Kind]string{
	tabular.Int: "integer", tabular.Float: "number", tabular.Bool: "boolean", tabular.Date: "date",
	tabular.Timestamp: "timestamp", tabular.TimeOfDay: "time", tabular.Text: "text", tabular.JSON: "text",
}

func wrongValue(col Column, text string) error {
	return errs.New(errs.Invalid, "query.value."+kindKeys[col.Kind], errs.Args{"Name": col.Label(), "Value": text}).
		WithHint("query.value." + kindKeys[col.Kind] + ".hint")
}

func unknownOperation(column, op string) error {
	return errs.New(errs.Invalid, "query.operation.unknown", errs.Args{"Name": column, "Operation": op}).WithHint("query.operation.unknown.hint")
}

// groups checks Group and Aggregates.
func (c *checker) groups(q Query) error {
	seen := map[string]bool{}
	for _, g := range q.Group {
		col, err := c.cols.find(g.Column)
		if err != nil {
			return err
		}
		if err := c.group(g, col); err != nil {
			return err
		}
		if seen[g.Name()] {
			return twice(g.Name())
		}
		seen[g.Name()] = true
	}
	for _, a := range q.Aggregates {
		if err := c.aggregate(a); err != nil {
			return err
		}
		if seen[a.Name()] {
			return twice(a.Name())
		}
		seen[a.Name()] = true
	}
	return nil
}

func (c *checker) aggregate(a Aggregate) error {
	if a.Bare {
		if a.Func != Count || a.Column != "" {
			return unknownOperation(a.Column, string(a.Func))
		}
		return nil
	}
	col, err := c.cols.find(a.Column)
	if err != nil {
		return err
	}
	switch a.Func {
	case Count, Distinct:
		return nil
	case Min, Max:
		if col.Kind != tabular.JSON {
			return nil
		}
	case Percentile:
		if a.At < 0 || a.At > 100 {
			return badValue("percentile", a.word())
		}
		fallthrough
	case Sum, Avg, Median:
		if col.Kind == tabular.Int || col.Kind == tabular.Float {
			return nil
		}
	}
	return unknownOperation(a.Column, string(a.Func))
}
