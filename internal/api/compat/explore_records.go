package compat

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/interop/explore"
	"socle/internal/interop/jsonrow"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// exploreTable is the table of the dataset of a request.
func (api *API) exploreTable(r *http.Request) (*opened, error) {
	e, err := api.find(r, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if e.table == nil {
		return nil, errs.New(errs.NotFound, "tables.no-table").WithHint("tables.no-table.hint")
	}
	return e.table, nil
}

func (api *API) exploreRecords(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, exploreAsk...); err != nil {
		return err
	}
	t, err := api.exploreTable(r)
	if err != nil {
		return err
	}
	x, err := api.exploreClauses(r, t.Columns)
	if err != nil {
		return err
	}
	if x.Query.Limit, x.Query.Offset, err = explorePage(r.URL.Query(), x.Grouped(), false); err != nil {
		return err
	}
	if !usesNow(r) && fresh(w, r, string(t.version.ID)) {
		return nil
	}
	if x.Grouped() {
		rows, err := api.exploreGroups(r, t, x)
		if err != nil {
			return err
		}
		return httpx.WriteJSON(w, r, http.StatusOK, explore.Records[jsonrow.Object]{Results: rows})
	}
	none := x.Query.Limit == 0
	if none {
		x.Query.Limit = 1
	}
	page, err := api.o.Engine.Rows(client(r), t.Snapshot, x.Query)
	if err != nil {
		return err
	}
	rows := []jsonrow.Object{}
	for _, rec := range page.Records {
		if !none {
			rows = append(rows, exploreRow(page.Fields, rec, x))
		}
	}
	return httpx.WriteJSON(w, r, http.StatusOK, explore.Records[jsonrow.Object]{Total: &page.Total, Results: rows})
}

// usesNow reports requests of which the answer changes with time.
func usesNow(r *http.Request) bool {
	return strings.Contains(strings.ToLower(strings.Join(r.URL.Query()["where"], " ")+r.URL.Query().Get("select")), "now")
}

// exploreRow shows a record.
func exploreRow(fields []tabular.Field, rec tables.Record, x query.Exploration) (row jsonrow.Object) {
	if len(x.Outputs) == 0 {
		for j, cell := range rec.Cells {
			row = append(row, jsonrow.Member{Name: fields[j].Name, Value: explore.Cell(fields[j], cell, x.Zone)})
		}
		return row
	}
	find := func(name string) int {
		return slices.IndexFunc(fields, func(f tabular.Field) bool { return f.Name == name })
	}
	for _, o := range x.Outputs {
		m := jsonrow.Member{Name: o.Name}
		switch name, plain := o.Column(); {
		case plain && name == query.RecordID:
			m.Value = jsonrow.Text(strconv.FormatInt(rec.Number, 10))
		case plain && find(name) >= 0:
			m.Value = explore.Cell(fields[find(name)], rec.Cells[find(name)], x.Zone)
		default:
			m.Value = explore.Value(o.Value(func(name string) *query.Value {
				j := find(name)
				if j < 0 || rec.Cells[j] == nil {
					return nil
				}
				v, ok := query.ParseValue(fields[j].Kind, string(rec.Cells[j]))
				if !ok {
					return nil
				}
				return &v
			}), x.Zone)
		}
		row = append(row, m)
	}
	return row
}

// exploreGroups are the groups of a request.
func (api *API) exploreGroups(r *http.Request, t *opened, x query.Exploration) ([]jsonrow.Object, error) {
	fr, err := api.o.Engine.Aggregate(client(r), t.Snapshot, x.Query)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for j, f := range fr.Fields {
		at[f.Name] = j
	}
	rows := []jsonrow.Object{}
	for i := range fr.Rows {
		var row jsonrow.Object
		for _, o := range x.Outputs {
			value := o.Value(func(name string) *query.Value {
				j, ok := at[name]
				if !ok {
					return nil
				}
				return jsonrow.Frame(fr, i, j)
			})
			m := jsonrow.Member{Name: o.Name, Value: explore.Value(value, x.Zone)}
			if name, plain := o.Column(); plain && value != nil {
				m.Value = explore.Cell(fr.Fields[at[name]], []byte(value.String()), x.Zone)
			}
			row = append(row, m)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// exploreRecord is a record by its number.
func (api *API) exploreRecord(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, append([]string{"select", "include_links", "include_app_metas"}, exploreAlways...)...); err != nil {
		return err
	}
	t, err := api.exploreTable(r)
	if err != nil {
		return err
	}
	x, err := api.exploreClauses(r, t.Columns)
	if err != nil {
		return err
	}
	if x.Grouped() {
		return badParameter("select", r.URL.Query().Get("select"))
	}
	n, err := strconv.ParseInt(r.PathValue("record"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "tables.row.missing", errs.Args{"Number": r.PathValue("record"), "Rows": t.version.Rows}).WithHint("tables.row.missing.hint")
	}
	page, err := api.o.Engine.Numbers(client(r), t.Snapshot, []int64{n}, x.Query.Select)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, r, http.StatusOK, exploreRow(page.Fields, page.Records[0], x))
}

// sortFacet sorts the values of a facet.
func sortFacet(list []explore.FacetValue, by string) {
	slices.SortStableFunc(list, func(a, b explore.FacetValue) int {
		switch by {
		case "count":
			return cmp.Compare(a.Count, b.Count)
		case "alphanum":
			return strings.Compare(a.Name, b.Name)
		case "-alphanum":
			return strings.Compare(b.Name, a.Name)
		}
		return cmp.Compare(b.Count, a.Count)
	})
}

func (api *API) exploreRecordFacets(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, append([]string{"facet", "where", "refine", "exclude"}, exploreAlways...)...); err != nil {
		return err
	}
	t, err := api.exploreTable(r)
	if err != nil {
		return err
	}
	x, err := api.exploreClauses(r, t.Columns)
	if err != nil {
		return err
	}
	if !usesNow(r) && fresh(w, r, string(t.version.ID)) {
		return nil
	}
	if len(x.Facets) == 0 {
		if x.Facets, err = api.usualFacets(r, t); err != nil {
			return err
		}
	}
	out := explore.Facets{Links: []explore.Link{}, Facets: []explore.FacetGroup{}}
	for _, f := range x.Facets {
		g, err := api.exploreFacet(r, t, x, f)
		if err != nil {
			return err
		}
		out.Facets = append(out.Facets, g)
	}
	return httpx.WriteJSON(w, r, http.StatusOK, out)
}

// mostFacets is how many columns, of few values, are facets when none is asked for.
const mostFacets = 10

func (api *API) usualFacets(r *http.Request, t *opened) (list []query.FacetWanted, err error) {
	p, err := api.o.Engine.Profile(client(r), t.Snapshot)
	if err != nil {
		return nil, err
	}
	for _, c := range p.Columns {
		few := c.Distinct > 1 && c.Distinct <= 50 && c.Distinct < p.Rows
		if few && (c.Kind == tabular.Text || c.Kind == tabular.Bool || c.Kind == tabular.Date) && len(list) < mostFacets {
			list = append(list, query.FacetWanted{Column: c.Name, Sort: "-count", Limit: 100})
		}
	}
	return list, nil
}

// exploreFacet counts the values of a column; dates by year and month.
func (api *API) exploreFacet(r *http.Request, t *opened, x query.Exploration, f query.FacetWanted) (explore.FacetGroup, error) {
	q := query.Query{Where: x.Query.Where}
	if f.Disjunctive {
		q = q.Without(f.Column)
	}
	refined := r.URL.Query()["refine"]
	state := func(value string) string {
		if slices.Contains(refined, f.Column+":"+value) {
			return "refined"
		}
		return "displayed"
	}
	out := explore.FacetGroup{Name: f.Column, Facets: []explore.FacetValue{}}
	i := slices.IndexFunc(t.Columns, func(c query.Column) bool { return c.Name == f.Column })
	if k := t.Columns[i].Kind; k == tabular.Date || k == tabular.Timestamp {
		years, err := api.facetOfDates(r, t, q, f.Column, state)
		if err != nil {
			return out, err
		}
		out.Facets = years
	} else {
		facet, err := api.o.Engine.Facet(client(r), t.Snapshot, q, f.Column, f.Limit)
		if err != nil {
			return out, err
		}
		for _, b := range facet.Buckets {
			if !b.Null {
				out.Facets = append(out.Facets, explore.FacetValue{Count: b.Count, State: state(b.Text), Name: b.Text, Value: b.Text})
			}
		}
	}
	sortFacet(out.Facets, f.Sort)
	out.Facets = out.Facets[:min(len(out.Facets), f.Limit)]
	return out, nil
}

func (api *API) facetOfDates(r *http.Request, t *opened, q query.Query, column string, state func(string) string) ([]explore.FacetValue, error) {
	q.Group = []query.Group{{Column: column, Unit: query.Month}}
	q.Aggregates = []query.Aggregate{{Func: query.Count, Bare: true}}
	fr, err := api.o.Engine.Aggregate(client(r), t.Snapshot, q)
	if err != nil {
		return nil, err
	}
	years := []explore.FacetValue{}
	for i := range fr.Rows {
		day, n := jsonrow.Frame(fr, i, 0), jsonrow.Frame(fr, i, 1)
		if day == nil || n == nil {
			continue
		}
		at := tabular.Day(day.Int)
		year, month := at.Format("2006"), at.Format("2006/01")
		if len(years) == 0 || years[len(years)-1].Value != year {
			years = append(years, explore.FacetValue{State: state(year), Name: year, Value: year})
		}
		y := &years[len(years)-1]
		y.Count += n.Int
		y.Below = append(y.Below, explore.FacetValue{Count: n.Int, State: state(month), Name: at.Format("01"), Value: month})
	}
	return years, nil
}

// exploreSelected are datasets less what was not selected: what the catalogue's
// own members and its default description are called.
func exploreSelected(list []explore.Dataset, x query.Exploration) ([]json.RawMessage, error) {
	out := []json.RawMessage{}
	for _, d := range list {
		raw, err := json.Marshal(d)
		if err != nil {
			return nil, err
		}
		var top, metas, usual map[string]json.RawMessage
		if err := json.Unmarshal(raw, &top); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(top["metas"], &metas); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(metas["default"], &usual); err != nil {
			return nil, err
		}
		var row jsonrow.Object
		for _, o := range x.Outputs {
			name, plain := o.Column()
			value, ok := top[name]
			if !ok {
				value, ok = usual[strings.TrimPrefix(name, "default.")]
			}
			if !plain || !ok {
				return nil, &query.ClauseError{Clause: "select", Err: errs.New(errs.Invalid, "interop.unsupported", errs.Args{"What": o.Name}).WithHint("interop.unsupported.hint")}
			}
			row = append(row, jsonrow.Member{Name: o.Name, Value: value})
		}
		text, err := row.MarshalJSON()
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}
