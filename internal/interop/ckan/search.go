package ckan

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"socle/internal/interop/jsonrow"
	"socle/internal/tabular"
)

// Limits of searches; what is beyond is cut, not refused.
const (
	SearchRows    = 10
	SearchMaxRows = 1000
	StoreRows     = 100
	StoreMaxRows  = 32000
	FacetLimit    = 50
	DefaultSort   = "score desc, metadata_modified desc"
	CKANVersion   = "2.11.5"
)

// Found is the result of package_search.
type Found struct {
	Count        int                       `json:"count"`
	Facets       map[string]map[string]int `json:"facets"`
	Results      []Package                 `json:"results"`
	Sort         string                    `json:"sort"`
	SearchFacets map[string]SearchFacet    `json:"search_facets"`
}

// SearchFacet is the values of a facet, by display name from Z to A.
type SearchFacet struct {
	Title string      `json:"title"`
	Items []FacetItem `json:"items"`
}

// FacetItem is a value of a facet.
type FacetItem struct {
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Count       int    `json:"count"`
}

// AddFacet adds a facet in both of its forms.
func (f *Found) AddFacet(field string, items []FacetItem) {
	if f.Facets == nil {
		f.Facets, f.SearchFacets = map[string]map[string]int{}, map[string]SearchFacet{}
	}
	items = append([]FacetItem{}, items...)
	slices.SortFunc(items, func(a, b FacetItem) int { return strings.Compare(b.DisplayName, a.DisplayName) })
	counts := map[string]int{}
	for _, i := range items {
		counts[i.Name] = i.Count
	}
	f.Facets[field], f.SearchFacets[field] = counts, SearchFacet{Title: field, Items: items}
}

// Stored is the result of datastore_search.
type Stored struct {
	IncludeTotal   bool            `json:"include_total"`
	Limit          int             `json:"limit"`
	Offset         int             `json:"offset,omitempty"`
	Filters        json.RawMessage `json:"filters,omitempty"`
	Q              json.RawMessage `json:"q,omitempty"`
	Format         string          `json:"records_format"`
	ResourceID     string          `json:"resource_id"`
	Threshold      *int64          `json:"total_estimation_threshold"`
	Records        any             `json:"records"` // objects, lists, or a text of csv or tsv
	Fields         []StoredField   `json:"fields"`
	Links          StoredLinks     `json:"_links"`
	NextPage       json.RawMessage `json:"next_page,omitempty"` // filters of the next page
	Total          *int64          `json:"total,omitempty"`
	TotalEstimated *bool           `json:"total_was_estimated,omitempty"`
}

// StoredField is a column.
type StoredField struct {
	ID   string       `json:"id"`
	Type string       `json:"type"`
	Info *StoredLabel `json:"info,omitempty"`
}

// StoredLabel describes a column for people.
type StoredLabel struct {
	Label string `json:"label"`
	Notes string `json:"notes"`
}

// StoredLinks leads on from a page.
type StoredLinks struct {
	Start string `json:"start"`
	Prev  string `json:"prev,omitempty"`
	Next  string `json:"next"`
}

// RowID is the first column of any table.
var RowID = StoredField{ID: "_id", Type: "int"}

// StoreType is the type of a column.
func StoreType(f tabular.Field) string {
	switch f.Kind {
	case tabular.Int:
		return "int8"
	case tabular.Float:
		return "numeric"
	case tabular.Bool:
		return "bool"
	case tabular.Date:
		return "date"
	case tabular.Timestamp:
		return "timestamp"
	case tabular.TimeOfDay:
		return "time"
	case tabular.JSON:
		return "json"
	}
	return "text"
}

// Objects are records as objects, Lists as lists; both from rows whose first cell is _id.
func Objects(fields []StoredField, rows [][]json.RawMessage) []jsonrow.Object {
	out := make([]jsonrow.Object, len(rows))
	for i, row := range rows {
		for j, f := range fields {
			out[i] = append(out[i], jsonrow.Member{Name: f.ID, Value: row[j]})
		}
	}
	return out
}

// LinksOf are the addresses of the first, the last and the next page, relative to the
// host: path with the parameters, offset and limit set.
func LinksOf(path string, parameters url.Values, offset, limit int) StoredLinks {
	at := func(offset int) string {
		v := url.Values{}
		for name, list := range parameters {
			v[name] = list
		}
		v.Del("offset")
		if offset > 0 {
			v.Set("offset", strconv.Itoa(offset))
		}
		return path + "?" + v.Encode()
	}
	l := StoredLinks{Start: at(0), Next: at(offset + limit)}
	if offset > 0 {
		l.Prev = at(max(0, offset-limit))
	}
	return l
}

// NextPage is the filters of the page after a row: those given, with _id greater.
func NextPage(filters json.RawMessage, last int64) json.RawMessage {
	all := map[string]json.RawMessage{}
	if len(filters) > 0 && json.Unmarshal(filters, &all) != nil {
		return nil
	}
	all["_id"] = json.RawMessage(`{"gt":` + strconv.FormatInt(last, 10) + `}`)
	out, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return out
}
