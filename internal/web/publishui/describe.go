package publishui

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/publish"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// describeView is the form of the description.
type describeView struct {
	frameView
	Problems    ui.Problems
	Title       ui.Input
	Description ui.TextArea
	Licence     ui.Select
	Theme       ui.Select
	Frequency   ui.Select
	Keywords    ui.Input
	Contact     ui.Input
	Email       ui.Input
}

func (p *Pages) describeForm(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if gone, err := waiting(w, r, t); gone {
		return err
	}
	return p.describePage(w, r, t, t.deposit.Description, nil)
}

func (p *Pages) describePage(w http.ResponseWriter, r *http.Request, t path, m catalogue.Metadata, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	view := describeView{frameView: p.frame(ctx, t, publish.Describe, ui.T(ctx, "publishui.describe"))}
	if problem != nil {
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			return problem
		}
		status = httpx.Status(problem)
	}
	field := func(name string, optional bool) ui.Field {
		f := ui.Field{Name: name, Label: ui.T(ctx, "publishui.field."+name), Optional: optional, Error: view.Problems.Of(name)}
		if help := ui.T(ctx, "publishui.field."+name+".help"); !strings.HasPrefix(help, "[") {
			f.Help = help
		}
		return f
	}
	view.Title = ui.Input{Field: field("title", false), Value: m.Title, MaxLength: 200}
	view.Description = ui.TextArea{Field: field("description", false), Value: m.Description, Rows: 8, MaxLength: 20_000}
	view.Licence = ui.Select{Field: field("licence", false), Value: string(m.Licence)}
	for _, l := range catalogue.Licences {
		if !l.Software && l.ID != catalogue.NotSpecified {
			view.Licence.Options = append(view.Licence.Options, ui.Option{Value: string(l.ID), Label: l.Name})
		}
	}
	view.Theme = ui.Select{Field: field("theme", true), Empty: ui.T(ctx, "publishui.choose")}
	if len(m.Themes) > 0 {
		view.Theme.Value = string(m.Themes[0])
	}
	for _, th := range catalogue.Themes {
		view.Theme.Options = append(view.Theme.Options, ui.Option{Value: string(th.ID), Label: ui.T(ctx, th.LabelKey())})
	}
	view.Frequency = ui.Select{Field: field("frequency", true), Value: string(m.Frequency), Empty: ui.T(ctx, "publishui.choose")}
	for _, f := range catalogue.Frequencies {
		view.Frequency.Options = append(view.Frequency.Options, ui.Option{Value: string(f.ID), Label: ui.T(ctx, f.LabelKey())})
	}
	view.Keywords = ui.Input{Field: field("keywords", true), Value: strings.Join(m.Keywords, ", ")}
	view.Contact = ui.Input{Field: field("contact", true), Value: m.Contact.Name}
	view.Email = ui.Input{Field: field("contact.email", true), Type: "email", Value: m.Contact.Email}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, describeFormPage(view))
}

func (p *Pages) describe(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	m := t.deposit.Description
	m.Title, m.Description, m.Licence = r.PostFormValue("title"), r.PostFormValue("description"), catalogue.LicenceID(r.PostFormValue("licence"))
	m.Themes = nil
	if th := r.PostFormValue("theme"); th != "" {
		m.Themes = []catalogue.ThemeID{catalogue.ThemeID(th)}
	}
	m.Frequency = catalogue.FrequencyID(r.PostFormValue("frequency"))
	m.Keywords = nil
	for k := range strings.SplitSeq(r.PostFormValue("keywords"), ",") {
		if k = strings.TrimSpace(k); k != "" {
			m.Keywords = append(m.Keywords, k)
		}
	}
	m.Contact = catalogue.Contact{Name: r.PostFormValue("contact"), Email: r.PostFormValue("contact.email")}
	revision, _ := strconv.Atoi(r.PostFormValue("revision"))
	if _, err := p.o.Publish.SetDescription(r.Context(), shell.From(r).Actor, t.deposit.ID, revision, m, true); err != nil {
		if errs.Is(err, errs.Invalid) {
			return p.describePage(w, r, t, m, err)
		}
		return err
	}
	return shell.Redirect(w, r, t.url("/publish"))
}

// publishView is the last step.
type publishView struct {
	frameView
	NotReady   *ui.Notice
	Back       *ui.Button
	Sum        ui.KeyValues
	Personal   []groupView
	Visibility *ui.Radios // nil when the dataset has one already
	Note       ui.Input
	Act        string
	MayPublish bool
}

func (p *Pages) publishForm(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if gone, err := waiting(w, r, t); gone {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	view := publishView{frameView: p.frame(ctx, t, publish.Publish, ui.T(ctx, "publishui.publish"))}
	if !t.i.Ready() {
		view.NotReady, view.Back = p.verdict(ctx, t)
	} else if !t.deposit.Described && t.deposit.Dataset == "" {
		return shell.Redirect(w, r, t.url("/describe"))
	}
	if t.i.State == tables.Checked {
		rows, err := p.o.Tables.First(ctx, t.i, sampleRows)
		if err != nil {
			return err
		}
		view.Personal = personal(ctx, columnsOf(t.i, rows))
	}
	m := t.deposit.Description
	org, err := p.o.Identity.Organisation(ctx, a, t.deposit.Organisation)
	if err != nil {
		return err
	}
	view.Sum = summary(ctx, t, m, org.Name)
	view.Act = ui.T(ctx, "publishui.publish.act", i18n.Args{"Count": int(t.i.Outcome.Rows), "Rows": ui.Integer(ctx, t.i.Outcome.Rows)})
	view.Note = ui.Input{Field: ui.Field{Name: "note", Label: ui.T(ctx, "publishui.note"), Help: ui.T(ctx, "publishui.note.help"), Optional: true}, MaxLength: 500}
	if t.deposit.Dataset == "" {
		view.Visibility = &ui.Radios{Field: ui.Field{Name: "visibility", Label: ui.T(ctx, "publishui.visibility")}, Value: string(publish.Public), Options: []ui.Option{
			{Value: string(publish.Public), Label: ui.T(ctx, "publishui.visibility.public"), Help: ui.T(ctx, "publishui.visibility.public.help")},
			{Value: string(publish.Internal), Label: ui.T(ctx, "publishui.visibility.internal"), Help: ui.T(ctx, "publishui.visibility.internal.help")}}}
	}
	view.MayPublish = p.o.Publish.May(a, t.deposit)
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, publishFormPage(view))
}

// summary says what will be published.
func summary(ctx context.Context, t path, m catalogue.Metadata, org string) ui.KeyValues {
	var kv ui.KeyValues
	add := func(key, value string) {
		if value != "" {
			kv.Rows = append(kv.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
		}
	}
	add("publishui.field.title", m.Title)
	add("publishui.organisation", org)
	add("publishui.said.rows", ui.Integer(ctx, t.i.Outcome.Rows))
	add("publishui.said.columns", ui.Integer(ctx, int64(len(t.i.Outcome.Header))))
	if l, ok := catalogue.FindLicence(m.Licence); ok {
		add("publishui.field.licence", l.Name)
	}
	if id := t.i.Outcome.SchemaID; id != "" {
		add("publishui.schema", id)
	} else {
		add("publishui.schema", ui.T(ctx, "publishui.free"))
	}
	if n := t.i.Outcome.Repaired; n > 0 {
		add("publishui.said.repaired", ui.Integer(ctx, int64(n)))
	}
	add("publishui.said.original", t.i.Name)
	return kv
}

func (p *Pages) publish(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(r.PostFormValue("revision"))
	d, err := p.o.Publish.Finish(r.Context(), shell.From(r).Actor, t.deposit.ID, revision, publish.Visibility(r.PostFormValue("visibility")), r.PostFormValue("note"))
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "publishui.done", i18n.Args{"Title": d.Title})
	return shell.Redirect(w, r, "/datasets/"+d.Slug)
}
