package duck

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"socle/internal/query"
	"socle/internal/tabular"
)

// text.bin has a line per row: its texts, folded, one after the other in the
// order of the columns of kind Text. Folding leaves no control character in a text.
const (
	textFile = "text.bin"
	lineEnd  = '\n'
	cellEnd  = '\x1f'
)

// textColumns are the positions of the columns whose texts are searched.
func textColumns(fields []tabular.Field) (at []int) {
	for j, f := range fields {
		if f.Kind == tabular.Text {
			at = append(at, j)
		}
	}
	return at
}

type textWriter struct {
	file    *os.File
	out     *bufio.Writer
	columns []int
	line    []byte
}

func newTextWriter(dir string, fields []tabular.Field) (*textWriter, error) {
	f, err := os.Create(filepath.Join(dir, textFile))
	if err != nil {
		return nil, err
	}
	return &textWriter{file: f, out: bufio.NewWriterSize(f, 1<<20), columns: textColumns(fields)}, nil
}

func (w *textWriter) add(fr *tabular.Frame) error {
	for i := range fr.Rows {
		line := w.line[:0]
		for k, j := range w.columns {
			if k > 0 {
				line = append(line, cellEnd)
			}
			if c := &fr.Columns[j]; !c.Null[i] {
				line = query.Fold(line, c.Bytes[i])
			}
		}
		line = append(line, lineEnd)
		w.line = line
		if _, err := w.out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

func (w *textWriter) close() error { return errors.Join(w.out.Flush(), w.file.Close()) }

// eachLine calls test for the lines of text.bin that have the needle in them, and
// puts those for which it is true in the set.
func eachLine(ctx context.Context, dir string, rows int64, needle []byte, test func(line []byte) bool) (bitset, error) {
	f, err := os.Open(filepath.Join(dir, textFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found := newBitset(rows)
	buf := make([]byte, 0, 1<<20)
	row := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(buf) == cap(buf) { // a line longer than the buffer
			buf = slices.Grow(buf, cap(buf))
		}
		n, err := f.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		end := bytes.LastIndexByte(buf, lineEnd) + 1
		lines := int64(bytes.Count(buf[:end], []byte{lineEnd}))
		if row+lines > rows {
			return nil, damaged("more lines of text than rows")
		}
		findIn(buf[:end], row, needle, test, found)
		row += lines
		buf = buf[:copy(buf, buf[end:])]
		if err != nil {
			break
		}
	}
	if row != rows || len(buf) > 0 {
		return nil, damaged("%d lines of text for %d rows", row, rows)
	}
	return found, nil
}

// findIn looks through whole lines, of which the first is of rowid row.
func findIn(lines []byte, row int64, needle []byte, test func(line []byte) bool, found bitset) {
	for len(lines) > 0 {
		at := bytes.Index(lines, needle)
		if at < 0 {
			return
		}
		start := bytes.LastIndexByte(lines[:at], lineEnd) + 1
		row += int64(bytes.Count(lines[:start], []byte{lineEnd}))
		end := at + bytes.IndexByte(lines[at:], lineEnd)
		if test(lines[start:end]) {
			found.set(row)
		}
		lines = lines[end+1:]
		row++
	}
}

// searchText finds the rows that have all the words.
func searchText(ctx context.Context, dir string, rows int64, words []string) (bitset, error) {
	needle, others := longest(words)
	return eachLine(ctx, dir, rows, needle, func(line []byte) bool {
		for _, w := range others {
			if !bytes.Contains(line, w) {
				return false
			}
		}
		return true
	})
}

// longest separates the word that is likely the rarest.
func longest(words []string) (needle []byte, others [][]byte) {
	best := 0
	for i, w := range words {
		if len(w) > len(words[best]) {
			best = i
		}
	}
	for i, w := range words {
		if i != best {
			others = append(others, []byte(w))
		}
	}
	return []byte(words[best]), others
}

// matchText finds the rows of which the cell of one column, the cell-th of
// text.bin, has the folded text in it, or begins with it.
func matchText(ctx context.Context, dir string, rows int64, cell int, text []byte, start bool) (bitset, error) {
	return eachLine(ctx, dir, rows, text, func(line []byte) bool {
		line = cellOf(line, cell)
		return start && bytes.HasPrefix(line, text) || !start && bytes.Contains(line, text)
	})
}
