package catalogueui

import (
	"context"

	"socle/internal/identity"
)

// mandate is by whom an organisation has its data published, and on what ground.
type mandate struct{ name, reference string }

// mandates lists those in force of an organisation.
func (p *Pages) mandates(ctx context.Context, a identity.Actor, org identity.OrganisationID) ([]mandate, error) {
	list, err := p.o.Identity.MandatesInForce(ctx, a, org)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var ids []identity.OrganisationID
	for _, m := range list {
		ids = append(ids, m.Delegate)
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, a, ids...)
	if err != nil {
		return nil, err
	}
	var out []mandate
	for _, m := range list {
		out = append(out, mandate{orgs[m.Delegate].Name, m.Reference})
	}
	return out, nil
}
