package catalogueui

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/chart"
	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/web/ui"
)

// boxParameter is the part of the map that is looked at: west, south, east, north.
const boxParameter = "map-box"

// The parameters of the page that say of what it is.
const (
	tableParameter   = "table"   // identifier of a table; any other value is one of a column of that name
	versionParameter = "version" // number of a version that is not the latest
)

// ownParameters are those of the page, not of the query.
var ownParameters = append([]string{versionParameter, "filter-column", "filter-op", "filter-value", boxParameter}, chart.Parameters()...)

// asked are the parameters of an address that are of the query.
func (f found) asked(r *http.Request) url.Values {
	values := r.URL.Query()
	for _, own := range ownParameters {
		values.Del(own)
	}
	kept := slices.DeleteFunc(values[tableParameter], func(value string) bool {
		return slices.ContainsFunc(f.tables, func(x *catalogue.Resource) bool { return string(x.ID) == value })
	})
	if values[tableParameter] = kept; len(kept) == 0 {
		values.Del(tableParameter)
	}
	return values
}

// selected reads the query of an address. One that was typed wrong or is old asks
// for the whole table, and problem says why.
func (f *found) selected(ctx context.Context, r *http.Request) (q query.Query, problem string) {
	values := f.asked(r)
	q, err := query.ParseURL(values, f.Columns)
	if err != nil {
		e := errs.As(err)
		problem, q = ui.T(ctx, e.Key, e.Args), query.Query{}
	}
	q.Facets, q.Group, q.Aggregates = nil, nil, nil
	f.kept = query.Query{Where: q.Where, Text: q.Text}
	return q, problem
}

// title is that of the dataset, with that of the table when there are several.
func (f found) title() string {
	if len(f.tables) > 1 && f.resource.Title != f.dataset.Title {
		return f.dataset.Title + " – " + f.resource.Title
	}
	return f.dataset.Title
}

// stated adds to the parameters of a query those of what the page shows.
func (f found) stated(v url.Values) url.Values {
	for k, list := range f.state() {
		v[k] = append(v[k], list...)
	}
	return v
}

// state is what addresses say of what the page shows: the table where there are several,
// so that they last when the tables are put in another order, and the version when it is
// not the latest.
func (f found) state() url.Values {
	v := url.Values{}
	if len(f.tables) > 1 {
		v.Set(tableParameter, string(f.resource.ID))
	}
	if f.resource != nil && f.version.Number != f.resource.Latest {
		v.Set(versionParameter, strconv.Itoa(f.version.Number))
	}
	return v
}

// at is the address of a part of the page about the latest version of the same table,
// with further parameters.
func (f found) at(part string, more url.Values) string {
	v := f.state()
	v.Del(versionParameter)
	maps.Copy(v, more)
	if len(v) == 0 {
		return f.base() + part
	}
	return f.base() + part + "?" + v.Encode()
}

// canonical is the one address of a part of the page that search engines keep.
func (f found) canonical(part string) string {
	if len(f.tables) > 1 && f.resource != f.tables[0] {
		return f.at(part, nil)
	}
	return f.base() + part
}

// narrowed reports that an address asks for more than a table: search engines keep the
// whole alone.
func narrowed(r *http.Request) bool {
	v := r.URL.Query()
	v.Del(tableParameter)
	return len(v) > 0
}

// tableTabs lead from a part of the page of a table to that of the others; none where
// there is one table. Not all have a map.
func (f found) tableTabs(ctx context.Context, part string) (tabs ui.Tabs) {
	if len(f.tables) < 2 {
		return tabs
	}
	switch part {
	case "/chart", "/api", "/history", "/about":
	default:
		part = ""
	}
	tabs.Label = ui.T(ctx, "catalogueui.tables")
	for _, x := range f.tables {
		tabs.Tabs = append(tabs.Tabs, ui.Tab{Label: x.Title, Href: f.base() + part + "?" + url.Values{tableParameter: {string(x.ID)}}.Encode(), Current: x == f.resource})
	}
	return tabs
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
	add(f.state().Encode())
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
	v := selectionView{Text: q.Text, Sentence: q.Sentence(l, f.Columns, f.title())}
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
