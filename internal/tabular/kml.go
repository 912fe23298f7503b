package tabular

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
)

// kmlFeatures reads the Placemarks of KML (OGC 12-007r2), in any folder.
type kmlFeatures struct {
	x       *xmlScanner
	path    []kmlElement
	folders []string // names of the open folders
	link    string   // address of the first NetworkLink
	links   bool
	some    bool
	text    []byte
}

type kmlElement struct{ folder bool }

// read goes to the next Placemark.
func (k *kmlFeatures) read(f *feature, _ string) (layer string, line int, err error) {
	x := k.x
	for {
		if err := x.next(); err != nil {
			if errors.Is(err, io.EOF) && !k.some && k.links {
				return "", 0, fail(errs.Invalid, CodeSource, "tabular.kml-link", errs.Args{"Address": k.link})
			}
			return "", 0, err
		}
		switch x.kind {
		case xmlEnd:
			if n := len(k.path); n > 0 {
				if k.path[n-1].folder {
					k.folders = k.folders[:len(k.folders)-1]
				}
				k.path = k.path[:n-1]
			}
		case xmlStart:
			switch {
			case x.is("Placemark"):
				k.some = true
				if folder := strings.Join(nonEmpty(k.folders), " / "); folder != "" {
					f.element("folder", []byte(folder))
				}
				return "", 0, k.placemark(f)
			case x.is("Folder"):
				k.folders = append(k.folders, "")
				k.path = append(k.path, kmlElement{folder: true})
			case x.is("name") && len(k.path) > 0 && k.path[len(k.path)-1].folder:
				if k.text, err = x.childText(k.text[:0]); err != nil {
					return "", 0, err
				}
				k.folders[len(k.folders)-1] = string(bytes.TrimSpace(k.text))
			case x.is("NetworkLink"):
				k.links = true
				k.path = append(k.path, kmlElement{})
			case x.is("href") && k.links && k.link == "":
				if k.text, err = x.childText(k.text[:0]); err != nil {
					return "", 0, err
				}
				k.link = string(bytes.TrimSpace(k.text))
			default:
				if len(k.path) > maxXMLDepth {
					return "", 0, errXMLTooLong
				}
				k.path = append(k.path, kmlElement{})
			}
		}
	}
}

func nonEmpty(list []string) (out []string) {
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// kmlWords are the elements of a Placemark that become cells.
var kmlWords = map[string]string{"name": "name", "description": "description", "address": "address", "phoneNumber": "phoneNumber", "when": "when", "begin": "begin", "end": "end"}

// placemark reads up to the end of the Placemark whose start tag was just read.
func (k *kmlFeatures) placemark(f *feature) (err error) {
	x := k.x
	label := "" // of the Data that is open
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
		switch name := string(x.name); name {
		case "Style", "StyleMap", "Camera", "LookAt", "Model", "Region", "Metadata":
			err = x.skip()
		case "Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack":
			var g orb.Geometry
			if g, err = k.geometry(name, 0); err == nil && g != nil {
				f.geometry = geo.AppendGeoJSON(f.geometry[:0], g, -1)
			}
		case "Data", "SimpleData":
			label = x.attrText("name")
			if name == "SimpleData" {
				if k.text, err = x.childText(k.text[:0]); err == nil {
					f.add(label, k.text)
				}
				break
			}
			depth++
		case "value":
			if k.text, err = x.childText(k.text[:0]); err == nil && label != "" {
				f.add(label, k.text)
			}
		default:
			if word, ok := kmlWords[name]; ok && label == "" || ok && depth == 1 {
				if k.text, err = x.childText(k.text[:0]); err == nil {
					f.element(word, k.text)
				}
				break
			}
			depth++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// geometry reads the geometry whose start tag was just read; nil when it is empty.
func (k *kmlFeatures) geometry(kind string, depth int) (orb.Geometry, error) {
	if depth > maxXMLDepth {
		return nil, errXMLTooLong
	}
	var points []orb.Point
	var polygon orb.Polygon
	var parts orb.Collection
	for level := 1; level > 0; {
		if err := k.x.next(); err != nil {
			return nil, err
		}
		switch k.x.kind {
		case xmlEnd:
			level--
		case xmlStart:
			switch name := string(k.x.name); name {
			case "coordinates", "coord":
				text, err := k.x.childText(k.text[:0])
				if err != nil {
					return nil, err
				}
				k.text = text
				if name == "coord" { // of a Track: blanks between
					text = bytes.Join(bytes.Fields(text), []byte(","))
				}
				points = appendPositions(points, text)
				if kind == "Polygon" && len(points) > 0 {
					polygon, points = append(polygon, points), nil
				}
			case "Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack":
				if kind == "Polygon" { // a LinearRing in a boundary
					level++
					continue
				}
				g, err := k.geometry(name, depth+1)
				if err != nil {
					return nil, err
				}
				if g != nil {
					parts = append(parts, g)
				}
			default:
				level++
			}
		}
	}
	return shapeOf(kind, points, polygon, parts), nil
}

// shapeOf makes the geometry of what was read; nil when there is nothing.
func shapeOf(kind string, points []orb.Point, polygon orb.Polygon, parts orb.Collection) orb.Geometry {
	switch {
	case kind == "Polygon" && len(polygon) > 0:
		return polygon
	case kind == "Point" && len(points) > 0:
		return points[0]
	case kind == "LinearRing" && len(points) > 0:
		return orb.Polygon{points}
	case (kind == "LineString" || kind == "Track") && len(points) > 0:
		return orb.LineString(points)
	case len(parts) == 1:
		return parts[0]
	case len(parts) > 1:
		return together(parts)
	}
	return nil
}

// together makes one geometry of several, of one kind if they are.
func together(parts orb.Collection) orb.Geometry {
	var points orb.MultiPoint
	var lines orb.MultiLineString
	var polygons orb.MultiPolygon
	for _, g := range parts {
		switch g := g.(type) {
		case orb.Point:
			points = append(points, g)
		case orb.LineString:
			lines = append(lines, g)
		case orb.Polygon:
			polygons = append(polygons, g)
		}
	}
	switch len(parts) {
	case len(points):
		return points
	case len(lines):
		return lines
	case len(polygons):
		return polygons
	}
	return parts
}

// appendPositions reads "lon,lat[,height] lon,lat …"; blanks after commas are
// forgiven. What is no position is left out.
func appendPositions(to []orb.Point, text []byte) []orb.Point {
	var apart []byte // a position whose numbers are apart: "1.3, 43.5, 0"
	for token := range bytes.FieldsSeq(text) {
		tuple := bytes.TrimRight(token, ",")
		if len(apart) > 0 || bytes.IndexByte(tuple, ',') < 0 {
			if apart = append(append(apart, tuple...), ','); len(tuple) < len(token) {
				continue
			}
			tuple = apart
		}
		lon, rest, ok := bytes.Cut(tuple, []byte(","))
		lat, _, _ := bytes.Cut(rest, []byte(","))
		if p, good := position(string(lon), string(lat)); ok && good {
			to = append(to, p)
		}
		apart = apart[:0]
	}
	return to
}

// position reads a longitude and a latitude in degrees.
func position(lon, lat string) (orb.Point, bool) {
	x, errX := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	y, errY := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	return orb.Point{x, y}, errX == nil && errY == nil && math.Abs(x) <= 180 && math.Abs(y) <= 90
}
