package query

import (
	"strings"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/tabular"
)

// operation makes the condition of an operation by its name in CQL2 JSON.
func (b cqlBuilder) operation(op string, args []cqlArg) (t truth, err error) {
	need := map[string]int{"isnull": 1, "between": 3, "in": -1}[op]
	if need == 0 {
		need = 2
	}
	if need > 0 && len(args) != need || len(args) < 2 && need < 0 {
		return t, badSyntax(op, 0)
	}
	if compared, ok := odsqlOps[op]; ok {
		if !args[0].isColumn && args[1].isColumn {
			args[0], args[1], compared = args[1], args[0], flipped[compared]
		}
		return b.compare(compared, args[0], args[1])
	}
	if !args[0].isColumn && len(args) == 2 && args[1].isColumn && strings.HasPrefix(op, "s_") && op != "s_within" {
		args[0], args[1] = args[1], args[0]
	}
	if !args[0].isColumn {
		return t, unsupported(op + "(" + args[0].text + ")")
	}
	col, err := b.cols.find(args[0].property)
	if err != nil {
		return t, err
	}
	switch op {
	case "isnull":
		return truth{Null{Column: col.Name}, present(col.Name)}, nil
	case "like":
		if args[1].value == nil || args[1].value.Kind != tabular.Text || args[1].pattern == "" {
			return t, badSyntax(args[1].text, 0)
		}
		return about(col.Name, likeAs(col.Name, args[1].pattern, '%', '_', true)), nil
	case "between":
		low, err := b.compare(Ge, args[0], args[1])
		if err != nil {
			return t, err
		}
		high, err := b.compare(Le, args[0], args[2])
		return both(low, high), err
	case "in":
		var list []truth
		for _, a := range args[1:] {
			one, err := b.compare(Eq, args[0], a)
			if err != nil {
				return t, err
			}
			list = append(list, one)
		}
		if len(list) == 1 {
			return list[0], nil
		}
		return about(col.Name, either(list...).yes), nil
	case "s_intersects", "s_within", "s_disjoint":
		return spatialOf(op, col, args[1])
	}
	e, err := temporalOf(op, col, args[1])
	return about(col.Name, e), err
}

func (b cqlBuilder) compare(op Op, left, right cqlArg) (t truth, err error) {
	if !left.isColumn || right.value == nil {
		return t, unsupported(left.text + " " + signs[op] + " " + right.text)
	}
	col, err := b.cols.find(left.property)
	if err != nil {
		return t, err
	}
	if left.folded && right.value.Kind == tabular.Text && op == Eq && right.value.Text != "" {
		var b strings.Builder
		for i := range len(right.value.Text) {
			escapeLike(&b, right.value.Text[i])
		}
		return about(col.Name, Like{Column: col.Name, Pattern: b.String()}), nil
	}
	if left.folded {
		return t, unsupported("CASEI(" + left.text + ") " + signs[op])
	}
	return compared(col.Name, op, func(op Op) (Expr, error) { return comparison(col, op, *right.value, time.UTC) })
}

// constant is TRUE or FALSE for all rows.
func (b cqlBuilder) constant(value bool) (truth, error) {
	if len(b.cols.list) == 0 {
		return truth{}, unsupported("TRUE")
	}
	return constant(value, b.cols.list[0].Name), nil
}

func spatialOf(op string, col Column, arg cqlArg) (t truth, err error) {
	if arg.geometry == nil {
		return t, unsupported(op + "(" + col.Name + ", " + arg.text + ")")
	}
	area, ok := areaOf(arg.geometry)
	if point, isPoint := arg.geometry.(orb.Point); isPoint && op != "s_within" {
		at := meeting(col, orb.Bound{Min: point, Max: point})
		return about(col.Name, at).negated(op == "s_disjoint"), nil
	}
	if !ok || !goodArea(area) {
		return t, wrongArea(col.Name, arg.text)
	}
	within := about(col.Name, Inside{Column: col.Name, Area: area, Meets: op != "s_within"})
	return within.negated(op == "s_disjoint"), nil
}

// temporalOf compares a date with an instant or a span, both ends of which are within.
func temporalOf(op string, col Column, arg cqlArg) (Expr, error) {
	if col.Kind != tabular.Date && col.Kind != tabular.Timestamp {
		return nil, unknownOperation(col.Name, op)
	}
	span := arg.span
	if span == nil && arg.value != nil {
		if t, ok := arg.value.instant(); ok {
			span = &[2]time.Time{t, t}
		}
	}
	if span == nil {
		return nil, unsupported(op + "(" + col.Name + ", " + arg.text + ")")
	}
	at := func(op Op, t time.Time) (Expr, error) {
		if t.IsZero() {
			return present(col.Name), nil
		}
		return comparison(col, op, ofTime(tabular.Timestamp, t), time.UTC)
	}
	switch op {
	case "t_before":
		return at(Lt, span[0])
	case "t_after":
		return at(Gt, span[1])
	case "t_equals":
		if span[0].Equal(span[1]) {
			return at(Eq, span[0])
		}
	case "t_during", "t_intersects":
		ops := [2]Op{Ge, Le}
		if op == "t_during" {
			ops = [2]Op{Gt, Lt}
		}
		low, err := at(ops[0], span[0])
		if err != nil {
			return nil, err
		}
		high, err := at(ops[1], span[1])
		return And{low, high}, err
	}
	return nil, unsupported(op)
}
