package tablestest

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// plain is what a plain reading finds changed between rows keyed by their first
// column, or whole rows.
func plain(before, after *data, keyed bool) tables.Counts {
	var n tables.Counts
	line := func(d *data, row []cell) string {
		s := ""
		for j := range row {
			s += fmt.Sprintf("%t%s|", row[j].null, text(d.fields[j], row[j]))
		}
		return s
	}
	if keyed {
		old := map[string]string{}
		for _, row := range before.rows {
			old[string(text(before.fields[0], row[0]))] = line(before, row)
		}
		for _, row := range after.rows {
			k := string(text(after.fields[0], row[0]))
			switch was, ok := old[k]; {
			case !ok:
				n.Added++
			case was != line(after, row):
				n.Changed++
			default:
				n.Same++
			}
			delete(old, k)
		}
		n.Removed = int64(len(old))
		return n
	}
	old := map[string]int{}
	for _, row := range before.rows {
		old[line(before, row)]++
	}
	for _, row := range after.rows {
		if l := line(after, row); old[l] > 0 {
			old[l]--
			n.Same++
		} else {
			n.Added++
		}
	}
	for _, k := range old {
		n.Removed += int64(k)
	}
	return n
}

// differences compares random tables as a plain reading does.
func differences(t *testing.T, e tables.Engine) {
	ctx := t.Context()
	for seed := range int64(4) {
		r := rand.New(rand.NewSource(seed))
		before := random(100+seed, kinds, 300)
		before.fields = append([]tabular.Field{{Name: "id", Kind: tabular.Int}}, before.fields...)
		after := &data{fields: before.fields}
		for i, row := range before.rows {
			row = append([]cell{{v: query.Int(int64(i * 3))}}, row...)
			before.rows[i] = row
			row = slices.Clone(row)
			switch r.Intn(6) {
			case 0:
				continue
			case 1:
				row[2] = cell{v: query.Float(r.Float64())}
			case 2:
				row[1] = cell{null: !row[1].null}
				if !row[1].null {
					row[1].v = query.Text("")
				}
			case 3:
				more := slices.Clone(row)
				more[0] = cell{v: query.Int(int64(i*3 + 1))}
				after.rows = append(after.rows, more)
			}
			after.rows = append(after.rows, row)
		}
		r.Shuffle(len(after.rows), func(i, j int) { after.rows[i], after.rows[j] = after.rows[j], after.rows[i] })
		old, now := snapshot(t, before, 100), snapshot(t, after, 100)
		for _, keyed := range []bool{true, false} {
			keys := [][]string{{"commune"}, {"absente", "id"}, {"id"}}
			if !keyed {
				keys = keys[:2]
			}
			d, err := e.Compare(ctx, old, now, keys)
			if err != nil {
				t.Fatal(err)
			}
			if want := plain(before, after, keyed); d.Counts != want || (len(d.Key) > 0) != keyed || len(d.Columns) > 0 {
				t.Errorf("keyed %t: %+v by %v, want %+v", keyed, d.Counts, d.Key, want)
			}
			for _, n := range d.Added {
				if id := after.rows[n-1][0].v.Int; keyed && id%3 != 1 {
					t.Errorf("row %d, id %d, is not new", n, id)
				}
			}
			for _, p := range d.Pairs {
				if before.rows[p.Old-1][0].v.Int != after.rows[p.New-1][0].v.Int {
					t.Errorf("rows %v are not the same", p)
				}
			}
			if keyed && int64(len(d.Pairs)) != d.Counts.Changed || int64(len(d.Added)) != d.Counts.Added || int64(len(d.Removed)) != d.Counts.Removed {
				t.Errorf("%d, %d, %d listed of %+v", len(d.Pairs), len(d.Added), len(d.Removed), d.Counts)
			}
			for _, c := range d.Cells {
				if c.Column != "commune" && c.Column != "montant" {
					t.Errorf("%+v did not change", c)
				}
			}
		}
		if d, err := e.Compare(ctx, old, old, nil); err != nil || !d.None() || d.Counts.Same != 300 {
			t.Errorf("with itself: %+v, %v", d, err)
		}
	}
	retyped(t, e)
}

// retyped: columns come, go and change type; equal values stay equal.
func retyped(t *testing.T, e tables.Engine) {
	day := query.Value{Kind: tabular.Date, Int: 20_000}
	before := &data{fields: []tabular.Field{{Name: "n", Kind: tabular.Int}, {Name: "jour", Kind: tabular.Date}, {Name: "prix", Kind: tabular.Float}, {Name: "parti"}}, rows: [][]cell{
		{{v: query.Int(1)}, {v: day}, {v: query.Float(2)}, {v: query.Text("a")}},
		{{v: query.Int(2)}, {v: day}, {v: query.Float(2.5)}, {v: query.Text("b")}},
		{{v: query.Int(3)}, {null: true}, {v: query.Float(4)}, {v: query.Text("c")}},
	}}
	after := &data{fields: []tabular.Field{{Name: "venu"}, {Name: "n"}, {Name: "prix", Kind: tabular.Int}, {Name: "jour"}}, rows: [][]cell{
		{{null: true}, {v: query.Text("3")}, {v: query.Int(4)}, {v: query.Text("2024-10-05")}},
		{{null: true}, {v: query.Text("2")}, {v: query.Int(2)}, {v: query.Text("2024-10-04")}},
		{{null: true}, {v: query.Text("1")}, {v: query.Int(2)}, {v: query.Text("2024-10-04")}},
	}}
	d, err := e.Compare(t.Context(), snapshot(t, before), snapshot(t, after), [][]string{{"n"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := (tables.Counts{Changed: 2, Same: 1}); d.Counts != want || !slices.Equal(d.Pairs, []tables.RowPair{{Old: 3, New: 1}, {Old: 2, New: 2}}) {
		t.Errorf("%+v %v, want %+v", d.Counts, d.Pairs, want)
	}
	if !slices.Equal(d.Cells, []tables.CellCount{{Column: "prix", Rows: 1}, {Column: "jour", Rows: 1}}) {
		t.Errorf("%+v", d.Cells)
	}
	want := []tables.ColumnChange{{Name: "venu", Kind: tables.Added}, {Name: "n", Kind: tables.Retyped, From: tabular.Int}, {Name: "prix", Kind: tables.Retyped, From: tabular.Float, To: tabular.Int},
		{Name: "jour", Kind: tables.Retyped, From: tabular.Date}, {Name: "parti", Kind: tables.Removed}}
	if !slices.Equal(d.Columns, want) {
		t.Errorf("%+v", d.Columns)
	}
	apart := &data{fields: []tabular.Field{{Name: "autre"}}, rows: [][]cell{{{v: query.Text("x")}}}}
	if d, err := e.Compare(t.Context(), snapshot(t, before), snapshot(t, apart), nil); err != nil || d.Counts != (tables.Counts{Added: 0, Removed: 2, Same: 1}) {
		t.Errorf("no common column: %+v %v", d, err)
	}
}
