package admin

import (
	"net/http"

	"github.com/a-h/templ"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/page"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// texts lists the texts of the portal that the host may write.
func (p *Pages) texts(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	if err := v.Actor.Require(identity.ActionSettings, ""); err != nil {
		return err
	}
	view := listView{frame: frame{tabs(ctx, v.Actor, "/admin/texts"), ui.PageHead{Title: ui.T(ctx, "page.texts"), Lead: ui.T(ctx, "page.texts.lead")}}, Items: ui.Items{Level: 2}}
	for _, name := range page.Names {
		for _, l := range i18n.Langs {
			t, err := p.o.Texts.Get(ctx, name, l)
			if err != nil {
				return err
			}
			it := ui.Item{Eyebrow: languageName(r, l), Title: ui.T(ctx, "page.name."+name), Href: "/admin/texts/" + name + "/" + string(l), Badges: []ui.Badge{{Label: ui.T(ctx, "page.given")}}}
			if t.Revision > 0 {
				it.Badges = []ui.Badge{{Label: ui.T(ctx, "page.own"), Kind: ui.Information, Icon: "pencil"}}
				it.Facts = []ui.Fact{{Icon: "clock", Text: ui.Moment(ctx, t.ChangedAt)}}
			}
			view.Items.Items = append(view.Items.Items, it)
		}
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, listPage(view))
}

func languageName(r *http.Request, l i18n.Lang) string {
	if l == i18n.English {
		return ui.T(r.Context(), "page.en")
	}
	return ui.T(r.Context(), "page.fr")
}

// textView is the form of a text, with its preview.
type textView struct {
	frame
	Action   string
	Revision int
	Wrong    *ui.Notice
	Problems ui.Problems
	Title    ui.Input
	Body     ui.TextArea
	Preview  templ.Component // nil: not asked
	Own      bool            // the host's: it can be given back
	See      string          // address of the page; "" for the home page
}

func (p *Pages) textForm(w http.ResponseWriter, r *http.Request) error {
	t, err := p.text(r)
	if err != nil {
		return err
	}
	return p.textPage(w, r, t, t.Title, t.Body, t.Revision, false, nil)
}

// text is the text of the address, for those who may write it.
func (p *Pages) text(r *http.Request) (page.Text, error) {
	if err := shell.From(r).Actor.Require(identity.ActionSettings, ""); err != nil {
		return page.Text{}, err
	}
	return p.o.Texts.Get(r.Context(), r.PathValue("name"), i18n.Lang(r.PathValue("language")))
}

func (p *Pages) textPage(w http.ResponseWriter, r *http.Request, t page.Text, title, body string, revision int, preview bool, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	view := textView{frame: frame{tabs(ctx, v.Actor, "/admin/texts"), ui.PageHead{Eyebrow: languageName(r, t.Language), Title: ui.T(ctx, "page.name."+t.Name)}},
		Action: "/admin/texts/" + t.Name + "/" + string(t.Language), Revision: revision, Own: t.Revision > 0}
	if problem != nil {
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			if view.Wrong = said(ctx, problem); view.Wrong == nil {
				return problem
			}
		}
	}
	if t.Name != page.Home {
		view.See = "/" + t.Name
	}
	view.Title = ui.Input{Field: ui.Field{Name: "title", Label: ui.T(ctx, "page.field.title"), Error: view.Problems.Of("title")}, Value: title, MaxLength: 150}
	view.Body = ui.TextArea{Field: ui.Field{Name: "body", Label: ui.T(ctx, "page.field.body"), Help: ui.T(ctx, "page.field.body.help"), Error: view.Problems.Of("body"), Optional: true}, Value: body, Rows: 20}
	if preview {
		view.Preview = templ.Raw(markup.HTML(body, 1))
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, textFormPage(view))
}

func (p *Pages) saveText(w http.ResponseWriter, r *http.Request) error {
	t, err := p.text(r)
	if err != nil {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	revision := shell.Revision(r)
	title, body := r.PostFormValue("title"), r.PostFormValue("body")
	said := "page.saved"
	switch r.PostFormValue("act") {
	case "preview":
		return p.textPage(w, r, t, title, body, revision, true, nil)
	case "restore":
		said = "page.restored"
		_, err = p.o.Texts.Restore(ctx, a, t.Name, t.Language, revision)
	default:
		_, err = p.o.Texts.Save(ctx, a, t.Name, t.Language, revision, title, body)
	}
	if errs.Is(err, errs.Conflict) { // what was typed stays; sending it again decides
		return p.textPage(w, r, t, title, body, t.Revision, false, err)
	}
	if errs.Is(err, errs.Invalid) {
		return p.textPage(w, r, t, title, body, revision, false, err)
	}
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, said)
	return shell.Redirect(w, r, "/admin/texts/"+t.Name+"/"+string(t.Language))
}
