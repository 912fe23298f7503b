package collectui

import (
	"context"

	"socle/internal/catalogue"
	"socle/internal/identity"
	"socle/internal/schema/form"
	"socle/internal/schema/national"
	"socle/internal/tables"
	"socle/internal/web/ui"
)

// schemaOptions are the schemas that a form can be made from: those that the portal
// carries, those of the host's catalogue, and the one that is chosen. The value of the
// chosen one is chosen itself.
func (p *Pages) schemaOptions(ctx context.Context, chosen string) ([]ui.Option, error) {
	l := ui.LangOf(ctx)
	list, _, err := p.o.Schemas.National(ctx, identity.Actor{})
	if err != nil {
		return nil, err
	}
	own := ""
	if len(list) > 0 {
		own = ui.T(ctx, "publishui.schema.bundled")
	}
	var out []ui.Option
	found := chosen == ""
	add := func(ref, label, group string) {
		found = found || ref == chosen
		out = append(out, ui.Option{Value: ref, Label: label, Group: group})
	}
	for _, e := range national.List() {
		add(e.ID, e.Name(l), own)
	}
	for _, e := range list {
		add(e.ID, e.Title, ui.T(ctx, "publishui.schema.national"))
	}
	if !found { // another version, or an address
		if other, err := p.o.Schemas.Lookup(ctx, chosen); err == nil {
			add(chosen, other.Name(l)+" ("+chosen+")", own)
		}
	}
	return out, nil
}

// ofSchema is a form that asks the columns of a schema. The portal knows better words for
// those that it carries.
func (p *Pages) ofSchema(ctx context.Context, ref string) (catalogue.SchemaRef, *form.Definition, error) {
	l := ui.LangOf(ctx)
	found, err := p.o.Schemas.Lookup(ctx, ref)
	if err != nil {
		return catalogue.SchemaRef{}, nil, err
	}
	sch, err := p.o.Schemas.Find(ctx, found.Ref)
	if err != nil {
		return catalogue.SchemaRef{}, nil, err
	}
	e, other := national.Lookup(found.Ref)
	d := form.FromSchema(sch, form.Origin{Language: string(l), Label: func(column string) (string, string) {
		for _, f := range e.Fields {
			if f.Name == column {
				return f.Label(l), f.About(l)
			}
		}
		return "", ""
	}})
	if other == nil {
		d.Title, d.Description = e.Name(l), e.About(l)
	} else if d.Title == "" {
		d.Title = found.Name(l)
	}
	return tables.ParseSchemaRef(found.Ref), d, nil
}
