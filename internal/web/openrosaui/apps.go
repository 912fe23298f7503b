package openrosaui

import (
	"net/http"
	"strings"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/interop/openrosa"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// appsView is the page of a form for other applications.
type appsView struct {
	Head     ui.PageHead
	Form     collect.FormID
	Problems ui.Problems
	Open     *openView // without account; nil for a form of members
	Made     *madeView // the token that was just made
	Name     ui.Input
	Tokens   []tokenView
}

type openView struct {
	QR      ui.QR
	Address ui.Code
	Text    string
}

type madeView struct {
	QR                     ui.QR
	Server, User, Password ui.Code
}

type tokenView struct {
	ID    string
	Name  string
	Facts ui.Facts
	Dead  bool
}

func (p *Pages) apps(w http.ResponseWriter, r *http.Request) error { return p.appsPage(w, r, nil, nil) }

func (p *Pages) form(r *http.Request) (collect.Form, error) {
	return p.o.Collect.Find(r.Context(), collect.Visitor{Actor: shell.From(r).Actor}, collect.FormID(r.PathValue("id")))
}

func (p *Pages) appsPage(w http.ResponseWriter, r *http.Request, made *madeView, problem error) error {
	ctx := r.Context()
	f, err := p.form(r)
	if err != nil {
		return err
	}
	view := appsView{
		Head: ui.PageHead{Eyebrow: f.Definition.Title, Title: ui.T(ctx, "openrosaui.title"), Lead: ui.T(ctx, "openrosaui.lead")}, Form: f.ID, Made: made,
		Name: ui.Input{Field: ui.Field{Name: "name", Label: ui.T(ctx, "openrosaui.name"), Help: ui.T(ctx, "openrosaui.name.help")}, MaxLength: 80, Autocomplete: "off"},
	}
	status := http.StatusOK
	if problem != nil {
		if errs.Is(problem, errs.Internal) {
			return problem
		}
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			e := errs.As(problem)
			view.Problems = ui.Problems{{Name: "name", Message: strings.TrimSpace(ui.T(ctx, e.Key, e.Args) + " " + ui.T(ctx, e.Hint, e.Args))}}
		}
		view.Name.Error = view.Problems.Of("name")
	}
	if server := p.openServer(f); server != "" {
		if view.Open, err = openTo(r, f, server); err != nil {
			return err
		}
	}
	if view.Tokens, err = p.tokens(r, f); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: []ui.Crumb{
		{Label: ui.T(ctx, "openrosaui.forms"), Href: Path}, {Label: f.Definition.Title, Href: Path + "/" + string(f.ID)}, {Label: ui.T(ctx, "openrosaui.tab")},
	}}, appsPage(view))
}

// openServer is the address that opens a form without an account: that of a public
// form, or the key of a link, which only those who may hand it on are told; "" for none.
func (p *Pages) openServer(f collect.Form) string {
	switch {
	case f.Access == collect.Public:
		return p.o.Server + "/key/" + f.Slug
	case f.Access == collect.Link && f.Key != "":
		return p.o.Server + "/key/" + f.Key
	}
	return ""
}

// openTo shows the way in without an account.
func openTo(r *http.Request, f collect.Form, server string) (*openView, error) {
	ctx, text := r.Context(), "openrosaui.open.link"
	if f.Access == collect.Public {
		text = "openrosaui.open.public"
	}
	settings, err := openrosa.Settings{Server: server, Project: f.Definition.Title}.QR()
	if err != nil {
		return nil, err
	}
	qr, err := ui.NewQR(ui.T(ctx, "openrosaui.qr"), settings)
	return &openView{QR: qr, Address: ui.Code{ID: "open-address", Title: ui.T(ctx, "openrosaui.server"), Text: server}, Text: ui.T(ctx, text)}, err
}

// tokens lists the app tokens of the visitor for the organisation of the form.
func (p *Pages) tokens(r *http.Request, f collect.Form) ([]tokenView, error) {
	ctx := r.Context()
	all, err := p.o.Identity.Tokens(ctx, shell.From(r).Actor, "")
	if err != nil {
		return nil, err
	}
	var list []tokenView
	now := p.o.Now()
	for _, t := range all {
		if t.Organisation != f.Organisation || t.Scopes != identity.ScopeSet(identity.ScopeCollect) || !t.RevokedAt.IsZero() {
			continue
		}
		v := tokenView{ID: string(t.ID), Name: t.Name, Dead: !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(now)}
		v.Facts = append(v.Facts, ui.Fact{Icon: "key-round", Text: t.Hint}, ui.Fact{Text: ui.T(ctx, "openrosaui.made", errs.Args{"Date": ui.Day(ctx, t.CreatedAt)})})
		if t.UsedAt.IsZero() {
			v.Facts = append(v.Facts, ui.Fact{Text: ui.T(ctx, "openrosaui.unused")})
		} else {
			v.Facts = append(v.Facts, ui.Fact{Text: ui.T(ctx, "openrosaui.used", errs.Args{"When": ui.Ago(ctx, t.UsedAt, now)})})
		}
		list = append(list, v)
	}
	return list, nil
}

// newToken makes an app token and shows it, once.
func (p *Pages) newToken(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), shell.From(r).Actor
	f, err := p.form(r)
	if err != nil {
		return err
	}
	if err := actor.Require(identity.ActionFill, f.Organisation); err != nil {
		return err
	}
	t, secret, err := p.o.Identity.CreateToken(ctx, actor, identity.NewToken{
		Name: r.PostFormValue("name"), Organisation: f.Organisation, Scopes: identity.ScopeSet(identity.ScopeCollect), ExpiresAt: p.o.Now().AddDate(1, 0, 0),
	})
	if err != nil {
		return p.appsPage(w, r, nil, err)
	}
	user := "socle"
	settings, err := openrosa.Settings{Server: p.o.Server, Username: user, Password: secret, Project: p.o.Portal}.QR()
	if err != nil {
		return err
	}
	made := &madeView{
		Server:   ui.Code{ID: "server", Title: ui.T(ctx, "openrosaui.server"), Text: p.o.Server},
		User:     ui.Code{ID: "user", Title: ui.T(ctx, "openrosaui.user"), Text: user},
		Password: ui.Code{ID: "password", Title: ui.T(ctx, "openrosaui.password", errs.Args{"Name": t.Name}), Text: secret},
	}
	if made.QR, err = ui.NewQR(ui.T(ctx, "openrosaui.qr"), settings); err != nil {
		return err
	}
	return p.appsPage(w, r, made, nil)
}

func (p *Pages) revoke(w http.ResponseWriter, r *http.Request) error {
	f, err := p.form(r)
	if err != nil {
		return err
	}
	if err := p.o.Identity.RevokeToken(r.Context(), shell.From(r).Actor, identity.TokenID(r.PathValue("token"))); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "openrosaui.revoked")
	return shell.Redirect(w, r, AppsPath(f.ID))
}
