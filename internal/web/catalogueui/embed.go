package catalogueui

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/httpx"
	"socle/internal/query"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// The parts of a dataset's page that other sites may show, by their name in an
// embed's address, and the height of a frame whose content did not say its own, in
// CSS pixels.
var embeddable = map[string]struct {
	part   string // of the page
	height int
}{
	"table": {"", 480},
	"chart": {"/chart", 520},
	"map":   {"/map", 480},
}

// embedAddress is that of a part alone, for a frame: address is the one of the page.
func embedAddress(f found, name, address string) string {
	return "/embed" + f.base() + "/" + name + strings.TrimPrefix(address, f.base()+embeddable[name].part)
}

// embedCode is what a page of another site takes to show a part of the page, as
// its address has it; the script, which is not needed, gives the frame the height
// of its content.
func (p *Pages) embedCode(f found, name, address string) string {
	return p.frameCode(f, name, address, "100%", embeddable[name].height) + "\n" + `<script async src="` + p.o.BaseURL + `/embed.js"></script>`
}

func (p *Pages) frameCode(f found, name, address, width string, height int) string {
	return `<iframe src="` + templ.EscapeString(p.o.BaseURL+embedAddress(f, name, address)) + `" title="` + templ.EscapeString(f.title()) + `" width="` + width + `" height="` + strconv.Itoa(height) + `" loading="lazy" style="border:0" data-socle></iframe>`
}

// embedRows is how many rows an embedded table shows.
const embedRows = 20

// embedView is a part of a page alone, for the frame of another site.
type embedView struct {
	Title, By, Lang string
	Sentence        string
	Content         templ.Component
	Href            string
	CSS             []string
	Script          string // "" when the part needs none
	Host            string
}

// embedPolicy lets any site show the page in a frame.
func embedPolicy() httpx.Option { return httpx.WithCSP(httpx.DefaultCSP().FramedBy("*")) }

// embedded finds the dataset of an embed, as visitors see it; done is true when the
// answer was a redirect.
func (p *Pages) embedded(w http.ResponseWriter, r *http.Request, name string) (f found, done bool, err error) {
	f, moved, err := p.find(r)
	if err != nil {
		return f, false, err
	}
	if f.resource == nil || f.dataset.State != catalogue.Published {
		return f, false, none()
	}
	if moved {
		to := "/embed" + f.base() + "/" + name
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		return f, true, shell.Redirect(w, r, to)
	}
	return f, false, nil
}

func (p *Pages) embedding(ctx context.Context, f found, address string) embedView {
	return embedView{Title: f.title(), By: f.org.Name, Lang: string(ui.LangOf(ctx)), CSS: p.o.Style.Sheets(), Host: p.o.Host, Href: p.o.BaseURL + ui.Address(ui.LangOf(ctx), address)}
}

func writeEmbed(ctx context.Context, w http.ResponseWriter, r *http.Request, view embedView) error {
	var b bytes.Buffer
	if err := embedPage(view).Render(ctx, &b); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Del("Cross-Origin-Opener-Policy")
	return httpx.WriteHTML(w, r, http.StatusOK, b.Bytes())
}

// lasting is what an embed keeps of a query: all but the place in its rows.
func lasting(q query.Query) query.Query {
	return query.Query{Where: q.Where, Text: q.Text, Sort: q.Sort, Select: q.Select}
}

// embedTable shows the first rows of what the address selects.
func (p *Pages) embedTable(w http.ResponseWriter, r *http.Request) error {
	f, done, err := p.embedded(w, r, "table")
	if done || err != nil {
		return err
	}
	ctx := asking(r)
	q, problem := f.selected(ctx, r)
	if problem != "" { // another site must not show another thing than what was asked
		return none()
	}
	if q.Limit == 0 || q.Limit > embedRows {
		q.Limit = embedRows
	}
	rows, err := p.o.Engine.Rows(ctx, f.Snapshot, q)
	if err != nil {
		return err
	}
	view := p.embedding(ctx, f, f.address("", lasting(q), nil))
	view.Sentence = ui.T(ctx, "catalogueui.range", map[string]any{"From": ui.Integer(ctx, min(1, rows.Total)), "To": ui.Integer(ctx, int64(len(rows.Records))), "Of": ui.Integer(ctx, rows.Total)})
	table := p.table(ctx, f, q, rows)
	table.Caption, table.CaptionHidden = q.Sentence(ui.LangOf(ctx), f.Columns, view.Title), !q.Filtered()
	for i := range table.Columns {
		table.Columns[i].SortHref = ""
	}
	for i := range table.Rows {
		table.Rows[i].Href = ""
	}
	view.Content = table
	return writeEmbed(ctx, w, r, view)
}

// embedChart shows the chart of an address, with its figures.
func (p *Pages) embedChart(w http.ResponseWriter, r *http.Request) error {
	f, done, err := p.embedded(w, r, "chart")
	if done || err != nil {
		return err
	}
	ctx := asking(r)
	q, problem := f.selected(ctx, r)
	if problem != "" {
		return none()
	}
	d, err := p.plotted(ctx, r, f, q)
	if err != nil {
		return err
	}
	if d.problem != "" || d.chart.IsZero() {
		return none()
	}
	var parts chartView
	parts.fill(ctx, f, d)
	parts.Areas, parts.Unknown = p.areas(ctx, f, d)
	view := p.embedding(ctx, f, f.address("/chart", f.kept, d.chart.Values()))
	view.Content, view.Sentence = embedChart(parts), ui.T(ctx, "catalogueui.updated", map[string]any{"When": ui.Ago(ctx, f.version.CreatedAt, p.o.Now())})
	return writeEmbed(ctx, w, r, view)
}

// embedMap shows the map of an address: drawn, then live where scripts run.
func (p *Pages) embedMap(w http.ResponseWriter, r *http.Request) error {
	f, done, err := p.embedded(w, r, "map")
	if done || err != nil {
		return err
	}
	if !f.placed() {
		return none()
	}
	ctx := asking(r)
	q, problem := f.selected(ctx, r)
	if problem != "" {
		return none()
	}
	bounds, box, looked := boxOf(r.URL.Query().Get(boxParameter))
	m, err := p.o.Engine.Mapped(ctx, f.Snapshot, query.Query{Where: q.Where, Text: q.Text, Limit: mapShapes}, box)
	if err != nil {
		return err
	}
	more := url.Values{}
	if looked {
		more.Set(boxParameter, r.URL.Query().Get(boxParameter))
	}
	parts := mapView{selectionView: f.selection(ctx, "/map", f.kept, more)}
	if err := p.fillMap(ctx, &parts, f, m, bounds, looked); err != nil {
		return err
	}
	view := p.embedding(ctx, f, f.address("/map", f.kept, more))
	view.Content, view.Sentence = embedMap(parts), strings.TrimSuffix(parts.Status, ".")
	view.CSS = append(view.CSS, ui.Embedded().URL("map.css"))
	view.Script = ui.Embedded().URL("app.js")
	return writeEmbed(ctx, w, r, view)
}
