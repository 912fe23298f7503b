package tablestest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

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

// partless is a snapshot without any part.
func partless(t *testing.T, e tables.Engine) {
	d := random(1, kinds, 0)
	snap := tables.NewSnapshot(kinds, nil)
	for _, q := range []query.Query{{}, {Text: "roques"}, {Sort: []query.SortKey{{Column: "voix"}}}} {
		ask(t, e, snap, d, q)
		exported(t, e, snap, d, q)
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
		{query.Inside{Column: "point", Area: area("1 43, 2 43, 2 44, 1 43")}, nil},
		{query.Inside{Column: "point", Area: area("1 43, 2 43, 2 44, 1 44, 1 43")}, []int64{1}},
		{query.Inside{Column: "forme", Area: area("1 43, 3 43, 3 45, 1 45, 1 43")}, []int64{1, 2}},
		{query.Inside{Column: "forme", Area: area("2 43, 3 43, 3 45, 2 45, 2 43")}, nil},
		{query.Inside{Column: "forme", Area: area("2 43.5, 4 43.5, 4 44, 2 44, 2 43.5"), Meets: true}, []int64{2}},
		{query.Inside{Column: "forme", Area: area("1 44, 1.5 44, 1.5 44.5, 1 44.5, 1 44"), Meets: true}, nil}, // in the shape's box, beside the shape
		{query.Inside{Column: "forme", Area: area("0 42, 4 42, 4 46, 0 46, 0 42"), Meets: true}, []int64{1, 2}},
		{query.Not{Expr: query.Inside{Column: "forme", Area: area("-180 -90, 180 -90, 180 90, -180 90, -180 -90")}}, []int64{4, 5}},
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

// area is a polygon of a ring of corners.
func area(ring string) orb.MultiPolygon {
	a, ok := query.ParseArea("POLYGON((" + ring + "))")
	if !ok {
		panic("no area: " + ring)
	}
	return a
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
