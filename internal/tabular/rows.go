package tabular

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
)

// rowReader reads the records of a workbook or a JSON document, one by one.
type rowReader interface {
	// next appends the cells of the next record to b, without closing it, and
	// returns its row (from 1, growing); io.EOF at the end.
	next(b *Batch) (row int, err error)
	close() error
}

const (
	rowsRecords = 2048    // of one batch
	rowsBytes   = 1 << 20 // of one batch
	rowsTail    = 64      // records kept for the last batch, where footnotes are
)

// rowsFeed makes batches of a rowReader; cells are put in their place, rows that
// are missing between others are blank records.
type rowsFeed struct {
	r       rowReader
	skip    int // rows of the sheet before the first record
	left    int // empty columns left out on the left
	columns int // width of the table: shorter records are filled up
	foot    *footnotes

	one     Batch // a record, read before its place is known
	oneRow  int
	ready   bool
	nul     bool // it held null characters
	ended   bool
	row     int // last row given
	widest  int
	pending Batch // batch that waits until it is known not to be the last
	started bool
}

// peek reads the next record that holds something.
func (s *rowsFeed) peek() error {
	for !s.ready && !s.ended {
		s.one.reset()
		row, err := s.r.next(&s.one)
		if errors.Is(err, io.EOF) {
			s.ended = true
			return nil
		}
		if err != nil {
			return err
		}
		if row <= s.skip {
			continue
		}
		s.nul = s.one.dropNUL()
		if len(s.one.Faults) > 0 { // nothing could be read of it, which is to be told
			s.ready, s.oneRow = true, row
			return nil
		}
		for n := len(s.one.cells); n > s.left; n-- {
			if c := s.one.cells[n-1]; len(bytes.TrimSpace(s.one.buf[c.start:c.end])) > 0 {
				s.ready, s.oneRow = true, row
				break
			}
		}
	}
	return nil
}

// fill puts records in b until it is full or there are no more.
func (s *rowsFeed) fill(b *Batch) error {
	b.reset()
	if s.row < s.skip {
		s.row = s.skip
	}
	base := s.row
	for b.Len() < rowsRecords && len(b.buf) < rowsBytes {
		if err := s.peek(); err != nil {
			return err
		}
		if s.ended {
			break
		}
		if s.row+1 < s.oneRow {
			s.row++
			b.end(uint32(s.row - 1 - base))
			continue
		}
		cells := s.one.cells
		if s.left > 0 {
			cells = cells[min(s.left, len(cells)):]
		}
		n := len(cells)
		for n > s.columns && cells[n-1].start == cells[n-1].end {
			n--
		}
		if n > maxColumns {
			return tooManyColumns(s.oneRow - base)
		}
		for _, c := range cells[:n] {
			b.add(s.one.buf[c.start:c.end])
		}
		for ; n < s.columns; n++ {
			b.add(nil)
		}
		s.widest = max(s.widest, n)
		s.row = s.oneRow
		if s.nul {
			b.fault(Fault{Index: b.Len(), Code: CodeSource, Key: "tabular.fault.nul"})
		}
		for _, ft := range s.one.Faults {
			ft.Index = b.Len()
			b.fault(ft)
		}
		b.end(uint32(s.row - 1 - base))
		s.ready = false
	}
	b.span = uint32(s.row - base)
	return nil
}

// take gives the batch that waited, once it is known whether it is the last.
func (s *rowsFeed) take(j *job) error {
	if !s.started {
		s.started = true
		if err := s.fill(&s.pending); err != nil {
			return err
		}
	}
	if s.pending.Len() == 0 {
		return io.EOF
	}
	j.batch, s.pending = s.pending, j.batch
	if err := s.fill(&s.pending); err != nil {
		return err
	}
	if n := s.pending.Len(); n > 0 && n < rowsTail && s.ended {
		for i := range n {
			for k := range s.pending.Width(i) {
				j.batch.add(s.pending.Cell(i, k))
			}
			j.batch.end(s.pending.lines[i] + j.batch.span)
		}
		for _, ft := range s.pending.Faults {
			ft.Index += j.batch.Len() - n
			j.batch.fault(ft)
		}
		j.batch.span += s.pending.span
		s.pending.reset()
	}
	j.final = s.pending.Len() == 0
	j.out = outcome{columns: s.widest}
	return nil
}

func (s *rowsFeed) parse(*job) {}

func (s *rowsFeed) settle(j *job) (bool, error) {
	if j.final {
		s.foot.trim(j)
	}
	return true, nil
}

func (s *rowsFeed) close() error { return s.r.close() }

// sample reads the first records that hold something, with their rows, and closes r.
func sample(ctx context.Context, r rowReader, most int) (rows [][]string, at []int, err error) {
	defer r.close()
	var b Batch
	for len(rows) < most {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		b.reset()
		row, err := r.next(&b)
		if errors.Is(err, io.EOF) {
			return rows, at, nil
		}
		if err != nil {
			return nil, nil, err
		}
		b.end(0)
		cells := b.row(0)
		for len(cells) > 0 && len(bytes.TrimSpace([]byte(cells[len(cells)-1]))) == 0 {
			cells = cells[:len(cells)-1]
		}
		if len(cells) > maxColumns {
			return nil, nil, tooManyColumns(row)
		}
		if len(cells) > 0 {
			rows, at = append(rows, cells), append(at, row)
		}
	}
	return rows, at, nil
}

// laySheet recognises the layout of sampled rows and fills f. merges are ranges
// of merged cells near the top.
func (f *File) laySheet(rows [][]string, at []int, fixed *int, merges []mergedRange) (skip, left, typicalFill int) {
	width, left := usedWidth(rows), maxColumns
	for _, r := range rows {
		for k, c := range r {
			if c != "" {
				left = min(left, k)
				break
			}
		}
	}
	width -= left
	// Records as a delimited file would have them: of one width, with the blank
	// rows between them.
	var full [][]string
	var place []int
	for i, r := range rows {
		if i > 0 && at[i] > at[i-1]+1 {
			full, place = append(full, make([]string, width)), append(place, at[i]-1)
		}
		cells := make([]string, width)
		copy(cells, r[min(left, len(r)):]) // cells astray are left out here
		full, place = append(full, cells), append(place, at[i])
	}
	var placed []placedMerge
	for _, m := range merges {
		i, ok := slices.BinarySearch(place, m.top)
		k, _ := slices.BinarySearch(place, m.bottom)
		if ok && m.left >= left && !(m.right-m.left+1 >= width && width > 2) {
			placed = append(placed, placedMerge{i, k, m.left - left, m.right - left})
		}
	}
	l := findLayout(full, fixed, placed...)
	used := l.preamble + l.header
	if used > 0 {
		skip = place[used-1]
	} else if len(place) > 0 {
		skip = place[0] - 1
	}
	for n := len(l.labels); n > 0 && l.labels[n-1] == "" && emptyFrom(full[used:], n-1); n-- {
		l.labels = l.labels[:n-1]
		width = n - 1
	}
	f.Header = l.labels
	f.Info.PreambleRows, f.Info.HeaderRows, f.Info.Columns = 0, l.header, width
	if l.header > 0 {
		f.Info.PreambleRows = place[l.preamble] - 1
	} else {
		f.Info.PreambleRows = skip
	}
	f.firstLine = skip + 1
	return skip, left, typical(full[used:])
}

// usedWidth is the width of the table: columns after many empty ones are those
// of a cell astray.
func usedWidth(rows [][]string) int {
	const gap = 60
	var used []bool
	for _, r := range rows {
		for len(used) < len(r) {
			used = append(used, false)
		}
		for k, c := range r {
			if c != "" {
				used[k] = true
			}
		}
	}
	width, begun := 0, false
	for k, u := range used {
		if u && (!begun || k-width < gap) {
			width, begun = k+1, true
		}
	}
	return width
}

// emptyFrom: no record has anything from column n on.
func emptyFrom(rows [][]string, n int) bool {
	for _, r := range rows {
		if n < len(r) && r[n] != "" {
			return false
		}
	}
	return true
}
