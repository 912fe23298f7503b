package query

import (
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"

	"socle/internal/geo"
)

// CRS84 is longitude and latitude of WGS 84; EPSG4326 is the same, latitude first.
const (
	CRS84    = epsg + "OGC/1.3/CRS84"
	EPSG4326 = epsg + "EPSG/0/4326"
)

const epsg = "http://www.opengis.net/def/crs/"

// Systems lists the reference systems that features may be asked in, the usual one first: WGS 84,
// Web Mercator, Lambert-93, the nine conic zones, and those of the departments overseas.
func Systems() []string {
	list := []string{CRS84, EPSG4326}
	for _, code := range []int{3857, 2154, 3942, 3943, 3944, 3945, 3946, 3947, 3948, 3949, 3950, 5490, 2972, 2975, 4471} {
		list = append(list, epsg+"EPSG/0/"+strconv.Itoa(code))
	}
	return list
}

// System is one of Systems.
type System struct {
	URI string
	crs *geo.CRS // nil: longitude and latitude
}

// SystemOf finds one of Systems by its address; also written as a URN, or EPSG:2154.
func SystemOf(text string) (s System, ok bool) {
	uri := text
	if code, found := strings.CutPrefix(text, "urn:ogc:def:crs:EPSG::"); found {
		uri = epsg + "EPSG/0/" + code
	} else if code, found := strings.CutPrefix(text, "EPSG:"); found {
		uri = epsg + "EPSG/0/" + code
	} else if text == "urn:ogc:def:crs:OGC:1.3:CRS84" || text == "OGC:CRS84" {
		uri = CRS84
	}
	for _, known := range Systems() {
		if known != uri {
			continue
		}
		s.URI = uri
		if uri == CRS84 || uri == EPSG4326 {
			return s, true
		}
		code, err := strconv.Atoi(uri[strings.LastIndexByte(uri, '/')+1:])
		if err != nil {
			return s, false
		}
		s.crs, ok = geo.EPSG(code)
		return s, ok
	}
	return s, false
}

// Degrees reports whether positions are degrees; else they are metres.
func (s System) Degrees() bool { return s.crs == nil }

// From moves a geometry in degrees of WGS 84, longitude first, to the system, in the order of
// its axes. It may change g.
func (s System) From(g orb.Geometry) orb.Geometry {
	switch {
	case s.crs != nil:
		return project.Geometry(g, s.crs.FromWGS84)
	case s.URI == EPSG4326:
		return project.Geometry(g, turned)
	}
	return g
}

// To is the opposite of From; false for what lies nowhere on Earth.
func (s System) To(g orb.Geometry) (orb.Geometry, bool) {
	good := true
	to := func(p orb.Point) orb.Point {
		switch {
		case s.crs != nil:
			p = s.crs.ToWGS84(p)
		case s.URI == EPSG4326:
			p = turned(p)
		}
		good = good && degrees(p[0], p[1])
		return p
	}
	if box, isBox := g.(orb.Bound); isBox {
		if s.crs != nil {
			g = box.ToPolygon()
		} else {
			return orb.Bound{Min: to(box.Min), Max: to(box.Max)}, good
		}
	}
	g = project.Geometry(g, to)
	return g, good
}

func turned(p orb.Point) orb.Point { return orb.Point{p[1], p[0]} }

// edgePoints is how many points of each edge of a box are moved: edges bend.
const edgePoints = 8

// Box is the box in degrees around one of the system, given by its lowest and highest
// numbers; false for what lies nowhere on Earth. In degrees, the west may be greater than the east.
func (s System) Box(n [4]float64) (west, south, east, north float64, ok bool) {
	if s.crs == nil {
		if s.URI == EPSG4326 {
			n = [4]float64{n[1], n[0], n[3], n[2]}
		}
		return n[0], n[1], n[2], n[3], degrees(n[0], n[1]) && degrees(n[2], n[3]) && n[1] <= n[3]
	}
	if n[0] > n[2] || n[1] > n[3] {
		return 0, 0, 0, 0, false
	}
	west, south, east, north = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := range edgePoints + 1 {
		part := float64(i) / edgePoints
		x, y := n[0]+part*(n[2]-n[0]), n[1]+part*(n[3]-n[1])
		for _, p := range []orb.Point{{x, n[1]}, {x, n[3]}, {n[0], y}, {n[2], y}} {
			p = s.crs.ToWGS84(p)
			if !degrees(p[0], p[1]) {
				return 0, 0, 0, 0, false
			}
			west, south, east, north = min(west, p[0]), min(south, p[1]), max(east, p[0]), max(north, p[1])
		}
	}
	return west, south, east, north, true
}
