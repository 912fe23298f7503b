package query

import (
	"encoding/json"
	"strings"

	"socle/internal/tabular"
)

// ParseCQL2JSON reads the same filter in its JSON encoding.
func ParseCQL2JSON(text string, cols []Column) (Expr, error) {
	return parseCQL2JSON(text, cols, System{})
}

func parseCQL2JSON(text string, cols []Column, system System) (Expr, error) {
	if len(text) > maxSource || !goodText(text) {
		return nil, tooComplex()
	}
	b := cqlBuilder{index(cols), system}
	t, err := b.node(json.RawMessage(text), 0)
	if err != nil {
		return nil, err
	}
	return t.yes, Query{Where: t.yes}.Validate(cols)
}

func (b cqlBuilder) node(raw json.RawMessage, depth int) (t truth, err error) {
	if depth > maxDepth {
		return t, tooComplex()
	}
	if v, null, ok := jsonValue(raw); ok && !null && v.Kind == tabular.Bool {
		return b.constant(v.Int != 0)
	}
	var n struct {
		Op   string
		Args []json.RawMessage
	}
	if json.Unmarshal(raw, &n) != nil || n.Op == "" || len(n.Args) == 0 {
		return t, badSyntax(string(raw), 0)
	}
	op := strings.ToLower(n.Op)
	switch op {
	case "and", "or", "not":
		var list []truth
		for _, a := range n.Args {
			if t, err = b.node(a, depth+1); err != nil {
				return t, err
			}
			list = append(list, t)
		}
		switch {
		case op == "not" && len(list) == 1:
			return t.not(), nil
		case op == "not":
			return t, badSyntax(string(raw), 0)
		case op == "or":
			return either(list...), nil
		}
		return both(list...), nil
	}
	var args []cqlArg
	for i, a := range n.Args {
		if list, ok := elements(a); ok && op == "in" && i == 1 {
			for _, item := range list {
				arg, err := b.jsonArg(item)
				if err != nil {
					return t, err
				}
				args = append(args, arg)
			}
			continue
		}
		arg, err := b.jsonArg(a)
		if err != nil {
			return t, err
		}
		args = append(args, arg)
	}
	return b.operation(op, args)
}

func (b cqlBuilder) jsonArg(raw json.RawMessage) (a cqlArg, err error) {
	a.text = string(raw)
	if v, null, ok := jsonValue(raw); ok && !null {
		a.value, a.pattern = &v, v.Text
		return a, nil
	}
	var o struct {
		Property    *string
		Date        *string
		Timestamp   *string
		Interval    []string
		BBox        []float64 `json:"bbox"`
		Op          string
		Args        []json.RawMessage
		Coordinates json.RawMessage
		Geometries  json.RawMessage
	}
	if json.Unmarshal(raw, &o) != nil {
		return a, badSyntax(string(raw), 0)
	}
	one := func(word string, texts ...string) (cqlArg, error) {
		var list []cqlArg
		for _, t := range texts {
			list = append(list, cqlArg{value: ptr(Text(t)), text: t})
		}
		return b.literal(word, list)
	}
	switch {
	case o.Property != nil:
		a.property, a.isColumn = *o.Property, true
		return a, nil
	case o.Date != nil:
		return one("DATE", *o.Date)
	case o.Timestamp != nil:
		return one("TIMESTAMP", *o.Timestamp)
	case o.Interval != nil:
		return one("INTERVAL", o.Interval...)
	case o.BBox != nil:
		var list []cqlArg
		for _, n := range o.BBox {
			list = append(list, cqlArg{value: ptr(Float(n))})
		}
		return b.literal("BBOX", list)
	case (strings.EqualFold(o.Op, "casei") || strings.EqualFold(o.Op, "accenti")) && len(o.Args) == 1:
		a, err = b.jsonArg(o.Args[0])
		a.folded = true
		return a, err
	case len(o.Coordinates)+len(o.Geometries) > 0:
		a.geometry, err = b.located(string(raw))
		return a, err
	}
	return a, unsupported(string(raw))
}
