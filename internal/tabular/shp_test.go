package tabular

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/errs"
	"socle/internal/geo"
)

// recordOf builds the content of a record: uint32 for int, float64 for float64.
func recordOf(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch v := p.(type) {
		case int:
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		case float64:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		case []float64:
			for _, x := range v {
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
			}
		}
	}
	return b
}

var anyBox = []float64{0, 0, 0, 0}

func TestParseShape(t *testing.T) {
	outer := []float64{0, 0, 0, 4, 4, 4, 4, 0, 0, 0} // clockwise
	hole := []float64{1, 1, 2, 1, 2, 2, 1, 2, 1, 1}
	other := []float64{10, 0, 10, 1, 11, 1, 11, 0, 10, 0}
	for _, c := range []struct {
		name string
		b    []byte
		want string
		err  error
	}{
		{"nothing", recordOf(0), "", geo.ErrEmpty},
		{"point", recordOf(1, 1.5, 43.25), `{"type":"Point","coordinates":[1.5,43.25]}`, nil},
		{"point with height", recordOf(11, 1.5, 43.25, 120.0, -1e39), `{"type":"Point","coordinates":[1.5,43.25]}`, nil},
		{"point with measure", recordOf(21, 1.5, 43.25, 7.0), `{"type":"Point","coordinates":[1.5,43.25]}`, nil},
		{"point without place", recordOf(1, -1.7976931348623157e308, -1.7976931348623157e308), "", geo.ErrEmpty},
		{"point that is no number", recordOf(1, math.NaN(), 1.0), "", geo.ErrEmpty},
		{"point cut", recordOf(1, 1.5), "", geo.ErrGeometry},
		{"points", recordOf(8, anyBox, 2, []float64{1, 2, 3, 4}), `{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`, nil},
		{"points, none", recordOf(8, anyBox, 0), "", geo.ErrEmpty},
		{"points, more than there are", recordOf(8, anyBox, 1<<30, []float64{1, 2}), "", geo.ErrGeometry},
		{"line", recordOf(3, anyBox, 1, 2, 0, []float64{1, 2, 3, 4}), `{"type":"LineString","coordinates":[[1,2],[3,4]]}`, nil},
		{"lines with heights", recordOf(13, anyBox, 2, 4, 0, 2, []float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{0, 0, 1, 1, 1, 1}), `{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8]]]}`, nil},
		{"parts out of order", recordOf(3, anyBox, 2, 2, 2, 0, []float64{1, 2, 3, 4}), "", geo.ErrGeometry},
		{"parts beyond", recordOf(3, anyBox, 1, 2, 5, []float64{1, 2, 3, 4}), "", geo.ErrGeometry},
		{"too many parts", recordOf(5, anyBox, 1<<31-1, 1<<31-1), "", geo.ErrGeometry},
		{"polygon with a hole", recordOf(5, anyBox, 2, 10, 0, 5, outer, hole), `{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}`, nil},
		{"the hole first, another ring", recordOf(15, anyBox, 3, 15, 0, 5, 10, hole, other, outer), `{"type":"MultiPolygon","coordinates":[[[[10,0],[11,0],[11,1],[10,1],[10,0]]],[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]]}`, nil},
		{"the wrong way round", recordOf(5, anyBox, 1, 5, 0, hole), `{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,2],[1,1]]]}`, nil},
		{"a ring left open", recordOf(5, anyBox, 1, 3, 0, []float64{0, 0, 0, 4, 4, 4}), `{"type":"Polygon","coordinates":[[[0,0],[4,4],[0,4],[0,0]]]}`, nil},
		{"a hole in nothing", recordOf(5, anyBox, 2, 10, 0, 5, other, hole), `{"type":"MultiPolygon","coordinates":[[[[10,0],[11,0],[11,1],[10,1],[10,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]]}`, nil},
		{"patches", recordOf(31, anyBox, 1, 1, 0, 0), "", geo.ErrGeometry},
		{"a kind that is none", recordOf(2, 1.0, 1.0), "", geo.ErrGeometry},
		{"far too far", recordOf(1, 1e300, 0.0), "", geo.ErrGeometry},
		{"no bytes", nil, "", geo.ErrGeometry},
	} {
		g, err := parseShape(c.b)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.name == "a hole in nothing" { // it stands with the only outer ring
			c.want = `{"type":"Polygon","coordinates":[[[10,0],[11,0],[11,1],[10,1],[10,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}`
		}
		if err == nil {
			if got := string(geo.AppendGeoJSON(nil, g, -1)); got != c.want {
				t.Errorf("%s: %s", c.name, got)
			}
		}
	}
}

// shpOf builds a .shp of records, its header with a box.
func shpOf(box [4]float64, records ...[]byte) []byte {
	var body []byte
	for i, r := range records {
		body = binary.BigEndian.AppendUint32(body, uint32(i+1))
		body = binary.BigEndian.AppendUint32(body, uint32(len(r)/2))
		body = append(body, r...)
	}
	h := append([]byte(nil), make([]byte, 100)...)
	binary.BigEndian.PutUint32(h, 9994)
	binary.BigEndian.PutUint32(h[24:], uint32((100+len(body))/2))
	binary.LittleEndian.PutUint32(h[28:], 1000)
	binary.LittleEndian.PutUint32(h[32:], 1)
	for i, v := range box {
		binary.LittleEndian.PutUint64(h[36+8*i:], math.Float64bits(v))
	}
	return append(h, body...)
}

const (
	prj93  = `PROJCS["RGF_1993_Lambert_93",AUTHORITY["EPSG","2154"]]`
	prjUK  = `PROJCS["British_National_Grid",AUTHORITY["EPSG","27700"]]`
	prjDeg = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
)

func TestShapefile(t *testing.T) {
	degrees := string(shpOf([4]float64{1, 43, 2, 44}, recordOf(1, 1.5, 43.25), recordOf(0), recordOf(31, 1.0)))
	metres := string(shpOf([4]float64{574350, 6279650, 574350, 6279650}, recordOf(1, 574350.0, 6279650.0)))
	attributes := string(dbfOf(3, 0, []string{"NOM,C,10", "geometry,C,3"}, "Écluse   a", "deux", "trois"))
	toulouse := `{"type":"Point","coordinates":[1.4441015,43.6047618]}`
	for _, c := range []struct {
		name  string
		parts [][2]string
		o     Options
		want  string
		info  Info
	}{
		{"a layer", [][2]string{{"d/Lieux.SHP", degrees}, {"d/Lieux.dbf", attributes}, {"d/Lieux.prj", prjDeg}, {"d/Lieux.cpg", "UTF-8"}}, Options{},
			"NOM|properties.geometry|geometry\nÉcluse|a|{\"type\":\"Point\",\"coordinates\":[1.5,43.25]}\ndeux||\ntrois||\nfault: 2 3 tabular.fault.geometry\n",
			Info{Format: "shp", Sheet: "Lieux", Encoding: "utf-8"}},
		{"shapes alone, converted", [][2]string{{"l.shp", metres}, {"l.prj", prj93}}, Options{}, "geometry\n" + toulouse + "\n", Info{Format: "shp", Sheet: "l", CRS: "EPSG:2154"}},
		{"no definition, by its values", [][2]string{{"l.shp", metres}}, Options{}, "geometry\n" + toulouse + "\n", Info{Format: "shp", Sheet: "l", CRS: "EPSG:2154"}},
		{"the system asked for", [][2]string{{"l.shp", metres}, {"l.prj", prjUK}}, Options{CRS: "2154"}, "geometry\n" + toulouse + "\n", Info{Format: "shp", Sheet: "l", CRS: "EPSG:2154"}},
		{"the layer with more shapes", [][2]string{{"a.shp", metres}, {"a.prj", prj93}, {"b.shp", degrees}, {"b.prj", prjDeg}, {"x.csv", "a;b\n1;2\n"}}, Options{},
			"geometry\n{\"type\":\"Point\",\"coordinates\":[1.5,43.25]}\n\n\nfault: 2 1 tabular.fault.geometry\n", Info{Format: "shp", Sheet: "b", Sheets: []string{"a", "b"}}},
		{"the layer asked for", [][2]string{{"a.shp", metres}, {"a.prj", prj93}, {"b.shp", degrees}, {"b.prj", prjDeg}}, Options{Sheet: "A"},
			"geometry\n" + toulouse + "\n", Info{Format: "shp", Sheet: "a", Sheets: []string{"a", "b"}, CRS: "EPSG:2154"}},
		{"layers of one name", [][2]string{{"x/a.shp", metres}, {"x/a.prj", prj93}, {"y/a.shp", metres}, {"y/a.prj", prj93}}, Options{},
			"geometry\n" + toulouse + "\n", Info{Format: "shp", Sheet: "x/a", Sheets: []string{"x/a", "y/a"}, CRS: "EPSG:2154"}},
	} {
		var archive [][2]string
		archive = append(archive, c.parts...)
		f, err := Open(t.Context(), Bytes(zipOf(t, archive...)), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, cellsAndFaults(t, f)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		if c.info.Sheets == nil {
			c.info.Sheets = []string{c.info.Sheet}
		}
		c.info.Compression, c.info.Geometry, c.info.HeaderRows, c.info.Columns = "zip", "geometry", 1, len(f.Header)
		if d := cmp.Diff(c.info, f.Info); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		f.Close()
	}
}

// cellsAndFaults reads a file as text; blank records at the end are shown.
func cellsAndFaults(t *testing.T, f *File) string {
	t.Helper()
	got, faults := strings.Join(f.Header, "|")+"\n", ""
	rows := 0
	for b, err := range f.Batches(t.Context()) {
		if err != nil {
			return got + "error: " + err.Error()
		}
		for _, r := range rowsOf(b) {
			got += strings.Join(r, "|") + "\n"
		}
		for _, ft := range b.Faults {
			faults += fmt.Sprintf("fault: %d %d %s\n", rows+ft.Index, ft.Column, ft.Key)
		}
		rows += b.Len()
	}
	return got + faults
}

func TestBadShapefiles(t *testing.T) {
	metres := shpOf([4]float64{574350, 6279650, 574350, 6279650}, recordOf(1, 574350.0, 6279650.0))
	away := string(shpOf([4]float64{5e6, 5e6, 5e6, 5e6}, recordOf(1, 5e6, 5e6)))
	long := bytes.Clone(metres)
	binary.BigEndian.PutUint32(long[104:], 1<<30)
	dbf := string(dbfOf(3, 0, []string{"A,C,3"}, "un"))
	for _, c := range []struct {
		name string
		zip  [][2]string
		kind errs.Kind
		key  string
	}{
		{"a system that is not known", [][2]string{{"a.shp", string(metres)}, {"a.prj", prjUK}}, errs.Invalid, "tabular.unknown-crs"},
		{"nothing says the system", [][2]string{{"a.shp", away}}, errs.Invalid, "tabular.no-crs"},
		{"no shapes", [][2]string{{"a.shp", "not a shapefile, by its bytes; it is long enough to have a header of one hundred bytes, all the same"}, {"a.prj", prj93}}, errs.Invalid, "tabular.damaged"},
		{"cut in the header", [][2]string{{"a.shp", string(metres[:60])}, {"a.prj", prj93}}, errs.Invalid, "tabular.damaged"},
		{"cut in a shape", [][2]string{{"a.shp", string(metres[:len(metres)-5])}, {"a.prj", prj93}}, errs.Invalid, "tabular.damaged"},
		{"a shape beyond the limit", [][2]string{{"a.shp", string(long)}, {"a.prj", prj93}}, errs.TooLarge, "tabular.record-too-long"},
		{"attributes cut", [][2]string{{"a.shp", string(metres)}, {"a.prj", prj93}, {"a.dbf", dbf[:len(dbf)-3]}}, errs.Invalid, "tabular.damaged"},
		{"attributes that are none", [][2]string{{"a.shp", string(metres)}, {"a.prj", prj93}, {"a.dbf", "hello"}}, errs.Invalid, "tabular.damaged"},
		{"a bomb", [][2]string{{"a.shp", string(shpOf([4]float64{1, 1, 2, 2}, repeat(recordOf(8, anyBox, 1_000_000, make([]float64, 2_000_000)), 6)...))}, {"a.prj", prjDeg}}, errs.TooLarge, "tabular.bomb"},
	} {
		err := scanAll(t.Context(), Bytes(zipOf(t, c.zip...)), Options{})
		if e := errs.As(err); err == nil || e.Kind != c.kind || e.Key != c.key {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := scanAll(t.Context(), Bytes(metres), Options{}); errs.As(err).Key != "tabular.shp-alone" {
		t.Error(err)
	}
	f, err := Open(t.Context(), Bytes(zipOf(t, [2]string{"a.shp", string(metres)}, [2]string{"a.prj", prj93})), Options{Sheet: "b"})
	if errs.As(err).Key != "tabular.unknown-sheet" {
		t.Error(f, err)
	}
}

func repeat(b []byte, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}

// placed has a column of each kind and geometries of all kinds.
func placed() *Frame {
	shapes := []string{
		`{"type":"Point","coordinates":[1.44,43.6]}`, ``, `{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}`,
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}`, `{"type":"LineString","coordinates":[[1,43],[2,44.5]]}`,
		`{"type":"MultiPoint","coordinates":[[1,43],[2,44.5]]}`, `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[7,8]},{"type":"LineString","coordinates":[[1,43],[2,44]]}]}`,
	}
	n := len(shapes)
	fr := &Frame{Rows: n, Fields: []Field{
		{Name: "Libellé de l’œuvre"}, {Name: "Libellé de l’auteur"}, {Name: "fid", Kind: Int}, {Name: "prix", Kind: Float}, {Name: "vrai", Kind: Bool}, {Name: "jour", Kind: Date},
		{Name: "instant", Kind: Timestamp}, {Name: "relevé", Kind: Timestamp, Local: true}, {Name: "heure", Kind: TimeOfDay}, {Name: "objet", Kind: JSON}, {Name: "lieu", Kind: JSON, Geometry: "geojson"},
	}}
	for j := range fr.Fields {
		c := Column{Null: make([]bool, n), Int64: make([]int64, n), Float64: make([]float64, n), Bytes: make([][]byte, n)}
		for i := range n {
			c.Null[i] = (i+j)%5 == 4
			switch j {
			case 0, 1:
				c.Bytes[i] = []byte([]string{"été", "=1+1", "a\nb", "𝄞", "x", "y", "z"}[(i+j)%7])
			case 2:
				c.Int64[i] = int64(i*i*i*1000 - 7)
			case 3:
				c.Float64[i] = float64(i)*1.25 - 2
			case 4:
				c.Int64[i] = int64(i & 1)
			case 5:
				c.Int64[i] = int64(19000 + i)
			case 6, 7:
				c.Int64[i] = int64(1_700_000_000+i) * 1e6
			case 8:
				c.Int64[i] = int64(i) * 3600e6
			case 9:
				c.Bytes[i] = []byte(`{"a":[1,"b"]}`)
			case 10:
				c.Bytes[i], c.Null[i] = []byte(shapes[i]), shapes[i] == ""
			}
			if c.Null[i] {
				c.Int64[i], c.Float64[i], c.Bytes[i] = 0, 0, nil
			}
		}
		fr.Columns = append(fr.Columns, c)
	}
	return fr
}

// TestWriteShapefile: one layer per kind of geometry, which reads back as it was.
func TestWriteShapefile(t *testing.T) {
	fr := placed()
	text := write(t, "shp", WriteOptions{Sheet: "Œuvres d’art", TempDir: t.TempDir()}, fr)
	z, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	want := ""
	for _, k := range []string{"points", "multipoints", "lignes", "polygones"} {
		for _, e := range []string{"shp", "shx", "dbf", "prj", "cpg"} {
			want += "oeuvres_d_art_" + k + "." + e + " "
		}
	}
	if got := strings.Join(names, " ") + " "; got != want {
		t.Errorf("%s", got)
	}
	rows := cellsOf(fr)
	for layer, list := range map[string][]int{"points": {0, 1, 6}, "multipoints": {5}, "lignes": {4, 6}, "polygones": {2, 3}} {
		f, got := readCells(t, []byte(text), Options{Sheet: "oeuvres_d_art_" + layer})
		if d := cmp.Diff([]string{"Libelle_de", "Libelle__2", "fid", "prix", "vrai", "jour", "instant", "releve", "heure", "objet", "geometry"}, f.Header); d != "" {
			t.Error(d)
		}
		var wanted [][]string
		for _, i := range list {
			r := append([]string{}, rows[i]...)
			if i == 6 {
				r[10] = map[string]string{"points": `{"type":"Point","coordinates":[7,8]}`, "lignes": `{"type":"LineString","coordinates":[[1,43],[2,44]]}`}[layer]
			}
			wanted = append(wanted, r)
		}
		if d := cmp.Diff(wanted, got); d != "" {
			t.Errorf("%s: %s", layer, d)
		}
	}
}

// TestShapefileIndex: the index points at the shapes.
func TestShapefileIndex(t *testing.T) {
	fr := placed()
	text := write(t, "shp", WriteOptions{}, fr)
	z, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string) []byte {
		r, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	be := binary.BigEndian
	for _, layer := range []string{"donnees_points", "donnees_polygones"} {
		shp, shx := part(layer+".shp"), part(layer+".shx")
		if int(be.Uint32(shp[24:]))*2 != len(shp) || int(be.Uint32(shx[24:]))*2 != len(shx) {
			t.Errorf("%s: lengths %d and %d", layer, len(shp), len(shx))
		}
		for i := 100; i < len(shx); i += 8 {
			at := int(be.Uint32(shx[i:])) * 2
			if be.Uint32(shp[at:]) != uint32((i-100)/8+1) || be.Uint32(shp[at+4:]) != be.Uint32(shx[i+4:]) {
				t.Errorf("%s: record %d", layer, (i-100)/8)
			}
		}
	}
}

func TestShapefileLimits(t *testing.T) {
	fields := []Field{{Name: "lieu", Geometry: "point-lonlat"}}
	for i := range 256 {
		fields = append(fields, Field{Name: fmt.Sprint("c", i)})
	}
	if _, err := NewWriter("shp", io.Discard, fields, WriteOptions{}); !errs.Is(err, errs.TooLarge) {
		t.Error(err)
	}
	if _, err := NewWriter("shp", io.Discard, []Field{{Name: "a"}}, WriteOptions{}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	f, rows := readCells(t, []byte(write(t, "shp", WriteOptions{}, &Frame{Fields: fields[:2], Rows: 1, Columns: []Column{
		{Null: []bool{false}, Bytes: [][]byte{[]byte("1.5,43.5")}}, {Null: []bool{false}, Bytes: [][]byte{[]byte(strings.Repeat("é", 200))}},
	}})), Options{})
	if len(rows) != 1 || rows[0][0] != strings.Repeat("é", 127) || f.Info.Geometry == "" {
		t.Errorf("%q", rows)
	}
	f, rows = readCells(t, []byte(write(t, "shp", WriteOptions{}, &Frame{Fields: fields[:1], Columns: []Column{{}}})), Options{})
	if len(rows) != 0 || len(f.Header) != 2 {
		t.Errorf("%q %q", f.Header, rows)
	}
}

// FuzzSHP: a layer of any shapes and attributes is read without harm.
func FuzzSHP(f *testing.F) {
	f.Add(shpOf([4]float64{1, 43, 2, 44}, recordOf(1, 1.5, 43.25), recordOf(0)), dbfOf(3, 0, []string{"A,C,3"}, "un", "2"), prjDeg)
	f.Add(shpOf([4]float64{574350, 6279650, 574350, 6279650}, recordOf(5, anyBox, 2, 10, 0, 5, []float64{0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 1, 1, 2, 1, 2, 2, 1, 2, 1, 1})), []byte{}, prj93)
	f.Fuzz(func(t *testing.T, shp, dbf []byte, prj string) {
		parts := [][2]string{{"a.shp", string(shp)}, {"a.prj", prj}}
		if len(dbf) > 0 {
			parts = append(parts, [2]string{"a.dbf", string(dbf)})
		}
		readFuzzed(t, zipOf(t, parts...), Options{})
	})
}

// FuzzShape: any bytes of a shape are read without harm.
func FuzzShape(f *testing.F) {
	f.Add(recordOf(15, anyBox, 1, 3, 0, []float64{0, 0, 0, 4, 4, 4}, []float64{0, 0, 1, 1, 1}))
	f.Add(recordOf(3, anyBox, 1, 2, 0, []float64{1, 2, 3, 4}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if g, err := parseShape(b); err == nil {
			if _, err := geo.ParseGeoJSON(geo.AppendGeoJSON(nil, g, -1)); err != nil {
				t.Fatalf("%v: %v", g, err)
			}
		}
	})
}
