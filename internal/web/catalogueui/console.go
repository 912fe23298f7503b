package catalogueui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/tile"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// consoleView makes an address of the API from a form, and shows what it answers.
type consoleView struct {
	datasetView
	Filter filterForm
	Text   string
	Format ui.Select
	Sort   ui.Select
	Limit  ui.Input
	Chips  ui.Chips
	URL    string
	Said   string
	Codes  []ui.Code
	Table  ui.Table
	Tiles  string // "" when there is no map
}

// consoleFormats are the answers that the console proposes, the first one unsaid.
var consoleFormats = []string{"rows", "csv", "xlsx", "json", "features"}

// consoleRows is how many rows the console shows.
const consoleRows = 10

func (p *Pages) console(w http.ResponseWriter, r *http.Request) error {
	f, moved, err := p.find(r)
	if err != nil {
		return err
	}
	if moved {
		return f.redirect(w, r, "/api")
	}
	if f.resource == nil {
		return none()
	}
	if to, ok := p.addFilter(r, f, "/api"); ok {
		return shell.Redirect(w, r, to)
	}
	ctx := tables.WithClient(r.Context(), httpx.ClientKey(r.Context()))
	values := f.asked(r)
	format := values.Get("format")
	values.Del("format")
	_, placed := tile.Find(f.Snapshot.Fields)
	if !slices.Contains(consoleFormats, format) || format == "features" && !placed {
		format = consoleFormats[0]
	}
	q, err := query.ParseURL(values, f.Columns)
	if err == nil && len(q.Group)+len(q.Aggregates) > 0 {
		q.Group, q.Aggregates = nil, nil
	}
	problem := ""
	if err != nil {
		e := errs.As(err)
		problem, q = ui.T(ctx, e.Key, e.Args), query.Query{}
	}
	f.kept = query.Query{Where: q.Where, Text: q.Text}
	frame, page := p.frame(ctx, f, "/api")
	view := consoleView{datasetView: frame}
	view.Filter.Problem = problem
	view.fill(ctx, f, q, format, placed)
	address := p.address(f, q, format)
	view.URL, view.Codes = address, codes(address, format)
	view.Said = q.Sentence(ui.LangOf(ctx), f.Columns, f.title())
	if placed {
		view.Tiles = p.o.BaseURL + f.resourceURL("/tiles.json")
	}
	try := q
	if try.Limit == 0 || try.Limit > consoleRows {
		try.Limit = consoleRows
	}
	try.Facets = nil
	rows, err := p.o.Engine.Rows(ctx, f.Snapshot, try)
	if err != nil {
		return err
	}
	view.Table = p.table(ctx, f, try, rows)
	for i := range view.Table.Columns {
		view.Table.Columns[i].SortHref, view.Table.Columns[i].Sorted = "", ""
	}
	view.Table.Caption = ui.T(ctx, "console.shown", map[string]any{"Count": len(rows.Records), "Shown": ui.Integer(ctx, int64(len(rows.Records))), "Of": ui.Integer(ctx, rows.Total)})
	page.NoIndex = page.NoIndex || narrowed(r)
	return shell.Page(w, r, page, consolePage(view))
}

// address is that of the API for a query and a kind of answer.
func (p *Pages) address(f found, q query.Query, format string) string {
	part := "/rows"
	switch format {
	case "rows":
	case "features":
		part = "/features"
		q.Sort, q.Offset, q.Facets = nil, 0, nil
	default:
		part = "/export." + format
	}
	v := q.URL()
	if f.version.Number != f.resource.Latest {
		v.Set(versionParameter, strconv.Itoa(f.version.Number))
	}
	s := p.o.BaseURL + "/api/v1/resources/" + string(f.resource.ID) + part
	if len(v) > 0 {
		s += "?" + v.Encode()
	}
	return s
}

// fill makes the form of what was asked.
func (v *consoleView) fill(ctx context.Context, f found, q query.Query, format string, placed bool) {
	v.Text = q.Text
	v.Filter.fill(ctx, f, q)
	v.Filter.Action = f.base() + "/api"
	v.Filter.Hidden = slices.DeleteFunc(v.Filter.Hidden, func(h ui.KeyValue) bool { return h.Key == "sort" || h.Key == "limit" })
	v.Format = ui.Select{Field: ui.Field{Name: "format", Label: ui.T(ctx, "console.format")}, Value: format}
	for _, name := range consoleFormats {
		if name != "features" || placed {
			v.Format.Options = append(v.Format.Options, ui.Option{Value: name, Label: ui.T(ctx, "console.format."+name)})
		}
	}
	sorted := func(k query.SortKey) string { return query.Query{Sort: []query.SortKey{k}}.URL().Get("sort") }
	v.Sort = ui.Select{Field: ui.Field{Name: "sort", Label: ui.T(ctx, "console.sort"), Optional: true}, Empty: ui.T(ctx, "console.sort.none")}
	if len(q.Sort) > 0 {
		v.Sort.Value = sorted(q.Sort[0])
	}
	for _, c := range f.Columns {
		v.Sort.Options = append(v.Sort.Options, ui.Option{Value: sorted(query.SortKey{Column: c.Name}), Label: c.Label() + " ↑"},
			ui.Option{Value: sorted(query.SortKey{Column: c.Name, Desc: true}), Label: c.Label() + " ↓"})
	}
	v.Limit = ui.Input{Field: ui.Field{Name: "limit", Label: ui.T(ctx, "console.limit"), Optional: true}, Type: "number"}
	if q.Limit > 0 {
		v.Limit.Value = strconv.Itoa(q.Limit)
	}
	keep := func(q query.Query) string {
		values := q.URL()
		if format != consoleFormats[0] {
			values.Set("format", format)
		}
		return f.base() + "/api?" + f.stated(values).Encode()
	}
	for i, e := range q.Terms() {
		v.Chips.Chips = append(v.Chips.Chips, ui.Chip{Label: query.Say(ui.LangOf(ctx), f.Columns, e), RemoveHref: keep(q.WithoutTerm(i))})
	}
}

// codes write a call in the languages of reusers. An address has no quote: url.Values.Encode writes them otherwise.
func codes(address, format string) []ui.Code {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	name := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	python := "import requests\n\nanswer = requests.get(\"" + address + "\", timeout=30)\nanswer.raise_for_status()\ndata = answer.json()"
	r := "library(jsonlite)\n\nanswer <- fromJSON(\"" + address + "\")"
	script := "const answer = await fetch(\"" + address + "\");\nif (!answer.ok) throw new Error(await answer.text());\nconst data = await answer.json();"
	curl := "curl --fail '" + address + "'"
	switch format {
	case "csv":
		python = "import pandas as pd\n\ndata = pd.read_csv(\"" + address + "\")"
		r = "data <- read.csv(\"" + address + "\")"
		script = strings.Replace(script, "answer.json()", "answer.text()", 1)
		curl += " --output " + name
	case "xlsx":
		python = "import pandas as pd\n\ndata = pd.read_excel(\"" + address + "\")"
		r = "download.file(\"" + address + "\", \"" + name + "\", mode = \"wb\")\ndata <- readxl::read_excel(\"" + name + "\")"
		script = strings.Replace(script, "answer.json()", "answer.blob()", 1)
		curl += " --output " + name
	case "features":
		python = "import geopandas as gpd\n\ndata = gpd.read_file(\"" + address + "\")"
		r = "data <- sf::read_sf(\"" + address + "\")"
	}
	return []ui.Code{{ID: "curl", Title: "curl", Text: curl}, {ID: "python", Title: "Python", Text: python}, {ID: "r", Title: "R", Text: r}, {ID: "javascript", Title: "JavaScript", Text: script}}
}
