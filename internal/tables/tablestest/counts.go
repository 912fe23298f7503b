package tablestest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

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
		{Group: []query.Group{{Column: "instant", Unit: query.Hourly}, {Column: "local", Unit: query.Hour}}, Aggregates: all[:1]},
		{Group: []query.Group{{Column: "jour", Unit: query.Weekday}, {Column: "jour", Unit: query.MonthOfYear}}, Aggregates: all[:1]},
		{Group: []query.Group{{Column: "instant", Unit: query.Weekday}, {Column: "instant", Unit: query.DayOfMonth}}, Aggregates: all[:1]},
		{Group: []query.Group{{Column: "instant", Unit: query.Minute}, {Column: "instant", Unit: query.Second}}, Aggregates: all[:1]},
		{Group: []query.Group{{Column: "voix", Step: 2.5}}, Aggregates: all[:1]},
		{Group: []query.Group{{Column: "montant", Step: 0.5}}, Aggregates: all[:1]},
		{Group: []query.Group{{Column: "montant", Bounds: []float64{math.Inf(-1), 0, 2, math.Inf(1)}}}, Aggregates: all[:1]},
		{Group: []query.Group{{Column: "voix", Bounds: []float64{-3, 1, 42}}}, Aggregates: all[:1]},
		{Group: []query.Group{{Column: "commune"}}, Aggregates: []query.Aggregate{{Func: query.Percentile, Column: "voix", At: 0}, {Func: query.Percentile, Column: "voix", At: 25},
			{Func: query.Percentile, Column: "montant", At: 50}, {Func: query.Percentile, Column: "montant", At: 100}}},
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
			_, c := d.groupOf(d.rows[n-1], g)
			key = append(key, c)
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
			f, _ := d.groupOf(d.rows[0], g)
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
	case a.Func == query.Percentile:
		at := float64(a.At) / 100 * float64(n-1)
		low := int(at)
		x, y := float(values[low]), float(values[min(low+1, n-1)])
		return number(x + (y-x)*(at-float64(low)))
	case a.Func == query.Median:
		return number((float(values[(n-1)/2]) + float(values[n/2])) / 2)
	case a.Func == query.Min:
		return shown(d.fields[j], cell{v: values[0]})
	}
	return shown(d.fields[j], cell{v: values[len(values)-1]})
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
