package tablestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"path/filepath"
	"testing"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
)

// refusals are what an engine says no to, and how.
func refusals(t *testing.T, e tables.Engine) {
	d := random(11, kinds, 10)
	snap := snapshot(t, d)
	ctx := t.Context()
	for name, q := range map[string]query.Query{
		"unknown column": {Where: query.Null{Column: "communes"}},
		"large page":     {Limit: 1001},
		"groups":         {Group: []query.Group{{Column: "commune"}}},
		"wrong value":    {Where: query.Compare{Column: "jour", Op: query.Eq, Value: query.Text("x")}},
	} {
		if _, err := e.Rows(ctx, snap, q); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := e.Aggregate(ctx, snap, query.Query{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("no aggregate: %v", err)
	}
	if _, err := e.Facet(ctx, snap, query.Query{}, "communes", 1); !errs.Is(err, errs.Invalid) {
		t.Errorf("facet of no column: %v", err)
	}
	gone := snapshot(t, random(12, kinds, 10))
	gone.Parts[0].File = tables.LocalFile(filepath.Join(t.TempDir(), "gone.parquet"))
	if _, err := e.Rows(ctx, gone, query.Query{}); !errs.Is(err, errs.NotFound) {
		t.Errorf("a missing part: %v", err)
	}
	wrong := snapshot(t, random(13, kinds, 10))
	wrong.Parts[0].Rows = 11
	if _, err := e.Rows(ctx, wrong, query.Query{}); err == nil {
		t.Error("a part of another number of rows was taken")
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := e.Count(stopped, snap, query.Query{Text: "a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}

func numbers(t *testing.T, e tables.Engine) {
	d := random(14, kinds, 400)
	snap := snapshot(t, d, 200)
	ctx := t.Context()
	p, err := e.Numbers(ctx, snap, []int64{400, 1, 201, 200, 1}, []string{"voix"})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range []int64{400, 1, 201, 200, 1} {
		if r := p.Records[i]; r.Number != n || len(r.Cells) != 1 || !bytes.Equal(r.Cells[0], text(kinds[2], d.rows[n-1][2])) {
			t.Errorf("row %d: %v", n, r)
		}
	}
	for _, n := range []int64{0, 401, -1} {
		if _, err := e.Numbers(ctx, snap, []int64{n}, nil); !errs.Is(err, errs.NotFound) {
			t.Errorf("row %d: %v", n, err)
		}
	}
}

// evicted: what was forgotten is made again.
func evicted(t *testing.T, e tables.Engine) {
	d := random(15, kinds, 200)
	snap := snapshot(t, d)
	ctx := t.Context()
	if err := e.Evict(ctx, "never-seen"); err != nil {
		t.Error(err)
	}
	for range 3 {
		if err := e.Warm(ctx, snap); err != nil {
			t.Fatal(err)
		}
		ask(t, e, snap, d, query.Query{Text: "roques", Sort: []query.SortKey{{Column: "voix"}}})
		if err := e.Evict(ctx, snap.Key); err != nil {
			t.Fatal(err)
		}
	}
}

// together asks several snapshots from several goroutines while some are
// evicted.
func together(t *testing.T, e tables.Engine) {
	var all []*data
	var snaps []tables.Snapshot
	for i := range 3 {
		d := random(int64(20+i), kinds, 500)
		all, snaps = append(all, d), append(snaps, snapshot(t, d, 100))
	}
	done := make(chan error)
	for g := range 6 {
		go func() {
			r := rand.New(rand.NewSource(int64(g)))
			var err error
			for range 25 {
				i := r.Intn(len(all))
				q := query.Query{Where: randomCondition(r, 1), Sort: randomSort(r), Limit: 20}
				ctx := tables.WithClient(context.Background(), fmt.Sprint(g%2))
				if r.Intn(10) == 0 {
					err = errors.Join(err, e.Evict(ctx, snaps[i].Key))
				}
				p, e := e.Rows(ctx, snaps[i], q)
				if err = errors.Join(err, e); e != nil {
					break
				}
				if want := all[i].find(q); p.Total != int64(len(want)) || len(p.Records) > 0 && p.Records[0].Number != want[0] {
					err = errors.Join(err, fmt.Errorf("%s: %d rows, want %d", q.Encode(), p.Total, len(want)))
				}
			}
			done <- err
		}()
	}
	for range 6 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
