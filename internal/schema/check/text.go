package check

import (
	"fmt"
	"io"
	"strings"

	"socle/internal/i18n"
)

// Colours of a terminal.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

const textExamples = 3 // faults told one by one for each group

// Text writes a report for a terminal: the outcome, then each group with what to
// do, where, and a few examples.
func Text(w io.Writer, r *Report, l i18n.Lang, colour bool) error {
	t := &textReport{r: r, l: l, colour: colour}
	t.head()
	for _, g := range r.Told() {
		t.group(&g)
	}
	if list := SchemaWarnings(r.Schema, l); len(list) > 0 {
		t.line(bold, i18n.T(l, "check.report.schema-warnings"))
		for _, s := range list {
			t.line("", "  "+s)
		}
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

type textReport struct {
	r      *Report
	l      i18n.Lang
	colour bool
	b      strings.Builder
}

func (t *textReport) paint(code, s string) string {
	if !t.colour || code == "" {
		return s
	}
	return code + s + reset
}

func (t *textReport) line(code, s string) {
	t.b.WriteString(t.paint(code, s))
	t.b.WriteByte('\n')
}

func (t *textReport) head() {
	r, l := t.r, t.l
	outcome, code := i18n.T(l, "check.report.valid"), green
	if !r.Valid {
		outcome, code = i18n.T(l, "check.report.invalid", i18n.Args{"Count": r.Stats.Errors}), red
	}
	parts := []string{t.paint(bold+code, outcome)}
	if r.Stats.Warnings > 0 {
		parts = append(parts, t.paint(yellow, i18n.T(l, "check.report.warnings", i18n.Args{"Count": r.Stats.Warnings})))
	}
	parts = append(parts, i18n.T(l, "check.report.rows", i18n.Args{"Count": r.Stats.Rows}))
	t.b.WriteString(strings.Join(parts, " · ") + "\n\n")
}

func (t *textReport) group(g *Group) {
	mark, code := "✗", red
	if g.Warning {
		mark, code = "!", yellow
	}
	where := ""
	if g.Column > 0 && g.Code != CodeMissingLabel {
		where = " [" + Letter(g.Column) + "]"
	}
	fmt.Fprintf(&t.b, "%s %s%s %s\n", t.paint(code, mark), t.paint(bold, t.r.GroupMessage(t.l, g)), where, t.paint(dim, codeOfGroup(g)))
	if hint := t.r.GroupHint(t.l, g); hint != "" {
		t.line("", "  "+i18n.T(t.l, "check.report.fix", i18n.Args{"Hint": hint}))
	}
	if why := Why(t.l, g.Code); why != "" {
		t.line(dim, "  "+i18n.T(t.l, "check.report.why", i18n.Args{"Why": why}))
	}
	for _, f := range t.r.Examples(g, textExamples) {
		t.example(f)
	}
	if rows := rowList(t.l, g); rows != "" && g.Count > textExamples {
		t.line(dim, "  "+rows)
	}
	t.b.WriteByte('\n')
}

func codeOfGroup(g *Group) string {
	if g.Constraint != "" {
		return g.Code + " " + g.Constraint
	}
	return g.Code
}

func (t *textReport) example(f *Fault) {
	s := "  " + f.Place(t.l)
	if f.HasCell {
		s += " " + quote(t.l, f.Cell)
	}
	if f.Repair != nil && f.Repair.Cell {
		s += " → " + quote(t.l, f.Repair.Value)
	}
	t.line("", s)
}

// holds tells whether a fault is of the group.
func (g *Group) holds(f *Fault) bool {
	repair := func(r *Repair) string {
		if r == nil {
			return ""
		}
		return r.ID
	}
	return g.Code == f.Code && g.Constraint == f.Constraint && g.Column == f.Column && g.Key == f.Key && repair(g.Repair) == repair(f.Repair)
}
