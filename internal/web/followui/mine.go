package followui

import (
	"context"
	"net/http"
	"strconv"

	"socle/internal/errs"
	"socle/internal/follow"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// mineView is what a person follows.
type mineView struct {
	Tabs  ui.Tabs
	Mails []followView
	Hooks ui.Items
	Empty ui.Empty
}

type followView struct {
	ID    string
	Kind  string
	Title ui.Link
	Pace  ui.Select
	Facts ui.Facts
}

func (p *Pages) mine(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	list, err := p.o.Follows.Mine(ctx, v.Actor)
	if err != nil {
		return err
	}
	view := mineView{Tabs: shell.AccountTabs(r, shell.FollowsPath), Hooks: ui.Items{Level: 3},
		Empty: ui.Empty{Icon: "bell", Title: ui.T(ctx, "followui.none"), Text: ui.T(ctx, "followui.none.text"), Actions: []ui.Button{{Label: ui.T(ctx, "followui.portal"), Icon: "bell", Href: Path + "?what=portal"}}}}
	topics := make([]follow.Topic, len(list))
	for i, f := range list {
		topics[i] = f.Topic
	}
	subjects, err := p.names(ctx, v.Actor, topics...)
	if err != nil {
		return err
	}
	for i, f := range list {
		s := subjects[i]
		if f.Channel == follow.Webhook {
			view.Hooks.Items = append(view.Hooks.Items, ui.Item{Eyebrow: ui.T(ctx, "followui.kind."+string(f.Kind)), Title: f.Hook.Name, Href: follow.HooksPath + "/" + string(f.ID), Badges: []ui.Badge{hookBadge(ctx, f)},
				Facts: []ui.Fact{{Icon: "bell", Text: s.Title}, {Icon: "globe", Text: f.Hook.Host()}}})
			continue
		}
		line := followView{ID: string(f.ID), Kind: ui.T(ctx, "followui.kind."+string(f.Kind)), Title: ui.Link{Label: s.Title, Href: s.Page},
			Pace: ui.Select{Field: ui.Field{Name: "pace", ID: "pace-" + string(f.ID), Label: ui.T(ctx, "followui.pace.of", i18n.Args{"Title": s.Title})}, Value: string(f.Pace)}}
		for _, x := range follow.Paces {
			line.Pace.Options = append(line.Pace.Options, ui.Option{Value: string(x), Label: ui.T(ctx, x.LabelKey())})
		}
		if !f.ToldAt.IsZero() {
			line.Facts = append(line.Facts, ui.Fact{Icon: "mail", Text: ui.T(ctx, "followui.told", i18n.Args{"When": ui.Ago(ctx, f.ToldAt, p.o.Now())})})
		}
		view.Mails = append(view.Mails, line)
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.Page(w, r, ui.Page{Title: ui.T(ctx, "account.follows"), NoIndex: true}, minePage(view))
}

func (p *Pages) setPace(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Follows.SetPace(r.Context(), shell.From(r).Actor, follow.ID(r.PathValue("id")), follow.Pace(r.PostFormValue("pace"))); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "followui.changed")
	return shell.Redirect(w, r, shell.FollowsPath)
}

func (p *Pages) stop(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Follows.Stop(r.Context(), shell.From(r).Actor, follow.ID(r.PathValue("id"))); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "followui.stopped")
	return shell.Redirect(w, r, shell.FollowsPath)
}

func hookBadge(ctx context.Context, f follow.Follow) ui.Badge {
	if !f.PausedAt.IsZero() {
		return ui.Badge{Label: ui.T(ctx, "followui.hook.paused"), Kind: ui.Wrong, Icon: "circle-alert"}
	}
	return ui.Badge{Label: ui.T(ctx, "followui.hook.on"), Kind: ui.Good, Icon: "circle-check"}
}

// newView is the form of a webhook.
type newView struct {
	Tabs     ui.Tabs
	Title    string
	Hidden   []ui.KeyValue
	Problems ui.Problems
	Wrong    *ui.Notice
	Name     ui.Input
	URL      ui.Input
}

// newHook asks where to call for what the address names: the portal, unless it names
// something else.
func (p *Pages) newHook(w http.ResponseWriter, r *http.Request) error { return p.newPage(w, r, nil) }

func (p *Pages) hookSubject(r *http.Request) (subject, error) {
	if r.FormValue(whatField) == "" && r.Method == http.MethodGet {
		return p.name(r.Context(), shell.From(r).Actor, follow.Topic{Kind: follow.Portal})
	}
	return p.read(r)
}

func (p *Pages) newPage(w http.ResponseWriter, r *http.Request, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	s, err := p.hookSubject(r)
	if err != nil {
		return err
	}
	view := newView{Tabs: shell.AccountTabs(r, shell.FollowsPath), Title: ui.T(ctx, "followui.hook.new", i18n.Args{"Title": s.Title}), Hidden: s.Fields,
		Name: ui.Input{Field: ui.Field{Name: "name", Label: ui.T(ctx, "followui.hook.name"), Help: ui.T(ctx, "followui.hook.name.help")}, Value: r.PostFormValue("name"), MaxLength: 80},
		URL:  ui.Input{Field: ui.Field{Name: "url", Label: ui.T(ctx, "followui.hook.url"), Help: ui.T(ctx, "followui.hook.url.help")}, Type: "url", Value: r.PostFormValue("url"), Autocomplete: "off"}}
	if problem != nil {
		if errs.Is(problem, errs.Internal) {
			return problem
		}
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			view.Wrong = ui.Failed(ctx, problem)
		}
		view.Name.Error, view.URL.Error = view.Problems.Of("name"), view.Problems.Of("url")
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Title, NoIndex: true}, newPage(view))
}

func (p *Pages) addHook(w http.ResponseWriter, r *http.Request) error {
	s, err := p.hookSubject(r)
	if err != nil {
		return err
	}
	f, secret, err := p.o.Follows.AddWebhook(r.Context(), shell.From(r).Actor, s.Topic, follow.Hook{Name: r.PostFormValue("name"), URL: r.PostFormValue("url")})
	if err != nil {
		return p.newPage(w, r, err)
	}
	return p.hookPage(w, r, f.ID, secret, nil)
}

// hookView is the page of a webhook.
type hookView struct {
	Tabs   ui.Tabs
	Head   ui.PageHead
	Secret string // shown once
	Wrong  *ui.Notice
	Paused *ui.Notice
	URL    string
	ID     string
	Facts  ui.KeyValues
	Log    ui.Table
	Empty  bool
	Check  ui.Code // how a program checks the signature
}

func (p *Pages) hook(w http.ResponseWriter, r *http.Request) error {
	return p.hookPage(w, r, follow.ID(r.PathValue("id")), "", nil)
}

func (p *Pages) hookPage(w http.ResponseWriter, r *http.Request, id follow.ID, secret string, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	f, err := p.o.Follows.Get(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	log, err := p.o.Follows.Deliveries(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	of, err := p.names(ctx, v.Actor, f.Topic)
	if err != nil {
		return err
	}
	view := hookView{Tabs: shell.AccountTabs(r, shell.FollowsPath), ID: string(id), URL: follow.HooksPath + "/" + string(id), Secret: secret,
		Head: ui.PageHead{Eyebrow: ui.T(ctx, "followui.hook"), Title: f.Hook.Name, Badges: []ui.Badge{hookBadge(ctx, f)}}, Empty: len(log) == 0,
		Check: ui.Code{ID: "check", Title: ui.T(ctx, "followui.hook.check"), Text: checkSignature}}
	view.Facts.Rows = []ui.KeyValue{{Key: ui.T(ctx, "followui.hook.of"), Content: ui.Link{Label: of[0].Title, Href: of[0].Page}}, {Key: ui.T(ctx, "followui.hook.url"), Value: f.Hook.URL}}
	if !f.PausedAt.IsZero() {
		view.Paused = &ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, "followui.hook.paused-since", i18n.Args{"When": ui.Moment(ctx, f.PausedAt)}), Text: ui.T(ctx, "followui.hook.paused-text", i18n.Args{"Problem": f.Hook.Problem})}
	}
	view.Log = p.log(ctx, log)
	if problem != nil {
		if errs.Is(problem, errs.Internal) {
			return problem
		}
		status, view.Wrong = httpx.Status(problem), ui.Failed(ctx, problem)
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, hookPage(view))
}

func (p *Pages) log(ctx context.Context, list []follow.Delivery) ui.Table {
	t := ui.Table{ID: "deliveries", Caption: ui.T(ctx, "followui.log"), CaptionHidden: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "followui.log.when"), Kind: ui.ColumnDate}, {Label: ui.T(ctx, "followui.log.what"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "followui.log.outcome"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "followui.log.attempts"), Kind: ui.ColumnNumber}}}
	for _, d := range list {
		what := ui.T(ctx, "followui.log.events", ui.Count(d.Events))
		if d.Test {
			what = ui.T(ctx, "followui.log.test")
		}
		outcome := ui.T(ctx, "followui.log."+string(d.State))
		if d.Problem != "" {
			outcome += ui.T(ctx, "followui.log.because", i18n.Args{"Problem": d.Problem})
		}
		if d.Attempts > 0 && !d.NextAt.IsZero() {
			outcome += " " + ui.T(ctx, "followui.log.next", i18n.Args{"When": ui.Moment(ctx, d.NextAt)})
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: ui.Moment(ctx, d.CreatedAt), Header: true}, {Text: what}, {Text: outcome}, {Text: strconv.Itoa(d.Attempts)}}})
	}
	return t
}

func (p *Pages) test(w http.ResponseWriter, r *http.Request) error {
	id := follow.ID(r.PathValue("id"))
	if err := p.o.Follows.Test(r.Context(), shell.From(r).Actor, id); err != nil {
		if errs.Is(err, errs.Busy) {
			return p.hookPage(w, r, id, "", err)
		}
		return err
	}
	shell.Flash(w, r, ui.Information, "followui.tested")
	return toHook(w, r)
}

func (p *Pages) resume(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Follows.Resume(r.Context(), shell.From(r).Actor, follow.ID(r.PathValue("id"))); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "followui.resumed")
	return toHook(w, r)
}

func (p *Pages) secret(w http.ResponseWriter, r *http.Request) error {
	id := follow.ID(r.PathValue("id"))
	secret, err := p.o.Follows.NewSecret(r.Context(), shell.From(r).Actor, id)
	if err != nil {
		return err
	}
	return p.hookPage(w, r, id, secret, nil)
}

// checkSignature is how a program knows that a message is ours.
const checkSignature = `import base64, hashlib, hmac, time

def genuine(secret, headers, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = headers["webhook-id"] + "." + headers["webhook-timestamp"] + "."
    mac = hmac.new(key, signed.encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(mac).decode()
    recent = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return recent and hmac.compare_digest(headers["webhook-signature"], wanted)
`
