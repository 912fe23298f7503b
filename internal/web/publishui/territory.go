package publishui

import (
	"net/http"

	"socle/internal/proposal"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// territoriesPath answers what is typed in the field of a territory.
const territoriesPath = "/desk/territories"

// territories proposes those of the embedded list: everybody may know them.
func (p *Pages) territories(w http.ResponseWriter, r *http.Request) error {
	var list []proposal.Proposal
	for _, z := range p.o.Proposals.Territories(r.URL.Query().Get("q")) {
		text := proposal.TerritoryText(z)
		list = append(list, proposal.Proposal{Value: text, Label: text, Note: ui.T(r.Context(), "desk.zone."+string(z.Kind))})
	}
	return shell.Proposals(w, r, list)
}
