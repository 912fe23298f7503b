package catalogueui

import (
	"embed"
	"net/http"
	"strings"
	"text/template"

	"github.com/a-h/templ"

	"socle/internal/httpx"
	"socle/internal/markup"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Each page of text is a Markdown file per language; its first line is the title.
// {{.Host}} and {{.Contact}} are who runs the portal.
//
//go:embed texts/*.md
var textFiles embed.FS

var texts = template.Must(template.ParseFS(textFiles, "texts/*.md"))

// textView is a page of text.
type textView struct {
	Title string
	Text  templ.Component
}

// hostView is what the texts say of who runs the portal. Contact may be "".
type hostView struct{ Host, Contact string }

// text answers with the page of text of a name.
func (p *Pages) text(name string) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		var b strings.Builder
		if err := texts.ExecuteTemplate(&b, name+"."+string(ui.LangOf(ctx))+".md", hostView{p.o.Host, p.o.Contact}); err != nil {
			return err
		}
		title, body, _ := strings.Cut(strings.TrimPrefix(b.String(), "# "), "\n")
		return shell.Page(w, r, ui.Page{Title: title, Description: markup.Text(body, 160)}, textPage(textView{title, templ.Raw(markup.HTML(body, 0))}))
	}
}
