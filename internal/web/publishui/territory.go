package publishui

import (
	"net/http"

	"socle/internal/httpx"
	"socle/internal/proposal"
	"socle/internal/web/ui"
)

// territoriesPath answers what is typed in the field of a territory.
const territoriesPath = "/desk/territories"

type territoryJSON struct {
	Value string `json:"value"`
	Label string `json:"label"`
	Note  string `json:"note"`
}

type territoriesAnswer struct {
	Proposals []territoryJSON `json:"proposals"`
}

// territories proposes those of the embedded list: everybody may know them.
func (p *Pages) territories(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ans := territoriesAnswer{Proposals: []territoryJSON{}}
	for _, z := range p.o.Proposals.Territories(r.URL.Query().Get("q")) {
		text := proposal.TerritoryText(z)
		ans.Proposals = append(ans.Proposals, territoryJSON{Value: text, Label: text, Note: ui.T(ctx, "desk.zone."+string(z.Kind))})
	}
	w.Header().Set("Cache-Control", "private, max-age=60")
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}
