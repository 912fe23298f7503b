package explore

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"socle/internal/query"
	"socle/internal/tabular"
)

// CatalogueColumns are what the catalogue can be asked about, with and without
// "default." before the description's. Those that have several values meet a condition when one does.
var CatalogueColumns = catalogueColumns()

func catalogueColumns() []query.Column {
	list := []query.Column{{Name: "dataset_id"}, {Name: "dataset_uid"}, {Name: "features"}, {Name: "has_records", Kind: tabular.Bool}}
	for _, prefix := range []string{"", "default."} {
		for _, name := range []string{"title", "description", "theme", "keyword", "license", "license_url", "language", "publisher", "territory", "update_frequency"} {
			list = append(list, query.Column{Name: prefix + name})
		}
		for _, name := range []string{"modified", "data_processed", "metadata_processed"} {
			list = append(list, query.Column{Name: prefix + name, Kind: tabular.Timestamp})
		}
		list = append(list, query.Column{Name: prefix + "records_count", Kind: tabular.Int})
	}
	return list
}

// values are those of a column of the catalogue.
func (d *Dataset) values(column string) []query.Value {
	texts := func(list ...string) (out []query.Value) {
		for _, s := range list {
			if s != "" {
				out = append(out, query.Text(s))
			}
		}
		return out
	}
	at := func(t *time.Time) []query.Value {
		if t == nil || t.IsZero() {
			return nil
		}
		return []query.Value{{Kind: tabular.Timestamp, Int: t.UnixMicro()}}
	}
	m := &d.Metas.Default
	switch strings.TrimPrefix(column, "default.") {
	case "dataset_id":
		return texts(d.ID)
	case "dataset_uid":
		return texts(d.UID)
	case "features":
		return texts(d.Features...)
	case "has_records":
		return []query.Value{query.Bool(d.HasRecords)}
	case "title":
		return texts(m.Title)
	case "description":
		return texts(m.Description)
	case "theme":
		return texts(m.Theme...)
	case "keyword":
		return texts(m.Keyword...)
	case "license":
		return texts(m.License)
	case "license_url":
		return texts(m.LicenseURL)
	case "language":
		return texts(m.Language)
	case "publisher":
		return texts(m.Publisher)
	case "territory":
		return texts(m.Territory...)
	case "update_frequency":
		if m.UpdateFrequency != nil {
			return texts(*m.UpdateFrequency)
		}
	case "modified":
		return at(&m.Modified)
	case "data_processed":
		return at(m.DataProcessed)
	case "metadata_processed":
		return at(&m.MetadataProcessed)
	case "records_count":
		return []query.Value{query.Int(m.RecordsCount)}
	}
	return nil
}

// Asked are the datasets that a query over CatalogueColumns finds, sorted; its
// page is the caller's to cut.
func Asked(list []Dataset, q query.Query) []Dataset {
	var out []Dataset
	for i := range list {
		if list[i].meets(q.Where) && (q.Text == "" || list[i].search(q.Text)) {
			out = append(out, list[i])
		}
	}
	slices.SortStableFunc(out, func(a, b Dataset) int {
		for _, k := range q.Sort {
			x, y := a.values(k.Column), b.values(k.Column)
			switch {
			case len(x) == 0 && len(y) == 0:
				continue
			case len(x) == 0:
				return 1
			case len(y) == 0:
				return -1
			}
			if n := compare(x[0], y[0]); n != 0 {
				if k.Desc {
					return -n
				}
				return n
			}
		}
		return 0
	})
	return out
}

// compare orders texts with case and accents set aside first.
func compare(a, b query.Value) int {
	if a.Kind == tabular.Text {
		if n := bytes.Compare(query.Fold(nil, []byte(a.Text)), query.Fold(nil, []byte(b.Text))); n != 0 {
			return n
		}
		return strings.Compare(a.Text, b.Text)
	}
	return cmp.Compare(a.Int, b.Int)
}

func (d *Dataset) meets(e query.Expr) bool {
	switch e := e.(type) {
	case nil:
		return true
	case query.And:
		return !slices.ContainsFunc(e, func(e query.Expr) bool { return !d.meets(e) })
	case query.Or:
		return slices.ContainsFunc(e, d.meets)
	case query.Not:
		return !d.meets(e.Expr)
	case query.Search:
		return d.search(e.Text)
	case query.Null:
		return (len(d.values(e.Column)) > 0) == e.Present
	case query.Compare:
		if e.Op == query.Ne {
			return !d.any(e.Column, func(v query.Value) bool { return v == e.Value })
		}
		return d.any(e.Column, func(v query.Value) bool {
			n := exact(v, e.Value)
			return map[query.Op]bool{query.Eq: n == 0, query.Lt: n < 0, query.Le: n <= 0, query.Gt: n > 0, query.Ge: n >= 0}[e.Op]
		})
	case query.In:
		return d.any(e.Column, func(v query.Value) bool { return slices.Contains(e.Values, v) })
	case query.Between:
		return d.any(e.Column, func(v query.Value) bool { return exact(v, e.Low) >= 0 && exact(v, e.High) <= 0 })
	case query.Match:
		return d.any(e.Column, func(v query.Value) bool {
			have, want := query.Fold(nil, []byte(v.String())), query.Fold(nil, []byte(e.Text))
			return bytes.HasPrefix(have, want) || !e.Start && bytes.Contains(have, want)
		})
	case query.Like:
		return d.any(e.Column, func(v query.Value) bool { return e.Matches(v.String()) })
	case query.Part:
		return d.any(e.Column, e.Matches)
	}
	return false
}

// exact orders values by code point, or by number.
func exact(a, b query.Value) int {
	if a.Kind == tabular.Text {
		return strings.Compare(a.Text, b.Text)
	}
	if b.Kind == tabular.Float {
		return cmp.Compare(float64(a.Int), b.Float)
	}
	return cmp.Compare(a.Int, b.Int)
}

func (d *Dataset) any(column string, holds func(query.Value) bool) bool {
	return slices.ContainsFunc(d.values(column), holds)
}

// search looks for all words in what describes the dataset.
func (d *Dataset) search(text string) bool {
	var all []byte
	m := &d.Metas.Default
	for _, s := range append([]string{m.Title, m.Description, m.Publisher, d.ID}, append(slices.Clone(m.Theme), m.Keyword...)...) {
		all = append(query.Fold(all, []byte(s)), ' ')
	}
	for _, w := range query.Words(text) {
		if !bytes.Contains(all, []byte(w)) {
			return false
		}
	}
	return true
}

// CatalogueFacets lists the facets of the catalogue.
var CatalogueFacets = []string{"features", "modified", "publisher", "keyword", "theme"}

// Count is the facet of a column of the catalogue, the most frequent first; dates
// are counted by year.
func Count(list []Dataset, column string, refined func(value string) bool) FacetGroup {
	counts := map[string]int64{}
	for i := range list {
		seen := map[string]bool{}
		for _, v := range list[i].values(column) {
			text := v.String()
			if v.Kind == tabular.Timestamp {
				text = tabular.Instant(v.Int).Format("2006")
			}
			if !seen[text] {
				seen[text] = true
				counts[text]++
			}
		}
	}
	out := FacetGroup{Name: column, Facets: []FacetValue{}}
	for text, n := range counts {
		state := "displayed"
		if refined(text) {
			state = "refined"
		}
		out.Facets = append(out.Facets, FacetValue{Count: n, State: state, Name: text, Value: text})
	}
	slices.SortFunc(out.Facets, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	return out
}
