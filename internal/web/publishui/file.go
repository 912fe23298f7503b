package publishui

import (
	"context"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// fileView is the form of a file of a dataset, or of the words about a table.
type fileView struct {
	Head         ui.PageHead
	Action       string
	Hidden       []ui.KeyValue
	Problems     ui.Problems
	Clash        *ui.Notice
	Conflict     []conflictField
	Public       *ui.Notice // that what is brought is public at once; nil for what is not
	Organisation *ui.Select // of a new dataset; nil when there is no choice
	Upload       string     // what was brought already, when something else was wrong
	File         *ui.FileInput
	Note         *ui.Input // what changes; nil for a new file
	Title        ui.Input
	About        ui.TextArea
	Max          string
	Person       string // whose unfinished uploads the browser offers to take up
	Submit       string
	Icon         ui.Icon
	Back         string
	Remove       string // address that asks before it is removed; "" for a new one and a table
}

func (p *Pages) fileForm(w http.ResponseWriter, r *http.Request) error {
	d, x, err := p.part(r, catalogue.File, catalogue.Table)
	if err != nil {
		return err
	}
	if x.ID == "" && d.ID != "" {
		if err := p.o.Catalogue.MayAddData(r.Context(), shell.From(r).Actor, d.ID); err != nil {
			return err
		}
	}
	return p.filePage(w, r, d, x, map[string]string{"title": x.Title, "description": x.Description}, nil)
}

// filePage shows the form with what was typed; problem is why it comes back. After a
// conflict it holds the revision and the version of now: sending it again decides.
func (p *Pages) filePage(w http.ResponseWriter, r *http.Request, d catalogue.Dataset, x catalogue.Resource, typed map[string]string, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	revision, expect := strconv.Itoa(d.Revision), strconv.Itoa(x.Latest)
	view := fileView{Upload: typed["upload"], Max: ui.Bytes(ctx, p.o.Tables.MaxUpload()), Person: string(v.Actor.Person())}
	organisation, err := p.fileFrame(r, d, x, typed, &view)
	if err != nil {
		return err
	}
	switch {
	case errs.Is(problem, errs.Conflict) && x.ID != "":
		status = http.StatusConflict
		view.Clash = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, errs.As(problem).Key), Text: ui.T(ctx, "desk.conflict.text"), Live: true}
		view.Conflict = linkDifferences(ctx, x.ResourceMetadata, catalogue.ResourceMetadata{Title: typed["title"], Description: typed["description"], URL: x.URL, Format: x.Format})
	case problem != nil:
		if errs.Is(problem, errs.Internal) || errs.Is(problem, errs.Denied) {
			return problem
		}
		status, revision, expect = httpx.Status(problem), typed["revision"], typed["expect"]
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			e := errs.As(problem)
			view.Problems = ui.Problems{{Name: "file", Message: strings.TrimSpace(ui.T(ctx, e.Key, e.Args) + " " + hinted(ctx, e))}}
		}
	}
	view.Hidden = []ui.KeyValue{{Key: "revision", Value: revision}, {Key: "expect", Value: expect}}
	if view.Organisation == nil {
		view.Hidden = append(view.Hidden, ui.KeyValue{Key: "organisation", Value: organisation})
	}
	view.fields(ctx, x, typed)
	crumbs := []ui.Crumb{{Label: ui.T(ctx, "publishui.desk"), Href: "/desk"}, {Label: view.Head.Title}}
	if d.ID != "" {
		crumbs = setCrumbs(ctx, d, view.Head.Title)
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: crumbs}, fileFormPage(view))
}

func hinted(ctx context.Context, e *errs.Error) string {
	if e.Hint == "" {
		return ""
	}
	return ui.T(ctx, e.Hint, e.Args)
}

// fileFrame says what the form does: begin a dataset, add a file to one, change one of
// its files or the words about a table. It returns whose the file is.
func (p *Pages) fileFrame(r *http.Request, d catalogue.Dataset, x catalogue.Resource, typed map[string]string, view *fileView) (organisation string, err error) {
	ctx, a := r.Context(), shell.From(r).Actor
	view.Submit, view.Icon, view.Back = ui.T(ctx, "file.add.act"), "upload", "/desk"
	file := ui.FileInput{Field: ui.Field{Name: "file", Label: ui.T(ctx, "file.field"), Help: ui.T(ctx, "file.field.help")}, Large: true}
	if d.ID == "" {
		view.Head, view.Action, view.File = ui.PageHead{Title: ui.T(ctx, "file.new"), Lead: ui.T(ctx, "file.new.lead")}, "/deposits/file", &file
		organisation, view.Head.Eyebrow, view.Organisation, err = p.owners(r, typed["organisation"])
		return organisation, err
	}
	view.Back = linksPath(d)
	switch x.Kind {
	case catalogue.Table:
		view.Head, view.Action, view.Submit, view.Icon = setHead(ctx, d, "contents.table.edit"), partPath(d, x), ui.T(ctx, "desk.save"), "save"
		return string(d.Organisation), nil
	case catalogue.File:
		view.Head, view.Action, view.Submit, view.Icon, view.Remove = setHead(ctx, d, "file.edit"), partPath(d, x), ui.T(ctx, "desk.save"), "save", removePath(d, x)
		file.Label, file.Help, file.Optional, file.Large = ui.T(ctx, "file.replace"), ui.T(ctx, "file.replace.help"), true, false
		note := ui.Input{Field: ui.Field{Name: "note", Label: ui.T(ctx, "file.note"), Help: ui.T(ctx, "file.note.help"), Optional: true}, MaxLength: 1000, Value: typed["note"]}
		view.Note = &note
	default:
		view.Head, view.Action = setHead(ctx, d, "file.add"), "/datasets/"+d.Slug+"/files/new"
		view.Head.Lead = ui.T(ctx, "file.lead")
	}
	switch may := p.o.Catalogue.MayAddData(ctx, a, d.ID); {
	case may == nil:
		view.File = &file
		if d.State == catalogue.Published {
			view.Public = &ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "file.public")}
		}
	case !errs.Is(may, errs.Denied):
		return "", may
	default:
		view.Note = nil
	}
	return string(d.Organisation), nil
}

// fields are those of the words about the file.
func (v *fileView) fields(ctx context.Context, x catalogue.Resource, typed map[string]string) {
	v.Title = ui.Input{Field: ui.Field{Name: "title", Label: ui.T(ctx, "link.field.title"), Error: v.Problems.Of("title")}, MaxLength: 200, Value: typed["title"]}
	if x.ID == "" {
		v.Title.Optional, v.Title.Help = true, ui.T(ctx, "file.title.help")
	}
	v.About = ui.TextArea{Field: ui.Field{Name: "description", Label: ui.T(ctx, "link.field.description"), Help: ui.T(ctx, "file.description.help"), Optional: true, Error: v.Problems.Of("description")}, Rows: 4, MaxLength: 5000, Value: typed["description"]}
	if v.File != nil {
		v.File.Error = v.Problems.Of("file")
	}
	if v.Note != nil {
		v.Note.Error = v.Problems.Of("note")
	}
}

// saveFile takes a form that streams: fields, then the file, or the id of an upload that
// a script sent before.
func (p *Pages) saveFile(w http.ResponseWriter, r *http.Request) error {
	d, x, err := p.part(r, catalogue.File, catalogue.Table)
	if err != nil {
		return err
	}
	a, ctx := shell.From(r).Actor, r.Context()
	fields, err := streamed(r, func(fields map[string]string, part *multipart.Part) (bool, error) {
		if part.FormName() != "file" {
			return false, nil
		}
		if part.FileName() == "" || x.Kind == catalogue.Table {
			return true, nil
		}
		if d.ID != "" { // who may not bring it sends nothing
			if err := p.o.Catalogue.MayAddData(ctx, a, d.ID); err != nil {
				return true, err
			}
			fields["organisation"] = string(d.Organisation)
		}
		return true, p.takeIn(r, fields, part.FileName(), part)
	})
	if err == nil && fields["upload"] != "" {
		if _, err = p.o.Tables.Finish(ctx, a, tables.UploadID(fields["upload"])); err != nil {
			delete(fields, "upload")
		}
	}
	if err != nil {
		return p.filePage(w, r, d, x, fields, err)
	}
	return p.keepFile(w, r, d, x, fields)
}

// typedNumber reads a revision, or the number of a version; -2 is none.
func typedNumber(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return -2
	}
	return n
}

// keepFile writes what was sent and says so.
func (p *Pages) keepFile(w http.ResponseWriter, r *http.Request, d catalogue.Dataset, x catalogue.Resource, fields map[string]string) error {
	a, ctx := shell.From(r).Actor, r.Context()
	upload := tables.UploadID(fields["upload"])
	saved, set, err := p.o.Publish.SaveFile(ctx, a, publish.FileForm{Organisation: identity.OrganisationID(fields["organisation"]), Dataset: d.ID, Resource: x.ID, Revision: typedNumber(fields["revision"]),
		Title: fields["title"], Description: fields["description"], Upload: upload, Expect: typedNumber(fields["expect"]), Note: fields["note"]})
	if errs.Is(err, errs.TooLarge) || errs.Is(err, errs.NotFound) { // nobody can go on with these bytes
		delete(fields, "upload")
	}
	if errs.Is(err, errs.TooLarge) {
		if err := p.o.Tables.CancelUpload(ctx, a, upload); err != nil {
			return err
		}
	}
	if err != nil {
		return p.filePage(w, r, d, x, fields, err)
	}
	said := "contents.saved"
	switch {
	case x.ID == "":
		said = "file.added"
	case upload != "":
		said = "file.replaced"
	}
	shell.Flash(w, r, ui.Good, said, i18n.Args{"Title": saved.Title})
	if d.ID == "" {
		return shell.Redirect(w, r, "/datasets/"+set.Slug+"/edit")
	}
	return shell.Redirect(w, r, linksPath(set))
}
