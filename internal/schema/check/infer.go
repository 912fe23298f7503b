package check

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"socle/internal/errs"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// InferOptions change how a schema is inferred.
type InferOptions struct {
	Workers int // goroutines; 0: one per processor
	// Types are those of columns, by label, as a person knows them: cells of another
	// type are faults then. The types are those of TypesByHand.
	Types map[string]schema.Type
}

// TypesByHand are the types that a person may give a column.
var TypesByHand = []schema.Type{schema.String, schema.Integer, schema.Number, schema.Boolean, schema.Date, schema.Datetime, schema.Time, schema.Year, schema.GeoJSON}

// Infer makes the schema of a table that has none, from all its rows: for each
// column the narrowest type that every cell casts to, so that Run finds no cell of
// a wrong type. Codes that begin with zero, identifiers by their label, and parts of a
// code (8.1 and 8.10) stay texts. Names are unique and not empty. Errors are those of reading.
func Infer(ctx context.Context, f *tabular.File, o InferOptions) (s *schema.Schema, err error) {
	defer errs.Wrap(&err, "check.Infer")
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	width := len(f.Header)
	if f.Info.HeaderRows == 0 {
		width = max(width, f.Info.Columns)
	}
	names := uniqueNames(f.Header, width)
	if err := KnownTypes(o.Types, names); err != nil {
		return nil, err
	}
	set := newCandidates()
	twins := make([]atomic.Bool, width) // columns in which texts of one number are looked for
	for j, name := range names {
		twins[j].Store(!quantity(name))
	}
	states := func() []guess {
		out := set.states(width)
		for j := range out {
			_, out[j].keep = o.Types[names[j]]
			out[j].looks = twins[j].Load()
		}
		return out
	}
	all := states()
	_, err = tabular.Scan(ctx, f, o.Workers, func(b *tabular.Batch) ([]guess, error) {
		part := states()
		for j := range part {
			set.look(b, j, &part[j])
		}
		return part, nil
	}, func(_ tabular.Position, part []guess) error {
		for j := range part {
			all[j].merge(&part[j])
			twins[j].Store(all[j].looks)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s = &schema.Schema{MissingValues: []schema.MissingValue{{}}, Inferred: true}
	for j := range all {
		field := set.field(&all[j], names[j])
		if t, ok := o.Types[names[j]]; ok && t != field.Type {
			field = set.as(t, &all[j], names[j])
		}
		s.Fields = append(s.Fields, field)
	}
	return s, nil
}

// KnownTypes refuses types of columns that are not there, and types that are none.
// Kinds: Invalid.
func KnownTypes(types map[string]schema.Type, names []string) error {
	for name, t := range types {
		if !slices.Contains(names, name) {
			return errs.New(errs.Invalid, "check.type-column", errs.Args{"Name": name, "Known": strings.Join(names, ", ")}).WithHint("check.type-column.hint")
		}
		if !slices.Contains(TypesByHand, t) {
			known := make([]string, len(TypesByHand))
			for i, k := range TypesByHand {
				known[i] = string(k)
			}
			return errs.New(errs.Invalid, "check.type-unknown", errs.Args{"Name": name, "Type": string(t), "Known": strings.Join(known, ", ")}).WithHint("check.type-unknown.hint")
		}
	}
	return nil
}

// as makes the field of a column whose type is given: of the ways to write it, the
// one that most of the cells seen have.
func (set candidates) as(t schema.Type, g *guess, name string) schema.Field {
	best, most := schema.Field{Type: t, BareNumber: true}, 0
	var v schema.Value
	for i := range set {
		if set[i].field.Type != t {
			continue
		}
		n := 0
		for _, cell := range g.seen {
			if set[i].caster.Cast(cell, &v) {
				n++
			}
		}
		if n > most {
			best, most = set[i].field, n
		}
	}
	best.Name = name
	if t != schema.String {
		best.MissingValues = g.missing()
	}
	return best
}

// candidate is a field that a column may be.
type candidate struct {
	field  schema.Field
	caster *schema.Caster
	number bool // numbers have rules of their own: see plainFigure
}

type candidates []candidate

// guess is what the cells of a column allow so far: bits of candidates.
type guess struct {
	alive  uint64
	any    bool   // a cell that is not empty was seen
	absent uint16 // bits of absences seen

	looks bool // texts of one number are looked for in parts
	parts parts

	keep bool     // cells are kept, as the type is given
	seen [][]byte // the first of them, at most seenCells
}

const seenCells = 500

// absences are texts that stand for "no value" in columns of numbers and dates.
var absences = []string{"NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "ND", "nd", "NC", "nc", "NR", "-", "--"}

func newCandidates() candidates {
	var set candidates
	add := func(f schema.Field, number bool) {
		set = append(set, candidate{field: f, number: number})
	}
	for _, pair := range [][2]string{{"true", "false"}, {"True", "False"}, {"TRUE", "FALSE"}, {"vrai", "faux"}, {"Vrai", "Faux"}, {"VRAI", "FAUX"},
		{"oui", "non"}, {"Oui", "Non"}, {"OUI", "NON"}, {"yes", "no"}, {"Yes", "No"}, {"YES", "NO"}} {
		add(schema.Field{Type: schema.Boolean, TrueValues: pair[:1], FalseValues: pair[1:]}, false)
	}
	add(schema.Field{Type: schema.Integer, BareNumber: true}, true)
	add(schema.Field{Type: schema.Number, BareNumber: true}, true)
	add(schema.Field{Type: schema.Number, BareNumber: true, DecimalChar: ","}, true)
	add(schema.Field{Type: schema.Integer, BareNumber: true, GroupChar: " "}, true)
	add(schema.Field{Type: schema.Number, BareNumber: true, GroupChar: " "}, true)
	add(schema.Field{Type: schema.Number, BareNumber: true, DecimalChar: ",", GroupChar: " "}, true)
	add(schema.Field{Type: schema.Date}, false)
	for _, p := range []string{"%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%Y"} {
		add(schema.Field{Type: schema.Date, Format: p}, false)
	}
	for _, p := range []string{"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%Y/%m/%d %H:%M:%S", ""} {
		add(schema.Field{Type: schema.Datetime, Format: p}, false)
	}
	add(schema.Field{Type: schema.Time}, false)
	add(schema.Field{Type: schema.Time, Format: "%H:%M"}, false)
	add(schema.Field{Type: schema.GeoJSON}, false)
	for i := range set {
		set[i].caster = set[i].field.Caster(schema.CastOptions{})
	}
	return set
}

func (set candidates) states(width int) []guess {
	out := make([]guess, width)
	for i := range out {
		out[i].alive = 1<<len(set) - 1
	}
	return out
}

// look narrows the guess of column j by the cells of a batch.
func (set candidates) look(b *tabular.Batch, j int, g *guess) {
	for i := range b.Len() {
		if j >= b.Width(i) {
			continue
		}
		cell := b.Cell(i, j)
		if len(cell) == 0 {
			continue
		}
		if n := absence(cell); n >= 0 {
			g.absent |= 1 << n
			continue
		}
		g.any = true
		if g.keep && len(g.seen) < seenCells {
			g.seen = append(g.seen, bytes.Clone(cell))
		}
		if g.alive != 0 {
			set.narrow(g, cell)
		}
		if g.looks {
			g.looks = g.parts.add(cell)
		}
		if g.alive == 0 && !g.keep {
			return
		}
	}
}

func absence(cell []byte) int {
	if len(cell) > 4 {
		return -1
	}
	for i, a := range absences {
		if string(cell) == a {
			return i
		}
	}
	return -1
}

func (set candidates) narrow(g *guess, cell []byte) {
	figure := plainFigure(cell)
	var v schema.Value
	for i := range set {
		if g.alive&(1<<i) == 0 {
			continue
		}
		c := &set[i]
		if c.number && !figure || !c.caster.Cast(cell, &v) {
			g.alive &^= 1 << i
		}
	}
}

// plainFigure tells numbers from codes that look like them: no zero in front, no
// plus sign, no exponent, digits at both ends, groups of three.
func plainFigure(cell []byte) bool {
	c := cell
	if len(c) > 0 && c[0] == '-' {
		c = c[1:]
	}
	if len(c) == 0 || len(c) > 30 || c[0] < '0' || c[0] > '9' || c[len(c)-1] < '0' || c[len(c)-1] > '9' {
		return false
	}
	if c[0] == '0' && len(c) > 1 && c[1] != '.' && c[1] != ',' {
		return false
	}
	digits, group, spaced := 0, 0, false
	whole := true
	for _, r := range string(c) {
		switch {
		case r >= '0' && r <= '9':
			digits++
			group++
		case r == '.' || r == ',':
			if spaced && group != 3 {
				return false
			}
			whole = false
		case r == ' ' || r == '\u00a0' || r == '\u202f':
			if !whole || spaced && group != 3 || !spaced && group > 3 {
				return false
			}
			group, spaced = 0, true
		default:
			return false
		}
	}
	return digits <= 17 && (!whole || !spaced || group == 3)
}

func (g *guess) merge(other *guess) {
	g.alive &= other.alive
	g.any = g.any || other.any
	g.absent |= other.absent
	g.looks = g.looks && other.looks && g.parts.merge(other.parts)
	g.seen = append(g.seen, other.seen[:min(len(other.seen), seenCells-min(len(g.seen), seenCells))]...)
}

// missing are the words for "no value" that were seen; nil when none was.
func (g *guess) missing() []schema.MissingValue {
	if g.absent == 0 {
		return nil
	}
	out := []schema.MissingValue{{}}
	for n, a := range absences {
		if g.absent&(1<<n) != 0 {
			out = append(out, schema.MissingValue{Value: a})
		}
	}
	return out
}

// field makes the field of a column.
func (set candidates) field(g *guess, name string) schema.Field {
	text := schema.Field{Name: name, Type: schema.String, BareNumber: true}
	if !g.any || g.alive == 0 {
		return text
	}
	for i := range set {
		if g.alive&(1<<i) == 0 {
			continue
		}
		f := set[i].field
		if set[i].number && identifier(name) || f.Type == schema.Number && numbersAreCodes(name, g.looks && g.parts.twins) {
			return text
		}
		f.Name = name
		f.MissingValues = g.missing()
		return f
	}
	return text
}

// uniqueNames gives each column a name of its own: its label, else colonne_3; the
// second column of a name takes _2.
func uniqueNames(labels []string, width int) []string {
	out := make([]string, width)
	seen := make(map[string]bool, width)
	for _, l := range labels {
		seen[strings.TrimSpace(l)] = true
	}
	given := make(map[string]bool, width)
	for i := range out {
		name := ""
		if i < len(labels) {
			name = strings.TrimSpace(labels[i])
		}
		if name == "" {
			name = "colonne_" + strconv.Itoa(i+1)
		}
		base := name
		for n := 2; given[name] || n > 2 && seen[name]; n++ {
			name = base + "_" + strconv.Itoa(n)
		}
		given[name] = true
		out[i] = name
	}
	return out
}
