package xlsform

import (
	"context"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/tabular"
)

// Bounds of a workbook.
const (
	maxRows    = 20_000 // of a sheet
	maxColumns = 200
	maxCell    = 20_000 // bytes
)

// book is the sheets of a form by their name in lower case.
type book map[string]*sheet

type sheet struct {
	name    string // as it is written
	columns []column
	rows    []*row
}

// column is a column by its label: "label::Français (fr)" is the base "label" in the
// language "Français (fr)".
type column struct {
	label, base, language string
}

type row struct {
	number int
	cells  map[string]string // by label
}

func (r *row) get(label string) string { return r.cells[label] }

// sheetNames are those that mean something.
var sheetNames = []string{"survey", "choices", "settings", "external_choices", "entities", "osm"}

// readBook reads the sheets of a workbook, or of a CSV that has one or all of them.
func readBook(ctx context.Context, src tabular.Source, name string) (book, error) {
	f, err := tabular.Open(ctx, src, tabular.Options{Name: name, Whole: true})
	if err != nil {
		return nil, err
	}
	sheets := f.Info.Sheets
	if len(sheets) == 0 {
		rows, err := records(ctx, f)
		if err != nil {
			return nil, err
		}
		return flat(rows)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	b := book{}
	for _, s := range sheets {
		key := strings.ToLower(strings.TrimSpace(s))
		if key == "" || b[key] != nil || !slices.Contains(sheetNames, key) {
			continue
		}
		f, err := tabular.Open(ctx, src, tabular.Options{Name: name, Whole: true, Sheet: s})
		if err != nil {
			if e := errs.As(err); e.Key == "tabular.empty-sheet" || e.Key == "tabular.empty-rows" {
				continue
			}
			return nil, err
		}
		rows, err := records(ctx, f)
		if err != nil {
			return nil, err
		}
		b[key] = newSheet(s, rows)
	}
	return b.checked()
}

type record struct {
	number int
	cells  []string
}

// records reads the rows that are not blank, and closes the file.
func records(ctx context.Context, f *tabular.File) (list []record, err error) {
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	for b, err := range f.Batches(ctx) {
		if err != nil {
			return nil, err
		}
		for i := range b.Len() {
			if b.Blank(i) {
				continue
			}
			r := record{number: b.Position().Line + b.Line(i)}
			for j := range min(b.Width(i), maxColumns) {
				cell := b.Cell(i, j)
				if len(cell) > maxCell {
					return nil, errs.New(errs.TooLarge, "xlsform.cell", errs.Args{"Row": r.number, "Most": maxCell}).WithHint("xlsform.cell.hint")
				}
				r.cells = append(r.cells, strings.TrimSpace(strings.ReplaceAll(string(cell), "\u00a0", " ")))
			}
			if list = append(list, r); len(list) > maxRows {
				return nil, errs.New(errs.TooLarge, "xlsform.rows", errs.Args{"Most": maxRows}).WithHint("xlsform.rows.hint")
			}
		}
	}
	return list, nil
}

// newSheet takes the first row as labels.
func newSheet(name string, list []record) *sheet {
	s := &sheet{name: name}
	if len(list) == 0 {
		return s
	}
	labels := list[0].cells
	for _, l := range labels {
		if l != "" {
			s.columns = append(s.columns, newColumn(l))
		}
	}
	for _, r := range list[1:] {
		cells := make(map[string]string, len(r.cells))
		for j, c := range r.cells {
			if j < len(labels) && labels[j] != "" && c != "" && cells[labels[j]] == "" {
				cells[labels[j]] = c
			}
		}
		if len(cells) > 0 {
			s.rows = append(s.rows, &row{number: r.number, cells: cells})
		}
	}
	return s
}

// bases are other names of columns.
var bases = map[string]string{
	"list name": "list_name", "read_only": "readonly", "relevance": "relevant", "calculate": "calculation", "caption": "label",
	"constraint message": "constraint_message", "required message": "required_message", "command": "type", "tag": "name", "value": "name",
	"choice filter": "choice_filter", "repeat count": "repeat_count", "count": "repeat_count", "default language": "default_language",
	"form title": "form_title", "form id": "form_id", "instance name": "instance_name", "guidance hint": "guidance_hint",
}

// translated are the columns that may be in several languages.
var translated = []string{"label", "hint", "guidance_hint", "constraint_message", "required_message", "image", "audio", "video", "big-image"}

func newColumn(label string) column {
	c := column{label: label}
	parts := strings.Split(strings.ReplaceAll(label, "::", ":"), ":")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	base := strings.ToLower(parts[0])
	parts = parts[1:]
	if base == "media" && len(parts) > 0 {
		base, parts = strings.ToLower(parts[0]), parts[1:]
	}
	if base == "bind" && len(parts) > 0 {
		base, parts = strings.ToLower(strings.TrimPrefix(parts[len(parts)-1], "jr:")), nil
	}
	if len(parts) > 0 && slices.Contains(translated, strings.ReplaceAll(base, " ", "_")) {
		c.language = strings.Join(parts, ":")
	}
	if other, ok := bases[base]; ok {
		base = other
	}
	c.base = strings.ReplaceAll(base, " ", "_")
	return c
}

// flat reads a CSV: the sheet survey alone, or all sheets, each after a row that has
// its name in the first column.
func flat(list []record) (book, error) {
	marked := false
	for _, r := range list {
		if len(r.cells) > 0 && strings.EqualFold(r.cells[0], "survey") {
			marked = true
		}
	}
	if !marked {
		return book{"survey": newSheet("survey", list)}.checked()
	}
	parts, current := map[string][]record{}, ""
	for _, r := range list {
		if key := strings.ToLower(r.cells[0]); slices.Contains(sheetNames, key) {
			current = key
		}
		if rest := (record{number: r.number, cells: r.cells[1:]}); strings.Join(rest.cells, "") != "" {
			parts[current] = append(parts[current], rest)
		}
	}
	b := book{}
	for key, rows := range parts {
		b[key] = newSheet(key, rows)
	}
	return b.checked()
}

// checked makes sure that there is a survey.
func (b book) checked() (book, error) {
	s := b["survey"]
	if s == nil || s.label("type") == "" || s.label("name") == "" && len(s.rows) > 0 {
		return nil, errs.New(errs.Invalid, "xlsform.none").WithHint("xlsform.none.hint")
	}
	return b, nil
}

// label is that of the column with a base, in no language; "" when there is none.
func (s *sheet) label(base string) string {
	for _, c := range s.columns {
		if c.base == base && c.language == "" {
			return c.label
		}
	}
	return ""
}

// in gives a text in a language: of its column, else of the column without language.
func (s *sheet) in(r *row, base, language string) string {
	if own := s.only(r, base, language); own != "" {
		return own
	}
	return s.only(r, base, "")
}

// only gives a text in a language, of its column alone.
func (s *sheet) only(r *row, base, language string) string {
	for _, c := range s.columns {
		if v := r.get(c.label); c.base == base && c.language == language && v != "" {
			return v
		}
	}
	return ""
}

// cell gives the text of a base column and its label.
func (s *sheet) cell(r *row, base string) (value, label string) {
	label = s.label(base)
	return r.get(label), label
}
