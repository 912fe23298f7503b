// Package duck answers queries over snapshots: the Engine of package tables. It
// is the only one that knows DuckDB and the only one that writes SQL.
//
// A snapshot is made ready once, in a folder of the cache named by its key:
//
//	rows.bin, rows.idx   the rows as text, one after the other, and where each begins
//	text.bin             the texts of each row, folded, a row a line
//	geo-N.bin            the box of each row's geometry, of column N
//	table.duckdb         the typed columns c0, c1 …; a row's rowid is its number less one
//	profile.json         what is in the columns, once asked for
//	meta.json            written last: sizes and number of rows
//
// DuckDB is good at finding which rows, and slow at fetching wide ones; so it
// only returns row numbers, facets and figures, and the rows come from rows.bin. What is looked for in folded
// texts and in boxes is found by a pass over text.bin or geo-N.bin and given to DuckDB as a set of bits.
//
// Names of columns never reach SQL, only their position does; values are
// parameters. The DuckDB that answers has no access to files but the cache, and its configuration is locked.
//
// Start at Engine (engine.go); then cache.go for what is kept, build.go for how it is
// made, sql.go for conditions, rows.go for pages.
package duck
