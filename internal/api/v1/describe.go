package v1

import (
	"net/http"
	"strings"

	"socle/internal/detect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// describeFile says what a file is and what it holds, as `socle describe` does.
func (api *API) describeFile(w http.ResponseWriter, r *http.Request) error {
	types := map[string]schema.Type{}
	take := func(name, value string) error {
		column, kind, ok := strings.Cut(value, "=")
		if !ok {
			return errs.New(errs.Invalid, "api.bad-value", errs.Args{"Name": name, "Value": value}).WithField(name, "api.bad-value", errs.Args{"Name": name, "Value": value})
		}
		types[column] = schema.Type(kind)
		return nil
	}
	return api.lookAt(r, []string{"type"}, take, func(b brought) error {
		return b.open(r.Context(), func(f *tabular.File) error {
			d, err := detect.Describe(r.Context(), f, detect.Options{Workers: api.o.Workers}, types)
			if err != nil {
				return err
			}
			w.Header().Set("Cache-Control", "no-store")
			return httpx.WriteJSON(w, r, http.StatusOK, d.Wire())
		})
	})
}
