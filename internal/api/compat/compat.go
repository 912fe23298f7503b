package compat

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/collect/submission"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/web/shell"
)

// Options are what the interfaces work with.
type Options struct {
	Identity    *identity.Service
	Catalogue   *catalogue.Service
	Tables      *tables.Service
	Engine      tables.Engine
	BaseURL     *url.URL
	Schemas     tables.Schemas
	Collect     *collect.Service
	Submissions *submission.Service
	Territory   string           // code of the département whose communes forms offer; "": all
	References  check.References // of foreign keys to other tables; nil: they are told as not checked
	Fetch       *http.Client     // for addresses that strangers give
	Limit       httpx.Option     // requests of one visitor
	MaxBytes    int64            // of a file
	Temp        string           // folder of temporary files
	Workers     int              // goroutines that read one file
	Version     string           // of Socle
	Name        string           // of the portal
	Now         func() time.Time
}

// API answers the addresses of this area.
type API struct {
	o       Options
	public  public
	extents extents

	communeLists communeLists
}

// New makes the interfaces.
func New(o Options) *API { return &API{o: o} }

// Routes lists the addresses. They are open to scripts of other sites, as the
// tools that they stand for are.
func (api *API) Routes() []shell.Route {
	who := shell.Anyone.With(httpx.Stream(), httpx.MaxBody(api.o.MaxBytes+1<<20), httpx.CORS(), httpx.AllowCrossOrigin(), httpx.WithRenderer(httpx.JSONRenderer), api.o.Limit)
	routes := []shell.Route{
		{Pattern: "GET /validate", Who: who, Handler: api.validateURL},
		{Pattern: "POST /validate", Who: who, Handler: api.validateFile},
		{Pattern: "GET /apidocs", Who: who, Handler: apiDocument},
	}
	return slices.Concat(routes, api.exploreRoutes(), api.tabularRoutes(), api.ckanRoutes(), api.ogcRoutes(), api.packageRoutes(), api.openRosaRoutes())
}

// apiDocument leads from the page that describes the API of Validata to our description.
func apiDocument(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/api/v1/openapi.json", http.StatusFound)
	return nil
}
