package catalogueui

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"socle/internal/chart"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// areasView is the map of a table whose rows have no places, but the codes of communes
// or intercommunalities: areas coloured by a figure, and the same figures in a table.
type areasView struct {
	datasetView
	selectionView
	Title   string
	Problem string // why the figure of the address is not the one that is drawn
	Drawing ui.Drawing
	None    *ui.Empty // instead of a drawing
	Unknown string
	Figure  ui.Select
	Form    ui.Form
	Hidden  []ui.KeyValue
	Values  ui.Table
	Chart   ui.Link // the same figures as a chart
}

// coded is the first column of a table that holds codes of areas whose contours the
// portal has; "" for none. What it looks at is the profile of the table.
func (p *Pages) coded(ctx context.Context, f found) string {
	if len(p.o.Areas) == 0 || f.resource == nil || f.placed() {
		return ""
	}
	profile, err := p.o.Engine.Profile(ctx, f.Snapshot)
	if err != nil { // the page is shown without a map
		return ""
	}
	for i := range profile.Columns {
		if c := &profile.Columns[i]; chart.Choose(p.o.Areas, sampleOf(c)) != nil {
			return c.Name
		}
	}
	return ""
}

// sampleOf are some values of a column, as the codes of figures.
func sampleOf(c *tables.ColumnProfile) map[string]float64 {
	out := map[string]float64{}
	for _, v := range c.Examples {
		out[v] = 0
	}
	for _, b := range c.Top {
		if !b.Null {
			out[b.Text] = 0
		}
	}
	return out
}

// areasPage colours the areas that the rows of a table name by a figure of these rows:
// the one of the address, or the first sensible one.
func (p *Pages) areasPage(w http.ResponseWriter, r *http.Request, f found, column string) error {
	ctx := asking(r)
	q, problem := f.selected(ctx, r)
	asked := r.URL.Query()
	asked.Set("chart-x", column)
	cols, err := p.chartColumns(ctx, f)
	if err != nil {
		return err
	}
	choices := chart.Propose(cols)
	d, wrong := drawn{choices: choices}, ""
	if d.chart, err = chart.Parse(asked, f.Columns); err != nil {
		wrong = ui.T(ctx, "plot.problem")
	}
	if err != nil || asked.Get("chart-y") == "" {
		d.chart = chart.Chart{Kind: chart.Bars, X: query.Group{Column: column}, Y: chart.Figure(cols)}
	}
	d.chart.By = nil
	if d.frame, err = p.o.Engine.Aggregate(ctx, f.Snapshot, d.chart.Query(q)); err != nil {
		return err
	}
	d.data = chart.Arrange(d.chart, d.frame, ui.LangOf(ctx))
	frame, page := p.frame(ctx, f, "/map")
	values := d.chart.Values()
	view := areasView{datasetView: frame, selectionView: f.selection(ctx, "/map", f.kept, values), Title: d.sentence(ctx, f), Problem: wrong}
	view.Filter.Problem = problem
	view.Chart = ui.Link{Label: ui.T(ctx, "areas.chart"), Icon: "chart-column", Href: f.address("/chart", f.kept, values)}
	drawing, unknown := p.areas(ctx, f, d)
	if view.Unknown = unknown; drawing != nil {
		view.Drawing, view.Values = *drawing, p.areaValues(ctx, f, d)
	} else {
		view.None = &ui.Empty{Icon: "map", Title: ui.T(ctx, "plot.map.empty"), Text: ui.T(ctx, "plot.map.empty.text")}
	}
	view.form(ctx, f, d)
	page.Title = ui.T(ctx, "plot.map.title", map[string]any{"Title": f.title()})
	page.NoIndex = page.NoIndex || narrowed(r)
	return shell.Page(w, r, page, areasTemplate(view))
}

// form proposes other figures.
func (v *areasView) form(ctx context.Context, f found, d drawn) {
	lang := ui.LangOf(ctx)
	v.Figure = ui.Select{Field: ui.Field{Name: "chart-y", Label: ui.T(ctx, "plot.field.chart-y")}, Value: chart.FigureText(d.chart.Y)}
	for _, y := range d.choices.Y {
		if y.Column != d.chart.X.Column {
			v.Figure.Options = append(v.Figure.Options, ui.Option{Value: chart.FigureText(y), Label: chart.FigureLabel(lang, f.Columns, y)})
		}
	}
	v.Figure.Options = withValue(v.Figure.Options, v.Figure.Value, chart.FigureLabel(lang, f.Columns, d.chart.Y))
	for k, list := range f.stated(f.kept.URL()) {
		for _, value := range list {
			v.Hidden = append(v.Hidden, ui.KeyValue{Key: k, Value: value})
		}
	}
	v.Form = ui.Form{ID: "areas-form", Action: f.base() + "/map", Get: true, Wide: true}
	v.Form.HX = ui.HX{Get: v.Form.Action, Target: "#areas-part", Select: "#areas-part", Swap: "outerHTML", Trigger: "change, submit", Sync: "this:replace", PushURL: true}
}

// areaValues are the figures of the map, the largest first, each with the name of its
// area and a link to its rows.
func (p *Pages) areaValues(ctx context.Context, f found, d drawn) ui.Table {
	lang, figures := ui.LangOf(ctx), chart.Figures(d.frame)
	names := map[string]string{}
	for area := range chart.Choose(p.o.Areas, figures).All() {
		names[area[0]] = area[1]
	}
	codes := make([]string, 0, len(figures))
	for code := range figures {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b string) int { return cmp.Or(cmp.Compare(figures[b], figures[a]), cmp.Compare(a, b)) })
	t := ui.Table{ID: "areas-values", Caption: ui.T(ctx, "areas.values"), CaptionHidden: true, Dense: true, Columns: []ui.Column{
		{Label: chart.GroupLabel(lang, f.Columns, d.chart.X)}, {Label: ui.T(ctx, "areas.name")}, {Label: chart.FigureLabel(lang, f.Columns, d.chart.Y), Kind: ui.ColumnNumber}}}
	for _, code := range codes {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: code, Header: true}, {Text: names[code]}, {Text: chart.Value(lang, figures[code])}}})
	}
	return t
}
