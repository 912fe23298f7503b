package national

import (
	"io"
	"slices"
	"strconv"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/tabular"
)

const (
	filledRows = 1000 // rows that lists and formats reach
	listsSheet = "Listes"
)

// Workbook writes a model file as XLSX: a sheet to fill, with the header, a row of
// examples, drop-down lists, and formats that keep zeros and dates; and a sheet that
// explains each column in the language.
func (e Entry) Workbook(w io.Writer, l i18n.Lang) (err error) {
	defer errs.Wrap(&err, "national.Workbook(%s)", e.Ref())
	s, err := e.sheet(l)
	if err != nil {
		return err
	}
	book := tabular.NewBook(w)
	for _, write := range []func(*tabular.Book) error{s.fillXLSX, s.listsXLSX, s.explainXLSX} {
		if err := write(book); err != nil {
			return err
		}
	}
	return book.Close()
}

func (s *sheet) fillXLSX(book *tabular.Book) error {
	header := book.Style(tabular.BookStyle{Bold: true, Format: tabular.BookText, Wrap: true})
	styles := map[sheetKind]int{
		sheetText:   book.Style(tabular.BookStyle{Format: tabular.BookText}),
		sheetNumber: 0,
		sheetDate:   book.Style(tabular.BookStyle{Format: tabular.BookDay}),
	}
	columns := make([]tabular.BookColumn, len(s.columns))
	names, examples := make([]tabular.BookCell, len(s.columns)), make([]tabular.BookCell, len(s.columns))
	for j, c := range s.columns {
		columns[j] = tabular.BookColumn{Width: c.width, Style: styles[c.kind]}
		names[j] = tabular.BookCell{Text: c.name, Style: header}
		var err error
		if examples[j], err = example(c); err != nil {
			return err
		}
		examples[j].Style = styles[c.kind]
	}
	out := book.Sheet(tabular.BookSheet{Name: s.name, Frozen: true, Columns: columns})
	for j, c := range s.columns {
		rule := tabular.BookRule{Column: j + 1, Rows: filledRows, Title: c.name, Text: c.note}
		switch {
		case len(c.allowed) == 0:
		case tabular.RuleHolds(c.allowed):
			rule.Values = c.allowed
		default:
			rule.Sheet, rule.Listed = listsSheet, len(c.allowed)
		}
		out.Rule(rule)
	}
	if err := out.Row(names...); err != nil {
		return err
	}
	return out.Row(examples...)
}

// example is the cell below the name of a column.
func example(c sheetColumn) (cell tabular.BookCell, err error) {
	switch {
	case c.example == "":
	case c.kind == sheetNumber:
		cell.Numeric = true
		cell.Number, err = strconv.ParseFloat(c.example, 64)
	case c.kind == sheetDate:
		cell, err = dayCell(c.example)
	default:
		cell.Text = c.example
	}
	return cell, err
}

// dayCell is a day as workbooks count it.
func dayCell(s string) (tabular.BookCell, error) {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return tabular.BookCell{}, err
	}
	const day0 = -25569 // 30 December 1899
	return tabular.BookCell{Numeric: true, Number: float64(day.Unix()/86400 - day0)}, nil
}

// listsXLSX writes the lists that do not fit in their rules, each in its column of
// a hidden sheet.
func (s *sheet) listsXLSX(book *tabular.Book) error {
	long := func(c sheetColumn) bool { return len(c.allowed) > 0 && !tabular.RuleHolds(c.allowed) }
	rows := 0
	for _, c := range s.columns {
		if long(c) {
			rows = max(rows, len(c.allowed))
		}
	}
	if rows == 0 {
		return nil
	}
	out := book.Sheet(tabular.BookSheet{Name: listsSheet, Hidden: true})
	for i := range rows {
		cells := make([]tabular.BookCell, len(s.columns))
		for j, c := range s.columns {
			if long(c) && i < len(c.allowed) {
				cells[j].Text = c.allowed[i]
			}
		}
		if err := out.Row(cells...); err != nil {
			return err
		}
	}
	return nil
}

func (s *sheet) explainXLSX(book *tabular.Book) error {
	bold := book.Style(tabular.BookStyle{Bold: true})
	wrap := book.Style(tabular.BookStyle{Format: tabular.BookText, Wrap: true})
	out := book.Sheet(tabular.BookSheet{Name: s.help,
		Columns: []tabular.BookColumn{{Width: 24}, {Width: 28}, {Width: 60}, {Width: 14}, {Width: 12}, {Width: 40}, {Width: 28}}})
	for i, line := range s.intro {
		cell := tabular.BookCell{Text: line}
		if i == 0 {
			cell.Style = bold
		}
		if err := out.Row(cell); err != nil {
			return err
		}
	}
	for i, row := range slices.Concat([][]string{nil}, s.rows) {
		cells := make([]tabular.BookCell, len(row))
		for j := range row {
			cells[j] = tabular.BookCell{Text: row[j], Style: wrap}
			if i == 1 {
				cells[j].Style = bold
			}
		}
		if err := out.Row(cells...); err != nil {
			return err
		}
	}
	return nil
}
