package publishui

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// contentsView lists what a dataset holds: tables, files and links, in their order.
type contentsView struct {
	Head     ui.PageHead
	Order    string // address that moves one
	Revision int
	Approval *ui.Notice // an administrator must bring the files; nil else
	Items    ui.Items
	Empty    ui.Empty
}

// orderForm is the id of the form whose buttons move a part up and down.
const orderForm = "order"

func linksPath(d catalogue.Dataset) string { return "/datasets/" + d.Slug + "/links" }

// partPath is where a part of a dataset is described.
func partPath(d catalogue.Dataset, x catalogue.Resource) string {
	at := "/datasets/" + d.Slug + "/" + string(x.Kind) + "s/" + string(x.ID)
	if x.Kind == catalogue.Link {
		return at
	}
	return at + "/edit"
}

// removePath is where the removal of a file or a link is asked for.
func removePath(d catalogue.Dataset, x catalogue.Resource) string {
	return strings.TrimSuffix(partPath(d, x), "/edit") + "/remove"
}

// part is what an address names of a dataset, of one of some kinds: a resource of it, a
// new one (no id), or one that begins a dataset (no dataset either).
func (p *Pages) part(r *http.Request, kinds ...catalogue.Kind) (d catalogue.Dataset, x catalogue.Resource, err error) {
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
		if x.ID == id && slices.Contains(kinds, x.Kind) {
			return d, x, nil
		}
	}
	return d, x, errs.New(errs.NotFound, "contents.gone").WithHint("contents.gone.hint")
}

// contents lists what a dataset holds.
func (p *Pages) contents(w http.ResponseWriter, r *http.Request) error {
	d, err := p.described(r)
	if err != nil {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	view := contentsView{Head: setHead(ctx, d, "contents.title"), Order: "/datasets/" + d.Slug + "/order", Revision: d.Revision, Items: ui.Items{Level: 2},
		Empty: ui.Empty{Icon: "folder-open", Title: ui.T(ctx, "contents.none"), Text: ui.T(ctx, "contents.none.text")}}
	view.Head.Lead = ui.T(ctx, "contents.lead")
	if d.State != catalogue.Withdrawn {
		may := p.o.Catalogue.MayAddData(ctx, a, d.ID)
		switch {
		case may == nil:
			view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, "file.add"), Icon: "upload", Style: ui.Primary, Href: "/datasets/" + d.Slug + "/files/new"})
		case !errs.Is(may, errs.Denied):
			return may
		case a.Can(identity.ActionPublish, d.Organisation):
			view.Approval = &ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "catalogue.approval"), Text: ui.T(ctx, "file.approval")}
		}
		view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, "link.add"), Icon: "link", Href: linksPath(d) + "/new"},
			ui.Button{Label: ui.T(ctx, "bring.table.title"), Icon: "table-2", Href: "/deposits/new?dataset=" + string(d.ID) + "&table=" + newTable})
	}
	for i, x := range d.Resources {
		it := p.contentItem(ctx, d, x)
		move := func(name, label string, icon ui.Icon) {
			it.Actions = append(it.Actions, ui.Button{Label: ui.T(ctx, label), Icon: icon, Style: ui.Quiet, Submit: true, Form: orderForm, Name: name, Value: string(x.ID)})
		}
		if i > 0 {
			move("up", "contents.up", "arrow-up")
		}
		if i < len(d.Resources)-1 {
			move("down", "contents.down", "arrow-down")
		}
		if x.Kind != catalogue.Table {
			it.Actions = append(it.Actions, ui.Button{Label: ui.T(ctx, "contents.remove"), Icon: "trash-2", Style: ui.Quiet, Href: removePath(d, x)})
		}
		view.Items.Items = append(view.Items.Items, it)
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title + " – " + d.Title, NoIndex: true, Crumbs: setCrumbs(ctx, d, view.Head.Title)}, contentsPage(view))
}

// contentItem is a line of what a dataset holds.
func (p *Pages) contentItem(ctx context.Context, d catalogue.Dataset, x catalogue.Resource) ui.Item {
	it := ui.Item{Eyebrow: ui.T(ctx, x.Kind.LabelKey()), Title: x.Title, Href: partPath(d, x)}
	if x.Format != "" && x.Kind != catalogue.Table {
		it.Eyebrow += " · " + strings.ToUpper(x.Format)
	}
	fact := func(icon ui.Icon, text string) { it.Facts = append(it.Facts, ui.Fact{Icon: icon, Text: text}) }
	switch v := x.Current; x.Kind {
	case catalogue.Table:
		if v != nil {
			fact("table-2", ui.T(ctx, "catalogueui.rows", i18n.Args{"Count": v.Rows, "Rows": ui.Integer(ctx, v.Rows)}))
			fact("clock", ui.T(ctx, "catalogueui.updated", i18n.Args{"When": ui.Ago(ctx, v.CreatedAt, p.o.Now())}))
		}
	case catalogue.File:
		if v != nil {
			it.Text = v.Original.FileName
			fact("file", ui.Bytes(ctx, v.Original.Bytes))
			fact("history", ui.T(ctx, "catalogueui.version", i18n.Args{"Number": v.Number}))
			fact("clock", ui.T(ctx, "catalogueui.updated", i18n.Args{"When": ui.Ago(ctx, v.CreatedAt, p.o.Now())}))
		}
	case catalogue.Link:
		it.Text, it.Badges = x.URL, []ui.Badge{linkBadge(ctx, x)}
		if problem := publish.LinkProblem(ui.LangOf(ctx), x); problem != "" {
			fact("circle-alert", problem)
		}
		if !x.LinkChecked.IsZero() {
			fact("clock", ui.T(ctx, "link.tried", i18n.Args{"When": ui.Ago(ctx, x.LinkChecked, p.o.Now())}))
		}
	}
	return it
}

// order moves a part of a dataset one place up or down.
func (p *Pages) order(w http.ResponseWriter, r *http.Request) error {
	d, err := p.described(r)
	if err != nil {
		return err
	}
	id, by := catalogue.ResourceID(r.PostFormValue("up")), -1
	if id == "" {
		id, by = catalogue.ResourceID(r.PostFormValue("down")), 1
	}
	order := make([]catalogue.ResourceID, len(d.Resources))
	for i, x := range d.Resources {
		order[i] = x.ID
	}
	from := slices.Index(order, id)
	to := from + by
	if from < 0 || to < 0 || to >= len(order) {
		return errs.New(errs.NotFound, "contents.gone").WithHint("contents.gone.hint")
	}
	order[from], order[to] = order[to], order[from]
	if err := p.o.Catalogue.Reorder(r.Context(), shell.From(r).Actor, d.ID, shell.Revision(r), order); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "contents.moved", i18n.Args{"Title": d.Resources[from].Title, "Place": to + 1})
	return shell.Redirect(w, r, linksPath(d))
}

func (p *Pages) askRemove(w http.ResponseWriter, r *http.Request) error {
	d, x, err := p.part(r, catalogue.File, catalogue.Link)
	if err != nil {
		return err
	}
	return askRemoval(w, r, d, x, nil)
}

// askRemoval asks before a file or a link is removed.
func askRemoval(w http.ResponseWriter, r *http.Request, d catalogue.Dataset, x catalogue.Resource, problem error) error {
	ctx := r.Context()
	ask := ui.Ask{Title: ui.T(ctx, "contents.remove.ask", i18n.Args{"Title": x.Title}), About: x.URL, Losses: []string{ui.T(ctx, "link.remove.text")}, Action: removePath(d, x),
		Hidden: []ui.KeyValue{{Key: "revision", Value: strconv.Itoa(d.Revision)}}, Act: ui.T(ctx, "contents.remove"), Back: linksPath(d)}
	if x.Kind == catalogue.File {
		ask.About, ask.Losses = "", []string{ui.T(ctx, "file.remove.text")}
		if x.Current != nil {
			ask.About = x.Current.Original.FileName
		}
	}
	if d.State == catalogue.Published {
		ask.Losses = append(ask.Losses, ui.T(ctx, "contents.remove.trace"))
		reason := ui.Input{Field: ui.Field{Name: "reason", Label: ui.T(ctx, "contents.reason"), Help: ui.T(ctx, "contents.reason.help"), Optional: true}, MaxLength: 500, Value: r.PostFormValue("reason")}
		ask.Reason = &reason
	}
	return shell.Ask(w, r, ask, problem)
}

func (p *Pages) remove(w http.ResponseWriter, r *http.Request) error {
	d, x, err := p.part(r, catalogue.File, catalogue.Link)
	if err != nil {
		return err
	}
	err = p.o.Catalogue.RemoveResource(r.Context(), shell.From(r).Actor, x.ID, shell.Revision(r), r.PostFormValue("reason"))
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.Invalid) {
		return askRemoval(w, r, d, x, err)
	}
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "contents.removed", i18n.Args{"Title": x.Title})
	return shell.Redirect(w, r, linksPath(d))
}
