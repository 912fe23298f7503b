package collectui

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/expression"
	"socle/internal/schema/form"
	"socle/internal/web/ui"
)

// rules are what the editor asks of the answers to a question, by its control.
type rules struct {
	bounds, lengths, pattern, unique, example, start bool
}

func rulesOf(it *form.Item) rules {
	switch it.Control {
	case form.Text:
		return rules{lengths: true, pattern: true, unique: true, example: true, start: true}
	case form.LongText:
		return rules{lengths: true, example: true}
	case form.Integer, form.Number, form.Year:
		return rules{bounds: true, unique: true, example: true, start: true}
	case form.Date, form.Month:
		plain := it.Format == "" || it.Format == "default"
		return rules{bounds: plain, unique: true, start: plain}
	case form.YesNo, form.OneChoice:
		return rules{start: true}
	case form.Commune, form.Address, form.SIRET, form.Email, form.Phone, form.URL:
		return rules{unique: true, example: true, start: true}
	}
	return rules{}
}

// rulesOf are the fields of the rules of line n, nil where there are none.
func (e *editing) rulesOf(n int, at func(string) string) (list []templ.Component) {
	ctx, it := e.ctx, &e.list[n]
	if it.Kind == form.Repeat {
		return []templ.Component{e.number(at("min"), "collectui.rows.least", positive(it.Min)), e.number(at("max"), "collectui.rows.most", positive(it.Max))}
	}
	if it.Kind != form.Field || !it.Asked() {
		return nil
	}
	field := func(what, key string) ui.Field {
		f := ui.Field{Name: at(what), Label: ui.T(ctx, key), Either: true, Error: e.problems.Of(at(what))}
		if help := key + ".help"; slices.Contains(helped, help) {
			f.Help = ui.T(ctx, help)
		}
		return f
	}
	r := rulesOf(&it.Item)
	if r.bounds {
		least, most := ui.Input{Field: field("minimum", "collectui.minimum"), Value: it.Minimum, Short: true}, ui.Input{Field: field("maximum", "collectui.maximum"), Value: it.Maximum, Short: true}
		switch it.Control {
		case form.Date, form.Month:
			least.Label, most.Label = ui.T(ctx, "collectui.earliest"), ui.T(ctx, "collectui.latest")
			least.Type = string(it.Control) // "date", "month", as HTML calls them too
			most.Type = least.Type
		default:
			least.Mode, most.Mode = "decimal", "decimal"
		}
		list = append(list, least, most)
	}
	if r.lengths {
		list = append(list, e.number(at("min-length"), "collectui.min-length", it.MinLength), e.number(at("max-length"), "collectui.max-length", it.MaxLength))
	}
	if r.pattern {
		list = append(list, ui.Input{Field: field("pattern", "collectui.pattern"), Value: it.Pattern, MaxLength: 500})
	}
	list = append(list, ui.TextArea{Field: field("constraint", "collectui.constraint"), Value: it.Constraint, Rows: 2}, ui.Input{Field: field("message", "collectui.message"), Value: it.ConstraintMessage, MaxLength: 500})
	if r.unique && repeatOf(e.list, n) < 0 {
		list = append(list, ui.Checkbox{Field: field("unique", "collectui.unique"), Checked: it.Unique})
	}
	if r.example {
		list = append(list, ui.Input{Field: field("example", "collectui.example-of"), Value: it.Example, MaxLength: 200})
	}
	if r.start {
		list = append(list, e.start(&it.Item, field("default", "collectui.default")))
	}
	return list
}

// helped are the fields that need a word of explanation.
var helped = []string{"collectui.pattern.help", "collectui.constraint.help", "collectui.message.help", "collectui.unique.help", "collectui.default.help"}

// start is the field of the value that an answer begins with.
func (e *editing) start(it *form.Item, f ui.Field) templ.Component {
	in := ui.Input{Field: f, Value: it.Default, MaxLength: 200}
	switch it.Control {
	case form.OneChoice:
		return ui.Select{Field: f, Value: it.Default, Empty: ui.T(e.ctx, "collectui.default.none"), Options: options(it)}
	case form.YesNo:
		return ui.Select{Field: f, Value: it.Default, Empty: ui.T(e.ctx, "collectui.default.none"), Options: []ui.Option{
			{Value: orElse(it.TrueValue, "true"), Label: ui.T(e.ctx, "collectui.yes")}, {Value: orElse(it.FalseValue, "false"), Label: ui.T(e.ctx, "collectui.no")}}}
	case form.Date:
		in.Type = "date"
	case form.Month:
		in.Type = "month"
	}
	return in
}

func (e *editing) number(name, key string, value *int) templ.Component {
	in := ui.Input{Field: ui.Field{Name: name, Label: ui.T(e.ctx, key), Either: true, Error: e.problems.Of(name)}, Type: "number", Min: "0", Short: true}
	if value != nil {
		in.Value = strconv.Itoa(*value)
	}
	return in
}

func positive(n int) *int {
	if n <= 0 {
		return nil
	}
	return &n
}

// readRules reads what rulesOf shows. A number that is none is as if it were not there.
func readRules(it *form.Item, said func(string) string, inRepeat bool) {
	whole := func(what string) *int {
		n, err := strconv.Atoi(said(what))
		if err != nil {
			return nil
		}
		return positive(n)
	}
	if it.Kind == form.Repeat {
		it.Min, it.Max = 0, 0
		if n := whole("min"); n != nil {
			it.Min = min(*n, form.MaxRepeats)
		}
		if n := whole("max"); n != nil {
			it.Max = min(*n, form.MaxRepeats)
		}
		return
	}
	plain := func(what string) string { return reading{zone: time.UTC}.value(it, []string{said(what)}) }
	r := rulesOf(it)
	if r.bounds {
		it.Minimum, it.Maximum = plain("minimum"), plain("maximum")
	}
	if r.lengths {
		it.MinLength, it.MaxLength = whole("min-length"), whole("max-length")
	}
	if r.pattern {
		it.Pattern = said("pattern")
	}
	it.Constraint, it.ConstraintMessage = said("constraint"), said("message")
	if r.unique && !inRepeat {
		it.Unique = said("unique") != ""
	}
	if r.example {
		it.Example = said("example")
	}
	if r.start {
		it.Default = plain("default")
	}
}

// ruleProblems is what is wrong with the rules and calculations of a form of its own, by the
// fields of the editor; each message names its question.
func ruleProblems(ctx context.Context, items []form.Item) (list ui.Problems) {
	lines := flatten(items)
	known := map[string]bool{}
	for i := range lines {
		known[lines[i].Item.Name] = true
	}
	for n := range lines {
		it := &lines[n].Item
		found := map[string]string{}
		for what, text := range map[string]string{"constraint": it.Constraint, "calculation": it.Calculation} {
			found[what] = misread(ctx, text, known)
		}
		if it.Kind == form.Field && it.Control == form.Calculated && it.Calculation == "" {
			found["calculation"] = ui.T(ctx, "collectui.calculation.missing")
		}
		if it.Kind == form.Repeat && end(lines, n) == n+1 {
			found["label"] = ui.T(ctx, "collectui.rows.none")
		}
		if it.Kind == form.Repeat && it.Max > 0 && it.Min > it.Max {
			found["min"] = ui.T(ctx, "collectui.bounds")
		}
		if it.MinLength != nil && it.MaxLength != nil && *it.MinLength > *it.MaxLength {
			found["min-length"] = ui.T(ctx, "collectui.bounds")
		}
		if r := rulesOf(it); it.Asked() && (r.bounds || r.pattern || r.start) {
			maps.Copy(found, misfits(ctx, it))
		}
		for _, what := range slices.Sorted(maps.Keys(found)) {
			if text := found[what]; text != "" {
				list = append(list, ui.Problem{Name: fmt.Sprintf("i%d-%s", n, what), Message: ui.T(ctx, "collectui.wrong", i18n.Args{"Question": shorten(orElse(it.Title, it.Label)), "Text": text})})
			}
		}
	}
	return list
}

// misread is what is wrong with an expression, "" for nothing.
func misread(ctx context.Context, text string, known map[string]bool) string {
	if text == "" {
		return ""
	}
	x, err := expression.Parse(text)
	if err != nil {
		bad := errs.As(err)
		return ui.T(ctx, bad.Key, bad.Args)
	}
	for _, name := range x.Names() {
		if !known[name] {
			return ui.T(ctx, "collectui.unknown-name", i18n.Args{"Name": name})
		}
	}
	return ""
}

// misfits are the bounds, the pattern and the beginning that the question itself would
// not take as an answer.
func misfits(ctx context.Context, it *form.Item) map[string]string {
	plain := form.Item{Kind: form.Field, Name: "v", Label: it.Label, Control: it.Control, Format: it.Format, Choices: it.Choices, TrueValue: it.TrueValue, FalseValue: it.FalseValue}
	found := map[string]string{"minimum": refused(ctx, plain, it.Minimum), "maximum": refused(ctx, plain, it.Maximum)}
	if _, err := schema.CompilePattern(it.Pattern); it.Pattern != "" && err != nil {
		found["pattern"] = ui.T(ctx, "expression.pattern", i18n.Args{"Pattern": it.Pattern})
	}
	if found["minimum"] != "" || found["maximum"] != "" || found["pattern"] != "" {
		return found
	}
	most := plain
	if most.Maximum = it.Maximum; refused(ctx, most, it.Minimum) != "" {
		found["minimum"] = ui.T(ctx, "collectui.bounds")
		return found
	}
	plain.Minimum, plain.Maximum, plain.MinLength, plain.MaxLength, plain.Pattern = it.Minimum, it.Maximum, it.MinLength, it.MaxLength, it.Pattern
	if !strings.HasPrefix(it.Default, "=") {
		found["default"] = refused(ctx, plain, it.Default)
	}
	return found
}

// refused says why a question does not take an answer, "" when it does.
func refused(ctx context.Context, it form.Item, text string) string {
	if text == "" {
		return ""
	}
	d := form.Definition{Language: string(ui.LangOf(ctx)), Items: []form.Item{it}}
	var err error
	if d.Schema, err = d.WriteSchema(""); err == nil {
		var c *form.Checker
		if c, err = form.NewChecker(&d); err == nil {
			var bad []errs.Field
			if _, bad, err = c.Check(form.Values{it.Name: text}, time.Time{}); len(bad) > 0 {
				return ui.T(ctx, bad[0].Key, bad[0].Args)
			}
		}
	}
	if err != nil {
		bad := errs.As(err)
		return ui.T(ctx, bad.Key, bad.Args)
	}
	return ""
}
