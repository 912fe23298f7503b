package publishui

import (
	"bytes"
	"context"
	"net/http"
	"os"

	"socle/internal/catalogue"
	"socle/internal/consolidation"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// returnedView is what goes back to a producer: the rows of a table that are not in
// the dataset of the territory, why, and how to mend them.
type returnedView struct {
	mendView
	Schema  string
	Whole   *ui.Notice // the whole table was left out
	Verdict ui.Notice
	Files   []ui.Link
	Mend    string // address of the act; "" where there is nothing to mend
	Label   string
}

// back is a table of which something was left out.
type back struct {
	source  consolidation.Source
	dataset catalogue.Dataset
}

func (p *Pages) findReturned(r *http.Request) (b back, err error) {
	ctx, a := r.Context(), shell.From(r).Actor
	if b.source, err = p.o.Merge.Return(ctx, a, r.URL.Query().Get("schema"), catalogue.ResourceID(r.PathValue("resource"))); err != nil {
		return b, err
	}
	b.dataset, err = p.o.Catalogue.Get(ctx, a, b.source.Dataset)
	return b, err
}

// returned shows the report of a table.
func (p *Pages) returned(w http.ResponseWriter, r *http.Request) error {
	b, err := p.findReturned(r)
	if err != nil {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	view := returnedView{Schema: b.source.Schema}
	view.Head = ui.PageHead{Eyebrow: b.dataset.Title, Title: ui.T(ctx, "returned.title"), Lead: ui.T(ctx, "returned.lead")}
	if b.source.LeftOut != "" {
		view.Whole = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "returned.whole."+b.source.LeftOut), Text: ui.T(ctx, "returned.whole."+b.source.LeftOut+".hint")}
	}
	found, err := p.o.Merge.Findings(ctx, b.source)
	switch {
	case errs.Is(err, errs.NotFound):
		view.Verdict = ui.Notice{Kind: ui.Good, Title: ui.T(ctx, "returned.none")}
	case err != nil:
		return err
	default:
		view.Verdict = ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "returned.count", i18n.Args{"Count": b.source.Wrong, "Rows": ui.Integer(ctx, b.source.Wrong)}), Text: ui.T(ctx, "returned.kept", i18n.Args{"Count": b.source.Right, "Rows": ui.Integer(ctx, b.source.Right)})}
		view.repairs(ctx, found.Plan)
		view.groups(ctx, found.Report)
		view.Files = []ui.Link{{Label: ui.T(ctx, "returned.xlsx"), Icon: "file-spreadsheet", Href: consolidation.ReturnPath(b.source, "/report.xlsx")}, {Label: ui.T(ctx, "returned.csv"), Icon: "download", Href: consolidation.ReturnPath(b.source, "/report.csv")}}
		if a.Can(identity.ActionContribute, b.source.Organisation) {
			view.Mend, view.Label = consolidation.ReturnPath(b.source, "/mend"), ui.T(ctx, "returned.mend")
		}
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, returnedPage(view))
}

// returnedFile gives the report as a file: a workbook with the faulty cells marked,
// or the errors line by line.
func (p *Pages) returnedFile(w http.ResponseWriter, r *http.Request) error {
	if r.PathValue("file") == "mend" { // the address of the act, asked for: its page
		return shell.Redirect(w, r, "/returns/"+r.PathValue("resource")+"?"+r.URL.RawQuery)
	}
	b, err := p.findReturned(r)
	if err != nil {
		return err
	}
	found, err := p.o.Merge.Findings(r.Context(), b.source)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	var format string
	switch r.PathValue("file") {
	case "report.csv":
		format = "csv"
		err = check.Lines(&out, found.Report, ui.LangOf(r.Context()))
	case "report.xlsx":
		format = "xlsx"
		err = p.marked(r.Context(), &out, b, found)
	default:
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	if err != nil {
		return err
	}
	f, _ := tabular.FormatNamed(format)
	w.Header().Set("Content-Type", f.MediaType)
	httpx.Attach(w.Header(), b.dataset.Slug+"-"+ui.T(r.Context(), "publishui.report.file")+"."+format)
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteBytes(w, r, http.StatusOK, out.Bytes())
}

// marked writes the table with the faulty cells marked.
func (p *Pages) marked(ctx context.Context, out *bytes.Buffer, b back, found tables.Findings) error {
	in, err := p.o.Merge.File(ctx, b.source)
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := os.CreateTemp(p.o.Temp, "returned-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.ReadFrom(in); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	src, err := tabular.OpenFile(f.Name())
	if err != nil {
		return err
	}
	defer src.Close()
	table, err := tabular.Open(ctx, src, consolidation.Reading(p.o.Temp))
	if err != nil {
		return err
	}
	defer table.Close()
	return check.Marked(ctx, out, found.Report, table, ui.LangOf(ctx), b.dataset.Title)
}

// mendReturned opens a deposit of the table, with the columns of the schema, where
// its rows are mended as those of any file.
func (p *Pages) mendReturned(w http.ResponseWriter, r *http.Request) error {
	b, err := p.findReturned(r)
	if err != nil {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	in, err := p.o.Merge.File(ctx, b.source)
	if err != nil {
		return err
	}
	defer in.Close()
	d, err := p.o.Publish.StartTable(ctx, a, b.source.Organisation, b.source.Dataset, publish.Table{Resource: b.source.Resource})
	if err != nil {
		return err
	}
	u, err := p.o.Tables.Upload(ctx, a, b.source.Organisation, b.dataset.Slug+".csv", in)
	if err != nil {
		return err
	}
	if d, err = p.o.Publish.BringUpload(ctx, a, d.ID, d.Revision, u.ID, tables.Settings{Schema: b.source.Schema}); err != nil {
		return err
	}
	return shell.Redirect(w, r, "/deposits/"+string(d.ID))
}

// returns adds the tables of which rows were left out to what waits on the desk.
func (p *Pages) returns(ctx context.Context, a identity.Actor, names map[identity.OrganisationID]identity.Organisation, busy map[catalogue.DatasetID]bool, list *todos) error {
	found, err := p.o.Merge.Returned(ctx, a)
	if err != nil {
		return err
	}
	for _, x := range found {
		if busy[x.Dataset] {
			continue // being mended
		}
		d, err := p.o.Catalogue.Get(ctx, a, x.Dataset)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		at := consolidation.ReturnPath(x, "")
		label := ui.T(ctx, "returned.todo", i18n.Args{"Count": x.Wrong, "Rows": ui.Integer(ctx, x.Wrong)})
		if x.LeftOut != "" {
			label = ui.T(ctx, "returned.todo.whole")
		}
		list.add(urgencyReturned, 0, ui.Item{Eyebrow: names[x.Organisation].Name, Title: d.Title, Href: at, Text: ui.T(ctx, "returned.todo.text"), Badges: []ui.Badge{{Label: label, Kind: ui.LookHere, Icon: "layers"}},
			Actions: []ui.Button{{Label: ui.T(ctx, "desk.read"), Icon: "arrow-right", Href: at}}})
	}
	return nil
}
