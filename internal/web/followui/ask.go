package followui

import (
	"context"
	"net/http"

	"socle/internal/errs"
	"socle/internal/follow"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// askView is the page behind a "Follow" button.
type askView struct {
	Head     ui.PageHead
	Already  *ui.Notice
	Stop     string // address that ends it; "" for who does not follow it
	Action   string
	Hidden   []ui.KeyValue
	Problems ui.Problems
	Wrong    *ui.Notice
	Email    *ui.Input // of who has no account here
	Pace     ui.Radios
	Submit   string
	Others   []ui.Link
	SignIn   *ui.Link
}

func paces(ctx context.Context, chosen follow.Pace) ui.Radios {
	out := ui.Radios{Field: ui.Field{Name: "pace", Label: ui.T(ctx, "followui.pace")}, Value: string(chosen)}
	for _, p := range follow.Paces {
		out.Options = append(out.Options, ui.Option{Value: string(p), Label: ui.T(ctx, p.LabelKey())})
	}
	return out
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	s, err := p.read(r)
	if err != nil {
		return err
	}
	return p.askPage(w, r, s, nil)
}

func (p *Pages) askPage(w http.ResponseWriter, r *http.Request, s subject, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	view := askView{Head: ui.PageHead{Eyebrow: ui.T(ctx, "followui.kind."+string(s.Kind)), Title: ui.T(ctx, "followui.ask", i18n.Args{"Title": s.Title}), Lead: ui.T(ctx, "followui.ask.lead."+string(s.Kind))},
		Action: Path, Hidden: s.Fields, Submit: ui.T(ctx, "followui.act"), Pace: paces(ctx, follow.Daily)}
	if pace := r.PostFormValue("pace"); pace != "" {
		view.Pace.Value = pace
	}
	switch v.Person.ID {
	case "":
		view.Email = &ui.Input{Field: ui.Field{Name: "email", Label: ui.T(ctx, "followui.email"), Help: ui.T(ctx, "followui.email.help")}, Type: "email", Autocomplete: "email", Value: r.PostFormValue("email")}
		view.SignIn = &ui.Link{Label: ui.T(ctx, "followui.sign-in"), Icon: "log-in", Href: shell.SignInURL(v, r)}
	default:
		f, err := p.o.Follows.Of(ctx, v.Actor, s.Topic)
		if err == nil {
			view.Already = &ui.Notice{Kind: ui.Good, Title: ui.T(ctx, "followui.already"), Text: ui.T(ctx, f.Pace.LabelKey()) + "."}
			view.Stop, view.Pace.Value, view.Submit = shell.FollowsPath+"/"+string(f.ID)+"/stop", string(f.Pace), ui.T(ctx, "followui.change")
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	if s.Feed != "" {
		view.Others = append(view.Others, ui.Link{Label: ui.T(ctx, "followui.feed"), Icon: "rss", Href: s.Feed})
	}
	view.Others = append(view.Others, ui.Link{Label: ui.T(ctx, "followui.webhook"), Icon: "code", Href: follow.HooksPath + s.query()})
	if problem != nil {
		if errs.Is(problem, errs.Internal) {
			return problem
		}
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			view.Wrong = ui.Failed(ctx, problem)
		}
		if view.Email != nil {
			view.Email.Error = view.Problems.Of("email")
		}
	}
	page := ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: []ui.Crumb{{Label: s.Title, Href: s.Page}, {Label: ui.T(ctx, "followui.act")}}}
	return shell.PageStatus(w, r, status, page, askPage(view))
}

// follow begins it for a person; else it sends the question to the address.
func (p *Pages) follow(w http.ResponseWriter, r *http.Request) error {
	s, err := p.read(r)
	if err != nil {
		return err
	}
	v, ctx, pace := shell.From(r), r.Context(), follow.Pace(r.PostFormValue("pace"))
	if v.Person.ID != "" {
		if _, err := p.o.Follows.Follow(ctx, v.Actor, s.Topic, pace); err != nil {
			return p.askPage(w, r, s, err)
		}
		shell.Flash(w, r, ui.Good, "followui.begun", i18n.Args{"Title": s.Title})
		return shell.Redirect(w, r, s.Page)
	}
	if err := p.o.Follows.Ask(ctx, identity.Anonymous(), r.PostFormValue("email"), v.Lang, s.Topic, pace); err != nil {
		return p.askPage(w, r, s, err)
	}
	shell.Flash(w, r, ui.Information, "followui.asked")
	return shell.Redirect(w, r, s.Page)
}

// linkView is the page of a link in a message.
type linkView struct {
	Title  string
	Text   string
	Hidden []ui.KeyValue
	Action string
	Submit string
	All    string // label of the button that ends all; "" for none
	Others []string
	Back   *ui.Link
}

func linkPageHeaders(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// formToken is the secret of a link, from the address or from the form.
func formToken(r *http.Request) string {
	if t := r.PostFormValue("token"); t != "" {
		return t
	}
	return r.URL.Query().Get("token")
}

// askConfirm shows what is to be confirmed: programs that read mail before people
// do open links, and send no form.
func (p *Pages) askConfirm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := p.o.Follows.Asked(ctx, formToken(r))
	if err != nil {
		return err
	}
	s, err := p.name(ctx, identity.Anonymous(), f.Topic)
	if err != nil {
		return err
	}
	linkPageHeaders(w)
	view := linkView{Title: ui.T(ctx, "followui.ask", i18n.Args{"Title": s.Title}), Text: ui.T(ctx, "followui.confirm.text", i18n.Args{"Email": f.Email, "Pace": ui.T(ctx, f.Pace.LabelKey())}),
		Action: follow.ConfirmPath, Submit: ui.T(ctx, "followui.confirm.act"), Hidden: []ui.KeyValue{{Key: "token", Value: formToken(r)}}}
	return shell.Page(w, r, ui.Page{Title: view.Title, NoIndex: true}, linkPage(view))
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := p.o.Follows.Confirm(ctx, formToken(r))
	if err != nil {
		return err
	}
	s, err := p.name(ctx, identity.Anonymous(), f.Topic)
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "followui.begun", i18n.Args{"Title": s.Title})
	return shell.Redirect(w, r, s.Page)
}

// titleFor is what the follow of a link is of.
func (p *Pages) titleFor(ctx context.Context, f follow.Follow) (string, error) {
	title, err := p.o.Follows.TitleFor(ctx, ui.LangOf(ctx), f)
	if errs.Is(err, errs.NotFound) {
		return ui.T(ctx, "followui.unseen"), nil
	}
	return title, err
}

func (p *Pages) askStop(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, others, err := p.o.Follows.ByLink(ctx, formToken(r))
	if err != nil {
		return err
	}
	title, err := p.titleFor(ctx, f)
	if err != nil {
		return err
	}
	view := linkView{Title: ui.T(ctx, "followui.stop.ask", i18n.Args{"Title": title}), Text: ui.T(ctx, "followui.stop.text"), Action: follow.StopPath,
		Submit: ui.T(ctx, "followui.stop.act"), Hidden: []ui.KeyValue{{Key: "token", Value: formToken(r)}}}
	for _, o := range others {
		title, err := p.titleFor(ctx, o)
		if err != nil {
			return err
		}
		view.Others = append(view.Others, title)
	}
	if len(others) > 0 {
		view.All = ui.T(ctx, "followui.stop.all", ui.Count(len(others)+1))
	}
	linkPageHeaders(w)
	return shell.Page(w, r, ui.Page{Title: view.Title, NoIndex: true}, linkPage(view))
}

// stopByLink ends it at once, without a redirection: mail readers follow none.
func (p *Pages) stopByLink(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.o.Follows.StopByLink(ctx, formToken(r), r.PostFormValue("all") != ""); err != nil {
		return err
	}
	linkPageHeaders(w)
	view := linkView{Title: ui.T(ctx, "followui.stopped"), Text: ui.T(ctx, "followui.stopped.text"), Back: &ui.Link{Label: ui.T(ctx, "followui.home"), Href: "/", Icon: "house"}}
	return shell.Page(w, r, ui.Page{Title: view.Title, NoIndex: true}, linkPage(view))
}
