package tabular

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"socle/internal/errs"
)

// Book writes a workbook for people (XLSX, ECMA-376): several sheets with styles,
// widths, comments, drop-down lists. Sheets are written one after the other, row
// by row; only what stands beside the cells is kept. Exports of tables are not
// books: see NewWriter.
type Book struct {
	zip    *zip.Writer
	styles []BookStyle
	sheets []*BookSheet // in the order of the tabs
	number int          // of the sheet that is being written
	open   *BookSheet
	err    error // the first one: nothing is written after it
}

// BookStyle is how cells look. The zero value is that of plain cells.
type BookStyle struct {
	Bold   bool
	Size   int    // of the letters, in points; 0: 11
	Ink    string // colour as RRGGBB; "": black
	Fill   string // colour behind the text; "": none
	Format string // BookText, BookDay or ""
	Wrap   bool   // long texts go on in the next line
}

// Formats of cells.
const (
	BookText = "@"            // what is typed stays as it is typed
	BookDay  = `yyyy\-mm\-dd` // a day as ISO 8601 writes it
)

// BookSheet is one sheet of a book. What is set before its first row: name, panes
// and columns; comments and rules until the next sheet.
type BookSheet struct {
	Name    string
	First   bool // its tab stands before those of the sheets begun earlier
	Hidden  bool
	Frozen  bool // the first row stays in view
	Columns []BookColumn

	book     *Book
	number   int
	part     io.Writer
	buf      []byte
	row      int
	comments []BookComment
	rules    []BookRule
}

// BookColumn is a column of a sheet: its width in characters, and the style of the
// cells that nothing is written in.
type BookColumn struct {
	Width float64
	Style int
}

// BookCell is a cell: a number when Numeric, else a text, or nothing when it is "".
// Text is never a formula. Style is one that Book.Style gave.
type BookCell struct {
	Text    string
	Number  float64
	Numeric bool
	Style   int
}

// BookComment is a note at a cell; row and column from 1.
type BookComment struct {
	Row, Column int
	Text        string
}

// BookRule helps whoever fills the cells of a column, Rows of them from the second
// row on: a title and a text shown at the cell, and the values to choose from,
// which stand in the rule (Values) or in the first rows of the same column of
// another sheet (Sheet, Listed). Other values are warned of, not refused.
type BookRule struct {
	Column, Rows int
	Title, Text  string
	Values       []string
	Sheet        string
	Listed       int
}

const (
	ruleTitle  = 32  // characters of the title of a rule that Excel takes
	ruleText   = 255 // of its text
	ruleValues = 255 // of its values, joined by commas, in UTF-16 units
)

// NewBook begins a book; Close ends it.
func NewBook(w io.Writer) *Book {
	return &Book{zip: newZip(w), styles: []BookStyle{{}}}
}

// Style gives the number of a style.
func (b *Book) Style(s BookStyle) int {
	if i := slices.Index(b.styles, s); i >= 0 {
		return i
	}
	b.styles = append(b.styles, s)
	return len(b.styles) - 1
}

// Sheet begins a sheet and ends the one before. Errors are told by Close.
func (b *Book) Sheet(s BookSheet) *BookSheet {
	b.end()
	b.number++
	s.book, s.number, s.Name = b, b.number, sheetName(s.Name)
	if s.First {
		b.sheets = slices.Insert(b.sheets, 0, &s)
	} else {
		b.sheets = append(b.sheets, &s)
	}
	b.open = &s
	if b.err == nil {
		s.part, b.err = b.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", s.number))
	}
	if b.err != nil {
		s.part = io.Discard
	}
	s.begin()
	return &s
}

func (s *BookSheet) begin() {
	s.add(xml.Header, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheetViews><sheetView workbookViewId="0">`)
	if s.Frozen {
		s.add(`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`)
	}
	s.add(`</sheetView></sheetViews>`)
	if len(s.Columns) > 0 {
		s.add(`<cols>`)
		for j, c := range s.Columns {
			n := strconv.Itoa(j + 1)
			s.add(`<col min="`, n, `" max="`, n, `" width="`, strconv.FormatFloat(c.Width, 'g', -1, 64), `" style="`, strconv.Itoa(c.Style), `" customWidth="1"/>`)
		}
		s.add(`</cols>`)
	}
	s.add(`<sheetData>`)
}

func (s *BookSheet) add(texts ...string) {
	for _, t := range texts {
		s.buf = append(s.buf, t...)
	}
	if len(s.buf) > flushBytes {
		s.flush()
	}
}

func (s *BookSheet) flush() {
	if _, err := s.part.Write(s.buf); err != nil && s.book.err == nil {
		s.book.err = err
	}
	s.buf = s.buf[:0]
}

// Row writes the next row. It fails when the sheet is full, or when the book
// cannot be written.
func (s *BookSheet) Row(cells ...BookCell) error {
	return s.RowAt(s.row+1, cells...)
}

// RowAt writes a row below those written, leaving those between empty; row from 1.
func (s *BookSheet) RowAt(row int, cells ...BookCell) error {
	if row <= s.row || row > sheetRowsMax+1 || len(cells) > maxColumns {
		return fail(errs.TooLarge, CodeFormat, "tabular.sheet-columns", errs.Args{"Limit": maxColumns})
	}
	s.row = row
	n := strconv.Itoa(row)
	s.add(`<row r="`, n, `">`)
	for j, c := range cells {
		if c == (BookCell{}) {
			continue
		}
		s.add(`<c r="`, columnLetters(j), n, `"`)
		if c.Style > 0 {
			s.add(` s="`, strconv.Itoa(c.Style), `"`)
		}
		switch {
		case c.Numeric:
			s.add(`><v>`, strconv.FormatFloat(c.Number, 'g', -1, 64), `</v></c>`)
		case c.Text != "":
			s.add(` t="inlineStr"><is><t xml:space="preserve">`)
			s.buf = appendSheetText(s.buf, []byte(c.Text))
			s.add(`</t></is></c>`)
		default:
			s.add(`/>`)
		}
	}
	s.add(`</row>`)
	return s.book.err
}

// Comment adds a note to the sheet.
func (s *BookSheet) Comment(c BookComment) { s.comments = append(s.comments, c) }

// Rule adds a rule to the sheet.
func (s *BookSheet) Rule(r BookRule) { s.rules = append(s.rules, r) }

// RuleHolds tells whether values can stand in a rule itself.
func RuleHolds(values []string) bool {
	units := 0
	for _, v := range values {
		if strings.Contains(v, ",") {
			return false
		}
		units++
		for _, r := range v {
			if units++; r > 0xFFFF {
				units++
			}
		}
	}
	return units <= ruleValues-2 // the quotes
}

// end writes what stands after the rows of the sheet, and beside it.
func (b *Book) end() {
	s := b.open
	if s == nil {
		return
	}
	b.open = nil
	s.add(`</sheetData>`)
	s.writeRules()
	if len(s.comments) > 0 {
		s.add(`<legacyDrawing r:id="rId1"/>`)
	}
	s.add(`</worksheet>`)
	s.flush()
	if len(s.comments) > 0 {
		n := strconv.Itoa(s.number)
		b.part("xl/worksheets/_rels/sheet"+n+".xml.rels", `<Relationships xmlns="`+packageRels+`"><Relationship Id="rId1" Type="`+officeRels+`/vmlDrawing" Target="../drawings/vmlDrawing`+n+`.vml"/><Relationship Id="rId2" Type="`+officeRels+`/comments" Target="../comments`+n+`.xml"/></Relationships>`)
		b.part("xl/comments"+n+".xml", s.commentsXML())
		b.part("xl/drawings/vmlDrawing"+n+".vml", s.drawing())
		s.comments = slices.Clip(s.comments[:1]) // that there are some is all that is asked for later
	}
}

func (s *BookSheet) writeRules() {
	if len(s.rules) == 0 {
		return
	}
	s.add(`<dataValidations count="`, strconv.Itoa(len(s.rules)), `">`)
	for _, r := range s.rules {
		letter, title, text := columnLetters(r.Column-1), escapeXML(cutRunes(r.Title, ruleTitle)), escapeXML(cutRunes(r.Text, ruleText))
		list := ""
		switch {
		case r.Listed > 0:
			list = fmt.Sprintf("'%s'!$%s$1:$%s$%d", sheetName(r.Sheet), letter, letter, r.Listed)
		case len(r.Values) > 0:
			list = `"` + strings.ReplaceAll(strings.Join(r.Values, ","), `"`, `""`) + `"`
		}
		s.add(`<dataValidation`)
		if list != "" {
			s.add(` type="list" errorStyle="warning" showErrorMessage="1" errorTitle="`, title, `" error="`, text, `"`)
		}
		s.add(` allowBlank="1" showInputMessage="1" promptTitle="`, title, `" prompt="`, text, `" sqref="`, letter, `2:`, letter, strconv.Itoa(r.Rows+1), `">`)
		if list != "" {
			s.add(`<formula1>`, ruleEscapes.Replace(list), `</formula1>`)
		}
		s.add(`</dataValidation>`)
	}
	s.add(`</dataValidations>`)
}

// ruleEscapes leaves quotes as they are: some readers take them so only.
var ruleEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// cutRunes shortens a text to so many characters.
func cutRunes(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// Close ends the book and tells the first error.
func (b *Book) Close() error {
	b.end()
	b.part("xl/styles.xml", b.stylesXML())
	b.part("xl/workbook.xml", b.workbookXML())
	b.part("xl/_rels/workbook.xml.rels", b.relsXML())
	b.part("_rels/.rels", xlsxRels)
	b.part("[Content_Types].xml", b.typesXML())
	if b.err != nil {
		return b.err
	}
	return b.zip.Close()
}

func (b *Book) part(name, text string) {
	if b.err != nil {
		return
	}
	w, err := b.zip.Create(name)
	if err == nil {
		_, err = io.WriteString(w, xml.Header+text)
	}
	b.err = err
}
