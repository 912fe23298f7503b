package tabular

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"socle/internal/errs"
	"socle/internal/geo"
)

// walker reads a document token by token, each bounded.
type walker struct {
	dec *json.Decoder
	cap *limited
}

func newWalker(r io.Reader) *walker {
	l := &limited{r: r}
	return &walker{dec: json.NewDecoder(skipBOM(l)), cap: l}
}

func (w *walker) token() (json.Token, error) {
	w.cap.n = 0
	return w.dec.Token()
}

// firstByte returns the first byte of the value that comes next.
func (w *walker) firstByte() (byte, error) {
	w.cap.n = 0
	for range 2 {
		if buffered, ok := w.dec.Buffered().(*bytes.Reader); ok {
			for {
				c, err := buffered.ReadByte()
				if err != nil {
					break
				}
				if c > ' ' && c != ':' && c != ',' {
					return c, nil
				}
			}
		}
		w.dec.More() // fills the buffer
	}
	return 0, io.ErrUnexpectedEOF
}

// skipValue goes past the value that comes next; objects: it is an array of objects.
func (w *walker) skipValue() (objects bool, err error) {
	t, err := w.token()
	if err != nil {
		return false, err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return false, nil
	}
	for depth, n := 1, 0; depth > 0; n++ {
		t, err := w.token()
		if err != nil {
			return false, err
		}
		if d, ok := t.(json.Delim); ok {
			if n == 0 && open == '[' && d == '{' {
				objects = true
			}
			if d == '{' || d == '[' {
				depth++
			} else {
				depth--
			}
		}
	}
	return objects, nil
}

// records reads the records of a document.
type records struct {
	shape   *jsonShape
	r       io.ReadCloser
	*walker // nil for lines
	lines   *bufio.Reader
	row     int
	cells   [][]byte
	text    bytes.Buffer
	raw     json.RawMessage
	moved   []byte // memory of a geometry that was converted
}

// limited bounds what one value may take of memory.
type limited struct {
	r io.Reader
	n int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.n += int64(n)
	if l.n > maxRecord {
		return n, fail(errs.TooLarge, CodeSource, "tabular.record-too-long", errs.Args{"Line": 1, "Limit": maxRecord >> 20})
	}
	return n, err
}

func openRecords(ctx context.Context, s *jsonShape, again func(context.Context) (io.ReadCloser, error)) (*records, error) {
	r, err := again(ctx)
	if err != nil {
		return nil, err
	}
	out := &records{shape: s, r: r}
	if s.lines {
		out.lines = bufio.NewReaderSize(skipBOM(r), 256<<10)
		return out, nil
	}
	out.walker = newWalker(r)
	if s.loose {
		return out, nil
	}
	if err := out.enter(); err != nil {
		r.Close()
		return nil, badJSON(err)
	}
	return out, nil
}

// enter goes to the array of records.
func (r *records) enter() error {
	for _, key := range r.shape.path {
		if _, err := r.token(); err != nil {
			return err
		}
		for {
			t, err := r.token()
			if err != nil {
				return err
			}
			if t == key {
				break
			}
			if _, err := r.skipValue(); err != nil {
				return err
			}
		}
	}
	_, err := r.token()
	return err
}

// value returns the next record as JSON, and its place: its line, or its number.
func (r *records) value() (raw []byte, row int, err error) {
	if r.lines != nil {
		return r.line()
	}
	r.cap.n = 0
	if r.shape.loose {
		r.raw = r.raw[:0]
		if err := r.dec.Decode(&r.raw); errors.Is(err, io.EOF) {
			return nil, 0, io.EOF
		} else if err != nil {
			return nil, 0, badJSON(err)
		}
		r.row++
		return r.raw, r.row, nil
	}
	if !r.dec.More() {
		if _, err := r.dec.Token(); err != nil {
			return nil, 0, badJSON(err)
		}
		return nil, 0, io.EOF
	}
	r.raw = r.raw[:0]
	if err := r.dec.Decode(&r.raw); err != nil {
		return nil, 0, badJSON(err)
	}
	r.row++
	return r.raw, r.row, nil
}

// line returns the next line that is not blank.
func (r *records) line() (raw []byte, row int, err error) {
	for {
		r.raw = r.raw[:0]
		for {
			part, err := r.lines.ReadSlice('\n')
			r.raw = append(r.raw, part...)
			if len(r.raw) > maxRecord {
				return nil, 0, tooLongRecord(r.row + 1)
			}
			if errors.Is(err, io.EOF) && len(r.raw) == 0 {
				return nil, 0, io.EOF
			}
			if err == nil || errors.Is(err, io.EOF) {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return nil, 0, err
			}
		}
		r.row++
		if raw := bytes.TrimSpace(r.raw); len(raw) > 0 {
			if !json.Valid(raw) {
				return nil, 0, fail(errs.Invalid, CodeSource, "tabular.bad-json-line", errs.Args{"Line": r.row})
			}
			return raw, r.row, nil
		}
	}
}

// next puts the cells of a record in their columns.
func (r *records) next(b *Batch) (int, error) {
	raw, row, err := r.value()
	if err != nil {
		return 0, err
	}
	if r.shape.kind == jsonArrays {
		for p := bytes.TrimLeft(raw[1:], " \t\r\n,"); len(p) > 0 && p[0] != ']'; p = bytes.TrimLeft(p, " \t\r\n,") {
			n := valueLength(p)
			r.cell(b, p[:n])
			p = p[n:]
			if len(b.cells) > maxColumns {
				return 0, tooManyColumns(row)
			}
		}
		return row, nil
	}
	if len(r.cells) < len(r.shape.columns) {
		r.cells = make([][]byte, len(r.shape.columns))
	}
	clear(r.cells)
	r.shape.members(raw, func(key string, value []byte) {
		if i, ok := r.shape.index[key]; ok && r.cells[i] == nil {
			r.cells[i] = value
		}
	})
	for i, value := range r.cells {
		if r.shape.crs != nil && value != nil && r.shape.columns[i] == geometryColumn {
			g, err := geo.ParseGeoJSON(value)
			r.moved = (&located{crs: r.shape.crs}).addGeometry(b, r.moved, g, err)
			continue
		}
		r.cell(b, value)
	}
	return row, nil
}

// cell adds a value as text: strings as they are, null as nothing, objects and
// lists as JSON.
func (r *records) cell(b *Batch, value []byte) {
	switch {
	case len(value) == 0 || string(value) == "null":
		b.add(nil)
	case value[0] == '"':
		b.addString(unquoteJSON(value))
	case value[0] == '{' || value[0] == '[':
		r.text.Reset()
		if json.Compact(&r.text, value) != nil {
			b.add(value)
			return
		}
		b.add(r.text.Bytes())
	default:
		b.add(value)
	}
}

func (r *records) close() error { return r.r.Close() }

// skipBOM leaves out a byte order mark.
func skipBOM(r io.Reader) io.Reader {
	head := make([]byte, len(boms[0].mark))
	n, err := io.ReadFull(r, head)
	if err == nil && bytes.Equal(head, boms[0].mark) {
		return r
	}
	return io.MultiReader(bytes.NewReader(head[:n]), r)
}
