package check

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"socle/internal/errs"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Plan is what Socle proposes to mend in a file, before anything is changed.
type Plan struct {
	Rows   int // records of the file
	Groups []Proposed
}

// Proposed is one kind of repair in one column, or in the whole file.
type Proposed struct {
	ID       string // a repair of RepairKinds
	Field    string // name of the field; "" for rows and for the file
	Safe     bool   // it changes writing only; else a person must choose
	Count    int    // cells, rows or columns
	Examples []Change
}

// Change is one repair as it would be, or was, made.
type Change struct {
	Row    int // contract row; 0 for a change of the header or the file
	Column int // from 1; 0 for a row
	Before string
	After  string
}

// Choice asks Fix for a repair of a plan (ID and Field as in Proposed), or, with
// ID Edit, for a value that a person typed in one cell.
type Choice struct {
	ID    string
	Field string
	Row   int    // of an edit: contract row
	Value string // of an edit
}

// Edit is the ID of a Choice that sets the value of one cell.
const Edit = "edit"

// Safe returns the choices that can be made without asking.
func (p *Plan) Safe() []Choice {
	var out []Choice
	for _, g := range p.Groups {
		if g.Safe {
			out = append(out, Choice{ID: g.ID, Field: g.Field})
		}
	}
	return out
}

// All returns every choice of the plan, doubtful ones too.
func (p *Plan) All() []Choice {
	var out []Choice
	for _, g := range p.Groups {
		out = append(out, Choice{ID: g.ID, Field: g.Field})
	}
	return out
}

// PlanOptions limit and speed a plan.
type PlanOptions struct {
	Examples int // examples kept per group; 0: 5
	Workers  int // goroutines; 0: one per processor
}

// groupKey names a group.
type groupKey struct{ id, field string }

// repairTally counts proposals of a batch, rows numbered within it.
type repairTally struct {
	limit  int
	counts map[groupKey]int
	shown  map[groupKey][]Change
	safe   map[groupKey]bool
}

func newRepairTally(limit int) *repairTally {
	return &repairTally{limit: limit, counts: map[groupKey]int{}, shown: map[groupKey][]Change{}, safe: map[groupKey]bool{}}
}

func (t *repairTally) add(id, field string, safe bool, c Change) {
	k := groupKey{id, field}
	if t.counts[k] == 0 {
		t.safe[k] = safe
	}
	t.safe[k] = t.safe[k] && safe
	t.counts[k]++
	if len(t.shown[k]) < t.limit {
		c.Before, c.After = shortExample(c.Before), shortExample(c.After)
		t.shown[k] = append(t.shown[k], c)
	}
}

// merge adds the tally of a batch whose first row is the contract row first.
func (t *repairTally) merge(o *repairTally, first int) {
	for k, n := range o.counts {
		t.safe[k] = o.safe[k] && (t.counts[k] == 0 || t.safe[k])
		t.counts[k] += n
		for _, c := range o.shown[k] {
			if len(t.shown[k]) >= t.limit {
				break
			}
			c.Row += first
			t.shown[k] = append(t.shown[k], c)
		}
	}
}

// shortExample keeps examples of a size that a page can show.
func shortExample(s string) string {
	const most = 200
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}

// PlanRepairs finds what can be mended in a file, reading it twice: once for what
// each column says as a whole (the order of day and month, what a comma parts),
// once for the repairs. open is called once. Memory does not grow with the file.
// Errors are those of reading.
func PlanRepairs(ctx context.Context, open func() (*tabular.File, error), s *schema.Schema, o PlanOptions) (p *Plan, err error) {
	defer errs.Wrap(&err, "check.PlanRepairs")
	f, err := open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if o.Examples <= 0 {
		o.Examples = 5
	}
	d := newDesk(f, s)
	workers := workersOr(o.Workers)
	if err := d.learn(ctx, f, workers); err != nil {
		return nil, err
	}
	total := newRepairTally(o.Examples)
	d.headerRepairs(total)
	end, err := tabular.Scan(ctx, f, workers, func(b *tabular.Batch) (*repairTally, error) {
		t := newRepairTally(o.Examples)
		for i := range b.Len() {
			d.planRow(b, i, t)
		}
		return t, nil
	}, func(pos tabular.Position, t *repairTally) error {
		total.merge(t, pos.Row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	d.columnRepairs(total)
	p = &Plan{Rows: end.Rows}
	for k, n := range total.counts {
		p.Groups = append(p.Groups, Proposed{ID: k.id, Field: k.field, Safe: total.safe[k], Count: n, Examples: total.shown[k]})
	}
	rank := map[string]int{}
	for i, k := range RepairKinds {
		rank[k] = i
	}
	slices.SortFunc(p.Groups, func(a, b Proposed) int {
		if a.Safe != b.Safe {
			if a.Safe {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(s.Field(a.Field), s.Field(b.Field)), cmp.Compare(rank[a.ID], rank[b.ID]))
	})
	return p, nil
}

func workersOr(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// planRow adds the repairs of one row to t.
func (d *desk) planRow(b *tabular.Batch, i int, t *repairTally) {
	if why := d.rowRepair(b, i); why != rowKept {
		t.add(why, "", why == rowBlank || why == rowHeader, Change{Row: i, Before: d.rowText(b, i)})
		return
	}
	if cells, at, ok := d.joined(b, i); ok {
		t.add("joined-cells", "", true, Change{Row: i, Column: at + 1, Before: d.rowText(b, i), After: cells[at]})
		for j := range d.columns {
			d.planCell(j, []byte(cells[j]), i, t)
		}
		return
	}
	if d.swapsPair(b, i) {
		t.add("swapped-coordinates", "", d.pair.safe, Change{Row: i, Column: d.pair.lon + 1,
			Before: string(b.Cell(i, d.pair.lon)) + " " + string(b.Cell(i, d.pair.lat)), After: string(b.Cell(i, d.pair.lat)) + " " + string(b.Cell(i, d.pair.lon))})
	}
	for j := range min(b.Width(i), len(d.columns)) {
		d.planCell(j, b.Cell(i, j), i, t)
	}
}

func (d *desk) planCell(j int, cell []byte, i int, t *repairTally) {
	m := d.columns[j].mend
	if m == nil {
		return
	}
	if p, ok := m.mendCell(cell); ok {
		t.add(p.id, m.field.Name, p.safe && d.sure(j), Change{Row: i, Column: j + 1, Before: string(cell), After: p.value})
	}
}

// rowText shows a row in an example.
func (d *desk) rowText(b *tabular.Batch, i int) string {
	var out []byte
	for j := range b.Width(i) {
		if j > 0 {
			out = append(out, " | "...)
		}
		if out = append(out, b.Cell(i, j)...); len(out) > 200 {
			break
		}
	}
	return string(out)
}
