package tabular

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"socle/internal/errs"
)

// ParquetFile is an open Parquet file of flat columns. Its row groups may be
// read by several goroutines.
type ParquetFile struct {
	file   *parquet.File
	src    Source
	fields []Field
	scales []parquetScale
	shapes map[string]*shapeColumn // columns of well-known binary
}

// OpenParquet reads the footer of a file. Errors: Invalid, for a file that is
// damaged, no Parquet, or has nested columns.
func OpenParquet(src Source) (_ *ParquetFile, err error) {
	defer recoverParquet(&err)
	if err := soundFooter(src); err != nil {
		return nil, damagedParquet(err)
	}
	file, err := parquet.OpenFile(src, src.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, damagedParquet(err)
	}
	if err := soundParquet(file.Metadata(), src.Size()); err != nil {
		return nil, damagedParquet(err)
	}
	p := &ParquetFile{src: src, file: file}
	geometry := map[string]string{}
	if text, ok := file.Lookup(parquetGeometry); ok {
		if err := json.Unmarshal([]byte(text), &geometry); err != nil {
			return nil, damagedParquet(err)
		}
	}
	if text, ok := file.Lookup(geoParquetKey); ok {
		if p.shapes, err = geoColumns(text); err != nil {
			return nil, err
		}
	}
	for _, c := range file.Root().Columns() {
		f, scale, err := fieldOfParquet(c.Name(), c)
		if err != nil {
			return nil, errs.New(errs.Invalid, "parquet.type", errs.Args{"Name": c.Name()}).WithHint("parquet.type.hint").Because(err)
		}
		f.Geometry = geometry[f.Name]
		if err := p.native(c.Name(), c.Type()); err != nil {
			return nil, err
		}
		if p.shapes[f.Name] != nil {
			if f.Kind != Text {
				return nil, errs.New(errs.Invalid, "parquet.type", errs.Args{"Name": c.Name()}).WithHint("parquet.type.hint")
			}
			f.Kind, f.Geometry = JSON, "geojson"
		}
		p.fields = append(p.fields, f)
		p.scales = append(p.scales, scale)
	}
	return p, nil
}

// maxParquetValues is the most values of a column that a row group may claim.
const maxParquetValues = 1 << 28

// soundParquet refuses a footer that contradicts itself or the size of the file,
// before anything is made as large as it says.
func soundParquet(m *format.FileMetaData, size int64) error {
	rows := int64(0)
	for g := range m.RowGroups {
		group := &m.RowGroups[g]
		if group.NumRows < 0 || group.NumRows > maxParquetValues {
			return fmt.Errorf("row group %d of %d rows", g, group.NumRows)
		}
		rows += group.NumRows
		for c := range group.Columns {
			chunk := &group.Columns[c].MetaData
			start := chunk.DataPageOffset
			if chunk.DictionaryPageOffset > 0 {
				start = min(start, chunk.DictionaryPageOffset)
			}
			if start < 0 || chunk.TotalCompressedSize < 0 || chunk.TotalCompressedSize > size || start > size-chunk.TotalCompressedSize ||
				chunk.NumValues < 0 || chunk.NumValues > maxParquetValues {
				return fmt.Errorf("row group %d, column %d: %d values in %d bytes at %d of %d", g, c, chunk.NumValues, chunk.TotalCompressedSize, start, size)
			}
		}
	}
	if rows != m.NumRows {
		return fmt.Errorf("%d rows in the groups, %d in the file", rows, m.NumRows)
	}
	return nil
}

func damagedParquet(err error) error {
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	return errs.New(errs.Invalid, "parquet.damaged").WithHint("parquet.damaged.hint").Because(err)
}

// recoverParquet turns a panic of the library over damaged bytes into an error.
func recoverParquet(err *error) {
	if r := recover(); r != nil {
		*err = damagedParquet(fmt.Errorf("parquet: %v", r))
	}
}

// Fields returns the columns.
func (p *ParquetFile) Fields() []Field { return p.fields }

// Rows returns the number of rows.
func (p *ParquetFile) Rows() int64 { return p.file.NumRows() }

// Groups returns the number of row groups.
func (p *ParquetFile) Groups() int { return len(p.file.RowGroups()) }

// GroupRows returns the number of rows of a row group.
func (p *ParquetFile) GroupRows(group int) int64 { return p.file.RowGroups()[group].NumRows() }

// Metadata returns what the file keeps beside its rows under a key, or "".
func (p *ParquetFile) Metadata(key string) string {
	s, _ := p.file.Lookup(key)
	return s
}

// Read gives all rows in order, in frames of at most size rows, each valid
// during the call only.
func (p *ParquetFile) Read(ctx context.Context, size int, give func(*Frame) error) error {
	for g := range p.file.RowGroups() {
		if err := p.ReadGroup(ctx, g, size, give); err != nil {
			return err
		}
	}
	return nil
}

// EachFrame gives the rows of a Parquet file on disk in order, in frames valid during
// the call only. Kinds: Invalid (damaged).
func EachFrame(ctx context.Context, path string, give func(*Frame) error) error {
	src, err := OpenFile(path)
	if err != nil {
		return err
	}
	defer src.Close()
	p, err := OpenParquet(src)
	if err != nil {
		return err
	}
	const atOnce = 8192
	return p.Read(ctx, atOnce, give)
}

// ReadGroup gives the rows of one row group, as Read.
func (p *ParquetFile) ReadGroup(ctx context.Context, group, size int, give func(*Frame) error) (err error) {
	defer recoverParquet(&err)
	if err := soundPages(p.src, &p.file.Metadata().RowGroups[group]); err != nil {
		return damagedParquet(fmt.Errorf("row group %d, %w", group, err))
	}
	g := p.file.RowGroups()[group]
	chunks := g.ColumnChunks()
	cursors := make([]parquetCursor, len(p.fields))
	defer func() {
		for j := range cursors {
			cursors[j].close()
		}
	}()
	for j := range cursors {
		cursors[j] = parquetCursor{kind: p.fields[j].Kind, scale: p.scales[j], pages: chunks[j].Pages()}
	}
	values := make([]parquet.Value, size)
	fr := &Frame{Fields: p.fields, Columns: make([]Column, len(p.fields))}
	for left := g.NumRows(); left > 0; left -= int64(fr.Rows) {
		if err := ctx.Err(); err != nil {
			return err
		}
		fr.Rows = int(min(left, int64(size)))
		for j := range cursors {
			if err := cursors[j].read(values[:fr.Rows], &fr.Columns[j]); err != nil {
				return damagedParquet(fmt.Errorf("row group %d, column %q: %w", group, p.fields[j].Name, err))
			}
			if s := p.shapes[p.fields[j].Name]; s != nil {
				if err := s.geoJSON(&fr.Columns[j], fr.Rows); err != nil {
					return damagedParquet(fmt.Errorf("row group %d, column %q: %w", group, p.fields[j].Name, err))
				}
			}
		}
		if err := give(fr); err != nil {
			return err
		}
	}
	return nil
}

// parquetCursor reads one column chunk, some rows at a time.
type parquetCursor struct {
	kind   Kind
	scale  parquetScale
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	arena  []byte
}

func (c *parquetCursor) close() {
	if c.page != nil {
		parquet.Release(c.page)
	}
	if c.pages != nil {
		_ = c.pages.Close() // read only
	}
}

// read fills the column with len(values) rows.
func (c *parquetCursor) read(values []parquet.Value, col *Column) error {
	rows := len(values)
	col.Null = resize(col.Null, rows)
	switch c.kind {
	case Text, JSON:
		col.Bytes = resize(col.Bytes, rows)
	case Float:
		col.Float64 = resize(col.Float64, rows)
	default:
		col.Int64 = resize(col.Int64, rows)
	}
	c.arena = c.arena[:0]
	done := 0
	for done < rows {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			if err != nil {
				return err
			}
			c.page, c.values = page, page.Values()
		}
		n, err := c.values.ReadValues(values[done:])
		c.take(values[done:done+n], col, done)
		done += n
		if errors.Is(err, io.EOF) || n == 0 && err == nil {
			parquet.Release(c.page)
			c.page, c.values = nil, nil
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take copies values, which point into their page, to the column from row at.
func (c *parquetCursor) take(values []parquet.Value, col *Column, at int) {
	null := col.Null[at : at+len(values)]
	switch c.kind {
	case Text, JSON:
		out := col.Bytes[at : at+len(values)]
		for i := range values {
			if null[i] = values[i].IsNull(); null[i] {
				out[i] = nil
				continue
			}
			b := values[i].ByteArray()
			if c.arena == nil || cap(c.arena)-len(c.arena) < len(b) {
				// Cells already taken keep the arena before.
				c.arena = make([]byte, 0, max(2*cap(c.arena), 64<<10, len(b)))
			}
			start := len(c.arena)
			c.arena = append(c.arena, b...)
			out[i] = c.arena[start:len(c.arena):len(c.arena)]
		}
	case Float:
		out := col.Float64[at : at+len(values)]
		for i := range values {
			switch null[i] = values[i].IsNull(); {
			case null[i]:
				out[i] = 0
			case values[i].Kind() == parquet.Float:
				out[i] = float64(values[i].Float())
			default:
				out[i] = values[i].Double()
			}
		}
	default:
		out := col.Int64[at : at+len(values)]
		for i := range values {
			if null[i] = values[i].IsNull(); null[i] {
				out[i] = 0
				continue
			}
			switch values[i].Kind() {
			case parquet.Int32:
				out[i] = c.scale.apply(int64(values[i].Int32()))
			case parquet.Boolean:
				out[i] = 0
				if values[i].Boolean() {
					out[i] = 1
				}
			default:
				out[i] = c.scale.apply(values[i].Int64())
			}
		}
	}
}

// resize returns a slice of n elements, s where it is long enough.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
