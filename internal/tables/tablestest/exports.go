package tablestest

import (
	"errors"
	"math/rand"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

func exports(t *testing.T, e tables.Engine) {
	d := random(7, kinds, 5000)
	snap := snapshot(t, d, 2500)
	r := rand.New(rand.NewSource(8))
	for i := range 14 {
		q := query.Query{}
		if i > 0 {
			q.Sort = randomSort(r)
		}
		if i%3 > 0 {
			q.Where = randomCondition(r, 1)
		}
		if i%4 == 3 {
			q.Text = "roques"
		}
		if i%2 == 1 {
			q.Limit, q.Offset = 1+r.Intn(3000), r.Intn(500)
			q.Select = []string{"note", "instant", "voix"}
		}
		exported(t, e, snap, d, q)
	}
	broken := errors.New("the receiver left")
	err := e.Export(t.Context(), snap, query.Query{}, func(*tabular.Frame) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("an export whose receiver fails: %v", err)
	}
}

func exported(t *testing.T, e tables.Engine, snap tables.Snapshot, d *data, q query.Query) {
	t.Helper()
	var got [][]string
	var fields []tabular.Field
	if err := e.Export(t.Context(), snap, q, func(fr *tabular.Frame) error {
		fields = fr.Fields
		got = append(got, readFrame(fr)...)
		return nil
	}); err != nil {
		t.Fatalf("%s: %v", q.Encode(), err)
	}
	names := q.Select
	if names == nil {
		for _, f := range d.fields {
			names = append(names, f.Name)
		}
	}
	if n := len(got); n > 1 {
		for room, fits := range map[int]bool{n - 1: false, n: true, n + 1: true} {
			err := tables.CheckSize(t.Context(), e, snap, q, tabular.Format{Name: "xlsx", MaxRows: room})
			if fits && err != nil || !fits && !errs.Is(err, errs.TooLarge) {
				t.Errorf("%s: %d rows where %d fit: %v", q.Encode(), n, room, err)
			}
		}
	}
	limit := q.Limit
	if limit == 0 {
		limit = len(d.rows)
	}
	var want [][]string
	for _, n := range page(q, d.find(q), limit) {
		var row []string
		for _, name := range names {
			row = append(row, shown(d.fields[d.at(name)], d.rows[n-1][d.at(name)]))
		}
		want = append(want, row)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s: %s", q.Encode(), diff)
	}
	for k, f := range fields {
		if f != d.fields[d.at(names[k])] {
			t.Fatalf("field %v", f)
		}
	}
}
