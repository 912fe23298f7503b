package collectui

import (
	"net/http"

	"github.com/a-h/templ"

	"socle/internal/errs"
	"socle/internal/proposal"
	"socle/internal/schema/form"
	"socle/internal/web/shell"
)

// proposes is what may complete the answer to an item; "" for nothing.
func proposes(it *form.Item) proposal.Kind {
	switch {
	case it.Control == form.Commune && it.Format == "commune":
		return proposal.CommuneName
	case it.Control == form.Commune:
		return proposal.Commune
	case it.Control == form.SIRET:
		return proposal.SIRET
	case it.Control == form.Text && it.Format == "siren":
		return proposal.SIREN
	case it.Control == form.Address:
		return proposal.Address
	}
	return ""
}

// asks reports whether some item, of any level, may be completed so.
func asks(items []form.Item, k proposal.Kind) bool {
	for i := range items {
		if proposes(&items[i]) == k || asks(items[i].Items, k) {
			return true
		}
	}
	return false
}

// proposed marks a field that is completed.
func proposed(k proposal.Kind) templ.OrderedAttributes {
	if k == "" {
		return nil
	}
	return templ.OrderedAttributes{{Key: "data-propose", Value: string(k)}}
}

// propose completes what is being typed, for who may fill the form in: of the kinds that
// it asks for, from what they may see.
func (p *Pages) propose(w http.ResponseWriter, r *http.Request) error {
	f, _, err := p.found(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	kind := proposal.Kind(q.Get("kind"))
	if kind == "" || !asks(f.Definition.Items, kind) {
		return errs.New(errs.NotFound, "collectui.proposals.unknown").WithHint("collectui.proposals.unknown.hint")
	}
	list, err := p.o.Proposals.For(r.Context(), shell.From(r).Actor, kind, q.Get("q"))
	if err != nil {
		return err
	}
	return shell.Proposals(w, r, list)
}
