// Package grid measures the grid in a browser: how soon the grid of 100,000 rows can be
// used, whether anything stands still while one scrolls through it, sorts and filters
// it, and how long 10,000 pasted rows take until each cell is checked, shown and saved.
//
//	make build && go test ./bench/grid -bench . -benchtime 1x
package grid
