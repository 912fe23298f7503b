package v1

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/follow"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/schemas"
	"socle/internal/tables"
)

// API answers /api/v1.
type API struct {
	o        Options
	versions versions

	connections connections // of those who wait for events
}

// Options are what the API speaks to.
type Options struct {
	Identity  *identity.Service
	Catalogue *catalogue.Service
	Find      *find.Service
	Tables    *tables.Service
	Engine    tables.Engine
	Publish   *publish.Service
	Collect   *collect.Service
	Follows   *follow.Service
	Schemas   tables.Schemas
	National  *schemas.Service // the national catalogue of schemas
	Limit     httpx.Option     // requests of one visitor
	Fetch     *http.Client     // for addresses that strangers give
	BaseURL   *url.URL
	MaxBytes  int64  // of a file checked in one request
	MaxPhoto  int64  // of a photo or file of an entry
	Temp      string // folder of temporary files
	Workers   int
	Now       func() time.Time
}

// New makes the API.
func New(o Options) *API { return &API{o: o} }

// lang is the language asked for: ?lang=, else Accept-Language.
func lang(r *http.Request) i18n.Lang {
	if l := i18n.Lang(r.URL.Query().Get("lang")); slices.Contains(i18n.Langs, l) {
		return l
	}
	return i18n.Match(r.Header.Get("Accept-Language"))
}

// only refuses parameters that a route does not know.
func only(r *http.Request, known ...string) error {
	for name := range r.URL.Query() {
		if name != "lang" && !slices.Contains(known, name) {
			return httpx.WithStatus(errs.New(errs.Invalid, "api.unknown-parameter", errs.Args{"Name": name, "Known": strings.Join(append(known, "lang"), ", ")}).
				WithHint("api.unknown-parameter.hint"), http.StatusBadRequest)
		}
	}
	return nil
}

// link is an absolute address of the portal.
func (api *API) link(path ...string) string { return api.o.BaseURL.JoinPath(path...).String() }
