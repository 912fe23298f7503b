package tabular

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/transform"

	"socle/internal/errs"
)

// Text in columns of fixed width, as old programs print tables: no delimiter, cells
// padded with blanks. It is recognised by blanks that stand one below the other in
// nearly all lines, and by cells that begin or end one below the other.

const (
	fixedBytes = 192 << 10 // of the head that is looked at
	fixedLines = 500
	fixedLeast = 4 // lines, to recognise columns without being told
)

// fixedColumns are the places where columns begin, in characters from 0.
type fixedColumns struct{ starts []int }

// openFixed reads text in columns of fixed width; false when it is none. head is
// the beginning of the file, whole when there is no more.
func (f *File) openFixed(ctx context.Context, head []byte, whole bool, o Options, again func(context.Context) (io.ReadCloser, error)) (bool, error) {
	asked := o.Format == "fixed"
	if !asked && (o.Format != "" || o.Delimiter != "" || !bytes.Contains(head, []byte("  ")) && !bytes.Contains(head, []byte(" \x00 \x00"))) {
		return false, nil
	}
	t, err := newText([][]byte{head}, whole, o)
	if err != nil {
		if asked {
			return true, err
		}
		return false, nil // told by what reads the file in the end
	}
	text := t.head[:min(len(t.head), fixedBytes)]
	lines, rule := fixedSample(t.charset, text, whole && len(text) == len(t.head))
	columns, ok := chooseFixed(lines, rule)
	if !asked && (!ok || columns.delimited(text, lines)) {
		return false, nil
	}
	if len(columns.starts) == 0 {
		columns.starts = []int{0}
	}
	open := func(ctx context.Context) (*fixedRows, error) {
		raw, err := again(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := io.CopyN(io.Discard, raw, int64(t.bom)); err != nil {
			raw.Close()
			return nil, err
		}
		var r io.Reader = raw
		if t.charset.wide != nil {
			r = transform.NewReader(raw, t.charset.wide.NewDecoder())
		}
		return &fixedRows{columns: columns, charset: t.charset, r: bufio.NewReaderSize(r, 256<<10), raw: raw}, nil
	}
	r, err := open(ctx)
	if err != nil {
		return true, err
	}
	rules := &r.rules
	rows, at, err := sample(ctx, r, layoutRecords)
	if err != nil {
		return true, err
	}
	if len(rows) == 0 {
		return true, fail(errs.Invalid, CodeSource, "tabular.blank", nil)
	}
	skip, left, fill := f.laySheet(rows, at, o.headerRows(), nil)
	for slices.Contains(*rules, skip+1) { // no record is missing there
		skip++
		f.firstLine++
	}
	f.Info.Format, f.Info.Encoding, f.Info.BOM, f.Info.Reencoded = "fixed", t.charset.name, t.bom > 0, t.charset.twice
	f.Info.Newline = sniffNewline(text)
	f.open = func(ctx context.Context) (feed, error) {
		r, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return &rowsFeed{r: r, skip: skip, left: left, columns: f.ownColumns(), foot: &footnotes{columns: f.ownColumns(), typical: fill}}, nil
	}
	return true, nil
}

// fixedSample decodes the first lines that hold something, without a last one that
// is cut; rule is the first line drawn below the labels of columns, if there is one.
func fixedSample(c *charset, text []byte, whole bool) (lines [][]rune, rule []byte) {
	for len(text) > 0 && len(lines) < fixedLines {
		line, rest, found := bytes.Cut(text, newline)
		if !found && !whole {
			break
		}
		text = rest
		decoded := bytes.TrimRight(c.line(nil, bytes.TrimRight(line, "\r")), " \t\x1a")
		switch {
		case len(decoded) == 0:
		case !ruled(decoded):
			lines = append(lines, []rune(string(decoded)))
		case rule == nil && len(bytes.Fields(decoded)) > 1:
			rule = decoded
		}
	}
	return lines, rule
}

// chooseFixed finds the columns by the rule below their labels, else by blanks,
// leaving out up to three titles and two notes; false when there are none.
func chooseFixed(lines [][]rune, rule []byte) (best fixedColumns, ok bool) {
	if rule != nil {
		for i, ch := range rule {
			if ch != ' ' && (i == 0 || rule[i-1] == ' ') {
				best.starts = append(best.starts, i)
			}
		}
		return best, len(lines) > 1
	}
	best = findFixed(lines)
	for titles := range 4 {
		for notes := range 3 {
			if len(lines)-titles-notes < fixedLeast {
				continue
			}
			some := lines[titles : len(lines)-notes]
			if c := findFixed(some); len(c.starts) > 1 && (!ok || len(c.starts) > len(best.starts)) && c.aligned(some) {
				best, ok = c, true
			}
		}
	}
	return best, ok
}

// line decodes a line of a one-byte charset or UTF-8.
func (c *charset) line(to, line []byte) []byte {
	switch {
	case c.table != nil:
		return c.fromTable(to, line)
	case c.twice:
		to, _ = once(to, line)
		return to
	}
	to, _ = repairUTF8(to, line)
	return to
}

// ruled: a line of dashes, as below the header of a printed list.
func ruled(line []byte) bool {
	return len(bytes.Trim(line, "-=_+| \t")) == 0
}

// findFixed finds the columns: runs of places that are blank in all lines but a
// few, which are titles and notes.
func findFixed(lines [][]rune) (c fixedColumns) {
	width := 0
	for _, l := range lines {
		width = max(width, len(l))
	}
	filled := make([]int, width)
	for _, l := range lines {
		for i, r := range l {
			if r != ' ' && r != '\t' && r != '\u00a0' {
				filled[i]++
			}
		}
	}
	few := min(len(lines)/20, 3)
	if len(lines) < fixedLeast*3 {
		few = 0
	}
	blank := true
	for i, n := range filled {
		if n > few && blank {
			c.starts = append(c.starts, i)
		}
		blank = n <= few
	}
	return c
}

// cell returns where the cell of a column is in a line.
func (c *fixedColumns) cell(line []rune, j int) []rune {
	start, end := c.starts[j], len(line)
	if j == 0 {
		start = 0
	}
	if j+1 < len(c.starts) {
		end = min(end, c.starts[j+1])
	}
	if start >= end {
		return nil
	}
	return line[start:end]
}

// prose: a line of words with one blank between them goes across columns, as titles
// and notes do.
func (c *fixedColumns) prose(line []rune) bool {
	if strings.Contains(strings.TrimSpace(string(line)), "  ") {
		return false
	}
	for _, start := range c.starts[1:] {
		if start < len(line) && line[start] != ' ' && line[start-1] != ' ' {
			return true
		}
	}
	return false
}

// aligned: in every column nearly all cells begin, or end, at the same place, and
// are there in some of the lines; one blank between words is no proof.
func (c *fixedColumns) aligned(lines [][]rune) bool {
	wide := 0
	for j := range c.starts {
		begins, ends := map[int]int{}, map[int]int{}
		filled := 0
		for _, l := range lines {
			cell := c.cell(l, j)
			text := strings.TrimSpace(string(cell))
			if text == "" {
				continue
			}
			filled++
			left := len(cell) - len([]rune(strings.TrimLeft(string(cell), " \t\u00a0")))
			begins[left]++
			ends[left+len([]rune(text))]++
			if strings.HasSuffix(string(cell), "  ") || strings.HasPrefix(string(cell), "  ") {
				wide++
			}
		}
		if filled*5 < len(lines) || max(most(begins), most(ends))*10 < filled*8 {
			return false
		}
	}
	return wide*4 >= len(lines)
}

func most(counts map[int]int) (n int) {
	for _, k := range counts {
		n = max(n, k)
	}
	return n
}

// delimited: a delimiter makes more of the text than columns do. Commas and colons
// between digits are those of numbers and times.
func (c *fixedColumns) delimited(text []byte, lines [][]rune) bool {
	s := sniffDialect(text, true, "", false)
	if len(s.delim) == 0 || s.width < 2 || string(s.delim) == " " {
		return false
	}
	if string(s.delim) != "," && string(s.delim) != ":" && string(s.delim) != "#" {
		return true
	}
	delim := rune(s.delim[0])
	for _, l := range lines {
		for i, r := range l {
			if r == delim && (i == 0 || i+1 == len(l) || !figure(l[i-1]) || !figure(l[i+1])) {
				return s.width >= len(c.starts)
			}
		}
	}
	return false
}

func figure(r rune) bool { return r >= '0' && r <= '9' }

// fixedRows cuts lines into cells.
type fixedRows struct {
	columns fixedColumns
	charset *charset
	r       *bufio.Reader
	raw     io.Closer
	row     int
	rules   []int // rows drawn, near the beginning
	line    []byte
	text    []byte
	runes   []rune
}

// next reads a line that is no rule.
func (f *fixedRows) next(b *Batch) (int, error) {
	for {
		f.line = f.line[:0]
		for {
			part, err := f.r.ReadSlice('\n')
			f.line = append(f.line, part...)
			if len(f.line) > maxRecord {
				return 0, tooLongRecord(f.row + 1)
			}
			if err == nil || errors.Is(err, io.EOF) && len(f.line) > 0 {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return 0, err
			}
		}
		f.row++
		line := bytes.TrimRight(f.line, "\r\n\x1a")
		if ruled(line) && len(bytes.TrimSpace(line)) > 0 {
			if f.row < layoutRecords {
				f.rules = append(f.rules, f.row)
			}
			continue
		}
		f.text = f.charset.line(f.text[:0], line)
		f.runes = slices.Grow(f.runes[:0], len(f.text))
		for _, r := range string(f.text) {
			f.runes = append(f.runes, r)
		}
		if f.columns.prose(f.runes) {
			b.addString(strings.TrimSpace(string(f.runes)))
			return f.row, nil
		}
		for j := range f.columns.starts {
			b.addString(strings.Trim(string(f.columns.cell(f.runes, j)), " \t\u00a0"))
		}
		return f.row, nil
	}
}

func (f *fixedRows) close() error { return f.raw.Close() }
