package tile

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/simplify"

	"socle/internal/tabular"
)

// tolerance is how far, in units of the tile, a simplified line may be from the
// real one: an eighth of a pixel of a screen of 512 pixels a tile.
const tolerance = 2

// fit puts a geometry in degrees on the tile: cut at its margin, simplified, in
// whole units. What has become nothing is left out; a collection gives several.
func (d *drawing) fit(g orb.Geometry) []orb.Geometry {
	if c, ok := g.(orb.Collection); ok {
		var out []orb.Geometry
		for _, part := range c {
			out = append(out, d.fit(part)...)
		}
		return out
	}
	g = d.project(g)
	if g == nil {
		return nil
	}
	frame := orb.Bound{Min: orb.Point{-cell, -cell}, Max: orb.Point{Extent + cell, Extent + cell}}
	switch g := clip.Geometry(frame, g).(type) {
	case orb.Point:
		return []orb.Geometry{round(g)}
	case orb.MultiPoint:
		for i := range g {
			g[i] = round(g[i])
		}
		if len(g) > 0 {
			return []orb.Geometry{g}
		}
	case orb.LineString:
		return lines(orb.MultiLineString{g})
	case orb.MultiLineString:
		return lines(g)
	case orb.Polygon:
		return surfaces(orb.MultiPolygon{g})
	case orb.MultiPolygon:
		return surfaces(g)
	}
	return nil
}

// project turns degrees into units, dropping points on top of the one before.
func (d *drawing) project(g orb.Geometry) orb.Geometry {
	path := func(in []orb.Point) []orb.Point {
		out := make([]orb.Point, 0, len(in))
		for _, p := range in {
			u := d.units(mercator(p[0], p[1]))
			if n := len(out); n == 0 || math.Abs(out[n-1][0]-u[0])+math.Abs(out[n-1][1]-u[1]) >= 0.5 {
				out = append(out, u)
			}
		}
		return out
	}
	polygon := func(in orb.Polygon) orb.Polygon {
		var out orb.Polygon
		for i, r := range in {
			ring := orb.Ring(path(r))
			if len(ring) < 3 {
				if i == 0 {
					return nil
				}
				continue
			}
			if !ring.Closed() {
				ring = append(ring, ring[0])
			}
			out = append(out, ring)
		}
		return out
	}
	switch g := g.(type) {
	case orb.Point:
		return d.units(mercator(g[0], g[1]))
	case orb.MultiPoint:
		return orb.MultiPoint(path(g))
	case orb.LineString:
		return orb.LineString(path(g))
	case orb.MultiLineString:
		var out orb.MultiLineString
		for _, l := range g {
			out = append(out, path(l))
		}
		return out
	case orb.Polygon:
		return polygon(g)
	case orb.MultiPolygon:
		var out orb.MultiPolygon
		for _, p := range g {
			if q := polygon(p); len(q) > 0 {
				out = append(out, q)
			}
		}
		return out
	}
	return nil
}

func lines(in orb.MultiLineString) []orb.Geometry {
	var out orb.MultiLineString
	for _, l := range in {
		if l = whole(simplify.DouglasPeucker(tolerance).LineString(l)); len(l) > 1 {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return []orb.Geometry{out}
}

// surfaces winds outer rings one way and inner ones the other, as tiles want.
func surfaces(in orb.MultiPolygon) []orb.Geometry {
	var out orb.MultiPolygon
	for _, p := range in {
		var q orb.Polygon
		for i, r := range p {
			r = orb.Ring(whole(orb.LineString(simplify.DouglasPeucker(tolerance).Ring(r))))
			if len(r) < 4 || r.Orientation() == 0 {
				if i == 0 {
					break
				}
				continue
			}
			if (r.Orientation() == orb.CCW) != (i == 0) {
				r.Reverse()
			}
			q = append(q, r)
		}
		if len(q) > 0 {
			out = append(out, q)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return []orb.Geometry{out}
}

// whole rounds a path to units and drops points on top of the one before.
func whole(in orb.LineString) orb.LineString {
	out := in[:0]
	for _, p := range in {
		if p = round(p); len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	return out
}

func round(p orb.Point) orb.Point { return orb.Point{math.Round(p[0]), math.Round(p[1])} }

func vertices(g orb.Geometry) (n int) {
	switch g := g.(type) {
	case orb.Point:
		return 1
	case orb.MultiPoint:
		return len(g)
	case orb.MultiLineString:
		for _, l := range g {
			n += len(l) + 1
		}
	case orb.MultiPolygon:
		for _, p := range g {
			for _, r := range p {
				n += len(r) + 1
			}
		}
	}
	return n
}

// maxText is how much of a text a tile gives.
const maxText = 120

// cut shortens a text for a tile.
func cut(text []byte) []byte {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return append(bytes.Clone(text[:end]), "…"...)
}

// attribute is a cell as a value of a tile.
func attribute(k tabular.Kind, text []byte) any {
	switch k {
	case tabular.Int:
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return n
		}
	case tabular.Float:
		if f, err := strconv.ParseFloat(string(text), 64); err == nil {
			return f
		}
	case tabular.Bool:
		return string(text) == "true"
	}
	return string(cut(text))
}
