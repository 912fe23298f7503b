package communityui

import (
	"context"
	"net/http"
	"time"

	"socle/internal/catalogue"
	"socle/internal/community"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Path is the list of the requests that everyone may read.
const Path = "/requests"

// Options are what the pages work with.
type Options struct {
	Community *community.Service
	Identity  *identity.Service
	Catalogue *catalogue.Service
	Attempts  httpx.Option // of one visitor who asks
	BaseURL   string       // without a slash at the end
	Now       func() time.Time
}

// Pages answers the addresses of this area.
type Pages struct{ o Options }

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	return []shell.Route{
		{Pattern: "GET " + Path, Who: shell.Anyone, Handler: p.list},
		{Pattern: "GET " + Path + "/new", Who: shell.Anyone, Handler: p.askForm},
		{Pattern: "POST " + Path + "/new", Who: shell.Anyone.With(p.o.Attempts), Handler: p.ask},
		{Pattern: "GET " + Path + "/inbox", Who: shell.Person, Handler: p.inbox},
		{Pattern: "GET " + Path + "/{id}", Who: shell.Anyone, Handler: p.request},
		{Pattern: "POST " + Path + "/{id}", Who: shell.Person, Handler: p.answer},
		{Pattern: "GET " + Path + "/{id}/forward", Who: shell.Person, Handler: toRequest},
		{Pattern: "POST " + Path + "/{id}/forward", Who: shell.Person, Handler: p.forward},
		{Pattern: "GET " + Path + "/{id}/remove", Who: shell.Person, Handler: p.askRemove},
		{Pattern: "POST " + Path + "/{id}/remove", Who: shell.Person, Handler: p.remove},
	}
}

func address(id community.RequestID) string { return Path + "/" + string(id) }

// toRequest leads to the page of an act whose address is asked for.
func toRequest(w http.ResponseWriter, r *http.Request) error {
	return shell.Redirect(w, r, Path+"/"+r.PathValue("id"))
}

// names are the organisations of requests, by their identifier.
func (p *Pages) names(ctx context.Context, a identity.Actor, list ...community.Request) (map[identity.OrganisationID]identity.Organisation, error) {
	var ids []identity.OrganisationID
	for _, r := range list {
		if r.Organisation != "" {
			ids = append(ids, r.Organisation)
		}
	}
	return p.o.Identity.OrganisationsByID(ctx, a, ids...)
}

// to says to whom a request is addressed.
func to(ctx context.Context, r community.Request, names map[identity.OrganisationID]identity.Organisation) string {
	if r.Organisation == "" {
		return ui.T(ctx, "communityui.to-host")
	}
	return names[r.Organisation].Name
}

func stateBadge(ctx context.Context, s community.State) ui.Badge {
	b := ui.Badge{Label: ui.T(ctx, s.LabelKey())}
	switch s {
	case community.Waiting:
		b.Kind, b.Icon = ui.LookHere, "clock"
	case community.Answered:
		b.Kind, b.Icon = ui.Information, "message-circle"
	case community.Closed:
		b.Kind, b.Icon = ui.Good, "check"
	}
	return b
}

// item is a line of a list of requests.
func (p *Pages) item(ctx context.Context, r community.Request, names map[identity.OrganisationID]identity.Organisation) ui.Item {
	it := ui.Item{Eyebrow: to(ctx, r, names), Title: r.Title(), Href: address(r.ID), Badges: []ui.Badge{stateBadge(ctx, r.State())},
		Facts: []ui.Fact{{Icon: "calendar", Text: ui.T(ctx, "communityui.asked", i18n.Args{"When": ui.Ago(ctx, r.CreatedAt, p.o.Now())})}}}
	if r.Place != "" {
		it.Facts = append(it.Facts, ui.Fact{Icon: "map-pin", Text: r.Place})
	}
	return it
}
