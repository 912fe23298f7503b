package check

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Fixed tells what Fix did.
type Fixed struct {
	Rows    int       // records written
	Removed int       // records left out, as chosen
	Repairs []Applied // what was changed, in the order of RepairKinds
}

// Applied counts one kind of repair in one column.
type Applied struct {
	ID    string
	Field string
	Count int // cells, rows or columns
}

// Count returns how many changes were made in all.
func (f Fixed) Count() int {
	n := 0
	for _, a := range f.Repairs {
		n += a.Count
	}
	return n
}

// FixOptions speed Fix.
type FixOptions struct {
	Workers int // goroutines; 0: one per processor
}

// Fix writes the table of f, mended as chosen, to w as CSV: UTF-8, comma, CRLF as
// RFC 4180 has it, quotes where needed, the header in front. A choice that the file gives no
// reason for changes nothing; a repair that was not chosen leaves its cells as
// they are. The file is read twice, in memory that does not grow with it. An edit
// of a row or field that does not exist is Invalid.
func Fix(ctx context.Context, f *tabular.File, s *schema.Schema, chosen []Choice, w io.Writer, o FixOptions) (done Fixed, err error) {
	defer errs.Wrap(&err, "check.Fix")
	d := newDesk(f, s)
	workers := workersOr(o.Workers)
	x := &fixer{desk: d, chosen: map[groupKey]bool{}, edits: map[int]map[int]string{}}
	if err := x.choose(chosen); err != nil {
		return Fixed{}, err
	}
	if err := d.learn(ctx, f, workers); err != nil {
		return Fixed{}, err
	}
	out := bufio.NewWriterSize(w, 1<<18)
	total := newRepairTally(0)
	x.layout(total)
	if _, err := out.Write(x.header()); err != nil {
		return Fixed{}, err
	}
	_, err = tabular.Scan(ctx, f, workers, func(b *tabular.Batch) (*mended, error) {
		r := &mended{tally: newRepairTally(0)}
		first := b.Position().Row
		for i := range b.Len() {
			x.row(b, i, first+i, r)
		}
		return r, nil
	}, func(_ tabular.Position, r *mended) error {
		total.merge(r.tally, 0)
		done.Rows += r.rows
		done.Removed += r.removed
		_, err := out.Write(r.text)
		return err
	})
	if err != nil {
		return Fixed{}, err
	}
	if err := out.Flush(); err != nil {
		return Fixed{}, err
	}
	if last := x.lastEdit(); last >= done.Rows+done.Removed+x.firstRow() {
		return Fixed{}, errs.New(errs.Invalid, "repair.no-such-row", errs.Args{"Row": last}).WithHint("repair.no-such-row.hint")
	}
	done.Repairs = total.applied(s)
	return done, nil
}

func (t *repairTally) applied(s *schema.Schema) []Applied {
	var out []Applied
	for k, n := range t.counts {
		out = append(out, Applied{k.id, k.field, n})
	}
	slices.SortFunc(out, func(a, b Applied) int {
		return cmp.Or(cmp.Compare(s.Field(a.Field), s.Field(b.Field)), cmp.Compare(slices.Index(RepairKinds, a.ID), slices.Index(RepairKinds, b.ID)))
	})
	return out
}

// mended is the text of a batch after repairs.
type mended struct {
	tally         *repairTally
	text          []byte
	rows, removed int
}

// fixer applies the choices of a person.
type fixer struct {
	*desk
	chosen map[groupKey]bool
	edits  map[int]map[int]string // row → column → value
	order  []int                  // columns in the order of writing
	keep   []string               // protection of each column, "" for none
	labels []string               // of the columns, in the file's order
}

func (x *fixer) choose(list []Choice) error {
	for _, c := range list {
		if c.ID != Edit {
			x.chosen[groupKey{c.ID, c.Field}] = true
			continue
		}
		j := slices.IndexFunc(x.headings, func(h heading) bool { return h.field >= 0 && x.schema.Fields[h.field].Name == c.Field })
		if j < 0 {
			j = slices.IndexFunc(x.headings, func(h heading) bool { return h.label == c.Field })
		}
		if j < 0 {
			return errs.New(errs.Invalid, "repair.no-such-field", errs.Args{"Field": c.Field}).WithHint("repair.no-such-field.hint")
		}
		if c.Row < x.firstRow() {
			return errs.New(errs.Invalid, "repair.no-such-row", errs.Args{"Row": c.Row}).WithHint("repair.no-such-row.hint")
		}
		if x.edits[c.Row] == nil {
			x.edits[c.Row] = map[int]string{}
		}
		x.edits[c.Row][j] = c.Value
	}
	return nil
}

func (x *fixer) firstRow() int {
	if x.headless {
		return 1
	}
	return 2
}

func (x *fixer) lastEdit() int {
	last := 0
	for row := range x.edits {
		last = max(last, row)
	}
	return last
}

// layout decides which columns are written, in which order, under which names.
func (x *fixer) layout(t *repairTally) {
	drop := x.chosen[groupKey{"empty-columns", ""}]
	for j, h := range x.headings {
		label := h.label
		if h.id != "" && x.chosen[groupKey{h.id, x.schema.Fields[h.field].Name}] {
			label = x.schema.Fields[h.field].Name
			t.add(h.id, label, h.safe, Change{})
		}
		x.labels = append(x.labels, label)
		x.keep = append(x.keep, x.protected(j))
		if x.keep[j] == RemoveColumn {
			t.add(RemoveColumn, label, false, Change{})
			continue
		}
		if drop && x.emptyColumn(j) {
			t.add("empty-columns", "", true, Change{})
			continue
		}
		x.order = append(x.order, j)
	}
	if x.chosen[groupKey{"column-order", ""}] && !sortedInts(x.desk.order()) {
		t.add("column-order", "", true, Change{})
		slices.SortStableFunc(x.order, func(a, b int) int {
			return cmp.Compare(place(x.headings[a].field), place(x.headings[b].field))
		})
	}
	if x.headless && x.chosen[groupKey{"header-missing", ""}] {
		t.add("header-missing", "", false, Change{})
	}
	if (x.bom || x.encoding != "" && x.encoding != "utf-8") && x.chosen[groupKey{"encoding", ""}] {
		t.add("encoding", "", true, Change{})
	}
}

// place puts columns that are none of the schema at the end.
func place(field int) int {
	if field < 0 {
		return 1 << 30
	}
	return field
}

func (x *fixer) header() []byte {
	if x.headless && !x.chosen[groupKey{"header-missing", ""}] {
		return nil
	}
	var out []byte
	for n, j := range x.order {
		out = appendCell(out, x.labels[j], n == 0, len(x.order) == 1)
	}
	return append(out, "\r\n"...)
}

// row writes one row, mended as chosen.
func (x *fixer) row(b *tabular.Batch, i, row int, r *mended) {
	if why := x.rowRepair(b, i); why != rowKept {
		if x.chosen[groupKey{why, ""}] && x.edits[row] == nil {
			r.tally.add(why, "", true, Change{})
			r.removed++
			return
		}
		x.write(b, i, row, nil, false, r)
		return
	}
	if cells, _, ok := x.joined(b, i); ok {
		if !x.chosen[groupKey{"joined-cells", ""}] {
			x.write(b, i, row, nil, false, r)
			return
		}
		r.tally.add("joined-cells", "", true, Change{})
		for j := range cells {
			cells[j] = x.cell(j, []byte(cells[j]), r)
		}
		x.write(b, i, row, cells, true, r)
		return
	}
	cells := make([]string, min(b.Width(i), len(x.columns)))
	for j := range cells {
		cells[j] = x.cell(j, b.Cell(i, j), r)
	}
	if x.chosen[groupKey{"swapped-coordinates", ""}] && x.swapsPair(b, i) {
		r.tally.add("swapped-coordinates", "", true, Change{})
		cells[x.pair.lon], cells[x.pair.lat] = cells[x.pair.lat], cells[x.pair.lon]
	}
	x.write(b, i, row, cells, false, r)
}

func (x *fixer) cell(j int, cell []byte, r *mended) string {
	if m := x.columns[j].mend; m != nil {
		if p, ok := m.mendCell(cell); ok && x.chosen[groupKey{p.id, m.field.Name}] {
			r.tally.add(p.id, m.field.Name, p.safe, Change{})
			return p.value
		}
	}
	return string(cell)
}

// write adds the row to the text; cells nil means as read. Cells after the last
// column are kept, unless cells is the whole row, so that nothing is lost that
// nobody chose to lose.
func (x *fixer) write(b *tabular.Batch, i, row int, cells []string, whole bool, r *mended) {
	width := b.Width(i)
	for n, j := range x.order {
		value := ""
		if j < len(cells) {
			value = cells[j]
		} else if cells == nil && j < width {
			value = string(b.Cell(i, j))
		}
		if edit, ok := x.edits[row][j]; ok {
			r.tally.add(Edit, x.labels[j], false, Change{})
			value = edit
		}
		if id := x.keep[j]; id != "" && value != "" {
			if coarse := Coarser(id, value); coarse != value {
				r.tally.add(id, x.labels[j], false, Change{})
				value = coarse
			}
		}
		r.text = appendCell(r.text, value, n == 0, len(x.order) == 1)
	}
	if !whole {
		for j := len(x.columns); j < width; j++ {
			r.text = appendCell(r.text, string(b.Cell(i, j)), false, false)
		}
	}
	r.text = append(r.text, "\r\n"...)
	r.rows++
}

// appendCell writes a cell of RFC 4180; an empty cell alone on its row is quoted,
// so that the row does not read as an empty line.
func appendCell(out []byte, s string, first, alone bool) []byte {
	if !first {
		out = append(out, ',')
	}
	if s == "" && alone {
		return append(out, `""`...)
	}
	if s == "" || !special(s) && s[0] != ' ' && s[len(s)-1] != ' ' {
		return append(out, s...)
	}
	out = append(out, '"')
	out = append(out, strings.ReplaceAll(s, `"`, `""`)...)
	return append(out, '"')
}

// special reports whether a cell needs quotes.
func special(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case ',', '"', '\r', '\n':
			return true
		}
	}
	return false
}
