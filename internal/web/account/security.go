package account

import (
	"context"
	"errors"
	"net/http"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/mail"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// securityView is how a person signs in, and what they may change of it.
type securityView struct {
	Tabs      ui.Tabs
	Enrol     *ui.Notice // the host asks for a second factor
	Wrong     *ui.Notice
	Problems  ui.Problems
	Confirmed bool      // the person has just proved to be there: acts are shown
	Password  *ui.Input // asked before acts; nil when there is none, or no need
	Ways      identity.Ways
	Recovery  string // "3 codes are left"
	Passkeys  []namedKey
	New       passkeyView
	Linked    []linkedView
	Providers []ui.Button // to link
	Email     string
	EmailNote ui.Badge
	NewEmail  ui.Input
}

type namedKey struct {
	ID    string
	Facts ui.Facts
	Name  ui.Input
}

type linkedView struct {
	ID, Name string
	Facts    ui.Facts
}

func (p *Pages) security(w http.ResponseWriter, r *http.Request) error {
	return p.securityPage(w, r, securityView{}, nil)
}

// securityPage shows the page; after an error, with what was wrong.
func (p *Pages) securityPage(w http.ResponseWriter, r *http.Request, view securityView, problem error) error {
	v, ctx := shell.From(r), r.Context()
	ways, err := p.o.Identity.Ways(ctx, v.Actor)
	if err != nil {
		return err
	}
	view.Tabs, view.Ways, view.Email = shell.AccountTabs(r, SecurityPath), ways, v.Person.Email
	view.Confirmed = p.o.Now().Sub(v.Session.ConfirmedAt) <= identity.ConfirmWithin
	if !view.Confirmed && ways.Password {
		in := p.input(ctx, "current", "password", "", "current-password")
		view.Password = &in
	}
	if ways.Required && !ways.Code && len(ways.Passkeys) == 0 {
		view.Enrol = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "account.enrol"), Text: ui.T(ctx, "account.enrol.text")}
	}
	view.Recovery = ui.T(ctx, "account.codes.left", ui.Count(ways.Recovery))
	view.EmailNote = ui.Badge{Label: ui.T(ctx, "account.email.unverified")}
	if ways.EmailVerified {
		view.EmailNote = ui.Badge{Label: ui.T(ctx, "account.email.verified"), Kind: ui.Good, Icon: "circle-check"}
	}
	if view.NewEmail.Name == "" {
		view.NewEmail = p.newEmailInput(r, "")
	}
	p.fillKeys(r, &view)
	status := http.StatusOK
	if problem != nil {
		if errs.Is(problem, errs.Internal) {
			return problem
		}
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			view.Wrong = ui.Failed(ctx, problem)
		}
		view.NewEmail.Error = view.Problems.Of("email")
		view.New.Name.Error = view.Problems.Of("name")
		if view.Password != nil {
			view.Password.Error = view.Problems.Of("current")
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: ui.T(ctx, "account.security"), NoIndex: true}, securityPage(view))
}

func (p *Pages) newEmailInput(r *http.Request, value string) ui.Input {
	in := p.input(r.Context(), "email", "email", value, "email")
	in.Label, in.Help = ui.T(r.Context(), "account.email.new"), ui.T(r.Context(), "account.email.help")
	return in
}

// fillKeys lists passkeys and linked accounts.
func (p *Pages) fillKeys(r *http.Request, view *securityView) {
	ctx := r.Context()
	for _, k := range view.Ways.Passkeys {
		n := namedKey{ID: k.ID, Name: p.input(ctx, "name", "text", k.Name, "off"), Facts: ui.Facts{{Icon: "calendar", Text: ui.T(ctx, "account.passkey.since", i18n.Args{"Day": ui.Day(ctx, k.CreatedAt)})}}}
		n.Name.ID, n.Name.Label = "key-"+k.ID, ui.T(ctx, "account.passkey.name-of", i18n.Args{"Name": k.Name})
		if !k.UsedAt.IsZero() {
			n.Facts = append(n.Facts, ui.Fact{Icon: "clock", Text: ui.T(ctx, "account.token.used", i18n.Args{"When": ui.Ago(ctx, k.UsedAt, p.o.Now())})})
		}
		view.Passkeys = append(view.Passkeys, n)
	}
	name := p.input(ctx, "name", "text", "", "off")
	name.Label, name.Help, name.MaxLength = ui.T(ctx, "account.passkey.name"), ui.T(ctx, "account.passkey.name.help"), 60
	view.New = passkeyView{Action: SecurityPath + "/passkeys", Ceremony: "create", Act: ui.T(ctx, "account.passkey.add"), Name: &name}
	has := map[string]bool{}
	for _, l := range view.Ways.Linked {
		has[l.Provider] = true
		n := linkedView{ID: l.ID, Name: l.Provider, Facts: ui.Facts{{Icon: "mail", Text: l.Email}, {Icon: "calendar", Text: ui.T(ctx, "account.passkey.since", i18n.Args{"Day": ui.Day(ctx, l.LinkedAt)})}}}
		if x := p.providerOf(l.Provider); x != nil {
			n.Name = x.Settings.Name
		}
		view.Linked = append(view.Linked, n)
	}
	for _, x := range p.o.Providers {
		if !has[x.Settings.ID] {
			view.Providers = append(view.Providers, ui.Button{Label: ui.T(ctx, "account.provider.link", i18n.Args{"Name": x.Settings.Name}), Icon: "link", Href: ProviderPath + "/" + x.Settings.ID})
		}
	}
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Identity.Confirm(r.Context(), shell.From(r).Actor, r.PostFormValue("current")); err != nil {
		return p.securityPage(w, r, securityView{}, err)
	}
	return shell.Redirect(w, r, SecurityPath)
}

// codesView is the setting up of an application of codes.
type codesView struct {
	Form   formView
	QR     ui.QR
	Secret ui.Code
}

func (p *Pages) startCodes(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.o.Identity.StartCode(r.Context(), shell.From(r).Actor); err != nil {
		return p.securityPage(w, r, securityView{}, err)
	}
	return shell.Redirect(w, r, SecurityPath+"/codes")
}

func (p *Pages) codes(w http.ResponseWriter, r *http.Request) error { return p.codesPage(w, r, nil) }

func (p *Pages) codesPage(w http.ResponseWriter, r *http.Request, problem error) error {
	ctx := r.Context()
	c, err := p.o.Identity.PendingCode(ctx, shell.From(r).Actor)
	if errs.Is(err, errs.NotFound) {
		return shell.Redirect(w, r, SecurityPath)
	}
	if err != nil {
		return err
	}
	view := codesView{Form: formView{Title: ui.T(ctx, "account.codes.set-up"), Lead: ui.T(ctx, "account.codes.lead"), Action: SecurityPath + "/codes/confirm", Submit: ui.T(ctx, "account.codes.confirm"),
		Inputs: []ui.Input{codeInput(r)}, Other: []ui.Link{{Label: ui.T(ctx, "ui.cancel"), Href: SecurityPath}}},
		Secret: ui.Code{ID: "code-secret", Title: ui.T(ctx, "account.codes.secret"), Text: c.Secret}}
	if view.QR, err = ui.NewQR(ui.T(ctx, "account.codes.qr"), c.URL); err != nil {
		return err
	}
	status := http.StatusOK
	if problem != nil {
		if errs.KindOf(problem) == errs.Internal {
			return problem
		}
		status = httpx.Status(problem)
		if view.Form.Problems = ui.ProblemsOf(ctx, problem); len(view.Form.Problems) == 0 {
			e := errs.As(problem)
			view.Form.Problems = ui.Problems{{Name: "code", Message: ui.T(ctx, e.Key, e.Args)}}
		}
		view.Form.Inputs[0].Error = view.Form.Problems.Of("code")
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Form.Title, NoIndex: true}, codesPage(view))
}

func (p *Pages) confirmCodes(w http.ResponseWriter, r *http.Request) error {
	list, err := p.o.Identity.ConfirmCode(r.Context(), shell.From(r).Actor, r.PostFormValue("code"))
	if errs.Is(err, errs.NotFound) {
		return shell.Redirect(w, r, SecurityPath)
	}
	if err != nil {
		return p.codesPage(w, r, err)
	}
	if err := errors.Join(p.tell(r.Context(), shell.From(r).Actor, "account.codes.started"), shell.Renew(w, r)); err != nil {
		return err
	}
	return p.recoveryPage(w, r, list)
}

// recoveryView shows the recovery codes, once.
type recoveryView struct {
	Title, Lead string
	Codes       ui.Code
	Done        ui.Button
}

func (p *Pages) recoveryPage(w http.ResponseWriter, r *http.Request, list []string) error {
	ctx := r.Context()
	text := ""
	for _, c := range list {
		text += c + "\n"
	}
	v := recoveryView{Title: ui.T(ctx, "account.recovery"), Lead: ui.T(ctx, "account.recovery.lead"), Codes: ui.Code{ID: "recovery-codes", Title: ui.T(ctx, "account.recovery.title"), Text: text},
		Done: ui.Button{Label: ui.T(ctx, "account.recovery.done"), Style: ui.Primary, Icon: "check", Href: SecurityPath}}
	w.Header().Set("Cache-Control", "no-store")
	return shell.Page(w, r, ui.Page{Title: v.Title, NoIndex: true}, recoveryPage(v))
}

func (p *Pages) recovery(w http.ResponseWriter, r *http.Request) error {
	list, err := p.o.Identity.RenewRecovery(r.Context(), shell.From(r).Actor)
	if err != nil {
		return p.securityPage(w, r, securityView{}, err)
	}
	return p.recoveryPage(w, r, list)
}

// ask asks before something is lost.
func (p *Pages) ask(w http.ResponseWriter, r *http.Request, a ui.Ask) error {
	w.Header().Set("Cache-Control", "no-store")
	return shell.Ask(w, r, a, nil)
}

func (p *Pages) askStopCodes(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	return p.ask(w, r, ui.Ask{Title: ui.T(ctx, "account.codes.stop.ask"), Losses: []string{ui.T(ctx, "account.codes.stop.loss"), ui.T(ctx, "account.codes.stop.recovery")},
		Action: SecurityPath + "/codes/stop", Act: ui.T(ctx, "account.codes.stop"), Back: SecurityPath})
}

func (p *Pages) stopCodes(w http.ResponseWriter, r *http.Request) error {
	return p.doneAndTold(w, r, p.o.Identity.StopCode(r.Context(), shell.From(r).Actor), "account.codes.stopped")
}

// doneAndTold is done for what changes how an account is opened: its person gets a letter
// of it, and learns so of what somebody else did.
func (p *Pages) doneAndTold(w http.ResponseWriter, r *http.Request, err error, said string) error {
	if err == nil {
		err = p.tell(r.Context(), shell.From(r).Actor, said)
	}
	return p.done(w, r, err, said)
}

// tell writes to the address of an account what has changed about how it is opened.
func (p *Pages) tell(ctx context.Context, a identity.Actor, what string, args ...i18n.Args) error {
	person, err := p.o.Identity.Person(ctx, a, a.Person())
	if err != nil {
		return err
	}
	l := person.Language
	return p.o.Mail(ctx, mail.Letter(person.Email, l, "account.notice", i18n.Args{"Name": person.Name, "What": i18n.T(l, what, args...)}))
}

// done ends an act of the page: what was wrong, or that it is done.
func (p *Pages) done(w http.ResponseWriter, r *http.Request, err error, said string) error {
	if errs.Is(err, errs.NotFound) {
		return err
	}
	if err != nil {
		return p.securityPage(w, r, securityView{}, err)
	}
	if err := shell.Renew(w, r); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, said)
	return shell.Redirect(w, r, SecurityPath)
}

func (p *Pages) newPasskey(w http.ResponseWriter, r *http.Request) error {
	options, step, err := p.o.Identity.NewPasskey(r.Context(), shell.From(r).Actor)
	if err != nil {
		return err
	}
	return writeChallenge(w, r, challenge{options, step})
}

func (p *Pages) addPasskey(w http.ResponseWriter, r *http.Request) error {
	_, err := p.o.Identity.AddPasskey(r.Context(), shell.From(r).Actor, r.PostFormValue("step"), r.PostFormValue("name"), []byte(r.PostFormValue("answer")))
	return p.doneAndTold(w, r, err, "account.passkey.added")
}

func (p *Pages) renamePasskey(w http.ResponseWriter, r *http.Request) error {
	return p.done(w, r, p.o.Identity.RenamePasskey(r.Context(), shell.From(r).Actor, r.PathValue("id"), r.PostFormValue("name")), "account.saved")
}

func (p *Pages) removePasskey(w http.ResponseWriter, r *http.Request) error {
	return p.doneAndTold(w, r, p.o.Identity.RemovePasskey(r.Context(), shell.From(r).Actor, r.PathValue("id")), "account.passkey.removed")
}

func (p *Pages) unlink(w http.ResponseWriter, r *http.Request) error {
	return p.doneAndTold(w, r, p.o.Identity.UnlinkAccount(r.Context(), shell.From(r).Actor, r.PathValue("id")), "account.unlinked.done")
}

// changeEmail sends a link to the new address, a notice to the one of today, and says
// the same whether the new one is someone's or not.
func (p *Pages) changeEmail(w http.ResponseWriter, r *http.Request) error {
	ctx, email := r.Context(), r.PostFormValue("email")
	m, err := p.o.Identity.RequestEmail(ctx, shell.From(r).Actor, email)
	if err != nil {
		return p.securityPage(w, r, securityView{NewEmail: p.newEmailInput(r, email)}, err)
	}
	l := m.Person.Language
	link := p.o.BaseURL + ui.Address(l, EmailPath) + "?token=" + m.Secret
	letter := mail.Letter(email, l, "account.email.mail", i18n.Args{"Name": m.Person.Name, "URL": link})
	if err := p.o.MailIf(ctx, m.Send, letter); err != nil {
		return err
	}
	if err := p.o.Mail(ctx, mail.Letter(m.Person.Email, l, "account.email.notice", i18n.Args{"Name": m.Person.Name})); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Information, "account.email.sent")
	return shell.Redirect(w, r, SecurityPath)
}

// newAddressForm asks to press a button, as useLinkForm does.
func (p *Pages) newAddressForm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	return p.show(w, r, formView{Title: ui.T(ctx, "account.email.confirm"), Lead: ui.T(ctx, "account.email.confirm.lead"), Action: EmailPath, Submit: ui.T(ctx, "account.email.confirm.act"),
		Hidden: []ui.KeyValue{{Key: "token", Value: token(r)}}}, nil)
}

func (p *Pages) newAddress(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	person, before, err := p.o.Identity.ConfirmEmail(ctx, token(r), network(r))
	if err != nil {
		return err
	}
	l := person.Language
	if err := p.o.Mail(ctx, mail.Letter(before, l, "account.email.changed", i18n.Args{"Name": person.Name})); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "account.email.done")
	if shell.From(r).Actor.IsAnonymous() {
		return shell.Redirect(w, r, shell.SignInPath)
	}
	return shell.Redirect(w, r, SecurityPath)
}
