package check

import (
	"bytes"
	"cmp"
	"math"
	"strconv"
	"strings"

	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// compareColumns: the value of column stands in the relation op to that of
// column2. Numbers, and texts that are numbers, compare as numbers; texts as
// texts; other values with values of their own class only.
func compareColumns(p *plan, q schema.CustomCheck) (*rowCheck, *Fault) {
	op := param(q, "op")
	holds, ok := relations[op]
	if !ok {
		return nil, badParam("op", op)
	}
	a, b := p.place(param(q, "column")), p.place(param(q, "column2"))
	if a < 0 || b < 0 {
		return nil, nil
	}
	args := i18n.Args{"Op": op, "Other": param(q, "column2")}
	return &rowCheck{at: a, judge: func(batch *tabular.Batch, i int) (string, i18n.Args) {
		var x, y schema.Value
		if !p.value(batch, i, a, &x) || !p.value(batch, i, b, &y) {
			return "", nil
		}
		order, ok := compareValues(&x, &y)
		switch {
		case !ok:
			return "check.compare-columns-value.kinds", args
		case !holds(order):
			return "check.compare-columns-value", i18n.Args{"Op": op, "Other": param(q, "column2"), "OtherValue": cellText(batch.Cell(i, b))}
		}
		return "", nil
	}}, nil
}

var relations = map[string]func(order int) bool{
	">": func(o int) bool { return o > 0 }, ">=": func(o int) bool { return o >= 0 }, "==": func(o int) bool { return o == 0 },
	"<=": func(o int) bool { return o <= 0 }, "<": func(o int) bool { return o < 0 },
}

// compareValues orders two values; false when they cannot be compared.
func compareValues(x, y *schema.Value) (order int, ok bool) {
	a, isA := numeric(x)
	b, isB := numeric(y)
	switch {
	case isA && isB:
		return cmp.Compare(a, b), true
	case x.Class != y.Class || isA != isB && x.Class != schema.ClassText:
		return 0, false
	case x.Class == schema.ClassText:
		return bytes.Compare(x.Text, y.Text), true
	case x.Class == schema.ClassJSON:
		return 0, false
	}
	return cmp.Compare(x.Int, y.Int), true
}

// numeric returns the number that a value is, or that its text spells.
func numeric(v *schema.Value) (float64, bool) {
	switch v.Class {
	case schema.ClassFloat:
		return v.Float, true
	case schema.ClassInt:
		return float64(v.Int), true
	case schema.ClassText:
		f, err := strconv.ParseFloat(strings.TrimSpace(string(v.Text)), 64)
		return f, err == nil && !math.IsNaN(f)
	}
	return 0, false
}

// sumColumns: the value of column is the sum of those of columns. Rows with an
// empty cell among them are left alone.
func sumColumns(p *plan, q schema.CustomCheck) (*rowCheck, *Fault) {
	terms := params(q, "columns")
	if len(terms) == 0 {
		return nil, badParam("columns", "")
	}
	total := p.place(param(q, "column"))
	at := make([]int, len(terms))
	for i, name := range terms {
		if at[i] = p.place(name); at[i] < 0 {
			return nil, nil
		}
	}
	if total < 0 {
		return nil, nil
	}
	return &rowCheck{at: total, judge: func(b *tabular.Batch, i int) (string, i18n.Args) {
		var v schema.Value
		if !p.value(b, i, total, &v) {
			return "", nil
		}
		want, ok := numeric(&v)
		if !ok {
			return "", nil
		}
		sum, size := 0.0, math.Abs(want)
		for _, j := range at {
			if !p.value(b, i, j, &v) {
				return "", nil
			}
			x, ok := numeric(&v)
			if !ok {
				return "", nil
			}
			sum += x
			size = max(size, math.Abs(x))
		}
		if math.Abs(sum-want) <= size*1e-12*float64(len(at)+1) {
			return "", nil
		}
		return "check.sum-columns-value", i18n.Args{"Columns": terms, "Sum": strconv.FormatFloat(math.Round(sum*1e9)/1e9, 'f', -1, 64)}
	}}, nil
}
