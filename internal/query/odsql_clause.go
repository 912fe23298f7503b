package query

import (
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// odsqlGroup is a group as it was written and as it is shown.
type odsqlGroup struct {
	Group
	name   string
	source scalar // what was grouped by
	shown  scalar // made of the column of the group
}

// each reads things between commas up to the end of each source.
func (p *odsqlParser) each(sources []string, item func() error) error {
	for _, source := range sources {
		if strings.TrimSpace(source) == "" {
			continue
		}
		if err := p.open(source); err != nil {
			return err
		}
		for {
			if err := item(); err != nil {
				return err
			}
			if p.peek().kind == tokenEnd {
				break
			}
			if err := p.expect(","); err != nil {
				return err
			}
		}
	}
	return nil
}

// alias reads AS name.
func (p *odsqlParser) alias() (string, bool, error) {
	if !p.take("as") {
		return "", false, nil
	}
	t := p.next()
	if t.kind != tokenWord && t.kind != tokenName && t.kind != tokenText || t.text == "" {
		p.back(t)
		return "", false, p.bad()
	}
	return t.text, true, nil
}

func (p *odsqlParser) groupBy() error {
	seen := map[string]bool{}
	return p.each(p.o.GroupBy, func() error {
		g, err := p.groupItem()
		if err != nil {
			return err
		}
		name, named, err := p.alias()
		if err != nil {
			return err
		}
		if named {
			g.name = name
		}
		if seen[g.name] {
			return twice(g.name)
		}
		seen[g.name] = true
		p.groups = append(p.groups, g)
		return nil
	})
}

func (p *odsqlParser) groupItem() (odsqlGroup, error) {
	t := p.peek()
	if t.kind == tokenWord && p.after(1).is("(") {
		switch strings.ToLower(t.text) {
		case "range":
			return p.rangeGroup()
		case "geo_cluster":
			return odsqlGroup{}, unsupported("geo_cluster()")
		}
	}
	v, err := p.value()
	if err != nil {
		return odsqlGroup{}, err
	}
	g := odsqlGroup{name: v.text, source: v}
	field := v
	if v.op != "column" && len(v.args) > 0 {
		field = v.args[0]
	}
	col, err := p.column(field)
	if err != nil {
		return g, err
	}
	g.Column = col.Name
	switch v.op {
	case "column":
		g.name = v.column
	case "year":
		g.Unit = Year
	case "date_format":
		if g.Unit = unitOfForm(v.args[1].value.Text); g.Unit == Exact {
			return g, unsupported(v.text)
		}
	default:
		if g.Unit = partUnits[v.op]; g.Unit == Exact {
			return g, unsupported(v.text)
		}
	}
	if g.Unit != Exact {
		if err := p.clock(col, v.text); err != nil {
			return g, err
		}
	}
	key := scalar{op: "column", column: g.Name(), text: v.text}
	switch v.op {
	case "year":
		key = scalar{op: "year", args: []scalar{key}, text: v.text}
	case "date_format":
		key = scalar{op: "date_format", args: []scalar{key, v.args[1]}, text: v.text}
	}
	g.shown = key
	return g, nil
}

// unitOfForm is the unit that a form of date_format tells apart; Exact when it is none.
func unitOfForm(form string) Unit {
	has := map[string]bool{}
	walkForm(form, func(layout, _ string) { has[layout] = true }, func() {})
	year := has["2006"]
	month := has["01"] || has["1"]
	day := has["02"] || has["2"]
	hour := has["15"]
	switch {
	case has["04"] || has["4"] || has["05"] || has["5"] || has["06"]:
		return Exact
	case year && month && day && hour:
		return Hourly
	case hour:
		return Exact
	case year && month && day:
		return Daily
	case day:
		return Exact
	case year && month:
		return Month
	case year && !month:
		return Year
	}
	return Exact
}

// rangeUnits are those of RANGE(date, 1 month).
var rangeUnits = map[string]Unit{"y": Year, "year": Year, "years": Year, "month": Month, "months": Month, "d": Daily, "day": Daily, "days": Daily, "h": Hourly, "hour": Hourly, "hours": Hourly}

// rangeGroup reads RANGE(f, 5), RANGE(f, *, 10, 50, *) or RANGE(date, 1 day).
func (p *odsqlParser) rangeGroup() (g odsqlGroup, err error) {
	from := p.next().at
	p.next()
	v, err := p.value()
	if err != nil {
		return g, err
	}
	col, err := p.column(v)
	if err != nil {
		return g, err
	}
	g.Column = col.Name
	var bounds []float64
	for p.take(",") {
		if p.take("*") {
			sign := 1
			if len(bounds) == 0 {
				sign = -1
			}
			bounds = append(bounds, math.Inf(sign))
			continue
		}
		b, err := p.value()
		if err != nil {
			return g, err
		}
		f, ok := b.fold().value.number()
		if !b.fold().constant() || !ok {
			return g, unsupported("range(" + col.Name + ", " + b.text + ")")
		}
		if p.peek().kind == tokenWord {
			unit := p.next().text
			if g.Unit = rangeUnits[strings.ToLower(unit)]; g.Unit == Exact || f != 1 || len(bounds) > 0 {
				return g, unsupported("range(" + col.Name + ", " + b.text + " " + unit + ")")
			}
		}
		bounds = append(bounds, f)
	}
	if err := p.expect(")"); err != nil {
		return g, err
	}
	g.name = strings.TrimSpace(p.source[from:p.cursor.list[p.at-1].end])
	g.source = scalar{op: "range", text: g.name}
	switch {
	case g.Unit != Exact:
		if err := p.clock(col, g.name); err != nil {
			return g, err
		}
		g.shown = scalar{op: "column", column: g.Name(), text: g.name}
		return g, p.oneOf(len(bounds))
	case len(bounds) == 1:
		g.Step = bounds[0]
	case len(bounds) > 1:
		g.Bounds = bounds
	default:
		return g, p.bad()
	}
	g.shown = scalar{op: "class", column: g.Name(), group: g.Group, text: g.name}
	return g, nil
}

func (p *odsqlParser) oneOf(n int) error {
	if n != 1 {
		return p.bad()
	}
	return nil
}

// class writes a class of numbers: [10, 50[, [*, 10[.
func (s scalar) class(get func(string) *Value) *Value {
	v := get(s.column)
	if v == nil {
		return nil
	}
	n, _ := v.number()
	low, high := n, n+s.group.Step
	if len(s.group.Bounds) > 0 {
		i := int(n)
		if i < 0 || i+1 >= len(s.group.Bounds) {
			return nil
		}
		low, high = s.group.Bounds[i], s.group.Bounds[i+1]
	}
	end := func(f float64) string {
		if math.IsInf(f, 0) {
			return "*"
		}
		return strconv.FormatFloat(f, 'g', 15, 64)
	}
	out := Text("[" + end(low) + ", " + end(high) + "[")
	return &out
}

// selection reads select; groups are always shown.
func (p *odsqlParser) selection() error {
	p.figures = true
	var kept, dropped []string
	all := false
	err := p.each([]string{p.o.Select}, func() error {
		t := p.peek()
		switch {
		case t.is("*"):
			p.next()
			all = true
			return nil
		case (t.is("include") || t.is("exclude")) && p.after(1).is("("):
			pattern, err := p.pattern()
			if err != nil {
				return err
			}
			if t.is("include") {
				kept = append(kept, pattern)
			} else {
				dropped = append(dropped, pattern)
			}
			return nil
		}
		v, err := p.value()
		if err != nil {
			return err
		}
		name, named, err := p.alias()
		if err != nil {
			return err
		}
		if !named {
			if name = v.text; v.op == "column" {
				name = v.column
			}
		}
		p.outputs = append(p.outputs, Output{Name: name, scalar: v})
		return nil
	})
	if err != nil {
		return err
	}
	p.expand(all, kept, dropped)
	if len(p.outputs) == 0 && strings.TrimSpace(p.o.Select) != "" {
		return unsupported(p.o.Select)
	}
	if err := p.bindOutputs(all || len(kept)+len(dropped) > 0); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, o := range p.outputs {
		if seen[o.Name] {
			return twice(o.Name)
		}
		seen[o.Name] = true
	}
	return nil
}

// pattern reads the name, with stars, of include(…) and exclude(…).
func (p *odsqlParser) pattern() (string, error) {
	p.next()
	p.next()
	from, to := p.peek().at, p.peek().at
	for !p.peek().is(")") {
		if p.peek().kind == tokenEnd {
			return "", p.bad()
		}
		to = p.next().end
	}
	p.next()
	pattern := strings.Trim(strings.TrimSpace(p.source[from:to]), "`")
	if pattern == "" || strings.ContainsAny(pattern, `[]\?`) {
		return "", unsupported(pattern)
	}
	return pattern, nil
}

// expand puts the columns of *, include and exclude before the others.
func (p *odsqlParser) expand(all bool, kept, dropped []string) {
	if !all && len(kept)+len(dropped) == 0 {
		return
	}
	matches := func(patterns []string, name string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(name, "/", "\x00"))
			return err == nil && ok
		})
	}
	var first []Output
	for _, c := range p.cols.list {
		want := all || matches(kept, c.Name) || len(kept) == 0
		taken := slices.ContainsFunc(p.outputs, func(o Output) bool { return o.Name == c.Name })
		if want && !taken && !matches(dropped, c.Name) {
			first = append(first, Output{Name: c.Name, scalar: scalar{op: "column", column: c.Name, text: c.Name}})
		}
	}
	p.outputs = append(first, p.outputs...)
}

func (p *odsqlParser) grouped() bool { return len(p.groups)+len(p.aggregates) > 0 }

// bindOutputs checks what outputs are made of. Those of groups are made of the
// columns of the groups and of figures.
func (p *odsqlParser) bindOutputs(everything bool) error {
	if !p.grouped() {
		for _, o := range p.outputs {
			if err := showable(o.scalar); err != nil {
				return err
			}
		}
		return nil
	}
	if everything {
		return unsupported("select=* (group_by)")
	}
	shown := make([]bool, len(p.groups))
	for i, o := range p.outputs {
		bound, at, err := p.bind(o.scalar)
		if err != nil {
			return err
		}
		if at >= 0 {
			shown[at] = true
			if o.Name == o.scalar.text || o.Name == o.scalar.column {
				p.outputs[i].Name = p.groups[at].name
			}
		}
		p.outputs[i].scalar = bound
	}
	var first []Output
	for i, g := range p.groups {
		if !shown[i] {
			first = append(first, Output{Name: g.name, scalar: g.shown})
		}
	}
	p.outputs = append(first, p.outputs...)
	return nil
}

// showable refuses what cannot be computed of a row.
func showable(s scalar) error {
	switch s.op {
	case "distance", "geometry":
		return unsupported(s.text)
	}
	for _, a := range s.args {
		if err := showable(a); err != nil {
			return err
		}
	}
	return nil
}

// bind makes a scalar over groups; at is the group it is as a whole, or -1.
func (p *odsqlParser) bind(s scalar) (bound scalar, at int, err error) {
	if s.op == "figure" {
		return s, -1, nil
	}
	for i, g := range p.groups {
		if s.op == "column" && s.column == g.name || same(s, g.source) {
			return g.shown, i, nil
		}
	}
	if s.op == "column" {
		return s, -1, unsupported(s.column + " (group_by)")
	}
	if err := showable(s); err != nil {
		return s, -1, err
	}
	out := s
	out.args = make([]scalar, len(s.args))
	for i, a := range s.args {
		if out.args[i], _, err = p.bind(a); err != nil {
			return s, -1, err
		}
	}
	return out, -1, nil
}

// same reports scalars that say the same.
func same(a, b scalar) bool {
	return a.op == b.op && a.column == b.column && a.value == b.value && slices.EqualFunc(a.args, b.args, same)
}

func (p *odsqlParser) orderBy() error {
	p.figures = true
	before := len(p.aggregates)
	err := p.each(p.o.OrderBy, func() error {
		column, leading, err := p.sortColumn()
		if err != nil {
			return err
		}
		desc := leading
		switch {
		case p.take("desc"):
			desc = !leading
		case p.take("asc"):
		}
		p.sort = append(p.sort, SortKey{Column: column, Desc: desc})
		return nil
	})
	if err == nil && before == 0 && len(p.aggregates) > 0 && len(p.groups) == 0 {
		return unsupported("order_by")
	}
	return err
}

// sortColumn reads what is sorted by: a column, an alias, a group, a figure.
func (p *odsqlParser) sortColumn() (column string, desc bool, err error) {
	if t := p.peek(); t.kind == tokenWord || t.kind == tokenName {
		if i := slices.IndexFunc(p.outputs, func(o Output) bool { return o.Name == t.text }); i >= 0 && !p.after(1).is("(") {
			p.next()
			column, err = sortable(p.outputs[i].scalar)
			return column, false, err
		}
		for _, g := range p.groups {
			if g.name == t.text && !p.after(1).is("(") {
				p.next()
				return g.Name(), false, nil
			}
		}
		if t.is("range") && p.after(1).is("(") {
			g, err := p.rangeGroup()
			if err != nil {
				return "", false, err
			}
			for _, known := range p.groups {
				if known.source.op == "range" && known.Column == g.Column {
					return known.Name(), false, nil
				}
			}
			return "", false, unsupported(g.name)
		}
		if t.is("random") {
			return "", false, unsupported("random()")
		}
	}
	v, err := p.value()
	if err != nil {
		return "", false, err
	}
	if v.op == "-" && len(v.args) == 1 && v.args[0].op == "column" {
		v, desc = v.args[0], true
	}
	if p.grouped() {
		if v, _, err = p.bind(v); err != nil {
			return "", false, err
		}
	}
	column, err = sortable(v)
	return column, desc, err
}

// sortable is the column that sorts as a scalar does.
func sortable(s scalar) (string, error) {
	switch {
	case s.op == "column" && s.column != RecordID, s.op == "figure", s.op == "class":
		return s.column, nil
	case s.op == "year", s.op == "date_format" && strings.HasPrefix(s.args[1].value.Text, "yyyy"):
		if s.args[0].op == "column" && s.args[0].column != RecordID {
			return s.args[0].column, nil
		}
	}
	return "", unsupported("order_by=" + s.text)
}
