package tile

import (
	"context"
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"socle/internal/tabular"
)

const (
	// MaxBytes is the most that a tile weighs, before compression.
	MaxBytes = 500_000
	// Extent is the side of a tile in its own units.
	Extent = 4096
	// RowsLayer and ClustersLayer are the names of the layers.
	RowsLayer, ClustersLayer = "rows", "clusters"
	// CountKey is the attribute of a cluster: how many rows it stands for.
	CountKey = "count"
	// Version changes when the same rows are drawn otherwise.
	Version = "1"

	cells      = 64             // of the grid of clusters, a side
	cell       = Extent / cells // units
	margin     = float64(cell) / Extent
	maxPoints  = 2000    // points of a tile that are drawn one by one
	maxShapes  = 2000    // lines and surfaces of a tile
	small      = 16      // units: a shape under it is counted in a cluster
	shapeBytes = 350_000 // of geometry, after which shapes are counted
	batch      = 64      // rows read at a time
)

// Source is the rows that a tile is drawn from.
type Source struct {
	Index  *Index
	Place  Place
	Fields []tabular.Field
	Select []int             // positions of the columns given as attributes, the most wanted first
	Keep   func(uint32) bool // rows that are drawn, by number; nil: all
	// Records gives the cells of rows, by numbers that grow, at the positions asked.
	Records func(numbers []int64, columns []int) ([][][]byte, error)
}

// feature is a row to be drawn.
type feature struct {
	row   uint32
	shape orb.Geometry // in units of the tile
	bytes int          // estimate, of the shape
	cells [][]byte     // of Source.Select
}

// drawing is a tile in the making.
type drawing struct {
	Source
	at     Address
	grid   map[int]*cluster
	points []Entry // no more than maxPoints; more: see many
	many   bool    // points are in the grid only
	shapes []Entry
	out    []feature
}

// cluster is the rows of a cell of the grid.
type cluster struct {
	rows  int
	first Entry
	x, y  float64 // sums of their middles, in units of the tile
}

// Draw draws a tile; nil when it is empty. Errors: ErrDamaged, those of the
// context and of Source.Records.
func Draw(ctx context.Context, s Source, a Address) ([]byte, error) {
	d := &drawing{Source: s, at: a, grid: map[int]*cluster{}}
	if err := s.Index.Search(ctx, a.box(margin), d.meet); err != nil {
		return nil, err
	}
	if err := d.drawShapes(ctx); err != nil {
		return nil, err
	}
	if err := d.drawPoints(ctx); err != nil {
		return nil, err
	}
	return d.encode(), nil
}

// units places a point of the square in the tile.
func (d *drawing) units(x, y float64) orb.Point {
	s := d.at.size()
	return orb.Point{(x/s - float64(d.at.X)) * Extent, (y/s - float64(d.at.Y)) * Extent}
}

func middle(b Box) (x, y float64) {
	return (float64(b.West) + float64(b.East)) / 2, (float64(b.North) + float64(b.South)) / 2
}

// meet sorts out an entry that meets the tile.
func (d *drawing) meet(e Entry) {
	if d.Keep != nil && !d.Keep(e.Row) {
		return
	}
	switch {
	case e.point():
		if !d.many {
			d.points = append(d.points, e)
		}
		d.count(e)
		if len(d.points) > maxPoints {
			d.many, d.points = true, nil
		}
	case d.tiny(e.Box):
		d.many, d.points = true, nil // what is counted is in the grid
		d.count(e)
	default:
		d.shapes = append(d.shapes, e)
		if len(d.shapes) >= 4*maxShapes {
			d.keepLargest()
		}
	}
}

func (d *drawing) tiny(b Box) bool {
	s := d.at.size() / Extent * small
	return float64(b.East-b.West) < s && float64(b.South-b.North) < s
}

// keepLargest counts the smallest shapes in clusters.
func (d *drawing) keepLargest() {
	if len(d.shapes) <= maxShapes {
		return
	}
	slices.SortFunc(d.shapes, largerFirst)
	for _, e := range d.shapes[maxShapes:] {
		d.count(e)
	}
	d.many, d.points = true, nil
	d.shapes = d.shapes[:maxShapes]
}

func largerFirst(a, b Entry) int {
	side := func(e Entry) uint32 { return max(e.East-e.West, e.South-e.North) }
	if sa, sb := side(a), side(b); sa != sb {
		if sa > sb {
			return -1
		}
		return 1
	}
	return int(int64(a.Row) - int64(b.Row))
}

// count puts an entry in the cell of its middle, if that is on the tile or in its
// margin of one cell.
func (d *drawing) count(e Entry) {
	p := d.units(middle(e.Box))
	cx, cy := int(p[0]+cell)/cell, int(p[1]+cell)/cell // from 0, the margin
	if p[0] < -cell || p[1] < -cell || cx > cells+1 || cy > cells+1 {
		return
	}
	at := cy*(cells+2) + cx
	c := d.grid[at]
	if c == nil {
		c = &cluster{first: e}
		d.grid[at] = c
	}
	c.rows++
	c.x += p[0]
	c.y += p[1]
}

// drawShapes reads the shapes that are large enough, the largest first, until
// there is enough on the tile; the others are counted.
func (d *drawing) drawShapes(ctx context.Context) error {
	d.keepLargest()
	slices.SortFunc(d.shapes, largerFirst)
	columns := append(d.Place.Columns(), d.Select...)
	bytes := 0
	for len(d.shapes) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		some := d.shapes[:min(batch, len(d.shapes))]
		d.shapes = d.shapes[len(some):]
		if bytes > shapeBytes {
			d.many, d.points = true, nil
			for _, e := range some {
				d.count(e)
			}
			continue
		}
		slices.SortFunc(some, byRow)
		rows, err := d.records(some, columns)
		if err != nil {
			return err
		}
		for i, e := range some {
			g, ok := d.Place.Geometry(rows[i][:1])
			if !ok {
				return fmt.Errorf("%w: row %d has no shape", ErrDamaged, e.Row)
			}
			for _, part := range d.fit(g) {
				f := feature{e.Row, part, 3 * vertices(part), rows[i][1:]}
				if bytes += f.bytes; bytes <= shapeBytes+MaxBytes/10 {
					d.out = append(d.out, f)
				}
			}
		}
	}
	return nil
}

func byRow(a, b Entry) int { return int(int64(a.Row) - int64(b.Row)) }

// records reads cells of the rows of entries sorted by row.
func (d *drawing) records(some []Entry, columns []int) ([][][]byte, error) {
	numbers := make([]int64, len(some))
	for i, e := range some {
		numbers[i] = int64(e.Row)
	}
	return d.Records(numbers, columns)
}

// drawPoints reads the points that are drawn one by one: all, or those alone in
// their cell when there are many. Those are then no cluster any more.
func (d *drawing) drawPoints(ctx context.Context) error {
	points := d.points
	for at, c := range d.grid {
		if !d.many {
			delete(d.grid, at)
		} else if c.rows == 1 && c.first.point() {
			points = append(points, c.first)
			delete(d.grid, at)
		}
	}
	slices.SortFunc(points, byRow)
	for len(points) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		some := points[:min(batch, len(points))]
		points = points[len(some):]
		rows := make([][][]byte, len(some))
		if len(d.Select) > 0 {
			var err error
			if rows, err = d.records(some, d.Select); err != nil {
				return err
			}
		}
		for i, e := range some {
			d.out = append(d.out, feature{e.Row, round(d.units(middle(e.Box))), 6, rows[i]})
		}
	}
	return nil
}

// encode writes the tile. The attributes that would make it too heavy are left out.
func (d *drawing) encode() []byte {
	for width := d.affordable(); ; width /= 2 {
		data := d.clusters().append(d.rows(width).append(nil))
		if len(data) <= MaxBytes || width == 0 {
			return data
		}
	}
}

// affordable is how many of the selected columns fit the tile.
func (d *drawing) affordable() int {
	room := MaxBytes - 20*len(d.grid)
	for _, f := range d.out {
		room -= f.bytes + 14
	}
	for k := range d.Select {
		room -= 4*len(d.out) + len(d.Fields[d.Select[k]].Name) + 4
		seen := map[string]bool{}
		for _, f := range d.out {
			if text := cut(f.cells[k]); !seen[string(text)] {
				seen[string(text)] = true
				room -= len(text) + 6
			}
		}
		if room < 0 {
			return k
		}
	}
	return len(d.Select)
}

func (d *drawing) rows(width int) *layer {
	l := newLayer(RowsLayer)
	for _, j := range d.Select[:width] {
		l.keys = append(l.keys, d.Fields[j].Name)
	}
	values := make([]any, width)
	for _, f := range d.out {
		for k := range values {
			values[k] = nil
			if f.cells[k] != nil {
				values[k] = attribute(d.Fields[d.Select[k]].Kind, f.cells[k])
			}
		}
		l.add(uint64(f.row), f.shape, values)
	}
	return l
}

func (d *drawing) clusters() *layer {
	l := newLayer(ClustersLayer, CountKey)
	places := make([]int, 0, len(d.grid))
	for at := range d.grid {
		places = append(places, at)
	}
	slices.Sort(places)
	for _, at := range places {
		c := d.grid[at]
		l.add(0, round(orb.Point{c.x / float64(c.rows), c.y / float64(c.rows)}), []any{uint64(c.rows)})
	}
	return l
}
