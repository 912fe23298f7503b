package followui

import (
	"context"
	"maps"
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
	Unseen bool          // the visitor may no longer see it: the title says so
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
func (p *Pages) name(ctx context.Context, a identity.Actor, t follow.Topic) (subject, error) {
	list, err := p.names(ctx, a, t)
	if err != nil {
		return subject{}, err
	}
	if list[0].Unseen {
		return subject{}, errs.New(errs.NotFound, "errs.not-found")
	}
	return list[0], nil
}

// names is name of several topics, in their order.
func (p *Pages) names(ctx context.Context, a identity.Actor, topics ...follow.Topic) (list []subject, err error) {
	var sets []catalogue.DatasetID
	var orgs []identity.OrganisationID
	for _, t := range topics {
		switch t.Kind {
		case follow.Dataset:
			sets = append(sets, t.Dataset)
		case follow.Organisation:
			orgs = append(orgs, t.Organisation)
		case follow.Search:
			if id := t.Search.Values().Get(string(find.Producer)); id != "" {
				orgs = append(orgs, identity.OrganisationID(id))
			}
		case follow.Portal:
		}
	}
	known := map[follow.Topic]place{}
	datasets, err := p.o.Catalogue.GetMany(ctx, a, sets...)
	if err != nil {
		return nil, err
	}
	for id, d := range datasets {
		known[follow.Topic{Kind: follow.Dataset, Dataset: id}] = place{d.Title, "/datasets/", d.Slug}
	}
	organisations, err := p.o.Identity.OrganisationsByID(ctx, a, orgs...)
	if err != nil {
		return nil, err
	}
	for id, o := range organisations {
		known[follow.Topic{Kind: follow.Organisation, Organisation: id}] = place{o.Name, "/organisations/", o.Slug}
	}
	for _, t := range topics {
		s, err := p.subject(ctx, a, t, known)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// place is where a dataset or a producer is seen.
type place struct{ name, under, slug string }

// subject says what a topic is; known are the datasets and producers that are seen.
func (p *Pages) subject(ctx context.Context, a identity.Actor, t follow.Topic, known map[follow.Topic]place) (s subject, err error) {
	s = subject{Topic: t, Fields: []ui.KeyValue{{Key: whatField, Value: string(t.Kind)}}}
	switch t.Kind {
	case follow.Dataset, follow.Organisation:
		at, seen := known[t]
		if !seen {
			return subject{Topic: t, Unseen: true, Title: ui.T(ctx, "followui.unseen"), Page: shell.FollowsPath}, nil
		}
		s.Fields = append(s.Fields, ui.KeyValue{Key: ofField, Value: at.slug})
		s.Title, s.Page = at.name, at.under+at.slug
		s.Feed = s.Page + "/feed.atom"
		return s, nil
	case follow.Search:
		v := t.Search.Values()
		if at, ok := known[follow.Topic{Kind: follow.Organisation, Organisation: identity.OrganisationID(v.Get(string(find.Producer)))}]; ok {
			v.Set(string(find.Producer), at.slug)
		}
		s.Page, s.Feed = "/search?"+v.Encode(), "/search/feed.atom?"+v.Encode()
		for _, name := range slices.Sorted(maps.Keys(v)) {
			s.Fields = append(s.Fields, ui.KeyValue{Key: name, Value: v.Get(name)})
		}
	case follow.Portal:
		s.Page, s.Feed = "/search", "/feed.atom"
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
