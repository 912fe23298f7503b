package check

import (
	"unicode/utf8"

	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// cuts are lengths at which programs cut texts, in characters: a column of a
// database, a cell of a spreadsheet.
var cuts = [...]int{255, 32767}

// cutTally counts the cells of a column that stop at each cut.
type cutTally struct {
	exact [len(cuts)]int
	over  [len(cuts)]bool // a cell is longer: nothing was cut there
	rows  [len(cuts)][]int
}

// lookForCuts counts long texts in a column.
func (p *plan) lookForCuts(b *tabular.Batch, j int, t *part) {
	if p.columns[j].class != schema.ClassText {
		return
	}
	for i := range b.Len() {
		if j >= b.Width(i) {
			continue
		}
		cell := b.Cell(i, j)
		if len(cell) < cuts[0] {
			continue
		}
		if t.cuts == nil {
			t.cuts = map[int]*cutTally{}
		}
		if t.cuts[j] == nil {
			t.cuts[j] = &cutTally{}
		}
		t.cuts[j].see(cell, i)
	}
}

func (c *cutTally) see(cell []byte, row int) {
	chars := utf8.RuneCount(cell)
	for n, cut := range cuts {
		switch {
		case chars == cut:
			c.add(n, 1, []int{row}, 0)
		case chars > cut:
			c.over[n] = true
		}
	}
}

func (c *cutTally) add(n, count int, rows []int, first int) {
	c.exact[n] += count
	for _, r := range rows {
		if len(c.rows[n]) < groupRows {
			c.rows[n] = append(c.rows[n], first+r)
		}
	}
}

// mergeCuts adds the tallies of a batch whose first row is given.
func (c *collector) mergeCuts(first int, t *part) {
	for j, in := range t.cuts {
		out := c.cuts[j]
		if out == nil {
			out = &cutTally{}
			c.cuts[j] = out
		}
		for n := range cuts {
			out.over[n] = out.over[n] || in.over[n]
			out.add(n, in.exact[n], in.rows[n], first)
		}
	}
}

// tellCuts warns of columns where two texts or more stop at a cut and none goes
// beyond.
func (c *collector) tellCuts() {
	for j := range c.p.columns {
		tally := c.cuts[j]
		if tally == nil {
			continue
		}
		for n, cut := range cuts {
			if tally.exact[n] < 2 || tally.over[n] {
				continue
			}
			column := &c.p.columns[j]
			f := Fault{Code: CodeTruncated, Column: column.number, Field: column.name, Key: "check.truncated-value", Args: i18n.Args{"Cut": cut}, field: column.field}
			for _, row := range tally.rows[n] {
				f.Row = row
				c.one(f, true)
			}
			if more := tally.exact[n] - len(tally.rows[n]); more > 0 {
				c.group(idOf(&f, true), f).count += more
				c.nWarned += more
				c.cut = true
			}
		}
	}
}
