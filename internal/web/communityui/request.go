package communityui

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/community"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// requestView is a request: as everyone reads it, and for who may answer it the form
// that does.
type requestView struct {
	Head     ui.PageHead
	Words    string
	Language string // of Words
	Facts    ui.Facts
	Answer   templ.Component // nil while there is none
	Dataset  *ui.Link        // that answers
	Reply    *replyView      // nil for who may not answer
}

// replyView is the form of the answer.
type replyView struct {
	URL      string
	Revision string
	Problems ui.Problems
	Clash    *ui.Notice
	Wrong    *ui.Notice
	Asked    string // the words of who asked, where everyone reads others
	Answer   ui.TextArea
	Dataset  ui.Input
	Close    ui.Checkbox
	Public   ui.Checkbox
	Shown    ui.TextArea
	Forward  *ui.Select // to whom it may be given; nil for nobody
	ToHost   bool       // a producer may give it to the host
}

func (p *Pages) request(w http.ResponseWriter, r *http.Request) error {
	x, err := p.o.Community.Find(r.Context(), shell.From(r).Actor, community.RequestID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return p.requestPage(w, r, x, nil, nil)
}

// typed is what the form of an answer holds.
type typed struct {
	community.Reply
	address string // of the dataset, as it was written
}

// requestPage shows a request; t is what was typed, nil for nothing, and problem why it
// comes back.
func (p *Pages) requestPage(w http.ResponseWriter, r *http.Request, x community.Request, t *typed, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	names, err := p.names(ctx, v.Actor, x)
	if err != nil {
		return err
	}
	view := requestView{Head: ui.PageHead{Eyebrow: ui.T(ctx, "communityui.eyebrow", map[string]any{"Name": to(ctx, x, names)}), Title: x.Title(), Badges: []ui.Badge{stateBadge(ctx, x.State())}},
		Words: x.Shown, Language: string(x.Language), Facts: p.item(ctx, x, names).Facts}
	if x.Answer != "" {
		view.Answer = templ.Raw(markup.HTML(x.Answer, 2))
		view.Facts = append(view.Facts, ui.Fact{Icon: "message-circle", Text: ui.T(ctx, "communityui.answered", map[string]any{"Day": ui.Day(ctx, x.AnsweredAt)})})
	}
	datasets, err := p.datasets(ctx, v.Actor, x)
	if err != nil {
		return err
	}
	if d, ok := datasets[x.About]; ok {
		view.Facts = append(view.Facts, ui.Fact{Icon: "database", Text: d.Title})
	}
	if d, ok := datasets[x.Dataset]; ok {
		view.Dataset = &ui.Link{Label: d.Title, Href: "/datasets/" + d.Slug, Icon: "database"}
	}
	if v.Actor.Can(identity.ActionAnswer, x.Organisation) && !v.Actor.IsToken() {
		if view.Words == "" {
			view.Words = x.Words
		}
		if view.Reply, err = p.reply(r, x, datasets[x.Dataset].Slug, t, problem); err != nil {
			return err
		}
		visible := ui.Badge{Label: ui.T(ctx, "communityui.private"), Icon: "lock", Kind: ui.Information}
		if x.Public() {
			visible = ui.Badge{Label: ui.T(ctx, "communityui.public"), Icon: "globe", Kind: ui.Good}
		}
		view.Head.Badges = append(view.Head.Badges, visible)
		if x.Tells {
			view.Facts = append(view.Facts, ui.Fact{Icon: "mail", Text: ui.T(ctx, "communityui.tells")})
		}
	}
	if problem != nil {
		status = httpx.Status(problem)
	}
	page := ui.Page{Title: x.Title(), NoIndex: !x.Public(), Crumbs: []ui.Crumb{{Label: ui.T(ctx, "communityui.title"), Href: Path}, {Label: x.Title()}}}
	return shell.PageStatus(w, r, status, page, requestPage(view))
}

// datasets are those that a request names and that the visitor sees.
func (p *Pages) datasets(ctx context.Context, a identity.Actor, x community.Request) (map[catalogue.DatasetID]catalogue.Dataset, error) {
	var ids []catalogue.DatasetID
	for _, id := range []catalogue.DatasetID{x.About, x.Dataset} {
		if id != "" {
			ids = append(ids, id)
		}
	}
	return p.o.Catalogue.GetMany(ctx, a, ids...)
}

// reply fills the form of the answer, with what was typed if it comes back. After a
// conflict it holds what was typed and the revision of now: sending it again decides.
func (p *Pages) reply(r *http.Request, x community.Request, slug string, t *typed, problem error) (*replyView, error) {
	v, ctx := shell.From(r), r.Context()
	if t == nil {
		t = &typed{Reply: community.Reply{Answer: x.Answer, Close: !x.ClosedAt.IsZero(), Public: x.Public(), Shown: x.Shown}}
		if slug != "" {
			t.address = p.o.BaseURL + string(ui.Href(ctx, "/datasets/"+slug))
		}
	}
	if t.Shown == "" {
		t.Shown = x.Words
	}
	out := &replyView{URL: address(x.ID), Revision: strconv.Itoa(x.Revision)}
	if x.Public() && x.Shown != x.Words {
		out.Asked = x.Words
	}
	switch {
	case errs.Is(problem, errs.Conflict):
		out.Clash = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "community.changed"), Text: ui.T(ctx, "communityui.conflict"), Live: true}
	case problem != nil:
		if errs.Is(problem, errs.Internal) {
			return nil, problem
		}
		if out.Problems = ui.ProblemsOf(ctx, problem); len(out.Problems) == 0 {
			out.Wrong = ui.Failed(ctx, problem)
		}
	}
	field := func(name string, optional bool) ui.Field {
		return ui.Field{Name: name, Label: ui.T(ctx, "communityui.field."+name), Help: ui.T(ctx, "communityui.field."+name+".help"), Optional: optional, Error: out.Problems.Of(name)}
	}
	out.Answer = ui.TextArea{Field: field("answer", true), Rows: 6, MaxLength: 5000, Value: t.Answer}
	out.Dataset = ui.Input{Field: field("dataset", true), Value: t.address}
	out.Close = ui.Checkbox{Field: field("close", true), Checked: t.Close}
	out.Public = ui.Checkbox{Field: field("public", true), Checked: t.Public}
	out.Shown = ui.TextArea{Field: field("shown", true), Rows: 4, MaxLength: 2000, Value: t.Shown}
	if !v.Actor.Can(identity.ActionAnswer, "") {
		out.ToHost = x.Organisation != ""
		return out, nil
	}
	out.Forward = &ui.Select{Field: field("to", true), Value: string(x.Organisation), Empty: ui.T(ctx, "communityui.to-host")}
	for o, err := range p.o.Identity.AllOrganisations(ctx, v.Actor, identity.OrganisationQuery{}) {
		if err != nil {
			return nil, err
		}
		out.Forward.Options = append(out.Forward.Options, ui.Option{Value: string(o.ID), Label: o.Name})
	}
	return out, nil
}

// answer keeps the answer.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request) error {
	ctx, a, id := r.Context(), shell.From(r).Actor, community.RequestID(r.PathValue("id"))
	x, err := p.o.Community.Find(ctx, a, id)
	if err != nil {
		return err
	}
	if err := a.Require(identity.ActionAnswer, x.Organisation); err != nil {
		return err
	}
	f := func(name string) string { return r.PostFormValue(name) }
	t := typed{Reply: community.Reply{Answer: f("answer"), Close: f("close") != "", Public: f("public") != "", Shown: f("shown")}, address: strings.TrimSpace(f("dataset"))}
	if t.address != "" {
		d, err := p.o.Catalogue.ByAddress(ctx, identity.Anonymous(), slugOf(t.address))
		if errs.Is(err, errs.NotFound) {
			err = errs.New(errs.Invalid, "community.invalid").WithHint("community.invalid.hint").WithField("dataset", "community.field.dataset")
			return p.requestPage(w, r, x, &t, err)
		}
		if err != nil {
			return err
		}
		t.Dataset = d.ID
	}
	changed, err := p.o.Community.Answer(ctx, a, id, shell.Revision(r), t.Reply)
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		return p.requestPage(w, r, x, &t, err)
	}
	if err != nil {
		return err
	}
	said := "communityui.saved"
	if changed.Tells && changed.Answer != "" && changed.Answer != x.Answer {
		said = "communityui.saved.told"
	}
	shell.Flash(w, r, ui.Good, said)
	return shell.Redirect(w, r, address(id))
}

// slugOf is the end of the address of a dataset's page, or the text itself.
func slugOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	if _, rest, ok := strings.Cut(u.Path, "/datasets/"); ok {
		slug, _, _ := strings.Cut(rest, "/")
		return slug
	}
	return strings.Trim(u.Path, "/")
}

// forward gives the request to another.
func (p *Pages) forward(w http.ResponseWriter, r *http.Request) error {
	ctx, a, id := r.Context(), shell.From(r).Actor, community.RequestID(r.PathValue("id"))
	x, err := p.o.Community.Forward(ctx, a, id, shell.Revision(r), identity.OrganisationID(r.PostFormValue("to")))
	if errs.Is(err, errs.Conflict) {
		now, found := p.o.Community.Find(ctx, a, id)
		if found != nil {
			return found
		}
		return p.requestPage(w, r, now, nil, err)
	}
	if err != nil {
		return err
	}
	names, err := p.names(ctx, a, x)
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "communityui.forwarded", map[string]any{"Name": to(ctx, x, names)})
	if !a.Can(identity.ActionAnswer, x.Organisation) {
		return shell.Redirect(w, r, Path+"/inbox")
	}
	return shell.Redirect(w, r, address(id))
}

func (p *Pages) askRemove(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), shell.From(r).Actor
	x, err := p.o.Community.Find(ctx, a, community.RequestID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := a.Require(identity.ActionAnswer, x.Organisation); err != nil {
		return err
	}
	return shell.Ask(w, r, ui.Ask{Title: ui.T(ctx, "communityui.remove.ask"), About: x.Title(), Losses: []string{ui.T(ctx, "communityui.remove.text")}, Action: address(x.ID) + "/remove",
		Hidden: []ui.KeyValue{{Key: "revision", Value: strconv.Itoa(x.Revision)}}, Act: ui.T(ctx, "communityui.remove"), Back: address(x.ID)}, nil)
}

func (p *Pages) remove(w http.ResponseWriter, r *http.Request) error {
	id := community.RequestID(r.PathValue("id"))
	if err := p.o.Community.Remove(r.Context(), shell.From(r).Actor, id, shell.Revision(r)); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "communityui.removed")
	return shell.Redirect(w, r, Path+"/inbox")
}
