package tables

import (
	"context"
	"slices"

	"socle/internal/errs"
)

// RowText is a row of a file as text, by its contract row.
type RowText struct {
	Row   int
	Cells []string
}

// First returns the first rows of what an import read, blank ones left out.
func (s *Service) First(ctx context.Context, i Import, n int) ([]RowText, error) {
	return s.some(ctx, i, func(int) bool { return true }, n, 0)
}

// RowsOf returns the rows of the given numbers, in file order.
func (s *Service) RowsOf(ctx context.Context, i Import, rows []int) ([]RowText, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	sorted := slices.Clone(rows)
	slices.Sort(sorted)
	return s.some(ctx, i, func(row int) bool {
		_, ok := slices.BinarySearch(sorted, row)
		return ok
	}, len(rows), sorted[len(sorted)-1])
}

// some reads the file until it has most rows, or past the row last (0: its end).
func (s *Service) some(ctx context.Context, i Import, want func(row int) bool, most, last int) (list []RowText, err error) {
	defer errs.Wrap(&err, "tables.some(%s)", i.ID)
	f, closer, err := s.OpenSource(ctx, i)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	for b, err := range f.Batches(ctx) {
		if err != nil {
			return nil, err
		}
		first := b.Position().Row
		for k := range b.Len() {
			if row := first + k; !want(row) || last == 0 && b.Width(k) == 0 {
				continue
			}
			r := RowText{Row: first + k}
			for j := range b.Width(k) {
				r.Cells = append(r.Cells, string(b.Cell(k, j)))
			}
			if list = append(list, r); len(list) >= most {
				return list, nil
			}
		}
		if last > 0 && first+b.Len() > last {
			return list, nil
		}
	}
	return list, nil
}
