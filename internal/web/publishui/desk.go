package publishui

import (
	"context"
	"net/http"

	"socle/internal/catalogue"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// deskView is the producer's page: what to do next, then one's datasets.
type deskView struct {
	Head     ui.PageHead
	ToDo     ui.Items
	Datasets ui.Items
	Alone    bool // a member of no organisation
}

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	_, orgs := v.Actor.Where(identity.ActionContribute)
	view := deskView{Head: ui.PageHead{Title: ui.T(ctx, "publishui.desk"), Lead: ui.T(ctx, "publishui.desk.lead", i18n.Args{"Name": v.Person.Name})}, Alone: len(orgs) == 0}
	if !view.Alone {
		view.Head.Actions = []ui.Button{{Label: ui.T(ctx, "publishui.new"), Icon: "upload", Href: "/deposits/new", Style: ui.Primary}}
	}
	names, err := p.o.Identity.OrganisationsByID(ctx, v.Actor, orgs...)
	if err != nil {
		return err
	}
	if err := p.toDo(ctx, v.Actor, names, &view); err != nil {
		return err
	}
	for _, org := range orgs {
		list, err := p.o.Catalogue.List(ctx, v.Actor, catalogue.Filter{Organisation: org}, catalogue.ByModified, "", 50)
		if err != nil {
			return err
		}
		for _, d := range list.Datasets {
			it := ui.Item{Eyebrow: names[org].Name, Title: d.Title, Href: "/datasets/" + d.Slug, Badges: []ui.Badge{stateBadge(ctx, d.State)},
				Actions: []ui.Button{{Label: ui.T(ctx, "publishui.renew"), Icon: "refresh-cw", Href: "/deposits/new?dataset=" + string(d.ID)}}}
			if !d.DataAt.IsZero() {
				it.Facts = append(it.Facts, ui.Fact{Icon: "clock", Text: ui.T(ctx, "publishui.updated", i18n.Args{"When": ui.Ago(ctx, d.DataAt, p.o.Now())})})
			}
			view.Datasets.Items = append(view.Datasets.Items, it)
			if late := catalogue.Late(d, p.o.Now()); late > 0 && d.State == catalogue.Published {
				view.ToDo.Items = append(view.ToDo.Items, ui.Item{Eyebrow: names[org].Name, Title: d.Title, Href: "/datasets/" + d.Slug, Badges: []ui.Badge{{Label: ui.T(ctx, "publishui.late", ui.Count(late)), Kind: ui.LookHere, Icon: "clock"}},
					Actions: []ui.Button{{Label: ui.T(ctx, "publishui.renew"), Icon: "refresh-cw", Href: "/deposits/new?dataset=" + string(d.ID)}}})
			}
		}
	}
	view.ToDo.Level, view.Datasets.Level = 3, 3
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, deskPage(view))
}

// toDo lists the deposits that wait.
func (p *Pages) toDo(ctx context.Context, a identity.Actor, names map[identity.OrganisationID]identity.Organisation, view *deskView) error {
	pending, err := p.o.Publish.Pending(ctx, a)
	if err != nil {
		return err
	}
	for _, d := range pending {
		i := tables.Import{}
		if d.Import != "" {
			if i, err = p.o.Tables.FindImport(ctx, a, d.Import); err != nil {
				return err
			}
		}
		title := d.Description.Title
		if title == "" {
			title = i.Name
		}
		step := d.Step(i)
		it := ui.Item{Eyebrow: names[d.Organisation].Name, Title: title, Href: "/deposits/" + string(d.ID), Badges: []ui.Badge{{Label: ui.T(ctx, "publishui.todo."+string(step)), Kind: ui.Information}},
			Facts: []ui.Fact{{Icon: "save", Text: ui.T(ctx, "publishui.saved", i18n.Args{"When": ui.Ago(ctx, d.ChangedAt, p.o.Now())})}}}
		if step == publish.Mend {
			it.Badges = []ui.Badge{{Label: ui.T(ctx, "publishui.errors", ui.Count(i.Outcome.Errors)), Kind: ui.Wrong, Icon: "circle-alert"}}
		}
		view.ToDo.Items = append(view.ToDo.Items, it)
	}
	return nil
}

func stateBadge(ctx context.Context, s catalogue.State) ui.Badge {
	b := ui.Badge{Label: ui.T(ctx, s.LabelKey())}
	switch s {
	case catalogue.Published:
		b.Kind, b.Icon = ui.Good, "globe"
	case catalogue.Internal:
		b.Kind, b.Icon = ui.Information, "lock"
	case catalogue.Draft:
		b.Kind, b.Icon = ui.LookHere, "pencil"
	case catalogue.Withdrawn:
		b.Icon = "eye-off"
	}
	return b
}
