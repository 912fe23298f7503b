// Package tiles measures vector tiles: each tile of a table of a hundred thousand
// points that has something on it, drawn for the first time and found again.
package tiles
