package v1

import (
	"net/http"

	"socle/internal/httpx"
	"socle/internal/tables"
)

// profileAnswer says what is in the columns of a version.
type profileAnswer struct {
	Rows    int64                 `json:"rows"`
	Columns []columnProfileAnswer `json:"columns"`
	Version int                   `json:"version"`
}

// columnProfileAnswer says what is in a column. Values are texts, as in CSV; the
// bounds of a histogram are days, or microseconds, since 1970 for dates and times.
type columnProfileAnswer struct {
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	Type        string         `json:"type"`
	Nulls       int64          `json:"nulls"`
	Distinct    int64          `json:"distinct"`
	Approximate bool           `json:"approximate"` // distinct is an estimate
	Min         string         `json:"min"`
	Max         string         `json:"max"`
	Mean        *float64       `json:"mean"`
	Histogram   []binAnswer    `json:"histogram"`
	Top         []bucketAnswer `json:"top"`
	Examples    []string       `json:"examples"`
}

type binAnswer struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Count int64   `json:"count"`
}

// showProfile answers with what is in each column of a version.
func (api *API) showProfile(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "version"); err != nil {
		return err
	}
	o, err := api.open(r)
	if err != nil {
		return err
	}
	if httpx.NotModified(w, r, httpx.PageTag("profile", string(o.version.ID))) {
		return nil
	}
	ctx := tables.WithClient(r.Context(), httpx.ClientKey(r.Context()))
	p, err := api.o.Engine.Profile(ctx, o.Snapshot)
	if err != nil {
		return err
	}
	ans := profileAnswer{Rows: p.Rows, Columns: []columnProfileAnswer{}, Version: o.version.Number}
	for _, c := range p.Columns {
		a := columnProfileAnswer{Name: c.Name, Title: o.title(c.Name), Type: typeName(c.Kind), Nulls: c.Nulls, Distinct: c.Distinct, Approximate: c.Approximate,
			Min: c.Min, Max: c.Max, Mean: c.Mean, Histogram: []binAnswer{}, Top: []bucketAnswer{}, Examples: append([]string{}, c.Examples...)}
		for _, b := range c.Histogram {
			a.Histogram = append(a.Histogram, binAnswer(b))
		}
		for _, b := range c.Top {
			a.Top = append(a.Top, bucketAnswer{Value: &b.Text, Count: b.Count})
		}
		ans.Columns = append(ans.Columns, a)
	}
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}
