package check

import (
	"bufio"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"socle/internal/i18n"
)

// Lines writes the errors that a report lists as CSV, one line each: row, line of
// the file, letter of the column, field, cell, message, what to do, proposed value.
// It is for spreadsheets: UTF-8 with a mark, and in French the semicolon. What a
// spreadsheet would take for a formula begins with an apostrophe.
func Lines(w io.Writer, r *Report, l i18n.Lang) error {
	b := bufio.NewWriter(w)
	if _, err := b.WriteString("\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(b)
	out.UseCRLF = true
	if l == i18n.French {
		out.Comma = ';'
	}
	if err := out.Write([]string{i18n.T(l, "report.row"), i18n.T(l, "report.line"), i18n.T(l, "report.column"), i18n.T(l, "report.field"), i18n.T(l, "check.report.value"),
		i18n.T(l, "check.report.message"), i18n.T(l, "report.hint"), i18n.T(l, "check.report.proposal")}); err != nil {
		return err
	}
	for i := range r.Errors {
		f := &r.Errors[i]
		proposal := ""
		if f.Repair != nil && f.Repair.Cell {
			proposal = f.Repair.Value
		}
		line := []string{count(f.Row), count(f.Line), Letter(f.Column), f.Field, f.Cell, r.Message(l, f), r.Hint(l, f), proposal}
		for j := range line {
			line[j] = plainCell(line[j])
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return b.Flush()
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// plainCell keeps a spreadsheet from running what a stranger wrote: texts that
// begin as formulas do, numbers apart.
func plainCell(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	if _, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64); err == nil {
		return s
	}
	return "'" + s
}
