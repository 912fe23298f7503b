package duck

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"socle/internal/tables"
	"socle/internal/tabular"
)

// A record of rows.bin is the CRC-32C of what follows, then each cell: its
// length plus one (0: no value) as a varint, and its text. rows.idx is where each record begins, and where the
// last one ends: eight bytes each, little end first.
const (
	rowsFile = "rows.bin"
	idxFile  = "rows.idx"
	crcBytes = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged: a file of the cache is not what was written; it is made again.
var errDamaged = errors.New("the cache is damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

// rowWriter writes the row store of a snapshot.
type rowWriter struct {
	fields      []tabular.Field
	files       []*os.File
	rows, index *bufio.Writer
	at          uint64
	n           int64
	record      []byte
	cell        []byte
}

func newRowWriter(dir string, fields []tabular.Field) (*rowWriter, error) {
	w := &rowWriter{fields: fields}
	var err error
	if w.rows, err = w.create(filepath.Join(dir, rowsFile)); err != nil {
		return nil, err
	}
	if w.index, err = w.create(filepath.Join(dir, idxFile)); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, w.mark()
}

func (w *rowWriter) create(path string) (*bufio.Writer, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w.files = append(w.files, f)
	return bufio.NewWriterSize(f, 1<<20), nil
}

// mark writes where the next record begins.
func (w *rowWriter) mark() error {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], w.at)
	_, err := w.index.Write(b[:])
	return err
}

func (w *rowWriter) add(fr *tabular.Frame) error {
	for i := range fr.Rows {
		rec := append(w.record[:0], 0, 0, 0, 0)
		for j := range fr.Columns {
			c := &fr.Columns[j]
			if c.Null[i] {
				rec = append(rec, 0)
				continue
			}
			if k := w.fields[j].Kind; k == tabular.Text || k == tabular.JSON {
				rec = binary.AppendUvarint(rec, uint64(len(c.Bytes[i]))+1)
				rec = append(rec, c.Bytes[i]...)
				continue
			}
			w.cell = appendCell(w.cell[:0], &w.fields[j], c, i)
			rec = append(append(rec, byte(len(w.cell)+1)), w.cell...) // under 127 bytes
		}
		binary.LittleEndian.PutUint32(rec, crc32.Checksum(rec[crcBytes:], castagnoli))
		w.record = rec
		if _, err := w.rows.Write(rec); err != nil {
			return err
		}
		w.at += uint64(len(rec))
		if err := w.mark(); err != nil {
			return err
		}
	}
	w.n += int64(fr.Rows)
	return nil
}

// close ends the files; what was written is whole only if it returns nil.
func (w *rowWriter) close() error {
	var all []error
	for _, b := range []*bufio.Writer{w.rows, w.index} {
		if b != nil {
			all = append(all, b.Flush())
		}
	}
	for _, f := range w.files {
		all = append(all, f.Close())
	}
	return errors.Join(all...)
}

// rowStore reads a row store; it may be used concurrently. The index is mapped;
// rows are read by system calls, which leave nothing resident.
type rowStore struct {
	rows, index *os.File
	places      []byte // the index
	size        uint64 // of rows
	n           int64
	columns     int
}

func openRowStore(dir string, n int64, columns int) (s *rowStore, err error) {
	s = &rowStore{n: n, columns: columns}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.rows, err = os.Open(filepath.Join(dir, rowsFile)); err != nil {
		return s, err
	}
	if s.index, err = os.Open(filepath.Join(dir, idxFile)); err != nil {
		return s, err
	}
	info, err := s.rows.Stat()
	if err != nil {
		return s, err
	}
	s.size = uint64(info.Size())
	if info, err = s.index.Stat(); err != nil {
		return s, err
	}
	if info.Size() != 8*(n+1) {
		return s, damaged("an index of %d bytes for %d rows", info.Size(), n)
	}
	s.places, err = syscall.Mmap(int(s.index.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	return s, err
}

func (s *rowStore) close() (err error) {
	if s.places != nil {
		err = syscall.Munmap(s.places)
	}
	for _, f := range []*os.File{s.rows, s.index} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// span reads the records from one row number, from 1, and how long each is.
func (s *rowStore) span(first int64, count int, buf []byte) (data []byte, ends []uint64, err error) {
	raw := make([]byte, 8*(count+1))
	if _, err := s.index.ReadAt(raw, 8*(first-1)); err != nil {
		return nil, nil, damaged("index of row %d: %v", first, err)
	}
	ends = make([]uint64, count+1)
	for i := range ends {
		ends[i] = binary.LittleEndian.Uint64(raw[8*i:])
		if i > 0 && ends[i] < ends[i-1]+crcBytes {
			return nil, nil, damaged("index of row %d", first+int64(i))
		}
	}
	start := ends[0]
	size := ends[count] - start
	if size > maxPageBytes {
		return nil, nil, errLargePage
	}
	data = grow(buf, int(size))
	if _, err := s.rows.ReadAt(data, int64(start)); err != nil {
		return nil, nil, damaged("row %d: %v", first, err)
	}
	for i := range ends {
		ends[i] -= start
	}
	return data, ends, nil
}

func grow(buf []byte, n int) []byte {
	if cap(buf) < n {
		return make([]byte, n)
	}
	return buf[:n]
}

// maxPageBytes is the most that the rows of a page may weigh.
const maxPageBytes = 64 << 20

var errLargePage = errors.New("the rows of the page are too heavy")

// records reads rows by their numbers, in the order asked, with the columns at
// the positions of sel (nil: all).
func (s *rowStore) records(numbers []int64, sel []int) (out []tables.Record, err error) {
	// A mapped index that is cut short while it is read is a fault of memory.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if fault, ok := p.(interface{ Addr() uintptr }); ok {
			err = damaged("index: fault at %x", fault.Addr())
			return
		}
		panic(p)
	}()
	weight := uint64(0)
	for _, n := range numbers {
		if n < 1 || n > s.n {
			return nil, damaged("there is no row %d", n)
		}
		from, to := s.bounds(n)
		if to < from+crcBytes || to > s.size {
			return nil, damaged("index of row %d", n)
		}
		if weight += to - from; weight > maxPageBytes {
			return nil, errLargePage
		}
	}
	width := s.columns
	if sel != nil {
		width = len(sel)
	}
	out = make([]tables.Record, len(numbers))
	cells := make([][]byte, width*len(numbers))
	all := make([][]byte, s.columns)
	room := make([]byte, 0, weight)
	for i := 0; i < len(numbers); {
		j := i + 1 // rows that follow one another are read at once
		for j < len(numbers) && numbers[j] == numbers[j-1]+1 {
			j++
		}
		start, _ := s.bounds(numbers[i])
		_, end := s.bounds(numbers[j-1])
		if end < start || end-start > uint64(cap(room)-len(room)) {
			return nil, damaged("index of row %d", numbers[i])
		}
		data := room[len(room) : len(room)+int(end-start)]
		room = room[:len(room)+len(data)]
		if _, err := s.rows.ReadAt(data, int64(start)); err != nil {
			return nil, damaged("row %d: %v", numbers[i], err)
		}
		for ; i < j; i++ {
			from, to := s.bounds(numbers[i])
			if from < start || to > end || to < from {
				return nil, damaged("index of row %d", numbers[i])
			}
			row := cells[width*i : width*(i+1) : width*(i+1)]
			if err := s.decode(data[from-start:to-start:to-start], row, all, sel); err != nil {
				return nil, damaged("row %d: %v", numbers[i], err)
			}
			out[i] = tables.Record{Number: numbers[i], Cells: row}
		}
	}
	return out, nil
}

// bounds are where a record begins and ends.
func (s *rowStore) bounds(number int64) (from, to uint64) {
	b := s.places[8*(number-1) : 8*(number+1)]
	return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
}

// decode splits a record into its cells; all is room for those not selected.
func (s *rowStore) decode(rec []byte, row, all [][]byte, sel []int) error {
	target := row
	if sel != nil {
		target = all
	}
	if err := split(rec, target); err != nil {
		return err
	}
	for k, j := range sel {
		row[k] = all[j]
	}
	return nil
}

// split checks a record and sets its cells; nil where there is no value.
func split(rec []byte, cells [][]byte) error {
	if len(rec) < crcBytes || binary.LittleEndian.Uint32(rec) != crc32.Checksum(rec[crcBytes:], castagnoli) {
		return errors.New("checksum")
	}
	at := crcBytes
	for j := range cells {
		var n uint64
		w := 1
		if at < len(rec) && rec[at] < 0x80 {
			n = uint64(rec[at])
		} else if n, w = binary.Uvarint(rec[at:]); w <= 0 {
			return io.ErrUnexpectedEOF
		}
		at += w
		if n == 0 {
			cells[j] = nil
			continue
		}
		end := at + int(n-1)
		if n-1 > uint64(len(rec)) || end > len(rec) {
			return io.ErrUnexpectedEOF
		}
		cells[j] = rec[at:end:end]
		at = end
	}
	if at != len(rec) {
		return errors.New("length")
	}
	return nil
}

// scan gives the cells of the rows from one number to another, both included;
// they are valid during the call only.
func (s *rowStore) scan(ctx context.Context, first, last int64, give func(number int64, cells [][]byte) error) error {
	const step = 1024
	var buf []byte
	cells := make([][]byte, s.columns)
	count := step
	for first <= last {
		if err := ctx.Err(); err != nil {
			return err
		}
		count = int(min(int64(count), last-first+1))
		data, ends, err := s.span(first, count, buf)
		if errors.Is(err, errLargePage) && count > 1 {
			count = max(1, count/8)
			continue
		}
		if err != nil {
			return err
		}
		buf = data
		for k := range count {
			if err := split(data[ends[k]:ends[k+1]], cells); err != nil {
				return damaged("row %d: %v", first+int64(k), err)
			}
			if err := give(first+int64(k), cells); err != nil {
				return err
			}
		}
		first += int64(count)
	}
	return nil
}
