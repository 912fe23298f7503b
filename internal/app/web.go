package app

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"socle/internal/api/compat"
	v1 "socle/internal/api/v1"
	"socle/internal/chart"
	"socle/internal/collect"
	"socle/internal/collect/submission"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/page"
	"socle/internal/sqldb"
	"socle/internal/web/account"
	adminui "socle/internal/web/admin"
	"socle/internal/web/catalogueui"
	"socle/internal/web/collectui"
	"socle/internal/web/communityui"
	"socle/internal/web/dashboardui"
	"socle/internal/web/fieldui"
	"socle/internal/web/followui"
	"socle/internal/web/gridui"
	"socle/internal/web/openrosaui"
	"socle/internal/web/publishui"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// The addresses of one-time links, which the command line prints too.
const (
	firstAccountPath = account.FirstAccountPath + "?token="
	invitationPath   = account.InvitationPath + "?token="
	resetPath        = account.ResetPath + "?token="
)

// manyVisitors bounds the memory of a limiter.
const manyVisitors = 100_000

// How often a visitor may ask for proposals: as fast as people type.
const (
	proposalRate  = 8 // a second
	proposalBurst = 40
)

// maxAnonymousCheck is the size of a file that the public page checks.
const maxAnonymousCheck = 100_000_000

// Handler is everything that answers requests: pages, API, files, health.
func (a *App) Handler(reg *prometheus.Registry) (http.Handler, error) {
	c := a.Config
	base := strings.TrimSuffix(c.Base().String(), "/")
	host, err := a.host()
	if err != nil {
		return nil, err
	}
	sh := shell.New(shell.Options{
		Identity:     a.Identity,
		BaseURL:      c.Base(),
		Log:          a.Log,
		Demo:         c.Demo,
		Development:  a.Version == "dev",
		FlashKey:     a.flashKey,
		Host:         func(context.Context) ui.Host { return host },
		Places:       places,
		Footer:       footer,
		AccountLinks: accountLinks,
	})
	rt := httpx.NewRouter(httpx.Options{
		Log:            a.Log,
		Render:         sh.Render,
		Metrics:        httpx.NewMetrics(reg),
		TrustedProxies: c.TrustedProxies,
		BaseURL:        c.Base(),
		Timeout:        c.Limits.RequestTimeout,
	})
	general := httpx.Limit(httpx.NewLimiter(c.Limits.RequestRate, c.Limits.RequestBurst, manyVisitors, time.Now))
	// A flood guard: who guesses is held by the counters of identity, by account and
	// network, so that sixty agents behind one address get in.
	attempts := httpx.Limit(httpx.NewLimiter(c.Limits.SigninRate/60, max(5, int(c.Limits.SigninRate)), manyVisitors, time.Now))

	rt.Handle("GET /healthz", httpx.Health)
	rt.Handle("GET /readyz", httpx.Ready(a.probes()...))
	rt.Handle("GET /robots.txt", a.robots)
	rt.Handle("GET /.well-known/security.txt", a.security)
	if c.Metrics.Token != "" {
		rt.Handle("GET /metrics", httpx.MetricsHandler(reg, c.Metrics.Token))
	}
	areas, err := a.contours()
	if err != nil {
		return nil, err
	}
	proposals := a.proposals()
	asked := httpx.Limit(httpx.NewLimiter(proposalRate, proposalBurst, manyVisitors, time.Now))
	field, err := fieldui.New(fieldui.Options{
		Assets:    ui.Embedded(),
		Host:      host,
		Accent:    c.Host.Accent,
		Territory: c.Host.Territory,
		Contours:  areas,
	})
	if err != nil {
		return nil, err
	}
	texts := page.New(a.DB, page.Host{Host: c.Host.Name, Contact: c.Host.Contact, Hosting: c.Host.Hosting, Basemap: hostOf(c.Map.BasemapURL)})
	routes := [][]shell.Route{
		sh.Own(),
		catalogueui.New(catalogueui.Options{
			Identity:  a.Identity,
			Accent:    c.Host.Accent,
			Style:     host.Style,
			Areas:     areas,
			Texts:     texts,
			Catalogue: a.Catalogue,
			Find:      a.Find,
			Tables:    a.Tables,
			Engine:    a.Engine,
			Schemas:   a.Schemas,
			Merge:     a.Merge,
			Collect:   a.Forms,
			Community: a.Community,
			Now:       time.Now,
			BaseURL:   base,
			Host:      c.Host.Name,
			Contact:   c.Host.Contact,
			Basemap:   ui.Basemap{URL: c.Map.BasemapURL, Attribution: c.Map.Attribution},
		}).Routes(),
		dashboardui.New(dashboardui.Options{
			Identity:  a.Identity,
			Catalogue: a.Catalogue,
			Boards:    a.Boards,
			Host:      c.Host.Name,
			Style:     host.Style,
			BaseURL:   base,
			Now:       time.Now,
		}).Routes(),
		a.accountPages(base, attempts, general).Routes(),
		followui.New(followui.Options{
			Follows:   a.Follows,
			Identity:  a.Identity,
			Catalogue: a.Catalogue,
			Attempts:  attempts,
			Limit:     general,
			BaseURL:   base,
			Now:       time.Now,
		}).Routes(),
		communityui.New(communityui.Options{
			Community: a.Community,
			Identity:  a.Identity,
			Catalogue: a.Catalogue,
			Attempts:  attempts,
			BaseURL:   base,
			Now:       time.Now,
		}).Routes(),
		adminui.New(adminui.Options{
			Identity:   a.Identity,
			Blobs:      a.Blobs,
			Merge:      a.Merge,
			Schemas:    a.Schemas,
			Catalogue:  a.Catalogue,
			Texts:      texts,
			Community:  a.Community,
			DB:         a.DB,
			Delivers:   c.SMTP.Host != "",
			BaseURL:    base,
			Invitation: account.InvitationPath,
			Limit:      general,
			Now:        time.Now,
		}).Routes(),
		publishui.New(publishui.Options{
			Identity:  a.Identity,
			Merge:     a.Merge,
			Catalogue: a.Catalogue,
			Tables:    a.Tables,
			Publish:   a.Publish,
			Schemas:   a.Schemas,
			Usage:     a.Usage,
			Community: a.Community,
			Collect:   a.Forms,
			Proposals: proposals,
			Asked:     asked,
			Temp:      a.temp(),
			Fetch:     a.Fetch,
			BaseURL:   base,
			MaxCheck:  min(maxAnonymousCheck, int64(c.Limits.Upload)),
			Limit:     general,
			Now:       time.Now,
			Zone:      c.Location(),
		}).Routes(),
		field.Routes(),
		collectui.New(collectui.Options{
			Collect:   a.Forms,
			Identity:  a.Identity,
			Catalogue: a.Catalogue,
			Schemas:   a.Schemas,
			BaseURL:   base,
			Limit:     general,
			Now:       time.Now,
			Zone:      c.Location(),
			Territory: c.Host.Territory,
			Basemap:   ui.Basemap{URL: c.Map.BasemapURL, Attribution: c.Map.Attribution},
			Proposals: proposals,
			Asked:     asked,
		}).Routes(),
		gridui.New(gridui.Options{Catalogue: a.Catalogue, Collect: a.Forms}).Routes(),
		v1.New(v1.Options{
			Identity:  a.Identity,
			Catalogue: a.Catalogue,
			Find:      a.Find,
			Tables:    a.Tables,
			Engine:    a.Engine,
			Publish:   a.Publish,
			Collect:   a.Forms,
			Schemas:   a.Schemas.Find,
			National:  a.Schemas,
			Limit:     general,
			Fetch:     a.Fetch,
			BaseURL:   c.Base(),
			MaxBytes:  int64(c.Limits.Upload),
			MaxPhoto:  int64(c.Entries.File),
			Temp:      a.temp(),
			Workers:   2,
			Now:       time.Now,
			Follows:   a.Follows,
		}).Routes(),
		compat.New(compat.Options{
			Identity:    a.Identity,
			Catalogue:   a.Catalogue,
			Tables:      a.Tables,
			Engine:      a.Engine,
			BaseURL:     c.Base(),
			Name:        c.Host.Name,
			Schemas:     a.Schemas.Find,
			References:  a.Tables.References(),
			Fetch:       a.Fetch,
			Limit:       general,
			MaxBytes:    min(maxAnonymousCheck, int64(c.Limits.Upload)),
			Collect:     a.Forms,
			Submissions: submission.New(a.DB, a.Forms),
			Territory:   c.Host.Territory,
			Temp:        a.temp(),
			Workers:     2,
			Version:     a.Version,
			Now:         time.Now,
		}).Routes(),
		openrosaui.New(openrosaui.Options{
			Identity: a.Identity,
			Collect:  a.Forms,
			Server:   base + compat.OpenRosaPath,
			Portal:   c.Host.Name,
			Temp:     a.temp(),
			Now:      time.Now,
			Made:     func(id collect.FormID) string { return openrosaui.Path + "/" + string(id) },
		}).Routes(),
	}
	for _, r := range routes {
		sh.Mount(rt, a.count(r)...)
	}
	a.shell = sh
	return rt, nil
}

// sendMail puts a message in the outbox.
func (a *App) sendMail(ctx context.Context, m mail.Message) error {
	return a.DB.Write(ctx, func(tx *sqldb.Tx) error { return mail.Send(ctx, tx, m) })
}

// letterArgs is a message on its way to the outbox; of nobody, nothing leaves.
type letterArgs struct {
	Somebody bool
	Message  mail.Message
}

func (letterArgs) Kind() string { return "app.letter" }

// sendMailIf leaves the message to a job whether there is somebody or not: the
// visitor waits the same time.
func (a *App) sendMailIf(ctx context.Context, somebody bool, m mail.Message) error {
	return a.DB.Write(ctx, func(tx *sqldb.Tx) error { return jobs.Add(ctx, tx, letterArgs{somebody, m}) })
}

func (a *App) sendLetter(ctx context.Context, j *jobs.Job[letterArgs]) error {
	return a.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if j.Args.Somebody {
			if err := mail.Send(ctx, tx, j.Args.Message); err != nil {
				return err
			}
		}
		return j.Complete(ctx, tx)
	})
}

// host is the identity of who runs the instance.
func (a *App) host() (h ui.Host, err error) {
	c := a.Config.Host
	h = ui.Host{Name: c.Name}
	if h.Style, err = ui.NewHostStyle(c.Accent); err != nil || c.Logo == "" {
		return h, err
	}
	b, err := os.ReadFile(c.Logo)
	if err != nil {
		return h, errs.New(errs.Invalid, "app.logo", errs.Args{"Path": c.Logo}).WithHint("app.logo.hint").Because(err)
	}
	if h.Style, err = h.Style.WithLogo(b); err != nil {
		return h, err
	}
	return h, nil
}

// contours reads the files of contours that the host gives.
func (a *App) contours() (out []*chart.Areas, err error) {
	for path := range strings.SplitSeq(a.Config.Map.Contours, ",") {
		if path = strings.TrimSpace(path); path == "" {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, errs.New(errs.Invalid, "areas.file", errs.Args{"Path": path}).WithHint("areas.hint").Because(err)
		}
		list, err := chart.ReadAreas(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, errs.New(errs.Invalid, "areas.file", errs.Args{"Path": path}).WithHint("areas.hint").Because(err)
		}
		out = append(out, list)
	}
	return out, nil
}

func places(ctx context.Context) []ui.Place {
	return []ui.Place{
		{Label: ui.T(ctx, "app.place.datasets"), Href: "/search", Icon: "database"},
		{Label: ui.T(ctx, "app.place.producers"), Href: "/organisations", Icon: "building-2"},
		{Label: ui.T(ctx, "dashboardui.title"), Href: "/board", Icon: "chart-column"},
		{Label: ui.T(ctx, "app.place.schemas"), Href: "/schemas", Icon: "list-checks"},
		{Label: ui.T(ctx, "app.place.check"), Href: "/check", Icon: "file-check"},
	}
}

func footer(ctx context.Context) []ui.Link {
	return []ui.Link{
		{Label: ui.T(ctx, "app.footer.datasets"), Href: "/search"},
		{Label: ui.T(ctx, "app.footer.schemas"), Href: "/schemas"},
		{Label: ui.T(ctx, "communityui.title"), Href: communityui.Path},
		{Label: ui.T(ctx, "app.footer.about"), Href: "/about"},
		{Label: ui.T(ctx, "app.footer.legal"), Href: "/legal"},
		{Label: ui.T(ctx, "app.footer.privacy"), Href: "/privacy"},
		{Label: ui.T(ctx, "app.footer.accessibility"), Href: "/accessibility"},
	}
}

func accountLinks(ctx context.Context, a identity.Actor) []ui.Link {
	links := []ui.Link{
		{Label: ui.T(ctx, "app.link.desk"), Href: "/desk", Icon: "inbox"},
		{Label: ui.T(ctx, "collectui.desk"), Href: "/formulaires", Icon: "clipboard-list"},
		{Label: ui.T(ctx, "app.link.field"), Href: fieldui.Path, Icon: "smartphone"},
		{Label: ui.T(ctx, "app.link.account"), Href: account.Path, Icon: "circle-user"},
	}
	if len(a.HostRoles().List()) > 0 {
		links = append(links, ui.Link{Label: ui.T(ctx, "app.link.admin"), Href: "/admin", Icon: "settings"})
	}
	return links
}

// robots keeps a demonstration, and the pages of people, out of search engines.
func (a *App) robots(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	text := "User-agent: *\nDisallow: /account\nDisallow: /desk\nDisallow: /formulaires\nDisallow: /f/\nDisallow: /admin\nDisallow: /en/account\nDisallow: /en/desk\nDisallow: /en/admin\n"
	text += "Sitemap: " + strings.TrimSuffix(a.Config.Base().String(), "/") + "/sitemap.xml\n"
	if a.Config.Demo {
		text = "User-agent: *\nDisallow: /\n"
	}
	return httpx.WriteBytes(w, r, http.StatusOK, []byte(text))
}

// hostOf is the host of an address; "" without one.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
