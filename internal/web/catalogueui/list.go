package catalogueui

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/schema/national"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// pageSize is how many datasets a page of results lists.
const pageSize = 20

// searchView is the page of results.
type searchView struct {
	Text    string
	Chips   ui.Chips
	Facets  []ui.Facet
	Items   ui.Items
	Order   ui.Select
	Hidden  []ui.KeyValue // parameters that the form keeps
	Next    string
	Nothing bool
	Count   int
}

// facet is a property that narrows the search: its parameter and its values.
type facet struct {
	name, title string
	values      []catalogue.Tally
	label       func(value string) string
}

// search lists the datasets that a visitor may see, narrowed by the address.
func (p *Pages) search(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	q := r.URL.Query()
	f := catalogue.Filter{Text: strings.TrimSpace(q.Get("q")), Theme: catalogue.ThemeID(q.Get("theme")), Schema: q.Get("schema"), Keyword: q.Get("keyword"), Licence: catalogue.LicenceID(q.Get("licence"))}
	var org identity.Organisation
	if slug := q.Get("organisation"); slug != "" {
		var err error
		if org, err = p.o.Identity.FindOrganisation(ctx, v.Actor, slug); err != nil {
			return err
		}
		f.Organisation = org.ID
	}
	order := catalogue.ByModified
	if q.Get("sort") == string(catalogue.ByTitle) {
		order = catalogue.ByTitle
	}
	list, err := p.o.Catalogue.List(ctx, v.Actor, f, order, catalogue.Cursor(q.Get("after")), pageSize)
	if err != nil {
		return err
	}
	count, err := p.o.Catalogue.Count(ctx, v.Actor, f)
	if err != nil {
		return err
	}
	view := searchView{Text: f.Text, Nothing: len(list.Datasets) == 0, Count: count}
	if view.Items, err = p.items(ctx, v.Actor, list.Datasets, 2); err != nil {
		return err
	}
	facets, err := p.facets(ctx, v.Actor, f, org)
	if err != nil {
		return err
	}
	view.Chips = chips(q, facets)
	if f.Text != "" {
		view.Chips.Chips = append([]ui.Chip{{Label: "« " + f.Text + " »", RemoveHref: "/search" + without(q, "q")}}, view.Chips.Chips...)
	}
	for _, fc := range facets {
		if len(fc.values) > 0 {
			view.Facets = append(view.Facets, fc.view(q))
		}
	}
	view.Order = ui.Select{Field: ui.Field{Name: "sort", Label: ui.T(ctx, "catalogueui.sort"), Optional: true}, Value: string(order), Options: []ui.Option{
		{Value: string(catalogue.ByModified), Label: ui.T(ctx, "catalogueui.sort.modified")}, {Value: string(catalogue.ByTitle), Label: ui.T(ctx, "catalogueui.sort.title")}}}
	for _, name := range []string{"q", "organisation", "theme", "schema", "keyword", "licence"} {
		if value := q.Get(name); value != "" {
			view.Hidden = append(view.Hidden, ui.KeyValue{Key: name, Value: value})
		}
	}
	if list.Next != "" {
		view.Next = "/search" + with(q, "after", string(list.Next))
	}
	page := ui.Page{Title: ui.T(ctx, "catalogueui.search.title"), Place: "/search", NoIndex: r.URL.RawQuery != "", NoSearch: true, Description: ui.T(ctx, "catalogueui.search.description")}
	return shell.Page(w, r, page, searchPage(view))
}

// facets are what one may narrow by, each value with how many datasets have it.
func (p *Pages) facets(ctx context.Context, a identity.Actor, f catalogue.Filter, chosen identity.Organisation) ([]facet, error) {
	themes := facet{name: "theme", title: ui.T(ctx, "catalogueui.facet.theme"), label: func(v string) string {
		if t, ok := catalogue.FindTheme(catalogue.ThemeID(v)); ok {
			return ui.T(ctx, t.LabelKey())
		}
		return v
	}}
	schemas := facet{name: "schema", title: ui.T(ctx, "catalogueui.facet.schema"), label: func(v string) string { return schemaName(ctx, v) }}
	producers := facet{name: "organisation", title: ui.T(ctx, "catalogueui.facet.producer")}
	var err error
	free := f
	free.Theme = ""
	if themes.values, err = p.o.Catalogue.CountBy(ctx, a, free, catalogue.DimTheme); err != nil {
		return nil, err
	}
	free = f
	free.Schema = ""
	if schemas.values, err = p.o.Catalogue.CountBy(ctx, a, free, catalogue.DimSchema); err != nil {
		return nil, err
	}
	free = f
	free.Organisation = ""
	tallies, err := p.o.Catalogue.CountBy(ctx, a, free, catalogue.DimOrganisation)
	if err != nil {
		return nil, err
	}
	ids := []identity.OrganisationID{chosen.ID}
	for _, t := range tallies {
		ids = append(ids, identity.OrganisationID(t.Value))
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, a, ids...)
	if err != nil {
		return nil, err
	}
	names := map[string]string{chosen.Slug: chosen.Name}
	for _, t := range tallies {
		o := orgs[identity.OrganisationID(t.Value)]
		names[o.Slug] = o.Name
		producers.values = append(producers.values, catalogue.Tally{Value: o.Slug, Count: t.Count})
	}
	producers.label = func(v string) string { return names[v] }
	return []facet{themes, schemas, producers}, nil
}

// shown is how many values of a facet are listed.
const shown = 12

func (f facet) view(q url.Values) ui.Facet {
	out := ui.Facet{Title: f.title}
	for i, v := range f.values {
		it := ui.FacetItem{Label: f.label(v.Value), Count: int64(v.Count), Current: q.Get(f.name) == v.Value}
		if i >= shown && !it.Current {
			continue
		}
		if it.Current {
			it.Href = "/search" + without(q, f.name)
		} else {
			it.Href = "/search" + with(q, f.name, v.Value)
		}
		out.Items = append(out.Items, it)
	}
	return out
}

func chips(q url.Values, facets []facet) ui.Chips {
	var out ui.Chips
	for _, f := range facets {
		if v := q.Get(f.name); v != "" {
			out.Chips = append(out.Chips, ui.Chip{Label: f.label(v), RemoveHref: "/search" + without(q, f.name)})
		}
	}
	if k := q.Get("keyword"); k != "" {
		out.Chips = append(out.Chips, ui.Chip{Label: k, RemoveHref: "/search" + without(q, "keyword")})
	}
	return out
}

// with and without write a query with one parameter changed, from the first page.
func with(q url.Values, name, value string) string {
	out := url.Values{}
	for k, v := range q {
		if k != "after" {
			out[k] = v
		}
	}
	out.Set(name, value)
	return "?" + out.Encode()
}

func without(q url.Values, name string) string {
	out := url.Values{}
	for k, v := range q {
		if k != "after" && k != name {
			out[k] = v
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "?" + out.Encode()
}

// items shows datasets in a list: title, one sentence, producer, freshness, what
// there is.
func (p *Pages) items(ctx context.Context, a identity.Actor, list []catalogue.Dataset, level int) (ui.Items, error) {
	ids := make([]identity.OrganisationID, len(list))
	for i, d := range list {
		ids[i] = d.Organisation
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, a, ids...)
	if err != nil {
		return ui.Items{}, err
	}
	out := ui.Items{Level: level}
	for _, d := range list {
		it := ui.Item{Eyebrow: orgs[d.Organisation].Name, Title: d.Title, Href: "/datasets/" + d.Slug, Text: summary(d.Description, 160)}
		if d.State != catalogue.Published {
			it.Badges = append(it.Badges, ui.Badge{Label: ui.T(ctx, d.State.LabelKey()), Kind: ui.LookHere})
		}
		if at := d.DataAt; !at.IsZero() {
			it.Facts = append(it.Facts, ui.Fact{Icon: "clock", Text: ui.T(ctx, "catalogueui.updated", map[string]any{"When": ui.Ago(ctx, at, p.o.Now())})})
		}
		for _, r := range d.Resources {
			switch r.Kind {
			case catalogue.Table:
				it.Facts = append(it.Facts, ui.Fact{Icon: "table-2", Text: ui.T(ctx, "catalogueui.a-table")})
			case catalogue.File:
				it.Facts = append(it.Facts, ui.Fact{Icon: "file", Text: strings.ToUpper(r.Format)})
			case catalogue.Link:
				it.Facts = append(it.Facts, ui.Fact{Icon: "link", Text: ui.T(ctx, "catalogueui.a-link")})
			}
		}
		if !d.Schema.IsZero() {
			it.Facts = append(it.Facts, ui.Fact{Icon: "badge-check", Text: schemaName(ctx, d.Schema.ID)})
		}
		out.Items = append(out.Items, it)
	}
	return out, nil
}

// summary is the beginning of a description, as text.
func summary(markdown string, most int) string {
	return markup.Text(markdown, most)
}

func schemaName(ctx context.Context, id string) string {
	if e, err := national.Lookup(id); err == nil {
		return e.Name(ui.LangOf(ctx))
	}
	return id
}
