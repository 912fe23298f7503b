package proposal

import (
	"context"
	"strings"

	"socle/internal/identity"
	"socle/internal/query"
	"socle/internal/tables"
)

// fewestDigits are typed before companies are looked for by their number.
const fewestDigits = 5

// companies proposes establishments, or companies, by number or by name.
func (s *Service) companies(ctx context.Context, a identity.Actor, q string, sirens bool) (list []Proposal, err error) {
	digits := strings.ReplaceAll(q, " ", "")
	byNumber := strings.Trim(digits, "0123456789") == ""
	if byNumber && (len(digits) < fewestDigits || len(digits) > 14) {
		return nil, nil
	}
	if list, err = s.organisations(ctx, a, q, digits, byNumber, sirens); err != nil {
		return nil, err
	}
	text, words := q, strings.Fields(q)
	if byNumber {
		text = digits
	}
	err = s.inTables(ctx, a, text, func(t tables.Found) (out []lookup) {
		sirets, own := pairs(t.Schema, t.Columns)
		if sirens {
			sirets = append(sirets, own...)
		}
		for _, p := range sirets {
			l := lookup{columns: []string{p.number, p.name}, where: having(words, p.name)}
			if byNumber {
				l.where = query.Match{Column: p.number, Start: true, Text: digits}
			}
			out = append(out, l)
		}
		return out
	}, func(_ lookup, cells []string) {
		number, name := strings.ReplaceAll(cells[0], " ", ""), cells[1]
		if sirens && len(number) == 14 {
			number = number[:9]
		}
		if name == "" || strings.Trim(number, "0123456789") != "" || len(number) != size(sirens) {
			return
		}
		list = add(list, Proposal{Value: number, Label: name, Note: spaced(number)})
	})
	if err != nil || len(list) >= Most {
		return list, err
	}
	whole := byNumber && len(digits) == size(sirens)
	if byNumber && !whole || whole && len(list) > 0 {
		return list, nil // nobody abroad knows the start of a number, nor a better name
	}
	for _, c := range s.numbered.ask(ctx, text) {
		p := Proposal{Value: c.SIRET, Label: c.Name, Note: spaced(c.SIRET)}
		if sirens {
			p = Proposal{Value: c.SIREN, Label: c.Name, Note: spaced(c.SIREN)}
		}
		if whole && p.Value != digits {
			continue
		}
		if c.Commune != "" {
			p.Note += " · " + c.Commune
		}
		list = add(list, p)
	}
	return list, nil
}

func size(sirens bool) int {
	if sirens {
		return 9
	}
	return 14
}

// organisations are those of the portal. They have a SIREN only: it names the SIRET that
// is typed in whole, and is proposed where a SIREN is asked for.
func (s *Service) organisations(ctx context.Context, a identity.Actor, q, digits string, byNumber, sirens bool) (list []Proposal, err error) {
	o := identity.OrganisationQuery{Text: q, Limit: Most}
	switch {
	case byNumber && sirens && len(digits) <= 9:
		o.Text, o.SIREN = "", digits
	case byNumber && !sirens && len(digits) == 14:
		o.Text, o.SIREN = "", digits[:9]
	case byNumber || !sirens:
		return nil, nil
	}
	found, err := s.o.Identity.Organisations(ctx, a, o)
	if err != nil {
		return nil, err
	}
	for _, x := range found {
		number := x.SIREN
		if number == "" {
			continue
		}
		if !sirens {
			number = digits
		}
		list = add(list, Proposal{Value: number, Label: x.Name, Note: spaced(number)})
	}
	return list, nil
}

// spaced writes a number as people read it: 213 104 581 00011.
func spaced(number string) string {
	out := number[:3] + " " + number[3:6] + " " + number[6:9]
	if len(number) > 9 {
		out += " " + number[9:]
	}
	return out
}
