package tabular

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
)

// TestGeoParquetMetadata: what is written says which column is the geometry, of
// which kinds, within which box, as version 1.1 of the specification wants it.
func TestGeoParquetMetadata(t *testing.T) {
	data, err := writeAll("geoparquet", sampleTables()["areas"])
	if err != nil {
		t.Fatal(err)
	}
	p, err := OpenParquet(Bytes(data))
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal([]byte(p.Metadata("geo")), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"version": "1.1.0", "primary_column": "geometry", "columns": map[string]any{"geometry": map[string]any{
		"encoding": "WKB", "geometry_types": []any{"GeometryCollection", "MultiPolygon", "Polygon"}, "bbox": []any{0.0, 0.0, 6.0, 6.0}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// geoParquet is a file of one point with metadata of its own.
func geoParquet(t *testing.T, metadata string, wkb []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewParquetWriter(&out, []Field{{Name: "nom"}, {Name: "geom", Geometry: geometryWKB}}, ParquetOptions{Metadata: map[string]string{"geo": metadata}})
	if err != nil {
		t.Fatal(err)
	}
	fr := textFrame([]string{"nom", "geom"}, []string{"Mairie", string(wkb)})
	if err := w.Write(fr); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestGeoParquetSystems: positions of other systems become degrees; a system that
// is not known, and bytes that are no geometry, are told.
func TestGeoParquetSystems(t *testing.T) {
	columns := func(crs string) string {
		return `{"version":"1.0.0","primary_column":"geom","columns":{"geom":{"encoding":"WKB","geometry_types":[]` + crs + `}}}`
	}
	lambert := geo.AppendWKB(nil, orb.Point{574357.8, 6279642.9})
	for _, c := range []struct {
		crs, want, key string
		wkb            []byte
	}{
		{"", `{"type":"Point","coordinates":[1.5,43.5]}`, "", geo.AppendWKB(nil, orb.Point{1.5, 43.5})},
		{`,"crs":null`, `{"type":"Point","coordinates":[1.5,43.5]}`, "", geo.AppendWKB(nil, orb.Point{1.5, 43.5})},
		{`,"crs":{"name":"RGF93 v1 / Lambert-93","id":{"authority":"EPSG","code":2154}}`, `{"type":"Point","coordinates":[1.44`, "", lambert},
		{`,"crs":{"name":"Mars 2000","id":{"authority":"ESRI","code":104905}}`, "", "tabular.unknown-crs", lambert},
		{"", "", "parquet.damaged", []byte("xyz")},
	} {
		data := geoParquet(t, columns(c.crs), c.wkb)
		var out bytes.Buffer
		f, err := Open(t.Context(), Bytes(data), Options{})
		if err == nil {
			err = Convert(t.Context(), f, "csv", &out)
			f.Close()
		}
		if c.key != "" {
			if e := errs.As(err); err == nil || e.Key != c.key {
				t.Errorf("%s: %v", c.crs, err)
			}
			continue
		}
		text := strings.ReplaceAll(out.String(), `""`, `"`)
		if err != nil || !strings.Contains(text, c.want) || f.Info.Format != "geoparquet" || f.Info.Geometry != "geom" {
			t.Errorf("%s: %v %s %+v", c.crs, err, text, f.Info)
		}
	}
	if _, err := Open(t.Context(), Bytes(geoParquet(t, "{", nil)), Options{}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
