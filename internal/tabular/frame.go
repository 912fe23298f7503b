package tabular

import "time"

// Kind is the physical type of a column of a Frame.
type Kind uint8

const (
	Text      Kind = iota // Bytes
	Int                   // Int64
	Float                 // Float64
	Bool                  // Int64, 0 or 1
	Date                  // Int64, days since 1970-01-01
	Timestamp             // Int64, microseconds since 1970-01-01T00:00:00Z
	TimeOfDay             // Int64, microseconds since midnight
	JSON                  // Bytes, a JSON value (objects, lists, GeoJSON geometries)
)

// Field names and types a column of a Frame.
type Field struct {
	Name string
	Kind Kind
	// Local is true for a Timestamp without time zone: the microseconds are those
	// of the wall clock.
	Local bool
	// Geometry is "" or the way the column holds one: "geojson", "point-lonlat"
	// ("lon,lat" text).
	Geometry string
}

// Column holds the values of one column of a Frame. Null[i] true: no value, and
// the value slice holds a zero there.
type Column struct {
	Null    []bool
	Int64   []int64
	Float64 []float64
	Bytes   [][]byte
}

// Frame is a run of typed rows, column by column: what goes to Parquet, to
// exports, and what comes back from a query. Columns follow Fields; all have Rows values.
type Frame struct {
	Fields  []Field
	Columns []Column
	Rows    int
}

// Take is a frame of some of the rows, by their places; their values are those of the
// frame, not copies.
func (fr *Frame) Take(rows []int) *Frame {
	out := &Frame{Fields: fr.Fields, Columns: make([]Column, len(fr.Columns)), Rows: len(rows)}
	for j := range fr.Columns {
		out.Columns[j] = fr.Columns[j].take(rows)
	}
	return out
}

func (c *Column) take(rows []int) Column {
	return Column{Null: pick(c.Null, rows), Int64: pick(c.Int64, rows), Float64: pick(c.Float64, rows), Bytes: pick(c.Bytes, rows)}
}

func pick[T any](from []T, rows []int) []T {
	if len(from) == 0 {
		return nil
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = from[r]
	}
	return out
}

// Day returns the date of a Date value.
func Day(days int64) time.Time { return time.Unix(days*86400, 0).UTC() }

// Instant returns the time of a Timestamp value.
func Instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
