package collect

import (
	"strings"

	"socle/internal/errs"
	"socle/internal/schema"
)

// Layout tells apart what the cells of a line are: it is a digest of the names of a
// table's columns, in their order. The columns of a free table move when its form is
// edited, while pages drawn before are still open: cells travel by place, so these pages
// say which layout they are of. "" says nothing: the columns of now are meant.
type Layout string

// LayoutOf is the layout of the lines of a table.
func LayoutOf(sch *schema.Schema) Layout {
	names := make([]string, len(sch.Fields))
	for i := range sch.Fields {
		names[i] = sch.Fields[i].Name
	}
	return Layout(digestText(strings.Join(names, keyValue))[:16])
}

// keep gives the layout of a schema, and refuses when another one was meant.
func (l Layout) keep(sch *schema.Schema) (Layout, error) {
	now := LayoutOf(sch)
	if l != "" && l != now {
		return "", otherColumns()
	}
	return now, nil
}

func otherColumns() error {
	return errs.New(errs.Conflict, "collect.line.columns").WithHint("collect.line.columns.hint")
}
