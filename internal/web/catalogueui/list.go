package catalogueui

import (
	"context"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/schema/national"
	"socle/internal/web/ui"
)

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
