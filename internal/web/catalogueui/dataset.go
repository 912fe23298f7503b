package catalogueui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/consolidation"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/query"
	"socle/internal/schemas"
	"socle/internal/tables"
	"socle/internal/tables/tile"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// datasetView is what all parts of a dataset's page share.
type datasetView struct {
	Head      ui.PageHead
	Summary   string
	Facts     []ui.Fact
	Tables    ui.Tabs         // none where there is one table
	TableText templ.Component // what is said of the table alone; nil for nothing
	Tabs      ui.Tabs
	Downloads *ui.Menu
	Manage    *ui.Menu   // nil for visitors
	Follow    *ui.Button // nil for what nobody else is told of
	Board     *ui.Button
	Fill      []ui.Button // the forms that the visitor may fill in now
	Withdrawn *ui.Notice
	Draft     *ui.Notice
	Demo      bool
	Attached  ui.Items // its files and the addresses that it leads to
	Missing   *ui.Link // leads to asking for what is not there
}

// found is a dataset with the table that its page shows.
type found struct {
	dataset  catalogue.Dataset
	org      identity.Organisation
	mandates []mandate // of who publishes for it
	manage   *ui.Menu  // nil for visitors
	fill     []ui.Button
	maker    string                // who makes the versions of the table; "" when files bring them
	tables   []*catalogue.Resource // those with rows, in their order
	resource *catalogue.Resource   // the one that is shown; nil when there is none
	version  catalogue.Version
	schemas  map[string]schemas.Schema // of the dataset and of the version, by id
	kept     query.Query               // the conditions that parts of the page share
	tables.Table
}

// merged reports that the dataset is made of the tables of the territory.
func (f found) merged() bool { return f.maker == consolidation.MakerName }

// events is the address that tells of new versions of a table whose rows people
// enter, while the latest is shown; "" else.
func (f found) events() string {
	if f.resource == nil || f.version.Number != f.resource.Latest || f.maker != collect.MakerName {
		return ""
	}
	return "/api/v1/resources/" + string(f.resource.ID) + "/events"
}

// find reads the dataset of an address; moved is true when it has another now.
func (p *Pages) find(r *http.Request) (f found, moved bool, err error) {
	v, ctx := shell.From(r), r.Context()
	f.dataset, err = p.o.Catalogue.ByAddress(ctx, v.Actor, r.PathValue("slug"))
	if err := p.gone(ctx, v.Actor, r.PathValue("slug"), f.dataset, err); err != nil {
		return f, false, err
	}
	f.choose(r.URL.Query())
	if err := p.entry(ctx, v.Actor, &f); err != nil {
		return f, false, err
	}
	if f.dataset.Slug != r.PathValue("slug") {
		return f, true, nil
	}
	if f.mandates, err = p.mandates(ctx, v.Actor, f.dataset.Organisation); err != nil {
		return f, false, err
	}
	if f.org, err = p.o.Identity.Organisation(ctx, v.Actor, f.dataset.Organisation); err != nil {
		return f, false, err
	}
	if f.resource == nil {
		f.schemas, err = p.o.Schemas.Named(ctx, f.dataset.Schema.ID)
		return f, false, err
	}
	number := 0
	if s := r.URL.Query().Get(versionParameter); s != "" {
		if number, err = strconv.Atoi(s); err != nil || number < 1 {
			return f, false, none()
		}
	}
	if f.version, err = p.o.Catalogue.Version(ctx, v.Actor, f.resource.ID, number); err != nil {
		return f, false, err
	}
	if f.schemas, err = p.o.Schemas.Named(ctx, f.dataset.Schema.ID, f.version.Schema.ID); err != nil {
		return f, false, err
	}
	f.Table, err = p.o.Tables.Open(ctx, f.version)
	return f, false, err
}

// choose takes the table that an address asks for, the first one when it asks for none.
func (f *found) choose(asked url.Values) {
	for i := range f.dataset.Resources {
		if x := &f.dataset.Resources[i]; x.Kind == catalogue.Table && x.Latest > 0 {
			f.tables = append(f.tables, x)
		}
	}
	for _, x := range f.tables {
		if f.resource == nil || slices.Contains(asked[tableParameter], string(x.ID)) {
			f.resource = x
		}
	}
}

// base is the address of a dataset's page.
func (f found) base() string { return "/datasets/" + f.dataset.Slug }

// redirect leads to a part of the page at its address of now, asked as it was.
func (f found) redirect(w http.ResponseWriter, r *http.Request, part string) error {
	to := f.base() + part
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return shell.Redirect(w, r, to)
}

// tabs are the parts of the page of a table. Those that are filtered take the
// conditions of one another along.
var tabs = []struct {
	part     string
	icon     ui.Icon
	label    string
	filtered bool
	placed   bool // only where rows have places, or codes of areas
	merged   bool // only of datasets made of those of the territory
}{
	{"", "table-2", "catalogueui.tab.table", true, false, false},
	{"/map", "map", "plot.tab.map", true, true, false},
	{"/chart", "chart-column", "plot.tab.chart", true, false, false},
	{"/contributors", "users", "consolidationui.tab", false, false, true},
	{"/about", "info", "catalogueui.tab.about", false, false, false},
	{"/api", "code", "catalogueui.tab.api", true, false, false},
	{"/history", "history", "catalogueui.tab.history", false, false, false},
}

// placed reports that the rows have places.
func (f found) placed() bool {
	_, ok := tile.Find(f.Snapshot.Fields)
	return ok
}

// frame is the head of the page of a dataset, on the part of the given address.
func (p *Pages) frame(ctx context.Context, f found, part string) (datasetView, ui.Page) {
	d := f.dataset
	theme := ""
	if len(d.Themes) > 0 {
		if t, ok := catalogue.FindTheme(d.Themes[0]); ok {
			theme = " · " + ui.T(ctx, t.LabelKey())
		}
	}
	v := datasetView{Head: ui.PageHead{Eyebrow: f.org.Name + theme, Title: d.Title}, Summary: summary(d.Description, 280), Demo: d.Demonstration, Manage: f.manage, Fill: f.fill}
	if d.State == catalogue.Withdrawn {
		v.Withdrawn = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "catalogueui.withdrawn", map[string]any{"Day": ui.Day(ctx, d.WithdrawnAt)}), Text: d.WithdrawnReason}
	}
	if d.State == catalogue.Draft || d.State == catalogue.Internal {
		v.Draft = &ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "catalogueui.state."+string(d.State))}
	}
	if !d.DataAt.IsZero() {
		v.Facts = append(v.Facts, ui.Fact{Icon: "clock", Text: ui.T(ctx, "catalogueui.updated", map[string]any{"When": ui.Ago(ctx, d.DataAt, p.o.Now())})})
	}
	if f.resource != nil {
		v.Facts = append(v.Facts, ui.Fact{Icon: "history", Text: ui.T(ctx, "catalogueui.version", map[string]any{"Number": f.version.Number})},
			ui.Fact{Icon: "table-2", Text: ui.T(ctx, "catalogueui.rows", map[string]any{"Count": f.version.Rows, "Rows": ui.Integer(ctx, f.version.Rows)})})
	}
	if l, ok := catalogue.FindLicence(d.Licence); ok && d.Licence != catalogue.NotSpecified {
		v.Facts = append(v.Facts, ui.Fact{Icon: "scale", Text: l.Name})
	}
	if d.State != catalogue.Withdrawn {
		quality := catalogue.Score(d, p.o.Now())
		v.Facts = append(v.Facts, ui.Fact{Icon: "star", Text: ui.T(ctx, "catalogueui.quality", map[string]any{"Points": quality.Points, "Of": quality.Of()})})
	}
	if s := f.schemas[f.version.Schema.ID]; !f.version.Schema.IsZero() {
		v.Head.Badges = append(v.Head.Badges, ui.Badge{Kind: ui.Good, Icon: "badge-check", Label: ui.T(ctx, "catalogueui.conforms", map[string]any{"Schema": s.Name(ui.LangOf(ctx))}), Href: s.Page})
	}
	if f.merged() {
		v.Head.Badges = append(v.Head.Badges, ui.Badge{Kind: ui.Information, Icon: "layers", Label: ui.T(ctx, "consolidationui.badge")})
	}
	if f.resource != nil && d.State == catalogue.Published {
		board := ui.Button{Label: ui.T(ctx, "dashboardui.board"), Icon: "chart-column", Style: ui.Quiet, Href: "/organisations/" + f.org.Slug + "/board"}
		if f.merged() {
			board.Href = "/board"
		}
		v.Board = &board
	}
	if f.resource != nil {
		v.Downloads = downloads(ctx, f)
		located := f.placed() || p.coded(ctx, f) != ""
		for _, t := range tabs {
			if t.placed && !located || t.merged && !f.merged() {
				continue
			}
			href := f.at(t.part, nil)
			if t.filtered {
				href = f.address(t.part, f.kept, nil)
			}
			v.Tabs.Tabs = append(v.Tabs.Tabs, ui.Tab{Label: ui.T(ctx, t.label), Icon: t.icon, Href: href, Current: t.part == part})
		}
		v.Tabs.Label = ui.T(ctx, "catalogueui.tabs")
		v.Tables = f.tableTabs(ctx, part)
		if f.resource.Description != "" {
			v.TableText = templ.Raw(markup.HTML(f.resource.Description, 1))
		}
	}
	if d.State == catalogue.Published || d.State == catalogue.Internal {
		b := followButton(ctx, url.Values{"what": {"dataset"}, "of": {d.Slug}})
		v.Follow = &b
	}
	v.Missing = missing(ctx, d)
	v.Attached = p.attached(ctx, d)
	if f.resource == nil && len(v.Attached.Items) > 0 {
		v.Tabs = ui.Tabs{Label: ui.T(ctx, "catalogueui.tabs"), Tabs: []ui.Tab{{Label: ui.T(ctx, "contents.title"), Icon: "folder-open", Href: f.base(), Current: part == ""}, {Label: ui.T(ctx, "catalogueui.tab.about"), Icon: "info", Href: f.base() + "/about", Current: part == "/about"}}}
	}
	page := ui.Page{Title: d.Title, Description: v.Summary, Place: "/search", Canonical: f.canonical(part), NoIndex: d.Demonstration || d.State != catalogue.Published,
		Crumbs: []ui.Crumb{{Label: ui.T(ctx, "catalogueui.search.title"), Href: "/search"}, {Label: f.org.Name, Href: "/organisations/" + f.org.Slug}, {Label: d.Title}}}
	page.Picture = pictureOf(f, nil)
	p.shared(ctx, f, &page)
	return v, page
}

// heavyRows is from how many rows on a compressed file is offered beside the others.
const heavyRows = 20_000

// downloads lists the formats of the whole table, the original last.
func downloads(ctx context.Context, f found) *ui.Menu {
	m := &ui.Menu{Label: ui.T(ctx, "catalogueui.download"), Icon: "download"}
	add := func(label, format string, q url.Values) {
		m.Items = append(m.Items, ui.Link{Label: ui.T(ctx, "catalogueui.download."+label), Href: f.export(format, q)})
	}
	add("csv", "csv", url.Values{})
	add("csv-fr", "csv", url.Values{"variant": {"fr"}})
	if f.version.Rows >= heavyRows {
		add("csv-gz", "csv.gz", url.Values{})
	}
	for _, format := range []string{"xlsx", "ods", "json", "parquet"} {
		add(format, format, url.Values{})
	}
	if tables.Located(f.version) {
		for _, format := range []string{"geojson", "kml", "geoparquet", "shp", "gpkg"} {
			add(format, format, url.Values{})
		}
	}
	if o := f.version.Original; o.Blob != "" {
		m.Items = append(m.Items, ui.Link{Label: ui.T(ctx, "catalogueui.download.original", map[string]any{"Name": o.FileName, "Size": ui.Bytes(ctx, o.Bytes)}), Href: f.resourceURL("/original")})
	}
	return m
}

func (f found) resourceURL(part string) string {
	s := "/api/v1/resources/" + string(f.resource.ID) + part
	if f.version.Number != f.resource.Latest {
		s += "?version=" + strconv.Itoa(f.version.Number)
	}
	return s
}

func (f found) export(format string, q url.Values) string {
	if f.version.Number != f.resource.Latest {
		q.Set("version", strconv.Itoa(f.version.Number))
	}
	s := "/api/v1/resources/" + string(f.resource.ID) + "/export." + format
	if len(q) > 0 {
		s += "?" + q.Encode()
	}
	return s
}

// tablePage is how many rows a page shows.
const tablePage = 50

// dataset shows the rows of a dataset: searched, filtered, sorted, paged, every
// state an address.
func (p *Pages) dataset(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, moved, err := p.find(r)
	if err != nil && httpx.Status(err) == http.StatusGone {
		return p.trace(w, r)
	}
	if err != nil {
		return err
	}
	if moved {
		return f.redirect(w, r, "")
	}
	if f.resource == nil {
		frame, page := p.frame(ctx, f, "")
		view := tableView{datasetView: frame}
		if f.dataset.State != catalogue.Withdrawn && len(frame.Attached.Items) == 0 {
			view.None = &ui.Empty{Icon: "table-2", Title: ui.T(ctx, "catalogueui.no-table"), Text: ui.T(ctx, "catalogueui.no-table.text")}
		}
		return shell.Page(w, r, page, datasetPage(view))
	}
	if to, ok := p.addFilter(r, f, ""); ok {
		return shell.Redirect(w, r, to)
	}
	q, problem := f.selected(ctx, r)
	frame, page := p.frame(ctx, f, "")
	view := tableView{datasetView: frame}
	if q.Limit == 0 || q.Limit > 200 {
		q.Limit = tablePage
	}
	ask := tables.WithClient(ctx, httpx.ClientKey(ctx))
	rows, err := p.o.Engine.Rows(ask, f.Snapshot, q)
	if err != nil {
		return err
	}
	p.fillTable(ctx, &view, f, q, rows)
	view.Filter.Problem = problem
	shown := f.address("", lasting(q), nil)
	p.discover(f, &page, shown)
	if q.Filtered() && f.dataset.State == catalogue.Published {
		view.Embed = &ui.Code{ID: "table-embed", Title: ui.T(ctx, "share.embed.selection"), Text: p.embedCode(f, "table", shown)}
	}
	page.NoIndex = page.NoIndex || narrowed(r)
	return shell.Page(w, r, page, datasetPage(view))
}

// addFilter turns the fields of the form into the address of the query.
func (p *Pages) addFilter(r *http.Request, f found, part string) (to string, ok bool) {
	v := r.URL.Query()
	column, value := v.Get("filter-column"), v.Get("filter-value")
	if column == "" {
		return "", false
	}
	op := v.Get("filter-op")
	for _, name := range []string{"offset", "after", "filter-column", "filter-op", "filter-value"} {
		v.Del(name)
	}
	switch op {
	case "null":
		v.Add(query.Key(column, "null"), "true")
	case "notnull":
		v.Add(query.Key(column, "null"), "false")
	default:
		if value != "" {
			v.Add(query.Key(column, op), typed(f.Columns, column, value))
		}
	}
	return f.base() + part + "?" + v.Encode(), true
}

// aboutView is the description of a dataset.
type aboutView struct {
	datasetView
	Text    templ.Component
	Facts   ui.KeyValues
	Quality []criterion

	Citations []ui.Code
	Embed     *ui.Code  // nil without a table
	Mark      *markView // nil without a schema
	Similar   ui.Items
	Asked     ui.Items // requests for data that everyone may read
}

// criterion is a reason of the quality score.
type criterion struct {
	Met    bool
	Reason string
	ToDo   string
}

func (p *Pages) about(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, moved, err := p.find(r)
	if err != nil {
		return err
	}
	if moved {
		return f.redirect(w, r, "/about")
	}
	frame, page := p.frame(ctx, f, "/about")
	d := f.dataset
	view := aboutView{datasetView: frame, Text: templ.Raw(markup.HTML(d.Description, 1))}
	add := func(key, value string) {
		if value != "" {
			view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
		}
	}
	view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, "catalogueui.producer"), Content: ui.Link{Label: f.org.Name, Href: "/organisations/" + f.org.Slug}})
	for _, m := range f.mandates {
		view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, "catalogueui.mandate"), Value: ui.T(ctx, "catalogueui.mandate.by", i18n.Args{"Name": m.name, "Reference": m.reference})})
	}
	if l, ok := catalogue.FindLicence(d.Licence); ok && l.URL != "" {
		view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, "catalogueui.licence"), Content: ui.Link{Label: l.Name, Href: l.URL, External: true}})
		add("catalogueui.licence.means", ui.T(ctx, l.SummaryKey()))
	}
	if fr, ok := catalogue.FindFrequency(d.Frequency); ok && fr.Known() {
		add("catalogueui.frequency", ui.T(ctx, fr.LabelKey()))
	}
	if ref := d.Schema; !ref.IsZero() {
		s := f.schemas[ref.ID]
		row := ui.KeyValue{Key: ui.T(ctx, "catalogueui.versions.schema"), Value: s.Name(ui.LangOf(ctx))}
		if s.Page != "" {
			row.Content = ui.Link{Label: row.Value, Href: s.Page, External: httpx.IsAddress(s.Page)}
		}
		view.Facts.Rows = append(view.Facts.Rows, row)
	}
	add("catalogueui.period", period(ctx, d.Temporal))
	var zones []string
	for _, z := range d.Spatial.Zones {
		zones = append(zones, z.Name)
	}
	add("catalogueui.territory", strings.Join(zones, ", "))
	if len(d.Keywords) > 0 {
		view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, "catalogueui.keywords"), Content: keywordLinks(d.Keywords)})
	}
	if d.Contact != (catalogue.Contact{}) {
		view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, "catalogueui.contact"), Content: contactLine(d.Contact)})
	}
	add("catalogueui.address", p.o.BaseURL+"/datasets/"+d.Slug)
	for _, c := range catalogue.Score(d, p.o.Now()).Criteria {
		k := criterion{Met: c.Met, Reason: ui.T(ctx, c.Reason, c.Args)}
		if !c.Met {
			k.ToDo = ui.T(ctx, c.TodoKey(), c.Args)
		}
		view.Quality = append(view.Quality, k)
	}
	view.Citations = p.citations(ctx, f)
	if f.resource != nil && d.State == catalogue.Published {
		view.Embed = &ui.Code{ID: "embed", Title: "HTML", Text: p.embedCode(f, "table", f.at("", nil))}
	}
	view.Mark = p.marked(ctx, f)
	if view.Similar, err = p.similar(ctx, shell.From(r).Actor, d); err != nil {
		return err
	}
	if view.Asked, err = p.asked(ctx, shell.From(r).Actor, d); err != nil {
		return err
	}
	return shell.Page(w, r, page, aboutPage(view))
}

func period(ctx context.Context, t catalogue.Period) string {
	for _, day := range []*string{&t.Start, &t.End} {
		if d, err := time.Parse(time.DateOnly, *day); err == nil {
			*day = ui.Day(ctx, d)
		}
	}
	switch {
	case t.IsZero():
		return ""
	case t.End == "":
		return ui.T(ctx, "catalogueui.period.from", map[string]any{"Start": t.Start})
	case t.Start == "":
		return ui.T(ctx, "catalogueui.period.to", map[string]any{"End": t.End})
	}
	return ui.T(ctx, "catalogueui.period.both", map[string]any{"Start": t.Start, "End": t.End})
}

// historyView lists the versions of a dataset.
type historyView struct {
	datasetView
	Versions ui.Table
	Older    ui.Link
}

// versionsPerPage is how many versions a page of the history lists.
const versionsPerPage = 100

func (p *Pages) history(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	f, moved, err := p.find(r)
	if err != nil {
		return err
	}
	if moved {
		return f.redirect(w, r, "/history")
	}
	if f.resource == nil {
		return none()
	}
	before, err := strconv.Atoi(r.URL.Query().Get("before"))
	if err != nil {
		before = 0 // from the latest on
	}
	list, err := p.o.Catalogue.Versions(ctx, v.Actor, f.resource.ID, before, versionsPerPage+1)
	if err != nil {
		return err
	}
	changes, err := p.o.Tables.Summaries(ctx, f.resource.ID)
	if err != nil {
		return err
	}
	frame, page := p.frame(ctx, f, "/history")
	view := historyView{datasetView: frame, Versions: ui.Table{ID: "versions", Caption: ui.T(ctx, "catalogueui.versions"), CaptionHidden: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "catalogueui.versions.number"), Kind: ui.ColumnNumber}, {Label: ui.T(ctx, "catalogueui.versions.date"), Kind: ui.ColumnDate}, {Label: ui.T(ctx, "catalogueui.versions.rows"), Kind: ui.ColumnNumber},
		{Label: ui.T(ctx, "diff.history"), Kind: ui.ColumnText},
		{Label: ui.T(ctx, "catalogueui.versions.schema")}, {Label: ui.T(ctx, "catalogueui.versions.note"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "catalogueui.versions.original"), Kind: ui.ColumnText}}}}
	for i, ver := range list {
		if i == versionsPerPage {
			view.Older = ui.More(ui.T(ctx, "catalogueui.versions.older"), f.at("/history", url.Values{"before": {strconv.Itoa(list[i-1].Number)}}))
			break
		}
		change := ui.Cell{}
		if i+1 < len(list) { // the version before can be seen
			change = ui.Cell{Text: ui.T(ctx, "diff.link"), Href: f.at("/differences", url.Values{"from": {strconv.Itoa(list[i+1].Number)}, "to": {strconv.Itoa(ver.Number)}})}
			if s, ok := changes[ver.Number]; ok && list[i+1].Number == ver.Number-1 {
				change.Text = shortly(ctx, s)
			}
		}
		view.Versions.Rows = append(view.Versions.Rows, ui.Row{Cells: []ui.Cell{
			{Text: strconv.Itoa(ver.Number), Href: f.at("", url.Values{versionParameter: {strconv.Itoa(ver.Number)}}), Header: true}, {Text: ui.Moment(ctx, ver.CreatedAt)}, {Text: ui.Integer(ctx, ver.Rows)}, change,
			{Text: ver.Schema.String()}, {Text: ver.Note}, original(f, ver)}})
	}
	return shell.Page(w, r, page, historyPage(view))
}

// original leads to the file that a version was made from; empty when its rows come
// from no file.
func original(f found, ver catalogue.Version) ui.Cell {
	if ver.Original.Blob == "" {
		return ui.Cell{}
	}
	return ui.Cell{Text: ver.Original.FileName, Href: "/api/v1/resources/" + string(f.resource.ID) + "/original?version=" + strconv.Itoa(ver.Number)}
}
