package expression

import (
	"encoding/json"
	"math"
	"strings"
)

// earth is the radius that XForms uses, in metres.
const earth = 6378100

// maxPoints bounds the points of a shape.
const maxPoints = 100_000

type point struct{ lon, lat float64 }

// points gathers the points of the arguments, in their order.
func (e *evaluation) points(args []node) []point {
	var list []point
	for _, v := range e.values(args) {
		for _, s := range v.items() {
			list = append(list, readPoints(s)...)
		}
	}
	return list
}

// readPoints reads "longitude, latitude" (Table Schema), "latitude longitude altitude
// accuracy" and several of those between ";" (XForms), and GeoJSON: of a polygon the
// outer ring.
func readPoints(s string) []point {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
		return readGeoJSON(s)
	}
	var list []point
	for part := range strings.SplitSeq(s, ";") {
		if lon, lat, ok := strings.Cut(part, ","); ok {
			list = appendPoint(list, strings.TrimSpace(lon), strings.TrimSpace(lat))
		} else if f := strings.Fields(part); len(f) >= 2 {
			list = appendPoint(list, f[1], f[0])
		}
		if len(list) >= maxPoints {
			break
		}
	}
	return list
}

func appendPoint(list []point, lon, lat string) []point {
	x, okX := plainNumber(lon)
	y, okY := plainNumber(lat)
	if !okX || !okY || math.Abs(x) > 180 || math.Abs(y) > 90 {
		return list
	}
	return append(list, point{x, y})
}

func readGeoJSON(s string) []point {
	if len(s) > 10<<20 {
		return nil
	}
	raw := json.RawMessage(s)
	var g struct {
		Coordinates json.RawMessage `json:"coordinates"`
		Lon, Lat    *float64
	}
	if s[0] == '{' {
		if json.Unmarshal(raw, &g) != nil {
			return nil
		}
		if g.Lon != nil && g.Lat != nil {
			return []point{{*g.Lon, *g.Lat}}
		}
		raw = g.Coordinates
	}
	var one []float64
	if json.Unmarshal(raw, &one) == nil && len(one) >= 2 {
		return []point{{one[0], one[1]}}
	}
	var line [][]float64
	if json.Unmarshal(raw, &line) != nil {
		var rings [][][]float64
		if json.Unmarshal(raw, &rings) != nil || len(rings) == 0 {
			return nil
		}
		line = rings[0]
	}
	var list []point
	for _, p := range line {
		if len(p) >= 2 && len(list) < maxPoints {
			list = append(list, point{p[0], p[1]})
		}
	}
	return list
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

// length is the way along the points on the sphere, in metres; 0 for less than two.
func length(list []point) float64 {
	total := 0.0
	for i := 1; i < len(list); i++ {
		a, b := list[i-1], list[i]
		sinLat := math.Sin(radians(b.lat-a.lat) / 2)
		sinLon := math.Sin(radians(b.lon-a.lon) / 2)
		h := sinLat*sinLat + math.Cos(radians(a.lat))*math.Cos(radians(b.lat))*sinLon*sinLon
		total += 2 * earth * math.Asin(math.Min(1, math.Sqrt(h)))
	}
	return total
}

// area is that of the polygon on the sphere, in square metres; 0 for less than three
// points.
func area(list []point) float64 {
	if len(list) < 3 {
		return 0
	}
	total := 0.0
	for i, a := range list {
		b := list[(i+1)%len(list)]
		total += radians(b.lon-a.lon) * (2 + math.Sin(radians(a.lat)) + math.Sin(radians(b.lat)))
	}
	return math.Abs(total * earth * earth / 2)
}
