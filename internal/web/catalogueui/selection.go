package catalogueui

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"socle/internal/chart"
	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/web/ui"
)

// boxParameter is the part of the map that is looked at: west, south, east, north.
const boxParameter = "map-box"

// ownParameters are those of the page, not of the query.
var ownParameters = append([]string{"version", "filter-column", "filter-op", "filter-value", boxParameter}, chart.Parameters()...)

// selected reads the query of an address. One that was typed wrong or is old asks
// for the whole table, and problem says why.
func (f *found) selected(ctx context.Context, r *http.Request) (q query.Query, problem string) {
	values := r.URL.Query()
	for _, own := range ownParameters {
		values.Del(own)
	}
	q, err := query.ParseURL(values, f.Columns)
	if err != nil {
		e := errs.As(err)
		problem, q = ui.T(ctx, e.Key, e.Args), query.Query{}
	}
	q.Facets, q.Group, q.Aggregates = nil, nil, nil
	f.kept = query.Query{Where: q.Where, Text: q.Text}
	return q, problem
}

// address is that of a part of the page with a query and further parameters.
func (f found) address(part string, q query.Query, more url.Values) string {
	if q.Limit == tablePage {
		q.Limit = 0
	}
	texts := []string{}
	add := func(s string) {
		if s != "" {
			texts = append(texts, s)
		}
	}
	add(q.Encode())
	add(more.Encode())
	if f.resource != nil && f.version.Number != f.resource.Latest {
		add("version=" + strconv.Itoa(f.version.Number))
	}
	if len(texts) == 0 {
		return f.base() + part
	}
	return f.base() + part + "?" + strings.Join(texts, "&")
}

// selectionView is the rows that a part of the page is about: the form that
// narrows them, what it is narrowed by, and the sentence that says it.
type selectionView struct {
	Filter   filterForm
	Text     string
	Chips    ui.Chips
	Clear    string
	Sentence string
}

// selection makes the view of a query, for a part of the page whose other
// parameters stay.
func (f found) selection(ctx context.Context, part string, q query.Query, more url.Values) selectionView {
	l := ui.LangOf(ctx)
	v := selectionView{Text: q.Text, Sentence: q.Sentence(l, f.Columns, f.dataset.Title)}
	q.Offset, q.After = 0, 0
	if q.Text != "" {
		n := q
		n.Text = ""
		v.Chips.Chips = append(v.Chips.Chips, ui.Chip{Label: "« " + q.Text + " »", RemoveHref: f.address(part, n, more)})
	}
	for i, e := range q.Terms() {
		v.Chips.Chips = append(v.Chips.Chips, ui.Chip{Label: query.Say(l, f.Columns, e), RemoveHref: f.address(part, q.WithoutTerm(i), more)})
	}
	if q.Filtered() {
		v.Clear = f.address(part, query.Query{Sort: q.Sort, Select: q.Select}, more)
	}
	v.Filter.fill(ctx, f, q)
	v.Filter.Action = f.base() + part
	for k, list := range more {
		for _, value := range list {
			v.Filter.Hidden = append(v.Filter.Hidden, ui.KeyValue{Key: k, Value: value})
		}
	}
	return v
}

// name is a file's name for a part of the dataset: its title and the part.
func (f found) fileName(part string) string { return f.dataset.Slug + "-" + part }
