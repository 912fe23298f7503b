package collectui

import (
	"context"
	"net/http"
	"slices"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/schema/form"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

type formsView struct {
	Head  ui.PageHead
	Items ui.Items
	Empty *ui.Empty
}

// forms lists the forms of one's organisations.
func (p *Pages) forms(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	list, err := p.o.Collect.Managed(ctx, v.Actor)
	if err != nil {
		return err
	}
	names, err := p.names(r, list)
	if err != nil {
		return err
	}
	view := formsView{Head: ui.PageHead{Title: ui.T(ctx, "collectui.forms"), Lead: ui.T(ctx, "collectui.forms.lead")}, Items: ui.Items{Level: 2}}
	_, orgs := v.Actor.Where(identity.ActionEdit)
	create := ui.Button{Label: ui.T(ctx, "collectui.new"), Icon: "plus", Href: "/formulaires/nouveau", Style: ui.Primary}
	if len(orgs) > 0 {
		view.Head.Actions = []ui.Button{create}
	}
	for _, f := range list {
		view.Items.Items = append(view.Items.Items, p.item(ctx, v.Actor, f, names[f.Organisation].Name))
	}
	if len(list) == 0 {
		view.Empty = &ui.Empty{Icon: "clipboard-list", Title: ui.T(ctx, "collectui.forms.none"), Text: ui.T(ctx, "collectui.forms.none.text")}
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: deskCrumbs(ctx, view.Head.Title)}, formsPage(view))
}

func deskCrumbs(ctx context.Context, title string) []ui.Crumb {
	return []ui.Crumb{{Label: ui.T(ctx, "publishui.desk"), Href: "/desk"}, {Label: title}}
}

func (p *Pages) names(r *http.Request, list []collect.Form) (map[identity.OrganisationID]identity.Organisation, error) {
	var orgs []identity.OrganisationID
	for _, f := range list {
		if !slices.Contains(orgs, f.Organisation) {
			orgs = append(orgs, f.Organisation)
		}
	}
	return p.o.Identity.OrganisationsByID(r.Context(), shell.From(r).Actor, orgs...)
}

func (p *Pages) item(ctx context.Context, a identity.Actor, f collect.Form, org string) ui.Item {
	base := "/formulaires/" + string(f.ID)
	it := ui.Item{Eyebrow: org, Title: f.Definition.Title, Href: base, Badges: []ui.Badge{p.openBadge(ctx, f)}}
	if f.Counts.Waiting > 0 {
		it.Badges = append(it.Badges, ui.Badge{Label: ui.T(ctx, "collectui.waiting", ui.Count(f.Counts.Waiting)), Kind: ui.LookHere, Icon: "clock"})
	}
	it.Facts = []ui.Fact{{Icon: "list-checks", Text: ui.T(ctx, "collectui.count", ui.Count(f.Counts.Accepted))}, {Icon: accessIcon(f.Access), Text: ui.T(ctx, "collectui.access."+string(f.Access))}}
	it.Actions = []ui.Button{{Label: ui.T(ctx, "collectui.fill"), Icon: "pencil", Href: "/f/" + f.Slug}}
	if f.Counts.Waiting > 0 && a.Can(identity.ActionEdit, f.Organisation) {
		it.Actions = append(it.Actions, ui.Button{Label: ui.T(ctx, "collectui.moderate"), Icon: "list-checks", Href: base + "/saisies?state=waiting"})
	}
	return it
}

func accessIcon(a collect.Access) ui.Icon {
	switch a {
	case collect.Link:
		return "link"
	case collect.Public:
		return "globe"
	}
	return "users"
}

func (p *Pages) openBadge(ctx context.Context, f collect.Form) ui.Badge {
	switch now := p.o.Now(); {
	case now.Before(f.Opens):
		return ui.Badge{Label: ui.T(ctx, "collectui.opens", i18n.Args{"Date": f.Opens}), Kind: ui.Information, Icon: "calendar"}
	case f.Open(now):
		return ui.Badge{Label: ui.T(ctx, "collectui.open"), Kind: ui.Good, Icon: "circle-check"}
	}
	return ui.Badge{Label: ui.T(ctx, "collectui.closed"), Icon: "lock"}
}

type newView struct {
	Head ui.PageHead
	Form ui.Form
	Org  ui.Select
	From ui.Select
	Name ui.Input
	Send ui.Button
}

func (p *Pages) newForm(w http.ResponseWriter, r *http.Request) error {
	if id := r.URL.Query().Get("resource"); id != "" {
		return p.onTablePage(w, r, catalogue.ResourceID(id), "", http.StatusOK, nil)
	}
	return p.newPage(w, r, r.URL.Query().Get("schema"), "", http.StatusOK, nil)
}

func (p *Pages) newPage(w http.ResponseWriter, r *http.Request, schema, title string, status int, problems ui.Problems) error {
	v, ctx := shell.From(r), r.Context()
	_, orgs := v.Actor.Where(identity.ActionEdit)
	if len(orgs) == 0 {
		return v.Actor.Require(identity.ActionEdit, "")
	}
	names, err := p.o.Identity.OrganisationsByID(ctx, v.Actor, orgs...)
	if err != nil {
		return err
	}
	view := newView{Head: ui.PageHead{Title: ui.T(ctx, "collectui.new"), Lead: ui.T(ctx, "collectui.new.lead"), Actions: []ui.Button{{Label: ui.T(ctx, "openrosaui.from"), Icon: "upload", Href: "/formulaires/importer"}}}, Form: ui.Form{Action: "/formulaires", Problems: problems}}
	view.Org = ui.Select{Field: ui.Field{Name: "organisation", Label: ui.T(ctx, "collectui.organisation")}, Value: string(orgs[0])}
	for _, id := range orgs {
		view.Org.Options = append(view.Org.Options, ui.Option{Value: string(id), Label: names[id].Name})
	}
	view.From = ui.Select{Field: ui.Field{Name: "schema", Label: ui.T(ctx, "collectui.schema"), Help: ui.T(ctx, "collectui.schema.help"), Either: true, Error: problems.Of("schema")}, Value: schema, Empty: ui.T(ctx, "collectui.schema.free")}
	if view.From.Options, err = shell.SchemaOptions(ctx, p.o.Schemas, schema); err != nil {
		return err
	}
	view.Name = ui.Input{Field: ui.Field{Name: "title", Label: ui.T(ctx, "collectui.title"), Help: ui.T(ctx, "collectui.title.help"), Either: true, Error: problems.Of("title")}, Value: title, MaxLength: 200}
	view.Send = ui.Button{Label: ui.T(ctx, "collectui.create"), Style: ui.Primary, Submit: true, Icon: "plus"}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: p.crumbs(ctx, view.Head.Title)}, newFormPage(view))
}

// formCrumbs lead to the page of a form from those below it.
func (p *Pages) formCrumbs(ctx context.Context, f collect.Form, here string) []ui.Crumb {
	list := p.crumbs(ctx, f.Definition.Title, here)
	list[len(list)-2].Href = "/formulaires/" + string(f.ID)
	return list
}

func (p *Pages) crumbs(ctx context.Context, list ...string) []ui.Crumb {
	out := []ui.Crumb{{Label: ui.T(ctx, "publishui.desk"), Href: "/desk"}, {Label: ui.T(ctx, "collectui.forms"), Href: "/formulaires"}}
	for _, l := range list {
		out = append(out, ui.Crumb{Label: l})
	}
	return out
}

// create makes a form: of a table or a schema it is ready at once, of its own it
// is designed next.
func (p *Pages) create(w http.ResponseWriter, r *http.Request) error {
	if id := r.PostFormValue("resource"); id != "" {
		return p.createOnTable(w, r, catalogue.ResourceID(id))
	}
	v, ctx := shell.From(r), r.Context()
	org, ref, title := identity.OrganisationID(r.PostFormValue("organisation")), r.PostFormValue("schema"), r.PostFormValue("title")
	n := collect.NewForm{Organisation: org}
	if ref == "" {
		n.Definition = &form.Definition{Title: title, Language: string(ui.LangOf(ctx)), Items: []form.Item{
			{Kind: form.Field, Name: "nom", Label: ui.T(ctx, "collectui.first"), Control: form.Text, Required: true},
		}}
	} else {
		var err error
		if n.Schema, n.Definition, err = p.ofSchema(ctx, ref); err != nil {
			return err
		}
		if title != "" {
			n.Definition.Title = title
		}
	}
	f, err := p.o.Collect.Create(ctx, v.Actor, n)
	if err != nil {
		if problems := ui.ProblemsOf(ctx, err); len(problems) > 0 {
			return p.newPage(w, r, ref, title, httpx.Status(err), problems)
		}
		return err
	}
	shell.Flash(w, r, ui.Good, "collectui.created")
	next := "/formulaires/" + string(f.ID)
	if ref == "" {
		next += "/modifier"
	}
	return shell.Redirect(w, r, next)
}

// managed is the form of the address, for members of its organisation.
func (p *Pages) managed(r *http.Request) (collect.Form, error) {
	v := shell.From(r)
	f, err := p.o.Collect.Find(r.Context(), collect.Visitor{Actor: v.Actor}, collect.FormID(r.PathValue("id")))
	if err == nil && !v.Actor.Can(identity.ActionContribute, f.Organisation) {
		err = errs.New(errs.NotFound, "collect.none").WithHint("collect.none.hint")
	}
	return f, err
}

type overviewView struct {
	Head   ui.PageHead
	Tabs   ui.Tabs
	Facts  ui.KeyValues
	Link   string
	Copy   string
	QR     ui.QR
	Poster ui.Button
	Renew  ui.Form
	Say    string
	Steps  ui.Items
}

// tabs are the pages of one form.
func (p *Pages) tabs(ctx context.Context, a identity.Actor, f collect.Form, current string) ui.Tabs {
	base := "/formulaires/" + string(f.ID)
	t := ui.Tabs{Label: f.Definition.Title}
	add := func(key, path string, icon ui.Icon) {
		t.Tabs = append(t.Tabs, ui.Tab{Label: ui.T(ctx, key), Href: base + path, Icon: icon, Current: path == current})
	}
	add("collectui.tab.share", "", "share-2")
	add("collectui.tab.entries", "/saisies", "list-checks")
	add("openrosaui.tab", "/applications", "smartphone")
	if a.Can(identity.ActionEdit, f.Organisation) {
		add("collectui.tab.questions", "/modifier", "square-pen")
		add("collectui.tab.settings", "/reglages", "settings")
	}
	return t
}

func (p *Pages) head(ctx context.Context, f collect.Form) ui.PageHead {
	return ui.PageHead{Eyebrow: ui.T(ctx, "collectui.form"), Title: f.Definition.Title, Badges: []ui.Badge{p.openBadge(ctx, f)}, Actions: []ui.Button{
		{Label: ui.T(ctx, "collectui.fill"), Icon: "pencil", Href: "/f/" + f.Slug, Style: ui.Primary}}}
}

// address is what is given to those who fill a form in.
func (p *Pages) address(f collect.Form) string {
	if f.Access == collect.Link && f.Key != "" {
		return p.o.BaseURL + "/f/" + f.Key
	}
	return p.o.BaseURL + "/f/" + f.Slug
}

func (p *Pages) overview(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	v, ctx := shell.From(r), r.Context()
	base := "/formulaires/" + string(f.ID)
	view := overviewView{
		Head: p.head(ctx, f), Tabs: p.tabs(ctx, v.Actor, f, ""), Link: p.address(f), Say: ui.T(ctx, "collectui.share."+string(f.Access)),
		Poster: ui.Button{Label: ui.T(ctx, "collectui.poster"), Icon: "printer", Href: base + "/affiche"},
	}
	if view.QR, err = ui.NewQR(ui.T(ctx, "collectui.qr"), view.Link); err != nil {
		return err
	}
	if f.Access == collect.Link && v.Actor.Can(identity.ActionPublish, f.Organisation) {
		view.Renew = ui.Form{Action: base + "/lien"}
	}
	moderated := ui.T(ctx, "collectui.immediate")
	if f.Moderated {
		moderated = ui.T(ctx, "collectui.moderated")
	}
	view.Facts.Rows = []ui.KeyValue{
		{Key: ui.T(ctx, "collectui.access"), Value: ui.T(ctx, "collectui.access."+string(f.Access))},
		{Key: ui.T(ctx, "collectui.publication"), Value: moderated},
		{Key: ui.T(ctx, "collectui.dataset"), Content: ui.Link{Label: f.DatasetTitle, Href: "/datasets/" + f.DatasetSlug, Icon: "database"}},
		{Key: ui.T(ctx, "collectui.entries"), Value: ui.T(ctx, "collectui.count", ui.Count(f.Counts.Accepted))},
	}
	if f.State == catalogue.Draft && v.Actor.Can(identity.ActionPublish, f.Organisation) {
		view.Steps = ui.Items{Level: 2, Items: []ui.Item{{Title: ui.T(ctx, "collectui.draft.title"), Text: ui.T(ctx, "collectui.draft.text"),
			Actions: []ui.Button{{Label: ui.T(ctx, "collectui.draft.publish"), Icon: "globe", Href: "/datasets/" + f.DatasetSlug + "/publication"}}}}}
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return shell.Page(w, r, ui.Page{Title: f.Definition.Title, NoIndex: true, Crumbs: p.crumbs(ctx, f.Definition.Title)}, overviewPage(view))
}

// poster is a page to print: the title, the code, the address.
func (p *Pages) poster(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	org, err := p.o.Identity.Organisation(ctx, identity.Actor{}, f.Organisation)
	if err != nil {
		return err
	}
	view := posterView{Head: ui.PageHead{Eyebrow: org.Name, Title: f.Definition.Title, Lead: ui.T(ctx, "collectui.poster.lead")}, Link: p.address(f)}
	if view.QR, err = ui.NewQR(ui.T(ctx, "collectui.qr"), view.Link); err != nil {
		return err
	}
	return shell.Page(w, r, ui.Page{Title: f.Definition.Title, NoIndex: true, Crumbs: p.formCrumbs(ctx, f, ui.T(ctx, "collectui.poster"))}, posterPage(view))
}

type posterView struct {
	Head ui.PageHead
	Link string
	QR   ui.QR
}

func (p *Pages) renew(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	if _, err := p.o.Collect.RenewKey(r.Context(), shell.From(r).Actor, f.ID, f.Version); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "collectui.renewed")
	return shell.Redirect(w, r, "/formulaires/"+string(f.ID))
}
