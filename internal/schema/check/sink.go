package check

import (
	"socle/internal/schema"
	"socle/internal/tabular"
)

// sink casts the rows of a batch into a frame and hands it over.
func (p *plan) sink(b *tabular.Batch, t *part) error {
	fr := &t.frame
	if fr.Fields == nil {
		fr.Fields = p.sinkFields()
		fr.Columns = make([]tabular.Column, len(fr.Fields))
	}
	t.kept = t.kept[:0]
	for i := range b.Len() {
		if !t.blank[i] {
			t.kept = append(t.kept, i)
		}
	}
	fr.Rows = len(t.kept)
	for j := range fr.Columns {
		p.fill(b, j, fr.Fields[j].Kind, t.kept, &fr.Columns[j])
	}
	return p.options.Sink(b.Seq, fr)
}

func (p *plan) fill(b *tabular.Batch, j int, kind tabular.Kind, rows []int, out *tabular.Column) {
	n := len(rows)
	out.Null = resize(out.Null, n)
	switch kind {
	case tabular.Text, tabular.JSON:
		out.Bytes = resize(out.Bytes, n)
	case tabular.Float:
		out.Float64 = resize(out.Float64, n)
	default:
		out.Int64 = resize(out.Int64, n)
	}
	var v schema.Value
	for k, i := range rows {
		null := !p.value(b, i, j, &v)
		out.Null[k] = null
		if null {
			v = schema.Value{}
		}
		switch kind {
		case tabular.Text, tabular.JSON:
			out.Bytes[k] = v.Text
		case tabular.Float:
			out.Float64[k] = v.Float
		default:
			out.Int64[k] = v.Int
		}
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
