package tabular

import (
	"bytes"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/errs"
	"socle/internal/geo"
)

// textFrame makes a frame of columns of text; "" is no value. A label may end with
// ":geojson", ":point-lonlat", ":float".
func textFrame(labels []string, rows ...[]string) *Frame {
	fr := &Frame{Rows: len(rows)}
	for j, l := range labels {
		name, kind, _ := strings.Cut(l, ":")
		f := Field{Name: name, Geometry: kind}
		if kind == "geojson" {
			f.Kind = JSON
		}
		c := Column{Null: make([]bool, len(rows)), Bytes: make([][]byte, len(rows))}
		for i, r := range rows {
			c.Null[i], c.Bytes[i] = r[j] == "", []byte(r[j])
		}
		fr.Fields, fr.Columns = append(fr.Fields, f), append(fr.Columns, c)
	}
	return fr
}

// sampleTables are written in every format and read again.
func sampleTables() map[string][]*Frame {
	r := rand.New(rand.NewSource(1))
	tables := map[string][]*Frame{}
	for range 3 {
		tables["all kinds"] = append(tables["all kinds"], sampleFrame(r, 1+r.Intn(40)))
	}
	tables["lines"] = []*Frame{textFrame([]string{"code", "tracé:geojson"},
		[]string{"1", `{"type":"LineString","coordinates":[[1.25,43.5],[1.5,43.75]]}`}, []string{"2", ""},
		[]string{"3", `{"type":"MultiLineString","coordinates":[[[0,0],[1,1]],[[2,2],[3,3]]]}`})}
	tables["areas"] = []*Frame{textFrame([]string{"geometry:geojson", "nom"},
		[]string{`{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}`, "Parc"},
		[]string{`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}`, "Bois"},
		[]string{`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[0,0],[1,1]]}]}`, "Tout"})}
	tables["coordinates"] = []*Frame{textFrame([]string{"nom", "latitude", "longitude"}, []string{"Muret", "43.46", "1.32"}, []string{"nulle part", "", ""})}
	tables["odd labels"] = []*Frame{textFrame([]string{`dit "oui"`, "=1+1", "<b>&", "a;b,c", "ligne", "name", "lieu:point-lonlat"}, []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "x", "1.5,43.5"})}
	tables["no place"] = []*Frame{textFrame([]string{"a", "b"}, []string{"1", "2"}, []string{"", "4"})}
	tables["one column"] = []*Frame{textFrame([]string{"valeur"}, []string{"x"}, []string{"y z"})}
	return tables
}

// wanted is what reading should give of a table in a format; key is that of the
// error when it cannot be written.
func wanted(f Format, frames []*Frame) (header []string, rows [][]string, key string) {
	fields := frames[0].Fields
	p := placeIn(fields)
	if f.Places && !p.known() {
		return nil, nil, "tabular.no-geometry"
	}
	apart := f.Places || f.Name == "geojson" // the geometry comes last, as GeoJSON
	if f.Name == "geoparquet" && p.shape >= 0 {
		apart = false
	}
	for j, field := range fields {
		if !apart || j != p.shape {
			header = append(header, field.Name)
		}
	}
	if apart {
		header = append(header, geometryColumn)
	}
	for _, fr := range frames {
		for i, row := range cellsOf(fr) {
			shape := ""
			if g := p.place(fr, i); g != "" {
				shape = g
			}
			if f.Name == "gpx" {
				if shape == "" {
					continue
				}
				if !strings.Contains(shape, `"Point"`) && !strings.Contains(shape, "LineString") || strings.Contains(shape, "Collection") {
					return nil, nil, "tabular.gpx-shape"
				}
			}
			switch {
			case apart && p.shape >= 0:
				row = append(slices.Delete(row, p.shape, p.shape+1), shape)
			case apart:
				row = append(row, shape)
			case f.Name == "geoparquet":
				row[p.shape] = shape
			}
			rows = append(rows, row)
		}
	}
	return header, rows, ""
}

// place is the geometry of a row as GeoJSON.
func (p *place) place(fr *Frame, i int) string {
	if !p.known() {
		return ""
	}
	g := p.of(fr, i)
	if g == nil {
		return ""
	}
	return string(geo.AppendGeoJSON(nil, g, -1))
}

// lossy are formats that cannot hold every table; they have tests of their own.
var lossy = map[string]string{
	"shp":  "labels of ten characters, texts of 254",
	"gpkg": "a database: internal/tabular/gpkg",
}

// TestRoundTrip: what is written in a format reads back as it was, for all formats
// that are read and written.
func TestRoundTrip(t *testing.T) {
	one := 1
	for _, format := range Formats {
		if !format.Read || !format.Write || lossy[format.Name] != "" {
			continue
		}
		for name, frames := range sampleTables() {
			t.Run(format.Name+"/"+name, func(t *testing.T) {
				header, rows, key := wanted(format, frames)
				data, err := writeAll(format.Name, frames)
				if key != "" {
					if e := errs.As(err); err == nil || e.Key != key {
						t.Fatalf("error %v, want %s", err, key)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				f, got := readCells(t, data, Options{HeaderRows: &one, Name: "table" + format.Extensions[0]})
				if diff := cmp.Diff(header, f.Header); diff != "" {
					t.Errorf("header: -want +got\n%s", diff)
				}
				if diff := cmp.Diff(rows, got); diff != "" {
					t.Fatalf("-want +got\n%s", diff)
				}
				want := strings.Replace(format.Name, "tsv", "csv", 1)
				if want == "jsonl" && len(rows) == 1 {
					want = "json" // one object is both
				}
				if f.Info.Format != want {
					t.Errorf("format %q", f.Info.Format)
				}
			})
		}
	}
}

func writeAll(format string, frames []*Frame) ([]byte, error) {
	var out bytes.Buffer
	w, err := NewWriter(format, &out, frames[0].Fields, WriteOptions{})
	if err != nil {
		return nil, err
	}
	for _, fr := range frames {
		if err := w.Write(fr); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}
