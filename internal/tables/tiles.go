package tables

import (
	"context"

	"socle/internal/query"
	"socle/internal/tables/tile"
)

// Extent says where the rows of a snapshot lie.
type Extent struct {
	Place  tile.Place
	Rows   int64      // that have a place
	Shapes int64      // of which the place is no single point
	Bounds [4]float64 // west, south, east, north, in degrees; the world when there is no row
}

// Mapped is some rows of a snapshot, with their places.
type Mapped struct {
	Page
	Shapes [][]byte // GeoJSON geometry of each record, or null
}

// Mapper draws snapshots. Rows of which the place cannot be read, or is not on
// Earth, are on no map. Errors, besides those of Engine: Invalid (the table has no
// place: see tile.Find).
type Mapper interface {
	// Extent says where the rows lie.
	Extent(ctx context.Context, snap Snapshot) (Extent, error)
	// Tile draws the rows that Where and Text find; Select gives the attributes, the
	// most wanted first (none: the first columns). It is empty where there is nothing,
	// and kept: the same question is answered from the cache.
	Tile(ctx context.Context, snap Snapshot, q query.Query, a tile.Address) ([]byte, error)
	// Mapped returns the rows that the query finds whose box meets box, in row
	// order; Sort, Facets and Offset are not taken.
	Mapped(ctx context.Context, snap Snapshot, q query.Query, box tile.Box) (*Mapped, error)
}
