// Package tabular reads and writes tables in every format that Socle knows:
// delimited text, workbooks, JSON. It is the only place where a dialect, an
// encoding or a header is guessed.
//
// It knows bytes, records, cells and their positions. It must not know schemas,
// rules about values, databases, the network or people.
//
// Start with open.go (Open, File), then scan.go (Scan: batches in parallel,
// results in order) and batch.go (Batch).
//
//   - container.go, archive.go: what kind of file it is, packed or not.
//   - Delimited text: delimited.go (one chunk to records), mend.go (records whose
//     quotes are misplaced), splitter.go (a file to chunks), dialect.go, sniff.go
//     and charset.go (what is recognised, how bytes become text).
//   - layout.go, notes.go: title lines, header, footnotes; the same for all formats.
//   - fixed.go: text in columns of fixed width.
//   - Workbooks: workbook.go (which sheet), xlsx.go, ods.go, biff.go (xls),
//     serial.go (dates), xmlscan.go, rows.go (rows to batches).
//   - Places: geometry.go (their one form), shp.go, dbf.go, gpkg.go (on sqlitefile).
//     projected.go: columns of projected coordinates; degrees.go: those of degrees.
//   - json.go, json_records.go: JSON, JSON Lines, GeoJSON. parquet.go: Parquet;
//     geoparquet.go: its geometries.
//   - features.go, kml.go, gpx.go: documents of places in XML; place.go: where the
//     rows of a table lie.
//   - formats.go lists the formats; writer.go and write_*.go write them;
//     convert.go goes from one to another.
//
// A case of reading is a file of testdata/read; go test -update writes what is read.
package tabular
