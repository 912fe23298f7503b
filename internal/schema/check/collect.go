package check

import (
	"sort"

	"socle/internal/tabular"
)

// maxListed bounds the faults listed in all, whatever the number of groups, when
// Options.Limit is not "all".
const maxListed = 100_000

// maxGroups bounds the groups told: beyond, faults are counted in the last one.
const maxGroups = 20_000

// collector puts the parts together in file order.
type collector struct {
	p        *plan
	groups   map[groupID]*total
	order    []*total
	errors   []Fault
	warnings []Fault
	nErrors  int
	nWarned  int
	cut      bool
	cuts     map[int]*cutTally // by column, from 0
}

// total is a tally with its first fault.
type total struct {
	tally
	id    groupID
	first Fault
}

func newCollector(p *plan) *collector {
	return &collector{p: p, groups: map[groupID]*total{}, cuts: map[int]*cutTally{}}
}

// header takes the faults that come before any row.
func (c *collector) header() {
	for _, f := range c.p.head {
		c.one(f, false)
	}
	for _, f := range c.p.warn {
		c.one(f, true)
	}
	if c.p.unlisted > 0 {
		c.nWarned += c.p.unlisted
		c.cut = true
	}
}

func idOf(f *Fault, warning bool) groupID {
	id := groupID{code: f.Code, constraint: f.Constraint, key: f.Key, column: f.Column, check: f.check, warning: warning}
	if f.Repair != nil {
		id.repair = f.Repair.ID
	}
	return id
}

// one adds a fault by itself.
func (c *collector) one(f Fault, warning bool) {
	g := c.group(idOf(&f, warning), f)
	g.count++
	if f.Row > 0 && len(g.rows) < groupRows {
		g.rows = append(g.rows, f.Row)
	}
	if warning {
		c.nWarned++
	} else {
		c.nErrors++
		if c.p.options.Faulty != nil && f.Row > 0 {
			c.p.options.Faulty(f.Row)
		}
	}
	c.list(g, f, warning)
}

func (c *collector) list(g *total, f Fault, warning bool) {
	limit := c.p.options.Limit
	if limit > 0 && (g.listed >= limit || len(c.errors)+len(c.warnings) >= maxListed) {
		c.cut = true
		return
	}
	if g.listed++; limit > 0 && g.listed >= limit {
		c.p.full.Store(g.id, struct{}{})
	}
	if warning {
		c.warnings = append(c.warnings, f)
	} else {
		c.errors = append(c.errors, f)
	}
}

func (c *collector) group(id groupID, first Fault) *total {
	g := c.groups[id]
	if g == nil {
		if len(c.order) >= maxGroups {
			return c.order[len(c.order)-1]
		}
		g = &total{id: id, first: first}
		c.groups[id] = g
		c.order = append(c.order, g)
	}
	return g
}

// merge adds the part of the next batch.
func (c *collector) merge(pos tabular.Position, t *part) error {
	for i := range t.faults {
		f := &t.faults[i]
		f.fault.Row, f.fault.Line = pos.Row+f.index, pos.Line+f.line
	}
	sort.SliceStable(t.faults, func(i, j int) bool {
		a, b := &t.faults[i], &t.faults[j]
		if a.index != b.index {
			return a.index < b.index
		}
		return a.fault.Column < b.fault.Column
	})
	for i := range t.faults {
		f := &t.faults[i]
		g := c.group(f.id, f.fault)
		c.list(g, f.fault, f.id.warning)
	}
	for id, tally := range t.groups {
		g := c.group(id, Fault{Code: id.code, Constraint: id.constraint, Key: id.key, Column: id.column, field: -1})
		g.count += tally.count
		for _, r := range tally.rows {
			if len(g.rows) < groupRows {
				g.rows = append(g.rows, pos.Row+r)
			}
		}
		if id.warning {
			c.nWarned += tally.count
		} else {
			c.nErrors += tally.count
		}
		if tally.count > tally.listed {
			c.cut = true
		}
	}
	c.mergeCuts(pos.Row, t)
	return c.mergeKeys(pos, t)
}

// report closes the account.
func (c *collector) report(end tabular.End) *Report {
	c.tellCuts()
	if end.Rows == 0 {
		c.one(Fault{Code: CodeSource, Key: keyNoRows, field: -1}, true)
	}
	sortFaults(c.errors)
	sortFaults(c.warnings)
	r := &Report{
		Valid: c.nErrors == 0, Schema: c.p.schema, File: c.p.file.Info, Columns: max(end.Columns, len(c.p.file.Header)),
		Errors: c.errors, Warnings: c.warnings, Standard: c.p.standard,
		Stats: Stats{Rows: end.Rows, Errors: c.nErrors, Warnings: c.nWarned, Truncated: c.cut},
	}
	for _, g := range c.order {
		r.Groups = append(r.Groups, Group{
			Code: g.id.code, Constraint: g.id.constraint, Column: g.id.column, Field: g.first.Field, Count: g.count, Rows: g.rows,
			Key: g.id.key, Args: g.first.Args, Warning: g.id.warning, Repair: g.first.Repair, field: g.first.field,
		})
	}
	sort.SliceStable(r.Groups, func(i, j int) bool {
		a, b := &r.Groups[i], &r.Groups[j]
		if a.Warning != b.Warning {
			return b.Warning
		}
		if a.Count != b.Count {
			return a.Count > b.Count
		}
		return a.Column < b.Column
	})
	return r
}
