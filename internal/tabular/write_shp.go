package tabular

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/paulmach/orb"
	"golang.org/x/text/unicode/norm"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// prjWGS84 is the definition of the coordinates, in the words of ESRI.
const prjWGS84 = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`

const (
	maxSHP       = 1<<31 - 1 // bytes of .shp and .dbf that programs read
	maxDBFFields = 255
	maxDBFText   = 254
	maxDBFRecord = 65_535
)

// shpKinds are the layers that a table can need, with their names.
var shpKinds = []struct {
	kind   byte
	suffix string
}{{shpPoint, "points"}, {shpMultiPoint, "multipoints"}, {shpLine, "lignes"}, {shpPolygon, "polygones"}}

// shpWriter writes a zip of one shapefile per kind of geometry. The headers say
// how long the parts are and how wide the columns, so the rows wait in a file.
type shpWriter struct {
	w      io.Writer
	name   string
	place  place
	fields []dbfField
	from   []int // column of the frame, by field
	spool  *os.File
	out    *bufio.Writer
	layers [9]shpLayer // by kind; that of shpNull has the rows without geometry
	buf    []byte
	rec    []byte
	cut    int // cells whose text was too long
}

// shpLayer counts what is waiting for a layer.
type shpLayer struct {
	rows  uint32
	bytes int64 // of records in .shp
	bound orb.Bound
}

// newSHPWriter refuses tables without places, and those of too many columns.
func newSHPWriter(w io.Writer, fields []Field, o WriteOptions) (*shpWriter, error) {
	s := &shpWriter{w: w, name: fileStem(o.Sheet), place: placeIn(fields)}
	if !s.place.known() {
		return nil, noPlaces("shp")
	}
	taken := map[string]bool{}
	for j, f := range fields {
		if f.Geometry != "" && j == s.place.shape {
			continue
		}
		d := dbfField{label: dbfLabel(f.Name, taken), kind: 'C', length: 1}
		switch f.Kind {
		case Int:
			d.kind = 'N'
		case Float:
			d.kind, d.length, d.decimal = 'N', 3, 1
		case Bool:
			d.kind = 'L'
		case Date:
			d.kind, d.length = 'D', 8
		}
		s.fields, s.from = append(s.fields, d), append(s.from, j)
	}
	if len(s.fields) == 0 { // the format wants one
		s.fields, s.from = []dbfField{{label: "id", kind: 'N', length: 10}}, []int{-1}
	}
	if len(s.fields) > maxDBFFields {
		return nil, fail(errs.TooLarge, CodeFormat, "tabular.shp-columns", errs.Args{"Count": len(s.fields), "Limit": maxDBFFields})
	}
	var err error
	if s.spool, err = waiting(o.TempDir); err != nil {
		return nil, err
	}
	s.out = bufio.NewWriterSize(s.spool, 256<<10)
	return s, nil
}

// plainLetters takes letters and accents apart.
func plainLetters(s string) string {
	return norm.NFD.String(strings.NewReplacer("œ", "oe", "Œ", "OE", "æ", "ae", "Æ", "AE", "’", "_").Replace(s))
}

// fileStem makes a name of a file of a name for people.
func fileStem(name string) string {
	var b strings.Builder
	for _, r := range plainLetters(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == ' ' || r == '-' || r == '_':
			b.WriteByte('_')
		}
	}
	if stem := strings.Trim(b.String(), "_"); stem != "" {
		return stem[:min(len(stem), 40)]
	}
	return "donnees"
}

// dbfLabel cuts a label to the ten letters that the format has, without accents,
// different from those taken.
func dbfLabel(name string, taken map[string]bool) string {
	var b []byte
	for _, r := range plainLetters(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			b = append(b, byte(r))
		case r < utf8.RuneSelf:
			b = append(b, '_')
		}
	}
	if len(b) == 0 {
		b = []byte("champ")
	}
	label := string(b[:min(len(b), 10)])
	for n, base := 2, label; taken[strings.ToLower(label)]; n++ {
		end := strconv.Itoa(n)
		label = base[:min(len(base), 9-len(end))] + "_" + end
	}
	taken[strings.ToLower(label)] = true
	return label
}

func (s *shpWriter) Write(fr *Frame) error {
	for i := range fr.Rows {
		s.attributes(fr, i)
		parts := shpParts(s.place.of(fr, i), nil)
		if len(parts) == 0 {
			if err := s.put(shpNull, nil); err != nil {
				return err
			}
		}
		for _, p := range parts {
			if err := s.put(p.kind, p.lines); err != nil {
				return err
			}
		}
	}
	return nil
}

// shpPart is a geometry as its points or parts.
type shpPart struct {
	kind  byte
	lines [][]orb.Point
}

// shpParts turns a geometry into shapes: one, or one of each kind that a
// collection has.
func shpParts(g orb.Geometry, to []shpPart) []shpPart {
	add := func(kind byte, lines ...[]orb.Point) {
		for i := range to {
			if kind == shpPoint && (to[i].kind == shpPoint || to[i].kind == shpMultiPoint) || kind == to[i].kind {
				if to[i].kind == shpPoint {
					to[i].kind = shpMultiPoint
				}
				to[i].lines = append(to[i].lines, lines...)
				return
			}
		}
		to = append(to, shpPart{kind, lines})
	}
	switch g := g.(type) {
	case orb.Point:
		add(shpPoint, []orb.Point{g})
	case orb.MultiPoint:
		add(shpMultiPoint, g)
	case orb.LineString:
		add(shpLine, g)
	case orb.MultiLineString:
		for _, l := range g {
			add(shpLine, l)
		}
	case orb.Polygon:
		for i, r := range g {
			if !r.Closed() && len(r) > 0 {
				r = append(r[:len(r):len(r)], r[0])
			}
			if o := r.Orientation(); i == 0 && o == orb.CCW || i > 0 && o == orb.CW {
				r.Reverse()
			}
			add(shpPolygon, r)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			to = shpParts(p, to)
		}
	case orb.Collection:
		for _, e := range g {
			to = shpParts(e, to)
		}
	}
	return to
}

// attributes puts the cells of a row in s.rec, each with its length, and widens
// the columns.
func (s *shpWriter) attributes(fr *Frame, i int) {
	s.rec = s.rec[:0]
	for k := range s.fields {
		f := &s.fields[k]
		at := len(s.rec)
		s.rec = append(s.rec, 0)
		if j := s.from[k]; j >= 0 {
			var cut bool
			if s.rec, cut = appendDBF(s.rec, f, &fr.Fields[j], &fr.Columns[j], i); cut {
				s.cut++
			}
		}
		n := len(s.rec) - at - 1
		s.rec[at] = byte(n)
		if f.length = max(f.length, n); f.kind == 'N' && f.decimal > 0 {
			if point := strings.IndexByte(string(s.rec[at+1:]), '.'); point >= 0 {
				f.decimal = min(max(f.decimal, n-point-1), 15)
			}
			f.length = max(f.length, f.decimal+2)
		}
	}
}

// appendDBF appends a value as the format writes it, at most 254 bytes; cut: it
// was longer.
func appendDBF(to []byte, f *dbfField, field *Field, c *Column, i int) (_ []byte, cut bool) {
	if c.Null[i] {
		return to, false
	}
	start := len(to)
	switch field.Kind {
	case Bool:
		return append(to, "FT"[c.Int64[i]&1]), false
	case Date:
		if day := Day(c.Int64[i]); day.Year() >= 0 && day.Year() <= 9999 {
			return day.AppendFormat(to, "20060102"), false
		}
		return to, false
	case Float:
		v := c.Float64[i]
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return to, false
		}
		if to = appendFloat(to, v); len(to)-start > 24 {
			to = strconv.AppendFloat(to[:start], v, 'g', 15, 64)
		}
		return to, false
	}
	to = appendText(to, field, c, i)
	if f.kind == 'C' && len(to)-start > maxDBFText {
		end := start + maxDBFText
		for end > start && !utf8.RuneStart(to[end]) {
			end--
		}
		to, cut = to[:end], true
	}
	return to, cut
}

// put keeps a shape with the row's attributes.
func (s *shpWriter) put(kind byte, lines [][]orb.Point) error {
	l := &s.layers[kind]
	var b orb.Bound
	s.buf, b = appendShape(s.buf[:0], kind, lines)
	if kind != shpNull {
		if l.rows == 0 {
			l.bound = b
		}
		l.bound = l.bound.Union(b)
	}
	l.rows++
	l.bytes += int64(len(s.buf)) + 8
	width := 1
	for k := range s.fields {
		width += s.fields[k].length
	}
	if width > maxDBFRecord {
		return fail(errs.TooLarge, CodeFormat, "tabular.shp-width", errs.Args{"Limit": maxDBFRecord})
	}
	if l.bytes+s.layers[shpNull].bytes > maxSHP-shpHeader || int64(l.rows+s.layers[shpNull].rows)*int64(width) > maxSHP-maxDBFRecord {
		return fail(errs.TooLarge, CodeFormat, "tabular.shp-size", nil)
	}
	head := binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(s.buf)))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(s.rec)))
	for _, p := range [][]byte{head, s.buf, s.rec} {
		if _, err := s.out.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// appendShape appends the content of a record.
func appendShape(to []byte, kind byte, lines [][]orb.Point) ([]byte, orb.Bound) {
	le := binary.LittleEndian
	to = le.AppendUint32(to, uint32(kind))
	number := func(v ...float64) {
		for _, x := range v {
			to = le.AppendUint64(to, math.Float64bits(x))
		}
	}
	var bound orb.Bound
	total := 0
	for _, l := range lines {
		for _, p := range l {
			if total == 0 {
				bound = p.Bound()
			}
			bound = bound.Extend(p)
			total++
		}
	}
	switch kind {
	case shpNull:
		return to, bound
	case shpPoint:
		number(lines[0][0][0], lines[0][0][1])
		return to, bound
	}
	number(bound.Min[0], bound.Min[1], bound.Max[0], bound.Max[1])
	if kind != shpMultiPoint {
		to = le.AppendUint32(to, uint32(len(lines)))
	}
	to = le.AppendUint32(to, uint32(total))
	if kind != shpMultiPoint {
		at := 0
		for _, l := range lines {
			to = le.AppendUint32(to, uint32(at))
			at += len(l)
		}
	}
	for _, l := range lines {
		for _, p := range l {
			number(p[0], p[1])
		}
	}
	return to, bound
}

// Close writes the archive.
func (s *shpWriter) Close() error {
	err := s.out.Flush()
	if err == nil {
		err = s.archive()
	}
	return errors.Join(err, s.spool.Close())
}

// waiting makes a temporary file that has no name any more: it is gone once
// closed, or when a writer is left without Close after an error.
func waiting(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "socle-wait-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (s *shpWriter) archive() error {
	z := zip.NewWriter(s.w)
	layers := 0
	for _, k := range shpKinds {
		if s.layers[k.kind].rows > 0 {
			layers++
		}
	}
	home := byte(0) // the layer of the rows without geometry
	for _, k := range shpKinds {
		if s.layers[k.kind].rows == 0 && (layers > 0 || k.kind != shpPoint) {
			continue
		}
		name := s.name
		if layers > 1 {
			name += "_" + k.suffix
		}
		l := s.layers[k.kind]
		if home == 0 {
			home = k.kind
			l.rows += s.layers[shpNull].rows
			l.bytes += s.layers[shpNull].bytes
		}
		if err := s.layer(z, name, k.kind, l, home == k.kind); err != nil {
			return err
		}
	}
	if s.cut > 0 {
		if err := s.tell(z); err != nil {
			return err
		}
	}
	return z.Close()
}

// tell adds a text about what the format could not hold, in the words of both
// languages, and the same as the comment of the archive.
func (s *shpWriter) tell(z *zip.Writer) error {
	var text strings.Builder
	for _, l := range i18n.Langs {
		text.WriteString(i18n.T(l, "tabular.shp-cut", i18n.Args{"Count": s.cut, "Limit": maxDBFText}) + "\r\n")
	}
	if err := z.SetComment(text.String()); err != nil {
		return err
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: "LISEZ-MOI.txt", Method: zip.Deflate, Modified: zipDay()})
	if err == nil {
		_, err = io.WriteString(w, text.String())
	}
	return err
}

// zipDay is the day of the parts of an archive: one of no meaning, so that the same
// rows make the same file.
func zipDay() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

// layer writes the parts of a shapefile.
func (s *shpWriter) layer(z *zip.Writer, name string, kind byte, l shpLayer, nulls bool) error {
	for _, part := range []struct {
		ext   string
		write func(io.Writer) error
	}{
		{".shp", func(w io.Writer) error { return s.writeSHP(w, kind, l, nulls) }},
		{".shx", func(w io.Writer) error { return s.writeSHX(w, kind, l, nulls) }},
		{".dbf", func(w io.Writer) error { return s.writeDBF(w, kind, l, nulls) }},
		{".prj", func(w io.Writer) error { _, err := io.WriteString(w, prjWGS84); return err }},
		{".cpg", func(w io.Writer) error { _, err := io.WriteString(w, "UTF-8"); return err }},
	} {
		entry, err := z.CreateHeader(&zip.FileHeader{Name: name + part.ext, Method: zip.Deflate, Modified: zipDay()})
		if err != nil {
			return err
		}
		out := bufio.NewWriterSize(entry, 64<<10)
		if err := errors.Join(part.write(out), out.Flush()); err != nil {
			return err
		}
	}
	return nil
}

// each reads the rows that wait for a layer, again from the first.
func (s *shpWriter) each(kind byte, nulls bool, do func(shape, cells []byte) error) error {
	if _, err := s.spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReaderSize(s.spool, 256<<10)
	var buf []byte
	for {
		head, err := r.Peek(9)
		if errors.Is(err, io.EOF) && len(head) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		at, shape := head[0], int(binary.LittleEndian.Uint32(head[1:]))
		n := shape + int(binary.LittleEndian.Uint32(head[5:]))
		if _, err := r.Discard(9); err != nil {
			return err
		}
		if at != kind && !(nulls && at == shpNull) {
			if _, err := r.Discard(n); err != nil {
				return err
			}
			continue
		}
		if cap(buf) < n {
			buf = make([]byte, n)
		}
		if _, err := io.ReadFull(r, buf[:n]); err != nil {
			return err
		}
		if err := do(buf[:shape], buf[shape:n]); err != nil {
			return err
		}
	}
}

// shpHead is the header of .shp and .shx; body: bytes after it.
func shpHead(kind byte, body int64, b orb.Bound) []byte {
	h := make([]byte, shpHeader)
	binary.BigEndian.PutUint32(h, shpMagic)
	binary.BigEndian.PutUint32(h[24:], uint32((body+shpHeader)/2))
	binary.LittleEndian.PutUint32(h[28:], 1000)
	binary.LittleEndian.PutUint32(h[32:], uint32(kind))
	for i, v := range []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		binary.LittleEndian.PutUint64(h[36+8*i:], math.Float64bits(v))
	}
	return h
}

func (s *shpWriter) writeSHP(w io.Writer, kind byte, l shpLayer, nulls bool) error {
	if _, err := w.Write(shpHead(kind, l.bytes, l.bound)); err != nil {
		return err
	}
	var head [8]byte
	n := uint32(0)
	return s.each(kind, nulls, func(shape, _ []byte) error {
		n++
		binary.BigEndian.PutUint32(head[:], n)
		binary.BigEndian.PutUint32(head[4:], uint32(len(shape)/2))
		_, err := w.Write(head[:])
		if err == nil {
			_, err = w.Write(shape)
		}
		return err
	})
}

func (s *shpWriter) writeSHX(w io.Writer, kind byte, l shpLayer, nulls bool) error {
	if _, err := w.Write(shpHead(kind, 8*int64(l.rows), l.bound)); err != nil {
		return err
	}
	var head [8]byte
	at := uint32(shpHeader)
	return s.each(kind, nulls, func(shape, _ []byte) error {
		binary.BigEndian.PutUint32(head[:], at/2)
		binary.BigEndian.PutUint32(head[4:], uint32(len(shape)/2))
		at += 8 + uint32(len(shape))
		_, err := w.Write(head[:])
		return err
	})
}

// writeDBF writes the attributes; the date of the header is one of no meaning, so
// that the same rows make the same file.
func (s *shpWriter) writeDBF(w io.Writer, kind byte, l shpLayer, nulls bool) error {
	width := 1
	head := make([]byte, 32, 32*(len(s.fields)+1)+1)
	for k := range s.fields {
		f := &s.fields[k]
		d := make([]byte, 32)
		copy(d, f.label)
		d[11], d[16], d[17] = f.kind, byte(f.length), byte(f.decimal)
		head = append(head, d...)
		width += f.length
	}
	head = append(head, '\r')
	copy(head, []byte{3, 80, 1, 1})
	binary.LittleEndian.PutUint32(head[4:], l.rows)
	binary.LittleEndian.PutUint16(head[8:], uint16(len(head)))
	binary.LittleEndian.PutUint16(head[10:], uint16(width))
	if _, err := w.Write(head); err != nil {
		return err
	}
	rec := make([]byte, width)
	n := 0
	err := s.each(kind, nulls, func(_, cells []byte) error {
		n++
		for i := range rec {
			rec[i] = ' '
		}
		at := 1
		for k := range s.fields {
			f := &s.fields[k]
			cell := cells[1 : 1+int(cells[0])]
			cells = cells[1+len(cell):]
			switch {
			case s.from[k] < 0:
				copy(rec[at:], fmt.Appendf(nil, "%10d", n))
			case f.kind == 'L' && len(cell) == 0:
				rec[at] = '?'
			case f.kind == 'N':
				copy(rec[at+f.length-len(cell):], cell)
			default:
				copy(rec[at:], cell)
			}
			at += f.length
		}
		_, err := w.Write(rec)
		return err
	})
	if err == nil {
		_, err = w.Write([]byte{0x1a})
	}
	return err
}
