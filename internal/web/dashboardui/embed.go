package dashboardui

import (
	"bytes"
	"context"
	"net/http"

	"github.com/a-h/templ"

	"socle/internal/dashboard"
	"socle/internal/httpx"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// frameCode is what a page of another site takes to show a board, or one block of
// it; the script, which is not needed, gives the frame the height of its content.
func (p *Pages) frameCode(ctx context.Context, a about, block string) string {
	to := p.o.BaseURL + ui.Address(ui.LangOf(ctx), "/embed"+a.path)
	if block != "" {
		to += "?block=" + block
	}
	return `<iframe src="` + to + `" title="` + templ.EscapeString(ui.T(ctx, "dashboardui.of", map[string]any{"Name": a.name})) + `" width="100%" height="600" loading="lazy" style="border:0" data-socle></iframe>` +
		"\n" + `<script async src="` + p.o.BaseURL + `/embed.js"></script>`
}

// embedView is a board for the frame of another site.
type embedView struct {
	Title string
	Lang  string
	Href  string
	CSS   []string
	Host  string
	Rows  []rowView
}

// embed shows a board, or the block of the address, as visitors see it.
func (p *Pages) embed(w http.ResponseWriter, r *http.Request) error {
	a, to, err := p.find(r)
	if err != nil {
		return err
	}
	if to != "" {
		return shell.Redirect(w, r, "/embed"+to)
	}
	ctx := asking(r)
	b, err := p.o.Boards.Board(ctx, shell.From(r).Actor, a.owner, lang(r))
	if err != nil {
		return err
	}
	if id := r.URL.Query().Get("block"); id != "" {
		one, err := b.Find(id)
		if err != nil {
			return err
		}
		one.Wide = true
		b.Blocks = []dashboard.Block{one}
	}
	a.path = "/embed" + a.path // of the links to other weeks
	view := embedView{Title: ui.T(ctx, "dashboardui.of", map[string]any{"Name": a.name}), Lang: string(lang(r)), CSS: p.o.Style.Sheets(), Host: p.o.Host,
		Href: p.o.BaseURL + ui.Address(lang(r), a.path[len("/embed"):])}
	if view.Rows, _, err = p.rows(ctx, r, a, b.Blocks, false); err != nil {
		return err
	}
	outside(view.Rows)
	var out bytes.Buffer
	if err := embedPage(view).Render(ctx, &out); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Del("Cross-Origin-Opener-Policy")
	return httpx.WriteHTML(w, r, http.StatusOK, out.Bytes())
}

// outside leaves out the links that would open the portal in the frame.
func outside(rows []rowView) {
	for i := range rows {
		for j := range rows[i].Figures {
			rows[i].Figures[j].Href = ""
		}
		if b := rows[i].Block; b != nil {
			b.More, b.Href = nil, ""
		}
	}
}
