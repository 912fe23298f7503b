package chart

import (
	"math"

	"socle/internal/i18n"
	"socle/internal/query"
)

// labelOf is the title of a column, or its name.
func labelOf(cols []query.Column, name string) string {
	for _, c := range cols {
		if c.Name == name {
			return c.Label()
		}
	}
	return name
}

// GroupLabel names what a chart goes along: "Date, par mois".
func GroupLabel(lang i18n.Lang, cols []query.Column, g query.Group) string {
	name := i18n.Args{"Name": labelOf(cols, g.Column), "Step": i18n.Decimal(lang, g.Step, 6)}
	switch {
	case g.Step != 0:
		return i18n.T(lang, "chart.along.step", name)
	case g.Unit != query.Exact:
		return i18n.T(lang, "chart.along."+string(g.Unit), name)
	}
	return labelOf(cols, g.Column)
}

// FigureLabel names a figure: "Somme de Montant".
func FigureLabel(lang i18n.Lang, cols []query.Column, a query.Aggregate) string {
	if a.Bare {
		return i18n.T(lang, "chart.figure.rows")
	}
	return i18n.T(lang, "chart.figure."+string(a.Func), i18n.Args{"Name": labelOf(cols, a.Column), "At": a.At})
}

// Describe says what one sees: how many places, the largest and the smallest value.
func Describe(lang i18n.Lang, c Chart, d Data) string {
	if d.Empty() {
		return i18n.T(lang, "chart.empty")
	}
	totals := make([]float64, len(d.Labels))
	for i := range d.Labels {
		some := false
		for _, s := range d.Series {
			if v := s.Values[i]; !math.IsNaN(v) {
				totals[i], some = totals[i]+v, true
			}
		}
		if !some || len(d.Series) > 1 && !additive(c.Y) {
			totals[i] = math.NaN()
		}
	}
	args := i18n.Args{"Kind": i18n.T(lang, "chart.kind."+string(c.Kind)), "Count": len(d.Labels), "Series": len(d.Series)}
	out := i18n.T(lang, "chart.desc", args)
	if len(d.Series) > 1 {
		out += " " + i18n.T(lang, "chart.desc.series", args)
	}
	high, low := -1, -1
	for i, v := range totals {
		if math.IsNaN(v) {
			continue
		}
		if high < 0 || v > totals[high] {
			high = i
		}
		if low < 0 || v < totals[low] {
			low = i
		}
	}
	if high >= 0 && totals[high] != totals[low] {
		out += " " + i18n.T(lang, "chart.desc.ends", i18n.Args{
			"High": d.Labels[high], "Most": Value(lang, totals[high]), "Low": d.Labels[low], "Least": Value(lang, totals[low])})
	}
	return out
}

// Notes say what the chart does not show.
func Notes(lang i18n.Lang, c Chart, d Data) (list []string) {
	if d.Hidden > 0 {
		key := "chart.note.hidden"
		if continuous(c.X) {
			key = "chart.note.earlier"
		}
		list = append(list, i18n.T(lang, key, i18n.Args{"Shown": len(d.Labels), "Count": d.Hidden}))
	}
	if d.Merged > 0 && !additive(c.Y) {
		list = append(list, i18n.T(lang, "chart.note.series", i18n.Args{"Count": d.Merged}))
	}
	if d.LeftOut {
		if d.Left > 0 {
			list = append(list, i18n.T(lang, "chart.note.left-rows", i18n.Args{"Count": int(d.Left)}))
		} else {
			list = append(list, i18n.T(lang, "chart.note.left"))
		}
	}
	if d.Partial {
		list = append(list, i18n.T(lang, "chart.note.partial", i18n.Args{"Max": groupsMost}))
	}
	return list
}
