package catalogueui

import (
	"net/http"
	"time"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/chart"
	"socle/internal/collect"
	"socle/internal/community"
	"socle/internal/consolidation"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/page"
	"socle/internal/schemas"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Pages answers the addresses of this area.
type Pages struct {
	o Options
}

// Options are what the pages read from.
type Options struct {
	Identity  *identity.Service
	Catalogue *catalogue.Service
	Texts     *page.Service
	Find      *find.Service
	Tables    *tables.Service
	Engine    tables.Engine
	Schemas   *schemas.Service
	Merge     *consolidation.Service
	Collect   *collect.Service
	Community *community.Service
	Now       func() time.Time
	BaseURL   string // without a slash at the end
	Territory string // name of the territory, may be ""
	Host      string // name of who runs the portal
	Contact   string // e-mail given to visitors, may be ""
	Basemap   ui.Basemap
	Areas     []*chart.Areas // contours that figures by code are drawn on
	Accent    string         // colour of who runs the portal, as #rrggbb; "" for that of the design
	Style     ui.HostStyle   // what follows from it
}

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	return []shell.Route{
		{Pattern: "GET /{$}", Who: shell.Anyone, Handler: p.home},
		{Pattern: "GET /search", Who: shell.Anyone, Handler: p.search},
		{Pattern: "GET /search/suggestions", Who: shell.Anyone, Handler: p.suggest},
		{Pattern: "GET /datasets", Who: shell.Anyone, Handler: toSearch},
		{Pattern: "GET /datasets/{slug}", Who: shell.Anyone, Handler: p.dataset},
		{Pattern: "GET /datasets/{slug}/about", Who: shell.Anyone, Handler: p.about},
		{Pattern: "GET /datasets/{slug}/api", Who: shell.Anyone, Handler: p.console},
		{Pattern: "GET /datasets/{slug}/map", Who: shell.Anyone.With(httpx.WithCSP(p.mapPolicy())), Handler: p.mapPage},
		{Pattern: "GET /datasets/{slug}/chart", Who: shell.Anyone, Handler: p.chart},
		{Pattern: "GET /datasets/{slug}/chart.svg", Who: shell.Anyone, Handler: p.chartSVG},
		{Pattern: "GET /datasets/{slug}/chart.csv", Who: shell.Anyone, Handler: p.chartCSV},
		{Pattern: "GET /datasets/{slug}/column", Who: shell.Anyone, Handler: p.column},
		{Pattern: "GET /datasets/{slug}/files/{resource}", Who: shell.Anyone, Handler: p.file},
		{Pattern: "GET /datasets/{slug}/rows/{number}", Who: shell.Anyone, Handler: p.row},
		{Pattern: "GET /datasets/{slug}/contributors", Who: shell.Anyone, Handler: p.contributors},
		{Pattern: "GET /datasets/{slug}/duplicates", Who: shell.Anyone, Handler: p.duplicates},
		{Pattern: "GET /datasets/{slug}/history", Who: shell.Anyone, Handler: p.history},
		{Pattern: "GET /datasets/{slug}/differences", Who: shell.Anyone, Handler: p.differences},
		{Pattern: "GET /datasets/{slug}/feed.atom", Who: shell.Anyone, Handler: p.datasetFeed},
		{Pattern: "GET /datasets/{slug}/picture.png", Who: shell.Anyone, Handler: p.picture},
		{Pattern: "GET /datasets/{slug}/badge.svg", Who: shell.Anyone, Handler: p.mark},
		{Pattern: "GET /embed/datasets/{slug}/table", Who: shell.Anyone.With(embedPolicy()), Handler: p.embedTable},
		{Pattern: "GET /embed/datasets/{slug}/chart", Who: shell.Anyone.With(embedPolicy()), Handler: p.embedChart},
		{Pattern: "GET /embed/datasets/{slug}/map", Who: shell.Anyone.With(httpx.WithCSP(p.mapPolicy().FramedBy("*"))), Handler: p.embedMap},
		{Pattern: "GET /embed.js", Who: shell.Anyone, Handler: script(hostScript)},
		{Pattern: "GET /embed-frame.js", Who: shell.Anyone, Handler: script(frameScript)},
		{Pattern: "GET /oembed", Who: shell.Anyone, Handler: p.oembed},
		{Pattern: "GET /search/feed.atom", Who: shell.Anyone, Handler: p.searchFeed},
		{Pattern: "GET /feed.atom", Who: shell.Anyone, Handler: p.portalFeed},
		{Pattern: "GET /sitemap.xml", Who: shell.Anyone, Handler: p.sitemap},
		{Pattern: "GET /llms.txt", Who: shell.Anyone, Handler: p.llms},
		{Pattern: "GET /organisations/{slug}/feed.atom", Who: shell.Anyone, Handler: p.organisationFeed},
		{Pattern: "GET /organisations", Who: shell.Anyone, Handler: p.organisations},
		{Pattern: "GET /organisations/{slug}", Who: shell.Anyone, Handler: p.organisation},
		{Pattern: "GET /themes/{theme}", Who: shell.Anyone, Handler: p.theme},
		{Pattern: "GET /about", Who: shell.Anyone, Handler: p.text("about")},
		{Pattern: "GET /law", Who: shell.Anyone, Handler: p.text("law")},
		{Pattern: "GET /licences", Who: shell.Anyone, Handler: p.text("licences")},
		{Pattern: "GET /legal", Who: shell.Anyone, Handler: p.text("legal")},
		{Pattern: "GET /accessibility", Who: shell.Anyone, Handler: p.text("accessibility")},
		{Pattern: "GET /schemas", Who: shell.Anyone, Handler: p.schemas},
		{Pattern: "GET /schemas/{publisher}/{name}", Who: shell.Anyone, Handler: p.schema},
		{Pattern: "GET /schemas/{publisher}/{name}/{file}", Who: shell.Anyone, Handler: p.model},
	}
}

func toSearch(w http.ResponseWriter, r *http.Request) error {
	to := "/search"
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return shell.Redirect(w, r, to)
}

// none is the error of a page that does not exist.
func none() error { return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint") }
