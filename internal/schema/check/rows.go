package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// part is what judging one batch gave, row numbers counted in the batch.
type part struct {
	rows   int
	faults []found
	groups map[groupID]*tally
	keys   []keyPart
	blank  []bool
	cuts   map[int]*cutTally // of columns with long texts
	frame  tabular.Frame
}

// found is a fault of a batch that is listed.
type found struct {
	index int
	line  int
	fault Fault
	id    groupID
}

// groupID tells which faults are alike.
type groupID struct {
	code, constraint, key, repair string
	column, check                 int
	warning                       bool
}

// tally counts the faults of a group in a batch, or in the whole file.
type tally struct {
	count  int
	listed int
	rows   []int
	full   bool // nothing more is listed
}

const groupRows = 10 // example rows of a group

// work judges a batch. It runs concurrently.
func (p *plan) work(b *tabular.Batch) (*part, error) {
	if p.options.Look != nil {
		p.options.Look(b)
	}
	t := p.parts.Get().(*part)
	t.reset(p)
	n := b.Len()
	t.rows = n
	p.shape(b, t)
	if p.options.Sink != nil {
		p.prepareFrame(t)
	}
	for i := range p.columns {
		p.judgeColumn(b, i, t)
		p.lookForCuts(b, i, t)
	}
	for i := range p.absent {
		p.judgeAbsent(b, &p.absent[i], t)
	}
	for _, r := range p.rows {
		p.judgeRows(b, r, t)
	}
	p.collectKeys(b, t)
	if quotesAreText(p.file.Info) && b.Contains('"') {
		p.lookForQuotes(b, t)
	}
	for i := range b.Faults {
		ft := &b.Faults[i]
		t.add(p, b, ft.Index, Fault{Code: ft.Code, Column: ft.Column, Field: p.columnName(ft.Column), Key: ft.Key, Args: ft.Args, field: -1})
	}
	if p.options.Sink != nil {
		if err := p.options.Sink(b.Seq, &t.frame); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *part) reset(p *plan) {
	t.faults, t.cuts = t.faults[:0], nil
	t.groups = make(map[groupID]*tally)
	t.blank = t.blank[:0]
	for len(t.keys) < len(p.keys) {
		t.keys = append(t.keys, keyPart{})
	}
	for i := range t.keys {
		t.keys[i].reset()
	}
}

func (p *plan) release(t *part) {
	for i := range t.faults {
		t.faults[i].fault = Fault{}
	}
	p.parts.Put(t)
}

// add counts a fault and lists it while its group has room.
func (t *part) add(p *plan, b *tabular.Batch, index int, f Fault) {
	id := idOf(&f, p.tolerates(f.Code) || f.Key == keyOpenQuote || lost(f.Key))
	if p.options.Faulty != nil && !id.warning {
		p.options.Faulty(b.Position().Row + index)
	}
	g := t.groups[id]
	if g == nil {
		_, full := p.full.Load(id)
		g = &tally{full: full}
		t.groups[id] = g
	}
	g.count++
	if len(g.rows) < groupRows {
		g.rows = append(g.rows, index)
	}
	if g.full {
		return
	}
	g.listed++
	if p.options.Limit > 0 && g.listed >= p.options.Limit {
		g.full = true
	}
	line := 0
	if index < b.Len() {
		line = b.Line(index)
	}
	t.faults = append(t.faults, found{index: index, line: line, fault: f, id: id})
}

// tolerates tells whether a fault of rows is a warning only: blank and short rows
// of a table that has no schema of its own.
func (p *plan) tolerates(code string) bool {
	return p.schema.Inferred && (code == CodeBlankRow || code == CodeMissingCell)
}

// emptyRows is the repair of blank rows.
var emptyRows = &Repair{ID: "empty-rows", Safe: true}

// shape finds blank rows, and rows with too few or too many cells.
func (p *plan) shape(b *tabular.Batch, t *part) {
	n := b.Len()
	if cap(t.blank) < n {
		t.blank = make([]bool, n)
	}
	t.blank = t.blank[:n]
	for i := range n {
		w := b.Width(i)
		t.blank[i] = isBlank(b, i, w)
		if t.blank[i] {
			t.add(p, b, i, Fault{Code: CodeBlankRow, Key: "check.blank-row", field: -1, Repair: emptyRows})
			continue
		}
		if w == p.width {
			continue
		}
		for j := w; j < p.width; j++ {
			f := Fault{Code: CodeMissingCell, Column: j + 1, Field: p.columnName(j + 1), Key: "check.missing-cell", Args: i18n.Args{"Count": w, "Cells": w, "Expected": p.width}, field: -1}
			t.add(p, b, i, f)
		}
		for j := p.width; j < w; j++ {
			f := Fault{Code: CodeExtraCell, Column: j + 1, Field: p.columnName(j + 1), Key: "check.extra-cell", Args: i18n.Args{"Cells": w, "Expected": p.width}, field: -1}
			f.setCell(b.Cell(i, j))
			t.add(p, b, i, f)
		}
	}
}

func isBlank(b *tabular.Batch, i, width int) bool {
	for j := range width {
		if len(b.Cell(i, j)) > 0 {
			return false
		}
	}
	return true
}

func (p *plan) columnName(number int) string {
	switch {
	case number < 1:
		return ""
	case number <= len(p.columns):
		return p.columns[number-1].name
	case number-len(p.columns) <= len(p.absent):
		return p.absent[number-len(p.columns)-1].name
	}
	return ""
}

func (f *Fault) setCell(cell []byte) {
	f.HasCell = true
	f.Cell = cellText(cell)
}

// cellText copies a cell, cut at a character when it is very long.
func cellText(cell []byte) string {
	if len(cell) <= maxCell {
		return string(cell)
	}
	n := maxCell
	for n > 0 && cell[n]&0xc0 == 0x80 {
		n--
	}
	return string(cell[:n]) + "…"
}

// judgeColumn casts the cells of a column and judges them.
func (p *plan) judgeColumn(b *tabular.Batch, index int, t *part) {
	c := &p.columns[index]
	if c.rules == nil || len(c.judges) == 0 && c.rules.Anything() {
		p.copyColumn(b, index, t)
		return
	}
	w := p.writer(t, index)
	var v schema.Value
	caster, rules := c.caster, c.rules
	for i, blank := range t.blank {
		if blank {
			continue
		}
		cell := b.Cell(i, index)
		if cell == nil && index >= b.Width(i) && !p.standard {
			if w != nil {
				w.put(&v, false)
			}
			continue
		}
		cast := caster.Cast(cell, &v)
		if w != nil {
			w.put(&v, cast)
		}
		if !cast {
			p.typeFault(b, i, c, cell, t)
			continue
		}
		if fails := rules.Check(cell, &v); fails != 0 {
			p.constraintFaults(b, i, c, cell, fails, t)
			continue
		}
		if v.Class == schema.Null {
			continue
		}
		for _, j := range c.judges {
			if key, args := j.judge(cell, &v); key != "" {
				f := Fault{Code: j.code(key), Column: c.number, Field: c.name, Key: key, Args: args, field: c.field}
				p.addCell(b, i, f, cell, t)
			}
		}
	}
}

// judgeAbsent judges the rows for a field that the standard's rule expects and
// the file lacks.
func (p *plan) judgeAbsent(b *tabular.Batch, c *column, t *part) {
	if !p.schema.Fields[c.field].Constraints.Required {
		return
	}
	for i := range b.Len() {
		if !t.blank[i] {
			t.add(p, b, i, Fault{Code: CodeConstraint, Constraint: "required", Column: c.number, Field: c.name, Key: "check.constraint-error.required", field: c.field})
		}
	}
}

// addCell completes the fault of a cell with its repair and adds it.
func (p *plan) addCell(b *tabular.Batch, i int, f Fault, cell []byte, t *part) {
	f.setCell(cell)
	if f.field >= 0 && len(cell) <= maxCell {
		if r, ok := p.menders().propose(f.field, f.Cell); ok {
			f.Repair = &r
		}
	}
	t.add(p, b, i, f)
}

func (p *plan) typeFault(b *tabular.Batch, i int, c *column, cell []byte, t *part) {
	f := Fault{Code: CodeType, Column: c.number, Field: c.name, Key: typeKey(&p.schema.Fields[c.field], cell), field: c.field}
	p.addCell(b, i, f, cell, t)
}

func (p *plan) constraintFaults(b *tabular.Batch, i int, c *column, cell []byte, fails schema.Fails, t *part) {
	fails.Each(func(bit schema.Fails, name string) {
		f := Fault{Code: CodeConstraint, Constraint: name, Column: c.number, Field: c.name, Key: constraintKey(bit), field: c.field}
		if bit == schema.FailSlow {
			f.Code, f.Constraint = CodeCheck, ""
		}
		p.addCell(b, i, f, cell, t)
	})
}

// judgeRows runs a check of several columns over the rows.
func (p *plan) judgeRows(b *tabular.Batch, r *rowCheck, t *part) {
	for i := range b.Len() {
		if t.blank[i] {
			continue
		}
		key, args := r.judge(b, i)
		if key == "" {
			continue
		}
		f := Fault{Code: r.name, Key: key, Args: args, field: -1, check: r.number}
		if r.at >= 0 {
			c := &p.columns[r.at]
			f.Column, f.Field, f.field = c.number, c.name, c.field
			f.setCell(b.Cell(i, r.at))
		}
		t.add(p, b, i, f)
	}
}

var emptyCell = []byte{}

// value casts cell j of row i; false when it has none, or one that does not cast.
func (p *plan) value(b *tabular.Batch, i, j int, v *schema.Value) bool {
	*v = schema.Value{}
	if j >= b.Width(i) {
		return false
	}
	cell := b.Cell(i, j)
	if cell == nil {
		cell = emptyCell
	}
	if c := &p.columns[j]; c.caster != nil {
		return c.caster.Cast(cell, v) && v.Class != schema.Null
	}
	if len(cell) == 0 {
		return false
	}
	v.Class, v.Text = schema.ClassText, cell
	return true
}

// filled tells whether cell j of row i holds anything.
func (p *plan) filled(b *tabular.Batch, i, j int) bool {
	if j >= b.Width(i) {
		return false
	}
	cell := b.Cell(i, j)
	if c := &p.columns[j]; c.caster != nil {
		return !c.caster.IsMissing(cell)
	}
	return len(cell) > 0
}
