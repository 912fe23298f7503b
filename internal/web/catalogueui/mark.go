package catalogueui

import (
	"context"
	"html"
	"net/http"

	"socle/internal/catalogue"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/ui"
)

// mark draws whether a table of a dataset, the first unless the address asks for another,
// conforms to its schema, for pages of other sites: as anyone sees its current version,
// and that it was withdrawn once it is.
func (p *Pages) mark(w http.ResponseWriter, r *http.Request) error {
	ctx, anyone, slug := r.Context(), identity.Anonymous(), r.PathValue("slug")
	d, err := p.o.Catalogue.ByAddress(ctx, anyone, slug)
	if err = p.gone(ctx, anyone, slug, d, err); err != nil {
		if httpx.Status(err) != http.StatusGone {
			return err
		}
		return ui.Mark{Subject: ui.T(ctx, "publishui.badge.subject"), Words: ui.T(ctx, "share.badge.withdrawn")}.Serve(w, r)
	}
	f := found{dataset: d}
	if f.choose(r.URL.Query()); f.resource == nil {
		return none()
	}
	if f.version, err = p.o.Catalogue.Version(ctx, anyone, f.resource.ID, 0); err != nil {
		return err
	}
	if f.schemas, err = p.o.Schemas.Named(ctx, f.version.Schema.ID); err != nil {
		return err
	}
	return f.mark(ctx).Serve(w, r)
}

// mark says what the version shown conforms to.
func (f found) mark(ctx context.Context) ui.Mark {
	m := ui.Mark{Subject: ui.T(ctx, "publishui.badge.subject"), Words: ui.T(ctx, "share.badge.free")}
	if !f.version.Schema.IsZero() {
		m.Kind, m.Words = ui.Good, ui.T(ctx, "share.badge.conforms", i18n.Args{"Schema": f.schemas[f.version.Schema.ID].Name(ui.LangOf(ctx))})
	}
	return m
}

// markView shows the mark of a dataset, and how to place it in a page.
type markView struct {
	Src  string
	Alt  string
	Code ui.Code
}

// marked is the mark of a public table that follows a schema; nil for others.
func (p *Pages) marked(ctx context.Context, f found) *markView {
	if f.resource == nil || f.dataset.State != catalogue.Published || f.version.Schema.IsZero() {
		return nil
	}
	m := f.mark(ctx)
	page, src := ui.Address(ui.LangOf(ctx), f.at("", nil)), ui.Address(ui.LangOf(ctx), f.at("/badge.svg", nil))
	alt := ui.T(ctx, "share.badge.alt", i18n.Args{"Subject": m.Subject, "Words": m.Words})
	return &markView{Src: src, Alt: alt,
		Code: ui.Code{ID: "mark", Title: "HTML", Text: `<a href="` + html.EscapeString(p.o.BaseURL+page) + `"><img src="` + html.EscapeString(p.o.BaseURL+src) + `" alt="` + html.EscapeString(alt) + `"></a>`}}
}
