package xlsform

import (
	"path"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/schema/form"
	"socle/internal/tabular"
)

// list is a list of choices.
type list struct {
	choices []form.Choice
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
	for _, c := range s.columns {
		if !slices.Contains(choiceColumns, c.base) {
			level := Noted // a column that filters look at, told where they are
			if slices.Contains(translated, c.base) {
				level = Left
			}
			rd.tell(level, s, 0, c.label, "xlsform.choice-column", errs.Args{"Column": c.label})
		}
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
		l.choices = append(l.choices, form.Choice{Value: value, Label: label})
	}
}

// listOf gives the choices of a question, with "other" when it is asked for.
func (rd *reader) listOf(s *sheet, r *row, column, name string) []form.Choice {
	l := rd.lists[name]
	if l == nil {
		rd.tell(Wrong, s, r.number, column, "xlsform.unknown-list", errs.Args{"List": name})
		return nil
	}
	return append([]form.Choice(nil), l.choices...)
}

// fileOf reads the choices of a file that came with the form.
func (rd *reader) fileOf(s *sheet, r *row, column, file, parameters string) []form.Choice {
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
	for _, p := range strings.FieldsFunc(parameters, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
		switch key, v, _ := strings.Cut(p, "="); key {
		case "value":
			value = v
		case "label":
			label = v
		}
	}
	choices, err := rd.readFile(src, file, value, label)
	if err != nil {
		rd.tell(Wrong, s, r.number, column, "xlsform.file-bad", errs.Args{"File": file, "Value": value, "Label": label})
	}
	return choices
}

func (rd *reader) readFile(src tabular.Source, name, value, label string) ([]form.Choice, error) {
	f, err := tabular.Open(rd.ctx, src, tabular.Options{Name: name, Whole: true})
	if err != nil {
		return nil, err
	}
	rows, err := records(rd.ctx, f)
	if err != nil {
		return nil, err
	}
	s := newSheet(name, rows)
	var choices []form.Choice
	for _, r := range s.rows {
		c := form.Choice{Value: r.get(value), Label: r.get(label)}
		if c.Value == "" || c.Label == "" || len(choices) >= form.MaxChoices {
			return nil, errs.New(errs.Invalid, "xlsform.file-bad", errs.Args{"File": name, "Value": value, "Label": label})
		}
		choices = append(choices, c)
	}
	if len(choices) == 0 {
		return nil, errs.New(errs.Invalid, "xlsform.file-bad", errs.Args{"File": name, "Value": value, "Label": label})
	}
	return choices, nil
}
