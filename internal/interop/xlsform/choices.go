package xlsform

import (
	"path"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/schema/expression"
	"socle/internal/schema/form"
	"socle/internal/tabular"
)

// list is a list of choices, each with its row, in which filters find their columns.
type list struct {
	choices []form.Choice
	rows    []*row
	seen    map[string]bool
}

// choiceColumns are those that mean something to a choice.
var choiceColumns = []string{"list_name", "name", "label"}

// choices reads the lists.
func (rd *reader) choices() {
	rd.lists = map[string]*list{}
	s := rd.book["choices"]
	if s == nil {
		return
	}
	duplicates := false
	if settings := rd.book["settings"]; settings != nil && len(settings.rows) > 0 {
		v, _ := settings.cell(settings.rows[0], "allow_choice_duplicates")
		duplicates = yes(v)
	}
	for _, r := range s.rows {
		name, _ := s.cell(r, "list_name")
		value, column := s.cell(r, "name")
		if name == "" || value == "" {
			rd.tell(Wrong, s, r.number, column, "xlsform.choice-incomplete")
			continue
		}
		l := rd.lists[name]
		if l == nil {
			l = &list{seen: map[string]bool{}}
			rd.lists[name] = l
		}
		if l.seen[value] {
			if !duplicates {
				rd.tell(Wrong, s, r.number, column, "xlsform.choice-twice", errs.Args{"Value": value, "List": name})
			} else {
				rd.tell(Changed, s, r.number, column, "xlsform.choice-again", errs.Args{"Value": value, "List": name})
			}
			continue
		}
		if len(l.choices) >= form.MaxChoices {
			rd.tell(Wrong, s, r.number, column, "xlsform.choices-large", errs.Args{"List": name, "Most": form.MaxChoices})
			return
		}
		l.seen[value] = true
		label := s.in(r, "label", rd.language)
		if label == "" {
			label = value
		}
		c := form.Choice{Value: value, Label: label}
		rd.labelled(&c, func(_, language string) string { return s.only(r, "label", language) })
		l.choices, l.rows = append(l.choices, c), append(l.rows, r)
	}
}

// unread tells of the columns of choices that nothing looks at: it comes after the
// questions, whose filters name them.
func (rd *reader) unread() {
	s := rd.book["choices"]
	if s == nil {
		return
	}
	for _, c := range s.columns {
		if slices.Contains(choiceColumns, c.base) || rd.filtered[c.label] {
			continue
		}
		level := Noted
		if slices.Contains(translated, c.base) {
			level = Left
		}
		rd.tell(level, s, 0, c.label, "xlsform.choice-column", errs.Args{"Column": c.label})
	}
}

// filter reads the filter of a question's choices and names the columns that it looks
// at; "" when there is none, or it is told that it is not understood.
func (rd *reader) filter(q question) (source string, columns []string) {
	v, column := q.sheet.cell(q.row, "choice_filter")
	if v == "" {
		return "", nil
	}
	e, err := expression.ParseFilter(v)
	if err == nil && e.UsesSelf() {
		err = errs.New(errs.Invalid, "xlsform.choice-filter", errs.Args{"Filter": v})
	}
	if err != nil {
		bad := errs.As(err)
		rd.tell(Left, q.sheet, q.row.number, column, bad.Key, bad.Args)
		return "", nil
	}
	rd.asked = append(rd.asked, expressionAt{q.sheet, q.row.number, column, e})
	for _, name := range e.Columns() {
		if name != "name" && name != "label" {
			columns = append(columns, name)
			rd.filtered[name] = true
		}
	}
	return v, columns
}

// columnsOf is what a filter sees of a row of choices.
func columnsOf(r *row, names []string) map[string]string {
	var out map[string]string
	for _, n := range names {
		if text := r.get(n); text != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[n] = text
		}
	}
	return out
}

// lacking tells of columns that a filter names and no choice has.
func (rd *reader) lacking(q question, s *sheet, names []string) {
	for _, n := range names {
		if !slices.ContainsFunc(s.columns, func(c column) bool { return c.label == n }) {
			rd.tell(Wrong, q.sheet, q.row.number, q.sheet.label("choice_filter"), "xlsform.filter-column", errs.Args{"Column": n, "Sheet": s.name})
		}
	}
}

// listOf gives the choices of a question, with "other" when it is asked for.
func (rd *reader) listOf(q question, name string, columns []string) []form.Choice {
	l := rd.lists[name]
	if l == nil {
		rd.tell(Wrong, q.sheet, q.row.number, q.typeColumn, "xlsform.unknown-list", errs.Args{"List": name})
		return nil
	}
	rd.lacking(q, rd.book["choices"], columns)
	out := slices.Clone(l.choices)
	for i := range out {
		out[i].Columns = columnsOf(l.rows[i], columns)
	}
	return out
}

// fileOf reads the choices of a file that came with the form.
func (rd *reader) fileOf(q question, columns []string) []form.Choice {
	s, r, column, file := q.sheet, q.row, q.typeColumn, q.rest
	var src tabular.Source
	found := false
	if rd.o.File != nil {
		src, found = rd.o.File(path.Base(file))
	}
	if !found {
		rd.tell(Wrong, s, r.number, column, "xlsform.file-missing", errs.Args{"File": file})
		return nil
	}
	value, label := "name", "label"
	for _, p := range strings.FieldsFunc(q.parameters, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
		switch key, v, _ := strings.Cut(p, "="); key {
		case "value":
			value = v
		case "label":
			label = v
		}
	}
	read, choices, err := rd.readFile(src, file, value, label, columns)
	if err == nil {
		rd.lacking(q, read, columns)
	} else {
		rd.tell(Wrong, s, r.number, column, "xlsform.file-bad", errs.Args{"File": file, "Value": value, "Label": label})
	}
	return choices
}

func (rd *reader) readFile(src tabular.Source, name, value, label string, columns []string) (s *sheet, choices []form.Choice, err error) {
	f, err := tabular.Open(rd.ctx, src, tabular.Options{Name: name, Whole: true})
	if err != nil {
		return nil, nil, err
	}
	rows, err := records(rd.ctx, f)
	if err != nil {
		return nil, nil, err
	}
	s = newSheet(name, rows)
	for _, r := range s.rows {
		c := form.Choice{Value: r.get(value), Label: r.get(label), Columns: columnsOf(r, columns)}
		if c.Value == "" || c.Label == "" || len(choices) >= form.MaxChoices {
			return nil, nil, errs.New(errs.Invalid, "xlsform.file-bad", errs.Args{"File": name, "Value": value, "Label": label})
		}
		choices = append(choices, c)
	}
	if len(choices) == 0 {
		return nil, nil, errs.New(errs.Invalid, "xlsform.file-bad", errs.Args{"File": name, "Value": value, "Label": label})
	}
	return s, choices, nil
}
