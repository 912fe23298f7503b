package admin

import (
	"context"
	"net/http"
	"strconv"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

func (p *Pages) organisations(w http.ResponseWriter, r *http.Request) error {
	v, ctx, q := shell.From(r), r.Context(), r.URL.Query()
	counts, err := p.o.Identity.MemberCounts(ctx, v.Actor)
	if err != nil {
		return err
	}
	list, more, err := p.chosenOrganisations(ctx, v.Actor, q.Get("q"), q.Get("after"), q.Get("members") == "none", counts)
	if err != nil {
		return err
	}
	view := listView{frame: frame{tabs(ctx, v.Actor, "/admin/organisations"), ui.PageHead{Title: ui.T(ctx, "admin.organisations"), Lead: ui.T(ctx, "admin.organisations.lead")}},
		Search: &ui.Search{ID: "organisations-q", Action: "/admin/organisations", Value: q.Get("q"), Label: ui.T(ctx, "admin.organisations.search")},
		Filter: ui.Tabs{Label: ui.T(ctx, "admin.filter"), Tabs: []ui.Tab{
			{Label: ui.T(ctx, "admin.organisations.all"), Href: "/admin/organisations", Current: q.Get("members") != "none"},
			{Label: ui.T(ctx, "admin.organisation.alone"), Href: "/admin/organisations?members=none", Current: q.Get("members") == "none"}}},
		Items: ui.Items{Level: 2}, Empty: ui.Empty{Icon: "building-2", Title: ui.T(ctx, "admin.organisations.none"), Text: ui.T(ctx, "admin.organisations.none.text")}}
	if v.Actor.Can(identity.ActionCreateOrganisation, "") {
		view.Head.Actions = []ui.Button{{Label: ui.T(ctx, "admin.organisation.new"), Icon: "plus", Style: ui.Primary, Href: "/admin/organisations/new"}}
	}
	held, err := p.o.Catalogue.Storage(ctx, v.Actor, idsOf(list)...)
	if err != nil {
		return err
	}
	for _, o := range list {
		it := ui.Item{Eyebrow: ui.T(ctx, o.Kind.LabelKey()), Title: o.Name, Href: "/organisations/" + o.Slug + "/members",
			Facts: []ui.Fact{{Icon: "users", Text: ui.T(ctx, "admin.organisation.members", ui.Count(counts[o.ID]))}}}
		if s := held[o.ID]; s.Bytes > 0 || s.Own {
			it.Facts = append(it.Facts, ui.Fact{Icon: "database", Text: s.InWords(ui.LangOf(ctx))})
		}
		if o.SIREN != "" {
			it.Facts = append(it.Facts, ui.Fact{Text: ui.T(ctx, "admin.organisation.siren", i18n.Args{"SIREN": o.SIREN})})
		}
		if counts[o.ID] == 0 {
			it.Badges = []ui.Badge{{Label: ui.T(ctx, "admin.organisation.alone"), Kind: ui.LookHere}}
		}
		if v.Actor.Can(identity.ActionEditOrganisation, o.ID) {
			it.Actions = []ui.Button{{Label: ui.T(ctx, "admin.edit"), Icon: "pencil", Style: ui.Quiet, Href: "/organisations/" + o.Slug + "/edit"}}
		}
		if v.Actor.Can(identity.ActionSettings, "") {
			it.Actions = append(it.Actions, ui.Button{Label: ui.T(ctx, "quota.title"), Icon: "scale", Style: ui.Quiet, Href: "/organisations/" + o.Slug + "/quota"})
		}
		view.Items.Items = append(view.Items.Items, it)
	}
	if more {
		view.Older = after(r, "after", string(list[len(list)-1].ID))
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true, NoSearch: true}, listPage(view))
}

// chosenOrganisations is one page of the list; more tells that another follows.
func (p *Pages) chosenOrganisations(ctx context.Context, a identity.Actor, text, last string, alone bool, counts map[identity.OrganisationID]int) (list []identity.Organisation, more bool, err error) {
	q := identity.OrganisationQuery{Text: text}
	if last != "" {
		o, err := p.o.Identity.Organisation(ctx, a, identity.OrganisationID(last))
		if err != nil {
			return nil, false, err
		}
		q.After = &o
	}
	for o, err := range p.o.Identity.AllOrganisations(ctx, a, q) {
		if err != nil {
			return nil, false, err
		}
		if alone && counts[o.ID] > 0 {
			continue
		}
		if len(list) == pageSize {
			return list, true, nil
		}
		list = append(list, o)
	}
	return list, false, nil
}

// organisationView is the form of an organisation.
type organisationView struct {
	frame
	Action   string
	Revision string // "" for a new one
	Wrong    *ui.Notice
	Problems ui.Problems
	Name     ui.Input
	Kind     ui.Select
	SIREN    ui.Input
	INSEE    ui.Input
	Parent   ui.Select
	Area     ui.Input
	About    ui.TextArea
	Website  ui.Input
	Email    ui.Input
	Submit   string
	Back     string
}

// input is a field of one line; those that may stay empty are optional.
func input(ctx context.Context, pr ui.Problems, name, kind, value string, optional bool) ui.Input {
	in := ui.Input{Field: ui.Field{Name: name, Label: ui.T(ctx, "admin.field."+name), Error: pr.Of(name), Optional: optional}, Type: kind, Value: value}
	if help := "admin.field." + name + "-help"; i18n.Known(ui.LangOf(ctx), help) {
		in.Help = ui.T(ctx, help)
	}
	return in
}

// fill makes the fields of the form; err is why it comes back.
func (p *Pages) fill(ctx context.Context, a identity.Actor, view *organisationView, id identity.OrganisationID, f identity.OrganisationForm, err error) error {
	if err != nil {
		if view.Problems = ui.ProblemsOf(ctx, err); len(view.Problems) == 0 {
			if view.Wrong = said(ctx, err); view.Wrong == nil {
				return err
			}
		}
	}
	pr := view.Problems
	view.Name = input(ctx, pr, "name", "text", f.Name, false)
	view.SIREN, view.INSEE = input(ctx, pr, "siren", "text", f.SIREN, true), input(ctx, pr, "insee", "text", f.INSEE, true)
	view.SIREN.Short, view.INSEE.Short, view.SIREN.Mode = true, true, "numeric"
	view.Area = input(ctx, pr, "territory", "text", f.Territory, true)
	view.Area.Short = true
	view.Website, view.Email = input(ctx, pr, "website", "url", f.Website, true), input(ctx, pr, "email", "email", f.Email, true)
	view.About = ui.TextArea{Field: ui.Field{Name: "description", Label: ui.T(ctx, "admin.field.description"), Help: ui.T(ctx, "admin.field.description-help"), Error: pr.Of("description"), Optional: true}, Value: f.Description, Rows: 5}
	view.Kind = ui.Select{Field: ui.Field{Name: "kind", Label: ui.T(ctx, "admin.field.kind"), Error: pr.Of("kind")}, Value: string(f.Kind), Empty: ui.T(ctx, "admin.choose")}
	for _, k := range identity.OrganisationKinds {
		view.Kind.Options = append(view.Kind.Options, ui.Option{Value: string(k), Label: ui.T(ctx, k.LabelKey())})
	}
	view.Parent = ui.Select{Field: ui.Field{Name: "parent", Label: ui.T(ctx, "admin.field.parent"), Help: ui.T(ctx, "admin.field.parent-help"), Error: pr.Of("parent"), Optional: true}, Value: string(f.Parent), Empty: ui.T(ctx, "admin.field.parent-none")}
	return p.parents(ctx, a, id, f.Parent, &view.Parent)
}

// parents offers what an organisation may belong to: anything that is no commune.
func (p *Pages) parents(ctx context.Context, a identity.Actor, id, chosen identity.OrganisationID, s *ui.Select) error {
	found := chosen == ""
	for _, k := range identity.OrganisationKinds {
		if k == identity.KindCommune {
			continue
		}
		for o, err := range p.o.Identity.AllOrganisations(ctx, a, identity.OrganisationQuery{Kind: k}) {
			if err != nil {
				return err
			}
			if o.ID != id {
				found = found || o.ID == chosen
				s.Options = append(s.Options, ui.Option{Value: string(o.ID), Label: o.Name})
			}
		}
	}
	if !found {
		o, err := p.o.Identity.Organisation(ctx, a, chosen)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		s.Options = append(s.Options, ui.Option{Value: string(o.ID), Label: o.Name})
	}
	return nil
}

func organisationForm(r *http.Request) identity.OrganisationForm {
	return identity.OrganisationForm{
		Name: r.PostFormValue("name"), Kind: identity.OrganisationKind(r.PostFormValue("kind")), SIREN: r.PostFormValue("siren"), INSEE: r.PostFormValue("insee"),
		Parent: identity.OrganisationID(r.PostFormValue("parent")), Territory: r.PostFormValue("territory"), Description: r.PostFormValue("description"),
		Website: r.PostFormValue("website"), Email: r.PostFormValue("email"),
	}
}

func (p *Pages) newPage(w http.ResponseWriter, r *http.Request, f identity.OrganisationForm, problem error) error {
	v, ctx := shell.From(r), r.Context()
	view := organisationView{frame: frame{tabs(ctx, v.Actor, "/admin/organisations"), ui.PageHead{Title: ui.T(ctx, "admin.organisation.new"), Lead: ui.T(ctx, "admin.organisation.new.lead")}},
		Action: "/admin/organisations/new", Submit: ui.T(ctx, "admin.organisation.create"), Back: "/admin/organisations"}
	if err := p.fill(ctx, v.Actor, &view, "", f, problem); err != nil {
		return err
	}
	return showOrganisation(w, r, view, problem)
}

func showOrganisation(w http.ResponseWriter, r *http.Request, view organisationView, problem error) error {
	status := http.StatusOK
	if problem != nil {
		status = httpx.Status(problem)
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, organisationPage(view))
}

func (p *Pages) newForm(w http.ResponseWriter, r *http.Request) error {
	return p.newPage(w, r, identity.OrganisationForm{}, nil)
}

func (p *Pages) create(w http.ResponseWriter, r *http.Request) error {
	f := organisationForm(r)
	o, err := p.o.Identity.CreateOrganisation(r.Context(), shell.From(r).Actor, f, false)
	if err != nil {
		return p.newPage(w, r, f, err)
	}
	shell.Flash(w, r, ui.Good, "admin.organisation.created", i18n.Args{"Name": o.Name})
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/members")
}

// organisation finds the one of the address; whoever may not act on it is told so,
// not that it does not exist: organisations are public.
func (p *Pages) organisation(r *http.Request, right identity.Action) (o identity.Organisation, err error) {
	a := shell.From(r).Actor
	if o, err = p.o.Identity.OrganisationByAddress(r.Context(), a, r.PathValue("slug")); err != nil {
		return o, err
	}
	return o, a.Require(right, o.ID)
}

func (p *Pages) editPage(w http.ResponseWriter, r *http.Request, o identity.Organisation, revision string, f identity.OrganisationForm, problem error) error {
	v, ctx := shell.From(r), r.Context()
	at := "/organisations/" + o.Slug
	view := organisationView{frame: frame{tabs(ctx, v.Actor, "/admin/organisations"), ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "admin.organisation.edit"), Lead: ui.T(ctx, "admin.organisation.edit.lead")}},
		Action: at + "/edit", Submit: ui.T(ctx, "admin.save"), Revision: revision, Back: at + "/members"}
	view.Head.Actions = []ui.Button{{Label: ui.T(ctx, "logo.title"), Icon: "pencil", Href: at + "/logo/change"}}
	if v.Actor.Can(identity.ActionMergeOrganisations, "") {
		view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, "admin.merge"), Icon: "git-compare", Href: at + "/merge"})
	}
	if err := p.fill(ctx, v.Actor, &view, o.ID, f, problem); err != nil {
		return err
	}
	return showOrganisation(w, r, view, problem)
}

func (p *Pages) editForm(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionEditOrganisation)
	if err != nil {
		return err
	}
	return p.editPage(w, r, o, strconv.Itoa(o.Revision), o.OrganisationForm, nil)
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionEditOrganisation)
	if err != nil {
		return err
	}
	f := organisationForm(r)
	f.Logo = o.Logo
	revision := shell.Revision(r)
	changed, err := p.o.Identity.EditOrganisation(r.Context(), shell.From(r).Actor, o.ID, revision, f)
	if err != nil {
		return p.editPage(w, r, o, r.PostFormValue("revision"), f, err)
	}
	shell.Flash(w, r, ui.Good, "admin.saved")
	return shell.Redirect(w, r, "/organisations/"+changed.Slug+"/members")
}
