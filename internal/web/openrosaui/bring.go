package openrosaui

import (
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/interop/xlsform"
	"socle/internal/schema/form"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// bringView is the page that takes an XLSForm, and tells what was understood of it.
type bringView struct {
	Head         ui.PageHead
	Problems     ui.Problems
	Organisation *ui.Select // nil when there is one only
	OrgID        string
	File         ui.FileInput
	Report       *reportView
}

type reportView struct {
	Title      string
	Facts      ui.Facts
	Fails      bool
	Groups     []groupView
	Outline    []outlineView
	Definition string // JSON, for the next step
	OrgID      string
}

type groupView struct {
	Title   string
	Kind    ui.Kind
	Remarks []remarkView
}

type remarkView struct{ Place, Text string }

// outlineView is a line of the form as it was understood.
type outlineView struct {
	Depth           int
	Label, Kind     string
	Required, Group bool
}

func (p *Pages) bring(w http.ResponseWriter, r *http.Request) error {
	return p.bringPage(w, r, nil, nil)
}

func (p *Pages) bringPage(w http.ResponseWriter, r *http.Request, report *reportView, problem error) error {
	v, ctx := shell.From(r), r.Context()
	view := bringView{
		Head: ui.PageHead{Title: ui.T(ctx, "openrosaui.import.title"), Lead: ui.T(ctx, "openrosaui.import.lead")}, Report: report,
		File: ui.FileInput{Field: ui.Field{Name: "file", Label: ui.T(ctx, "openrosaui.import.file"), Help: ui.T(ctx, "openrosaui.import.file.help")}, Accept: ".xlsx,.xls,.ods,.csv", Multiple: true, Large: report == nil},
	}
	_, orgs := v.Actor.Where(identity.ActionEdit)
	names, err := p.o.Identity.OrganisationsByID(ctx, v.Actor, orgs...)
	if err != nil {
		return err
	}
	switch len(orgs) {
	case 0:
		return errs.New(errs.Denied, "openrosaui.no-organisation").WithHint("account.organisations.none")
	case 1:
		view.OrgID, view.Head.Eyebrow = string(orgs[0]), names[orgs[0]].Name
	default:
		view.Organisation = &ui.Select{Field: ui.Field{Name: "organisation", Label: ui.T(ctx, "openrosaui.organisation")}}
		for _, o := range orgs {
			view.Organisation.Options = append(view.Organisation.Options, ui.Option{Value: string(o), Label: names[o].Name})
		}
	}
	if report != nil && view.Organisation != nil {
		view.Organisation.Value = report.OrgID
	}
	status := http.StatusOK
	if problem != nil {
		e := errs.As(problem)
		if e.Kind == errs.Internal {
			return problem
		}
		status = httpx.Status(problem)
		view.File.Error = strings.TrimSpace(ui.T(ctx, e.Key, e.Args) + " " + ui.T(ctx, e.Hint, e.Args))
		view.Problems = ui.Problems{{Name: "file", Message: view.File.Error}}
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: []ui.Crumb{{Label: ui.T(ctx, "openrosaui.forms"), Href: Path}, {Label: view.Head.Title}}}, bringPage(view))
}

// brought is what the form of the page sent.
type brought struct {
	org   string
	name  string
	book  []byte
	files map[string][]byte
}

func (p *Pages) receive(r *http.Request) (b brought, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return b, errs.New(errs.Invalid, "openrosaui.import.none").WithHint("openrosaui.import.none.hint").Because(err)
	}
	b.files = map[string][]byte{}
	total := 0
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return b, cut(err)
		}
		content, err := io.ReadAll(io.LimitReader(part, maxWorkbook+1))
		if err != nil {
			return b, cut(err)
		}
		if total += len(content); total > maxWorkbook || len(b.files) > maxFiles {
			return b, errs.New(errs.TooLarge, "openrosaui.import.large", errs.Args{"Most": i18n.Bytes(maxWorkbook), "Files": maxFiles}).WithHint("openrosaui.import.large.hint")
		}
		b.take(part, content)
	}
	if len(b.book) == 0 {
		return b, errs.New(errs.Invalid, "openrosaui.import.none").WithHint("openrosaui.import.none.hint")
	}
	return b, nil
}

// take keeps one part: the first workbook, or else the first file, is the form.
func (b *brought) take(part *multipart.Part, content []byte) {
	name := path.Base(strings.ReplaceAll(part.FileName(), `\`, "/"))
	switch {
	case part.FormName() == "organisation":
		b.org = string(content)
	case part.FormName() != "file" || len(content) == 0:
	case len(b.book) == 0:
		b.name, b.book = name, content
	case isBook(name) && !isBook(b.name):
		b.files[b.name] = b.book
		b.name, b.book = name, content
	default:
		b.files[name] = content
	}
}

func isBook(name string) bool { return !strings.EqualFold(path.Ext(name), ".csv") }

func cut(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return errs.New(errs.Invalid, "openrosaui.import.cut").WithHint("openrosaui.import.cut.hint").Because(err)
}

// read tells what was understood of an XLSForm.
func (p *Pages) read(w http.ResponseWriter, r *http.Request) error {
	b, err := p.receive(r)
	if err != nil {
		return p.bringPage(w, r, nil, err)
	}
	result, err := xlsform.Read(r.Context(), tabular.Bytes(b.book), xlsform.Options{Name: b.name, Language: string(ui.LangOf(r.Context())), File: func(name string) (tabular.Source, bool) {
		content, ok := b.files[name]
		return tabular.Bytes(content), ok
	}})
	if err != nil {
		return p.bringPage(w, r, nil, err)
	}
	report, err := reportOf(r, result)
	if err != nil {
		return err
	}
	report.OrgID = b.org
	return p.bringPage(w, r, report, nil)
}

var levels = []struct {
	level xlsform.Level
	kind  ui.Kind
}{{xlsform.Wrong, ui.Wrong}, {xlsform.Left, ui.LookHere}, {xlsform.Changed, ui.LookHere}, {xlsform.Noted, ui.Information}}

func reportOf(r *http.Request, result *xlsform.Result) (*reportView, error) {
	ctx := r.Context()
	view := &reportView{Title: result.Definition.Title, Fails: result.Fails()}
	definition, err := json.Marshal(result.Definition)
	if err != nil {
		return nil, err
	}
	view.Definition = string(definition)
	view.Facts = ui.Facts{{Icon: "clipboard-list", Text: ui.T(ctx, "openrosaui.import.questions", errs.Args{"Count": result.Questions})}}
	for _, l := range levels {
		g := groupView{Title: ui.T(ctx, "xlsform.level."+l.level.String()), Kind: l.kind}
		for _, problem := range result.Problems {
			if problem.Level == l.level {
				g.Remarks = append(g.Remarks, remarkView{placeOf(r, problem), ui.T(ctx, problem.Key, problem.Args)})
			}
		}
		if len(g.Remarks) > 0 {
			view.Groups = append(view.Groups, g)
		}
	}
	view.outline(r, result.Definition.In(string(ui.LangOf(ctx))).Items, 0)
	return view, nil
}

// placeOf is where a remark stands: "survey, ligne 12, colonne relevant".
func placeOf(r *http.Request, p xlsform.Problem) string {
	ctx := r.Context()
	place := p.Sheet
	if p.Row > 0 {
		place = ui.T(ctx, "openrosaui.import.row", errs.Args{"Sheet": p.Sheet, "Row": p.Row})
	}
	if p.Row > 0 && p.Column != "" {
		place = ui.T(ctx, "openrosaui.import.cell", errs.Args{"Sheet": p.Sheet, "Row": p.Row, "Column": p.Column})
	}
	return place
}

func (v *reportView) outline(r *http.Request, items []form.Item, depth int) {
	for i := range items {
		it := &items[i]
		line := outlineView{Depth: min(depth, 4), Label: it.Label, Required: it.Required, Group: len(it.Items) > 0}
		switch it.Kind {
		case form.Section, form.Repeat:
			if line.Label = it.Title; line.Label == "" {
				line.Label = it.Name
			}
			line.Kind = ui.T(r.Context(), "openrosaui.kind."+string(it.Kind))
		case form.Note:
			line.Kind = ui.T(r.Context(), "openrosaui.kind.note")
		default:
			if line.Label == "" {
				line.Label = it.Name
			}
			line.Kind = ui.T(r.Context(), "collectui.control."+string(it.Control))
		}
		v.Outline = append(v.Outline, line)
		v.outline(r, it.Items, depth+1)
	}
}

// make makes the form that the report told of.
func (p *Pages) make(w http.ResponseWriter, r *http.Request) error {
	actor := shell.From(r).Actor
	text := r.PostFormValue("definition")
	if len(text) > maxMade {
		return errs.New(errs.TooLarge, "openrosaui.import.large", errs.Args{"Most": i18n.Bytes(maxWorkbook), "Files": maxFiles}).WithHint("openrosaui.import.large.hint")
	}
	var d form.Definition
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return p.bringPage(w, r, nil, errs.New(errs.Invalid, "openrosaui.import.none").WithHint("openrosaui.import.none.hint").Because(err))
	}
	org := identity.OrganisationID(r.PostFormValue("organisation"))
	f, err := p.create(r, actor, org, &d)
	if err != nil {
		if e := errs.As(err); e.Kind == errs.Invalid {
			return p.bringPage(w, r, nil, said(r, e))
		}
		return err
	}
	shell.Flash(w, r, ui.Good, "openrosaui.import.made")
	return shell.Redirect(w, r, p.o.Made(f.ID))
}

// create makes a form of members; what they enter waits for someone where the actor may
// not publish.
func (p *Pages) create(r *http.Request, a identity.Actor, org identity.OrganisationID, d *form.Definition) (collect.Form, error) {
	n := collect.NewForm{Organisation: org, Definition: d, Settings: collect.Settings{Access: collect.Members, Moderated: !a.Can(identity.ActionPublish, org)}}
	f, err := p.o.Collect.Create(r.Context(), a, n)
	if errs.Is(err, errs.Denied) && !n.Moderated {
		n.Moderated = true
		return p.o.Collect.Create(r.Context(), a, n)
	}
	return f, err
}

// said joins what is wrong with the fields into the message, as the page of a file has
// no other place for it.
func said(r *http.Request, e *errs.Error) error {
	var parts []string
	for _, f := range e.Fields {
		parts = append(parts, ui.T(r.Context(), "openrosa.field", errs.Args{"Name": f.Name, "Problem": ui.T(r.Context(), f.Key, f.Args)}))
	}
	if len(parts) == 0 {
		return e
	}
	return errs.New(errs.Invalid, "openrosaui.import.refused", errs.Args{"Problems": strings.Join(parts, " ; ")}).WithHint("openrosaui.import.refused.hint").Because(e)
}

var outlineClasses = []string{"import-line", "import-line import-line-1", "import-line import-line-2", "import-line import-line-3", "import-line import-line-4"}

func outlineClass(l outlineView) string {
	class := outlineClasses[l.Depth]
	if l.Group {
		class += " import-group"
	}
	return class
}
