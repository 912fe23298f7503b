package dashboard

import (
	"slices"

	"socle/internal/catalogue"
	"socle/internal/chart"
	"socle/internal/i18n"
	"socle/internal/query"
	"socle/internal/tabular"
)

// role is the part that a column plays.
type role string

// recipe makes the blocks of the tables in which some columns play some parts,
// whatever schema they follow.
type recipe struct {
	name string
	need []role
	// names are those of the columns that play a part, folded, the likeliest first.
	names  map[role][]string
	blocks func(*cook)
}

// recipes lists them, the most particular first.
var recipes = []recipe{
	{
		name: "acts", need: []role{"date", "matter"},
		names: map[role][]string{
			"date": {"delib_date"}, "matter": {"delib_matiere_nom"}, "object": {"delib_objet"},
			"for": {"vote_pour"}, "against": {"vote_contre"}, "abstained": {"vote_abstention"}, "producer": {"producteur"},
		},
		blocks: acts,
	},
	{
		name: "grants", need: []role{"amount", "beneficiary"},
		names: map[role][]string{
			"amount": {"montant", "montant_subvention", "montant_verse"}, "beneficiary": {"nombeneficiaire", "nom_beneficiaire", "beneficiaire", "nom_association"},
			"date": {"dateconvention", "date_convention", "date_attribution", "date"}, "object": {"objet"}, "nature": {"nature"}, "producer": {"producteur"},
		},
		blocks: grants,
	},
	{
		name: "menus", need: []role{"date", "dish"},
		names: map[role][]string{
			"date": {"menudate", "date_menu", "date", "jour"}, "dish": {"menuplatnom", "nom_plat", "plat_nom", "plat"}, "course": {"menuplattype", "type_plat", "service", "composante"},
			"product": {"produits", "produit", "ingredients"}, "origin": {"origine", "origines", "provenance"}, "label": {"menuplatlabel", "label", "labels"},
			"allergens": {"menuplatallergene", "allergenes", "allergene"}, "place": {"menurestaurantnom", "restaurant", "cantine", "ecole", "etablissement"}, "producer": {"producteur"},
			"quality": {"menuplatsiqo"}, "code": {"menuplatcode", "code_plat"}, "authority": {"menucollsiret"}, "kitchen": {"menuetablissementsiret"},
		},
		blocks: menus,
	},
	{
		name: "products", need: []role{"code", "product"},
		names: map[role][]string{
			"code": compositionNames["code"], "product": compositionNames["product"], "dish": {"platnom"}, "supplier": compositionNames["supplier"], "town": compositionNames["town"],
			"label": compositionNames["label"], "producer": {"producteur"},
		},
		blocks: products,
	},
	{
		name: "equipment", need: []role{"name", "type", "commune"},
		names: map[role][]string{
			"name": {"equip_nom", "nom_equipement", "nom"}, "type": {"equip_type", "type_equipement", "type"}, "commune": {"adr_commune", "nom_commune", "commune", "ville"}, "producer": {"producteur"},
		},
		blocks: equipment,
	},
}

// cook makes the blocks of one table.
type cook struct {
	t    *table
	l    i18n.Lang
	name string
	part map[role]chart.Column
	with catalogue.ResourceID // the table that says what dishes are made of, or ""
	out  []Block
}

// suggest returns the section of a table in a board: a heading, then its blocks;
// known is false when no recipe knows the table.
func suggest(t *table, with catalogue.ResourceID, l i18n.Lang) (list []Block, known bool) {
	c := recipeFor(t, with, l)
	heading := Block{ID: id(string(t.resource.ID), string(Text)), Kind: Text, Title: t.dataset.Title, Resource: t.resource.ID, Wide: true}
	return append([]Block{heading}, c.out...), c.name != ""
}

func recipeFor(t *table, with catalogue.ResourceID, l i18n.Lang) *cook {
	for _, r := range recipes {
		c := &cook{t: t, l: l, with: with, name: r.name, part: map[role]chart.Column{}}
		for part, names := range r.names {
			for _, name := range names {
				i := slices.IndexFunc(t.cols, func(c chart.Column) bool { return folded(c.Name) == name })
				if i >= 0 && t.cols[i].Rows > 0 {
					c.part[part] = t.cols[i]
					break
				}
			}
		}
		if !slices.ContainsFunc(r.need, func(p role) bool { return !c.has(p) }) && (!c.has("date") || c.part["date"].Kind == tabular.Date || c.part["date"].Kind == tabular.Timestamp) &&
			(!c.has("amount") || c.number("amount")) {
			r.blocks(c)
			return c
		}
	}
	c := &cook{t: t, l: l}
	generic(c)
	return c
}

// proposed lists what may be added of a table: its recipe's blocks, what any table
// has, and how often the values of its columns are there.
func proposed(t *table, with catalogue.ResourceID, l i18n.Lang) []Block {
	c := recipeFor(t, with, l)
	if c.name != "" {
		more := &cook{t: t, l: l}
		generic(more)
		c.out = append(c.out, more.out...)
	}
	for _, g := range chart.Propose(t.cols).By {
		for _, col := range t.cols {
			if col.Name == g.Column && len(c.out) < maxBlocks/2 {
				s := chart.Spread(col)
				c.add(Chart, i18n.T(l, "dashboard.generic.by", i18n.Args{"Name": col.Label()}), asked{chart: s}, false)
			}
		}
	}
	var out []Block
	for _, b := range c.out {
		if !slices.ContainsFunc(out, func(x Block) bool { return x.ID == b.ID }) {
			out = append(out, b)
		}
	}
	return out
}

func folded(name string) string { return string(query.Fold(nil, []byte(name))) }

func (c *cook) has(p role) bool { _, ok := c.part[p]; return ok }

func (c *cook) number(p role) bool {
	k := c.part[p].Kind
	return k == tabular.Int || k == tabular.Float
}

func (c *cook) column(p role) string { return c.part[p].Name }

func (c *cook) title(key string) string { return i18n.T(c.l, "dashboard."+c.name+"."+key) }

func (c *cook) add(k Kind, title string, a asked, wide bool) {
	address := a.address()
	c.out = append(c.out, Block{ID: id(string(c.t.resource.ID), string(k), address), Kind: k, Title: title, Resource: c.t.resource.ID, Address: address, Wide: wide})
}

var rowCount = query.Aggregate{Func: query.Count, Bare: true}

func (c *cook) figure(key string, y query.Aggregate, where query.Expr) {
	c.add(Figure, c.title(key), asked{query: query.Query{Where: where, Aggregates: []query.Aggregate{y}}}, false)
}

// bars are the groups of a column, the largest first.
func (c *cook) bars(key string, p role, y query.Aggregate, by *query.Group) {
	c.add(Chart, c.title(key), asked{chart: chart.Chart{Kind: chart.Bars, X: query.Group{Column: c.column(p)}, Y: y, By: by, Top: 10}}, false)
}

// along is what happens with time.
func (c *cook) along(key string, p role, y query.Aggregate) {
	col := c.part[p]
	if !(col.Max > col.Min) {
		return
	}
	c.add(Chart, c.title(key), asked{chart: chart.Chart{Kind: chart.Columns, X: query.Group{Column: col.Name, Unit: unitOf(col)}, Y: y}}, false)
}

func days(c chart.Column) float64 {
	if c.Kind == tabular.Timestamp {
		return (c.Max - c.Min) / 86400e6
	}
	return c.Max - c.Min
}

func unitOf(c chart.Column) query.Unit {
	switch d := days(c); {
	case d > 3*366:
		return query.Year
	case d > 62:
		return query.Month
	}
	return query.Daily
}

// years reports that the dates of a part are of several years.
func (c *cook) years(p role) bool {
	col := c.part[p]
	at := func(v float64) int {
		if col.Kind == tabular.Timestamp {
			return tabular.Instant(int64(v)).Year()
		}
		return tabular.Day(int64(v)).Year()
	}
	return c.has(p) && at(col.Min) != at(col.Max)
}

func (c *cook) rows(key string, sort query.SortKey, parts ...role) {
	q := query.Query{Sort: []query.SortKey{sort}, Limit: usualRows}
	for _, p := range parts {
		if c.has(p) {
			q.Select = append(q.Select, c.column(p))
		}
	}
	if sort.Column == "" {
		q.Sort = nil
	}
	c.add(Table, c.title(key), asked{query: q}, true)
}

func (c *cook) places(key string) {
	if c.t.placed() {
		c.add(Map, c.title(key), asked{}, true)
	}
}

// producers are told where a table is that of the territory.
func (c *cook) producers(y query.Aggregate) {
	if c.has("producer") && c.part["producer"].Distinct > 1 {
		c.add(Chart, i18n.T(c.l, "dashboard.by-producer"), asked{chart: chart.Chart{Kind: chart.Bars, X: query.Group{Column: c.column("producer")}, Y: y, Top: 20}}, false)
	}
}

// acts: délibérations by theme and vote.
func acts(c *cook) {
	c.figure("count", rowCount, nil)
	if c.has("against") && c.has("abstained") && c.number("against") && c.number("abstained") {
		none := func(p role) query.Expr { return query.Compare{Column: c.column(p), Op: query.Eq, Value: query.Int(0)} }
		c.figure("unanimous", rowCount, query.And{none("against"), none("abstained")})
	}
	c.bars("matter", "matter", rowCount, nil)
	c.along("time", "date", rowCount)
	for _, p := range []role{"against", "abstained"} {
		if c.has(p) && c.number(p) && c.part[p].Max > 0 {
			c.bars(string(p), "matter", query.Aggregate{Func: query.Sum, Column: c.column(p)}, nil)
		}
	}
	c.producers(rowCount)
	c.rows("last", query.SortKey{Column: c.column("date"), Desc: true}, "producer", "date", "object", "for", "against", "abstained")
}

// grants: subventions by beneficiary and year.
func grants(c *cook) {
	sum := query.Aggregate{Func: query.Sum, Column: c.column("amount")}
	c.figure("sum", sum, nil)
	c.figure("count", rowCount, nil)
	c.figure("beneficiaries", query.Aggregate{Func: query.Distinct, Column: c.column("beneficiary")}, nil)
	var by *query.Group
	if c.years("date") {
		by = &query.Group{Column: c.column("date"), Unit: query.Year}
		c.add(Chart, c.title("year"), asked{chart: chart.Chart{Kind: chart.Columns, X: *by, Y: sum}}, false)
	} else if c.has("date") {
		c.along("time", "date", sum)
	}
	c.bars("beneficiary", "beneficiary", sum, by)
	if c.has("nature") && c.part["nature"].Distinct > 1 {
		c.bars("nature", "nature", sum, nil)
	}
	c.producers(sum)
	c.rows("largest", query.SortKey{Column: c.column("amount"), Desc: true}, "producer", "beneficiary", "object", "date", "amount")
}

// equipment by type and commune.
func equipment(c *cook) {
	c.figure("count", rowCount, nil)
	c.figure("types", query.Aggregate{Func: query.Distinct, Column: c.column("type")}, nil)
	c.bars("type", "type", rowCount, nil)
	if c.part["commune"].Distinct > 1 {
		c.bars("commune", "commune", rowCount, &query.Group{Column: c.column("type")})
	}
	c.places("map")
	c.rows("list", query.SortKey{Column: c.column("name")}, "producer", "name", "type", "commune")
}

// menus of the week, with products, origins and allergens.
func menus(c *cook) {
	m := Menu{}
	for _, x := range m.columns() {
		if p := role(x.name); c.has(p) {
			*x.column = c.column(p)
		}
	}
	if m.Code != "" {
		m.With = c.with
	}
	c.add(Week, c.title("week"), asked{menu: m}, true)
	c.figure("dishes", query.Aggregate{Func: query.Distinct, Column: c.column("dish")}, nil)
	for _, p := range []role{"origin", "label"} {
		if c.has(p) && c.part[p].Kind == tabular.Text && c.part[p].Distinct > 1 {
			c.bars(string(p), p, rowCount, nil)
		}
	}
	c.producers(rowCount)
}

// products that dishes are made of, and where they come from.
func products(c *cook) {
	c.figure("count", query.Aggregate{Func: query.Distinct, Column: c.column("product")}, nil)
	if c.has("supplier") {
		c.figure("suppliers", query.Aggregate{Func: query.Distinct, Column: c.column("supplier")}, nil)
	}
	c.bars("product", "product", rowCount, nil)
	for _, p := range []role{"supplier", "label"} {
		if c.has(p) && c.part[p].Distinct > 1 {
			c.bars(string(p), p, rowCount, nil)
		}
	}
	c.producers(rowCount)
	c.rows("list", query.SortKey{Column: c.column("code")}, "producer", "code", "dish", "product", "supplier", "label")
}

// generic is for tables that no recipe knows: what their columns' types allow.
func generic(c *cook) {
	c.add(Figure, i18n.T(c.l, "dashboard.generic.count"), asked{query: query.Query{Aggregates: []query.Aggregate{rowCount}}}, false)
	first, ok := chart.Suggest(c.t.cols)
	if ok {
		c.add(Chart, i18n.T(c.l, "dashboard.generic.along", i18n.Args{"Figure": chart.FigureLabel(c.l, c.t.Columns, first.Y), "Name": c.label(first.X.Column)}), asked{chart: first}, false)
	}
	for _, col := range c.t.cols {
		if col.Kind == tabular.Text && col.Geometry == "" && col.Distinct >= 2 && col.Distinct <= 30 && col.Rows >= col.Distinct*3 && col.Name != first.X.Column {
			c.add(Chart, i18n.T(c.l, "dashboard.generic.by", i18n.Args{"Name": col.Label()}), asked{chart: chart.Chart{Kind: chart.Bars, X: query.Group{Column: col.Name}, Y: rowCount, Top: 10}}, false)
			break
		}
	}
	if c.t.placed() {
		c.add(Map, i18n.T(c.l, "dashboard.generic.map"), asked{}, true)
	}
	q := query.Query{Limit: usualRows}
	for _, col := range c.t.cols[:min(len(c.t.cols), 6)] {
		q.Select = append(q.Select, col.Name)
	}
	c.add(Table, i18n.T(c.l, "dashboard.generic.rows"), asked{query: q}, true)
}

func (c *cook) label(name string) string {
	for _, x := range c.t.cols {
		if x.Name == name {
			return x.Label()
		}
	}
	return name
}
