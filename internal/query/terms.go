package query

import "socle/internal/i18n"

// Terms lists the conditions that must all hold, to be shown and taken away one by one.
func (q Query) Terms() []Expr { return terms(q.Where) }

// WithoutTerm returns the query less one of its Terms.
func (q Query) WithoutTerm(i int) Query {
	list := terms(q.Where)
	kept := append(And(nil), list[:i]...)
	q.Where = join(append(kept, list[i+1:]...))
	return q
}

// Say says a condition: "commune est « Roques »".
func Say(lang i18n.Lang, cols []Column, e Expr) string {
	s := speaker{lang: lang, cols: index(cols), figures: map[string]string{}}
	return s.expr(e, true)
}

// Key is the parameter of a condition on a column: COLUMN or COLUMN.OPERATION.
func Key(column, op string) string {
	if op == "" || op == "eq" {
		return escapeKey(column)
	}
	return escapeKey(column) + "." + op
}
