package check

import (
	"context"
	"errors"
	"iter"

	"socle/internal/errs"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Tables gives the rows of the tables of a data package to foreign keys: by the
// name of the resource, how to open its file. The file is closed after reading.
type Tables map[string]func(context.Context) (*tabular.File, error)

// Rows yields the cells of the fields of a table, row by row. A table that is not
// there, or has no such column, is NotFound.
func (t Tables) Rows(ctx context.Context, r schema.Reference) (iter.Seq2[[]string, error], error) {
	open, ok := t[r.Resource]
	if !ok || r.Package != "" {
		return nil, errs.New(errs.NotFound, "errs.not-found")
	}
	f, err := open(ctx)
	if err != nil {
		return nil, err
	}
	at := make([]int, len(r.Fields))
	for i, name := range r.Fields {
		if at[i] = labelled(f.Header, name); at[i] < 0 {
			return nil, errors.Join(errs.New(errs.NotFound, "errs.not-found"), f.Close())
		}
	}
	return func(yield func([]string, error) bool) {
		defer f.Close()
		cells := make([]string, len(at))
		for b, err := range f.Batches(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range b.Len() {
				for k, j := range at {
					cells[k] = string(b.Cell(i, j))
				}
				if !yield(cells, nil) {
					return
				}
			}
		}
	}, nil
}

// labelled returns the column of a label, written so or nearly so; -1 for none.
func labelled(labels []string, name string) int {
	for i, l := range labels {
		if l == name {
			return i
		}
	}
	for i, l := range labels {
		if foldLabel(l) == foldLabel(name) {
			return i
		}
	}
	return -1
}
