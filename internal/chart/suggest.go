package chart

import (
	"math"
	"slices"
	"strings"

	"socle/internal/query"
	"socle/internal/tabular"
)

// Column is what is known of a column when charts are proposed.
type Column struct {
	query.Column
	Rows     int64 // that have a value
	Distinct int64
	// Min and Max are the values of an Int or a Float, days of a Date,
	// microseconds of a Timestamp; both 0 when there is none.
	Min, Max float64
}

// Bounds of what is proposed: categories that a reader can take in.
const (
	fewValues  = 60 // distinct values of numbers that are names (a year, a class)
	manyValues = 2000
	classes    = 12 // about so many classes of a histogram
)

// number reports a column of numbers that measure something.
func (c Column) number() bool { return c.Kind == tabular.Int || c.Kind == tabular.Float }

func (c Column) date() bool { return c.Kind == tabular.Date || c.Kind == tabular.Timestamp }

// Unit is the unit in which the dates of a column are best seen.
func (c Column) unit() query.Unit {
	days := c.Max - c.Min
	if c.Kind == tabular.Timestamp {
		days /= 86400e6
	}
	switch {
	case days > 3*366:
		return query.Year
	case days > 62:
		return query.Month
	}
	return query.Daily
}

// step is the width of the classes of a column of numbers; 0 when all are the same.
func (c Column) step() float64 {
	if !(c.Max > c.Min) || math.IsInf(c.Max-c.Min, 0) {
		return 0
	}
	s := nice((c.Max - c.Min) / classes)
	if c.Kind == tabular.Int {
		s = max(1, s)
	}
	return s
}

// degrees tells columns of places, which are no quantities.
var degrees = []string{"longitude", "latitude", "lon", "lat", "lng", "long", "x", "y", "coord_x", "coord_y", "geo_x", "geo_y"}

// amounts begin the names of columns whose sum is worth knowing, folded.
var amounts = []string{"montant", "amount", "total", "cout", "cost", "budget", "depense", "recette", "somme", "quantite", "quantity", "volume", "tonnage", "superficie", "surface", "population", "effectif", "nombre", "nb_", "nb ", "repas", "capacite"}

// numbersOfThings begin the names of columns of codes, of which no sum is made.
var codes = []string{"id", "code", "num", "siret", "siren", "insee", "annee", "year", "tel", "cp"}

func folded(name string) string { return string(query.Fold(nil, []byte(name))) }

func begins(name string, list []string) bool {
	return slices.ContainsFunc(list, func(p string) bool { return strings.HasPrefix(name, p) })
}

// quantity reports a column whose sums and means say something.
func (c Column) quantity() bool {
	name := folded(c.Name)
	return c.number() && c.Rows > 0 && !slices.Contains(degrees, name) && !begins(name, codes)
}

func (c Column) amount() bool { return c.quantity() && begins(folded(c.Name), amounts) }

// category reports a column whose values repeat and are few enough to be read.
func (c Column) category() bool {
	switch c.Kind {
	case tabular.Bool:
		return c.Rows > 0
	case tabular.Text:
		return c.Geometry == "" && c.Distinct >= 2 && c.Distinct <= manyValues && c.Rows >= c.Distinct*3/2
	case tabular.Int:
		return !c.quantity() && !slices.Contains(degrees, folded(c.Name)) && c.Distinct >= 2 && c.Distinct <= fewValues && c.Rows >= c.Distinct*3/2
	}
	return false
}

// Suggest chooses a first chart: along time, else by category, else the spread of
// a number; of an amount where there is one, else of rows. false: none is sensible.
func Suggest(cols []Column) (Chart, bool) {
	y := query.Aggregate{Func: query.Count, Bare: true}
	for _, c := range cols {
		if c.amount() {
			y = query.Aggregate{Func: query.Sum, Column: c.Name}
			break
		}
	}
	for _, c := range cols {
		if c.date() && c.Distinct > 2 && c.Max > c.Min {
			return Chart{Kind: Columns, X: query.Group{Column: c.Name, Unit: c.unit()}, Y: y}, true
		}
	}
	var best *Column
	for i, c := range cols {
		if c.category() && (best == nil || rank(c) < rank(*best)) {
			best = &cols[i]
		}
	}
	if best != nil {
		return Chart{Kind: Bars, X: query.Group{Column: best.Name}, Y: y}, true
	}
	for _, c := range cols {
		if c.quantity() && c.Distinct > 2 && c.step() > 0 {
			return Chart{Kind: Columns, X: query.Group{Column: c.Name, Step: c.step()}, Y: query.Aggregate{Func: query.Count, Bare: true}}, true
		}
	}
	return Chart{}, false
}

// Figure chooses what areas are coloured by: the sum of an amount, else the mean of
// another number, else how many rows there are.
func Figure(cols []Column) query.Aggregate {
	for _, c := range cols {
		if c.amount() {
			return query.Aggregate{Func: query.Sum, Column: c.Name}
		}
	}
	for _, c := range cols {
		if c.quantity() {
			return query.Aggregate{Func: query.Avg, Column: c.Name}
		}
	}
	return query.Aggregate{Func: query.Count, Bare: true}
}

// rank is low for categories that make a good first chart: a handful of names.
func rank(c Column) int {
	switch {
	case c.Kind == tabular.Text && c.Distinct >= 3 && c.Distinct <= 30:
		return 0
	case c.Kind == tabular.Text && c.Distinct <= 100:
		return 1
	case c.Kind == tabular.Int:
		return 2
	case c.Kind == tabular.Bool || c.Distinct == 2:
		return 3
	}
	return 4
}

// Choices are what a form proposes.
type Choices struct {
	X, By []query.Group
	Y     []query.Aggregate
}

// Propose lists what can be drawn of a table, in the order of its columns.
func Propose(cols []Column) (p Choices) {
	p.Y = []query.Aggregate{{Func: query.Count, Bare: true}}
	for _, c := range cols {
		switch {
		case c.Kind == tabular.JSON || c.Rows == 0 || c.Geometry != "":
		case c.date():
			for _, u := range []query.Unit{query.Year, query.Month, query.Daily, query.MonthOfYear, query.Weekday} {
				p.X = append(p.X, query.Group{Column: c.Name, Unit: u})
			}
			p.By = append(p.By, query.Group{Column: c.Name, Unit: query.Year})
			if c.Kind == tabular.Timestamp {
				p.X = append(p.X, query.Group{Column: c.Name, Unit: query.Hour})
			}
		case c.number():
			if c.Distinct <= fewValues {
				p.X = append(p.X, query.Group{Column: c.Name})
				p.By = append(p.By, query.Group{Column: c.Name})
			}
			if s := c.step(); s > 0 {
				p.X = append(p.X, query.Group{Column: c.Name, Step: s})
			}
		default:
			p.X = append(p.X, query.Group{Column: c.Name})
			if c.Distinct <= manyValues {
				p.By = append(p.By, query.Group{Column: c.Name})
			}
		}
		if c.quantity() {
			for _, f := range []query.Func{query.Sum, query.Avg, query.Median, query.Min, query.Max} {
				p.Y = append(p.Y, query.Aggregate{Func: f, Column: c.Name})
			}
		} else if c.Kind == tabular.Text && c.Geometry == "" && c.Rows > 0 {
			p.Y = append(p.Y, query.Aggregate{Func: query.Distinct, Column: c.Name})
		}
	}
	return p
}

// Spread is the chart of what is in one column: how many rows have each value.
func Spread(c Column) Chart {
	x := Chart{Kind: Bars, X: query.Group{Column: c.Name}, Y: query.Aggregate{Func: query.Count, Bare: true}, Top: 30}
	switch {
	case c.date() && c.Max > c.Min:
		x.Kind, x.X.Unit = Columns, c.unit()
	case c.number() && c.Distinct > classes && c.step() > 0:
		x.Kind, x.X.Step = Columns, c.step()
	}
	return x
}
