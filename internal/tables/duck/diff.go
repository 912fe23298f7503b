package duck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// maxCounted is how many changed rows are looked into column by column.
const maxCounted = tables.MaxDetails

// Compare says what changed from a snapshot to another, in an instance of DuckDB
// of its own: its memory is that of a build, and pages are not delayed.
func (e *Engine) Compare(ctx context.Context, before, after tables.Snapshot, keys [][]string) (d *tables.Difference, err error) {
	defer errs.Wrap(&err, "duck.Compare(%s, %s)", before.Key, after.Key)
	d = tables.NewDifference(before, after)
	if before.Key == after.Key {
		d.Counts.Same = after.Rows()
		return d, nil
	}
	select {
	case e.comparing <- struct{}{}:
		defer func() { <-e.comparing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	err = e.use(ctx, before, 0, func(ctx context.Context, b *table) error {
		return e.use(ctx, after, 0, func(ctx context.Context, a *table) error {
			c := comparison{before: b, after: a, out: tables.NewDifference(before, after)}
			if err := c.run(ctx, e, keys); err != nil {
				return err
			}
			d = c.out
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// comparison is one run of Compare. Rows of DuckDB's tables b and a are numbered
// from 0.
type comparison struct {
	before, after *table
	db            *sql.DB
	common        [][2]int // positions of the columns that both have, before and after
	out           *tables.Difference
}

func (c *comparison) run(ctx context.Context, e *Engine, keys [][]string) (err error) {
	dir, err := os.MkdirTemp(e.dir, buildPrefix+"diff-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if c.db, err = openDuck(ctx, "", limits{threads: 1, memory: e.o.BuildMemory, temp: 4 * e.o.Temp, tempDir: filepath.Join(dir, "tmp"), folders: []string{e.dir}}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.db.Close()) }()
	c.db.SetMaxOpenConns(1)
	for name, t := range map[string]*table{"b": c.before, "a": c.after} {
		if _, err := c.db.ExecContext(ctx, "ATTACH "+literal(filepath.Join(t.files(), tableFile))+" AS "+name+" (READ_ONLY)"); err != nil {
			return errors.Join(errDamaged, err)
		}
	}
	for j, f := range c.after.fields {
		if i := slices.IndexFunc(c.before.fields, func(g tabular.Field) bool { return g.Name == f.Name }); i >= 0 {
			c.common = append(c.common, [2]int{i, j})
		}
	}
	key, err := c.key(ctx, keys)
	if err != nil {
		return err
	}
	if err := c.match(ctx, key); err != nil {
		return err
	}
	return c.collect(ctx)
}

// key finds the first of the lists of columns that tells rows apart in both
// tables.
func (c *comparison) key(ctx context.Context, keys [][]string) ([][2]int, error) {
next:
	for _, names := range keys {
		var at [][2]int
		for _, name := range names {
			i := slices.IndexFunc(c.common, func(p [2]int) bool { return c.after.fields[p[1]].Name == name })
			if i < 0 {
				continue next
			}
			at = append(at, c.common[i])
		}
		if len(at) == 0 {
			continue
		}
		for side, table := range []string{"b", "a"} {
			unique, err := c.unique(ctx, table, side, at)
			if err != nil {
				return nil, err
			}
			if !unique {
				continue next
			}
		}
		c.out.Key = names
		return at, nil
	}
	return nil, nil
}

func (c *comparison) unique(ctx context.Context, table string, side int, at [][2]int) (bool, error) {
	var names, empty []string
	for _, p := range at {
		names = append(names, column(p[side]))
		empty = append(empty, column(p[side])+" IS NULL")
	}
	for _, text := range []string{
		"SELECT EXISTS (SELECT 1 FROM " + table + ".t WHERE " + strings.Join(empty, " OR ") + ")",
		"SELECT EXISTS (SELECT 1 FROM " + table + ".t GROUP BY " + strings.Join(names, ", ") + " HAVING count(*) > 1)",
	} {
		var found bool
		if err := c.db.QueryRowContext(ctx, text).Scan(&found); err != nil || found {
			return false, err
		}
	}
	return true, nil
}

// value is the cell of a common column on a side, in a form that compares with
// that of the other side; from stands before its name.
func (c *comparison) value(from string, side int, p [2]int) string {
	b, a := c.before.fields[p[0]], c.after.fields[p[1]]
	f := []tabular.Field{b, a}[side]
	name := from + column(p[side])
	number := func(k tabular.Kind) bool { return k == tabular.Int || k == tabular.Float }
	switch {
	case b.Kind == a.Kind:
		return name
	case number(b.Kind) && number(a.Kind):
		return name + "::DOUBLE"
	}
	switch f.Kind {
	case tabular.Float: // 1.0 is written 1
		return "regexp_replace(" + name + "::VARCHAR, '\\.0$', '')"
	case tabular.Date:
		return "(DATE '1970-01-01' + " + name + ")::VARCHAR"
	case tabular.Timestamp:
		end := "Z"
		if f.Local {
			end = ""
		}
		return "strftime(make_timestamp(" + name + "), '%Y-%m-%dT%H:%M:%S" + end + "')"
	case tabular.TimeOfDay:
		return "strftime(make_timestamp(" + name + "), '%H:%M:%S')"
	}
	return name + "::VARCHAR"
}

// side writes the rows of a table: number r, hash h of the common cells and
// key k0, k1 … or, without a key, n: which of the rows of that hash it is. Two of
// ten million different rows have the same hash of 64 bits once in four hundred thousand times.
func (c *comparison) side(side int, table string, key [][2]int) string {
	var cells []string
	for _, p := range c.common {
		cells = append(cells, c.value("", side, p))
	}
	hash := "0::UBIGINT"
	if len(cells) > 0 {
		hash = "hash(" + strings.Join(cells, ", ") + ")"
	}
	if len(key) == 0 {
		return "(SELECT r, h, row_number() OVER (PARTITION BY h ORDER BY r) AS n FROM (SELECT rowid AS r, " + hash + " AS h FROM " + table + ".t))"
	}
	out := "(SELECT rowid AS r, " + hash + " AS h"
	for i, p := range key {
		out += fmt.Sprintf(", %s AS k%d", c.value("", side, p), i)
	}
	return out + " FROM " + table + ".t)"
}

// match makes the table d of the rows that differ: b and a, their numbers.
func (c *comparison) match(ctx context.Context, key [][2]int) error {
	on := "b.h = a.h AND b.n = a.n"
	differ := "b.r IS NULL OR a.r IS NULL"
	if len(key) > 0 {
		var same []string
		for i := range key {
			same = append(same, fmt.Sprintf("b.k%d = a.k%d", i, i))
		}
		on = strings.Join(same, " AND ")
		differ += " OR b.h <> a.h"
	}
	_, err := c.db.ExecContext(ctx, "CREATE TEMP TABLE d AS SELECT b.r AS b, a.r AS a FROM "+c.side(0, "b", key)+" b FULL JOIN "+c.side(1, "a", key)+" a ON "+on+" WHERE "+differ)
	return err
}

// collect reads counts and details from d.
func (c *comparison) collect(ctx context.Context) error {
	out := c.out
	if err := c.db.QueryRowContext(ctx, "SELECT count(*) FILTER (b IS NULL), count(*) FILTER (a IS NULL), count(*) FILTER (a IS NOT NULL AND b IS NOT NULL) FROM d").
		Scan(&out.Counts.Added, &out.Counts.Removed, &out.Counts.Changed); err != nil {
		return err
	}
	out.Counts.Same = c.after.rows - out.Counts.Added - out.Counts.Changed
	for _, q := range []struct {
		text string
		give func(b, a int64)
	}{
		{"SELECT b, a FROM d WHERE a IS NOT NULL AND b IS NOT NULL ORDER BY a", func(b, a int64) { out.Pairs = append(out.Pairs, tables.RowPair{Old: b + 1, New: a + 1}) }},
		{"SELECT 0, a FROM d WHERE b IS NULL ORDER BY a", func(_, a int64) { out.Added = append(out.Added, a+1) }},
		{"SELECT b, 0 FROM d WHERE a IS NULL ORDER BY b", func(b, _ int64) { out.Removed = append(out.Removed, b+1) }},
	} {
		if err := c.each(ctx, fmt.Sprintf("%s LIMIT %d", q.text, tables.MaxDetails), q.give); err != nil {
			return err
		}
	}
	if out.Counts.Changed == 0 || out.Counts.Changed > maxCounted {
		return nil
	}
	return c.countCells(ctx)
}

func (c *comparison) each(ctx context.Context, text string, give func(b, a int64)) error {
	rows, err := c.db.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var b, a int64
		if err := rows.Scan(&b, &a); err != nil {
			return err
		}
		give(b, a)
	}
	return rows.Err()
}

// countCells says in how many changed rows each column is another.
func (c *comparison) countCells(ctx context.Context) error {
	counts := make([]int64, len(c.common))
	into := make([]any, len(counts))
	var sums []string
	for i, p := range c.common {
		into[i] = &counts[i]
		sums = append(sums, fmt.Sprintf("count(*) FILTER (%s IS DISTINCT FROM %s)", c.value("x.", 0, p), c.value("y.", 1, p)))
	}
	if err := c.db.QueryRowContext(ctx, "SELECT "+strings.Join(sums, ", ")+" FROM d JOIN b.t AS x ON x.rowid = d.b JOIN a.t AS y ON y.rowid = d.a").Scan(into...); err != nil {
		return err
	}
	for i, p := range c.common {
		if counts[i] > 0 {
			c.out.Cells = append(c.out.Cells, tables.CellCount{Column: c.after.fields[p[1]].Name, Rows: counts[i]})
		}
	}
	return nil
}
