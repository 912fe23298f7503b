package dashboardui

import (
	"net/http"
	"time"

	"socle/internal/catalogue"
	"socle/internal/dashboard"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Pages answers the addresses of this area.
type Pages struct {
	o Options
}

// Options are what the pages work with.
type Options struct {
	Identity  *identity.Service
	Catalogue *catalogue.Service
	Boards    *dashboard.Service
	Host      string       // name of who runs the portal
	Style     ui.HostStyle // what follows from its colour
	BaseURL   string       // without a slash at the end
	Now       func() time.Time
}

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

// The addresses of boards.
const (
	territoryPath = "/board"
	ownerPath     = "/organisations/{slug}/board"
)

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	framed := shell.Anyone.With(httpx.WithCSP(httpx.DefaultCSP().FramedBy("*")))
	return []shell.Route{
		{Pattern: "GET " + territoryPath, Who: shell.Anyone, Handler: p.board},
		{Pattern: "GET " + territoryPath + "/arrange", Who: shell.Person, Handler: p.arrange},
		{Pattern: "POST " + territoryPath + "/arrange", Who: shell.Person, Handler: p.change},
		{Pattern: "GET " + ownerPath, Who: shell.Anyone, Handler: p.board},
		{Pattern: "GET " + ownerPath + "/arrange", Who: shell.Person, Handler: p.arrange},
		{Pattern: "POST " + ownerPath + "/arrange", Who: shell.Person, Handler: p.change},
		{Pattern: "GET /embed" + territoryPath, Who: framed, Handler: p.embed},
		{Pattern: "GET /embed" + ownerPath, Who: framed, Handler: p.embed},
	}
}

// about is whose board an address is of.
type about struct {
	owner identity.OrganisationID
	org   identity.Organisation // zero for the territory
	path  string
	name  string
}

// find reads whose board is asked for; to is where it is now, "" when it is here.
func (p *Pages) find(r *http.Request) (a about, to string, err error) {
	ctx := r.Context()
	slug := r.PathValue("slug")
	if slug == "" {
		return about{path: territoryPath, name: p.o.Host}, "", nil
	}
	o, err := p.o.Identity.OrganisationByAddress(ctx, shell.From(r).Actor, slug)
	if err != nil {
		return a, "", err
	}
	a = about{owner: o.ID, org: o, path: "/organisations/" + o.Slug + "/board", name: o.Name}
	if o.Slug != slug {
		to = a.path
	}
	return a, to, nil
}

func (a about) crumbs(r *http.Request) []ui.Crumb {
	ctx := r.Context()
	if a.owner == dashboard.Territory {
		return nil
	}
	return []ui.Crumb{{Label: ui.T(ctx, "dashboardui.title"), Href: territoryPath}, {Label: a.org.Name, Href: "/organisations/" + a.org.Slug}, {Label: ui.T(ctx, "dashboardui.board"), Href: a.path}}
}

// day is the day of menus: that of the address, else today.
func (p *Pages) day(r *http.Request) time.Time {
	if t, err := time.Parse(time.DateOnly, r.URL.Query().Get("week")); err == nil {
		return t
	}
	return p.o.Now().UTC()
}

func lang(r *http.Request) i18n.Lang { return ui.LangOf(r.Context()) }
