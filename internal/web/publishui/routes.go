package publishui

import (
	"net/http"
	"time"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/community"
	"socle/internal/consolidation"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/proposal"
	"socle/internal/publish"
	"socle/internal/schemas"
	"socle/internal/tables"
	"socle/internal/usage"
	"socle/internal/web/shell"
)

// Pages answers the addresses of this area.
type Pages struct {
	o Options
}

// Options are what the pages work with.
type Options struct {
	Identity  *identity.Service
	Catalogue *catalogue.Service
	Tables    *tables.Service
	Publish   *publish.Service
	Merge     *consolidation.Service
	Schemas   *schemas.Service
	Usage     *usage.Service
	Community *community.Service
	Collect   *collect.Service
	Proposals *proposal.Service
	Asked     httpx.Option // how often proposals may be asked for
	Temp      string       // folder of temporary files
	Fetch     *http.Client // for addresses that strangers give
	BaseURL   string       // "https://donnees.example.org", in links to reports
	MaxCheck  int64        // bytes of a file checked without account
	Limit     httpx.Option // checks of one visitor
	Now       func() time.Time
	Zone      *time.Location // of the dates that are typed
}

// New makes the pages.
func New(o Options) *Pages {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Pages{o: o}
}

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	bring := shell.Person.With(httpx.Stream(), httpx.MaxBody(p.o.Tables.MaxUpload()+1<<20))
	check := shell.Anyone.With(httpx.Stream(), httpx.MaxBody(p.o.MaxCheck+1<<20), p.o.Limit)
	limited := shell.Anyone.With(p.o.Limit)
	return []shell.Route{
		{Pattern: "GET /check", Who: shell.Anyone, Handler: p.checkForm},
		{Pattern: "POST /check", Who: check, Handler: p.check},
		{Pattern: "GET /check/rules", Who: shell.Anyone, Handler: p.rules},
		{Pattern: "GET /check/{id}", Who: shell.Anyone, Handler: p.checkReport},
		{Pattern: "GET /check/{id}/report.csv", Who: limited, Handler: p.checkCSV},
		{Pattern: "GET /check/{id}/report.xlsx", Who: limited, Handler: p.checkXLSX},
		{Pattern: "GET /check/{id}/badge.svg", Who: shell.Anyone, Handler: p.checkBadge},
		{Pattern: "POST /check/{id}/forget", Who: shell.Anyone, Handler: p.forgetCheck},
		{Pattern: "GET /desk", Who: shell.Person, Handler: p.desk},
		{Pattern: "GET " + territoriesPath, Who: shell.Person.With(p.o.Asked), Handler: p.territories},
		{Pattern: "GET /returns/{resource}", Who: shell.Person, Handler: p.returned},
		{Pattern: "GET /returns/{resource}/{file}", Who: shell.Person, Handler: p.returnedFile},
		{Pattern: "POST /returns/{resource}/mend", Who: shell.Person, Handler: p.mendReturned},
		{Pattern: "GET /deposits/new", Who: shell.Person, Handler: p.newForm},
		{Pattern: "POST /deposits", Who: bring, Handler: p.bring},
		{Pattern: "GET /deposits/{id}", Who: shell.Person, Handler: p.deposit},
		{Pattern: "GET /deposits/{id}/progress", Who: shell.Person, Handler: p.progress},
		{Pattern: "GET /deposits/{id}/understand", Who: shell.Person, Handler: p.understand},
		{Pattern: "POST /deposits/{id}/reading", Who: shell.Person, Handler: p.reading},
		{Pattern: "GET /deposits/{id}/mend", Who: shell.Person, Handler: p.mend},
		{Pattern: "POST /deposits/{id}/repair", Who: shell.Person, Handler: p.repair},
		{Pattern: "POST /deposits/{id}/edit", Who: shell.Person, Handler: p.edit},
		{Pattern: "POST /deposits/{id}/undo", Who: shell.Person, Handler: p.undo},
		{Pattern: "POST /deposits/{id}/free", Who: shell.Person, Handler: p.free},
		{Pattern: "GET /deposits/{id}/describe", Who: shell.Person, Handler: p.describeForm},
		{Pattern: "POST /deposits/{id}/describe", Who: shell.Person, Handler: p.describe},
		{Pattern: "GET /deposits/{id}/protect", Who: shell.Person, Handler: p.protectForm},
		{Pattern: "POST /deposits/{id}/protect", Who: shell.Person, Handler: p.protect},
		{Pattern: "GET /deposits/{id}/publish", Who: shell.Person, Handler: p.publishForm},
		{Pattern: "POST /deposits/{id}/publish", Who: shell.Person, Handler: p.publish},
		{Pattern: "POST /deposits/{id}/abandon", Who: shell.Person, Handler: p.abandon},
		{Pattern: "POST /deposits/{id}/decision", Who: shell.Person, Handler: p.decide},
		{Pattern: "GET /deposits/{id}/decision", Who: shell.Person, Handler: toDeposit},
		{Pattern: "GET /datasets/{slug}/edit", Who: shell.Person, Handler: p.editForm},
		{Pattern: "POST /datasets/{slug}/edit", Who: shell.Person, Handler: p.editSet},
		{Pattern: "GET /datasets/{slug}/publication", Who: shell.Person, Handler: p.stateForm},
		{Pattern: "POST /datasets/{slug}/publication", Who: shell.Person, Handler: p.setState},
		{Pattern: "GET /datasets/{slug}/link", Who: shell.Person, Handler: p.watchForm},
		{Pattern: "POST /datasets/{slug}/link", Who: shell.Person, Handler: p.setWatch},
		{Pattern: "GET /deposits/link", Who: shell.Person, Handler: p.linkForm},
		{Pattern: "POST /deposits/link", Who: shell.Person.With(p.o.Limit), Handler: p.saveLink},
		{Pattern: "GET /deposits/file", Who: shell.Person, Handler: p.fileForm},
		{Pattern: "POST /deposits/file", Who: bring, Handler: p.saveFile},
		{Pattern: "GET /datasets/{slug}/links", Who: shell.Person, Handler: p.contents},
		{Pattern: "POST /datasets/{slug}/order", Who: shell.Person, Handler: p.order},
		{Pattern: "GET /datasets/{slug}/files/new", Who: shell.Person, Handler: p.fileForm},
		{Pattern: "POST /datasets/{slug}/files/new", Who: bring, Handler: p.saveFile},
		{Pattern: "GET /datasets/{slug}/files/{resource}/edit", Who: shell.Person, Handler: p.fileForm},
		{Pattern: "POST /datasets/{slug}/files/{resource}/edit", Who: bring, Handler: p.saveFile},
		{Pattern: "GET /datasets/{slug}/files/{resource}/remove", Who: shell.Person, Handler: p.askRemove},
		{Pattern: "POST /datasets/{slug}/files/{resource}/remove", Who: shell.Person, Handler: p.remove},
		{Pattern: "GET /datasets/{slug}/tables/{resource}/edit", Who: shell.Person, Handler: p.fileForm},
		{Pattern: "POST /datasets/{slug}/tables/{resource}/edit", Who: bring, Handler: p.saveFile},
		{Pattern: "GET /datasets/{slug}/links/new", Who: shell.Person, Handler: p.linkForm},
		{Pattern: "POST /datasets/{slug}/links/new", Who: shell.Person.With(p.o.Limit), Handler: p.saveLink},
		{Pattern: "GET /datasets/{slug}/links/{resource}", Who: shell.Person, Handler: p.linkForm},
		{Pattern: "POST /datasets/{slug}/links/{resource}", Who: shell.Person.With(p.o.Limit), Handler: p.saveLink},
		{Pattern: "GET /datasets/{slug}/links/{resource}/remove", Who: shell.Person, Handler: p.askRemove},
		{Pattern: "POST /datasets/{slug}/links/{resource}/remove", Who: shell.Person, Handler: p.remove},
		{Pattern: "GET /datasets/{slug}/statistics", Who: shell.Person, Handler: p.statistics},
		{Pattern: "GET /datasets/{slug}/statistics.csv", Who: shell.Person, Handler: p.statisticsCSV},
		{Pattern: "GET /organisations/{slug}/publishing", Who: shell.Person, Handler: p.ruleForm},
		{Pattern: "POST /organisations/{slug}/publishing", Who: shell.Person, Handler: p.setRule},
	}
}

// toDeposit shows the page of an act that is asked for by its address.
func toDeposit(w http.ResponseWriter, r *http.Request) error {
	return shell.Redirect(w, r, "/deposits/"+r.PathValue("id"))
}
