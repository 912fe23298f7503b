package geo

import (
	"bytes"
	"errors"
	"math"
	"strconv"

	"github.com/paulmach/orb"
)

// ErrGeometry is in every error about a geometry that cannot be read.
var ErrGeometry = errors.New("not a geometry")

// ErrEmpty is the error for a geometry without any position, and for null.
var ErrEmpty = errors.New("empty geometry")

const maxDepth = 16 // of collections in collections, and of lists in a geometry

// ParseGeoJSON reads a geometry (RFC 7946, section 3.1), or the geometry of a
// Feature. Positions beyond two numbers are cut. Errors: ErrGeometry, ErrEmpty.
func ParseGeoJSON(text []byte) (orb.Geometry, error) {
	s := scanner{b: text}
	g, err := s.geometry(0)
	if err != nil {
		return nil, err
	}
	if s.space(); s.at < len(s.b) {
		return nil, ErrGeometry
	}
	return g, nil
}

// scanner reads JSON as far as a geometry needs it.
type scanner struct {
	b       []byte
	at      int
	heights bool // a position had one that is not zero
}

// HasHeights reports whether a geometry in GeoJSON has heights other than zero.
func HasHeights(text []byte) bool {
	s := scanner{b: text}
	_, err := s.geometry(0)
	return err == nil && s.heights
}

func (s *scanner) space() {
	for s.at < len(s.b) && (s.b[s.at] == ' ' || s.b[s.at] == '\n' || s.b[s.at] == '\r' || s.b[s.at] == '\t') {
		s.at++
	}
}

// take goes past a byte if it comes next.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

// text reads a string, its escapes as they are.
func (s *scanner) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	start := s.at
	for s.at < len(s.b) {
		switch s.b[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return s.b[start : s.at-1], true
		}
		s.at++
	}
	return nil, false
}

// skip goes past any value; its brackets are only counted.
func (s *scanner) skip() bool {
	s.space()
	for depth := 0; s.at < len(s.b); {
		switch c := s.b[s.at]; c {
		case '"':
			if _, ok := s.text(); !ok {
				return false
			}
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			if depth == 0 {
				return true
			}
			depth--
			s.at++
		case ',':
			if depth == 0 {
				return true
			}
			s.at++
		default:
			s.at++
			continue
		}
		if depth == 0 {
			return true
		}
	}
	return false
}

// geometry reads an object; its members may come in any order.
func (s *scanner) geometry(depth int) (orb.Geometry, error) {
	s.space()
	if bytes.HasPrefix(s.b[s.at:], []byte("null")) {
		s.at += 4
		return nil, ErrEmpty
	}
	if depth > maxDepth || !s.take('{') {
		return nil, ErrGeometry
	}
	kind, coordinates, geometries, inner := "", -1, -1, -1
	for !s.take('}') {
		key, ok := s.text()
		if !ok || !s.take(':') {
			return nil, ErrGeometry
		}
		s.space()
		switch at := s.at; string(key) {
		case "type":
			t, ok := s.text()
			if !ok {
				return nil, ErrGeometry
			}
			kind = string(t)
			s.take(',')
			continue
		case "coordinates":
			coordinates = at
		case "geometries":
			geometries = at
		case "geometry":
			inner = at
		}
		if !s.skip() {
			return nil, ErrGeometry
		}
		s.take(',')
	}
	end := s.at
	defer func() { s.at = end }()
	switch {
	case kind == "Feature" && inner >= 0:
		s.at = inner
		return s.geometry(depth + 1)
	case kind == "GeometryCollection" && geometries >= 0:
		s.at = geometries
		return s.collection(depth)
	case coordinates >= 0:
		s.at = coordinates
		return s.shape(kind)
	}
	return nil, ErrGeometry
}

func (s *scanner) collection(depth int) (orb.Geometry, error) {
	var out orb.Collection
	err := s.list(func() error {
		g, err := s.geometry(depth + 1)
		if errors.Is(err, ErrEmpty) {
			return nil
		}
		out = append(out, g)
		return err
	})
	if err == nil && len(out) == 0 {
		err = ErrEmpty
	}
	return out, err
}

// list calls one for each element of a list.
func (s *scanner) list(one func() error) error {
	if !s.take('[') {
		return ErrGeometry
	}
	if s.take(']') {
		return nil
	}
	for {
		if err := one(); err != nil {
			return err
		}
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return ErrGeometry
		}
	}
}

// shape reads the coordinates of a geometry that is no collection.
func (s *scanner) shape(kind string) (orb.Geometry, error) {
	var g orb.Geometry
	var n int
	var err error
	switch kind {
	case "Point":
		var p orb.Point
		s.space()
		if bytes.HasPrefix(s.b[s.at:], []byte("[]")) {
			return nil, ErrEmpty
		}
		p, err = s.position()
		g, n = p, 1
	case "MultiPoint":
		var l []orb.Point
		l, err = s.line()
		g, n = orb.MultiPoint(l), len(l)
	case "LineString":
		var l []orb.Point
		l, err = s.line()
		g, n = orb.LineString(l), len(l)
	case "MultiLineString":
		var m orb.MultiLineString
		err = s.list(func() error {
			l, err := s.line()
			m = append(m, l)
			n += len(l)
			return err
		})
		g = m
	case "Polygon":
		var p orb.Polygon
		p, n, err = s.polygon()
		g = p
	case "MultiPolygon":
		var m orb.MultiPolygon
		err = s.list(func() error {
			p, k, err := s.polygon()
			m = append(m, p)
			n += k
			return err
		})
		g = m
	default:
		return nil, ErrGeometry
	}
	if err == nil && n == 0 {
		err = ErrEmpty
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

func (s *scanner) polygon() (p orb.Polygon, n int, err error) {
	err = s.list(func() error {
		l, err := s.line()
		p = append(p, l)
		n += len(l)
		return err
	})
	return p, n, err
}

func (s *scanner) line() (l []orb.Point, err error) {
	err = s.list(func() error {
		p, err := s.position()
		l = append(l, p)
		return err
	})
	return l, err
}

// position reads at least two numbers.
func (s *scanner) position() (p orb.Point, err error) {
	n := 0
	err = s.list(func() error {
		v, ok := s.number()
		if !ok {
			return ErrGeometry
		}
		if n < 2 {
			p[n] = v
		} else if n == 2 && v != 0 {
			s.heights = true
		}
		n++
		return nil
	})
	if err == nil && n < 2 {
		err = ErrGeometry
	}
	return p, err
}

func (s *scanner) number() (float64, bool) {
	s.space()
	start := s.at
	for s.at < len(s.b) {
		c := s.b[s.at]
		if (c < '0' || c > '9') && c != '-' && c != '.' && c != 'e' && c != 'E' && c != '+' {
			break
		}
		s.at++
	}
	v, err := strconv.ParseFloat(string(s.b[start:s.at]), 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// AppendGeoJSON appends a geometry (RFC 7946); decimals are the places after the
// point, zeros left out at the end; -1 writes all that read back as they are.
// Seven are a centimetre.
func AppendGeoJSON(to []byte, g orb.Geometry, decimals int) []byte {
	if b, ok := g.(orb.Bound); ok {
		g = b.ToPolygon()
	}
	if r, ok := g.(orb.Ring); ok {
		g = orb.Polygon{r}
	}
	if g == nil {
		return append(to, "null"...)
	}
	w := writer{to: to, decimals: decimals}
	w.add(`{"type":"`)
	w.add(g.GeoJSONType())
	if c, ok := g.(orb.Collection); ok {
		w.add(`","geometries":[`)
		for i, g := range c {
			w.comma(i)
			w.to = AppendGeoJSON(w.to, g, decimals)
		}
		w.add("]}")
		return w.to
	}
	w.add(`","coordinates":`)
	switch g := g.(type) {
	case orb.Point:
		w.point(g)
	case orb.MultiPoint:
		w.line(g)
	case orb.LineString:
		w.line(g)
	case orb.MultiLineString:
		w.add("[")
		for i, l := range g {
			w.comma(i)
			w.line(l)
		}
		w.add("]")
	case orb.Polygon:
		w.polygon(g)
	case orb.MultiPolygon:
		w.add("[")
		for i, p := range g {
			w.comma(i)
			w.polygon(p)
		}
		w.add("]")
	}
	w.add("}")
	return w.to
}

type writer struct {
	to       []byte
	decimals int
}

func (w *writer) add(s string) { w.to = append(w.to, s...) }

func (w *writer) comma(i int) {
	if i > 0 {
		w.to = append(w.to, ',')
	}
}

func (w *writer) polygon(p orb.Polygon) {
	w.add("[")
	for i, r := range p {
		w.comma(i)
		w.line(r)
	}
	w.add("]")
}

func (w *writer) line(l []orb.Point) {
	w.add("[")
	for i, p := range l {
		w.comma(i)
		w.point(p)
	}
	w.add("]")
}

func (w *writer) point(p orb.Point) {
	w.add("[")
	w.number(p[0])
	w.add(",")
	w.number(p[1])
	w.add("]")
}

func (w *writer) number(v float64) { w.to = AppendDegrees(w.to, v, w.decimals) }

// AppendDegrees appends a number with at most so many decimals, all of them when
// decimals is negative; 0 for what is no number.
func AppendDegrees(to []byte, v float64, decimals int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	if decimals < 0 || math.Abs(v) >= 1e15 {
		return strconv.AppendFloat(to, v, 'f', -1, 64)
	}
	start := len(to)
	to = strconv.AppendFloat(to, v, 'f', decimals, 64)
	if decimals > 0 {
		to = bytes.TrimSuffix(bytes.TrimRight(to, "0"), []byte("."))
	}
	if string(to[start:]) == "-0" {
		to = append(to[:start], '0')
	}
	return to
}
