package tabular

import (
	"archive/zip"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"socle/internal/errs"
)

// The same workbook in three formats: a sheet of words about it, a hidden one, and
// the table: a title, two header rows with merged cells, dates, times, durations,
// values of formulas, a blank row, a note, and a range that is declared far beyond.

func sameXLSX(t testing.TB) []byte {
	data := book(t, func(x *excelize.File) {
		fill(x, "Sheet1", []any{"Ce classeur présente les relevés."}, []any{"Voir la feuille suivante."})
		x.SetSheetName("Sheet1", "Lisez-moi")
		x.NewSheet("Calculs")
		fill(x, "Calculs", []any{"a", "b", "c"}, []any{1, 2, 3}, []any{4, 5, 6}, []any{7, 8, 9})
		x.SetSheetVisible("Calculs", false)
		x.NewSheet("Relevés")
		day, clock, both, span := style(x, "dd/mm/yyyy"), style(x, "hh:mm"), style(x, "dd/mm/yyyy hh:mm"), style(x, "[h]:mm:ss")
		fill(x, "Relevés", []any{"Relevés de la commune"}, []any{nil}, []any{"Site", "Mesures", nil, "Moment", nil, nil}, []any{nil, "débit", "niveau", "jour", "heure", "durée"},
			[]any{"Pont", 1.5, nil, 45000.0, 0.5, 1.25}, []any{"Lac", 2.0, 3.25, 45000.75, 0.25, 0.5}, []any{nil}, []any{"Quai", 4.0, nil, 45002.0, 0.75, 0.125})
		x.MergeCell("Relevés", "A3", "A4")
		x.MergeCell("Relevés", "B3", "C3")
		x.MergeCell("Relevés", "D3", "F3")
		for cell, s := range map[string]int{"D5": day, "D6": both, "D8": day, "E5": clock, "E6": clock, "E8": clock, "F5": span, "F6": span, "F8": span} {
			x.SetCellStyle("Relevés", cell, cell, s)
		}
		x.SetCellStyle("Relevés", "A9", "J900", day)
	})
	// A formula with its cached value, as spreadsheet programs write it.
	return replacePart(t, data, "xl/worksheets/sheet3.xml", func(s string) string {
		return strings.Replace(strings.Replace(s, `<c r="C5"/>`, "", 1), `<c r="D5"`, `<c r="C5"><f>B5*2</f><v>3</v></c><c r="D5"`, 1)
	})
}

func style(x *excelize.File, format string) int {
	s, err := x.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		panic(err)
	}
	return s
}

func sameODS(t testing.TB) []byte {
	text := func(s string) string {
		return `<table:table-cell office:value-type="string"><text:p>` + s + `</text:p></table:table-cell>`
	}
	number := func(v string) string { return `<table:table-cell office:value-type="float" office:value="` + v + `"/>` }
	date := func(v string) string {
		return `<table:table-cell office:value-type="date" office:date-value="` + v + `"/>`
	}
	clock := func(v string) string {
		return `<table:table-cell office:value-type="time" office:time-value="` + v + `"/>`
	}
	row := func(cells ...string) string {
		return "<table:table-row>" + strings.Join(cells, "") + "</table:table-row>"
	}
	empty := "<table:table-cell/>"
	sheet := `<office:document-content><office:automatic-styles><style:style style:name="h"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:spreadsheet>` +
		`<table:table table:name="Lisez-moi">` + row(text("Ce classeur présente les relevés.")) + row(text("Voir la feuille suivante.")) + `</table:table>` +
		`<table:table table:name="Calculs" table:style-name="h">` + strings.Repeat(row(number("1"), number("2"), number("3")), 4) + `</table:table>` +
		`<table:table table:name="Relevés">` + row(text("Relevés de la commune")) + row(empty) +
		row(`<table:table-cell office:value-type="string" table:number-columns-spanned="1" table:number-rows-spanned="2"><text:p>Site</text:p></table:table-cell>`,
			`<table:table-cell office:value-type="string" table:number-columns-spanned="2" table:number-rows-spanned="1"><text:p>Mesures</text:p></table:table-cell><table:covered-table-cell/>`,
			`<table:table-cell office:value-type="string" table:number-columns-spanned="3" table:number-rows-spanned="1"><text:p>Moment</text:p></table:table-cell><table:covered-table-cell table:number-columns-repeated="2"/>`) +
		row("<table:covered-table-cell/>", text("débit"), text("niveau"), text("jour"), text("heure"), text("durée")) +
		row(text("Pont"), number("1.5"), `<table:table-cell table:formula="of:=[.B5]*2" office:value-type="float" office:value="3"><text:p>3</text:p></table:table-cell>`, date("2023-03-15"), clock("PT12H00M00S"), clock("PT30H00M00S")) +
		row(text("Lac"), number("2"), number("3.25"), date("2023-03-15T18:00:00"), clock("PT06H00M00S"), clock("PT12H00M00S")) +
		row(`<table:table-cell table:number-columns-repeated="1024"/>`) +
		row(text("Quai"), number("4"), empty, date("2023-03-17"), clock("PT18H00M00S"), clock("PT03H00M00S")) +
		`<table:table-row table:number-rows-repeated="1048568"><table:table-cell table:number-columns-repeated="1024"/></table:table-row></table:table></office:spreadsheet></office:document-content>`
	return zipOf(t, [2]string{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, [2]string{"content.xml", sheet})
}

func sameXLS() []byte {
	build := func(at [3]uint32) (*biffBook, [3]uint32) {
		b := &biffBook{}
		b.record(biffBOF, uint16(0x600), uint16(5), make([]byte, 12))
		for i, format := range []string{"dd/mm/yyyy", "hh:mm", "dd/mm/yyyy hh:mm", "[h]:mm:ss"} {
			b.record(biffFormat, uint16(164+i), uint16(len(format)), byte(0), format)
		}
		for _, id := range []uint16{0, 164, 165, 166, 167} {
			b.record(biffXF, uint16(0), id, make([]byte, 16))
		}
		latin := func(s string) (n int, wide byte, text []uint16) {
			for _, r := range s {
				text = append(text, uint16(r))
			}
			return len(text), 1, text
		}
		for i, name := range []string{"Lisez-moi", "Calculs", "Relevés"} {
			n, wide, text := latin(name)
			b.record(biffBoundSheet, at[i], uint16(i%2), byte(n), wide, text)
		}
		b.record(biffEOF)
		var begins [3]uint32
		label := func(row, column uint16, s string) {
			n, wide, text := latin(s)
			b.record(biffLabel, row, column, uint16(0), uint16(n), wide, text)
		}
		number := func(row, column, format uint16, v float64) {
			b.record(biffNumber, row, column, format, math.Float64bits(v))
		}
		begin := func(i int, rows uint32) {
			begins[i] = uint32(b.Len())
			b.record(biffBOF, uint16(0x600), uint16(16), make([]byte, 12))
			b.record(biffDimensions, uint32(0), rows, uint16(0), uint16(10), uint16(0))
		}
		begin(0, 2)
		label(0, 0, "Ce classeur présente les relevés.")
		label(1, 0, "Voir la feuille suivante.")
		b.record(biffEOF)
		begin(1, 4)
		for row := range uint16(4) {
			for column := range uint16(3) {
				number(row, column, 0, 1)
			}
		}
		b.record(biffEOF)
		begin(2, 60000)
		label(0, 0, "Relevés de la commune")
		for column, s := range []string{"Site", "Mesures", "", "Moment"} {
			if s != "" {
				label(2, uint16(column), s)
			}
		}
		for column, s := range []string{"", "débit", "niveau", "jour", "heure", "durée"} {
			if s != "" {
				label(3, uint16(column), s)
			}
		}
		value := func(row uint16, site string, flow, level, day float64, dayFormat uint16, clock, span float64) {
			label(row, 0, site)
			number(row, 1, 0, flow)
			if level > 0 && site == "Pont" {
				var cached [8]byte
				binary.LittleEndian.PutUint64(cached[:], math.Float64bits(level))
				b.record(biffFormula, row, uint16(2), uint16(0), cached[:], make([]byte, 6))
			} else if level > 0 {
				number(row, 2, 0, level)
			}
			number(row, 3, dayFormat, day)
			number(row, 4, 2, clock)
			number(row, 5, 4, span)
		}
		value(4, "Pont", 1.5, 3, 45000, 1, 0.5, 1.25)
		value(5, "Lac", 2, 3.25, 45000.75, 3, 0.25, 0.5)
		value(7, "Quai", 4, 0, 45002, 1, 0.75, 0.125)
		b.record(biffMergeCells, uint16(3), uint16(2), uint16(3), uint16(0), uint16(0), uint16(2), uint16(2), uint16(1), uint16(2), uint16(2), uint16(2), uint16(3), uint16(5))
		b.record(biffEOF)
		return b, begins
	}
	_, at := build([3]uint32{})
	b, _ := build(at)
	return biffFile(b.Bytes(), "Workbook")
}

// replacePart changes one part of an archive.
func replacePart(t testing.TB, data []byte, name string, change func(string) string) []byte {
	t.Helper()
	a, err := openArchive(Bytes(data))
	if err != nil {
		t.Fatal(err)
	}
	var parts [][2]string
	for _, f := range a.zip.File {
		text := readEntry(t, f)
		if f.Name == name {
			text = change(text)
		}
		parts = append(parts, [2]string{f.Name, text})
	}
	return zipOf(t, parts...)
}

func readEntry(t testing.TB, f *zip.File) string {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSameWorkbook(t *testing.T) {
	for format, data := range map[string][]byte{"xlsx": sameXLSX(t), "ods": sameODS(t), "xls": sameXLS()} {
		t.Run(format, func(t *testing.T) {
			f, rows := readCells(t, data, Options{})
			if diff := cmp.Diff([]string{"Site", "Mesures débit", "Mesures niveau", "Moment jour", "Moment heure", "Moment durée"}, f.Header); diff != "" {
				t.Errorf("header: %s", diff)
			}
			want := [][]string{{"Pont", "1.5", "3", "2023-03-15", "12:00:00", "30:00:00"}, {"Lac", "2", "3.25", "2023-03-15T18:00:00", "06:00:00", "12:00:00"}, {}, {"Quai", "4", "", "2023-03-17", "18:00:00", "03:00:00"}}
			if diff := cmp.Diff(want, rows); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			i := f.Info
			if i.Format != format || i.Sheet != "Relevés" || len(i.Sheets) != 3 || i.PreambleRows != 2 || i.HeaderRows != 2 {
				t.Errorf("%+v", i)
			}
			two := 0
			other, cells := readCells(t, data, Options{Sheet: "calculs", HeaderRows: &two})
			if other.Info.Sheet != "Calculs" || len(cells) != 4 {
				t.Errorf("%+v %q", other.Info, cells)
			}
			if _, err := Open(t.Context(), Bytes(data), Options{Sheet: "Absente"}); errs.As(err).Key != "tabular.unknown-sheet" {
				t.Error(err)
			}
		})
	}
}

// TestEmptyRowsXLS: the old format says how many rows it declares, too.
func TestEmptyRowsXLS(t *testing.T) {
	b := &biffBook{}
	head := func(at uint32) {
		b.Reset()
		b.record(biffBOF, uint16(0x600), uint16(5), make([]byte, 12))
		b.record(biffBoundSheet, at, uint16(0), byte(6), byte(0), "Feuil1")
		b.record(biffEOF)
	}
	head(0)
	head(uint32(b.Len()))
	b.record(biffBOF, uint16(0x600), uint16(16), make([]byte, 12))
	b.record(biffDimensions, uint32(0), uint32(65536), uint16(0), uint16(256), uint16(0))
	b.record(biffEOF)
	err := scanAll(t.Context(), Bytes(biffFile(b.Bytes(), "Workbook")), Options{})
	if e := errs.As(err); err == nil || e.Key != "tabular.empty-rows" || e.Args["Sheet"] != "Feuil1" {
		t.Errorf("%v", err)
	}
}
