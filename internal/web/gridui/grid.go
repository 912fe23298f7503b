package gridui

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/schema/form"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Options are what the pages work with.
type Options struct {
	Catalogue *catalogue.Service
	Collect   *collect.Service
}

// Pages answers the addresses of this area.
type Pages struct{ o Options }

// New makes the pages.
func New(o Options) *Pages { return &Pages{o} }

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	return []shell.Route{
		{Pattern: "GET /datasets/{slug}/grid", Who: shell.Person, Handler: p.grid},
		{Pattern: "POST /datasets/{slug}/grid", Who: shell.Person, Handler: p.open},
	}
}

// table is the table of the dataset in the address, the first one unless it asks for
// another, for those who write to it.
func (p *Pages) table(r *http.Request) (d catalogue.Dataset, id catalogue.ResourceID, err error) {
	a := shell.From(r).Actor
	if d, err = p.o.Catalogue.ByAddress(r.Context(), a, r.PathValue("slug")); err != nil {
		return d, "", err
	}
	if err := a.Require(identity.ActionContribute, d.Organisation); err != nil {
		return d, "", err
	}
	for _, res := range d.Resources {
		if id := r.URL.Query().Get("table"); res.Kind == catalogue.Table && (id == "" || id == string(res.ID)) {
			return d, res.ID, nil
		}
	}
	return d, "", errs.New(errs.NotFound, "gridui.no-table").WithHint("gridui.no-table.hint")
}

// asked is what the address says of the table, for the next address.
func asked(r *http.Request) string {
	if v := r.URL.Query(); v.Get("table") != "" {
		return "?" + url.Values{"table": {v.Get("table")}}.Encode()
	}
	return ""
}

// gridView is the page of the grid; Open is set when the table is not one whose rows
// are entered yet.
type gridView struct {
	Head    ui.PageHead
	Open    *ui.Form
	Table   string // address of the table in the API
	Layout  string // of its columns
	Columns string // JSON, as web-src/grid/sheet.ts has them
	Words   string // JSON
	Style   string
	Back    string
	Form    string // address where a form of the table is made; "" for who may not
	Keys    [][2]string
}

func (p *Pages) grid(w http.ResponseWriter, r *http.Request) error {
	d, id, err := p.table(r)
	if err != nil {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	view := gridView{
		Head: ui.PageHead{Eyebrow: d.Title, Title: ui.T(ctx, "gridui.title"), Lead: ui.T(ctx, "gridui.lead")},
		Back: "/datasets/" + d.Slug, Style: ui.Embedded().URL("grid.css"), Table: "/api/v1/resources/" + string(id), Keys: keys(ctx),
	}
	if a.Can(identity.ActionEdit, d.Organisation) && a.Can(collect.LinesAction(d.State), d.Organisation) {
		view.Form = "/formulaires/nouveau?resource=" + string(id)
	}
	open, err := p.o.Collect.IsOpen(ctx, a, id)
	if err != nil {
		return err
	}
	if open {
		sch, err := p.o.Collect.Columns(ctx, a, id)
		if err != nil {
			return err
		}
		view.Layout = string(collect.LayoutOf(sch))
		if view.Columns, err = columnsJSON(sch); err != nil {
			return err
		}
		if view.Words, err = wordsJSON(ctx); err != nil {
			return err
		}
	} else {
		view.Open = &ui.Form{Action: "/datasets/" + d.Slug + "/grid" + asked(r)}
		view.Head.Lead = ""
	}
	page := ui.Page{
		Title: view.Head.Title + " – " + d.Title, NoIndex: true,
		Crumbs: []ui.Crumb{{Label: ui.T(ctx, "publishui.desk"), Href: "/desk"}, {Label: d.Title, Href: view.Back}, {Label: view.Head.Title}},
		Head:   []templ.Component{gridStyle(view.Style)},
	}
	return shell.Page(w, r, page, gridPage(view))
}

// open makes the rows of a table, those of its file, rows that are entered.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) error {
	d, id, err := p.table(r)
	if err != nil {
		return err
	}
	if err := p.o.Collect.OpenTable(r.Context(), shell.From(r).Actor, id); err != nil {
		return err
	}
	return shell.Redirect(w, r, "/datasets/"+d.Slug+"/grid"+asked(r))
}

// column is what the grid knows of a column.
type column struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Kind     string   `json:"kind"` // text, number, date, choice
	Required bool     `json:"required"`
	Help     string   `json:"help"`
	Choices  []string `json:"choices"`
	ReadOnly bool     `json:"readOnly"` // photos and files: a form brings them
}

func columnsJSON(sch *schema.Schema) (string, error) {
	list := make([]column, len(sch.Fields))
	asks := form.FromSchema(sch, form.Origin{})
	for i := range sch.Fields {
		f := &sch.Fields[i]
		it := asks.Find(f.Name)
		if it == nil {
			it = &form.Item{} // one of the two columns of a point
		}
		c := column{Name: f.Name, Title: f.Title, Required: f.Constraints.Required || it.Required, Help: f.Description, Choices: choices(it), ReadOnly: it.Attached()}
		if c.Title == "" {
			c.Title = f.Name
		}
		c.Kind = kindOf(f, c.Choices)
		list[i] = c
	}
	b, err := json.Marshal(list)
	return string(b), err
}

func kindOf(f *schema.Field, choices []string) string {
	switch f.Type {
	case schema.Integer, schema.Number:
		return "number"
	case schema.Date, schema.Datetime, schema.Time, schema.Year, schema.Yearmonth:
		return "date"
	}
	if len(choices) > 0 {
		return "choice"
	}
	return "text"
}

// choices are the values that a cell may have, one of them.
func choices(it *form.Item) []string {
	out := []string{}
	switch it.Control {
	case form.YesNo:
		out = append(out, it.TrueValue, it.FalseValue)
	case form.OneChoice:
		for _, c := range it.Choices {
			out = append(out, c.Value)
		}
	}
	return out
}

// keys says what the keyboard does.
func keys(ctx context.Context) [][2]string {
	return [][2]string{
		{ui.T(ctx, "gridui.key.move"), ui.T(ctx, "gridui.does.move")},
		{ui.T(ctx, "gridui.key.edit"), ui.T(ctx, "gridui.does.edit")},
		{ui.T(ctx, "gridui.key.choose"), ui.T(ctx, "gridui.does.choose")},
		{"Ctrl + C, Ctrl + V", ui.T(ctx, "gridui.does.copy")},
		{"Ctrl + D", ui.T(ctx, "gridui.does.fill")},
		{"Ctrl + Z, Ctrl + Y", ui.T(ctx, "gridui.does.undo")},
		{ui.T(ctx, "gridui.key.clear"), ui.T(ctx, "gridui.does.clear")},
		{"Tab", ui.T(ctx, "gridui.does.leave")},
	}
}

// wordsJSON are the words that the grid says by itself; {name} is filled in there.
func wordsJSON(ctx context.Context) (string, error) {
	b, err := json.Marshal(map[string]string{
		"row": ui.T(ctx, "gridui.word.row"), "newRow": ui.T(ctx, "gridui.word.new-row"), "choose": ui.T(ctx, "gridui.word.choose"), "required": ui.T(ctx, "gridui.word.required"),
		"sortUp": ui.T(ctx, "gridui.word.sort-up"), "sortDown": ui.T(ctx, "gridui.word.sort-down"), "unsorted": ui.T(ctx, "gridui.word.unsorted"),
		"cut": ui.T(ctx, "gridui.word.cut"), "loading": ui.T(ctx, "gridui.word.loading"), "loaded": ui.T(ctx, "gridui.word.loaded"), "failed": ui.T(ctx, "gridui.word.failed"),
		"by": ui.T(ctx, "gridui.word.by"), "refused": ui.T(ctx, "gridui.word.refused"), "repaired": ui.T(ctx, "gridui.word.repaired"), "noFault": ui.T(ctx, "gridui.word.no-fault"),
		"place": ui.T(ctx, "gridui.word.place"), "repair": ui.T(ctx, "gridui.word.repair"), "filterBy": ui.T(ctx, "gridui.word.filter-by"), "counts": ui.T(ctx, "gridui.word.counts"),
		"saved": ui.T(ctx, "gridui.word.saved"), "savedAlone": ui.T(ctx, "gridui.word.saved-alone"), "saving": ui.T(ctx, "gridui.word.saving"), "waiting": ui.T(ctx, "gridui.word.waiting"), "unsaved": ui.T(ctx, "gridui.word.unsaved"),
		"kept": ui.T(ctx, "gridui.word.kept"), "again": ui.T(ctx, "gridui.word.again"), "download": ui.T(ctx, "gridui.word.download"),
		"both": ui.T(ctx, "gridui.word.both"), "someone": ui.T(ctx, "gridui.word.someone"), "putBack": ui.T(ctx, "gridui.word.put-back"), "close": ui.T(ctx, "gridui.word.close"),
		"noHistory": ui.T(ctx, "gridui.word.no-history"), "version": ui.T(ctx, "gridui.word.version"), "nothing": ui.T(ctx, "gridui.word.nothing"), "restore": ui.T(ctx, "gridui.word.restore"),
		"gone": ui.T(ctx, "gridui.word.gone"), "left": ui.T(ctx, "gridui.word.left"), "removedBy": ui.T(ctx, "gridui.word.removed-by"), "bringBack": ui.T(ctx, "gridui.word.bring-back"), "broughtBack": ui.T(ctx, "gridui.word.brought-back"),
		"noRemoved": ui.T(ctx, "gridui.word.no-removed"),
	})
	return string(b), err
}
