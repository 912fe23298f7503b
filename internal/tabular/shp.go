package tabular

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"socle/internal/errs"
	"socle/internal/geo"
)

// Kinds of shapes (ESRI Shapefile Technical Description, July 1998); those with
// heights are 10 more, those with measures 20 more.
const (
	shpNull       = 0
	shpPoint      = 1
	shpLine       = 3
	shpPolygon    = 5
	shpMultiPoint = 8
)

const (
	shpHeader  = 100 // bytes of the header of .shp and .shx
	shpMagic   = 9994
	shpNothing = -1e38 // numbers below it say that there is none
)

// shapefile is a layer: the parts of one name in an archive.
type shapefile struct {
	name                string
	size                int64
	shp, dbf, prj, code *zip.File // dbf, prj and code (.cpg) may be missing
}

// shapefiles lists the layers of an archive, in its order.
func (a *archive) shapefiles() []shapefile {
	var out []shapefile
	names := map[string]int{}
	for _, f := range a.zip.File {
		base := path.Base(f.Name)
		if !strings.EqualFold(path.Ext(base), ".shp") || strings.HasPrefix(f.Name, "__MACOSX") || strings.HasPrefix(base, ".") {
			continue
		}
		stem := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		stem = strings.TrimSuffix(stem, ".shp")
		s := shapefile{name: base[:len(base)-4], shp: f, dbf: a.names[stem+".dbf"], prj: a.names[stem+".prj"], code: a.names[stem+".cpg"]}
		if s.code == nil {
			s.code = a.names[stem+".cst"]
		}
		s.size = int64(f.UncompressedSize64)
		if index := a.names[stem+".shx"]; index != nil { // eight bytes for each shape
			s.size = int64(index.UncompressedSize64)
		}
		names[strings.ToLower(s.name)]++
		out = append(out, s)
	}
	for i := range out {
		if full := out[i].shp.Name; names[strings.ToLower(out[i].name)] > 1 {
			out[i].name = full[:len(full)-4]
		}
	}
	return out
}

// note reads a small part as text; "" when it is missing.
func note(f *zip.File) (string, error) {
	if f == nil {
		return "", nil
	}
	r, err := openEntry(f)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 64<<10))
	return strings.TrimPrefix(string(b), string(boms[0].mark)), err
}

// openShapefile reads a layer of an archive.
func (f *File) openShapefile(ctx context.Context, layers []shapefile, o Options) error {
	list := make([]layer, len(layers))
	for i, s := range layers {
		list[i] = layer{s.name, s.size}
	}
	i, err := f.chooseLayer(list, o.Sheet)
	if err != nil {
		return err
	}
	s := layers[i]
	f.Info.Format, f.Info.Compression = "shp", "zip"
	definition, err := note(s.prj)
	if err != nil {
		return err
	}
	corners, kind, err := s.corners()
	if err != nil {
		return err
	}
	f.Info.Heights = kind > 10 && kind < 20 || kind == 31 // a multipatch
	crs, err := crsOf(definition, o.CRS, corners, s.shp.Name)
	if err != nil {
		return err
	}
	var h *dbfHeader
	var c *charset
	var labels []string
	if s.dbf != nil {
		codepage, err := note(s.code)
		if err != nil {
			return err
		}
		h, c, err = learnDBF(ctx, codepage, o.Encoding, func(context.Context) (io.ReadCloser, error) { return openEntry(s.dbf) })
		if err != nil {
			return err
		}
		labels, f.Faults = h.labels(c)
		f.Info.Encoding = c.name
	}
	f.setFeatures(labels, true)
	f.tellCRS(crs)
	f.openRows(func(context.Context) (rowReader, error) { return s.open(h, c, crs) })
	return nil
}

// corners are those of the box in the header, none when it is not filled in; kind
// is that of the shapes.
func (s *shapefile) corners() (_ []orb.Point, kind uint32, _ error) {
	r, err := openEntry(s.shp)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	head := make([]byte, shpHeader)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, 0, truncated(err)
	}
	if binary.BigEndian.Uint32(head) != shpMagic {
		return nil, 0, fail(errs.Invalid, CodeSource, "tabular.damaged", nil)
	}
	kind = binary.LittleEndian.Uint32(head[32:])
	var v [4]float64
	for i := range v {
		v[i] = math.Float64frombits(binary.LittleEndian.Uint64(head[36+8*i:]))
		if math.IsNaN(v[i]) || math.Abs(v[i]) > 1e12 {
			return nil, kind, nil
		}
	}
	if v[0] > v[2] || v[1] > v[3] || v == [4]float64{} {
		return nil, kind, nil
	}
	return []orb.Point{{v[0], v[1]}, {v[2], v[3]}}, kind, nil
}

// shpRows reads shapes and their attributes side by side.
type shpRows struct {
	located
	shapes  *bufio.Reader
	left    int64 // bytes of shapes that the header declares
	dbf     *dbfReader
	closers []io.Closer
	content []byte
	text    []byte
}

func (s *shapefile) open(h *dbfHeader, c *charset, crs *geo.CRS) (_ rowReader, err error) {
	r := &shpRows{located: located{crs: crs}}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	shp, err := openEntry(s.shp)
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, shp)
	r.shapes = bufio.NewReaderSize(shp, 256<<10)
	head, err := r.shapes.Peek(shpHeader)
	if err != nil {
		return nil, truncated(err)
	}
	r.left = int64(binary.BigEndian.Uint32(head[24:]))*2 - shpHeader
	if _, err := r.shapes.Discard(shpHeader); err != nil {
		return nil, truncated(err)
	}
	if h != nil {
		dbf, err := openEntry(s.dbf)
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, dbf)
		if r.dbf, err = openDBFReader(h, c, dbf); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *shpRows) close() error {
	var err error
	for _, c := range r.closers {
		err = errors.Join(err, c.Close())
	}
	return err
}

// shape reads the content of the next record; io.EOF at the end.
func (r *shpRows) shape() error {
	if r.left <= 0 {
		return io.EOF
	}
	head, err := r.shapes.Peek(8)
	if err != nil {
		return truncated(err)
	}
	n := int64(binary.BigEndian.Uint32(head[4:])) * 2
	if n > maxRecord {
		return tooLongRecord(r.row + 1)
	}
	if _, err := r.shapes.Discard(8); err != nil {
		return truncated(err)
	}
	if int64(cap(r.content)) < n {
		r.content = make([]byte, n)
	}
	r.content = r.content[:n]
	if _, err := io.ReadFull(r.shapes, r.content); err != nil {
		return truncated(err)
	}
	r.left -= 8 + n
	return nil
}

func (r *shpRows) next(b *Batch) (int, error) {
	for {
		if err := r.shape(); err != nil {
			return 0, err
		}
		deleted := false
		if r.dbf != nil {
			var err error
			if deleted, err = r.dbf.read(); errors.Is(err, io.EOF) {
				clear(r.dbf.rec) // fewer attributes than shapes
			} else if err != nil {
				return 0, err
			}
		}
		if deleted {
			continue
		}
		if r.dbf != nil {
			r.dbf.cells(b)
		}
		g, err := parseShape(r.content)
		r.text = r.addGeometry(b, r.text, g, err)
		r.row++
		return r.row, nil
	}
}

// parseShape reads a shape. Errors: geo.ErrGeometry, geo.ErrEmpty.
func parseShape(b []byte) (orb.Geometry, error) {
	le := binary.LittleEndian
	if len(b) < 4 {
		return nil, geo.ErrGeometry
	}
	kind := le.Uint32(b)
	if kind == shpNull {
		return nil, geo.ErrEmpty
	}
	if kind > 30 {
		return nil, geo.ErrGeometry // patches of surfaces
	}
	at := func(i int) orb.Point {
		return orb.Point{math.Float64frombits(le.Uint64(b[i:])), math.Float64frombits(le.Uint64(b[i+8:]))}
	}
	switch kind % 10 {
	case shpPoint:
		if len(b) < 20 {
			return nil, geo.ErrGeometry
		}
		p := at(4)
		if !(p[0] > shpNothing && p[1] > shpNothing) {
			return nil, geo.ErrEmpty
		}
		return p, sane(p)
	case shpMultiPoint:
		if len(b) < 40 || int64(le.Uint32(b[36:])) > int64(len(b)-40)/16 {
			return nil, geo.ErrGeometry
		}
		points := make(orb.MultiPoint, le.Uint32(b[36:]))
		for i := range points {
			points[i] = at(40 + 16*i)
		}
		if len(points) == 0 {
			return nil, geo.ErrEmpty
		}
		return points, sane(points...)
	case shpLine, shpPolygon:
		parts, err := shapeParts(b, at)
		if err != nil {
			return nil, err
		}
		if kind%10 == shpPolygon {
			return polygons(parts), nil
		}
		lines := make(orb.MultiLineString, len(parts))
		for i, p := range parts {
			lines[i] = p
		}
		if len(lines) == 1 {
			return lines[0], nil
		}
		return lines, nil
	}
	return nil, geo.ErrGeometry
}

// sane: numbers that can be places.
func sane(points ...orb.Point) error {
	for _, p := range points {
		if !(math.Abs(p[0]) < 1e15) || !(math.Abs(p[1]) < 1e15) {
			return geo.ErrGeometry
		}
	}
	return nil
}

// shapeParts reads the parts of a line or a polygon that have positions.
func shapeParts(b []byte, at func(int) orb.Point) ([][]orb.Point, error) {
	le := binary.LittleEndian
	if len(b) < 44 {
		return nil, geo.ErrGeometry
	}
	n, total := int64(le.Uint32(b[36:])), int64(le.Uint32(b[40:]))
	if n*4+total*16 > int64(len(b)-44) {
		return nil, geo.ErrGeometry
	}
	all := make([]orb.Point, total)
	for i := range all {
		all[i] = at(44 + 4*int(n) + 16*i)
	}
	if err := sane(all...); err != nil {
		return nil, err
	}
	var parts [][]orb.Point
	for i := range int(n) {
		from, to := int64(le.Uint32(b[44+4*i:])), total
		if i+1 < int(n) {
			to = int64(le.Uint32(b[48+4*i:]))
		}
		if from > to || to > total {
			return nil, geo.ErrGeometry
		}
		if from < to {
			parts = append(parts, all[from:to:to])
		}
	}
	if len(parts) == 0 {
		return nil, geo.ErrEmpty
	}
	return parts, nil
}

const mostNesting = 20_000_000 // comparisons of holes with rings

// polygons puts rings together: in a shapefile outer rings run clockwise and
// holes the other way, in no order; in GeoJSON it is the opposite and a hole
// stands with its polygon.
func polygons(parts [][]orb.Point) orb.Geometry {
	var out orb.MultiPolygon
	var holes []orb.Ring
	for _, p := range parts {
		ring := orb.Ring(p)
		if !ring.Closed() {
			ring = append(ring, ring[0])
		}
		if ring.Orientation() == orb.CCW && len(parts) > 1 {
			holes = append(holes, ring)
			continue
		}
		if ring.Orientation() == orb.CW {
			ring.Reverse()
		}
		out = append(out, orb.Polygon{ring})
	}
	if len(out) == 0 { // all the wrong way round
		for _, h := range holes {
			out = append(out, orb.Polygon{h})
		}
		holes = nil
	}
	var bounds []orb.Bound
	for _, p := range out {
		bounds = append(bounds, p[0].Bound())
	}
	nesting := len(out)*len(holes) > mostNesting
	for _, h := range holes {
		k := len(out) - 1
		if !nesting && k > 0 {
			k = around(out, bounds, h)
		}
		if k < 0 { // a ring of its own
			out, bounds = append(out, orb.Polygon{h}), append(bounds, h.Bound())
			continue
		}
		h.Reverse()
		out[k] = append(out[k], h)
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// around finds the smallest outer ring that holds a hole, -1 without.
func around(outer orb.MultiPolygon, bounds []orb.Bound, hole orb.Ring) int {
	best, area := -1, math.Inf(1)
	for i, b := range bounds {
		size := (b.Max[0] - b.Min[0]) * (b.Max[1] - b.Min[1])
		inside := func(p orb.Point) bool { return planar.RingContains(outer[i][0], p) }
		if size < area && b.Contains(hole[0]) && slices.ContainsFunc(hole[:min(len(hole), 3)], inside) {
			best, area = i, size
		}
	}
	return best
}
