package national

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"socle/internal/errs"
	"socle/internal/i18n"
)

const (
	filledRows  = 1000 // rows that lists and formats reach
	listsSheet  = "Listes"
	inlineChars = 250 // longest list that Excel takes inside a rule, in UTF-16 units
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
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", s.name); err != nil {
		return err
	}
	if err := s.fillXLSX(f); err != nil {
		return err
	}
	if err := s.explainXLSX(f); err != nil {
		return err
	}
	return f.Write(w)
}

func (s *sheet) fillXLSX(f *excelize.File) error {
	styles, err := newStyles(f)
	if err != nil {
		return err
	}
	for j, c := range s.columns {
		letter, err := excelize.ColumnNumberToName(j + 1)
		if err != nil {
			return err
		}
		if err := f.SetColWidth(s.name, letter, letter, c.width); err != nil {
			return err
		}
		if err := f.SetColStyle(s.name, letter, styles.of[c.kind]); err != nil {
			return err
		}
		if err := f.SetCellStr(s.name, letter+"1", c.name); err != nil {
			return err
		}
		if err := f.SetCellStyle(s.name, letter+"1", letter+"1", styles.header); err != nil {
			return err
		}
		if err := setExample(f, s.name, letter+"2", c, styles.of[c.kind]); err != nil {
			return err
		}
		if err := s.rule(f, j, letter); err != nil {
			return err
		}
	}
	return f.SetPanes(s.name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

type styles struct {
	header int
	of     map[sheetKind]int
}

func newStyles(f *excelize.File) (styles, error) {
	st := styles{of: map[sheetKind]int{}}
	var err error
	if st.header, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: 49, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}); err != nil {
		return st, err
	}
	date := "yyyy-mm-dd"
	for kind, style := range map[sheetKind]*excelize.Style{
		sheetText:   {NumFmt: 49}, // text
		sheetNumber: {NumFmt: 0},
		sheetDate:   {CustomNumFmt: &date},
	} {
		if st.of[kind], err = f.NewStyle(style); err != nil {
			return st, err
		}
	}
	return st, nil
}

func setExample(f *excelize.File, sheet, cell string, c sheetColumn, style int) error {
	if c.example == "" {
		return nil
	}
	var err error
	switch c.kind {
	case sheetNumber:
		var v float64
		if v, err = strconv.ParseFloat(c.example, 64); err == nil {
			err = f.SetCellValue(sheet, cell, v)
		}
	case sheetDate:
		var day time.Time
		if day, err = time.Parse(time.DateOnly, c.example); err == nil {
			err = f.SetCellValue(sheet, cell, day)
		}
	default:
		err = f.SetCellStr(sheet, cell, c.example)
	}
	if err != nil {
		return err
	}
	return f.SetCellStyle(sheet, cell, cell, style)
}

// rule puts the drop-down list and the note on the cells to fill.
func (s *sheet) rule(f *excelize.File, j int, letter string) error {
	c := s.columns[j]
	v := excelize.NewDataValidation(true)
	v.Sqref = fmt.Sprintf("%s2:%s%d", letter, letter, filledRows+1)
	note := c.note
	if r := []rune(note); len(r) > 250 {
		note = string(r[:249]) + "…"
	}
	title := c.name
	if len(title) > 32 {
		title = title[:32]
	}
	v.SetInput(title, note)
	if c.allowed != nil {
		joined := strings.Join(c.allowed, ",")
		if len([]rune(joined)) <= inlineChars && !strings.Contains(strings.Join(c.allowed, ""), ",") {
			if err := v.SetDropList(c.allowed); err != nil {
				return err
			}
		} else {
			if err := s.longList(f, j, v); err != nil {
				return err
			}
		}
		v.SetError(excelize.DataValidationErrorStyleWarning, title, note)
	}
	return f.AddDataValidation(s.name, v)
}

// longList puts a list that does not fit in a rule in a hidden sheet.
func (s *sheet) longList(f *excelize.File, j int, v *excelize.DataValidation) error {
	if i, err := f.GetSheetIndex(listsSheet); err != nil {
		return err
	} else if i < 0 {
		if _, err := f.NewSheet(listsSheet); err != nil {
			return err
		}
		if err := f.SetSheetVisible(listsSheet, false); err != nil {
			return err
		}
	}
	letter, err := excelize.ColumnNumberToName(j + 1)
	if err != nil {
		return err
	}
	for i, value := range s.columns[j].allowed {
		if err := f.SetCellStr(listsSheet, letter+strconv.Itoa(i+1), value); err != nil {
			return err
		}
	}
	v.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", listsSheet, letter, letter, len(s.columns[j].allowed)))
	return nil
}

func (s *sheet) explainXLSX(f *excelize.File) error {
	if _, err := f.NewSheet(s.help); err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	wrap, err := f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}, NumFmt: 49})
	if err != nil {
		return err
	}
	for i, line := range s.intro {
		if err := f.SetCellStr(s.help, "A"+strconv.Itoa(i+1), line); err != nil {
			return err
		}
	}
	if err := f.SetCellStyle(s.help, "A1", "A1", bold); err != nil {
		return err
	}
	first := len(s.intro) + 2
	for j, width := range []float64{24, 28, 60, 14, 12, 40, 28} {
		letter, err := excelize.ColumnNumberToName(j + 1)
		if err != nil {
			return err
		}
		if err := f.SetColWidth(s.help, letter, letter, width); err != nil {
			return err
		}
		for i, row := range s.rows {
			cell := letter + strconv.Itoa(first+i)
			if err := f.SetCellStr(s.help, cell, row[j]); err != nil {
				return err
			}
			style := wrap
			if i == 0 {
				style = bold
			}
			if err := f.SetCellStyle(s.help, cell, cell, style); err != nil {
				return err
			}
		}
	}
	return nil
}
