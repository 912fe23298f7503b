package query

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"socle/internal/i18n"
	"socle/internal/tabular"
)

// sentenceValues is how many values of a list are said; the others are counted.
const sentenceValues = 4

// Sentence says what the query finds, in one sentence without full stop:
// "Délibérations avec le mot « urbanisme », où commune est « Roques » et date est en 2025, par montant
// décroissant". The page (limit, offset) is not said.
func (q Query) Sentence(lang i18n.Lang, cols []Column, title string) string {
	s := speaker{lang: lang, cols: index(cols), figures: map[string]string{}}
	out := title
	if len(q.Group)+len(q.Aggregates) > 0 {
		out = s.grouped(q, title)
	}
	if words := strings.Fields(q.Text); len(words) > 0 {
		out = s.say("query.sentence.words", i18n.Args{"Title": out, "Words": s.quoted(words), "Count": len(words)})
	}
	if q.Where != nil {
		key := "query.sentence.where"
		if q.Text != "" {
			key = "query.sentence.and-where"
		}
		out = s.say(key, i18n.Args{"Title": out, "Condition": s.expr(q.Where, true)})
	}
	if len(q.Sort) > 0 {
		keys := make([]string, len(q.Sort))
		for i, k := range q.Sort {
			key := "query.sentence.ascending"
			if k.Desc {
				key = "query.sentence.descending"
			}
			name, grouped := s.figures[k.Column]
			if !grouped {
				name = s.label(k.Column)
			}
			keys[i] = s.say(key, i18n.Args{"Name": name})
		}
		out = s.say("query.sentence.sorted", i18n.Args{"Title": out, "Keys": s.list(keys, "and")})
	}
	return out
}

type speaker struct {
	lang    i18n.Lang
	cols    columnIndex
	figures map[string]string // what the columns of a grouped query are called
}

func (s speaker) say(key string, args ...i18n.Args) string { return i18n.T(s.lang, key, args...) }

// list joins with commas and, before the last, a word.
func (s speaker) list(items []string, word string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + s.say("query.sentence."+word) + " " + items[last]
}

// label is the column's title as it stands within a sentence: SIRET stays,
// Commune becomes commune.
func (s speaker) label(name string) string {
	label := name
	if i, ok := s.cols.by[name]; ok {
		label = s.cols.list[i].Label()
	}
	r := []rune(label)
	if len(r) > 1 && unicode.IsUpper(r[0]) && !unicode.IsUpper(r[1]) {
		r[0] = unicode.ToLower(r[0])
	}
	return string(r)
}

func (s speaker) quote(text string) string {
	return s.say("query.sentence.quote", i18n.Args{"Text": text})
}

func (s speaker) quoted(texts []string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = s.quote(t)
	}
	return s.list(out, "and")
}

// grouped says the figures and the groups: "nombre de lignes et somme de
// montant par commune — Subventions".
func (s speaker) grouped(q Query, title string) string {
	figures := []string{}
	for _, a := range q.Aggregates {
		figure := s.say("query.sentence.rows")
		if !a.Bare {
			figure = s.say("query.sentence."+string(a.Func), i18n.Args{"Name": s.label(a.Column), "At": a.At})
		}
		figures = append(figures, figure)
	}
	if len(figures) == 0 {
		figures = append(figures, s.say("query.sentence.values"))
	}
	args := i18n.Args{"Title": title, "Figures": s.list(figures, "and")}
	if len(q.Group) == 0 {
		return s.say("query.sentence.figures", args)
	}
	var groups []string
	for _, g := range q.Group {
		label := s.label(g.Column)
		switch {
		case g.Step != 0:
			label = s.say("query.sentence.step", i18n.Args{"Name": label, "Step": s.number(formatNumber(g.Step))})
		case len(g.Bounds) > 0:
			label = s.say("query.sentence.classes", i18n.Args{"Name": label})
		case g.Unit != Exact:
			label = s.say("query.sentence.unit."+string(g.Unit), i18n.Args{"Name": label})
		}
		groups = append(groups, label)
	}
	args["Groups"] = s.list(groups, "and")
	for i, g := range q.Group {
		s.figures[g.Name()] = groups[i]
	}
	for i, a := range q.Aggregates {
		s.figures[a.Name()] = figures[i]
	}
	return s.say("query.sentence.grouped", args)
}

// expr says a condition; top is true where "and" needs no parentheses.
func (s speaker) expr(e Expr, top bool) string {
	all := func(list []Expr, word string) string {
		items := make([]string, len(list))
		for i, e := range list {
			items[i] = s.expr(e, false)
		}
		text := s.list(items, word)
		if !top && len(list) > 1 {
			return "(" + text + ")"
		}
		return text
	}
	switch e := e.(type) {
	case And:
		return all(e, "and")
	case Or:
		return all(e, "or")
	case Not:
		return s.say("query.sentence.not", i18n.Args{"Condition": s.expr(e.Expr, true)})
	case Search:
		words := strings.Fields(e.Text)
		return s.say("query.sentence.search", i18n.Args{"Words": s.quoted(words)})
	}
	column, _ := columnOf(e)
	return s.condition(e, s.label(column))
}

func (s speaker) condition(e Expr, label string) string {
	args := i18n.Args{"Name": label}
	switch e := e.(type) {
	case Compare:
		args["Value"] = s.value(e.Value)
		if e.Value.Kind == tabular.Date || e.Value.Kind == tabular.Timestamp {
			return s.say("query.sentence.date."+string(e.Op), args)
		}
		return s.say("query.sentence."+string(e.Op), args)
	case In:
		var values []string
		for i, v := range e.Values {
			if i == sentenceValues && len(e.Values) > sentenceValues+1 {
				values = append(values, s.say("query.sentence.others", i18n.Args{"Count": len(e.Values) - i}))
				break
			}
			values = append(values, s.value(v))
		}
		args["Value"] = s.list(values, "or")
		return s.say("query.sentence.eq", args)
	case Between:
		return s.between(e, args)
	case Match:
		args["Value"] = s.quote(e.Text)
		if e.Start {
			return s.say("query.sentence.starts", args)
		}
		return s.say("query.sentence.contains", args)
	case Null:
		if e.Present {
			return s.say("query.sentence.present", args)
		}
		return s.say("query.sentence.null", args)
	case Like:
		args["Value"] = s.quote(e.Pattern)
		return s.say("query.sentence.like", args)
	case Part:
		args["Name"] = s.say("query.sentence.unit."+string(e.Part), i18n.Args{"Name": label})
		args["Value"] = strconv.FormatInt(e.Value, 10)
		return s.say("query.sentence."+string(e.Op), args)
	case Inside:
		if e.Meets {
			return s.say("query.sentence.meets", args)
		}
		return s.say("query.sentence.inside", args)
	case BBox:
		args["Box"] = numbers(e.West, e.South, e.East, e.North)
		return s.say("query.sentence.bbox", args)
	case Near:
		args["Place"] = numbers(e.Lon, e.Lat)
		args["Distance"] = s.metres(e.Metres)
		return s.say("query.sentence.near", args)
	}
	return label
}

func (s speaker) metres(m float64) string {
	if m >= 1000 {
		return s.number(strconv.FormatFloat(m/1000, 'f', -1, 64)) + "\u00a0km"
	}
	return s.number(strconv.FormatFloat(m, 'f', -1, 64)) + "\u00a0m"
}

// between says a range of dates as the year or the month it is, if it is one.
func (s speaker) between(e Between, args i18n.Args) string {
	args["Low"], args["High"] = s.value(e.Low), s.value(e.High)
	if e.Low.Kind != tabular.Date {
		return s.say("query.sentence.between", args)
	}
	low, high := tabular.Day(e.Low.Int), tabular.Day(e.High.Int)
	if low.Day() == 1 && high.AddDate(0, 0, 1).Day() == 1 && low.Year() == high.Year() {
		args["Year"] = strconv.Itoa(low.Year())
		switch {
		case low.Month() == time.January && high.Month() == time.December:
			return s.say("query.sentence.year", args)
		case low.Month() == high.Month():
			args["Month"] = s.month(low.Month())
			return s.say("query.sentence.month", args)
		}
	}
	return s.say("query.sentence.date.between", args)
}

func (s speaker) month(m time.Month) string { return s.say(fmt.Sprintf("query.month.%d", int(m))) }

// value says a value: texts in quotation marks, numbers and dates as the
// language writes them.
func (s speaker) value(v Value) string {
	switch v.Kind {
	case tabular.Int:
		return s.number(strconv.FormatInt(v.Int, 10))
	case tabular.Float:
		if math.Abs(v.Float) >= 1e15 || v.Float != 0 && math.Abs(v.Float) < 1e-6 {
			return v.String()
		}
		return s.number(strconv.FormatFloat(v.Float, 'f', -1, 64))
	case tabular.Bool:
		if v.Int != 0 {
			return s.say("query.sentence.true")
		}
		return s.say("query.sentence.false")
	case tabular.Date:
		return s.date(tabular.Day(v.Int))
	case tabular.Timestamp:
		t := tabular.Instant(v.Int)
		if t.Equal(t.Truncate(24 * time.Hour)) {
			return s.date(t)
		}
		return s.say("query.sentence.instant", i18n.Args{"Date": s.date(t), "Time": t.Format(s.say("query.sentence.clock"))})
	case tabular.TimeOfDay:
		return tabular.Instant(v.Int).Format(s.say("query.sentence.clock"))
	}
	return s.quote(v.Text)
}

func (s speaker) date(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = s.say("query.sentence.first")
	}
	return s.say("query.sentence.day", i18n.Args{"Day": day, "Month": s.month(t.Month()), "Year": strconv.Itoa(t.Year())})
}

// number groups digits by three and writes the decimal mark of the language.
func (s speaker) number(text string) string {
	sign, digits := "", text
	if strings.HasPrefix(digits, "-") {
		sign, digits = "\u2212", digits[1:]
	}
	whole, decimals, _ := strings.Cut(digits, ".")
	group, mark := "\u202f", ","
	if s.lang == i18n.English {
		group, mark = ",", "."
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(r)
	}
	if decimals != "" {
		b.WriteString(mark + decimals)
	}
	return b.String()
}
