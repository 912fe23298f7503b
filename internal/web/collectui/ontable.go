package collectui

import (
	"net/http"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// onTableView asks whether a table that is there is to have a form.
type onTableView struct {
	Head  ui.PageHead
	Opens *ui.Notice // what changes for the table; nil when its rows are entered already
	Form  ui.Form
	Table string
	Name  ui.Input
	Back  ui.Button
}

func (p *Pages) onTablePage(w http.ResponseWriter, r *http.Request, id catalogue.ResourceID, title string, status int, problems ui.Problems) error {
	ctx, a := r.Context(), shell.From(r).Actor
	_, d, err := p.o.Catalogue.Resource(ctx, a, id)
	if err != nil {
		return err
	}
	if err := a.Require(identity.ActionEdit, d.Organisation); err != nil {
		return err
	}
	view := onTableView{
		Head: ui.PageHead{Eyebrow: d.Title, Title: ui.T(ctx, "collectui.table"), Lead: ui.T(ctx, "collectui.table.lead")},
		Form: ui.Form{Action: "/formulaires", Problems: problems}, Table: string(id),
		Name: ui.Input{Field: ui.Field{Name: "title", Label: ui.T(ctx, "collectui.title"), Error: problems.Of("title")}, Value: orElse(title, d.Title), MaxLength: 200},
		Back: ui.Button{Label: ui.T(ctx, "gridui.open.not"), Href: "/datasets/" + d.Slug, Style: ui.Quiet},
	}
	open, err := p.o.Collect.IsOpen(ctx, a, id)
	if err != nil {
		return err
	}
	if !open {
		view.Opens = &ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "collectui.table.opens"), Text: ui.T(ctx, "collectui.table.opens.text")}
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: p.crumbs(ctx, view.Head.Title)}, onTablePage(view))
}

// createOnTable makes a form that asks the columns of a table. What is entered waits for
// someone to accept it, until the settings say otherwise.
func (p *Pages) createOnTable(w http.ResponseWriter, r *http.Request, id catalogue.ResourceID) error {
	ctx, title := r.Context(), r.PostFormValue("title")
	f, err := p.o.Collect.Create(ctx, shell.From(r).Actor, collect.NewForm{Resource: id, Title: title, Settings: collect.Settings{Moderated: true}})
	if err != nil {
		if problems := ui.ProblemsOf(ctx, err); len(problems) > 0 && errs.Is(err, errs.Invalid) {
			return p.onTablePage(w, r, id, title, httpx.Status(err), problems)
		}
		return err
	}
	shell.Flash(w, r, ui.Good, "collectui.created")
	return shell.Redirect(w, r, "/formulaires/"+string(f.ID))
}
