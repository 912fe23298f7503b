package duck

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/tile"
	"socle/internal/tabular"
)

// tilesDir is the folder of tiles drawn, beside those of snapshots. map-N.bin, in
// the folder of a snapshot, is the index of the places of its rows, once asked for.
const tilesDir = "tiles"

func mapFile(p tile.Place) string {
	return fmt.Sprintf("map-%d.bin", max(p.Column, p.Lon))
}

// maxMapped is how many rows with their places are returned at a time.
const maxMapped = 10_000

// maps is what is kept to draw tiles.
type maps struct {
	cache  *tile.Cache
	making chan struct{} // one index is made at a time
}

func openMaps(dir string, bytes int64) (*maps, error) {
	c, err := tile.OpenCache(filepath.Join(dir, tilesDir), bytes)
	if err != nil {
		return nil, err
	}
	return &maps{cache: c, making: make(chan struct{}, 1)}, nil
}

// place finds where the rows of a snapshot lie, and checks the query.
func place(snap tables.Snapshot, q query.Query) (tile.Place, error) {
	if err := check(snap, q); err != nil {
		return tile.Place{}, err
	}
	if len(q.Group)+len(q.Aggregates)+len(q.Sort)+len(q.Facets)+q.Offset > 0 {
		return tile.Place{}, errs.New(errs.Invalid, "tiles.query").WithHint("tiles.query.hint")
	}
	p, ok := tile.Find(snap.Fields)
	if !ok {
		return p, errs.New(errs.Invalid, "tiles.none").WithHint("tiles.none.hint")
	}
	return p, nil
}

// Extent says where the rows lie.
func (e *Engine) Extent(ctx context.Context, snap tables.Snapshot) (x tables.Extent, err error) {
	defer errs.Wrap(&err, "duck.Extent(%s)", snap.Key)
	p, err := place(snap, query.Query{})
	if err != nil {
		return x, err
	}
	err = e.use(ctx, snap, e.o.Time, func(ctx context.Context, t *table) error {
		return e.withMap(ctx, t, p, func(i *tile.Index) error {
			x = tables.Extent{Place: p, Rows: i.Count, Shapes: i.Shapes, Bounds: i.Bounds()}
			return nil
		})
	})
	return x, err
}

// Tile draws a tile, or finds it among those kept.
func (e *Engine) Tile(ctx context.Context, snap tables.Snapshot, q query.Query, a tile.Address) (data []byte, err error) {
	defer errs.Wrap(&err, "duck.Tile(%s, %v)", snap.Key, a)
	p, err := place(snap, q)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(fmt.Appendf(nil, "%s %s %v %s", tile.Version, snap.Key, a, query.Query{Where: q.Where, Text: q.Text, Select: q.Select}.Encode()))
	key := tile.Key(digest[:16])
	if data, ok := e.maps.cache.Get(key); ok {
		return data, nil
	}
	err = e.run(ctx, snap, func(ctx context.Context, t *table) error {
		keep, err := e.kept(ctx, t, q)
		if err != nil {
			return err
		}
		return e.withMap(ctx, t, p, func(i *tile.Index) error {
			data, err = tile.Draw(ctx, tile.Source{
				Index: i, Place: p, Fields: t.fields, Select: attributes(t.fields, q.Select, p), Keep: keep,
				Records: func(numbers []int64, columns []int) ([][][]byte, error) {
					records, err := t.store.records(numbers, columns)
					cells := make([][][]byte, len(records))
					for k := range records {
						cells[k] = records[k].Cells
					}
					return cells, err
				},
			}, a)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	// Not kept, it is drawn again.
	_ = e.maps.cache.Put(key, data)
	return data, nil
}

// attributes are the columns of a tile: those asked for, or the first that are
// no geometry.
func attributes(fields []tabular.Field, names []string, p tile.Place) []int {
	at := []int{}
	for j, f := range fields {
		if len(names) == 0 && f.Geometry == "" && f.Kind != tabular.JSON && !slices.Contains(p.Columns(), j) && len(at) < 16 {
			at = append(at, j)
		}
	}
	for _, name := range names {
		at = append(at, slices.IndexFunc(fields, func(f tabular.Field) bool { return f.Name == name }))
	}
	return at
}

// kept tells the rows that a query finds, by number; nil: all.
func (e *Engine) kept(ctx context.Context, t *table, q query.Query) (func(uint32) bool, error) {
	set, err := e.selection(t, q).rows(ctx)
	if err != nil || set == nil {
		return nil, err
	}
	return func(row uint32) bool { return row >= 1 && int64(row) <= t.rows && set.has(int64(row)-1) }, nil
}

// withMap gives the index of the places of a table, made first if it is not there.
func (e *Engine) withMap(ctx context.Context, t *table, p tile.Place, do func(*tile.Index) error) error {
	path := filepath.Join(t.files(), mapFile(p))
	index, err := tile.Open(path)
	if err != nil {
		if index, err = e.remakeMap(ctx, t, path, p); err != nil {
			return err
		}
	}
	err = errors.Join(do(index), index.Close())
	if errors.Is(err, tile.ErrDamaged) {
		// All of the table is made again.
		return errors.Join(errDamaged, err)
	}
	return err
}

// remakeMap makes an index, unless another has done so meanwhile.
func (e *Engine) remakeMap(ctx context.Context, t *table, path string, p tile.Place) (*tile.Index, error) {
	select {
	case e.maps.making <- struct{}{}:
		defer func() { <-e.maps.making }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if index, err := tile.Open(path); err == nil {
		return index, nil
	}
	if err := t.makeMap(ctx, path, p); err != nil {
		return nil, err
	}
	return tile.Open(path)
}

// makeMap writes the index of the places of a table.
func (t *table) makeMap(ctx context.Context, path string, p tile.Place) error {
	if t.rows > math.MaxUint32 {
		return errs.New(errs.TooLarge, "tiles.rows").WithHint("tiles.rows.hint")
	}
	var entries []tile.Entry
	add := func(row int64, b box) {
		if x, ok := tile.BoxOf(b.west, b.south, b.east, b.north); ok {
			entries = append(entries, tile.Entry{Box: x, Row: uint32(row)})
		}
	}
	var err error
	if p.Column >= 0 {
		row := int64(0)
		_, err = eachBox(ctx, filepath.Dir(path), t.rows, p.Column, func(b box) bool {
			row++
			add(row, b)
			return false
		})
	} else {
		pair := make([][]byte, 2)
		err = t.store.scan(ctx, 1, t.rows, func(number int64, cells [][]byte) error {
			pair[0], pair[1] = cells[p.Lon], cells[p.Lat]
			if at, ok := p.Point(pair); ok {
				add(number, box{at[0], at[1], at[0], at[1]})
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	return tile.Write(path, entries)
}

// Mapped returns rows with their places.
func (e *Engine) Mapped(ctx context.Context, snap tables.Snapshot, q query.Query, in tile.Box) (m *tables.Mapped, err error) {
	defer errs.Wrap(&err, "duck.Mapped(%s)", snap.Key)
	p, err := place(snap, q)
	if err != nil {
		return nil, err
	}
	limit := q.Limit
	if limit == 0 {
		limit = min(e.o.PageRows, maxMapped)
	}
	if limit > maxMapped {
		return nil, errs.New(errs.Invalid, "tables.query.limit", errs.Args{"Max": maxMapped}).WithHint("tables.query.limit.hint")
	}
	err = e.run(ctx, snap, func(ctx context.Context, t *table) error {
		keep, err := e.kept(ctx, t, q)
		if err != nil {
			return err
		}
		var numbers []int64
		if err := e.withMap(ctx, t, p, func(i *tile.Index) error {
			numbers = numbers[:0]
			return i.Search(ctx, in, func(x tile.Entry) {
				if keep == nil || keep(x.Row) {
					numbers = append(numbers, int64(x.Row))
				}
			})
		}); err != nil {
			return err
		}
		slices.Sort(numbers)
		m = &tables.Mapped{Page: tables.Page{Total: int64(len(numbers))}}
		from, _ := slices.BinarySearch(numbers, q.After+1)
		numbers = numbers[from:]
		if len(numbers) > limit {
			numbers = numbers[:limit]
			m.Next = numbers[limit-1]
		}
		if err := t.records(&m.Page, numbers, q.Select); err != nil {
			return err
		}
		places, err := t.store.records(numbers, p.Columns())
		for _, r := range places {
			m.Shapes = append(m.Shapes, p.GeoJSON(nil, r.Cells))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}
