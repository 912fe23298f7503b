package chart

import (
	"math"
	"slices"

	"socle/internal/query"
	"socle/internal/tabular"
)

// Narrow adds to a query the condition that rows are in a place of a chart's first
// axis: what a reader who points at it asks for. kind is that of the column.
func Narrow(q query.Query, g query.Group, kind tabular.Kind, d Data, i int) query.Query {
	at, text := d.places[i].at, d.places[i].text
	between := func(low, high query.Value, strict bool) query.Query {
		op := query.Le
		if strict {
			op = query.Lt
		}
		return q.With(query.Compare{Column: g.Column, Op: query.Ge, Value: low}).With(query.Compare{Column: g.Column, Op: op, Value: high})
	}
	switch {
	case d.places[i].key == "":
		return q.With(query.Null{Column: g.Column})
	case g.Step != 0:
		return between(number(kind, at), number(kind, at+g.Step), true)
	case isPart(g.Unit):
		return q.With(query.Part{Column: g.Column, Part: g.Unit, Op: query.Eq, Value: int64(at)})
	case g.Unit != query.Exact:
		next := (&arranger{c: Chart{X: g}}).next(at)
		const day = 86400e6
		if kind == tabular.Timestamp {
			if g.Unit != query.Hourly {
				at, next = at*day, next*day
			}
			return between(query.Value{Kind: kind, Int: int64(at)}, query.Value{Kind: kind, Int: int64(next)}, true)
		}
		return between(query.Value{Kind: kind, Int: int64(at)}, query.Value{Kind: kind, Int: int64(next) - 1}, false)
	case kind == tabular.Text:
		return q.With(query.Compare{Column: g.Column, Op: query.Eq, Value: query.Text(text)})
	case kind == tabular.Float:
		return q.With(query.Compare{Column: g.Column, Op: query.Eq, Value: query.Float(at)})
	}
	return q.With(query.Compare{Column: g.Column, Op: query.Eq, Value: query.Value{Kind: kind, Int: int64(at)}})
}

func isPart(u query.Unit) bool {
	return slices.Contains(query.Parts, u)
}

// number is a bound of a class, as a value of its column.
func number(kind tabular.Kind, v float64) query.Value {
	if kind == tabular.Int {
		return query.Int(int64(math.Ceil(v)))
	}
	return query.Float(v)
}
