package tabular

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/paulmach/orb"

	"socle/internal/geo"
)

// GeoParquet is Parquet whose metadata say which columns are geometries, as WKB
// (https://geoparquet.org/releases/v1.1.0/).

const (
	geoParquetKey     = "geo"
	geoParquetVersion = "1.1.0"

	// geometryWKB is the Field.Geometry of a Text column of well-known binary, which
	// only Parquet files hold.
	geometryWKB = "wkb"
)

// geoMetadata is the value under geoParquetKey.
type geoMetadata struct {
	Version string               `json:"version"`
	Primary string               `json:"primary_column"`
	Columns map[string]geoColumn `json:"columns"`
}

type geoColumn struct {
	Encoding string          `json:"encoding"`
	Types    []string        `json:"geometry_types"`
	CRS      json.RawMessage `json:"crs,omitempty"` // PROJJSON; absent: longitude and latitude of WGS 84; null: not known
	Bounds   []float64       `json:"bbox,omitempty"`
}

// shapeColumn is how a column of geometry is read.
type shapeColumn struct{ crs *geo.CRS }

// geoColumns reads which columns of a file are geometries of well-known binary.
func geoColumns(text string) (map[string]*shapeColumn, error) {
	var m geoMetadata
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, damagedParquet(err)
	}
	out := map[string]*shapeColumn{}
	for name, c := range m.Columns {
		if !strings.EqualFold(c.Encoding, "WKB") {
			continue // of nested columns, which are not read
		}
		crs, err := projJSON(c.CRS)
		if err != nil {
			return nil, err
		}
		out[name] = &shapeColumn{crs}
	}
	return out, nil
}

// projJSON finds the reference system of a column.
func projJSON(text json.RawMessage) (*geo.CRS, error) {
	if len(text) == 0 || string(text) == "null" {
		return geo.WGS84(), nil
	}
	var crs struct {
		Name string `json:"name"`
		ID   struct {
			Authority string          `json:"authority"`
			Code      json.RawMessage `json:"code"`
		} `json:"id"`
	}
	if err := json.Unmarshal(text, &crs); err != nil {
		return nil, damagedParquet(err)
	}
	code := strings.Trim(string(crs.ID.Code), `"`)
	if c, ok := geo.Named(crs.ID.Authority + ":" + code); ok {
		return c, nil
	}
	if crs.Name == "" {
		crs.Name = "?"
	}
	return nil, strangeCRS(crs.Name)
}

// native notes a column of Parquet's own type of geometries, which are
// well-known binary too.
func (p *ParquetFile) native(name string, typ parquet.Type) error {
	logical := typ.LogicalType()
	if logical == nil || p.shapes[name] != nil {
		return nil
	}
	var crs string
	switch t := logical.Value.(type) {
	case *format.GeometryType:
		crs = t.CRS
	case *format.GeographyType:
		crs = t.CRS
	default:
		return nil
	}
	known, ok := geo.WGS84(), true
	if crs != "" {
		known, ok = geo.Named(strings.Replace(crs, "srid:", "EPSG:", 1))
	}
	if !ok {
		return strangeCRS(crs)
	}
	if p.shapes == nil {
		p.shapes = map[string]*shapeColumn{}
	}
	p.shapes[name] = &shapeColumn{known}
	return nil
}

// geoJSON turns the cells of well-known binary into GeoJSON of WGS 84.
func (s *shapeColumn) geoJSON(c *Column, rows int) error {
	for i := range rows {
		if c.Null[i] {
			continue
		}
		g, err := geo.ParseWKB(c.Bytes[i])
		if err == nil {
			g, err = s.crs.Convert(g)
		}
		switch {
		case errors.Is(err, geo.ErrEmpty):
			c.Null[i], c.Bytes[i] = true, nil
		case err != nil:
			return err
		default:
			c.Bytes[i] = geo.AppendGeoJSON(nil, g, -1)
		}
	}
	return nil
}

// geoParquetWriter writes the places of a table as well-known binary in its first
// column of geometry, or in one more when the table has coordinates only.
type geoParquetWriter struct {
	*ParquetWriter
	place  place
	column int // of the geometry
	types  map[string]bool
	bounds orb.Bound
	some   bool
	buf    []byte
}

func newGeoParquetWriter(w io.Writer, fields []Field) (*geoParquetWriter, error) {
	g := &geoParquetWriter{place: placeIn(fields), types: map[string]bool{}}
	if !g.place.known() {
		return nil, noPlaces("GeoParquet")
	}
	out := slices.Clone(fields)
	if g.column = g.place.shape; g.column < 0 {
		name := geometryColumn
		for n := 2; slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }); n++ {
			name = fmt.Sprintf("%s_%d", geometryColumn, n)
		}
		g.column = len(out)
		out = append(out, Field{Name: name})
	}
	out[g.column].Kind, out[g.column].Geometry = Text, geometryWKB
	var err error
	g.ParquetWriter, err = NewParquetWriter(w, out, ParquetOptions{Trailer: g.metadata})
	return g, err
}

// Write puts a frame, its geometry as well-known binary.
func (g *geoParquetWriter) Write(fr *Frame) error {
	shapes := Column{Null: make([]bool, fr.Rows), Bytes: make([][]byte, fr.Rows)}
	g.buf = g.buf[:0]
	ends := make([]int, fr.Rows)
	for i := range fr.Rows {
		shape := g.place.of(fr, i)
		if shapes.Null[i] = shape == nil; shape != nil {
			g.buf = geo.AppendWKB(g.buf, shape)
			g.see(shape)
		}
		ends[i] = len(g.buf)
	}
	start := 0
	for i, end := range ends {
		if !shapes.Null[i] {
			shapes.Bytes[i] = g.buf[start:end:end]
		}
		start = end
	}
	one := &Frame{Fields: g.fields, Columns: make([]Column, len(g.fields)), Rows: fr.Rows}
	copy(one.Columns, fr.Columns)
	one.Columns[g.column] = shapes
	return g.ParquetWriter.Write(one)
}

func (g *geoParquetWriter) see(shape orb.Geometry) {
	g.types[shape.GeoJSONType()] = true
	if b := shape.Bound(); !g.some {
		g.bounds, g.some = b, true
	} else {
		g.bounds = g.bounds.Union(b)
	}
}

// metadata is written at the end of the file, when all was seen.
func (g *geoParquetWriter) metadata() (key, value string) {
	c := geoColumn{Encoding: "WKB", Types: slices.Sorted(maps.Keys(g.types))}
	if c.Types == nil {
		c.Types = []string{}
	}
	if g.some && !math.IsInf(g.bounds.Min[0], 0) {
		c.Bounds = []float64{g.bounds.Min[0], g.bounds.Min[1], g.bounds.Max[0], g.bounds.Max[1]}
	}
	name := g.fields[g.column].Name
	data, err := json.Marshal(geoMetadata{Version: geoParquetVersion, Primary: name, Columns: map[string]geoColumn{name: c}})
	if err != nil { // numbers that JSON has no word for
		return geoParquetKey, `{"version":` + strconv.Quote(geoParquetVersion) + `}`
	}
	return geoParquetKey, string(data)
}
