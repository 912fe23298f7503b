package account

import (
	"encoding/json"
	"net/http"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/mail"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// secondPage asks for the second proof.
func (p *Pages) secondPage(w http.ResponseWriter, r *http.Request, step, next string, problem error) error {
	ctx := r.Context()
	ways, err := p.o.Identity.OpenSecondStep(ctx, step)
	if err != nil {
		return p.show(w, r, p.signInView(ctx, "", next), err)
	}
	v := formView{Title: ui.T(ctx, "account.second"), Hidden: []ui.KeyValue{{Key: "step", Value: step}, {Key: "next", Value: next}}}
	if ways.Code {
		v.Lead, v.Action, v.Submit = ui.T(ctx, "account.second.lead"), SecondPath, ui.T(ctx, "account.second.act")
		v.Inputs = []ui.Input{codeInput(r)}
		v.Inputs[0].Help = ui.T(ctx, "account.second.help")
		v.Inputs[0].Autofocus = true
	} else {
		v.Lead = ui.T(ctx, "account.second.passkey")
	}
	if ways.Passkeys {
		v.Ways = p.ways(ctx, step, next)
	}
	return p.show(w, r, v, problem)
}

func codeInput(r *http.Request) ui.Input {
	return ui.Input{Field: ui.Field{Name: "code", Label: ui.T(r.Context(), "account.field.code")}, Autocomplete: "one-time-code", Short: true, MaxLength: 40}
}

func (p *Pages) second(w http.ResponseWriter, r *http.Request) error {
	step, next := r.PostFormValue("step"), r.PostFormValue("next")
	e, err := p.o.Identity.ProveCode(r.Context(), step, r.PostFormValue("code"), network(r), r.UserAgent())
	if err != nil {
		return p.secondPage(w, r, step, next, err)
	}
	return p.admit(w, r, e, next)
}

// passkeyView is a form that the island "passkey" fills.
type passkeyView struct {
	Action   string
	Ceremony string // "get" or "create"
	Act      string
	Hidden   []ui.KeyValue
	Name     *ui.Input // of a new one
}

// challenge is what the island asks before the browser makes or finds a passkey.
type challenge struct {
	Options json.RawMessage `json:"options"` // of navigator.credentials
	Step    string          `json:"step"`
}

func (p *Pages) passkeyChallenge(w http.ResponseWriter, r *http.Request) error {
	options, step, err := p.o.Identity.AskPasskey(r.Context(), r.PostFormValue("first"))
	if err != nil {
		return err
	}
	return writeChallenge(w, r, challenge{options, step})
}

func writeChallenge(w http.ResponseWriter, r *http.Request, c challenge) error {
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, c)
}

func (p *Pages) passkey(w http.ResponseWriter, r *http.Request) error {
	ctx, next := r.Context(), r.PostFormValue("next")
	e, err := p.o.Identity.ProvePasskey(ctx, r.PostFormValue("step"), []byte(r.PostFormValue("answer")), network(r), r.UserAgent())
	if err != nil {
		if first := r.PostFormValue("first"); first != "" {
			return p.secondPage(w, r, first, next, err)
		}
		return p.show(w, r, p.signInView(ctx, "", next), err)
	}
	return p.admit(w, r, e, next)
}

// A sign-in link by mail.

func (p *Pages) linkView(r *http.Request, email, next string) formView {
	ctx := r.Context()
	return formView{Title: ui.T(ctx, "account.link"), Lead: ui.T(ctx, "account.link.lead"), Action: LinkPath, Submit: ui.T(ctx, "account.link.act"), Hidden: []ui.KeyValue{{Key: "next", Value: next}},
		Inputs: []ui.Input{p.input(ctx, "email", "email", email, "username")}}
}

func (p *Pages) linkForm(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, p.linkView(r, "", r.URL.Query().Get("next")), nil)
}

// link sends a link to whom has the e-mail, and says the same to everyone.
func (p *Pages) link(w http.ResponseWriter, r *http.Request) error {
	ctx, email := r.Context(), r.PostFormValue("email")
	m, err := p.o.Identity.RequestSignIn(ctx, email, network(r))
	if err != nil {
		return p.show(w, r, p.linkView(r, email, r.PostFormValue("next")), err)
	}
	l := m.Person.Language
	link := p.o.BaseURL + ui.Address(l, LinkPath+"/use") + "?token=" + m.Secret
	letter := mail.Letter(m.Person.Email, l, "account.link.mail", i18n.Args{"Name": m.Person.Name, "URL": link})
	if err := p.o.MailIf(ctx, m.Send, letter); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Information, "account.link.sent")
	return shell.Redirect(w, r, shell.SignInPath)
}

// useLinkForm asks to press a button: programs that read mail follow links, and would
// spend this one.
func (p *Pages) useLinkForm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	return p.show(w, r, formView{Title: ui.T(ctx, "account.sign-in"), Lead: ui.T(ctx, "account.link.use.lead"), Action: LinkPath + "/use", Submit: ui.T(ctx, "account.sign-in.act"),
		Hidden: []ui.KeyValue{{Key: "token", Value: token(r)}}}, nil)
}

func (p *Pages) useLink(w http.ResponseWriter, r *http.Request) error {
	e, err := p.o.Identity.UseSignInLink(r.Context(), token(r), network(r), r.UserAgent())
	if err != nil {
		if errs.Is(err, errs.NotFound) {
			return p.show(w, r, p.linkView(r, "", ""), err)
		}
		return err
	}
	return p.admit(w, r, e, "")
}
