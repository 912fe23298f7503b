package tablestest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/tile"
	"socle/internal/tabular"
)

// mapped are tables of the same places, written each way that a table can have.
func mapped() map[string]*data {
	pair := &data{fields: []tabular.Field{{Name: "nom"}, {Name: "lat", Kind: tabular.Float}, {Name: "lon", Kind: tabular.Float}}}
	text := &data{fields: []tabular.Field{{Name: "nom"}, {Name: "Latitude"}, {Name: "Longitude"}}}
	point := &data{fields: []tabular.Field{{Name: "nom"}, {Name: "lieu", Geometry: "point-lonlat"}}}
	shape := &data{fields: []tabular.Field{{Name: "nom"}, {Name: "lieu", Kind: tabular.JSON, Geometry: "geojson"}}}
	for i := range 600 {
		name := cell{v: query.Text(fmt.Sprintf("lieu %d", i%7))}
		if i%50 == 49 { // no place, or none on Earth
			none := cell{null: true}
			pair.rows = append(pair.rows, []cell{name, none, {v: query.Float(3)}})
			text.rows = append(text.rows, []cell{name, {v: query.Text("95,5")}, {v: query.Text("3")}})
			point.rows = append(point.rows, []cell{name, {v: query.Text("3,95.5")}})
			shape.rows = append(shape.rows, []cell{name, none})
			continue
		}
		lon, lat := float64(i%30)/8, 43+float64(i/30)/8
		pair.rows = append(pair.rows, []cell{name, {v: query.Float(lat)}, {v: query.Float(lon)}})
		text.rows = append(text.rows, []cell{name, {v: query.Text(fmt.Sprint(lat))}, {v: query.Text(fmt.Sprint(lon))}})
		point.rows = append(point.rows, []cell{name, {v: query.Text(fmt.Sprintf("%v, %v", lon, lat))}})
		shape.rows = append(shape.rows, []cell{name, {v: jsonValue(fmt.Sprintf(`{"type":"Point","coordinates":[%v,%v]}`, lon, lat))}})
	}
	return map[string]*data{"two columns": pair, "texts": text, "points": point, "shapes": shape}
}

// onMap: rows are found where they lie, filtered as on a page, whatever the way
// their place is written.
func onMap(t *testing.T, e tables.Engine) {
	ctx := t.Context()
	for name, d := range mapped() {
		snap := snapshot(t, d, 200)
		x, err := e.Extent(ctx, snap)
		if err != nil {
			t.Fatal(name, err)
		}
		if x.Rows != 588 || x.Shapes != 0 || x.Bounds[0] > 0.01 || x.Bounds[3] < 45.3 {
			t.Errorf("%s: %+v", name, x)
		}
		box, _ := tile.BoxOf(1, 43.5, 2.05, 44.05)
		for _, q := range []query.Query{{}, {Text: "lieu 3"}, {Where: query.Compare{Column: "nom", Op: query.Ne, Value: query.Text("lieu 3")}},
			{Text: "lieu", Where: query.Null{Column: "nom"}}, {Where: query.Compare{Column: "nom", Op: query.Gt, Value: query.Text("lieu 4")}, Limit: 7}} {
			var want []int64
			for _, n := range d.find(query.Query{Where: q.Where, Text: q.Text}) {
				i := int(n - 1)
				lon, lat := float64(i%30)/8, 43+float64(i/30)/8
				if i%50 != 49 && lon >= 1 && lon <= 2.05 && lat >= 43.5 && lat <= 44.05 {
					want = append(want, n)
				}
			}
			var got []int64
			for {
				m, err := e.Mapped(ctx, snap, q, box)
				if err != nil {
					t.Fatal(name, err)
				}
				if m.Total != int64(len(want)) || len(m.Shapes) != len(m.Records) {
					t.Errorf("%s %s: %d rows, want %d", name, q.Encode(), m.Total, len(want))
				}
				for i, r := range m.Records {
					got = append(got, r.Number)
					n := int(r.Number - 1)
					var p struct{ Coordinates [2]float64 }
					if err := json.Unmarshal(m.Shapes[i], &p); err != nil || p.Coordinates != [2]float64{float64(n%30) / 8, 43 + float64(n/30)/8} {
						t.Errorf("%s row %d: %s", name, r.Number, m.Shapes[i])
					}
				}
				if m.Next == 0 {
					break
				}
				q.After = m.Next
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %s: %v, want %v", name, q.Encode(), got, want)
			}
		}
		for range 2 {
			all, err1 := e.Tile(ctx, snap, query.Query{}, tile.Address{})
			some, err2 := e.Tile(ctx, snap, query.Query{Text: "lieu 3", Select: []string{"nom"}}, tile.Address{})
			none, err3 := e.Tile(ctx, snap, query.Query{Text: "ailleurs"}, tile.Address{})
			away, err4 := e.Tile(ctx, snap, query.Query{}, tile.Address{Z: 3})
			if err1 != nil || err2 != nil || err3 != nil || err4 != nil || len(all) <= len(some) || len(some) == 0 || len(none)+len(away) > 0 {
				t.Errorf("%s: tiles of %d, %d, %d, %d bytes: %v %v %v %v", name, len(all), len(some), len(none), len(away), err1, err2, err3, err4)
			}
			if err := e.Evict(ctx, snap.Key); err != nil {
				t.Fatal(err)
			}
		}
		for what, q := range map[string]query.Query{"sort": {Sort: []query.SortKey{{Column: "nom"}}}, "column": {Select: []string{"rien"}}, "limit": {Limit: 100_000}} {
			if _, err := e.Mapped(ctx, snap, q, box); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	if _, err := e.Tile(ctx, snapshot(t, random(4, kinds, 10)), query.Query{}, tile.Address{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a table without place: %v", err)
	}
}
