package tabular

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"socle/internal/errs"
)

// sampleFields has a column of each kind.
func sampleFields() []Field {
	return []Field{
		{Name: "texte"}, {Name: "entier", Kind: Int}, {Name: "réel", Kind: Float}, {Name: "vrai", Kind: Bool}, {Name: "jour", Kind: Date},
		{Name: "instant", Kind: Timestamp}, {Name: "relevé", Kind: Timestamp, Local: true}, {Name: "heure", Kind: TimeOfDay},
		{Name: "objet", Kind: JSON}, {Name: "lieu", Kind: Text, Geometry: "point-lonlat"},
	}
}

// sampleFrame makes rows of hard values: formulas, quotes, breaks, escapes.
func sampleFrame(r *rand.Rand, rows int) *Frame {
	texts := []string{"", "Muret", "=1+1", "+33 5 61", "-3", "@nom", "a;b,c\td", "dit \"oui\"", "deux\nlignes", "  espaces  ", "_x0041_", "_x000D_", "<b>&amp;</b>", "é’œ€𝄞", "'l'eau'", "0012", "1e5", "]]>", "fin "}
	fr := &Frame{Fields: sampleFields(), Rows: rows}
	for _, f := range fr.Fields {
		c := Column{Null: make([]bool, rows), Int64: make([]int64, rows), Float64: make([]float64, rows), Bytes: make([][]byte, rows)}
		for i := range rows {
			switch {
			case r.Intn(6) == 0:
				c.Null[i] = true
			case f.Kind == Text && f.Geometry == "":
				c.Bytes[i] = []byte(texts[r.Intn(len(texts))])
				c.Null[i] = len(c.Bytes[i]) == 0
			case f.Kind == Text:
				c.Bytes[i] = fmt.Appendf(nil, "%.4f,%.4f", 1+r.Float64(), 43+r.Float64())
			case f.Kind == Int:
				c.Int64[i] = r.Int63n(1<<50) - 1<<49
			case f.Kind == Float:
				c.Float64[i] = float64(r.Intn(1e6)) / 1000
			case f.Kind == Bool:
				c.Int64[i] = int64(r.Intn(2))
			case f.Kind == Date:
				c.Int64[i] = int64(r.Intn(30000))
			case f.Kind == Timestamp:
				c.Int64[i] = int64(r.Intn(2e9)) * 1e6
			case f.Kind == TimeOfDay:
				c.Int64[i] = int64(r.Intn(86400)) * 1e6
			case f.Kind == JSON:
				c.Bytes[i] = []byte(`{"a":[1,"b"]}`)
			}
		}
		fr.Columns = append(fr.Columns, c)
	}
	return fr
}

// cellsOf is what reading should give of a frame.
func cellsOf(fr *Frame) [][]string {
	var rows [][]string
	for i := range fr.Rows {
		row := make([]string, len(fr.Columns))
		for j := range fr.Columns {
			row[j] = string(appendText(nil, &fr.Fields[j], &fr.Columns[j], i))
		}
		rows = append(rows, row)
	}
	return rows
}

// open reads all cells of a file.
func readCells(t testing.TB, data []byte, o Options) (*File, [][]string) {
	t.Helper()
	f, err := Open(t.Context(), Bytes(data), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	var rows [][]string
	for b, err := range f.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, rowsOf(b)...)
	}
	return f, rows
}

func small() *Frame {
	return &Frame{
		Fields: []Field{{Name: "nom"}, {Name: "prix", Kind: Float}, {Name: "lieu", Geometry: "point-lonlat"}},
		Rows:   2,
		Columns: []Column{
			{Null: []bool{false, true}, Bytes: [][]byte{[]byte("=A1"), nil}},
			{Null: []bool{false, false}, Float64: []float64{1234.5, 1e-12}},
			{Null: []bool{false, true}, Bytes: [][]byte{[]byte("1.44,43.6"), nil}},
		},
	}
}

func write(t *testing.T, format string, o WriteOptions, frames ...*Frame) string {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(format, &out, frames[0].Fields, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, fr := range frames {
		if err := w.Write(fr); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWriteText(t *testing.T) {
	for _, c := range []struct {
		format string
		o      WriteOptions
		want   string
	}{
		{"csv", WriteOptions{}, "nom,prix,lieu\n=A1,1234.5,\"1.44,43.6\"\n,1e-12,\n"},
		{"csv", WriteOptions{Delimiter: ';', BOM: true, DecimalComma: true, CRLF: true}, "\ufeffnom;prix;lieu\r\n=A1;1234,5;1.44,43.6\r\n;1e-12;\r\n"},
		{"tsv", WriteOptions{}, "nom\tprix\tlieu\n=A1\t1234.5\t1.44,43.6\n\t1e-12\t\n"},
		{"json", WriteOptions{}, "[\n{\"nom\":\"=A1\",\"prix\":1234.5,\"lieu\":\"1.44,43.6\"},\n{\"nom\":null,\"prix\":1e-12,\"lieu\":null}\n]\n"},
		{"jsonl", WriteOptions{}, "{\"nom\":\"=A1\",\"prix\":1234.5,\"lieu\":\"1.44,43.6\"}\n{\"nom\":null,\"prix\":1e-12,\"lieu\":null}\n"},
		{"geojson", WriteOptions{}, "{\"type\":\"FeatureCollection\",\"features\":[\n{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1.44,43.6]},\"properties\":{\"nom\":\"=A1\",\"prix\":1234.5}},\n{\"type\":\"Feature\",\"geometry\":null,\"properties\":{\"nom\":null,\"prix\":1e-12}}\n]}\n"},
	} {
		if diff := cmp.Diff(c.want, write(t, c.format, c.o, small())); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.format, diff)
		}
	}
}

// TestNoFormulas: text of the data is never a formula of a workbook, whatever it
// begins with; what programs show of it is what was there.
func TestNoFormulas(t *testing.T) {
	texts := []string{"=A1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1:A9)", "\t=1", "\r=1", "\n=1", " =1", "'=1", "{=1}", "=HYPERLINK(\"http://x\")", "＝1"}
	var rows [][]string
	for _, s := range texts {
		rows = append(rows, []string{s, "1"})
	}
	frame := textFrame([]string{"=SUM(A2:A9)", "n"}, rows...)
	for format, part := range map[string]string{"xlsx": "xl/worksheets/sheet1.xml", "ods": "content.xml"} {
		data := write(t, format, WriteOptions{Sheet: "=1"}, frame)
		a, err := openArchive(Bytes([]byte(data)))
		if err != nil {
			t.Fatal(err)
		}
		text := readEntry(t, a.names[strings.ToLower(part)])
		if strings.Contains(text, "<f>") || strings.Contains(text, "<f ") || strings.Contains(text, "formula=") || !strings.Contains(text, "=A1") {
			t.Errorf("%s: %s", format, text)
		}
		if format != "xlsx" {
			continue
		}
		x, err := excelize.OpenReader(strings.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range texts {
			ref := fmt.Sprintf("A%d", i+2)
			kind, _ := x.GetCellType("=1", ref)
			formula, _ := x.GetCellFormula("=1", ref)
			value, _ := x.GetCellValue("=1", ref)
			if formula != "" || kind != excelize.CellTypeInlineString || !strings.Contains(want, "\r") && value != want {
				t.Errorf("%s: %q shown as %q, formula %q, type %v", ref, want, value, formula, kind)
			}
		}
		x.Close()
	}
}

func TestEmptyTables(t *testing.T) {
	for _, format := range []string{"csv", "xlsx", "ods", "json", "geojson"} {
		fr := small()
		fr.Rows = 0
		text := write(t, format, WriteOptions{}, fr)
		if format == "json" {
			if text != "[\n]\n" {
				t.Errorf("%q", text)
			}
			continue
		}
		if format == "geojson" {
			continue
		}
		f, rows := readCells(t, []byte(text), Options{})
		if len(f.Header) != 3 || len(rows) != 0 {
			t.Errorf("%s: %q %q", format, f.Header, rows)
		}
	}
}

func TestSheetLimits(t *testing.T) {
	fr := &Frame{Fields: []Field{{Name: "n", Kind: Int}}, Rows: 500_000}
	fr.Columns = []Column{{Null: make([]bool, fr.Rows), Int64: make([]int64, fr.Rows)}}
	for i := range fr.Columns[0].Null {
		fr.Columns[0].Null[i] = true
	}
	for _, format := range []string{"xlsx", "ods"} {
		w, err := NewWriter(format, io.Discard, fr.Fields, WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.Write(fr); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Write(fr); !errs.Is(err, errs.TooLarge) {
			t.Errorf("%s: %v", format, err)
		}
		if _, err := NewWriter(format, io.Discard, make([]Field, maxColumns+1), WriteOptions{}); !errs.Is(err, errs.TooLarge) {
			t.Errorf("%s: %v", format, err)
		}
	}
	if _, err := NewWriter("docx", io.Discard, nil, WriteOptions{}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestSheetNames(t *testing.T) {
	for in, want := range map[string]string{"": "Données", "a/b:c": "a b c", strings.Repeat("é", 40): strings.Repeat("é", 31), "'x'": "x"} {
		if got := sheetName(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	for n, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := columnLetters(n); got != want || columnOf([]byte(want+"7")) != n {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// TestConvert goes from each format to each other.
func TestConvert(t *testing.T) {
	ctx := context.Background()
	input := "code;nom;nom;\n01;=a;\"b\nc\";\n02;d;e;x\n\n03;f;g;;h\n"
	for _, format := range []string{"csv", "tsv", "json", "jsonl", "geojson", "xlsx", "ods", "parquet"} {
		f, err := Open(ctx, Bytes([]byte(input)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := Convert(ctx, f, format, &out); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if format == "geojson" {
			continue
		}
		one := 1
		_, rows := readCells(t, out.Bytes(), Options{HeaderRows: &one})
		got := fmt.Sprintf("%q", rows)
		want := `[["01" "=a" "b\nc" "" ""] ["02" "d" "e" "x" ""] ["03" "f" "g" "" "h"]]`
		if format == "csv" || format == "tsv" {
			want = `[["01" "=a" "b\nc" ""] ["02" "d" "e" "x"] ["03" "f" "g" "" "h"]]`
		}
		if got != want {
			t.Errorf("%s: %s", format, got)
		}
	}
	f, _ := Open(ctx, Bytes([]byte(input)), Options{})
	if err := Convert(ctx, f, "xls", io.Discard); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestAppendText(t *testing.T) {
	at := time.Date(2024, 2, 29, 13, 5, 9, 120000, time.UTC).UnixMicro()
	for _, c := range []struct {
		f    Field
		c    Column
		want string
	}{
		{Field{Kind: Timestamp}, Column{Int64: []int64{at}}, "2024-02-29T13:05:09.00012Z"},
		{Field{Kind: Timestamp, Local: true}, Column{Int64: []int64{at - 120}}, "2024-02-29T13:05:09"},
		{Field{Kind: Date}, Column{Int64: []int64{-1}}, "1969-12-31"},
		{Field{Kind: Float}, Column{Float64: []float64{1e20}}, "100000000000000000000"},
		{Field{Kind: Float}, Column{Float64: []float64{1e21}}, "1e+21"},
		{Field{Kind: Float}, Column{Float64: []float64{0.1}}, "0.1"},
		{Field{Kind: Bool}, Column{Int64: []int64{1}}, "true"},
		{Field{Kind: TimeOfDay}, Column{Int64: []int64{3723e6}}, "01:02:03"},
		{Field{Kind: Int}, Column{Null: []bool{true}, Int64: []int64{1}}, ""},
	} {
		if got := string(appendText(nil, &c.f, &c.c, 0)); got != c.want {
			t.Errorf("%v: %q, want %q", c.f, got, c.want)
		}
	}
}
