package dashboardui

import (
	"context"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/chart"
	"socle/internal/dashboard"
	"socle/internal/geo"
	"socle/internal/tabular"
	"socle/internal/web/cells"
	"socle/internal/web/ui"
)

func colour(role string) string { return ui.RoleColour(ui.Light, ui.Role(role)).String() }

// chart draws a chart, and says the same as a table.
func (p *Pages) chart(ctx context.Context, v *blockView, x *dashboard.Answer) {
	l := ui.LangOf(ctx)
	values := x.Chart.Values()
	for name, list := range x.Query.URL() {
		values[name] = list
	}
	more := ui.More(ui.T(ctx, "dashboardui.chart"), "/datasets/"+x.Dataset.Slug+"/chart?"+values.Encode())
	v.More = &more
	if x.Data.Empty() {
		v.Notes = []string{ui.T(ctx, "dashboardui.empty")}
		return
	}
	width := 470 // names above their bars: half a page is too narrow for them beside
	if v.Wide {
		width = 720
	}
	draw := func(id string, width int) []byte {
		return chart.Draw(x.Chart, x.Data, chart.Options{Lang: l, ID: id, Width: width, Title: v.Title, Desc: chart.Describe(l, x.Chart, x.Data), Colour: colour,
			XName: chart.GroupLabel(l, x.Columns, x.Chart.X), YName: chart.FigureLabel(l, x.Columns, x.Chart.Y)})
	}
	v.Drawing = &ui.Drawing{Wide: draw(v.ID+"-wide", width), Narrow: draw(v.ID+"-narrow", 340)}
	v.Notes = chart.Notes(l, x.Chart, x.Data)
	t := ui.Table{ID: v.ID + "-values", Caption: v.Title, Dense: true, Columns: []ui.Column{{Label: chart.GroupLabel(l, x.Columns, x.Chart.X)}}}
	for _, s := range x.Data.Series {
		name := s.Name
		if name == "" {
			name = chart.FigureLabel(l, x.Columns, x.Chart.Y)
		}
		t.Columns = append(t.Columns, ui.Column{Label: name, Kind: ui.ColumnNumber})
	}
	for i, label := range x.Data.Labels {
		row := ui.Row{Cells: []ui.Cell{{Text: label, Header: true}}}
		for _, s := range x.Data.Series {
			row.Cells = append(row.Cells, ui.Cell{Text: chart.Value(l, s.Values[i])})
		}
		t.Rows = append(t.Rows, row)
	}
	v.Values = &t
}

// places draws a map.
func (p *Pages) places(ctx context.Context, v *blockView, x *dashboard.Answer) {
	var shapes []orb.Geometry
	var all orb.Bound
	for _, text := range x.Mapped.Shapes {
		g, err := geo.ParseGeoJSON(text)
		if err != nil {
			continue
		}
		if b := g.Bound(); len(shapes) == 0 {
			all = b
		} else {
			all = all.Union(b)
		}
		shapes = append(shapes, g)
	}
	address := x.Query
	address.Limit = 0
	to := "/datasets/" + x.Dataset.Slug + "/map"
	if text := address.Encode(); text != "" {
		to += "?" + text
	}
	more := ui.More(ui.T(ctx, "dashboardui.map"), to)
	v.More = &more
	if len(shapes) == 0 {
		v.Notes = []string{ui.T(ctx, "dashboardui.empty")}
		return
	}
	bounds := x.Bounds
	if int64(len(x.Mapped.Records)) == x.Mapped.Total {
		bounds = [4]float64{all.Min[0], all.Min[1], all.Max[0], all.Max[1]}
	}
	status := ui.T(ctx, "plot.map.count", map[string]any{"Count": x.Mapped.Total, "Rows": ui.Integer(ctx, x.Mapped.Total)})
	draw := func(id string, width int) []byte {
		svg, _ := chart.DrawPlaces(shapes, bounds, chart.Options{Lang: ui.LangOf(ctx), ID: id, Width: width, Title: v.Title, Desc: status, Colour: colour})
		return svg
	}
	v.Drawing = &ui.Drawing{Wide: draw(v.ID+"-wide", 720), Narrow: draw(v.ID+"-narrow", 340)}
	v.Notes = []string{status}
}

// rowsTable is the first rows.
func rowsTable(ctx context.Context, id string, x *dashboard.Answer) ui.Table {
	t := ui.Table{ID: id + "-rows", Caption: x.Block.Title, CaptionHidden: true, Dense: true}
	for _, f := range x.Page.Fields {
		t.Columns = append(t.Columns, ui.Column{Label: cells.Label(x.Columns, f.Name), Kind: cells.Kind(f.Kind)})
	}
	for _, rec := range x.Page.Records {
		var row ui.Row
		for j, cell := range rec.Cells {
			row.Cells = append(row.Cells, ui.Cell{Text: cellText(ctx, x.Page.Fields[j], cell)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// longest is how much of a cell a board shows.
const longest = 160

// cellText writes a cell as people read it.
func cellText(ctx context.Context, f tabular.Field, cell []byte) string {
	if f.Kind == tabular.Date {
		if t, err := time.Parse(time.DateOnly, string(cell)); err == nil {
			return ui.Day(ctx, t)
		}
	}
	return cells.Cut(cells.Text(ctx, f, cell), longest)
}
