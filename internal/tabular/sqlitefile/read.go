package sqlitefile

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// Magic begins every file.
const Magic = "SQLite format 3\x00"

// Errors of reading; others are those of the source.
var (
	ErrDamaged     = errors.New("damaged database file")
	ErrTooLarge    = errors.New("row of a database file beyond the limit")
	ErrUnsupported = errors.New("table kept in a way that is not read")
)

const (
	maxColumns = 32767
	maxPayload = 32 << 20 // bytes of a row
	maxDepth   = 24       // of a tree
	maxSchema  = 10_000   // tables, indexes and views
)

// Column is a column of a table. Type is as declared; Default is the value of rows
// older than the column.
type Column struct {
	Name, Type string
	Default    Value
	virtual    bool // computed, not kept
}

// Table is a table of a file.
type Table struct {
	Name    string
	Columns []Column // those that are kept
	Key     int      // column that is the number of the row; -1 without

	root    uint32
	rowless bool
}

// Column finds a column by its name, in any case; -1 without.
func (t *Table) Column(name string) int {
	for i := range t.Columns {
		if strings.EqualFold(t.Columns[i].Name, name) {
			return i
		}
	}
	return -1
}

// Database is a file being read.
type Database struct {
	ApplicationID uint32
	Tables        []Table

	src    io.ReaderAt
	page   int // bytes
	usable int
	pages  uint32
	wide   binary.ByteOrder
}

// Open reads the header and the list of tables. Errors: ErrDamaged.
func Open(src io.ReaderAt, size int64) (*Database, error) {
	head := make([]byte, 100)
	if _, err := src.ReadAt(head, 0); err != nil || string(head[:16]) != Magic {
		return nil, ErrDamaged
	}
	d := &Database{src: src, page: int(binary.BigEndian.Uint16(head[16:])), ApplicationID: binary.BigEndian.Uint32(head[68:])}
	if d.page == 1 {
		d.page = 65536
	}
	d.usable = d.page - int(head[20])
	if d.page < 512 || d.page&(d.page-1) != 0 || d.usable < 480 || size < int64(d.page) {
		return nil, ErrDamaged
	}
	d.pages = uint32(min(size/int64(d.page), 1<<32-2))
	switch binary.BigEndian.Uint32(head[56:]) {
	case 2:
		d.wide = binary.LittleEndian
	case 3:
		d.wide = binary.BigEndian
	}
	return d, d.schema()
}

// schema reads the table of tables, at page 1.
func (d *Database) schema() error {
	rows := d.Rows(&Table{root: 1, Key: -1, Columns: make([]Column, 5)})
	for n := 0; ; n++ {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n > maxSchema {
			return ErrDamaged
		}
		if string(row[0].Bytes) != "table" || row[3].Kind != Int || row[3].Int <= 0 {
			continue // indexes, views, tables of extensions
		}
		if row[3].Int > int64(d.pages) {
			return ErrDamaged // cut
		}
		t, ok := parseTable(string(row[4].Bytes))
		if !ok {
			continue
		}
		t.Name, t.root = string(row[1].Bytes), uint32(row[3].Int)
		d.Tables = append(d.Tables, t)
	}
}

// Table finds a table by its name, in any case.
func (d *Database) Table(name string) (*Table, bool) {
	for i := range d.Tables {
		if strings.EqualFold(d.Tables[i].Name, name) {
			return &d.Tables[i], true
		}
	}
	return nil, false
}

// Rows walks through the rows of a table in the order of their numbers.
type Rows struct {
	ID int64 // number of the row read last

	d       *Database
	t       *Table
	path    []step
	spare   [][]byte
	left    uint32 // pages that may still be read
	values  []Value
	out     []Value
	payload []byte
	err     error
}

// step is a page on the way down to a row.
type step struct {
	page  []byte
	base  int // of its header
	cells int
	next  int
	leaf  bool
	used  int // bytes of the cells read: those of a sound page do not overlap
}

// Rows begins to read a table.
func (d *Database) Rows(t *Table) *Rows {
	r := &Rows{d: d, t: t, left: d.pages + 1}
	if t.rowless {
		r.err = ErrUnsupported
		return r
	}
	r.err = r.down(t.root)
	return r
}

// read fills buf with a page; each may be read once, so that a circle ends.
func (r *Rows) read(n uint32, buf []byte) error {
	if n == 0 || n > r.d.pages || r.left == 0 {
		return ErrDamaged
	}
	r.left--
	_, err := r.d.src.ReadAt(buf, int64(n-1)*int64(r.d.page))
	if errors.Is(err, io.EOF) {
		err = ErrDamaged
	}
	return err
}

// down goes to a page of the tree.
func (r *Rows) down(n uint32) error {
	if len(r.path) >= maxDepth {
		return ErrDamaged
	}
	var buf []byte
	if k := len(r.spare); k > 0 {
		buf, r.spare = r.spare[k-1], r.spare[:k-1]
	} else {
		buf = make([]byte, r.d.page)
	}
	if err := r.read(n, buf); err != nil {
		return err
	}
	s := step{page: buf}
	if n == 1 {
		s.base = 100
	}
	head := 8
	switch buf[s.base] {
	case 13:
		s.leaf = true
	case 5:
		head = 12
	default:
		return ErrDamaged
	}
	s.cells = int(binary.BigEndian.Uint16(buf[s.base+3:]))
	if s.base+head+2*s.cells > r.d.usable {
		return ErrDamaged
	}
	r.path = append(r.path, s)
	return nil
}

// cell is where a cell of a page begins.
func (s *step) cell(i int) int {
	head := 12
	if s.leaf {
		head = 8
	}
	return int(binary.BigEndian.Uint16(s.page[s.base+head+2*i:]))
}

// Next returns the values of the next row, one for each column, valid until the
// next call; io.EOF at the end. Errors: ErrDamaged, ErrTooLarge, ErrUnsupported.
func (r *Rows) Next() ([]Value, error) {
	for r.err == nil && len(r.path) > 0 {
		s := &r.path[len(r.path)-1]
		switch {
		case s.leaf && s.next < s.cells:
			s.next++
			var row []Value
			row, r.err = r.row(s, s.cell(s.next-1))
			if r.err == nil {
				return row, nil
			}
		case s.leaf || s.next > s.cells:
			r.spare = append(r.spare, s.page)
			r.path = r.path[:len(r.path)-1]
		default:
			at := s.base + 8 // the last child
			if s.next < s.cells {
				at = s.cell(s.next)
			}
			s.next++
			if at+4 > len(s.page) {
				r.err = ErrDamaged
				break
			}
			r.err = r.down(binary.BigEndian.Uint32(s.page[at:]))
		}
	}
	if r.err == nil {
		r.err = io.EOF
	}
	return nil, r.err
}

// row reads a cell of a leaf.
func (r *Rows) row(s *step, at int) ([]Value, error) {
	page := s.page[:r.d.usable]
	if at >= len(page) {
		return nil, ErrDamaged
	}
	length, n := varint(page[at:])
	if n == 0 {
		return nil, ErrDamaged
	}
	id, k := varint(page[at+n:])
	if k == 0 {
		return nil, ErrDamaged
	}
	if length > maxPayload {
		return nil, ErrTooLarge
	}
	if s.used += local(r.d.usable, int(length)); s.used > r.d.usable {
		return nil, ErrDamaged
	}
	r.ID = int64(id)
	payload, err := r.whole(page[at+n+k:], int(length))
	if err != nil {
		return nil, err
	}
	if r.values, err = parseRecord(payload, r.values, r.d.wide); err != nil {
		return nil, err
	}
	r.out = r.out[:0]
	for i := range r.t.Columns {
		switch {
		case i == r.t.Key:
			r.out = append(r.out, Value{Kind: Int, Int: r.ID})
		case i < len(r.values):
			r.out = append(r.out, r.values[i])
		default:
			r.out = append(r.out, r.t.Columns[i].Default)
		}
	}
	return r.out, nil
}

// local is how many bytes of a row stand in its leaf (section 1.6).
func local(usable, length int) int {
	most := usable - 35
	if length <= most {
		return length
	}
	least := (usable-12)*32/255 - 23
	if k := least + (length-least)%(usable-4); k <= most {
		return k
	}
	return least
}

// whole puts a payload together with what flowed over to other pages.
func (r *Rows) whole(cell []byte, length int) ([]byte, error) {
	n := local(r.d.usable, length)
	if n > len(cell) {
		return nil, ErrDamaged
	}
	if n == length {
		return cell[:n], nil
	}
	if len(cell) < n+4 {
		return nil, ErrDamaged
	}
	r.payload = append(r.payload[:0], cell[:n]...)
	next := binary.BigEndian.Uint32(cell[n:])
	buf := make([]byte, r.d.page)
	for len(r.payload) < length {
		if err := r.read(next, buf); err != nil {
			return nil, err
		}
		next = binary.BigEndian.Uint32(buf)
		r.payload = append(r.payload, buf[4:min(r.d.usable, 4+length-len(r.payload))]...)
	}
	return r.payload, nil
}
