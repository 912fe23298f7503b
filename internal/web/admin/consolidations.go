package admin

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/consolidation"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/schema/national"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

const consolidationsPath = "/admin/consolidations"

// consolidations lists the schemas of which the territory has one dataset, then
// those of which it could.
func (p *Pages) consolidations(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	if err := v.Actor.Require(identity.ActionTerritory, ""); err != nil {
		return err
	}
	list, err := p.o.Merge.List(ctx, v.Actor)
	if err != nil {
		return err
	}
	view := consolidationsView{frame: frame{tabs(ctx, v.Actor, consolidationsPath), ui.PageHead{Title: ui.T(ctx, "consolidationui.title"), Lead: ui.T(ctx, "consolidationui.lead")}}}
	there := map[string]bool{}
	for _, c := range list {
		there[c.Schema] = true
		it := ui.Item{Eyebrow: p.schemaName(ctx, c.Schema), Title: c.Title, Href: schemaAddress(c.Schema)}
		if c.Dataset == "" {
			it.Badges = []ui.Badge{{Label: ui.T(ctx, "consolidationui.waiting"), Kind: ui.Information, Icon: "clock"}}
		} else {
			it.Facts = []ui.Fact{{Icon: "table-2", Text: ui.T(ctx, "catalogueui.rows", i18n.Args{"Count": c.Rows, "Rows": ui.Integer(ctx, c.Rows)})}, {Icon: "clock", Text: ui.Ago(ctx, c.BuiltAt, p.o.Now())}}
			if d, err := p.o.Catalogue.Get(ctx, v.Actor, c.Dataset); err == nil && d.State == catalogue.Published {
				it.Actions = []ui.Button{{Label: ui.T(ctx, "consolidationui.see"), Href: "/datasets/" + d.Slug + "/contributors", Style: ui.Quiet, Icon: "users"}}
			}
		}
		view.Mine.Items = append(view.Mine.Items, it)
	}
	view.Mine.Level, view.Could.Level = 3, 3
	if view.Could.Items, err = p.could(ctx, there); err != nil {
		return err
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, consolidationsPage(view))
}

// consolidationsView is the list.
type consolidationsView struct {
	frame
	Mine  ui.Items
	Could ui.Items
}

// could lists the schemas that published tables follow, the most tables first, then
// the others of the bundled ones.
func (p *Pages) could(ctx context.Context, there map[string]bool) (items []ui.Item, err error) {
	type found struct {
		id     string
		tables int
	}
	counts, err := p.o.Catalogue.SchemasBorne(ctx, identity.Anonymous())
	if err != nil {
		return nil, err
	}
	for _, e := range national.List() {
		counts[e.ID] += 0
	}
	var list []found
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		if !there[id] {
			list = append(list, found{id, counts[id]})
		}
	}
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Compare(b.tables, a.tables) })
	for _, f := range list {
		items = append(items, ui.Item{Title: p.schemaName(ctx, f.id), Href: schemaAddress(f.id), Facts: []ui.Fact{{Icon: "table-2", Text: ui.T(ctx, "consolidationui.tables", ui.Count(f.tables))}}})
	}
	return items, nil
}

func schemaAddress(id string) string {
	return consolidationsPath + "/schema?schema=" + url.QueryEscape(id)
}

func (p *Pages) schemaName(ctx context.Context, id string) string {
	s, err := p.o.Schemas.Lookup(ctx, id)
	if err != nil {
		return id
	}
	return s.Name(ui.LangOf(ctx))
}

// consolidationView is the form of one.
type consolidationView struct {
	frame
	Schema   string
	Revision string // "" for a new one
	Wrong    *ui.Notice
	Problems ui.Problems
	Owner    *ui.Select // nil once it is chosen
	Title    ui.Input
	About    ui.TextArea
	Rule     ui.Radios
	Key      ui.Input
	Order    ui.TextArea
	Renamed  ui.TextArea
	Reason   *ui.Input // of the end; nil for a new one
	Submit   string
}

func (p *Pages) consolidationForm(w http.ResponseWriter, r *http.Request) error {
	ctx, a, id := r.Context(), shell.From(r).Actor, r.URL.Query().Get("schema")
	if err := a.Require(identity.ActionTerritory, ""); err != nil {
		return err
	}
	if id == "" {
		return shell.Redirect(w, r, consolidationsPath)
	}
	c, err := p.o.Merge.Find(ctx, a, id)
	if errs.Is(err, errs.NotFound) {
		name := p.schemaName(ctx, id)
		c, err = consolidation.Consolidation{Schema: id, Form: consolidation.Form{Rule: consolidation.KeepAll, Title: ui.T(ctx, "consolidationui.proposed.title", i18n.Args{"Schema": name}), Description: ui.T(ctx, "consolidationui.proposed.text", i18n.Args{"Schema": name})}}, nil
	}
	if err != nil {
		return err
	}
	return p.consolidationPage(w, r, c, written(c.Form), nil)
}

// typed is the form as it is typed.
type typed struct{ key, order, renamed string }

func written(f consolidation.Form) typed {
	t := typed{key: strings.Join(f.Key, ", ")}
	for _, from := range slices.Sorted(maps.Keys(f.Renamed)) {
		t.renamed += from + " = " + f.Renamed[from] + "\n"
	}
	return t
}

func (p *Pages) consolidationPage(w http.ResponseWriter, r *http.Request, c consolidation.Consolidation, t typed, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	sch, err := p.o.Schemas.Find(ctx, c.Schema)
	if err != nil {
		return err
	}
	view := consolidationView{frame: frame{tabs(ctx, v.Actor, consolidationsPath), ui.PageHead{Eyebrow: p.schemaName(ctx, c.Schema), Title: ui.T(ctx, "consolidationui.form"), Lead: ui.T(ctx, "consolidationui.form.lead")}}, Schema: c.Schema, Submit: ui.T(ctx, "consolidationui.start")}
	if problem != nil {
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			if view.Wrong = said(ctx, problem); view.Wrong == nil {
				return problem
			}
		}
	}
	field := func(name string, optional bool) ui.Field {
		f := ui.Field{Name: name, Label: ui.T(ctx, "consolidationui.field."+name), Error: view.Problems.Of(name), Optional: optional}
		if help := "consolidationui.help." + name; i18n.Known(ui.LangOf(ctx), help) {
			f.Help = ui.T(ctx, help)
		}
		return f
	}
	orgs, err := p.ranked(ctx, v.Actor, c.Order, &t)
	if err != nil {
		return err
	}
	if c.Revision > 0 {
		view.Revision, view.Submit = strconv.Itoa(c.Revision), ui.T(ctx, "consolidationui.save")
		view.Reason = &ui.Input{Field: field("reason", false), MaxLength: 500}
	} else {
		view.Owner = &ui.Select{Field: field("organisation", false), Value: string(c.Organisation)}
		for _, o := range orgs {
			if v.Actor.Can(identity.ActionPublish, o.ID) {
				view.Owner.Options = append(view.Owner.Options, ui.Option{Value: string(o.ID), Label: o.Name})
			}
		}
	}
	view.Title = ui.Input{Field: field("title", false), Value: c.Title, MaxLength: 200}
	view.About = ui.TextArea{Field: field("description", false), Value: c.Description, Rows: 5}
	view.Rule = ui.Radios{Field: field("rule", false), Value: string(c.Rule)}
	for _, rule := range consolidation.Rules {
		view.Rule.Options = append(view.Rule.Options, ui.Option{Value: string(rule), Label: ui.T(ctx, rule.LabelKey())})
	}
	view.Key = ui.Input{Field: field("key", true), Value: t.key}
	view.Key.Help = keyHelp(ctx, sch)
	view.Order = ui.TextArea{Field: field("order", true), Value: t.order, Rows: 4}
	view.Renamed = ui.TextArea{Field: field("renamed", true), Value: t.renamed, Rows: 4}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, consolidationFormPage(view))
}

// keyHelp says which columns tell a row from another unless some are named.
func keyHelp(ctx context.Context, s *schema.Schema) string {
	if names := consolidation.Key(s, nil); len(names) > 0 {
		return ui.T(ctx, "consolidationui.help.key-of-schema", i18n.Args{"Names": strings.Join(names, ", ")})
	}
	return ui.T(ctx, "consolidationui.help.key-all")
}

// ranked reads the organisations, and writes those of an order by name.
func (p *Pages) ranked(ctx context.Context, a identity.Actor, order []identity.OrganisationID, t *typed) (all []identity.Organisation, err error) {
	for o, err := range p.o.Identity.AllOrganisations(ctx, a, identity.OrganisationQuery{}) {
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	if t.order == "" {
		for _, id := range order {
			for _, o := range all {
				if o.ID == id {
					t.order += o.Name + "\n"
				}
			}
		}
	}
	return all, nil
}

func (p *Pages) saveConsolidation(w http.ResponseWriter, r *http.Request) error {
	ctx, a, id := r.Context(), shell.From(r).Actor, r.PostFormValue("schema")
	if r.PostFormValue("act") == "stop" {
		if err := p.o.Merge.Stop(ctx, a, id, r.PostFormValue("reason")); err != nil {
			return err
		}
		shell.Flash(w, r, ui.Good, "consolidationui.stopped")
		return shell.Redirect(w, r, consolidationsPath)
	}
	c := consolidation.Consolidation{Schema: id, Form: consolidation.Form{
		Organisation: identity.OrganisationID(r.PostFormValue("organisation")), Title: r.PostFormValue("title"), Description: r.PostFormValue("description"), Rule: consolidation.Rule(r.PostFormValue("rule")),
	}}
	t := typed{r.PostFormValue("key"), r.PostFormValue("order"), r.PostFormValue("renamed")}
	err := p.read(ctx, a, t, &c.Form)
	if err == nil {
		if r.PostFormValue("revision") != "" {
			c.Revision = shell.Revision(r)
			_, err = p.o.Merge.Change(ctx, a, id, c.Revision, c.Form)
		} else {
			_, err = p.o.Merge.Start(ctx, a, id, c.Form)
		}
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		return p.consolidationPage(w, r, c, t, err)
	}
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "consolidationui.saved")
	return shell.Redirect(w, r, consolidationsPath)
}

// read reads what is typed in lines. Kinds: Invalid (fields).
func (p *Pages) read(ctx context.Context, a identity.Actor, t typed, f *consolidation.Form) error {
	e := errs.New(errs.Invalid, "consolidation.invalid").WithHint("consolidation.invalid.hint")
	for _, name := range strings.FieldsFunc(t.key, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if name = strings.TrimSpace(name); name != "" {
			f.Key = append(f.Key, name)
		}
	}
	f.Renamed = map[string]string{}
	for line := range strings.Lines(t.renamed) {
		from, to, ok := strings.Cut(line, "=")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if !ok {
			e.WithField("renamed", "consolidationui.field.line", errs.Args{"Line": strings.TrimSpace(line)})
			continue
		}
		f.Renamed[strings.TrimSpace(from)] = strings.TrimSpace(to)
	}
	if strings.TrimSpace(t.order) != "" {
		all, err := p.ranked(ctx, a, nil, &typed{})
		if err != nil {
			return err
		}
		for line := range strings.Lines(t.order) {
			name := identity.Fold(strings.TrimSpace(line))
			i := slices.IndexFunc(all, func(o identity.Organisation) bool { return identity.Fold(o.Name) == name })
			switch {
			case name == "":
			case i < 0:
				e.WithField("order", "consolidationui.field.producer", errs.Args{"Name": strings.TrimSpace(line)})
			default:
				f.Order = append(f.Order, all[i].ID)
			}
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}
