package tabular

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// textFormats are read to where they are cut: a line less is no damage.
var textFormats = map[string]bool{"csv": true, "tsv": true, "fixed": true, "jsonl": true}

// fileOf is a good file of a format that is read.
func fileOf(t testing.TB, f Format) []byte {
	t.Helper()
	switch f.Name {
	case "xls":
		return biffFile(xlsBook(false), "Workbook")
	case "fixed":
		var out bytes.Buffer
		out.WriteString("CODE   COMMUNE            POP\n")
		for i := range 60 {
			fmt.Fprintf(&out, "%-5d  %-15s  %5d\n", 31000+i, strings.Repeat("ab", 1+i%5), i*37)
		}
		return out.Bytes()
	case "dbf":
		return dbfOf(3, 0, []string{"CODE,C,5", "NOM,C,20"}, "31395Muret", "31033Auterive", "31424Pinsaguel")
	}
	frames := sampleTables()["all kinds"]
	if f.Places {
		frames = sampleTables()["coordinates"]
		for range 6 { // more than a header
			frames = append(frames, frames[0])
		}
	}
	data, err := writeAll(f.Name, frames)
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return data
}

// told checks that an error is one for people, in both languages, with what to do.
func told(t *testing.T, err error) {
	t.Helper()
	e := errs.As(err)
	if e.Kind != errs.Invalid && e.Kind != errs.TooLarge {
		t.Errorf("%v", err)
		return
	}
	for _, l := range i18n.Langs {
		for _, key := range []string{e.Key, e.Hint} {
			if s := i18n.T(l, key, e.Args); key == "" || strings.HasPrefix(s, "[") || strings.Contains(s, "{{") || strings.Contains(s, "<no value>") {
				t.Errorf("%s %q: %s", l, key, s)
			}
		}
	}
}

// within fails the test when do takes longer than a person waits, or much memory.
func within(t *testing.T, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("a minute and not done")
	}
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapInuse) - int64(before.HeapInuse); used > 700<<20 {
		t.Errorf("%d MB held", used>>20)
	}
}

// TestHostile: every format that is read, cut, damaged, misnamed, packed, locked.
func TestHostile(t *testing.T) {
	for _, f := range Formats {
		if !f.Read {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			good := fileOf(t, f)
			options := Options{Name: "table" + f.Extensions[0], TempDir: t.TempDir()}
			if err := scanAll(t.Context(), Bytes(good), options); err != nil {
				t.Fatalf("good file: %v", err)
			}
			t.Run("truncated", func(t *testing.T) {
				for _, share := range []int{10, 33, 50, 90, 99} {
					cut := good[:len(good)*share/100]
					err := scanAll(t.Context(), Bytes(cut), options)
					if err == nil && !textFormats[f.Name] {
						t.Errorf("cut at %d %%: no error", share)
					}
					if err != nil {
						told(t, err)
					}
				}
			})
			t.Run("damaged", func(t *testing.T) {
				r := rand.New(rand.NewSource(3))
				for range 25 {
					broken := bytes.Clone(good)
					for range 1 + r.Intn(20) {
						broken[r.Intn(len(broken))] = byte(r.Intn(256))
					}
					if err := scanAll(t.Context(), Bytes(broken), options); err != nil {
						told(t, err)
					}
				}
			})
			t.Run("misnamed", func(t *testing.T) {
				for _, name := range []string{"table.csv", "table.xlsx", "table.json", "table", "table.pdf"} {
					if f.Name == "dbf" && name == "table.pdf" {
						continue
					}
					o := Options{Name: name, TempDir: t.TempDir()}
					file, err := Open(t.Context(), Bytes(good), o)
					if err != nil {
						t.Errorf("%s: %v", name, err)
						continue
					}
					if want := strings.Replace(f.Name, "tsv", "csv", 1); file.Info.Format != want {
						t.Errorf("%s: read as %s", name, file.Info.Format)
					}
					file.Close()
				}
			})
			t.Run("packed", func(t *testing.T) {
				if f.Name == "shp" {
					return // an archive itself
				}
				if err := scanAll(t.Context(), Bytes(gz(good)), Options{Name: options.Name + ".gz"}); err != nil {
					t.Errorf("gzip: %v", err)
				}
				inside := zipOf(t, [2]string{"dossier/" + options.Name, string(good)})
				if err := scanAll(t.Context(), Bytes(inside), Options{Name: "a.zip"}); err != nil {
					t.Errorf("zip: %v", err)
				}
			})
			t.Run("locked", func(t *testing.T) {
				err := scanAll(t.Context(), Bytes(lockedZip(t, "table"+f.Extensions[0], good)), Options{Name: "a.zip"})
				if e := errs.As(err); err == nil || e.Key != "tabular.encrypted" && f.Name != "shp" {
					t.Errorf("%v", err)
				}
				told(t, err)
			})
		})
	}
}

// lockedZip is an archive whose entry is marked as encrypted.
func lockedZip(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, Flags: 1, CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// emptyRows gives an XML of many empty rows without holding it.
func emptyRowsXLSX(t *testing.T, n int) []byte {
	var sheet strings.Builder
	sheet.WriteString("<worksheet><sheetData>")
	for i := range n {
		fmt.Fprintf(&sheet, `<row r="%d" s="1"/>`, i+1)
	}
	sheet.WriteString("</sheetData></worksheet>")
	return sheetXLSX(t, sheet.String())
}

// TestBombs: what is small and would grow is refused, in time.
func TestBombs(t *testing.T) {
	strings300 := func(to io.Writer) {
		io.WriteString(to, "<sst>")
		one := "<si><t>" + strings.Repeat("a", 1<<20) + "</t></si>"
		for range 300 {
			io.WriteString(to, one)
		}
		io.WriteString(to, "</sst>")
	}
	big := func(name string, write func(io.Writer)) []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for _, p := range [][2]string{{"[Content_Types].xml", xlsxTypes}, {"_rels/.rels", xlsxRels}, {"xl/workbook.xml", xlsxBook("Feuil1")}, {"xl/styles.xml", xlsxStyles},
			{"xl/_rels/workbook.xml.rels", strings.Replace(xlsxBookRels, "</Relationships>", `<Relationship Id="rId9" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`, 1)},
			{"xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c></row></sheetData></worksheet>"}} {
			w, _ := z.Create(p[0])
			io.WriteString(w, p[1])
		}
		w, _ := z.Create(name)
		write(w)
		z.Close()
		return out.Bytes()
	}
	ods := func(content string) []byte {
		return zipOf(t, [2]string{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, [2]string{"content.xml", content})
	}
	entities := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "` + strings.Repeat("x", 1000) + `">` + strings.Repeat(`<!ENTITY b "&a;&a;&a;&a;&a;&a;">`, 10) + `]>`
	deep := strings.Repeat("<MultiGeometry>", 500_000)
	locked := book(t, func(x *excelize.File) { fill(x, "Sheet1", []any{"a"}, []any{1}) }, excelize.Options{Password: "x"})
	for _, c := range []struct {
		name, key string
		data      []byte
	}{
		{"shared strings", "tabular.bomb", big("xl/sharedStrings.xml", strings300)},
		{"repeated cells", "tabular.bomb", ods(`<office:spreadsheet><table:table table:name="a"><table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16000" office:value-type="float" office:value="1"/></table:table-row></table:table></office:spreadsheet>`)},
		{"entities of KML", "tabular.entities", []byte(entities + "<kml><Placemark><name>&b;</name></Placemark></kml>")},
		{"entities of GPX", "tabular.entities", []byte(entities + `<gpx><wpt lat="1" lon="2"><name>&b;</name></wpt></gpx>`)},
		{"deep KML", "tabular.record-too-long", []byte("<kml><Placemark>" + deep + "</Placemark></kml>")},
		{"packed KML", "tabular.bomb", zipOf(t, [2]string{"doc.kml", "<kml><Document>" + strings.Repeat(" ", 100<<20) + "</Document></kml>"})},
		{"deep JSON", "tabular.bad-json", []byte(strings.Repeat("[", 200_000))},
		{"zip in zip in zip", "tabular.nested", zipOf(t, [2]string{"a.zip.csv", string(zipOf(t, [2]string{"b.zip", string(zipOf(t, [2]string{"c.csv", "a;b"}))}))})},
		{"locked workbook in an archive", "tabular.encrypted", zipOf(t, [2]string{"a.xlsx", string(locked)})},
		{"empty rows of XLSX", "tabular.empty-rows", emptyRowsXLSX(t, 1_048_576)},
		{"empty rows of ODS", "tabular.empty-rows", ods(`<office:spreadsheet><table:table table:name="Feuil1"><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table></office:spreadsheet>`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			within(t, func() {
				err := scanAll(t.Context(), Bytes(c.data), Options{TempDir: os.TempDir()})
				e := errs.As(err)
				if err == nil || e.Key != c.key {
					t.Errorf("%v, want %s", err, c.key)
					return
				}
				told(t, err)
				if c.key == "tabular.empty-rows" {
					if s := i18n.T(i18n.English, e.Key, e.Args); !strings.Contains(s, "Feuil1") || !strings.Contains(s, "1,048,576") {
						t.Error(s)
					}
				}
			})
		})
	}
}
