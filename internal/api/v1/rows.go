package v1

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// opened is a version of a table that the caller may see.
type opened struct {
	dataset  catalogue.Dataset
	resource catalogue.Resource // without Current
	version  catalogue.Version
	tables.Table
}

// head finds what a request is about: resource by id, the number of ?version= or of the
// latest.
func (api *API) head(r *http.Request) (o opened, number int, err error) {
	if o.resource, o.dataset, err = api.o.Catalogue.Head(r.Context(), actor(r), catalogue.ResourceID(r.PathValue("id"))); err != nil {
		return o, 0, err
	}
	number = o.resource.Latest
	if v := r.URL.Query().Get("version"); v != "" {
		if number, err = strconv.Atoi(v); err != nil {
			return o, 0, httpx.BadRequest("api.bad-value", errs.Args{"Name": "version", "Value": v})
		}
	}
	return o, number, nil
}

// open is head with the table of that version.
func (api *API) open(r *http.Request) (o opened, err error) {
	a, ctx := actor(r), r.Context()
	o, number, err := api.head(r)
	if err != nil {
		return o, err
	}
	key := versionKey{o.resource.ID, number}
	if number == o.resource.Latest && o.resource.PublicFrom <= number { // whoever sees the resource sees this version
		if known, ok := api.versions.get(key); ok {
			o.version, o.Table = known.version, known.table
			return o, nil
		}
	}
	if o.version, err = api.o.Catalogue.Version(ctx, a, o.resource.ID, number); err != nil {
		return o, err
	}
	if o.Table, err = api.o.Tables.Open(ctx, o.version); err == nil {
		api.versions.put(key, knownVersion{o.version, o.Table})
	}
	return o, err
}

// ask reads the query of a request.
func (o opened) ask(r *http.Request) (query.Query, error) {
	values := r.URL.Query()
	for _, own := range []string{"version", "lang", "bom", "delimiter", "decimal", "variant"} {
		values.Del(own)
	}
	q, err := query.ParseURL(values, o.Columns)
	if err != nil {
		return q, httpx.WithStatus(err, http.StatusBadRequest)
	}
	return q, nil
}

type columnAnswer struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Type  string `json:"type"`
}

type rowsAnswer struct {
	Columns []columnAnswer  `json:"columns"`
	Rows    json.RawMessage `json:"rows"` // see writeRows
	Total   int64           `json:"total"`
	Next    string          `json:"next"`
	Facets  []facetAnswer   `json:"facets,omitempty"`
	Version int             `json:"version"`
	Said    string          `json:"sentence"`
}

type facetAnswer struct {
	Column   string         `json:"column"`
	Values   []bucketAnswer `json:"values"`
	Distinct int64          `json:"distinct"`
	Others   int64          `json:"others"`
}

type bucketAnswer struct {
	Value *string `json:"value"`
	Count int64   `json:"count"`
}

// rows answers with a page of a table.
func (api *API) rows(w http.ResponseWriter, r *http.Request) error {
	o, err := api.open(r)
	if err != nil {
		return err
	}
	if httpx.NotModified(w, r, httpx.PageTag(string(o.version.ID), r.URL.RawQuery, string(lang(r)))) {
		return nil
	}
	q, err := o.ask(r)
	if err != nil {
		return err
	}
	ctx := tables.WithClient(r.Context(), httpx.ClientKey(r.Context()))
	if len(q.Group) > 0 || len(q.Aggregates) > 0 {
		return api.aggregate(w, r.WithContext(ctx), o, q)
	}
	page, err := api.o.Engine.Rows(ctx, o.Snapshot, q)
	if err != nil {
		return err
	}
	ans := rowsAnswer{Total: page.Total, Version: o.version.Number, Said: q.Sentence(lang(r), o.Columns, o.dataset.Title)}
	for _, f := range page.Fields {
		ans.Columns = append(ans.Columns, columnAnswer{f.Name, o.title(f.Name), typeName(f.Kind)})
	}
	if page.Next != 0 {
		next := q
		next.After, next.Offset = page.Next, 0
		v := next.URL()
		// The pages that follow are of the same version, whatever is published meanwhile.
		v.Set("version", strconv.Itoa(o.version.Number))
		ans.Next = api.link("api/v1/resources", string(o.resource.ID), "rows") + "?" + v.Encode()
	}
	for _, f := range page.Facets {
		ans.Facets = append(ans.Facets, facetJSON(f))
	}
	return writeRows(w, r, ans, func(b []byte) []byte { return appendRows(b, page) })
}

func (o opened) title(column string) string {
	for _, c := range o.Columns {
		if c.Name == column {
			return c.Label()
		}
	}
	return column
}

func facetJSON(f tables.Facet) facetAnswer {
	ans := facetAnswer{Column: f.Column, Distinct: f.Distinct, Others: f.Others, Values: []bucketAnswer{}}
	for _, b := range f.Buckets {
		v := bucketAnswer{Count: b.Count}
		if !b.Null {
			v.Value = &b.Text
		}
		ans.Values = append(ans.Values, v)
	}
	return ans
}

// typeName is the Table Schema type of a column's values.
func typeName(k tabular.Kind) string {
	switch k {
	case tabular.Int:
		return "integer"
	case tabular.Float:
		return "number"
	case tabular.Bool:
		return "boolean"
	case tabular.Date:
		return "date"
	case tabular.Timestamp:
		return "datetime"
	case tabular.TimeOfDay:
		return "time"
	case tabular.JSON:
		return "object"
	case tabular.Text:
	}
	return "string"
}

// aggregate answers with a row per group.
func (api *API) aggregate(w http.ResponseWriter, r *http.Request, o opened, q query.Query) error {
	frame, err := api.o.Engine.Aggregate(r.Context(), o.Snapshot, q)
	if err != nil {
		return err
	}
	ans := rowsAnswer{Total: int64(frame.Rows), Version: o.version.Number, Said: q.Sentence(lang(r), o.Columns, o.dataset.Title)}
	for _, f := range frame.Fields {
		ans.Columns = append(ans.Columns, columnAnswer{f.Name, o.title(f.Name), typeName(f.Kind)})
	}
	var b bytes.Buffer
	jw, err := tabular.NewWriter("json", &b, frame.Fields, tabular.WriteOptions{})
	if err != nil {
		return err
	}
	if err := jw.Write(frame); err != nil {
		return err
	}
	if err := jw.Close(); err != nil {
		return err
	}
	var plain bytes.Buffer
	if err := json.Compact(&plain, b.Bytes()); err != nil {
		return err
	}
	return writeRows(w, r, ans, func(b []byte) []byte { return append(b, plain.Bytes()...) })
}

// export streams the rows that a query finds, in a format.
func (api *API) export(w http.ResponseWriter, r *http.Request) error {
	format, ok := strings.CutPrefix(r.PathValue("file"), "export.")
	if !ok {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	o, err := api.open(r)
	if err != nil {
		return err
	}
	q, err := o.ask(r)
	if err != nil {
		return err
	}
	return api.stream(w, r, o, q, format)
}

func (api *API) stream(w http.ResponseWriter, r *http.Request, o opened, q query.Query, format string) (err error) {
	d, v, t := o.dataset, o.version, o.Table
	format, packed := strings.CutSuffix(format, ".gz")
	f, ok := tabular.FormatNamed(format)
	if !ok || !f.Write || packed && !f.Text() {
		return errs.New(errs.NotFound, "api.format", errs.Args{"Format": format, "Formats": writtenFormats()}).WithHint("api.format.hint")
	}
	if httpx.NotModified(w, r, httpx.PageTag(string(v.ID), format, r.URL.RawQuery)) {
		return nil
	}
	if format == "parquet" && !q.Filtered() && len(q.Select) == 0 && q.Limit == 0 && q.Offset == 0 && len(q.Sort) == 0 && len(v.Parts) == 1 {
		return api.part(w, r, d, v, t)
	}
	ctx := tables.WithClient(r.Context(), httpx.ClientKey(r.Context()))
	if err := tables.CheckSize(ctx, api.o.Engine, t.Snapshot, q, f); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.MediaType)
	extension := f.Extensions[0]
	if packed {
		h.Set("Content-Type", "application/gzip")
		extension += ".gz"
	}
	httpx.Attach(h, tables.DownloadName(d, v, q.Filtered(), extension))
	if r.Method == http.MethodHead {
		return nil
	}
	habits, err := writeOptions(r.URL.Query(), d.Title)
	if err != nil {
		return err
	}
	habits.Changed = v.CreatedAt
	var out io.Writer = w
	if packed {
		z, bad := gzip.NewWriterLevel(w, httpx.GzipLevel)
		if bad != nil {
			return bad
		}
		defer func() {
			if err == nil {
				err = z.Close()
			}
		}()
		out = z
	}
	ww, err := tabular.NewWriter(format, out, selected(t.Snapshot.Fields, q.Select), habits)
	if err != nil {
		return err
	}
	if err := api.o.Engine.Export(ctx, t.Snapshot, q, ww.Write); err != nil {
		return err
	}
	return ww.Close()
}

func writtenFormats() string {
	var names []string
	for _, f := range tabular.Formats {
		if f.Write {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

// part answers with the Parquet of a version, as it is.
func (api *API) part(w http.ResponseWriter, r *http.Request, d catalogue.Dataset, v catalogue.Version, t tables.Table) error {
	path, release, err := t.Snapshot.Parts[0].File(r.Context())
	if err != nil {
		return err
	}
	defer release()
	h := w.Header()
	h.Set("Content-Type", "application/vnd.apache.parquet")
	httpx.Attach(h, tables.DownloadName(d, v, false, ".parquet"))
	h.Set("ETag", httpx.FileTag(v.Parts[0].Blob))
	http.ServeFile(w, r, path)
	return nil
}

// writeOptions are the habits asked for: ?variant=fr is what Excel in French opens
// by itself (semicolons, a byte order mark, decimal commas); delimiter=; (or %3B),
// bom=true and decimal=comma ask for one of them. Workbooks have the title as sheet.
// A habit that there is not is an error.
func writeOptions(v url.Values, title string) (tabular.WriteOptions, error) {
	o := tabular.WriteOptions{Sheet: title}
	known := map[string][]string{"variant": {"", "fr"}, "bom": {"", "true", "false"}, "decimal": {"", "comma", "point"}}
	for name, values := range known {
		if !slices.Contains(values, v.Get(name)) {
			return o, httpx.BadRequest("api.bad-value", errs.Args{"Name": name, "Value": v.Get(name)})
		}
	}
	if v.Get("variant") == "fr" {
		o.Delimiter, o.BOM, o.DecimalComma, o.CRLF = ';', true, true, true
	}
	switch d := v.Get("delimiter"); {
	case len(d) == 1 && d != "\"" && d != "\n" && d != "\r":
		o.Delimiter = d[0]
	case d != "":
		return o, httpx.BadRequest("api.bad-value", errs.Args{"Name": "delimiter", "Value": d})
	}
	o.BOM = o.BOM && v.Get("bom") != "false" || v.Get("bom") == "true"
	o.DecimalComma = o.DecimalComma && v.Get("decimal") != "point" || v.Get("decimal") == "comma"
	return o, nil
}

// selected are the columns of an export, which the query's own check knows to exist.
func selected(fields []tabular.Field, names []string) []tabular.Field {
	if len(names) == 0 {
		return fields
	}
	var out []tabular.Field
	for _, n := range names {
		for _, f := range fields {
			if f.Name == n {
				out = append(out, f)
			}
		}
	}
	return out
}

// original answers with the bytes as they were brought: those of a file, or those that a
// version of a table was read from.
func (api *API) original(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "version"); err != nil {
		return err
	}
	o, number, err := api.head(r)
	if err != nil {
		return err
	}
	v, err := api.o.Catalogue.Version(r.Context(), actor(r), o.resource.ID, number)
	if err != nil {
		return err
	}
	if httpx.NotModified(w, r, httpx.FileTag(v.Original.Blob)) {
		return nil
	}
	body, err := api.o.Tables.Original(r.Context(), v)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	if strings.HasPrefix(v.Original.MediaType, "text/csv") {
		h.Set("Content-Type", "text/csv")
	}
	httpx.Attach(h, v.Original.FileName)
	h.Set("Content-Length", strconv.FormatInt(v.Original.Bytes, 10))
	if r.Method == http.MethodHead {
		return nil
	}
	_, err = io.Copy(w, body)
	return err
}
