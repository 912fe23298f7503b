package compat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"socle/internal/i18n"
	"socle/internal/schema/check"
)

// report is a report in the shape of Validata.
type report struct {
	Valid    bool       `json:"valid"`
	Stats    stats      `json:"stats"`
	Warnings []string   `json:"warnings"`
	Errors   []fault    `json:"errors"`
	Data     [][]string `json:"resource_data,omitempty"`
}

type stats struct {
	Errors    int     `json:"errors"`
	Warnings  int     `json:"warnings"`
	Seconds   float64 `json:"seconds"`
	Fields    int     `json:"fields"`
	Rows      int     `json:"rows"`
	Processed int     `json:"rows_processed"`
}

// fault is one error. Rows count from the header, which is row 1; a column that is
// missing has a number after the last one. Messages are Markdown.
type fault struct {
	Title   string   `json:"title"`
	Message string   `json:"message"`
	Type    string   `json:"type"`
	Tags    []string `json:"tags"`
	Row     int      `json:"rowNumber,omitempty"`
	Field   string   `json:"fieldName,omitempty"`
	Column  int      `json:"fieldNumber,omitempty"`
	Cell    *string  `json:"cell,omitempty"`
}

func newReport(r *check.Report) *report {
	l := i18n.French
	out := &report{
		Valid: r.Valid, Warnings: []string{}, Errors: make([]fault, len(r.Errors)),
		Stats: stats{Errors: r.Stats.Errors, Warnings: r.Stats.Warnings, Seconds: r.Stats.Seconds, Fields: r.Columns, Rows: r.Stats.Rows, Processed: r.Stats.Rows},
	}
	for i := range r.Errors {
		f := &r.Errors[i]
		out.Errors[i] = fault{Title: check.Name(l, f.Code), Message: sentences("\n\n", r.Message(l, f), r.Hint(l, f)), Type: f.Code, Tags: tags(f), Row: f.Row, Field: f.Field, Column: f.Column}
		if f.HasCell {
			out.Errors[i].Cell = &f.Cell
		}
	}
	for i := range r.Warnings {
		f := &r.Warnings[i]
		out.Warnings = append(out.Warnings, sentences(" ", r.Message(l, f), r.Hint(l, f)))
	}
	for _, w := range check.SchemaWarnings(r.Schema, l) {
		out.Warnings = append(out.Warnings, markdown(w))
		out.Stats.Warnings++
	}
	return out
}

// tags say what part of the table a fault is of.
func tags(f *check.Fault) []string {
	switch f.Code {
	case check.CodeMissingLabel, check.CodeExtraLabel, check.CodeBlankLabel, check.CodeDuplicateLabel, check.CodeIncorrectLabel:
		return []string{"#table", "#header", "#label"}
	case check.CodeBlankHeader:
		return []string{"#table", "#header"}
	case check.CodeType, check.CodeConstraint, check.CodeUnique, check.CodeMissingCell, check.CodeExtraCell, check.CodeTruncated:
		return []string{"#table", "#row", "#cell"}
	case check.CodeBlankRow, check.CodePrimaryKey, check.CodeForeignKey:
		return []string{"#table", "#row"}
	case check.CodeCheck:
		return []string{"#structure"}
	case check.CodeSource, check.CodeEncoding:
		return []string{"#table"}
	case check.CodeSchema:
		return []string{"#schema"}
	}
	if _, format := check.Named(check.Format, f.Code); format {
		return []string{"#table", "#row", "#cell"}
	}
	return []string{"#body"}
}

func sentences(sep string, list ...string) string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, markdown(s))
		}
	}
	return strings.Join(out, sep)
}

// markdown writes a text so that Markdown shows it as it is: cells of a stranger's
// file never become markup.
func markdown(s string) string {
	if !strings.ContainsAny(s, "\\`*_<[&") {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '\\', '`', '*', '<', '[', '&':
			b.WriteByte('\\')
		case '_':
			if !insideWord(s, i) {
				b.WriteByte('\\')
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// insideWord tells whether the underscore at i stands between letters or digits,
// where Markdown leaves it.
func insideWord(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i+1:])
	word := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	return word(before) && word(after)
}
