package shell

import (
	"context"

	"socle/internal/identity"
	"socle/internal/schema/national"
	"socle/internal/schemas"
	"socle/internal/web/ui"
)

// SchemaOptions are the schemas that one may choose: those that the portal carries, those
// of the host's catalogue, and the one that is chosen, which may be another version, or an
// address.
func SchemaOptions(ctx context.Context, s *schemas.Service, chosen string) ([]ui.Option, error) {
	l := ui.LangOf(ctx)
	list, _, err := s.National(ctx, identity.Actor{})
	if err != nil {
		return nil, err
	}
	own := ""
	if len(list) > 0 {
		own = ui.T(ctx, "shell.schemas.bundled")
	}
	var out []ui.Option
	found := chosen == ""
	add := func(o ui.Option) {
		found = found || o.Value == chosen
		out = append(out, o)
	}
	for _, e := range national.List() {
		add(ui.Option{Value: e.ID, Label: e.Name(l), Group: own})
	}
	for _, e := range list {
		add(ui.Option{Value: e.ID, Label: e.Title, Group: ui.T(ctx, "shell.schemas.national")})
	}
	if !found {
		if other, err := s.Lookup(ctx, chosen); err == nil {
			label := other.Name(l)
			if other.Title != "" && other.Page != "" { // another version of one that has a name
				label += " (" + chosen + ")"
			}
			add(ui.Option{Value: chosen, Label: label, Group: own})
		}
	}
	return out, nil
}
