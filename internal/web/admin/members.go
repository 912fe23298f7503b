package admin

import (
	"context"
	"net/http"
	"strings"

	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// membersView is the people of an organisation, and those invited.
type membersView struct {
	frame
	URL      string // of the organisation
	May      bool   // change them
	Alone    bool
	Asked    *ui.Notice // people ask to join
	Members  []memberView
	Pending  []pendingView
	Problems ui.Problems
	Wrong    *ui.Notice
	Email    ui.Input
	Role     ui.Radios
}

type memberView struct {
	ID     string
	Name   string
	Email  string
	You    bool
	Badge  ui.Badge
	Since  string
	Role   ui.Select
	Remove string // the verb: to remove, or to leave
}

type pendingView struct {
	ID    string
	Title string
	Facts ui.Facts
}

func (p *Pages) members(w http.ResponseWriter, r *http.Request) error {
	return p.membersPage(w, r, identity.Invitation{Role: identity.Editor}, nil)
}

// membersPage shows the list; after an error, with what was typed.
func (p *Pages) membersPage(w http.ResponseWriter, r *http.Request, typed identity.Invitation, problem error) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.organisation(r, identity.ActionReadMembers)
	if err != nil {
		return err
	}
	if o.Slug != r.PathValue("slug") && r.Method == http.MethodGet {
		return shell.Redirect(w, r, "/organisations/"+o.Slug+"/members")
	}
	list, err := p.o.Identity.Members(ctx, v.Actor, o.ID)
	if err != nil {
		return err
	}
	view := membersView{frame: frame{tabs(ctx, v.Actor, "/admin/organisations"), ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "admin.members"), Lead: ui.T(ctx, "admin.members.lead")}},
		URL: "/organisations/" + o.Slug, May: v.Actor.Can(identity.ActionManageMembers, o.ID), Alone: len(list) == 0}
	if v.Actor.Can(identity.ActionEditOrganisation, o.ID) {
		view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, "admin.organisation.edit"), Icon: "pencil", Href: view.URL + "/edit"})
	}
	if v.Actor.Can(identity.ActionReadAudit, o.ID) {
		view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, "admin.audit"), Icon: "history", Href: view.URL + "/journal"})
	}
	for _, x := range []struct {
		right identity.Action
		label string
		icon  ui.Icon
		path  string
	}{
		{identity.ActionManageMembers, "admin.joining", "user-plus", "/joining"}, {identity.ActionReadMembers, "admin.mandates", "hand-helping", "/mandates"}, {identity.ActionManageTokens, "admin.services", "key-round", "/tokens"},
	} {
		if v.Actor.Can(x.right, o.ID) {
			view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, x.label), Icon: x.icon, Href: view.URL + x.path})
		}
	}
	if view.May {
		asked, err := p.o.Identity.JoinRequests(ctx, v.Actor, o.ID)
		if err != nil {
			return err
		}
		if len(asked) > 0 {
			view.Asked = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "admin.joining.waiting", ui.Count(len(asked)))}
		}
	}
	for _, m := range list {
		view.Members = append(view.Members, p.member(ctx, v.Actor, m))
	}
	if view.May {
		if err := p.pending(ctx, v.Actor, o.ID, &view); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if problem != nil {
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			if view.Wrong = said(ctx, problem); view.Wrong == nil {
				return problem
			}
		}
	}
	view.Email = input(ctx, view.Problems, "email", "email", typed.Email, true)
	view.Email.Label, view.Email.Help = ui.T(ctx, "admin.invite.email"), ui.T(ctx, "admin.invite.email-help")
	view.Role = ui.Radios{Field: ui.Field{Name: "role", Label: ui.T(ctx, "admin.role"), Error: view.Problems.Of("role")}, Value: typed.Role.String(), Options: roleOptions(ctx, true)}
	page := ui.Page{Title: ui.T(ctx, "admin.members") + " – " + o.Name, NoIndex: true, Place: "/organisations",
		Crumbs: []ui.Crumb{{Label: ui.T(ctx, "admin.producers"), Href: "/organisations"}, {Label: o.Name, Href: view.URL}, {Label: ui.T(ctx, "admin.members")}}}
	return shell.PageStatus(w, r, status, page, membersPage(view))
}

func roleOptions(ctx context.Context, help bool) []ui.Option {
	var out []ui.Option
	for _, x := range identity.Roles {
		o := ui.Option{Value: x.String(), Label: ui.T(ctx, "identity.role."+x.String())}
		if help {
			o.Help = ui.T(ctx, "admin.role-help."+x.String())
		}
		out = append(out, o)
	}
	return out
}

func (p *Pages) member(ctx context.Context, a identity.Actor, m identity.Member) memberView {
	out := memberView{ID: string(m.Person), Name: m.Name, Email: m.Email, You: m.Person == a.Person(), Badge: ui.Badge{Label: ui.T(ctx, "identity.role."+m.Role.String())},
		Since: ui.T(ctx, "admin.member.since", i18n.Args{"Day": ui.Day(ctx, m.Since)}), Remove: ui.T(ctx, "admin.member.remove"),
		Role: ui.Select{Field: ui.Field{ID: "role-" + string(m.Person), Name: "role", Label: ui.T(ctx, "admin.member.role-of", i18n.Args{"Name": m.Name})}, Value: m.Role.String(), Options: roleOptions(ctx, false)}}
	if out.You {
		out.Remove = ui.T(ctx, "admin.member.leave")
	}
	return out
}

// pending lists the invitations that wait.
func (p *Pages) pending(ctx context.Context, a identity.Actor, org identity.OrganisationID, view *membersView) error {
	links, err := p.o.Identity.Invitations(ctx, a, org)
	if err != nil {
		return err
	}
	for _, l := range links {
		view.Pending = append(view.Pending, pendingView{l.ID, whom(ctx, l), ui.Facts{
			{Icon: "circle-user", Text: ui.T(ctx, "identity.role."+l.Role.String())},
			{Icon: "clock", Text: ui.T(ctx, "admin.invitation.until", i18n.Args{"Moment": ui.Moment(ctx, l.ExpiresAt)})}}})
	}
	return nil
}

func whom(ctx context.Context, l identity.Link) string {
	if l.Email == "" {
		return ui.T(ctx, "admin.invitation.anyone")
	}
	return l.Email
}

func (p *Pages) setRole(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.organisation(r, identity.ActionManageMembers)
	if err != nil {
		return err
	}
	role, err := identity.ParseRole(r.PostFormValue("role"))
	if err != nil {
		return err
	}
	if _, err := p.found(ctx, v.Actor, o.ID, r.PathValue("person")); err != nil {
		return err
	}
	if err := p.o.Identity.SetMember(ctx, v.Actor, o.ID, identity.PersonID(r.PathValue("person")), role); err != nil {
		return p.membersPage(w, r, identity.Invitation{Role: identity.Editor}, err)
	}
	shell.Flash(w, r, ui.Good, "admin.member.changed")
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/members")
}

// found is the member of an address: a role is changed, not given, by its form.
func (p *Pages) found(ctx context.Context, a identity.Actor, org identity.OrganisationID, person string) (identity.Member, error) {
	list, err := p.o.Identity.Members(ctx, a, org)
	if err != nil {
		return identity.Member{}, err
	}
	for _, m := range list {
		if string(m.Person) == person {
			return m, nil
		}
	}
	return identity.Member{}, none()
}

// removing finds the member to remove: by an administrator, or oneself.
func (p *Pages) removing(r *http.Request) (o identity.Organisation, m identity.Member, err error) {
	a := shell.From(r).Actor
	if o, err = p.organisation(r, identity.ActionReadMembers); err != nil {
		return o, m, err
	}
	if r.PathValue("person") != string(a.Person()) {
		if err = a.Require(identity.ActionManageMembers, o.ID); err != nil {
			return o, m, err
		}
	}
	m, err = p.found(r.Context(), a, o.ID, r.PathValue("person"))
	return o, m, err
}

func (p *Pages) askRemove(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	o, m, err := p.removing(r)
	if err != nil {
		return err
	}
	at := "/organisations/" + o.Slug + "/members"
	args := i18n.Args{"Name": m.Name, "Organisation": o.Name}
	view := ui.Ask{Title: ui.T(ctx, "admin.member.remove.ask", args), Act: ui.T(ctx, "admin.member.remove"), Action: at + "/" + string(m.Person) + "/remove", Back: at,
		Losses: []string{ui.T(ctx, "admin.member.remove.rights", args), ui.T(ctx, "admin.member.remove.tokens"), ui.T(ctx, "admin.member.remove.kept")}}
	if m.Person == v.Actor.Person() {
		view.Title, view.Act = ui.T(ctx, "admin.member.leave.ask", args), ui.T(ctx, "admin.member.leave")
		view.Losses[0] = ui.T(ctx, "admin.member.leave.rights", args)
	}
	return shell.Ask(w, r, view, nil)
}

func (p *Pages) remove(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	o, m, err := p.removing(r)
	if err != nil {
		return err
	}
	if err := p.o.Identity.RemoveMember(r.Context(), v.Actor, o.ID, m.Person); err != nil {
		return p.membersPage(w, r, identity.Invitation{Role: identity.Editor}, err)
	}
	shell.Flash(w, r, ui.Good, "admin.member.removed", i18n.Args{"Name": m.Name})
	if m.Person == v.Actor.Person() && !v.Actor.Can(identity.ActionReadPeople, "") {
		return shell.Redirect(w, r, "/account")
	}
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/members")
}

// invitedView tells the link of an invitation, once.
type invitedView struct {
	frame
	Mailed *ui.Notice
	Facts  ui.KeyValues
	Link   ui.Code
	Back   ui.Button
}

func (p *Pages) invite(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.organisation(r, identity.ActionManageMembers)
	if err != nil {
		return err
	}
	in := identity.Invitation{Email: strings.TrimSpace(r.PostFormValue("email")), Organisation: o.ID}
	if in.Role, err = identity.ParseRole(r.PostFormValue("role")); err != nil {
		return err
	}
	l, secret, err := p.o.Identity.Invite(ctx, v.Actor, in)
	if err != nil {
		return p.membersPage(w, r, in, err)
	}
	role := ui.T(ctx, "identity.role."+l.Role.String())
	return p.invited(w, r, l, secret, o.Name, role, "/organisations/"+o.Slug+"/members")
}

// invited mails the link where there is an address, and shows it.
func (p *Pages) invited(w http.ResponseWriter, r *http.Request, l identity.Link, secret, to, role, back string) error {
	v, ctx := shell.From(r), r.Context()
	link := p.o.BaseURL + ui.Address(v.Lang, p.o.Invitation) + "?token=" + secret
	args := i18n.Args{"Organisation": to, "Role": role, "Name": v.Person.Name, "URL": link, "Email": l.Email, "Moment": ui.Moment(ctx, l.ExpiresAt)}
	view := invitedView{frame: frame{tabs(ctx, v.Actor, ""), ui.PageHead{Eyebrow: to, Title: ui.T(ctx, "admin.invited"), Lead: ui.T(ctx, "admin.invited.lead")}},
		Link: ui.Code{ID: "invitation-link", Title: ui.T(ctx, "admin.invited.link"), Text: link}, Back: ui.Button{Label: ui.T(ctx, "admin.back"), Icon: "arrow-left", Href: back},
		Facts: ui.KeyValues{Rows: []ui.KeyValue{{Key: ui.T(ctx, "admin.invited.for"), Value: whom(ctx, l)}, {Key: ui.T(ctx, "admin.role"), Value: role}, {Key: ui.T(ctx, "admin.invited.valid"), Value: args["Moment"].(string)}}}}
	switch {
	case l.Email == "":
		view.Mailed = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "admin.invited.printed"), Text: ui.T(ctx, "admin.invited.printed.text")}
	default:
		m := mail.Letter(l.Email, v.Lang, "admin.invited.mail", args)
		if err := p.o.DB.Write(ctx, func(tx *sqldb.Tx) error { return mail.Send(ctx, tx, m) }); err != nil {
			return err
		}
		view.Mailed = &ui.Notice{Kind: ui.Good, Title: ui.T(ctx, "admin.invited.mailed", args), Live: true}
		if !p.o.Delivers {
			view.Mailed = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "admin.invited.kept"), Text: ui.T(ctx, "admin.invited.kept.text"), Live: true}
		}
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, invitedPage(view))
}

func (p *Pages) invitation(r *http.Request) (o identity.Organisation, l identity.Link, err error) {
	if o, err = p.organisation(r, identity.ActionManageMembers); err != nil {
		return o, l, err
	}
	list, err := p.o.Identity.Invitations(r.Context(), shell.From(r).Actor, o.ID)
	if err != nil {
		return o, l, err
	}
	for _, l := range list {
		if l.ID == r.PathValue("id") {
			return o, l, nil
		}
	}
	return o, l, none()
}

func (p *Pages) askRevoke(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, l, err := p.invitation(r)
	if err != nil {
		return err
	}
	at := "/organisations/" + o.Slug
	return shell.Ask(w, r, ui.Ask{Title: ui.T(ctx, "admin.invitation.revoke.ask", i18n.Args{"Whom": whom(ctx, l)}), Losses: []string{ui.T(ctx, "admin.invitation.revoke.loss"), ui.T(ctx, "admin.invitation.revoke.again")},
		Act: ui.T(ctx, "admin.invitation.revoke"), Action: at + "/invitations/" + l.ID + "/revoke", Back: at + "/members"}, nil)
}

func (p *Pages) revoke(w http.ResponseWriter, r *http.Request) error {
	o, l, err := p.invitation(r)
	if err != nil {
		return err
	}
	if err := p.o.Identity.RevokeInvitation(r.Context(), shell.From(r).Actor, l.ID); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "admin.invitation.revoked")
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/members")
}
