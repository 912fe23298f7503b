package compat

import (
	"bufio"
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/interop/explore"
	"socle/internal/interop/jsonrow"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// exploreExportAsk are the parameters of exports.
var exploreExportAsk = append([]string{"select", "where", "group_by", "order_by", "limit", "offset", "refine", "exclude", "use_labels", "compressed", "epsg",
	"delimiter", "list_separator", "quote_all", "with_bom", "parquet_compression"}, exploreAlways...)

// exploreFormats lists the addresses of exports.
func (api *API) exploreFormats(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, exploreAlways...); err != nil {
		return err
	}
	e, err := api.find(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	links := []explore.Link{}
	if e.table != nil {
		for _, f := range explore.ExportFormats {
			if f.Places && !tabular.Located(e.table.Snapshot.Fields) {
				continue
			}
			links = append(links, explore.Link{Rel: f.Name, Href: api.link(explorePath + "/datasets/" + e.id() + "/exports/" + f.Name)})
		}
	}
	return httpx.WriteJSON(w, r, http.StatusOK, struct {
		Links []explore.Link `json:"links"`
	}{links})
}

func (api *API) exploreCatalogueFormats(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, exploreAlways...); err != nil {
		return err
	}
	links := []explore.Link{}
	for _, name := range catalogueFormats {
		links = append(links, explore.Link{Rel: name, Href: api.link(explorePath + "/exports/" + name)})
	}
	return httpx.WriteJSON(w, r, http.StatusOK, struct {
		Links []explore.Link `json:"links"`
	}{links})
}

func noFormat(name string, known []string) error {
	return errs.New(errs.NotFound, "api.format", errs.Args{"Format": name, "Formats": strings.Join(known, ", ")}).WithHint("api.format.hint")
}

// choices are the options of an export.
type choices struct {
	labels, compressed bool
	write              tabular.WriteOptions
}

func exploreChoices(r *http.Request, format string) (c choices, err error) {
	v := r.URL.Query()
	yes := func(name string, otherwise bool) bool {
		switch text := strings.ToLower(v.Get(name)); text {
		case "":
			return otherwise
		case "true":
			return true
		case "false":
			return false
		default:
			if err == nil {
				err = badParameter(name, text)
			}
			return false
		}
	}
	c.labels, c.compressed, c.write.BOM = yes("use_labels", false), yes("compressed", false), yes("with_bom", true)
	if yes("quote_all", false) {
		err = badParameter("quote_all", "true")
	}
	c.write.Delimiter = ';'
	if d := v.Get("delimiter"); d != "" {
		if !slices.Contains([]string{";", ",", "\t", "|"}, d) {
			return c, badParameter("delimiter", d)
		}
		c.write.Delimiter = d[0]
	}
	if epsg := v.Get("epsg"); epsg != "" && epsg != "4326" {
		return c, badParameter("epsg", epsg)
	}
	if p := v.Get("parquet_compression"); p != "" && (p != "zstd" || format != "parquet") {
		return c, badParameter("parquet_compression", p)
	}
	return c, err
}

// exploreExport streams all rows of a request in a format.
func (api *API) exploreExport(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, exploreExportAsk...); err != nil {
		return err
	}
	at := slices.IndexFunc(explore.ExportFormats, func(f explore.ExportFormat) bool { return f.Name == r.PathValue("format") })
	if at < 0 {
		var names []string
		for _, f := range explore.ExportFormats {
			names = append(names, f.Name)
		}
		return noFormat(r.PathValue("format"), names)
	}
	format := explore.ExportFormats[at]
	t, err := api.exploreTable(r)
	if err != nil {
		return err
	}
	x, err := api.exploreClauses(r, t.Columns)
	if err != nil {
		return err
	}
	if x.Query.Limit, x.Query.Offset, err = explorePage(r.URL.Query(), x.Grouped(), true); err != nil {
		return err
	}
	none := r.URL.Query().Get("limit") == "0"
	c, err := exploreChoices(r, format.Name)
	if err != nil {
		return err
	}
	if !usesNow(r) && fresh(w, r, string(t.version.ID)) {
		return nil
	}
	p := newProjection(t, x)
	fields := slices.Clone(p.fields)
	if format.Places && !tabular.Located(fields) {
		return errs.New(errs.Invalid, "compat.explore.places", errs.Args{"Format": format.Name}).WithHint("compat.explore.places.hint")
	}
	if c.labels {
		for i := range fields {
			fields[i].Name = t.label(fields[i].Name)
		}
	}
	if f, known := tabular.FormatNamed(format.Tabular); known && !none && !x.Grouped() {
		if err := tables.CheckSize(client(r), api.o.Engine, t.Snapshot, x.Query, f); err != nil {
			return err
		}
	}
	h := w.Header()
	name := t.dataset.Slug + "." + format.Extension
	h.Set("Content-Type", format.MediaType)
	if c.compressed {
		name += ".gz"
		h.Set("Content-Type", "application/gzip")
	}
	httpx.Attach(h, name)
	if r.Method == http.MethodHead {
		return nil
	}
	return compressedTo(w, c.compressed, func(out io.Writer) error {
		ww, err := exploreWriter(format, out, fields, c.write, x)
		if err != nil {
			return err
		}
		give := func(fr *tabular.Frame) error { return ww.Write(p.frame(fr)) }
		switch {
		case none:
		case x.Grouped():
			fr, err := api.o.Engine.Aggregate(client(r), t.Snapshot, x.Query)
			if err != nil {
				return err
			}
			if err := give(fr); err != nil {
				return err
			}
		default:
			if err := api.o.Engine.Export(client(r), t.Snapshot, x.Query, give); err != nil {
				return err
			}
		}
		return ww.Close()
	})
}

// label is the title of a column.
func (t *opened) label(name string) string {
	for _, c := range t.Columns {
		if c.Name == name {
			return c.Label()
		}
	}
	return name
}

func compressedTo(w io.Writer, compressed bool, do func(io.Writer) error) error {
	if !compressed {
		return do(w)
	}
	z := gzip.NewWriter(w)
	if err := do(z); err != nil {
		return err
	}
	return z.Close()
}

// projection makes the rows that a request shows of the rows of a table or of groups.
type projection struct {
	x       query.Exploration
	outputs []query.Output
	fields  []tabular.Field
}

func newProjection(t *opened, x query.Exploration) *projection {
	p := &projection{x: x, outputs: x.Outputs}
	if len(x.Outputs) == 0 {
		p.fields = t.Snapshot.Fields
		return p
	}
	byName := map[string]tabular.Field{}
	for _, f := range t.Snapshot.Fields {
		byName[f.Name] = f
	}
	for _, g := range x.Query.Group {
		f := byName[g.Column]
		switch {
		case g.Step != 0:
			f.Kind = tabular.Float
		case len(g.Bounds) > 0 || slices.Contains(query.Parts, g.Unit):
			f.Kind = tabular.Int
		case g.Unit == query.Year, g.Unit == query.Month, g.Unit == query.Daily:
			f.Kind = tabular.Date
		}
		f.Name, f.Geometry = g.Name(), ""
		byName[f.Name] = f
	}
	for _, a := range x.Query.Aggregates {
		f := byName[a.Column]
		switch a.Func {
		case query.Count, query.Distinct:
			f = tabular.Field{Kind: tabular.Int}
		case query.Avg, query.Median, query.Percentile:
			f = tabular.Field{Kind: tabular.Float}
		}
		f.Name, f.Geometry = a.Name(), ""
		byName[f.Name] = f
	}
	byName[query.RecordID] = tabular.Field{Kind: tabular.Int}
	for _, o := range x.Outputs {
		f := tabular.Field{Kind: o.Kind(func(name string) tabular.Kind { return byName[name].Kind })}
		if name, plain := o.Column(); plain {
			f = byName[name]
		}
		f.Name = o.Name
		p.fields = append(p.fields, f)
	}
	return p
}

// frame is a frame of what is shown.
func (p *projection) frame(fr *tabular.Frame) *tabular.Frame {
	if len(p.outputs) == 0 {
		return fr
	}
	at := map[string]int{}
	for j, f := range fr.Fields {
		at[f.Name] = j
	}
	out := &tabular.Frame{Fields: p.fields, Rows: fr.Rows, Columns: make([]tabular.Column, len(p.outputs))}
	for k, o := range p.outputs {
		name, plain := o.Column()
		if j, ok := at[name]; plain && ok && fr.Fields[j].Kind == p.fields[k].Kind {
			out.Columns[k] = fr.Columns[j]
			continue
		}
		c := &out.Columns[k]
		for i := range fr.Rows {
			v := o.Value(func(name string) *query.Value {
				if j, ok := at[name]; ok {
					return jsonrow.Frame(fr, i, j)
				}
				return nil
			})
			appendValue(c, p.fields[k].Kind, v)
		}
	}
	return out
}

// appendValue adds a value to a column of a kind; one of another kind as this kind writes it.
func appendValue(c *tabular.Column, kind tabular.Kind, v *query.Value) {
	if v != nil && v.Kind != kind {
		converted, ok := query.ParseValue(kind, v.String())
		v = &converted
		if !ok || converted.Kind != kind {
			v = nil
		}
	}
	c.Null = append(c.Null, v == nil)
	if v == nil {
		v = &query.Value{}
	}
	switch kind {
	case tabular.Text, tabular.JSON:
		c.Bytes = append(c.Bytes, []byte(v.Text))
	case tabular.Float:
		c.Float64 = append(c.Float64, v.Float)
	default:
		c.Int64 = append(c.Int64, v.Int)
	}
}

// exploreWriter writes JSON as records are shown; all else as package tabular does.
func exploreWriter(f explore.ExportFormat, w io.Writer, fields []tabular.Field, o tabular.WriteOptions, x query.Exploration) (tabular.Writer, error) {
	if f.Name != "json" && f.Name != "jsonl" {
		return tabular.NewWriter(f.Tabular, w, fields, o)
	}
	j := &exploreJSON{w: bufio.NewWriterSize(w, 1<<16), fields: fields, x: x, lines: f.Name == "jsonl"}
	if !j.lines {
		_ = j.w.WriteByte('[') // told by Flush
	}
	return j, nil
}

type exploreJSON struct {
	w      *bufio.Writer
	fields []tabular.Field
	x      query.Exploration
	lines  bool
	more   bool
}

func (j *exploreJSON) Write(fr *tabular.Frame) error {
	for i := range fr.Rows {
		row := make(jsonrow.Object, len(j.fields))
		for k, f := range j.fields {
			row[k] = jsonrow.Member{Name: f.Name, Value: jsonrow.Null}
			if v := jsonrow.Frame(fr, i, k); v != nil {
				row[k].Value = explore.Cell(f, []byte(v.String()), j.x.Zone)
			}
		}
		text, err := row.MarshalJSON()
		if err != nil {
			return err
		}
		if j.more && !j.lines {
			text = append([]byte(","), text...)
		}
		if j.lines {
			text = append(text, '\n')
		}
		j.more = true
		if _, err := j.w.Write(text); err != nil {
			return err
		}
	}
	return nil
}

func (j *exploreJSON) Close() error {
	if !j.lines {
		if err := j.w.WriteByte(']'); err != nil {
			return err
		}
	}
	return j.w.Flush()
}
