package proposal

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"socle/internal/cog"
)

// named is a commune with its name as it is looked for.
type named struct {
	cog.Place
	folded string
}

var communes = sync.OnceValue(func() (list []named) {
	for c := range cog.Communes() {
		list = append(list, named{c, cog.FoldName(c.Name)})
	}
	return list
})

// communes proposes those whose name holds what is typed, or that have the code or the
// postal code: those that begin so first, those of the territory before others.
func (s *Service) communes(q string, nameOnly bool) (out []Proposal) {
	for _, c := range s.matching(q) {
		p := Proposal{Value: c.Name + " (" + c.Code + ")", Label: c.Name + " (" + c.Code + ")", Note: strings.Join(c.PostalCodes[:min(len(c.PostalCodes), 3)], ", ")}
		if nameOnly {
			p.Value = c.Name
		}
		out = add(out, p)
	}
	return out
}

func (s *Service) matching(q string) []cog.Place {
	if len(q) == 5 {
		if c, ok := cog.Commune(strings.ToUpper(q)); ok && !cog.IsPostalCode(q) {
			return []cog.Place{c}
		}
		if at := cog.CommunesAt(q); len(at) > 0 {
			if c, ok := cog.Commune(q); ok && !slices.ContainsFunc(at, func(x cog.Place) bool { return x.Code == c.Code }) {
				at = append(at, c)
			}
			return at[:min(len(at), Most)]
		}
	}
	text := cog.FoldName(q)
	if text == "" {
		return nil
	}
	type ranked struct {
		cog.Place
		rank int
	}
	var list []ranked
	for _, c := range communes() {
		at := strings.Index(" "+c.folded, " "+text)
		if at < 0 {
			continue
		}
		rank := 2
		switch {
		case c.folded == text:
			rank = 0
		case at == 0:
			rank = 1
		}
		if s.o.Territory != "" && c.Departement != s.o.Territory {
			rank += 10
		}
		list = append(list, ranked{c.Place, rank})
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Or(a.rank-b.rank, b.Population-a.Population) })
	out := make([]cog.Place, 0, Most)
	for _, x := range list[:min(len(list), Most)] {
		out = append(out, x.Place)
	}
	return out
}
