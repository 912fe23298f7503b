package tabular

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"socle/internal/errs"
)

// dbfField is a column of a dBase table.
type dbfField struct {
	label   string
	kind    byte // C, N, F, D, L, M and those of FoxPro
	length  int
	hidden  bool // kept by the program for itself
	decimal int
}

// dbfHeader is the beginning of a dBase table (dBase III to 5, FoxPro).
type dbfHeader struct {
	records  uint32
	length   int // bytes before the first record
	record   int // bytes of a record
	language byte
	fields   []dbfField
}

// versions of dBase and FoxPro files.
const dbfVersions = "\x02\x03\x04\x05\x30\x31\x32\x43\x63\x83\x8b\x8c\x8e\xcb\xf5\xfb"

// dbfLength is the length of the header that begins with magic; false when these
// are no bytes of dBase.
func dbfLength(magic []byte) (int, bool) {
	if len(magic) < 65 || strings.IndexByte(dbfVersions, magic[0]) < 0 || magic[2] > 12 || magic[3] > 31 {
		return 0, false
	}
	length, record := int(binary.LittleEndian.Uint16(magic[8:])), int(binary.LittleEndian.Uint16(magic[10:]))
	if length < 65 || record < 2 {
		return 0, false
	}
	for at := 32; at < length && at+32 <= len(magic); at += 32 { // the descriptors that are seen
		if magic[at] == '\r' {
			return length, at > 32
		}
		if magic[at] < ' ' || strings.IndexByte("CNFDLMGPBTIYOV0W@+Q", magic[at+11]) < 0 {
			return 0, false
		}
	}
	return length, true
}

// isDBF: a dBase table begins, unless another format was asked for.
func isDBF(magic []byte, o Options) bool {
	_, ok := dbfLength(magic)
	return ok && (o.Format == "" || o.Format == "dbf")
}

// parseDBFHeader reads a header that is there as a whole; labels are bytes yet.
func parseDBFHeader(b []byte) (*dbfHeader, error) {
	length, ok := dbfLength(b)
	if !ok || length > len(b) {
		return nil, truncated(io.ErrUnexpectedEOF)
	}
	h := &dbfHeader{
		records: binary.LittleEndian.Uint32(b[4:]), length: length,
		record: int(binary.LittleEndian.Uint16(b[10:])), language: b[29],
	}
	used := 1
	for at := 32; at+32 <= length && b[at] != '\r'; at += 32 {
		d := b[at : at+32]
		f := dbfField{kind: d[11], length: int(d[16]), decimal: int(d[17])}
		name, _, _ := bytes.Cut(d[:11], []byte{0})
		f.label = string(bytes.TrimSpace(name))
		f.hidden = f.kind == '0'
		if f.kind == 'C' {
			f.length += f.decimal << 8 // long texts of Clipper and FoxPro
			f.decimal = 0
		}
		used += f.length
		h.fields = append(h.fields, f)
	}
	if used > h.record || len(h.fields) == 0 {
		return nil, fail(errs.Invalid, CodeSource, "tabular.damaged", nil)
	}
	return h, nil
}

// dbfLanguages are the charsets of the language drivers (byte 29 of the header).
var dbfLanguages = map[byte]string{
	0x01: "ibm437", 0x02: "ibm850", 0x03: "windows-1252", 0x04: "macintosh", 0x08: "ibm850", 0x0a: "ibm850", 0x0d: "ibm437", 0x0e: "ibm850", 0x10: "ibm850", 0x12: "ibm850",
	0x14: "ibm850", 0x16: "ibm850", 0x18: "ibm850", 0x1a: "ibm850", 0x1d: "ibm850", 0x25: "ibm850", 0x37: "ibm850", 0x57: "windows-1252", 0x58: "windows-1252", 0x59: "windows-1252",
	0xc8: "windows-1250", 0xc9: "windows-1251",
}

// dbfCharset chooses how texts are read: as asked, as UTF-8 when that is what
// they are, as a file .cpg or the language driver says, as they look. head begins
// with the header.
func dbfCharset(h *dbfHeader, head []byte, codepage, asked string) (*charset, error) {
	if asked != "" {
		return charsetNamed(asked)
	}
	body := wholeRunes(head[min(len(head), h.length):], false)
	good, bad := countUTF8(body)
	if good > 0 && bad == 0 {
		return charsetNamed("utf-8")
	}
	for _, name := range []string{codepageName(codepage), dbfLanguages[h.language]} {
		if c, err := charsetNamed(name); name != "" && err == nil && c.wide == nil && (c.table != nil || bad == 0) {
			return c, nil
		}
	}
	if good == 0 && bad == 0 {
		return charsetNamed("windows-1252")
	}
	c, _ := sniffCharset([][]byte{body})
	if c.wide != nil || c.table == nil && bad > 0 {
		return charsetNamed("windows-1252")
	}
	return c, nil
}

// codepageName reads what files .cpg say: UTF-8, 1252, ISO 88591, OEM 850.
func codepageName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.NewReplacer(" ", "", "-", "", "_", "").Replace(s)
	s = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s, "ansi"), "oem"), "ibm")
	switch {
	case s == "utf8" || s == "65001":
		return "utf-8"
	case strings.HasPrefix(s, "iso8859"):
		s = s[3:]
	}
	switch strings.TrimPrefix(strings.TrimPrefix(s, "cp"), "windows") {
	case "1252", "88591", "28591":
		return "windows-1252"
	case "885915", "28605":
		return "iso-8859-15"
	case "850":
		return "ibm850"
	case "437":
		return "ibm437"
	case "1250":
		return "windows-1250"
	case "1251":
		return "windows-1251"
	case "10000":
		return "macintosh"
	}
	return ""
}

// dbfReader reads the records of a dBase table from its beginning on.
type dbfReader struct {
	*dbfHeader
	charset *charset
	r       *bufio.Reader
	rec     []byte
	text    []byte
	row     int // records read, those deleted too
}

// openDBFReader goes to the first record.
func openDBFReader(h *dbfHeader, c *charset, r io.Reader) (*dbfReader, error) {
	d := &dbfReader{dbfHeader: h, charset: c, r: bufio.NewReaderSize(r, 256<<10), rec: make([]byte, h.record)}
	if _, err := d.r.Discard(h.length); err != nil {
		return nil, truncated(err)
	}
	return d, nil
}

// read goes to the next record; io.EOF at the end.
func (d *dbfReader) read() (deleted bool, err error) {
	if uint32(d.row) >= d.records {
		return false, io.EOF
	}
	if _, err := io.ReadFull(d.r, d.rec); err != nil {
		if d.rec[0] == 0x1a || errors.Is(err, io.EOF) && d.row > 0 && d.records == math.MaxUint32 {
			return false, io.EOF
		}
		return false, truncated(err)
	}
	d.row++
	return d.rec[0] == '*', nil
}

// cells adds the cells of the record.
func (d *dbfReader) cells(b *Batch) {
	at := 1
	for k := range d.fields {
		f := &d.fields[k]
		raw := d.rec[at : at+f.length]
		at += f.length
		if f.hidden {
			continue
		}
		var fault string
		d.text, fault = d.cell(d.text[:0], f, raw)
		b.add(d.text)
		if fault != "" {
			b.fault(Fault{Column: len(b.cells), Code: CodeEncoding, Key: fault, Args: map[string]any{"Encoding": d.charset.name}})
		}
	}
}

// cell appends the value of a field as text.
func (d *dbfReader) cell(to []byte, f *dbfField, raw []byte) ([]byte, string) {
	le := binary.LittleEndian
	switch f.kind {
	case 'N', 'F':
		text := bytes.Trim(raw, " \x00")
		if len(bytes.Trim(text, "*")) == 0 { // asterisks fill what did not fit
			return to, ""
		}
		if f.decimal > 0 && bytes.IndexByte(text, '.') >= 0 && !bytes.ContainsAny(text, "eE") { // zeros fill up the decimals declared
			text = bytes.TrimSuffix(bytes.TrimRight(text, "0"), []byte("."))
		}
		return append(to, text...), ""
	case 'D':
		if len(raw) == 8 && digits(raw) {
			if string(raw) == "00000000" {
				return to, ""
			}
			return append(append(append(append(append(to, raw[:4]...), '-'), raw[4:6]...), '-'), raw[6:]...), ""
		}
	case 'L':
		switch {
		case bytes.IndexAny(raw, "TtYy") == 0:
			return append(to, "true"...), ""
		case bytes.IndexAny(raw, "FfNn") == 0:
			return append(to, "false"...), ""
		}
		return to, ""
	case 'M', 'G', 'P', 'V', 'W', 'Q':
		return to, "" // what it says is in another file: told once, in the header
	case 'I', '+':
		if len(raw) == 4 {
			return strconv.AppendInt(to, int64(int32(le.Uint32(raw))), 10), ""
		}
	case 'B', 'O':
		if len(raw) == 8 {
			return appendFloat(to, math.Float64frombits(le.Uint64(raw))), ""
		}
	case 'Y':
		if len(raw) == 8 {
			return appendFloat(to, float64(int64(le.Uint64(raw)))/1e4), ""
		}
	case 'T', '@':
		if len(raw) == 8 {
			return appendJulian(to, int64(int32(le.Uint32(raw))), int64(le.Uint32(raw[4:]))), ""
		}
	}
	raw = bytes.TrimRight(raw, " \x00")
	if d.charset.table != nil {
		return d.charset.fromTable(to, raw), ""
	}
	return repairUTF8(to, raw)
}

// appendJulian appends a day of the Julian count and milliseconds of the day.
func appendJulian(to []byte, day, ms int64) []byte {
	const epoch = 2440588 // 1970-01-01
	if day <= 0 || day > epoch+3e6 {
		return to
	}
	return time.UnixMilli((day-epoch)*86400e3+ms).UTC().AppendFormat(to, "2006-01-02T15:04:05")
}

// labels are those of the columns shown, decoded; faults tell what is left out.
func (h *dbfHeader) labels(c *charset) (labels []string, faults []Fault) {
	for k := range h.fields {
		f := &h.fields[k]
		if f.hidden {
			continue
		}
		label := []byte(f.label)
		if c.table != nil {
			label = c.fromTable(nil, label)
		} else {
			label, _ = repairUTF8(nil, label)
		}
		labels = append(labels, string(label))
		if strings.IndexByte("MGPVWQ", f.kind) >= 0 {
			faults = append(faults, Fault{Column: len(labels), Code: CodeSource, Key: "tabular.fault.memo", Args: map[string]any{"Column": string(label)}})
		}
	}
	return labels, faults
}

// openDBF recognises a dBase table, read from its beginning each time.
func (f *File) openDBF(ctx context.Context, o Options, again func(context.Context) (io.ReadCloser, error)) error {
	h, c, err := learnDBF(ctx, "", o.Encoding, again)
	if err != nil {
		return err
	}
	f.Info.Format, f.Info.Encoding = "dbf", c.name
	f.Header, f.Faults = h.labels(c)
	f.Info.HeaderRows, f.Info.Columns, f.firstLine = 1, len(f.Header), 1
	f.open = func(ctx context.Context) (feed, error) {
		r, err := again(ctx)
		if err != nil {
			return nil, err
		}
		d, err := openDBFReader(h, c, r)
		if err != nil {
			r.Close()
			return nil, err
		}
		return &rowsFeed{r: &dbfRows{d: d, c: r}, columns: f.ownColumns()}, nil
	}
	return nil
}

// learnDBF reads header and charset.
func learnDBF(ctx context.Context, codepage, asked string, again func(context.Context) (io.ReadCloser, error)) (*dbfHeader, *charset, error) {
	r, err := again(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, maxHead))
	if err != nil {
		return nil, nil, truncated(err)
	}
	h, err := parseDBFHeader(head)
	if err != nil {
		return nil, nil, err
	}
	c, err := dbfCharset(h, head, codepage, asked)
	return h, c, err
}

// dbfRows gives the records that are not deleted.
type dbfRows struct {
	d   *dbfReader
	c   io.Closer
	row int
}

func (s *dbfRows) next(b *Batch) (int, error) {
	for {
		deleted, err := s.d.read()
		if err != nil {
			return 0, err
		}
		if !deleted {
			s.d.cells(b)
			s.row++
			return s.row, nil
		}
	}
}

func (s *dbfRows) close() error { return s.c.Close() }
