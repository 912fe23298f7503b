package publishui

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/schema/national"
	"socle/internal/schemas"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// bringView is the first step: a file, for whom, against which schema.
type bringView struct {
	Head         ui.PageHead
	Dataset      string
	Table        string     // of Dataset: an identifier, newTable, "" for the first
	TableTitle   *ui.Input  // of one that is added; nil else
	Organisation *ui.Select // nil when there is no choice
	OrgID        string
	Schema       schemaView
	File         ui.FileInput
	Problems     ui.Problems
	Pasted       ui.TextArea
	Link         ui.Input
	Rhythm       ui.Select
	Plain        string     // address of the form of a plain link
	AsIs         string     // that of a file that is not read
	Mode         *ui.Radios // nil for a new dataset
	Key          *ui.Select
	Models       []ui.Link
	Upload       string // what was brought already, when something else was wrong
	Max          string
	Person       string // whose unfinished uploads the browser offers to take up
}

func (p *Pages) newForm(w http.ResponseWriter, r *http.Request) error {
	return p.bringPage(w, r, map[string]string{"dataset": r.URL.Query().Get("dataset"), "table": r.URL.Query().Get("table"), "schema": r.URL.Query().Get("schema")}, nil)
}

// bringPage shows the form with what was typed in it.
func (p *Pages) bringPage(w http.ResponseWriter, r *http.Request, typed map[string]string, problem error) error {
	v, ctx := shell.From(r), r.Context()
	dataset, asked := typed["dataset"], schemaAsked{listed: typed["schema"], address: typed["schema-url"]}
	view := bringView{Plain: "/deposits/link", AsIs: "/deposits/file", Head: ui.PageHead{Title: ui.T(ctx, "publishui.bring.title"), Lead: ui.T(ctx, "publishui.bring.lead")}, Dataset: dataset, Max: ui.Bytes(ctx, p.o.Tables.MaxUpload()), Person: string(v.Actor.Person()),
		File: ui.FileInput{Field: ui.Field{Name: "file", Label: ui.T(ctx, "publishui.file"), Help: ui.T(ctx, "publishui.file.help")}, Accept: accepted, Large: true}}
	var err error
	if view.Schema, err = p.schemaFields(ctx, asked); err != nil {
		return err
	}
	if dataset != "" {
		if err := p.bringTo(ctx, v.Actor, catalogue.DatasetID(dataset), typed, &view); err != nil {
			return err
		}
	} else if view.OrgID, view.Head.Eyebrow, view.Organisation, err = p.owners(r, typed["organisation"]); err != nil {
		return err
	}
	view.ways(ctx, typed)
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
		field, at := "file", &view.File.Error
		var of *badField
		switch {
		case view.TableTitle != nil && len(e.Fields) > 0 && e.Fields[0].Name == view.TableTitle.Name:
			field, at = view.TableTitle.Name, &view.TableTitle.Error
		case errors.As(problem, &of) && view.Schema.fault(of.field, message):
			field, at = of.field, new(string)
		case typed["upload"] == "" && typed["link"] != "":
			field, at = "link", &view.Link.Error
		case typed["pasted"] != "":
			field, at = "pasted", &view.Pasted.Error
		}
		view.Problems = ui.Problems{{Name: field, Message: message}}
		*at = message
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, bringFormPage(view))
}

// newTable as the table of a form adds one to its dataset.
const newTable = "new"

// bringTo has the form bring rows to a dataset: to one of its tables, or to one more.
func (p *Pages) bringTo(ctx context.Context, a identity.Actor, id catalogue.DatasetID, typed map[string]string, view *bringView) error {
	d, err := p.o.Catalogue.Get(ctx, a, id)
	if err != nil {
		return err
	}
	view.OrgID, view.Plain, view.AsIs, view.Table = string(d.Organisation), linksPath(d)+"/new", "/datasets/"+d.Slug+"/files/new", typed["table"]
	if view.Table == newTable {
		view.Head = ui.PageHead{Eyebrow: d.Title, Title: ui.T(ctx, "bring.table.title"), Lead: ui.T(ctx, "bring.table.lead")}
		view.TableTitle = &ui.Input{Field: ui.Field{Name: "table-title", Label: ui.T(ctx, "bring.table.field"), Help: ui.T(ctx, "bring.table.field.help")}, MaxLength: 200, Value: typed["table-title"]}
		return nil
	}
	view.Head = ui.PageHead{Eyebrow: d.Title, Title: ui.T(ctx, "publishui.renew.title"), Lead: ui.T(ctx, "publishui.renew.lead")}
	if err := p.o.Publish.TakesFiles(ctx, a, d.ID, catalogue.ResourceID(view.Table)); err != nil {
		return err
	}
	if typed["schema"] == "" && typed["schema-url"] == "" {
		if view.Schema, err = p.schemaFields(ctx, schemaAsked{listed: d.Schema.ID}); err != nil {
			return err
		}
	}
	return p.ontoFields(ctx, a, d, typed, view)
}

// accepted are the endings that a browser offers first.
const accepted = ".csv,.txt,.tsv,.xlsx,.xls,.ods,.json,.geojson,.jsonl,.parquet,.gpkg,.kml,.kmz,.gpx,.dbf,.zip,.gz"

// schemaSelect offers the bundled schemas, those of the national catalogue, and none.
func (p *Pages) schemaSelect(ctx context.Context, chosen string) (ui.Select, error) {
	s := ui.Select{Field: ui.Field{Name: "schema", Label: ui.T(ctx, "publishui.schema"), Help: ui.T(ctx, "publishui.schema.help"), Optional: true}, Value: chosen, Empty: ui.T(ctx, "publishui.schema.none")}
	var err error
	s.Options, err = shell.SchemaOptions(ctx, p.o.Schemas, chosen)
	return s, err
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

// maxPasted is how many characters may be pasted at once.
const maxPasted = 2_000_000

// ways fills the other ways to bring rows: to paste them, to give an address, to
// begin with a model.
func (v *bringView) ways(ctx context.Context, typed map[string]string) {
	v.Upload = typed["upload"]
	v.Pasted = ui.TextArea{Field: ui.Field{Name: "pasted", Label: ui.T(ctx, "bring.pasted"), Help: ui.T(ctx, "bring.pasted.help"), Optional: true}, Rows: 6, MaxLength: maxPasted}
	v.Link = ui.Input{Field: ui.Field{Name: "link", Label: ui.T(ctx, "watch.link"), Help: ui.T(ctx, "watch.link.help"), Optional: true}, Type: "url", Value: typed["link"]}
	v.Rhythm = rhythmSelect(ctx, typed["rhythm"])
	v.Rhythm.Empty = ui.T(ctx, "watch.rhythm.never")
	l := ui.LangOf(ctx)
	for _, e := range national.List() {
		v.Models = append(v.Models, ui.Link{Label: e.Name(l), Href: "/schemas/" + e.ID + "/model.xlsx", Icon: "download"})
	}
}

func rhythmSelect(ctx context.Context, value string) ui.Select {
	s := ui.Select{Field: ui.Field{Name: "rhythm", Label: ui.T(ctx, "watch.rhythm"), Optional: true}, Value: value}
	for _, r := range publish.Rhythms {
		s.Options = append(s.Options, ui.Option{Value: string(r), Label: ui.T(ctx, "watch.rhythm."+string(r))})
	}
	return s
}

// ontoFields asks what the rows do to the table that a dataset has.
func (p *Pages) ontoFields(ctx context.Context, a identity.Actor, d catalogue.Dataset, typed map[string]string, view *bringView) error {
	var held []catalogue.Resource
	at := -1
	for _, r := range d.Resources {
		if r.Kind != catalogue.Table || r.Latest == 0 {
			continue
		}
		if held = append(held, r); at < 0 && (typed["table"] == "" || typed["table"] == string(r.ID)) {
			at = len(held) - 1
		}
	}
	if at < 0 {
		return nil
	}
	if len(held) > 1 {
		view.Table, view.Head.Eyebrow = string(held[at].ID), d.Title+" – "+held[at].Title
	}
	version, err := p.o.Catalogue.Version(ctx, a, held[at].ID, 0)
	if err != nil {
		return err
	}
	table, err := p.o.Tables.Open(ctx, version)
	if err != nil {
		return err
	}
	view.Mode = &ui.Radios{Field: ui.Field{Name: "mode", Label: ui.T(ctx, "onto.mode")}, Value: typed["mode"]}
	for _, m := range tables.Modes {
		key := "onto.mode." + cmp.Or(string(m), "replace")
		view.Mode.Options = append(view.Mode.Options, ui.Option{Value: string(m), Label: ui.T(ctx, key), Help: ui.T(ctx, key+".help")})
	}
	view.Key = &ui.Select{Field: ui.Field{Name: "key", Label: ui.T(ctx, "onto.key-field"), Help: ui.T(ctx, "onto.key-field.help"), Optional: true}, Value: typed["key"], Empty: ui.T(ctx, "onto.key-field.schema")}
	for _, f := range table.Schema.Fields {
		label := f.Name
		if f.Title != "" && f.Title != f.Name {
			label += " (" + f.Title + ")"
		}
		view.Key.Options = append(view.Key.Options, ui.Option{Value: f.Name, Label: label})
	}
	return nil
}

// maxField is how many bytes a field of a form that streams may have.
const maxField = 32 << 10

// streamed reads the fields of a form that streams; take is given the others, in their
// order, and reports whether a part is one of its own. What was read comes back with an
// error too.
func streamed(r *http.Request, take func(fields map[string]string, part *multipart.Part) (bool, error)) (fields map[string]string, err error) {
	fields = map[string]string{}
	parts, err := r.MultipartReader()
	if err != nil {
		return fields, httpx.BadRequest("publishui.no-file")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return fields, errs.New(errs.Busy, "tables.upload.cut").WithHint("tables.upload.cut.hint").Because(err)
		}
		taken, err := take(fields, part)
		if err == nil && !taken {
			var b []byte
			b, err = io.ReadAll(io.LimitReader(part, maxField))
			fields[part.FormName()] = string(b)
		}
		if err != nil {
			return fields, err
		}
	}
}

// bring takes the rows of a form that streams: fields first, then a file or a text
// that was pasted, then an address. A script that sent the file before gives the id of
// its upload instead.
func (p *Pages) bring(w http.ResponseWriter, r *http.Request) error {
	fields, err := streamed(r, func(fields map[string]string, part *multipart.Part) (bool, error) {
		switch name := part.FileName(); part.FormName() {
		case "schema-file":
			b, err := io.ReadAll(io.LimitReader(part, schemas.MaxKept+1)) // a byte more, for it to be refused
			fields["schema-file"] = string(b)
			return true, err
		case "file":
			if name == "" {
				return true, nil
			}
			return true, p.takeIn(r, fields, name, part)
		case "pasted":
			return true, p.takePasted(r, fields, part)
		}
		return false, nil
	})
	if err != nil {
		return p.bringPage(w, r, fields, err)
	}
	if link := strings.TrimSpace(fields["link"]); fields["upload"] == "" && link != "" {
		if err := p.follow(r, fields, link); err != nil {
			return p.bringPage(w, r, fields, err)
		}
	}
	if fields["upload"] == "" {
		return p.bringPage(w, r, fields, errs.New(errs.Invalid, "publishui.no-file"))
	}
	return p.bringUpload(w, r, fields)
}

// filled skips the white space in front of a text and reports whether more follows.
// A tab is the beginning of an empty first cell.
func filled(text *bufio.Reader) bool {
	for {
		c, err := text.ReadByte()
		if err != nil {
			return false
		}
		if c != ' ' && c != '\r' && c != '\n' {
			return text.UnreadByte() == nil
		}
	}
}

// takePasted keeps a text that was pasted, unless a file came before it.
func (p *Pages) takePasted(r *http.Request, fields map[string]string, part io.Reader) error {
	text := bufio.NewReader(part)
	if !filled(text) || fields["upload"] != "" {
		return nil
	}
	fields["pasted"] = "pasted"
	limited := &io.LimitedReader{R: text, N: 4*maxPasted + 1}
	err := p.takeIn(r, fields, ui.T(r.Context(), "bring.pasted.name")+".txt", limited)
	if err == nil && limited.N <= 0 {
		delete(fields, "upload")
		err = errs.New(errs.TooLarge, "bring.pasted.large", errs.Args{"Limit": ui.Bytes(r.Context(), 4*maxPasted)}).WithHint("bring.pasted.large.hint")
	}
	return err
}

// takeIn keeps what was brought and notes its upload among the fields.
func (p *Pages) takeIn(r *http.Request, fields map[string]string, name string, from io.Reader) error {
	u, err := p.o.Tables.Upload(r.Context(), shell.From(r).Actor, identity.OrganisationID(fields["organisation"]), name, from)
	if err == nil {
		fields["upload"] = string(u.ID)
	}
	return err
}

// follow brings what an address gives. Who may not bring a file visits nothing.
func (p *Pages) follow(r *http.Request, fields map[string]string, link string) error {
	if err := shell.From(r).Actor.Require(identity.ActionContribute, identity.OrganisationID(fields["organisation"])); err != nil {
		return err
	}
	file, err := os.CreateTemp(p.o.Temp, "link-*")
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(file.Close(), os.Remove(file.Name())) }()
	name, err := httpx.Download(r.Context(), p.o.Fetch, link, file, p.o.Tables.MaxUpload())
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return p.takeIn(r, fields, name, file)
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
		delete(fields, "upload")
		return p.bringPage(w, r, fields, err)
	}
	d, err := p.begin(ctx, v.Actor, org, u.ID, fields)
	if err != nil {
		return p.bringPage(w, r, fields, err)
	}
	return shell.Redirect(w, r, "/deposits/"+string(d.ID))
}

// begin opens a deposit on an upload, to be read against the schema chosen, if any.
func (p *Pages) begin(ctx context.Context, a identity.Actor, org identity.OrganisationID, upload tables.UploadID, fields map[string]string) (publish.Deposit, error) {
	ref, err := p.chosen(ctx, a, org, schemaAsked{listed: fields["schema"], address: strings.TrimSpace(fields["schema-url"]), file: fields["schema-file"]})
	if err != nil {
		return publish.Deposit{}, err
	}
	set := tables.Settings{Schema: ref}
	if mode := tables.Mode(fields["mode"]); slices.Contains(tables.Modes, mode) {
		set.Onto.Mode = mode
	}
	if key := fields["key"]; key != "" && set.Onto.Mode != tables.Replace {
		set.Onto.Key = []string{key}
	}
	link, rhythm := strings.TrimSpace(fields["link"]), publish.Rhythm(fields["rhythm"])
	if link == "" || !slices.Contains(publish.Rhythms, rhythm) {
		rhythm = ""
	}
	table := publish.Table{Resource: catalogue.ResourceID(fields["table"])}
	if fields["table"] == newTable {
		if table = (publish.Table{New: strings.TrimSpace(fields["table-title"])}); table.New == "" {
			return publish.Deposit{}, errs.New(errs.Invalid, "bring.table.untitled").WithField("table-title", "bring.table.untitled")
		}
	}
	d, err := p.o.Publish.StartTable(ctx, a, org, catalogue.DatasetID(fields["dataset"]), table)
	if err != nil {
		return d, err
	}
	return p.o.Publish.BringLink(ctx, a, d.ID, d.Revision, upload, set, link, rhythm)
}
