package account

import (
	"net/http"
	"slices"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// accountView is a person's own page.
type accountView struct {
	Tabs         ui.Tabs
	Name         ui.Input
	Language     ui.Select
	Email        string
	Password     []ui.Input
	Problems     ui.Problems
	Members      ui.Items
	Joinable     []identity.Joinable
	Sessions     []sessionView
	Tokens       []tokenView
	TokenName    ui.Input
	TokenScopes  ui.Radios
	TokenOnly    *ui.Select // the one organisation where it acts; nil when there is none
	TokenExpires ui.Select
	NewToken     string // the secret, shown once
}

type sessionView struct {
	ID      string
	Agent   string
	Seen    string
	Current bool
}

type tokenView struct {
	ID    string
	Name  string
	Facts []ui.Fact
	Dead  bool
}

func (p *Pages) account(w http.ResponseWriter, r *http.Request) error {
	return p.accountPage(w, r, "", nil)
}

func (p *Pages) accountPage(w http.ResponseWriter, r *http.Request, secret string, problem error) error {
	v, ctx := shell.From(r), r.Context()
	view := accountView{Tabs: shell.AccountTabs(r, Path), Email: v.Person.Email, NewToken: secret, Name: p.input(ctx, "name", "text", v.Person.Name, "name"),
		Language:  ui.Select{Field: ui.Field{Name: "language", Label: ui.T(ctx, "account.language")}, Value: string(v.Person.Language), Options: []ui.Option{{Value: "fr", Label: "Français"}, {Value: "en", Label: "English"}}},
		Password:  []ui.Input{p.input(ctx, "current", "password", "", "current-password"), p.input(ctx, "password", "password", "", "new-password")},
		TokenName: ui.Input{Field: ui.Field{Name: "token-name", Label: ui.T(ctx, "account.token.name"), Help: ui.T(ctx, "account.token.name.help")}},
		TokenScopes: ui.Radios{Field: ui.Field{Name: "scopes", Label: ui.T(ctx, "account.token.scopes")}, Value: "read,write,publish", Options: []ui.Option{
			{Value: "read", Label: ui.T(ctx, "account.scopes.read")}, {Value: "read,write", Label: ui.T(ctx, "account.scopes.write")}, {Value: "read,write,publish", Label: ui.T(ctx, "account.scopes.publish")}}},
		TokenExpires: ui.Select{Field: ui.Field{Name: "days", Label: ui.T(ctx, "account.token.days")}, Value: "365", Options: []ui.Option{
			{Value: "30", Label: ui.T(ctx, "account.days.30")}, {Value: "365", Label: ui.T(ctx, "account.days.365")}, {Value: "", Label: ui.T(ctx, "account.days.never")}}},
	}
	status := http.StatusOK
	if problem != nil {
		e := errs.As(problem)
		if e.Kind == errs.Internal {
			return problem
		}
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			view.Problems = ui.Problems{{Name: "current", Message: ui.T(ctx, e.Key, e.Args)}}
		}
		for _, in := range []*ui.Input{&view.Name, &view.Password[0], &view.Password[1], &view.TokenName} {
			in.Error = view.Problems.Of(in.Name)
		}
	}
	if err := p.fillAccount(r, &view); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: ui.T(ctx, "account.title"), NoIndex: true}, accountPage(view))
}

// fillAccount lists organisations, sessions and tokens.
func (p *Pages) fillAccount(r *http.Request, view *accountView) error {
	v, ctx := shell.From(r), r.Context()
	var ids []identity.OrganisationID
	for _, m := range v.Actor.Memberships() {
		ids = append(ids, m.Organisation)
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, v.Actor, ids...)
	if err != nil {
		return err
	}
	view.Members.Level = 3
	only := ui.Select{Field: ui.Field{Name: "token-only", Label: ui.T(ctx, "account.token.only"), Help: ui.T(ctx, "account.token.only.help"), Error: view.Problems.Of("organisation")}, Value: r.PostFormValue("token-only"), Empty: ui.T(ctx, "account.token.only.all")}
	for _, m := range v.Actor.Memberships() {
		o := orgs[m.Organisation]
		if option := (ui.Option{Value: string(o.ID), Label: o.Name}); !slices.Contains(only.Options, option) {
			only.Options = append(only.Options, option)
		}
		if m.Via != "" {
			continue // by a mandate: the organisation's own pages tell it
		}
		view.Members.Items = append(view.Members.Items, ui.Item{Title: o.Name, Href: "/organisations/" + o.Slug, Facts: []ui.Fact{{Icon: "circle-user", Text: ui.T(ctx, "identity.role."+m.Role.String())}}})
	}
	if len(only.Options) > 0 {
		view.TokenOnly = &only
	}
	if view.Joinable, err = p.o.Identity.Joinable(ctx, v.Actor); err != nil {
		return err
	}
	sessions, err := p.o.Identity.Sessions(ctx, v.Actor)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		view.Sessions = append(view.Sessions, sessionView{s.ID, s.Agent, ui.Ago(ctx, s.SeenAt, p.o.Now()), s.Current})
	}
	tokens, err := p.o.Identity.Tokens(ctx, v.Actor, "")
	if err != nil {
		return err
	}
	var named []identity.OrganisationID // also those that one has left
	for _, t := range tokens {
		if t.Organisation != "" {
			named = append(named, t.Organisation)
		}
	}
	bound, err := p.o.Identity.OrganisationsByID(ctx, v.Actor, named...)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		tv := tokenView{ID: string(t.ID), Name: t.Name, Dead: !t.RevokedAt.IsZero() || !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(p.o.Now())}
		tv.Facts = append(tv.Facts, ui.Fact{Icon: "key-round", Text: t.Hint})
		if t.Organisation != "" {
			tv.Facts = append(tv.Facts, ui.Fact{Icon: "building-2", Text: ui.T(ctx, "account.token.bound", i18n.Args{"Name": bound[t.Organisation].Name})})
		}
		for _, s := range t.Scopes.List() {
			tv.Facts = append(tv.Facts, ui.Fact{Text: ui.T(ctx, "identity.scope."+s.String())})
		}
		if !t.ExpiresAt.IsZero() {
			tv.Facts = append(tv.Facts, ui.Fact{Icon: "calendar", Text: ui.T(ctx, "account.token.until", i18n.Args{"Day": ui.Day(ctx, t.ExpiresAt)})})
		}
		if !t.UsedAt.IsZero() {
			tv.Facts = append(tv.Facts, ui.Fact{Icon: "clock", Text: ui.T(ctx, "account.token.used", i18n.Args{"When": ui.Ago(ctx, t.UsedAt, p.o.Now())})})
		}
		view.Tokens = append(view.Tokens, tv)
	}
	return nil
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.o.Identity.EditPerson(r.Context(), shell.From(r).Actor, r.PostFormValue("name"), i18n.Lang(r.PostFormValue("language"))); err != nil {
		return p.accountPage(w, r, "", err)
	}
	shell.Flash(w, r, ui.Good, "account.saved")
	return shell.Redirect(w, r, Path)
}

func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Identity.ChangePassword(r.Context(), shell.From(r).Actor, r.PostFormValue("current"), r.PostFormValue("password")); err != nil {
		return p.accountPage(w, r, "", err)
	}
	if err := p.tell(r.Context(), shell.From(r).Actor, "account.password.changed"); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "account.password.changed")
	return shell.Redirect(w, r, Path)
}

func (p *Pages) endSession(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Identity.RevokeSession(r.Context(), shell.From(r).Actor, r.PathValue("id")); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "account.session.ended")
	return shell.Redirect(w, r, Path)
}

func (p *Pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Identity.RevokeOtherSessions(r.Context(), shell.From(r).Actor); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "account.session.ended")
	return shell.Redirect(w, r, Path)
}

func (p *Pages) createToken(w http.ResponseWriter, r *http.Request) error {
	scopes, err := identity.ParseScopes(r.PostFormValue("scopes"))
	if err != nil {
		return err
	}
	n := identity.NewToken{Name: r.PostFormValue("token-name"), Organisation: identity.OrganisationID(r.PostFormValue("token-only")), Scopes: scopes}
	switch r.PostFormValue("days") {
	case "30":
		n.ExpiresAt = p.o.Now().AddDate(0, 0, 30)
	case "365":
		n.ExpiresAt = p.o.Now().AddDate(0, 0, 365)
	}
	_, secret, err := p.o.Identity.CreateToken(r.Context(), shell.From(r).Actor, n)
	if err != nil {
		return p.accountPage(w, r, "", err)
	}
	return p.accountPage(w, r, secret, nil)
}

func (p *Pages) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Identity.RevokeToken(r.Context(), shell.From(r).Actor, identity.TokenID(r.PathValue("id"))); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "account.token.revoked")
	return shell.Redirect(w, r, Path)
}

// join asks an organisation of one's mail domain to be taken in.
func (p *Pages) join(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Identity.AskToJoin(r.Context(), shell.From(r).Actor, identity.OrganisationID(r.PathValue("id"))); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "account.join.asked")
	return shell.Redirect(w, r, Path)
}
