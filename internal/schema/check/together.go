package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// cohesiveColumns: column and othercolumns are all filled or all empty on a
// row. A file that has some of these columns only is wrong once; one that has
// none is right.
func cohesiveColumns(p *plan, q schema.CustomCheck) (*rowCheck, *Fault) {
	names := append([]string{param(q, "column")}, params(q, "othercolumns")...)
	if len(names) < 2 {
		return nil, badParam("othercolumns", "")
	}
	var at []int
	var absent []string
	for _, n := range names {
		if i := p.place(n); i >= 0 {
			at = append(at, i)
		} else {
			absent = append(absent, n)
		}
	}
	switch {
	case len(at) == 0:
		return nil, nil
	case len(absent) > 0:
		return nil, &Fault{Code: q.Name, Key: "check.cohesive-columns-value.absent", Args: i18n.Args{"Columns": names, "Absent": absent}, field: -1}
	}
	return &rowCheck{at: at[0], judge: func(b *tabular.Batch, i int) (string, i18n.Args) {
		first := p.filled(b, i, at[0])
		for _, j := range at[1:] {
			if p.filled(b, i, j) != first {
				return "check.cohesive-columns-value", i18n.Args{"Columns": names}
			}
		}
		return "", nil
	}}, nil
}

// oneOfRequired: one at least of two columns is filled on each row. A column
// that is absent counts as empty; a file that lacks both is wrong once.
func oneOfRequired(p *plan, q schema.CustomCheck) (*rowCheck, *Fault) {
	first := param(q, "column1")
	if first == "" {
		first = param(q, "column")
	}
	second := param(q, "column2")
	if first == "" || second == "" {
		return nil, badParam("column2", second)
	}
	a, b := p.place(first), p.place(second)
	args := i18n.Args{"Columns": []string{first, second}}
	if a < 0 && b < 0 {
		return nil, &Fault{Code: q.Name, Key: "check.one-of-required.absent", Args: args, field: -1}
	}
	at := a
	if at < 0 {
		at = b
	}
	return &rowCheck{at: at, judge: func(batch *tabular.Batch, i int) (string, i18n.Args) {
		if a >= 0 && p.filled(batch, i, a) || b >= 0 && p.filled(batch, i, b) {
			return "", nil
		}
		return "check.one-of-required", args
	}}, nil
}
