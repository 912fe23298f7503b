package publishui

import (
	"context"
	"net/http"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// waits says on the last step whether an administrator must approve, and why a
// deposit came back.
func (p *Pages) waits(ctx context.Context, a identity.Actor, t path, view *publishView) error {
	view.Answer = answered(ctx, t.deposit)
	if !a.Can(identity.ActionReadDraft, t.deposit.Organisation) || a.Can(identity.ActionApprove, t.deposit.Organisation) {
		return nil
	}
	required, err := p.o.Catalogue.ApprovalRequired(ctx, a, t.deposit.Organisation)
	if err != nil || !required {
		return err
	}
	view.Approval = &ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "catalogue.approval"), Text: ui.T(ctx, "desk.approval.will-ask")}
	view.Act = ui.T(ctx, "desk.approval.ask")
	return nil
}

// answered says why a deposit came back; nil when it did not.
func answered(ctx context.Context, d publish.Deposit) *ui.Notice {
	switch {
	case d.State != publish.Open || d.AnsweredBy == "":
		return nil
	case identity.PersonOfRef(d.AnsweredBy) == "":
		return &ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, "desk.failed"), Text: d.Answer}
	}
	return &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "desk.refused"), Text: d.Answer}
}

// moment is the date typed on the last step; zero when there is none.
func (p *Pages) moment(r *http.Request) (time.Time, error) {
	day, hour := r.PostFormValue("day"), r.PostFormValue("hour")
	if day == "" {
		return time.Time{}, nil
	}
	if hour == "" {
		hour = "08:00"
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", day+" "+hour, p.o.Zone)
	if err != nil {
		return t, errs.New(errs.Invalid, "desk.at.wrong").WithField("at", "desk.at.wrong")
	}
	return t, nil
}

// said answers a deposit that was sent: published, or waiting.
func (p *Pages) said(w http.ResponseWriter, r *http.Request, d publish.Deposit) error {
	ctx := r.Context()
	args := i18n.Args{"Title": d.Description.Title, "Day": ui.Moment(ctx, d.At.In(p.o.Zone))}
	switch d.State {
	case publish.Asked:
		shell.Flash(w, r, ui.Good, "desk.asked", args)
		return shell.Redirect(w, r, "/deposits/"+string(d.ID))
	case publish.Dated:
		shell.Flash(w, r, ui.Good, "desk.dated", args)
		return shell.Redirect(w, r, "/deposits/"+string(d.ID))
	}
	set, err := p.o.Catalogue.Get(ctx, shell.From(r).Actor, d.Dataset)
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "publishui.done", i18n.Args{"Title": set.Title})
	return shell.Redirect(w, r, "/datasets/"+set.Slug)
}

// waitingView is a deposit that waits for an approval or its date.
type waitingView struct {
	frameView
	State    ui.Notice
	Sum      ui.KeyValues
	About    string
	Sample   ui.Table
	Approve  bool
	TakeBack bool
	Word     ui.TextArea
	Problems ui.Problems
}

func (p *Pages) waitingFor(w http.ResponseWriter, r *http.Request, t path, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	d := t.deposit
	view := waitingView{frameView: p.frame(ctx, t, publish.Publish, ui.T(ctx, "desk.waiting")), About: d.Description.Description,
		Approve: d.State == publish.Asked && v.Actor.Can(identity.ActionApprove, d.Organisation), TakeBack: v.Actor.Can(identity.ActionPublish, d.Organisation)}
	if problem != nil {
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			return problem
		}
		status = httpx.Status(problem)
	}
	view.State = ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "desk.waiting.approval"), Text: ui.T(ctx, "desk.waiting.approval.text")}
	if d.State == publish.Dated {
		view.State = ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "desk.waiting.date", i18n.Args{"Day": ui.Moment(ctx, d.At.In(p.o.Zone))}), Text: ui.T(ctx, "desk.waiting.date.text")}
	}
	org, err := p.o.Identity.Organisation(ctx, v.Actor, d.Organisation)
	if err != nil {
		return err
	}
	view.Sum = summary(ctx, t, d.Description, org.Name)
	add := func(key, value string) {
		if value != "" {
			view.Sum.Rows = append(view.Sum.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
		}
	}
	if d.Dataset == "" {
		add("publishui.visibility", ui.T(ctx, "publishui.visibility."+string(visibility(d))))
	}
	add("publishui.note", d.Note)
	if !d.At.IsZero() {
		add("desk.at.day", ui.Moment(ctx, d.At.In(p.o.Zone)))
	}
	rows, err := p.o.Tables.First(ctx, t.i, 5)
	if err != nil {
		return err
	}
	view.Sample = ui.Table{ID: "sample", Caption: ui.T(ctx, "desk.sample")}
	for _, c := range t.i.Outcome.Header {
		view.Sample.Columns = append(view.Sample.Columns, ui.Column{Label: c})
	}
	for _, row := range rows {
		var cells []ui.Cell
		for _, c := range row.Cells {
			cells = append(cells, ui.Cell{Text: c})
		}
		view.Sample.Rows = append(view.Sample.Rows, ui.Row{Cells: cells})
	}
	view.Word = ui.TextArea{Field: ui.Field{Name: "word", Label: ui.T(ctx, "desk.word"), Help: ui.T(ctx, "desk.word.help"), Error: view.Problems.Of("word")}, Rows: 3, MaxLength: 2000, Value: r.PostFormValue("word")}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, waitingForPage(view))
}

func visibility(d publish.Deposit) publish.Visibility {
	if d.Visibility == "" {
		return publish.Public
	}
	return d.Visibility
}

// decide answers the forms of a deposit that waits.
func (p *Pages) decide(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	revision := shell.Revision(r)
	d := t.deposit
	switch r.PostFormValue("act") {
	case "approve":
		d, err = p.o.Publish.Approve(ctx, a, d.ID, revision)
		if err == nil {
			return p.said(w, r, d)
		}
	case "refuse":
		_, err = p.o.Publish.Refuse(ctx, a, d.ID, revision, r.PostFormValue("word"))
		if errs.Is(err, errs.Invalid) {
			return p.waitingFor(w, r, t, err)
		}
		if err == nil {
			shell.Flash(w, r, ui.Information, "desk.refusal.sent")
			return shell.Redirect(w, r, "/desk")
		}
	case "take-back":
		if d, err = p.o.Publish.TakeBack(ctx, a, d.ID, revision); err == nil {
			shell.Flash(w, r, ui.Information, "desk.taken-back")
			return shell.Redirect(w, r, "/deposits/"+string(d.ID)+"/publish")
		}
	default:
		err = errs.New(errs.Invalid, "desk.act.unknown").WithHint("desk.act.unknown.hint")
	}
	return err
}

// approvalView is what an organisation asks before anything becomes public.
type approvalView struct {
	Head     ui.PageHead
	Action   string
	Approval ui.Checkbox
	Back     string
}

func (p *Pages) ruleForm(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.o.Identity.OrganisationByAddress(ctx, v.Actor, r.PathValue("slug"))
	if err != nil {
		return err
	}
	if err := v.Actor.Require(identity.ActionEditOrganisation, o.ID); err != nil {
		return err
	}
	on, err := p.o.Catalogue.ApprovalRequired(ctx, v.Actor, o.ID)
	if err != nil {
		return err
	}
	at := "/organisations/" + o.Slug
	view := approvalView{Head: ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "desk.rule"), Lead: ui.T(ctx, "desk.rule.lead")}, Action: at + "/publishing", Back: at,
		Approval: ui.Checkbox{Field: ui.Field{Name: "approval", Label: ui.T(ctx, "desk.rule.approval"), Help: ui.T(ctx, "desk.rule.approval.help"), Optional: true}, Checked: on}}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: []ui.Crumb{{Label: o.Name, Href: at}, {Label: view.Head.Title}}}, approvalFormPage(view))
}

func (p *Pages) setRule(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.o.Identity.OrganisationByAddress(ctx, v.Actor, r.PathValue("slug"))
	if err != nil {
		return err
	}
	if err := p.o.Catalogue.RequireApproval(ctx, v.Actor, o.ID, r.PostFormValue("approval") != ""); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "desk.rule.saved")
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/publishing")
}
