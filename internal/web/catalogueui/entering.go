package catalogueui

import (
	"context"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/identity"
	"socle/internal/web/ui"
)

// entering is how rows come to a dataset, as far as the visitor may bring them.
type entering struct {
	table string // identifier of the table, where there are several; "" else
	files bool   // files bring them, or an address
	grid  bool   // the grid is open to the visitor
	forms string // address of its form or forms; "" for none
	form  string // address where another one is made; "" for who may not
}

// shownForms is how many forms the head of a dataset's page offers.
const shownForms = 3

// entry finds the ways into the table of a dataset: its open forms, and what those
// who look after it have in their menu.
func (p *Pages) entry(ctx context.Context, a identity.Actor, f *found) error {
	e := entering{files: true, table: f.state().Get(tableParameter)}
	d := f.dataset
	for _, r := range d.Resources {
		if r.Kind != catalogue.Table || f.resource != nil && r.ID != f.resource.ID {
			continue
		}
		makers, err := p.o.Catalogue.Makers(ctx, a, r.ID)
		if err != nil {
			return err
		}
		f.maker = makers[r.ID]
		e.files = f.maker == ""
		forms, err := p.o.Collect.OfDataset(ctx, collect.Visitor{Actor: a}, d.ID)
		if err != nil {
			return err
		}
		var titles []string
		for _, x := range forms {
			if x.Open(p.o.Now()) && len(f.fill) < shownForms {
				titles = append(titles, x.Definition.Title)
				f.fill = append(f.fill, ui.Button{Label: ui.T(ctx, "share.fill"), Icon: "square-pen", Href: "/f/" + x.Slug, Style: ui.Primary})
			}
		}
		if len(f.fill) > 1 { // which is which
			for i := range f.fill {
				f.fill[i].Label = titles[i]
			}
		}
		if !a.Can(identity.ActionContribute, d.Organisation) {
			break
		}
		e.grid = a.Can(collect.LinesAction(d.State), d.Organisation) && (f.maker == collect.MakerName || e.files && r.Latest > 0 && a.Can(identity.ActionEdit, d.Organisation))
		if e.grid && a.Can(identity.ActionEdit, d.Organisation) {
			e.form = "/formulaires/nouveau?resource=" + string(r.ID)
		}
		switch len(forms) {
		case 0:
		case 1:
			e.forms = "/formulaires/" + string(forms[0].ID)
		default:
			e.forms = "/formulaires"
		}
		break
	}
	f.manage = manage(ctx, a, d, e)
	return nil
}
