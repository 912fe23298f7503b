package form

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/schema/expression"
)

// Checker judges entries: the schema of the rows with all its checks, then what
// the form itself asks. It may be used from several goroutines.
type Checker struct {
	d       *Definition
	judge   *check.Judge
	owner   map[string]*Item // of a column
	rules   map[*Item]*rules
	repeats map[*Item]*Checker
	plain   bool // no item has an expression
}

// rules are the expressions of an item, nil where there is none.
type rules struct {
	relevant, constraint, calculation, filter *expression.Expression
}

// NewChecker compiles a definition. Kinds: Invalid, when an expression is wrong.
func NewChecker(d *Definition) (c *Checker, err error) {
	defer errs.Wrap(&err, "form.NewChecker")
	c = &Checker{d: d, judge: check.NewJudge(d.Schema), owner: map[string]*Item{}, rules: map[*Item]*rules{}, repeats: map[*Item]*Checker{}}
	e := errs.New(errs.Invalid, "form.invalid").WithHint("form.invalid.hint")
	c.compile(d.Items, e)
	if len(e.Fields) > 0 {
		return nil, e
	}
	c.plain = true
	for _, r := range c.rules {
		c.plain = c.plain && *r == rules{}
	}
	for it := range d.Fields() {
		for _, name := range it.Columns() {
			c.owner[name] = it
		}
		if it.Kind != Repeat {
			continue
		}
		sub := &Definition{Language: d.Language, Items: it.Items}
		if sub.Schema, err = sub.WriteSchema(""); err != nil {
			return nil, err
		}
		if c.repeats[it], err = NewChecker(sub); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Checker) compile(items []Item, e *errs.Error) {
	for i := range items {
		it := &items[i]
		r := &rules{}
		for _, x := range []struct {
			text string
			to   **expression.Expression
		}{{it.Relevant, &r.relevant}, {it.Constraint, &r.constraint}, {it.Calculation, &r.calculation}} {
			if x.text == "" {
				continue
			}
			parsed, err := expression.Parse(x.text)
			if err != nil {
				bad := errs.As(err)
				e.WithField(it.Name, bad.Key, bad.Args)
				continue
			}
			*x.to = parsed
		}
		if it.ChoiceFilter != "" {
			parsed, err := expression.ParseFilter(it.ChoiceFilter)
			if err != nil {
				bad := errs.As(err)
				e.WithField(it.Name, bad.Key, bad.Args)
			}
			r.filter = parsed
		}
		c.rules[it] = r
		if it.Kind == Section {
			c.compile(it.Items, e)
		}
	}
}

// Check returns the values as they are kept, by column: trimmed, without what was
// not asked, with what is calculated; and what is wrong, by the names of the items.
// now is when the entry was made.
func (c *Checker) Check(v Values, now time.Time) (Values, []errs.Field, error) {
	l, err := c.Look(v, now)
	return l.Values, l.Bad, err
}

// Looked is what a form makes of answers.
type Looked struct {
	Values  Values              // as Check returns them
	Hidden  []string            // items that are not asked
	Offered map[string][]string // the choices of the items that have a filter
	Bad     []errs.Field
}

// Look is Check, and says which items are not asked, and which choices are offered.
func (c *Checker) Look(v Values, now time.Time) (l Looked, err error) {
	run := &checking{now: now, offered: map[string][]string{}}
	if l.Values, err = run.entry(c, v, "", nil); err != nil {
		return Looked{}, err
	}
	if len(l.Values) == 0 && len(run.bad) == 0 {
		run.add("", "form.entry.empty")
	}
	l.Hidden, l.Offered, l.Bad = run.hidden, run.offered, run.bad
	return l, nil
}

// maxProblems bounds what is told of one entry.
const maxProblems = 100

// checking is the check of one entry.
type checking struct {
	now     time.Time
	bad     []errs.Field
	hidden  []string            // items that are not asked
	offered map[string][]string // choices, of the items that have a filter
	root    expression.Row      // of the entry, while its repeats are checked
}

func (r *checking) add(name, key string, args ...errs.Args) {
	if len(r.bad) >= maxProblems || slices.ContainsFunc(r.bad, func(f errs.Field) bool { return f.Name == name }) {
		return
	}
	f := errs.Field{Name: name, Key: key}
	if len(args) > 0 {
		f.Args = args[0]
	}
	r.bad = append(r.bad, f)
}

// entry checks an entry, or one instance of a repeat: prefix stands before names.
func (r *checking) entry(c *Checker, sent Values, prefix string, path []expression.Step) (Values, error) {
	v := c.d.Split(sent)
	for name, text := range v {
		if _, known := c.owner[name]; !known && c.d.Schema.Field(name) < 0 {
			r.add(prefix+name, "form.entry.unknown")
			delete(v, name)
			continue
		}
		most := MaxText
		if it := c.owner[name]; it != nil && it.Control == Shape {
			most = MaxShape
		}
		text, ok := clean(text, most)
		if !ok {
			r.add(prefix+c.nameOf(name), "form.entry.text", errs.Args{"Count": most})
		}
		if it := c.owner[name]; it != nil && it.Control == Commune && it.Format != "commune" {
			text = communeCode(text)
		}
		if v[name] = text; text == "" {
			delete(v, name)
		}
	}
	env := &expression.Env{Path: path, Now: r.now, Language: c.d.Language, Label: c.label}
	hidden := r.conditions(c, v, env)
	for it := range hidden {
		r.hidden = append(r.hidden, prefix+it.Name)
	}
	if err := r.instances(c, v, prefix, env); err != nil {
		return nil, err
	}
	r.offers(c, v, prefix, env)
	if len(v) > 0 || path != nil {
		if err := r.columns(c, v, prefix, hidden); err != nil {
			return nil, err
		}
		r.items(c, v, prefix, hidden, env)
	}
	return v, nil
}

// conditions removes what is not asked and calculates, until nothing changes.
func (r *checking) conditions(c *Checker, v Values, env *expression.Env) (hidden map[*Item]bool) {
	if c.plain {
		return nil
	}
	for range 4 {
		before := len(hidden)
		hidden = map[*Item]bool{}
		row := r.stand(c, v, env)
		changed := r.walk(c, c.d.Items, v, row, env, hidden, false)
		if !changed && len(hidden) == before {
			break
		}
	}
	return hidden
}

func (r *checking) walk(c *Checker, items []Item, v Values, row expression.Row, env *expression.Env, hidden map[*Item]bool, all bool) (changed bool) {
	for i := range items {
		it := &items[i]
		rule := c.rules[it]
		env.Self = row[it.Name]
		gone := all || rule.relevant != nil && !rule.relevant.True(env)
		if it.Kind == Section {
			changed = r.walk(c, it.Items, v, row, env, hidden, gone) || changed
			continue
		}
		if gone {
			hidden[it] = true
			for _, name := range it.Columns() {
				if _, had := v[name]; had {
					delete(v, name)
					changed = true
				}
			}
			delete(row, it.Name)
			continue
		}
		if rule.calculation == nil || v[it.Name] != "" && rule.calculation.Changes() {
			continue
		}
		if text := rule.calculation.Text(env); text != v[it.Name] {
			if v[it.Name] = text; text == "" {
				delete(v, it.Name)
			}
			row[it.Name] = c.answer(it, text)
			changed = true
		}
	}
	return changed
}

// columns judges the row by its schema.
func (r *checking) columns(c *Checker, v Values, prefix string, hidden map[*Item]bool) error {
	s := c.d.Schema
	cells := make([]string, len(s.Fields))
	for i := range s.Fields {
		cells[i] = v[s.Fields[i].Name]
	}
	faults, err := c.judge.Row(cells)
	if err != nil {
		return err
	}
	for i := range faults {
		f := &faults[i]
		it := c.owner[f.Field]
		if f.Code == check.CodeBlankRow || it != nil && hidden[it] {
			continue
		}
		name := c.nameOf(f.Field)
		if f.Constraint == "required" {
			r.add(prefix+name, "form.entry.required")
			continue
		}
		if f.Constraint == "pattern" && it != nil && it.ConstraintMessage != "" { // what is expected, in words
			r.add(prefix+name, "form.entry.constraint-message", errs.Args{"Text": constraintMessage{it}})
			continue
		}
		r.add(prefix+name, "form.entry.fault", errs.Args{"Text": said{c.judge, f}})
	}
	return nil
}

// said is the message of a fault, in the language of who reads it.
type said struct {
	judge *check.Judge
	fault *check.Fault
}

// Say is of i18n.Sayer.
func (s said) Say(l i18n.Lang) string {
	text, _ := s.judge.Message(l, s.fault)
	return text
}

// items checks what the form asks beyond the schema.
func (r *checking) items(c *Checker, v Values, prefix string, hidden map[*Item]bool, env *expression.Env) {
	var row expression.Row
	if !c.plain {
		row = r.stand(c, v, env)
	}
	for it := range c.d.Fields() {
		if hidden[it] {
			continue
		}
		empty := true
		for _, name := range it.Columns() {
			empty = empty && v[name] == ""
		}
		switch {
		case it.Kind == Repeat:
			continue
		case empty && it.Required && it.Control != Calculated && it.Control != Hidden:
			r.add(prefix+it.Name, "form.entry.required")
			continue
		case empty:
			continue
		}
		if len(it.Choices) > 0 {
			r.choice(it, v[it.Name], prefix)
		}
		if x := c.rules[it].constraint; x != nil {
			env.Self = row[it.Name]
			if !x.True(env) {
				if it.ConstraintMessage != "" {
					r.add(prefix+it.Name, "form.entry.constraint-message", errs.Args{"Text": constraintMessage{it}})
				} else {
					r.add(prefix+it.Name, "form.entry.constraint")
				}
			}
		}
	}
}

// offers notes which choices the filters leave.
func (r *checking) offers(c *Checker, v Values, prefix string, env *expression.Env) {
	if c.plain {
		return
	}
	row := r.stand(c, v, env)
	for it := range c.d.Fields() {
		filter := c.rules[it].filter
		if filter == nil {
			continue
		}
		env.Self = row[it.Name]
		list := []string{}
		for i := range it.Choices {
			env.Column = it.Choices[i].column
			if filter.True(env) {
				list = append(list, it.Choices[i].Value)
			}
		}
		env.Column = nil
		r.offered[prefix+it.Name] = list
	}
}

func (r *checking) choice(it *Item, text, prefix string) {
	list := []string{text}
	if it.Several() {
		list = it.List(text)
	}
	for _, value := range list {
		offered, filtered := r.offered[prefix+it.Name]
		if filtered && !slices.Contains(offered, value) || !slices.ContainsFunc(it.Choices, func(c Choice) bool { return c.Value == value }) {
			r.add(prefix+it.Name, "form.entry.choice", errs.Args{"Value": shorten(value)})
			return
		}
	}
}

func shorten(s string) string {
	if utf8.RuneCountInString(s) > 60 {
		return string([]rune(s)[:60]) + "…"
	}
	return s
}

// instances checks the repeats, and writes each as the JSON of its column.
func (r *checking) instances(c *Checker, v Values, prefix string, env *expression.Env) error {
	for it, sub := range c.repeats {
		text := v[it.Name]
		var list []Values
		if text != "" {
			if err := json.Unmarshal([]byte(text), &list); err != nil {
				r.add(prefix+it.Name, "form.entry.repeat")
				continue
			}
		}
		most := it.Max
		if most <= 0 || most > MaxRepeats {
			most = MaxRepeats
		}
		if len(list) > most {
			r.add(prefix+it.Name, "form.entry.repeat-most", errs.Args{"Count": most})
			continue
		}
		if len(list) < it.Min {
			r.add(prefix+it.Name, "form.entry.repeat-least", errs.Args{"Count": it.Min})
		}
		for n := range list {
			if r.root == nil || env.Path == nil {
				r.root = c.row(v)
			}
			out, err := r.entry(sub, list[n], fmt.Sprintf("%s%s[%d].", prefix, it.Name, n), append(slices.Clone(env.Path), expression.Step{Repeat: it.Name, Index: n}))
			if err != nil {
				return err
			}
			list[n] = out
		}
		if len(list) == 0 {
			delete(v, it.Name)
			continue
		}
		b, err := json.Marshal(list)
		if err != nil {
			return err
		}
		v[it.Name] = string(b)
	}
	return nil
}

// stand gives what expressions see of the values, and the whole entry around them.
func (r *checking) stand(c *Checker, v Values, env *expression.Env) expression.Row {
	row := c.row(v)
	if env.Root = row; env.Path != nil {
		env.Root = placed(r.root, env.Path, row)
	}
	return row
}

// placed is the entry with one instance replaced by what it is now.
func placed(root expression.Row, path []expression.Step, row expression.Row) expression.Row {
	if len(path) == 0 {
		return row
	}
	out := make(expression.Row, len(root))
	for k, a := range root {
		out[k] = a
	}
	step := path[0]
	a := out[step.Repeat]
	if step.Index >= len(a.Rows) {
		return out
	}
	a.Rows = slices.Clone(a.Rows)
	a.Rows[step.Index] = placed(a.Rows[step.Index], path[1:], row)
	out[step.Repeat] = a
	return out
}

// row gives the values as expressions see them.
func (c *Checker) row(v Values) expression.Row {
	row := make(expression.Row, len(v))
	for name, text := range c.d.Join(v) {
		if it := c.d.Find(name); it != nil {
			row[name] = c.answer(it, text)
		} else {
			row[name] = expression.Answer{Text: text}
		}
	}
	return row
}

func (c *Checker) answer(it *Item, text string) expression.Answer {
	a := expression.Answer{Text: text}
	switch {
	case it.Kind == Repeat:
		var list []Values
		if json.Unmarshal([]byte(text), &list) == nil {
			for _, v := range list {
				a.Rows = append(a.Rows, c.repeats[it].row(v))
			}
		}
		a.Text = ""
	case it.Several():
		a.Choices = it.List(text)
	case it.Control == Point && it.Format != "":
		if lon, lat, ok := ReadPoint(text); ok {
			a.Text = fmt.Sprintf("%v, %v", lon, lat)
		}
	}
	return a
}

func (c *Checker) label(name, value string) string {
	it := c.d.Find(name)
	if it == nil {
		return value
	}
	for _, x := range it.Choices {
		if x.Value == value {
			return x.Label
		}
	}
	return value
}

// nameOf is the name of the item that fills a column.
func (c *Checker) nameOf(column string) string {
	if it := c.owner[column]; it != nil {
		return it.Name
	}
	return column
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// clean trims a text and composes its accents; ok is false when it is longer than most
// bytes or holds what no cell can: it is kept as it came then, for who mends it.
func clean(s string, most int) (string, bool) {
	if len(s) > most || !utf8.ValidString(s) {
		return s, false
	}
	if strings.Contains(s, "\r") {
		s = lineEnds.Replace(s)
	}
	s = strings.TrimSpace(norm.NFC.String(s))
	return s, !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
}

// Columns are the names of the columns of a row, in their order.
func Columns(s *schema.Schema) []string {
	out := make([]string, len(s.Fields))
	for i := range s.Fields {
		out[i] = s.Fields[i].Name
	}
	return out
}
