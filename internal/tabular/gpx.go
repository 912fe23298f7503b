package tabular

import (
	"github.com/paulmach/orb"

	"socle/internal/geo"
)

// gpxFeatures reads GPX 1.0 and 1.1: waypoints, routes, tracks, and the points of
// tracks with their times.
type gpxFeatures struct {
	x     *xmlScanner
	track []byte // name of the track whose points are read
	text  []byte
}

const gpxPoints = "track points"

// gpxLayers are chosen in this order when they have as many features.
var gpxLayers = []string{"waypoints", "tracks", "routes", gpxPoints}

var gpxElements = map[string]string{"wpt": "waypoints", "rte": "routes", "trk": "tracks"}

// read goes to the next feature of a layer. The points of tracks are given only
// when they are asked for, or, without a layer, counted with their track.
func (g *gpxFeatures) read(f *feature, layer string) (at string, line int, err error) {
	x := g.x
	for {
		if err := x.next(); err != nil {
			return "", 0, err
		}
		if x.kind != xmlStart {
			continue
		}
		name := string(x.name)
		switch {
		case name == "trkpt" && (layer == gpxPoints || layer == ""):
			if len(g.track) > 0 {
				f.element("track", g.track)
			}
			return gpxPoints, 0, g.point(f)
		case name == "trk" && (layer == gpxPoints || layer == ""):
			g.track = g.track[:0]
			if layer == "" {
				return "tracks", 0, nil // its points follow
			}
		case name == "name" && layer == gpxPoints:
			if g.track, err = x.childText(g.track[:0]); err != nil {
				return "", 0, err
			}
		case gpxElements[name] != "" && name != "trk" && (layer == "" || layer == gpxElements[name]),
			name == "trk" && layer == "tracks":
			if name == "wpt" {
				return gpxElements[name], 0, g.point(f)
			}
			return gpxElements[name], 0, g.line(f)
		case gpxElements[name] != "" && name != "trk", name == "metadata", name == "trk" && layer != gpxPoints:
			if err := x.skip(); err != nil {
				return "", 0, err
			}
		}
	}
}

// point reads a point to its end tag.
func (g *gpxFeatures) point(f *feature) error {
	if p, ok := position(g.x.attrText("lon"), g.x.attrText("lat")); ok {
		f.geometry = geo.AppendGeoJSON(f.geometry[:0], p, -1)
	}
	return g.children(f, nil)
}

// line reads a route or a track to its end tag.
func (g *gpxFeatures) line(f *feature) error {
	var parts orb.Collection
	var points orb.LineString
	size := 0
	var begin, end []byte
	err := g.children(f, func(name string) (bool, error) {
		switch name {
		case "trkseg":
			if len(points) > 0 {
				parts, points = append(parts, points), nil
			}
			return false, nil
		case "trkpt", "rtept":
			if p, ok := position(g.x.attrText("lon"), g.x.attrText("lat")); ok {
				points = append(points, p)
				if size++; size > maxRecord/16 {
					return true, errXMLTooLong
				}
			}
			var one feature
			if err := g.children(&one, nil); err != nil {
				return true, err
			}
			for _, e := range one.elements {
				if e.label == "time" {
					if begin == nil {
						begin = e.text
					}
					end = e.text
				}
			}
			return true, nil
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	f.element("begin", begin)
	f.element("end", end)
	if len(points) > 0 {
		parts = append(parts, points)
	}
	if len(parts) > 0 {
		shape := parts[0]
		if len(parts) > 1 {
			shape = together(parts)
		}
		f.geometry = geo.AppendGeoJSON(f.geometry[:0], shape, -1)
	}
	return nil
}

// children reads the elements of a feature up to its end tag; special takes those
// that are no plain text and says whether it has read them to their end.
func (g *gpxFeatures) children(f *feature, special func(name string) (bool, error)) (err error) {
	x := g.x
	for depth := 1; depth > 0; {
		if err := x.next(); err != nil {
			return err
		}
		if x.kind == xmlEnd {
			depth--
		}
		if x.kind != xmlStart {
			continue
		}
		name := string(x.name)
		if special != nil {
			done, err := special(name)
			if err != nil {
				return err
			}
			if done {
				continue
			}
		}
		switch name {
		case "trkseg":
			depth++
		case "extensions":
			if _, err := g.extension(f, 0); err != nil {
				return err
			}
		case "link":
			if href := x.attr("href"); len(href) > 0 {
				f.element(name, appendXML(nil, href))
			}
			if err := x.skip(); err != nil {
				return err
			}
		default:
			if g.text, err = x.childText(g.text[:0]); err != nil {
				return err
			}
			f.element(name, g.text)
		}
	}
	return nil
}

// extension reads the elements within one whose start tag was just read, and adds
// those without children; parent is false when there was none.
func (g *gpxFeatures) extension(f *feature, depth int) (parent bool, err error) {
	x := g.x
	if depth > maxXMLDepth {
		return false, errXMLTooLong
	}
	var text []byte
	for {
		if err := x.next(); err != nil {
			return parent, err
		}
		switch x.kind {
		case xmlText:
			if text = x.appendText(text); len(text) > maxRecord {
				return parent, errXMLTooLong
			}
		case xmlEnd:
			g.text = append(g.text[:0], text...)
			return parent, nil
		case xmlStart:
			parent, text = true, text[:0]
			label := x.attrText("name")
			if label == "" {
				label = string(x.name)
			}
			within, err := g.extension(f, depth+1)
			if err != nil {
				return parent, err
			}
			if !within {
				f.add(label, g.text)
			}
		}
	}
}
