// Package tile draws maps: it finds where the rows of a table lie (Place), keeps
// their boxes in a file sorted along a Hilbert curve (Index), and draws what meets
// a tile of the Web Mercator pyramid as a Mapbox Vector Tile (Draw).
//
// A tile has two layers. "rows" has rows as they are, each with its number as
// identifier and some of its cells. "clusters" has points that stand for several
// rows, with their "count": those that would lie on one another, and shapes too
// small to be seen. So nothing vanishes at low zooms, and a tile stays under MaxBytes.
//
// It must not know where tables are kept or who asks. Start with draw.go.
package tile
