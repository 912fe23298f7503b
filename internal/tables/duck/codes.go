package duck

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"

	"socle/internal/tabular"
)

// codes.bin has columns as numbers that are in the order of their values, 0 being
// no value: the positions, from 1, among its different values of a column that has few, in one or two
// bytes; or the value itself, of numbers and dates, in eight. For each column there come its values
// (or, of eight bytes, the least and greatest code of each block), then its codes in blocks. The values and each
// block begin with the CRC-32C of what follows. meta.json says where each column is.
const (
	codesFile = "codes.bin"
	// blockRows is how many rows a block has, but for the last.
	blockRows = 1 << 14
	// maxValues and maxCoded are those of Options.
	maxValues = 1<<16 - 1
	maxCoded  = 256
	// valueBytes bounds the memory of values while codes are made, of all columns.
	valueBytes = 64 << 20
)

// codeMeta is what meta.json says of a coded column.
type codeMeta struct {
	Column int   `json:"column"`
	Width  int   `json:"width"`  // bytes of a code: 1, 2 or 8
	Values int   `json:"values"` // different values, when the width is 1 or 2
	At     int64 `json:"at"`     // where its values begin
	Bytes  int64 `json:"bytes"`  // of its values, checksum included; the codes come after
}

// orderOf is a number that is in the order of the values of a column: of a Float,
// not-a-number is the greatest, as DuckDB has it. 0 is no value: ok is false for the one integer that would be.
func orderOf(kind tabular.Kind, c *tabular.Column, i int) (code uint64, ok bool) {
	if kind == tabular.Float {
		return orderOfFloat(c.Float64[i]), true
	}
	return orderOfInt(c.Int64[i]), c.Int64[i] != math.MinInt64
}

func orderOfInt(v int64) uint64 { return uint64(v) ^ 1<<63 }

func intOf(code uint64) int64 { return int64(code ^ 1<<63) }

func orderOfFloat(v float64) uint64 {
	switch {
	case v != v:
		v = math.NaN()
	case v == 0:
		v = 0 // not the negative one
	}
	b := math.Float64bits(v)
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

func floatOf(code uint64) float64 {
	if code>>63 == 1 {
		return math.Float64frombits(code &^ (1 << 63))
	}
	return math.Float64frombits(^code)
}

// isText reports kinds whose values are bytes.
func isText(k tabular.Kind) bool { return k == tabular.Text || k == tabular.JSON }

// codedColumn is a column while its codes are made.
type codedColumn struct {
	at      int
	kind    tabular.Kind
	gone    bool // has too many texts
	raw     bool // has too many numbers: they are their own codes
	texts   map[string]uint16
	numbers map[uint64]uint16
	// Of each value, in the order met, from 1: the value, and how many rows have it.
	textOf   []string
	numberOf []uint64
	counts   []int64
	few      []uint16 // of the block, in the order met
	many     []uint64 // of the block, when raw
	blocks   []codedBlock
}

// codedBlock is where a block is in the temporary file.
type codedBlock struct {
	at  int64
	raw bool
}

// codesWriter makes codes.bin. Blocks go to a temporary file first: what the
// order of values is, is known at the end.
type codesWriter struct {
	dir     string
	tmp     *os.File
	out     *bufio.Writer
	at      int64
	columns []*codedColumn
	left    int   // of valueBytes
	values  int   // of Options
	rows    int64 // added
	inBlock int
	scratch []byte
	done    []codeMeta
}

func newCodesWriter(dir string, fields []tabular.Field, o Options) (*codesWriter, error) {
	w := &codesWriter{dir: dir, left: valueBytes, values: o.Values}
	var err error
	if w.tmp, err = os.CreateTemp(dir, "codes-*.tmp"); err != nil {
		return nil, err
	}
	w.out = bufio.NewWriterSize(w.tmp, 1<<18)
	for j, f := range fields[:min(len(fields), o.Coded)] {
		c := &codedColumn{at: j, kind: f.Kind, counts: make([]int64, 1), few: make([]uint16, 0, blockRows)}
		if isText(f.Kind) {
			c.texts, c.textOf = map[string]uint16{}, make([]string, 1)
		} else {
			c.numbers, c.numberOf = map[uint64]uint16{}, make([]uint64, 1)
		}
		w.columns = append(w.columns, c)
	}
	return w, nil
}

func (w *codesWriter) add(fr *tabular.Frame) error {
	for from := 0; from < fr.Rows; {
		to := min(fr.Rows, from+blockRows-w.inBlock)
		for _, c := range w.columns {
			if col := &fr.Columns[c.at]; isText(c.kind) {
				w.addTexts(c, col, from, to)
			} else {
				w.addNumbers(c, col, from, to)
			}
		}
		w.inBlock += to - from
		from = to
		if w.inBlock == blockRows {
			if err := w.endBlock(); err != nil {
				return err
			}
		}
	}
	w.rows += int64(fr.Rows)
	return nil
}

// addTexts codes a text by the order in which it was first met.
func (w *codesWriter) addTexts(c *codedColumn, col *tabular.Column, from, to int) {
	if c.gone {
		return
	}
	for i := from; i < to; i++ {
		if col.Null[i] {
			c.few = append(c.few, 0)
			c.counts[0]++
			continue
		}
		code, ok := c.texts[string(col.Bytes[i])]
		if !ok {
			const each = 80 // of a value in a map and two lists
			w.left -= len(col.Bytes[i]) + each
			if len(c.counts) > w.values || w.left < 0 {
				w.forget(c)
				c.gone = true
				return
			}
			code = uint16(len(c.counts))
			s := string(col.Bytes[i])
			c.texts[s], c.textOf, c.counts = code, append(c.textOf, s), append(c.counts, 0)
		}
		c.counts[code]++
		c.few = append(c.few, code)
	}
}

// addNumbers codes a number likewise, or as itself once there are many.
func (w *codesWriter) addNumbers(c *codedColumn, col *tabular.Column, from, to int) {
	if c.gone {
		return
	}
	for i := from; i < to; i++ {
		v := uint64(0)
		if !col.Null[i] {
			var ok bool
			if v, ok = orderOf(c.kind, col, i); !ok {
				w.forget(c)
				c.gone = true
				return
			}
		}
		if c.raw {
			c.many = append(c.many, v)
			continue
		}
		if v == 0 {
			c.few = append(c.few, 0)
			c.counts[0]++
			continue
		}
		code, ok := c.numbers[v]
		if !ok {
			const each = 48
			w.left -= each
			if len(c.counts) > w.values || w.left < 0 {
				c.becomeRaw()
				w.left += each * len(c.counts)
				c.many = append(c.many, v)
				continue
			}
			code = uint16(len(c.counts))
			c.numbers[v], c.numberOf, c.counts = code, append(c.numberOf, v), append(c.counts, 0)
		}
		c.counts[code]++
		c.few = append(c.few, code)
	}
}

// becomeRaw turns the block that is being made into values; those before are
// turned at the end.
func (c *codedColumn) becomeRaw() {
	c.raw, c.numbers = true, nil
	c.many = make([]uint64, 0, blockRows)
	for _, code := range c.few {
		c.many = append(c.many, c.numberOf[code])
	}
	c.few = nil
}

// forget gives back the memory of a column's values.
func (w *codesWriter) forget(c *codedColumn) {
	for _, s := range c.textOf {
		w.left += len(s)
	}
	w.left += 80 * len(c.textOf)
	*c = codedColumn{at: c.at, kind: c.kind}
}

// endBlock writes the block of each column to the temporary file.
func (w *codesWriter) endBlock() error {
	for _, c := range w.columns {
		if c.gone {
			continue
		}
		c.blocks = append(c.blocks, codedBlock{w.at, c.raw})
		b := w.scratch[:0]
		for _, v := range c.few {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		for _, v := range c.many {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		c.few, c.many = c.few[:0], c.many[:0]
		w.at += int64(len(b))
		w.scratch = b
		if _, err := w.out.Write(b); err != nil {
			return err
		}
	}
	w.inBlock = 0
	return nil
}

// close writes codes.bin, column after column, and deletes the temporary file.
func (w *codesWriter) close() (err error) {
	defer func() {
		err = errors.Join(err, w.tmp.Close(), os.Remove(w.tmp.Name()))
	}()
	if w.inBlock > 0 {
		if err := w.endBlock(); err != nil {
			return err
		}
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(w.dir, codesFile))
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<18)
	at := int64(0)
	for _, c := range w.columns {
		if c.gone {
			continue
		}
		m, n, err := w.finish(c, out)
		if err != nil {
			return errors.Join(err, f.Close())
		}
		m.At = at
		at += n
		w.done = append(w.done, m)
		*c = codedColumn{gone: true}
	}
	return errors.Join(out.Flush(), f.Close())
}

// finish writes a column and returns how many bytes that took.
func (w *codesWriter) finish(c *codedColumn, out *bufio.Writer) (m codeMeta, n int64, err error) {
	m = codeMeta{Column: c.at, Width: 8}
	var places []uint16 // of each value in the order met
	var values []byte
	if c.raw {
		values, err = w.bounds(c)
	} else {
		m.Values = len(c.counts) - 1
		m.Width = 1
		if m.Values > math.MaxUint8 {
			m.Width = 2
		}
		values, places = c.sorted()
	}
	if err != nil {
		return m, 0, err
	}
	put := func(b []byte) error {
		var sum [crcBytes]byte
		binary.LittleEndian.PutUint32(sum[:], crc32.Checksum(b, castagnoli))
		n += crcBytes + int64(len(b))
		if _, err := out.Write(sum[:]); err != nil {
			return err
		}
		_, err := out.Write(b)
		return err
	}
	if err := put(values); err != nil {
		return m, n, err
	}
	m.Bytes = n
	for i := range c.blocks {
		b, err := w.block(c, i)
		if err != nil {
			return m, n, err
		}
		if !c.raw {
			b = ordered(b, places, m.Width)
		}
		if err := put(b); err != nil {
			return m, n, err
		}
	}
	return m, n, nil
}

// ordered turns codes of two bytes in the order met into those in the order of
// values, in place.
func ordered(b []byte, places []uint16, width int) []byte {
	if width == 2 {
		for i := 0; i < len(b); i += 2 {
			binary.LittleEndian.PutUint16(b[i:], places[binary.LittleEndian.Uint16(b[i:])])
		}
		return b
	}
	for i := 0; i < len(b); i += 2 {
		b[i/2] = byte(places[binary.LittleEndian.Uint16(b[i:])])
	}
	return b[:len(b)/2]
}

// block reads a block back; of a raw column, as values.
func (w *codesWriter) block(c *codedColumn, i int) ([]byte, error) {
	rows := int(min(blockRows, w.rows-int64(i)*blockRows))
	width := 2
	if c.blocks[i].raw {
		width = 8
	}
	w.scratch = grow(w.scratch, rows*8)
	b := w.scratch[:rows*width]
	if _, err := w.tmp.ReadAt(b, c.blocks[i].at); err != nil {
		return nil, err
	}
	if !c.raw || width == 8 {
		return b, nil
	}
	all := w.scratch[:rows*8]
	for k := rows - 1; k >= 0; k-- { // from the end: they grow in place
		binary.LittleEndian.PutUint64(all[8*k:], c.numberOf[binary.LittleEndian.Uint16(b[2*k:])])
	}
	return all, nil
}

// bounds are the least and greatest code of each block of a raw column.
func (w *codesWriter) bounds(c *codedColumn) (out []byte, err error) {
	for i := range c.blocks {
		b, err := w.block(c, i)
		if err != nil {
			return nil, err
		}
		low, high := uint64(math.MaxUint64), uint64(0)
		for k := 0; k < len(b); k += 8 {
			v := binary.LittleEndian.Uint64(b[k:])
			low, high = min(low, v), max(high, v)
		}
		out = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(out, low), high)
	}
	return out, nil
}

// sorted writes how many rows have no value, then each value in order and how many
// rows have it; and gives the place, from 1, of each value in the order met.
func (c *codedColumn) sorted() (out []byte, places []uint16) {
	order := make([]uint16, len(c.counts)-1)
	for i := range order {
		order[i] = uint16(i + 1)
	}
	slices.SortFunc(order, func(a, b uint16) int {
		if c.textOf != nil {
			return cmp.Compare(c.textOf[a], c.textOf[b])
		}
		return cmp.Compare(c.numberOf[a], c.numberOf[b])
	})
	places = make([]uint16, len(c.counts))
	out = binary.AppendUvarint(nil, uint64(c.counts[0]))
	for k, i := range order {
		places[i] = uint16(k + 1)
		if c.textOf != nil {
			out = append(binary.AppendUvarint(out, uint64(len(c.textOf[i]))), c.textOf[i]...)
		} else {
			out = binary.LittleEndian.AppendUint64(out, c.numberOf[i])
		}
		out = binary.AppendUvarint(out, uint64(c.counts[i]))
	}
	return out, places
}
