package publishui

import (
	"context"
	"net/http"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// conflictField is a field that somebody else changed meanwhile.
type conflictField struct{ Label, Theirs, Mine string }

// editView is the form of the description of a dataset that exists.
type editView struct {
	metadataView
	Head     ui.PageHead
	Action   string
	Revision int
	Conflict []conflictField
	Clash    *ui.Notice
	Back     string
}

// set is the dataset of the address, for those of its organisation.
func (p *Pages) set(r *http.Request, action identity.Action) (d catalogue.Dataset, err error) {
	v := shell.From(r)
	if d, err = p.o.Catalogue.ByAddress(r.Context(), v.Actor, r.PathValue("slug")); err != nil {
		return d, err
	}
	return d, v.Actor.Require(action, d.Organisation)
}

// described is the dataset of the address, for those who may describe it as it is.
func (p *Pages) described(r *http.Request) (catalogue.Dataset, error) {
	d, err := p.set(r, identity.ActionContribute)
	if err != nil {
		return d, err
	}
	return d, shell.From(r).Actor.Require(catalogue.DescribeAction(d.State), d.Organisation)
}

func (p *Pages) editForm(w http.ResponseWriter, r *http.Request) error {
	d, err := p.described(r)
	if err != nil {
		return err
	}
	return p.editPage(w, r, d, d.Metadata, nil)
}

func setHead(ctx context.Context, d catalogue.Dataset, key string) ui.PageHead {
	return ui.PageHead{Eyebrow: d.Title, Title: ui.T(ctx, key), Badges: []ui.Badge{stateBadge(ctx, d.State)}}
}

func setCrumbs(ctx context.Context, d catalogue.Dataset, title string) []ui.Crumb {
	return []ui.Crumb{{Label: ui.T(ctx, "publishui.desk"), Href: "/desk"}, {Label: d.Title, Href: "/datasets/" + d.Slug}, {Label: title}}
}

// editPage shows the form with m; problem is why it comes back. After a conflict the
// form holds what was typed and the revision of now: sending it again decides.
func (p *Pages) editPage(w http.ResponseWriter, r *http.Request, d catalogue.Dataset, m catalogue.Metadata, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	base := "/datasets/" + d.Slug
	view := editView{Head: setHead(ctx, d, "desk.edit"), Action: base + "/edit", Revision: d.Revision, Back: base}
	var problems ui.Problems
	switch {
	case errs.Is(problem, errs.Conflict):
		status = http.StatusConflict
		view.Conflict = differences(ctx, d.Metadata, m)
		view.Clash = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "catalogue.edited-meanwhile"), Text: ui.T(ctx, "desk.conflict.text"), Live: true}
	case problem != nil:
		if problems = ui.ProblemsOf(ctx, problem); len(problems) == 0 {
			return problem
		}
		status = httpx.Status(problem)
		view.Revision = shell.Revision(r)
	}
	view.metadataView = metadataFields(ctx, m, nil, problems)
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title + " – " + d.Title, NoIndex: true, Crumbs: setCrumbs(ctx, d, view.Head.Title)}, editFormPage(view))
}

func (p *Pages) editSet(w http.ResponseWriter, r *http.Request) error {
	d, err := p.described(r)
	if err != nil {
		return err
	}
	m := p.typedMetadata(r, d.Metadata)
	changed, err := p.o.Catalogue.Edit(r.Context(), shell.From(r).Actor, d.ID, shell.Revision(r), m)
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.Invalid) {
		return p.editPage(w, r, d, m, err)
	}
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "desk.edited", i18n.Args{"Title": changed.Title})
	return shell.Redirect(w, r, "/datasets/"+changed.Slug+"/about")
}

// act is something that can be done with who sees a dataset.
type act struct {
	Name   string // of the form: publish, keep-inside, take-back, withdraw, delete, erase
	Icon   ui.Icon
	Danger bool
	Reason *ui.TextArea
	Sure   *ui.Checkbox
	Title  string
	Text   string
	Label  string
}

// stateView is the page of who sees a dataset.
type stateView struct {
	Head     ui.PageHead
	Sees     string
	Action   string
	Revision int
	Problems ui.Problems
	Missing  *ui.Notice
	Acts     []act
	Back     string
}

// actsOf lists what can be done in a state: name, icon, right.
var actsOf = map[catalogue.State][]struct {
	name   string
	icon   ui.Icon
	right  identity.Action
	danger bool
}{
	catalogue.Draft:     {{"publish", "globe", identity.ActionPublish, false}, {"keep-inside", "lock", identity.ActionPublish, false}, {"delete", "trash-2", identity.ActionDelete, true}},
	catalogue.Internal:  {{"publish", "globe", identity.ActionPublish, false}, {"take-back", "pencil", identity.ActionWithdraw, false}},
	catalogue.Published: {{"withdraw", "eye-off", identity.ActionWithdraw, true}},
	catalogue.Withdrawn: {{"publish", "globe", identity.ActionPublish, false}, {"erase", "trash-2", identity.ActionDelete, true}},
}

func (p *Pages) stateForm(w http.ResponseWriter, r *http.Request) error {
	d, err := p.set(r, identity.ActionReadDraft)
	if err != nil {
		return err
	}
	return p.statePage(w, r, d, nil)
}

func (p *Pages) statePage(w http.ResponseWriter, r *http.Request, d catalogue.Dataset, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	base := "/datasets/" + d.Slug
	view := stateView{Head: setHead(ctx, d, "desk.state"), Sees: ui.T(ctx, "desk.state."+string(d.State)), Action: base + "/publication", Revision: d.Revision, Back: base}
	if problem != nil {
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			return problem
		}
		status = httpx.Status(problem)
	}
	lacks := d.Missing()
	if len(lacks) > 0 && d.State != catalogue.Published {
		view.Missing = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "catalogue.not-ready")}
		for _, f := range lacks {
			view.Missing.Text += ui.T(ctx, f.Key, f.Args) + " "
		}
	}
	approval, err := p.o.Catalogue.ApprovalRequired(ctx, v.Actor, d.Organisation)
	if err != nil {
		return err
	}
	for _, x := range actsOf[d.State] {
		if !v.Actor.Can(x.right, d.Organisation) || len(lacks) > 0 && (x.name == "publish" || x.name == "keep-inside") {
			continue
		}
		if x.name == "publish" && approval && !v.Actor.Can(identity.ActionApprove, d.Organisation) {
			view.Missing = &ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "catalogue.approval"), Text: ui.T(ctx, "desk.approval.administrator")}
			continue
		}
		a := act{Name: x.name, Icon: x.icon, Danger: x.danger, Title: ui.T(ctx, "desk.act."+x.name), Text: ui.T(ctx, "desk.act."+x.name+".text"), Label: ui.T(ctx, "desk.act."+x.name+".label")}
		switch x.name {
		case "withdraw", "erase":
			a.Reason = &ui.TextArea{Field: ui.Field{Name: "reason", Label: ui.T(ctx, "desk.reason"), Help: ui.T(ctx, "desk.reason.help"), Error: view.Problems.Of("reason")}, Rows: 2, MaxLength: 500, Value: r.PostFormValue("reason")}
			if x.name == "erase" && a.Reason.Value == "" {
				a.Reason.Value = d.WithdrawnReason
			}
		case "delete":
			a.Sure = &ui.Checkbox{Field: ui.Field{Name: "sure", Label: ui.T(ctx, "desk.sure"), Error: view.Problems.Of("sure")}}
		}
		view.Acts = append(view.Acts, a)
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title + " – " + d.Title, NoIndex: true, Crumbs: setCrumbs(ctx, d, view.Head.Title)}, stateFormPage(view))
}

func (p *Pages) setState(w http.ResponseWriter, r *http.Request) error {
	d, err := p.set(r, identity.ActionReadDraft)
	if err != nil {
		return err
	}
	a, ctx := shell.From(r).Actor, r.Context()
	revision := shell.Revision(r)
	name, reason := r.PostFormValue("act"), r.PostFormValue("reason")
	to := "/datasets/" + d.Slug
	switch name {
	case "publish":
		_, err = p.o.Catalogue.Publish(ctx, a, d.ID, revision)
	case "keep-inside":
		_, err = p.o.Catalogue.KeepInside(ctx, a, d.ID, revision)
	case "take-back":
		_, err = p.o.Catalogue.TakeBack(ctx, a, d.ID, revision)
	case "withdraw":
		_, err = p.o.Catalogue.Withdraw(ctx, a, d.ID, revision, reason)
	case "erase":
		to, err = "/desk", p.o.Catalogue.Erase(ctx, a, d.ID, revision, reason)
	case "delete":
		if r.PostFormValue("sure") == "" {
			err = errs.New(errs.Invalid, "desk.sure.missing").WithField("sure", "desk.sure.missing")
			break
		}
		to, err = "/desk", p.o.Catalogue.Delete(ctx, a, d.ID, revision)
	default:
		err = errs.New(errs.Invalid, "desk.act.unknown").WithHint("desk.act.unknown.hint")
	}
	if errs.Is(err, errs.Invalid) {
		return p.statePage(w, r, d, err)
	}
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "desk.act."+name+".done", i18n.Args{"Title": d.Title})
	return shell.Redirect(w, r, to)
}

func (a act) style() ui.ButtonStyle {
	if a.Danger {
		return ui.Danger
	}
	return ui.Primary
}

// problemsOf keeps those of the fields that an act has.
func problemsOf(all ui.Problems, a act) (out ui.Problems) {
	for _, p := range all {
		if p.Name == "reason" && a.Reason != nil || p.Name == "sure" && a.Sure != nil {
			out = append(out, p)
		}
	}
	return out
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
