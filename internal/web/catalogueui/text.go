package catalogueui

import (
	"net/http"

	"github.com/a-h/templ"

	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/page"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// textView is a page of text.
type textView struct {
	Title string
	Text  templ.Component
	Edit  *ui.Button // nil for those who may not
	More  []ui.Link  // the other pages that explain
}

// explaining are the pages that explain what open data is.
var explaining = []string{"about", "law", "licences"}

// text answers with the page of text of a name: the host's, or the one given.
func (p *Pages) text(name string) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ctx := shell.From(r), r.Context()
		t, err := p.o.Texts.Get(ctx, name, v.Lang)
		if err != nil {
			return err
		}
		view := textView{Title: t.Title, Text: templ.Raw(markup.HTML(t.Body, 0))}
		if v.Actor.Can(identity.ActionSettings, "") {
			view.Edit = &ui.Button{Label: ui.T(ctx, "page.edit"), Icon: "pencil", Style: ui.Quiet, Href: "/admin/texts/" + name + "/" + string(v.Lang)}
		}
		for _, x := range explaining {
			if x == name {
				view.More = p.explained(r, name)
			}
		}
		return shell.Page(w, r, ui.Page{Title: t.Title, Description: markup.Text(t.Body, 160)}, textPage(view))
	}
}

// explained are links to the pages that explain, but one.
func (p *Pages) explained(r *http.Request, but string) (out []ui.Link) {
	for _, x := range explaining {
		if x != but {
			out = append(out, ui.More(ui.T(r.Context(), "page.name."+x), "/"+x))
		}
	}
	return out
}

// introduction is what the host says on the home page; nil when it says nothing.
func (p *Pages) introduction(r *http.Request) (templ.Component, error) {
	t, err := p.o.Texts.Get(r.Context(), page.Home, shell.From(r).Lang)
	if err != nil || t.Body == "" {
		return nil, err
	}
	return templ.Raw(markup.HTML(t.Body, 1)), nil
}
