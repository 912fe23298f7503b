package chart

import (
	"net/url"
	"slices"
	"strconv"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tabular"
)

// Kind is the form of a chart.
type Kind string

const (
	Bars    Kind = "bars"    // lying, one under the other: names have room
	Columns Kind = "columns" // standing, side by side: dates, classes of numbers
	Line    Kind = "line"
	Area    Kind = "area"
)

// Kinds lists the forms.
var Kinds = []Kind{Bars, Columns, Line, Area}

// Order is how categories follow one another. What has an order of its own
// (dates, classes of numbers, months) keeps it.
type Order string

const (
	ByValue Order = "value" // the largest first
	ByLeast Order = "least" // the smallest first
	ByName  Order = "name"  // as a dictionary
)

const (
	topMost    = 100     // categories that a chart may show
	topUsual   = 15      // categories shown unless said
	colours    = 8       // of the set
	seriesMost = colours // series, the last being the others
	groupsMost = 5000    // groups that are asked for
	stepsMost  = 400     // places along a continuous axis
)

// Orders lists the orders.
var Orders = []Order{ByValue, ByLeast, ByName}

// Chart is what is drawn. The zero value is no chart; see Suggest.
type Chart struct {
	Kind   Kind
	X      query.Group
	Y      query.Aggregate
	By     *query.Group // a series for each; nil: one series
	Order  Order        // "" is ByValue
	Top    int          // categories shown; 0: topUsual
	Colour int          // of the set, 1 to 8, that the first series has; 0: 1
}

// IsZero reports that there is no chart.
func (c Chart) IsZero() bool { return c.Kind == "" }

// Names of the parameters of an address, in order.
const (
	paramType, paramX, paramY, paramBy = "chart-type", "chart-x", "chart-y", "chart-by"
	paramOrder, paramTop, paramColour  = "chart-order", "chart-top", "chart-colour"
)

// Parameters lists those of a chart, which are no columns of the table.
func Parameters() []string {
	return []string{paramType, paramX, paramY, paramBy, paramOrder, paramTop, paramColour}
}

// Parse reads a chart from the parameters of an address; without chart-x it is
// the zero Chart. What is not said is chosen. Errors: Invalid.
func Parse(v url.Values, cols []query.Column) (c Chart, err error) {
	if v.Get(paramX) == "" {
		return Chart{}, nil
	}
	if c.X, err = parseGroup(v.Get(paramX), cols); err != nil {
		return Chart{}, err
	}
	c.Y = query.Aggregate{Func: query.Count, Bare: true}
	if text := v.Get(paramY); text != "" {
		q, err := query.ParseURL(url.Values{"aggregate": {text}}, cols)
		if err != nil {
			return Chart{}, err
		}
		if len(q.Aggregates) != 1 || !numeric(q.Aggregates[0], cols) {
			return Chart{}, wrong(paramY, text)
		}
		c.Y = q.Aggregates[0]
	}
	if text := v.Get(paramBy); text != "" && text != v.Get(paramX) {
		g, err := parseGroup(text, cols)
		if err != nil {
			return Chart{}, err
		}
		c.By = &g
	}
	c.Kind, c.Order = Kind(v.Get(paramType)), Order(v.Get(paramOrder))
	switch {
	case c.Kind == "":
		c.Kind = Bars
		if continuous(c.X) {
			c.Kind = Columns
		}
	case !slices.Contains(Kinds, c.Kind):
		return Chart{}, wrong(paramType, string(c.Kind))
	}
	if c.Order != "" && !slices.Contains(Orders, c.Order) {
		return Chart{}, wrong(paramOrder, string(c.Order))
	}
	if c.Top, err = parseCount(v, paramTop, topMost); err != nil {
		return Chart{}, err
	}
	c.Colour, err = parseCount(v, paramColour, colours)
	if err != nil {
		return Chart{}, err
	}
	return c.plain(), c.Query(query.Query{}).Validate(cols)
}

func parseGroup(text string, cols []query.Column) (query.Group, error) {
	q, err := query.ParseURL(url.Values{"group": {text}}, cols)
	if err != nil {
		return query.Group{}, err
	}
	if len(q.Group) != 1 || len(q.Group[0].Bounds) > 0 || kindOf(cols, q.Group[0].Column) == tabular.JSON {
		return query.Group{}, wrong(paramX, text)
	}
	return q.Group[0], nil
}

func parseCount(v url.Values, name string, most int) (int, error) {
	text := v.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, wrong(name, text)
	}
	return n, nil
}

// wrong says that a parameter cannot be read.
func wrong(name, text string) error {
	if len(text) > 60 {
		text = string([]rune(text)[:min(60, len([]rune(text)))]) + "…"
	}
	return errs.New(errs.Invalid, "chart.wrong", errs.Args{"Name": name, "Value": text}).WithHint("chart.wrong.hint")
}

// plain leaves out what says nothing.
func (c Chart) plain() Chart {
	if c.Order == ByValue {
		c.Order = ""
	}
	if c.Top == topUsual {
		c.Top = 0
	}
	if c.Colour == 1 {
		c.Colour = 0
	}
	return c
}

// Values writes the chart as parameters; Parse reads them back.
func (c Chart) Values() url.Values {
	c = c.plain()
	v := url.Values{}
	if c.IsZero() {
		return v
	}
	v.Set(paramType, string(c.Kind))
	v.Set(paramX, GroupText(c.X))
	v.Set(paramY, FigureText(c.Y))
	if c.By != nil {
		v.Set(paramBy, GroupText(*c.By))
	}
	if c.Order != "" {
		v.Set(paramOrder, string(c.Order))
	}
	if c.Top > 0 {
		v.Set(paramTop, strconv.Itoa(c.Top))
	}
	if c.Colour > 0 {
		v.Set(paramColour, strconv.Itoa(c.Colour))
	}
	return v
}

// GroupText writes a group as in an address: date.year.
func GroupText(g query.Group) string {
	return query.Query{Group: []query.Group{g}}.URL().Get("group")
}

// FigureText writes a figure as in an address: montant.sum.
func FigureText(a query.Aggregate) string {
	return query.Query{Aggregates: []query.Aggregate{a}}.URL().Get("aggregate")
}

// Query is the question that the chart asks of the rows that a query finds: its
// conditions and words are kept, the rest of it is not.
func (c Chart) Query(filter query.Query) query.Query {
	q := query.Query{Where: filter.Where, Text: filter.Text, Group: []query.Group{c.X}, Aggregates: []query.Aggregate{c.Y}, Limit: groupsMost}
	if c.By != nil {
		q.Group = append(q.Group, *c.By)
	}
	if !c.ordered() {
		q.Sort = []query.SortKey{{Column: c.Y.Name(), Desc: c.Order != ByLeast}}
		if c.Order == ByName && c.By == nil {
			q.Sort = nil
		}
	}
	return q
}

// top is how many categories are shown.
func (c Chart) top() int {
	if c.Top == 0 {
		return topUsual
	}
	return c.Top
}

// Stacked reports that series stand on one another: their figures add up.
func (c Chart) Stacked() bool {
	return c.By != nil && c.Kind != Line && additive(c.Y)
}

// additive reports that the figure of two groups together is their sum.
func additive(a query.Aggregate) bool { return a.Func == query.Count || a.Func == query.Sum }

// continuous reports that groups lie on a scale where some may be missing.
func continuous(g query.Group) bool {
	switch g.Unit {
	case query.Year, query.Month, query.Daily, query.Hourly:
		return true
	}
	return g.Step != 0
}

// ordered reports that the groups have an order of their own.
func (c Chart) ordered() bool { return continuous(c.X) || c.X.Unit != query.Exact }

// numeric reports that a figure is a number.
func numeric(a query.Aggregate, cols []query.Column) bool {
	if a.Func == query.Min || a.Func == query.Max {
		k := kindOf(cols, a.Column)
		return k == tabular.Int || k == tabular.Float
	}
	return true
}

func kindOf(cols []query.Column, name string) tabular.Kind {
	for _, c := range cols {
		if c.Name == name {
			return c.Kind
		}
	}
	return tabular.Text
}
