package collectui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"socle/internal/collect"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// entryAddress is the page of an entry for those who manage its form.
func entryAddress(f collect.Form, entry string) string {
	return "/formulaires/" + string(f.ID) + "/saisies/" + url.PathEscape(entry)
}

// mayCorrect reports whether a visitor changes an entry that they see: who moderates, or
// who made it. What was removed is restored first.
func mayCorrect(a identity.Actor, f collect.Form, e collect.Entry) bool {
	return e.State != collect.Removed && (e.Mine || a.Can(identity.ActionEdit, f.Organisation))
}

// corrected finds the entry that a page corrects.
func (p *Pages) corrected(r *http.Request) (x filling, err error) {
	if x.form, err = p.managed(r); err != nil {
		return x, err
	}
	e, err := p.o.Collect.Entry(r.Context(), collect.Visitor{Actor: shell.From(r).Actor}, x.form.ID, r.PathValue("entry"))
	x.key, x.entry, x.values, x.corrects, x.revision = x.form.Slug, e.ID, e.Values, &e, strconv.Itoa(e.Revision)
	return x, err
}

func (p *Pages) correctForm(w http.ResponseWriter, r *http.Request) error {
	x, err := p.corrected(r)
	if err != nil {
		return err
	}
	if a := shell.From(r).Actor; !mayCorrect(a, x.form, *x.corrects) {
		if x.corrects.State == collect.Removed {
			return shell.Redirect(w, r, entryAddress(x.form, x.entry))
		}
		return a.Require(identity.ActionEdit, x.form.Organisation)
	}
	return p.fillPage(w, r, x, nil)
}

// correcting makes the page of a form one that corrects an entry. Nothing is kept in the
// browser: it is another's entry.
func (p *Pages) correcting(ctx context.Context, x filling, view *fillView) ui.Page {
	name := p.nameOf(ctx, x.form.Definition.In(string(ui.LangOf(ctx))), *x.corrects)
	view.Head = ui.PageHead{Eyebrow: x.form.Definition.Title, Title: ui.T(ctx, "collectui.correct.title", i18n.Args{"Name": name}), Lead: ui.T(ctx, "collectui.correct.lead"),
		Badges: []ui.Badge{stateBadge(ctx, x.corrects.State)}}
	view.Intro, view.Field, view.Keeps, view.Secret = nil, nil, "", ""
	view.Form.Action, view.Revision, view.Send = entryAddress(x.form, x.entry)+"/corriger", x.revision, ui.T(ctx, "collectui.correct.send")
	return ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: p.formCrumbs(ctx, x.form, name)}
}

// correct takes an entry as somebody else corrected it.
func (p *Pages) correct(w http.ResponseWriter, r *http.Request) error {
	x, err := p.corrected(r)
	if err != nil {
		return err
	}
	done, err := readForm(r)
	if err != nil {
		return err
	}
	defer done()
	x.revision = r.PostForm.Get("revision")
	revision, err := strconv.Atoi(x.revision)
	if err != nil || revision < 1 {
		return httpx.BadRequest("collectui.form.cut")
	}
	e := x.corrects
	out, shown, err := p.take(w, r, collect.Visitor{Actor: shell.From(r).Actor}, x, collect.Sent{Revision: revision, MadeAt: e.MadeAt, Revisits: e.Revisits})
	if err != nil || shown {
		return err
	}
	said := "collectui.corrected"
	if out.Entry.State == collect.Waiting {
		said = "collectui.corrected.waits"
	}
	shell.Flash(w, r, ui.Good, said)
	return shell.Redirect(w, r, entryAddress(x.form, x.entry))
}

// stays are the files of an entry that what is sent still names.
func stays(files []collect.File, sent collect.Sent) (out []collect.File) {
	for _, f := range files {
		again := slices.ContainsFunc(sent.Files, func(other collect.File) bool { return other.Hash == f.Hash })
		if !again && strings.Contains(sent.Values[f.Field], f.Name) { // of a repeat, the value holds all its names
			out = append(out, f)
		}
	}
	return out
}
