package publishui

import (
	"context"
	"net/http"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// watchView is the address that a table is renewed from.
type watchView struct {
	Head     ui.PageHead
	State    *ui.Notice // nil when no address is watched
	Facts    ui.KeyValues
	Action   string
	Link     ui.Input
	Rhythm   ui.Select
	Problems ui.Problems
	Back     string
}

func (p *Pages) watchForm(w http.ResponseWriter, r *http.Request) error {
	d, err := p.set(r, identity.ActionPublish)
	if err != nil {
		return err
	}
	return p.watchPage(w, r, d, nil)
}

func (p *Pages) watchPage(w http.ResponseWriter, r *http.Request, d catalogue.Dataset, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	base := "/datasets/" + d.Slug
	view := watchView{Head: setHead(ctx, d, "watch.title"), Action: base + "/link", Back: base}
	view.Head.Lead = ui.T(ctx, "watch.lead")
	x, err := p.o.Publish.Watched(ctx, shell.From(r).Actor, d.ID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	address, rhythm := x.Address, string(x.Rhythm)
	if err == nil {
		view.State = watchState(ctx, x)
		view.facts(ctx, x, p.o.Zone)
	}
	if problem != nil {
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			return problem
		}
		status = httpx.Status(problem)
		address, rhythm = r.PostFormValue("link"), r.PostFormValue("rhythm")
	}
	view.Link = ui.Input{Field: ui.Field{Name: "link", Label: ui.T(ctx, "watch.link"), Help: ui.T(ctx, "watch.link.help"), Error: view.Problems.Of("link")}, Type: "url", Value: address}
	view.Rhythm = rhythmSelect(ctx, rhythm)
	view.Rhythm.Optional, view.Rhythm.Error = false, view.Problems.Of("rhythm")
	if rhythm == "" {
		view.Rhythm.Value = string(publish.Daily)
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title + " – " + d.Title, NoIndex: true, Crumbs: setCrumbs(ctx, d, view.Head.Title)}, watchFormPage(view))
}

func watchState(ctx context.Context, x publish.Watch) *ui.Notice {
	n := &ui.Notice{Kind: ui.Good, Title: ui.T(ctx, "watch.state."+string(x.State))}
	if x.State != publish.WatchGood {
		n.Kind = ui.Wrong
	}
	if f := x.Problem; f != nil {
		n.Text = f.InWords(ui.LangOf(ctx))
	}
	return n
}

func (v *watchView) facts(ctx context.Context, x publish.Watch, zone *time.Location) {
	add := func(key string, at time.Time) {
		text := ui.T(ctx, "watch.never")
		if !at.IsZero() {
			text = ui.Moment(ctx, at.In(zone))
		}
		v.Facts.Rows = append(v.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: text})
	}
	add("watch.checked", x.CheckedAt)
	add("watch.changed", x.ChangedAt)
	add("watch.next", x.NextAt)
}

// setWatch keeps the address and the rhythm, or stops.
func (p *Pages) setWatch(w http.ResponseWriter, r *http.Request) error {
	d, err := p.set(r, identity.ActionPublish)
	if err != nil {
		return err
	}
	a, said := shell.From(r).Actor, "watch.saved"
	if r.PostFormValue("act") == "stop" {
		said = "watch.stopped"
		err = p.o.Publish.StopWatch(r.Context(), a, d.ID)
	} else {
		err = p.o.Publish.SetWatch(r.Context(), a, d.ID, r.PostFormValue("link"), publish.Rhythm(r.PostFormValue("rhythm")))
	}
	if errs.Is(err, errs.Invalid) {
		return p.watchPage(w, r, d, err)
	}
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, said)
	return shell.Redirect(w, r, "/datasets/"+d.Slug+"/link")
}
