package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// mandatesView is who publishes for an organisation, and for whom it publishes.
type mandatesView struct {
	frame
	URL       string
	May       bool
	Given     []mandateView
	Received  []mandateView
	Problems  ui.Problems
	Wrong     *ui.Notice
	Delegate  ui.Select
	Reference ui.Input
	Document  ui.Input
	Starts    ui.Input
	Ends      ui.Input
}

type mandateView struct {
	ID       string
	Title    string
	Document string
	Facts    ui.Facts
	Badge    ui.Badge
	Revoke   bool
}

func (p *Pages) mandates(w http.ResponseWriter, r *http.Request) error {
	return p.mandatesPage(w, r, identity.Mandate{}, nil)
}

// mandatesPage shows the page; after an error, with what was typed.
func (p *Pages) mandatesPage(w http.ResponseWriter, r *http.Request, typed identity.Mandate, problem error) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.organisation(r, identity.ActionReadMembers)
	if err != nil {
		return err
	}
	view := mandatesView{frame: frame{tabs(ctx, v.Actor, ""), ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "admin.mandates"), Lead: ui.T(ctx, "admin.mandates.lead")}},
		URL: "/organisations/" + o.Slug + "/mandates", May: v.Actor.Can(identity.ActionManageMandates, o.ID)}
	list, err := p.o.Identity.Mandates(ctx, v.Actor, o.ID)
	if err != nil {
		return err
	}
	var ids []identity.OrganisationID
	for _, m := range list {
		ids = append(ids, m.Organisation, m.Delegate)
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, v.Actor, ids...)
	if err != nil {
		return err
	}
	for _, m := range list {
		n := p.mandate(ctx, v.Actor, m)
		if m.Organisation == o.ID {
			n.Title = ui.T(ctx, "admin.mandate.by", i18n.Args{"Name": orgs[m.Delegate].Name})
			view.Given = append(view.Given, n)
		} else {
			n.Title = ui.T(ctx, "admin.mandate.for", i18n.Args{"Name": orgs[m.Organisation].Name})
			view.Received = append(view.Received, n)
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
	if view.May {
		pr := view.Problems
		view.Reference, view.Document = input(ctx, pr, "reference", "text", typed.Reference, false), input(ctx, pr, "document", "url", typed.Document, true)
		view.Starts, view.Ends = input(ctx, pr, "starts", "date", dayText(typed.StartsAt), true), input(ctx, pr, "ends", "date", dayText(typed.EndsAt), true)
		view.Delegate = ui.Select{Field: ui.Field{Name: "delegate", Label: ui.T(ctx, "admin.field.delegate"), Error: pr.Of("delegate")}, Value: string(typed.Delegate), Empty: ui.T(ctx, "admin.choose")}
		if err := p.parents(ctx, v.Actor, o.ID, typed.Delegate, &view.Delegate); err != nil {
			return err
		}
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title + " – " + o.Name, NoIndex: true}, mandatesPage(view))
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (p *Pages) mandate(ctx context.Context, a identity.Actor, m identity.Mandate) mandateView {
	now := p.o.Now()
	n := mandateView{ID: m.ID, Document: m.Document, Revoke: m.RevokedAt.IsZero() && (a.Can(identity.ActionManageMandates, m.Organisation) || a.Can(identity.ActionManageMandates, m.Delegate)),
		Facts: ui.Facts{{Icon: "file-text", Text: m.Reference}, {Icon: "calendar", Text: ui.T(ctx, "admin.mandate.since", i18n.Args{"Day": ui.Day(ctx, m.StartsAt)})}}}
	if !m.EndsAt.IsZero() {
		n.Facts = append(n.Facts, ui.Fact{Icon: "calendar", Text: ui.T(ctx, "admin.mandate.until", i18n.Args{"Day": ui.Day(ctx, m.EndsAt)})})
	}
	switch {
	case !m.RevokedAt.IsZero():
		n.Badge = ui.Badge{Label: ui.T(ctx, "admin.mandate.revoked")}
	case m.InForce(now):
		n.Badge = ui.Badge{Label: ui.T(ctx, "admin.mandate.in-force"), Kind: ui.Good, Icon: "circle-check"}
	case now.Before(m.StartsAt):
		n.Badge = ui.Badge{Label: ui.T(ctx, "admin.mandate.later"), Kind: ui.Information}
	default:
		n.Badge, n.Revoke = ui.Badge{Label: ui.T(ctx, "admin.mandate.over")}, false
	}
	return n
}

// day reads a date of a form, in the portal's zone; a wrong one is a problem of its
// field.
func (p *Pages) day(r *http.Request, name string) (time.Time, error) {
	text := strings.TrimSpace(r.PostFormValue(name))
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, p.o.Now().Location())
	if err != nil {
		return t, errs.New(errs.Invalid, "identity.invalid").WithField(name, "admin.field.day").WithHint("identity.invalid.hint")
	}
	return t, nil
}

func (p *Pages) giveMandate(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionManageMandates)
	if err != nil {
		return err
	}
	m := identity.Mandate{Organisation: o.ID, Delegate: identity.OrganisationID(r.PostFormValue("delegate")), Reference: r.PostFormValue("reference"), Document: r.PostFormValue("document")}
	if m.StartsAt, err = p.day(r, "starts"); err == nil {
		m.EndsAt, err = p.day(r, "ends")
	}
	if err == nil {
		_, err = p.o.Identity.GiveMandate(r.Context(), shell.From(r).Actor, m)
	}
	if err != nil {
		return p.mandatesPage(w, r, m, err)
	}
	shell.Flash(w, r, ui.Good, "admin.mandate.given")
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/mandates")
}

func (p *Pages) revokeMandate(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionReadMembers)
	if err != nil {
		return err
	}
	if err := p.o.Identity.RevokeMandate(r.Context(), shell.From(r).Actor, r.PathValue("id")); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "admin.mandate.ended")
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/mandates")
}

// serviceView is the tokens of an organisation.
type serviceView struct {
	frame
	URL      string
	Secret   string // of the one just made
	Tokens   []serviceToken
	Problems ui.Problems
	Wrong    *ui.Notice
	Name     ui.Input
	Role     ui.Select
	Scopes   ui.Radios
	Days     ui.Select
}

type serviceToken struct {
	ID, Name string
	Facts    ui.Facts
	Dead     bool
}

func (p *Pages) services(w http.ResponseWriter, r *http.Request) error {
	return p.servicesPage(w, r, "", nil)
}

// servicesPage shows the page; secret is that of a token just made.
func (p *Pages) servicesPage(w http.ResponseWriter, r *http.Request, secret string, problem error) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.organisation(r, identity.ActionManageTokens)
	if err != nil {
		return err
	}
	view := serviceView{frame: frame{tabs(ctx, v.Actor, ""), ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "admin.services"), Lead: ui.T(ctx, "admin.services.lead")}}, URL: "/organisations/" + o.Slug + "/tokens", Secret: secret}
	status := http.StatusOK
	if problem != nil {
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			if view.Wrong = said(ctx, problem); view.Wrong == nil {
				return problem
			}
		}
	}
	list, err := p.o.Identity.Tokens(ctx, v.Actor, o.ID)
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.Person == "" {
			view.Tokens = append(view.Tokens, p.service(ctx, t))
		}
	}
	view.Name = input(ctx, view.Problems, "name", "text", r.PostFormValue("name"), false)
	view.Name.Label, view.Name.Help = ui.T(ctx, "admin.service.name"), ui.T(ctx, "admin.service.name-help")
	view.Role = ui.Select{Field: ui.Field{Name: "role", Label: ui.T(ctx, "admin.role"), Error: view.Problems.Of("role")}, Value: identity.Editor.String(), Options: roleOptions(ctx, false)}
	view.Scopes = ui.Radios{Field: ui.Field{Name: "scopes", Label: ui.T(ctx, "admin.service.scopes")}, Value: "read,write,publish"}
	for _, s := range []string{"read", "read,write", "read,write,publish"} {
		view.Scopes.Options = append(view.Scopes.Options, ui.Option{Value: s, Label: ui.T(ctx, "admin.service.scopes."+s[strings.LastIndexByte(s, ',')+1:])})
	}
	view.Days = ui.Select{Field: ui.Field{Name: "days", Label: ui.T(ctx, "admin.service.days")}, Value: "365", Options: []ui.Option{
		{Value: "30", Label: ui.T(ctx, "admin.service.days.30")}, {Value: "365", Label: ui.T(ctx, "admin.service.days.365")}, {Value: "", Label: ui.T(ctx, "admin.service.days.never")}}}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title + " – " + o.Name, NoIndex: true}, servicesPage(view))
}

func (p *Pages) service(ctx context.Context, t identity.Token) serviceToken {
	now := p.o.Now()
	n := serviceToken{ID: string(t.ID), Name: t.Name, Dead: !t.RevokedAt.IsZero() || !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(now),
		Facts: ui.Facts{{Icon: "key-round", Text: t.Hint}, {Icon: "circle-user", Text: ui.T(ctx, "identity.role."+t.Role.String())}}}
	for _, s := range t.Scopes.List() {
		n.Facts = append(n.Facts, ui.Fact{Text: ui.T(ctx, "identity.scope."+s.String())})
	}
	if !t.ExpiresAt.IsZero() {
		n.Facts = append(n.Facts, ui.Fact{Icon: "calendar", Text: ui.T(ctx, "admin.mandate.until", i18n.Args{"Day": ui.Day(ctx, t.ExpiresAt)})})
	}
	if !t.UsedAt.IsZero() {
		n.Facts = append(n.Facts, ui.Fact{Icon: "clock", Text: ui.T(ctx, "admin.service.used", i18n.Args{"When": ui.Ago(ctx, t.UsedAt, now)})})
	}
	return n
}

func (p *Pages) createService(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionManageTokens)
	if err != nil {
		return err
	}
	n := identity.NewToken{Name: r.PostFormValue("name"), Organisation: o.ID, OfOrganisation: true}
	if n.Role, err = identity.ParseRole(r.PostFormValue("role")); err != nil {
		return err
	}
	if n.Scopes, err = identity.ParseScopes(r.PostFormValue("scopes")); err != nil {
		return err
	}
	switch r.PostFormValue("days") {
	case "30":
		n.ExpiresAt = p.o.Now().AddDate(0, 0, 30)
	case "365":
		n.ExpiresAt = p.o.Now().AddDate(0, 0, 365)
	}
	_, secret, err := p.o.Identity.CreateToken(r.Context(), shell.From(r).Actor, n)
	return p.servicesPage(w, r, secret, err)
}

func (p *Pages) revokeService(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionManageTokens)
	if err != nil {
		return err
	}
	if err := p.o.Identity.RevokeToken(r.Context(), shell.From(r).Actor, identity.TokenID(r.PathValue("id"))); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "admin.service.revoked")
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/tokens")
}

// joiningView is the mail domains of an organisation and who asks to join.
type joiningView struct {
	frame
	URL      string
	Problems ui.Problems
	Domains  ui.TextArea
	Requests []requestView
}

type requestView struct {
	ID    string
	Name  string
	Facts ui.Facts
	Role  ui.Select
}

func (p *Pages) joining(w http.ResponseWriter, r *http.Request) error {
	return p.joiningPage(w, r, nil, nil)
}

func (p *Pages) joiningPage(w http.ResponseWriter, r *http.Request, typed *string, problem error) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.organisation(r, identity.ActionManageMembers)
	if err != nil {
		return err
	}
	domains, err := p.o.Identity.Domains(ctx, v.Actor, o.ID)
	if err != nil {
		return err
	}
	view := joiningView{frame: frame{tabs(ctx, v.Actor, ""), ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "admin.joining"), Lead: ui.T(ctx, "admin.joining.lead")}}, URL: "/organisations/" + o.Slug + "/joining"}
	text, status := strings.Join(domains, "\n"), http.StatusOK
	if typed != nil {
		text = *typed
	}
	if problem != nil {
		if status = httpx.Status(problem); errs.KindOf(problem) != errs.Invalid {
			return problem
		}
		view.Problems = ui.ProblemsOf(ctx, problem)
	}
	view.Domains = ui.TextArea{Field: ui.Field{Name: "domains", Label: ui.T(ctx, "admin.field.domains"), Help: ui.T(ctx, "admin.field.domains-help"), Optional: true, Error: view.Problems.Of("domains")}, Value: text, Rows: 3}
	asked, err := p.o.Identity.JoinRequests(ctx, v.Actor, o.ID)
	if err != nil {
		return err
	}
	for _, j := range asked {
		view.Requests = append(view.Requests, requestView{ID: j.ID, Name: j.Name, Facts: ui.Facts{{Icon: "mail", Text: j.Email}, {Icon: "clock", Text: ui.Ago(ctx, j.AskedAt, p.o.Now())}},
			Role: ui.Select{Field: ui.Field{ID: "role-" + j.ID, Name: "role", Label: ui.T(ctx, "admin.member.role-of", i18n.Args{"Name": j.Name})}, Value: identity.Editor.String(), Options: roleOptions(ctx, false)}})
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title + " – " + o.Name, NoIndex: true}, joiningPage(view))
}

func (p *Pages) setDomains(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionManageMembers)
	if err != nil {
		return err
	}
	text := r.PostFormValue("domains")
	if err := p.o.Identity.SetDomains(r.Context(), shell.From(r).Actor, o.ID, strings.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == ',' || c == ';' })); err != nil {
		return p.joiningPage(w, r, &text, err)
	}
	shell.Flash(w, r, ui.Good, "admin.joining.saved")
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/joining")
}

func (p *Pages) decideJoin(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionManageMembers)
	if err != nil {
		return err
	}
	role, said := identity.NoRole, "admin.joining.refused"
	if r.PostFormValue("answer") == "yes" {
		if role, err = identity.ParseRole(r.PostFormValue("role")); err != nil {
			return err
		}
		said = "admin.joining.accepted"
	}
	if err := p.o.Identity.DecideJoin(r.Context(), shell.From(r).Actor, r.PathValue("id"), role); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, said)
	return shell.Redirect(w, r, "/organisations/"+o.Slug+"/joining")
}

// mergeView asks which organisation this one becomes part of.
type mergeView struct {
	frame
	URL      string
	Back     string
	Problems ui.Problems
	Wrong    *ui.Notice
	Losses   []string
	Into     ui.Select
}

func (p *Pages) mergeForm(w http.ResponseWriter, r *http.Request) error {
	return p.mergePage(w, r, nil)
}

func (p *Pages) mergePage(w http.ResponseWriter, r *http.Request, problem error) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.organisation(r, identity.ActionReadMembers)
	if err != nil {
		return err
	}
	at := "/organisations/" + o.Slug
	view := mergeView{frame: frame{tabs(ctx, v.Actor, "/admin/organisations"), ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "admin.merge"), Lead: ui.T(ctx, "admin.merge.lead")}}, URL: at + "/merge", Back: at + "/edit",
		Losses: []string{ui.T(ctx, "admin.merge.members"), ui.T(ctx, "admin.merge.datasets"), ui.T(ctx, "admin.merge.ends"), ui.T(ctx, "admin.merge.undo")}}
	status := http.StatusOK
	if problem != nil {
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			if view.Wrong = said(ctx, problem); view.Wrong == nil {
				return problem
			}
		}
	}
	view.Into = ui.Select{Field: ui.Field{Name: "into", Label: ui.T(ctx, "admin.field.into"), Error: view.Problems.Of("into")}, Empty: ui.T(ctx, "admin.choose"), Value: r.PostFormValue("into")}
	all, err := p.auditOrganisations(ctx, v.Actor, "", false)
	if err != nil {
		return err
	}
	for _, x := range all.Options {
		if x.Value != string(o.ID) {
			view.Into.Options = append(view.Into.Options, x)
		}
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title + " – " + o.Name, NoIndex: true}, mergePage(view))
}

func (p *Pages) merge(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), shell.From(r).Actor
	o, err := p.organisation(r, identity.ActionReadMembers)
	if err != nil {
		return err
	}
	into := identity.OrganisationID(r.PostFormValue("into"))
	if into == "" {
		into = o.ID // refused: nothing was chosen
	}
	if err := p.o.Identity.MergeOrganisations(ctx, a, o.ID, into); err != nil {
		return p.mergePage(w, r, err)
	}
	to, err := p.o.Identity.Organisation(ctx, a, into)
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "admin.merge.done", i18n.Args{"From": o.Name, "Into": to.Name})
	return shell.Redirect(w, r, "/organisations/"+to.Slug+"/members")
}

// resetFactors takes the second factor of someone who has lost everything.
func (p *Pages) resetFactors(w http.ResponseWriter, r *http.Request) error {
	id := identity.PersonID(r.PathValue("id"))
	if err := p.o.Identity.ResetFactors(r.Context(), shell.From(r).Actor, id); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "admin.person.factors-reset")
	return shell.Redirect(w, r, "/admin/people/"+string(id))
}
