package v1

import (
	"net/http"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/schema/national"
)

type schemasAnswer struct {
	Schemas []schemaAnswer `json:"schemas"`
	Listed  *time.Time     `json:"listed_at,omitempty"` // when the national catalogue was read; absent from the bundled ones
}

type schemaAnswer struct {
	ID       string `json:"id"`
	Version  string `json:"version"`
	Title    string `json:"title"`
	Homepage string `json:"homepage"`
	Fields   int    `json:"fields,omitempty"`  // 0: known when the schema is asked for
	Address  string `json:"address,omitempty"` // of the descriptor, when it is elsewhere
}

// listSchemas lists the schemas that come with the portal or, with national=1,
// those of the national catalogue that do not, at their newest versions.
func (api *API) listSchemas(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "national"); err != nil {
		return err
	}
	ans := schemasAnswer{Schemas: []schemaAnswer{}}
	switch v := r.URL.Query().Get("national"); v {
	case "", "0":
		for _, e := range national.List() {
			ans.Schemas = append(ans.Schemas, schemaAnswer{ID: e.ID, Version: e.Version, Title: e.Name(lang(r)), Homepage: e.Homepage, Fields: len(e.Fields)})
		}
	case "1":
		list, state, err := api.o.National.National(r.Context(), actor(r))
		if err != nil {
			return err
		}
		for _, l := range list {
			newest := l.Versions[0]
			ans.Schemas = append(ans.Schemas, schemaAnswer{ID: l.ID, Version: newest.Name, Title: l.Title, Homepage: l.Homepage, Address: newest.Address})
		}
		if !state.FetchedAt.IsZero() {
			at := state.FetchedAt.UTC()
			ans.Listed = &at
		}
	default:
		return httpx.BadRequest("api.bad-value", errs.Args{"Name": "national", "Value": v})
	}
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}
