package check

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/tabular"
)

// What a marked workbook holds of the file.
const (
	MarkedRows     = 10_000    // rows, the first ones
	markedCells    = 1_000_000 // cells of all rows together
	markedColumns  = 16_384    // what a sheet can have
	markedComments = 2_000     // cells with a comment; more are coloured only
	markedText     = 32_000    // characters of a cell; a sheet takes 32,767
)

// Marked writes a workbook for whoever mends the file: a sheet that sums the report
// up, and the first MarkedRows rows of the file, its faulty cells coloured, each
// with a comment that says what is wrong and what to do. All cells are text, as
// they were read. f is the file of the report, read again from its beginning.
// Errors are those of reading.
func Marked(ctx context.Context, w io.Writer, r *Report, f *tabular.File, l i18n.Lang, fileName string) (err error) {
	defer errs.Wrap(&err, "check.Marked")
	book := excelize.NewFile()
	defer book.Close()
	m := &marked{book: book, r: r, l: l, sum: i18n.T(l, "report.sheet.summary"), data: i18n.T(l, "report.sheet.data"), faults: map[[2]int][]*Fault{}}
	if err := m.prepare(f); err != nil {
		return err
	}
	if err := m.comments(); err != nil {
		return err
	}
	if err := m.rows(ctx, f); err != nil {
		return err
	}
	if err := m.summary(fileName); err != nil {
		return err
	}
	book.SetActiveSheet(0)
	return book.Write(w)
}

type marked struct {
	book   *excelize.File
	r      *Report
	l      i18n.Lang
	sum    string // names of the sheets
	data   string
	width  int // columns shown
	last   int // last row shown, as reports count
	shown  int // rows shown
	unread bool
	faults map[[2]int][]*Fault // by row of the sheet and column, both from 1
	order  [][2]int            // of the faults

	head, wrong, wrongHead, wrap, bold int // styles
}

func (m *marked) prepare(f *tabular.File) (err error) {
	if err = m.book.SetSheetName("Sheet1", m.sum); err != nil {
		return err
	}
	if _, err = m.book.NewSheet(m.data); err != nil {
		return err
	}
	m.width = min(max(f.Info.Columns, len(f.Header), 1), markedColumns)
	m.last = min(MarkedRows, max(markedCells/m.width, 1)) + 1
	fill := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F9D5D3"}}
	ink := &excelize.Font{Color: "8C1D18", Family: "Calibri", Size: 11}
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&m.head, excelize.Style{Font: &excelize.Font{Bold: true, Family: "Calibri", Size: 11}, NumFmt: 49}},
		{&m.bold, excelize.Style{Font: &excelize.Font{Bold: true, Family: "Calibri", Size: 14}}},
		{&m.wrong, excelize.Style{Font: ink, Fill: fill, NumFmt: 49}},
		{&m.wrongHead, excelize.Style{Font: &excelize.Font{Bold: true, Color: "8C1D18", Family: "Calibri", Size: 11}, Fill: fill, NumFmt: 49}},
		{&m.wrap, excelize.Style{Font: &excelize.Font{Family: "Calibri", Size: 11}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
	} {
		if *s.id, err = m.book.NewStyle(&s.style); err != nil {
			return err
		}
	}
	for i := range m.r.Errors {
		ft := &m.r.Errors[i]
		key := [2]int{max(ft.Row, 1), max(ft.Column, 1)} // a fault of a whole row is told in its first cell
		if ft.Row == 0 && (ft.Column == 0 || len(f.Header) == 0) || key[0] > m.last || key[1] > m.width {
			continue
		}
		if m.faults[key] == nil {
			m.order = append(m.order, key)
		}
		m.faults[key] = append(m.faults[key], ft)
	}
	return nil
}

// comments come before the rows: the sheet is written as a stream after them.
func (m *marked) comments() error {
	for i, key := range m.order {
		if i == markedComments {
			return nil
		}
		cell, err := excelize.CoordinatesToCellName(key[1], key[0])
		if err != nil {
			return err
		}
		var text []string
		for _, ft := range m.faults[key] {
			text = append(text, m.r.Message(m.l, ft))
			if hint := m.r.Hint(m.l, ft); hint != "" {
				text = append(text, hint)
			}
			if ft.Repair != nil && ft.Repair.Cell {
				text = append(text, i18n.T(m.l, "check.report.proposed", i18n.Args{"Value": ft.Repair.Value}))
			}
		}
		joined := cutText(strings.Join(text, "\n"), 1_000)
		height := uint(40 + 18*(utf8.RuneCountInString(joined)/38+len(text)))
		c := excelize.Comment{Cell: cell, Author: "Socle", Paragraph: []excelize.RichTextRun{{Text: joined}}, Width: 280, Height: height}
		if err := m.book.AddComment(m.data, c); err != nil {
			return err
		}
	}
	return nil
}

// rows writes the file's rows; a row of the sheet has the number that the report
// gives it.
func (m *marked) rows(ctx context.Context, f *tabular.File) error {
	out, err := m.book.NewStreamWriter(m.data)
	if err != nil {
		return err
	}
	if err := out.SetColWidth(1, m.width, 18); err != nil {
		return err
	}
	if len(f.Header) > 0 {
		if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
			return err
		}
		if err := m.row(out, 1, len(f.Header), func(j int) string { return f.Header[j] }); err != nil {
			return err
		}
	}
	for b, err := range f.Batches(ctx) {
		if err != nil {
			return err
		}
		first := b.Position().Row
		for i := range b.Len() {
			if first+i > m.last {
				m.unread = true
				return out.Flush()
			}
			if err := m.row(out, first+i, b.Width(i), func(j int) string { return string(b.Cell(i, j)) }); err != nil {
				return err
			}
			m.shown++
		}
	}
	return out.Flush()
}

func (m *marked) row(out *excelize.StreamWriter, row, width int, cell func(int) string) error {
	values := make([]any, 0, m.width)
	for j := range min(max(width, 1), m.width) {
		c := excelize.Cell{}
		if j < width {
			c.Value = cutText(cell(j), markedText)
		}
		switch wrong := m.faults[[2]int{row, j + 1}] != nil; {
		case row == 1 && m.r.File.HeaderRows > 0 && wrong:
			c.StyleID = m.wrongHead
		case row == 1 && m.r.File.HeaderRows > 0:
			c.StyleID = m.head
		case wrong:
			c.StyleID = m.wrong
		}
		values = append(values, c)
	}
	for len(values) < m.width && m.faults[[2]int{row, len(values) + 1}] != nil { // cells that a short row has not
		values = append(values, excelize.Cell{StyleID: m.wrong})
	}
	return out.SetRow("A"+strconv.Itoa(row), values)
}

// summary says what the report says in all.
func (m *marked) summary(fileName string) error {
	r, l := m.r, m.l
	outcome := i18n.T(l, "check.report.valid")
	if !r.Valid {
		outcome = i18n.T(l, "check.report.invalid", i18n.Args{"Count": r.Stats.Errors})
	}
	lines := [][]any{{excelize.Cell{Value: outcome, StyleID: m.bold}}, {i18n.T(l, "check.report.file"), fileName}}
	if r.Schema != nil {
		lines = append(lines, []any{i18n.T(l, "check.report.schema"), strings.TrimSpace(schemaTitle(r) + " " + r.Schema.Version)})
	}
	lines = append(lines, []any{nil, i18n.T(l, "check.report.rows", i18n.Args{"Count": r.Stats.Rows})})
	if r.Stats.Warnings > 0 {
		lines = append(lines, []any{nil, i18n.T(l, "check.report.warnings", i18n.Args{"Count": r.Stats.Warnings})})
	}
	if m.unread {
		lines = append(lines, []any{nil, i18n.T(l, "report.cut", i18n.Args{"Rows": i18n.Int(l, int64(m.shown)), "Sheet": m.data})})
	}
	if r.Stats.Truncated || len(m.order) > markedComments {
		lines = append(lines, []any{nil, i18n.T(l, "report.not-all")})
	}
	var title []any
	for _, key := range []string{"report.severity", "report.count", "check.report.message", "report.hint", "report.column", "report.rows"} {
		title = append(title, excelize.Cell{Value: i18n.T(l, key), StyleID: m.head})
	}
	lines = append(lines, nil, title)
	for i := range r.Groups {
		g := &r.Groups[i]
		severity := i18n.T(l, "report.error")
		if g.Warning {
			severity = i18n.T(l, "report.warning")
		}
		lines = append(lines, []any{severity, g.Count, m.wrapped(r.GroupMessage(l, g)), m.wrapped(r.GroupHint(l, g)), Letter(g.Column), m.wrapped(rowList(l, g))})
	}
	out, err := m.book.NewStreamWriter(m.sum)
	if err != nil {
		return err
	}
	for j, width := range []float64{16, 22, 60, 60, 10, 24} {
		if err := out.SetColWidth(j+1, j+1, width); err != nil {
			return err
		}
	}
	for i, line := range lines {
		if err := out.SetRow(fmt.Sprintf("A%d", i+1), line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (m *marked) wrapped(s string) excelize.Cell {
	return excelize.Cell{Value: cutText(s, markedText), StyleID: m.wrap}
}

func schemaTitle(r *Report) string {
	if r.Schema.Title != "" {
		return r.Schema.Title
	}
	return r.Schema.Name
}

// cutText shortens a text to so many bytes, at a character.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
