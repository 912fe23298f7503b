package detect

import (
	"sync/atomic"

	"socle/internal/tabular"
)

// Sampler describes the columns of a file that is read for something else: it looks
// at some cells of each batch, from the first row to the last. Batches come in any
// order, from several goroutines; what is found is the same.
type Sampler struct {
	names   []string
	columns []*summary
	rows    atomic.Int64
}

// NewSampler prepares for a file of these labels.
func NewSampler(header []string) *Sampler {
	s := &Sampler{names: header}
	for range header {
		s.columns = append(s.columns, newSummary())
	}
	return s
}

// Cells that are looked at in a column of a batch: many of the first ones, so that a
// file of some thousand rows is seen whole, then fewer and fewer, never less than least.
const (
	mostLooked  = 2048
	leastLooked = 4
)

// Look takes of each column the first filled cell of each of so many stretches of
// rows: what is filled in a few rows only is seen all the same.
func (s *Sampler) Look(b *tabular.Batch) {
	n := b.Len()
	s.rows.Add(int64(n))
	stretches := max(mostLooked>>min(b.Seq, 16), leastLooked)
	length := max((n+stretches-1)/stretches, 1)
	for k := range s.columns {
		j := (k + b.Seq*7) % len(s.columns) // two goroutines rarely want the same column
		s.columns[j].glance(b, j, length)
	}
}

// glance sees the first filled cell of column j in each stretch of so many rows.
func (s *summary) glance(b *tabular.Batch, j, length int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 0; i < b.Len(); {
		if cell := b.Cell(i, j); len(cell) > 0 {
			s.see(cell, b.Seq == 0)
			i += length - i%length
		} else {
			i++
		}
	}
}

// Columns describes the columns by what was looked at, in the order of the file.
// Distinct is of what was looked at, Nulls are not counted, and no value is quoted:
// there are no examples, and no bounds.
func (s *Sampler) Columns() []Column {
	var out []Column
	for j, c := range s.columns {
		out = append(out, c.column(s.names[j], int(s.rows.Load())))
	}
	markPersonal(out)
	for j := range out {
		c := &out[j]
		c.Nulls, c.Examples, c.Min, c.Max, c.Missing = 0, nil, "", "", nil
	}
	return out
}
