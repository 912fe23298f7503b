package duck

import (
	"math"
	"slices"

	"socle/internal/query"
	"socle/internal/tabular"
)

// codeRange is the codes from one to another, both included; or, with not, all
// others, the one of no value among them.
type codeRange struct {
	low, high uint64
	not       bool
}

var noCode = codeRange{low: 1, high: 0}

func (r codeRange) has(code uint64) bool { return (code >= r.low && code <= r.high) != r.not }

// present are the codes of all values.
func (c *coded) present() codeRange { return codeRange{low: 1, high: c.greatest()} }

// compare turns a comparison into a range of codes.
func (c *coded) compare(op query.Op, v query.Value) codeRange {
	if c.field.Kind == tabular.Int && v.Kind == tabular.Float {
		var known string
		if op, v, known = wholeBound(op, v.Float); known != "" {
			switch known {
			case "present":
				return c.present()
			case "TRUE":
				return codeRange{low: 0, high: math.MaxUint64}
			}
			return noCode
		}
	}
	code, same := c.lower(v.Text, c.orderOf(v))
	last := c.greatest()
	if code == 0 { // the least integer, which a coded column does not have
		switch op {
		case query.Ne:
			return codeRange{low: 0, high: math.MaxUint64}
		case query.Gt, query.Ge:
			return c.present()
		}
		return noCode
	}
	switch {
	case op == query.Eq && !same:
		return noCode
	case op == query.Eq:
		return codeRange{low: code, high: code}
	case op == query.Ne && !same:
		return codeRange{low: 0, high: math.MaxUint64}
	case op == query.Ne:
		return codeRange{low: code, high: code, not: true}
	case op == query.Lt || op == query.Le && !same:
		return codeRange{low: 1, high: code - 1}
	case op == query.Le:
		return codeRange{low: 1, high: code}
	case op == query.Gt && same && code == last:
		return noCode
	case op == query.Gt && same:
		return codeRange{low: code + 1, high: last}
	}
	return codeRange{low: code, high: last}
}

// orderOf is the number of a value of the column's kind; see argument.
func (c *coded) orderOf(v query.Value) uint64 {
	switch c.field.Kind {
	case tabular.Float:
		if v.Kind == tabular.Int {
			return orderOfFloat(float64(v.Int))
		}
		return orderOfFloat(v.Float)
	case tabular.Bool:
		if v.Int != 0 {
			return orderOfInt(1)
		}
	}
	return orderOfInt(v.Int)
}

// ranges turns a condition into ranges of which one must have the code.
func (c *coded) ranges(e query.Expr) ([]codeRange, bool) {
	switch e := e.(type) {
	case query.Compare:
		return []codeRange{c.compare(e.Op, e.Value)}, true
	case query.Between:
		low, high := c.compare(query.Ge, e.Low), c.compare(query.Le, e.High)
		return []codeRange{{low: max(low.low, high.low), high: min(low.high, high.high)}}, true
	case query.Null:
		if e.Present {
			return []codeRange{c.present()}, true
		}
		return []codeRange{{low: 0, high: 0}}, true
	case query.In:
		list := make([]codeRange, len(e.Values))
		for i, v := range e.Values {
			list[i] = c.compare(query.Eq, v)
		}
		return list, true
	}
	return nil, false
}

// marks are the codes for which a condition on the column alone holds.
func (p *planner) marks(c *coded, e query.Expr) ([]byte, error) {
	out := make([]byte, c.Values+1)
	join := func(list []query.Expr, first byte, meet func(a, b byte) byte) ([]byte, error) {
		for k := range out {
			out[k] = first
		}
		for _, e := range list {
			one, err := p.marks(c, e)
			if err != nil {
				return nil, err
			}
			for k := range out {
				out[k] = meet(out[k], one[k])
			}
		}
		return out, nil
	}
	switch e := e.(type) {
	case query.And:
		return join(e, 1, func(a, b byte) byte { return a & b })
	case query.Or:
		return join(e, 0, func(a, b byte) byte { return a | b })
	case query.Not:
		return join([]query.Expr{e.Expr}, 0, func(_, b byte) byte { return 1 - b })
	}
	if ranges, ok := c.ranges(e); ok {
		for _, r := range ranges {
			if !r.not && r.low <= r.high {
				for k := r.low; k <= min(r.high, uint64(c.Values)); k++ {
					out[k] = 1
				}
				continue
			}
			for k := range out {
				if r.has(uint64(k)) {
					out[k] = 1
				}
			}
		}
		return out, nil
	}
	if part, ok := e.(query.Part); ok {
		test := partTest(c.field, part)
		if part.Op == query.Ne {
			out[0] = 1
		}
		for k := range c.numbers {
			if test(intOf(c.numbers[k])) {
				out[k+1] = 1
			}
		}
		return out, nil
	}
	test, err := cellTest(c.field, e)
	if err != nil {
		return nil, err
	}
	for k := 1; k <= c.Values; k++ {
		if test([]byte(c.text(uint64(k)))) {
			out[k] = 1
		}
	}
	return out, nil
}

// codeTest turns a condition on a column whose codes are its values into a test;
// ok is false where codes do not help.
func (p *planner) codeTest(c *coded, e query.Expr) (t codeTest, ok bool, err error) {
	if c.few() { // see marks
		return t, false, nil
	}
	if part, is := e.(query.Part); is {
		test := partTest(c.field, part)
		t.test = func(code uint64) bool {
			if code == 0 {
				return part.Op == query.Ne
			}
			return test(intOf(code))
		}
		return t, true, nil
	}
	ranges, ok := c.ranges(e)
	if !ok {
		return t, false, nil
	}
	if len(ranges) == 1 && !ranges[0].not {
		t.low, t.high = ranges[0].low, ranges[0].high
		return t, true, nil
	}
	if len(ranges) == 1 {
		t.test = ranges[0].has
		return t, true, nil
	}
	var codes []uint64 // of In: single codes
	for _, r := range ranges {
		if r.low == r.high {
			codes = append(codes, r.low)
		}
	}
	slices.Sort(codes)
	t.test = func(code uint64) bool {
		_, found := slices.BinarySearch(codes, code)
		return found
	}
	return t, true, nil
}
