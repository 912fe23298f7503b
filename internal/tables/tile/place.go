package tile

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/geo"
	"socle/internal/tabular"
)

// Place says how the geometry of a row is found: in one column, or in two that
// hold a longitude and a latitude in degrees.
type Place struct {
	Column   int    // position; -1 when there are two
	Way      string // tabular.Field.Geometry of Column
	Lon, Lat int    // positions, when there are two
}

// Shapes reports whether rows may be lines and surfaces.
func (p Place) Shapes() bool { return p.Way == "geojson" }

// Columns are the positions of the columns that the place is read from.
func (p Place) Columns() []int {
	if p.Column >= 0 {
		return []int{p.Column}
	}
	return []int{p.Lon, p.Lat}
}

// Find chooses the place of a table: the column of shapes, else the column of
// points, else a longitude and a latitude by their names. false: there is none.
func Find(fields []tabular.Field) (Place, bool) {
	for _, way := range []string{"geojson", "point-lonlat"} {
		for j, f := range fields {
			if f.Geometry == way {
				return Place{Column: j, Way: way, Lon: -1, Lat: -1}, true
			}
		}
	}
	lon, lat, ok := tabular.Degrees(fields)
	if !ok {
		return Place{}, false
	}
	return Place{Column: -1, Lon: lon, Lat: lat}, true
}

// Point is the point of the cells of Columns, where the place is no shape.
// false: there is none, or it is not on Earth.
func (p Place) Point(cells [][]byte) (orb.Point, bool) {
	if p.Column >= 0 {
		lon, lat, ok := bytes.Cut(cells[0], []byte{','})
		x, okx := degrees(lon, 180)
		y, oky := degrees(lat, 90)
		return orb.Point{x, y}, ok && okx && oky
	}
	x, okx := degrees(cells[0], 180)
	y, oky := degrees(cells[1], 90)
	return orb.Point{x, y}, okx && oky
}

func degrees(cell []byte, most float64) (float64, bool) {
	text := string(bytes.TrimSpace(cell))
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		v, err = strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	}
	return v, err == nil && math.Abs(v) <= most
}

// Geometry is the geometry of the cells of Columns; false where there is none.
func (p Place) Geometry(cells [][]byte) (orb.Geometry, bool) {
	if !p.Shapes() {
		return p.Point(cells)
	}
	g, err := geo.ParseGeoJSON(cells[0])
	return g, err == nil
}

// GeoJSON appends the geometry of the cells of Columns, or null.
func (p Place) GeoJSON(to []byte, cells [][]byte) []byte {
	g, ok := p.Geometry(cells)
	if !ok {
		return append(to, "null"...)
	}
	return geo.AppendGeoJSON(to, g, -1)
}
