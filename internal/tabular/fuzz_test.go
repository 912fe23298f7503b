package tabular

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/tools/txtar"

	"socle/internal/errs"
)

// readFuzzed reads whatever the bytes are; errors must be clear ones.
func readFuzzed(t *testing.T, data []byte, o Options) (records string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	f, err := Open(ctx, Bytes(data), o)
	if err == nil {
		defer f.Close()
		var out bytes.Buffer
		if err = Convert(ctx, f, "csv", &out); err == nil {
			records = out.String()
			err = Convert(ctx, f, "json", io.Discard)
		}
	}
	if err != nil && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooLarge) {
		t.Fatalf("%v", err)
	}
	return records
}

// FuzzDelimited: any text is read without harm, the same in small chunks, and
// what is written of it reads back as itself.
func FuzzDelimited(f *testing.F) {
	files, _ := filepath.Glob("testdata/read/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ar.Files[0].Data, byte(len(ar.Comment)))
	}
	f.Fuzz(func(t *testing.T, data []byte, how byte) {
		if len(data) > 1<<16 {
			return
		}
		text := readFuzzed(t, data, Options{})
		d := dialect{delim: []byte{",;\t|"[how&3]}, quote: "\"'"[how>>2&1], cr: how&8 != 0, pad: how&16 != 0}
		d.escape = d.quote
		if how&32 != 0 {
			d.escape = '\\'
		}
		cs, _ := charsetNamed("utf-8")
		file := &File{firstLine: 1}
		feeds := func(chunk int) func() feed {
			return func() feed {
				return &splitter{src: Bytes(data), size: int64(len(data)), dialect: d, charset: cs, width: int(how >> 6), want: chunk, chunk: chunk, tail: 5}
			}
		}
		if a, b := byLine(drain(t, file, feeds(1<<20), 1)), byLine(drain(t, file, feeds(1+int(how)), 2)); a != b {
			t.Fatalf("one chunk:\n%s\nseveral:\n%s", a, b)
		}
		if text == "" {
			return
		}
		want := read(t, comma(), 0, text)
		again := ""
		for _, r := range want {
			var line []byte
			for j, c := range r {
				if j > 0 {
					line = append(line, ',')
				}
				line = quoteCSV(line, []byte(c), ',', len(r) == 1)
			}
			again += string(line) + "\n"
		}
		if again != text {
			t.Fatalf("%q became %q", text, again)
		}
	})
}

// FuzzWorkbook: workbooks and archives, as they are and with one part replaced.
func FuzzWorkbook(f *testing.F) {
	x := book(f, func(x *excelize.File) { fill(x, "Sheet1", []any{"a", "b"}, []any{1, 2.5}, []any{"x", true}) })
	f.Add(x, byte(0))
	f.Add(biffFile(xlsBook(false), "Workbook"), byte(0))
	f.Add(xlsBook(false), byte(1))
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="3"><c r="B3"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells></worksheet>`), byte(2))
	f.Add([]byte(`<table:table table:name="a"><table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="1"/><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>`), byte(3))
	f.Fuzz(func(t *testing.T, data []byte, how byte) {
		switch how & 3 {
		case 1:
			if len(data) < 60_000 {
				data = biffFile(data, "Workbook")
			}
		case 2:
			data = sheetXLSX(t, string(data))
		case 3:
			data = zipOf(t, [2]string{"mimetype", "x"}, [2]string{"content.xml", string(data)})
		}
		readFuzzed(t, data, Options{TempDir: os.TempDir()})
	})
}

// FuzzJSON: JSON of every shape.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`[{"a":1,"b":{"c":[1]}},{"a":null}]`, `{"results":[{"a":"é\n"}]}`, "{\"a\":1}\n{\"b\":2}\n", `[[1,2],[3,4]]`, `[1,"a"]`, `{"a":1}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":{"a":1}}]}`, `{"result":{"records":[{"a":1}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { readFuzzed(t, data, Options{Format: "json"}) })
}

// FuzzPlaces: KML and GPX, as they are and as the body of a document.
func FuzzPlaces(f *testing.F) {
	files, _ := filepath.Glob("testdata/read/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if name := filepath.Base(file); name[:3] == "kml" || name[:3] == "gpx" {
			f.Add(ar.Files[0].Data, byte(0))
		}
	}
	f.Add([]byte(`<Placemark><name>a</name><Point><coordinates>1,2</coordinates></Point></Placemark>`), byte(1))
	f.Add([]byte(`<trk><trkseg><trkpt lat="1" lon="2"/></trkseg></trk>`), byte(2))
	f.Fuzz(func(t *testing.T, data []byte, how byte) {
		o := Options{}
		switch how & 3 {
		case 1:
			data = []byte("<kml><Document>" + string(data) + "</Document></kml>")
		case 2:
			data = []byte("<gpx>" + string(data) + "</gpx>")
		case 3:
			data, o.Sheet = []byte("<gpx>"+string(data)+"</gpx>"), gpxPoints
		}
		readFuzzed(t, data, o)
	})
}

// FuzzFixed: text in columns, recognised and asked for.
func FuzzFixed(f *testing.F) {
	f.Add([]byte("a    b\n1    2\n3    4\n5    6\n7    8\n"), false)
	f.Add([]byte("N°   NOM\n---  ---\n1    été\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, asked bool) {
		o := Options{}
		if asked {
			o.Format = "fixed"
		}
		readFuzzed(t, data, o)
	})
}

// FuzzBinary: files that are not text, good ones to begin with.
func FuzzBinary(f *testing.F) {
	for _, format := range Formats {
		switch format.Name {
		case "parquet", "geoparquet", "dbf", "shp", "xls", "kmz":
			f.Add(fileOf(f, format))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		readFuzzed(t, data, Options{TempDir: os.TempDir()})
	})
}
