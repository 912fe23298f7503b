package collectui

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"socle/internal/schema/form"
	"socle/internal/web/ui"
)

// condition is "only if", as far as the editor writes it: ${etat} = 'bon', and of a
// question of several answers selected(${etat}, 'bon').
type condition struct{ question, op, value string }

var (
	comparison = regexp.MustCompile(`^\$\{([^}]+)\} (=|!=|>|<) '([^']*)'$`)
	selection  = regexp.MustCompile(`^(not\()?selected\(\$\{([^}]+)\}, '([^']*)'\)(\))?$`)
)

// readCondition reads what expression writes; ok is false of what was written elsewhere.
func readCondition(text string) (c condition, ok bool) {
	if text == "" {
		return condition{op: "="}, true
	}
	if m := comparison.FindStringSubmatch(text); m != nil {
		return condition{m[1], m[2], m[3]}, true
	}
	m := selection.FindStringSubmatch(text)
	if m == nil || (m[1] == "") != (m[4] == "") {
		return c, false
	}
	if m[1] != "" {
		return condition{m[2], "!=", m[3]}, true
	}
	return condition{m[2], "=", m[3]}, true
}

// expression writes the condition. A choice may be said by its words.
func (c condition) expression(list []line) string {
	if c.question == "" {
		return ""
	}
	value := c.value
	at := slices.IndexFunc(list, func(l line) bool { return l.Item.Name == c.question })
	if at >= 0 {
		choices := list[at].Choices
		same := func(x form.Choice) bool { return x.Value == value }
		if !slices.ContainsFunc(choices, same) {
			said := func(x form.Choice) bool { return strings.EqualFold(x.Label, strings.TrimSpace(value)) }
			if i := slices.IndexFunc(choices, said); i >= 0 {
				value = choices[i].Value
			}
		}
	}
	value = strings.ReplaceAll(value, "'", "’")
	if at < 0 || !list[at].Several() {
		return fmt.Sprintf("${%s} %s '%s'", c.question, c.op, value)
	}
	chosen := fmt.Sprintf("selected(${%s}, '%s')", c.question, value)
	if c.op == "!=" {
		return "not(" + chosen + ")"
	}
	return chosen
}

func operator(s string) string {
	if slices.Contains([]string{"=", "!=", ">", "<"}, s) {
		return s
	}
	return "="
}

// condition shows "only if", when it is one that the editor can write.
func (v *itemView) condition(ctx context.Context, list []line, n int, at func(string) string) {
	it := list[n]
	c, ok := readCondition(it.Relevant)
	if !ok {
		return // written elsewhere: it stays as it is
	}
	sel := ui.Select{Field: ui.Field{Name: at("if"), Label: ui.T(ctx, "collectui.if"), Either: true}, Value: c.question, Empty: ui.T(ctx, "collectui.if.always")}
	for i, x := range list {
		near := repeatOf(list, i) < 0 || repeatOf(list, i) == repeatOf(list, n)
		if x.Kind == form.Field && near && x.Item.Name != "" && x.Item.Name != it.Item.Name { // named once it is kept
			sel.Options = append(sel.Options, ui.Option{Value: x.Item.Name, Label: x.Label})
		}
	}
	if c.question != "" && !slices.ContainsFunc(sel.Options, func(o ui.Option) bool { return o.Value == c.question }) {
		return // of a question that cannot be chosen here: it stays as it is
	}
	v.Field = &sel
	v.Op = ui.Select{Field: ui.Field{Name: at("op"), Label: ui.T(ctx, "collectui.if.op"), Either: true}, Value: c.op, Options: []ui.Option{
		{Value: "=", Label: ui.T(ctx, "collectui.if.is")}, {Value: "!=", Label: ui.T(ctx, "collectui.if.not")}, {Value: ">", Label: ui.T(ctx, "collectui.if.more")}, {Value: "<", Label: ui.T(ctx, "collectui.if.less")}}}
	v.Value = ui.Input{Field: ui.Field{Name: at("value"), Label: ui.T(ctx, "collectui.if.value"), Either: true}, Value: c.value, Short: true}
}
