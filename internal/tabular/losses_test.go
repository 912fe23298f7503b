package tabular

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// TestHeights: a file whose positions have heights says so.
func TestHeights(t *testing.T) {
	layer := shpOf([4]float64{1, 43, 2, 44}, recordOf(11, 1.5, 43.25, 120.0, 0.0))
	layer[32] = 11
	for _, c := range []struct {
		name string
		data []byte
		want bool
	}{
		{"shapefile", zipOf(t, [2]string{"l.shp", string(layer)}, [2]string{"l.prj", prjDeg}), true},
		{"GeoJSON", []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2,120]}}]}`), true},
		{"heights of zero", []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2,0]}}]}`), false},
	} {
		f, err := Open(t.Context(), Bytes(c.data), Options{})
		if err != nil {
			t.Fatal(c.name, err)
		}
		if f.Info.Heights != c.want {
			t.Errorf("%s: %v", c.name, f.Info.Heights)
		}
		f.Close()
	}
}

// placesOfText are two places, with a text of n letters each.
func placesOfText(n int) *Frame {
	text := []byte(strings.Repeat("é", n))
	shape := []byte(`{"type":"Point","coordinates":[1.5,43.25]}`)
	return &Frame{
		Fields:  []Field{{Name: "texte", Kind: Text}, {Name: "geometry", Kind: JSON, Geometry: "geojson"}},
		Columns: []Column{{Null: make([]bool, 2), Bytes: [][]byte{text, text}}, {Null: make([]bool, 2), Bytes: [][]byte{shape, shape}}}, Rows: 2,
	}
}

func written(t *testing.T, format string, fr *Frame, o WriteOptions) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(format, &out, fr.Fields, o)
	if err == nil {
		err = w.Write(fr)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestShapefileTellsCuts: an archive whose texts had to be cut says how many.
func TestShapefileTellsCuts(t *testing.T) {
	for n, want := range map[int]string{127: "", 128: "2 cellules ont été coupées"} {
		data := written(t, "shp", placesOfText(n), WriteOptions{})
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		told := ""
		for _, entry := range z.File {
			if entry.Name != "LISEZ-MOI.txt" {
				continue
			}
			r, err := entry.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			told = string(text)
		}
		if told != z.Comment || (told != "") != (want != "") || !strings.Contains(told, want) {
			t.Errorf("%d: %q, %q", n, told, z.Comment)
		}
	}
}

// TestGeoPackageChanged: the day of the rows is in the file, so that the same rows
// make the same bytes.
func TestGeoPackageChanged(t *testing.T) {
	day := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	one, two := written(t, "gpkg", placesOfText(3), WriteOptions{Changed: day}), written(t, "gpkg", placesOfText(3), WriteOptions{Changed: day})
	if !bytes.Contains(one, []byte("2026-03-02T10:00:00.000Z")) || !bytes.Equal(one, two) {
		t.Error("the day is not told, or the same rows made other bytes")
	}
}
