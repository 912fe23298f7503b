package sqlitefile

import (
	"bufio"
	"encoding/binary"
	"io"
)

const (
	pageSize = 4096
	version  = 3040001 // of SQLite, whose files these are
)

// Writer writes a file, one table after the other, in rows of growing numbers.
// Only the page that is being filled is in memory, and 12 bytes per page written.
type Writer struct {
	f     File
	out   *bufio.Writer
	pages uint32 // written, or kept free for the first
	list  []entry
	open  *tree
	head  []byte
	rec   []byte
}

// File is where a Writer writes: from the beginning on, then the first page again.
type File interface {
	io.Writer
	io.WriterAt
}

// entry is a line of the table of tables.
type entry struct {
	kind, name, table, sql string
	root                   uint32
}

// Create begins a file. f is empty.
func Create(f File) (*Writer, error) {
	w := &Writer{f: f, out: bufio.NewWriterSize(f, 64*pageSize), pages: 1}
	_, err := w.out.Write(make([]byte, pageSize)) // page 1 comes last
	return w, err
}

// tree is a table being written: its leaf, and the pages below its root.
type tree struct {
	w        *Writer
	capacity int
	cells    [][2]int // start and end in buf
	buf      []byte
	used     int
	last     int64 // number of the row added last
	children []child
}

// child is a page of a tree and the greatest number below it.
type child struct {
	page uint32
	last int64
}

// page writes a page and returns its number.
func (w *Writer) page(b []byte) (uint32, error) {
	w.pages++
	_, err := w.out.Write(b)
	return w.pages, err
}

// Begin begins a table; sql is its CREATE TABLE statement.
func (w *Writer) Begin(name, sql string) {
	w.list = append(w.list, entry{kind: "table", name: name, table: name, sql: sql})
	w.open = &tree{w: w, capacity: pageSize - 8}
}

// Insert adds a row; its number, greater than that before, is the value of the
// column declared INTEGER PRIMARY KEY, for which a Null stands in values.
func (w *Writer) Insert(id int64, values []Value) error { return w.open.insert(id, values) }

// End ends the table that was begun.
func (w *Writer) End() error {
	root, err := w.open.finish(0)
	w.list[len(w.list)-1].root = root
	w.open = nil
	return err
}

// Index adds the index of a table ended before that SQLite makes for a constraint
// PRIMARY KEY or UNIQUE; keys are those of its only row.
func (w *Writer) Index(name, table string, keys []Value) error {
	page := make([]byte, pageSize)
	var cell []byte
	if keys != nil {
		rec, _ := appendRecord(nil, keys, nil)
		cell = append(appendVarint(nil, uint64(len(rec))), rec...)
		binary.BigEndian.PutUint16(page[3:], 1)
		binary.BigEndian.PutUint16(page[8:], uint16(pageSize-len(cell)))
	}
	page[0] = 10
	binary.BigEndian.PutUint16(page[5:], uint16(pageSize-len(cell)))
	copy(page[pageSize-len(cell):], cell)
	root, err := w.page(page)
	w.list = append(w.list, entry{kind: "index", name: name, table: table, root: root})
	return err
}

// MaxKey is the length that the keys of an Index may have together.
const MaxKey = 900

// Close writes what is left and the first page.
func (w *Writer) Close(application, user uint32) error {
	t := &tree{w: w, capacity: pageSize - 108}
	for i, e := range w.list {
		sql := Value{}
		if e.sql != "" {
			sql = Value{Kind: Text, Bytes: []byte(e.sql)}
		}
		text := func(s string) Value { return Value{Kind: Text, Bytes: []byte(s)} }
		if err := t.insert(int64(i+1), []Value{text(e.kind), text(e.name), text(e.table), {Kind: Int, Int: int64(e.root)}, sql}); err != nil {
			return err
		}
	}
	if _, err := t.finish(100); err != nil {
		return err
	}
	first := t.buf
	copy(first, Magic)
	be := binary.BigEndian
	be.PutUint16(first[16:], pageSize)
	copy(first[18:], []byte{1, 1, 0, 64, 32, 32})
	be.PutUint32(first[24:], 1) // changes
	be.PutUint32(first[28:], w.pages)
	be.PutUint32(first[40:], 1) // of the schema
	be.PutUint32(first[44:], 4) // its format
	be.PutUint32(first[56:], 1) // UTF-8
	be.PutUint32(first[60:], user)
	be.PutUint32(first[68:], application)
	be.PutUint32(first[92:], 1)
	be.PutUint32(first[96:], version)
	if err := w.out.Flush(); err != nil {
		return err
	}
	_, err := w.f.WriteAt(first, 0)
	return err
}

// insert adds the cell of a row to the leaf.
func (t *tree) insert(id int64, values []Value) error {
	w := t.w
	w.rec, w.head = appendRecord(w.rec[:0], values, w.head)
	n := local(pageSize, len(w.rec))
	size := len(appendVarint(nil, uint64(len(w.rec)))) + len(appendVarint(nil, uint64(id))) + n
	if n < len(w.rec) {
		size += 4
	}
	if t.used+size+2 > t.capacity {
		if err := t.flush(); err != nil {
			return err
		}
	}
	start := len(t.buf)
	t.buf = appendVarint(t.buf, uint64(len(w.rec)))
	t.buf = appendVarint(t.buf, uint64(id))
	t.buf = append(t.buf, w.rec[:n]...)
	if rest := w.rec[n:]; len(rest) > 0 {
		t.buf = binary.BigEndian.AppendUint32(t.buf, w.pages+1)
		if err := w.overflow(rest); err != nil {
			return err
		}
	}
	t.cells = append(t.cells, [2]int{start, len(t.buf)})
	t.used += size + 2
	t.last = id
	return nil
}

// overflow writes what has no room in a leaf to pages of a chain.
func (w *Writer) overflow(rest []byte) error {
	page := make([]byte, pageSize)
	for len(rest) > 0 {
		clear(page)
		n := copy(page[4:], rest)
		if rest = rest[n:]; len(rest) > 0 {
			binary.BigEndian.PutUint32(page, w.pages+2)
		}
		if _, err := w.page(page); err != nil {
			return err
		}
	}
	return nil
}

// leaf makes the page of the cells, its header after base bytes.
func (t *tree) leaf(base int) []byte {
	page := make([]byte, pageSize)
	page[base] = 13
	at := pageSize
	for i, c := range t.cells {
		at -= c[1] - c[0]
		copy(page[at:], t.buf[c[0]:c[1]])
		binary.BigEndian.PutUint16(page[base+8+2*i:], uint16(at))
	}
	binary.BigEndian.PutUint16(page[base+3:], uint16(len(t.cells)))
	binary.BigEndian.PutUint16(page[base+5:], uint16(at))
	return page
}

func (t *tree) flush() error {
	n, err := t.w.page(t.leaf(0))
	t.children = append(t.children, child{n, t.last})
	t.cells, t.buf, t.used = t.cells[:0], t.buf[:0], 0
	return err
}

// finish writes the root; with a base it leaves it in t.buf, for the first page.
func (t *tree) finish(base int) (root uint32, err error) {
	if len(t.children) == 0 {
		page := t.leaf(base)
		if base > 0 {
			t.buf = page
			return 1, nil
		}
		return t.w.page(page)
	}
	if len(t.cells) > 0 {
		if err := t.flush(); err != nil {
			return 0, err
		}
	}
	const fan = 200 // children of a page: 15 bytes each at most
	level := t.children
	for len(level) > fan {
		var up []child
		for len(level) > 0 {
			n := min(fan, len(level))
			if len(level)-n == 1 {
				n-- // no page of a single child
			}
			page := interior(level[:n], 0)
			number, err := t.w.page(page)
			if err != nil {
				return 0, err
			}
			up = append(up, child{number, level[n-1].last})
			level = level[n:]
		}
		level = up
	}
	page := interior(level, base)
	if base > 0 {
		t.buf = page
		return 1, nil
	}
	return t.w.page(page)
}

// interior makes a page of children, the last of which stands in the header.
func interior(children []child, base int) []byte {
	page := make([]byte, pageSize)
	page[base] = 5
	at := pageSize
	last := len(children) - 1
	for i, c := range children[:last] {
		cell := appendVarint(binary.BigEndian.AppendUint32(nil, c.page), uint64(c.last))
		at -= len(cell)
		copy(page[at:], cell)
		binary.BigEndian.PutUint16(page[base+12+2*i:], uint16(at))
	}
	binary.BigEndian.PutUint16(page[base+3:], uint16(last))
	binary.BigEndian.PutUint16(page[base+5:], uint16(at))
	binary.BigEndian.PutUint32(page[base+8:], children[last].page)
	return page
}
