package tablestest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// Run holds an engine to its contract. open gives an engine with an empty cache,
// closed by the test.
func Run(t *testing.T, open func(t *testing.T) tables.Engine) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, tables.Engine)
	}{
		{"random questions", randomQuestions},
		{"pages", pages},
		{"facets", facets},
		{"aggregates", aggregates},
		{"exports", exports},
		{"shapes", shapes},
		{"no part", partless},
		{"hostile names and values", hostile},
		{"folded texts", folded},
		{"places", places},
		{"maps", onMap},
		{"differences", differences},
		{"ends of numbers", ends},
		{"profile", profile},
		{"refusals", refusals},
		{"numbers", numbers},
		{"evicted", evicted},
		{"at the same time", together},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t)
			c.run(t, e)
			if err := e.Close(); err != nil {
				t.Error("Close:", err)
			}
		})
	}
}

// kinds are the columns of the random table.
var kinds = []tabular.Field{
	{Name: "commune", Kind: tabular.Text},
	{Name: "montant", Kind: tabular.Float},
	{Name: "voix", Kind: tabular.Int},
	{Name: "ouvert", Kind: tabular.Bool},
	{Name: "jour", Kind: tabular.Date},
	{Name: "instant", Kind: tabular.Timestamp},
	{Name: "local", Kind: tabular.Timestamp, Local: true},
	{Name: "heure", Kind: tabular.TimeOfDay},
	{Name: "annexe", Kind: tabular.JSON},
	{Name: "note", Kind: tabular.Text},
}

// pools are few enough values that they repeat, and compare in ways that go wrong easily.
var (
	texts  = []string{"", "Roques", "roques", "Éaunes", "eaunes", "L'Union", "l’union", "a\nb", "%_", "Œuvre", "10", "9", "é\u0301", "🏛 mairie", "z'; DROP TABLE t"}
	floats = []float64{0, -1.5, 1.5, 1e-9, 1e22, 0.1, 100, 2, 3, -3}
	ints   = []int64{0, 1, 2, 3, -3, 100, 1 << 53, 1<<53 + 1, -1 << 62, 42}
	jsons  = []string{`{}`, `{"a":[1,2]}`, `null`, `"x"`}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.Intn(len(list))] }

func randomValue(r *rand.Rand, k tabular.Kind) query.Value {
	v := query.Value{Kind: k}
	switch k {
	case tabular.Text:
		v.Text = pick(r, texts)
	case tabular.JSON:
		v.Text = pick(r, jsons)
	case tabular.Float:
		v.Float = pick(r, floats)
	case tabular.Int:
		v.Int = pick(r, ints)
	case tabular.Bool:
		v.Int = r.Int63n(2)
	case tabular.Date:
		v.Int = pick(r, []int64{-800, -1, 0, 1, 364, 365, 20000, 20001, -719162, 2932896})
	case tabular.Timestamp:
		v.Int = pick(r, []int64{-86400e6, -1, 0, 1, 86400e6 - 1, 86400e6, 1.7e15, 1.7e15 + 500000})
	case tabular.TimeOfDay:
		v.Int = pick(r, []int64{0, 1, 8*3600e6 + 30*60e6, 86400e6 - 1})
	}
	return v
}

func random(seed int64, fields []tabular.Field, rows int) *data {
	r := rand.New(rand.NewSource(seed))
	d := &data{fields: fields}
	for range rows {
		row := make([]cell, len(fields))
		for j, f := range fields {
			if r.Intn(6) == 0 {
				row[j].null = true
				row[j].v.Kind = f.Kind
				continue
			}
			row[j].v = randomValue(r, f.Kind)
		}
		d.rows = append(d.rows, row)
	}
	return d
}

// snapshot writes the rows as Parquet parts of the given sizes; the last takes
// what is left.
func snapshot(t *testing.T, d *data, sizes ...int) tables.Snapshot {
	t.Helper()
	dir := t.TempDir()
	var parts []tables.Part
	rows := d.rows
	for i := 0; i <= len(sizes); i++ {
		n := len(rows)
		if i < len(sizes) {
			n = sizes[i]
		}
		var out bytes.Buffer
		w, err := tabular.NewParquetWriter(&out, d.fields, tabular.ParquetOptions{GroupRows: 700})
		if err != nil {
			t.Fatal(err)
		}
		for part := rows[:n]; len(part) > 0; part = part[min(300, len(part)):] {
			if err := w.Write(d.frame(part[:min(300, len(part))])); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		rows = rows[n:]
		path := filepath.Join(dir, fmt.Sprintf("part [%d] 'é'.parquet", i))
		if err := os.WriteFile(path, out.Bytes(), 0o444); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(out.Bytes())
		parts = append(parts, tables.Part{Key: hex.EncodeToString(sum[:]), Rows: int64(n), File: tables.LocalFile(path)})
	}
	return tables.NewSnapshot(d.fields, parts)
}

// ask compares a page with the plain reading.
func ask(t *testing.T, e tables.Engine, snap tables.Snapshot, d *data, q query.Query) *tables.Page {
	t.Helper()
	got, err := e.Rows(t.Context(), snap, q)
	if err != nil {
		t.Fatalf("%s: %v", q.Encode(), err)
	}
	limit := q.Limit
	if limit == 0 {
		limit = 100
	}
	found := d.find(q)
	want := page(q, found, limit)
	numbers := make([]int64, len(got.Records))
	for i, r := range got.Records {
		numbers[i] = r.Number
	}
	if !slices.Equal(want, numbers) {
		t.Fatalf("%s: rows %v, want %v", q.Encode(), numbers, want)
	}
	if got.Total != int64(len(found)) {
		t.Fatalf("%s: %d rows in all, want %d", q.Encode(), got.Total, len(found))
	}
	next := int64(0)
	if len(want) > 0 && want[len(want)-1] != found[len(found)-1] {
		next = want[len(want)-1]
	}
	if got.Next != next {
		t.Fatalf("%s: next %d, want %d", q.Encode(), got.Next, next)
	}
	names := q.Select
	if len(names) == 0 {
		for _, f := range d.fields {
			names = append(names, f.Name)
		}
	}
	for i, r := range got.Records {
		for k, name := range names {
			j := d.at(name)
			want := text(d.fields[j], d.rows[r.Number-1][j])
			if !bytes.Equal(want, r.Cells[k]) || (want == nil) != (r.Cells[k] == nil) {
				t.Fatalf("%s: row %d, column %q: %q, want %q", q.Encode(), i, name, r.Cells[k], want)
			}
			if got.Fields[k] != d.fields[j] {
				t.Fatalf("%s: field %v", q.Encode(), got.Fields[k])
			}
		}
	}
	n, err := e.Count(t.Context(), snap, q)
	if err != nil || n != got.Total {
		t.Fatalf("%s: Count %d, %v", q.Encode(), n, err)
	}
	return got
}

// randomCondition is a condition on the columns of kinds.
func randomCondition(r *rand.Rand, depth int) query.Expr {
	if depth > 0 && r.Intn(2) == 0 {
		switch r.Intn(3) {
		case 0:
			return query.Not{Expr: randomCondition(r, depth-1)}
		case 1:
			return query.Or{randomCondition(r, depth-1), randomCondition(r, depth-1)}
		}
		return query.And{randomCondition(r, depth-1), randomCondition(r, depth-1)}
	}
	f := pick(r, kinds)
	value := func() query.Value {
		if f.Kind == tabular.Int && r.Intn(3) == 0 {
			return query.Float(pick(r, []float64{1.5, -0.5, 2, 1e30, -1e30}))
		}
		return randomValue(r, f.Kind)
	}
	switch r.Intn(10) {
	case 5:
		return query.Like{Column: f.Name, Pattern: pick(r, []string{"%", "roq%", "%UN_ES", "L_union", "_", `\%\_`, "%e%e%", "1%", "%%", "%-%", "%\n%", "oeuvr_", "🏛%e", "true"})}
	case 6:
		c := pick(r, kinds[4:7])
		p := pick(r, query.Parts)
		if c.Kind == tabular.Date {
			p = pick(r, query.Parts[:3])
		}
		return query.Part{Column: c.Name, Part: p, Op: pick(r, []query.Op{query.Eq, query.Ne, query.Lt, query.Le, query.Gt, query.Ge}), Value: int64(r.Intn(13))}
	case 0:
		return query.In{Column: f.Name, Values: []query.Value{value(), value(), value()}}
	case 1:
		return query.Between{Column: f.Name, Low: value(), High: value()}
	case 2:
		return query.Null{Column: f.Name, Present: r.Intn(2) == 0}
	case 3:
		s := string(text(f, cell{v: randomValue(r, f.Kind)}))
		at := r.Intn(len([]rune(s)) + 1)
		if s = string([]rune(s)[at:]); s == "" {
			s = "u"
		}
		return query.Match{Column: f.Name, Start: r.Intn(2) == 0, Text: s}
	case 4:
		return query.Search{Text: pick(r, []string{"roques", "UNION l", "é", "mairie", "absent", "eaunes oeuvre"})}
	}
	op := pick(r, []query.Op{query.Eq, query.Ne, query.Lt, query.Le, query.Gt, query.Ge})
	return query.Compare{Column: f.Name, Op: op, Value: value()}
}

func randomSort(r *rand.Rand) (keys []query.SortKey) {
	for _, j := range r.Perm(len(kinds))[:r.Intn(3)] {
		keys = append(keys, query.SortKey{Column: kinds[j].Name, Desc: r.Intn(2) == 0})
	}
	return keys
}

func randomQuestions(t *testing.T, e tables.Engine) {
	d := random(1, kinds, 2500)
	snap := snapshot(t, d, 700, 0, 901)
	r := rand.New(rand.NewSource(2))
	for range 250 {
		q := query.Query{Sort: randomSort(r), Limit: 1 + r.Intn(60), Offset: r.Intn(3) * r.Intn(200)}
		if r.Intn(5) > 0 {
			q.Where = randomCondition(r, 2)
		}
		if r.Intn(4) == 0 {
			q.Text = pick(r, []string{"roques", "Union", "eaunes  ŒUVRE", "nulle part"})
		}
		for _, j := range r.Perm(len(kinds))[:r.Intn(4)] {
			q.Select = append(q.Select, kinds[j].Name)
		}
		ask(t, e, snap, d, q)
	}
}

// pages follows pages by their numbers and by offset, sorted and filtered in
// several ways: each row comes once, in order.
func pages(t *testing.T, e tables.Engine) {
	d := random(3, kinds, 900)
	snap := snapshot(t, d, 450)
	r := rand.New(rand.NewSource(4))
	for i := range 12 {
		q := query.Query{Limit: 97, Sort: randomSort(r)}
		if i%3 > 0 {
			q.Where = randomCondition(r, 1)
		}
		for {
			p := ask(t, e, snap, d, q)
			if p.Next == 0 {
				break
			}
			q.After = p.Next
		}
	}
	for _, offset := range []int{899, 900, 901, 1 << 30} {
		ask(t, e, snap, d, query.Query{Offset: offset})
		ask(t, e, snap, d, query.Query{Offset: offset, Text: "roques"})
		ask(t, e, snap, d, query.Query{Offset: offset, Sort: []query.SortKey{{Column: "voix"}}})
	}
}
