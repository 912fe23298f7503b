package catalogueui

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"strconv"
	"unicode"
	"unicode/utf8"

	"socle/internal/catalogue"
	"socle/internal/chart"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// chartView is a chart with the form that changes it and the table that says the same.
type chartView struct {
	datasetView
	selectionView
	Title   string
	Problem string
	Drawing ui.Drawing
	None    *ui.Empty // instead of a drawing
	Notes   []string
	Fields  []ui.Select
	Hidden  []ui.KeyValue
	Form    ui.Form
	Saves   []ui.Link
	SVG     string // address of the drawing as a file, for the picture
	PNG     string // name of the picture
	Address ui.Code
	Embed   *ui.Code // nil for what is not public
	Table   ui.Table
	Areas   *ui.Drawing // the same figures on a map; nil when they are not by commune or intercommunality
	Unknown string      // figures that have no place on it
}

// areas draws figures by code on the contours that know them.
func (p *Pages) areas(ctx context.Context, f found, d drawn) (drawing *ui.Drawing, unknown string) {
	if d.chart.IsZero() || d.data.Empty() || d.chart.By != nil || d.chart.X.Unit != "" || d.chart.X.Step != 0 {
		return nil, ""
	}
	figures := chart.Figures(d.frame)
	a := chart.Choose(p.o.Areas, figures)
	if a == nil {
		return nil, ""
	}
	o := chart.Options{Lang: ui.LangOf(ctx), ID: "areas-wide", Width: 720, Title: d.sentence(ctx, f), Desc: ui.T(ctx, "areas.desc"),
		Colour: func(role string) string { return ui.RoleColour(ui.Light, ui.Role(role)).String() }}
	wide, without := a.Draw(figures, o)
	o.ID, o.Width = "areas-narrow", 340
	narrow, _ := a.Draw(figures, o)
	if without > 0 {
		unknown = ui.T(ctx, "areas.unknown", map[string]any{"Count": without, "Number": ui.Integer(ctx, int64(without))})
	}
	return &ui.Drawing{Wide: wide, Narrow: narrow}, unknown
}

// drawn is a chart of some rows of a table, computed.
type drawn struct {
	chart   chart.Chart
	data    chart.Data
	frame   *tabular.Frame
	choices chart.Choices
	problem string // why the chart of the address is not the one that is drawn
}

// plotted computes the chart that an address asks for, or the first sensible one.
func (p *Pages) plotted(ctx context.Context, r *http.Request, f found, q query.Query) (d drawn, err error) {
	cols, err := p.chartColumns(ctx, f)
	if err != nil {
		return d, err
	}
	d.choices = chart.Propose(cols)
	if d.chart, err = chart.Parse(r.URL.Query(), f.Columns); err != nil {
		e := errs.As(err)
		d.problem = ui.T(ctx, e.Key, e.Args)
	}
	if d.chart.IsZero() {
		var ok bool
		if d.chart, ok = chart.Suggest(cols); !ok {
			return d, nil
		}
	}
	if d.frame, err = p.o.Engine.Aggregate(ctx, f.Snapshot, d.chart.Query(q)); err != nil {
		return d, err
	}
	d.data = chart.Arrange(d.chart, d.frame, ui.LangOf(ctx))
	return d, nil
}

// chartColumns is what is known of the columns of a table.
func (p *Pages) chartColumns(ctx context.Context, f found) ([]chart.Column, error) {
	profile, err := p.o.Engine.Profile(ctx, f.Snapshot)
	if err != nil {
		return nil, err
	}
	return profile.Chartable(f.Columns), nil
}

// withTable finds the table of a part of the page; done is true when the answer
// was a redirect.
func (p *Pages) withTable(w http.ResponseWriter, r *http.Request, part string) (f found, done bool, err error) {
	f, moved, err := p.find(r)
	switch {
	case err != nil:
		return f, false, err
	case moved:
		to := f.base() + part
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		return f, true, shell.Redirect(w, r, to)
	case f.resource == nil:
		return f, false, none()
	}
	if to, ok := p.addFilter(r, f, part); ok {
		return f, true, shell.Redirect(w, r, to)
	}
	return f, false, nil
}

// asking is the context of a page's queries, which wait their turn by visitor.
func asking(r *http.Request) context.Context {
	return tables.WithClient(r.Context(), httpx.ClientKey(r.Context()))
}

// chart shows a chart of the rows that the address selects.
func (p *Pages) chart(w http.ResponseWriter, r *http.Request) error {
	f, done, err := p.withTable(w, r, "/chart")
	if done || err != nil {
		return err
	}
	ctx := asking(r)
	q, problem := f.selected(ctx, r)
	d, err := p.plotted(ctx, r, f, q)
	if err != nil {
		return err
	}
	frame, page := p.frame(ctx, f, "/chart")
	view := chartView{datasetView: frame, selectionView: f.selection(ctx, "/chart", f.kept, d.chart.Values()), Problem: d.problem}
	view.Filter.Problem = problem
	view.fill(ctx, f, d)
	view.Areas, view.Unknown = p.areas(ctx, f, d)
	view.Address = ui.Code{ID: "chart-address", Title: ui.T(ctx, "plot.address"), Text: p.o.BaseURL + ui.Address(ui.LangOf(ctx), f.address("/chart", f.kept, d.chart.Values()))}
	shown := f.address("/chart", f.kept, d.chart.Values())
	p.discover(f, &page, shown)
	if f.dataset.State == catalogue.Published && !d.chart.IsZero() {
		view.Embed = &ui.Code{ID: "chart-embed", Title: ui.T(ctx, "share.embed.chart"), Text: p.embedCode(f, "chart", shown)}
		page.Picture = pictureOf(f, &d)
	}
	page.Title = ui.T(ctx, "plot.title", map[string]any{"Title": f.title()})
	page.NoIndex = page.NoIndex || narrowed(r)
	return shell.Page(w, r, page, chartPage(view))
}

func (v *chartView) fill(ctx context.Context, f found, d drawn) {
	v.form(ctx, f, d)
	if d.chart.IsZero() {
		v.None = &ui.Empty{Icon: "chart-column", Title: ui.T(ctx, "plot.none"), Text: ui.T(ctx, "plot.none.text")}
		return
	}
	lang := ui.LangOf(ctx)
	v.Title = d.sentence(ctx, f)
	if d.data.Empty() {
		v.None = &ui.Empty{Icon: "chart-column", Title: ui.T(ctx, "plot.empty"), Text: ui.T(ctx, "plot.empty.text")}
		return
	}
	v.Notes = chart.Notes(lang, d.chart, d.data)
	v.Drawing = ui.Drawing{Wide: d.draw(ctx, f, "chart-wide", 720, false), Narrow: d.draw(ctx, f, "chart-narrow", 340, false)}
	values := d.chart.Values()
	v.SVG, v.PNG = f.address("/chart.svg", f.kept, values), f.fileName("chart.png")
	v.Saves = []ui.Link{{Label: ui.T(ctx, "plot.svg"), Href: v.SVG, Icon: "download"}, {Label: ui.T(ctx, "plot.csv"), Href: f.address("/chart.csv", f.kept, values), Icon: "download"}}
	v.Table = d.table(ctx, f)
}

// sentence says what a chart shows, of which rows.
func (d drawn) sentence(ctx context.Context, f found) string {
	q := d.chart.Query(f.kept)
	q.Sort = nil
	return upper(q.Sentence(ui.LangOf(ctx), f.Columns, f.title()))
}

// draw draws the chart, in light colours that the page's styles replace.
func (d drawn) draw(ctx context.Context, f found, id string, width int, alone bool) []byte {
	lang := ui.LangOf(ctx)
	return chart.Draw(d.chart, d.data, chart.Options{
		Lang: lang, ID: id, Width: width, Title: d.sentence(ctx, f), Desc: chart.Describe(lang, d.chart, d.data), Alone: alone,
		XName: chart.GroupLabel(lang, f.Columns, d.chart.X), YName: chart.FigureLabel(lang, f.Columns, d.chart.Y),
		Colour: func(role string) string { return ui.RoleColour(ui.Light, ui.Role(role)).String() },
	})
}

// table says what the chart shows.
func (d drawn) table(ctx context.Context, f found) ui.Table {
	lang := ui.LangOf(ctx)
	figure := chart.FigureLabel(lang, f.Columns, d.chart.Y)
	t := ui.Table{ID: "chart-values", Caption: d.sentence(ctx, f), Dense: true, Columns: []ui.Column{{Label: chart.GroupLabel(lang, f.Columns, d.chart.X)}}}
	for _, s := range d.data.Series {
		name := s.Name
		if name == "" {
			name = figure
		}
		t.Columns = append(t.Columns, ui.Column{Label: name, Kind: ui.ColumnNumber})
	}
	for i, l := range d.data.Labels {
		row := ui.Row{Cells: []ui.Cell{{Text: l, Header: true}}}
		for _, s := range d.data.Series {
			row.Cells = append(row.Cells, ui.Cell{Text: chart.Value(lang, s.Values[i])})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// form proposes what can be changed.
func (v *chartView) form(ctx context.Context, f found, d drawn) {
	lang, cols, values := ui.LangOf(ctx), f.Columns, d.chart.Values()
	field := func(name string) ui.Field { return ui.Field{Name: name, Label: ui.T(ctx, "plot.field."+name)} }
	pick := func(name string) *ui.Select {
		v.Fields = append(v.Fields, ui.Select{Field: field(name), Value: values.Get(name)})
		return &v.Fields[len(v.Fields)-1]
	}
	s := pick("chart-type")
	for _, k := range chart.Kinds {
		s.Options = append(s.Options, ui.Option{Value: string(k), Label: ui.T(ctx, "chart.kind."+string(k))})
	}
	s = pick("chart-y")
	for _, y := range d.choices.Y {
		s.Options = append(s.Options, ui.Option{Value: chart.FigureText(y), Label: chart.FigureLabel(lang, cols, y)})
	}
	s.Options = withValue(s.Options, s.Value, chart.FigureLabel(lang, cols, d.chart.Y))
	s = pick("chart-x")
	for _, x := range d.choices.X {
		s.Options = append(s.Options, ui.Option{Value: chart.GroupText(x), Label: chart.GroupLabel(lang, cols, x)})
	}
	s.Options = withValue(s.Options, s.Value, chart.GroupLabel(lang, cols, d.chart.X))
	s = pick("chart-by")
	s.Empty = ui.T(ctx, "plot.by.none")
	for _, by := range d.choices.By {
		s.Options = append(s.Options, ui.Option{Value: chart.GroupText(by), Label: chart.GroupLabel(lang, cols, by)})
	}
	if d.chart.By != nil {
		s.Options = withValue(s.Options, s.Value, chart.GroupLabel(lang, cols, *d.chart.By))
	}
	s = pick("chart-order")
	for _, o := range chart.Orders {
		value := string(o)
		if o == chart.ByValue {
			value = ""
		}
		s.Options = append(s.Options, ui.Option{Value: value, Label: ui.T(ctx, "plot.order."+string(o))})
	}
	s = pick("chart-top")
	for _, n := range []int{5, 10, 15, 30, 50, 100} {
		value := strconv.Itoa(n)
		if n == 15 {
			value = ""
		}
		s.Options = append(s.Options, ui.Option{Value: value, Label: strconv.Itoa(n)})
	}
	s.Options = withValue(s.Options, s.Value, s.Value)
	s = pick("chart-colour")
	for n := 1; n <= 8; n++ {
		value := strconv.Itoa(n)
		if n == 1 {
			value = ""
		}
		s.Options = append(s.Options, ui.Option{Value: value, Label: ui.T(ctx, "plot.colour."+strconv.Itoa(n))})
	}
	action := f.base() + "/chart"
	for k, list := range f.stated(f.kept.URL()) {
		for _, value := range list {
			v.Hidden = append(v.Hidden, ui.KeyValue{Key: k, Value: value})
		}
	}
	v.Form = ui.Form{ID: "chart-form", Action: action, Get: true, Wide: true}
	v.Form.HX = ui.HX{Get: action, Target: "#chart", Select: "#chart", Swap: "outerHTML", Trigger: "change, submit", Sync: "this:replace", PushURL: true}
}

// withValue adds what an address asked for and a form would not propose.
func withValue(list []ui.Option, value, label string) []ui.Option {
	for _, o := range list {
		if o.Value == value {
			return list
		}
	}
	return append(list, ui.Option{Value: value, Label: label})
}

// alone computes the chart of an address that gives a file.
func (p *Pages) alone(w http.ResponseWriter, r *http.Request, file string) (f found, d drawn, done bool, err error) {
	f, done, err = p.withTable(w, r, "/"+file)
	if done || err != nil {
		return f, d, done, err
	}
	ctx := asking(r)
	q, problem := f.selected(ctx, r)
	if problem != "" { // a file must not say another thing than what was asked
		return f, d, false, none()
	}
	if d, err = p.plotted(ctx, r, f, q); err != nil {
		return f, d, false, err
	}
	if d.problem != "" || d.chart.IsZero() {
		return f, d, false, none()
	}
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.fileName(file)}))
	return f, d, false, nil
}

// chartSVG gives the drawing as a file.
func (p *Pages) chartSVG(w http.ResponseWriter, r *http.Request) error {
	f, d, done, err := p.alone(w, r, "chart.svg")
	if done || err != nil {
		return err
	}
	if d.data.Empty() {
		return none()
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	return httpx.WriteBytes(w, r, http.StatusOK, d.draw(asking(r), f, "chart", 720, true))
}

// chartCSV gives the figures as a file, as exact as they were computed.
func (p *Pages) chartCSV(w http.ResponseWriter, r *http.Request) error {
	_, d, done, err := p.alone(w, r, "chart.csv")
	if done || err != nil {
		return err
	}
	var b bytes.Buffer
	cw, err := tabular.NewWriter("csv", &b, d.frame.Fields, tabular.WriteOptions{})
	if err != nil {
		return err
	}
	if err := cw.Write(d.frame); err != nil {
		return err
	}
	if err := cw.Close(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	return httpx.WriteBytes(w, r, http.StatusOK, b.Bytes())
}

// upper begins a sentence with a capital.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
