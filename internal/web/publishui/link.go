package publishui

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// linksView lists the plain links of a dataset.
type linksView struct {
	Head  ui.PageHead
	Items ui.Items
	Empty ui.Empty
}

func linksPath(d catalogue.Dataset) string { return "/datasets/" + d.Slug + "/links" }

// links lists the addresses that a dataset leads to.
func (p *Pages) links(w http.ResponseWriter, r *http.Request) error {
	d, err := p.described(r)
	if err != nil {
		return err
	}
	ctx, base := r.Context(), linksPath(d)
	view := linksView{Head: setHead(ctx, d, "link.title"), Items: ui.Items{Level: 2}, Empty: ui.Empty{Icon: "link", Title: ui.T(ctx, "link.none"), Text: ui.T(ctx, "link.none.text")}}
	view.Head.Lead = ui.T(ctx, "link.lead")
	if d.State != catalogue.Withdrawn {
		view.Head.Actions = []ui.Button{{Label: ui.T(ctx, "link.add"), Icon: "plus", Style: ui.Primary, Href: base + "/new"}}
	}
	for _, x := range d.Resources {
		if x.Kind != catalogue.Link {
			continue
		}
		it := ui.Item{Title: x.Title, Href: base + "/" + string(x.ID), Text: x.URL, Badges: []ui.Badge{linkBadge(ctx, x)},
			Actions: []ui.Button{{Label: ui.T(ctx, "link.remove"), Icon: "trash-2", Style: ui.Quiet, Href: base + "/" + string(x.ID) + "/remove"}}}
		if x.Format != "" {
			it.Eyebrow = strings.ToUpper(x.Format)
		}
		if problem := publish.LinkProblem(ui.LangOf(ctx), x); problem != "" {
			it.Facts = append(it.Facts, ui.Fact{Icon: "circle-alert", Text: problem})
		}
		if !x.LinkChecked.IsZero() {
			it.Facts = append(it.Facts, ui.Fact{Icon: "clock", Text: ui.T(ctx, "link.tried", i18n.Args{"When": ui.Ago(ctx, x.LinkChecked, p.o.Now())})})
		}
		view.Items.Items = append(view.Items.Items, it)
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title + " – " + d.Title, NoIndex: true, Crumbs: setCrumbs(ctx, d, view.Head.Title)}, linksPage(view))
}

// linkBadge says how the last try of a link went.
func linkBadge(ctx context.Context, x catalogue.Resource) ui.Badge {
	switch {
	case x.LinkChecked.IsZero():
		return ui.Badge{Label: ui.T(ctx, "link.state.unknown"), Kind: ui.Information, Icon: "clock"}
	case x.LinkFailures > 0 || x.LinkBroken:
		return ui.Badge{Label: ui.T(ctx, "link.state.broken"), Kind: ui.Wrong, Icon: "circle-alert"}
	}
	return ui.Badge{Label: ui.T(ctx, "link.state.good"), Kind: ui.Good, Icon: "check"}
}

// linkView is the form of a plain link.
type linkView struct {
	Head         ui.PageHead
	Action       string
	Hidden       []ui.KeyValue
	Problems     ui.Problems
	Wrong        *ui.Notice
	Clash        *ui.Notice
	Conflict     []conflictField
	State        *ui.Notice // how the last try went; nil before
	Organisation *ui.Select // of a new dataset; nil when there is no choice
	Title        ui.Input
	URL          ui.Input
	Format       ui.Input
	About        ui.TextArea
	Submit       string
	Back         string
	Remove       string // address that asks before it is removed; "" for a new one
}

// linkOf is the link that an address names: one of a dataset, a new one of it, or one
// that begins a dataset.
func (p *Pages) linkOf(r *http.Request) (d catalogue.Dataset, x catalogue.Resource, err error) {
	if r.PathValue("slug") == "" {
		return d, x, nil
	}
	if d, err = p.described(r); err != nil {
		return d, x, err
	}
	id := catalogue.ResourceID(r.PathValue("resource"))
	if id == "" {
		return d, x, nil
	}
	for _, x := range d.Resources {
		if x.ID == id && x.Kind == catalogue.Link {
			return d, x, nil
		}
	}
	return d, x, errs.New(errs.NotFound, "link.gone").WithHint("link.gone.hint")
}

func (p *Pages) linkForm(w http.ResponseWriter, r *http.Request) error {
	d, x, err := p.linkOf(r)
	if err != nil {
		return err
	}
	m := x.ResourceMetadata
	if x.ID == "" {
		m.URL = r.URL.Query().Get("address")
	}
	return p.linkPage(w, r, d, x, m, nil)
}

// linkPage shows the form with m; problem is why it comes back. After a conflict it
// holds what was typed and the revision of now: sending it again decides.
func (p *Pages) linkPage(w http.ResponseWriter, r *http.Request, d catalogue.Dataset, x catalogue.Resource, m catalogue.ResourceMetadata, problem error) error {
	ctx, status, revision := r.Context(), http.StatusOK, strconv.Itoa(d.Revision)
	view := linkView{Action: "/deposits/link", Submit: ui.T(ctx, "link.add.act"), Back: "/desk", Head: ui.PageHead{Title: ui.T(ctx, "link.new"), Lead: ui.T(ctx, "link.new.lead")}}
	crumbs := []ui.Crumb{{Label: ui.T(ctx, "publishui.desk"), Href: "/desk"}, {Label: view.Head.Title}}
	switch {
	case x.ID != "":
		view.Head, view.Action, view.Back, view.Submit = setHead(ctx, d, "link.edit"), linksPath(d)+"/"+string(x.ID), linksPath(d), ui.T(ctx, "link.save")
		view.Remove, view.State = view.Action+"/remove", linkState(ctx, x)
	case d.ID != "":
		view.Head, view.Action, view.Back = setHead(ctx, d, "link.add"), linksPath(d)+"/new", linksPath(d)
		view.Head.Lead = ui.T(ctx, "link.lead")
	default:
		only, name, choice, err := p.owners(r, r.FormValue("organisation"))
		if err != nil {
			return err
		}
		view.Head.Eyebrow, view.Organisation = name, choice
		if choice == nil {
			view.Hidden = []ui.KeyValue{{Key: "organisation", Value: only}}
		}
	}
	if d.ID != "" {
		crumbs = setCrumbs(ctx, d, view.Head.Title)
	}
	switch {
	case errs.Is(problem, errs.Conflict) && x.ID != "":
		status = http.StatusConflict
		view.Clash = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "catalogue.edited-meanwhile"), Text: ui.T(ctx, "desk.conflict.text"), Live: true}
		view.Conflict = linkDifferences(ctx, x.ResourceMetadata, m)
	case problem != nil:
		if errs.Is(problem, errs.Internal) {
			return problem
		}
		status, revision = httpx.Status(problem), r.PostFormValue("revision")
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			view.Wrong = ui.Failed(ctx, problem)
		}
	}
	view.Hidden = append(view.Hidden, ui.KeyValue{Key: "revision", Value: revision})
	if deposit := r.FormValue("deposit"); deposit != "" && x.ID == "" {
		view.Hidden = append(view.Hidden, ui.KeyValue{Key: "deposit", Value: deposit})
	}
	field := func(name string, optional bool) ui.Field {
		return ui.Field{Name: name, Label: ui.T(ctx, "link.field."+name), Help: ui.T(ctx, "link.field."+name+".help"), Optional: optional, Error: view.Problems.Of(name)}
	}
	view.URL = ui.Input{Field: field("url", false), Type: "url", Value: m.URL}
	view.Title = ui.Input{Field: field("title", false), MaxLength: 200, Value: m.Title}
	view.Format = ui.Input{Field: field("format", true), Short: true, MaxLength: 30, Value: m.Format, Suggestions: []string{"html", "pdf", "csv", "xlsx", "wms", "wfs", "api", "zip"}}
	view.About = ui.TextArea{Field: field("description", true), Rows: 3, MaxLength: 5000, Value: m.Description}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: crumbs}, linkFormPage(view))
}

// linkState says what the last try of a link found.
func linkState(ctx context.Context, x catalogue.Resource) *ui.Notice {
	b := linkBadge(ctx, x)
	return &ui.Notice{Kind: b.Kind, Title: b.Label, Text: publish.LinkProblem(ui.LangOf(ctx), x)}
}

func linkDifferences(ctx context.Context, theirs, mine catalogue.ResourceMetadata) (out []conflictField) {
	for _, f := range [][3]string{{"title", theirs.Title, mine.Title}, {"url", theirs.URL, mine.URL}, {"format", theirs.Format, mine.Format}, {"description", theirs.Description, strings.ReplaceAll(mine.Description, "\r\n", "\n")}} {
		if f[1] != f[2] {
			out = append(out, conflictField{Label: ui.T(ctx, "link.field."+f[0]), Theirs: f[1], Mine: f[2]})
		}
	}
	return out
}

// saveLink keeps the link, tries it, and says what was found.
func (p *Pages) saveLink(w http.ResponseWriter, r *http.Request) error {
	d, x, err := p.linkOf(r)
	if err != nil {
		return err
	}
	a, ctx, f := shell.From(r).Actor, r.Context(), r.PostFormValue
	m := catalogue.ResourceMetadata{Title: f("title"), URL: strings.TrimSpace(f("url")), Format: f("format"), Description: f("description")}
	if m.Format != "" && strings.EqualFold(m.Format, x.Format) {
		m.MediaType = x.MediaType
	}
	form := publish.LinkForm{Organisation: identity.OrganisationID(f("organisation")), Dataset: d.ID, Resource: x.ID, Revision: shell.Revision(r), ResourceMetadata: m}
	saved, set, err := p.o.Publish.SaveLink(ctx, a, httpx.Reacher(p.o.Fetch), form)
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		return p.linkPage(w, r, d, x, m, err)
	}
	if err != nil {
		return err
	}
	if id := publish.DepositID(f("deposit")); id != "" && x.ID == "" {
		if err := p.leave(ctx, a, id); err != nil {
			return err
		}
	}
	if saved.LinkFailures > 0 {
		shell.Flash(w, r, ui.LookHere, "link.saved.broken", i18n.Args{"Problem": publish.LinkProblem(ui.LangOf(ctx), saved)})
	} else {
		shell.Flash(w, r, ui.Good, "link.saved", i18n.Args{"Format": strings.ToUpper(saved.Format)})
	}
	if d.ID == "" {
		return shell.Redirect(w, r, "/datasets/"+set.Slug+"/edit")
	}
	return shell.Redirect(w, r, linksPath(set))
}

// leave abandons the deposit whose address is kept as a plain link.
func (p *Pages) leave(ctx context.Context, a identity.Actor, id publish.DepositID) error {
	dep, err := p.o.Publish.Find(ctx, a, id)
	if err != nil || dep.State != publish.Open {
		return err
	}
	return p.o.Publish.Abandon(ctx, a, id, dep.Revision)
}

// offerLink offers to keep the address of a deposit that gave no table as a plain link.
func (p *Pages) offerLink(r *http.Request, d publish.Deposit, view *understandView) error {
	if d.Link == "" || d.Watched {
		return nil
	}
	at := "/deposits/link"
	if d.Dataset != "" {
		set, err := p.o.Catalogue.Get(r.Context(), shell.From(r).Actor, d.Dataset)
		if err != nil {
			return err
		}
		at = linksPath(set) + "/new"
	}
	v := url.Values{"address": {d.Link}, "deposit": {string(d.ID)}, "organisation": {string(d.Organisation)}}
	view.Keep = &ui.Button{Label: ui.T(r.Context(), "link.keep"), Icon: "link", Style: ui.Primary, Href: at + "?" + v.Encode()}
	return nil
}

func (p *Pages) askRemoveLink(w http.ResponseWriter, r *http.Request) error {
	d, x, err := p.linkOf(r)
	if err != nil {
		return err
	}
	return askRemoval(w, r, d, x, nil)
}

// askRemoval asks before a link is removed.
func askRemoval(w http.ResponseWriter, r *http.Request, d catalogue.Dataset, x catalogue.Resource, problem error) error {
	ctx, base := r.Context(), linksPath(d)
	return shell.Ask(w, r, ui.Ask{Title: ui.T(ctx, "link.remove.ask", i18n.Args{"Title": x.Title}), About: x.URL, Losses: []string{ui.T(ctx, "link.remove.text")}, Action: base + "/" + string(x.ID) + "/remove",
		Hidden: []ui.KeyValue{{Key: "revision", Value: strconv.Itoa(d.Revision)}}, Act: ui.T(ctx, "link.remove"), Back: base}, problem)
}

func (p *Pages) removeLink(w http.ResponseWriter, r *http.Request) error {
	d, x, err := p.linkOf(r)
	if err != nil {
		return err
	}
	err = p.o.Catalogue.RemoveResource(r.Context(), shell.From(r).Actor, x.ID, shell.Revision(r))
	if errs.Is(err, errs.Conflict) {
		return askRemoval(w, r, d, x, err)
	}
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "link.removed", i18n.Args{"Title": x.Title})
	return shell.Redirect(w, r, linksPath(d))
}
