package admin

import (
	"context"
	"net/http"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// peopleView is the list of accounts and the form that invites into the host's team.
type peopleView struct {
	listView
	May      bool
	Problems ui.Problems
	Email    ui.Input
	Roles    ui.Checkboxes
}

func (p *Pages) people(w http.ResponseWriter, r *http.Request) error {
	return p.peoplePage(w, r, "", 0, nil)
}

func (p *Pages) peoplePage(w http.ResponseWriter, r *http.Request, email string, roles identity.HostRoles, problem error) error {
	v, ctx, q := shell.From(r), r.Context(), r.URL.Query()
	list, err := p.o.Identity.People(ctx, v.Actor, identity.PeopleQuery{Text: q.Get("q"), After: identity.PersonID(q.Get("after")), Limit: pageSize})
	if err != nil {
		return err
	}
	view := peopleView{May: v.Actor.Can(identity.ActionManagePeople, ""), Problems: ui.ProblemsOf(ctx, problem)}
	view.frame = frame{tabs(ctx, v.Actor, "/admin/people"), ui.PageHead{Title: ui.T(ctx, "admin.people"), Lead: ui.T(ctx, "admin.people.lead")}}
	view.Search = &ui.Search{ID: "people-q", Action: "/admin/people", Value: q.Get("q"), Label: ui.T(ctx, "admin.people.search")}
	view.Items.Level = 2
	view.Empty = ui.Empty{Icon: "users", Title: ui.T(ctx, "admin.people.none"), Text: ui.T(ctx, "admin.people.none.text")}
	for _, x := range list {
		view.Items.Items = append(view.Items.Items, p.personItem(ctx, x))
	}
	if len(list) == pageSize {
		view.Older = after(r, "after", string(list[len(list)-1].ID))
	}
	view.Email = input(ctx, view.Problems, "email", "email", email, false)
	view.Roles = hostRoles(ctx, "role", roles)
	view.Roles.Optional, view.Roles.Error = false, view.Problems.Of("role")
	status := http.StatusOK
	if problem != nil {
		status = httpx.Status(problem)
		if len(view.Problems) == 0 {
			return problem
		}
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true, NoSearch: true}, peoplePage(view))
}

func (p *Pages) personItem(ctx context.Context, x identity.Person) ui.Item {
	it := ui.Item{Title: personName(ctx, x), Href: "/admin/people/" + string(x.ID)}
	if !x.ClosedAt.IsZero() {
		it.Badges = []ui.Badge{{Label: ui.T(ctx, "admin.person.closed"), Icon: "lock"}}
		return it
	}
	for _, h := range x.HostRoles.List() {
		it.Badges = append(it.Badges, ui.Badge{Label: ui.T(ctx, "identity.host-role."+h.String()), Kind: ui.Information})
	}
	it.Facts = []ui.Fact{{Icon: "mail", Text: x.Email}, {Icon: "clock", Text: p.seen(ctx, x)}}
	return it
}

func personName(ctx context.Context, x identity.Person) string {
	if x.Name == "" {
		return ui.T(ctx, "admin.person.nameless")
	}
	return x.Name
}

func (p *Pages) seen(ctx context.Context, x identity.Person) string {
	if x.SignedInAt.IsZero() {
		return ui.T(ctx, "admin.person.never")
	}
	return ui.T(ctx, "admin.person.seen", i18n.Args{"When": ui.Ago(ctx, x.SignedInAt, p.o.Now())})
}

func hostRoles(ctx context.Context, name string, set identity.HostRoles) ui.Checkboxes {
	c := ui.Checkboxes{Field: ui.Field{Name: name, Label: ui.T(ctx, "admin.person.host-roles"), Optional: true}}
	for _, h := range identity.HostRoleList {
		c.Options = append(c.Options, ui.Option{Value: h.String(), Label: ui.T(ctx, "identity.host-role."+h.String()), Help: ui.T(ctx, "admin.host-role-help."+h.String())})
		if set.Has(h) {
			c.Values = append(c.Values, h.String())
		}
	}
	return c
}

// rolesOf reads the roles of a form.
func rolesOf(r *http.Request, name string) (set identity.HostRoles, err error) {
	if err := r.ParseForm(); err != nil {
		return 0, errs.New(errs.Invalid, "identity.invalid").WithHint("identity.invalid.hint").Because(err)
	}
	for _, code := range r.PostForm[name] {
		h, err := identity.ParseHostRole(code)
		if err != nil {
			return 0, err
		}
		set |= identity.HostSet(h)
	}
	return set, nil
}

func (p *Pages) inviteHost(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	roles, err := rolesOf(r, "role")
	if err != nil {
		return err
	}
	email := strings.TrimSpace(r.PostFormValue("email"))
	l, secret, err := p.o.Identity.Invite(ctx, v.Actor, identity.Invitation{Email: email, HostRoles: roles})
	if err != nil {
		return p.peoplePage(w, r, email, roles, err)
	}
	var names []string
	for _, h := range roles.List() {
		names = append(names, ui.T(ctx, "identity.host-role."+h.String()))
	}
	return p.invited(w, r, l, secret, ui.T(ctx, "admin.host-team"), strings.Join(names, ", "), "/admin/people")
}

// personView is one account.
type personView struct {
	frame
	Wrong  *ui.Notice
	Facts  ui.KeyValues
	URL    string
	May    bool // change it
	Closed bool
	Roles  ui.Checkboxes
}

func (p *Pages) person(w http.ResponseWriter, r *http.Request) error { return p.personPage(w, r, nil) }

func (p *Pages) personPage(w http.ResponseWriter, r *http.Request, problem error) error {
	v, ctx := shell.From(r), r.Context()
	x, err := p.o.Identity.Person(ctx, v.Actor, identity.PersonID(r.PathValue("id")))
	if err != nil {
		return err
	}
	view := personView{frame: frame{tabs(ctx, v.Actor, "/admin/people"), ui.PageHead{Title: personName(ctx, x)}}, URL: "/admin/people/" + string(x.ID),
		May: v.Actor.Can(identity.ActionManagePeople, ""), Closed: !x.ClosedAt.IsZero(), Roles: hostRoles(ctx, "role", x.HostRoles)}
	add := func(key, value string) {
		view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
	}
	if view.Closed {
		view.Head.Badges = []ui.Badge{{Label: ui.T(ctx, "admin.person.closed"), Icon: "lock"}}
		add("admin.person.closed-at", ui.Day(ctx, x.ClosedAt))
	} else {
		add("admin.field.email", x.Email)
		add("admin.person.last", p.seen(ctx, x))
		names := []string{}
		for _, h := range x.HostRoles.List() {
			names = append(names, ui.T(ctx, "identity.host-role."+h.String()))
		}
		if len(names) == 0 {
			names = []string{ui.T(ctx, "admin.person.no-host-role")}
		}
		add("admin.person.host-roles", strings.Join(names, ", "))
	}
	add("admin.person.created", ui.Day(ctx, x.CreatedAt))
	status := http.StatusOK
	if problem != nil {
		status = httpx.Status(problem)
		if view.Wrong = said(ctx, problem); view.Wrong == nil {
			return problem
		}
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: []ui.Crumb{{Label: ui.T(ctx, "admin.people"), Href: "/admin/people"}, {Label: view.Head.Title}}}, personPage(view))
}

func (p *Pages) setHostRoles(w http.ResponseWriter, r *http.Request) error {
	roles, err := rolesOf(r, "role")
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := p.o.Identity.SetHostRoles(r.Context(), shell.From(r).Actor, identity.PersonID(id), roles); err != nil {
		return p.personPage(w, r, err)
	}
	shell.Flash(w, r, ui.Good, "admin.person.roles-saved")
	if identity.PersonID(id) == shell.From(r).Actor.Person() && roles == 0 {
		return shell.Redirect(w, r, "/account")
	}
	return shell.Redirect(w, r, "/admin/people/"+id)
}

func (p *Pages) askClose(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	x, err := p.o.Identity.Person(ctx, v.Actor, identity.PersonID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if !x.ClosedAt.IsZero() {
		return shell.Redirect(w, r, "/admin/people/"+string(x.ID))
	}
	at := "/admin/people/" + string(x.ID)
	return shell.Ask(w, r, ui.Ask{Title: ui.T(ctx, "admin.person.close.ask", i18n.Args{"Name": x.Name}), Act: ui.T(ctx, "admin.person.close"), Action: at + "/close", Back: at,
		Losses: []string{ui.T(ctx, "admin.person.close.access"), ui.T(ctx, "admin.person.close.name"), ui.T(ctx, "admin.person.close.kept"), ui.T(ctx, "admin.person.close.final")}}, nil)
}

func (p *Pages) closePerson(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	id := identity.PersonID(r.PathValue("id"))
	if err := p.o.Identity.ClosePerson(r.Context(), v.Actor, id); err != nil {
		return p.personPage(w, r, err)
	}
	shell.Flash(w, r, ui.Good, "admin.person.close.done")
	if id == v.Actor.Person() {
		shell.Forget(w, r)
		return shell.Redirect(w, r, "/")
	}
	return shell.Redirect(w, r, "/admin/people")
}
