package geo

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/paulmach/orb"
)

// Kinds of WKB (OGC 06-103r4, section 8.2.8).
const (
	wkbPoint = 1 + iota
	wkbLine
	wkbPolygon
	wkbMultiPoint
	wkbMultiLine
	wkbMultiPolygon
	wkbCollection
)

// ParseWKB reads well-known binary, of ISO (1001: with height) or extended with
// flags as PostGIS does; heights, measures and the number of the reference system
// are read over. Errors: ErrGeometry, ErrEmpty.
func ParseWKB(b []byte) (orb.Geometry, error) {
	r := wkbReader{b: b}
	g, err := r.geometry(0)
	if err != nil {
		return nil, err
	}
	if len(r.b) > 0 {
		return nil, ErrGeometry
	}
	return g, nil
}

type wkbReader struct {
	b     []byte
	order binary.ByteOrder
	size  int // bytes of a position
}

func (r *wkbReader) uint32() (uint32, error) {
	if len(r.b) < 4 {
		return 0, ErrGeometry
	}
	v := r.order.Uint32(r.b)
	r.b = r.b[4:]
	return v, nil
}

// count reads how many follow; each takes at least so many bytes.
func (r *wkbReader) count(least int) (int, error) {
	n, err := r.uint32()
	if err != nil || int64(n)*int64(least) > int64(len(r.b)) {
		return 0, ErrGeometry
	}
	return int(n), nil
}

// head reads the order of bytes and the kind.
func (r *wkbReader) head() (kind uint32, err error) {
	if len(r.b) < 5 {
		return 0, ErrGeometry
	}
	switch r.b[0] {
	case 0:
		r.order = binary.BigEndian
	case 1:
		r.order = binary.LittleEndian
	default:
		return 0, ErrGeometry
	}
	r.b = r.b[1:]
	if kind, err = r.uint32(); err != nil {
		return 0, err
	}
	r.size = 16
	const z, m, srid = 1 << 31, 1 << 30, 1 << 29
	if kind&z != 0 {
		r.size += 8
	}
	if kind&m != 0 {
		r.size += 8
	}
	if kind&srid != 0 {
		if _, err := r.uint32(); err != nil {
			return 0, err
		}
	}
	kind &^= z | m | srid
	switch kind / 1000 {
	case 0:
	case 1, 2:
		r.size = 24
	case 3:
		r.size = 32
	default:
		return 0, ErrGeometry
	}
	return kind % 1000, nil
}

func (r *wkbReader) position() (p orb.Point, err error) {
	if len(r.b) < r.size {
		return p, ErrGeometry
	}
	p[0] = math.Float64frombits(r.order.Uint64(r.b))
	p[1] = math.Float64frombits(r.order.Uint64(r.b[8:]))
	r.b = r.b[r.size:]
	return p, nil
}

func (r *wkbReader) line() ([]orb.Point, error) {
	n, err := r.count(r.size)
	if err != nil {
		return nil, err
	}
	out := make([]orb.Point, n)
	for i := range out {
		if out[i], err = r.position(); err != nil {
			return nil, err
		}
		if !finite(out[i]) {
			return nil, ErrGeometry
		}
	}
	return out, nil
}

func finite(p orb.Point) bool {
	return !math.IsNaN(p[0]) && !math.IsInf(p[0], 0) && !math.IsNaN(p[1]) && !math.IsInf(p[1], 0)
}

func (r *wkbReader) geometry(depth int) (orb.Geometry, error) {
	kind, err := r.head()
	if err != nil || depth > maxDepth {
		return nil, ErrGeometry
	}
	switch kind {
	case wkbPoint:
		p, err := r.position()
		if err == nil && math.IsNaN(p[0]) && math.IsNaN(p[1]) {
			err = ErrEmpty
		} else if err == nil && !finite(p) {
			err = ErrGeometry
		}
		return p, err
	case wkbLine:
		l, err := r.line()
		return orb.LineString(l), orEmpty(len(l), err)
	case wkbPolygon:
		p, err := r.polygon()
		return p, orEmpty(len(p), err)
	case wkbMultiPoint, wkbMultiLine, wkbMultiPolygon, wkbCollection:
		return r.several(kind, depth)
	}
	return nil, ErrGeometry
}

func orEmpty(n int, err error) error {
	if err == nil && n == 0 {
		return ErrEmpty
	}
	return err
}

func (r *wkbReader) polygon() (orb.Polygon, error) {
	n, err := r.count(4)
	if err != nil {
		return nil, err
	}
	out := make(orb.Polygon, n)
	for i := range out {
		l, err := r.line()
		if err != nil {
			return nil, err
		}
		out[i] = l
	}
	return out, nil
}

// several reads geometries that have each their head; empty ones are left out.
func (r *wkbReader) several(kind uint32, depth int) (orb.Geometry, error) {
	n, err := r.count(5)
	if err != nil {
		return nil, err
	}
	var points orb.MultiPoint
	var lines orb.MultiLineString
	var polygons orb.MultiPolygon
	var all orb.Collection
	for range n {
		g, err := r.geometry(depth + 1)
		if errors.Is(err, ErrEmpty) {
			continue
		}
		if err != nil {
			return nil, err
		}
		switch g := g.(type) {
		case orb.Point:
			points = append(points, g)
		case orb.LineString:
			lines = append(lines, g)
		case orb.Polygon:
			polygons = append(polygons, g)
		}
		all = append(all, g)
	}
	switch {
	case len(all) == 0:
		return nil, ErrEmpty
	case kind == wkbMultiPoint && len(points) == len(all):
		return points, nil
	case kind == wkbMultiLine && len(lines) == len(all):
		return lines, nil
	case kind == wkbMultiPolygon && len(polygons) == len(all):
		return polygons, nil
	case kind == wkbCollection:
		return all, nil
	}
	return nil, ErrGeometry
}

// AppendWKB appends well-known binary (ISO, two dimensions, little end first).
func AppendWKB(to []byte, g orb.Geometry) []byte {
	le := binary.LittleEndian
	begin := func(kind uint32, n int) {
		to = le.AppendUint32(append(to, 1), kind)
		to = le.AppendUint32(to, uint32(n))
	}
	point := func(p orb.Point) {
		to = le.AppendUint64(to, math.Float64bits(p[0]))
		to = le.AppendUint64(to, math.Float64bits(p[1]))
	}
	switch g := g.(type) {
	case orb.Point:
		to = le.AppendUint32(append(to, 1), wkbPoint)
		point(g)
	case orb.LineString:
		begin(wkbLine, len(g))
		for _, p := range g {
			point(p)
		}
	case orb.Polygon:
		begin(wkbPolygon, len(g))
		for _, r := range g {
			to = le.AppendUint32(to, uint32(len(r)))
			for _, p := range r {
				point(p)
			}
		}
	case orb.MultiPoint:
		begin(wkbMultiPoint, len(g))
		for _, p := range g {
			to = AppendWKB(to, p)
		}
	case orb.MultiLineString:
		begin(wkbMultiLine, len(g))
		for _, l := range g {
			to = AppendWKB(to, l)
		}
	case orb.MultiPolygon:
		begin(wkbMultiPolygon, len(g))
		for _, p := range g {
			to = AppendWKB(to, p)
		}
	case orb.Collection:
		begin(wkbCollection, len(g))
		for _, e := range g {
			to = AppendWKB(to, e)
		}
	case orb.Ring:
		return AppendWKB(to, orb.Polygon{g})
	case orb.Bound:
		return AppendWKB(to, g.ToPolygon())
	}
	return to
}
