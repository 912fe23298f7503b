package publishui

import (
	"net/http"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// owners is whose a new dataset may be: the one organisation for which the visitor may
// bring data, with its name, or a choice among several. Kinds: Denied (there is none).
func (p *Pages) owners(r *http.Request, chosen string) (only, name string, choice *ui.Select, err error) {
	ctx, a := r.Context(), shell.From(r).Actor
	_, orgs := a.Where(identity.ActionContribute)
	names, err := p.o.Identity.OrganisationsByID(ctx, a, orgs...)
	switch {
	case err != nil:
		return "", "", nil, err
	case len(orgs) == 0:
		return "", "", nil, errs.New(errs.Denied, "publishui.no-organisation").WithHint("account.organisations.none")
	case len(orgs) == 1:
		return string(orgs[0]), names[orgs[0]].Name, nil, nil
	}
	choice = &ui.Select{Field: ui.Field{Name: "organisation", Label: ui.T(ctx, "publishui.organisation")}, Value: chosen}
	for _, o := range orgs {
		choice.Options = append(choice.Options, ui.Option{Value: string(o), Label: names[o].Name})
	}
	return "", "", choice, nil
}
