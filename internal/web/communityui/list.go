package communityui

import (
	"net/http"
	"net/url"

	"socle/internal/community"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// pageSize is how many requests a list shows at once.
const pageSize = 30

// listView is a list of requests.
type listView struct {
	Head   ui.PageHead
	Search *ui.Search
	Filter ui.Tabs
	Items  ui.Items
	Empty  ui.Empty
	Older  string // address of those that follow; "" when there are none
}

func askButton(r *http.Request, q url.Values) ui.Button {
	b := ui.Button{Label: ui.T(r.Context(), "communityui.ask"), Icon: "message-circle", Style: ui.Primary, Href: Path + "/new"}
	if len(q) > 0 {
		b.Href += "?" + q.Encode()
	}
	return b
}

// list shows the requests that everyone may read, those that have some words.
func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	v, ctx, q := shell.From(r), r.Context(), r.URL.Query().Get("q")
	view := listView{Head: ui.PageHead{Title: ui.T(ctx, "communityui.title"), Lead: ui.T(ctx, "communityui.lead"), Actions: []ui.Button{askButton(r, nil)}},
		Search: &ui.Search{ID: "requests-q", Action: Path, Value: q, Label: ui.T(ctx, "communityui.search")}}
	view.Empty = ui.Empty{Icon: "message-circle", Title: ui.T(ctx, "communityui.none"), Text: ui.T(ctx, "communityui.none.text")}
	if q != "" {
		view.Head.Actions[0] = askButton(r, url.Values{"q": {q}})
		view.Empty = ui.Empty{Icon: "search", Title: ui.T(ctx, "communityui.nothing", i18n.Args{"Text": q}), Actions: []ui.Button{{Label: ui.T(ctx, "communityui.all"), Href: Path}}}
	}
	if p.mayAnswer(v.Actor) {
		view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, "communityui.inbox"), Icon: "inbox", Href: Path + "/inbox"})
	}
	if err := p.fill(r, &view, community.Query{Public: true, Text: q}); err != nil {
		return err
	}
	page := ui.Page{Title: view.Head.Title, Description: view.Head.Lead, NoIndex: r.URL.RawQuery != ""}
	return shell.Page(w, r, page, listPage(view))
}

// mayAnswer reports whether an actor may answer any request.
func (p *Pages) mayAnswer(a identity.Actor) bool {
	everywhere, orgs := a.Where(identity.ActionAnswer)
	return everywhere || len(orgs) > 0
}

// inbox shows the requests that the visitor may answer: those that are open, or over;
// to the host, those to the host first.
func (p *Pages) inbox(w http.ResponseWriter, r *http.Request) error {
	v, ctx, q := shell.From(r), r.Context(), r.URL.Query()
	sought := community.Query{Open: true}
	state := q.Get("state")
	if state == "closed" {
		sought.Open, sought.Closed = false, true
	}
	view := listView{Head: ui.PageHead{Title: ui.T(ctx, "communityui.inbox"), Lead: ui.T(ctx, "communityui.inbox.lead")},
		Empty: ui.Empty{Icon: "inbox", Title: ui.T(ctx, "communityui.inbox.none"), Text: ui.T(ctx, "communityui.inbox.none.text")}}
	view.Filter = ui.Tabs{Label: ui.T(ctx, "communityui.filter")}
	tab := func(key, state, to string, icon ui.Icon) {
		address := url.Values{}
		if state != "" {
			address.Set("state", state)
		}
		if to != "" {
			address.Set("to", to)
		}
		href := Path + "/inbox"
		if len(address) > 0 {
			href += "?" + address.Encode()
		}
		view.Filter.Tabs = append(view.Filter.Tabs, ui.Tab{Label: ui.T(ctx, key), Href: href, Icon: icon, Current: q.Get("state") == state && q.Get("to") == to})
	}
	tab("communityui.inbox.open", "", "", "inbox")
	if v.Actor.Can(identity.ActionAnswer, "") {
		tab("communityui.inbox.host", "", "host", "building-2")
		sought.ToHost = q.Get("to") == "host"
	}
	tab("communityui.inbox.closed", "closed", "", "check")
	if err := p.fill(r, &view, sought); err != nil {
		return err
	}
	page := ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: []ui.Crumb{{Label: ui.T(ctx, "publishui.desk"), Href: "/desk"}, {Label: view.Head.Title}}}
	return shell.Page(w, r, page, listPage(view))
}

// fill adds the requests of a list.
func (p *Pages) fill(r *http.Request, view *listView, q community.Query) error {
	v, ctx := shell.From(r), r.Context()
	q.Before, q.Limit = community.RequestID(r.URL.Query().Get("before")), pageSize+1
	list, err := p.o.Community.List(ctx, v.Actor, q)
	if err != nil {
		return err
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		older := r.URL.Query()
		older.Set("before", string(list[pageSize-1].ID))
		view.Older = v.Path + "?" + older.Encode()
	}
	names, err := p.names(ctx, v.Actor, list...)
	if err != nil {
		return err
	}
	view.Items.Level = 2
	for _, x := range list {
		it := p.item(ctx, x, names)
		if q.Public {
			it.Text = markup.Text(x.Answer, 200)
		}
		view.Items.Items = append(view.Items.Items, it)
	}
	return nil
}
