package tables

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/sqldb"
	"socle/internal/tabular"
)

// differences remembers comparisons that are not kept: those of versions that do
// not follow each other.
type differences struct {
	mu    sync.Mutex
	order []string
	known map[string]*Difference
}

const rememberedDifferences = 16

func newDifferences() *differences { return &differences{known: map[string]*Difference{}} }

func (k *differences) get(key string) *Difference {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[key]
}

func (k *differences) put(key string, d *Difference) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known[key] == nil {
		k.order = append(k.order, key)
	}
	k.known[key] = d
	if len(k.order) > rememberedDifferences {
		delete(k.known, k.order[0])
		k.order = k.order[1:]
	}
}

// compareTime is how long a comparison may take that somebody waits for.
const compareTime = 20 * time.Second

// Difference says what changed from a version of a table to another. That of a
// version and the next is kept; another is computed within 20 s and remembered for
// a while. The caller has checked that the actor may see both. Kinds: NotFound
// (a version has no rows any more), Invalid (they are of two tables), Busy.
func (s *Service) Difference(ctx context.Context, e Engine, before, after catalogue.Version) (d *Difference, err error) {
	ctx, cancel := context.WithTimeout(ctx, compareTime)
	defer cancel()
	d, err = s.difference(ctx, e, before, after)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, errs.New(errs.Busy, "diff.slow").WithHint("diff.slow.hint").Because(err)
	}
	return d, err
}

// Compare computes and keeps what changed from a version to the next, if that is
// not done.
func (s *Service) Compare(ctx context.Context, e Engine, before, after catalogue.Version) error {
	_, err := s.difference(ctx, e, before, after)
	return err
}

func (s *Service) difference(ctx context.Context, e Engine, before, after catalogue.Version) (d *Difference, err error) {
	defer errs.Wrap(&err, "tables.Difference(%s, %s)", before.ID, after.ID)
	if before.Resource != after.Resource {
		return nil, errs.New(errs.Invalid, "diff.other-table").WithHint("diff.other-table.hint")
	}
	key := string(before.ID) + " " + string(after.ID)
	if d := s.differences.get(key); d != nil {
		return d, nil
	}
	next := after.Number == before.Number+1
	if next {
		if d, err := s.keptDifference(ctx, before, after); err == nil || !errs.Is(err, errs.NotFound) {
			return d, err
		}
	}
	if d, err = s.compute(ctx, e, before, after); err != nil {
		return nil, err
	}
	if next {
		return d, s.keepDifference(ctx, before, after, d)
	}
	s.differences.put(key, d)
	return d, nil
}

func (s *Service) compute(ctx context.Context, e Engine, before, after catalogue.Version) (*Difference, error) {
	b, err := s.Open(ctx, before)
	if err != nil {
		return nil, err
	}
	a, err := s.Open(ctx, after)
	if err != nil {
		return nil, err
	}
	keys := [][]string{a.Schema.PrimaryKey, b.Schema.PrimaryKey}
	if len(keys[0])+len(keys[1]) == 0 {
		names, err := commonUnique(ctx, e, b.Snapshot, a.Snapshot)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			keys = append(keys, []string{name})
		}
	}
	return e.Compare(ctx, b.Snapshot, a.Snapshot, keys)
}

// commonUnique are the columns that seem to tell rows apart in both snapshots, the
// likeliest first, four at most.
func commonUnique(ctx context.Context, e Engine, before, after Snapshot) ([]string, error) {
	pb, err := e.Profile(ctx, before)
	if err != nil {
		return nil, err
	}
	pa, err := e.Profile(ctx, after)
	if err != nil {
		return nil, err
	}
	there := uniqueColumns(pb, before.Fields)
	names := slices.DeleteFunc(uniqueColumns(pa, after.Fields), func(name string) bool { return !slices.Contains(there, name) })
	return names[:min(4, len(names))], nil
}

func (s *Service) keptDifference(ctx context.Context, before, after catalogue.Version) (*Difference, error) {
	var h blob.Hash
	err := s.db.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT details FROM version_differences WHERE old_version = $1 AND new_version = $2`, before.ID, after.ID).Scan(&h)
	})
	if err != nil {
		return nil, err
	}
	r, err := s.blobs.Open(ctx, h)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	d := &Difference{}
	return d, json.NewDecoder(z).Decode(d)
}

func (s *Service) keepDifference(ctx context.Context, before, after catalogue.Version, d *Difference) error {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if err := errors.Join(json.NewEncoder(z).Encode(d), z.Close()); err != nil {
		return err
	}
	ref, err := s.blobs.Put(ctx, &out)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO version_differences (old_version, new_version, added, removed, changed, columns, details, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
			before.ID, after.ID, d.Counts.Added, d.Counts.Removed, d.Counts.Changed, len(d.Columns), ref.Hash, tx.Now())
		return err
	})
}

// Summary is a kept Difference in figures.
type Summary struct {
	Added, Removed, Changed int64
	Columns                 int // that came, went or were retyped
}

// Summaries gives what is kept of the versions of a table, by the number of the
// version, each compared with the one before. The caller has checked that the
// actor may see them.
func (s *Service) Summaries(ctx context.Context, resource catalogue.ResourceID) (out map[int]Summary, err error) {
	defer errs.Wrap(&err, "tables.Summaries(%s)", resource)
	out = map[int]Summary{}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		clear(out)
		rows, err := tx.Query(ctx, `SELECT a.number, d.added, d.removed, d.changed, d.columns FROM versions a
			JOIN version_differences d ON d.new_version = a.id JOIN versions b ON b.id = d.old_version
			WHERE a.resource = $1 AND b.resource = $1 AND b.number = a.number - 1`, resource)
		if err != nil {
			return err
		}
		_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (n int, err error) {
			var one Summary
			err = r.Scan(&n, &one.Added, &one.Removed, &one.Changed, &one.Columns)
			out[n] = one
			return n, err
		})
		return err
	})
	return out, err
}

// DifferenceColumn is a column of a table of changed rows: of the version after,
// or one that was removed.
type DifferenceColumn struct {
	Field         tabular.Field
	Before, After int // positions; -1: it is not there
}

// DifferenceColumns are the columns of two versions side by side.
func DifferenceColumns(before, after Table) (cols []DifferenceColumn) {
	find := func(t Table, name string) int {
		return slices.IndexFunc(t.Snapshot.Fields, func(f tabular.Field) bool { return f.Name == name })
	}
	for j, f := range after.Snapshot.Fields {
		cols = append(cols, DifferenceColumn{f, find(before, f.Name), j})
	}
	for i, f := range before.Snapshot.Fields {
		if find(after, f.Name) < 0 {
			cols = append(cols, DifferenceColumn{f, i, -1})
		}
	}
	return cols
}

// RowDifference is a row that changed, with the cells of both versions in the
// order of DifferenceColumns.
type RowDifference struct {
	Kind          ChangeKind
	RowPair       // 0: the row is not there
	Before, After [][]byte
}

// Differs reports whether the cell of a column is another.
func (r RowDifference) Differs(i int) bool {
	return r.Kind == Changed && ((r.Before[i] == nil) != (r.After[i] == nil) || !bytes.Equal(r.Before[i], r.After[i]))
}

// DifferenceRows reads some of the rows that a Difference names, of one kind.
func DifferenceRows(ctx context.Context, e Engine, d *Difference, before, after Table, kind ChangeKind, offset, limit int) ([]RowDifference, error) {
	end := min(offset+limit, d.Listed(kind))
	if offset >= end {
		return nil, nil
	}
	rows := make([]RowDifference, 0, end-offset)
	var old, now []int64
	for i := offset; i < end; i++ {
		r := RowDifference{Kind: kind}
		switch kind {
		case Added:
			r.New = d.Added[i]
		case Removed:
			r.Old = d.Removed[i]
		case Changed, Retyped:
			r.RowPair = d.Pairs[i]
		}
		if r.Old != 0 {
			old = append(old, r.Old)
		}
		if r.New != 0 {
			now = append(now, r.New)
		}
		rows = append(rows, r)
	}
	var pages [2]*Page
	for k, side := range []struct {
		t       Table
		numbers []int64
	}{{before, old}, {after, now}} {
		if len(side.numbers) == 0 {
			continue
		}
		var err error
		if pages[k], err = e.Numbers(ctx, side.t.Snapshot, side.numbers, nil); err != nil {
			return nil, err
		}
	}
	cols := DifferenceColumns(before, after)
	for i := range rows {
		r := &rows[i]
		r.Before, r.After = make([][]byte, len(cols)), make([][]byte, len(cols))
		for c, col := range cols {
			if r.Old != 0 && col.Before >= 0 {
				r.Before[c] = pages[0].Records[i].Cells[col.Before]
			}
			if r.New != 0 && col.After >= 0 {
				r.After[c] = pages[1].Records[i].Cells[col.After]
			}
		}
	}
	return rows, nil
}

// ParseChangeKind reads a kind of rows; "" is Changed. Kinds: Invalid.
func ParseChangeKind(text string) (ChangeKind, error) {
	k := ChangeKind(text)
	switch {
	case text == "":
		return Changed, nil
	case slices.Contains(ChangeKinds, k):
		return k, nil
	}
	return "", errs.New(errs.Invalid, "diff.kind", errs.Args{"Value": text, "Kinds": fmt.Sprint(ChangeKinds)}).WithHint("diff.kind.hint")
}
