package compat

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/interop/ckan"
	"socle/internal/interop/jsonrow"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/shell"
)

var ckanStoreAsk = []string{"resource_id", "id", "filters", "q", "full_text", "distinct", "plain", "language", "limit", "offset", "fields", "sort", "include_total", "records_format",
	"total_estimation_threshold", "include_next_page"}

// storePage is how many rows are read at once.
const storePage = 1000

// stored is a question to the datastore.
type stored struct {
	*opened
	query   query.Query
	ids     []int64 // the rows that filters name by _id; nil: none are
	fields  []ckan.StoredField
	columns []int // of the rows of the engine, by field; -1 is _id
	grouped bool
}

// store reads a question: resource_id, filters, q, fields, sort, distinct.
func (api *API) store(c ckanCall) (*stored, error) {
	id := cmp.Or(c.text("resource_id"), c.text("id"))
	if id == "" {
		return nil, errs.New(errs.Invalid, "compat.ckan.missing", errs.Args{"Name": "resource_id"}).WithHint("compat.ckan.missing.hint")
	}
	o, err := api.openTable(c.r.Context(), c.actor, id)
	if err != nil {
		return nil, err
	}
	s := &stored{opened: o}
	ask := query.CKAN{Filters: c.object("filters"), Q: c.object("q"), Sort: c.text("sort")}
	if c.given("full_text") && ask.Q == nil {
		ask.Q = c.object("full_text")
	}
	if list, err := c.list("sort"); err == nil && len(list) > 1 && strings.HasPrefix(strings.TrimSpace(string(c.values["sort"])), "[") {
		ask.Sort = strings.Join(list, ", ")
	}
	if ask.Filters != nil && !bytes.HasPrefix(bytes.TrimSpace(ask.Filters), []byte("{")) {
		return nil, ckanFault("filters", string(ask.Filters))
	}
	if s.ids, err = rowNumbers(ask.Filters); err != nil {
		return nil, err
	}
	if s.ids != nil {
		ask.Filters = nil
	}
	if ask.Fields, err = c.list("fields"); err != nil {
		return nil, err
	}
	if ask.Distinct, err = c.boolean("distinct", false); err != nil {
		return nil, err
	}
	if s.query, err = query.ParseCKAN(ask, o.Columns); err != nil {
		return nil, err
	}
	if s.ids != nil && (s.query.Text != "" || s.query.Where != nil || len(s.query.Sort) > 0 || ask.Distinct) {
		return nil, ckanFault("filters", `{"_id": …}`)
	}
	s.grouped = len(s.query.Group) > 0
	names := ask.Fields
	if len(names) == 0 {
		if !s.grouped {
			names = []string{query.CKANRowID}
		}
		for _, f := range o.Snapshot.Fields {
			names = append(names, f.Name)
		}
	}
	at := 0
	for _, name := range names {
		if name == query.CKANRowID {
			if !s.grouped {
				s.fields, s.columns = append(s.fields, ckan.RowID), append(s.columns, -1)
			}
			continue
		}
		i := slices.IndexFunc(o.Snapshot.Fields, func(f tabular.Field) bool { return f.Name == name })
		f := ckan.StoredField{ID: name, Type: ckan.StoreType(o.Snapshot.Fields[i])}
		if title, notes := o.Columns[i].Title, o.Schema.Fields[i].Description; title != "" && title != name || notes != "" {
			f.Info = &ckan.StoredLabel{Label: cmp.Or(title, name), Notes: notes}
		}
		s.fields, s.columns = append(s.fields, f), append(s.columns, at)
		at++
	}
	return s, nil
}

// rowNumbers reads filters that name rows: {"_id": 5}, {"_id": [5, 6]}. Others give nil.
func rowNumbers(filters json.RawMessage) ([]int64, error) {
	var only map[string]json.RawMessage
	if filters == nil || json.Unmarshal(filters, &only) != nil || len(only) != 1 || only[query.CKANRowID] == nil {
		return nil, nil
	}
	raw := only[query.CKANRowID]
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return nil, nil
	}
	var one json.Number
	list := []json.Number{}
	if json.Unmarshal(raw, &one) == nil {
		list = append(list, one)
	} else if json.Unmarshal(raw, &list) != nil || len(list) > storePage {
		return nil, ckanFault("filters", string(filters))
	}
	ids := []int64{}
	for _, n := range list {
		id, err := n.Int64()
		if err != nil {
			return nil, ckanFault("filters", string(filters))
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// rows gives at most limit rows (0: all of them) as their cells by field, from offset on; it returns how
// many rows there are in all, and the number of the last one given, 0 when it was the last of all.
func (s *stored) rows(ctx context.Context, e tables.Engine, limit, offset int, give func([]json.RawMessage) error) (total, next int64, err error) {
	switch {
	case s.ids != nil:
		return s.numbered(ctx, e, limit, offset, give)
	case s.grouped:
		return s.groups(ctx, e, limit, offset, give)
	}
	q := s.query
	q.Offset = offset
	if offset > 0 && q.After > 0 {
		return 0, 0, ckanFault("offset", strconv.Itoa(offset))
	}
	for given := 0; ; {
		q.Limit = storePage
		if limit > 0 {
			q.Limit = min(storePage, limit-given)
		}
		page, err := e.Rows(ctx, s.Snapshot, q)
		if err != nil {
			return 0, 0, err
		}
		for _, rec := range page.Records {
			if err := give(s.row(page.Fields, rec)); err != nil {
				return 0, 0, err
			}
		}
		given += len(page.Records)
		if page.Next == 0 || limit > 0 && given >= limit {
			return page.Total, page.Next, nil
		}
		q.Offset, q.After = 0, page.Next
	}
}

func (s *stored) row(fields []tabular.Field, rec tables.Record) []json.RawMessage {
	cells := make([]json.RawMessage, len(s.columns))
	for i, at := range s.columns {
		if at < 0 {
			cells[i] = strconv.AppendInt(nil, rec.Number, 10)
		} else {
			cells[i] = jsonrow.Cell(fields[at].Kind, rec.Cells[at])
		}
	}
	return cells
}

func (s *stored) numbered(ctx context.Context, e tables.Engine, limit, offset int, give func([]json.RawMessage) error) (total, next int64, err error) {
	ids := slices.DeleteFunc(slices.Clone(s.ids), func(id int64) bool { return id < 1 || id > s.Snapshot.Rows() })
	slices.Sort(ids)
	ids = slices.Compact(ids)
	total = int64(len(ids))
	ids = ids[min(offset, len(ids)):]
	if limit > 0 {
		ids = ids[:min(limit, len(ids))]
	}
	if len(ids) == 0 {
		return total, 0, nil
	}
	page, err := e.Numbers(ctx, s.Snapshot, ids, s.query.Select)
	if err != nil {
		return 0, 0, err
	}
	for _, rec := range page.Records {
		if err := give(s.row(page.Fields, rec)); err != nil {
			return 0, 0, err
		}
	}
	return total, 0, nil
}

func (s *stored) groups(ctx context.Context, e tables.Engine, limit, offset int, give func([]json.RawMessage) error) (total, next int64, err error) {
	fr, err := e.Aggregate(ctx, s.Snapshot, s.query)
	if err != nil {
		return 0, 0, err
	}
	end := fr.Rows
	if limit > 0 {
		end = min(end, offset+limit)
	}
	for i := offset; i < end; i++ {
		cells := make([]json.RawMessage, len(s.columns))
		for k, at := range s.columns {
			cells[k] = jsonrow.Value(jsonrow.Frame(fr, i, at))
		}
		if err := give(cells); err != nil {
			return 0, 0, err
		}
	}
	return int64(fr.Rows), 0, nil
}

// datastoreSearch is a page of a table.
func (api *API) datastoreSearch(c ckanCall) (any, error) {
	s, err := api.store(c)
	if err != nil {
		return nil, err
	}
	limit, err := c.number("limit", ckan.StoreRows, ckan.StoreMaxRows)
	if err != nil {
		return nil, err
	}
	offset, err := c.number("offset", 0, 1<<40)
	if err != nil {
		return nil, err
	}
	out := ckan.Stored{Limit: limit, Offset: offset, Filters: c.object("filters"), Q: c.object("q"), ResourceID: string(s.resource.ID), Fields: s.fields, Format: cmp.Or(c.text("records_format"), "objects")}
	if !slices.Contains([]string{"objects", "lists", "csv", "tsv"}, out.Format) {
		return nil, ckanFault("records_format", out.Format)
	}
	if out.IncludeTotal, err = c.boolean("include_total", true); err != nil {
		return nil, err
	}
	rows := [][]json.RawMessage{}
	var total, next int64
	if limit > 0 {
		total, next, err = s.rows(client(c.r), api.o.Engine, limit, offset, func(cells []json.RawMessage) error {
			rows = append(rows, cells)
			return nil
		})
	} else {
		total, err = s.count(client(c.r), api.o.Engine)
	}
	if err != nil {
		return nil, err
	}
	switch out.Format {
	case "objects":
		out.Records = ckan.Objects(s.fields, rows)
	case "lists":
		out.Records = rows
	default:
		if out.Records, err = storedText(rows, map[string]rune{"csv": ',', "tsv": '\t'}[out.Format]); err != nil {
			return nil, err
		}
	}
	if out.IncludeTotal {
		estimated := false
		out.Total, out.TotalEstimated = &total, &estimated
	}
	out.Links = ckan.LinksOf(ckanPath+"datastore_search", c.address(), offset, limit)
	if next != 0 && len(s.query.Sort) == 0 {
		out.NextPage = ckan.NextPage(out.Filters, next)
	}
	return out, nil
}

// count is how many rows a question finds.
func (s *stored) count(ctx context.Context, e tables.Engine) (int64, error) {
	if s.ids != nil || s.grouped {
		total, _, err := s.rows(ctx, e, 0, 0, func([]json.RawMessage) error { return nil })
		return total, err
	}
	return e.Count(ctx, s.Snapshot, s.query)
}

// plainCell is a cell as a file holds it.
func plainCell(raw json.RawMessage) string {
	var s string
	switch {
	case string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &s) == nil:
		return s
	}
	return string(raw)
}

func storedText(rows [][]json.RawMessage, comma rune) (string, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = comma
	for _, row := range rows {
		line := make([]string, len(row))
		for i, cell := range row {
			line[i] = plainCell(cell)
		}
		if err := w.Write(line); err != nil {
			return "", err
		}
	}
	w.Flush()
	return b.String(), w.Error()
}

// datastoreInfo describes a table.
func (api *API) datastoreInfo(c ckanCall) (any, error) {
	s, err := api.store(ckanCall{r: c.r, actor: c.actor, values: map[string]json.RawMessage{"resource_id": jsonrow.Text(cmp.Or(c.text("id"), c.text("resource_id")))}})
	if err != nil {
		return nil, err
	}
	type meta struct {
		ID    string   `json:"id"`
		Count int64    `json:"count"`
		Type  string   `json:"table_type"`
		Other []string `json:"aliases"`
	}
	return struct {
		Meta   meta               `json:"meta"`
		Fields []ckan.StoredField `json:"fields"`
	}{meta{string(s.resource.ID), s.version.Rows, "BASE TABLE", []string{}}, s.fields[1:]}, nil
}

// dumpAsk are the parameters of a dump.
var dumpAsk = []string{"format", "bom", "filters", "q", "full_text", "distinct", "plain", "language", "fields", "sort", "offset", "limit"}

// ckanDump streams a table.
func (api *API) ckanDump(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, dumpAsk...); err != nil {
		return err
	}
	c := ckanCall{r: r, actor: shell.From(r).Actor}
	var err error
	if c.values, err = ckanValues(r); err != nil {
		return err
	}
	c.values["resource_id"] = jsonrow.Text(r.PathValue("id"))
	format, ok := dumpFormats[cmp.Or(c.text("format"), "csv")]
	if !ok {
		return ckanFault("format", c.text("format"))
	}
	s, err := api.store(c)
	if err != nil {
		return err
	}
	limit, err := c.number("limit", 0, 1<<40)
	if err != nil {
		return err
	}
	offset, err := c.number("offset", 0, 1<<40)
	if err != nil {
		return err
	}
	bom, err := c.boolean("bom", false)
	if err != nil {
		return err
	}
	if fresh(w, r, string(s.version.ID)) {
		return nil
	}
	h := w.Header()
	h.Set("Content-Type", format.mediaType)
	httpx.Attach(h, string(s.resource.ID)+"."+cmp.Or(c.text("format"), "csv"))
	if r.Method == http.MethodHead {
		return nil
	}
	ww := format.writer(w, s.fields, bom)
	if err := ww.begin(); err != nil {
		return err
	}
	if !c.given("limit") || limit > 0 {
		if _, _, err := s.rows(client(r), api.o.Engine, limit, offset, ww.row); err != nil {
			return err
		}
	}
	return ww.end()
}
