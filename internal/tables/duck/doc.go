// Package duck answers queries over snapshots: the Engine of package tables. It
// is the only one that knows DuckDB and the only one that writes SQL.
//
// A snapshot is made ready once, in a folder of the cache named by its key:
//
//	rows.bin, rows.idx   the rows as text, one after the other, and where each begins
//	codes.bin            columns as numbers in the order of their values
//	text.bin             the texts of each row, folded, a row a line
//	geo-N.bin            the box of each row's geometry, of column N
//	table.duckdb         the typed columns c0, c1 …; a row's rowid is its number less one
//	profile.json         what is in the columns, once asked for
//	meta.json            written last: sizes and number of rows
//
// A condition is a set of rows, one bit each, joined by and, or and not. It is found by a pass over codes.bin;
// what is looked for in texts and in geometries, by a pass over text.bin or geo-N.bin; the rest by
// DuckDB, which keeps to itself texts of which each row has its own, groups and figures. Pages in the order of coded
// columns are the first rows of the set by their codes; the rows come from rows.bin, as DuckDB is slow at fetching wide ones.
//
// Names of columns never reach SQL, only their position does; values are
// parameters. The DuckDB that answers has no access to files but the cache, and its configuration is locked.
//
// Start at Engine (engine.go); then cache.go for what is kept, build.go for how it is
// made, codes.go for codes, sets.go for conditions, rows.go for pages.
package duck
