package duck

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/paulmach/orb"

	"socle/internal/query"
	"socle/internal/tabular"
)

// geo-N.bin has the box of each row's geometry in column N: west, south, east
// and north in degrees, as float64, little end first; not-a-number where there is none.
func geoFile(column int) string { return fmt.Sprintf("geo-%d.bin", column) }

const boxBytes = 32

type box struct{ west, south, east, north float64 }

var noBox = box{math.NaN(), math.NaN(), math.NaN(), math.NaN()}

type geoWriter struct {
	file   *os.File
	out    *bufio.Writer
	column int
	way    string
}

func newGeoWriter(dir string, column int, way string) (*geoWriter, error) {
	f, err := os.Create(filepath.Join(dir, geoFile(column)))
	if err != nil {
		return nil, err
	}
	return &geoWriter{file: f, out: bufio.NewWriterSize(f, 1<<18), column: column, way: way}, nil
}

func (w *geoWriter) add(fr *tabular.Frame) error {
	c := &fr.Columns[w.column]
	var b [boxBytes]byte
	for i := range fr.Rows {
		g := noBox
		if !c.Null[i] && len(c.Bytes) > i {
			g = boxOf(w.way, c.Bytes[i])
		}
		for k, v := range []float64{g.west, g.south, g.east, g.north} {
			binary.LittleEndian.PutUint64(b[8*k:], math.Float64bits(v))
		}
		if _, err := w.out.Write(b[:]); err != nil {
			return err
		}
	}
	return nil
}

func (w *geoWriter) close() error { return errors.Join(w.out.Flush(), w.file.Close()) }

// boxOf reads a geometry of one of the ways of tabular.Field.Geometry.
func boxOf(way string, cell []byte) box {
	switch way {
	case "point-lonlat":
		lon, lat, ok := bytes.Cut(cell, []byte{','})
		x, err1 := strconv.ParseFloat(string(bytes.TrimSpace(lon)), 64)
		y, err2 := strconv.ParseFloat(string(bytes.TrimSpace(lat)), 64)
		if ok && err1 == nil && err2 == nil {
			return box{x, y, x, y}
		}
	case "geojson":
		return boxOfGeoJSON(cell)
	}
	return noBox
}

// boxOfGeoJSON takes all positions under "coordinates", of a geometry, a
// collection of geometries or a feature (RFC 7946).
func boxOfGeoJSON(cell []byte) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	d := json.NewDecoder(bytes.NewReader(cell))
	depth, numbers := 0, 0 // lists open within coordinates, numbers of the position
	inside := false
	for {
		token, err := d.Token()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return noBox
			}
			break
		}
		switch t := token.(type) {
		case string:
			if !inside {
				inside = t == "coordinates"
			}
			continue
		case json.Delim:
			switch {
			case !inside:
			case t == '[':
				depth++
				numbers = 0
			case t == ']':
				depth--
			}
		case float64:
			if inside && depth > 0 {
				switch numbers {
				case 0:
					b.west, b.east = min(b.west, t), max(b.east, t)
				case 1:
					b.south, b.north = min(b.south, t), max(b.north, t)
				}
				numbers++
			}
		}
		if inside && depth == 0 {
			inside = false
		}
	}
	if b.west > b.east || b.south > b.north {
		return noBox
	}
	return b
}

// eachBox puts the rows of which the box passes the test in a set.
func eachBox(ctx context.Context, dir string, rows int64, column int, test func(box) bool) (bitset, error) {
	f, err := os.Open(filepath.Join(dir, geoFile(column)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found := newBitset(rows)
	buf := make([]byte, 4096*boxBytes)
	for row := int64(0); row < rows; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := int(min(rows-row, 4096))
		if _, err := io.ReadFull(f, buf[:n*boxBytes]); err != nil {
			return nil, damaged("boxes of column %d: %v", column, err)
		}
		for i := range n {
			at := func(k int) float64 {
				return math.Float64frombits(binary.LittleEndian.Uint64(buf[i*boxBytes+8*k:]))
			}
			if test(box{at(0), at(1), at(2), at(3)}) {
				found.set(row + int64(i))
			}
		}
		row += int64(n)
	}
	return found, nil
}

// meets is the test of query.BBox; comparisons with not-a-number are false.
func meets(q query.BBox) func(box) bool {
	return func(b box) bool {
		if !(b.south <= q.North && b.north >= q.South) {
			return false
		}
		if q.West <= q.East {
			return b.west <= q.East && b.east >= q.West
		}
		return b.east >= q.West || b.west <= q.East
	}
}

const earthRadius = 6371008.8 // metres, mean radius of the GRS 80 ellipsoid

// within is the test of query.Near (haversine).
func within(q query.Near) func(box) bool {
	rad := math.Pi / 180
	cos := math.Cos(q.Lat * rad)
	return func(b box) bool {
		lon, lat := (b.west+b.east)/2, (b.south+b.north)/2
		a := math.Sin((lat - q.Lat) * rad / 2)
		c := math.Sin((lon - q.Lon) * rad / 2)
		h := a*a + cos*math.Cos(lat*rad)*c*c
		return 2*earthRadius*math.Asin(math.Sqrt(min(1, h))) <= q.Metres
	}
}

// in reports a box that lies in a rectangle: what has such a box lies in it, too.
func (b box) in(r orb.Bound) bool {
	return b.west >= r.Min[0] && b.east <= r.Max[0] && b.south >= r.Min[1] && b.north <= r.Max[1]
}

// inside finds the geometries within an area, or that meet it: of those whose box
// meets the area's, each is read. When the area is a rectangle, those whose box lies in it are not:
// a map asks for many points and few edges.
func (p *planner) inside(ctx context.Context, e query.Inside, j int) (bitset, error) {
	bound := e.Area.Bound()
	meeting := meets(query.BBox{West: bound.Min[0], South: bound.Min[1], East: bound.Max[0], North: bound.Max[1]})
	near, found := meeting, newBitset(p.t.rows)
	if rectangle := (orb.MultiPolygon{bound.ToPolygon()}); e.Area.Equal(rectangle) {
		sure, err := eachBox(ctx, p.t.files(), p.t.rows, j, func(b box) bool { return b.in(bound) })
		if err != nil {
			return nil, err
		}
		found, near = sure, func(b box) bool { return meeting(b) && !b.in(bound) }
	}
	boxes, err := eachBox(ctx, p.t.files(), p.t.rows, j, near)
	if err != nil {
		return nil, err
	}
	test, way := e.Test(), p.t.fields[j].Geometry
	at := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		numbers := boxes.page(at, 0, fetchRows)
		if len(numbers) == 0 {
			return found, nil
		}
		records, err := p.t.store.records(numbers, []int{j})
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if g, ok := geometryOf(way, r.Cells[0]); ok && test(g) {
				found.set(r.Number - 1)
			}
		}
		at = numbers[len(numbers)-1]
	}
}

// geometryOf reads a cell of one of the ways of tabular.Field.Geometry.
func geometryOf(way string, cell []byte) (orb.Geometry, bool) {
	if way == "point-lonlat" {
		b := boxOf(way, cell)
		return orb.Point{b.west, b.south}, b.west == b.west
	}
	return query.ParseGeometry(string(cell))
}
