package catalogueui

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// organisationView is the page of a producer.
type organisationView struct {
	Head  ui.PageHead
	About templ.Component
	Facts ui.KeyValues
	Items ui.Items
	More  ui.Link
	Ask   ui.Link // for data that is not there
	Empty ui.Empty
}

func (p *Pages) organisation(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.o.Identity.OrganisationByAddress(ctx, v.Actor, r.PathValue("slug"))
	if err != nil {
		return err
	}
	if o.Slug != r.PathValue("slug") {
		return shell.Redirect(w, r, "/organisations/"+o.Slug)
	}
	list, err := p.o.Catalogue.List(ctx, v.Actor, catalogue.Filter{Organisation: o.ID}, catalogue.ByModified, "", 50)
	if err != nil {
		return err
	}
	items, err := p.items(ctx, v.Actor, list.Datasets, 3)
	if err != nil {
		return err
	}
	for i := range items.Items {
		items.Items[i].Eyebrow = ""
	}
	view := organisationView{Head: ui.PageHead{Picture: ui.OrganisationLogo(o.Slug, o.Logo), Eyebrow: ui.T(ctx, o.Kind.LabelKey()), Title: o.Name}, About: templ.Raw(markup.HTML(o.Description, 1)), Items: items,
		Empty: ui.Empty{Icon: "database", Title: ui.T(ctx, "catalogueui.organisation.none")}}
	if len(list.Datasets) > 0 {
		view.Head.Actions = []ui.Button{{Label: ui.T(ctx, "dashboardui.board"), Icon: "chart-column", Href: "/organisations/" + o.Slug + "/board"}}
	}
	if v.Actor.Can(identity.ActionReadMembers, o.ID) {
		view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, "catalogueui.members"), Icon: "users", Href: "/organisations/" + o.Slug + "/members"})
	}
	if v.Actor.Can(identity.ActionEditOrganisation, o.ID) {
		view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, "desk.rule"), Icon: "shield-check", Style: ui.Quiet, Href: "/organisations/" + o.Slug + "/publishing"})
	}
	view.Head.Actions = append(view.Head.Actions, followButton(ctx, url.Values{"what": {"organisation"}, "of": {o.Slug}}))
	add := func(key, value string) {
		if value != "" {
			view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
		}
	}
	add("catalogueui.siren", o.SIREN)
	add("catalogueui.insee", o.INSEE)
	if o.Website != "" {
		view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, "catalogueui.website"), Content: ui.Link{Label: o.Website, Href: o.Website, External: true}})
	}
	if list.Next != "" {
		view.More = ui.More(ui.T(ctx, "catalogueui.more"), "/search?organisation="+o.Slug)
	}
	view.Ask = ui.Link{Label: ui.T(ctx, "communityui.missing.link"), Icon: "message-circle", Href: askFor("", o.Slug)}
	page := ui.Page{Title: o.Name, Place: "/organisations", Crumbs: []ui.Crumb{{Label: ui.T(ctx, "catalogueui.organisations"), Href: "/organisations"}, {Label: o.Name}}, Head: []templ.Component{alternate("application/atom+xml", ui.Address(v.Lang, "/organisations/"+o.Slug)+"/feed.atom", o.Name)}}
	return shell.Page(w, r, page, organisationPage(view))
}

// followButton leads to the page that asks how to follow something: by mail, by a
// feed, by a call to a program.
func followButton(ctx context.Context, what url.Values) ui.Button {
	return ui.Button{Label: ui.T(ctx, "followui.button"), Icon: "bell", Href: "/follow?" + what.Encode()}
}
