package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Judge judges rows one by one, as Run judges those of a file: types, constraints,
// French formats and the checks that the schema asks for. What is of a whole file,
// as keys, is not looked at. It may be used from several goroutines.
type Judge struct {
	p      *plan
	report *Report
}

// NewJudge lays a schema over rows that have its columns, in its order.
func NewJudge(s *schema.Schema) *Judge {
	f := &tabular.File{Info: tabular.Info{Format: "csv", Encoding: "utf-8", HeaderRows: 1, Columns: len(s.Fields)}}
	for i := range s.Fields {
		f.Header = append(f.Header, s.Fields[i].Name)
	}
	p := newPlan(f, s, Options{Limit: All})
	p.keys = nil
	return &Judge{p: p, report: &Report{Schema: s}}
}

// Row returns what is wrong with a row; cells has one text for each field of the
// schema. A row without any text has one fault, that it is blank.
func (j *Judge) Row(cells []string) ([]Fault, error) {
	b := tabular.MadeBatch([][]string{cells})
	t, err := j.p.work(b)
	if err != nil {
		return nil, err
	}
	defer j.p.release(t)
	var out []Fault
	for i := range t.faults {
		f := t.faults[i].fault
		if t.faults[i].id.warning || f.Code == CodeTruncated {
			continue
		}
		f.Row = 2
		out = append(out, f)
	}
	return out, nil
}

// Message says what is wrong, in one sentence; hint what to do, "" when there is
// nothing to say.
func (j *Judge) Message(l i18n.Lang, f *Fault) (message, hint string) {
	return j.report.Message(l, f), j.report.Hint(l, f)
}
