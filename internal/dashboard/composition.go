package dashboard

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/cog"
	"socle/internal/query"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Product is one that goes into a dish. What is not said is "".
type Product struct {
	Name, Supplier, Town, Label, Allergens string
}

// composition says which columns of a table are what dishes are made of: a row is a
// product of a dish. A dish of a menu is known by its code and the SIRET of the
// authority, and that of the kitchen where both say it (the two SCDL schemas of
// canteens).
type composition struct {
	Code, Authority, Kitchen                          string
	Product, Supplier, Town, Quality, Mark, Allergens string
}

var compositionNames = map[role][]string{
	"code": {"platcode", "code_plat"}, "authority": {"platcollsiret"}, "kitchen": {"platetablissementsiret"}, "product": {"platproduitnom", "nom_produit"},
	"supplier": {"platproduitfournisseurnom", "fournisseur"}, "town": {"platproduitfournisseurinsee"}, "quality": {"platproduitsiqo"}, "label": {"platproduitlabel"},
	"allergens": {"platproduitallergene"},
}

// compositionOf reads the columns of a table that say what dishes are made of; ok is
// false when it is no such table.
func compositionOf(names []string) (c composition, ok bool) {
	for part, column := range map[role]*string{
		"code": &c.Code, "authority": &c.Authority, "kitchen": &c.Kitchen, "product": &c.Product, "supplier": &c.Supplier, "town": &c.Town, "quality": &c.Quality,
		"label": &c.Mark, "allergens": &c.Allergens,
	} {
		for _, known := range compositionNames[part] {
			if i := slices.IndexFunc(names, func(n string) bool { return folded(n) == known }); i >= 0 {
				*column = names[i]
				break
			}
		}
	}
	return c, c.Code != "" && c.Product != ""
}

// composed is the first table of a list that says what dishes are made of; "" when
// there is none.
func composed(list []catalogue.Dataset) catalogue.ResourceID {
	for _, d := range list {
		r, ok := tableOf(d)
		if !ok {
			continue
		}
		sch, err := schema.Parse(r.Current.Columns)
		if err != nil {
			continue // its columns are not described: no recipe knows them
		}
		names := make([]string, len(sch.Fields))
		for i := range sch.Fields {
			names[i] = sch.Fields[i].Name
		}
		if _, ok := compositionOf(names); ok {
			return r.ID
		}
	}
	return ""
}

// How many products of the dishes of a week are read, and how many at once.
const (
	maxProducts  = 5000
	productsPage = 1000
)

// dishKey is what a dish is known by in both tables.
type dishKey struct{ authority, code string }

// madeOf is a row of a composition.
type madeOf struct {
	kitchen string
	product Product
}

// compose gives the dishes of a week their products, from the table that says what
// they are made of. Where that is not public any more, dishes stay as they are.
func (s *Service) compose(ctx context.Context, m Menu, w *WeekOf) error {
	codes := map[string]bool{}
	for _, d := range w.Dishes {
		if d.code != "" {
			codes[d.code] = true
		}
	}
	if m.With == "" || len(codes) == 0 {
		return nil
	}
	o, err := s.open(ctx, m.With)
	if err != nil || o.problem != nil {
		return err
	}
	names := make([]string, len(o.Columns))
	kinds := map[string]tabular.Kind{}
	for i, c := range o.Columns {
		names[i], kinds[c.Name] = c.Name, c.Kind
	}
	c, ok := compositionOf(names)
	if !ok || kinds[c.Code] != tabular.Text {
		return nil
	}
	in := query.In{Column: c.Code}
	for code := range codes {
		in.Values = append(in.Values, query.Text(code))
	}
	slices.SortFunc(in.Values, func(a, b query.Value) int { return strings.Compare(a.Text, b.Text) })
	known := c.Authority != "" && m.Authority != "" // both say whose dish it is
	byDish := map[dishKey][]madeOf{}
	for q := (query.Query{Where: in, Limit: productsPage}); q.Offset < maxProducts; q.Offset += productsPage {
		page, err := s.o.Engine.Rows(ctx, o.Snapshot, q)
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			cell := func(name string) string { return cellOf(page, r, name) }
			k := dishKey{code: cell(c.Code)}
			if known {
				k.authority = cell(c.Authority)
			}
			byDish[k] = append(byDish[k], madeOf{cell(c.Kitchen), Product{
				Name: cell(c.Product), Supplier: cell(c.Supplier), Town: townOf(cell(c.Town)), Label: joined(cell(c.Quality), cell(c.Mark)), Allergens: joined(cell(c.Allergens)),
			}})
		}
		if len(page.Records) < productsPage {
			break
		}
	}
	for i := range w.Dishes {
		d := &w.Dishes[i]
		k := dishKey{code: d.code}
		if known {
			k.authority = d.authority
		}
		for _, x := range byDish[k] {
			if d.kitchen != "" && x.kitchen != "" && d.kitchen != x.kitchen || slices.Contains(d.Products, x.product) {
				continue
			}
			d.Products = append(d.Products, x.product)
			d.Allergens = joined(d.Allergens, x.product.Allergens)
		}
	}
	return nil
}

// townOf is the name of a commune, or the code where it is none.
func townOf(code string) string {
	if p, ok := cog.Commune(code); ok {
		return p.Name
	}
	return code
}

// parts are the values of a cell: of a JSON list, or of a text with commas.
func parts(cell string) []string {
	var list []string
	if strings.HasPrefix(cell, "[") && json.Unmarshal([]byte(cell), &list) == nil {
		return list
	}
	return strings.Split(cell, ",")
}

// joined is what cells say together, each once: texts with commas, or JSON lists.
func joined(cells ...string) string {
	var out []string
	for _, cell := range cells {
		for _, part := range parts(cell) {
			if part = strings.TrimSpace(part); part != "" && !slices.ContainsFunc(out, func(x string) bool { return strings.EqualFold(x, part) }) {
				out = append(out, part)
			}
		}
	}
	return strings.Join(out, ", ")
}
