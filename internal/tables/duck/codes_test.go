package duck_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/duck"
	"socle/internal/tabular"
)

// blocksTable has rows of several blocks of codes, of columns of each width.
func blocksTable(t *testing.T) tables.Snapshot {
	t.Helper()
	const rows = 40_001
	fields := []tabular.Field{{Name: "few", Kind: tabular.Text}, {Name: "some", Kind: tabular.Int}, {Name: "many", Kind: tabular.Float}, {Name: "own", Kind: tabular.Text}, {Name: "day", Kind: tabular.Date}}
	r := rand.New(rand.NewPCG(1, 2))
	fr := &tabular.Frame{Fields: fields, Rows: rows, Columns: make([]tabular.Column, len(fields))}
	for i := range rows {
		for j := range fr.Columns {
			fr.Columns[j].Null = append(fr.Columns[j].Null, r.IntN(9) == 0)
		}
		fr.Columns[0].Bytes = append(fr.Columns[0].Bytes, fmt.Appendf(nil, "é%d", r.IntN(7)))
		fr.Columns[1].Int64 = append(fr.Columns[1].Int64, int64(r.IntN(3000))-1500)
		fr.Columns[2].Float64 = append(fr.Columns[2].Float64, float64(i*7919%rows)/4-2000)
		fr.Columns[3].Bytes = append(fr.Columns[3].Bytes, fmt.Appendf(nil, "n %d", i))
		fr.Columns[4].Int64 = append(fr.Columns[4].Int64, int64(i/50))
	}
	var out bytes.Buffer
	w, err := tabular.NewParquetWriter(&out, fields, tabular.ParquetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(fr); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "part.parquet")
	if err := os.WriteFile(path, out.Bytes(), 0o444); err != nil {
		t.Fatal(err)
	}
	return tables.NewSnapshot(fields, []tables.Part{{Key: t.Name(), Rows: rows, File: tables.LocalFile(path)}})
}

// TestCodesAgree: codes find what DuckDB finds, over several blocks.
func TestCodesAgree(t *testing.T) {
	snap := blocksTable(t)
	codes, raw, plain := open(t, duck.Options{}), open(t, duck.Options{Values: 10}), open(t, duck.Options{Coded: 1, Values: 1})
	defer codes.Close()
	defer raw.Close()
	defer plain.Close()
	compare := func(name string, op query.Op, v query.Value) query.Expr {
		return query.Compare{Column: name, Op: op, Value: v}
	}
	var conditions []query.Expr
	for _, op := range []query.Op{query.Eq, query.Ne, query.Lt, query.Le, query.Gt, query.Ge} {
		conditions = append(conditions, compare("few", op, query.Text("é3")), compare("some", op, query.Int(7)), compare("some", op, query.Float(7.5)),
			compare("many", op, query.Float(17.25)), compare("many", op, query.Float(17.26)), compare("own", op, query.Text("n 20000")), compare("day", op, query.Value{Kind: tabular.Date, Int: 400}),
			query.Part{Column: "day", Part: query.Weekday, Op: op, Value: 3})
	}
	for _, name := range []string{"few", "some", "many", "own", "day"} {
		conditions = append(conditions, query.Null{Column: name}, query.Null{Column: name, Present: true})
	}
	conditions = append(conditions, query.In{Column: "many", Values: []query.Value{query.Float(1), query.Float(1.25), query.Float(9e9)}},
		query.In{Column: "some", Values: []query.Value{query.Int(3), query.Int(-9)}}, query.Between{Column: "many", Low: query.Float(-5), High: query.Float(800)},
		query.Between{Column: "some", Low: query.Int(5), High: query.Int(-5)}, query.Like{Column: "own", Pattern: "n 3_00_"}, query.Match{Column: "some", Text: "99"})
	r := rand.New(rand.NewPCG(3, 4))
	pick := func() query.Expr { return conditions[r.IntN(len(conditions))] }
	for i := range 150 {
		q := query.Query{Limit: 1 + r.IntN(300)}
		switch {
		case i < len(conditions):
			q.Where = conditions[i]
		case i%3 == 0:
			q.Where = query.And{pick(), query.Or{pick(), query.Not{Expr: pick()}}}
		case i%3 == 1:
			q.Where = query.Or{pick(), query.And{pick(), pick()}, pick()}
		}
		for _, j := range r.Perm(5)[:r.IntN(4)] {
			q.Sort = append(q.Sort, query.SortKey{Column: snap.Fields[j].Name, Desc: r.IntN(2) == 0})
		}
		if r.IntN(2) == 0 {
			q.Offset = r.IntN(25_000)
		} else if r.IntN(2) == 0 {
			q.After = int64(1 + r.IntN(40_001))
		}
		want := summary(t, plain, snap, q)
		for name, e := range map[string]*duck.Engine{"codes": codes, "raw": raw} {
			if diff := cmp.Diff(want, summary(t, e, snap, q)); diff != "" {
				t.Fatalf("%s: %s: %s", name, q.Encode(), diff)
			}
		}
	}
	for _, e := range []*duck.Engine{codes, raw, plain} {
		p, err := e.Profile(t.Context(), snap)
		if err != nil {
			t.Fatal(err)
		}
		first, err := plain.Profile(t.Context(), snap)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, p, cmp.Comparer(func(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 })); diff != "" {
			t.Error(diff)
		}
	}
}

type answer struct {
	Numbers     []int64
	Total, Next int64
	Facet       tables.Facet
}

func summary(t *testing.T, e *duck.Engine, snap tables.Snapshot, q query.Query) (a answer) {
	t.Helper()
	p, err := e.Rows(t.Context(), snap, q)
	if err != nil {
		t.Fatalf("%s: %v", q.Encode(), err)
	}
	for _, r := range p.Records {
		a.Numbers = append(a.Numbers, r.Number)
	}
	a.Total, a.Next = p.Total, p.Next
	q.Offset, q.After = 0, 0
	names := []string{"few", "some", "day"}
	f, err := e.Facet(t.Context(), snap, q, names[slices.Index([]int{0, 1, 2}, q.Limit%3)], 12)
	if err != nil {
		t.Fatal(err)
	}
	a.Facet = *f
	return a
}
