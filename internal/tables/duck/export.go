package duck

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// exportRows is how many rows a frame of an export has at most.
const exportRows = 2048

// errStarted marks an export that failed when some of it was given away: it is
// not begun again.
var errStarted = errors.New("the export had begun")

// Export gives all rows that the query finds, in frames. Which rows they are is
// found first, in the client's turn and within the time of a query; giving them takes as long as the
// receiver takes, and holds no turn.
func (e *Engine) Export(ctx context.Context, snap tables.Snapshot, q query.Query, give func(*tabular.Frame) error) (err error) {
	defer errs.Wrap(&err, "duck.Export(%s)", snap.Key)
	if err := check(snap, q); err != nil {
		return err
	}
	if len(q.Group)+len(q.Aggregates) > 0 {
		return errs.New(errs.Invalid, "tables.query.grouped").WithHint("tables.query.grouped.hint")
	}
	var rows found
	if q.Filtered() || len(q.Sort) > 0 {
		if err := e.run(ctx, snap, func(ctx context.Context, t *table) error {
			rows, err = e.find(ctx, t, q)
			return err
		}); err != nil {
			return err
		}
	}
	return e.use(ctx, snap, e.o.Time, func(ctx context.Context, t *table) error {
		x, err := newExporter(t, q, give)
		if err != nil {
			return err
		}
		err = t.export(ctx, q, rows, x)
		if err != nil && x.given {
			return fmt.Errorf("%w: %w", errStarted, err)
		}
		return err
	})
}

// found is the rows of an export: a set, in row order, with the page still to be
// cut out; or rowids in order, page cut out; or neither: all rows.
type found struct {
	set    bitset
	rowids []uint32
}

// find finds the rows of an export.
func (e *Engine) find(ctx context.Context, t *table, q query.Query) (found, error) {
	if t.rows == 0 {
		return found{}, nil
	}
	sel := e.selection(t, q)
	if len(q.Sort) > 0 {
		rowids := []uint32{}
		err := e.stream(ctx, sel, q, q.Limit, func(n int64) error {
			rowids = append(rowids, uint32(n-1))
			return nil
		})
		return found{rowids: rowids}, err
	}
	set, err := sel.rows(ctx)
	return found{set: set}, err
}

// export gives the rows found.
func (t *table) export(ctx context.Context, q query.Query, rows found, x *exporter) error {
	switch {
	case t.rows == 0:
		return nil
	case rows.rowids != nil:
		for at := 0; at < len(rows.rowids); at += fetchRows {
			numbers := make([]int64, 0, fetchRows)
			for _, rowid := range rows.rowids[at:min(at+fetchRows, len(rows.rowids))] {
				numbers = append(numbers, int64(rowid)+1)
			}
			if err := t.fetch(ctx, numbers, x); err != nil {
				return err
			}
		}
		return x.flush()
	case rows.set != nil:
		from, offset, left := q.After, q.Offset, int64(q.Limit)
		if q.Limit == 0 {
			left = t.rows
		}
		for from < t.rows && left > 0 {
			numbers := rows.set.page(from, offset, int(min(left, fetchRows)))
			if len(numbers) == 0 {
				break
			}
			if err := t.fetch(ctx, numbers, x); err != nil {
				return err
			}
			from, offset, left = numbers[len(numbers)-1], 0, left-int64(len(numbers))
		}
		return x.flush()
	}
	first := q.After + int64(q.Offset) + 1
	last := t.rows
	if q.Limit > 0 {
		last = min(last, first+int64(q.Limit)-1)
	}
	if err := t.store.scan(ctx, first, last, x.row); err != nil {
		return err
	}
	return x.flush()
}

// fetchRows is how many rows are read at once by their numbers.
const fetchRows = 512

// fetch gives rows by their numbers, fewer at a time when they are heavy.
func (t *table) fetch(ctx context.Context, numbers []int64, x *exporter) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	records, err := t.store.records(numbers, nil)
	if errors.Is(err, errLargePage) && len(numbers) > 1 {
		half := len(numbers) / 2
		if err := t.fetch(ctx, numbers[:half], x); err != nil {
			return err
		}
		return t.fetch(ctx, numbers[half:], x)
	}
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := x.row(r.Number, r.Cells); err != nil {
			return err
		}
	}
	return nil
}

// exporter makes frames of cells.
type exporter struct {
	give   func(*tabular.Frame) error
	given  bool
	fields []tabular.Field
	from   []int // position in the table of each column
	fr     tabular.Frame
	arena  []byte // texts of the frame
}

func newExporter(t *table, q query.Query, give func(*tabular.Frame) error) (*exporter, error) {
	x := &exporter{give: give}
	for j, f := range t.fields {
		if len(q.Select) == 0 {
			x.fields, x.from = append(x.fields, f), append(x.from, j)
		}
	}
	for _, name := range q.Select {
		j := slices.IndexFunc(t.fields, func(f tabular.Field) bool { return f.Name == name })
		if j < 0 {
			return nil, fmt.Errorf("duck: no column %q", name)
		}
		x.fields, x.from = append(x.fields, t.fields[j]), append(x.from, j)
	}
	x.fr = tabular.Frame{Fields: x.fields, Columns: make([]tabular.Column, len(x.fields))}
	for k, f := range x.fields {
		c := &x.fr.Columns[k]
		c.Null = make([]bool, exportRows)
		switch f.Kind {
		case tabular.Text, tabular.JSON:
			c.Bytes = make([][]byte, exportRows)
		case tabular.Float:
			c.Float64 = make([]float64, exportRows)
		default:
			c.Int64 = make([]int64, exportRows)
		}
	}
	return x, nil
}

// arenaBytes is the weight of texts at which a frame is given away early.
const arenaBytes = 1 << 20

// row adds a row, whose cells are valid during the call only.
func (x *exporter) row(number int64, cells [][]byte) error {
	i := x.fr.Rows
	for k, j := range x.from {
		c, cell := &x.fr.Columns[k], cells[j]
		if c.Null[i] = cell == nil; cell == nil {
			switch x.fields[k].Kind {
			case tabular.Text, tabular.JSON:
				c.Bytes[i] = nil
			case tabular.Float:
				c.Float64[i] = 0
			default:
				c.Int64[i] = 0
			}
			continue
		}
		if x.fields[k].Kind == tabular.Text || x.fields[k].Kind == tabular.JSON {
			cell = x.keep(cell)
		}
		if err := parseCell(&x.fields[k], c, i, cell); err != nil {
			return damaged("row %d, column %q: %v", number, x.fields[k].Name, err)
		}
	}
	x.fr.Rows++
	if x.fr.Rows == exportRows || len(x.arena) >= arenaBytes {
		return x.flush()
	}
	return nil
}

func (x *exporter) keep(cell []byte) []byte {
	if x.arena == nil || cap(x.arena)-len(x.arena) < len(cell) {
		// Cells already kept hold on to the arena before.
		x.arena = make([]byte, 0, max(arenaBytes+arenaBytes/4, len(cell)))
	}
	start := len(x.arena)
	x.arena = append(x.arena, cell...)
	return x.arena[start:len(x.arena):len(x.arena)]
}

func (x *exporter) flush() error {
	if x.fr.Rows == 0 {
		return nil
	}
	x.given = true
	err := x.give(&x.fr)
	x.fr.Rows = 0
	x.arena = x.arena[:0]
	return err
}
