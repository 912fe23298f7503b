package duck

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"socle/internal/query"
	"socle/internal/tabular"
)

// set finds the rows of a condition, or remembers them.
func (p *planner) set(ctx context.Context, e query.Expr) (bitset, error) {
	key := p.t.key + "\x00" + query.Query{Where: e}.Encode()
	if set, ok := p.e.sets.get(key); ok {
		return set, nil
	}
	set, err := p.find(ctx, e)
	if err != nil {
		return nil, err
	}
	p.e.sets.put(key, set, len(set)+len(key))
	return set, nil
}

// find finds the rows of a condition in the cheapest way there is: codes, then a
// pass over a file, then DuckDB.
func (p *planner) find(ctx context.Context, e query.Expr) (bitset, error) {
	if p.t.rows == 0 {
		return bitset{}, nil
	}
	if c, ok, err := p.single(e); err != nil || ok {
		if err != nil {
			return nil, err
		}
		marks, err := p.marks(c, e)
		if err != nil {
			return nil, err
		}
		return c.scan(ctx, codeTest{marks: marks})
	}
	if p.duckOnly(e) {
		return p.ask(ctx, e)
	}
	switch e := e.(type) {
	case query.And:
		return p.all(ctx, e)
	case query.Or:
		return p.any(ctx, e)
	case query.Not:
		set, err := p.set(ctx, e.Expr)
		return set.not(p.t.rows), err
	case query.Search:
		return searchText(ctx, p.t.files(), p.t.rows, query.Words(e.Text))
	}
	name, ok := columnOf(e)
	if !ok {
		return nil, fmt.Errorf("duck: condition %T", e)
	}
	j, err := p.column(name)
	if err != nil {
		return nil, err
	}
	c, is, err := p.t.coded(j)
	if err != nil {
		return nil, err
	}
	if is {
		if test, ok, err := p.codeTest(c, e); ok || err != nil {
			if err != nil {
				return nil, err
			}
			return c.scan(ctx, test)
		}
	}
	return p.pass(ctx, e, j)
}

// all finds the rows of which all conditions hold. Those on one column are met
// together, and those for DuckDB too.
func (p *planner) all(ctx context.Context, list query.And) (set bitset, err error) {
	terms, err := p.together(and(list), func(same []query.Expr) query.Expr { return query.And(same) })
	if err != nil {
		return nil, err
	}
	for _, e := range terms {
		one, err := p.set(ctx, e)
		if err != nil {
			return nil, err
		}
		if set == nil {
			set = one
		} else {
			set = set.and(one)
		}
	}
	return set, nil
}

// any finds the rows of which one condition holds.
func (p *planner) any(ctx context.Context, list query.Or) (set bitset, err error) {
	terms, err := p.together(list, func(same []query.Expr) query.Expr { return query.Or(same) })
	if err != nil {
		return nil, err
	}
	for _, e := range terms {
		one, err := p.set(ctx, e)
		if err != nil {
			return nil, err
		}
		if set == nil {
			set = one
		} else {
			set = set.or(one)
		}
	}
	return set, nil
}

// together joins conditions that one pass answers.
func (p *planner) together(list []query.Expr, join func([]query.Expr) query.Expr) ([]query.Expr, error) {
	const duck = -1 // the group of those for DuckDB
	groups := map[int][]query.Expr{}
	var order []int
	var alone []query.Expr
	for _, e := range list {
		c, ok, err := p.single(e)
		at := duck
		switch {
		case err != nil:
			return nil, err
		case ok:
			at = c.Column
		default:
			if !p.duckOnly(e) {
				alone = append(alone, e)
				continue
			}
		}
		if groups[at] == nil {
			order = append(order, at)
		}
		groups[at] = append(groups[at], e)
	}
	var out []query.Expr
	for _, at := range order {
		same := groups[at]
		if len(same) == 1 {
			out = append(out, same[0])
		} else {
			out = append(out, join(same))
		}
	}
	return append(out, alone...), nil
}

// columnOf returns the column of a condition on one column.
func columnOf(e query.Expr) (string, bool) {
	switch e := e.(type) {
	case query.Compare:
		return e.Column, true
	case query.In:
		return e.Column, true
	case query.Between:
		return e.Column, true
	case query.Null:
		return e.Column, true
	case query.Match:
		return e.Column, true
	case query.Like:
		return e.Column, true
	case query.Part:
		return e.Column, true
	case query.BBox:
		return e.Column, true
	case query.Near:
		return e.Column, true
	case query.Inside:
		return e.Column, true
	}
	return "", false
}

// plainly reports conditions that DuckDB can meet on the column alone.
func plainly(e query.Expr) bool {
	switch e.(type) {
	case query.Compare, query.In, query.Between, query.Null:
		return true
	}
	return false
}

// inSQL reports conditions of which every part is for DuckDB.
func inSQL(e query.Expr) bool {
	switch e := e.(type) {
	case query.And:
		return !slices.ContainsFunc(e, func(e query.Expr) bool { return !inSQL(e) })
	case query.Or:
		return !slices.ContainsFunc(e, func(e query.Expr) bool { return !inSQL(e) })
	case query.Not:
		return inSQL(e.Expr)
	}
	return plainly(e)
}

// leaves gives the conditions of which one is made.
func leaves(e query.Expr, give func(query.Expr)) {
	switch e := e.(type) {
	case query.And:
		for _, x := range e {
			leaves(x, give)
		}
	case query.Or:
		for _, x := range e {
			leaves(x, give)
		}
	case query.Not:
		leaves(e.Expr, give)
	default:
		give(e)
	}
}

// duckOnly reports conditions that only DuckDB can meet: on columns without codes.
func (p *planner) duckOnly(e query.Expr) bool {
	only := inSQL(e)
	leaves(e, func(leaf query.Expr) {
		name, _ := columnOf(leaf)
		if _, ok := p.t.codes[p.at[name]]; ok {
			only = false
		}
	})
	return only
}

// single gives the column of a condition that concerns one column alone, coded by
// position among its values; ok is false for others.
func (p *planner) single(e query.Expr) (c *coded, ok bool, err error) {
	at, ok := -1, true
	leaves(e, func(leaf query.Expr) {
		name, has := columnOf(leaf)
		switch leaf.(type) {
		case query.BBox, query.Near, query.Inside:
			has = false
		}
		j := p.at[name]
		if m, is := p.t.codes[j]; !has || !is || m.Width == 8 || at >= 0 && at != j {
			ok = false
			return
		}
		at = j
	})
	if !ok || at < 0 {
		return nil, false, nil
	}
	return p.t.coded(at)
}

// pass meets a condition on a column without codes, or on a geometry.
func (p *planner) pass(ctx context.Context, e query.Expr, j int) (bitset, error) {
	t := p.t
	switch e := e.(type) {
	case query.Compare, query.In, query.Between, query.Null:
		return p.ask(ctx, e)
	case query.Match:
		text := folded(e.Text)
		if cell := slices.Index(textColumns(t.fields), j); cell >= 0 {
			return matchText(ctx, t.files(), t.rows, cell, text, e.Start)
		}
	case query.Like:
		like := newPattern(e.Pattern)
		cell := slices.Index(textColumns(t.fields), j)
		if cell < 0 {
			break
		}
		set, err := likeText(ctx, t.files(), t.rows, cell, like)
		if err != nil || !like.match(nil) {
			return set, err
		}
		present, err := p.set(ctx, query.Null{Column: e.Column, Present: true}) // which text.bin does not tell
		if err != nil {
			return nil, err
		}
		return set.and(present), nil
	case query.BBox:
		return eachBox(ctx, t.files(), t.rows, j, meets(e))
	case query.Near:
		return eachBox(ctx, t.files(), t.rows, j, within(e))
	case query.Inside:
		return p.inside(ctx, e, j)
	}
	test, err := cellTest(t.fields[j], e)
	if err != nil {
		return nil, err
	}
	found := newBitset(t.rows)
	err = t.store.scan(ctx, 1, t.rows, func(number int64, cells [][]byte) error {
		if test(cells[j]) {
			found.set(number - 1)
		}
		return nil
	})
	return found, err
}

// folded is a text looked for; one of nothing but accents is a space.
func folded(text string) []byte {
	b := query.Fold(nil, []byte(text))
	if len(b) == 0 {
		return []byte(" ")
	}
	return b
}

// ask has DuckDB find the rows of a condition.
func (p *planner) ask(ctx context.Context, e query.Expr) (bitset, error) {
	db, err := p.t.database(ctx)
	if err != nil {
		return nil, err
	}
	q := planner{e: p.e, t: p.t, at: p.at}
	cond, err := q.expr(e)
	if err != nil {
		return nil, err
	}
	// Of whole bytes: a BIT has what is missing of them at its beginning.
	last := (p.t.rows+7)/8*8 - 1
	var set []byte
	text := fmt.Sprintf("SELECT bitstring_agg(rowid, 0, %d)::BLOB FROM %s WHERE %s", last, p.t.from(), cond)
	if err := db.QueryRowContext(ctx, text, q.args...).Scan(&set); err != nil {
		return nil, err
	}
	if set == nil { // none
		return newBitset(p.t.rows), nil
	}
	if int64(len(set)) != (p.t.rows+7)/8 {
		return nil, fmt.Errorf("duck: a set of %d bytes for %d rows", len(set), p.t.rows)
	}
	return set, nil
}

// cellTest is a condition on a cell as in tables.Record; nil: no value.
func cellTest(f tabular.Field, e query.Expr) (func(cell []byte) bool, error) {
	var room []byte
	switch e := e.(type) {
	case query.Match:
		text := folded(e.Text)
		return func(cell []byte) bool {
			room = query.Fold(room[:0], cell)
			return e.Start && bytes.HasPrefix(room, text) || !e.Start && bytes.Contains(room, text)
		}, nil
	case query.Like:
		like := newPattern(e.Pattern)
		return func(cell []byte) bool {
			room = query.Fold(room[:0], cell)
			return cell != nil && like.match(room)
		}, nil
	case query.Part:
		test := partTest(f, e)
		c := tabular.Column{Int64: make([]int64, 1)}
		return func(cell []byte) bool {
			if cell == nil {
				return e.Op == query.Ne
			}
			return parseCell(&f, &c, 0, cell) == nil && test(c.Int64[0])
		}, nil
	}
	return nil, fmt.Errorf("duck: condition %T", e)
}

// partTest is a condition on a part of a date or a timestamp.
func partTest(f tabular.Field, e query.Part) func(v int64) bool {
	return func(v int64) bool {
		n := partOf(f.Kind, e.Part, v)
		switch e.Op {
		case query.Eq:
			return n == e.Value
		case query.Ne:
			return n != e.Value
		case query.Lt:
			return n < e.Value
		case query.Le:
			return n <= e.Value
		case query.Gt:
			return n > e.Value
		case query.Ge:
			return n >= e.Value
		}
		return false
	}
}

// partOf is one of query.Parts of a date (days) or a timestamp (microseconds).
func partOf(kind tabular.Kind, part query.Unit, v int64) int64 {
	days, seconds := v, int64(0)
	if kind == tabular.Timestamp {
		days = floorDiv(v, dayMicros)
		seconds = (v - days*dayMicros) / 1e6
	}
	_, month, day := civil(days)
	switch part {
	case query.MonthOfYear:
		return month
	case query.DayOfMonth:
		return day
	case query.Weekday: // 1970-01-01 was a Thursday
		return days + 4 - 7*floorDiv(days+3, 7)
	case query.Hour:
		return seconds / 3600
	case query.Minute:
		return seconds / 60 % 60
	}
	return seconds % 60
}
