package tabular

import (
	"bytes"
	"io"
)

// Source is a file to read: random access, known size. *os.File is wrapped by
// FileSource, bytes by bytes.NewReader.
type Source interface {
	io.ReaderAt
	Size() int64
}

// Options override what is detected; the zero value detects everything.
type Options struct {
	Name       string        // file name: a hint for the format, never trusted alone
	Format     string        // a name of Formats
	Encoding   string        // WHATWG name
	Delimiter  string        // one character, or several that are recognised as one
	Sheet      string        // name of the sheet
	HeaderRows *int          // number of header rows; 0: the file has no header
	CRS        string        // reference system of the geometries, or of the columns of coordinates: EPSG:2154 and the like
	Degrees    *DegreeLabels // columns to add to a table whose coordinates are projected; nil: none are
	Recompute  bool          // the last two columns are those of Degrees: they are computed again
	Whole      bool          // every record is data: nothing is taken for a header, a preamble or a footnote
	TempDir    string        // where a file that needs random access is unpacked; "" is the system's
}

// everything stands for "no header, no preamble" where a number of header rows is.
const everything = -1

func (o Options) headerRows() *int {
	if o.Whole {
		n := everything
		return &n
	}
	return o.HeaderRows
}

// Info is what Open recognised; the words are those of the describe contract.
type Info struct {
	Format       string // a name of Formats: csv, xlsx, ods, …
	Compression  string // gzip, zip or ""
	Encoding     string // WHATWG name; "" for binary formats
	BOM          bool
	Reencoded    bool   // UTF-8 that was encoded twice; the cells are read as they were meant
	Delimiter    string // "" where there is none
	Quote        string
	Escape       string
	Newline      string        // lf, crlf, cr, mixed or ""
	Sheet        string        // the sheet read
	Sheets       []string      // all sheets of a workbook
	PreambleRows int           // records before the header that are no data
	HeaderRows   int           // 0: no header
	FootnoteRows int           // records after the data that are no data; complete once the file was read to its end
	Columns      int           // width of the table
	FirstColumn  int           // empty columns left out on the left of a sheet
	Geometry     string        // label of the column that holds geometries, as GeoJSON in WGS 84; "" without
	CRS          string        // EPSG:2154 and the like when coordinates were converted from it; "" when they are as read
	Coordinates  []string      // labels of the two columns that Degrees were converted from; none without
	Heights      bool          // positions have heights, which are not kept
	Degrees      *DegreeLabels // the columns that were added at the end; nil without
}

// DegreeLabels are labels of columns of degrees of WGS 84.
type DegreeLabels struct{ Longitude, Latitude string }

// AddedDegrees are the columns that a table without schema gets.
func AddedDegrees() *DegreeLabels { return &DegreeLabels{"longitude", "latitude"} }

// Fault is something that reading met and went on from: invalid bytes, an
// unbalanced quote, a NUL. Index is the record in its batch; Column counts from 1,
// 0 when the fault is of the record.
type Fault struct {
	Index  int
	Column int
	Code   string // encoding-error, source-error
	Key    string // message key
	Args   map[string]any
}

// Batch is a run of consecutive records as text, in columns' order, valid until
// the function that received it returns. Preamble, header and footnotes are not
// in it; blank records are (width 0 when the line is empty).
type Batch struct {
	Seq    int     // 0, 1, 2 … in file order
	Faults []Fault // in record order

	buf   []byte   // holds the text of all cells, unquoted, UTF-8
	cells []extent // where each cell is in buf
	first []uint32 // index in cells of the first cell of each record, and one past the last
	lines []uint32 // physical line of each record, from the line where the batch begins (0-based)
	span  uint32   // physical lines that the batch covers
	pos   Position
}

type extent struct{ start, end uint32 }

// Len returns the number of records.
func (b *Batch) Len() int {
	if len(b.first) == 0 {
		return 0
	}
	return len(b.first) - 1
}

// Contains tells whether some text of the batch has the byte.
func (b *Batch) Contains(c byte) bool { return bytes.IndexByte(b.buf, c) >= 0 }

// Width returns the number of cells of a record.
func (b *Batch) Width(i int) int { return int(b.first[i+1] - b.first[i]) }

// Cell returns the text of cell j of record i, as read; nil when the record
// is too short.
func (b *Batch) Cell(i, j int) []byte {
	at := b.first[i] + uint32(j)
	if at >= b.first[i+1] {
		return nil
	}
	c := b.cells[at]
	return b.buf[c.start:c.end:c.end]
}

// Line returns the physical line (or sheet row) of record i, relative to
// Position.Line of the batch.
func (b *Batch) Line(i int) int { return int(b.lines[i]) }

// Position is where a batch begins, known when batches are put in order.
type Position struct {
	Row  int // contract row of its first record: 2 after a header, else 1
	Line int // physical line, or sheet row, of its first record, from 1
}

// Position returns where the batch begins.
func (b *Batch) Position() Position { return b.pos }

// reset empties the batch and keeps its memory.
func (b *Batch) reset() {
	b.Faults = b.Faults[:0]
	b.buf, b.cells, b.lines = b.buf[:0], b.cells[:0], b.lines[:0]
	b.first = append(b.first[:0], 0)
	b.span = 0
}

// add appends a cell to the record being built.
func (b *Batch) add(text []byte) {
	start := uint32(len(b.buf))
	b.buf = append(b.buf, text...)
	b.cells = append(b.cells, extent{start, uint32(len(b.buf))})
}

// addString is add for a string.
func (b *Batch) addString(text string) {
	start := uint32(len(b.buf))
	b.buf = append(b.buf, text...)
	b.cells = append(b.cells, extent{start, uint32(len(b.buf))})
}

// end closes the record being built; line is relative to the batch.
func (b *Batch) end(line uint32) {
	b.first = append(b.first, uint32(len(b.cells)))
	b.lines = append(b.lines, line)
}

// cut keeps the first n records.
func (b *Batch) cut(n int) {
	if n >= b.Len() {
		return
	}
	b.first = b.first[:n+1]
	b.lines = b.lines[:n]
	b.cells = b.cells[:b.first[n]]
	for len(b.Faults) > 0 && b.Faults[len(b.Faults)-1].Index >= n {
		b.Faults = b.Faults[:len(b.Faults)-1]
	}
}

// row copies the cells of a record.
func (b *Batch) row(i int) []string {
	out := make([]string, b.Width(i))
	for j := range out {
		out[j] = string(b.Cell(i, j))
	}
	return out
}
