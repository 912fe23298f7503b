package catalogueui

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/catalogue"
	"socle/internal/chart"
	"socle/internal/geo"
	"socle/internal/httpx"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/tile"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

const (
	mapShapes  = 2000 // rows of the map that is drawn without a script
	mapNearest = 20   // rows listed under it
	mapZoom    = 16   // the deepest level of tiles; deeper ones are enlarged
)

// mapView is a map, the same map drawn by the server, and the rows nearest to its
// middle as a table.
type mapView struct {
	datasetView
	selectionView
	Status  string // how many rows are on the map
	Static  ui.Drawing
	Live    liveMap
	Nearest ui.Table
	Rows    []int64 // numbers of Nearest
	None    *ui.Empty
	Shown   string   // the number of the version
	Style   string   // address of the map's styles
	Embed   *ui.Code // nil for what is not public
}

// liveMap is what the script of the map needs.
type liveMap struct {
	Tiles   string // address of vector tiles, with {z}, {x} and {y}
	Bounds  string // west, south, east, north
	Zoom    int    // the deepest level of tiles
	Near    string // address of rows within a rectangle, as GeoJSON
	Row     string // what the number of a row is put after
	Worker  string // address of the script that reads tiles
	Base    string // tiles of the basemap, or ""
	Credit  string
	Version string
	Events  string // what tells of new versions; "" when none comes by itself
	Name    string // for screen readers
}

// mapPolicy lets the map fetch the tiles of the basemap, and nothing else.
func (p *Pages) mapPolicy() httpx.CSP { return httpx.DefaultCSP().Tiles(p.o.Basemap.URL) }

// mapPage shows where the rows lie that the address selects, or the areas that they name.
func (p *Pages) mapPage(w http.ResponseWriter, r *http.Request) error {
	f, done, err := p.withTable(w, r, "/map")
	if done || err != nil {
		return err
	}
	if !f.placed() {
		if column := p.coded(r.Context(), f); column != "" {
			return p.areasPage(w, r, f, column)
		}
		return none()
	}
	ctx := asking(r)
	q, problem := f.selected(ctx, r)
	q = query.Query{Where: q.Where, Text: q.Text, Limit: mapShapes}
	bounds, box, looked := boxOf(r.URL.Query().Get(boxParameter))
	m, err := p.o.Engine.Mapped(ctx, f.Snapshot, q, box)
	if err != nil {
		return err
	}
	more := url.Values{}
	if looked {
		more.Set(boxParameter, r.URL.Query().Get(boxParameter))
	}
	frame, page := p.frame(ctx, f, "/map")
	view := mapView{datasetView: frame, selectionView: f.selection(ctx, "/map", f.kept, more), Style: ui.Embedded().URL("map.css")}
	view.Filter.Problem = problem
	if err := p.fillMap(ctx, &view, f, m, bounds, looked); err != nil {
		return err
	}
	page.Title = ui.T(ctx, "plot.map.title", map[string]any{"Title": f.title()})
	page.NoIndex = page.NoIndex || narrowed(r)
	p.discover(f, &page, f.address("/map", f.kept, more))
	if f.dataset.State == catalogue.Published {
		view.Embed = &ui.Code{ID: "map-embed", Title: ui.T(ctx, "share.embed.map"), Text: p.embedCode(f, "map", f.address("/map", f.kept, more))}
	}
	if view.Style != "" {
		page.Head = append(page.Head, mapStyle(view.Style))
	}
	return shell.Page(w, r, page, mapTemplate(view))
}

// boxOf reads the rectangle of an address; looked is false for the whole world.
func boxOf(text string) (bounds [4]float64, box tile.Box, looked bool) {
	box, _ = tile.BoxOf(-180, -90, 180, 90)
	parts := strings.Split(text, ",")
	if len(parts) != len(bounds) {
		return bounds, box, false
	}
	for i, part := range parts {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return bounds, box, false
		}
		bounds[i] = v
	}
	b, ok := tile.BoxOf(bounds[0], bounds[1], bounds[2], bounds[3])
	if !ok {
		return bounds, box, false
	}
	return bounds, b, true
}

func (p *Pages) fillMap(ctx context.Context, view *mapView, f found, m *tables.Mapped, bounds [4]float64, looked bool) error {
	extent, err := p.o.Engine.Extent(ctx, f.Snapshot)
	if err != nil {
		return err
	}
	shapes, all := shapesOf(m)
	switch {
	case looked:
	case len(shapes) > 0 && int64(len(m.Records)) == m.Total:
		bounds = [4]float64{all.Min[0], all.Min[1], all.Max[0], all.Max[1]}
	default:
		bounds = extent.Bounds
	}
	if m.Total == 0 && !looked {
		view.None = &ui.Empty{Icon: "map", Title: ui.T(ctx, "plot.map.empty"), Text: ui.T(ctx, "plot.map.empty.text")}
		view.Live.Events, view.Shown = f.events(), strconv.Itoa(f.version.Number) // the first rows bring the map
		return nil
	}
	lang := ui.LangOf(ctx)
	view.Status = ui.T(ctx, "plot.map.count", map[string]any{"Count": m.Total, "Rows": ui.Integer(ctx, m.Total)})
	if missing := f.Snapshot.Rows() - extent.Rows; missing > 0 && f.kept.Where == nil && f.kept.Text == "" && !looked {
		view.Status += " " + ui.T(ctx, "plot.map.missing", map[string]any{"Count": missing, "Rows": ui.Integer(ctx, missing)})
	}
	svg, drawn := chart.DrawPlaces(shapes, bounds, chart.Options{Lang: lang, ID: "places", Width: 720, Title: view.Sentence, Desc: view.Status,
		Colour: func(role string) string { return ui.RoleColour(ui.Light, ui.Role(role)).String() }})
	if int64(drawn) < m.Total {
		view.Status += " " + ui.T(ctx, "plot.map.partly", map[string]any{"Drawn": ui.Integer(ctx, int64(drawn))})
	}
	view.Static = ui.Drawing{Wide: svg}
	view.Live = p.live(ctx, f, bounds, view.Sentence)
	p.nearest(ctx, view, f, m, bounds)
	return nil
}

// shapesOf reads the places of rows, and what bounds them all.
func shapesOf(m *tables.Mapped) (shapes []orb.Geometry, all orb.Bound) {
	for _, text := range m.Shapes {
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
	return shapes, all
}

func (p *Pages) live(ctx context.Context, f found, b [4]float64, name string) liveMap {
	texts := make([]string, len(b))
	for i, v := range b {
		texts[i] = strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64)
	}
	first := f.Columns[0].Name
	q := f.kept
	q.Select = []string{first}
	v := q.URL()
	v.Set("version", strconv.Itoa(f.version.Number))
	api := "/api/v1/resources/" + string(f.resource.ID)
	return liveMap{
		Tiles: api + "/tiles/{z}/{x}/{y}.mvt?" + v.Encode(), Near: api + "/features?" + v.Encode(), Bounds: strings.Join(texts, ","), Zoom: mapZoom,
		Row: ui.Address(ui.LangOf(ctx), f.base()+"/rows/"), Worker: ui.Embedded().URL("mapworker.js"), Base: p.o.Basemap.URL, Credit: p.o.Basemap.Attribution,
		Version: rowsEnd(f), Events: f.events(), Name: ui.T(ctx, "plot.map.name", map[string]any{"Sentence": name}),
	}
}

// rowsEnd is what the addresses of rows end with.
func rowsEnd(f found) string {
	if v := f.state(); len(v) > 0 {
		return "?" + v.Encode()
	}
	return ""
}

// nearest lists the rows nearest to the middle of the map.
func (p *Pages) nearest(ctx context.Context, view *mapView, f found, m *tables.Mapped, b [4]float64) {
	x, y := (b[0]+b[2])/2, (b[1]+b[3])/2
	squeeze := math.Cos(y * math.Pi / 180)
	type near struct {
		i    int
		away float64
	}
	list := make([]near, 0, len(m.Records))
	for i := range m.Records {
		g, err := geo.ParseGeoJSON(m.Shapes[i])
		if err != nil {
			continue
		}
		c := g.Bound().Center()
		list = append(list, near{i, math.Hypot((c[0]-x)*squeeze, c[1]-y)})
	}
	slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(a.away, b.away) })
	rows := tables.Page{Fields: m.Fields}
	for _, n := range list[:min(len(list), mapNearest)] {
		rows.Records = append(rows.Records, m.Records[n.i])
	}
	view.Nearest = p.table(ctx, f, query.Query{}, &rows)
	view.Nearest.ID = "nearest"
	for i := range view.Nearest.Columns {
		view.Nearest.Columns[i].SortHref = ""
	}
	view.Nearest.Caption = ui.T(ctx, "plot.map.nearest", map[string]any{"Count": len(rows.Records)})
}
