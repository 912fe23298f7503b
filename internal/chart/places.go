package chart

import (
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"

	"socle/internal/i18n"
)

// A map without a script: points, lines and surfaces in Web Mercator.
const (
	mapBytes  = 150_000 // of shapes, after which the others are left out
	mapMargin = 16.0
)

// ground places degrees on a drawing.
type ground struct {
	west, north, scale float64 // metres of Web Mercator, pixels a metre
	box                orb.Bound
	left, top          float64
}

func (m ground) at(p orb.Point) (x, y float64) {
	q := project.Point(orb.Point{p[0], max(-85, min(85, p[1]))}, project.WGS84.ToMercator)
	return m.left + (q[0]-m.west)*m.scale, m.top + (m.north-q[1])*m.scale
}

// DrawPlaces draws geometries in degrees as a map, as SVG. It shows the bounds
// (west, south, east, north) and is as high as these ask for, within measure.
// drawn is how many of the shapes there was room for.
func DrawPlaces(shapes []orb.Geometry, bounds [4]float64, o Options) (svg []byte, drawn int) {
	g := &drawing{o: o, w: float64(o.Width)}
	m := g.ground(bounds)
	g.graticule(m)
	var points strings.Builder
	seen := map[string]bool{}
	for _, s := range shapes {
		if g.Len()+points.Len() > mapBytes {
			break
		}
		drawn++
		g.shape(m, s, func(p orb.Point) {
			if x, y := m.at(p); x >= -8 && x <= g.w+8 && y >= -8 && y <= g.y+8 {
				if at := num(x) + " " + num(y); !seen[at] {
					seen[at] = true
					points.WriteString("M" + at + "h0")
				}
			}
		})
	}
	if points.Len() > 0 {
		g.WriteString(`<path stroke-width="9" stroke-linecap="round" d="` + points.String() + `"` + g.pen("paper") + `/>`)
		g.WriteString(`<path stroke-width="7" stroke-linecap="round" d="` + points.String() + `"` + g.pen("chart-1") + `/>`)
	}
	return []byte(g.frame()), drawn
}

// ground fits the bounds in the width; a single place has a kilometre around it.
func (g *drawing) ground(b [4]float64) ground {
	const least = 1000.0 // metres
	low := project.Point(orb.Point{b[0], max(-85, b[1])}, project.WGS84.ToMercator)
	high := project.Point(orb.Point{b[2], min(85, b[3])}, project.WGS84.ToMercator)
	w, h := max(high[0]-low[0], least), max(high[1]-low[1], least)
	height := min(max(g.w*h/w, g.w*0.45), g.w*0.8)
	scale := min((g.w-2*mapMargin)/w, (height-2*mapMargin)/h)
	m := ground{scale: scale, west: (low[0]+high[0])/2 - g.w/2/scale, north: (low[1]+high[1])/2 + height/2/scale}
	nw := project.Point(orb.Point{m.west, m.north}, project.Mercator.ToWGS84)
	se := project.Point(orb.Point{m.west + g.w/scale, m.north - height/scale}, project.Mercator.ToWGS84)
	m.box = orb.Bound{Min: orb.Point{nw[0], se[1]}, Max: orb.Point{se[0], nw[1]}}
	g.y = height
	g.WriteString(`<rect width="` + num(g.w) + `" height="` + num(height) + `"` + g.paint("sunken") + `/>`)
	return m
}

// graticule draws meridians and parallels, and says their degrees.
func (g *drawing) graticule(m ground) {
	step := nice((m.box.Max[0] - m.box.Min[0]) / 4)
	say := func(v float64) string { return i18n.Decimal(g.o.Lang, math.Round(v/step)*step, 5) + "°" }
	var d strings.Builder
	texts := &drawing{o: g.o, w: g.w}
	for v := math.Ceil(m.box.Min[0]/step) * step; v < m.box.Max[0]; v += step {
		x, _ := m.at(orb.Point{v, m.box.Max[1]})
		d.WriteString("M" + num(x) + " 0V" + num(g.y))
		if x < g.w-60 {
			texts.text(x+4, g.y-6, "start", "ink-soft", say(v))
		}
	}
	for v := math.Ceil(m.box.Min[1]/step) * step; v < m.box.Max[1]; v += step {
		_, y := m.at(orb.Point{m.box.Min[0], v})
		d.WriteString("M0 " + num(y) + "H" + num(g.w))
		if y < g.y-30 {
			texts.text(4, y-4, "start", "ink-soft", say(v))
		}
	}
	g.WriteString(`<path d="` + d.String() + `"` + g.pen("line") + `/>` + texts.String())
}

// shape draws lines and surfaces, and gives points.
func (g *drawing) shape(m ground, s orb.Geometry, point func(orb.Point)) {
	switch s := s.(type) {
	case orb.Point:
		point(s)
	case orb.MultiPoint:
		for _, p := range s {
			point(p)
		}
	case orb.LineString:
		g.path(m, false, s)
	case orb.MultiLineString:
		g.path(m, false, s...)
	case orb.Polygon:
		g.rings(m, s)
	case orb.MultiPolygon:
		for _, p := range s {
			g.rings(m, p)
		}
	case orb.Collection:
		for _, p := range s {
			g.shape(m, p, point)
		}
	}
}

func (g *drawing) rings(m ground, p orb.Polygon) {
	list := make([]orb.LineString, len(p))
	for i, r := range p {
		list[i] = orb.LineString(r)
	}
	g.path(m, true, list...)
}

// path draws lines.
func (g *drawing) path(m ground, filled bool, list ...orb.LineString) {
	var d strings.Builder
	for _, line := range list {
		m.trace(&d, line, 0.7)
	}
	if filled {
		g.WriteString(`<path d="` + d.String() + `" fill-rule="evenodd" fill-opacity="0.3"` + g.paint("chart-1") + `/>`)
	}
	width := 2.5
	if filled {
		width = 1.2
	}
	g.WriteString(`<path stroke-width="` + strconv.FormatFloat(width, 'f', -1, 64) + `" d="` + d.String() + `"` + g.pen("chart-1") + `/>`)
}

// trace writes a line as the data of a path; corners nearer than so much to the last
// are left out.
func (m ground) trace(d *strings.Builder, line []orb.Point, near float64) {
	lastX, lastY := math.Inf(1), math.Inf(1)
	for i, p := range line {
		x, y := m.at(p)
		if i > 0 && i < len(line)-1 && math.Abs(x-lastX)+math.Abs(y-lastY) < near {
			continue
		}
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		lastX, lastY = x, y
		d.WriteString(letter + num(x) + " " + num(y))
	}
}
