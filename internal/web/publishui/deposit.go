package publishui

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/publish"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// path is a deposit on its way, and its import.
type path struct {
	deposit publish.Deposit
	i       tables.Import
}

func (p *Pages) find(r *http.Request) (out path, err error) {
	v, ctx := shell.From(r), r.Context()
	if out.deposit, err = p.o.Publish.Find(ctx, v.Actor, publish.DepositID(r.PathValue("id"))); err != nil {
		return out, err
	}
	if out.deposit.State == publish.Published {
		return out, nil
	}
	if out.deposit.Import != "" {
		out.i, err = p.o.Tables.FindImport(ctx, v.Actor, out.deposit.Import)
	}
	return out, err
}

func (t path) url(part string) string { return "/deposits/" + string(t.deposit.ID) + part }

// frameView is what all steps share.
type frameView struct {
	Head  ui.PageHead
	Steps ui.Steps
	Saved string
	URL   string
	// Revision of the deposit and of its import, given back to change them.
	Revision, ImportRevision int
}

func (p *Pages) frame(ctx context.Context, t path, at publish.Step, title string) frameView {
	name := t.deposit.Description.Title
	if name == "" {
		name = t.i.Name
	}
	f := frameView{Head: ui.PageHead{Eyebrow: name, Title: title}, URL: t.url(""), Revision: t.deposit.Revision, ImportRevision: t.i.Revision,
		Saved: ui.T(ctx, "publishui.saved", i18n.Args{"When": ui.Ago(ctx, t.deposit.ChangedAt, p.o.Now())})}
	reached := t.deposit.Step(t.i)
	done := true
	for _, s := range publish.Steps {
		step := ui.Step{Label: ui.T(ctx, "publishui.step."+string(s))}
		if s == reached {
			done = false
		}
		switch {
		case s == at:
			step.State = ui.StepCurrent
		case done:
			step.State = ui.StepDone
		}
		if s != publish.Bring && (done || s == reached || t.i.State == tables.Checked && s == publish.Describe) {
			step.Href = t.url("/" + string(s))
		}
		f.Steps.Steps = append(f.Steps.Steps, step)
	}
	f.Steps.Label = ui.T(ctx, "publishui.steps")
	return f
}

// deposit goes on where the deposit stands.
func (p *Pages) deposit(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	switch t.deposit.State {
	case publish.Published:
		d, err := p.o.Catalogue.Get(r.Context(), shell.From(r).Actor, t.deposit.Dataset)
		if err != nil {
			return err
		}
		return shell.Redirect(w, r, "/datasets/"+d.Slug)
	case publish.Abandoned:
		return shell.Redirect(w, r, "/desk")
	case publish.Asked, publish.Dated:
		return p.waitingFor(w, r, t, nil)
	case publish.Open:
	}
	if t.i.State == tables.Queued {
		return p.waitPage(w, r, t)
	}
	step := t.deposit.Step(t.i)
	if step == publish.Describe && t.i.Revision == 1 {
		// A file that looks like more than it was said to be is shown first.
		if recognise(r.Context(), t.i) != nil {
			step = publish.Understand
		}
	}
	return shell.Redirect(w, r, t.url("/"+string(step)))
}

// waitView shows that the file is being read.
type waitView struct {
	frameView
	Progress ui.Progress
}

func (p *Pages) waitPage(w http.ResponseWriter, r *http.Request, t path) error {
	ctx := r.Context()
	view := waitView{frameView: p.frame(ctx, t, publish.Understand, ui.T(ctx, "publishui.wait")), Progress: p.progressOf(ctx, t)}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, waitingPage(view))
}

func (p *Pages) progressOf(ctx context.Context, t path) ui.Progress {
	bar := ui.Progress{ID: "reading", Label: ui.T(ctx, "publishui.wait.label", i18n.Args{"Name": t.i.Name}), Poll: t.url("/progress")}
	if f := t.i.Failure; f != nil {
		bar.Detail = ui.T(ctx, f.Key, f.Args) + " " + ui.T(ctx, f.Hint, f.Args)
		return bar
	}
	if done, total, ok := p.o.Tables.Progress(ctx, t.i); ok {
		bar.Value, bar.Max = done, total
		bar.Detail = ui.T(ctx, "publishui.wait.detail", i18n.Args{"Done": ui.Bytes(ctx, done), "Total": ui.Bytes(ctx, total)})
	}
	return bar
}

// progress is what the waiting page asks each second.
func (p *Pages) progress(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if t.i.State != tables.Queued || !shell.Partial(r) {
		return shell.Redirect(w, r, t.url(""))
	}
	return shell.Fragment(w, r, p.progressOf(r.Context(), t))
}

// understandView says how the file was read and lets it be read otherwise.
type understandView struct {
	frameView
	Failure *ui.Notice
	Keep    *ui.Button // gives what is no table otherwise: as a plain link, as a plain file
	KeepAs  string     // what that is
	Said    ui.KeyValues
	Verdict *ui.Notice
	// Resembles is a schema to propose; nil when there is none.
	Resembles *resembling
	Personal  []groupView
	Preview   ui.Table
	Schema    schemaView
	Reading   readingView
	System    ui.Select   // of the coordinates
	Types     []ui.Select // of columns, by hand; none when a schema gives them
	TypesOpen bool
	Next      *ui.Button
}

// waiting sends to the waiting page while the file is read.
func waiting(w http.ResponseWriter, r *http.Request, t path) (bool, error) {
	if t.deposit.State != publish.Open || t.i.State == tables.Queued || t.i.ID == "" {
		return true, shell.Redirect(w, r, t.url(""))
	}
	return false, nil
}

// previewRows is how many rows are shown of a file.
const previewRows = 10

func (p *Pages) understand(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if gone, err := waiting(w, r, t); gone {
		return err
	}
	ctx, i := r.Context(), t.i
	view := understandView{frameView: p.frame(ctx, t, publish.Understand, ui.T(ctx, "publishui.understand"))}
	if err := p.readingForm(ctx, t, &view); err != nil {
		return err
	}
	if i.State == tables.Failed {
		view.Failure = &ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, i.Failure.Key, i.Failure.Args)}
		if i.Failure.Hint != "" {
			view.Failure.Text = ui.T(ctx, i.Failure.Hint, i.Failure.Args)
		}
		if err := p.offerPlain(r, t.deposit, &view); err != nil {
			return err
		}
		return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, understandPage(view))
	}
	view.Said = said(ctx, i)
	rows, err := p.o.Tables.First(ctx, i, previewRows)
	if err != nil {
		return err
	}
	view.Resembles, view.Personal = recognise(ctx, i), personal(ctx, i.Outcome.Personal())
	view.Preview = preview(ctx, i, rows)
	view.Verdict, view.Next = p.verdict(ctx, t)
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, understandPage(view))
}

// verdict says whether the file can go on, and where.
func (p *Pages) verdict(ctx context.Context, t path) (*ui.Notice, *ui.Button) {
	o := t.i.Outcome
	schema := ui.T(ctx, "publishui.free")
	if o.SchemaID != "" {
		schema = p.schemaName(ctx, o.SchemaID)
	}
	if f := t.i.Failure; f != nil {
		n := &ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, f.Key, f.Args)}
		return n, &ui.Button{Label: ui.T(ctx, "publishui.reread-otherwise"), Href: t.url("/understand"), Style: ui.Primary, Icon: "refresh-cw"}
	}
	if t.i.Ready() {
		n := &ui.Notice{Kind: ui.Good, Title: ui.T(ctx, "publishui.valid", i18n.Args{"Count": int(o.Rows), "Rows": ui.Integer(ctx, o.Rows), "Schema": schema})}
		return n, &ui.Button{Label: ui.T(ctx, "publishui.go-on"), Href: t.url("/describe"), Style: ui.Primary, Icon: "arrow-right"}
	}
	if t.i.NoRows() && t.i.Outcome.Valid {
		n := &ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, "tables.import.no-rows"), Text: ui.T(ctx, "tables.import.no-rows.hint")}
		return n, &ui.Button{Label: ui.T(ctx, "publishui.reread-otherwise"), Href: t.url("/understand"), Style: ui.Primary, Icon: "refresh-cw"}
	}
	n := &ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, "publishui.invalid", i18n.Args{"Count": o.Errors, "Errors": ui.Integer(ctx, int64(o.Errors)), "Schema": schema})}
	return n, &ui.Button{Label: ui.T(ctx, "publishui.to-mend"), Href: t.url("/mend"), Style: ui.Primary, Icon: "wrench"}
}

// schemaName is what a person calls the schema of a reference.
func (p *Pages) schemaName(ctx context.Context, ref string) string {
	if found, err := p.o.Schemas.Lookup(ctx, ref); err == nil {
		return found.Name(ui.LangOf(ctx))
	}
	return ref
}

// schemaID is how the list of schemas names the one of a reference: without its
// version when it is the newest.
func (p *Pages) schemaID(ctx context.Context, ref string) string {
	id := tables.ParseSchemaRef(ref).ID
	if found, err := p.o.Schemas.Lookup(ctx, id); ref != "" && err == nil && found.Ref == ref {
		return id
	}
	return ref
}

// said lists what was recognised.
func said(ctx context.Context, i tables.Import) ui.KeyValues {
	var kv ui.KeyValues
	add := func(key, value string) {
		if value != "" {
			kv.Rows = append(kv.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
		}
	}
	info := i.Outcome.Info
	format := strings.ToUpper(info.Format)
	if info.Compression != "" {
		format += " (" + info.Compression + ")"
	}
	add("publishui.said.file", i.Name+" ("+ui.Bytes(ctx, i.Original.Size)+")")
	add("publishui.said.format", format)
	add("publishui.said.encoding", info.Encoding)
	add("publishui.said.delimiter", delimiterName(ctx, info.Delimiter))
	add("publishui.said.sheet", info.Sheet)
	add("publishui.said.rows", ui.Integer(ctx, i.Outcome.Rows))
	add("publishui.said.columns", ui.Integer(ctx, int64(info.Columns)))
	add("publishui.said.crs", systemSaid(ctx, info))
	if info.PreambleRows+info.FootnoteRows > 0 {
		add("publishui.said.around", ui.Integer(ctx, int64(info.PreambleRows+info.FootnoteRows)))
	}
	add("onto.said", joined(ctx, i))
	if i.Outcome.Repaired > 0 {
		add("publishui.said.repaired", ui.Integer(ctx, int64(i.Outcome.Repaired)))
	}
	return kv
}

// joined says what becomes of the table that rows are brought to; "" when they
// are the whole table.
func joined(ctx context.Context, i tables.Import) string {
	mode := i.Settings.Onto.Mode
	if mode == tables.Replace || !i.Ready() {
		return ""
	}
	return ui.T(ctx, "onto.said."+string(mode), i18n.Args{"Count": int(i.Outcome.Rows), "Rows": ui.Integer(ctx, i.Outcome.Rows), "Replaced": ui.Integer(ctx, i.Outcome.Joined.Replaced), "Total": ui.Integer(ctx, i.Outcome.Total())})
}

func delimiterName(ctx context.Context, d string) string {
	if d == "\t" {
		return ui.T(ctx, "publishui.tab")
	}
	return d
}

func preview(ctx context.Context, i tables.Import, rows []tables.RowText) ui.Table {
	t := ui.Table{ID: "preview", Caption: ui.T(ctx, "publishui.preview"), Dense: true}
	for _, h := range i.Outcome.Header {
		t.Columns = append(t.Columns, ui.Column{Label: h, Kind: ui.ColumnText})
	}
	for _, row := range rows {
		line := ui.Row{Number: strconv.Itoa(row.Row)}
		for _, c := range row.Cells {
			line.Cells = append(line.Cells, ui.Cell{Text: c})
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// reread changes the settings of the import and goes to where the path stands.
func (p *Pages) reread(w http.ResponseWriter, r *http.Request, t path, set tables.Settings) error {
	revision, err := strconv.Atoi(r.PostFormValue("import-revision"))
	if err != nil {
		return errs.New(errs.Conflict, "tables.import.changed").WithHint("tables.import.changed.hint")
	}
	if _, err := p.o.Publish.Reread(r.Context(), shell.From(r).Actor, t.deposit.ID, revision, set); err != nil {
		return err
	}
	return shell.Redirect(w, r, t.url(""))
}

// free reads the file as a table of its own, without a schema; what was mended is
// kept.
func (p *Pages) free(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	set := t.i.Settings
	set.Schema, set.Steps, set.AllSafe = "", nil, false
	return p.reread(w, r, t, set)
}

func (p *Pages) repair(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	found, err := p.o.Tables.Findings(r.Context(), t.i)
	if err != nil {
		return err
	}
	var choices []check.Choice
	if id := r.PostFormValue("repair"); id != "" {
		choices = []check.Choice{{ID: id, Field: r.PostFormValue("field")}}
	} else if found.Plan != nil {
		choices = found.Plan.Safe()
	}
	return p.reread(w, r, t, t.i.Settings.With(choices...))
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	row, err := strconv.Atoi(r.PostFormValue("row"))
	if err != nil {
		return errs.New(errs.Invalid, "repair.no-such-row", errs.Args{"Row": r.PostFormValue("row")}).WithHint("repair.no-such-row.hint")
	}
	return p.reread(w, r, t, t.i.Settings.With(check.Choice{ID: check.Edit, Field: r.PostFormValue("field"), Row: row, Value: r.PostFormValue("value")}))
}

func (p *Pages) undo(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	return p.reread(w, r, t, t.i.Settings.Undone())
}

func (p *Pages) abandon(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if err := p.o.Publish.Abandon(r.Context(), shell.From(r).Actor, t.deposit.ID, t.deposit.Revision); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Information, "publishui.abandoned")
	return shell.Redirect(w, r, "/desk")
}
