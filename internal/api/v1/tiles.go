package v1

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/tables"
	"socle/internal/tables/tile"
	"socle/internal/tabular"
)

// tileJSON describes the tiles of a table (TileJSON 3.0.0).
type tileJSON struct {
	TileJSON    string            `json:"tilejson"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Attribution string            `json:"attribution"`
	Version     string            `json:"version"`
	Tiles       []string          `json:"tiles"`
	MinZoom     int               `json:"minzoom"`
	MaxZoom     int               `json:"maxzoom"`
	Bounds      [4]float64        `json:"bounds"`
	Center      [3]float64        `json:"center"`
	Layers      []tileLayerAnswer `json:"vector_layers"`
	Mapped      int64             `json:"rows"`
}

type tileLayerAnswer struct {
	ID          string            `json:"id"`
	Description string            `json:"description"`
	MinZoom     int               `json:"minzoom"`
	MaxZoom     int               `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

// tileZoom is the deepest level that a map need ask for: a metre is more than
// ten units there, so deeper ones are this one, enlarged.
const tileZoom = 16

// tileDocument describes the tiles of a table, with the filters of the address.
func (api *API) tileDocument(w http.ResponseWriter, r *http.Request) error {
	o, err := api.open(r)
	if err != nil {
		return err
	}
	q, err := o.ask(r)
	if err != nil {
		return err
	}
	x, err := api.o.Engine.Extent(asking(r), o.Snapshot)
	if err != nil {
		return err
	}
	v := q.URL()
	v.Set("version", strconv.Itoa(o.version.Number))
	ans := tileJSON{
		TileJSON: "3.0.0", Name: o.dataset.Title, Description: q.Sentence(lang(r), o.Columns, o.dataset.Title), Attribution: api.attribution(r, o.dataset),
		Version: strconv.Itoa(o.version.Number) + ".0.0", MaxZoom: tileZoom, Mapped: x.Rows,
		Tiles: []string{api.link("api/v1/resources", string(o.resource.ID), "tiles") + "/{z}/{x}/{y}.mvt?" + v.Encode()},
	}
	for i, b := range x.Bounds {
		ans.Bounds[i] = math.Round(b*1e6) / 1e6
	}
	ans.Center = [3]float64{(ans.Bounds[0] + ans.Bounds[2]) / 2, (ans.Bounds[1] + ans.Bounds[3]) / 2, zoomOf(x.Bounds)}
	rows := tileLayerAnswer{ID: tile.RowsLayer, MaxZoom: tileZoom, Fields: map[string]string{}}
	for _, f := range selected(o.Snapshot.Fields, q.Select) {
		if f.Geometry == "" {
			rows.Fields[f.Name] = tileType(f.Kind)
		}
	}
	ans.Layers = []tileLayerAnswer{rows, {ID: tile.ClustersLayer, MaxZoom: tileZoom, Fields: map[string]string{tile.CountKey: "Number"}}}
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

// tileType is the type of an attribute, in the words of TileJSON.
func tileType(k tabular.Kind) string {
	switch k {
	case tabular.Int, tabular.Float:
		return "Number"
	case tabular.Bool:
		return "Boolean"
	}
	return "String"
}

// zoomOf is the level at which bounds fill about two tiles.
func zoomOf(b [4]float64) float64 {
	side := max(b[2]-b[0], (b[3]-b[1])*1.4, 1e-4)
	return math.Floor(max(0, min(tileZoom, math.Log2(720/side))))
}

// asking is the context of a request's queries, which wait their turn by visitor.
func asking(r *http.Request) context.Context {
	return tables.WithClient(r.Context(), httpx.ClientKey(r.Context()))
}

// attribution names the producer and the licence.
func (api *API) attribution(r *http.Request, d catalogue.Dataset) string {
	parts := []string{}
	if org, err := api.o.Identity.Organisation(r.Context(), actor(r), d.Organisation); err == nil {
		parts = append(parts, org.Name)
	}
	if l, ok := catalogue.FindLicence(d.Licence); ok {
		parts = append(parts, l.Name)
	}
	return strings.Join(parts, ", ")
}

// tile answers with a vector tile.
func (api *API) tile(w http.ResponseWriter, r *http.Request) error {
	y, ok := strings.CutSuffix(r.PathValue("y"), ".mvt")
	if !ok {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	a, err := tile.ParseAddress(r.PathValue("z"), r.PathValue("x"), y)
	if err != nil {
		return httpx.WithStatus(err, http.StatusBadRequest)
	}
	o, err := api.open(r)
	if err != nil {
		return err
	}
	h := w.Header()
	if r.URL.Query().Get("version") != "" && o.dataset.State == catalogue.Published {
		h.Set("Cache-Control", "public, max-age=86400, immutable")
	}
	if httpx.NotModified(w, r, httpx.PageTag(tile.Version, string(o.version.ID), r.URL.Path, r.URL.RawQuery)) {
		return nil
	}
	q, err := o.ask(r)
	if err != nil {
		return err
	}
	data, err := api.o.Engine.Tile(asking(r), o.Snapshot, q, a)
	if err != nil {
		return err
	}
	h.Set("Content-Type", "application/vnd.mapbox-vector-tile")
	return httpx.WriteBytes(w, r, http.StatusOK, data)
}

// features answers with rows and their shapes, within a rectangle: GeoJSON.
func (api *API) features(w http.ResponseWriter, r *http.Request) error {
	o, err := api.open(r)
	if err != nil {
		return err
	}
	if httpx.NotModified(w, r, httpx.PageTag(string(o.version.ID), "features", r.URL.RawQuery)) {
		return nil
	}
	values := r.URL.Query()
	box, err := readBox(values.Get("bbox"))
	if err != nil {
		return err
	}
	bounds := values.Get("bbox")
	values.Del("bbox")
	bare := r.Clone(r.Context())
	bare.URL = &url.URL{Path: r.URL.Path, RawQuery: values.Encode()}
	q, err := o.ask(bare)
	if err != nil {
		return err
	}
	m, err := api.o.Engine.Mapped(asking(r), o.Snapshot, q, box)
	if err != nil {
		return err
	}
	next := ""
	if m.Next != 0 {
		more := q
		more.After = m.Next
		v := more.URL()
		v.Set("version", strconv.Itoa(o.version.Number))
		if bounds != "" {
			v.Set("bbox", bounds)
		}
		next = api.link("api/v1/resources", string(o.resource.ID), "features") + "?" + v.Encode()
	}
	w.Header().Set("Content-Type", "application/geo+json")
	return httpx.WriteBytes(w, r, http.StatusOK, featuresJSON(m, o.version.Number, next))
}

// readBox reads west, south, east, north; "" is the world.
func readBox(text string) (tile.Box, error) {
	if text == "" {
		b, _ := tile.BoxOf(-180, -90, 180, 90)
		return b, nil
	}
	var n [4]float64
	parts := strings.Split(text, ",")
	ok := len(parts) == len(n)
	for i := range n {
		if ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
			n[i], ok = v, err == nil
		}
	}
	b, on := tile.BoxOf(n[0], n[1], n[2], n[3])
	if !ok || !on {
		return b, httpx.WithStatus(errs.New(errs.Invalid, "tiles.bbox", errs.Args{"Value": text}).WithHint("tiles.bbox.hint"), http.StatusBadRequest)
	}
	return b, nil
}

// featuresJSON writes a collection (RFC 7946) with the counts of OGC API Features.
func featuresJSON(m *tables.Mapped, version int, next string) []byte {
	var b bytes.Buffer
	names := make([][]byte, len(m.Fields))
	for i, f := range m.Fields {
		names[i], _ = json.Marshal(f.Name)
	}
	b.WriteString(`{"type":"FeatureCollection","version":` + strconv.Itoa(version) + `,"numberMatched":` + strconv.FormatInt(m.Total, 10) +
		`,"numberReturned":` + strconv.Itoa(len(m.Records)) + `,"links":[`)
	if next != "" {
		link, _ := json.Marshal(next)
		b.WriteString(`{"rel":"next","type":"application/geo+json","href":` + string(link) + `}`)
	}
	b.WriteString(`],"features":[`)
	for i, rec := range m.Records {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"type":"Feature","id":` + strconv.FormatInt(rec.Number, 10) + `,"geometry":`)
		b.Write(m.Shapes[i])
		b.WriteString(`,"properties":{`)
		first := true
		for j, cell := range rec.Cells {
			if m.Fields[j].Geometry != "" {
				continue
			}
			if !first {
				b.WriteByte(',')
			}
			first = false
			b.Write(names[j])
			b.WriteByte(':')
			b.Write(appendCell(b.AvailableBuffer(), m.Fields[j].Kind, cell))
		}
		b.WriteString("}}")
	}
	b.WriteString("]}\n")
	return b.Bytes()
}
