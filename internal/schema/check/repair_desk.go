package check

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"socle/internal/schema"
	"socle/internal/tabular"
)

// desk is where a file is mended: its columns met with the schema's fields, and
// what the columns say as a whole.
type desk struct {
	schema    *schema.Schema
	headings  []heading
	columns   []deskColumn
	headless  bool   // the file has no header: columns are met by position
	delimiter string // "" in workbooks
	encoding  string
	bom       bool
	pair      pair
}

type deskColumn struct {
	label  string
	mend   *mender     // nil: the column is none of the schema
	filled atomic.Bool // a cell below the label holds something
}

// pair is a longitude and a latitude in two columns.
type pair struct {
	lon, lat      int // columns; both 0 when the file has none
	right, swaps  int // rows in France as written, and only when swapped
	safe, present bool
}

func newDesk(f *tabular.File, s *schema.Schema) *desk {
	d := &desk{schema: s, delimiter: f.Info.Delimiter, encoding: f.Info.Encoding, bom: f.Info.BOM}
	labels := f.Header
	if len(labels) == 0 {
		d.headless = true
		for i := range min(max(f.Info.Columns, 1), len(s.Fields)) {
			labels = append(labels, s.Fields[i].Name)
		}
	}
	d.headings = matchHeader(s, labels)
	d.columns = make([]deskColumn, len(labels))
	axes := map[axis]int{}
	for j, h := range d.headings {
		d.columns[j].label = h.label
		if h.field < 0 {
			continue
		}
		d.columns[j].mend = newMender(s, h.field)
		if a := axisOf(&s.Fields[h.field]); a != axisNone {
			axes[a] = j
		}
	}
	lon, hasLon := axes[axisLongitude]
	lat, hasLat := axes[axisLatitude]
	if hasLon && hasLat {
		d.pair = pair{lon: lon, lat: lat, present: true}
	}
	return d
}

// sure tells whether a column is known to be that of its field: what is safe to
// change in it is doubtful when it is not.
func (d *desk) sure(j int) bool { return !d.headless && (d.headings[j].id == "" || d.headings[j].safe) }

// learn reads the file once for what its columns say as a whole.
func (d *desk) learn(ctx context.Context, f *tabular.File, workers int) error {
	for j := range d.columns {
		if m := d.columns[j].mend; m != nil {
			m.seen = &evidence{units: map[string]int{}}
		}
	}
	type lesson struct {
		columns      []evidence
		right, swaps int
	}
	_, err := tabular.Scan(ctx, f, workers, func(b *tabular.Batch) (lesson, error) {
		l := lesson{columns: make([]evidence, len(d.columns))}
		for i := range b.Len() {
			for j := range min(b.Width(i), len(d.columns)) {
				cell := b.Cell(i, j)
				if len(cell) == 0 {
					continue
				}
				c := &d.columns[j]
				if !c.filled.Load() && !blankCell(cell) {
					c.filled.Store(true)
				}
				if c.mend != nil {
					c.mend.learn(cell, &l.columns[j])
				}
			}
			if d.pair.present {
				right, swap := d.placed(b, i)
				if right {
					l.right++
				} else if swap {
					l.swaps++
				}
			}
		}
		return l, nil
	}, func(_ tabular.Position, l lesson) error {
		for j := range d.columns {
			if m := d.columns[j].mend; m != nil {
				m.seen.add(&l.columns[j])
			}
		}
		d.pair.right += l.right
		d.pair.swaps += l.swaps
		return nil
	})
	d.pair.safe = d.pair.right == 0
	d.shareOrder()
	return err
}

// shareOrder lets a column of which nothing says the order of day and month follow
// the others: a file is mostly written in one way.
func (d *desk) shareOrder() {
	var day, month int
	for j := range d.columns {
		if m := d.columns[j].mend; m != nil {
			day += m.seen.dayFirst
			month += m.seen.monthFirst
		}
	}
	if (day == 0) == (month == 0) {
		return
	}
	for j := range d.columns {
		if m := d.columns[j].mend; m != nil && m.seen.dayFirst+m.seen.monthFirst == 0 {
			m.seen.dayFirst, m.seen.monthFirst = day, month
		}
	}
}

// placed tells whether the two columns of a position put a row in France, or
// would if they were swapped.
func (d *desk) placed(b *tabular.Batch, i int) (right, swapped bool) {
	lonCell, latCell := b.Cell(i, d.pair.lon), b.Cell(i, d.pair.lat)
	if len(lonCell) == 0 || len(latCell) == 0 || len(lonCell) > 40 || len(latCell) > 40 {
		return false, false
	}
	lon, err := strconv.ParseFloat(strings.Replace(string(lonCell), ",", ".", 1), 64)
	lat, err2 := strconv.ParseFloat(strings.Replace(string(latCell), ",", ".", 1), 64)
	if err != nil || err2 != nil {
		return false, false
	}
	return inFrance(lon, lat), inFrance(lat, lon)
}

func (d *desk) swapsPair(b *tabular.Batch, i int) bool {
	if d.pair.swaps == 0 {
		return false
	}
	right, swapped := d.placed(b, i)
	return !right && swapped
}

// learn adds what one cell says of its column.
func (m *mender) learn(cell []byte, e *evidence) {
	switch m.field.Type {
	case schema.String:
		if !m.dated {
			return
		}
		fallthrough
	case schema.Date, schema.Datetime:
		if len(cell) > 64 || m.obeys(cell) {
			return
		}
		if d, ok := readDate(clean(string(cell))); ok {
			switch d.order {
			case orderDayFirst:
				e.dayFirst++
			case orderMonthFirst:
				e.monthFirst++
			}
		}
	case schema.Number, schema.Integer:
		if len(cell) > 64 {
			return
		}
		var v schema.Value
		if m.rules.Caster().Cast(cell, &v) && m.rules.Check(cell, &v) == 0 {
			if v.Class == schema.ClassFloat && v.Float > 0 {
				e.size(v.Float)
			}
			return
		}
		f, ok := readNumber(clean(string(cell)))
		if !ok {
			return
		}
		switch {
		case f.guessed:
		case f.comma && strings.Contains(f.text, "."):
			e.decimalComma++
		case f.grouped && bytes.IndexByte(cell, ',') >= 0:
			e.thousandsComma++
		case f.grouped && bytes.Count(cell, []byte(".")) > 1:
			e.thousandsPoint++
		}
		if f.comma && f.grouped && bytes.IndexByte(cell, '.') >= 0 {
			e.thousandsPoint++ // 1.234,56
		}
		if f.unit != "" {
			if e.units == nil {
				e.units = map[string]int{}
			}
			if _, known := e.units[f.unit]; known || len(e.units) < maxUnits {
				e.units[f.unit]++
			}
			return
		}
		if v, err := strconv.ParseFloat(f.text, 64); err == nil {
			e.size(v)
		}
	}
}

// size counts a number without unit as a share of one, or more than one.
func (e *evidence) size(v float64) {
	if v > 1 {
		e.over++
	} else if v > 0 {
		e.fractions++
	}
}

func (e *evidence) add(o *evidence) {
	e.dayFirst += o.dayFirst
	e.monthFirst += o.monthFirst
	e.decimalComma += o.decimalComma
	e.thousandsComma += o.thousandsComma
	e.thousandsPoint += o.thousandsPoint
	e.fractions += o.fractions
	e.over += o.over
	for u, n := range o.units {
		if _, known := e.units[u]; known || len(e.units) < maxUnits {
			e.units[u] += n
		}
	}
}

// mendCell proposes a repair of a cell: of its fault, or, in a right text, of
// what a reader does not see.
func (m *mender) mendCell(cell []byte) (proposal, bool) {
	if len(cell) == 0 {
		return proposal{}, false
	}
	if !m.obeys(cell) {
		return m.propose(string(cell))
	}
	if !typeIn(textTypes, m.field.Type) {
		return proposal{}, false
	}
	if tidied(cell) {
		return proposal{}, false
	}
	text := string(cell)
	if v := tidy(text); v != text && m.good2(v) {
		return proposal{"spaces", true, v}, true
	}
	if v, ok := undouble(text); ok && m.good2(v) {
		return proposal{"double-encoding", true, v}, true
	}
	return proposal{}, false
}

// tidied tells, in one look at the bytes, that there is nothing to tidy: no space at
// the ends, no character without width, no sign of a double encoding.
func tidied(cell []byte) bool {
	if cell[0] <= ' ' || cell[len(cell)-1] <= ' ' {
		return false
	}
	for i, c := range cell {
		if c >= ' ' && c < 0xc2 || c == '\n' || c == '\t' || c == '\r' {
			continue
		}
		if i+2 >= len(cell) || c < ' ' {
			return c >= ' ' && i+1 < len(cell) && c == 0xc3 && plainLatin(cell[i+1])
		}
		switch c {
		case 0xc2: // fixed space, soft hyphen, Â
			return false
		case 0xc3:
			if !plainLatin(cell[i+1]) {
				return false
			}
		case 0xe2: // typographic quotes and dashes are left, spaces and marks are not
			if cell[i+1] != 0x80 || cell[i+2] < 0x90 || cell[i+2] > 0xa6 {
				return false
			}
		case 0xe1, 0xe3, 0xef:
			return false
		}
	}
	return true
}

// plainLatin: the letter is none of Â, Ã, Å and â.
func plainLatin(second byte) bool {
	return second != 0x82 && second != 0x83 && second != 0x85 && second != 0xa2
}

// good2 is good for a text that was right already: an unknown code stays one.
func (m *mender) good2(v string) bool { return v != "" && m.right(v) }

// headerRepairs proposes names for columns, their order, and the encoding.
func (d *desk) headerRepairs(t *repairTally) {
	if d.headless {
		t.add("header-missing", "", false, Change{After: strings.Join(d.names(), ", ")})
	}
	for j, h := range d.headings {
		if h.id != "" {
			name := d.schema.Fields[h.field].Name
			t.add(h.id, name, h.safe, Change{Column: j + 1, Before: h.label, After: name})
		}
	}
	if order := d.order(); !sortedInts(order) {
		t.add("column-order", "", true, Change{Before: strings.Join(d.names(), ", "), After: d.ordered()})
	}
	if d.bom || d.encoding != "" && d.encoding != "utf-8" {
		before := d.encoding
		if d.bom {
			before += " BOM"
		}
		t.add("encoding", "", true, Change{Before: before, After: "utf-8"})
	}
}

// columnRepairs proposes to drop columns without label and without value.
func (d *desk) columnRepairs(t *repairTally) {
	for j := range d.columns {
		if d.emptyColumn(j) {
			t.add("empty-columns", "", true, Change{Column: j + 1, Before: d.columns[j].label})
		}
	}
}

func (d *desk) emptyColumn(j int) bool {
	return d.columns[j].mend == nil && !d.columns[j].filled.Load() && clean(d.columns[j].label) == ""
}

func (d *desk) names() []string {
	out := make([]string, len(d.columns))
	for j := range d.columns {
		out[j] = d.columns[j].label
	}
	return out
}

// ordered lists the fields of the columns in the order of the schema.
func (d *desk) ordered() string {
	order := d.order()
	slices.Sort(order)
	var names []string
	for _, i := range order {
		names = append(names, d.schema.Fields[i].Name)
	}
	return strings.Join(names, ", ")
}

// order lists the fields of the columns that have one, in the file's order.
func (d *desk) order() []int {
	var out []int
	for _, h := range d.headings {
		if h.field >= 0 {
			out = append(out, h.field)
		}
	}
	return out
}

func sortedInts(list []int) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] > list[i] {
			return false
		}
	}
	return true
}
