package catalogueui

import (
	"cmp"
	"context"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/web/ui"
)

// items shows datasets in a list: title, one sentence, producer, freshness, what
// there is.
func (p *Pages) items(ctx context.Context, a identity.Actor, list []catalogue.Dataset, level int) (ui.Items, error) {
	ids, refs := make([]identity.OrganisationID, len(list)), make([]string, len(list))
	for i, d := range list {
		ids[i], refs[i] = d.Organisation, d.Schema.ID
	}
	named, err := p.o.Schemas.Named(ctx, refs...)
	if err != nil {
		return ui.Items{}, err
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
		it.Facts = append(it.Facts, holds(ctx, d.Resources)...)
		if !d.Schema.IsZero() {
			it.Facts = append(it.Facts, ui.Fact{Icon: "badge-check", Text: named[d.Schema.ID].Name(ui.LangOf(ctx))})
		}
		out.Items = append(out.Items, it)
	}
	return out, nil
}

// shownFormats is how many formats of files a list names.
const shownFormats = 3

// holds says what a dataset has: tables, files by their format, links.
func holds(ctx context.Context, list []catalogue.Resource) (facts []ui.Fact) {
	var tables, links int
	var formats []string
	files := map[string]int{}
	for _, r := range list {
		switch r.Kind {
		case catalogue.Table:
			tables++
		case catalogue.File:
			name := strings.ToUpper(cmp.Or(r.Format, ui.T(ctx, r.Kind.LabelKey())))
			if files[name]++; files[name] == 1 {
				formats = append(formats, name)
			}
		case catalogue.Link:
			links++
		}
	}
	if tables > 0 {
		facts = append(facts, ui.Fact{Icon: "table-2", Text: ui.T(ctx, "catalogueui.a-table", ui.Count(tables))})
	}
	for _, name := range formats[:min(len(formats), shownFormats)] {
		text := name
		if n := files[name]; n > 1 {
			text = ui.Integer(ctx, int64(n)) + " " + name
		}
		facts = append(facts, ui.Fact{Icon: "file", Text: text})
	}
	if links > 0 {
		facts = append(facts, ui.Fact{Icon: "link", Text: ui.T(ctx, "catalogueui.a-link", ui.Count(links))})
	}
	return facts
}

// summary is the beginning of a description, as text.
func summary(markdown string, most int) string {
	return markup.Text(markdown, most)
}
