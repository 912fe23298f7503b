package check

import (
	"strings"
	"unicode/utf8"

	"socle/internal/schema"
)

// proposal is a way to mend a cell; it counts only when its value is right.
type proposal struct {
	id    string
	safe  bool
	value string
}

// mender proposes repairs for the cells of one field. It may be used from
// several goroutines once made.
type mender struct {
	field *schema.Field
	code  codeKind
	rules *schema.Rules
	asked []judge             // the checks of the column alone that the schema asks for
	names []string            // of these checks
	seen  *evidence           // what the whole column says; nil: not known
	enum  map[string][]string // key of an allowed value → the values that have it
	dated bool                // a text whose pattern wants a date
}

// obeys reports whether a cell is right: type, constraints, checks of its column.
func (m *mender) obeys(cell []byte) bool {
	var v schema.Value
	if !m.rules.Caster().Cast(cell, &v) || m.rules.Check(cell, &v) != 0 {
		return false
	}
	if v.Class == schema.Null {
		return true
	}
	for _, j := range m.asked {
		if wrong, _ := j(cell, &v); wrong != "" {
			return false
		}
	}
	return true
}

func (m *mender) right(cell string) bool { return m.obeys([]byte(cell)) }

// evidence is what the cells of a column say together of how it was written.
type evidence struct {
	dayFirst, monthFirst int            // dates whose order is sure; of the whole file when the column has none
	decimalComma         int            // commas that can only be decimal separators
	thousandsComma       int            // commas that can only part thousands
	thousandsPoint       int            // points that can only part thousands
	units                map[string]int // unit → cells, at most maxUnits of them
	fractions, over      int            // numbers without unit from 0 to 1, and over 1
}

const maxUnits = 16

var textTypes = []schema.Type{schema.String, schema.Any}

// cellRepairs are the ways to mend a cell, tried in this order. Each gets the
// cell after clean, which is the first repair of all.
var cellRepairs = []struct {
	types []schema.Type // nil: any
	try   func(m *mender, cell string) []proposal
}{
	{[]schema.Type{schema.Date, schema.Datetime, schema.Time, schema.Year, schema.Yearmonth}, repairMoment},
	{[]schema.Type{schema.Number, schema.Integer}, repairNumber},
	{[]schema.Type{schema.Boolean}, repairBoolean},
	{[]schema.Type{schema.Geopoint}, repairGeopoint},
	{nil, repairEnum},
	{textTypes, repairPlace},
	{textTypes, repairActs},
	{textTypes, repairYears},
	{textTypes, repairHours},
	{[]schema.Type{schema.String, schema.Any, schema.Integer}, repairCode},
	{[]schema.Type{schema.String}, repairAddress},
	{[]schema.Type{schema.Array, schema.List}, repairList},
	{nil, repairPattern},
	{nil, repairNothing},
}

// newMender prepares the repairs of field i.
func newMender(s *schema.Schema, i int) *mender {
	f := &s.Fields[i]
	m := &mender{field: f, code: codeOf(s, f), rules: s.Rules(i, schema.CastOptions{}), enum: map[string][]string{}}
	m.ask(s)
	m.dated = f.Constraints.Pattern != "" && m.right("2025-12-31") && !m.right("a") && !m.right("1") && !m.right("31122025") && !m.right("2025-1231")
	allowed := f.Constraints.Enum
	for _, c := range f.Categories {
		allowed = append(allowed[:len(allowed):len(allowed)], c.Value)
	}
	if len(allowed) <= 10_000 {
		for _, v := range allowed {
			m.enum[key(v)] = append(m.enum[key(v)], v)
		}
	}
	return m
}

// propose returns the best repair of a cell that does not obey its field: the
// first safe one whose value is right, else the first doubtful one.
func (m *mender) propose(cell string) (proposal, bool) {
	const longest = 4096 // a longer cell is no slip of the pen
	if len(cell) == 0 || len(cell) > longest || !utf8.ValidString(cell) {
		return proposal{}, false
	}
	text := clean(cell)
	if text != cell && m.good(text) {
		return proposal{"spaces", true, text}, true
	}
	var doubtful *proposal
	for _, r := range cellRepairs {
		if r.types != nil && !typeIn(r.types, m.field.Type) {
			continue
		}
		for _, p := range r.try(m, text) {
			if p.value == cell || !m.accepts(p) {
				continue
			}
			if p.safe {
				return p, true
			}
			if doubtful == nil {
				doubtful = &p
			}
		}
	}
	if doubtful != nil {
		return *doubtful, true
	}
	if mended, ok := undouble(cell); ok && m.good(mended) {
		return proposal{"double-encoding", true, mended}, true
	}
	return proposal{}, false
}

// ask gathers the checks of this column alone that the schema asks for.
func (m *mender) ask(s *schema.Schema) {
	if c, ok := Named(Format, m.field.FrenchFormat); ok && m.field.FrenchFormat != "" {
		m.asked, m.names = append(m.asked, c.cell), append(m.names, c.Name)
	}
	for _, q := range s.Checks {
		if param(q, "column") != m.field.Name {
			continue
		}
		c, ok := Named(Custom, q.Name)
		if !ok {
			continue
		}
		j := c.cell
		if c.make != nil {
			if made, fault := c.make(nil, q); fault == nil {
				j = made
			}
		}
		if j != nil {
			m.asked, m.names = append(m.asked, j), append(m.names, c.Name)
		}
	}
}

// asks reports whether the schema asks for one of the checks of the column.
func (m *mender) asks(names ...string) bool {
	for _, n := range names {
		if slicesHas(m.names, n) {
			return true
		}
	}
	return false
}

// accepts tests the value of a proposal; nothing at all is right where a value
// is not required.
func (m *mender) accepts(p proposal) bool {
	if p.value == "" {
		return strings.HasPrefix(p.id, "no-value") && m.right("")
	}
	return m.good(p.value)
}

// good tests a value against the field and, for codes, against what exists.
func (m *mender) good(value string) bool {
	return value != "" && m.right(value) && (m.code == kindNone || knownCode(m.code, value) || m.code == kindPhone && !m.asks("phone-number-value", "phone-number"))
}

func typeIn(types []schema.Type, t schema.Type) bool {
	for _, x := range types {
		if x == t {
			return true
		}
	}
	return false
}

// repairNothing empties cells that say "no value" with a word.
func repairNothing(_ *mender, s string) []proposal {
	switch key(s) {
	case "na", "null", "none", "nan", "nil", "vide", "":
		return []proposal{{"no-value", true, ""}}
	case "nc", "nd", "nr", "ns", "neant", "nonrenseigne", "noncommunique", "inconnu", "sansobjet", "so", "aucun", "aucune",
		"ref", "value", "div0", "nombre", "valeur":
		return []proposal{{"no-value-word", false, ""}}
	}
	return nil
}

// markPairs are marks that people write for one another; from looseMarks on they
// are only tried where a pattern admits no space.
var markPairs = [][2]string{{" / ", "/"}, {" - ", "-"}, {"; ", ";"}, {" ;", ";"}, {" | ", "|"}, {", ", "|"}, {"; ", "|"}, {";", "|"}, {", ", ";"}, {",", ";"},
	{" ", "_"}, {" ", "-"}, {"-", "_"}, {"_", "-"}, {"/", "-"}}

const looseMarks = 10

// repairPattern tries the marks that a pattern may want for one another, and
// dates where a pattern asks for them.
func repairPattern(m *mender, s string) []proposal {
	if m.field.Constraints.Pattern == "" {
		return nil
	}
	var out []proposal
	for i, pair := range markPairs {
		if i >= looseMarks && (!m.tight() || strings.Count(s, " ") > 2) {
			break // words, whose marks may mean something
		}
		if strings.Contains(s, pair[0]) {
			out = append(out, proposal{"separators", true, strings.ReplaceAll(s, pair[0], pair[1])})
		}
	}
	if !m.dated {
		return out
	}
	if d, ok := m.readInterval(s); ok {
		out = append(out, proposal{"date-format", true, d})
	}
	if d, ok := readDate(s); ok && !d.serial {
		if d.order == orderEither && m.monthIsFirst() {
			d = d.swapped()
		}
		id := "date-order"
		if m.orderIsSure(d) {
			id = "date-format"
		}
		out = append(out, proposal{id, m.orderIsSure(d), d.date()})
	}
	return out
}

// readInterval reads two dates whose order is sure as first/last.
func (m *mender) readInterval(s string) (string, bool) {
	for _, sep := range []string{" au ", " - ", " à ", " et ", ";", "/"} {
		first, last, found := strings.Cut(s, sep)
		if !found {
			continue
		}
		first = strings.TrimSpace(first)
		first = strings.TrimPrefix(strings.TrimPrefix(first, "du "), "Du ")
		a, okA := readDate(first)
		b, okB := readDate(strings.TrimSpace(last))
		if okA && okB && m.orderIsSure(a) && m.orderIsSure(b) {
			if m.monthIsFirst() {
				a, b = a.inOrder(), b.inOrder()
			}
			return a.date() + "/" + b.date(), true
		}
	}
	return "", false
}
