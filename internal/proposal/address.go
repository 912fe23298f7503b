package proposal

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"socle/internal/identity"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// shortestRoad is how much of a road is typed before addresses are looked for.
const shortestRoad = 3

// addresses proposes addresses: "12 rue Pasteur, 31120 Roques".
func (s *Service) addresses(ctx context.Context, a identity.Actor, q string) (list []Proposal, err error) {
	words, numbers := cut(q)
	if len(strings.Join(words, "")) < shortestRoad {
		return nil, nil
	}
	places := map[string]place{} // by the first of their columns
	err = s.inTables(ctx, a, strings.Join(words, " "), func(t tables.Found) []lookup {
		p, ok := placeOf(t.Columns)
		if !ok {
			return nil
		}
		l := p.lookup(t.Columns, words, numbers)
		places[strings.Join(l.columns, "\n")] = p
		return []lookup{l}
	}, func(l lookup, cells []string) {
		text := places[strings.Join(l.columns, "\n")].write(l.columns, cells)
		list = add(list, Proposal{Value: text, Label: text})
	})
	if err != nil || len(list) >= Most {
		return list, err
	}
	for _, text := range s.addressed.ask(ctx, q) {
		list = add(list, Proposal{Value: text, Label: text})
	}
	return list, nil
}

// cut tells the words of what is typed from its numbers.
func cut(q string) (words, numbers []string) {
	for _, w := range strings.FieldsFunc(q, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' }) {
		if unicode.IsDigit(rune(w[0])) {
			numbers = append(numbers, w)
		} else {
			words = append(words, w)
		}
	}
	return words, numbers
}

// lookup is the search of an address: each word in the road or the commune, the number
// that comes first in its column.
func (p place) lookup(columns []query.Column, words, numbers []string) lookup {
	l := lookup{}
	for _, name := range []string{p.number, p.repeated, p.road, p.whole, p.postal, p.commune} {
		if name != "" {
			l.columns = append(l.columns, name)
		}
	}
	in := []string{p.road + p.whole} // one of them is ""
	if p.commune != "" {
		in = append(in, p.commune)
	}
	where := having(words, in...)
	for n, text := range numbers {
		postal := len(text) == 5
		switch {
		case postal && p.postal != "":
			where = append(where, query.Match{Column: p.postal, Start: true, Text: text})
		case postal || n > 0:
		case p.whole != "":
			where = append(where, query.Match{Column: p.whole, Text: text})
		default:
			where = append(where, numbered(columns, p.number, text))
		}
	}
	l.where = where
	return l
}

// numbered asks for the number of a house.
func numbered(columns []query.Column, name, text string) query.Expr {
	for _, c := range columns {
		if c.Name != name || c.Kind != tabular.Int {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimRightFunc(text, unicode.IsLetter), 10, 64); err == nil {
			return query.Compare{Column: name, Op: query.Eq, Value: query.Int(n)}
		}
	}
	return query.Match{Column: name, Start: true, Text: text}
}

// write makes a line of an address.
func (p place) write(columns, cells []string) string {
	at := map[string]string{}
	for i, c := range columns {
		at[c] = cells[i]
	}
	line := at[p.whole]
	if p.whole == "" {
		line = strings.Join(strings.Fields(at[p.number]+" "+at[p.repeated]+" "+at[p.road]), " ")
		if at[p.number] == "0" || at[p.number] == "99999" { // a place without number, by the rules of address bases
			line = at[p.road]
		}
	}
	if line == "" {
		return ""
	}
	var town []string
	for _, part := range []string{at[p.postal], at[p.commune]} {
		if part != "" && !strings.Contains(strings.ToLower(line), strings.ToLower(part)) {
			town = append(town, part)
		}
	}
	if len(town) == 0 {
		return line
	}
	return line + ", " + strings.Join(town, " ")
}
