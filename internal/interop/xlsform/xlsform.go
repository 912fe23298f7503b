package xlsform

import (
	"context"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/schema/form"
	"socle/internal/tabular"
)

// Options of reading a form.
type Options struct {
	Name     string // of the file: a hint for its format
	Language string // preferred: "fr" or "en"
	// File gives a file of choices that the form names (select_one_from_file); nil, or
	// false: there is none.
	File func(name string) (tabular.Source, bool)
}

// Level says what a problem means for the form.
type Level uint8

const (
	Noted   Level = iota // of no consequence for who fills the form in
	Changed              // understood otherwise than it was written
	Left                 // left out
	Wrong                // no form can be made before it is corrected
)

// String returns the stable code; its message key is "xlsform.level." + code.
func (l Level) String() string { return [...]string{"noted", "changed", "left", "wrong"}[l] }

// Problem is something that was not taken over as it is written.
type Problem struct {
	Level  Level
	Sheet  string
	Row    int    // of the sheet, from 1; 0: of the sheet
	Column string // its label; "": of the row
	Key    string // of the message
	Args   errs.Args
}

// MaxProblems bounds the list of problems; the last one then says that there are more.
const MaxProblems = 200

// Result is what was read.
type Result struct {
	Definition *form.Definition
	FormID     string // of the settings; "" when they do not say
	Questions  int    // rows of the survey that became something
	Problems   []Problem
}

// Fails reports whether no form can be made of it.
func (r *Result) Fails() bool {
	return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Level == Wrong })
}

// Read reads a workbook. Kinds: Invalid, when it is no XLSForm; the errors of
// tabular.Open. What is wrong inside the form is in the problems.
func Read(ctx context.Context, src tabular.Source, o Options) (r *Result, err error) {
	defer errs.Wrap(&err, "xlsform.Read(%s)", o.Name)
	b, err := readBook(ctx, src, o.Name)
	if err != nil {
		return nil, err
	}
	rd := &reader{ctx: ctx, o: o, book: b, names: map[string]bool{}, filtered: map[string]bool{}, Result: Result{Definition: &form.Definition{Names: []string{}, Screens: form.ManyScreens}}}
	rd.settings()
	rd.choices()
	rd.survey()
	rd.unread()
	rd.references()
	rd.finish()
	return &rd.Result, ctx.Err()
}

// reader reads one form.
type reader struct {
	Result
	ctx      context.Context
	o        Options
	book     book
	names    map[string]bool
	lists    map[string]*list
	filtered map[string]bool // columns of choices that filters look at
	asked    []expressionAt  // every expression that was taken over

	language  string            // of the form's own texts, as the columns name it; "" where they name none
	others    map[string]string // the other languages that are kept: how the columns name them, by their code
	nameParts []string
	onOne     bool // a group is shown on one screen
}

func (rd *reader) tell(level Level, sheet *sheet, row int, column, key string, args ...errs.Args) {
	if len(rd.Problems) >= MaxProblems {
		if level == Wrong { // which must not be lost
			rd.Problems[MaxProblems-1] = Problem{Level: Wrong, Sheet: sheet.name, Row: row, Column: column, Key: key, Args: append(args, nil)[0]}
		}
		return
	}
	p := Problem{Level: level, Sheet: sheet.name, Row: row, Column: column, Key: key}
	if len(args) > 0 {
		p.Args = args[0]
	}
	if len(rd.Problems) == MaxProblems-1 && level != Wrong {
		p = Problem{Level: level, Sheet: sheet.name, Key: "xlsform.more"}
	}
	rd.Problems = append(rd.Problems, p)
}

// settings reads the sheet of the form itself.
func (rd *reader) settings() {
	d := rd.Definition
	d.Language = rd.o.Language
	s := rd.book["settings"]
	if s != nil && len(s.rows) > 0 {
		r := s.rows[0]
		for _, c := range s.columns {
			value := r.get(c.label)
			if value == "" {
				continue
			}
			switch c.base {
			case "form_title", "title", "set_form_title":
				d.Title = value
			case "form_id", "id_string", "set_form_id":
				rd.FormID = value
			case "instance_name":
				rd.instanceName(s, r, c.label, value)
			case "default_language":
				rd.language = value
			case "version", "name", "style", "namespaces", "auto_send", "auto_delete", "allow_choice_duplicates", "clean_text_values", "omit_instanceid":
				rd.tell(Noted, s, r.number, c.label, "xlsform.setting", errs.Args{"Setting": c.label})
			default:
				rd.tell(Left, s, r.number, c.label, "xlsform.setting", errs.Args{"Setting": c.label})
			}
		}
	}
	rd.chooseLanguages()
}

// instanceName notes the questions that name an entry.
func (rd *reader) instanceName(s *sheet, r *row, column, value string) {
	e := rd.expression(s, r, column, value)
	if e == nil {
		return
	}
	rd.nameParts = e.Names()
	if !strings.HasPrefix(value, "concat(") && len(rd.nameParts) != 1 {
		rd.tell(Changed, s, r.number, column, "xlsform.instance-name")
	}
}

// references tells of questions that expressions name and that there are none.
func (rd *reader) references() {
	for _, a := range rd.asked {
		for _, name := range a.expression.Names() {
			if !rd.names[name] {
				rd.tell(Wrong, a.sheet, a.row, a.column, "xlsform.unknown-question", errs.Args{"Name": name})
			}
		}
	}
}

// finish chooses what a workbook does not say: the position, the name of an entry.
func (rd *reader) finish() {
	d := rd.Definition
	for it := range d.Fields() {
		if it.Control == form.Point {
			d.Place = it.Name
			break
		}
	}
	for _, name := range rd.nameParts {
		if it := d.Find(name); it != nil && it.Kind == form.Field {
			d.Names = append(d.Names, name)
		}
	}
	for it := range d.Fields() {
		if len(d.Names) == 0 && it.Asked() && it.Required && (it.Control == form.Text || it.Control == form.OneChoice || it.Control == form.Date) {
			d.Names = append(d.Names, it.Name)
		}
	}
	for it := range d.Fields() {
		if len(d.Names) == 0 && it.Asked() {
			d.Names = append(d.Names, it.Name)
		}
	}
	if rd.onOne {
		d.Screens = form.OneScreen
	}
	s := rd.book["survey"]
	if d.Title == "" {
		d.Title = strings.TrimSpace(strings.TrimSuffix(rd.o.Name, extension(rd.o.Name)))
	}
	if len(d.Names) == 0 {
		rd.tell(Wrong, s, 0, "", "xlsform.empty")
	}
	if rd.Questions > form.MaxItems {
		rd.tell(Wrong, s, 0, "", "xlsform.large", errs.Args{"Most": form.MaxItems})
	}
}

func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[i:]
	}
	return ""
}
