package expression

import (
	"math"
	"strings"
	"unicode/utf8"
)

var functions = []function{
	// Conditions.
	{name: "if", usage: "if(condition, then, else)", least: 3, most: 3, eval: func(e *evaluation, args []node) Value {
		if e.eval(args[0]).Bool() {
			return e.eval(args[1])
		}
		return e.eval(args[2])
	}},
	{name: "not", usage: "not(condition)", least: 1, most: 1, eval: func(e *evaluation, args []node) Value { return boolOf(!e.eval(args[0]).Bool()) }},
	{name: "true", usage: "true()", eval: func(*evaluation, []node) Value { return boolOf(true) }},
	{name: "false", usage: "false()", eval: func(*evaluation, []node) Value { return boolOf(false) }},
	{name: "boolean", usage: "boolean(value)", least: 1, most: 1, eval: func(e *evaluation, args []node) Value { return boolOf(e.eval(args[0]).Bool()) }},
	{name: "coalesce", usage: "coalesce(value, otherwise, …)", least: 1, most: -1, eval: func(e *evaluation, args []node) Value {
		for _, a := range args {
			if v := e.eval(a); v.Text() != "" {
				return v
			}
		}
		return textOf("")
	}},
	{name: "once", usage: "once(value)", least: 1, most: 1, changes: true, eval: func(e *evaluation, args []node) Value {
		if v := e.answer(e.env.Self); v.Text() != "" {
			return v
		}
		return e.eval(args[0])
	}},
	// Choices.
	{name: "selected", usage: "selected(${question}, 'choice')", least: 2, most: 2, eval: func(e *evaluation, args []node) Value {
		return boolOf(isSelected(e.eval(args[0]), e.eval(args[1]).Text()))
	}},
	{name: "count-selected", usage: "count-selected(${question})", least: 1, most: 1, eval: func(e *evaluation, args []node) Value {
		return numberOf(float64(len(chosen(e.eval(args[0])))))
	}},
	{name: "selected-at", usage: "selected-at(${question}, index)", least: 2, most: 2, eval: func(e *evaluation, args []node) Value {
		list, i := chosen(e.eval(args[0])), e.eval(args[1]).Number()
		if i >= 0 && i < float64(len(list)) {
			return textOf(list[int(i)])
		}
		return textOf("")
	}},
	{name: "jr:choice-name", usage: "jr:choice-name(${question}, '${question}')", least: 2, most: 2, eval: (*evaluation).label},
	// Texts.
	{name: "string", usage: "string(value)", least: 1, most: 1, eval: onTexts(func(s []string) Value { return textOf(s[0]) })},
	{name: "string-length", usage: "string-length(text)", most: 1, eval: func(e *evaluation, args []node) Value {
		v := e.answer(e.env.Self)
		if len(args) == 1 {
			v = e.eval(args[0])
		}
		return numberOf(float64(utf8.RuneCountInString(v.Text())))
	}},
	{name: "concat", usage: "concat(text, text, …)", most: -1, eval: onItems(func(_ *evaluation, s []string) Value { return textOf(bounded(strings.Join(s, ""))) })},
	{name: "join", usage: "join(separator, text, …)", least: 1, most: -1, eval: func(e *evaluation, args []node) Value {
		separator := e.eval(args[0]).Text()
		return onItems(func(_ *evaluation, s []string) Value { return textOf(bounded(strings.Join(s, separator))) })(e, args[1:])
	}},
	{name: "substr", usage: "substr(text, start, end)", least: 2, most: 3, eval: func(e *evaluation, args []node) Value {
		end := math.Inf(1)
		if len(args) == 3 {
			end = e.eval(args[2]).Number()
		}
		return textOf(runesOf(e.eval(args[0]).Text(), e.eval(args[1]).Number(), end))
	}},
	{name: "substring-before", usage: "substring-before(text, part)", least: 2, most: 2, eval: onTexts(func(s []string) Value {
		before, _, found := strings.Cut(s[0], s[1])
		if !found {
			before = ""
		}
		return textOf(before)
	})},
	{name: "substring-after", usage: "substring-after(text, part)", least: 2, most: 2, eval: onTexts(func(s []string) Value {
		_, after, _ := strings.Cut(s[0], s[1])
		return textOf(after)
	})},
	{name: "contains", usage: "contains(text, part)", least: 2, most: 2, eval: onTexts(func(s []string) Value { return boolOf(strings.Contains(s[0], s[1])) })},
	{name: "starts-with", usage: "starts-with(text, part)", least: 2, most: 2, eval: onTexts(func(s []string) Value { return boolOf(strings.HasPrefix(s[0], s[1])) })},
	{name: "ends-with", usage: "ends-with(text, part)", least: 2, most: 2, eval: onTexts(func(s []string) Value { return boolOf(strings.HasSuffix(s[0], s[1])) })},
	{name: "translate", usage: "translate(text, from, to)", least: 3, most: 3, eval: onTexts(func(s []string) Value { return textOf(translate(s[0], s[1], s[2])) })},
	{name: "normalize-space", usage: "normalize-space(text)", least: 1, most: 1, eval: onTexts(func(s []string) Value { return textOf(strings.Join(strings.Fields(s[0]), " ")) })},
	{name: "lower-case", usage: "lower-case(text)", least: 1, most: 1, eval: onTexts(func(s []string) Value { return textOf(strings.ToLower(s[0])) })},
	{name: "upper-case", usage: "upper-case(text)", least: 1, most: 1, eval: onTexts(func(s []string) Value { return textOf(strings.ToUpper(s[0])) })},
	{name: "regex", usage: "regex(text, 'pattern')", least: 2, most: 2, eval: func(e *evaluation, args []node) Value {
		p, ok := args[1].(pattern)
		if !ok {
			p.re = wholePattern(e.eval(args[1]).Text())
		}
		return boolOf(p.re != nil && p.re.MatchString(e.eval(args[0]).Text()))
	}},
	{name: "uuid", usage: "uuid()", changes: true, eval: func(e *evaluation, _ []node) Value {
		if e.env.UUID == nil {
			return textOf("")
		}
		return textOf(e.env.UUID())
	}},
	// Numbers.
	{name: "number", usage: "number(value)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return x[0] })},
	{name: "int", usage: "int(number)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Trunc(x[0]) })},
	{name: "round", usage: "round(number, decimals)", least: 1, most: 2, eval: onNumbers(func(x []float64) float64 { return roundTo(x[0], append(x, 0)[1]) })},
	{name: "floor", usage: "floor(number)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Floor(x[0]) })},
	{name: "ceiling", usage: "ceiling(number)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Ceil(x[0]) })},
	{name: "abs", usage: "abs(number)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Abs(x[0]) })},
	{name: "pow", usage: "pow(number, power)", least: 2, most: 2, eval: onNumbers(func(x []float64) float64 { return math.Pow(x[0], x[1]) })},
	{name: "sqrt", usage: "sqrt(number)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Sqrt(x[0]) })},
	{name: "exp", usage: "exp(number)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Exp(x[0]) })},
	{name: "log", usage: "log(number)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Log(x[0]) })},
	{name: "log10", usage: "log10(number)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Log10(x[0]) })},
	{name: "pi", usage: "pi()", eval: func(*evaluation, []node) Value { return numberOf(math.Pi) }},
	{name: "sin", usage: "sin(radians)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Sin(x[0]) })},
	{name: "cos", usage: "cos(radians)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Cos(x[0]) })},
	{name: "tan", usage: "tan(radians)", least: 1, most: 1, eval: onNumbers(func(x []float64) float64 { return math.Tan(x[0]) })},
	// Many values.
	{name: "min", usage: "min(number, number, …)", least: 1, most: -1, eval: onItems(func(e *evaluation, items []string) Value { return numberOf(extreme(e.numbers(items), -1)) })},
	{name: "max", usage: "max(number, number, …)", least: 1, most: -1, eval: onItems(func(e *evaluation, items []string) Value { return numberOf(extreme(e.numbers(items), 1)) })},
	{name: "sum", usage: "sum(${question of a repeated group})", least: 1, most: -1, eval: onItems(func(e *evaluation, items []string) Value {
		total := 0.0
		for _, f := range e.numbers(items) {
			total += f
		}
		return numberOf(total)
	})},
	{name: "count", usage: "count(${repeated group})", least: 1, most: 1, eval: func(e *evaluation, args []node) Value {
		return numberOf(float64(len(e.eval(args[0]).items())))
	}},
	{name: "count-non-empty", usage: "count-non-empty(${question of a repeated group})", least: 1, most: 1, eval: onItems(func(_ *evaluation, items []string) Value {
		return numberOf(float64(len(items)))
	})},
	{name: "position", usage: "position(..)", least: 1, most: 1, eval: func(e *evaluation, _ []node) Value { return numberOf(float64(e.position())) }},
	{name: "indexed-repeat", usage: "indexed-repeat(${question}, ${repeated group}, number)", least: 3, most: 3, eval: (*evaluation).instance},
	// Moments.
	{name: "today", usage: "today()", changes: true, eval: func(e *evaluation, _ []node) Value { return textOf(e.env.Now.Format("2006-01-02")) }},
	{name: "now", usage: "now()", changes: true, eval: func(e *evaluation, _ []node) Value { return textOf(e.env.Now.Format(isoMoment)) }},
	{name: "date", usage: "date(value)", least: 1, most: 1, eval: onMoment(func(m moment) Value { return textOf(m.t.Format("2006-01-02")) })},
	{name: "date-time", usage: "date-time(value)", least: 1, most: 1, eval: onMoment(func(m moment) Value { return textOf(m.t.Format(isoMoment)) })},
	{name: "decimal-date-time", usage: "decimal-date-time(value)", least: 1, most: 1, eval: onMoment(func(m moment) Value { return numberOf(m.days) })},
	{name: "decimal-time", usage: "decimal-time(value)", least: 1, most: 1, eval: onMoment(func(m moment) Value { return numberOf(m.days - math.Floor(m.days)) })},
	{name: "format-date", usage: "format-date(date, '%d/%m/%Y')", least: 2, most: 2, eval: format},
	{name: "format-date-time", usage: "format-date-time(moment, '%d/%m/%Y %H:%M')", least: 2, most: 2, eval: format},
	// Places.
	{name: "distance", usage: "distance(${position}, ${position})", least: 1, most: -1, eval: func(e *evaluation, args []node) Value {
		return numberOf(length(e.points(args)))
	}},
	{name: "area", usage: "area(${shape})", least: 1, most: 1, eval: func(e *evaluation, args []node) Value { return numberOf(area(e.points(args))) }},
}

// extreme is the greatest number (sign 1) or the least (-1); NaN when there is none or
// when one of them is not a number.
func extreme(list []float64, sign float64) float64 {
	best := math.NaN()
	for i, f := range list {
		if math.IsNaN(f) {
			return f
		}
		if i == 0 || f*sign > best*sign {
			best = f
		}
	}
	return best
}
