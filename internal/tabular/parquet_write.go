package tabular

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// ParquetOptions are choices of NewParquetWriter; the zero value is good.
type ParquetOptions struct {
	// Context ends calls of Put that wait; none: they wait for the frames before
	// theirs, or for Abort.
	Context context.Context
	// GroupRows is the number of rows of a row group, of which readers skip those
	// whose bounds exclude what they look for; 0: 122,880, what DuckDB scans at once.
	GroupRows int
	// Metadata is kept in the file beside the rows.
	Metadata map[string]string
	// Trailer, if given, is asked for one more entry of metadata when all rows were put.
	Trailer func() (key, value string)
}

const (
	parquetGroupRows  = 122_880
	parquetPageBytes  = 256 << 10
	parquetDictBytes  = 1 << 20 // a dictionary that grows past it is given up in its row group
	parquetSampleRows = 2000
)

// ParquetWriter writes frames as a Parquet file, compressed with zstd.
//
// Several goroutines may call Put at the same time, each with its own frame:
// they follow each other from column to column in the order of the frames'
// numbers, so that all cores work, nothing is copied, and the rows of the file are in that
// order. Memory is that of two row groups, compressed.
type ParquetWriter struct {
	fields []Field
	out    io.Writer
	o      ParquetOptions
	stop   func() bool

	mu   sync.Mutex
	cond *sync.Cond
	err  error

	file     *parquet.GenericWriter[any]
	slots    [2]*parquet.ConcurrentRowGroupWriter
	next     int   // number of the next frame to be let in
	turn     []int // per column, number of the next frame it takes
	group    int   // row group of the next frame
	inGroup  int   // rows of that group so far
	commits  int   // row groups committed
	rows     int64
	sequence int // next number given by Write
	closed   bool
	scratch  sync.Pool
}

// NewParquetWriter prepares a file of these columns. Errors: Invalid, for no
// column and for two columns of one name.
func NewParquetWriter(w io.Writer, fields []Field, o ParquetOptions) (*ParquetWriter, error) {
	if err := checkParquetFields(fields); err != nil {
		return nil, err
	}
	if o.GroupRows <= 0 {
		o.GroupRows = parquetGroupRows
	}
	p := &ParquetWriter{fields: fields, out: w, o: o, turn: make([]int, len(fields)), stop: func() bool { return true }}
	p.cond = sync.NewCond(&p.mu)
	p.scratch.New = func() any { return new([]parquet.Value) }
	if o.Context != nil {
		p.stop = context.AfterFunc(o.Context, func() { p.Abort(context.Cause(o.Context)) })
	}
	return p, nil
}

// Rows returns how many rows were put.
func (p *ParquetWriter) Rows() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rows
}

// Write puts a frame after those before it. Not together with Put, and not from
// several goroutines.
func (p *ParquetWriter) Write(fr *Frame) error {
	seq := p.sequence
	p.sequence++
	return p.Put(seq, fr)
}

// Put writes the frame of a number; the numbers are 0, 1, 2 … and each is put
// once. It returns when the frame is written and may be used again; it waits for the frames of smaller
// numbers, so whoever puts them must not wait for this call. After an error all calls return it.
func (p *ParquetWriter) Put(seq int, fr *Frame) error {
	if err := p.checkFrame(fr); err != nil {
		p.Abort(err)
		return err
	}
	group, last, err := p.enter(seq, fr)
	if err != nil {
		return err
	}
	columns := p.slots[group%2].ColumnWriters()
	values := p.scratch.Get().(*[]parquet.Value)
	defer p.scratch.Put(values)
	for j := range p.fields {
		if err := p.await(func() bool { return p.turn[j] == seq }); err != nil {
			return err
		}
		*values = appendParquetValues((*values)[:0], p.fields[j].Kind, &fr.Columns[j], fr.Rows, j)
		_, err := columns[j].WriteRowValues(*values)
		if err == nil && last {
			err = columns[j].Flush()
		}
		if err != nil {
			p.Abort(err)
			return err
		}
		p.advance(func() { p.turn[j]++ })
	}
	clear(*values)
	if last {
		return p.commit(group)
	}
	return nil
}

// checkFrame reports a frame that is not of the writer's columns.
func (p *ParquetWriter) checkFrame(fr *Frame) error {
	if len(fr.Columns) != len(p.fields) {
		return fmt.Errorf("tabular: frame of %d columns for a Parquet file of %d", len(fr.Columns), len(p.fields))
	}
	for j := range fr.Columns {
		var n int
		c := &fr.Columns[j]
		switch p.fields[j].Kind {
		case Text, JSON:
			n = len(c.Bytes)
		case Float:
			n = len(c.Float64)
		default:
			n = len(c.Int64)
		}
		if n < fr.Rows || len(c.Null) < fr.Rows {
			return fmt.Errorf("tabular: column %q of a frame of %d rows has %d values", p.fields[j].Name, fr.Rows, n)
		}
	}
	return nil
}

// enter lets frames in one after the other and gives each its row group; last
// is true for the frame that fills the group.
func (p *ParquetWriter) enter(seq int, fr *Frame) (group int, last bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil && !(p.next == seq && p.commits >= p.group-1) {
		p.cond.Wait()
	}
	if p.err != nil {
		return 0, false, p.err
	}
	if p.file == nil {
		p.begin(fr)
	}
	group = p.group
	p.next++
	p.rows += int64(fr.Rows)
	p.inGroup += fr.Rows
	if p.inGroup >= p.o.GroupRows {
		last = true
		p.group++
		p.inGroup = 0
	}
	p.cond.Broadcast()
	return group, last, nil
}

// begin opens the file once the first frame has shown which columns repeat.
func (p *ParquetWriter) begin(fr *Frame) {
	repeats := make([]bool, len(p.fields))
	for j := range p.fields {
		if fr != nil && (p.fields[j].Kind == Text || p.fields[j].Kind == JSON) {
			repeats[j] = repeating(fr.Columns[j].Bytes[:fr.Rows], fr.Columns[j].Null)
		}
	}
	options := []parquet.WriterOption{
		parquetSchema(p.fields, repeats),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
		parquet.PageBufferSize(parquetPageBytes),
		parquet.DataPageStatistics(false),
		parquet.DictionaryMaxBytes(parquetDictBytes),
		parquet.CreatedBy("socle", "1", ""),
	}
	if g := geometryMetadata(p.fields); g != "" {
		options = append(options, parquet.KeyValueMetadata(parquetGeometry, g))
	}
	for _, k := range slices.Sorted(maps.Keys(p.o.Metadata)) {
		options = append(options, parquet.KeyValueMetadata(k, p.o.Metadata[k]))
	}
	p.file = parquet.NewGenericWriter[any](p.out, options...)
	for i := range p.slots {
		p.slots[i] = p.file.BeginRowGroup()
	}
}

// repeating reports whether at most half of the values are different.
func repeating(values [][]byte, null []bool) bool {
	n := min(len(values), parquetSampleRows)
	seen := make(map[string]struct{}, n/2+1)
	present := 0
	for i, v := range values[:n] {
		if null[i] {
			continue
		}
		present++
		seen[string(v)] = struct{}{}
	}
	return present > 0 && len(seen) <= present/2
}

func (p *ParquetWriter) await(ready func() bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil && !ready() {
		p.cond.Wait()
	}
	return p.err
}

func (p *ParquetWriter) advance(step func()) {
	p.mu.Lock()
	step()
	p.mu.Unlock()
	p.cond.Broadcast()
}

// commit writes a full row group to the file, in order.
func (p *ParquetWriter) commit(group int) error {
	if err := p.await(func() bool { return p.commits == group }); err != nil {
		return err
	}
	if _, err := p.slots[group%2].Commit(); err != nil {
		p.Abort(err)
		return err
	}
	p.advance(func() { p.commits++ })
	return nil
}

// Abort makes calls that wait, and all later ones, return the error: for when a
// frame will not come.
func (p *ParquetWriter) Abort(err error) {
	p.mu.Lock()
	if p.err == nil && !p.closed {
		p.err = err
	}
	p.mu.Unlock()
	p.cond.Broadcast()
}

// Close ends the file, when all calls of Put have returned. What it leaves after
// an error is no file.
func (p *ParquetWriter) Close() error {
	p.stop()
	p.mu.Lock()
	err, done := p.err, p.closed
	p.closed = true
	if err == nil && !done && p.file == nil {
		p.begin(nil)
	}
	p.mu.Unlock()
	if err != nil || done {
		return err
	}
	if p.inGroup > 0 {
		if _, err := p.slots[p.group%2].Commit(); err != nil {
			return err
		}
	}
	if p.o.Trailer != nil {
		p.file.SetKeyValueMetadata(p.o.Trailer())
	}
	return p.file.Close()
}

// appendParquetValues turns a column of a frame into values of a Parquet column.
func appendParquetValues(dst []parquet.Value, kind Kind, c *Column, rows, column int) []parquet.Value {
	null := parquet.Value{}.Level(0, 0, column)
	switch kind {
	case Text, JSON:
		for i, v := range c.Bytes[:rows] {
			if c.Null[i] {
				dst = append(dst, null)
				continue
			}
			dst = append(dst, parquet.ByteArrayValue(v).Level(0, 1, column))
		}
	case Float:
		for i, v := range c.Float64[:rows] {
			if c.Null[i] {
				dst = append(dst, null)
				continue
			}
			dst = append(dst, parquet.DoubleValue(v).Level(0, 1, column))
		}
	case Bool:
		for i, v := range c.Int64[:rows] {
			if c.Null[i] {
				dst = append(dst, null)
				continue
			}
			dst = append(dst, parquet.BooleanValue(v != 0).Level(0, 1, column))
		}
	case Date:
		for i, v := range c.Int64[:rows] {
			if c.Null[i] {
				dst = append(dst, null)
				continue
			}
			dst = append(dst, parquet.Int32Value(int32(v)).Level(0, 1, column))
		}
	default:
		for i, v := range c.Int64[:rows] {
			if c.Null[i] {
				dst = append(dst, null)
				continue
			}
			dst = append(dst, parquet.Int64Value(v).Level(0, 1, column))
		}
	}
	return dst
}
