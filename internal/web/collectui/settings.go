package collectui

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

type settingsView struct {
	Head      ui.PageHead
	Tabs      ui.Tabs
	Form      ui.Form
	Version   string
	Access    ui.Radios
	Moderated ui.Radios
	Sight     ui.Radios
	Opens     ui.Input
	Closes    ui.Input
}

func (p *Pages) settingsForm(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	if err := shell.From(r).Actor.Require(identity.ActionEdit, f.Organisation); err != nil {
		return err
	}
	return p.settingsPage(w, r, f, f.Settings, http.StatusOK, nil)
}

const dayTime = "2006-01-02T15:04"

func (p *Pages) settingsPage(w http.ResponseWriter, r *http.Request, f collect.Form, s collect.Settings, status int, problems ui.Problems) error {
	ctx := r.Context()
	view := settingsView{
		Head: p.head(ctx, f), Tabs: p.tabs(ctx, shell.From(r).Actor, f, "/reglages"), Version: strconv.Itoa(f.Version),
		Form: ui.Form{Action: "/formulaires/" + string(f.ID) + "/reglages", Problems: problems},
	}
	view.Access = ui.Radios{Field: ui.Field{Name: "access", Label: ui.T(ctx, "collectui.access"), Error: problems.Of("access")}, Value: string(s.Access)}
	for _, a := range collect.Accesses {
		view.Access.Options = append(view.Access.Options, ui.Option{Value: string(a), Label: ui.T(ctx, "collectui.access."+string(a)), Help: ui.T(ctx, "collectui.share."+string(a))})
	}
	view.Moderated = ui.Radios{Field: ui.Field{Name: "moderated", Label: ui.T(ctx, "collectui.publication")}, Value: strconv.FormatBool(s.Moderated), Options: []ui.Option{
		{Value: "false", Label: ui.T(ctx, "collectui.immediate")}, {Value: "true", Label: ui.T(ctx, "collectui.moderated")}}}
	view.Sight = ui.Radios{Field: ui.Field{Name: "entries", Label: ui.T(ctx, "collectui.sight"), Error: problems.Of("entries")}, Value: string(s.Sight), Options: []ui.Option{
		{Value: string(collect.Own), Label: ui.T(ctx, "collectui.sight.own")}, {Value: string(collect.All), Label: ui.T(ctx, "collectui.sight.all")}}}
	view.Opens = p.momentInput(ctx, "opens", "collectui.opens-at", s.Opens, problems)
	view.Closes = p.momentInput(ctx, "closes", "collectui.closes-at", s.Closes, problems)
	return shell.PageStatus(w, r, status, ui.Page{Title: f.Definition.Title, NoIndex: true, Crumbs: p.crumbs(ctx, f.Definition.Title)}, settingsPage(view))
}

func (p *Pages) momentInput(ctx context.Context, name, key string, at time.Time, problems ui.Problems) ui.Input {
	in := ui.Input{Field: ui.Field{Name: name, Label: ui.T(ctx, key), Optional: true, Error: problems.Of(name)}, Type: "datetime-local", Short: true}
	if !at.IsZero() {
		in.Value = at.In(p.o.Zone).Format(dayTime)
	}
	return in
}

func (p *Pages) set(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	s := collect.Settings{Access: collect.Access(r.PostFormValue("access")), Moderated: r.PostFormValue("moderated") == "true", Sight: collect.Sight(r.PostFormValue("entries"))}
	var problems ui.Problems
	for name, to := range map[string]*time.Time{"opens": &s.Opens, "closes": &s.Closes} {
		text := r.PostFormValue(name)
		if text == "" {
			continue
		}
		t, err := time.ParseInLocation(dayTime, text, p.o.Zone)
		if err != nil {
			problems = append(problems, ui.Problem{Name: name, Message: ui.T(ctx, "collectui.moment")})
		}
		*to = t
	}
	if len(problems) > 0 {
		return p.settingsPage(w, r, f, s, http.StatusUnprocessableEntity, problems)
	}
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return httpx.BadRequest("collectui.form.cut")
	}
	if _, err := p.o.Collect.Set(ctx, shell.From(r).Actor, f.ID, version, s); err != nil {
		if problems := ui.ProblemsOf(ctx, err); len(problems) > 0 && errs.Is(err, errs.Invalid) {
			return p.settingsPage(w, r, f, s, httpx.Status(err), problems)
		}
		return err
	}
	shell.Flash(w, r, ui.Good, "collectui.saved")
	return shell.Redirect(w, r, "/formulaires/"+string(f.ID)+"/reglages")
}
