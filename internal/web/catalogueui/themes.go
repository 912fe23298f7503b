package catalogueui

import (
	"net/http"
	"net/url"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// themeView is the page of a theme: what is published about it, by whom, after
// which schemas.
type themeView struct {
	Head      ui.PageHead
	Items     ui.Items
	Empty     *ui.Empty
	More      ui.Link
	Producers []ui.Link
	Schemas   []ui.Link
	Others    []ui.Link
}

// mostOfTheme is how many datasets, producers and schemas the page of a theme shows.
const mostOfTheme = 12

func (p *Pages) theme(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	theme, ok := catalogue.FindTheme(catalogue.ThemeID(r.PathValue("theme")))
	if !ok {
		return none()
	}
	result, err := p.o.Find.Search(ctx, v.Actor, find.Query{Where: map[find.Dimension]string{find.Theme: string(theme.ID)}, Order: find.ByModified, Limit: mostOfTheme})
	if err != nil {
		return err
	}
	found, err := p.o.Catalogue.GetMany(ctx, v.Actor, result.Datasets...)
	if err != nil {
		return err
	}
	var list []catalogue.Dataset
	for _, id := range result.Datasets {
		if d, ok := found[id]; ok {
			list = append(list, d)
		}
	}
	name := ui.T(ctx, theme.LabelKey())
	view := themeView{Head: ui.PageHead{Eyebrow: ui.T(ctx, "search.facet.theme"), Title: name, Lead: ui.T(ctx, "themes.lead", i18n.Args{"Count": result.Total, "Number": ui.Integer(ctx, int64(result.Total))})}}
	if view.Items, err = p.items(ctx, v.Actor, list, 3); err != nil {
		return err
	}
	if len(list) == 0 {
		view.Empty = &ui.Empty{Icon: "database", Title: ui.T(ctx, "themes.none"), Text: ui.T(ctx, "themes.none.text"), Actions: []ui.Button{{Label: ui.T(ctx, "catalogueui.home.all"), Href: "/search"}}}
	}
	if result.Total > len(list) {
		view.More = ui.More(ui.T(ctx, "themes.all", i18n.Args{"Count": result.Total, "Number": ui.Integer(ctx, int64(result.Total))}), "/search?theme="+string(theme.ID))
	}
	var ids []identity.OrganisationID
	for _, t := range result.Facets[find.Producer] {
		if len(ids) < mostOfTheme {
			ids = append(ids, identity.OrganisationID(t.Value))
		}
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, v.Actor, ids...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if o, ok := orgs[id]; ok {
			view.Producers = append(view.Producers, ui.Link{Label: o.Name, Href: "/organisations/" + o.Slug})
		}
	}
	used := result.Facets[find.Schema]
	var refs []string
	for _, t := range used[:min(len(used), mostOfTheme)] {
		refs = append(refs, t.Value)
	}
	named, err := p.o.Schemas.Named(ctx, refs...)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		l := ui.Link{Label: named[ref].Name(ui.LangOf(ctx)), Href: named[ref].Page}
		if l.Href == "" {
			l.Href = "/search?schema=" + url.QueryEscape(ref)
		}
		view.Schemas = append(view.Schemas, l)
	}
	for _, t := range catalogue.Themes {
		if t.ID != theme.ID {
			view.Others = append(view.Others, ui.Link{Label: ui.T(ctx, t.LabelKey()), Href: "/themes/" + string(t.ID)})
		}
	}
	return shell.Page(w, r, ui.Page{Title: name, Description: view.Head.Lead, Place: "/search", Crumbs: []ui.Crumb{{Label: ui.T(ctx, "catalogueui.search.title"), Href: "/search"}, {Label: name}}}, themePage(view))
}
