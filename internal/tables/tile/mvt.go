package tile

import (
	"encoding/binary"
	"math"

	"github.com/paulmach/orb"
)

// layer writes a layer of a tile (Mapbox Vector Tile specification, 2.1: protocol
// buffers whose numbers of fields are given beside each line).
type layer struct {
	name     string
	keys     []string
	values   [][]byte
	at       map[string]uint32 // place of a value by its bytes
	features []byte
	n        int
	buf      []byte
}

func newLayer(name string, keys ...string) *layer {
	return &layer{name: name, keys: keys, at: map[string]uint32{}}
}

// field begins a field of bytes.
func field(b []byte, number int, data []byte) []byte {
	b = binary.AppendUvarint(b, uint64(number)<<3|2)
	b = binary.AppendUvarint(b, uint64(len(data)))
	return append(b, data...)
}

func varint(b []byte, number int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(number)<<3), v)
}

// add writes a feature; values follow keys, nil where there is none.
func (l *layer) add(id uint64, shape orb.Geometry, values []any) {
	var tags, out []byte
	for k, v := range values {
		if v != nil {
			tags = binary.AppendUvarint(binary.AppendUvarint(tags, uint64(k)), uint64(l.value(v)))
		}
	}
	if id != 0 {
		out = varint(out, 1, id) // id
	}
	if len(tags) > 0 {
		out = field(out, 2, tags) // tags
	}
	kind, path := commands(shape)
	out = varint(out, 3, kind) // type
	out = field(out, 4, path)  // geometry
	l.features = field(l.features, 2, out)
	l.n++
}

// value is the place of a value in the layer's list, which holds each once.
func (l *layer) value(v any) uint32 {
	b := l.buf[:0]
	switch v := v.(type) {
	case string:
		b = field(b, 1, []byte(v)) // string_value
	case float64:
		b = binary.LittleEndian.AppendUint64(append(b, 3<<3|1), math.Float64bits(v)) // double_value
	case uint64:
		b = varint(b, 5, v) // uint_value
	case int64:
		b = varint(b, 6, uint64(v)<<1^uint64(v>>63)) // sint_value
	case bool:
		n := uint64(0)
		if v {
			n = 1
		}
		b = varint(b, 7, n) // bool_value
	}
	l.buf = b
	at, ok := l.at[string(b)]
	if !ok {
		at = uint32(len(l.values))
		own := append([]byte(nil), b...)
		l.values, l.at[string(own)] = append(l.values, own), at
	}
	return at
}

// append writes the layer after the others of the tile, if it has features.
func (l *layer) append(to []byte) []byte {
	if l.n == 0 {
		return to
	}
	b := varint(nil, 15, 2)         // version
	b = field(b, 1, []byte(l.name)) // name
	b = append(b, l.features...)    // features
	for _, k := range l.keys {      // keys
		b = field(b, 3, []byte(k))
	}
	for _, v := range l.values { // values
		b = field(b, 4, v)
	}
	b = varint(b, 5, Extent) // extent
	return field(to, 3, b)
}

const (
	pointType, lineType, surfaceType = 1, 2, 3

	moveTo, lineTo, closePath = 1, 2, 7
)

// pen writes the commands of a geometry, each place from the one before.
type pen struct {
	out  []byte
	x, y int64
}

func (p *pen) command(id, count int) {
	p.out = binary.AppendUvarint(p.out, uint64(count)<<3|uint64(id))
}

func (p *pen) to(points []orb.Point) {
	for _, at := range points {
		x, y := int64(at[0]), int64(at[1])
		for _, d := range [...]int64{x - p.x, y - p.y} {
			p.out = binary.AppendUvarint(p.out, uint64(d)<<1^uint64(d>>63))
		}
		p.x, p.y = x, y
	}
}

func (p *pen) path(points []orb.Point) {
	p.command(moveTo, 1)
	p.to(points[:1])
	p.command(lineTo, len(points)-1)
	p.to(points[1:])
}

// commands are the type and the commands of what fit returns.
func commands(g orb.Geometry) (kind uint64, out []byte) {
	var p pen
	switch g := g.(type) {
	case orb.Point:
		kind = pointType
		p.command(moveTo, 1)
		p.to([]orb.Point{g})
	case orb.MultiPoint:
		kind = pointType
		p.command(moveTo, len(g))
		p.to(g)
	case orb.MultiLineString:
		kind = lineType
		for _, l := range g {
			p.path(l)
		}
	case orb.MultiPolygon:
		kind = surfaceType
		for _, polygon := range g {
			for _, r := range polygon {
				p.path(r[:len(r)-1])
				p.command(closePath, 1)
			}
		}
	}
	return kind, p.out
}
