package tabular

import (
	"io"
	"time"

	"socle/internal/errs"
)

// Writer writes typed rows in a format. It keeps at most a few frames in
// memory. Close writes the end of the file; it does not close what is below.
// After an error the file is of no use.
type Writer interface {
	Write(*Frame) error
	Close() error
}

// WriteOptions are habits of the reader of a file; the zero value writes what
// programs read best.
type WriteOptions struct {
	Delimiter    byte      // of csv; 0 is the comma
	BOM          bool      // csv begins with a byte order mark, for Excel
	DecimalComma bool      // csv writes 1,5 for 1.5
	CRLF         bool      // csv ends lines with CR LF
	Sheet        string    // name of the sheet of a workbook; "" is "Données"
	Changed      time.Time // when the rows last changed, for formats that say it; zero: not known
	TempDir      string    // where formats whose beginning depends on their end wait; "" is the system's
}

// NewWriter begins a file of a format that is written. Frames must have the
// fields given. Errors: Invalid, for a format that is not written, and for what
// a format cannot hold; TooLarge, for rows beyond what a workbook can hold.
func NewWriter(format string, w io.Writer, fields []Field, o WriteOptions) (Writer, error) {
	switch format {
	case "csv":
		return newCSVWriter(w, fields, o)
	case "tsv":
		o.Delimiter = '\t'
		return newCSVWriter(w, fields, o)
	case "json":
		return newJSONWriter(w, fields, jsonList), nil
	case "jsonl":
		return newJSONWriter(w, fields, jsonLines), nil
	case "geojson":
		return newJSONWriter(w, fields, jsonGeo), nil
	case "kml":
		return newKMLWriter(w, fields, o)
	case "kmz":
		return newKMZWriter(w, fields, o)
	case "gpx":
		return newGPXWriter(w, fields, o)
	case "geoparquet":
		return newGeoParquetWriter(w, fields)
	case "gpkg":
		return newGPKGWriter(w, fields, o)
	case "shp":
		return newSHPWriter(w, fields, o)
	case "xlsx":
		return newXLSXWriter(w, fields, o)
	case "ods":
		return newODSWriter(w, fields, o)
	case "parquet":
		return NewParquetWriter(w, fields, ParquetOptions{})
	}
	return nil, fail(errs.Invalid, CodeFormat, "tabular.not-written", errs.Args{"Format": format})
}
