package catalogueui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"socle/internal/chart"
	"socle/internal/query"
	"socle/internal/schema"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/cells"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// columnView is what is in a column, and how to keep some of its rows.
type columnView struct {
	datasetView
	Title    string
	Meaning  string
	Facts    ui.KeyValues
	Sentence string
	Drawing  *ui.Drawing
	Notes    []string
	Values   ui.Table
	Filter   filterForm
	Back     ui.Link
}

// column shows the values of a column among the rows that the address selects:
// each leads to its rows.
func (p *Pages) column(w http.ResponseWriter, r *http.Request) error {
	f, moved, err := p.find(r)
	if err != nil {
		return err
	}
	if moved {
		return f.redirect(w, r, "/column")
	}
	name := r.URL.Query().Get("filter-column")
	i := slices.IndexFunc(f.Columns, func(c query.Column) bool { return c.Name == name })
	if f.resource == nil || i < 0 {
		return none()
	}
	ctx := asking(r)
	q, problem := f.selected(ctx, r)
	profile, err := p.o.Engine.Profile(ctx, f.Snapshot)
	if err != nil {
		return err
	}
	frame, page := p.frame(ctx, f, "")
	col := f.Columns[i]
	view := columnView{datasetView: frame, Title: col.Label(), Facts: columnFacts(ctx, f, i, profile)}
	if at := f.Schema.Field(name); at >= 0 {
		view.Meaning = f.Schema.Fields[at].Description
	}
	rest := f.kept.Without(name)
	view.Sentence = rest.Sentence(ui.LangOf(ctx), f.Columns, f.title())
	view.Filter.fill(ctx, f, query.Query{Where: q.Where, Text: q.Text})
	view.Filter.Problem = problem
	if q.Text != "" {
		view.Filter.Hidden = append(view.Filter.Hidden, ui.KeyValue{Key: "q", Value: q.Text})
	}
	view.Filter.Hidden = append(view.Filter.Hidden, ui.KeyValue{Key: "filter-column", Value: name})
	view.Back = ui.Link{Label: ui.T(ctx, "plot.column.back"), Href: f.address("", f.kept, nil), Icon: "arrow-left"}
	if err := p.spread(ctx, &view, f, rest, col, profile.Columns[i]); err != nil {
		return err
	}
	page.Title = ui.T(ctx, "plot.column.title", map[string]any{"Column": col.Label(), "Title": f.title()})
	page.NoIndex = true
	return shell.Page(w, r, page, columnPage(view))
}

// columnFacts says what is in a column of the whole table.
func columnFacts(ctx context.Context, f found, i int, profile *tables.Profile) (k ui.KeyValues) {
	c := profile.Columns[i]
	add := func(key, value string) {
		if value != "" {
			k.Rows = append(k.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
		}
	}
	add("plot.column.name", c.Name)
	kind := schema.String
	if at := f.Schema.Field(c.Name); at >= 0 {
		kind = f.Schema.Fields[at].Type
	}
	add("catalogueui.type", ui.T(ctx, "catalogueui.type."+string(kind)))
	add("plot.column.filled", ui.T(ctx, "plot.column.filled.of", map[string]any{"Filled": ui.Integer(ctx, profile.Rows-c.Nulls), "Rows": ui.Integer(ctx, profile.Rows)}))
	distinct := ui.Integer(ctx, c.Distinct)
	if c.Approximate {
		distinct = ui.T(ctx, "plot.column.about", map[string]any{"Number": distinct})
	}
	add("plot.column.distinct", distinct)
	field := f.Snapshot.Fields[i]
	if c.Kind != tabular.Text && c.Kind != tabular.JSON && c.Kind != tabular.Bool && c.Min != "" {
		add("plot.column.min", cells.Text(ctx, field, []byte(c.Min)))
		add("plot.column.max", cells.Text(ctx, field, []byte(c.Max)))
	}
	if c.Mean != nil {
		add("plot.column.mean", ui.Decimal(ctx, *c.Mean, 2))
	}
	return k
}

// spread draws and lists the values of a column: classes of numbers, units of
// dates, else the most frequent values.
func (p *Pages) spread(ctx context.Context, view *columnView, f found, q query.Query, col query.Column, pc tables.ColumnProfile) error {
	if col.Kind == tabular.JSON {
		return nil
	}
	known := chart.Column{Column: col, Rows: 1, Distinct: pc.Distinct, Min: tables.Axis(pc.Kind, pc.Min), Max: tables.Axis(pc.Kind, pc.Max)}
	d := drawn{chart: chart.Spread(known)}
	var err error
	if d.frame, err = p.o.Engine.Aggregate(ctx, f.Snapshot, d.chart.Query(q)); err != nil {
		return err
	}
	d.data = chart.Arrange(d.chart, d.frame, ui.LangOf(ctx))
	if d.data.Empty() {
		return nil
	}
	kept := f.kept
	f.kept = q
	if len(d.data.Labels) > 1 {
		view.Drawing = &ui.Drawing{Wide: d.draw(ctx, f, "spread-wide", 720, false), Narrow: d.draw(ctx, f, "spread-narrow", 340, false)}
	}
	view.Notes = chart.Notes(ui.LangOf(ctx), d.chart, d.data)
	view.Values = d.table(ctx, f)
	view.Values.ID = "values"
	for i := range view.Values.Rows {
		if d.data.Series[0].Values[i] == 0 {
			continue
		}
		view.Values.Rows[i].Cells[0].Href = f.address("", chart.Narrow(kept.Without(col.Name), d.chart.X, col.Kind, d.data, i), nil)
	}
	return nil
}

// abouts are what the headers of a table show of the values of their columns.
func (p *Pages) abouts(ctx context.Context, f found) map[string]ui.ColumnAbout {
	profile, err := p.o.Engine.Profile(ctx, f.Snapshot)
	if err != nil { // the table is shown without
		return nil
	}
	out := map[string]ui.ColumnAbout{}
	for i := range profile.Columns {
		c := &profile.Columns[i]
		a := ui.ColumnAbout{Href: f.address("/column", f.kept, url.Values{"filter-column": {c.Name}}),
			Text: ui.T(ctx, "plot.column.values", map[string]any{"Count": c.Distinct, "Number": ui.Integer(ctx, c.Distinct)})}
		for _, b := range c.Histogram {
			a.Bars = append(a.Bars, float64(b.Count))
		}
		if len(c.Histogram) == 0 {
			for _, b := range c.Top {
				a.Bars = append(a.Bars, float64(b.Count))
			}
		}
		out[c.Name] = a
	}
	return out
}

// cellRow is a cell of a row, in full, with the meaning of its column.
func cellRow(ctx context.Context, f found, field tabular.Field, value string, null bool) ui.KeyValue {
	kv := ui.KeyValue{Key: cells.Label(f.Columns, field.Name), Value: value}
	switch {
	case null:
		kv.Value = "–"
	case isShape(field):
		const most = 400
		if r := []rune(value); len(r) > most {
			kv.Value = string(r[:most]) + "…"
		}
	case strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://"):
		if u, err := url.Parse(value); err == nil && u.Host != "" {
			kv.Content = ui.Link{Label: value, Href: value, External: true}
		}
	}
	return kv
}
