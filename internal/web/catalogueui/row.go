package catalogueui

import (
	"net/http"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/geo"
	"socle/internal/query"
	"socle/internal/tables/tile"
	"socle/internal/tabular"
	"socle/internal/web/cells"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// rowView is one row, every cell in full.
type rowView struct {
	datasetView
	Title    string
	Cells    ui.KeyValues
	Text     string // what is copied
	Map      string // address of the place on the map, "" without
	Previous ui.Link
	Next     ui.Link
}

// row shows one row of a version: the detail of its cells, and an address for it.
func (p *Pages) row(w http.ResponseWriter, r *http.Request) error {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || number < 1 {
		return none()
	}
	part := "/rows/" + strconv.FormatInt(number, 10)
	f, done, err := p.withTable(w, r, part)
	if done || err != nil {
		return err
	}
	ctx := asking(r)
	rows, err := p.o.Engine.Numbers(ctx, f.Snapshot, []int64{number}, nil)
	if e := errs.As(err); e != nil && e.Kind == errs.NotFound || err == nil && len(rows.Records) != 1 {
		return none()
	}
	if err != nil {
		return err
	}
	frame, page := p.frame(ctx, f, part)
	view := rowView{datasetView: frame, Title: ui.T(ctx, "plot.row.title", map[string]any{"Number": ui.Integer(ctx, number)})}
	var text strings.Builder
	for i, cell := range rows.Records[0].Cells {
		field := rows.Fields[i]
		value := cells.Text(ctx, field, cell)
		text.WriteString(cells.Label(f.Columns, field.Name) + "\t" + strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(value) + "\n")
		view.Cells.Rows = append(view.Cells.Rows, cellRow(ctx, f, field, value, cell == nil))
	}
	view.Text = text.String()
	if place, ok := tile.Find(rows.Fields); ok {
		view.Map = mapOf(f, place, rows.Records[0].Cells)
	}
	at := func(n int64) string { return f.address("/rows/"+strconv.FormatInt(n, 10), query.Query{}, nil) }
	if number > 1 {
		view.Previous = ui.Link{Label: ui.T(ctx, "plot.row.previous"), Href: at(number - 1), Icon: "chevron-left"}
	}
	if number < f.Snapshot.Rows() {
		view.Next = ui.Link{Label: ui.T(ctx, "plot.row.next"), Href: at(number + 1), Icon2: "chevron-right"}
	}
	page.Title = ui.T(ctx, "plot.row.page", map[string]any{"Number": ui.Integer(ctx, number), "Title": f.title()})
	page.NoIndex = true // there are millions, and they are in the files
	return shell.Page(w, r, page, rowPage(view))
}

// mapOf is the address of the map around the place of a row, "" when it has none.
func mapOf(f found, place tile.Place, cells [][]byte) string {
	const around = 0.004 // degrees
	var own [][]byte
	for _, at := range place.Columns() {
		if cells[at] == nil {
			return ""
		}
		own = append(own, cells[at])
	}
	g, err := geo.ParseGeoJSON(place.GeoJSON(nil, own))
	if err != nil {
		return ""
	}
	b := g.Bound().Pad(around)
	texts := []string{}
	for i, v := range []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		limit := []float64{180, 85}[i%2]
		texts = append(texts, strconv.FormatFloat(max(-limit, min(limit, v)), 'f', 5, 64))
	}
	return f.address("/map", query.Query{}, map[string][]string{boxParameter: {strings.Join(texts, ",")}})
}

// isShape tells cells that are drawn rather than read.
func isShape(field tabular.Field) bool { return field.Geometry == "geojson" }
