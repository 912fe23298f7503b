package expression

import (
	"slices"
	"time"

	"socle/internal/errs"
)

// Bounds of an expression. Evaluating takes at most one visit of each node for each
// answer that it names, so these bound the work too.
const (
	MaxLength = 4000 // characters
	MaxDepth  = 40   // expressions inside one another
)

// Expression is a text that was understood. It never changes; several goroutines may
// evaluate it.
type Expression struct {
	source string
	root   node
}

// Parse reads an expression. A text that is not one is Invalid, with the place where
// it stops making sense.
func Parse(text string) (*Expression, error) { return parse(text, false) }

// ParseFilter reads a condition on choices: a name that stands alone is a column of the
// choice that is looked at, as in region = ${region}.
func ParseFilter(text string) (*Expression, error) { return parse(text, true) }

func parse(text string, columns bool) (*Expression, error) {
	p := &parser{columns: columns}
	if err := p.cut(text); err != nil {
		return nil, err
	}
	root, err := p.whole()
	if err != nil {
		return nil, err
	}
	return &Expression{source: text, root: root}, nil
}

// String is the text that was parsed.
func (e *Expression) String() string { return e.source }

// Names lists the questions that the expression names, each once, in their order.
func (e *Expression) Names() []string {
	var names []string
	walk(e.root, func(n node) {
		if r, ok := n.(reference); ok && !slices.Contains(names, r.name) {
			names = append(names, r.name)
		}
	})
	return names
}

// Columns lists the columns of choices that a filter names, each once, in their order.
func (e *Expression) Columns() []string {
	var names []string
	walk(e.root, func(n node) {
		if c, ok := n.(column); ok && !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	})
	return names
}

// UsesSelf tells whether the expression looks at the answer being checked (".").
func (e *Expression) UsesSelf() bool {
	return e.any(func(n node) bool { _, ok := n.(self); return ok })
}

// Changes tells whether the same answers can give another value later: the expression
// asks for the moment, for a new identifier, or keeps what was there.
func (e *Expression) Changes() bool {
	return e.any(func(n node) bool {
		c, ok := n.(call)
		return ok && c.function.changes
	})
}

func (e *Expression) any(is func(node) bool) bool {
	found := false
	walk(e.root, func(n node) { found = found || is(n) })
	return found
}

// Row is the answers of an entry, or of one instance of a repeated group, by the names
// of their questions. A question that is absent has an empty answer.
type Row map[string]Answer

// Answer is what was answered: a text, several choices, or the instances of a repeated
// group. Dates are ISO 8601, positions "longitude, latitude" or GeoJSON.
type Answer struct {
	Text    string
	Choices []string // of a question with several choices
	Rows    []Row    // of a repeated group
}

// Step is a way into a repeated group: which instance, from 0.
type Step struct {
	Repeat string
	Index  int
}

// Env is where an expression is evaluated.
type Env struct {
	Root     Row
	Path     []Step // from the entry down to the instance that holds the question
	Self     Answer // the answer of ".", also what once() keeps
	Now      time.Time
	Language string                          // of the names of months: "fr" or "en"
	UUID     func() string                   // nil: uuid() is empty
	Label    func(name, value string) string // label of a choice; nil: the value itself
	Column   func(name string) string        // of the choice that a filter looks at; nil: all are empty
}

// Eval gives the value of the expression. It cannot fail: what has no value is empty.
func (e *Expression) Eval(env *Env) Value {
	return (&evaluation{env: env, rows: env.rows()}).eval(e.root)
}

// True evaluates a condition.
func (e *Expression) True(env *Env) bool { return e.Eval(env).Bool() }

// Text evaluates a calculation, as text for a cell.
func (e *Expression) Text(env *Env) string { return e.Eval(env).Text() }

// rows lists the instances that enclose the question, innermost first, the entry last.
func (env *Env) rows() []Row {
	list := []Row{env.Root}
	row := env.Root
	for _, step := range env.Path {
		instances := row[step.Repeat].Rows
		if step.Index < 0 || step.Index >= len(instances) {
			break
		}
		row = instances[step.Index]
		list = append(list, row)
	}
	slices.Reverse(list)
	return list
}

func wrong(key string, args errs.Args) error {
	return errs.New(errs.Invalid, key, args).WithHint(key + ".hint")
}
