package tablestest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/errs"
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
		{"hostile names and values", hostile},
		{"folded texts", folded},
		{"places", places},
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
	switch r.Intn(8) {
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

func facets(t *testing.T, e tables.Engine) {
	d := random(5, kinds, 1200)
	snap := snapshot(t, d)
	for _, f := range kinds {
		for _, q := range []query.Query{{}, {Text: "roques"}, {Where: query.Compare{Column: "ouvert", Op: query.Eq, Value: query.Bool(true)}}} {
			got, err := e.Facet(t.Context(), snap, q, f.Name, 3)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plainFacet(d, q, f, 3), got); diff != "" {
				t.Errorf("%s: %s", f.Name, diff)
			}
		}
	}
	p, err := e.Rows(t.Context(), snap, query.Query{Facets: []string{"voix", "commune"}, Limit: 1})
	if err != nil || len(p.Facets) != 2 || p.Facets[0].Column != "voix" || p.Facets[1].Column != "commune" {
		t.Errorf("facets beside a page: %v %v", p, err)
	}
}

// plainFacet counts the values of a column by a plain reading.
func plainFacet(d *data, q query.Query, f tabular.Field, limit int) *tables.Facet {
	j := d.at(f.Name)
	want := &tables.Facet{Column: f.Name}
	counts := map[cell]int64{}
	for _, n := range d.find(q) {
		counts[d.rows[n-1][j]]++
	}
	var values []cell
	for c, n := range counts {
		values = append(values, c)
		want.Others += n
		if !c.null {
			want.Distinct++
		}
	}
	slices.SortFunc(values, func(a, b cell) int {
		switch n := counts[b] - counts[a]; {
		case n != 0:
			return int(n)
		case a.null:
			return 1
		case b.null:
			return -1
		}
		return compare(a.v, b.v)
	})
	for _, c := range values[:min(limit, len(values))] {
		want.Buckets = append(want.Buckets, tables.Bucket{Text: string(text(f, c)), Null: c.null, Count: counts[c]})
		want.Others -= counts[c]
	}
	return want
}

// readFrame takes the cells of a frame as text.
func readFrame(fr *tabular.Frame) (rows [][]string) {
	for i := range fr.Rows {
		var row []string
		for j, f := range fr.Fields {
			c := fr.Columns[j]
			v := query.Value{Kind: f.Kind}
			switch {
			case f.Kind == tabular.Text || f.Kind == tabular.JSON:
				v.Text = string(c.Bytes[i])
			case f.Kind == tabular.Float:
				v.Float = c.Float64[i]
			default:
				v.Int = c.Int64[i]
			}
			row = append(row, shown(f, cell{null: c.Null[i], v: v}))
		}
		rows = append(rows, row)
	}
	return rows
}

func shown(f tabular.Field, c cell) string {
	if c.null {
		return "∅"
	}
	return string(text(f, c))
}

func aggregates(t *testing.T, e tables.Engine) {
	small := slices.Clone(kinds)
	d := random(6, small, 800)
	for _, row := range d.rows { // sums that floats give exactly
		row[1].v.Float = math.Trunc(row[1].v.Float * 4)
		if math.Abs(row[1].v.Float) > 1e6 {
			row[1].v.Float = 7
		}
		if v := &row[2].v.Int; *v > 1e6 || *v < -1e6 {
			*v = 5
		}
	}
	snap := snapshot(t, d)
	all := []query.Aggregate{{Func: query.Count, Bare: true}, {Func: query.Count, Column: "voix"}, {Func: query.Sum, Column: "voix"},
		{Func: query.Sum, Column: "montant"}, {Func: query.Avg, Column: "voix"}, {Func: query.Min, Column: "jour"},
		{Func: query.Max, Column: "commune"}, {Func: query.Distinct, Column: "commune"}, {Func: query.Median, Column: "voix"}}
	for _, q := range []query.Query{
		{Aggregates: all},
		{Group: []query.Group{{Column: "commune"}}, Aggregates: all},
		{Group: []query.Group{{Column: "jour", Unit: query.Year}, {Column: "ouvert"}}, Aggregates: all[:3]},
		{Group: []query.Group{{Column: "instant", Unit: query.Month}}, Aggregates: all[:1]},
		{Group: []query.Group{{Column: "local", Unit: query.Daily}}, Aggregates: all[:1], Where: query.Null{Column: "voix", Present: true}},
		{Group: []query.Group{{Column: "heure"}}},
		{Aggregates: all[:5], Text: "absent de tout"},
	} {
		got, err := e.Aggregate(t.Context(), snap, q)
		if err != nil {
			t.Fatalf("%s: %v", q.Encode(), err)
		}
		if diff := cmp.Diff(plainAggregate(d, q), readFrame(got)); diff != "" {
			t.Errorf("%s: %s", q.Encode(), diff)
		}
	}
	q := query.Query{Group: []query.Group{{Column: "commune"}}, Aggregates: all[:1], Sort: []query.SortKey{{Column: "count", Desc: true}}, Limit: 2}
	got, err := e.Aggregate(t.Context(), snap, q)
	if err != nil || got.Rows != 2 || got.Columns[1].Int64[0] < got.Columns[1].Int64[1] {
		t.Errorf("sorted and cut: %v %v", got, err)
	}
}

// plainAggregate groups by a plain reading.
func plainAggregate(d *data, q query.Query) [][]string {
	groups := map[string][]int64{}
	keys := map[string][]cell{}
	if len(q.Group) == 0 {
		groups[fmt.Sprint([]cell{})] = nil
	}
	for _, n := range d.find(query.Query{Where: q.Where, Text: q.Text}) {
		var key []cell
		for _, g := range q.Group {
			key = append(key, cut(d.rows[n-1][d.at(g.Column)], g.Unit))
		}
		name := fmt.Sprint(key)
		groups[name] = append(groups[name], n)
		keys[name] = key
	}
	var names []string
	for name := range groups {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		for i := range q.Group {
			x, y := keys[a][i], keys[b][i]
			switch {
			case x.null && !y.null:
				return 1
			case y.null && !x.null:
				return -1
			case !x.null:
				if n := compare(x.v, y.v); n != 0 {
					return n
				}
			}
		}
		return 0
	})
	var rows [][]string
	for _, name := range names {
		var row []string
		for i, g := range q.Group {
			f := d.fields[d.at(g.Column)]
			if g.Unit != query.Exact {
				f = tabular.Field{Kind: tabular.Date}
			}
			row = append(row, shown(f, keys[name][i]))
		}
		for _, a := range q.Aggregates {
			row = append(row, d.figure(a, groups[name]))
		}
		rows = append(rows, row)
	}
	return rows
}

// figure computes an aggregate over rows.
func (d *data) figure(a query.Aggregate, numbers []int64) string {
	if a.Bare {
		return fmt.Sprint(len(numbers))
	}
	j := d.at(a.Column)
	var values []query.Value
	seen := map[query.Value]bool{}
	sum := 0.0
	for _, n := range numbers {
		if c := d.rows[n-1][j]; !c.null {
			values = append(values, c.v)
			seen[c.v] = true
			sum += float(c.v)
		}
	}
	slices.SortFunc(values, compare)
	number := func(x float64) string { return shown(tabular.Field{Kind: tabular.Float}, cell{v: query.Float(x)}) }
	switch n := len(values); {
	case a.Func == query.Count:
		return fmt.Sprint(n)
	case a.Func == query.Distinct:
		return fmt.Sprint(len(seen))
	case n == 0:
		return "∅"
	case a.Func == query.Sum:
		return number(sum)
	case a.Func == query.Avg:
		return number(sum / float64(n))
	case a.Func == query.Median:
		return number((float(values[(n-1)/2]) + float(values[n/2])) / 2)
	case a.Func == query.Min:
		return shown(d.fields[j], cell{v: values[0]})
	}
	return shown(d.fields[j], cell{v: values[len(values)-1]})
}

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

// shapes are tables of no row, of one column, of one row, of 300 columns.
func shapes(t *testing.T, e tables.Engine) {
	wide := make([]tabular.Field, 300)
	for j := range wide {
		wide[j] = tabular.Field{Name: fmt.Sprintf("colonne %d", j), Kind: kinds[j%len(kinds)].Kind}
	}
	for name, d := range map[string]*data{
		"no row":      random(1, kinds, 0),
		"one row":     random(1, kinds, 1),
		"one column":  random(1, kinds[:1], 50),
		"300 columns": random(1, wide, 120),
	} {
		t.Run(name, func(t *testing.T) {
			snap := snapshot(t, d, 0)
			first := d.fields[0].Name
			for _, q := range []query.Query{{}, {Text: "roques"}, {Offset: 1}, {Sort: []query.SortKey{{Column: first, Desc: true}}},
				{Where: query.Compare{Column: first, Op: query.Ne, Value: query.Text("Roques")}, Select: []string{first}}} {
				ask(t, e, snap, d, q)
				exported(t, e, snap, d, q)
			}
			f, err := e.Facet(t.Context(), snap, query.Query{}, first, 5)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plainFacet(d, query.Query{}, d.fields[0], 5), f); diff != "" {
				t.Error(diff)
			}
			g, err := e.Aggregate(t.Context(), snap, query.Query{Aggregates: []query.Aggregate{{Func: query.Count, Bare: true}, {Func: query.Max, Column: first}}})
			if err != nil || g.Rows != 1 || g.Columns[0].Int64[0] != int64(len(d.rows)) {
				t.Errorf("aggregate: %v %v", g, err)
			}
			if p, err := e.Profile(t.Context(), snap); err != nil || p.Rows != int64(len(d.rows)) || len(p.Columns) != len(d.fields) {
				t.Errorf("profile: %v %v", p, err)
			}
		})
	}
}

// hostile has names and values that would be something else in SQL, in an
// address or in a file.
func hostile(t *testing.T, e tables.Engine) {
	names := []string{`"`, `a"b`, `'; DROP TABLE t; --`, `rowid`, `c0`, `C0`, `select`, `Nom`, `nom`, `NOM`, ``, ` `, "a\nb", `file_row_number`,
		`filename`, `été`, `ÉTÉ`, `x.y`, `$1`, `?`, `*`, strings.Repeat("long", 300)}
	fields := make([]tabular.Field, len(names))
	for j, n := range names {
		fields[j] = tabular.Field{Name: n, Kind: tabular.Text}
	}
	d := random(9, fields, 300)
	snap := snapshot(t, d, 100)
	for _, n := range names {
		for _, v := range []string{`z'; DROP TABLE t`, `%_`, "a\nb", "Éaunes"} {
			ask(t, e, snap, d, query.Query{Where: query.Compare{Column: n, Op: query.Eq, Value: query.Text(v)}, Sort: []query.SortKey{{Column: n}}, Select: []string{n}})
			ask(t, e, snap, d, query.Query{Where: query.Match{Column: n, Text: v}})
		}
		f, err := e.Facet(t.Context(), snap, query.Query{}, n, 20)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plainFacet(d, query.Query{}, tabular.Field{Name: n}, 20), f); diff != "" {
			t.Errorf("%q: %s", n, diff)
		}
	}
	for _, key := range []string{"", "../x", "a/b", `a\b`} {
		bad := snap
		bad.Key = key
		if _, err := e.Rows(t.Context(), bad, query.Query{}); err == nil {
			t.Errorf("the key %q was taken", key)
		}
	}
}

// folded looks for texts with case and accents set aside.
func folded(t *testing.T, e tables.Engine) {
	fields := []tabular.Field{{Name: "titre", Kind: tabular.Text}, {Name: "n", Kind: tabular.Int}, {Name: "lieu", Kind: tabular.Text}}
	d := &data{fields: fields}
	for i, s := range []string{"Élan d’été", "ELAN D'ETE", "Cœur de ville", "Saint-Jean", "saint jean", "a\x1fb", "fin\n", ""} {
		d.rows = append(d.rows, []cell{{v: query.Text(s)}, {v: query.Int(int64(i))}, {v: query.Text("Œdipe " + s)}})
	}
	snap := snapshot(t, d)
	for text, want := range map[string]int{"élan été": 2, "COEUR": 1, "saint-jean": 2, "oedipe": 8, "ville coeur": 1, "x": 0, "...": 0, "'": 2, "e": 8} {
		p := ask(t, e, snap, d, query.Query{Text: text})
		if p.Total != int64(want) {
			t.Errorf("%q: %d rows, want %d", text, p.Total, want)
		}
	}
	for _, column := range []string{"titre", "lieu", "n"} {
		for _, text := range []string{"e", "SAINT", "fin", "a b", "ville", "4", "oe", "œ", "́"} {
			for _, start := range []bool{false, true} {
				if len(query.Fold(nil, []byte(text))) == 0 {
					continue
				}
				ask(t, e, snap, d, query.Query{Where: query.Match{Column: column, Start: start, Text: text}})
			}
		}
	}
}

// places looks for boxes and distances.
func places(t *testing.T, e tables.Engine) {
	fields := []tabular.Field{{Name: "point", Kind: tabular.Text, Geometry: "point-lonlat"}, {Name: "forme", Kind: tabular.JSON, Geometry: "geojson"}}
	d := &data{fields: fields, rows: [][]cell{
		{{v: query.Text("1.444, 43.604")}, {v: jsonValue(`{"type":"Point","coordinates":[1.444,43.604]}`)}},
		{{v: query.Text("2.35,48.85")}, {v: jsonValue(`{"type":"Polygon","coordinates":[[[1,43],[3,43],[3,45,12],[1,43]]]}`)}},
		{{v: query.Text("179.9,-17")}, {v: jsonValue(`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[-179.9,-17]}]}`)}},
		{{v: query.Text("ici")}, {v: jsonValue(`{"type":"Point","coordinates":[]}`)}},
		{{null: true}, {null: true}},
	}}
	snap := snapshot(t, d)
	for _, c := range []struct {
		where query.Expr
		want  []int64
	}{
		{query.BBox{Column: "point", West: 1, South: 43, East: 2, North: 44}, []int64{1}},
		{query.BBox{Column: "forme", West: 2, South: 44, East: 2.1, North: 44.1}, []int64{2}},
		{query.BBox{Column: "point", West: 179, South: -20, East: -179, North: 0}, []int64{3}},
		{query.BBox{Column: "forme", West: 179, South: -20, East: -179, North: 0}, []int64{3}},
		{query.Near{Column: "point", Lon: 1.45, Lat: 43.6, Metres: 1000}, []int64{1}},
		{query.Near{Column: "point", Lon: 2.35, Lat: 43.85, Metres: 555_975}, []int64{1}},
		{query.Near{Column: "point", Lon: 2.35, Lat: 43.85, Metres: 556_000}, []int64{1, 2}},
		{query.Not{Expr: query.BBox{Column: "forme", West: -180, South: -90, East: 180, North: 90}}, []int64{4, 5}},
	} {
		p, err := e.Rows(t.Context(), snap, query.Query{Where: c.where})
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, r := range p.Records {
			got = append(got, r.Number)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.where, got, c.want)
		}
	}
}

func jsonValue(s string) query.Value { return query.Value{Kind: tabular.JSON, Text: s} }

// ends are the largest and smallest values, and those that are no number.
func ends(t *testing.T, e tables.Engine) {
	fields := []tabular.Field{{Name: "f", Kind: tabular.Float}, {Name: "i", Kind: tabular.Int}, {Name: "d", Kind: tabular.Date}}
	d := &data{fields: fields}
	for _, f := range []float64{math.MaxFloat64, -math.MaxFloat64, 5e-324, math.Inf(1), math.Inf(-1), math.NaN(), 123456789012345680} {
		d.rows = append(d.rows, []cell{{v: query.Float(f)}, {v: query.Int(math.MaxInt64 - int64(len(d.rows)))}, {v: query.Value{Kind: tabular.Date, Int: int64(len(d.rows)) * 500_000}}})
	}
	snap := snapshot(t, d)
	ask(t, e, snap, d, query.Query{})
	exported(t, e, snap, d, query.Query{})
	ask(t, e, snap, d, query.Query{Sort: []query.SortKey{{Column: "i"}}})
	ask(t, e, snap, d, query.Query{Where: query.Compare{Column: "i", Op: query.Eq, Value: query.Int(math.MaxInt64 - 1)}})
	fr, err := e.Aggregate(t.Context(), snap, query.Query{Aggregates: []query.Aggregate{{Func: query.Sum, Column: "i"}}})
	if err != nil || fr.Fields[0].Kind != tabular.Float || math.Abs(fr.Columns[0].Float64[0]/6.456360425798343e19-1) > 1e-12 {
		t.Errorf("a sum past 64 bits: %v %v", fr, err)
	}
	if _, err := e.Profile(t.Context(), snap); err != nil {
		t.Error(err)
	}
}

func profile(t *testing.T, e tables.Engine) {
	d := random(10, kinds, 1000)
	snap := snapshot(t, d, 10)
	got, err := e.Profile(t.Context(), snap)
	if err != nil {
		t.Fatal(err)
	}
	for j, f := range kinds {
		c := got.Columns[j]
		want := plainFacet(d, query.Query{}, f, 1000)
		var nulls int64
		var values []query.Value
		for _, row := range d.rows {
			if row[j].null {
				nulls++
			} else {
				values = append(values, row[j].v)
			}
		}
		low, high := slices.MinFunc(values, compare), slices.MaxFunc(values, compare)
		if c.Name != f.Name || c.Kind != f.Kind || c.Nulls != nulls || c.Approximate || c.Distinct != want.Distinct {
			t.Errorf("%s: %+v", f.Name, c)
		}
		if c.Min != shown(f, cell{v: low}) || c.Max != shown(f, cell{v: high}) {
			t.Errorf("%s: from %q to %q", f.Name, c.Min, c.Max)
		}
		sum := int64(0)
		for _, b := range c.Histogram {
			sum += b.Count
		}
		if len(c.Histogram) > 0 && sum != int64(len(values)) {
			t.Errorf("%s: the histogram has %d values of %d", f.Name, sum, len(values))
		}
		if len(c.Examples) == 0 || len(c.Top) == 0 {
			t.Errorf("%s: %+v", f.Name, c)
		}
	}
	again, err := e.Profile(t.Context(), snap)
	if diff := cmp.Diff(got, again); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

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
