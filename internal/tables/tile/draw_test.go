package tile_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"socle/internal/errs"
	"socle/internal/tables/tile"
	"socle/internal/tabular"
)

// drawn is a tile as a reader of the specification sees it.
type drawn struct {
	rows     map[uint64]mark
	clusters []mark
}

type mark struct {
	kind   uint64 // 1 points, 2 lines, 3 surfaces
	paths  [][][2]int64
	values map[string]any
}

// fields reads a message of protocol buffers.
func fields(t *testing.T, b []byte, give func(number int, v uint64, data []byte)) {
	t.Helper()
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			t.Fatal("a key is cut")
		}
		b = b[n:]
		switch key & 7 {
		case 0:
			v, n := binary.Uvarint(b)
			b = b[n:]
			give(int(key>>3), v, nil)
		case 1:
			give(int(key>>3), binary.LittleEndian.Uint64(b), nil)
			b = b[8:]
		case 2:
			size, n := binary.Uvarint(b)
			give(int(key>>3), 0, b[n:n+int(size)])
			b = b[n+int(size):]
		default:
			t.Fatalf("wire type %d", key&7)
		}
	}
}

func varints(b []byte) (out []uint64) {
	for len(b) > 0 {
		v, n := binary.Uvarint(b)
		out, b = append(out, v), b[n:]
	}
	return out
}

func zigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// read decodes a tile.
func read(t *testing.T, data []byte) drawn {
	t.Helper()
	d := drawn{rows: map[uint64]mark{}}
	fields(t, data, func(number int, _ uint64, layer []byte) {
		var name string
		var keys []string
		var values []any
		var features [][]byte
		var extent, version uint64
		fields(t, layer, func(number int, v uint64, data []byte) {
			switch number {
			case 1:
				name = string(data)
			case 2:
				features = append(features, data)
			case 3:
				keys = append(keys, string(data))
			case 4:
				fields(t, data, func(number int, v uint64, data []byte) {
					switch number {
					case 1:
						values = append(values, string(data))
					case 3:
						values = append(values, math.Float64frombits(v))
					case 5:
						values = append(values, v)
					case 6:
						values = append(values, zigzag(v))
					case 7:
						values = append(values, v == 1)
					}
				})
			case 5:
				extent = v
			case 15:
				version = v
			}
		})
		if number != 3 || version != 2 || extent != tile.Extent {
			t.Fatalf("layer %q of field %d, version %d, extent %d", name, number, version, extent)
		}
		for _, f := range features {
			m := mark{values: map[string]any{}}
			var id uint64
			var tags, commands []uint64
			fields(t, f, func(number int, v uint64, data []byte) {
				switch number {
				case 1:
					id = v
				case 2:
					tags = varints(data)
				case 3:
					m.kind = v
				case 4:
					commands = varints(data)
				}
			})
			for i := 0; i < len(tags); i += 2 {
				m.values[keys[tags[i]]] = values[tags[i+1]]
			}
			m.paths = trace(t, commands)
			if name == tile.RowsLayer {
				d.rows[id] = m
			} else {
				d.clusters = append(d.clusters, m)
			}
		}
	})
	return d
}

func trace(t *testing.T, commands []uint64) (paths [][][2]int64) {
	t.Helper()
	var x, y int64
	for i := 0; i < len(commands); {
		id, count := commands[i]&7, int(commands[i]>>3)
		i++
		if id == 7 {
			continue
		}
		for range count {
			x, y = x+zigzag(commands[i]), y+zigzag(commands[i+1])
			i += 2
			if id == 1 {
				paths = append(paths, nil)
			}
			last := len(paths) - 1
			paths[last] = append(paths[last], [2]int64{x, y})
		}
	}
	return paths
}

// points draws a tile of points in degrees with a name each.
func source(t *testing.T, place tile.Place, fields []tabular.Field, rows [][][]byte, box func(row int) (w, s, e, n float64)) tile.Source {
	t.Helper()
	var entries []tile.Entry
	for i := range rows {
		if b, ok := tile.BoxOf(box(i)); ok {
			entries = append(entries, tile.Entry{Box: b, Row: uint32(i + 1)})
		}
	}
	path := filepath.Join(t.TempDir(), "map.bin")
	if err := tile.Write(path, entries); err != nil {
		t.Fatal(err)
	}
	x, err := tile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	if x.Count != int64(len(entries)) {
		t.Fatalf("%d entries, not %d", x.Count, len(entries))
	}
	return tile.Source{Index: x, Place: place, Fields: fields, Records: func(numbers []int64, columns []int) ([][][]byte, error) {
		out := make([][][]byte, len(numbers))
		for i, n := range numbers {
			for _, j := range columns {
				out[i] = append(out[i], rows[n-1][j])
			}
		}
		return out, nil
	}}
}

func draw(t *testing.T, s tile.Source, a tile.Address) drawn {
	t.Helper()
	data, err := tile.Draw(context.Background(), s, a)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > tile.MaxBytes {
		t.Errorf("%v weighs %d bytes", a, len(data))
	}
	again, err := tile.Draw(context.Background(), s, a)
	if err != nil || !slices.Equal(data, again) {
		t.Errorf("%v is not the same twice: %v", a, err)
	}
	return read(t, data)
}

var twoColumns = []tabular.Field{{Name: "longitude", Kind: tabular.Float}, {Name: "latitude", Kind: tabular.Float}, {Name: "nom"}, {Name: "voix", Kind: tabular.Int}}

func scattered(t *testing.T, n int, seed uint64) (tile.Source, [][2]float64) {
	r := rand.New(rand.NewPCG(seed, 1))
	rows := make([][][]byte, n)
	at := make([][2]float64, n)
	for i := range rows {
		at[i] = [2]float64{1 + r.Float64(), 43 + r.Float64()}
		rows[i] = [][]byte{fmt.Append(nil, at[i][0]), fmt.Append(nil, at[i][1]), fmt.Appendf(nil, "Équipement %d", i), fmt.Append(nil, i)}
	}
	place, ok := tile.Find(twoColumns)
	if !ok || place.Column != -1 || place.Lon != 0 || place.Lat != 1 {
		t.Fatal(place, ok)
	}
	s := source(t, place, twoColumns, rows, func(i int) (w, s, e, n float64) { return at[i][0], at[i][1], at[i][0], at[i][1] })
	s.Select = []int{2, 3}
	return s, at
}

// TestEveryRowIsDrawn: on the tiles of a level, less their margins, each row is
// drawn once, by itself or in a cluster; only where it lies.
func TestEveryRowIsDrawn(t *testing.T) {
	for _, n := range []int{1, 1500, 30_000} {
		s, _ := scattered(t, n, uint64(n))
		for _, z := range []uint32{0, 5, 8, 10} {
			total := 0
			for x := range uint32(1) << z {
				if z > 5 && (x < 128<<(z-8) || x > 132<<(z-8)) {
					continue
				}
				for y := range uint32(1) << z {
					if z > 5 && (y < 90<<(z-8) || y > 96<<(z-8)) {
						continue
					}
					d := draw(t, s, tile.Address{Z: z, X: x, Y: y})
					inside := func(m mark) bool {
						p := m.paths[0][0]
						return p[0] >= 0 && p[0] < tile.Extent && p[1] >= 0 && p[1] < tile.Extent
					}
					for id, m := range d.rows {
						if m.values["nom"] != fmt.Sprintf("Équipement %d", id-1) || m.values["voix"] != int64(id-1) {
							t.Fatalf("row %d: %v", id, m.values)
						}
						if inside(m) {
							total++
						}
					}
					for _, m := range d.clusters {
						if inside(m) {
							total += int(m.values["count"].(uint64))
						}
					}
				}
			}
			// Rounding may carry a mark across an edge.
			if off := math.Abs(float64(total - n)); off > float64(n)/100 {
				t.Errorf("%d rows, level %d: %d drawn", n, z, total)
			}
		}
	}
}

// TestFilter: what is not kept is not drawn.
func TestFilter(t *testing.T) {
	s, _ := scattered(t, 5000, 3)
	s.Keep = func(row uint32) bool { return row%1000 == 7 }
	if d := draw(t, s, tile.Address{}); len(d.rows) != 5 || len(d.clusters) != 0 {
		t.Errorf("%d rows, %d clusters", len(d.rows), len(d.clusters))
	}
}

// TestHeavy: long texts are cut, then columns left out, and the tile stays light.
func TestHeavy(t *testing.T) {
	s, _ := scattered(t, 1900, 4)
	records := s.Records
	s.Records = func(numbers []int64, columns []int) ([][][]byte, error) {
		rows, err := records(numbers, columns)
		for i := range rows {
			rows[i][0] = fmt.Appendf(nil, "%d%s", numbers[i], slices.Repeat([]byte("é"), 400))
		}
		return rows, err
	}
	wide := slices.Repeat([]int{2}, 12)
	s.Select = wide
	d := draw(t, s, tile.Address{})
	if len(d.rows) != 1900 {
		t.Errorf("%d rows", len(d.rows))
	}
	for _, m := range d.rows {
		if text, ok := m.values["nom"].(string); ok && len(text) > 124 {
			t.Fatalf("a text of %d bytes", len(text))
		}
	}
}

// TestShapes: surfaces are wound as tiles want, holes kept, what is too small is
// counted, lines cut at the margin, points of collections drawn.
func TestShapes(t *testing.T) {
	texts := []string{
		`{"type":"Polygon","coordinates":[[[-90,-60],[-90,60],[90,60],[90,-60],[-90,-60]],[[-10,-10],[10,-10],[10,10],[-10,10],[-10,-10]]]}`,
		`{"type":"LineString","coordinates":[[-170,0],[0,0.0001],[170,0]]}`,
		`{"type":"Polygon","coordinates":[[[2,48],[2.01,48],[2.01,48.01],[2,48]]]}`,
		`{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[2.02,48],[2.03,48],[2.03,48.01],[2.02,48]]]}}`,
		`{"type":"GeometryCollection","geometries":[{"type":"LineString","coordinates":[[0,40],[60,40]]},{"type":"MultiPoint","coordinates":[[5,5],[50,50]]}]}`,
	}
	boxes := [][4]float64{{-90, -60, 90, 60}, {-170, 0, 170, 0.0001}, {2, 48, 2.01, 48.01}, {2.02, 48, 2.03, 48.01}, {0, 5, 60, 50}}
	shapes := []tabular.Field{{Name: "forme", Kind: tabular.JSON, Geometry: "geojson"}}
	place, _ := tile.Find(shapes)
	var rows [][][]byte
	for _, text := range texts {
		rows = append(rows, [][]byte{[]byte(text)})
	}
	s := source(t, place, shapes, rows, func(i int) (w, s, e, n float64) { return boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3] })
	d := draw(t, s, tile.Address{})
	if len(d.rows) != 3 || len(d.clusters) != 1 || d.clusters[0].values["count"] != uint64(2) {
		t.Fatalf("%d rows, clusters %v", len(d.rows), d.clusters)
	}
	hole := d.rows[1]
	if hole.kind != 3 || len(hole.paths) != 2 || area(hole.paths[0]) <= 0 || area(hole.paths[1]) >= 0 {
		t.Errorf("the surface: %+v", hole)
	}
	if l := d.rows[2]; l.kind != 2 || len(l.paths) != 1 || len(l.paths[0]) != 2 {
		t.Errorf("the line is not simplified: %+v", l)
	}
	deep := draw(t, s, tile.Address{Z: 12, X: 2070, Y: 1423})
	if len(deep.rows) < 2 || len(deep.clusters) != 0 || deep.rows[3].kind != 3 {
		t.Errorf("at level 12: %+v", deep)
	}
	for _, p := range deep.rows[1].paths[0] {
		if p[0] < -64 || p[0] > 4160 || p[1] < -64 || p[1] > 4160 {
			t.Errorf("%v is far from the tile", p)
		}
	}
}

// area is twice the signed area, in the tile's own axes (y downwards).
func area(ring [][2]int64) (a int64) {
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		a += p[0]*q[1] - q[0]*p[1]
	}
	return a
}

// TestIndex: a search finds what a plain reading finds, and damage is told.
func TestIndex(t *testing.T) {
	s, at := scattered(t, 20_000, 9)
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		w, so := 1+r.Float64(), 43+r.Float64()
		e, n := w+r.Float64()/10, so+r.Float64()/10
		box, _ := tile.BoxOf(w, so, e, n)
		found := map[uint32]bool{}
		if err := s.Index.Search(t.Context(), box, func(e tile.Entry) { found[e.Row] = true }); err != nil {
			t.Fatal(err)
		}
		for i, p := range at {
			in := p[0] > w && p[0] < e && p[1] > so && p[1] < n
			if in && !found[uint32(i+1)] {
				t.Fatalf("row %d at %v is not found in %v", i+1, p, [4]float64{w, so, e, n})
			}
			if near := p[0] > w-1e-6 && p[0] < e+1e-6 && p[1] > so-1e-6 && p[1] < n+1e-6; !near && found[uint32(i+1)] {
				t.Fatalf("row %d at %v is found in %v", i+1, p, [4]float64{w, so, e, n})
			}
		}
	}
	if b := s.Index.Bounds(); math.Abs(b[0]-1) > 0.01 || math.Abs(b[3]-44) > 0.01 {
		t.Errorf("bounds %v", b)
	}
}

func TestIndexDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map.bin")
	var entries []tile.Entry
	for i := range uint32(2000) {
		entries = append(entries, tile.Entry{Box: tile.Box{West: i, East: i, North: i, South: i}, Row: i + 1})
	}
	for _, at := range []int64{0, 9, 30, 41, 50, 44 + 4*20 + 100, -1} {
		if err := tile.Write(path, entries); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if at < 0 {
			data = data[:len(data)-1]
		} else {
			data[at] ^= 0x10
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		x, err := tile.Open(path)
		if err == nil {
			err = x.Search(t.Context(), tile.Box{East: math.MaxUint32, South: math.MaxUint32}, func(tile.Entry) {})
			x.Close()
		}
		if err == nil {
			t.Errorf("byte %d altered: not seen", at)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for _, bad := range [][3]string{{"23", "0", "0"}, {"-1", "0", "0"}, {"a", "0", "0"}, {"2", "4", "0"}, {"2", "0", "4"}, {"2", "1.5", "0"}, {"2", "0", ""}, {"99999999999", "0", "0"}} {
		if _, err := tile.ParseAddress(bad[0], bad[1], bad[2]); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if a, err := tile.ParseAddress("22", "4194303", "0"); err != nil || a != (tile.Address{Z: 22, X: 4194303}) {
		t.Error(a, err)
	}
}

func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		fields []tabular.Field
		want   tile.Place
		ok     bool
	}{
		"shapes first": {[]tabular.Field{{Name: "p", Geometry: "point-lonlat"}, {Name: "g", Kind: tabular.JSON, Geometry: "geojson"}}, tile.Place{Column: 1, Way: "geojson", Lon: -1, Lat: -1}, true},
		"surer names":  {[]tabular.Field{{Name: "x", Kind: tabular.Float}, {Name: "Y", Kind: tabular.Float}, {Name: "Lon WGS84"}, {Name: "LATITUDE"}}, tile.Place{Column: -1, Lon: 2, Lat: 3}, true},
		"half":         {[]tabular.Field{{Name: "longitude", Kind: tabular.Float}}, tile.Place{}, false},
		"wrong kind":   {[]tabular.Field{{Name: "longitude", Kind: tabular.Date}, {Name: "latitude", Kind: tabular.Float}}, tile.Place{}, false},
	} {
		if got, ok := tile.Find(c.fields); got != c.want || ok != c.ok {
			t.Errorf("%s: %v %t", name, got, ok)
		}
	}
}

// TestCache: what was put is found, also by the next process, until it is too old;
// what was altered is not.
func TestCache(t *testing.T) {
	dir := t.TempDir()
	open := func() *tile.Cache {
		c, err := tile.OpenCache(dir, 1)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	key := func(i int) (k tile.Key) {
		binary.LittleEndian.PutUint64(k[:], uint64(i))
		return k
	}
	data := func(i int) []byte { return slices.Repeat([]byte{byte(i)}, 100_000) }
	c := open()
	for i := range 100 {
		if err := c.Put(key(i), data(i)); err != nil {
			t.Fatal(err)
		}
	}
	check := func() {
		for i := range 100 {
			got, ok := c.Get(key(i))
			if want := i >= 40; ok != want && (i < 20 || i >= 40) {
				t.Errorf("tile %d: kept %t", i, ok)
			}
			if ok && !slices.Equal(got, data(i)) {
				t.Errorf("tile %d is another", i)
			}
		}
	}
	check()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open()
	check()
	if err := c.Put(key(1000), nil); err != nil {
		t.Fatal(err)
	}
	if got, ok := c.Get(key(1000)); !ok || len(got) != 0 {
		t.Error("an empty tile is not kept", ok)
	}
	c.Close()
	names, _ := filepath.Glob(filepath.Join(dir, "*.tiles"))
	if len(names) > 8 {
		t.Errorf("%d segments", len(names))
	}
	for _, n := range names {
		b, _ := os.ReadFile(n)
		for i := 50; i < len(b); i += 90_000 {
			b[i]++
		}
		if err := os.WriteFile(n, b[:len(b)-10], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c = open()
	defer c.Close()
	for i := range 100 {
		if got, ok := c.Get(key(i)); ok && !slices.Equal(got, data(i)) {
			t.Fatalf("tile %d was altered and is given", i)
		}
	}
}
