package tables

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"socle/internal/query"
	"socle/internal/tabular"
)

// Part is an immutable Parquet file, written by tabular.ParquetWriter.
type Part struct {
	Key  string // its identity: SHA-256 of the bytes, in hexadecimal
	Rows int64
	// File gives the part as a local file that may be read until release is
	// called; release is never nil when err is.
	File func(ctx context.Context) (path string, release func(), err error)
}

// LocalFile is a Part.File of a file that stays.
func LocalFile(path string) func(context.Context) (string, func(), error) {
	return func(context.Context) (string, func(), error) { return path, func() {}, nil }
}

// Snapshot is a table that never changes: the rows of its parts, in order. Rows
// are numbered from 1; the number is the stable key of a row in its snapshot.
type Snapshot struct {
	Key    string // of the parts in order and the fields; NewSnapshot computes it
	Parts  []Part
	Fields []tabular.Field
}

// NewSnapshot makes the snapshot of parts that all have these fields.
func NewSnapshot(fields []tabular.Field, parts []Part) Snapshot {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "part %q %d\n", p.Key, p.Rows)
	}
	for _, f := range fields {
		fmt.Fprintf(h, "field %q %d %t %q\n", f.Name, f.Kind, f.Local, f.Geometry)
	}
	return Snapshot{Key: hex.EncodeToString(h.Sum(nil)[:20]), Parts: parts, Fields: fields}
}

// Rows is the number of rows of all parts.
func (s Snapshot) Rows() int64 {
	n := int64(0)
	for _, p := range s.Parts {
		n += p.Rows
	}
	return n
}

// Record is a row as text: numbers in their shortest form (12, 1.5), true and
// false, 2025-01-31, 2025-01-31T08:30:00Z (no Z when the field is Local), 08:30:00, JSON
// as it is. A nil cell has no value.
type Record struct {
	Number int64 // in the snapshot, from 1
	Cells  [][]byte
}

// Page is some rows of a snapshot.
type Page struct {
	Fields  []tabular.Field // those selected
	Records []Record        // as many cells as Fields
	Total   int64           // rows that the query finds, exact
	Next    int64           // query.After of the next page; 0: there is none
	Facets  []Facet         // of query.Facets, in order
}

// Bucket is a value and how many rows have it.
type Bucket struct {
	Text  string // as in Record
	Null  bool   // rows without value
	Count int64
}

// Facet counts the values of a column, the most frequent first.
type Facet struct {
	Column   string
	Buckets  []Bucket
	Distinct int64 // values in all, exact, rows without value not among them
	Others   int64 // rows of the values that are not in Buckets
}

// Bin is a class of a histogram: from Low, included, to High, excluded but for
// the last; days or microseconds for dates and times.
type Bin struct {
	Low, High float64
	Count     int64
}

// ColumnProfile says what is in a column.
type ColumnProfile struct {
	Name        string
	Kind        tabular.Kind
	Nulls       int64
	Distinct    int64
	Approximate bool     // Distinct is an estimate, within a few percent
	Min, Max    string   // as in Record; of texts: in the order of code points; "" when there is no value
	Mean        *float64 // of Int and Float
	Histogram   []Bin    // of Int, Float, Date, Timestamp, TimeOfDay; none when all values are the same
	Top         []Bucket // most frequent values, of columns where values repeat
	Examples    []string // first different values, in row order
}

// Profile says what is in a snapshot.
type Profile struct {
	Rows    int64
	Columns []ColumnProfile
}

// Engine answers queries over snapshots. It may be called concurrently. What it
// keeps is a cache: a snapshot is made ready on first use (or by Warm) and again when the
// cache was lost. Errors: Invalid (the query), Busy (too many queries, or one
// that passes its limits), NotFound (a part is missing), Internal.
type Engine interface {
	// Rows returns a page. Not with Group.
	Rows(ctx context.Context, snap Snapshot, q query.Query) (*Page, error)
	// Numbers returns records by their numbers, in the order asked; a number
	// that does not exist is NotFound.
	Numbers(ctx context.Context, snap Snapshot, numbers []int64, columns []string) (*Page, error)
	// Count returns how many rows the query finds, exactly.
	Count(ctx context.Context, snap Snapshot, q query.Query) (int64, error)
	// Facet counts the values of a column among the rows the query finds. See
	// query.Query.Without for facets of which several values may be chosen.
	Facet(ctx context.Context, snap Snapshot, q query.Query, column string, limit int) (*Facet, error)
	// Aggregate returns a row per group: the columns of Group, then those of
	// Aggregates, sorted by q.Sort (on those names) or by group. Without Group: one row.
	Aggregate(ctx context.Context, snap Snapshot, q query.Query) (*tabular.Frame, error)
	// Export gives all rows that the query finds, in order, Limit and Offset
	// respected, 0 being no limit. A frame is valid during the call only.
	Export(ctx context.Context, snap Snapshot, q query.Query, give func(*tabular.Frame) error) error
	// Profile says what is in each column; computed once, then kept.
	Profile(ctx context.Context, snap Snapshot) (*Profile, error)
	// Warm makes the snapshot ready.
	Warm(ctx context.Context, snap Snapshot) error
	// Evict forgets what is kept of a snapshot.
	Evict(ctx context.Context, key string) error
	// Close releases everything; queries that run are interrupted.
	Close() error
	Mapper
	Comparer
}

type clientKey struct{}

// WithClient says on whose behalf queries run (an address, an account): queries
// wait their turn by client, so that one who asks much does not delay the others.
func WithClient(ctx context.Context, client string) context.Context {
	return context.WithValue(ctx, clientKey{}, client)
}

// Client returns what WithClient set, or "".
func Client(ctx context.Context) string {
	s, _ := ctx.Value(clientKey{}).(string)
	return s
}
