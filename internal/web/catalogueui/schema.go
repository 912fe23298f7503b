package catalogueui

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/schema/national"
	"socle/internal/schemas"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// schemasView is the list of schemas: the bundled ones, then the others of the
// national catalogue with how fresh it is.
type schemasView struct {
	Head     ui.PageHead
	Items    ui.Items
	National ui.Items
	Fresh    string // when the catalogue was read; "" when none is read
	Failure  *ui.Notice
}

func (p *Pages) schemas(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	view := schemasView{Head: ui.PageHead{Title: ui.T(ctx, "catalogueui.schemas"), Lead: ui.T(ctx, "catalogueui.schemas.lead")}, Items: ui.Items{Level: 2}, National: ui.Items{Level: 3}}
	for _, e := range national.List() {
		view.Items.Items = append(view.Items.Items, ui.Item{Eyebrow: e.Ref(), Title: e.Name(ui.LangOf(ctx)), Href: schemas.Page(e.ID), Text: e.About(ui.LangOf(ctx))})
	}
	list, st, err := p.o.Schemas.National(ctx, shell.From(r).Actor)
	if err != nil {
		return err
	}
	for _, l := range list {
		view.National.Items = append(view.National.Items, ui.Item{Eyebrow: l.Ref(), Title: l.Title, Href: cmp.Or(schemas.Page(l.ID), "/check?schema="+url.QueryEscape(l.ID)), Text: summary(l.Description, 240)})
	}
	switch {
	case st.Address == "":
	case st.FetchedAt.IsZero():
		view.Fresh = ui.T(ctx, "catalogueui.schemas.never")
	default:
		view.Fresh = ui.T(ctx, "catalogueui.schemas.fresh", i18n.Args{"Host": hostOf(st.Address), "When": ui.Moment(ctx, st.FetchedAt)})
	}
	if st.Failure != "" {
		view.Failure = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "catalogueui.schemas.failed", i18n.Args{"When": ui.Moment(ctx, st.TriedAt)}), Text: ui.T(ctx, "catalogueui.schemas.failed.text")}
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, Place: "/schemas", Description: view.Head.Lead}, schemasPage(view))
}

// hostOf is the server of an address, as a person reads it.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return address
}

// schemaView is the page of a schema: its columns, its model, who publishes it.
type schemaView struct {
	Head   ui.PageHead
	Unread *ui.Notice // why there are no columns
	Facts  ui.KeyValues
	Fields ui.Table
	Items  ui.Items
	More   ui.Link
}

const (
	schemaWait   = 3 * time.Second // how long a page waits for the descriptor of another server
	mostOfSchema = 20              // datasets that the page of a schema shows
)

// schemaEntry reads the schema of the address. The error of one that no catalogue lists comes
// with its id alone, that of one whose columns cannot be read with what its catalogue
// says.
func (p *Pages) schemaEntry(r *http.Request) (e national.Entry, err error) {
	id := r.PathValue("publisher") + "/" + r.PathValue("name")
	ctx, cancel := context.WithTimeout(r.Context(), schemaWait)
	defer cancel()
	if e, err = p.o.Schemas.Entry(ctx, id); e.ID == "" {
		e = national.Entry{ID: id, Title: id}
	}
	return e, err
}

func (p *Pages) schema(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	l := ui.LangOf(ctx)
	e, unread := p.schemaEntry(r)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	list, err := p.o.Catalogue.List(ctx, v.Actor, catalogue.Filter{Schema: e.ID}, catalogue.ByModified, "", mostOfSchema)
	if err != nil {
		return err
	}
	view := schemaView{Head: ui.PageHead{Eyebrow: e.ID, Title: e.Name(l), Lead: e.About(l)}}
	switch {
	case unread == nil:
		view.describe(ctx, e)
	case e.Version != "":
		view.Unread = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "catalogueui.schema.unread"), Text: ui.T(ctx, "catalogueui.schema.unread.text")}
	case len(list.Datasets) == 0:
		return none()
	default:
		view.Unread = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "catalogueui.schema.unlisted"), Text: ui.T(ctx, "catalogueui.schema.unlisted.text")}
	}
	if !e.Bundled() {
		view.Head.Lead = summary(e.Description, 600)
	}
	view.told(ctx, e)
	if view.Items, err = p.items(ctx, v.Actor, list.Datasets, 3); err != nil {
		return err
	}
	if list.Next != "" {
		view.More = ui.More(ui.T(ctx, "catalogueui.schema.more"), "/search?schema="+url.QueryEscape(e.ID))
	}
	page := ui.Page{Title: e.Name(l), Place: "/schemas", Description: view.Head.Lead, NoIndex: unread != nil, Crumbs: []ui.Crumb{{Label: ui.T(ctx, "catalogueui.schemas"), Href: "/schemas"}, {Label: e.Name(l)}}}
	return shell.Page(w, r, page, schemaPage(view))
}

// describe shows the columns, and what one can do with them.
func (view *schemaView) describe(ctx context.Context, e national.Entry) {
	l, base := ui.LangOf(ctx), schemas.Page(e.ID)
	view.Head.Eyebrow = e.Ref()
	view.Head.Actions = []ui.Button{
		{Label: ui.T(ctx, "catalogueui.schema.model", map[string]any{"Format": "XLSX"}), Icon: "download", Href: base + "/model.xlsx", Download: true, Style: ui.Primary},
		{Label: ui.T(ctx, "catalogueui.schema.model", map[string]any{"Format": "ODS"}), Icon: "download", Href: base + "/model.ods", Download: true},
		{Label: ui.T(ctx, "catalogueui.schema.model", map[string]any{"Format": "CSV"}), Icon: "download", Href: base + "/model.csv", Download: true},
		{Label: ui.T(ctx, "catalogueui.schema.check"), Icon: "file-check", Href: "/check?schema=" + url.QueryEscape(e.ID)},
		{Label: ui.T(ctx, "collectui.make"), Icon: "clipboard-list", Href: "/formulaires/nouveau?schema=" + url.QueryEscape(e.ID)},
	}
	view.Fields = ui.Table{ID: "fields", Caption: ui.T(ctx, "catalogueui.schema.fields"), CaptionHidden: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "catalogueui.column")}, {Label: ui.T(ctx, "catalogueui.meaning"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "catalogueui.type")},
		{Label: ui.T(ctx, "catalogueui.required")}, {Label: ui.T(ctx, "catalogueui.example"), Kind: ui.ColumnText}}}
	for _, f := range e.Fields {
		required := ui.T(ctx, "cells.no")
		if f.Required {
			required = ui.T(ctx, "cells.yes")
		}
		meaning := f.Label(l)
		if about := f.About(l); meaning != "" && about != "" {
			meaning += ". " + about
		} else {
			meaning += about
		}
		view.Fields.Rows = append(view.Fields.Rows, ui.Row{Cells: []ui.Cell{{Text: f.Name, Header: true}, {Text: meaning},
			{Text: ui.T(ctx, "catalogueui.type."+f.Type)}, {Text: required}, {Text: f.Example}}})
	}
}

// told says where the schema comes from.
func (view *schemaView) told(ctx context.Context, e national.Entry) {
	add := func(row ui.KeyValue) { view.Facts.Rows = append(view.Facts.Rows, row) }
	if e.Publisher != "" {
		add(ui.KeyValue{Key: ui.T(ctx, "catalogueui.schema.publisher"), Value: e.Publisher})
	}
	if e.Homepage != "" {
		add(ui.KeyValue{Key: ui.T(ctx, "catalogueui.schema.source"), Content: ui.Link{Label: e.Homepage, Href: e.Homepage, External: true}})
	}
	if e.Basis != "" {
		basis := e.Basis
		if ui.LangOf(ctx) == i18n.English {
			basis = e.BasisEN
		}
		add(ui.KeyValue{Key: ui.T(ctx, "catalogueui.schema.basis"), Value: basis})
	}
}

// model gives a file to fill in: CSV, or a workbook with lists and explanations.
func (p *Pages) model(w http.ResponseWriter, r *http.Request) error {
	format, ok := tabular.FormatOf(r.PathValue("file"))
	if !ok || r.PathValue("file") != "model"+format.Extensions[0] {
		return none()
	}
	e, err := p.schemaEntry(r)
	if e.Version == "" {
		return none()
	}
	if err != nil {
		return err
	}
	var file bytes.Buffer
	switch l := ui.LangOf(r.Context()); format.Name {
	case "csv":
		file.Write(e.Model())
	case "xlsx":
		err = e.Workbook(&file, l)
	case "ods":
		err = e.ODS(&file, l)
	default:
		return none()
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", format.MediaType)
	httpx.Attach(h, strings.ReplaceAll(e.ID, "/", "-")+format.Extensions[0])
	return httpx.WriteBytes(w, r, http.StatusOK, file.Bytes())
}
