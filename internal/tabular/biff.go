package tabular

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/richardlehane/mscfb"

	"socle/internal/errs"
)

// biff is a workbook of Excel 5 to 2003 ([MS-XLS]): records in one stream, held
// in memory within a limit; sheets are read row by row as their cells are met.
type biff struct {
	stream  []byte
	sheets  []sheetInfo
	starts  []int // of each sheet in stream
	strings [][]byte
	formats []numberKind // by extended format
	base    int
	mac     bool
	old     bool // Excel 5 and 95: one-byte text
	table   *[256]rune
}

const maxXLS = 256 << 20 // bytes of the stream; the format itself ends at 65,536 rows

// Record types of [MS-XLS], section 2.3.
const (
	biffFormula    = 0x0006
	biffEOF        = 0x000A
	biffDateMode   = 0x0022
	biffFilePass   = 0x002F
	biffContinue   = 0x003C
	biffCodePage   = 0x0042
	biffBoundSheet = 0x0085
	biffMulRK      = 0x00BD
	biffMulBlank   = 0x00BE
	biffRString    = 0x00D6
	biffXF         = 0x00E0
	biffMergeCells = 0x00E5
	biffSST        = 0x00FC
	biffLabelSST   = 0x00FD
	biffBlank      = 0x0201
	biffNumber     = 0x0203
	biffLabel      = 0x0204
	biffBoolErr    = 0x0205
	biffString     = 0x0207
	biffRK         = 0x027E
	biffFormat     = 0x041E
	biffBOF        = 0x0809
)

// openXLS recognises an OLE document: a workbook, or an encrypted one.
func (f *File) openXLS(ctx context.Context, src Source, o Options) (err error) {
	defer func() {
		if p := recover(); p != nil { // the container's reader, over damaged bytes
			err = truncated(errDamagedXLS)
		}
	}()
	doc, err := mscfb.New(io.NewSectionReader(src, 0, src.Size()))
	if err != nil {
		return truncated(err)
	}
	for entry, err := doc.Next(); err == nil; entry, err = doc.Next() {
		switch entry.Name {
		case "EncryptedPackage", "EncryptionInfo":
			return fail(errs.Invalid, CodeSource, "tabular.encrypted", nil)
		case "WordDocument", "PowerPoint Document":
			return fail(errs.Invalid, CodeFormat, "tabular.foreign", errs.Args{"Kind": "Office"})
		case "Workbook", "Book":
			if entry.Size > maxXLS {
				return bomb("xls")
			}
			stream, err := io.ReadAll(io.LimitReader(entry, maxXLS))
			if err != nil {
				return truncated(err)
			}
			w := &biff{stream: stream, base: dayOf1900, old: entry.Name == "Book", table: charsets()[1].table}
			if err := w.globals(); err != nil {
				return err
			}
			return f.openWorkbook(ctx, w, "xls", o)
		}
	}
	return fail(errs.Invalid, CodeFormat, "tabular.binary", nil)
}

var errDamagedXLS = errors.New("xls: damaged")

// record returns the record at a place and the place after it.
func (w *biff) record(at int) (kind uint16, data []byte, next int, ok bool) {
	if at < 0 || at+4 > len(w.stream) {
		return 0, nil, 0, false
	}
	kind = binary.LittleEndian.Uint16(w.stream[at:])
	n := int(binary.LittleEndian.Uint16(w.stream[at+2:]))
	next = min(at+4+n, len(w.stream))
	return kind, w.stream[at+4 : next], next, true
}

// globals reads what all sheets need.
func (w *biff) globals() error {
	custom := map[uint16]numberKind{}
	var xfs []uint16
	for at := 0; ; {
		kind, data, next, ok := w.record(at)
		if !ok || kind == biffEOF {
			break
		}
		switch kind {
		case biffFilePass:
			return fail(errs.Invalid, CodeSource, "tabular.encrypted", nil)
		case biffBOF:
			w.old = len(data) >= 2 && binary.LittleEndian.Uint16(data) < 0x0600
		case biffCodePage:
			if len(data) >= 2 && binary.LittleEndian.Uint16(data) == 10000 {
				w.table = charsets()[4].table
			}
		case biffDateMode:
			if len(data) >= 1 && data[0] == 1 {
				w.base, w.mac = dayOf1904, true
			}
		case biffFormat:
			if len(data) > 2 {
				custom[binary.LittleEndian.Uint16(data)] = kindOfFormat(w.format(data[2:]))
			}
		case biffXF:
			if len(data) >= 4 {
				xfs = append(xfs, binary.LittleEndian.Uint16(data[2:]))
			}
		case biffBoundSheet:
			w.sheet(data)
		case biffSST:
			next = w.shared(data, next)
		}
		at = next
	}
	for _, id := range xfs {
		k, ok := custom[id]
		if !ok {
			k = kindOfBuiltin(int(id))
		}
		w.formats = append(w.formats, k)
	}
	if len(w.sheets) == 0 {
		return fail(errs.Invalid, CodeSource, "tabular.no-sheet", nil)
	}
	return nil
}

func (w *biff) format(data []byte) string {
	if w.old {
		return string(data[1:])
	}
	if len(data) < 3 {
		return ""
	}
	text, _ := w.text(data[3:], int(binary.LittleEndian.Uint16(data)), data[2]&1 == 1)
	return string(text)
}

// text decodes n characters: two bytes each if wide, else the low halves.
func (w *biff) text(data []byte, n int, wide bool) (text []byte, used int) {
	if !wide {
		n = min(n, len(data))
		for _, c := range data[:n] {
			r := rune(c)
			if w.old {
				r = w.table[c]
			}
			text = utf8.AppendRune(text, r)
		}
		return text, n
	}
	n = min(n, len(data)/2)
	for i := 0; i < n; i++ {
		r := rune(binary.LittleEndian.Uint16(data[2*i:]))
		if utf16.IsSurrogate(r) && i+1 < n {
			if both := utf16.DecodeRune(r, rune(binary.LittleEndian.Uint16(data[2*i+2:]))); both != utf8.RuneError {
				r = both
				i++
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return text, 2 * n
}

// sheet reads a BoundSheet record.
func (w *biff) sheet(data []byte) {
	if len(data) < 8 || data[5] != 0 || len(w.sheets) >= maxSheets { // 0: a worksheet
		return
	}
	var name []byte
	if w.old {
		name, _ = w.text(data[7:], int(data[6]), false)
	} else {
		name, _ = w.text(data[8:], int(data[6]), data[7]&1 == 1)
	}
	w.sheets = append(w.sheets, sheetInfo{name: string(name), hidden: data[4]&3 != 0})
	w.starts = append(w.starts, int(binary.LittleEndian.Uint32(data)))
}

// shared reads the table of strings, which goes on in Continue records; a string
// cut by their border says its width anew.
func (w *biff) shared(data []byte, next int) int {
	c := &continued{w: w, data: data, next: next}
	c.skip(4)
	total := c.uint32()
	for i := uint32(0); i < total && !c.ended; i++ {
		n := int(c.uint16())
		flags := c.byte()
		runs, phonetic := 0, 0
		if flags&8 != 0 {
			runs = int(c.uint16())
		}
		if flags&4 != 0 {
			phonetic = int(c.uint32())
		}
		var text []byte
		wide := flags&1 == 1
		for n > 0 && !c.ended {
			if len(c.data) == 0 {
				if !c.follow() {
					break
				}
				wide = c.byte()&1 == 1
				continue
			}
			part, used := w.text(c.data, n, wide)
			if used == 0 {
				break
			}
			text = append(text, part...)
			c.data = c.data[used:]
			if wide {
				used /= 2
			}
			n -= used
		}
		c.skip(4*runs + phonetic)
		w.strings = append(w.strings, text)
	}
	return c.next
}

// continued reads a record with those that continue it.
type continued struct {
	w     *biff
	data  []byte
	next  int
	ended bool
}

func (c *continued) follow() bool {
	kind, data, next, ok := c.w.record(c.next)
	if !ok || kind != biffContinue {
		c.ended = true
		return false
	}
	c.data, c.next = data, next
	return true
}

func (c *continued) byte() byte {
	for len(c.data) == 0 {
		if !c.follow() {
			return 0
		}
	}
	b := c.data[0]
	c.data = c.data[1:]
	return b
}

func (c *continued) uint16() uint16 { return uint16(c.byte()) | uint16(c.byte())<<8 }

func (c *continued) uint32() uint32 { return uint32(c.uint16()) | uint32(c.uint16())<<16 }

func (c *continued) skip(n int) {
	for n > 0 {
		if len(c.data) == 0 && !c.follow() {
			return
		}
		k := min(n, len(c.data))
		c.data = c.data[k:]
		n -= k
	}
}

func (w *biff) list() []sheetInfo { return w.sheets }

func (w *biff) start(s sheetInfo) int {
	for i := range w.sheets {
		if w.sheets[i] == s {
			return w.starts[i]
		}
	}
	return -1
}

func (w *biff) rows(s sheetInfo) (rowReader, error) {
	at := w.start(s)
	if kind, _, next, ok := w.record(at); ok && kind == biffBOF {
		return &biffRows{w: w, begin: next, at: next, row: -1}, nil
	}
	return nil, truncated(errDamagedXLS)
}

func (w *biff) merged(ctx context.Context, s sheetInfo, last int) (out []mergedRange, err error) {
	for at := w.start(s); ; {
		kind, data, next, ok := w.record(at)
		if !ok || kind == biffEOF {
			return out, ctx.Err()
		}
		if kind == biffMergeCells && len(data) >= 2 {
			for p := data[2:]; len(p) >= 8; p = p[8:] {
				n := func(i int) int { return int(binary.LittleEndian.Uint16(p[i:])) }
				if m := (mergedRange{n(4), n(6), n(0) + 1, n(2) + 1}); m.top <= last && m.right >= m.left {
					out = append(out, m)
				}
			}
		}
		at = next
	}
}

// biffRows reads the cells of a sheet, which come row by row.
type biffRows struct {
	w     *biff
	begin int // of the records of the sheet
	at    int
	row   int // of the cells being read, from 0; -1 before the first
	wait  int // column whose formula has a text, which follows; 0: none, else column+1
	deep  int // charts within the sheet
}

func (s *biffRows) close() error { return nil }

// next gathers the cells of a row.
func (s *biffRows) next(b *Batch) (int, error) {
	row := -1
	for {
		kind, data, next, ok := s.w.record(s.at)
		if !ok || kind == biffEOF && s.deep == 0 {
			if row >= 0 {
				return row + 1, nil
			}
			return 0, io.EOF
		}
		switch kind {
		case biffBOF:
			s.deep++
		case biffEOF:
			s.deep--
		}
		if r, is := cellRow(kind, data); is && s.deep == 0 {
			if row >= 0 && r != row {
				return row + 1, nil
			}
			row = r
			s.cell(b, kind, data)
		} else if kind == biffString && s.wait > 0 && row >= 0 && len(data) >= 3 {
			text, _ := s.w.text(data[3:], int(binary.LittleEndian.Uint16(data)), data[2]&1 == 1)
			if s.w.old {
				text, _ = s.w.text(data[2:], int(binary.LittleEndian.Uint16(data)), false)
			}
			s.put(b, s.wait-1, text)
			s.wait = 0
		}
		s.at = next
	}
}

// cellRow returns the row of a record that holds cells.
func cellRow(kind uint16, data []byte) (int, bool) {
	switch kind {
	case biffFormula, biffMulRK, biffRString, biffLabelSST, biffNumber, biffLabel, biffBoolErr, biffRK:
		if len(data) >= 6 {
			return int(binary.LittleEndian.Uint16(data)), true
		}
	}
	return 0, false
}

// put adds a cell at its column.
func (s *biffRows) put(b *Batch, column int, text []byte) {
	for len(b.cells) < column {
		b.add(nil)
	}
	if len(b.cells) == column {
		b.add(text)
	}
}

func (s *biffRows) number(b *Batch, column int, v float64, xf uint16) {
	k := plainNumber
	if int(xf) < len(s.w.formats) {
		k = s.w.formats[xf]
	}
	var text []byte
	if k == plainNumber || v < 0 && k != spanNumber || v > 2958466 || math.IsNaN(v) || math.IsInf(v, 0) {
		text = appendNumber(nil, v)
	} else {
		text = appendMoment(nil, v, k, s.w.base, s.w.mac)
	}
	s.put(b, column, text)
}

// cell reads a record of one or several cells.
func (s *biffRows) cell(b *Batch, kind uint16, data []byte) {
	column := int(binary.LittleEndian.Uint16(data[2:]))
	xf := binary.LittleEndian.Uint16(data[4:])
	rest := data[6:]
	switch {
	case kind == biffLabelSST && len(rest) >= 4:
		if i := binary.LittleEndian.Uint32(rest); int64(i) < int64(len(s.w.strings)) {
			s.put(b, column, s.w.strings[i])
		}
	case kind == biffNumber && len(rest) >= 8:
		s.number(b, column, math.Float64frombits(binary.LittleEndian.Uint64(rest)), xf)
	case kind == biffRK && len(rest) >= 4:
		s.number(b, column, rk(rest), xf)
	case kind == biffMulRK:
		for p := data[4:]; len(p) >= 8; p = p[6:] {
			s.number(b, column, rk(p[2:]), binary.LittleEndian.Uint16(p))
			column++
		}
	case (kind == biffLabel || kind == biffRString) && len(rest) >= 3:
		text, _ := s.w.text(rest[3:], int(binary.LittleEndian.Uint16(rest)), rest[2]&1 == 1)
		if s.w.old {
			text, _ = s.w.text(rest[2:], int(binary.LittleEndian.Uint16(rest)), false)
		}
		s.put(b, column, text)
	case kind == biffBoolErr && len(rest) >= 2:
		s.special(b, column, rest[1] == 1, rest[0])
	case kind == biffFormula && len(rest) >= 8:
		if rest[6] != 0xFF || rest[7] != 0xFF {
			s.number(b, column, math.Float64frombits(binary.LittleEndian.Uint64(rest)), xf)
			return
		}
		switch rest[0] {
		case 0:
			s.wait = column + 1
		case 1, 2:
			s.special(b, column, rest[0] == 2, rest[2])
		}
	}
}

var biffErrors = map[byte]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}

func (s *biffRows) special(b *Batch, column int, isError bool, value byte) {
	switch {
	case isError:
		s.put(b, column, []byte(biffErrors[value]))
	case value == 0:
		s.put(b, column, []byte("false"))
	default:
		s.put(b, column, []byte("true"))
	}
}

// rk is the number in an RkNumber ([MS-XLS], section 2.5.217).
func rk(p []byte) float64 {
	n := binary.LittleEndian.Uint32(p)
	var v float64
	if n&2 != 0 {
		v = float64(int32(n) >> 2)
	} else {
		v = math.Float64frombits(uint64(n&^3) << 32)
	}
	if n&1 != 0 {
		v /= 100
	}
	return v
}
