// Package tabular reads and writes tables in every format that Socle knows:
// delimited text, workbooks, JSON. It is the only place where a dialect, an
// encoding or a header is guessed.
//
// It knows bytes, records, cells and their positions. It must not know schemas,
// rules about values, databases, the network or people.
//
// Start with open.go (Open, File), then scan.go (Scan: batches in parallel,
// results in order) and batch.go (Batch). Delimited text is delimited.go (one
// chunk to records), splitter.go (a file to chunks), dialect.go, charset.go and
// layout.go (what is recognised). formats.go lists the formats; writer.go writes.
package tabular
