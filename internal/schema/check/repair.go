package check

import "socle/internal/schema"

// menders propose the repairs of the fields of a schema, by field. Making them
// compiles the schema once; they may be used from several goroutines.
type menders []*mender

func newMenders(s *schema.Schema) menders {
	out := make(menders, len(s.Fields))
	for i := range s.Fields {
		out[i] = newMender(s, i)
	}
	return out
}

// propose returns the repair of a cell of a field that has a fault, false when
// there is none. What the whole column says is not known here: PlanRepairs may
// find safe what is doubtful cell by cell, as the order of day and month.
func (m menders) propose(field int, cell string) (Repair, bool) {
	if field < 0 || field >= len(m) {
		return Repair{}, false
	}
	p, ok := m[field].propose(cell)
	return Repair{ID: p.id, Safe: p.safe, Value: p.value, Cell: true}, ok
}
