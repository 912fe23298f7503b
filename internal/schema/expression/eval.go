package expression

import "math"

// evaluation is one run over an expression.
type evaluation struct {
	env  *Env
	rows []Row // that enclose the question, innermost first
}

func (e *evaluation) eval(n node) Value {
	switch n := n.(type) {
	case literal:
		return e.here(n.value)
	case reference:
		return e.lookup(n.name)
	case column:
		if e.env.Column == nil {
			return textOf("")
		}
		return e.here(textOf(e.env.Column(n.name)))
	case pattern:
		return textOf(n.text)
	case self:
		return e.answer(e.env.Self)
	case parent:
		return numberOf(float64(e.position()))
	case negated:
		return numberOf(-e.eval(n.of).Number())
	case binary:
		return e.binary(n)
	case call:
		return e.here(n.function.eval(e, n.args))
	}
	return textOf("")
}

// here tells a value the clock by which its text is read.
func (e *evaluation) here(v Value) Value {
	v.env = e.env
	return v
}

func (e *evaluation) answer(a Answer) Value {
	switch {
	case a.Rows != nil:
		return e.here(Value{kind: nodes, list: make([]string, len(a.Rows))})
	case a.Choices != nil:
		return e.here(Value{kind: choices, list: a.Choices})
	}
	return e.here(textOf(a.Text))
}

// lookup finds an answer: in the instance that holds the question, in those around it,
// else in every instance of the repeated groups of the entry.
func (e *evaluation) lookup(name string) Value {
	for _, row := range e.rows {
		if a, ok := row[name]; ok {
			return e.answer(a)
		}
	}
	if list, found := inRepeats(e.env.Root, name, 0); found {
		return e.here(Value{kind: nodes, list: list})
	}
	return e.here(textOf(""))
}

// inRepeats gathers the answers of a question in the instances of repeated groups.
func inRepeats(row Row, name string, depth int) (list []string, found bool) {
	if depth > 5 {
		return nil, false
	}
	for _, a := range row {
		for _, instance := range a.Rows {
			if b, ok := instance[name]; ok {
				list, found = append(list, (&evaluation{}).answer(b).Text()), true
				continue
			}
			more, ok := inRepeats(instance, name, depth+1)
			list, found = append(list, more...), found || ok
		}
	}
	return list, found
}

// position is the number of the instance that holds the question, from 1; 1 outside of
// repeated groups.
func (e *evaluation) position() int {
	if n := len(e.env.Path); n > 0 {
		return e.env.Path[n-1].Index + 1
	}
	return 1
}

func (e *evaluation) binary(n binary) Value {
	a := e.eval(n.a)
	switch n.op {
	case "or":
		return boolOf(a.Bool() || e.eval(n.b).Bool())
	case "and":
		return boolOf(a.Bool() && e.eval(n.b).Bool())
	}
	b := e.eval(n.b)
	switch n.op {
	case "=":
		return boolOf(equal(a, b))
	case "!=":
		return boolOf(!equal(a, b))
	case "<":
		return boolOf(less(a, b, false))
	case "<=":
		return boolOf(less(a, b, true))
	case ">":
		return boolOf(less(b, a, false))
	case ">=":
		return boolOf(less(b, a, true))
	}
	x, y := a.Number(), b.Number()
	switch n.op {
	case "+":
		return numberOf(x + y)
	case "-":
		return numberOf(x - y)
	case "*":
		return numberOf(x * y)
	case "div":
		return numberOf(x / y)
	}
	return numberOf(math.Mod(x, y))
}
