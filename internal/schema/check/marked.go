package check

import (
	"context"
	"io"
	"strings"

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
	m := &marked{book: tabular.NewBook(w), r: r, l: l, data: i18n.T(l, "report.sheet.data"), faults: map[[2]int][]*Fault{}}
	m.prepare(f)
	if err := m.rows(ctx, f); err != nil {
		return err
	}
	if err := m.summary(fileName); err != nil {
		return err
	}
	return m.book.Close()
}

type marked struct {
	book   *tabular.Book
	r      *Report
	l      i18n.Lang
	data   string // name of the sheet of the file
	width  int    // columns shown
	last   int    // last row shown, as reports count
	shown  int    // rows shown
	unread bool
	faults map[[2]int][]*Fault // by row of the sheet and column, both from 1
	order  [][2]int            // of the faults

	head, wrong, wrongHead, wrap, bold int // styles
}

func (m *marked) prepare(f *tabular.File) {
	m.width = min(max(f.Info.Columns, len(f.Header), 1), markedColumns)
	m.last = min(MarkedRows, max(markedCells/m.width, 1)) + 1
	const ink, fill = "8C1D18", "F9D5D3"
	m.head = m.book.Style(tabular.BookStyle{Bold: true, Format: tabular.BookText})
	m.bold = m.book.Style(tabular.BookStyle{Bold: true, Size: 14})
	m.wrong = m.book.Style(tabular.BookStyle{Ink: ink, Fill: fill, Format: tabular.BookText})
	m.wrongHead = m.book.Style(tabular.BookStyle{Bold: true, Ink: ink, Fill: fill, Format: tabular.BookText})
	m.wrap = m.book.Style(tabular.BookStyle{Wrap: true})
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
}

// comments says in the faulty cells what is wrong with them.
func (m *marked) comments(out *tabular.BookSheet) {
	for i, key := range m.order {
		if i == markedComments {
			return
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
		out.Comment(tabular.BookComment{Row: key[0], Column: key[1], Text: cutText(strings.Join(text, "\n"), 1_000)})
	}
}

// rows writes the file's rows; a row of the sheet has the number that the report
// gives it.
func (m *marked) rows(ctx context.Context, f *tabular.File) error {
	columns := make([]tabular.BookColumn, m.width)
	for j := range columns {
		columns[j].Width = 18
	}
	out := m.book.Sheet(tabular.BookSheet{Name: m.data, Frozen: len(f.Header) > 0, Columns: columns})
	m.comments(out)
	if len(f.Header) > 0 {
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
				return nil
			}
			if err := m.row(out, first+i, b.Width(i), func(j int) string { return string(b.Cell(i, j)) }); err != nil {
				return err
			}
			m.shown++
		}
	}
	return nil
}

func (m *marked) row(out *tabular.BookSheet, row, width int, cell func(int) string) error {
	cells := make([]tabular.BookCell, 0, m.width)
	for j := range min(max(width, 1), m.width) {
		c := tabular.BookCell{}
		if j < width {
			c.Text = cutText(cell(j), markedText)
		}
		switch wrong := m.faults[[2]int{row, j + 1}] != nil; {
		case row == 1 && m.r.File.HeaderRows > 0 && wrong:
			c.Style = m.wrongHead
		case row == 1 && m.r.File.HeaderRows > 0:
			c.Style = m.head
		case wrong:
			c.Style = m.wrong
		}
		cells = append(cells, c)
	}
	for len(cells) < m.width && m.faults[[2]int{row, len(cells) + 1}] != nil { // cells that a short row has not
		cells = append(cells, tabular.BookCell{Style: m.wrong})
	}
	return out.RowAt(row, cells...)
}

// summary says what the report says in all.
func (m *marked) summary(fileName string) error {
	r, l := m.r, m.l
	plain := func(s string) tabular.BookCell { return tabular.BookCell{Text: s} }
	outcome := i18n.T(l, "check.report.valid")
	if !r.Valid {
		outcome = i18n.T(l, "check.report.invalid", i18n.Args{"Count": r.Stats.Errors})
	}
	lines := [][]tabular.BookCell{{{Text: outcome, Style: m.bold}}, {plain(i18n.T(l, "check.report.file")), plain(fileName)}}
	if r.Schema != nil {
		lines = append(lines, []tabular.BookCell{plain(i18n.T(l, "check.report.schema")), plain(strings.TrimSpace(schemaTitle(r) + " " + r.Schema.Version))})
	}
	note := func(s string) { lines = append(lines, []tabular.BookCell{{}, plain(s)}) }
	note(i18n.T(l, "check.report.rows", i18n.Args{"Count": r.Stats.Rows}))
	if r.Stats.Warnings > 0 {
		note(i18n.T(l, "check.report.warnings", i18n.Args{"Count": r.Stats.Warnings}))
	}
	if m.unread {
		note(i18n.T(l, "report.cut", i18n.Args{"Rows": i18n.Int(l, int64(m.shown)), "Sheet": m.data}))
	}
	if r.Stats.Truncated || len(m.order) > markedComments {
		note(i18n.T(l, "report.not-all"))
	}
	var title []tabular.BookCell
	for _, key := range []string{"report.severity", "report.count", "check.report.message", "report.hint", "report.column", "report.rows"} {
		title = append(title, tabular.BookCell{Text: i18n.T(l, key), Style: m.head})
	}
	lines = append(lines, nil, title)
	for i := range r.Groups {
		g := &r.Groups[i]
		severity := i18n.T(l, "report.error")
		if g.Warning {
			severity = i18n.T(l, "report.warning")
		}
		lines = append(lines, []tabular.BookCell{plain(severity), {Number: float64(g.Count), Numeric: true}, m.wrapped(r.GroupMessage(l, g)), m.wrapped(r.GroupHint(l, g)), plain(Letter(g.Column)), m.wrapped(rowList(l, g))})
	}
	out := m.book.Sheet(tabular.BookSheet{Name: i18n.T(l, "report.sheet.summary"), First: true,
		Columns: []tabular.BookColumn{{Width: 16}, {Width: 22}, {Width: 60}, {Width: 60}, {Width: 10}, {Width: 24}}})
	for _, line := range lines {
		if err := out.Row(line...); err != nil {
			return err
		}
	}
	return nil
}

func (m *marked) wrapped(s string) tabular.BookCell {
	return tabular.BookCell{Text: cutText(s, markedText), Style: m.wrap}
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
