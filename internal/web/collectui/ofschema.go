package collectui

import (
	"context"

	"socle/internal/catalogue"
	"socle/internal/schema/form"
	"socle/internal/schema/national"
	"socle/internal/tables"
	"socle/internal/web/ui"
)

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
