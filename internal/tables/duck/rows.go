package duck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// Rows returns a page. One in row order without conditions never meets DuckDB.
func (e *Engine) Rows(ctx context.Context, snap tables.Snapshot, q query.Query) (page *tables.Page, err error) {
	defer errs.Wrap(&err, "duck.Rows(%s)", snap.Key)
	if err := check(snap, q); err != nil {
		return nil, err
	}
	if len(q.Group)+len(q.Aggregates) > 0 {
		return nil, errs.New(errs.Invalid, "tables.query.grouped").WithHint("tables.query.grouped.hint")
	}
	limit, err := e.limitRows(q.Limit)
	if err != nil {
		return nil, err
	}
	do := func(ctx context.Context, t *table) error {
		page, err = e.page(ctx, t, q, limit)
		return err
	}
	if !q.Filtered() && len(q.Sort)+len(q.Facets) == 0 {
		err = e.use(ctx, snap, e.o.Time, do)
	} else {
		err = e.run(ctx, snap, do)
	}
	if err != nil {
		return nil, err
	}
	return page, nil
}

// check validates a query against the snapshot.
func check(snap tables.Snapshot, q query.Query) error {
	return q.Validate(query.Columns(snap.Fields))
}

func (e *Engine) page(ctx context.Context, t *table, q query.Query, limit int) (*tables.Page, error) {
	sel := e.selection(t, q)
	at, err := e.locate(ctx, sel, q, limit+1)
	if err != nil {
		return nil, err
	}
	numbers := at.numbers
	page := &tables.Page{Total: at.total}
	if len(numbers) > limit {
		numbers = numbers[:limit]
		page.Next = numbers[limit-1]
	}
	if err := t.records(page, numbers, q.Select); err != nil {
		return nil, err
	}
	for _, name := range q.Facets {
		f, err := e.facet(ctx, t, sel, name, defaultFacet)
		if err != nil {
			return nil, err
		}
		page.Facets = append(page.Facets, *f)
	}
	return page, nil
}

// records fills a page with the rows of these numbers.
func (t *table) records(page *tables.Page, numbers []int64, names []string) (err error) {
	var at []int
	page.Fields = t.fields
	if len(names) > 0 {
		page.Fields = nil
		for _, name := range names {
			j := slices.IndexFunc(t.fields, func(f tabular.Field) bool { return f.Name == name })
			if j < 0 {
				return fmt.Errorf("duck: no column %q", name)
			}
			at = append(at, j)
			page.Fields = append(page.Fields, t.fields[j])
		}
	}
	page.Records, err = t.store.records(numbers, at)
	return err
}

// pagePlace is where a page is.
type pagePlace struct {
	numbers []int64 // of its rows
	total   int64   // rows that the query finds
}

// locate finds a page, or remembers it.
func (e *Engine) locate(ctx context.Context, sel *selection, q query.Query, limit int) (at pagePlace, err error) {
	t := sel.p.t
	switch {
	case t.rows == 0:
		return pagePlace{}, nil
	case len(q.Sort) == 0 && sel.all():
		at.total = t.rows
		first := q.After + int64(q.Offset) + 1
		for n := first; n <= t.rows && n < first+int64(limit); n++ {
			at.numbers = append(at.numbers, n)
		}
		return at, nil
	}
	key := sel.key + "\x00" + query.Query{Sort: q.Sort, Offset: q.Offset, After: q.After}.Encode() + "\x00" + strconv.Itoa(limit)
	if at, ok := e.pages.get(key); ok {
		return at, nil
	}
	if at.total, err = e.count(ctx, sel); err != nil {
		return at, err
	}
	if len(q.Sort) > 0 {
		at.numbers, err = e.sorted(ctx, sel, q, limit)
	} else {
		at.numbers, err = e.inOrder(ctx, sel, q, limit)
	}
	if err == nil {
		e.pages.put(key, at, 8*len(at.numbers)+len(key))
	}
	return at, err
}

// inOrder finds the row numbers of a page in row order.
func (e *Engine) inOrder(ctx context.Context, sel *selection, q query.Query, limit int) ([]int64, error) {
	set, err := sel.rows(ctx)
	if err != nil || q.After >= sel.p.t.rows {
		return nil, err
	}
	return set.page(q.After, q.Offset, limit), nil
}

// sorted finds the row numbers of a sorted page.
func (e *Engine) sorted(ctx context.Context, sel *selection, q query.Query, limit int) (numbers []int64, err error) {
	if q.Offset < topRows {
		s, ok, err := sel.p.sorter(q.Sort)
		if err != nil {
			return nil, err
		}
		if ok {
			numbers, err := s.top(ctx, sel.set, q.After, q.Offset+limit)
			return numbers[min(q.Offset, len(numbers)):], err
		}
	}
	err = e.stream(ctx, sel, q, limit, func(n int64) error {
		numbers = append(numbers, n)
		return nil
	})
	return numbers, err
}

// stream gives the row numbers that DuckDB finds, in order; limit 0: all.
func (e *Engine) stream(ctx context.Context, sel *selection, q query.Query, limit int, give func(int64) error) error {
	p, t := sel.p, sel.p.t
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	where, args, err := sel.where(ctx)
	if err != nil {
		return err
	}
	// A scan gives rows in their order, which DuckDB keeps through filters.
	order := ""
	if len(q.Sort) > 0 {
		if order, err = p.order(q.Sort); err != nil {
			return err
		}
	}
	if q.After > 0 {
		cond, more, err := p.after(ctx, db, q.Sort, q.After)
		if err != nil {
			return err
		}
		if where == "" {
			where = " WHERE " + cond
		} else {
			where += " AND " + cond
		}
		args = append(args, more...)
	}
	text := "SELECT rowid FROM " + t.from() + where + order
	if limit > 0 {
		text += fmt.Sprintf(" LIMIT %d", limit)
	}
	if q.Offset > 0 {
		text += fmt.Sprintf(" OFFSET %d", q.Offset)
	}
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var rowid int64
		if err := rows.Scan(&rowid); err != nil {
			return err
		}
		if err := give(rowid + 1); err != nil {
			return err
		}
	}
	return rows.Err()
}

// after is "the row comes after that of a number" in the order of the keys.
func (p *planner) after(ctx context.Context, db *sql.DB, keys []query.SortKey, number int64) (string, []any, error) {
	if len(keys) == 0 {
		return "rowid >= ?", []any{number}, nil
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		j, err := p.column(k.Column)
		if err != nil {
			return "", nil, err
		}
		names[i] = column(j)
	}
	values := make([]any, len(keys))
	into := make([]any, len(keys))
	for i := range values {
		into[i] = &values[i]
	}
	err := db.QueryRowContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+p.t.from()+" WHERE rowid = ?", number-1).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return "FALSE", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	var ways []string
	var args []any
	same := ""
	for i, k := range keys {
		if values[i] != nil {
			sign := ">"
			if k.Desc {
				sign = "<"
			}
			ways = append(ways, same+"("+names[i]+" "+sign+" ? OR "+names[i]+" IS NULL)")
			args = append(append(args, values[:i]...), values[i])
		}
		same += names[i] + " IS NOT DISTINCT FROM ? AND "
	}
	ways = append(ways, same+"rowid >= ?")
	args = append(append(args, values...), number)
	return "(" + strings.Join(ways, " OR ") + ")", args, nil
}

// Numbers returns records by their numbers.
func (e *Engine) Numbers(ctx context.Context, snap tables.Snapshot, numbers []int64, columns []string) (page *tables.Page, err error) {
	defer errs.Wrap(&err, "duck.Numbers(%s)", snap.Key)
	if err := check(snap, query.Query{Select: columns}); err != nil {
		return nil, err
	}
	if _, err := e.limitRows(len(numbers)); err != nil {
		return nil, err
	}
	for _, n := range numbers {
		if n < 1 || n > snap.Rows() {
			return nil, errs.New(errs.NotFound, "tables.row.missing", errs.Args{"Number": n, "Rows": snap.Rows()}).WithHint("tables.row.missing.hint")
		}
	}
	err = e.use(ctx, snap, e.o.Time, func(_ context.Context, t *table) error {
		page = &tables.Page{Total: int64(len(numbers))}
		return t.records(page, numbers, columns)
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// Count returns how many rows the query finds.
func (e *Engine) Count(ctx context.Context, snap tables.Snapshot, q query.Query) (n int64, err error) {
	defer errs.Wrap(&err, "duck.Count(%s)", snap.Key)
	if err := check(snap, q); err != nil {
		return 0, err
	}
	if !q.Filtered() {
		return snap.Rows(), nil
	}
	err = e.run(ctx, snap, func(ctx context.Context, t *table) error {
		n, err = e.count(ctx, e.selection(t, q))
		return err
	})
	return n, err
}

// count is exact.
func (e *Engine) count(ctx context.Context, sel *selection) (int64, error) {
	if sel.all() {
		return sel.p.t.rows, nil
	}
	set, err := sel.rows(ctx)
	return set.count(), err
}
