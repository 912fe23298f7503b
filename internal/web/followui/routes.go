package followui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/errs"
	"socle/internal/follow"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Path is the page that asks how to follow something.
const Path = "/follow"

// Options are what the pages work with.
type Options struct {
	Follows   *follow.Service
	Identity  *identity.Service
	Catalogue *catalogue.Service
	Attempts  httpx.Option // of one visitor who has letters sent
	Limit     httpx.Option
	BaseURL   string // without a slash at the end
	Now       func() time.Time
}

// Pages answers the addresses of this area.
type Pages struct{ o Options }

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

// Routes lists the addresses of this area. One click of a mail reader on "stop"
// (RFC 8058) comes from elsewhere: the link proves that its holder reads the mail.
func (p *Pages) Routes() []shell.Route {
	stop := shell.Anyone.With(p.o.Limit, httpx.AllowCrossOrigin())
	const hooks = follow.HooksPath
	return []shell.Route{
		{Pattern: "GET " + Path, Who: shell.Anyone, Handler: p.ask},
		{Pattern: "POST " + Path, Who: shell.Anyone.With(p.o.Attempts), Handler: p.follow},
		{Pattern: "GET " + follow.ConfirmPath, Who: shell.Anyone, Handler: p.askConfirm},
		{Pattern: "POST " + follow.ConfirmPath, Who: shell.Anyone.With(p.o.Limit), Handler: p.confirm},
		{Pattern: "GET " + follow.StopPath, Who: shell.Anyone, Handler: p.askStop},
		{Pattern: "POST " + follow.StopPath, Who: stop, Handler: p.stopByLink},
		{Pattern: "GET " + shell.FollowsPath, Who: shell.Person, Handler: p.mine},
		{Pattern: "GET " + shell.FollowsPath + "/{id}", Who: shell.Person, Handler: toMine},
		{Pattern: "POST " + shell.FollowsPath + "/{id}", Who: shell.Person, Handler: p.setPace},
		{Pattern: "GET " + shell.FollowsPath + "/{id}/stop", Who: shell.Person, Handler: toMine},
		{Pattern: "POST " + shell.FollowsPath + "/{id}/stop", Who: shell.Person, Handler: p.stop},
		{Pattern: "GET " + hooks, Who: shell.Person, Handler: p.newHook},
		{Pattern: "POST " + hooks, Who: shell.Person.With(p.o.Limit), Handler: p.addHook},
		{Pattern: "GET " + hooks + "/{id}", Who: shell.Person, Handler: p.hook},
		{Pattern: "GET " + hooks + "/{id}/{act}", Who: shell.Person, Handler: toHook},
		{Pattern: "POST " + hooks + "/{id}/test", Who: shell.Person.With(p.o.Limit), Handler: p.test},
		{Pattern: "POST " + hooks + "/{id}/resume", Who: shell.Person, Handler: p.resume},
		{Pattern: "POST " + hooks + "/{id}/secret", Who: shell.Person, Handler: p.secret},
	}
}

// toMine and toHook lead to the page of an act whose address is asked for: by the
// link to the other language, or by a reload.
func toMine(w http.ResponseWriter, r *http.Request) error {
	return shell.Redirect(w, r, shell.FollowsPath)
}

func toHook(w http.ResponseWriter, r *http.Request) error {
	return shell.Redirect(w, r, follow.HooksPath+"/"+url.PathEscape(r.PathValue("id")))
}

// subject is what an address names, to be followed.
type subject struct {
	follow.Topic
	Title  string
	Page   string        // where it is seen
	Feed   string        // its feed; "" for none
	Fields []ui.KeyValue // the parameters that name it
}

// parameters that name what is followed: "what" is the kind, "of" the address of a
// dataset or of a producer; those of a search are its own.
const (
	whatField = "what"
	ofField   = "of"
)

// read finds what a request names. Kinds: Invalid, NotFound.
func (p *Pages) read(r *http.Request) (s subject, err error) {
	if err := r.ParseForm(); err != nil {
		return s, errs.New(errs.Invalid, "follow.topic").WithHint("follow.topic.hint").Because(err)
	}
	ctx, a, v := r.Context(), shell.From(r).Actor, r.Form
	if s.Kind = follow.Kind(v.Get(whatField)); s.Kind == "" {
		s.Kind = follow.Portal
	}
	s.Fields = []ui.KeyValue{{Key: whatField, Value: string(s.Kind)}}
	switch s.Kind {
	case follow.Portal:
	case follow.Dataset:
		d, err := p.o.Catalogue.ByAddress(ctx, a, v.Get(ofField))
		if err != nil {
			return s, err
		}
		s.Dataset = d.ID
	case follow.Organisation:
		o, err := p.o.Identity.OrganisationByAddress(ctx, a, v.Get(ofField))
		if err != nil {
			return s, err
		}
		s.Organisation = o.ID
	case follow.Search:
		words := url.Values{"q": {v.Get("q")}}
		for _, d := range find.Dimensions {
			words.Set(string(d), v.Get(string(d)))
		}
		if slug := words.Get(string(find.Producer)); slug != "" {
			o, err := p.o.Identity.FindOrganisation(ctx, a, slug)
			if err != nil {
				return s, err
			}
			words.Set(string(find.Producer), string(o.ID))
		}
		if s.Search, err = follow.ParseWords(words); err != nil {
			return s, err
		}
	default:
		return s, errs.New(errs.Invalid, "follow.topic").WithHint("follow.topic.hint")
	}
	return p.name(ctx, a, s.Topic)
}

// name says what a topic is and where it is seen. Kinds: NotFound.
func (p *Pages) name(ctx context.Context, a identity.Actor, t follow.Topic) (s subject, err error) {
	s = subject{Topic: t, Fields: []ui.KeyValue{{Key: whatField, Value: string(t.Kind)}}}
	of := func(slug string) { s.Fields = append(s.Fields, ui.KeyValue{Key: ofField, Value: slug}) }
	switch t.Kind {
	case follow.Portal:
		s.Page, s.Feed = "/search", "/feed.atom"
	case follow.Dataset:
		d, err := p.o.Catalogue.Get(ctx, a, t.Dataset)
		if err != nil {
			return s, err
		}
		of(d.Slug)
		s.Page = "/datasets/" + d.Slug
		s.Feed = s.Page + "/feed.atom"
	case follow.Organisation:
		o, err := p.o.Identity.Organisation(ctx, a, t.Organisation)
		if err != nil {
			return s, err
		}
		of(o.Slug)
		s.Page = "/organisations/" + o.Slug
		s.Feed = s.Page + "/feed.atom"
	case follow.Search:
		v := t.Search.Values()
		if id := v.Get(string(find.Producer)); id != "" {
			if o, err := p.o.Identity.Organisation(ctx, a, identity.OrganisationID(id)); err == nil {
				v.Set(string(find.Producer), o.Slug)
			}
		}
		s.Page = "/search?" + v.Encode()
		var names []string
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			s.Fields = append(s.Fields, ui.KeyValue{Key: name, Value: v.Get(name)})
		}
	}
	s.Title, err = p.o.Follows.Title(ctx, a, ui.LangOf(ctx), t)
	return s, err
}

// query is the fields as parameters of an address.
func (s subject) query() string {
	v := url.Values{}
	for _, f := range s.Fields {
		v.Set(f.Key, f.Value)
	}
	return "?" + v.Encode()
}
