package duck

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"sort"
	"strings"

	"socle/internal/tables"
	"socle/internal/tabular"
)

// coded is a column of codes.bin that may be read concurrently.
type coded struct {
	codeMeta
	field tabular.Field
	file  *os.File
	rows  int64
	// Of columns with few values, in order: code 1 is the first.
	texts   []string
	numbers []uint64
	counts  []int64 // of rows without value, then of each value
	// Of the others: least and greatest code of each block.
	bounds [][2]uint64
}

// few reports a column coded by position among its values.
func (c *coded) few() bool { return c.Width < 8 }

// greatest is the greatest code that a row may have.
func (c *coded) greatest() uint64 {
	if c.few() {
		return uint64(c.Values)
	}
	return 1<<64 - 1
}

// weight is about how many bytes of memory its values take.
func (c *coded) weight() int {
	n := 200 + 8*len(c.numbers) + 8*len(c.counts) + 16*len(c.bounds) + 16*len(c.texts)
	for _, s := range c.texts {
		n += len(s)
	}
	return n
}

// coded gives column j; ok is false when it is not coded.
func (t *table) coded(j int) (c *coded, ok bool, err error) {
	m, ok := t.codes[j]
	if !ok {
		return nil, false, nil
	}
	key := fmt.Sprintf("%s\x00%d\x00%d", t.key, t.number, j)
	if c, ok := t.c.e.coded.get(key); ok {
		return c, true, nil
	}
	c = &coded{codeMeta: m, field: t.fields[j], file: t.codesFile, rows: t.rows}
	if err := c.readValues(); err != nil {
		return nil, false, err
	}
	t.c.e.coded.put(key, c, c.weight()+len(key))
	return c, true, nil
}

// checked reads bytes that begin with their checksum.
func checked(f *os.File, at int64, b []byte) ([]byte, error) {
	if _, err := f.ReadAt(b, at); err != nil {
		return nil, damaged("codes at %d: %v", at, err)
	}
	if len(b) < crcBytes || binary.LittleEndian.Uint32(b) != crc32.Checksum(b[crcBytes:], castagnoli) {
		return nil, damaged("codes at %d: checksum", at)
	}
	return b[crcBytes:], nil
}

func (c *coded) readValues() error {
	b, err := checked(c.file, c.At, make([]byte, c.Bytes))
	if err != nil {
		return err
	}
	if !c.few() {
		for k := 0; k+16 <= len(b); k += 16 {
			c.bounds = append(c.bounds, [2]uint64{binary.LittleEndian.Uint64(b[k:]), binary.LittleEndian.Uint64(b[k+8:])})
		}
		return nil
	}
	number := func() uint64 {
		n, w := binary.Uvarint(b)
		if w <= 0 {
			err = io.ErrUnexpectedEOF
			return 0
		}
		b = b[w:]
		return n
	}
	c.counts = append(make([]int64, 0, c.Values+1), int64(number()))
	for range c.Values {
		n := uint64(8)
		if isText(c.field.Kind) {
			n = number()
		}
		if err != nil || n > uint64(len(b)) {
			return damaged("values of column %d", c.Column)
		}
		if isText(c.field.Kind) {
			c.texts = append(c.texts, string(b[:n]))
		} else {
			c.numbers = append(c.numbers, binary.LittleEndian.Uint64(b))
		}
		b = b[n:]
		c.counts = append(c.counts, int64(number()))
	}
	if err != nil {
		return damaged("values of column %d: %v", c.Column, err)
	}
	return nil
}

// text is a value as in tables.Record; the code is not 0.
func (c *coded) text(code uint64) string {
	if c.few() && c.texts != nil {
		return c.texts[code-1]
	}
	if c.few() {
		code = c.numbers[code-1]
	}
	col := tabular.Column{}
	if c.field.Kind == tabular.Float {
		col.Float64 = []float64{floatOf(code)}
	} else {
		col.Int64 = []int64{intOf(code)}
	}
	return string(appendCell(nil, &c.field, &col, 0))
}

// lower is the least code whose value is not less than a text or a number (as
// orderOf), and whether it is that value.
func (c *coded) lower(text string, number uint64) (code uint64, same bool) {
	if !c.few() {
		return number, true
	}
	if isText(c.field.Kind) {
		i, ok := sort.Find(len(c.texts), func(i int) int { return strings.Compare(text, c.texts[i]) })
		return uint64(i) + 1, ok
	}
	i := sort.Search(len(c.numbers), func(i int) bool { return c.numbers[i] >= number })
	return uint64(i) + 1, i < len(c.numbers) && c.numbers[i] == number
}

// codeReader reads the blocks of a column, one after the other or some of them.
type codeReader struct {
	*coded
	buf   []byte
	block []byte
	at    int // the block that is read; -1: none
}

func (c *coded) reader() *codeReader {
	return &codeReader{coded: c, buf: make([]byte, crcBytes+blockRows*c.Width), at: -1}
}

// blocks is how many blocks rows make.
func blocks(rows int64) int { return int((rows + blockRows - 1) / blockRows) }

// read reads a block.
func (r *codeReader) read(i int) error {
	if r.at == i {
		return nil
	}
	n := int(min(blockRows, r.rows-int64(i)*blockRows)) * r.Width
	b, err := checked(r.file, r.At+r.Bytes+int64(i)*int64(crcBytes+blockRows*r.Width), r.buf[:crcBytes+n])
	if err != nil {
		return err
	}
	r.block, r.at = b, i
	return nil
}

// code is that of a row of the block.
func (r *codeReader) code(k int) uint64 {
	switch r.Width {
	case 1:
		return uint64(r.block[k])
	case 2:
		return uint64(binary.LittleEndian.Uint16(r.block[2*k:]))
	}
	return binary.LittleEndian.Uint64(r.block[8*k:])
}

// codeTest is a condition on codes: those marked, of a column with few values;
// else those of a range, both ends included, or those for which a test is true.
type codeTest struct {
	marks     []byte // 1 or 0 of each code
	low, high uint64
	test      func(uint64) bool
}

var errBlock = errors.New("the block is not of whole codes")

// scan puts the rows whose code passes in a set.
func (c *coded) scan(ctx context.Context, test codeTest) (bitset, error) {
	found := newBitset(c.rows)
	r := c.reader()
	marks := test.marks
	if c.few() {
		// Codes beyond the values are of a damaged file: they are no value's.
		marks = append(make([]byte, 0, 1<<(8*c.Width)), marks...)[:1<<(8*c.Width)]
	}
	for i := range blocks(c.rows) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out := found[i*blockRows/8 : min(len(found), (i+1)*blockRows/8)]
		if !c.few() && test.test == nil && i < len(c.bounds) && (c.bounds[i][1] < test.low || c.bounds[i][0] > test.high) {
			continue
		}
		if err := r.read(i); err != nil {
			return nil, err
		}
		switch {
		case c.Width == 1:
			mark8(r.block, (*[1 << 8]byte)(marks), out)
		case c.Width == 2:
			mark16(r.block, (*[1 << 16]byte)(marks), out)
		case test.test == nil:
			mark64(r.block, test.low, test.high, out)
		default:
			for k := range len(r.block) / 8 {
				if test.test(r.code(k)) {
					out[k>>3] |= 0x80 >> (k & 7)
				}
			}
		}
	}
	return found, nil
}

func mark8(codes []byte, marks *[1 << 8]byte, out []byte) {
	for len(codes) >= 8 {
		c := codes[:8:8]
		out[0] = marks[c[0]]<<7 | marks[c[1]]<<6 | marks[c[2]]<<5 | marks[c[3]]<<4 | marks[c[4]]<<3 | marks[c[5]]<<2 | marks[c[6]]<<1 | marks[c[7]]
		codes, out = codes[8:], out[1:]
	}
	for k, c := range codes {
		out[0] |= marks[c] << (7 - k)
	}
}

func mark16(codes []byte, marks *[1 << 16]byte, out []byte) {
	for len(codes) >= 16 {
		a, b := binary.LittleEndian.Uint64(codes), binary.LittleEndian.Uint64(codes[8:])
		out[0] = marks[uint16(a)]<<7 | marks[uint16(a>>16)]<<6 | marks[uint16(a>>32)]<<5 | marks[a>>48]<<4 |
			marks[uint16(b)]<<3 | marks[uint16(b>>16)]<<2 | marks[uint16(b>>32)]<<1 | marks[b>>48]
		codes, out = codes[16:], out[1:]
	}
	for k := range len(codes) / 2 {
		out[0] |= marks[binary.LittleEndian.Uint16(codes[2*k:])] << (7 - k)
	}
}

func mark64(codes []byte, low, high uint64, out []byte) {
	if low > high {
		return
	}
	span := high - low
	for k := range len(codes) / 8 {
		bit := byte(0)
		if binary.LittleEndian.Uint64(codes[8*k:])-low <= span {
			bit = 1
		}
		out[k>>3] |= bit << (7 - k&7)
	}
}

// count counts the codes of a set of rows (nil: all) of a column with few values.
func (c *coded) count(ctx context.Context, set bitset) ([]int64, error) {
	if set == nil {
		return c.counts, nil
	}
	counts := make([]int64, 1<<(8*c.Width))
	r := c.reader()
	for i := range blocks(c.rows) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part := set[i*blockRows/8 : min(len(set), (i+1)*blockRows/8)]
		if part.empty() {
			continue
		}
		if err := r.read(i); err != nil {
			return nil, err
		}
		if len(r.block) < int(min(blockRows, c.rows-int64(i)*blockRows))*c.Width {
			return nil, errBlock
		}
		if c.Width == 1 {
			part.each(func(k int) { counts[r.block[k]]++ })
		} else {
			part.each(func(k int) { counts[binary.LittleEndian.Uint16(r.block[2*k:])]++ })
		}
	}
	return counts[:c.Values+1], nil
}

// facet fills a facet with the most frequent values, of those as frequent the
// least first, no value last.
func (c *coded) facet(f *tables.Facet, counts []int64, limit int) {
	codes := make([]int, 0, len(counts))
	for code, n := range counts {
		if n == 0 {
			continue
		}
		f.Others += n
		if code > 0 {
			f.Distinct++
		}
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b int) int {
		if counts[a] != counts[b] {
			return cmp.Compare(counts[b], counts[a])
		}
		return cmp.Compare(uint(a-1), uint(b-1))
	})
	for _, code := range codes[:min(limit, len(codes))] {
		b := tables.Bucket{Null: code == 0, Count: counts[code]}
		if code > 0 {
			b.Text = c.text(uint64(code))
		}
		f.Buckets = append(f.Buckets, b)
		f.Others -= b.Count
	}
}
