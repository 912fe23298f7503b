package duck_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/duck"
)

// TestHostileQueries: what is too much is refused in words, or answered within
// its bounds.
func TestHostileQueries(t *testing.T) {
	const rows = 60_000
	snap := table(t, rows)
	e := open(t, duck.Options{})
	defer e.Close()
	equal := func(i int) query.Expr {
		return query.Compare{Column: "n", Op: query.Eq, Value: query.Int(int64(i))}
	}
	var many, allowed query.Or
	for i := range 10_000 {
		many = append(many, equal(i))
	}
	for i := range 500 {
		allowed = append(allowed, equal(i), query.Match{Column: "nom", Text: fmt.Sprint("t ", i)}) // with the others, 999
	}
	deep := equal(1)
	for range 10_000 {
		deep = query.Not{Expr: deep}
	}
	groups := query.Query{Group: []query.Group{{Column: "n"}}, Aggregates: []query.Aggregate{{Func: query.Count, Bare: true}}}
	rowsOf := func(q query.Query) error {
		_, err := e.Rows(t.Context(), snap, q)
		return err
	}
	aggregate := func(q query.Query) error {
		_, err := e.Aggregate(t.Context(), snap, q)
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		kind errs.Kind
	}{
		{"10,000 conditions", rowsOf(query.Query{Where: many}), errs.Invalid},
		{"nested 10,000 times", rowsOf(query.Query{Where: deep}), errs.Invalid},
		{"a page of a million rows", rowsOf(query.Query{Limit: 1_000_000}), errs.Invalid},
		{"an offset beyond all", rowsOf(query.Query{Offset: 1 << 41}), errs.Invalid},
		{"a text of a megabyte", rowsOf(query.Query{Text: strings.Repeat("a", 1<<20)}), errs.Invalid},
		{"a group per row", aggregate(groups), errs.TooLarge},
	} {
		if !errs.Is(c.err, c.kind) {
			t.Errorf("%s: %v", c.name, c.err)
			continue
		}
		if known := errs.As(c.err); known.Key == "" || known.Hint == "" {
			t.Errorf("%s: says nothing: %v", c.name, c.err)
		}
	}
	p, err := e.Rows(t.Context(), snap, query.Query{Where: allowed[:999]})
	if err != nil || p.Total == 0 {
		t.Errorf("999 conditions: %v", err)
	}
	for _, q := range []query.Query{{Offset: 1 << 39}, {Offset: 1 << 39, Sort: []query.SortKey{{Column: "n"}}}, {Offset: 1 << 39, Text: "ete"}} {
		if p, err := e.Rows(t.Context(), snap, q); err != nil || len(p.Records) != 0 {
			t.Errorf("%s: %v", q.Encode(), err)
		}
	}
	groups.Limit = 10
	if fr, err := e.Aggregate(t.Context(), snap, groups); err != nil || fr.Rows != 10 {
		t.Errorf("the first groups: %v", err)
	}
}

// TestFlood: pages of one client come while another's heavy groups still wait.
func TestFlood(t *testing.T) {
	snap := table(t, 60_000)
	e := open(t, duck.Options{Slots: 2, PerClient: 200})
	defer e.Close()
	if err := e.Warm(t.Context(), snap); err != nil {
		t.Fatal(err)
	}
	const heavy = 100
	var mu sync.Mutex
	done := 0
	var wg sync.WaitGroup
	started := make(chan struct{}, heavy)
	for i := range heavy {
		wg.Go(func() {
			ctx := tables.WithClient(context.Background(), "flood")
			started <- struct{}{}
			_, err := e.Aggregate(ctx, snap, query.Query{Group: []query.Group{{Column: "nom"}, {Column: "lieu"}},
				Aggregates: []query.Aggregate{{Func: query.Median, Column: "n"}, {Func: query.Distinct, Column: "n"}},
				Where:      query.Compare{Column: "n", Op: query.Ne, Value: query.Int(int64(i))}})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			done++
			mu.Unlock()
		})
	}
	for range heavy {
		<-started
	}
	ctx := tables.WithClient(t.Context(), "reader")
	for i := range 10 {
		if _, err := e.Rows(ctx, snap, query.Query{Where: query.Compare{Column: "n", Op: query.Lt, Value: query.Int(int64(100 + i))}}); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	if done > heavy/2 {
		t.Errorf("%d of %d heavy questions were answered before ten pages", done, heavy)
	}
	mu.Unlock()
	wg.Wait()
}
