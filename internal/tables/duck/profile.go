package duck

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

const (
	profileTop      = 10      // most frequent values of a column
	profileBins     = 20      // classes of a histogram
	profileExamples = 5       // examples of a column
	profileLook     = 2000    // first rows among which examples are looked for
	exactDistinct   = 100_000 // estimates up to here are counted exactly
)

// Profile says what is in each column; it is computed once and kept beside the
// table. It has a turn, as any query, and no limit of time but the context's.
func (e *Engine) Profile(ctx context.Context, snap tables.Snapshot) (p *tables.Profile, err error) {
	defer errs.Wrap(&err, "duck.Profile(%s)", snap.Key)
	err = e.use(ctx, snap, 0, func(ctx context.Context, t *table) error {
		if p = t.readProfile(); p != nil {
			return nil
		}
		leave, err := e.queue.enter(ctx, tables.Client(ctx))
		if err != nil {
			return err
		}
		defer leave()
		if p, err = e.profile(ctx, t); err != nil {
			return err
		}
		t.keepProfile(p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// readProfile returns what was kept, or nil.
func (t *table) readProfile() *tables.Profile {
	data, err := os.ReadFile(filepath.Join(t.files(), profileFile))
	if err != nil {
		return nil
	}
	var p tables.Profile
	if json.Unmarshal(data, &p) != nil || p.Rows != t.rows || len(p.Columns) != len(t.fields) {
		return nil
	}
	return &p
}

// keepProfile writes the profile; without it, it is computed again.
func (t *table) keepProfile(p *tables.Profile) {
	data, err := json.Marshal(p)
	if err != nil {
		return
	}
	dir := t.files()
	tmp, err := os.CreateTemp(dir, profileFile+".")
	if err != nil {
		return
	}
	_, err = tmp.Write(data)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(dir, profileFile))
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
}

func (e *Engine) profile(ctx context.Context, t *table) (*tables.Profile, error) {
	p := &tables.Profile{Rows: t.rows, Columns: make([]tables.ColumnProfile, len(t.fields))}
	for j, f := range t.fields {
		p.Columns[j] = tables.ColumnProfile{Name: f.Name, Kind: f.Kind}
	}
	if t.rows == 0 {
		return p, nil
	}
	if err := t.examples(ctx, p); err != nil {
		return nil, err
	}
	for j := range t.fields {
		if err := e.profileColumn(ctx, t, j, &p.Columns[j]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// examples takes the first different values of each column.
func (t *table) examples(ctx context.Context, p *tables.Profile) error {
	return t.store.scan(ctx, 1, min(t.rows, profileLook), func(_ int64, cells [][]byte) error {
		for j, cell := range cells {
			c := &p.Columns[j]
			if cell == nil || len(c.Examples) == profileExamples {
				continue
			}
			known := false
			for _, x := range c.Examples {
				known = known || x == string(cell)
			}
			if !known {
				c.Examples = append(c.Examples, string(cell))
			}
		}
		return nil
	})
}

func numeric(k tabular.Kind) bool { return k == tabular.Int || k == tabular.Float }

func (e *Engine) profileColumn(ctx context.Context, t *table, j int, c *tables.ColumnProfile) error {
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	name, f := column(j), t.fields[j]
	exprs := []string{"count(" + name + ")", "approx_count_distinct(" + name + ")", "min(" + name + ")", "max(" + name + ")", "NULL"}
	if numeric(f.Kind) {
		exprs[4] = "avg(" + name + ")"
	}
	if f.Kind == tabular.Float { // not-a-number is no bound
		exprs[2] = "min(" + name + ") FILTER (isfinite(" + name + "))"
		exprs[3] = "max(" + name + ") FILTER (isfinite(" + name + "))"
		exprs[4] = "avg(" + name + ") FILTER (isfinite(" + name + "))"
	}
	var present, distinct int64
	var low, high, mean any
	if err := db.QueryRowContext(ctx, "SELECT "+strings.Join(exprs, ", ")+" FROM "+t.from()).Scan(&present, &distinct, &low, &high, &mean); err != nil {
		return err
	}
	c.Nulls = t.rows - present
	if present == 0 {
		return nil
	}
	if x, ok := mean.(float64); ok {
		c.Mean = &x
	}
	if low != nil {
		if c.Min, err = cellText(f, low); err != nil {
			return err
		}
		if c.Max, err = cellText(f, high); err != nil {
			return err
		}
	}
	c.Distinct, c.Approximate = min(distinct, present), true
	if distinct <= exactDistinct {
		top, err := e.facet(ctx, t, e.selection(t, query.Query{}), f.Name, profileTop+1)
		if err != nil {
			return err
		}
		c.Distinct, c.Approximate = top.Distinct, false
		c.Top = repeated(top.Buckets, top.Distinct < present)
	}
	if low != nil && f.Kind != tabular.Text && f.Kind != tabular.JSON && f.Kind != tabular.Bool {
		return e.histogram(ctx, t, j, low, high, c)
	}
	return nil
}

// repeated keeps the values that several rows have, if any value repeats.
func repeated(buckets []tables.Bucket, any bool) (top []tables.Bucket) {
	for _, b := range buckets {
		if any && !b.Null && len(top) < profileTop {
			top = append(top, b)
		}
	}
	return top
}

// histogram counts values in classes of the same width.
func (e *Engine) histogram(ctx context.Context, t *table, j int, low, high any, c *tables.ColumnProfile) error {
	a, b := number(low), number(high)
	width := (b - a) / profileBins
	if !(width > 0) || math.IsInf(width, 0) {
		return nil
	}
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	name := column(j)
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT least(%d, floor((%s::DOUBLE - ?) / ?))::INTEGER AS b, count(*) FROM %s WHERE %s IS NOT NULL AND isfinite(%s::DOUBLE) GROUP BY 1",
		profileBins-1, name, t.from(), name, name), a, width)
	if err != nil {
		return err
	}
	defer rows.Close()
	c.Histogram = make([]tables.Bin, profileBins)
	for i := range c.Histogram {
		c.Histogram[i].Low, c.Histogram[i].High = a+float64(i)*width, a+float64(i+1)*width
	}
	c.Histogram[profileBins-1].High = b
	for rows.Next() {
		var bin, n int64
		if err := rows.Scan(&bin, &n); err != nil {
			return err
		}
		if bin >= 0 && bin < profileBins {
			c.Histogram[bin].Count += n
		}
	}
	return rows.Err()
}

func number(v any) float64 {
	switch n := v.(type) {
	case int64:
		return float64(n)
	case int32:
		return float64(n)
	case float64:
		return n
	}
	return math.NaN()
}
