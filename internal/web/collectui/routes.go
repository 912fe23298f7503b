package collectui

import (
	"net/http"
	"sync"
	"time"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/proposal"
	"socle/internal/schemas"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Pages answers the addresses of this area.
type Pages struct {
	o      Options
	bounds func() string // what maps show at first
}

// Options are what the pages work with.
type Options struct {
	Collect   *collect.Service
	Identity  *identity.Service
	Catalogue *catalogue.Service
	Schemas   *schemas.Service
	BaseURL   string // "https://donnees.example.org"
	Limit     httpx.Option
	Now       func() time.Time
	Zone      *time.Location // of the moments that are typed
	Territory string         // code of the département where maps begin
	Basemap   ui.Basemap
	Proposals *proposal.Service
	Asked     httpx.Option // how often proposals may be asked for
}

// New makes the pages.
func New(o Options) *Pages {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Pages{o: o, bounds: sync.OnceValue(func() string { return boundsOf(o.Territory) })}
}

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	anyone := shell.Anyone.With(p.o.Limit)
	files := int64(p.o.Collect.Limits().Files) * p.o.Collect.Limits().File
	maps := httpx.WithCSP(httpx.DefaultCSP().Tiles(p.o.Basemap.URL))
	fill := shell.Anyone.With(httpx.Stream(), httpx.MaxBody(files), p.o.Limit, maps)
	return []shell.Route{
		{Pattern: "GET /formulaires", Who: shell.Person, Handler: p.forms},
		{Pattern: "GET /formulaires/nouveau", Who: shell.Person, Handler: p.newForm},
		{Pattern: "POST /formulaires", Who: shell.Person, Handler: p.create},
		{Pattern: "GET /formulaires/{id}", Who: shell.Person, Handler: p.overview},
		{Pattern: "GET /formulaires/{id}/modifier", Who: shell.Person, Handler: p.editForm},
		{Pattern: "POST /formulaires/{id}/modifier", Who: shell.Person.With(httpx.MaxBody(4 << 20)), Handler: p.edit},
		{Pattern: "GET /formulaires/{id}/reglages", Who: shell.Person, Handler: p.settingsForm},
		{Pattern: "POST /formulaires/{id}/reglages", Who: shell.Person, Handler: p.set},
		{Pattern: "GET /formulaires/{id}/affiche", Who: shell.Person, Handler: p.poster},
		{Pattern: "POST /formulaires/{id}/lien", Who: shell.Person, Handler: p.renew},
		{Pattern: "GET /formulaires/{id}/saisies", Who: shell.Person, Handler: p.entries},
		{Pattern: "POST /formulaires/{id}/saisies", Who: shell.Person, Handler: p.decide},
		{Pattern: "GET /formulaires/{id}/saisies/{entry}", Who: shell.Person, Handler: p.entry},
		{Pattern: "GET /formulaires/{id}/saisies/{entry}/corriger", Who: shell.Person.With(maps), Handler: p.correctForm},
		{Pattern: "POST /formulaires/{id}/saisies/{entry}/corriger", Who: shell.Person.With(httpx.Stream(), httpx.MaxBody(files), maps), Handler: p.correct},
		{Pattern: "POST /formulaires/{id}/saisies/{entry}/restaurer", Who: shell.Person, Handler: p.restore},
		{Pattern: "POST /formulaires/{id}/saisies/{entry}/retirer", Who: shell.Person, Handler: p.remove},
		{Pattern: "GET /f/{key}", Who: anyone.With(maps), Handler: p.fillForm},
		{Pattern: "POST /f/{key}", Who: fill, Handler: p.fill},
		{Pattern: "POST /f/{key}/controle", Who: anyone, Handler: p.look},
		{Pattern: "GET /f/{key}/merci", Who: anyone, Handler: p.thanks},
		{Pattern: "GET /f/{key}/propositions", Who: shell.Anyone.With(p.o.Asked), Handler: p.propose},
	}
}

// visitor is who fills a form in, through its address.
func visitor(r *http.Request) collect.Visitor {
	return collect.Visitor{Actor: shell.From(r).Actor, Key: r.PathValue("key")}
}
