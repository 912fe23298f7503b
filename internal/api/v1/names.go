package v1

import (
	"net/http"

	"socle/internal/collect"
	"socle/internal/identity"
)

// names are those of the people that Actor.Ref of entries mean.
type names map[identity.PersonID]string

// of is the name behind an Actor.Ref; "" of who is not known, or not told.
func (n names) of(ref string) string { return n[identity.PersonOfRef(ref)] }

func (api *API) namesOf(r *http.Request, list []collect.Entry) (names, error) {
	refs := make([]string, len(list))
	for i, e := range list {
		refs[i] = e.By
	}
	return api.names(r, refs)
}

// names asks for people, five hundred at once.
func (api *API) names(r *http.Request, refs []string) (names, error) {
	seen := map[identity.PersonID]bool{}
	var people []identity.PersonID
	for _, ref := range refs {
		if p := identity.PersonOfRef(ref); p != "" && !seen[p] {
			seen[p] = true
			people = append(people, p)
		}
	}
	out := names{}
	for len(people) > 0 {
		page := people[:min(len(people), 500)]
		people = people[len(page):]
		found, err := api.o.Identity.Names(r.Context(), actor(r), page...)
		if err != nil {
			return nil, err
		}
		for id, name := range found {
			out[id] = name
		}
	}
	return out, nil
}
