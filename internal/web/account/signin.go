package account

import (
	"context"
	"net/http"
	"net/url"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/mail"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

func (p *Pages) signInView(ctx context.Context, email, next string) formView {
	v := formView{
		Title: ui.T(ctx, "account.sign-in"), Action: shell.SignInPath, Submit: ui.T(ctx, "account.sign-in.act"), Hidden: []ui.KeyValue{{Key: "next", Value: next}},
		Inputs: []ui.Input{p.input(ctx, "email", "email", email, "username webauthn"), p.input(ctx, "password", "password", "", "current-password")},
		Other:  []ui.Link{{Label: ui.T(ctx, "account.forgotten"), Href: ForgottenPath}},
		Ways:   p.ways(ctx, "", next),
	}
	v.Inputs[0].Autofocus = email == ""
	return v
}

// waysView are the other ways in.
type waysView struct {
	Passkey passkeyView
	Links   []ui.Button
}

// ways lists them; step is "" or the step whose second proof is asked.
func (p *Pages) ways(ctx context.Context, step, next string) *waysView {
	query := ""
	if shell.SafeNext(next) != "/" {
		query = "?next=" + url.QueryEscape(next)
	}
	w := &waysView{Passkey: passkeyView{Action: PasskeyPath, Ceremony: "get", Act: ui.T(ctx, "account.passkey.use"), Hidden: []ui.KeyValue{{Key: "next", Value: next}, {Key: "first", Value: step}}}}
	if step != "" {
		return w
	}
	for _, x := range p.o.Providers {
		w.Links = append(w.Links, ui.Button{Label: ui.T(ctx, "account.provider.use", i18n.Args{"Name": x.Settings.Name}), Icon: "log-in", Href: ProviderPath + "/" + x.Settings.ID + query})
	}
	w.Links = append(w.Links, ui.Button{Label: ui.T(ctx, "account.link.use"), Icon: "mail", Href: LinkPath + query})
	return w
}

func (p *Pages) signInForm(w http.ResponseWriter, r *http.Request) error {
	if v := shell.From(r); !v.Actor.IsAnonymous() {
		return shell.RedirectNext(w, r, r.URL.Query().Get("next"))
	}
	return p.show(w, r, p.signInView(r.Context(), "", r.URL.Query().Get("next")), nil)
}

func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) error {
	email, next := r.PostFormValue("email"), r.PostFormValue("next")
	e, err := p.o.Identity.SignIn(r.Context(), identity.SignIn{Email: email, Password: r.PostFormValue("password"), Network: network(r), Agent: r.UserAgent()})
	if err != nil {
		return p.show(w, r, p.signInView(r.Context(), email, next), err)
	}
	return p.admit(w, r, e, next)
}

func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	if v.Secret() != "" {
		if err := p.o.Identity.SignOut(r.Context(), v.Secret()); err != nil {
			return err
		}
	}
	shell.Forget(w, r)
	if done, err := p.signOutThere(w, r, v.Session); done || err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "account.signed-out")
	return shell.Redirect(w, r, "/")
}

// token is the secret of a one-time link, from the address or from the form.
func token(r *http.Request) string {
	if t := r.PostFormValue("token"); t != "" {
		return t
	}
	return r.URL.Query().Get("token")
}

// personView is a form that makes an account.
func (p *Pages) personView(r *http.Request, title, lead, action string, n identity.NewPerson, fixedEmail bool) formView {
	ctx := r.Context()
	v := formView{Title: title, Lead: lead, Action: action, Submit: ui.T(ctx, "account.create.act"), Hidden: []ui.KeyValue{{Key: "token", Value: token(r)}},
		Inputs: []ui.Input{p.input(ctx, "name", "text", n.Name, "name"), p.input(ctx, "email", "email", n.Email, "username"), p.input(ctx, "password", "password", "", "new-password")}}
	v.Inputs[1].ReadOnly = fixedEmail
	return v
}

func newPerson(r *http.Request) identity.NewPerson {
	return identity.NewPerson{Email: r.PostFormValue("email"), Name: r.PostFormValue("name"), Password: r.PostFormValue("password"), Language: shell.From(r).Lang}
}

func (p *Pages) firstView(r *http.Request, n identity.NewPerson) formView {
	ctx := r.Context()
	return p.personView(r, ui.T(ctx, "account.first"), ui.T(ctx, "account.first.lead"), FirstAccountPath, n, false)
}

func (p *Pages) firstForm(w http.ResponseWriter, r *http.Request) error {
	l, err := p.o.Identity.OpenLink(r.Context(), token(r))
	if err == nil && l.Kind != identity.LinkFirstAdmin {
		err = over()
	}
	if err != nil {
		return err
	}
	return p.show(w, r, p.firstView(r, identity.NewPerson{}), nil)
}

func (p *Pages) first(w http.ResponseWriter, r *http.Request) error {
	n := newPerson(r)
	a, err := p.o.Identity.AcceptFirstAdmin(r.Context(), token(r), n)
	if err != nil {
		return p.show(w, r, p.firstView(r, n), err)
	}
	shell.Flash(w, r, ui.Good, "account.first.done")
	return p.enter(w, r, a, "/admin")
}

// over is the error of a link that opens nothing any more.
func over() error {
	return errs.New(errs.NotFound, "account.link-over").WithHint("account.link-over.hint")
}

func (p *Pages) invitationView(r *http.Request, l identity.Link, n identity.NewPerson) (formView, error) {
	ctx := r.Context()
	lead := ui.T(ctx, "account.invitation.host")
	if l.Organisation != "" {
		o, err := p.o.Identity.Organisation(ctx, identity.Anonymous(), l.Organisation)
		if err != nil {
			return formView{}, err
		}
		lead = ui.T(ctx, "account.invitation.lead", i18n.Args{"Organisation": o.Name, "Role": ui.T(ctx, "identity.role."+l.Role.String())})
	}
	if v := shell.From(r); !v.Actor.IsAnonymous() {
		return formView{Title: ui.T(ctx, "account.invitation"), Lead: lead, Action: InvitationPath, Submit: ui.T(ctx, "account.invitation.act"), Hidden: []ui.KeyValue{{Key: "token", Value: token(r)}}}, nil
	}
	if l.Email != "" {
		n.Email = l.Email
	}
	v := p.personView(r, ui.T(ctx, "account.invitation"), lead, InvitationPath, n, l.Email != "")
	if l.Email != "" {
		v.More = []ui.Button{{Label: ui.T(ctx, "account.invitation.passkey"), Icon: "key-round", Submit: true, Name: "without", Value: withoutPasskey},
			{Label: ui.T(ctx, "account.invitation.link"), Icon: "mail", Submit: true, Name: "without", Value: withoutAny}}
	}
	v.Other = []ui.Link{{Label: ui.T(ctx, "account.have-account"), Href: shell.SignInPath + "?next=" + url.QueryEscape(InvitationPath+"?token="+token(r))}}
	for _, x := range p.o.Providers {
		v.Other = append(v.Other, ui.Link{Label: ui.T(ctx, "account.invitation.with", i18n.Args{"Name": x.Settings.Name}), Icon: "log-in", Href: ProviderPath + "/" + x.Settings.ID + "?invitation-token=" + url.QueryEscape(token(r))})
	}
	return v, nil
}

func (p *Pages) openInvitation(r *http.Request) (identity.Link, error) {
	l, err := p.o.Identity.OpenLink(r.Context(), token(r))
	if err == nil && l.Kind != identity.LinkInvitation {
		err = over()
	}
	return l, err
}

func (p *Pages) invitationForm(w http.ResponseWriter, r *http.Request) error {
	l, err := p.openInvitation(r)
	if err != nil {
		return err
	}
	v, err := p.invitationView(r, l, identity.NewPerson{})
	if err != nil {
		return err
	}
	return p.show(w, r, v, nil)
}

func (p *Pages) invitation(w http.ResponseWriter, r *http.Request) error {
	l, err := p.openInvitation(r)
	if err != nil {
		return err
	}
	n, visit := newPerson(r), shell.From(r)
	without := r.PostFormValue("without")
	n.Without = without != ""
	a, err := p.o.Identity.AcceptInvitation(r.Context(), visit.Actor, token(r), n)
	if err != nil {
		v, e := p.invitationView(r, l, n)
		if e != nil {
			return e
		}
		return p.show(w, r, v, err)
	}
	next := "/desk"
	switch {
	case without == withoutPasskey:
		shell.Flash(w, r, ui.Good, "account.invitation.passkey-next")
		next = SecurityPath
	case without != "":
		shell.Flash(w, r, ui.Good, "account.invitation.link-next")
	default:
		shell.Flash(w, r, ui.Good, "account.invitation.done")
	}
	if !visit.Actor.IsAnonymous() {
		return shell.Redirect(w, r, "/desk")
	}
	return p.enter(w, r, a, next)
}

// The ways to accept an invitation by mail without a password.
const (
	withoutPasskey = "passkey"
	withoutAny     = "link"
)

func (p *Pages) forgottenView(ctx context.Context, email string) formView {
	return formView{Title: ui.T(ctx, "account.forgotten"), Lead: ui.T(ctx, "account.forgotten.lead"), Action: ForgottenPath, Submit: ui.T(ctx, "account.forgotten.act"),
		Inputs: []ui.Input{p.input(ctx, "email", "email", email, "username")}}
}

func (p *Pages) forgottenForm(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, p.forgottenView(r.Context(), ""), nil)
}

// forgotten sends a link to whom has the e-mail, and says the same to everyone.
func (p *Pages) forgotten(w http.ResponseWriter, r *http.Request) error {
	ctx, email := r.Context(), r.PostFormValue("email")
	reset, err := p.o.Identity.RequestReset(ctx, email, network(r))
	if err != nil {
		return p.show(w, r, p.forgottenView(ctx, email), err)
	}
	l := reset.Person.Language
	link := p.o.BaseURL + ui.Address(l, ResetPath) + "?token=" + reset.Secret
	m := mail.Letter(reset.Person.Email, l, "account.reset.mail", i18n.Args{"Name": reset.Person.Name, "URL": link})
	if err := p.o.MailIf(ctx, reset.Send, m); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Information, "account.forgotten.sent")
	return shell.Redirect(w, r, shell.SignInPath)
}

func (p *Pages) resetView(r *http.Request) formView {
	ctx := r.Context()
	return formView{Title: ui.T(ctx, "account.reset"), Action: ResetPath, Submit: ui.T(ctx, "account.reset.act"), Hidden: []ui.KeyValue{{Key: "token", Value: token(r)}},
		Inputs: []ui.Input{p.input(ctx, "password", "password", "", "new-password")}}
}

func (p *Pages) resetForm(w http.ResponseWriter, r *http.Request) error {
	l, err := p.o.Identity.OpenLink(r.Context(), token(r))
	if err == nil && l.Kind != identity.LinkReset {
		err = over()
	}
	if err != nil {
		return err
	}
	return p.show(w, r, p.resetView(r), nil)
}

func (p *Pages) reset(w http.ResponseWriter, r *http.Request) error {
	a, err := p.o.Identity.ResetPassword(r.Context(), token(r), r.PostFormValue("password"))
	if err != nil {
		return p.show(w, r, p.resetView(r), err)
	}
	if err := p.tell(r.Context(), a, "account.reset.done"); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "account.reset.done")
	return p.enter(w, r, a, "/desk")
}
