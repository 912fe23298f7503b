package schema

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// geopoint reads "lon,lat" in degrees, or the JSON forms of the formats array
// and object. The value is the text "lon,lat" without spaces.
func (c *Caster) geopoint(cell []byte, v *Value) bool {
	if c.field.Format == "" {
		lon, lat, ok := lonLat(cell)
		if !ok {
			return false
		}
		v.Text = cell
		if bytes.IndexByte(cell, ' ') >= 0 {
			v.Text = appendPoint(nil, lon, lat)
		}
		return true
	}
	lon, lat, ok := jsonPoint(c.field.Format, cell)
	if ok {
		v.Text = appendPoint(nil, lon, lat)
	}
	return ok
}

// Point returns the coordinates of a geopoint value, in degrees.
func (v *Value) Point() (lon, lat float64, ok bool) { return lonLat(v.Text) }

func lonLat(b []byte) (lon, lat float64, ok bool) {
	x, y, found := bytes.Cut(b, []byte(","))
	if !found || !float(trim(x), &lon) || !float(trim(y), &lat) {
		return 0, 0, false
	}
	return lon, lat, inRange(lon, lat)
}

func inRange(lon, lat float64) bool {
	return lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90
}

func appendPoint(b []byte, lon, lat float64) []byte {
	b = strconv.AppendFloat(b, lon, 'f', -1, 64)
	return strconv.AppendFloat(append(b, ','), lat, 'f', -1, 64)
}

func jsonPoint(format string, cell []byte) (lon, lat float64, ok bool) {
	var x, y json.RawMessage
	b := bytes.TrimSpace(cell)
	if len(b) == 0 || b[0] != '[' && b[0] != '{' {
		return 0, 0, false
	}
	if format == "array" {
		var list []json.RawMessage
		if json.Unmarshal(b, &list) != nil || len(list) != 2 {
			return 0, 0, false
		}
		x, y = list[0], list[1]
	} else {
		var o object
		if json.Unmarshal(b, &o) != nil {
			return 0, 0, false
		}
		x, y = o["lon"], o["lat"]
	}
	if x == nil || y == nil || !float([]byte(text(x)), &lon) || !float([]byte(text(y)), &lat) {
		return 0, 0, false
	}
	return lon, lat, inRange(lon, lat)
}

// geometryDepths gives how deep the coordinates of a GeoJSON geometry nest
// (RFC 7946, section 3.1): 0 one position, 1 a list of them, and so on.
var geometryDepths = map[string]int{"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}

func geojson(cell []byte) bool {
	b := bytes.TrimSpace(cell)
	return len(b) > 0 && b[0] == '{' && geojsonObject(b, 0)
}

func geojsonObject(b []byte, depth int) bool {
	var o struct {
		Type        string
		Coordinates json.RawMessage
		Geometries  []json.RawMessage
		Geometry    json.RawMessage
		Features    []json.RawMessage
	}
	if depth > 16 || json.Unmarshal(b, &o) != nil {
		return false
	}
	switch o.Type {
	case "Feature":
		if o.Geometry == nil || string(o.Geometry) == "null" {
			return true
		}
		return geometry(o.Geometry, depth+1)
	case "FeatureCollection":
		if o.Features == nil {
			return false
		}
		for _, f := range o.Features {
			var t struct{ Type string }
			if json.Unmarshal(f, &t) != nil || t.Type != "Feature" || !geojsonObject(f, depth+1) {
				return false
			}
		}
		return true
	}
	return geometry(b, depth)
}

func geometry(b []byte, depth int) bool {
	var o struct {
		Type        string
		Coordinates json.RawMessage
		Geometries  []json.RawMessage
	}
	if depth > 16 || json.Unmarshal(b, &o) != nil {
		return false
	}
	if o.Type == "GeometryCollection" {
		if o.Geometries == nil {
			return false
		}
		for _, g := range o.Geometries {
			if !geometry(g, depth+1) {
				return false
			}
		}
		return true
	}
	nest, ok := geometryDepths[o.Type]
	return ok && coordinates(o.Coordinates, nest)
}

func coordinates(raw json.RawMessage, nest int) bool {
	if nest == 0 {
		var p []float64
		return json.Unmarshal(raw, &p) == nil && len(p) >= 2
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return false
	}
	for _, item := range list {
		if !coordinates(item, nest-1) {
			return false
		}
	}
	return true
}
