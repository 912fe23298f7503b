package publishui

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"socle/internal/catalogue"
	"socle/internal/chart"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/query"
	"socle/internal/usage"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// statisticsView is how often a dataset is asked for.
type statisticsView struct {
	Head    ui.PageHead
	Periods ui.Tabs
	Facts   ui.KeyValues
	Chart   ui.Drawing
	None    *ui.Empty
	Table   ui.Table
	CSV     ui.Button
	Note    string
}

// The periods of the page: days, or months.
const (
	statDays   = 30
	statMonths = 12
)

// counts are the numbers of a dataset, by day or by month, the oldest first.
func (p *Pages) counts(ctx context.Context, a identity.Actor, d catalogue.Dataset, months bool) ([]usage.Day, error) {
	now := p.o.Now().UTC()
	from := now.AddDate(0, 0, 1-statDays)
	if months {
		from = time.Date(now.Year(), now.Month()-statMonths+1, 1, 0, 0, 0, 0, time.UTC)
	}
	list, err := p.o.Usage.Days(ctx, a, d, from, now)
	if err != nil || !months {
		return list, err
	}
	var out []usage.Day
	for _, day := range list {
		if n := len(out); n == 0 || out[n-1].Date != day.Date[:7] {
			out = append(out, usage.Day{Date: day.Date[:7]})
		}
		sum := &out[len(out)-1].Counts
		sum.Views, sum.Downloads, sum.API = sum.Views+day.Views, sum.Downloads+day.Downloads, sum.API+day.API
	}
	return out, nil
}

func (p *Pages) statistics(w http.ResponseWriter, r *http.Request) error {
	d, err := p.set(r, identity.ActionReadDraft)
	if err != nil {
		return err
	}
	v, ctx := shell.From(r), r.Context()
	months := r.URL.Query().Get("by") == "month"
	list, err := p.counts(ctx, v.Actor, d, months)
	if err != nil {
		return err
	}
	at := "/datasets/" + d.Slug + "/statistics"
	view := statisticsView{Head: setHead(ctx, d, "desk.use"), Note: ui.T(ctx, "desk.use.note"),
		Periods: ui.Tabs{Label: ui.T(ctx, "desk.use.period"), Tabs: []ui.Tab{{Label: ui.T(ctx, "desk.use.days", ui.Count(statDays)), Href: at, Current: !months}, {Label: ui.T(ctx, "desk.use.months", ui.Count(statMonths)), Href: at + "?by=month", Current: months}}},
		Table:   ui.Table{ID: "use", Caption: tableName(ctx, months), Columns: []ui.Column{{Label: ui.T(ctx, "desk.use.when")}}},
		CSV:     ui.Button{Label: ui.T(ctx, "desk.use.csv"), Icon: "download", Href: "/datasets/" + d.Slug + "/statistics.csv", Download: true}}
	data := chart.Data{}
	sum := usage.Counts{}
	for _, day := range list {
		data.Labels = append(data.Labels, when(ctx, day.Date))
		sum.Views, sum.Downloads, sum.API = sum.Views+day.Views, sum.Downloads+day.Downloads, sum.API+day.API
	}
	for _, k := range usage.Kinds {
		s := chart.Series{Name: ui.T(ctx, k.LabelKey())}
		for _, day := range list {
			s.Values = append(s.Values, float64(day.Of(k)))
		}
		data.Series = append(data.Series, s)
		view.Table.Columns = append(view.Table.Columns, ui.Column{Label: s.Name, Kind: ui.ColumnNumber})
		view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: s.Name, Value: ui.Integer(ctx, sum.Of(k))})
	}
	for i := len(list) - 1; i >= 0; i-- { // the newest first
		row := ui.Row{Cells: []ui.Cell{{Text: when(ctx, list[i].Date), Header: true}}}
		for _, k := range usage.Kinds {
			row.Cells = append(row.Cells, ui.Cell{Text: ui.Integer(ctx, list[i].Of(k))})
		}
		view.Table.Rows = append(view.Table.Rows, row)
	}
	if sum.Total() == 0 {
		view.None = &ui.Empty{Icon: "chart-column", Title: ui.T(ctx, "desk.use.none"), Text: ui.T(ctx, "desk.use.none.text")}
	} else {
		view.Chart = ui.Drawing{Wide: drawUse(ctx, d, data, months, "use-wide", 720), Narrow: drawUse(ctx, d, data, months, "use-narrow", 340)}
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title + " – " + d.Title, NoIndex: true, Crumbs: setCrumbs(ctx, d, view.Head.Title)}, statisticsPage(view))
}

func tableName(ctx context.Context, months bool) string {
	if months {
		return ui.T(ctx, "desk.use.table.months")
	}
	return ui.T(ctx, "desk.use.table.days")
}

// when writes a day or a month.
func when(ctx context.Context, date string) string {
	if t, err := time.Parse("2006-01", date); err == nil {
		return i18n.Month(ui.LangOf(ctx), t)
	}
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return ui.Day(ctx, t)
}

func drawUse(ctx context.Context, d catalogue.Dataset, data chart.Data, months bool, id string, width int) []byte {
	unit := query.Daily
	if months {
		unit = query.Month
	}
	c := chart.Chart{Kind: chart.Columns, X: query.Group{Unit: unit}, Y: query.Aggregate{Func: query.Count, Bare: true}, By: &query.Group{}}
	return chart.Draw(c, data, chart.Options{Lang: ui.LangOf(ctx), ID: id, Width: width, Title: ui.T(ctx, "desk.use") + " – " + d.Title, Desc: ui.T(ctx, "desk.use.chart"),
		XName: ui.T(ctx, "desk.use.when"), YName: ui.T(ctx, "desk.use.times"), Colour: func(role string) string { return ui.RoleColour(ui.Light, ui.Role(role)).String() }})
}

// csvDays is how far back the export goes.
const csvDays = 730

func (p *Pages) statisticsCSV(w http.ResponseWriter, r *http.Request) error {
	d, err := p.set(r, identity.ActionReadDraft)
	if err != nil {
		return err
	}
	now := p.o.Now().UTC()
	list, err := p.o.Usage.Days(r.Context(), shell.From(r).Actor, d, now.AddDate(0, 0, 1-csvDays), now)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	_ = out.Write([]string{"date", "views", "downloads", "api"}) // a buffer takes all
	for _, day := range list {
		_ = out.Write([]string{day.Date, strconv.FormatInt(day.Views, 10), strconv.FormatInt(day.Downloads, 10), strconv.FormatInt(day.API, 10)})
	}
	out.Flush()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	httpx.Attach(w.Header(), d.Slug+"-statistics.csv")
	w.Header().Set("Cache-Control", "private, no-cache")
	return httpx.WriteBytes(w, r, http.StatusOK, b.Bytes())
}
