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

// NewJudge lays a schema over rows that have its columns, in its order. Their dates
// and numbers may also be written as ISO 8601 and with a point, whatever the format
// of their field: controls of a browser give them so.
func NewJudge(s *schema.Schema) *Judge {
	return &Judge{p: rowsPlan(s, Options{Limit: All}), report: &Report{Schema: s}}
}

func rowsPlan(s *schema.Schema, o Options) *plan {
	f := &tabular.File{Info: tabular.Info{Format: "json", HeaderRows: 1, Columns: len(s.Fields)}}
	for i := range s.Fields {
		f.Header = append(f.Header, s.Fields[i].Name)
	}
	p := newPlan(f, s, o)
	p.keys = nil
	return p
}

// Row returns what is wrong with a row; cells has one text for each field of the
// schema. A row without any text has one fault, that it is blank.
func (j *Judge) Row(cells []string) ([]Fault, error) {
	found, err := j.Rows([][]string{cells})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// judged is how many rows are judged at once.
const judged = 1000

// Rows is Row for many; what is wrong with each is at its place.
func (j *Judge) Rows(rows [][]string) ([][]Fault, error) {
	out := make([][]Fault, len(rows))
	for from := 0; from < len(rows); from += judged {
		part := rows[from:min(from+judged, len(rows))]
		t, err := j.p.work(tabular.MadeBatch(part))
		if err != nil {
			return nil, err
		}
		for i := range t.faults {
			f := t.faults[i].fault
			if t.faults[i].id.warning || f.Code == CodeTruncated {
				continue
			}
			f.Row = 2
			out[from+t.faults[i].index] = append(out[from+t.faults[i].index], f)
		}
		j.p.release(t)
	}
	return out, nil
}

// Message says what is wrong, in one sentence; hint what to do, "" when there is
// nothing to say.
func (j *Judge) Message(l i18n.Lang, f *Fault) (message, hint string) {
	return j.report.Message(l, f), j.report.Hint(l, f)
}

// Typer casts rows that have the columns of a schema, and gives them as frames.
type Typer struct {
	judge *Judge
	p     *plan
	seq   int
}

// NewTyper casts rows for a Sink.
func NewTyper(s *schema.Schema, sink Sink) *Typer {
	return &Typer{judge: NewJudge(s), p: rowsPlan(s, Options{Limit: All, Sink: sink})}
}

// Fields are the columns of the frames.
func (t *Typer) Fields() []tabular.Field { return t.p.sinkFields() }

// Put gives rows to the Sink but for those that have a fault, and says how many it
// left out; blank rows are left out too.
func (t *Typer) Put(rows [][]string) (left int, err error) {
	good := make([][]string, 0, len(rows))
	b := tabular.MadeBatch(rows)
	judged, err := t.judge.p.work(b)
	if err != nil {
		return 0, err
	}
	bad := make(map[int]bool, len(judged.faults))
	for i := range judged.faults {
		if f := &judged.faults[i]; !f.id.warning && f.fault.Code != CodeTruncated {
			bad[f.index] = true
		}
	}
	t.judge.p.release(judged)
	for i, r := range rows {
		if !bad[i] {
			good = append(good, r)
		}
	}
	if len(good) == 0 {
		return len(rows), nil
	}
	b = tabular.MadeBatch(good)
	b.Seq = t.seq
	t.seq++
	cast, err := t.p.work(b)
	if err != nil {
		return 0, err
	}
	t.p.release(cast)
	return len(rows) - len(good), nil
}
