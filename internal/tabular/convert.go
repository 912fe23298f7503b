package tabular

import (
	"bufio"
	"bytes"
	"context"
	"io"
)

// writeCSV writes the cells of f as they were read: UTF-8, comma, line feed,
// quotes where needed; the header first if there is one; blank records left out.
func writeCSV(ctx context.Context, f *File, w io.Writer, delim byte) error {
	out := bufio.NewWriterSize(w, 256<<10)
	var line []byte
	for j, label := range f.Header {
		if j > 0 {
			line = append(line, delim)
		}
		line = quoteCSV(line, []byte(label), delim, len(f.Header) == 1)
	}
	if f.Info.HeaderRows > 0 {
		out.Write(append(line, '\n'))
	}
	_, err := Scan(ctx, f, 2, func(b *Batch) ([]byte, error) {
		text := make([]byte, 0, len(b.buf)+len(b.buf)/8)
		for i := range b.Len() {
			if b.blank(i) {
				continue
			}
			n := b.Width(i)
			for k := range n {
				if k > 0 {
					text = append(text, delim)
				}
				text = quoteCSV(text, b.Cell(i, k), delim, n == 1)
			}
			text = append(text, '\n')
		}
		return text, nil
	}, func(_ Position, text []byte) error {
		_, err := out.Write(text)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// quoteCSV appends a cell (RFC 4180); an empty cell that is alone is quoted, so
// that its record is not a blank line.
func quoteCSV(to, cell []byte, delim byte, alone bool) []byte {
	if len(cell) == 0 {
		if alone {
			to = append(to, '"', '"')
		}
		return to
	}
	if bytes.IndexByte(cell, delim) < 0 && bytes.IndexByte(cell, '"') < 0 && bytes.IndexByte(cell, '\n') < 0 && bytes.IndexByte(cell, '\r') < 0 {
		return append(to, cell...)
	}
	to = append(to, '"')
	for {
		k := bytes.IndexByte(cell, '"')
		if k < 0 {
			break
		}
		to = append(to, cell[:k+1]...)
		to = append(to, '"')
		cell = cell[k+1:]
	}
	to = append(to, cell...)
	return append(to, '"')
}

// Convert writes f in a format of Formats that holds text, cells as read.
func Convert(ctx context.Context, f *File, format string, w io.Writer) error {
	return writeCSV(ctx, f, w, ',')
}
