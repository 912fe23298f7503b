package expression

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// function is one of the language.
type function struct {
	name        string
	usage       string
	least, most int // arguments; most -1: any number
	changes     bool
	eval        func(e *evaluation, args []node) Value
}

// Functions lists how each function is called, in alphabetical order.
func Functions() []string {
	list := make([]string, len(functions))
	for i, f := range functions {
		list[i] = f.usage
	}
	slices.Sort(list)
	return list
}

func functionNamed(name string) *function {
	for i := range functions {
		if functions[i].name == name {
			return &functions[i]
		}
	}
	return nil
}

// maxText bounds what functions that multiply texts give, in bytes.
const maxText = 100_000

// values evaluates arguments.
func (e *evaluation) values(args []node) []Value {
	list := make([]Value, len(args))
	for i, a := range args {
		list[i] = e.eval(a)
	}
	return list
}

// onTexts is a function of the texts of its arguments.
func onTexts(f func(s []string) Value) func(*evaluation, []node) Value {
	return func(e *evaluation, args []node) Value {
		list := make([]string, len(args))
		for i, a := range args {
			list[i] = e.eval(a).Text()
		}
		return f(list)
	}
}

// onNumbers is a function of the numbers of its arguments.
func onNumbers(f func(x []float64) float64) func(*evaluation, []node) Value {
	return func(e *evaluation, args []node) Value {
		list := make([]float64, len(args))
		for i, a := range args {
			list[i] = e.eval(a).Number()
		}
		return numberOf(f(list))
	}
}

// onItems is a function of every value that its arguments hold: the answers of a
// repeated group, several choices, single values. What is empty is left out.
func onItems(f func(e *evaluation, items []string) Value) func(*evaluation, []node) Value {
	return func(e *evaluation, args []node) Value {
		var list []string
		for _, v := range e.values(args) {
			for _, s := range v.items() {
				if s != "" {
					list = append(list, s)
				}
			}
		}
		return f(e, list)
	}
}

func (e *evaluation) numbers(items []string) []float64 {
	list := make([]float64, len(items))
	for i, s := range items {
		list[i] = readNumber(s, e.env)
	}
	return list
}

// chosen are the choices that a value holds: those of an answer, or a text cut at ";"
// or else at spaces.
func chosen(v Value) []string {
	if v.kind == choices || v.kind == nodes {
		return v.list
	}
	s := v.Text()
	if !strings.Contains(s, ";") {
		return strings.Fields(s)
	}
	var list []string
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

func isSelected(v Value, wanted string) bool {
	wanted = strings.TrimSpace(wanted)
	if v.kind == text && strings.TrimSpace(v.text) == wanted {
		return true
	}
	return slices.Contains(chosen(v), wanted)
}

// runesOf cuts a text as substr does: from the character start (0 is the first, negative
// counts from the end) to before end.
func runesOf(s string, start, end float64) string {
	n := float64(utf8.RuneCountInString(s))
	from := func(f float64) float64 {
		if math.IsNaN(f) {
			return 0
		}
		if f = math.Trunc(f); f < 0 {
			f += n
		}
		return max(0, min(n, f))
	}
	start, end = from(start), from(end)
	if start >= end {
		return ""
	}
	return string([]rune(s)[int(start):int(end)])
}

// roundTo rounds half up at so many decimals.
func roundTo(f, decimals float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || math.IsNaN(decimals) || math.Abs(decimals) > 15 {
		return f
	}
	scale := math.Pow(10, math.Trunc(decimals))
	r := math.Floor(fifteen(f*scale)+0.5) / scale
	if math.IsInf(r, 0) || math.IsNaN(r) {
		return f
	}
	return r
}

// wholePattern compiles a regular expression that the whole text must match; nil when
// it is not one, or is too long.
func wholePattern(pattern string) *regexp.Regexp {
	if len(pattern) > 1000 {
		return nil
	}
	re, err := regexp.Compile(`^(?:` + pattern + `)$`)
	if err != nil {
		return nil
	}
	return re
}

// translate replaces the characters of from by those of to at the same place; those
// without counterpart are left out.
func translate(s, from, to string) string {
	source, target := []rune(from), []rune(to)
	return strings.Map(func(r rune) rune {
		switch i := slices.Index(source, r); {
		case i < 0:
			return r
		case i < len(target):
			return target[i]
		}
		return -1
	}, s)
}

func bounded(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}

// instance gives the answer of a question in one instance of a repeated group.
func (e *evaluation) instance(args []node) Value {
	field, okField := args[0].(reference)
	repeat, okRepeat := args[1].(reference)
	index := e.eval(args[2]).Number()
	if !okField || !okRepeat || math.IsNaN(index) {
		return textOf("")
	}
	for _, row := range e.rows {
		if a, ok := row[repeat.name]; ok {
			if index < 1 || index > float64(len(a.Rows)) {
				return textOf("")
			}
			return e.answer(a.Rows[int(index)-1][field.name])
		}
	}
	return textOf("")
}

// label gives the label of a choice: jr:choice-name(${f}, '${f}').
func (e *evaluation) label(args []node) Value {
	value := e.eval(args[0])
	name := ""
	switch n := args[1].(type) {
	case literal:
		name = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(n.value.Text()), "${"), "}")
		name = strings.TrimSpace(name[strings.LastIndexByte(name, '/')+1:])
	case reference:
		name = n.name
	}
	if e.env.Label == nil {
		return textOf(value.Text())
	}
	items := value.items()
	labels := make([]string, len(items))
	for i, s := range items {
		labels[i] = e.env.Label(name, s)
	}
	return textOf(bounded(strings.Join(labels, ", ")))
}
