package duck

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

const (
	defaultFacet = 20
	maxFacet     = 1000
	maxGroups    = 50_000 // rows of an aggregate
)

// Facet counts the values of a column.
func (e *Engine) Facet(ctx context.Context, snap tables.Snapshot, q query.Query, name string, limit int) (f *tables.Facet, err error) {
	defer errs.Wrap(&err, "duck.Facet(%s, %s)", snap.Key, name)
	q.Facets = []string{name}
	if err := check(snap, q); err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = defaultFacet
	}
	limit = min(limit, maxFacet)
	err = e.run(ctx, snap, func(ctx context.Context, t *table) error {
		f, err = e.facet(ctx, t, e.selection(t, q), name, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// facet counts, or remembers. What it returns is shared: callers get copies.
func (e *Engine) facet(ctx context.Context, t *table, sel *selection, name string, limit int) (*tables.Facet, error) {
	if t.rows == 0 {
		return &tables.Facet{Column: name}, nil
	}
	key := fmt.Sprintf("%s\x00%q\x00%d", sel.key, name, limit)
	f, ok := e.facets.get(key)
	if !ok {
		var err error
		if f, err = e.countValues(ctx, t, sel, name, limit); err != nil {
			return nil, err
		}
		weight := len(key)
		for _, b := range f.Buckets {
			weight += 48 + len(b.Text)
		}
		e.facets.put(key, f, weight)
	}
	c := *f
	c.Buckets = slices.Clone(f.Buckets)
	return &c, nil
}

func (e *Engine) countValues(ctx context.Context, t *table, sel *selection, name string, limit int) (*tables.Facet, error) {
	f := &tables.Facet{Column: name}
	j := slices.IndexFunc(t.fields, func(f tabular.Field) bool { return f.Name == name })
	if j < 0 {
		return nil, fmt.Errorf("duck: no column %q", name)
	}
	c, ok, err := t.coded(j)
	if err != nil {
		return nil, err
	}
	if ok && c.few() {
		set, err := sel.rows(ctx)
		if err != nil {
			return nil, err
		}
		counts, err := c.count(ctx, set)
		if err != nil {
			return nil, err
		}
		c.facet(f, counts, limit)
		return f, nil
	}
	db, err := t.database(ctx)
	if err != nil {
		return nil, err
	}
	where, args, err := sel.where(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "WITH g AS (SELECT "+column(j)+" AS v, count(*) AS n FROM "+t.from()+where+" GROUP BY 1), "+
		"s AS (SELECT count(v) AS d, sum(n)::BIGINT AS all_rows FROM g) "+
		fmt.Sprintf("SELECT v, n, d, all_rows FROM g, s ORDER BY n DESC, v ASC NULLS LAST LIMIT %d", limit), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	total, shown := int64(0), int64(0)
	for rows.Next() {
		var v any
		b := tables.Bucket{}
		if err := rows.Scan(&v, &b.Count, &f.Distinct, &total); err != nil {
			return nil, err
		}
		if b.Null = v == nil; !b.Null {
			if b.Text, err = cellText(t.fields[j], v); err != nil {
				return nil, err
			}
		}
		shown += b.Count
		f.Buckets = append(f.Buckets, b)
	}
	f.Others = total - shown
	return f, rows.Err()
}

// cellText writes a value that DuckDB returned as in tables.Record.
func cellText(f tabular.Field, v any) (string, error) {
	c := tabular.Column{Null: make([]bool, 1)}
	if err := setValue(f, &c, v); err != nil {
		return "", err
	}
	return string(appendCell(nil, &f, &c, 0)), nil
}

// setValue appends a value that DuckDB returned to a column.
func setValue(f tabular.Field, c *tabular.Column, v any) error {
	switch f.Kind {
	case tabular.Text, tabular.JSON:
		s, ok := v.(string)
		if !ok && v != nil {
			return fmt.Errorf("duck: %T for a text", v)
		}
		var b []byte
		if v != nil {
			b = []byte(s)
		}
		c.Bytes = append(c.Bytes, b)
		return nil
	case tabular.Float:
		x := 0.0
		switch n := v.(type) {
		case nil:
		case float64:
			x = n
		case int64:
			x = float64(n)
		default:
			return fmt.Errorf("duck: %T for a number", v)
		}
		c.Float64 = append(c.Float64, x)
		return nil
	}
	x := int64(0)
	switch n := v.(type) {
	case nil:
	case int64:
		x = n
	case int32:
		x = int64(n)
	case bool:
		if n {
			x = 1
		}
	default:
		return fmt.Errorf("duck: %T for an integer", v)
	}
	c.Int64 = append(c.Int64, x)
	return nil
}

// Aggregate returns a row per group.
func (e *Engine) Aggregate(ctx context.Context, snap tables.Snapshot, q query.Query) (fr *tabular.Frame, err error) {
	defer errs.Wrap(&err, "duck.Aggregate(%s)", snap.Key)
	if err := check(snap, q); err != nil {
		return nil, err
	}
	if len(q.Group)+len(q.Aggregates) == 0 {
		return nil, errs.New(errs.Invalid, "tables.query.not-grouped").WithHint("tables.query.not-grouped.hint")
	}
	err = e.run(ctx, snap, func(ctx context.Context, t *table) error {
		fr, err = e.aggregate(ctx, t, e.selection(t, q), q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return fr, nil
}

// figure is a column of a grouped query: its field and its SQL.
type figure struct {
	field tabular.Field
	expr  string
}

// grouped is the field and the SQL of a group: the column itself, a unit of its
// date, or a class of its number.
func grouped(f tabular.Field, name string, g query.Group) (tabular.Field, string) {
	switch {
	case g.Step != 0:
		step := float(g.Step) // adding 0 makes the negative one the other
		return tabular.Field{Kind: tabular.Float}, "(floor(" + name + "::DOUBLE / " + step + ") * " + step + " + 0)"
	case len(g.Bounds) > 0:
		return tabular.Field{Kind: tabular.Int}, classes(name, g.Bounds)
	case g.Unit == query.Exact:
		return f, name
	}
	day, micros := name, ""
	if f.Kind == tabular.Timestamp {
		micros = modulo(name, dayMicros) // of the day
		day = fmt.Sprintf("((%s - %s) // %d)", name, micros, int64(dayMicros))
	}
	date := "(DATE '1970-01-01' + " + day + "::INTEGER)"
	number := tabular.Field{Kind: tabular.Int}
	switch g.Unit {
	case query.Daily:
		return tabular.Field{Kind: tabular.Date}, day + "::INTEGER"
	case query.Hourly:
		return tabular.Field{Kind: tabular.Timestamp, Local: f.Local}, "(" + name + " - " + modulo(name, 3600e6) + ")"
	case query.MonthOfYear:
		return number, "month(" + date + ")"
	case query.DayOfMonth:
		return number, "day(" + date + ")"
	case query.Weekday:
		return number, "isodow(" + date + ")"
	case query.Hour:
		return number, "(" + micros + " // 3600000000)"
	case query.Minute:
		return number, "(" + micros + " // 60000000 % 60)"
	case query.Second:
		return number, "(" + micros + " // 1000000 % 60)"
	}
	return tabular.Field{Kind: tabular.Date}, fmt.Sprintf("(date_trunc('%s', %s)::DATE - DATE '1970-01-01')::INTEGER", g.Unit, date)
}

// float writes a number as a DOUBLE of SQL.
func float(f float64) string { return strconv.FormatFloat(f, 'e', -1, 64) }

// modulo is what is left of a whole number, never negative.
func modulo(name string, by int64) string {
	return fmt.Sprintf("((%s %% %d + %d) %% %d)", name, by, by, by)
}

// classes is the number of the class that a value is in, from 0. Not-a-number,
// which DuckDB has as the greatest, is in none.
func classes(name string, bounds []float64) string {
	var b strings.Builder
	b.WriteString("(CASE")
	value := name + "::DOUBLE"
	fmt.Fprintf(&b, " WHEN isnan(%s) THEN NULL", value)
	for i := range len(bounds) - 1 {
		low, high := "TRUE", "TRUE"
		if !math.IsInf(bounds[i], 0) {
			low = value + " >= " + float(bounds[i])
		}
		if !math.IsInf(bounds[i+1], 0) {
			high = value + " < " + float(bounds[i+1])
		}
		fmt.Fprintf(&b, " WHEN %s IS NOT NULL AND %s AND %s THEN %d", name, low, high, i)
	}
	b.WriteString(" END)")
	return b.String()
}

func (p *planner) figures(q query.Query) (groups, figures []figure, err error) {
	for _, g := range q.Group {
		j, err := p.column(g.Column)
		if err != nil {
			return nil, nil, err
		}
		f, expr := grouped(p.t.fields[j], column(j), g)
		f.Name, f.Geometry = g.Name(), ""
		groups = append(groups, figure{f, expr})
	}
	for _, a := range q.Aggregates {
		f := tabular.Field{Name: a.Name(), Kind: tabular.Int}
		expr := "count(*)"
		if !a.Bare {
			j, err := p.column(a.Column)
			if err != nil {
				return nil, nil, err
			}
			f.Kind, expr = aggregate(a, p.t.fields[j].Kind, column(j))
			f.Local = f.Kind == tabular.Timestamp && p.t.fields[j].Local
		}
		figures = append(figures, figure{f, expr})
	}
	return groups, figures, nil
}

// aggregate is the kind and the SQL of a function of a column. The sum of
// integers is exact, or decimal where it passes 64 bits.
func aggregate(a query.Aggregate, kind tabular.Kind, name string) (tabular.Kind, string) {
	switch a.Func {
	case query.Count:
		return tabular.Int, "count(" + name + ")"
	case query.Distinct:
		return tabular.Int, "count(DISTINCT " + name + ")"
	case query.Sum:
		if kind == tabular.Int {
			return tabular.Int, "sum(" + name + ")"
		}
		return tabular.Float, "sum(" + name + ")"
	case query.Avg:
		return tabular.Float, "avg(" + name + ")"
	case query.Median:
		return tabular.Float, "median(" + name + ")::DOUBLE"
	case query.Percentile:
		return tabular.Float, fmt.Sprintf("quantile_cont(%s, %s)::DOUBLE", name, float(float64(a.At)/100))
	case query.Min:
		return kind, "min(" + name + ")"
	}
	return kind, "max(" + name + ")"
}

func (e *Engine) aggregate(ctx context.Context, t *table, sel *selection, q query.Query) (*tabular.Frame, error) {
	p := sel.p
	groups, figures, err := p.figures(q)
	if err != nil {
		return nil, err
	}
	all := append(slices.Clone(groups), figures...)
	exprs := make([]string, len(all))
	for i, g := range all {
		exprs[i] = fmt.Sprintf("%s AS g%d", g.expr, i)
	}
	where, args, err := sel.where(ctx)
	if err != nil {
		return nil, err
	}
	text := "SELECT " + strings.Join(exprs, ", ") + " FROM " + t.from() + where
	if len(groups) > 0 {
		text += " GROUP BY " + ordinals(len(groups))
	}
	limit := maxGroups
	if q.Limit > 0 {
		limit = min(limit, q.Limit)
	}
	text += " ORDER BY " + groupOrder(all, len(groups), q.Sort) + fmt.Sprintf(" LIMIT %d OFFSET %d", limit+1, q.Offset)
	db, err := t.database(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	fr, more, err := readGroups(rows, all, limit)
	if err == nil && more && limit != q.Limit {
		return nil, errs.New(errs.TooLarge, "tables.query.groups", errs.Args{"Max": maxGroups}).WithHint("tables.query.groups.hint")
	}
	return fr, err
}

func ordinals(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(i + 1)
	}
	return strings.Join(out, ", ")
}

// groupOrder sorts by the keys, which name columns of the result, then by group.
func groupOrder(all []figure, groups int, keys []query.SortKey) string {
	var parts []string
	for _, k := range keys {
		for i, g := range all {
			if g.field.Name == k.Column {
				way := " ASC NULLS LAST"
				if k.Desc {
					way = " DESC NULLS LAST"
				}
				parts = append(parts, fmt.Sprintf("g%d%s", i, way))
			}
		}
	}
	for i := range groups {
		parts = append(parts, fmt.Sprintf("g%d ASC NULLS LAST", i))
	}
	if len(parts) == 0 {
		return "1"
	}
	return strings.Join(parts, ", ")
}

// readGroups reads at most limit rows of the result; more is true if it has others.
func readGroups(rows *sql.Rows, all []figure, limit int) (fr *tabular.Frame, more bool, err error) {
	fr = &tabular.Frame{Columns: make([]tabular.Column, len(all))}
	for _, g := range all {
		fr.Fields = append(fr.Fields, g.field)
	}
	values := make([]any, len(all))
	into := make([]any, len(all))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if fr.Rows == limit {
			more = true
			break
		}
		if err := rows.Scan(into...); err != nil {
			return nil, false, err
		}
		for i, v := range values {
			c := &fr.Columns[i]
			c.Null = append(c.Null, v == nil)
			v = exactSum(&fr.Fields[i], c, v)
			if err := setValue(fr.Fields[i], c, v); err != nil {
				return nil, false, err
			}
		}
		fr.Rows++
	}
	return fr, more, rows.Err()
}

// exactSum makes an integer of a sum, or turns its column into decimals when the
// sum is too large for that.
func exactSum(f *tabular.Field, c *tabular.Column, v any) any {
	n, ok := v.(*big.Int)
	if !ok {
		return v
	}
	if f.Kind == tabular.Int && n.IsInt64() {
		return n.Int64()
	}
	if f.Kind == tabular.Int {
		f.Kind = tabular.Float
		for _, x := range c.Int64 {
			c.Float64 = append(c.Float64, float64(x))
		}
		c.Int64 = nil
	}
	x, _ := new(big.Float).SetInt(n).Float64()
	return x
}
