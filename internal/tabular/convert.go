package tabular

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"

	"socle/internal/errs"
)

// Convert writes a table that was read in another format, its cells as they were
// read: text. Preamble, blank records and footnotes are left out. In csv and tsv
// no header is invented; other formats need names and get them (colonne_1 …).
func Convert(ctx context.Context, f *File, format string, w io.Writer) error {
	switch format {
	case "csv":
		return writeCSV(ctx, f, w, ',')
	case "tsv":
		return writeCSV(ctx, f, w, '\t')
	}
	if known, ok := FormatNamed(format); !ok || !known.Write {
		return fail(errs.Invalid, CodeFormat, "tabular.not-written", errs.Args{"Format": format})
	}
	// The widest record is known only at the end, the fields are needed first.
	end, err := Scan(ctx, f, 2, func(*Batch) (struct{}, error) { return struct{}{}, nil }, func(Position, struct{}) error { return nil })
	if err != nil {
		return err
	}
	fields := f.textFields(end.Columns)
	out, err := NewWriter(format, w, fields, WriteOptions{Sheet: f.Info.Sheet})
	if err != nil {
		return err
	}
	_, err = Scan(ctx, f, 2, func(b *Batch) (*Frame, error) { return b.frame(fields), nil }, func(_ Position, fr *Frame) error { return out.Write(fr) })
	if err != nil {
		return err
	}
	return out.Close()
}

// textFields names columns of text: the labels, made unique.
func (f *File) textFields(columns int) []Field {
	fields := make([]Field, columns)
	seen := map[string]bool{}
	for j := range fields {
		name := fmt.Sprintf("colonne_%d", j+1)
		if j < len(f.Header) && f.Header[j] != "" {
			name = f.Header[j]
		}
		for n, base := 2, name; seen[name]; n++ {
			name = fmt.Sprintf("%s_%d", base, n)
		}
		seen[name] = true
		fields[j] = Field{Name: name, Kind: Text}
		if f.Info.Geometry != "" && j < len(f.Header) && f.Header[j] == f.Info.Geometry {
			fields[j].Kind, fields[j].Geometry = JSON, "geojson"
		}
	}
	return fields
}

// frame copies the records that are not blank to columns of text.
func (b *Batch) frame(fields []Field) *Frame {
	buf := append([]byte(nil), b.buf...)
	fr := &Frame{Fields: fields, Columns: make([]Column, len(fields))}
	for j := range fr.Columns {
		fr.Columns[j].Null = make([]bool, 0, b.Len())
		fr.Columns[j].Bytes = make([][]byte, 0, b.Len())
	}
	for i := range b.Len() {
		if b.Blank(i) {
			continue
		}
		fr.Rows++
		for j := range fr.Columns {
			c := &fr.Columns[j]
			var text []byte
			if at := b.first[i] + uint32(j); at < b.first[i+1] {
				e := b.cells[at]
				text = buf[e.start:e.end:e.end]
			}
			c.Null = append(c.Null, len(text) == 0)
			c.Bytes = append(c.Bytes, text)
		}
	}
	return fr
}

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
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	_, err := Scan(ctx, f, 2, func(b *Batch) ([]byte, error) {
		text := make([]byte, 0, len(b.buf)+len(b.buf)/8)
		for i := range b.Len() {
			if b.Blank(i) {
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
