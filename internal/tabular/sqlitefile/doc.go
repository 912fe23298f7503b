// Package sqlitefile reads and writes the tables of SQLite database files, page by
// page, without SQL (https://www.sqlite.org/fileformat2.html).
//
// A GeoPackage is such a file. One that was sent in by anybody is not given to a
// database engine, where views, triggers and damaged pages have a life of their
// own: here only rows are read, each page at most once, in memory that is bounded.
//
// It knows pages, trees, records and the names of columns. It must not know
// GeoPackages, geometries or text of messages: the package above it does.
//
// Start with read.go (Open, Rows) and write.go (Create).
package sqlitefile
