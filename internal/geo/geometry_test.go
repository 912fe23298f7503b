package geo

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
)

var shapes = []string{
	`{"type":"Point","coordinates":[1.44,43.6]}`,
	`{"type":"MultiPoint","coordinates":[[1,43],[2,44.5]]}`,
	`{"type":"LineString","coordinates":[[1,43],[2,44.5],[-0.000001,0]]}`,
	`{"type":"MultiLineString","coordinates":[[[1,43],[2,44.5]],[[3,3],[4,4]]]}`,
	`{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}`,
	`{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}`,
	`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,43],[2,44]]}]}`,
}

// TestForms: a geometry is the same in GeoJSON, in WKB, as orb itself writes it.
func TestForms(t *testing.T) {
	for _, text := range shapes {
		g, err := ParseGeoJSON([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := string(AppendGeoJSON(nil, g, -1)); got != text {
			t.Errorf("%s became %s", text, got)
		}
		b := AppendWKB(nil, g)
		if want := wkb.MustMarshal(g); !cmp.Equal(want, b) {
			t.Errorf("%s: %x, orb writes %x", text, b, want)
		}
		again, err := ParseWKB(b)
		if err != nil || !orb.Equal(again, g) {
			t.Errorf("%x: %v %v", b, again, err)
		}
	}
}

func TestParseGeoJSON(t *testing.T) {
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{` { "coordinates" : [ 1.5 , -2e1, 130.25 ] , "bbox":[1,{"a":"]}"},2], "type" : "Point" } `, `{"type":"Point","coordinates":[1.5,-20]}`, nil},
		{`{"type":"Feature","properties":{"type":"x"},"geometry":{"type":"Point","coordinates":[1,2]}}`, `{"type":"Point","coordinates":[1,2]}`, nil},
		{`{"type":"GeometryCollection","geometries":[null,{"type":"Point","coordinates":[]},{"type":"Point","coordinates":[1,2]}]}`, `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}`, nil},
		{`null`, "", ErrEmpty},
		{`{"type":"Point","coordinates":[]}`, "", ErrEmpty},
		{`{"type":"MultiPolygon","coordinates":[[]]}`, "", ErrEmpty},
		{`{"type":"GeometryCollection","geometries":[]}`, "", ErrEmpty},
		{`{"type":"Point","coordinates":[1]}`, "", ErrGeometry},
		{`{"type":"Point","coordinates":["1","2"]}`, "", ErrGeometry},
		{`{"type":"Point","coordinates":[1,2]} x`, "", ErrGeometry},
		{`{"type":"Point","coordinates":[1,2`, "", ErrGeometry},
		{`{"type":"LineString","coordinates":[1,2]}`, "", ErrGeometry},
		{`{"type":"Circle","coordinates":[1,2]}`, "", ErrGeometry},
		{`{"type":"Point","coordinates":[1e999,2]}`, "", ErrGeometry},
		{`{"type":"Point"}`, "", ErrGeometry},
		{`[1,2]`, "", ErrGeometry},
		{`{`, "", ErrGeometry},
		{``, "", ErrGeometry},
	} {
		g, err := ParseGeoJSON([]byte(c.in))
		if !errors.Is(err, c.err) || err == nil && string(AppendGeoJSON(nil, g, -1)) != c.want {
			t.Errorf("%s: %v, %v", c.in, g, err)
		}
	}
}

func TestAppendGeoJSONDecimals(t *testing.T) {
	got := string(AppendGeoJSON(nil, orb.LineString{{1.23456789, -0.00000001}, {100, 43.6000000}}, 7))
	if want := `{"type":"LineString","coordinates":[[1.2345679,0],[100,43.6]]}`; got != want {
		t.Error(got)
	}
}

// TestParseWKB reads forms that others write: heights of ISO and of PostGIS, both
// orders of bytes, the number of a reference system.
func TestParseWKB(t *testing.T) {
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{"0000000001" + "3FF0000000000000" + "4000000000000000", `{"type":"Point","coordinates":[1,2]}`, nil},
		{"01E9030000" + "000000000000F03F" + "0000000000000040" + "0000000000000840", `{"type":"Point","coordinates":[1,2]}`, nil},
		{"01010000A0E6100000" + "000000000000F03F" + "0000000000000040" + "0000000000000840", `{"type":"Point","coordinates":[1,2]}`, nil},
		{"01B90B0000" + "000000000000F03F" + "0000000000000040" + "0000000000000840" + "0000000000000840", `{"type":"Point","coordinates":[1,2]}`, nil},
		{"0101000000" + "000000000000F87F" + "000000000000F87F", "", ErrEmpty},
		{"010200000000000000", "", ErrEmpty},
		{"0102000000FFFFFFFF", "", ErrGeometry},
		{"0107000000FFFFFF7F0101000000", "", ErrGeometry},
		{"0104000000010000000102000000010000000000000000000000" + "0000000000000000", "", ErrGeometry},
		{"01090000000000000", "", ErrGeometry},
		{"02", "", ErrGeometry},
		{"", "", ErrGeometry},
	} {
		b, _ := hex.DecodeString(c.in)
		g, err := ParseWKB(b)
		if !errors.Is(err, c.err) || err == nil && string(AppendGeoJSON(nil, g, -1)) != c.want {
			t.Errorf("%s: %v, %v", c.in, g, err)
		}
	}
}

// FuzzWKB: any bytes are read without harm, and what is read is written the same.
func FuzzWKB(f *testing.F) {
	for _, text := range shapes {
		g, err := ParseGeoJSON([]byte(text))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(AppendWKB(nil, g))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := ParseWKB(b)
		if err != nil {
			return
		}
		again, err := ParseWKB(AppendWKB(nil, g))
		if err != nil || !orb.Equal(again, g) {
			t.Fatalf("%v became %v (%v)", g, again, err)
		}
	})
}

// FuzzGeoJSON: any text is read without harm, and what is read is written the same.
func FuzzGeoJSON(f *testing.F) {
	for _, text := range shapes {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := ParseGeoJSON(b)
		if err != nil {
			return
		}
		again, err := ParseGeoJSON(AppendGeoJSON(nil, g, -1))
		if err != nil || !orb.Equal(again, g) {
			t.Fatalf("%v became %v (%v)", g, again, err)
		}
	})
}
