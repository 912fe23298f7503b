package tabular

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/xml"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"socle/internal/errs"
)

const (
	sheetRowsMax = 1_048_575 // beside the header
	sheetTextMax = 32_767    // characters of a cell
	exactInteger = 1_000_000_000_000_000
)

// xlsxWriter writes one sheet as a stream: strings stand in their cells, so
// nothing is kept. Text is never a formula. What Excel cannot hold as a number
// or a date (integers of more than 15 figures, days before March 1900) is text.
type xlsxWriter struct {
	zip    *zip.Writer
	sheet  io.Writer
	fields []Field
	name   string
	rows   int
	begun  bool
	refs   []string // letters of the columns
	buf    []byte
	cell   []byte
}

// Styles of styles.xml, by their index in cellXfs.
const (
	styleHeader = 1
	styleDate   = 2
	styleMoment = 3
	styleClock  = 4
	styleText   = 5
)

func newXLSXWriter(w io.Writer, fields []Field, o WriteOptions) (*xlsxWriter, error) {
	if len(fields) > maxColumns {
		return nil, fail(errs.TooLarge, CodeFormat, "tabular.sheet-columns", errs.Args{"Limit": maxColumns})
	}
	x := &xlsxWriter{zip: newZip(w), fields: fields, name: sheetName(o.Sheet)}
	for j := range fields {
		x.refs = append(x.refs, columnLetters(j))
	}
	parts := []struct{ name, text string }{
		{"[Content_Types].xml", xlsxTypes},
		{"_rels/.rels", xlsxRels},
		{"xl/workbook.xml", xlsxBook(x.name)},
		{"xl/_rels/workbook.xml.rels", xlsxBookRels},
		{"xl/styles.xml", xlsxStyles},
	}
	for _, p := range parts {
		part, err := x.zip.Create(p.name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(part, xml.Header+p.text); err != nil {
			return nil, err
		}
	}
	var err error
	x.sheet, err = x.zip.Create("xl/worksheets/sheet1.xml")
	return x, err
}

// newZip compresses fast: the XML of sheets shrinks well at any level.
func newZip(w io.Writer) *zip.Writer {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestSpeed+1)
	})
	return z
}

// sheetName is a name that workbooks accept: 31 characters, some not allowed.
func sheetName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < ' ' {
			return ' '
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if r := []rune(name); len(r) > 31 {
		name = strings.TrimSpace(string(r[:31]))
	}
	if name == "" {
		return "Données"
	}
	return name
}

// columnLetters is the name of a column from 0: A, B … Z, AA.
func columnLetters(n int) string {
	var p []byte
	for n++; n > 0; n = (n - 1) / 26 {
		p = append([]byte{byte('A' + (n-1)%26)}, p...)
	}
	return string(p)
}

// begin writes what comes before the rows; widths follow the first frame.
func (x *xlsxWriter) begin(fr *Frame) error {
	x.begun = true
	x.buf = append(x.buf, xml.Header+`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0" tabSelected="1"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`...)
	for j, width := range columnWidths(x.fields, fr) {
		n := strconv.Itoa(j + 1)
		x.buf = append(x.buf, `<col min="`+n+`" max="`+n+`" width="`+strconv.Itoa(width)+`" customWidth="1"/>`...)
	}
	x.buf = append(x.buf, `</cols><sheetData><row r="1">`...)
	for j, f := range x.fields {
		x.text([]byte(f.Name), j, 1, styleHeader)
	}
	x.buf = append(x.buf, "</row>"...)
	return x.flush()
}

// columnWidths are those of the longest of the label and the first values, in characters.
func columnWidths(fields []Field, fr *Frame) []int {
	out := make([]int, len(fields))
	var cell []byte
	for j := range fields {
		out[j] = utf8.RuneCountInString(fields[j].Name) + 2
		if fr != nil {
			for i := range min(fr.Rows, 200) {
				cell = appendText(cell[:0], &fields[j], &fr.Columns[j], i)
				out[j] = max(out[j], utf8.RuneCount(cell)+1)
			}
		}
		out[j] = min(max(out[j], 8), 60)
	}
	if len(out) == 0 {
		out = []int{8}
	}
	return out
}

func (x *xlsxWriter) flush() error {
	_, err := x.sheet.Write(x.buf)
	x.buf = x.buf[:0]
	return err
}

func (x *xlsxWriter) Write(fr *Frame) error {
	if !x.begun {
		if err := x.begin(fr); err != nil {
			return err
		}
	}
	if err := (Format{Name: "xlsx", MaxRows: sheetRowsMax}).Fits(int64(x.rows + fr.Rows)); err != nil {
		return err
	}
	for i := range fr.Rows {
		x.rows++
		row := x.rows + 1
		x.buf = append(x.buf, `<row r="`...)
		x.buf = strconv.AppendInt(x.buf, int64(row), 10)
		x.buf = append(x.buf, `">`...)
		for j := range x.fields {
			if !fr.Columns[j].Null[i] {
				x.value(&x.fields[j], &fr.Columns[j], i, j, row)
			}
		}
		x.buf = append(x.buf, "</row>"...)
		if len(x.buf) > flushBytes {
			if err := x.flush(); err != nil {
				return err
			}
		}
	}
	return x.flush()
}

func (x *xlsxWriter) value(f *Field, c *Column, i, column, row int) {
	switch f.Kind {
	case Int:
		if v := c.Int64[i]; v > -exactInteger && v < exactInteger {
			x.open(column, row, 0, "")
			x.buf = strconv.AppendInt(x.buf, v, 10)
			x.buf = append(x.buf, "</v></c>"...)
			return
		}
	case Float:
		if v := c.Float64[i]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			x.number(v, column, row, 0)
			return
		}
	case Bool:
		x.open(column, row, 0, "b")
		x.buf = append(x.buf, byte('0'+c.Int64[i]&1))
		x.buf = append(x.buf, "</v></c>"...)
		return
	case Date:
		if day := c.Int64[i] - dayOf1900; day >= 61 && day <= 2958465 {
			x.number(float64(day), column, row, styleDate)
			return
		}
	case Timestamp:
		if v := float64(c.Int64[i])/86400e6 - dayOf1900; f.Local && v >= 61 && v < 2958466 {
			x.number(v, column, row, styleMoment)
			return
		}
	case TimeOfDay:
		x.number(float64(c.Int64[i])/86400e6, column, row, styleClock)
		return
	}
	x.cell = appendText(x.cell[:0], f, c, i)
	x.text(x.cell, column, row, styleText)
}

// open appends the start of a cell with a value.
func (x *xlsxWriter) open(column, row, style int, kind string) {
	x.start(column, row, style, kind)
	x.buf = append(x.buf, "><v>"...)
}

func (x *xlsxWriter) start(column, row, style int, kind string) {
	x.buf = append(x.buf, `<c r="`...)
	x.buf = append(x.buf, x.refs[column]...)
	x.buf = strconv.AppendInt(x.buf, int64(row), 10)
	x.buf = append(x.buf, '"')
	if style > 0 {
		x.buf = append(x.buf, ` s="`...)
		x.buf = strconv.AppendInt(x.buf, int64(style), 10)
		x.buf = append(x.buf, '"')
	}
	if kind != "" {
		x.buf = append(x.buf, ` t="`...)
		x.buf = append(x.buf, kind...)
		x.buf = append(x.buf, '"')
	}
}

func (x *xlsxWriter) number(v float64, column, row, style int) {
	x.open(column, row, style, "")
	x.buf = strconv.AppendFloat(x.buf, v, 'g', -1, 64)
	x.buf = append(x.buf, "</v></c>"...)
}

func (x *xlsxWriter) text(text []byte, column, row, style int) {
	x.start(column, row, style, "inlineStr")
	x.buf = append(x.buf, `><is><t xml:space="preserve">`...)
	x.buf = appendSheetText(x.buf, text)
	x.buf = append(x.buf, "</t></is></c>"...)
}

// appendSheetText escapes text for a sheet: characters that XML forbids, and
// what would be read as such an escape, are written _xHHHH_. Text is cut where
// Excel would refuse it.
func appendSheetText(to, text []byte) []byte {
	n := 0
	for i := 0; i < len(text) && n < sheetTextMax; n++ {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == '_' && escapeAhead(text[i:]):
			to = append(to, "_x005F_"...)
		case r == '\n' || r == '\t' || r >= ' ' && r != utf8.RuneError && r < 0xFFFE || r > 0xFFFF:
			to = appendXMLRune(to, r)
		case r == utf8.RuneError:
			to = append(to, "\uFFFD"...)
		case r < ' ':
			to = append(to, "_x00"...)
			to = append(to, hexDigits[r>>4], hexDigits[r&15], '_')
		}
		i += size
	}
	return to
}

func escapeAhead(p []byte) bool {
	if len(p) < 7 || p[1] != 'x' || p[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(string(p[2:6]), 16, 16)
	return err == nil
}

func appendXMLRune(to []byte, r rune) []byte {
	switch r {
	case '<':
		return append(to, "&lt;"...)
	case '>':
		return append(to, "&gt;"...)
	case '&':
		return append(to, "&amp;"...)
	case '"':
		return append(to, "&quot;"...)
	}
	return utf8.AppendRune(to, r)
}

func escapeXML(s string) string {
	var b bytes.Buffer
	for _, r := range s {
		b.Write(appendXMLRune(nil, r))
	}
	return b.String()
}

func (x *xlsxWriter) Close() error {
	if !x.begun {
		if err := x.begin(nil); err != nil {
			return err
		}
	}
	x.buf = append(x.buf, "</sheetData>"...)
	if len(x.fields) > 0 {
		x.buf = append(x.buf, `<autoFilter ref="A1:`+x.refs[len(x.refs)-1]+strconv.Itoa(x.rows+1)+`"/>`...)
	}
	x.buf = append(x.buf, "</worksheet>"...)
	if err := x.flush(); err != nil {
		return err
	}
	return x.zip.Close()
}

const (
	xlsxTypes    = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`
	xlsxRels     = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	xlsxBookRels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`
	xlsxStyles   = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd hh:mm:ss"/><numFmt numFmtId="166" formatCode="hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="166" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
)

func xlsxBook(sheet string) string {
	return `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="` + escapeXML(sheet) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`
}
