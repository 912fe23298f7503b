package compat

import (
	"net/http"
	"time"

	"socle/internal/httpx"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/web/shell"
)

// Options are what the interfaces work with.
type Options struct {
	Schemas    tables.Schemas
	References check.References // of foreign keys to other tables; nil: they are told as not checked
	Fetch      *http.Client     // for addresses that strangers give
	Limit      httpx.Option     // checks of one visitor
	MaxBytes   int64            // of a file
	Temp       string           // folder of temporary files
	Workers    int              // goroutines that read one file
	Version    string           // of Socle
	Now        func() time.Time
}

// API answers the addresses of this area.
type API struct {
	o Options
}

// New makes the interfaces.
func New(o Options) *API { return &API{o: o} }

// Routes lists the addresses. They are open to scripts of other sites, as the
// tools that they stand for are.
func (api *API) Routes() []shell.Route {
	who := shell.Anyone.With(httpx.Stream(), httpx.MaxBody(api.o.MaxBytes+1<<20), httpx.CORS(), httpx.AllowCrossOrigin(), httpx.WithRenderer(httpx.JSONRenderer), api.o.Limit)
	return []shell.Route{
		{Pattern: "GET /validate", Who: who, Handler: api.validateURL},
		{Pattern: "POST /validate", Who: who, Handler: api.validateFile},
	}
}
