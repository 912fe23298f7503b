package query

// truth is a condition of CQL2 as two: the rows of which it is true and those of which it is false.
// A row that lacks the value asked about is in neither (the standard says NULL), so that
// neither NOT nor <> brings it in (OGC 21-065r2, 6.2).
type truth struct{ yes, no Expr }

func (t truth) not() truth { return truth{t.no, t.yes} }

// negated is the opposite when it was asked for.
func (t truth) negated(negative bool) truth {
	if negative {
		return t.not()
	}
	return t
}

// both is AND, either is OR; of one or more.
func both(list ...truth) truth {
	yes, no := sides(list)
	return truth{oneOrAnd(yes), oneOrOr(no)}
}

func either(list ...truth) truth {
	yes, no := sides(list)
	return truth{oneOrOr(yes), oneOrAnd(no)}
}

func sides(list []truth) (yes, no []Expr) {
	for _, t := range list {
		yes, no = append(yes, t.yes), append(no, t.no)
	}
	return yes, no
}

func oneOrAnd(list []Expr) Expr {
	if len(list) == 1 {
		return list[0]
	}
	return And(list)
}

func oneOrOr(list []Expr) Expr {
	if len(list) == 1 {
		return list[0]
	}
	return Or(list)
}

// present reports cells with a value.
func present(column string) Expr { return Null{Column: column, Present: true} }

// about is a condition that needs the value of a column.
func about(column string, e Expr) truth {
	return truth{e, And{Not{e}, present(column)}}
}

// constant is TRUE or FALSE, written about any column.
func constant(value bool, column string) truth {
	return truth{Not{never(column)}, never(column)}.negated(!value)
}

// opposites are the operators whose rows are the others of those with a value.
var opposites = map[Op]Op{Lt: Ge, Ge: Lt, Le: Gt, Gt: Le}

// compared is a comparison, as with makes it.
func compared(column string, op Op, with func(Op) (Expr, error)) (truth, error) {
	if op == Ne {
		t, err := compared(column, Eq, with)
		return t.not(), err
	}
	yes, err := with(op)
	if err != nil {
		return truth{}, err
	}
	if opposite, ok := opposites[op]; ok {
		no, err := with(opposite)
		return truth{yes, no}, err
	}
	no, err := with(Ne) // which holds for cells without value, too
	return truth{yes, And{no, present(column)}}, err
}
