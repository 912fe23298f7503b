package v1

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/tables"
)

type differenceAnswer struct {
	From    int                  `json:"from"`
	To      int                  `json:"to"`
	Key     []string             `json:"key"`
	Added   int64                `json:"added"`
	Removed int64                `json:"removed"`
	Changed int64                `json:"changed"`
	Same    int64                `json:"same"`
	Columns []columnChangeAnswer `json:"columns"`
	Cells   []cellCountAnswer    `json:"cells"`
	Kind    string               `json:"kind"`
	Listed  int                  `json:"listed"`
	Rows    []rowChangeAnswer    `json:"rows"`
	Next    string               `json:"next"`
}

type columnChangeAnswer struct {
	Name   string  `json:"name"`
	Change string  `json:"change"`
	From   *string `json:"from"`
	To     *string `json:"to"`
}

type cellCountAnswer struct {
	Column string `json:"column"`
	Rows   int64  `json:"rows"`
}

type rowChangeAnswer struct {
	Change  string          `json:"change"`
	RowFrom *int64          `json:"row_from"`
	RowTo   *int64          `json:"row_to"`
	Before  json.RawMessage `json:"before"`
	After   json.RawMessage `json:"after"`
	Differs []string        `json:"differs"`
}

// compared are two versions of a table, and what changed between them.
type compared struct {
	resource      catalogue.Resource
	dataset       catalogue.Dataset
	from, to      catalogue.Version
	before, after tables.Table
	*tables.Difference
}

// compare reads the versions of a request: ?from= and ?to=, the latest and the
// one before it when they are not said.
func (api *API) compare(r *http.Request) (c compared, err error) {
	ctx, a := r.Context(), actor(r)
	if c.resource, c.dataset, err = api.o.Catalogue.Head(ctx, a, catalogue.ResourceID(r.PathValue("id"))); err != nil {
		return c, err
	}
	to, err := number(r, "to", c.resource.Latest, 1, c.resource.Latest)
	if err != nil {
		return c, err
	}
	from, err := number(r, "from", to-1, 1, c.resource.Latest)
	if err != nil {
		return c, err
	}
	if from == 0 {
		return c, errs.New(errs.NotFound, "diff.first").WithHint("diff.first.hint")
	}
	for _, side := range []struct {
		number  int
		version *catalogue.Version
		table   *tables.Table
	}{{from, &c.from, &c.before}, {to, &c.to, &c.after}} {
		if *side.version, err = api.o.Catalogue.Version(ctx, a, c.resource.ID, side.number); err != nil {
			return c, err
		}
		if *side.table, err = api.o.Tables.Open(ctx, *side.version); err != nil {
			return c, err
		}
	}
	c.Difference, err = api.o.Tables.Difference(asking(r), api.o.Engine, c.from, c.to)
	return c, err
}

// number reads a parameter that is a whole number between two others.
func number(r *http.Request, name string, unsaid, least, most int) (int, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return unsaid, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, httpx.BadRequest("api.bad-value", errs.Args{"Name": name, "Value": s})
	}
	return n, nil
}

// differences answers with what changed from a version to another.
func (api *API) differences(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "from", "to", "kind", "limit", "offset"); err != nil {
		return err
	}
	kind, err := tables.ParseChangeKind(r.URL.Query().Get("kind"))
	if err != nil {
		return httpx.WithStatus(err, http.StatusBadRequest)
	}
	limit, err := number(r, "limit", 100, 0, 1000)
	if err != nil {
		return err
	}
	offset, err := number(r, "offset", 0, 0, tables.MaxDetails)
	if err != nil {
		return err
	}
	c, err := api.compare(r)
	if err != nil {
		return err
	}
	rows, err := tables.DifferenceRows(asking(r), api.o.Engine, c.Difference, c.before, c.after, kind, offset, limit)
	if err != nil {
		return err
	}
	ans := differenceAnswer{
		From: c.from.Number, To: c.to.Number, Key: append([]string{}, c.Key...), Added: c.Counts.Added, Removed: c.Counts.Removed, Changed: c.Counts.Changed, Same: c.Counts.Same,
		Columns: []columnChangeAnswer{}, Cells: []cellCountAnswer{}, Kind: string(kind), Listed: c.Listed(kind), Rows: []rowChangeAnswer{},
	}
	for _, x := range c.Columns {
		one := columnChangeAnswer{Name: x.Name, Change: string(x.Kind)}
		if x.Kind != tables.Added {
			name := typeName(x.From)
			one.From = &name
		}
		if x.Kind != tables.Removed {
			name := typeName(x.To)
			one.To = &name
		}
		ans.Columns = append(ans.Columns, one)
	}
	for _, x := range c.Cells {
		ans.Cells = append(ans.Cells, cellCountAnswer{x.Column, x.Rows})
	}
	cols := tables.DifferenceColumns(c.before, c.after)
	for _, x := range rows {
		ans.Rows = append(ans.Rows, c.rowChange(x, cols))
	}
	if offset+len(rows) < c.Listed(kind) && len(rows) > 0 {
		v := url.Values{"from": {strconv.Itoa(c.from.Number)}, "to": {strconv.Itoa(c.to.Number)}, "kind": {string(kind)}, "limit": {strconv.Itoa(limit)}, "offset": {strconv.Itoa(offset + len(rows))}}
		ans.Next = api.link("api/v1/resources", string(c.resource.ID), "differences") + "?" + v.Encode()
	}
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

func (c compared) rowChange(x tables.RowDifference, cols []tables.DifferenceColumn) rowChangeAnswer {
	one := rowChangeAnswer{Change: string(x.Kind), Before: json.RawMessage("null"), After: json.RawMessage("null"), Differs: []string{}}
	if x.Old != 0 {
		one.RowFrom = &x.Old
		one.Before = cellsJSON(c.before, cols, x.Before, func(d tables.DifferenceColumn) int { return d.Before })
	}
	if x.New != 0 {
		one.RowTo = &x.New
		one.After = cellsJSON(c.after, cols, x.After, func(d tables.DifferenceColumn) int { return d.After })
	}
	for i := range cols {
		if x.Differs(i) {
			one.Differs = append(one.Differs, cols[i].Field.Name)
		}
	}
	return one
}

// cellsJSON writes the cells of a version as an object.
func cellsJSON(t tables.Table, cols []tables.DifferenceColumn, cells [][]byte, at func(tables.DifferenceColumn) int) []byte {
	page := tables.Page{Records: []tables.Record{{}}}
	for i, c := range cols {
		if j := at(c); j >= 0 {
			page.Fields = append(page.Fields, t.Snapshot.Fields[j])
			page.Records[0].Cells = append(page.Records[0].Cells, cells[i])
		}
	}
	return bytes.TrimSuffix(bytes.TrimPrefix(appendRows(nil, &page), []byte("[")), []byte("]"))
}

// differencesFile answers with the rows that changed, as CSV: a row changed is
// two lines, as it was and as it is.
func (api *API) differencesFile(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "from", "to"); err != nil {
		return err
	}
	c, err := api.compare(r)
	if err != nil {
		return err
	}
	cols := tables.DifferenceColumns(c.before, c.after)
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	httpx.Attach(h, tables.DownloadName(c.dataset, c.to, false, "_"+strconv.Itoa(c.from.Number)+"-"+strconv.Itoa(c.to.Number)+".csv"))
	if r.Method == http.MethodHead {
		return nil
	}
	out := csv.NewWriter(w)
	line := []string{"change", "version", "row"}
	for _, col := range cols {
		line = append(line, col.Field.Name)
	}
	if err := out.Write(line); err != nil {
		return err
	}
	const step = 500
	for _, kind := range tables.ChangeKinds {
		for offset := 0; offset < c.Listed(kind); offset += step {
			rows, err := tables.DifferenceRows(asking(r), api.o.Engine, c.Difference, c.before, c.after, kind, offset, step)
			if err != nil {
				return err
			}
			for _, x := range rows {
				if x.Old != 0 {
					if err := out.Write(csvLine(kind, c.from.Number, x.Old, x.Before)); err != nil {
						return err
					}
				}
				if x.New != 0 {
					if err := out.Write(csvLine(kind, c.to.Number, x.New, x.After)); err != nil {
						return err
					}
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

func csvLine(kind tables.ChangeKind, version int, row int64, cells [][]byte) []string {
	line := []string{string(kind), strconv.Itoa(version), strconv.FormatInt(row, 10)}
	for _, c := range cells {
		line = append(line, string(c))
	}
	return line
}
