package publishui

import (
	"context"
	"net/http"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/publish"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// describeView is the form of the description.
type describeView struct {
	frameView
	metadataView
	Conflict []conflictField
	Clash    *ui.Notice
}

func (p *Pages) describeForm(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if gone, err := waiting(w, r, t); gone {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	org, err := p.o.Identity.Organisation(ctx, a, t.deposit.Organisation)
	if err != nil {
		return err
	}
	m, filled, err := p.o.Publish.Proposed(ctx, a, t.deposit, org, t.i)
	if err != nil {
		return err
	}
	return p.describePage(w, r, t, m, filled, nil)
}

// describePage shows the form with m; problem is why it comes back. After a conflict t is
// the deposit of now: the form holds what was typed, and sending it again decides.
func (p *Pages) describePage(w http.ResponseWriter, r *http.Request, t path, m catalogue.Metadata, filled []string, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	view := describeView{frameView: p.frame(ctx, t, publish.Describe, ui.T(ctx, "publishui.describe"))}
	var problems ui.Problems
	switch {
	case errs.Is(problem, errs.Conflict):
		status = http.StatusConflict
		view.Clash, view.Conflict = clash(ctx, t.deposit, m, problem)
	case problem != nil:
		if problems = ui.ProblemsOf(ctx, problem); len(problems) == 0 {
			return problem
		}
		status = httpx.Status(problem)
	}
	view.metadataView = metadataFields(ctx, m, filled, problems)
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, describeFormPage(view))
}

// clash says what somebody else did to a deposit meanwhile: what she wrote otherwise
// when she described it, or that it waits or is closed.
func clash(ctx context.Context, d publish.Deposit, m catalogue.Metadata, problem error) (*ui.Notice, []conflictField) {
	e := errs.As(problem)
	n := &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, e.Key, e.Args), Text: ui.T(ctx, "desk.conflict.text"), Live: true}
	if d.State != publish.Open {
		n.Text = ui.T(ctx, e.Hint, e.Args)
	}
	if !d.Described {
		return n, nil
	}
	return n, differences(ctx, d.Description, m)
}

func (p *Pages) describe(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	m := p.typedMetadata(r, t.deposit.Description)
	revision := shell.Revision(r)
	if _, err := p.o.Publish.SetDescription(r.Context(), shell.From(r).Actor, t.deposit.ID, revision, m, true); err != nil {
		switch {
		case errs.Is(err, errs.Conflict):
			if t, findErr := p.find(r); findErr == nil {
				return p.describePage(w, r, t, m, nil, err)
			}
		case errs.Is(err, errs.Invalid):
			return p.describePage(w, r, t, m, nil, err)
		}
		return err
	}
	return shell.Redirect(w, r, t.url("/publish"))
}

// publishView is the last step.
type publishView struct {
	frameView
	NotReady   *ui.Notice
	Back       *ui.Button
	Sum        ui.KeyValues
	Visibility *ui.Radios // nil when the dataset has one already
	Note       ui.Input
	Day, Hour  ui.Input
	Problems   ui.Problems
	Answer     *ui.Notice // why it came back
	Approval   *ui.Notice // an administrator must approve
	Act        string
	MayPublish bool
}

func (p *Pages) publishForm(w http.ResponseWriter, r *http.Request) error {
	return p.publishPage(w, r, nil)
}

func (p *Pages) publishPage(w http.ResponseWriter, r *http.Request, problem error) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if gone, err := waiting(w, r, t); gone {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	view := publishView{frameView: p.frame(ctx, t, publish.Publish, ui.T(ctx, "publishui.publish"))}
	if !t.i.Ready() {
		view.NotReady, view.Back = p.verdict(ctx, t)
	} else if !t.deposit.Described && t.deposit.Dataset == "" {
		return shell.Redirect(w, r, t.url("/describe"))
	}
	if t.i.Ready() && t.deposit.Step(t.i) == publish.Protect {
		return shell.Redirect(w, r, t.url("/protect"))
	}
	m := t.deposit.Description
	org, err := p.o.Identity.Organisation(ctx, a, t.deposit.Organisation)
	if err != nil {
		return err
	}
	view.Sum = summary(ctx, t, m, org.Name)
	view.Act = ui.T(ctx, "publishui.publish.act", i18n.Args{"Count": int(t.i.Outcome.Total()), "Rows": ui.Integer(ctx, t.i.Outcome.Total())})
	status := http.StatusOK
	if problem != nil {
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			return problem
		}
		status = httpx.Status(problem)
	}
	if err := p.waits(ctx, a, t, &view); err != nil {
		return err
	}
	view.Day = ui.Input{Field: ui.Field{Name: "day", Label: ui.T(ctx, "desk.at.day"), Help: ui.T(ctx, "desk.at.help"), Optional: true, Error: view.Problems.Of("at")}, Type: "date", Value: r.PostFormValue("day")}
	view.Hour = ui.Input{Field: ui.Field{Name: "hour", Label: ui.T(ctx, "desk.at.hour"), Optional: true}, Type: "time", Value: r.PostFormValue("hour")}
	view.Note = ui.Input{Field: ui.Field{Name: "note", Label: ui.T(ctx, "publishui.note"), Help: ui.T(ctx, "publishui.note.help"), Optional: true}, MaxLength: 500, Value: r.PostFormValue("note")}
	if t.deposit.Dataset == "" {
		view.Visibility = &ui.Radios{Field: ui.Field{Name: "visibility", Label: ui.T(ctx, "publishui.visibility")}, Value: string(publish.Public), Options: []ui.Option{
			{Value: string(publish.Public), Label: ui.T(ctx, "publishui.visibility.public"), Help: ui.T(ctx, "publishui.visibility.public.help")},
			{Value: string(publish.Internal), Label: ui.T(ctx, "publishui.visibility.internal"), Help: ui.T(ctx, "publishui.visibility.internal.help")}}}
	}
	view.MayPublish = p.o.Publish.May(a, t.deposit)
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, publishFormPage(view))
}

// summary says what will be published.
func summary(ctx context.Context, t path, m catalogue.Metadata, org string) ui.KeyValues {
	var kv ui.KeyValues
	add := func(key, value string) {
		if value != "" {
			kv.Rows = append(kv.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
		}
	}
	add("publishui.field.title", m.Title)
	add("bring.table.field", t.deposit.NewTable)
	add("publishui.organisation", org)
	add("publishui.said.rows", ui.Integer(ctx, t.i.Outcome.Rows))
	add("onto.said", joined(ctx, t.i))
	add("publishui.said.columns", ui.Integer(ctx, int64(len(t.i.Outcome.Header))))
	if l, ok := catalogue.FindLicence(m.Licence); ok {
		add("publishui.field.licence", l.Name)
	}
	if id := t.i.Outcome.SchemaID; id != "" {
		add("publishui.schema", id)
	} else {
		add("publishui.schema", ui.T(ctx, "publishui.free"))
	}
	if n := t.i.Outcome.Repaired; n > 0 {
		add("publishui.said.repaired", ui.Integer(ctx, int64(n)))
	}
	switch {
	case t.deposit.Kept != "" && len(t.i.Outcome.Personal()) > 0:
		add("protect.said", ui.T(ctx, "protect.said.kept", i18n.Args{"Reason": t.deposit.Kept}))
	case len(t.i.Outcome.Personal()) == 0:
		add("protect.said", ui.T(ctx, "protect.said.none"))
	}
	add("publishui.said.original", t.i.Name)
	return kv
}

func (p *Pages) publish(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	revision := shell.Revision(r)
	plan := publish.Plan{Visibility: publish.Visibility(r.PostFormValue("visibility")), Note: r.PostFormValue("note")}
	if plan.At, err = p.moment(r); err != nil {
		return p.publishPage(w, r, err)
	}
	d, err := p.o.Publish.Submit(r.Context(), shell.From(r).Actor, t.deposit.ID, revision, plan)
	if errs.Is(err, errs.Invalid) {
		return p.publishPage(w, r, err)
	}
	if err != nil {
		return err
	}
	return p.said(w, r, d)
}
