package account

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/mail"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Addresses of one-time links; the secret is their parameter "token".
const (
	FirstAccountPath = "/first-account"
	InvitationPath   = "/invitation"
	ResetPath        = "/new-password"
	ForgottenPath    = "/forgotten-password"
	Path             = "/account"
)

// Pages answers the addresses of this area.
type Pages struct {
	o Options
}

// Options are what the pages work with.
type Options struct {
	Identity *identity.Service
	Mail     func(ctx context.Context, m mail.Message) error
	BaseURL  string       // without a slash at the end
	Limit    httpx.Option // attempts of one visitor
	Now      func() time.Time
}

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	try := shell.Anyone.With(p.o.Limit)
	return []shell.Route{
		{Pattern: "GET " + shell.SignInPath, Who: shell.Anyone, Handler: p.signInForm},
		{Pattern: "POST " + shell.SignInPath, Who: try, Handler: p.signIn},
		{Pattern: "POST " + shell.SignOutPath, Who: shell.Anyone, Handler: p.signOut},
		{Pattern: "GET " + FirstAccountPath, Who: shell.Anyone, Handler: p.firstForm},
		{Pattern: "POST " + FirstAccountPath, Who: try, Handler: p.first},
		{Pattern: "GET " + InvitationPath, Who: shell.Anyone, Handler: p.invitationForm},
		{Pattern: "POST " + InvitationPath, Who: try, Handler: p.invitation},
		{Pattern: "GET " + ForgottenPath, Who: shell.Anyone, Handler: p.forgottenForm},
		{Pattern: "POST " + ForgottenPath, Who: try, Handler: p.forgotten},
		{Pattern: "GET " + ResetPath, Who: shell.Anyone, Handler: p.resetForm},
		{Pattern: "POST " + ResetPath, Who: try, Handler: p.reset},
		{Pattern: "GET " + Path, Who: shell.Person, Handler: p.account},
		{Pattern: "POST " + Path, Who: shell.Person, Handler: p.edit},
		{Pattern: "POST " + Path + "/password", Who: shell.Person.With(p.o.Limit), Handler: p.changePassword},
		{Pattern: "POST " + Path + "/sessions/{id}/end", Who: shell.Person, Handler: p.endSession},
		{Pattern: "POST " + Path + "/sessions/end-others", Who: shell.Person, Handler: p.endOthers},
		{Pattern: "POST " + Path + "/tokens", Who: shell.Person, Handler: p.createToken},
		{Pattern: "POST " + Path + "/tokens/{id}/revoke", Who: shell.Person, Handler: p.revokeToken},
	}
}

func network(r *http.Request) netip.Addr { return httpx.ClientAddr(r.Context()) }

// formView is a page that is one form.
type formView struct {
	Title    string
	Lead     string
	Action   string
	Hidden   []ui.KeyValue
	Problems ui.Problems
	Wrong    *ui.Notice
	Inputs   []ui.Input
	Submit   string
	Other    []ui.Link
}

// show answers with a form; after an error, with what was wrong in it.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, v formView, err error) error {
	ctx, status := r.Context(), http.StatusOK
	if err != nil {
		e := errs.As(err)
		if e.Kind == errs.Internal {
			return err
		}
		status = httpx.Status(err)
		if v.Problems = ui.ProblemsOf(ctx, err); len(v.Problems) == 0 {
			v.Wrong = &ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, e.Key, e.Args), Live: true}
			if e.Hint != "" {
				v.Wrong.Text = ui.T(ctx, e.Hint, e.Args)
			}
		}
		for i := range v.Inputs {
			v.Inputs[i].Error = v.Problems.Of(v.Inputs[i].Name)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	return shell.PageStatus(w, r, status, ui.Page{Title: v.Title, NoIndex: true}, formPage(v))
}

func (p *Pages) input(ctx context.Context, name, kind, value, complete string) ui.Input {
	in := ui.Input{Field: ui.Field{Name: name, Label: ui.T(ctx, "account.field."+name)}, Type: kind, Value: value, Autocomplete: complete}
	if complete == "new-password" {
		in.Help = ui.T(ctx, "account.password.help")
	}
	return in
}

// enter opens a session for an actor and goes on to an address.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request, a identity.Actor, next string) error {
	session, secret, err := p.o.Identity.OpenSession(r.Context(), a, network(r), r.UserAgent())
	if err != nil {
		return err
	}
	shell.Remember(w, r, session, secret)
	return shell.RedirectNext(w, r, ui.Address(shell.From(r).Lang, next))
}
