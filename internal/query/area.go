package query

import (
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"github.com/paulmach/orb/planar"

	"socle/internal/geo"
)

// maxCorners bounds the corners of an area.
const maxCorners = 5000

// ParseArea reads an area: a polygon, several, an envelope or a collection of them,
// in Well-Known Text (OGC 06-103r4) or GeoJSON (RFC 7946, a feature too), longitude first,
// degrees of WGS 84. ok is false for what is none.
func ParseArea(text string) (area orb.MultiPolygon, ok bool) {
	text = strings.TrimSpace(text)
	g, ok := ParseGeometry(text)
	if !ok {
		return nil, false
	}
	area, ok = areaOf(g)
	return area, ok && goodArea(area)
}

// ParseGeometry reads a geometry in Well-Known Text or GeoJSON.
func ParseGeometry(text string) (orb.Geometry, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 1<<20 || !goodText(text) {
		return nil, false
	}
	if strings.HasPrefix(text, "{") {
		g, err := geo.ParseGeoJSON([]byte(text))
		return g, err == nil && g != nil
	}
	if srid, rest, found := strings.Cut(text, ";"); found && strings.HasPrefix(strings.ToUpper(srid), "SRID=") {
		if srid[len("SRID="):] != "4326" {
			return nil, false
		}
		text = rest
	}
	if strings.Count(text, "(") > 4*maxCorners || strings.Count(strings.ToUpper(text), "COLLECTION") > 1 {
		return nil, false
	}
	g, err := wkt.Unmarshal(text)
	if err != nil || g == nil {
		return nil, false
	}
	return g, true
}

func areaOf(g orb.Geometry) (orb.MultiPolygon, bool) {
	switch g := g.(type) {
	case orb.Polygon:
		return orb.MultiPolygon{g}, true
	case orb.MultiPolygon:
		return g, true
	case orb.Bound:
		return orb.MultiPolygon{g.ToPolygon()}, true
	case orb.Collection:
		var all orb.MultiPolygon
		for _, part := range g {
			if _, nested := part.(orb.Collection); nested {
				return nil, false
			}
			more, ok := areaOf(part)
			if !ok {
				return nil, false
			}
			all = append(all, more...)
		}
		return all, len(all) > 0
	}
	return nil, false
}

// goodArea reports whether rings are closed, have an inside, and lie on the globe.
func goodArea(area orb.MultiPolygon) bool {
	corners := 0
	for _, polygon := range area {
		if len(polygon) == 0 {
			return false
		}
		for _, ring := range polygon {
			if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
				return false
			}
			if corners += len(ring); corners > maxCorners {
				return false
			}
			for _, p := range ring {
				if !degrees(p[0], p[1]) {
					return false
				}
			}
		}
	}
	return len(area) > 0
}

// areaText writes an area as Well-Known Text.
func areaText(area orb.MultiPolygon) string {
	var b strings.Builder
	polygon := func(p orb.Polygon) {
		b.WriteByte('(')
		for i, ring := range p {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('(')
			for j, c := range ring {
				if j > 0 {
					b.WriteByte(',')
				}
				b.WriteString(strconv.FormatFloat(c[0], 'f', -1, 64) + " " + strconv.FormatFloat(c[1], 'f', -1, 64))
			}
			b.WriteByte(')')
		}
		b.WriteByte(')')
	}
	if len(area) == 1 {
		b.WriteString("POLYGON")
		polygon(area[0])
		return b.String()
	}
	b.WriteString("MULTIPOLYGON(")
	for i, p := range area {
		if i > 0 {
			b.WriteByte(',')
		}
		polygon(p)
	}
	b.WriteByte(')')
	return b.String()
}

// Test is the condition on one geometry. Its bound is what a geometry's box must meet.
func (e Inside) Test() func(orb.Geometry) bool {
	bound := e.Area.Bound()
	var edges [][2]orb.Point
	for _, polygon := range e.Area {
		for _, ring := range polygon {
			edges = append(edges, edgesOf(ring)...)
		}
	}
	return func(g orb.Geometry) bool {
		if g == nil || !bound.Intersects(g.Bound()) {
			return false
		}
		points, lines, polygons := partsOf(g)
		if e.Meets {
			return e.meets(points, lines, polygons, edges)
		}
		for _, p := range points {
			if !planar.MultiPolygonContains(e.Area, p) {
				return false
			}
		}
		for _, l := range lines {
			for _, a := range edges {
				if crosses(l, a) {
					return false
				}
			}
			middle := orb.Point{(l[0][0] + l[1][0]) / 2, (l[0][1] + l[1][1]) / 2}
			if !planar.MultiPolygonContains(e.Area, middle) {
				return false
			}
		}
		return len(points) > 0
	}
}

func (e Inside) meets(points []orb.Point, lines [][2]orb.Point, polygons orb.MultiPolygon, edges [][2]orb.Point) bool {
	for _, p := range points {
		if planar.MultiPolygonContains(e.Area, p) {
			return true
		}
	}
	for _, l := range lines {
		for _, a := range edges {
			if crosses(l, a) {
				return true
			}
		}
	}
	for _, polygon := range e.Area { // the area may lie within the geometry
		if planar.MultiPolygonContains(polygons, polygon[0][0]) {
			return true
		}
	}
	return false
}

func edgesOf[L ~[]orb.Point](line L) (list [][2]orb.Point) {
	for i := 1; i < len(line); i++ {
		list = append(list, [2]orb.Point{line[i-1], line[i]})
	}
	return list
}

// partsOf takes a geometry apart: all its points, its edges, its surfaces.
func partsOf(g orb.Geometry) (points []orb.Point, lines [][2]orb.Point, polygons orb.MultiPolygon) {
	switch g := g.(type) {
	case orb.Point:
		return []orb.Point{g}, nil, nil
	case orb.MultiPoint:
		return g, nil, nil
	case orb.LineString:
		return g, edgesOf(g), nil
	case orb.MultiLineString:
		for _, l := range g {
			points, lines = append(points, l...), append(lines, edgesOf(l)...)
		}
	case orb.Ring:
		return partsOf(orb.Polygon{g})
	case orb.Polygon:
		return partsOf(orb.MultiPolygon{g})
	case orb.MultiPolygon:
		for _, p := range g {
			for _, r := range p {
				points, lines = append(points, r...), append(lines, edgesOf(r)...)
			}
		}
		return points, lines, g
	case orb.Bound:
		return partsOf(g.ToPolygon())
	case orb.Collection:
		for _, part := range g {
			p, l, s := partsOf(part)
			points, lines, polygons = append(points, p...), append(lines, l...), append(polygons, s...)
		}
	}
	return points, lines, polygons
}

// crosses reports edges that pass from one side of the other to the other side.
func crosses(a, b [2]orb.Point) bool {
	side := func(e [2]orb.Point, p orb.Point) float64 {
		return (e[1][0]-e[0][0])*(p[1]-e[0][1]) - (e[1][1]-e[0][1])*(p[0]-e[0][0])
	}
	s1, s2 := side(a, b[0]), side(a, b[1])
	s3, s4 := side(b, a[0]), side(b, a[1])
	return s1*s2 < 0 && s3*s4 < 0 && !math.IsNaN(s1+s2+s3+s4)
}
