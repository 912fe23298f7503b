package catalogueui

import (
	"net/http"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// homeView is the front page: one search field, three doors, what is new.
type homeView struct {
	Title  string
	Lead   string
	Search ui.Search
	Intro  templ.Component // of the host; nil when it says nothing
	Doors  []ui.Card
	News   ui.Items
	Themes []ui.Link
	Empty  *ui.Empty
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	list, err := p.o.Catalogue.List(ctx, v.Actor, catalogue.Filter{States: []catalogue.State{catalogue.Published}}, catalogue.ByModified, "", 6)
	if err != nil {
		return err
	}
	publishers, err := p.o.Catalogue.Publishers(ctx, "")
	if err != nil {
		return err
	}
	news, err := p.items(ctx, v.Actor, list.Datasets, 3)
	if err != nil {
		return err
	}
	view := homeView{
		Title: ui.T(ctx, "catalogueui.home.title"), Lead: ui.T(ctx, "catalogueui.home.lead", ui.Count(len(publishers))),
		Search: ui.Search{ID: "home-q", Action: "/search", Suggest: suggestPath, Large: true}, News: news,
		Doors: []ui.Card{
			{Level: 2, Icon: "search", Title: ui.T(ctx, "catalogueui.door.find"), Text: ui.T(ctx, "catalogueui.door.find.text"), Href: "/search"},
			{Level: 2, Icon: "chart-column", Title: ui.T(ctx, "dashboardui.door"), Text: ui.T(ctx, "dashboardui.door.text"), Href: "/board"},
			{Level: 2, Icon: "file-check", Title: ui.T(ctx, "catalogueui.door.check"), Text: ui.T(ctx, "catalogueui.door.check.text"), Href: "/check"},
			{Level: 2, Icon: "upload", Title: ui.T(ctx, "catalogueui.door.publish"), Text: ui.T(ctx, "catalogueui.door.publish.text"), Href: "/desk"},
		},
	}
	if len(publishers) == 0 {
		view.Lead = ui.T(ctx, "catalogueui.home.lead.none")
	}
	for _, t := range catalogue.Themes {
		view.Themes = append(view.Themes, ui.Link{Label: ui.T(ctx, t.LabelKey()), Href: "/themes/" + string(t.ID)})
	}
	if view.Intro, err = p.introduction(r); err != nil {
		return err
	}
	if len(news.Items) == 0 {
		view.Empty = &ui.Empty{Icon: "database", Title: ui.T(ctx, "catalogueui.home.empty"), Text: ui.T(ctx, "catalogueui.home.empty.text"),
			Actions: []ui.Button{{Label: ui.T(ctx, "catalogueui.home.empty.act"), Href: "/desk", Icon: "upload", Style: ui.Primary}}}
	}
	return shell.Page(w, r, ui.Page{Description: view.Lead, NoSearch: true, Head: []templ.Component{alternate("application/atom+xml", feedOf(ui.Address(v.Lang, "/")), p.o.Host)}}, homePage(view))
}
