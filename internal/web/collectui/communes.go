package collectui

import (
	"net/http"
	"sort"
	"strings"

	"socle/internal/cog"
	"socle/internal/httpx"
	"socle/internal/identity"
)

// maxCommunes is how many communes are proposed.
const maxCommunes = 12

type communesAnswer struct {
	Communes []string `json:"communes"`
}

// communes proposes those whose name holds what is typed, or that have a postal
// code: "Roques (31458)", those of the territory first.
func (p *Pages) communes(w http.ResponseWriter, r *http.Request) error {
	q := identity.Fold(strings.TrimSpace(r.URL.Query().Get("q")))
	ans := communesAnswer{Communes: []string{}}
	if len(q) >= 2 && len(q) < 60 {
		for _, c := range p.matching(q) {
			ans.Communes = append(ans.Communes, c.Name+" ("+c.Code+")")
		}
	}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

func (p *Pages) matching(q string) []cog.Place {
	if len(q) == 5 {
		if c, ok := cog.Commune(strings.ToUpper(q)); ok {
			return []cog.Place{c}
		}
		if at := cog.CommunesAt(q); len(at) > 0 {
			return at[:min(len(at), maxCommunes)]
		}
	}
	type ranked struct {
		cog.Place
		rank int
	}
	var list []ranked
	for c := range cog.Communes() {
		name := identity.Fold(c.Name)
		at := strings.Index(name, q)
		if at < 0 {
			continue
		}
		rank := 2
		switch {
		case name == q:
			rank = 0
		case at == 0:
			rank = 1
		}
		if p.o.Territory != "" && !strings.HasPrefix(c.Code, p.o.Territory) {
			rank += 10
		}
		list = append(list, ranked{c, rank})
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].rank < list[j].rank })
	out := make([]cog.Place, 0, maxCommunes)
	for _, x := range list[:min(len(list), maxCommunes)] {
		out = append(out, x.Place)
	}
	return out
}
