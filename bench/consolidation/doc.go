// Package consolidation measures how long the dataset of a territory takes: 600
// tables of the schema of délibérations, 1,000,000 rows in all, one table in four in
// an older version of the schema, with a wrong row in a hundred; then one small table
// that changes.
//
//	go test ./bench/consolidation -run '^$' -bench . -benchtime 1x
package consolidation
