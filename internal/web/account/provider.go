package account

import (
	"net/http"
	"net/url"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/oidc"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// journey is what waits for someone who has left for an identity provider.
type journey struct {
	Provider   string       `json:"provider"`
	OIDC       oidc.Journey `json:"oidc"`
	Next       string       `json:"next,omitempty"`
	Invitation string       `json:"invitation,omitempty"` // to be accepted on the way back
	Link       bool         `json:"link,omitempty"`       // the account is to be linked to the person's
}

// providerOf returns nil for one that is not set, or no longer.
func (p *Pages) providerOf(id string) *oidc.Provider {
	for _, x := range p.o.Providers {
		if x.Settings.ID == id {
			return x
		}
	}
	return nil
}

// leave sends the browser to a provider.
func (p *Pages) leave(w http.ResponseWriter, r *http.Request) error {
	v, ctx, q := shell.From(r), r.Context(), r.URL.Query()
	x := p.providerOf(r.PathValue("provider"))
	if x == nil {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	j := journey{Provider: x.Settings.ID, Next: q.Get("next"), Invitation: q.Get("invitation-token"), Link: !v.Actor.IsAnonymous()}
	to, started, err := x.Start(ctx)
	if err != nil {
		return p.show(w, r, p.signInView(ctx, "", j.Next), err)
	}
	j.OIDC = started
	secret, err := p.o.Identity.PutJourney(ctx, v.Actor, j)
	if err != nil {
		return err
	}
	shell.RememberStep(w, r, secret)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// comeBack receives the browser from a provider.
func (p *Pages) comeBack(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	x := p.providerOf(r.PathValue("provider"))
	if x == nil {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	var j journey
	err := p.o.Identity.TakeJourney(ctx, v.Actor, shell.TakeStep(w, r), &j)
	if err == nil && j.Provider != x.Settings.ID {
		err = errs.New(errs.SignIn, "identity.step-over").WithHint("identity.step-over.hint")
	}
	if err != nil {
		return p.show(w, r, p.signInView(ctx, "", ""), err)
	}
	got, err := x.Finish(ctx, j.OIDC, r.URL.Query())
	if err != nil {
		return p.show(w, r, p.signInView(ctx, "", j.Next), err)
	}
	c := identity.Claims{Provider: x.Settings.ID, Subject: got.Subject, Email: got.Email, EmailVerified: got.EmailVerified, Name: got.Name,
		Strong: got.Strong, Create: x.Settings.Create, Hint: got.IDToken}
	switch {
	case j.Link:
		if err := p.o.Identity.LinkAccount(ctx, v.Actor, c); err != nil {
			return p.securityPage(w, r, securityView{}, err)
		}
		if err := p.tell(ctx, v.Actor, "account.linked.done", i18n.Args{"Name": x.Settings.Name}); err != nil {
			return err
		}
		shell.Flash(w, r, ui.Good, "account.linked.done", i18n.Args{"Name": x.Settings.Name})
		return shell.Redirect(w, r, SecurityPath)
	case j.Invitation != "":
		e, err := p.o.Identity.AcceptInvitationLinked(ctx, j.Invitation, c, network(r), r.UserAgent())
		if err != nil {
			return p.show(w, r, p.signInView(ctx, got.Email, InvitationPath+"?token="+url.QueryEscape(j.Invitation)), err)
		}
		shell.Flash(w, r, ui.Good, "account.invitation.done")
		return p.admit(w, r, e, "")
	}
	e, err := p.o.Identity.SignInLinked(ctx, c, network(r), r.UserAgent())
	if err != nil {
		return p.show(w, r, p.signInView(ctx, got.Email, j.Next), err)
	}
	return p.admit(w, r, e, j.Next)
}

// signOutThere ends the session at the provider that opened it; done is false when
// there is nothing to end. The page leads there by itself: a form may not send
// browsers to another site (form-action of the content policy).
func (p *Pages) signOutThere(w http.ResponseWriter, r *http.Request, s identity.Session) (done bool, err error) {
	x := p.providerOf(s.Method)
	if x == nil || s.Hint == "" {
		return false, nil
	}
	ctx := r.Context()
	to, err := x.EndSession(ctx, s.Hint, p.o.BaseURL+ui.Address(shell.From(r).Lang, "/"))
	if err != nil || to == "" {
		return false, nil //nolint:nilerr // the session here is over; the provider's lasts as long as it says
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Refresh", "1; url="+to)
	v := leavingView{Title: ui.T(ctx, "account.signed-out.title"), Lead: ui.T(ctx, "account.signed-out.there", i18n.Args{"Name": x.Settings.Name}),
		Go: ui.Link{Label: ui.T(ctx, "account.signed-out.go", i18n.Args{"Name": x.Settings.Name}), Href: to, External: true}}
	return true, shell.Page(w, r, ui.Page{Title: v.Title, NoIndex: true}, leavingPage(v))
}

// leavingView is the page on the way to a provider.
type leavingView struct {
	Title string
	Lead  string
	Go    ui.Link
}
