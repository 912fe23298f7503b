package tabular

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
	"socle/internal/tabular/sqlitefile"
)

// gpkgPart is a table of a file built for a test; values are nil, int, float64,
// string or []byte.
type gpkgPart struct {
	sql  string
	rows [][]any
}

// sqliteOf builds an SQLite file of tables named in their statements.
func sqliteOf(t testing.TB, parts ...gpkgPart) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := sqlitefile.Create(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		w.Begin(strings.Fields(p.sql)[2], p.sql)
		for i, r := range p.rows {
			var values []sqlitefile.Value
			for _, v := range r {
				switch v := v.(type) {
				case nil:
					values = append(values, sqlitefile.Value{})
				case int:
					values = append(values, sqliteInt(int64(v)))
				case float64:
					values = append(values, sqlitefile.Value{Kind: sqlitefile.Float, Float: v})
				case string:
					values = append(values, sqliteText(v))
				case []byte:
					values = append(values, sqlitefile.Value{Kind: sqlitefile.Blob, Bytes: v})
				}
			}
			if err := w.Insert(int64(i+1), values); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(gpkgID, gpkgVersion); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// standard makes the tables that list the others: name, kind of data, column of
// geometry, system.
func standard(tables ...[]any) []gpkgPart {
	contents := gpkgPart{sql: "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, srs_id INTEGER)"}
	columns := gpkgPart{sql: "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER)"}
	for _, t := range tables {
		contents.rows = append(contents.rows, []any{t[0], t[1], 0})
		if t[2] != "" {
			columns.rows = append(columns.rows, []any{t[0], t[2], t[3]})
		}
	}
	return []gpkgPart{contents, columns, {"CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER, definition TEXT)", [][]any{
		{"", -1, "NONE", -1, "undefined"}, {"", 0, "NONE", 0, "undefined"}, {"", 4326, "EPSG", 4326, prjDeg}, {"", 2154, "epsg", 2154, "?"}, {"", 100001, "me", 7, strings.Replace(prj93, `"EPSG","2154"`, `"x","1"`, 1)},
		{"", 100002, "me", 8, `PROJCS["CC43",AUTHORITY["EPSG","3943"]]`}, {"", 27700, "EPSG", 27700, prjUK},
	}}}
}

// blob is a geometry with a header of these flags and this envelope.
func blob(flags byte, envelope int, g orb.Geometry) []byte {
	return geo.AppendWKB(append([]byte{'G', 'P', 0, flags, 1, 2, 3, 4}, make([]byte, envelope)...), g)
}

func TestGeoPackage(t *testing.T) {
	here := orb.Point{574350, 6279650}
	toulouse := `{"type":"Point","coordinates":[1.4441015,43.6047618]}`
	all := append(standard([]any{"notes", "attributes", "", 0}, []any{"lieux", "features", "geom", 2154}, []any{"images", "tiles", "", 0}, []any{"absent", "features", "g", 0}, []any{"degres", "features", "g", 4326}),
		gpkgPart{"CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)", [][]any{{nil, "é"}}},
		gpkgPart{"CREATE TABLE images (a)", nil},
		gpkgPart{"CREATE TABLE degres (ogc_fid INTEGER PRIMARY KEY, g BLOB)", [][]any{{nil, blob(1, 0, orb.Point{1.5, 43.25})}}},
		gpkgPart{"CREATE TABLE lieux (fid INTEGER PRIMARY KEY, nom TEXT, oui BOOLEAN, prix REAL, vu DATETIME, photo BLOB, geom POINT, geometry TEXT)", [][]any{
			{nil, "a", 1, 1.5, "2024-02-29T12:00:00.000Z", []byte("xyz"), blob(1, 0, here), "g"},
			{nil, "b", 0, nil, "2024-02-29T12:00:00.250Z", nil, blob(1|1<<1, 32, here), nil},
			{nil, "c\xff", nil, 2, nil, nil, blob(1|2<<1, 48, here), nil},
			{nil, "d", nil, nil, nil, nil, blob(4<<1, 64, here), nil},
			{nil, "empty", nil, nil, nil, nil, blob(0x11, 0, here), nil},
			{nil, "null", nil, nil, nil, nil, nil, nil},
			{nil, "extended", nil, nil, nil, nil, blob(0x21, 0, here), nil},
			{nil, "no envelope", nil, nil, nil, nil, blob(5<<1, 0, here), nil},
			{nil, "text", nil, nil, nil, nil, "POINT(1 2)", nil},
			{nil, "short", nil, nil, nil, nil, []byte("GP"), nil},
			{nil, "off", nil, nil, nil, nil, blob(1, 0, orb.Point{1e14, 1e14}), nil},
		}})
	data := sqliteOf(t, all...)
	list := []string{"lieux", "degres", "notes"}
	for _, c := range []struct {
		name, sheet, want string
		info              Info
	}{
		{"the first of features", "", "nom|oui|prix|vu|photo|properties.geometry|geometry\n" +
			"a|true|1.5|2024-02-29T12:00:00Z||g|" + toulouse + "\nb|false||2024-02-29T12:00:00.250Z|||" + toulouse + "\nc\ufffd||2||||" + toulouse + "\nd||||||" + toulouse + "\n" +
			"empty||||||\nnull||||||\nextended||||||\nno envelope||||||\ntext||||||\nshort||||||\noff||||||\n" +
			"fault: 2 1 tabular.fault.encoding\nfault: 6 7 tabular.fault.geometry\nfault: 7 7 tabular.fault.geometry\nfault: 8 7 tabular.fault.geometry\nfault: 9 7 tabular.fault.geometry\nfault: 10 7 tabular.fault.position\n",
			Info{Sheet: "lieux", CRS: "EPSG:2154", Geometry: "geometry"}},
		{"attributes", "Notes", "id|note\n1|é\n", Info{Sheet: "notes"}},
		{"degrees", "degres", "geometry\n{\"type\":\"Point\",\"coordinates\":[1.5,43.25]}\n", Info{Sheet: "degres", Geometry: "geometry"}},
	} {
		for _, packed := range []bool{false, true} {
			in := data
			c.info.Compression = ""
			if packed {
				in = zipOf(t, [2]string{"x.GPKG", string(data)})
				c.info.Compression = "zip"
			}
			f, err := Open(t.Context(), Bytes(in), Options{Sheet: c.sheet})
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if d := cmp.Diff(c.want, cellsAndFaults(t, f)); d != "" {
				t.Errorf("%s: %s", c.name, d)
			}
			c.info.Format, c.info.Encoding, c.info.Sheets, c.info.HeaderRows, c.info.Columns = "gpkg", "utf-8", list, 1, len(f.Header)
			if d := cmp.Diff(c.info, f.Info); d != "" {
				t.Errorf("%s: %s", c.name, d)
			}
			f.Close()
		}
	}
	f, _ := readCells(t, data, Options{})
	if len(f.Faults) != 1 || f.Faults[0].Key != "tabular.fault.blob" || f.Faults[0].Args["Column"] != "photo" {
		t.Errorf("%v", f.Faults)
	}
}

// TestGeoPackageSystems: how the system of a table is found, and when it is not.
func TestGeoPackageSystems(t *testing.T) {
	for _, c := range []struct {
		name  string
		srs   int
		at    orb.Point
		asked string
		want  string // the system, or the key of an error
	}{
		{"by its number", 2154, orb.Point{574350, 6279650}, "", "EPSG:2154"},
		{"by its definition", 100002, orb.Point{1574350, 2279650}, "", "EPSG:3943"},
		{"undefined, by the values", 0, orb.Point{574350, 6279650}, "", "EPSG:2154"},
		{"not listed, degrees", 9, orb.Point{1.4, 43.6}, "", ""},
		{"asked for", -1, orb.Point{574350, 1828000}, "EPSG:27572", "EPSG:27572"},
		{"undefined, anything", -1, orb.Point{5e6, 5e6}, "", "tabular.no-crs"},
		{"not known", 27700, orb.Point{400000, 400000}, "", "tabular.unknown-crs"},
		{"a definition that says nothing", 100001, orb.Point{400000, 400000}, "", "tabular.unknown-crs"},
		{"asked for, not known", 2154, orb.Point{1, 1}, "EPSG:27700", "tabular.unknown-crs"},
	} {
		data := sqliteOf(t, append(standard([]any{"t", "features", "g", c.srs}), gpkgPart{"CREATE TABLE t (fid INTEGER PRIMARY KEY, g POINT)", [][]any{{nil, nil}, {nil, blob(1, 0, c.at)}}})...)
		f, err := Open(t.Context(), Bytes(data), Options{CRS: c.asked})
		var got string
		if err != nil {
			got = errs.As(err).Key
		} else {
			got = f.Info.CRS
			f.Close()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestBadGeoPackages(t *testing.T) {
	var many [][]any
	for i := range 2000 {
		many = append(many, []any{nil, strings.Repeat("x", i%300), blob(1, 0, orb.Point{1, 43})})
	}
	good := sqliteOf(t, append(standard([]any{"t", "features", "g", 4326}), gpkgPart{"CREATE TABLE t (fid INTEGER PRIMARY KEY, s TEXT, g POINT)", many})...)
	broken := bytes.Clone(good)
	for i := 4096; i < 8192; i++ {
		broken[i] ^= 0x5a
	}
	for _, c := range []struct {
		name string
		data []byte
		key  string
	}{
		{"a database of another kind", sqliteOf(t, gpkgPart{"CREATE TABLE t (a)", nil}), "tabular.sqlite"},
		{"nothing but images", sqliteOf(t, append(standard([]any{"t", "tiles", "", 0}), gpkgPart{"CREATE TABLE t (a)", nil})...), "tabular.gpkg-empty"},
		{"cut in the header", good[:60], "tabular.damaged"},
		{"cut", good[:len(good)/2], "tabular.damaged"},
		{"damaged", broken, "tabular.damaged"},
		{"a list without its columns", sqliteOf(t, gpkgPart{"CREATE TABLE gpkg_contents (a)", nil}), "tabular.damaged"},
		{"cut, packed", gz(good[:len(good)/2]), "tabular.damaged"},
	} {
		if err := scanAll(t.Context(), Bytes(c.data), Options{}); err == nil || errs.As(err).Key != c.key || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestWriteGeoPackage: what is written reads back as it was.
func TestWriteGeoPackage(t *testing.T) {
	fr := placed()
	for _, n := range []int{1, 3, 400} { // frames: more than a page, more than a level
		frames := make([]*Frame, n)
		for i := range frames {
			frames[i] = fr
		}
		text := write(t, "gpkg", WriteOptions{Sheet: "Œuvres d’art", TempDir: t.TempDir()}, frames...)
		f, got := readCells(t, []byte(text), Options{})
		var want [][]string
		for range n {
			want = append(want, cellsOf(fr)...)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%d: %s", n, d)
		}
		header := []string{}
		for _, field := range fr.Fields[:10] {
			header = append(header, field.Name)
		}
		if d := cmp.Diff(append(header, "geometry"), f.Header); d != "" {
			t.Error(d)
		}
		if f.Info.Sheet != "oeuvres_d_art" {
			t.Errorf("%+v", f.Info)
		}
	}
	f, rows := readCells(t, []byte(write(t, "gpkg", WriteOptions{}, &Frame{Fields: []Field{{Name: ""}, {Name: "A"}, {Name: "a"}}, Rows: 1, Columns: []Column{
		{Null: []bool{false}, Bytes: [][]byte{[]byte("x")}}, {Null: []bool{true}, Bytes: [][]byte{nil}}, {Null: []bool{false}, Bytes: [][]byte{[]byte("z\xff")}},
	}})), Options{})
	if d := cmp.Diff([]string{"colonne_1", "A", "a_2"}, f.Header); d != "" || f.Info.Geometry != "" || fmt.Sprintf("%q", rows) != `[["x" "" "z�"]]` {
		t.Errorf("%s %+v %q", d, f.Info, rows)
	}
	if _, err := NewWriter("gpkg", nil, make([]Field, 2000), WriteOptions{}); !errs.Is(err, errs.TooLarge) {
		t.Error(err)
	}
}

// TestProjectedGeoJSON: a member crs, before or after the features, or values that
// are no degrees.
func TestProjectedGeoJSON(t *testing.T) {
	feature := `{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[574350,6279650]}},{"type":"Feature","properties":{"a":2},"geometry":null},{"type":"Feature","properties":{"a":3}},{"type":"Feature","properties":{"a":4},"geometry":{"type":"Point","coordinates":["?"]}}`
	crs := `"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}}`
	want := "a|geometry\n1|{\"type\":\"Point\",\"coordinates\":[1.4441015,43.6047618]}\n2|\n3|\n4|\nfault: 3 2 tabular.fault.geometry\n"
	for name, text := range map[string]string{
		"before": `{"type":"FeatureCollection",` + crs + `,"features":[` + feature + `]}`,
		"after":  `{"type":"FeatureCollection","features":[` + feature + `],"x":[{}],` + crs + `}`,
		"values": `{"type":"FeatureCollection","features":[` + feature + `]}`,
	} {
		f, err := Open(t.Context(), Bytes([]byte(text)), Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(want, cellsAndFaults(t, f)); d != "" || f.Info.CRS != "EPSG:2154" {
			t.Errorf("%s: %s %+v", name, d, f.Info)
		}
	}
	for text, key := range map[string]string{
		`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:27700"}},"features":[` + feature + `]}`:                                                   "tabular.unknown-crs",
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[5000000,5000000]}}]}`:                             "tabular.no-crs",
		`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:4171"}},"features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]}}]}`: "",
	} {
		f, err := Open(t.Context(), Bytes([]byte(text)), Options{})
		if key == "" {
			if err != nil || f.Info.CRS != "" {
				t.Errorf("%s: %v", text, err)
			}
		} else if errs.As(err).Key != key {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzGeoPackage: geometries and their headers, and files damaged anywhere.
func FuzzGeoPackage(f *testing.F) {
	f.Add(blob(1, 0, orb.Point{1, 43}), uint(0), byte(0))
	f.Add(blob(3, 32, orb.LineString{{1, 43}, {2, 44}}), uint(5000), byte(13))
	f.Fuzz(func(t *testing.T, g []byte, at uint, c byte) {
		if len(g) > 1<<16 {
			return
		}
		data := sqliteOf(t, append(standard([]any{"t", "features", "g", 2154}), gpkgPart{"CREATE TABLE t (fid INTEGER PRIMARY KEY, s TEXT, g POINT)", [][]any{{nil, "x", g}}})...)
		if at > 0 {
			data[at%uint(len(data))] = c
		}
		readFuzzed(t, data, Options{})
	})
}
