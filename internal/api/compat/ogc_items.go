package compat

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/interop/ogc"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// ogcItems is a page of the rows of a table, as features.
func (api *API) ogcItems(w http.ResponseWriter, r *http.Request) error {
	l, err := api.ogcFind(r)
	if err != nil {
		return err
	}
	values, err := parameters(r)
	if err != nil {
		return err
	}
	values.Del("f")
	f, err := query.ParseOGC(values, l.table.Columns, l.ask)
	if err != nil {
		return err
	}
	html, err := wantsHTML(r, ogc.GeoJSON)
	if err != nil {
		return err
	}
	api.ogcCRS(w, f.CRS)
	w.Header().Add("Link", ogc.QueryablesLink(api.ogcBase(), l.id()))
	if !html && fresh(w, r, string(l.table.version.ID)) { // a page has a mark of its own: it is of a visitor, too
		return nil
	}
	q := f.Query
	hidden := l.hide(q.Select)
	if len(q.Select) > 0 {
		for _, at := range l.place.Columns() {
			if name := l.fields[at].Name; !slices.Contains(q.Select, name) {
				q.Select = append(q.Select, name)
			}
		}
	}
	page, err := api.o.Engine.Rows(client(r), l.table.Snapshot, q)
	if err != nil {
		return err
	}
	list := make([]ogc.Feature, len(page.Records))
	for i, rec := range page.Records {
		list[i] = l.feature(page.Fields, rec, hidden, f.CRS)
	}
	v := ogc.NewItems(api.ogcBase(), l.id(), list, ogc.Page{Matched: page.Total, Offset: f.Query.Offset, Limit: f.Query.Limit}, r.URL.Query(), api.o.Now())
	return api.ogcGive(w, r, ogc.GeoJSON, v, func() ogcView { return api.itemsPage(r, l, v) })
}

// ogcItem is a row.
func (api *API) ogcItem(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f", "crs"); err != nil {
		return err
	}
	l, err := api.ogcFind(r)
	if err != nil {
		return err
	}
	system := query.System{URI: query.CRS84}
	if text := r.URL.Query().Get("crs"); text != "" {
		var ok bool
		if system, ok = query.SystemOf(text); !ok {
			return badParameter("crs", text)
		}
	}
	html, err := wantsHTML(r, ogc.GeoJSON)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(r.PathValue("feature"), 10, 64)
	if err != nil || number < 1 || number > l.table.Snapshot.Rows() {
		return errs.New(errs.NotFound, "tables.row.missing", errs.Args{"Number": r.PathValue("feature"), "Rows": l.table.Snapshot.Rows()}).WithHint("tables.row.missing.hint")
	}
	api.ogcCRS(w, system)
	if !html && fresh(w, r, string(l.table.version.ID)) { // a page has a mark of its own: it is of a visitor, too
		return nil
	}
	page, err := api.o.Engine.Numbers(client(r), l.table.Snapshot, []int64{number}, nil)
	if err != nil {
		return err
	}
	v := ogc.Item(api.ogcBase(), l.id(), l.feature(page.Fields, page.Records[0], l.hide(nil), system), r.URL.Query())
	return api.ogcGive(w, r, ogc.GeoJSON, v, func() ogcView {
		page := ogcView{title: l.title() + " " + strconv.FormatInt(v.ID, 10), links: v.Links, crumbs: l.crumbs(r)}
		for _, m := range v.Properties {
			page.facts = append(page.facts, [2]string{m.Name, plainCell(m.Value)})
		}
		page.facts = append(page.facts, [2]string{"geometry", string(v.Geometry)})
		return page
	})
}

// ogcCRS says in which system an answer is, to scripts of other sites too.
func (api *API) ogcCRS(w http.ResponseWriter, s query.System) {
	w.Header().Set("Content-Crs", "<"+s.URI+">")
	w.Header().Add("Access-Control-Expose-Headers", "Content-Crs")
}

// hide names the columns that are the geometry and not a property: those of a longitude
// and a latitude are both; one that was asked for by name is shown.
func (l located) hide(asked []string) (names []string) {
	for _, at := range l.place.Columns() {
		name := l.fields[at].Name
		switch {
		case l.place.Column >= 0:
			names = append(names, name)
		case len(asked) > 0 && !slices.Contains(asked, name):
			names = append(names, name)
		}
	}
	return names
}

func (l located) feature(fields []tabular.Field, rec tables.Record, hidden []string, system query.System) ogc.Feature {
	find := func(name string) int {
		return slices.IndexFunc(fields, func(f tabular.Field) bool { return f.Name == name })
	}
	cells := [][]byte{}
	missing := false
	for _, at := range l.place.Columns() {
		cell := rec.Cells[find(l.fields[at].Name)]
		missing = missing || cell == nil
		cells = append(cells, cell)
	}
	var g orb.Geometry
	if !missing {
		if found, ok := l.place.Geometry(cells); ok {
			g = found
		}
	}
	var at []int
	for _, name := range hidden {
		at = append(at, find(name))
	}
	return ogc.NewFeature(rec.Number, fields, rec.Cells, g, at, system)
}

// itemsPage shows features as a table.
func (api *API) itemsPage(r *http.Request, l located, v ogc.FeatureCollection) ogcView {
	page := ogcView{title: l.title(), lead: i18n.T(language(r), "compat.ogc.items", i18n.Args{"Count": v.NumberReturned, "Total": v.NumberMatched}), links: v.Links, crumbs: l.crumbs(r), head: []string{"id"}}
	for i, f := range v.Features {
		row := []string{strconv.FormatInt(f.ID, 10)}
		for _, m := range f.Properties {
			if i == 0 {
				page.head = append(page.head, m.Name)
			}
			row = append(row, plainCell(m.Value))
		}
		page.rows = append(page.rows, append(row, string(f.Geometry)))
		page.hrefs = append(page.hrefs, api.ogcBase()+"/collections/"+l.id()+"/items/"+row[0]+"?f=html")
	}
	page.head = append(page.head, "geometry")
	page.facts = [][2]string{{"timeStamp", v.TimeStamp}}
	return page
}
