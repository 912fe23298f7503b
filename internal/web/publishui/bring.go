package publishui

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/schema/national"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// bringView is the first step: a file, for whom, against which schema.
type bringView struct {
	Head         ui.PageHead
	Dataset      string
	Organisation *ui.Select // nil when there is no choice
	OrgID        string
	Schema       ui.Select
	File         ui.FileInput
	Problems     ui.Problems
	Max          string
	Person       string // whose unfinished uploads the browser offers to take up
}

func (p *Pages) newForm(w http.ResponseWriter, r *http.Request) error {
	return p.bringPage(w, r, r.URL.Query().Get("dataset"), r.URL.Query().Get("schema"), nil)
}

func (p *Pages) bringPage(w http.ResponseWriter, r *http.Request, dataset, schema string, problem error) error {
	v, ctx := shell.From(r), r.Context()
	view := bringView{Head: ui.PageHead{Title: ui.T(ctx, "publishui.bring.title"), Lead: ui.T(ctx, "publishui.bring.lead")}, Dataset: dataset, Max: ui.Bytes(ctx, p.o.Tables.MaxUpload()), Person: string(v.Actor.Person()),
		File: ui.FileInput{Field: ui.Field{Name: "file", Label: ui.T(ctx, "publishui.file"), Help: ui.T(ctx, "publishui.file.help")}, Accept: accepted, Large: true}}
	var err error
	if view.Schema, err = p.schemaSelect(ctx, schema); err != nil {
		return err
	}
	if dataset != "" {
		d, err := p.o.Catalogue.Get(ctx, v.Actor, catalogue.DatasetID(dataset))
		if err != nil {
			return err
		}
		view.Head = ui.PageHead{Eyebrow: d.Title, Title: ui.T(ctx, "publishui.renew.title"), Lead: ui.T(ctx, "publishui.renew.lead")}
		view.OrgID = string(d.Organisation)
		if schema == "" {
			if view.Schema, err = p.schemaSelect(ctx, d.Schema.ID); err != nil {
				return err
			}
		}
	} else {
		_, orgs := v.Actor.Where(identity.ActionContribute)
		names, err := p.o.Identity.OrganisationsByID(ctx, v.Actor, orgs...)
		if err != nil {
			return err
		}
		switch len(orgs) {
		case 0:
			return errs.New(errs.Denied, "publishui.no-organisation").WithHint("account.organisations.none")
		case 1:
			view.OrgID = string(orgs[0])
			view.Head.Eyebrow = names[orgs[0]].Name
		default:
			view.Organisation = &ui.Select{Field: ui.Field{Name: "organisation", Label: ui.T(ctx, "publishui.organisation")}}
			for _, o := range orgs {
				view.Organisation.Options = append(view.Organisation.Options, ui.Option{Value: string(o), Label: names[o].Name})
			}
		}
	}
	status := http.StatusOK
	if problem != nil {
		e := errs.As(problem)
		if e.Kind == errs.Internal {
			return problem
		}
		status = httpx.Status(problem)
		message := ui.T(ctx, e.Key, e.Args)
		if e.Hint != "" {
			message += " " + ui.T(ctx, e.Hint, e.Args)
		}
		view.Problems = ui.Problems{{Name: "file", Message: message}}
		view.File.Error = message
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, bringFormPage(view))
}

// accepted are the endings that a browser offers first.
const accepted = ".csv,.txt,.tsv,.xlsx,.xls,.ods,.json,.geojson,.jsonl,.parquet,.gpkg,.kml,.kmz,.gpx,.dbf,.zip,.gz"

// schemaSelect offers the bundled schemas, those of the national catalogue, and none.
func (p *Pages) schemaSelect(ctx context.Context, chosen string) (ui.Select, error) {
	s := ui.Select{Field: ui.Field{Name: "schema", Label: ui.T(ctx, "publishui.schema"), Help: ui.T(ctx, "publishui.schema.help"), Optional: true}, Value: chosen, Empty: ui.T(ctx, "publishui.schema.none")}
	l := ui.LangOf(ctx)
	list, _, err := p.o.Schemas.National(ctx, identity.Actor{})
	if err != nil {
		return s, err
	}
	own := ""
	if len(list) > 0 {
		own = ui.T(ctx, "publishui.schema.bundled")
	}
	found := chosen == ""
	add := func(o ui.Option) {
		found = found || o.Value == chosen
		s.Options = append(s.Options, o)
	}
	for _, e := range national.List() {
		add(ui.Option{Value: e.ID, Label: e.Name(l), Group: own})
	}
	for _, e := range list {
		add(ui.Option{Value: e.ID, Label: e.Title, Group: ui.T(ctx, "publishui.schema.national")})
	}
	if !found { // another version, or an address
		if other, err := p.o.Schemas.Lookup(ctx, chosen); err == nil {
			add(ui.Option{Value: chosen, Label: other.Name(l) + " (" + chosen + ")", Group: own})
		}
	}
	return s, nil
}

// uploadWords are the words of the island that sends the file, which puts values
// in the place of {name}, {sent}, {total} and {percent}.
func uploadWords(ctx context.Context) templ.OrderedAttributes {
	var a templ.OrderedAttributes
	for _, w := range []struct{ name, text string }{
		{"sending", ui.T(ctx, "publishui.upload.sending", errs.Args{"Name": "{name}"})},
		{"of", ui.T(ctx, "publishui.upload.of", errs.Args{"Sent": "{sent}", "Total": "{total}"})},
		{"percent", ui.T(ctx, "publishui.upload.percent", errs.Args{"Percent": "{percent}"})},
		{"leave", ui.T(ctx, "publishui.upload.leave")},
		{"cut", ui.T(ctx, "publishui.upload.cut")},
		{"busy", ui.T(ctx, "publishui.upload.busy")},
		{"resumed", ui.T(ctx, "publishui.upload.resumed", errs.Args{"Sent": "{sent}"})},
		{"received", ui.T(ctx, "publishui.upload.received")},
		{"cancelled", ui.T(ctx, "publishui.upload.cancelled")},
		{"unfinished", ui.T(ctx, "publishui.upload.unfinished", errs.Args{"Name": "{name}", "Sent": "{sent}", "Total": "{total}"})},
		{"failed", ui.T(ctx, "publishui.upload.failed")},
		{"failed-hint", ui.T(ctx, "publishui.upload.failed.hint")},
		{"unreadable", ui.T(ctx, "publishui.upload.unreadable")},
		{"unreadable-hint", ui.T(ctx, "publishui.upload.unreadable.hint")},
		{"sign-in", ui.T(ctx, "publishui.upload.sign-in")},
		{"sign-in-hint", ui.T(ctx, "publishui.upload.sign-in.hint")},
	} {
		a = append(a, templ.KeyValue[string, any]{Key: "data-word-" + w.name, Value: w.text})
	}
	return a
}

// bring takes the file of a form that streams: fields first, the file last. A
// script that sent the file before gives the id of its upload instead.
func (p *Pages) bring(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	parts, err := r.MultipartReader()
	if err != nil {
		return httpx.BadRequest("publishui.no-file")
	}
	fields := map[string]string{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) && fields["upload"] != "" {
			return p.bringUpload(w, r, fields)
		}
		if errors.Is(err, io.EOF) {
			return p.bringPage(w, r, fields["dataset"], fields["schema"], errs.New(errs.Invalid, "publishui.no-file"))
		}
		if err != nil {
			return errs.New(errs.Busy, "tables.upload.cut").WithHint("tables.upload.cut.hint").Because(err)
		}
		if part.FormName() != "file" {
			b, err := io.ReadAll(io.LimitReader(part, 4096))
			if err != nil {
				return err
			}
			fields[part.FormName()] = string(b)
			continue
		}
		if part.FileName() == "" {
			return p.bringPage(w, r, fields["dataset"], fields["schema"], errs.New(errs.Invalid, "publishui.no-file"))
		}
		org := identity.OrganisationID(fields["organisation"])
		u, err := p.o.Tables.Upload(ctx, v.Actor, org, part.FileName(), part)
		if err != nil {
			return p.bringPage(w, r, fields["dataset"], fields["schema"], err)
		}
		fields["upload"] = string(u.ID)
		return p.bringUpload(w, r, fields)
	}
}

// bringUpload opens a deposit on an upload of the organisation chosen, and ends
// the upload if all its bytes are there and nothing more was heard.
func (p *Pages) bringUpload(w http.ResponseWriter, r *http.Request, fields map[string]string) error {
	v, ctx := shell.From(r), r.Context()
	org := identity.OrganisationID(fields["organisation"])
	u, err := p.o.Tables.FindUpload(ctx, v.Actor, tables.UploadID(fields["upload"]))
	if err == nil && u.Organisation != org {
		err = errs.New(errs.NotFound, "tables.upload.none").WithHint("tables.upload.none.hint")
	}
	if err == nil {
		u, err = p.o.Tables.Finish(ctx, v.Actor, u.ID)
	}
	if err != nil {
		return p.bringPage(w, r, fields["dataset"], fields["schema"], err)
	}
	d, err := p.begin(ctx, v.Actor, org, catalogue.DatasetID(fields["dataset"]), u.ID, fields["schema"])
	if err != nil {
		return p.bringPage(w, r, fields["dataset"], fields["schema"], err)
	}
	return shell.Redirect(w, r, "/deposits/"+string(d.ID))
}

// begin opens a deposit on an upload. The schema is the one chosen, or the one
// that the file resembles enough.
func (p *Pages) begin(ctx context.Context, a identity.Actor, org identity.OrganisationID, dataset catalogue.DatasetID, upload tables.UploadID, schema string) (publish.Deposit, error) {
	set := tables.Settings{}
	if schema != "" {
		found, err := p.o.Schemas.Lookup(ctx, schema)
		if err != nil {
			return publish.Deposit{}, err
		}
		set.Schema = found.Ref
	}
	d, err := p.o.Publish.Start(ctx, a, org, dataset)
	if err != nil {
		return d, err
	}
	return p.o.Publish.BringUpload(ctx, a, d.ID, d.Revision, upload, set)
}
