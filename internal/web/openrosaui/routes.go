package openrosaui

import (
	"time"

	"socle/internal/collect"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
)

// Path begins the addresses of forms.
const Path = "/formulaires"

// ImportPath is the page that makes a form of an XLSForm.
const ImportPath = Path + "/importer"

// maxWorkbook bounds an XLSForm, maxFiles the lists of choices that come with it.
const (
	maxWorkbook = 10 << 20
	maxFiles    = 10
	maxMade     = 8 << 20 // a definition, on its way from the report to the form
)

// AppsPath is the page of a form for other applications.
func AppsPath(id collect.FormID) string { return Path + "/" + string(id) + "/applications" }

// Options are what the pages work with.
type Options struct {
	Identity *identity.Service
	Collect  *collect.Service
	Server   string // address of the interface, without what follows: https://…/openrosa
	Portal   string // its name
	Temp     string // folder of temporary files
	Now      func() time.Time
	// Made is where a form goes on once it is made.
	Made func(id collect.FormID) string
}

// Pages answers the addresses of this area.
type Pages struct{ o Options }

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	bring := shell.Person.With(httpx.Stream(), httpx.MaxBody(maxWorkbook*2))
	made := shell.Person.With(httpx.MaxBody(maxMade + 1<<16))
	return []shell.Route{
		{Pattern: "GET /formulaires/{id}/applications", Who: shell.Person, Handler: p.apps},
		{Pattern: "POST /formulaires/{id}/applications", Who: shell.Person, Handler: p.newToken},
		{Pattern: "POST /formulaires/{id}/applications/{token}/revoke", Who: shell.Person, Handler: p.revoke},
		{Pattern: "GET /formulaires/importer", Who: shell.Person, Handler: p.bring},
		{Pattern: "POST /formulaires/importer", Who: bring, Handler: p.read},
		{Pattern: "POST /formulaires/importer/creer", Who: made, Handler: p.make},
	}
}
