package query

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/tabular"
)

// facets reads the facets asked for: a name, or facet(name="…", …).
func (p *odsqlParser) facets(x *Exploration) error {
	return p.each(p.o.Facets, func() error {
		f := FacetWanted{Sort: "-count", Limit: defaultFacetLimit}
		t := p.peek()
		if !t.is("facet") || !p.after(1).is("(") {
			p.next()
			if t.kind != tokenWord && t.kind != tokenName && t.kind != tokenText {
				p.back(t)
				return p.bad()
			}
			f.Column = t.text
		} else if err := p.facetCall(&f); err != nil {
			return err
		}
		if _, err := p.cols.find(f.Column); err != nil {
			return err
		}
		x.Facets = append(x.Facets, f)
		return nil
	})
}

const defaultFacetLimit = 100

func (p *odsqlParser) facetCall(f *FacetWanted) error {
	p.next()
	p.next()
	for first := true; !p.take(")"); first = false {
		if !first {
			if err := p.expect(","); err != nil {
				return err
			}
		}
		name := strings.ToLower(p.next().text)
		if err := p.expect("="); err != nil {
			return err
		}
		v := p.next()
		switch {
		case name == "name" && v.kind != tokenEnd:
			f.Column = v.text
		case name == "disjunctive" && (v.is("true") || v.is("false")):
			f.Disjunctive = v.is("true")
		case name == "hierarchical" && v.is("false"):
		case name == "sort" && v.is("-"):
			f.Sort = "-" + p.next().text
		case name == "sort":
			f.Sort = v.text
		case name == "limit" && v.kind == tokenNumber:
			n, err := strconv.Atoi(v.text)
			if err != nil || n < 1 || n > 1000 {
				return badValue("limit", v.text)
			}
			f.Limit = n
		default:
			return unsupported("facet(" + name + "=" + v.text + ")")
		}
	}
	if !slices.Contains([]string{"count", "-count", "alphanum", "-alphanum"}, f.Sort) {
		return unsupported("facet(sort=" + f.Sort + ")")
	}
	return nil
}

// refined is FIELD:VALUE as a condition; a date may be a year or a month.
func (p *odsqlParser) refined(text string) (Expr, error) {
	name, value, ok := strings.Cut(text, ":")
	name = strings.Trim(strings.TrimSpace(name), "`")
	if !ok || value == "" {
		return nil, badSyntax(text, 0)
	}
	col, err := p.cols.find(name)
	if err != nil {
		return nil, err
	}
	if unquoted := strings.Trim(value, `"`); len(unquoted) == len(value)-2 && unquoted != "" {
		value = unquoted
	}
	if col.Kind == tabular.Date || col.Kind == tabular.Timestamp {
		zone := p.o.Zone
		if col.Kind == tabular.Date {
			zone = time.UTC
		}
		if from, to, ok := dayPeriod(value, zone); ok {
			return period(col, Eq, from, to), nil
		}
	}
	return comparison(col, Eq, Text(value), p.o.Zone)
}

// refine adds what must hold: values of a disjunctive facet are alternatives.
func (p *odsqlParser) refine(where *And, facets []FacetWanted) error {
	byColumn := map[string]Or{}
	var order []string
	for _, text := range p.o.Refine {
		e, err := p.refined(text)
		if err != nil {
			return err
		}
		name := strings.Trim(strings.TrimSpace(text[:strings.Index(text, ":")]), "`")
		if slices.ContainsFunc(facets, func(f FacetWanted) bool { return f.Column == name && f.Disjunctive }) {
			if byColumn[name] == nil {
				order = append(order, name)
			}
			byColumn[name] = append(byColumn[name], e)
			continue
		}
		*where = append(*where, e)
	}
	for _, name := range order {
		if list := byColumn[name]; len(list) == 1 {
			*where = append(*where, list[0])
		} else {
			*where = append(*where, list)
		}
	}
	return nil
}

func (p *odsqlParser) exclude(where *And) error {
	for _, text := range p.o.Exclude {
		e, err := p.refined(text)
		if err != nil {
			return err
		}
		*where = append(*where, Not{e})
	}
	return nil
}
