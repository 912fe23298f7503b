package chart

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/i18n"
	"socle/internal/query"
	"socle/internal/tabular"
)

// Data is what a chart shows: places along its first axis, and for each series a
// value at each place, NaN where there is none.
type Data struct {
	Labels []string  // as people of the language write them
	Starts []float64 // of classes of a number: where each begins
	Series []Series
	Hidden int // categories that are not shown
	Merged int // series counted in the last one, or left out when they do not add up
	// LeftOut is true when rows have no place on the axis (no date, no number);
	// Left is how many, when the figure counts rows.
	LeftOut bool
	Left    int64
	// Partial is true when there are more groups than were asked for.
	Partial bool
	whole   bool // all values are whole numbers
	places  []*place
}

// Series is one of the things compared; Name is "" when there is only one.
type Series struct {
	Name   string
	Others bool // stands for several
	Values []float64
}

// Empty reports that there is nothing to draw.
func (d Data) Empty() bool { return len(d.Labels) == 0 || len(d.Series) == 0 }

// place is a group along an axis.
type place struct {
	key   string  // tells it from the others
	at    float64 // on a continuous axis, or a number
	text  string  // raw
	label string
	total float64
}

// cell is a value as text and as a number (NaN when it is none).
func cell(f tabular.Field, c *tabular.Column, row int) (text string, n float64, null bool) {
	if c.Null[row] {
		return "", math.NaN(), true
	}
	switch f.Kind {
	case tabular.Float:
		return strconv.FormatFloat(c.Float64[row], 'f', -1, 64), c.Float64[row], false
	case tabular.Text, tabular.JSON:
		return string(c.Bytes[row]), math.NaN(), false
	}
	return strconv.FormatInt(c.Int64[row], 10), float64(c.Int64[row]), false
}

// Arrange makes the data of a chart from the groups that its Query found.
func Arrange(c Chart, fr *tabular.Frame, lang i18n.Lang) Data {
	a := arranger{c: c, lang: lang, xs: map[string]*place{}, ss: map[string]*place{}, values: map[[2]string]float64{}}
	d := Data{Partial: fr.Rows >= groupsMost, whole: true}
	last := len(fr.Columns) - 1
	for row := range fr.Rows {
		_, v, null := cell(fr.Fields[last], &fr.Columns[last], row)
		if null || math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		x := a.place(a.xs, c.X, fr.Fields[0], &fr.Columns[0], row)
		if x.key == "" && continuous(c.X) {
			delete(a.xs, "")
			d.LeftOut = true
			if a.c.Y.Bare {
				d.Left += int64(v)
			}
			continue
		}
		s := &place{}
		if c.By != nil {
			s = a.place(a.ss, *c.By, fr.Fields[1], &fr.Columns[1], row)
		} else {
			a.ss[""] = s
		}
		if v != math.Trunc(v) {
			d.whole = false
		}
		a.values[[2]string{x.key, s.key}] = v
		x.total += v
		s.total += math.Abs(v)
	}
	xs := a.along(&d)
	d.places = xs
	for _, x := range xs {
		d.Labels = append(d.Labels, x.label)
		if c.X.Step != 0 {
			d.Starts = append(d.Starts, x.at)
		}
	}
	a.series(&d, xs)
	return d
}

type arranger struct {
	c      Chart
	lang   i18n.Lang
	xs, ss map[string]*place
	values map[[2]string]float64
}

// place finds or makes the place of a row's group; its key is "" without value.
func (a *arranger) place(in map[string]*place, g query.Group, f tabular.Field, col *tabular.Column, row int) *place {
	text, n, null := cell(f, col, row)
	key := "=" + text
	if null {
		key, n = "", math.Inf(1) // after the others
	}
	p := in[key]
	if p == nil {
		p = &place{key: key, at: n, text: text, label: a.label(g, f, text, n, null)}
		in[key] = p
	}
	return p
}

// label is a group as it is read.
func (a *arranger) label(g query.Group, f tabular.Field, text string, n float64, null bool) string {
	if null {
		return i18n.T(a.lang, "chart.none")
	}
	if g.Step != 0 {
		return i18n.T(a.lang, "chart.class", i18n.Args{"Low": a.decimal(n), "High": a.decimal(n + g.Step)})
	}
	switch g.Unit {
	case query.MonthOfYear:
		return i18n.T(a.lang, "query.month."+text)
	case query.Weekday:
		return i18n.T(a.lang, "chart.weekday."+text)
	case query.Year:
		return strconv.Itoa(tabular.Day(int64(n)).Year())
	case query.Month:
		return i18n.Month(a.lang, tabular.Day(int64(n)))
	case query.Daily:
		return i18n.Date(a.lang, tabular.Day(int64(n)))
	}
	switch f.Kind {
	case tabular.Bool:
		if n != 0 {
			return i18n.T(a.lang, "chart.yes")
		}
		return i18n.T(a.lang, "chart.no")
	case tabular.Date:
		return i18n.Date(a.lang, tabular.Day(int64(n)))
	case tabular.Timestamp:
		return i18n.DateTime(a.lang, tabular.Instant(int64(n)))
	case tabular.TimeOfDay:
		return i18n.Time(a.lang, tabular.Instant(int64(n)))
	case tabular.Float:
		return a.decimal(n)
	}
	if strings.TrimSpace(text) == "" {
		return i18n.T(a.lang, "chart.blank")
	}
	return text
}

func (a *arranger) decimal(v float64) string { return i18n.Decimal(a.lang, v, 6) }

// along puts the places of the first axis in order, with those in between on a
// continuous one, and keeps as many categories as are shown.
func (a *arranger) along(d *Data) []*place {
	list := make([]*place, 0, len(a.xs))
	for _, p := range a.xs {
		list = append(list, p)
	}
	if a.c.ordered() {
		slices.SortFunc(list, func(p, q *place) int { return cmp.Or(cmp.Compare(p.at, q.at), cmp.Compare(p.text, q.text)) })
		if continuous(a.c.X) {
			return a.fill(d, list)
		}
		return list
	}
	byName := func(p, q *place) int {
		if (p.key == "") != (q.key == "") { // what has no value comes last
			return cmp.Compare(q.key, p.key)
		}
		if !math.IsNaN(p.at) && !math.IsNaN(q.at) { // numbers
			return cmp.Compare(p.at, q.at)
		}
		return cmp.Or(cmp.Compare(folded(p.text), folded(q.text)), cmp.Compare(p.text, q.text))
	}
	slices.SortFunc(list, func(p, q *place) int {
		switch a.c.Order {
		case ByName:
			return byName(p, q)
		case ByLeast:
			return cmp.Or(cmp.Compare(p.total, q.total), byName(p, q))
		}
		return cmp.Or(cmp.Compare(q.total, p.total), byName(p, q))
	})
	if n := a.c.top(); len(list) > n {
		d.Hidden = len(list) - n
		list = list[:n]
	}
	return list
}

// fill adds the places that no row has between those that some have, where they
// are not too many; the last ones are kept when there are.
func (a *arranger) fill(d *Data, list []*place) []*place {
	var out []*place
	for _, p := range list {
		for len(out) > 0 && len(out) <= stepsMost {
			next := a.next(out[len(out)-1].at)
			if next >= p.at-math.Abs(p.at)*1e-9-a.c.X.Step*1e-6 {
				break
			}
			out = append(out, &place{key: "+", at: next, label: a.label(a.c.X, a.field(), "", next, false)})
		}
		out = append(out, p)
		if len(out) > stepsMost { // too far apart: only what there is
			out = list
			break
		}
	}
	if n := len(out); n > stepsMost {
		d.Hidden = n - stepsMost
		out = out[n-stepsMost:]
	}
	return out
}

// field is that of the places of a continuous axis.
func (a *arranger) field() tabular.Field {
	switch {
	case a.c.X.Step != 0:
		return tabular.Field{Kind: tabular.Float}
	case a.c.X.Unit == query.Hourly:
		return tabular.Field{Kind: tabular.Timestamp}
	}
	return tabular.Field{Kind: tabular.Date}
}

// next is the place after another on a continuous axis.
func (a *arranger) next(at float64) float64 {
	day := tabular.Day(int64(at))
	switch a.c.X.Unit {
	case query.Year:
		return float64(day.AddDate(1, 0, 0).Unix() / 86400)
	case query.Month:
		return float64(day.AddDate(0, 1, 0).Unix() / 86400)
	case query.Daily:
		return at + 1
	case query.Hourly:
		return at + float64(time.Hour/time.Microsecond)
	}
	return math.Round((at+a.c.X.Step)/a.c.X.Step) * a.c.X.Step
}

// series makes the values: the largest series have their own colour, the others
// are added up where figures add up.
func (a *arranger) series(d *Data, xs []*place) {
	list := make([]*place, 0, len(a.ss))
	for _, s := range a.ss {
		list = append(list, s)
	}
	slices.SortFunc(list, func(p, q *place) int { return cmp.Or(cmp.Compare(q.total, p.total), cmp.Compare(p.text, q.text)) })
	var rest []*place
	if len(list) > seriesMost {
		list, rest = list[:seriesMost-1], list[seriesMost-1:]
		d.Merged = len(rest)
	}
	if a.c.By != nil && a.c.By.Unit != query.Exact { // years one after the other
		slices.SortFunc(list, func(p, q *place) int { return cmp.Compare(p.at, q.at) })
	}
	zero := math.NaN()
	if additive(a.c.Y) {
		zero = 0
	}
	for _, s := range list {
		out := Series{Values: make([]float64, len(xs))}
		if a.c.By != nil {
			out.Name = s.label
		}
		for i, x := range xs {
			v, ok := a.values[[2]string{x.key, s.key}]
			if !ok {
				v = zero
			}
			out.Values[i] = v
		}
		d.Series = append(d.Series, out)
	}
	if len(rest) == 0 || !additive(a.c.Y) {
		return
	}
	others := Series{Name: i18n.T(a.lang, "chart.others", i18n.Args{"Count": len(rest)}), Others: true, Values: make([]float64, len(xs))}
	for _, s := range rest {
		for i, x := range xs {
			others.Values[i] += a.values[[2]string{x.key, s.key}]
		}
	}
	d.Series = append(d.Series, others)
}
