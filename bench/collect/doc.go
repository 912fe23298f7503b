// Package collect measures what arrives from the field: how many entries a second
// bin/socle accepts from two hundred devices at once on SQLite, whether each is
// there afterwards, and how long until an entry is in the answers of the public table,
// a small one and one of 100,000 rows.
//
//	make build && go test ./bench/collect -bench . -benchtime 1x
package collect
