package publishui

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"socle/internal/detect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/publish"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// protectView asks what is published of the columns that seem to be about persons.
type protectView struct {
	frameView
	Verdict  *ui.Notice // nothing was recognised
	Personal []groupView
	Columns  []ui.Radios
	Others   []ui.Radios
	Reason   ui.TextArea
	Problems ui.Problems
}

// columnField begins the names of the fields of columns; the number of the column follows.
const columnField = "column-"

// exampleRows is how many rows are looked at for examples of values.
const exampleRows = 300

// mostProtected is how many columns can be decided on.
const mostProtected = 300

func (p *Pages) protectForm(w http.ResponseWriter, r *http.Request) error {
	return p.protectPage(w, r, nil)
}

func (p *Pages) protectPage(w http.ResponseWriter, r *http.Request, problem error) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if gone, err := waiting(w, r, t); gone {
		return err
	}
	if !t.i.Ready() {
		return shell.Redirect(w, r, t.url(""))
	}
	ctx, status := r.Context(), http.StatusOK
	view := protectView{frameView: p.frame(ctx, t, publish.Protect, ui.T(ctx, "protect.title"))}
	view.Head.Lead = ui.T(ctx, "protect.lead")
	rows, err := p.o.Tables.First(ctx, t.i, exampleRows)
	if err != nil {
		return err
	}
	columns, findings := t.i.Outcome.Columns, t.i.Outcome.Personal()
	if problem != nil {
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			return problem
		}
		status = httpx.Status(problem)
	}
	view.Personal = personal(ctx, findings)
	if len(findings) == 0 {
		view.Head.Lead = ""
		view.Verdict = &ui.Notice{Kind: ui.Good, Title: ui.T(ctx, "protect.none"), Text: ui.T(ctx, "protect.none.text")}
	}
	needed := requiredColumns(t.i)
	for j, c := range columns[:min(len(columns), mostProtected)] {
		name := columnField + strconv.Itoa(j)
		radios := ui.Radios{Field: ui.Field{Name: name, Label: ui.T(ctx, "protect.column", i18n.Args{"Name": c.Name})}, Value: r.PostFormValue(name), Options: waysOf(ctx, c, rows, j, t.i.Outcome.SchemaID != "", needed[c.Name])}
		about := slices.ContainsFunc(findings, func(f detect.Finding) bool { return slices.Contains(f.Columns, c.Name) })
		if list := examples(rows, j); list != "" {
			radios.Help = ui.T(ctx, "protect.examples", i18n.Args{"List": list})
		}
		if needed[c.Name] {
			radios.Help = strings.TrimSpace(radios.Help + " " + ui.T(ctx, "protect.required"))
		}
		switch {
		case about:
			view.Columns = append(view.Columns, radios)
		case len(radios.Options) > 1:
			view.Others = append(view.Others, radios)
		}
	}
	reason := r.PostFormValue("reason")
	if reason == "" {
		reason = t.deposit.Kept
	}
	view.Reason = ui.TextArea{Field: ui.Field{Name: "reason", Label: ui.T(ctx, "protect.reason"), Help: ui.T(ctx, "protect.reason.help"), Error: view.Problems.Of("reason"), Optional: true}, Rows: 2, MaxLength: 1000, Value: reason}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, protectFormPage(view))
}

// requiredColumns are those that the schema of an import asks for.
func requiredColumns(i tables.Import) map[string]bool {
	out := map[string]bool{}
	if i.Outcome.SchemaID == "" {
		return out
	}
	s, err := schema.Parse(i.Outcome.Schema)
	if err != nil {
		return out // what was recorded is always a descriptor
	}
	for _, f := range s.Fields {
		out[f.Name] = f.Constraints.Required
	}
	return out
}

// waysOf are the choices for a column, the surest last: to keep it is what is
// chosen when nothing is.
func waysOf(ctx context.Context, c detect.Column, rows []tables.RowText, j int, bound, required bool) []ui.Option {
	out := []ui.Option{{Value: "", Label: ui.T(ctx, "protect.keep")}}
	if id := generalisation(c, bound); id != "" {
		o := ui.Option{Value: id, Label: ui.T(ctx, "repair."+id), Help: ui.T(ctx, "repair."+id+".why")}
		for _, r := range rows {
			if j < len(r.Cells) && strings.TrimSpace(r.Cells[j]) != "" {
				o.Help = becomes(ctx, r.Cells[j], check.Coarser(id, r.Cells[j]))
				break
			}
		}
		out = append(out, o)
	}
	if !required {
		out = append(out, ui.Option{Value: check.RemoveColumn, Label: ui.T(ctx, "repair."+check.RemoveColumn), Help: ui.T(ctx, "repair."+check.RemoveColumn+".why")})
	}
	return out
}

func becomes(ctx context.Context, before, after string) string {
	if after == "" {
		return ui.T(ctx, "protect.becomes-nothing", i18n.Args{"Before": quoted(before)})
	}
	return ui.T(ctx, "protect.becomes", i18n.Args{"Before": quoted(before), "After": quoted(after)})
}

func quoted(s string) string { return "« " + shortened(s) + " »" }

// shortened is the beginning of a value, to tell it by.
func shortened(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// generalisation is the protection that makes a column coarser; "" when there is
// none that its meaning allows, or its schema (bound): a year is no date, a
// département no code of a commune.
func generalisation(c detect.Column, bound bool) string {
	switch {
	case c.Semantic == "address":
		return check.DropNumber
	case bound:
		return ""
	case c.Semantic == "birth-date":
		return check.KeepYear
	case c.Semantic == "postal-code", c.Semantic == "commune-code":
		return check.KeepDepartment
	}
	return ""
}

// examples are the first different values of a column.
func examples(rows []tables.RowText, j int) string {
	var list []string
	for _, r := range rows {
		if j >= len(r.Cells) {
			continue
		}
		if v := strings.TrimSpace(r.Cells[j]); v != "" && !slices.Contains(list, shortened(v)) {
			if list = append(list, shortened(v)); len(list) == 3 {
				break
			}
		}
	}
	return strings.Join(list, " · ")
}

// protect applies what was decided.
func (p *Pages) protect(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if gone, err := waiting(w, r, t); gone {
		return err
	}
	ctx := r.Context()
	columns, findings := t.i.Outcome.Columns, t.i.Outcome.Personal()
	var choices []check.Choice
	changed := map[string]bool{}
	for j, c := range columns[:min(len(columns), mostProtected)] {
		choice := check.Choice{ID: r.PostFormValue(columnField + strconv.Itoa(j)), Field: c.Name}
		if choice.Protects() {
			choices = append(choices, choice)
			changed[c.Name] = true
		}
	}
	keeps := slices.ContainsFunc(findings, func(f detect.Finding) bool {
		left := func(name string) bool { return !changed[name] }
		if f.Kind == detect.PersonCombined { // one column fewer, and it singles nobody out
			return !slices.ContainsFunc(f.Columns, func(n string) bool { return changed[n] })
		}
		return slices.ContainsFunc(f.Columns, left)
	})
	revision := shell.Revision(r)
	imported, _ := strconv.Atoi(r.PostFormValue("import-revision"))
	_, err = p.o.Publish.Protect(ctx, shell.From(r).Actor, t.deposit.ID, revision, imported, choices, keeps, r.PostFormValue("reason"))
	if errs.Is(err, errs.Invalid) {
		return p.protectPage(w, r, err)
	}
	if err != nil {
		return err
	}
	if len(choices) > 0 {
		return shell.Redirect(w, r, t.url(""))
	}
	return shell.Redirect(w, r, t.url("/publish"))
}
