// Package tables measures the way of a table from text to answers, each figure
// beside that of bare DuckDB in the same run.
//
//	go test ./bench/tables -run '^$' -bench . -benchtime 1x
package tables
