package shell

import (
	"net/http"

	"socle/internal/httpx"
	"socle/internal/proposal"
)

// Proposals answers a field that is completed while one types.
func Proposals(w http.ResponseWriter, r *http.Request, list []proposal.Proposal) error {
	ans := struct {
		Proposals []proposal.Proposal `json:"proposals"`
	}{append([]proposal.Proposal{}, list...)}
	w.Header().Set("Cache-Control", "private, max-age=60")
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}
