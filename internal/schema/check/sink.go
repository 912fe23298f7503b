package check

import (
	"socle/internal/schema"
	"socle/internal/tabular"
)

// prepareFrame makes room for the rows of a batch, blank ones left out.
func (p *plan) prepareFrame(t *part) {
	fr := &t.frame
	if fr.Fields == nil {
		fr.Fields = p.sinkFields()
		fr.Columns = make([]tabular.Column, len(fr.Fields))
	}
	fr.Rows = 0
	for _, blank := range t.blank {
		if !blank {
			fr.Rows++
		}
	}
	n := fr.Rows
	for j := range fr.Columns {
		out := &fr.Columns[j]
		out.Null = resize(out.Null, n)
		switch fr.Fields[j].Kind {
		case tabular.Text, tabular.JSON:
			out.Bytes = resize(out.Bytes, n)
		case tabular.Float:
			out.Float64 = resize(out.Float64, n)
		default:
			out.Int64 = resize(out.Int64, n)
		}
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// writer writes the values of a column of the frame one after another; nil where
// no one wants them.
type writer struct {
	out  *tabular.Column
	kind tabular.Kind
	next int
}

func (p *plan) writer(t *part, j int) *writer {
	if p.options.Sink == nil {
		return nil
	}
	return &writer{out: &t.frame.Columns[j], kind: t.frame.Fields[j].Kind}
}

// put writes a value, or null when it is none or did not cast.
func (w *writer) put(v *schema.Value, cast bool) {
	if w == nil {
		return
	}
	k := w.next
	w.next++
	null := !cast || v.Class == schema.Null
	w.out.Null[k] = null
	switch w.kind {
	case tabular.Text, tabular.JSON:
		w.out.Bytes[k] = v.Text
		if null {
			w.out.Bytes[k] = nil
		}
	case tabular.Float:
		w.out.Float64[k] = v.Float
		if null {
			w.out.Float64[k] = 0
		}
	default:
		w.out.Int64[k] = v.Int
		if null {
			w.out.Int64[k] = 0
		}
	}
}

// copyColumn writes a column that no rule judges.
func (p *plan) copyColumn(b *tabular.Batch, j int, t *part) {
	w := p.writer(t, j)
	if w == nil {
		return
	}
	var v schema.Value
	for i := range b.Len() {
		if !t.blank[i] {
			w.put(&v, p.value(b, i, j, &v))
		}
	}
}
