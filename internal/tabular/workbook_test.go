package tabular

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"socle/internal/errs"
)

// book makes a workbook with excelize.
func book(t testing.TB, build func(*excelize.File), o ...excelize.Options) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	build(x)
	var out bytes.Buffer
	if err := x.Write(&out, o...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func fill(x *excelize.File, sheet string, rows ...[]any) {
	for i, r := range rows {
		x.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &r)
	}
}

func TestXLSXValues(t *testing.T) {
	data := book(t, func(x *excelize.File) {
		fill(x, "Sheet1",
			[]any{"nom", "jour", "instant", "heure", "taux", "nombre", "vrai", "formule", "durée"},
			[]any{"Muret", 45000, 45000.75, 0.5, 0.255, 1234.5, true, nil, 1.25},
			[]any{"a_x000D_b", 60.0, 61.0, 0.000011574, 1e-7, 1234567890123456.0, false, nil, 0.1},
			[]any{"  été ", 1.0, 45000, 45000.25, 0, 0.1 + 0.2, true, nil, nil},
		)
		x.SetCellFormula("Sheet1", "H2", "1+1")
		x.SetCellValue("Sheet1", "H2", 2)
		x.SetCellFormula("Sheet1", "H3", "NA()")
		for column, format := range map[string]string{"B": "dd/mm/yyyy", "C": "dd/mm/yy hh:mm", "D": "hh:mm:ss", "E": "0.0%", "I": "[h]:mm"} {
			style, err := x.NewStyle(&excelize.Style{CustomNumFmt: &format})
			if err != nil {
				t.Fatal(err)
			}
			x.SetCellStyle("Sheet1", column+"2", column+"4", style)
		}
	})
	f, rows := readCells(t, data, Options{})
	want := [][]string{
		{"Muret", "2023-03-15", "2023-03-15T18:00:00", "12:00:00", "0.255", "1234.5", "true", "2", "30:00:00"},
		{"a\rb", "1900-02-28", "1900-03-01T00:00:00", "00:00:01", "0.0000001", "1234567890123460", "false", "", "02:24:00"},
		{"  été ", "1900-01-01", "2023-03-15T00:00:00", "06:00:00", "0", "0.3", "true", "", ""},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if f.Info.Format != "xlsx" || f.Info.Sheet != "Sheet1" || f.Info.HeaderRows != 1 || f.Info.Delimiter != "" || f.Info.Encoding != "" {
		t.Errorf("%+v", f.Info)
	}
}

// TestXLSX1904 reads days counted from 1904.
func TestXLSX1904(t *testing.T) {
	yes := true
	data := book(t, func(x *excelize.File) {
		x.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes})
		fill(x, "Sheet1", []any{"nom", "jour"}, []any{"a", nil}, []any{"b", 0.5})
		x.SetCellValue("Sheet1", "B2", 43538)
		style, _ := x.NewStyle(&excelize.Style{NumFmt: 14})
		x.SetCellStyle("Sheet1", "B2", "B2", style)
	})
	_, rows := readCells(t, data, Options{})
	if diff := cmp.Diff([][]string{{"a", "2023-03-15"}, {"b", "0.5"}}, rows); diff != "" {
		t.Error(diff)
	}
}

func TestSheetChoice(t *testing.T) {
	data := book(t, func(x *excelize.File) {
		x.SetSheetName("Sheet1", "Lisez-moi")
		fill(x, "Lisez-moi", []any{"Comment remplir ce fichier"}, []any{"Une ligne par arbre."}, []any{"Voir la feuille Données."})
		x.NewSheet("Listes")
		fill(x, "Listes", []any{"essence", "état", "code"}, []any{"chêne", "bon", 1}, []any{"hêtre", "moyen", 2})
		x.NewSheet("Brouillon")
		fill(x, "Brouillon", []any{"a", "b", "c"}, []any{1, 2, 3}, []any{4, 5, 6})
		x.SetSheetVisible("Brouillon", false)
		x.NewSheet("Vide")
		x.NewSheet("Arbres")
		fill(x, "Arbres", []any{"numéro", "essence", "hauteur"}, []any{1, "chêne", 12.5}, []any{2, "hêtre", 9})
	})
	f, rows := readCells(t, data, Options{})
	if f.Info.Sheet != "Arbres" || len(rows) != 2 {
		t.Errorf("%q %q", f.Info.Sheet, rows)
	}
	if diff := cmp.Diff([]string{"Lisez-moi", "Listes", "Brouillon", "Vide", "Arbres"}, f.Info.Sheets); diff != "" {
		t.Error(diff)
	}
	f, _ = readCells(t, data, Options{Sheet: "listes"})
	if f.Info.Sheet != "Listes" || f.Header[0] != "essence" {
		t.Errorf("%q %q", f.Info.Sheet, f.Header)
	}
	for sheet, key := range map[string]string{"Vide": "tabular.empty-sheet", "Absente": "tabular.unknown-sheet"} {
		_, err := Open(t.Context(), Bytes(data), Options{Sheet: sheet})
		if errs.As(err).Key != key || errs.As(err).Args["Sheet"] != sheet {
			t.Errorf("%s: %v", sheet, err)
		}
	}
}

// TestSheetLayout: titles, an empty column, merged groups, a blank row, notes.
func TestSheetLayout(t *testing.T) {
	data := book(t, func(x *excelize.File) {
		fill(x, "Sheet1",
			[]any{nil, "Logements de la commune"},
			[]any{},
			[]any{nil, "quartier", "Logements", nil, "date"},
			[]any{nil, nil, "occupés", "vacants", nil},
			[]any{nil, "Nord", 10, 2, "2024-01-01"},
			[]any{nil, "Sud", 20, 3, "2024-01-02"},
			[]any{},
			[]any{nil, "Est", 30, nil, "2024-01-03"},
			[]any{},
			[]any{nil, "Source : relevés de la commune"},
		)
		x.MergeCell("Sheet1", "C3", "D3")
		x.MergeCell("Sheet1", "B3", "B4")
		x.MergeCell("Sheet1", "B1", "E1")
		x.SetCellStyle("Sheet1", "A1", "Z500", 0)
	})
	f, rows := readCells(t, data, Options{})
	if diff := cmp.Diff([]string{"quartier", "Logements occupés", "Logements vacants", "date"}, f.Header); diff != "" {
		t.Error(diff)
	}
	want := [][]string{{"Nord", "10", "2", "2024-01-01"}, {"Sud", "20", "3", "2024-01-02"}, {}, {"Est", "30", "", "2024-01-03"}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	i := f.Info
	if i.PreambleRows != 2 || i.HeaderRows != 2 || i.FootnoteRows != 2 || i.FirstColumn != 1 || i.Columns != 4 {
		t.Errorf("%+v", i)
	}
	for b := range f.Batches(t.Context()) {
		if p := b.Position(); p.Row != 2 || p.Line != 5 || b.Line(3) != 3 {
			t.Errorf("%+v, line %d", p, b.Line(3))
		}
	}
}

// TestWrittenXLSX: another program reads what is written.
func TestWrittenXLSX(t *testing.T) {
	fr := sampleFrame(rand.New(rand.NewSource(7)), 30)
	x, err := excelize.OpenReader(strings.NewReader(write(t, "xlsx", WriteOptions{Sheet: "Relevés"}, fr)))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	panes, err := x.GetPanes("Relevés")
	if err != nil || !panes.Freeze && panes.YSplit != 1 {
		t.Errorf("%+v %v", panes, err)
	}
	for i := range fr.Rows {
		for j, f := range fr.Fields {
			ref, _ := excelize.CoordinatesToCellName(j+1, i+2)
			got, err := x.GetCellValue("Relevés", ref)
			if err != nil {
				t.Fatal(err)
			}
			want := string(appendText(nil, &f, &fr.Columns[j], i))
			switch {
			case f.Kind == Bool:
				want = strings.ToUpper(want)
			case f.Kind == Timestamp && f.Local:
				want = strings.Replace(want, "T", " ", 1)
			case f.Kind == Float || strings.Contains(want, "_x"):
				continue
			}
			if got != want {
				t.Errorf("%s (%s): %q, want %q", ref, f.Name, got, want)
			}
		}
	}
}

// zipOf packs parts.
func zipOf(t testing.TB, parts ...[2]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range parts {
		w, err := z.Create(p[0])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, p[1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sheetXLSX is a workbook of one sheet given as XML.
func sheetXLSX(t testing.TB, sheet string) []byte {
	return zipOf(t,
		[2]string{"[Content_Types].xml", xlsxTypes}, [2]string{"_rels/.rels", xlsxRels}, [2]string{"xl/workbook.xml", xlsxBook("Feuil1")},
		[2]string{"xl/_rels/workbook.xml.rels", xlsxBookRels}, [2]string{"xl/styles.xml", xlsxStyles}, [2]string{"xl/worksheets/sheet1.xml", sheet})
}

// TestOddXLSX reads sheets as programs write them: without references, with
// prefixes, comments, rich text, errors, cells far away.
func TestOddXLSX(t *testing.T) {
	for _, c := range []struct {
		name, sheet string
		want        [][]string
	}{
		{"no references", `<worksheet><sheetData><row><c t="inlineStr"><is><t>a</t></is></c><c t="inlineStr"><is><t>b</t></is></c></row><row><c><v>1</v></c><c/></row></sheetData></worksheet>`, [][]string{{"1", ""}}},
		{"prefixes, comments, CDATA", `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "z">]><x:worksheet><!-- <x:row> --><x:sheetData><x:row r="1"><x:c r="A1" t="str"><x:v>a</x:v></x:c><x:c r="B1" t="str"><x:v>b</x:v></x:c></x:row><x:row r="2"><x:c r="A2" t="str"><x:v><![CDATA[<&>]]></x:v></x:c><x:c r="B2" t="str"><x:v>&lt;&#233;&#x20AC;&e;</x:v></x:c></x:row></x:sheetData></x:worksheet>`, [][]string{{"<&>", "<é€&e;"}}},
		{"rich text, phonetics, errors", `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row><row r="2"><c r="A2" t="inlineStr"><is><r><t>gras</t></r><r><t xml:space="preserve"> et maigre</t></r><rPh><t>non</t></rPh></is></c><c r="B2" t="e"><f>NA()</f><v>#N/A</v></c></row></sheetData></worksheet>`, [][]string{{"gras et maigre", "#N/A"}}},
		{"numbers", `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row><row r="2"><c r="A2"><v>1.2000000000000002</v></c><c r="B2"><v>1.5E+3</v></c></row><row r="3"><c r="A3"><v>-0.0</v></c><c r="B3"><v>12345678901234567890</v></c></row></sheetData></worksheet>`, [][]string{{"1.2", "1500"}, {"0", "12345678901234600000"}}},
		{"a cell far away", `<worksheet><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row><row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row><row r="4"><c r="A4" s="1"/><c r="CV4"><v>9</v></c></row><row r="90000"><c r="XFD90000" s="3"/></row></sheetData></worksheet>`,
			[][]string{{"1", "2"}, {}, append(make([]string, 99), "9")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, rows := readCells(t, sheetXLSX(t, c.sheet), Options{})
			if diff := cmp.Diff(c.want, rows); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if diff := cmp.Diff([]string{"a", "b"}, f.Header); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestODS(t *testing.T) {
	content := `<office:document-content><office:automatic-styles><style:style style:name="h"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>
<table:table table:name="Cachée" table:style-name="h"><table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>
<table:table table:name="Données"><table:table-column table:number-columns-repeated="16384"/>
<table:table-row><table:table-cell office:value-type="string"><text:p>nom</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>jour</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>heure</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>prix</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>vrai</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>a<text:s text:c="2"/>b</text:p><text:p>c  d<text:tab/>e</text:p><office:annotation><text:p>note</text:p></office:annotation></table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-02-29"><text:p>29/02/24</text:p></table:table-cell><table:table-cell office:value-type="time" office:time-value="PT09H05M00S"><text:p>09:05</text:p></table:table-cell><table:table-cell office:value-type="currency" office:value="1234.50"><text:p>1 234,50 €</text:p></table:table-cell><table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>VRAI</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>k</text:p></table:table-cell><table:table-cell/><table:table-cell office:value-type="percentage" office:value="0.25"><text:p>25 %</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16380"/></table:table-row>
<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
<table:table-row><table:table-cell office:value-type="date" office:date-value="2024-02-29T10:11:12"><text:p>x</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-02-29T00:00:00"/><table:covered-table-cell office:value-type="string"><text:p>sous</text:p></table:covered-table-cell><table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"><text:p>2</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>`
	data := zipOf(t, [2]string{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, [2]string{"content.xml", content})
	f, rows := readCells(t, data, Options{})
	want := [][]string{
		{"a  b\nc d\te", "2024-02-29", "09:05:00", "1234.5", "true"},
		{"k", "k", "", "0.25", ""}, {"k", "k", "", "0.25", ""}, {}, {}, {},
		{"2024-02-29T10:11:12", "2024-02-29", "", "2", ""},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if f.Info.Sheet != "Données" || len(f.Info.Sheets) != 2 || f.Info.Format != "ods" {
		t.Errorf("%+v", f.Info)
	}
}

// biffFile packs a BIFF8 stream in an OLE document ([MS-CFB]).
func biffFile(stream []byte, name string) []byte {
	const sector = 512
	for len(stream) < 8*sector || len(stream)%sector != 0 {
		stream = append(stream, 0)
	}
	sectors := len(stream) / sector
	le := binary.LittleEndian
	head := make([]byte, sector)
	copy(head, []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1})
	le.PutUint16(head[24:], 0x3E)
	le.PutUint16(head[26:], 3)
	le.PutUint16(head[28:], 0xFFFE)
	le.PutUint16(head[30:], 9)
	le.PutUint16(head[32:], 6)
	le.PutUint32(head[44:], 1)          // sectors of the allocation table
	le.PutUint32(head[48:], 1)          // first sector of the directory
	le.PutUint32(head[56:], 4096)       // smaller streams would be elsewhere
	le.PutUint32(head[60:], 0xFFFFFFFE) // of which there is none
	le.PutUint32(head[68:], 0xFFFFFFFE)
	for i := 76; i < sector; i += 4 {
		le.PutUint32(head[i:], 0xFFFFFFFF)
	}
	le.PutUint32(head[76:], 0)
	table := bytes.Repeat([]byte{0xFF}, sector)
	le.PutUint32(table[0:], 0xFFFFFFFD)
	le.PutUint32(table[4:], 0xFFFFFFFE)
	for i := range sectors {
		next := uint32(i + 3)
		if i == sectors-1 {
			next = 0xFFFFFFFE
		}
		le.PutUint32(table[8+4*i:], next)
	}
	dir := make([]byte, sector)
	entry := func(n int, name string, kind byte, start uint32, size int, child uint32) {
		e := dir[128*n:]
		for i, c := range utf16.Encode([]rune(name)) {
			le.PutUint16(e[2*i:], c)
		}
		le.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66], e[67] = kind, 1
		le.PutUint32(e[68:], 0xFFFFFFFF)
		le.PutUint32(e[72:], 0xFFFFFFFF)
		le.PutUint32(e[76:], child)
		le.PutUint32(e[116:], start)
		le.PutUint32(e[120:], uint32(size))
	}
	entry(0, "Root Entry", 5, 0xFFFFFFFE, 0, 1)
	entry(1, name, 2, 2, len(stream), 0xFFFFFFFF)
	return bytes.Join([][]byte{head, table, dir, stream}, nil)
}

// biffBook builds the records of a workbook.
type biffBook struct{ bytes.Buffer }

func (b *biffBook) record(kind uint16, parts ...any) {
	var data bytes.Buffer
	for _, p := range parts {
		if s, ok := p.(string); ok {
			data.WriteString(s)
		} else {
			binary.Write(&data, binary.LittleEndian, p)
		}
	}
	binary.Write(b, binary.LittleEndian, kind)
	binary.Write(b, binary.LittleEndian, uint16(data.Len()))
	b.Write(data.Bytes())
}

func xlsBook(encrypted bool) []byte {
	build := func(sheet uint32) (*biffBook, uint32) {
		b := &biffBook{}
		b.record(biffBOF, uint16(0x600), uint16(5), make([]byte, 12))
		if encrypted {
			b.record(biffFilePass, uint16(1))
		}
		b.record(biffFormat, uint16(164), uint16(10), byte(0), "dd/mm/yyyy")
		for _, id := range []uint16{0, 164, 22, 21} {
			b.record(biffXF, uint16(0), id, make([]byte, 16))
		}
		b.record(biffBoundSheet, sheet, uint16(0), byte(4), byte(0), "Test")
		b.record(biffSST, uint32(3), uint32(3), uint16(3), byte(0), "nom", uint16(6), byte(0), "Villef")
		b.record(biffContinue, uint16(2), byte(1), utf16.Encode([]rune("é€")))
		b.record(biffEOF)
		at := uint32(b.Len())
		b.record(biffBOF, uint16(0x600), uint16(16), make([]byte, 12))
		b.record(biffLabelSST, uint16(0), uint16(0), uint16(0), uint32(0))
		b.record(biffLabel, uint16(0), uint16(1), uint16(0), uint16(4), byte(0), "jour")
		b.record(biffLabel, uint16(0), uint16(2), uint16(0), uint16(4), byte(0), "note")
		b.record(biffLabel, uint16(0), uint16(3), uint16(0), uint16(4), byte(0), "vrai")
		b.record(biffLabelSST, uint16(1), uint16(0), uint16(0), uint32(1))
		b.record(biffRK, uint16(1), uint16(1), uint16(1), uint32(45000<<2|2))
		b.record(biffFormula, uint16(1), uint16(2), uint16(0), []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, make([]byte, 6))
		b.record(biffString, uint16(3), byte(0), "oui")
		b.record(biffBoolErr, uint16(1), uint16(3), uint16(0), byte(1), byte(0))
		b.record(biffLabelSST, uint16(3), uint16(0), uint16(0), uint32(2))
		b.record(biffNumber, uint16(3), uint16(1), uint16(2), math.Float64bits(45000.5))
		b.record(biffMulRK, uint16(3), uint16(2), uint16(0), uint32(125<<2|3), uint16(3), math.Float32bits(0), uint16(3))
		b.record(biffEOF)
		return b, at
	}
	_, at := build(0)
	b, _ := build(at)
	return b.Bytes()
}

func TestXLS(t *testing.T) {
	f, rows := readCells(t, biffFile(xlsBook(false), "Workbook"), Options{})
	want := [][]string{{"Villef", "2023-03-15", "oui", "true"}, {}, {"é€", "2023-03-15T12:00:00", "1.25", "00:00:00"}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff([]string{"nom", "jour", "note", "vrai"}, f.Header); diff != "" {
		t.Error(diff)
	}
	if f.Info.Format != "xls" || f.Info.Sheet != "Test" {
		t.Errorf("%+v", f.Info)
	}
}

func TestFormats(t *testing.T) {
	for code, want := range map[string]numberKind{
		"General": plainNumber, "0.00": plainNumber, `# ##0,00\ "€"`: plainNumber, "0.0%": plainNumber, "@": plainNumber, "0.00E+00": plainNumber, `"jour" 0`: plainNumber,
		"dd/mm/yyyy": dateNumber, "mmm-yy": dateNumber, `[$-40C]d\ mmmm\ yyyy;@`: dateNumber, "yyyy": dateNumber, "[Red]dd/mm": dateNumber,
		"hh:mm": timeNumber, "mm:ss.0": timeNumber, "h:mm AM/PM": timeNumber, "[h]:mm:ss": spanNumber, "[mm]:ss": spanNumber,
		"dd/mm/yyyy hh:mm": bothNumber, `yyyy\-mm\-dd"T"hh:mm:ss`: bothNumber,
	} {
		if got := kindOfFormat(code); got != want {
			t.Errorf("%q: %d, want %d", code, got, want)
		}
	}
}

// TestMoments: the seconds of a day come back from fractions of days.
func TestMoments(t *testing.T) {
	start := time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC)
	for s := 0; s < 86400; s += 7 {
		at := start.Add(time.Duration(s) * time.Second)
		serial := float64(at.Unix())/86400 - dayOf1900
		if got := string(appendMoment(nil, serial, bothNumber, dayOf1900, false)); got != at.Format("2006-01-02T15:04:05") {
			t.Fatalf("%v: %s", at, got)
		}
	}
}
