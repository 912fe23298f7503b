package check

import (
	"strings"
	"sync"

	"socle/internal/schema"
	"socle/internal/tabular"
)

// plan is a schema laid over the columns of a file, ready to judge batches. It
// does not change while it runs, but for its pools.
type plan struct {
	options  Options
	file     *tabular.File
	schema   *schema.Schema
	standard bool // the standard's rule
	width    int  // cells that a row should have
	columns  []column
	absent   []column // fields of the schema that the file lacks, where rows are judged for them
	rows     []*rowCheck
	keys     []*rowKey
	head     []Fault // faults of the header and of the schema
	warn     []Fault
	places   map[string]int // column of each field found, from 0
	told     map[int]bool   // columns whose label is blank or a duplicate
	unlisted int            // warnings of the header beyond maxHeader
	full     sync.Map       // groupID: listed up to the limit
	parts    sync.Pool
	menders  func() menders // made when the first fault asks for a repair
}

// column is one column of the file with what judges it.
type column struct {
	number int    // from 1
	label  string // as in the file
	field  int    // in the schema, -1 for none
	name   string // of the field, or the label
	rules  *schema.Rules
	caster *schema.Caster
	class  schema.Class
	judges []*cellCheck
}

func newPlan(f *tabular.File, s *schema.Schema, o Options) *plan {
	p := &plan{options: o, file: f, schema: s, standard: o.Standard || s.FieldsMatch != schema.MatchDefault, places: map[string]int{}, told: map[int]bool{}}
	p.parts.New = func() any { return &part{} }
	p.menders = sync.OnceValue(func() menders { return newMenders(s) })
	if o.Standard {
		for i, w := range s.Warnings {
			if w.Refused {
				p.head = append(p.head, Fault{Code: CodeSchema, Key: w.Key, Args: w.Args, field: -1, check: i + 1})
			}
		}
	}
	p.encoding()
	p.coordinates()
	p.matchColumns()
	for i := range p.columns {
		c := &p.columns[i]
		c.class = schema.ClassText
		if c.field >= 0 {
			p.judge(c)
			p.places[s.Fields[c.field].Name] = i
		}
	}
	p.planChecks()
	p.planKeys()
	return p
}

// native tells whether the cells of the format have types of their own.
func (p *plan) native() bool {
	switch p.file.Info.Format {
	case "csv", "tsv", "txt", "":
		return false
	}
	return true
}

func (p *plan) judge(c *column) {
	f := &p.schema.Fields[c.field]
	c.rules = p.schema.Rules(c.field, schema.CastOptions{Native: p.native()})
	c.caster = c.rules.Caster()
	c.class = schema.ClassOf(f.Type)
}

// place returns the column, from 0, of a field or of a label; -1 when absent.
func (p *plan) place(name string) int {
	if i, ok := p.places[name]; ok {
		return i
	}
	for i := range p.columns {
		if p.columns[i].label == name {
			return i
		}
	}
	return -1
}

// Letter names a column as spreadsheets do: A, B … Z, AA.
func Letter(column int) string {
	if column <= 0 {
		return ""
	}
	var b []byte
	for ; column > 0; column = (column - 1) / 26 {
		b = append([]byte{byte('A' + (column-1)%26)}, b...)
	}
	return string(b)
}

func (p *plan) sinkFields() []tabular.Field {
	out := make([]tabular.Field, len(p.columns))
	for i := range p.columns {
		c := &p.columns[i]
		out[i] = tabular.Field{Name: c.name}
		if c.field >= 0 {
			describe(&out[i], &p.schema.Fields[c.field], c.class)
		}
	}
	return out
}

// describe gives a column of frames the kind of its field.
func describe(out *tabular.Field, f *schema.Field, class schema.Class) {
	switch class {
	case schema.ClassInt:
		out.Kind = tabular.Int
	case schema.ClassFloat:
		out.Kind = tabular.Float
	case schema.ClassBool:
		out.Kind = tabular.Bool
	case schema.ClassDays:
		out.Kind = tabular.Date
	case schema.ClassMicros:
		out.Kind = tabular.Timestamp
		out.Local = f.Format != "" && f.Format != "any" && !strings.Contains(f.Format, "%z")
	case schema.ClassTime:
		out.Kind = tabular.TimeOfDay
	case schema.ClassJSON:
		out.Kind = tabular.JSON
	}
	switch {
	case f.Type == schema.GeoJSON && f.Format == "":
		out.Geometry = "geojson"
	case f.Type == schema.Geopoint:
		out.Geometry = "point-lonlat"
	}
}
