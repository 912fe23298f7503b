package communityui

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"socle/internal/catalogue"
	"socle/internal/community"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// trap is a field that people do not see and that programs fill in.
const trap = "website"

// alike is how many requests that everyone may read are shown before one asks again.
const alike = 3

// askView is the form of a request.
type askView struct {
	Head     ui.PageHead
	Alike    ui.Items // requests with the same words
	Problems ui.Problems
	Wrong    *ui.Notice
	Hidden   []ui.KeyValue
	Words    ui.TextArea
	Place    *ui.Input    // nil when it is known to whom it goes
	Email    *ui.Input    // of who has no account here
	Tell     *ui.Checkbox // of who has one
	Submit   string
	Trap     string
}

// subject is to whom a request goes and on what page it was asked, from the address.
type subject struct {
	dataset catalogue.Dataset     // zero for none
	org     identity.Organisation // zero for none
	fields  []ui.KeyValue
}

// read finds what a request names: "dataset" and "organisation" are addresses. Kinds:
// NotFound.
func (p *Pages) read(r *http.Request) (s subject, err error) {
	if err := r.ParseForm(); err != nil {
		return s, errs.New(errs.Invalid, "community.invalid").WithHint("community.invalid.hint").Because(err)
	}
	ctx, a := r.Context(), shell.From(r).Actor
	if slug := r.Form.Get("dataset"); slug != "" {
		if s.dataset, err = p.o.Catalogue.ByAddress(ctx, a, slug); err != nil {
			return s, err
		}
		s.fields = []ui.KeyValue{{Key: "dataset", Value: s.dataset.Slug}}
		s.org, err = p.o.Identity.Organisation(ctx, a, s.dataset.Organisation)
		return s, err
	}
	if slug := r.Form.Get("organisation"); slug != "" {
		if s.org, err = p.o.Identity.FindOrganisation(ctx, a, slug); err != nil {
			return s, err
		}
		s.fields = []ui.KeyValue{{Key: "organisation", Value: s.org.Slug}}
	}
	return s, nil
}

func (p *Pages) askForm(w http.ResponseWriter, r *http.Request) error {
	s, err := p.read(r)
	if err != nil {
		return err
	}
	return p.askPage(w, r, s, nil)
}

func (p *Pages) askPage(w http.ResponseWriter, r *http.Request, s subject, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	view := askView{Head: ui.PageHead{Title: ui.T(ctx, "communityui.ask"), Lead: ui.T(ctx, "communityui.ask.lead")}, Hidden: s.fields, Trap: trap, Submit: ui.T(ctx, "communityui.ask.host")}
	if s.org.ID != "" {
		view.Head.Lead = ui.T(ctx, "communityui.ask.lead.organisation", i18n.Args{"Name": s.org.Name})
		view.Submit = ui.T(ctx, "communityui.ask.organisation", i18n.Args{"Name": s.org.Name})
	}
	if s.dataset.ID != "" {
		view.Head.Eyebrow, view.Head.Title = s.dataset.Title, ui.T(ctx, "communityui.missing")
	}
	if problem != nil {
		if errs.Is(problem, errs.Internal) {
			return problem
		}
		status = httpx.Status(problem)
		if view.Problems = ui.ProblemsOf(ctx, problem); len(view.Problems) == 0 {
			view.Wrong = ui.Failed(ctx, problem)
		}
	}
	words := r.Form.Get("words")
	if q := r.Form.Get("q"); words == "" && q != "" {
		words = q + "\n"
		if err := p.alike(ctx, v.Actor, q, &view); err != nil {
			return err
		}
	}
	view.Words = ui.TextArea{Field: ui.Field{Name: "words", Label: ui.T(ctx, "communityui.words"), Help: ui.T(ctx, "communityui.words.help"), Error: view.Problems.Of("words")}, Rows: 5, MaxLength: 2000, Value: words}
	if s.org.ID == "" {
		place := ui.Input{Field: ui.Field{Name: "place", Label: ui.T(ctx, "communityui.place"), Help: ui.T(ctx, "communityui.place.help"), Optional: true, Error: view.Problems.Of("place")}, MaxLength: 150, Value: r.Form.Get("place")}
		for o, err := range p.o.Identity.AllOrganisations(ctx, v.Actor, identity.OrganisationQuery{}) {
			if err != nil {
				return err
			}
			place.Suggestions = append(place.Suggestions, o.Name)
		}
		view.Place = &place
	}
	if v.Person.ID == "" {
		view.Email = &ui.Input{Field: ui.Field{Name: "email", Label: ui.T(ctx, "communityui.email"), Help: p.kept(ctx), Optional: true, Error: view.Problems.Of("email")}, Type: "email", Autocomplete: "email", Value: r.Form.Get("email")}
	} else {
		view.Tell = &ui.Checkbox{Field: ui.Field{Name: "tell", Label: ui.T(ctx, "communityui.tell", i18n.Args{"Email": v.Person.Email}), Optional: true}, Checked: r.Method == http.MethodGet || r.PostFormValue("tell") != ""}
	}
	crumbs := []ui.Crumb{{Label: ui.T(ctx, "communityui.title"), Href: Path}, {Label: view.Head.Title}}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: r.URL.RawQuery != "", Crumbs: crumbs}, askPage(view))
}

// kept says what an address is kept for, and how long.
func (p *Pages) kept(ctx context.Context) string {
	return ui.T(ctx, "communityui.email.help", ui.Count(int(p.o.Community.Keeps()/(24*time.Hour))))
}

// alike shows requests with the same words: somebody may have had the answer.
func (p *Pages) alike(ctx context.Context, a identity.Actor, q string, view *askView) error {
	list, err := p.o.Community.List(ctx, a, community.Query{Public: true, Text: q, Limit: alike})
	if err != nil {
		return err
	}
	names, err := p.names(ctx, a, list...)
	if err != nil {
		return err
	}
	view.Alike.Level = 3
	for _, x := range list {
		view.Alike.Items = append(view.Alike.Items, p.item(ctx, x, names))
	}
	return nil
}

// ask keeps the request. A program that fills in what people do not see gets the same
// answer, and nothing is kept.
func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	s, err := p.read(r)
	if err != nil {
		return err
	}
	v, f := shell.From(r), r.PostForm
	n := community.NewRequest{Words: f.Get("words"), Place: f.Get("place"), Organisation: s.org.ID, About: s.dataset.ID, Email: f.Get("email"), Tell: f.Get("tell") != "", Language: v.Lang}
	said := community.Request{Tells: n.Email != ""}
	if f.Get(trap) == "" {
		if said, err = p.o.Community.Ask(r.Context(), v.Actor, n); err != nil {
			return p.askPage(w, r, s, err)
		}
	}
	key := "communityui.sent"
	if said.Tells {
		key = "communityui.sent.told"
	}
	shell.Flash(w, r, ui.Good, key)
	if s.dataset.ID != "" {
		return shell.Redirect(w, r, "/datasets/"+url.PathEscape(s.dataset.Slug))
	}
	return shell.Redirect(w, r, Path)
}
