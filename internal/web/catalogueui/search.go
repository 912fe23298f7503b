package catalogueui

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/community"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/query"
	"socle/internal/schemas"
	"socle/internal/tables"
	"socle/internal/web/cells"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// suggestPath is the address of what may be meant by the beginning of a query.
const suggestPath = "/search/suggestions"

// tablesParameter says how many tables with the words were looked into before.
const tablesParameter = "tables"

// paging are the parameters of a place in the results: other conditions start anew.
var paging = []string{"page", tablesParameter}

const (
	pageSize  = 20 // datasets of a page of results
	tableRows = 3  // rows shown of a table in which words were found
	tableCols = 6  // columns shown of it
)

// searchView is the page of results.
type searchView struct {
	Text    string
	Box     ui.Search
	Chips   ui.Chips
	Facets  []ui.Facet
	Mended  string    // what was looked for instead of words that nothing has
	Also    []ui.Link // producers and schemas of that name
	Items   ui.Items
	Order   ui.Select
	Hidden  []ui.KeyValue // parameters that the form of the order keeps
	Pages   ui.Pages
	Count   int
	Answer  bool // the tables come first: a number was asked for, or no dataset found
	Tables  []foundTable
	Unread  []ui.Link // tables of which it is not known whether they have the words
	Others  ui.Link   // leads to the tables that were not looked into
	Nothing *nothingView
	Follow  *ui.Link
}

// foundTable is a table in which words were found.
type foundTable struct {
	Title   ui.Link
	Eyebrow string
	Rows    *ui.Table // nil when there was no time to look
	More    ui.Link
}

// nothingView says what to do when nothing was found.
type nothingView struct {
	Empty ui.Empty
	Near  []ui.Link
	Asked ui.Items // requests for data that have the words, with their answers
}

// narrowBy is the parameter of each dimension; the producer's is an address.
var narrowBy = find.Dimensions

// searchQuery reads the address; a producer that is not known is NotFound.
func (p *Pages) searchQuery(ctx context.Context, a identity.Actor, q url.Values) (find.Query, identity.Organisation, error) {
	out := find.Query{Text: strings.TrimSpace(q.Get("q")), Where: map[find.Dimension]string{}, Limit: pageSize, Order: find.Order(q.Get("sort"))}
	if !slices.Contains(find.Orders, out.Order) {
		if out.Order = find.ByModified; out.Text != "" {
			out.Order = find.ByRelevance
		}
	}
	for _, d := range narrowBy {
		out.Where[d] = q.Get(string(d))
	}
	out.Where[find.Keyword] = identity.Fold(q.Get(string(find.Keyword)))
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 {
		out.Offset = min((n-1)*pageSize, find.MaxOffset)
	}
	var org identity.Organisation
	if slug := q.Get(string(find.Producer)); slug != "" {
		var err error
		if org, err = p.o.Identity.FindOrganisation(ctx, a, slug); err != nil {
			return out, org, err
		}
		out.Where[find.Producer] = string(org.ID)
	}
	return out, org, nil
}

// search lists the datasets that a visitor may see, narrowed by the address, and
// the tables that have the words in their rows.
func (p *Pages) search(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	q := r.URL.Query()
	sought, org, err := p.searchQuery(ctx, v.Actor, q)
	if err != nil {
		return err
	}
	result, err := p.o.Find.Search(ctx, v.Actor, sought)
	if err != nil {
		return err
	}
	all, err := p.o.Catalogue.GetMany(ctx, v.Actor, result.Datasets...)
	if err != nil {
		return err
	}
	var list []catalogue.Dataset
	for _, id := range result.Datasets {
		if d, ok := all[id]; ok {
			list = append(list, d)
		}
	}
	view := searchView{Text: sought.Text, Count: result.Total, Box: ui.Search{ID: "search-q", Action: "/search", Suggest: suggestPath, Value: sought.Text, Large: true}}
	if view.Items, err = p.items(ctx, v.Actor, list, 3); err != nil {
		return err
	}
	if err := p.narrowed(ctx, v.Actor, &view, q, result, org); err != nil {
		return err
	}
	view.Mended = mended(ctx, result)
	for _, o := range result.Organisations {
		view.Also = append(view.Also, ui.Link{Label: o.Name, Href: "/organisations/" + o.Slug, Icon: "building-2"})
	}
	for _, e := range result.Schemas {
		if to := schemas.Page(e.ID); to != "" {
			view.Also = append(view.Also, ui.Link{Label: e.Name(ui.LangOf(ctx)), Href: to, Icon: "badge-check"})
		}
	}
	view.order(ctx, q, sought)
	if sought.Text != "" && sought.Offset == 0 {
		sought.Offset, _ = strconv.Atoi(q.Get(tablesParameter))
		if err := p.inside(ctx, v.Actor, &view, q, sought); err != nil {
			return err
		}
		view.Answer = view.inTables() && (result.Total == 0 || result.Partial || len(result.Mended) > 0 || isNumber(sought.Text) || sought.Offset > 0)
	}
	if result.Total == 0 && !view.inTables() {
		if view.Nothing, err = p.nothing(ctx, v.Actor, q, sought, result); err != nil {
			return err
		}
	}
	view.Follow = followSearch(ctx, q)
	page := ui.Page{Title: ui.T(ctx, "catalogueui.search.title"), Place: "/search", NoIndex: r.URL.RawQuery != "", NoSearch: true, Description: ui.T(ctx, "catalogueui.search.description")}
	page.Head = []templ.Component{alternate("application/atom+xml", feedOf(ui.Address(v.Lang, searchAddress(q))), ui.T(ctx, "followui.feed"))}
	return shell.Page(w, r, page, searchPage(view))
}

// narrowed fills facets and chips.
func (p *Pages) narrowed(ctx context.Context, a identity.Actor, view *searchView, q url.Values, result find.Result, chosen identity.Organisation) error {
	facets, err := p.facets(ctx, a, result, chosen, q.Get(string(find.Schema)))
	if err != nil {
		return err
	}
	if view.Text != "" {
		view.Chips.Chips = append(view.Chips.Chips, ui.Chip{Label: "« " + view.Text + " »", RemoveHref: "/search" + without(q, "q")})
	}
	for _, f := range facets {
		if v := q.Get(f.name); v != "" {
			view.Chips.Chips = append(view.Chips.Chips, ui.Chip{Label: f.label(v), RemoveHref: "/search" + without(q, f.name)})
		}
		if len(f.values) > 0 {
			view.Facets = append(view.Facets, f.view(ctx, q))
		}
	}
	return nil
}

// order fills the choice of the order and the links to other pages.
func (view *searchView) order(ctx context.Context, q url.Values, sought find.Query) {
	view.Order = ui.Select{Field: ui.Field{Name: "sort", Label: ui.T(ctx, "catalogueui.sort"), Optional: true}, Value: string(sought.Order)}
	for _, o := range find.Orders {
		if o != find.ByRelevance || sought.Text != "" {
			view.Order.Options = append(view.Order.Options, ui.Option{Value: string(o), Label: ui.T(ctx, "catalogueui.sort."+string(o))})
		}
	}
	for name, values := range q {
		if name != "sort" && !slices.Contains(paging, name) && values[0] != "" {
			view.Hidden = append(view.Hidden, ui.KeyValue{Key: name, Value: values[0]})
		}
	}
	slices.SortFunc(view.Hidden, func(a, b ui.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
	last := min((view.Count+pageSize-1)/pageSize, find.MaxOffset/pageSize+1)
	view.Pages = ui.Pages{Current: sought.Offset/pageSize + 1, Last: last, Href: func(n int) string { return "/search" + with(q, "page", strconv.Itoa(n)) }}
}

// mended says in words what was looked for instead.
func mended(ctx context.Context, r find.Result) string {
	var out []string
	for _, m := range r.Mended {
		if len(m.By) > 0 {
			out = append(out, ui.T(ctx, "search.mended", map[string]any{"Word": m.Word, "By": strings.Join(m.By, ", ")}))
		}
	}
	if r.Partial {
		out = append(out, ui.T(ctx, "search.partial"))
	}
	return strings.Join(out, " ")
}

// nothing proposes near words, fewer conditions, what others asked for in these words,
// and to ask for the data.
func (p *Pages) nothing(ctx context.Context, a identity.Actor, q url.Values, sought find.Query, r find.Result) (*nothingView, error) {
	n := &nothingView{Asked: ui.Items{Level: 3}, Empty: ui.Empty{Icon: "search", Title: ui.T(ctx, "catalogueui.nothing"), Text: ui.T(ctx, "catalogueui.nothing.text")}}
	if len(q) > 1 && sought.Text != "" {
		n.Empty.Actions = append(n.Empty.Actions, ui.Button{Label: ui.T(ctx, "search.without-filters"), Href: "/search?" + url.Values{"q": {sought.Text}}.Encode()})
	}
	n.Empty.Actions = append(n.Empty.Actions, ui.Button{Label: ui.T(ctx, "catalogueui.nothing.act"), Href: "/search"})
	n.Empty.Actions = append(n.Empty.Actions, ui.Button{Label: ui.T(ctx, "search.ask"), Icon: "message-circle", Href: askFor(sought.Text, q.Get(string(find.Producer)))})
	for _, w := range r.Near {
		n.Near = append(n.Near, ui.Link{Label: w, Href: "/search?" + url.Values{"q": {w}}.Encode()})
	}
	if sought.Text == "" {
		return n, nil
	}
	list, err := p.o.Community.List(ctx, a, community.Query{Public: true, Text: sought.Text, Limit: shownRequests})
	for _, x := range list {
		n.Asked.Items = append(n.Asked.Items, requestItem(ctx, x))
	}
	return n, err
}

// facet is a property that narrows the search: its parameter and its values.
type facet struct {
	name, title string
	values      []find.Tally
	label       func(value string) string
}

// facets are what one may narrow by, each value with how many datasets have it; chosen
// and schema are those of the address.
func (p *Pages) facets(ctx context.Context, a identity.Actor, r find.Result, chosen identity.Organisation, schema string) (out []facet, err error) {
	ids := []identity.OrganisationID{chosen.ID}
	for _, t := range r.Facets[find.Producer] {
		ids = append(ids, identity.OrganisationID(t.Value))
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, a, ids...)
	if err != nil {
		return nil, err
	}
	names := map[string]string{chosen.Slug: chosen.Name}
	refs := []string{schema}
	for _, t := range r.Facets[find.Schema] {
		refs = append(refs, t.Value)
	}
	named, err := p.o.Schemas.Named(ctx, refs...)
	if err != nil {
		return nil, err
	}
	for id, s := range named {
		names[id] = s.Name(ui.LangOf(ctx))
	}
	for _, d := range narrowBy {
		f := facet{name: string(d), title: ui.T(ctx, "search.facet."+string(d)), values: r.Facets[d], label: valueLabel(ctx, d)}
		if d == find.Producer {
			f.values = nil
			for _, t := range r.Facets[d] {
				o := orgs[identity.OrganisationID(t.Value)]
				names[o.Slug] = o.Name
				f.values = append(f.values, find.Tally{Value: o.Slug, Count: t.Count})
			}
		}
		if d == find.Zone {
			for _, t := range f.values {
				names[t.Value] = t.Name
			}
		}
		if d == find.Producer || d == find.Zone || d == find.Schema {
			f.label = func(v string) string { return cmp.Or(names[v], v) }
		}
		out = append(out, f)
	}
	return out, nil
}

// valueLabel names the values of a dimension.
func valueLabel(ctx context.Context, d find.Dimension) func(string) string {
	known := func(key, value string, values ...string) string {
		if slices.Contains(values, value) {
			return ui.T(ctx, key+value)
		}
		return value
	}
	return func(v string) string {
		switch d {
		case find.Theme:
			if t, ok := catalogue.FindTheme(catalogue.ThemeID(v)); ok {
				return ui.T(ctx, t.LabelKey())
			}
		case find.Authority:
			if k := identity.OrganisationKind(v); slices.Contains(identity.OrganisationKinds, k) {
				return ui.T(ctx, k.LabelKey())
			}
		case find.Licence:
			if l, ok := catalogue.FindLicence(catalogue.LicenceID(v)); ok {
				return l.Name
			}
		case find.Format:
			if v == "table" {
				return ui.T(ctx, "catalogueui.a-table")
			}
			return strings.ToUpper(v)
		case find.Map:
			return known("search.map.", v, "yes", "no")
		case find.Freshness:
			return known("search.updated.", v, "week", "month", "year", "older")
		case find.Producer, find.Keyword, find.Schema, find.Zone:
		}
		return v
	}
}

// shown is how many values of a facet are listed before one asks for more.
const shown = 8

func (f facet) view(ctx context.Context, q url.Values) ui.Facet {
	out := ui.Facet{Title: f.title}
	whole := q.Get("more") == f.name
	for i, v := range f.values {
		it := ui.FacetItem{Label: f.label(v.Value), Count: int64(v.Count), Current: q.Get(f.name) == v.Value}
		if i >= shown && !it.Current && !whole {
			continue
		}
		if it.Current {
			it.Href = "/search" + without(q, f.name)
		} else {
			it.Href = "/search" + with(q, f.name, v.Value)
		}
		out.Items = append(out.Items, it)
	}
	if len(f.values) > shown && !whole {
		out.More = ui.Link{Label: ui.T(ctx, "search.facet.more", map[string]any{"Name": f.title}), Href: "/search" + with(q, "more", f.name)}
	}
	return out
}

// with and without write a query with one parameter changed, from the first page.
func with(q url.Values, name, value string) string {
	out := url.Values{}
	for k, v := range q {
		if !slices.Contains(paging, k) {
			out[k] = v
		}
	}
	out.Set(name, value)
	return "?" + out.Encode()
}

func without(q url.Values, name string) string {
	out := url.Values{}
	for k, v := range q {
		if k != name && !slices.Contains(paging, k) {
			out[k] = v
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "?" + out.Encode()
}

// isNumber reports whether a text asks for a number: a SIRET, a plate, a code.
func isNumber(text string) bool {
	n := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n >= 5
}

// inTables reports that there is something to show of tables.
func (view *searchView) inTables() bool {
	return len(view.Tables) > 0 || len(view.Unread) > 0 || view.Others.Href != ""
}

// inside looks inside tables, from the one that the address says.
func (p *Pages) inside(ctx context.Context, a identity.Actor, view *searchView, q url.Values, sought find.Query) error {
	in, err := p.o.Tables.Search(tables.WithClient(ctx, "search"), a, p.o.Engine, p.o.Find, sought, tableRows)
	if errs.Is(err, errs.Busy) {
		return nil // datasets are shown nevertheless
	}
	if err != nil {
		return err
	}
	for _, f := range in.Unread {
		view.Unread = append(view.Unread, ui.Link{Label: foundTitle(f), Href: foundAddress(f)})
	}
	if in.Left > 0 {
		view.Others = ui.More(ui.T(ctx, "search.tables.more", ui.Count(in.Left)), "/search"+with(q, tablesParameter, strconv.Itoa(in.Next)))
	}
	view.Tables, err = p.foundTables(ctx, a, in.Tables)
	return err
}

// foundAddress leads to the rows of a table that have the words.
func foundAddress(f tables.Found) string {
	v := query.Query{Text: f.Text}.URL()
	if several(f.Dataset) {
		v.Set(tableParameter, string(f.Resource.ID))
	}
	return "/datasets/" + f.Dataset.Slug + "?" + v.Encode()
}

// foundTitle is that of the dataset, with that of the table when there are several.
func foundTitle(f tables.Found) string {
	if several(f.Dataset) && f.Resource.Title != f.Dataset.Title {
		return f.Dataset.Title + " – " + f.Resource.Title
	}
	return f.Dataset.Title
}

// several reports that a dataset has more than one table to show.
func several(d catalogue.Dataset) bool {
	n := 0
	for _, r := range d.Resources {
		if r.Kind == catalogue.Table && r.Latest > 0 {
			n++
		}
	}
	return n > 1
}

// foundTables shows the tables that have the words.
func (p *Pages) foundTables(ctx context.Context, a identity.Actor, list []tables.Found) ([]foundTable, error) {
	ids := make([]identity.OrganisationID, len(list))
	for i, f := range list {
		ids[i] = f.Dataset.Organisation
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, a, ids...)
	if err != nil {
		return nil, err
	}
	var out []foundTable
	for _, f := range list {
		href := foundAddress(f)
		t := foundTable{Title: ui.Link{Label: foundTitle(f), Href: href}, Eyebrow: orgs[f.Dataset.Organisation].Name}
		if f.Page == nil {
			t.More = ui.More(ui.T(ctx, "search.table.look"), href)
		} else {
			t.More = ui.More(ui.T(ctx, "search.table.rows", map[string]any{"Count": f.Page.Total, "Rows": ui.Integer(ctx, f.Page.Total)}), href)
			rows := foundRows(ctx, f)
			rows.ID = "found-" + strconv.Itoa(len(out)+1)
			t.Rows = &rows
		}
		out = append(out, t)
	}
	return out, nil
}

// foundRows shows the first rows of a table: the columns that have the words,
// then its first ones.
func foundRows(ctx context.Context, f tables.Found) ui.Table {
	wanted := strings.Fields(string(query.Fold(nil, []byte(f.Text))))
	var having, others []int
	for j := range f.Page.Fields {
		in := slices.ContainsFunc(f.Page.Records, func(r tables.Record) bool {
			cell := string(query.Fold(nil, r.Cells[j]))
			return cell != "" && slices.ContainsFunc(wanted, func(w string) bool { return strings.Contains(cell, w) })
		})
		if in {
			having = append(having, j)
		} else if f.Page.Fields[j].Geometry == "" {
			others = append(others, j)
		}
	}
	at := append(having, others...)
	at = at[:min(len(at), tableCols)]
	slices.Sort(at)
	t := ui.Table{Dense: true, CaptionHidden: true, Caption: ui.T(ctx, "search.table.caption", map[string]any{"Title": f.Dataset.Title})}
	for _, j := range at {
		t.Columns = append(t.Columns, ui.Column{Label: cells.Label(f.Columns, f.Page.Fields[j].Name), Kind: cells.Kind(f.Page.Fields[j].Kind)})
	}
	for _, r := range f.Page.Records {
		row := ui.Row{}
		for _, j := range at {
			row.Cells = append(row.Cells, ui.Cell{Text: cells.Text(ctx, f.Page.Fields[j], r.Cells[j])})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// suggestions is what is offered while a query is typed: groups in the order in
// which they are shown.
type suggestions struct {
	Groups []suggestionGroup `json:"groups"`
}

type suggestionGroup struct {
	Label string       `json:"label"`
	Items []suggestion `json:"items"`
}

type suggestion struct {
	Label string `json:"label"`
	Href  string `json:"href"`
}

// suggest answers what may be meant by the beginning of a query.
func (p *Pages) suggest(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	s, err := p.o.Find.Suggest(ctx, v.Actor, r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	out := suggestions{Groups: []suggestionGroup{}}
	add := func(key string, items []suggestion) {
		if len(items) > 0 {
			out.Groups = append(out.Groups, suggestionGroup{Label: ui.T(ctx, key), Items: items})
		}
	}
	var datasets, producers, models []suggestion
	for _, d := range s.Datasets {
		datasets = append(datasets, suggestion{d.Title, string(ui.Href(ctx, "/datasets/"+d.Slug))})
	}
	for _, o := range s.Organisations {
		producers = append(producers, suggestion{o.Name, string(ui.Href(ctx, "/organisations/"+o.Slug))})
	}
	for _, e := range s.Schemas {
		if to := schemas.Page(e.ID); to != "" {
			models = append(models, suggestion{e.Name(ui.LangOf(ctx)), string(ui.Href(ctx, to))})
		}
	}
	add("search.suggest.datasets", datasets)
	add("search.suggest.producers", producers)
	add("search.suggest.schemas", models)
	w.Header().Set("Cache-Control", "private, max-age=10")
	return httpx.WriteJSON(w, r, http.StatusOK, out)
}

// followSearch leads to the page that asks how to follow what is looked for; without
// anything looked for, the whole portal.
func followSearch(ctx context.Context, q url.Values) *ui.Link {
	v := url.Values{}
	for _, name := range append([]string{"q"}, dimensionNames()...) {
		if x := strings.TrimSpace(q.Get(name)); x != "" {
			v.Set(name, x)
		}
	}
	if len(v) == 0 {
		return &ui.Link{Label: ui.T(ctx, "followui.portal"), Icon: "bell", Href: "/follow?what=portal"}
	}
	v.Set("what", "search")
	return &ui.Link{Label: ui.T(ctx, "followui.search"), Icon: "bell", Href: "/follow?" + v.Encode()}
}

func dimensionNames() (out []string) {
	for _, d := range narrowBy {
		out = append(out, string(d))
	}
	return out
}
