package query_test

import (
	"testing"

	"socle/internal/query"
)

// TestInside: geometries against a square with a hole.
func TestInside(t *testing.T) {
	area, ok := query.ParseArea("POLYGON((0 0,10 0,10 10,0 10,0 0),(4 4,6 4,6 6,4 6,4 4))")
	if !ok {
		t.Fatal("area")
	}
	for text, want := range map[string][2]bool{ // inside, meets
		"POINT(1 1)":  {true, true},
		"POINT(5 5)":  {false, false},
		"POINT(11 1)": {false, false},
		`{"type":"Point","coordinates":[1,1,30]}`:  {true, true},
		"MULTIPOINT((1 1),(20 20))":                {false, true},
		"LINESTRING(1 1,1 9)":                      {true, true},
		"LINESTRING(1 5,9 5)":                      {false, true},
		"LINESTRING(-5 5,15 5)":                    {false, true},
		"LINESTRING(-5 -5,15 -5)":                  {false, false},
		"POLYGON((1 1,2 1,2 2,1 1))":               {true, true},
		"POLYGON((-1 -1,11 -1,11 11,-1 11,-1 -1))": {false, true},
		"POLYGON((20 20,21 20,21 21,20 20))":       {false, false},
		`{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[1,1],[2,1],[2,2],[1,1]]]]}}`: {true, true},
	} {
		g, ok := query.ParseGeometry(text)
		if !ok {
			t.Errorf("%s: not read", text)
			continue
		}
		for i, meets := range []bool{false, true} {
			if got := (query.Inside{Area: area, Meets: meets}).Test()(g); got != want[i] {
				t.Errorf("%s meets=%t: %t", text, meets, got)
			}
		}
	}
}

// TestParseAreaRefuses what is no area of the globe.
func TestParseAreaRefuses(t *testing.T) {
	for _, text := range []string{"", "POINT(1 1)", "POLYGON((0 0,1 1))", "POLYGON((0 0,1 0,1 1,0 1))", "POLYGON((0 0,200 0,200 1,0 0))", "POLYGON EMPTY",
		"SRID=2154;POLYGON((0 0,1 0,1 1,0 0))", `{"type":"Polygon"}`, `{"type":"Polygon","coordinates":[[[0],[1,0],[1,1],[0,0]]]}`, `{"type":"Polygon","coordinates":null}`,
		`{"type":"Feature","geometry":{"type":"Feature","geometry":{"type":"Feature","geometry":null}}}`} {
		if a, ok := query.ParseArea(text); ok {
			t.Errorf("%s: %v", text, a)
		}
	}
	for _, text := range []string{"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))", " polygon ((0 0, 1 0, 1 1, 0 0)) ",
		"MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((2 2,3 2,3 3,2 2)))", `{"type":"GeometryCollection","geometries":[{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}]}`} {
		if _, ok := query.ParseArea(text); !ok {
			t.Errorf("%s: refused", text)
		}
	}
}
