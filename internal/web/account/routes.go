package account

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"socle/internal/community"
	"socle/internal/errs"
	"socle/internal/follow"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/mail"
	"socle/internal/oidc"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Addresses of one-time links; the secret is their parameter "token".
const (
	FirstAccountPath = "/first-account"
	InvitationPath   = "/invitation"
	ResetPath        = "/new-password"
	ForgottenPath    = "/forgotten-password"
	Path             = shell.AccountPath
	SecurityPath     = shell.EnrolPath
	DataPath         = shell.DataPath
	SecondPath       = "/sign-in/second"
	LinkPath         = "/sign-in/link"
	PasskeyPath      = "/sign-in/passkey"
	ProviderPath     = "/sign-in/with"
	EmailPath        = "/new-address"
)

// Pages answers the addresses of this area.
type Pages struct {
	o Options
}

// Options are what the pages work with.
type Options struct {
	Identity *identity.Service
	Mail     func(ctx context.Context, m mail.Message) error
	// MailIf sends a message when there is somebody to send it to, and does the same
	// work when there is nobody: its time does not tell who has an account.
	MailIf  func(ctx context.Context, somebody bool, m mail.Message) error
	BaseURL string // without a slash at the end
	// Attempts bounds the forms of signing in that one address sends, Limit any
	// request: who comes from a provider has proven nothing false yet.
	Attempts, Limit httpx.Option
	Now             func() time.Time
	// Providers are the identity providers that people may sign in with.
	Providers []*oidc.Provider
	Contact   string // e-mail of the host
	Host      string // its name, in the register
	Keep      Keep
	Follows   *follow.Service
	Community *community.Service
}

// Keep is how long things are kept, as the register tells it.
type Keep struct {
	SessionIdle, SessionMax time.Duration
	LinkDays, RequestDays   int
	MailDays                int // letters, after they were written
	AskerDays               int // after the end of a request for data
	AuditDays               int // 0: for ever
}

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	try := shell.Anyone.With(p.o.Attempts)
	return []shell.Route{
		{Pattern: "GET " + shell.SignInPath, Who: shell.Anyone, Handler: p.signInForm},
		{Pattern: "POST " + shell.SignInPath, Who: try, Handler: p.signIn},
		{Pattern: "GET " + SecondPath, Who: shell.Anyone, Handler: to(shell.SignInPath)},
		{Pattern: "POST " + SecondPath, Who: try, Handler: p.second},
		{Pattern: "GET " + LinkPath, Who: shell.Anyone, Handler: p.linkForm},
		{Pattern: "POST " + LinkPath, Who: try, Handler: p.link},
		{Pattern: "POST " + LinkPath + "/use", Who: try, Handler: p.useLink},
		{Pattern: "GET " + LinkPath + "/use", Who: shell.Anyone, Handler: p.useLinkForm},
		{Pattern: "GET " + PasskeyPath, Who: shell.Anyone, Handler: to(shell.SignInPath)},
		{Pattern: "POST " + PasskeyPath, Who: try, Handler: p.passkey},
		{Pattern: "POST " + PasskeyPath + "/challenge", Who: try.With(httpx.WithRenderer(httpx.JSONRenderer)), Handler: p.passkeyChallenge},
		{Pattern: "GET " + ProviderPath + "/{provider}", Who: shell.Anyone.With(p.o.Limit), Handler: p.leave},
		{Pattern: "GET " + ProviderPath + "/{provider}/back", Who: shell.Anyone.With(p.o.Limit), Handler: p.comeBack},
		{Pattern: "GET " + EmailPath, Who: shell.Anyone, Handler: p.newAddressForm},
		{Pattern: "POST " + EmailPath, Who: try, Handler: p.newAddress},
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
		{Pattern: "POST " + Path + "/password", Who: shell.Person.With(p.o.Attempts), Handler: p.changePassword},
		{Pattern: "POST " + Path + "/sessions/{id}/end", Who: shell.Person, Handler: p.endSession},
		{Pattern: "POST " + Path + "/sessions/end-others", Who: shell.Person, Handler: p.endOthers},
		{Pattern: "POST " + Path + "/tokens", Who: shell.Person, Handler: p.createToken},
		{Pattern: "POST " + Path + "/tokens/{id}/revoke", Who: shell.Person, Handler: p.revokeToken},
		{Pattern: "POST " + Path + "/join/{id}", Who: shell.Person.With(p.o.Attempts), Handler: p.join},
		{Pattern: "GET " + SecurityPath, Who: shell.Person, Handler: p.security},
		{Pattern: "GET " + SecurityPath + "/confirm", Who: shell.Person, Handler: to(SecurityPath)},
		{Pattern: "POST " + SecurityPath + "/confirm", Who: shell.Person.With(p.o.Attempts), Handler: p.confirm},
		{Pattern: "GET " + SecurityPath + "/codes", Who: shell.Person, Handler: p.codes},
		{Pattern: "POST " + SecurityPath + "/codes", Who: shell.Person, Handler: p.startCodes},
		{Pattern: "GET " + SecurityPath + "/codes/confirm", Who: shell.Person, Handler: to(SecurityPath + "/codes")},
		{Pattern: "POST " + SecurityPath + "/codes/confirm", Who: shell.Person.With(p.o.Attempts), Handler: p.confirmCodes},
		{Pattern: "GET " + SecurityPath + "/codes/stop", Who: shell.Person, Handler: p.askStopCodes},
		{Pattern: "POST " + SecurityPath + "/codes/stop", Who: shell.Person, Handler: p.stopCodes},
		{Pattern: "GET " + SecurityPath + "/recovery", Who: shell.Person, Handler: to(SecurityPath)},
		{Pattern: "POST " + SecurityPath + "/recovery", Who: shell.Person, Handler: p.recovery},
		{Pattern: "GET " + SecurityPath + "/passkeys", Who: shell.Person, Handler: to(SecurityPath)},
		{Pattern: "POST " + SecurityPath + "/passkeys", Who: shell.Person, Handler: p.addPasskey},
		{Pattern: "POST " + SecurityPath + "/passkeys/challenge", Who: shell.Person.With(httpx.WithRenderer(httpx.JSONRenderer)), Handler: p.newPasskey},
		{Pattern: "GET " + SecurityPath + "/passkeys/{id}/name", Who: shell.Person, Handler: to(SecurityPath)},
		{Pattern: "GET " + SecurityPath + "/passkeys/{id}/remove", Who: shell.Person, Handler: to(SecurityPath)},
		{Pattern: "GET " + SecurityPath + "/linked/{id}/remove", Who: shell.Person, Handler: to(SecurityPath)},
		{Pattern: "POST " + SecurityPath + "/passkeys/{id}/name", Who: shell.Person, Handler: p.renamePasskey},
		{Pattern: "POST " + SecurityPath + "/passkeys/{id}/remove", Who: shell.Person, Handler: p.removePasskey},
		{Pattern: "POST " + SecurityPath + "/linked/{id}/remove", Who: shell.Person, Handler: p.unlink},
		{Pattern: "GET " + SecurityPath + "/email", Who: shell.Person, Handler: to(SecurityPath)},
		{Pattern: "POST " + SecurityPath + "/email", Who: shell.Person.With(p.o.Attempts), Handler: p.changeEmail},
		{Pattern: "GET " + DataPath, Who: shell.Person, Handler: p.data},
		{Pattern: "GET " + DataPath + "/export", Who: shell.Person, Handler: p.export},
		{Pattern: "GET " + DataPath + "/close", Who: shell.Person, Handler: p.askClose},
		{Pattern: "POST " + DataPath + "/close", Who: shell.Person, Handler: p.closeAccount},
		{Pattern: "GET /privacy", Who: shell.Anyone, Handler: p.register},
	}
}

// to leads to the page of an act whose address is asked for: by the link to the other
// language, or by a reload.
func to(path string) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error { return shell.Redirect(w, r, path) }
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
	More     []ui.Button // other ways to send the form
	Other    []ui.Link
	Ways     *waysView
}

// show answers with a form; after an error, with what was wrong in it.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, v formView, err error) error {
	ctx, status := r.Context(), http.StatusOK
	if err != nil {
		if errs.Is(err, errs.Internal) {
			return err
		}
		status = httpx.Status(err)
		httpx.SetRetryAfter(w, err)
		if v.Problems = ui.ProblemsOf(ctx, err); len(v.Problems) == 0 {
			v.Wrong = ui.Failed(ctx, err)
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

// enter lets in an actor who followed a one-time link and goes on to an address.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request, a identity.Actor, next string) error {
	e, err := p.o.Identity.OpenSession(r.Context(), a, network(r), r.UserAgent())
	if err != nil {
		return err
	}
	return p.admit(w, r, e, ui.Address(shell.From(r).Lang, next))
}

// admit goes on to an address with the session that was opened, or asks for the
// second proof first.
func (p *Pages) admit(w http.ResponseWriter, r *http.Request, e identity.Entry, next string) error {
	if e.Step != "" {
		return p.secondPage(w, r, e.Step, next, nil)
	}
	shell.Remember(w, r, e.Session, e.Secret)
	if shell.SafeNext(next) == "/" {
		next = ui.Address(shell.From(r).Lang, "/desk")
	}
	return shell.RedirectNext(w, r, next)
}
