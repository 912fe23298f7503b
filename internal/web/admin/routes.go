package admin

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/community"
	"socle/internal/consolidation"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/page"
	"socle/internal/schemas"
	"socle/internal/sqldb"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Path is the first page of the administration.
const Path = "/admin"

// pageSize is how many entries a list shows at once.
const pageSize = 50

// Pages answers the addresses of this area.
type Pages struct {
	o Options
}

// Options are what the pages work with.
type Options struct {
	Identity   *identity.Service
	Merge      *consolidation.Service
	Catalogue  *catalogue.Service
	Schemas    *schemas.Service
	Texts      *page.Service
	Community  *community.Service
	Blobs      *blob.Store // of pictures
	DB         *sqldb.DB   // of the outbox and the jobs
	Delivers   bool        // a mail server is set: what is sent leaves
	BaseURL    string      // without a slash at the end
	Invitation string      // path of the page that accepts an invitation, "/invitation"
	Limit      httpx.Option
	Now        func() time.Time
}

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	const org = "/organisations/{slug}"
	return []shell.Route{
		{Pattern: "GET " + org + "/logo", Who: shell.Anyone, Handler: p.logo},
		{Pattern: "GET " + org + "/logo/change", Who: shell.Person, Handler: p.logoForm},
		{Pattern: "POST " + org + "/logo/change", Who: shell.Person.With(httpx.MaxBody(ui.MaxLogo + 64<<10)), Handler: p.setLogo},
		{Pattern: "GET /admin", Who: shell.Host, Handler: p.home},
		{Pattern: "GET /admin/organisations", Who: shell.Host, Handler: p.organisations},
		{Pattern: "GET /admin/organisations/new", Who: shell.HostAnimator, Handler: p.newForm},
		{Pattern: "POST /admin/organisations/new", Who: shell.HostAnimator, Handler: p.create},
		{Pattern: "GET " + org + "/edit", Who: shell.Person, Handler: p.editForm},
		{Pattern: "POST " + org + "/edit", Who: shell.Person, Handler: p.edit},
		{Pattern: "GET " + org + "/quota", Who: shell.HostAdmin, Handler: p.quotaForm},
		{Pattern: "POST " + org + "/quota", Who: shell.HostAdmin, Handler: p.quota},
		{Pattern: "GET " + org + "/members", Who: shell.Person, Handler: p.members},
		{Pattern: "POST " + org + "/members/{person}/role", Who: shell.Person, Handler: p.setRole},
		{Pattern: "GET " + org + "/members/{person}/role", Who: shell.Person, Handler: toMembers},
		{Pattern: "GET " + org + "/invitations", Who: shell.Person, Handler: toMembers},
		{Pattern: "GET " + org + "/members/{person}/remove", Who: shell.Person, Handler: p.askRemove},
		{Pattern: "POST " + org + "/members/{person}/remove", Who: shell.Person, Handler: p.remove},
		{Pattern: "POST " + org + "/invitations", Who: shell.Person.With(p.o.Limit), Handler: p.invite},
		{Pattern: "GET " + org + "/invitations/{id}/revoke", Who: shell.Person, Handler: p.askRevoke},
		{Pattern: "POST " + org + "/invitations/{id}/revoke", Who: shell.Person, Handler: p.revoke},
		{Pattern: "GET " + org + "/journal", Who: shell.Person, Handler: p.journal},
		{Pattern: "GET " + org + "/journal/{file}", Who: shell.Person, Handler: p.exportJournal},
		{Pattern: "GET " + org + "/mandates", Who: shell.Person, Handler: p.mandates},
		{Pattern: "POST " + org + "/mandates", Who: shell.Person, Handler: p.giveMandate},
		{Pattern: "POST " + org + "/mandates/{id}/revoke", Who: shell.Person, Handler: p.revokeMandate},
		{Pattern: "GET " + org + "/tokens", Who: shell.Person, Handler: p.services},
		{Pattern: "POST " + org + "/tokens", Who: shell.Person, Handler: p.createService},
		{Pattern: "POST " + org + "/tokens/{id}/revoke", Who: shell.Person, Handler: p.revokeService},
		{Pattern: "GET " + org + "/joining", Who: shell.Person, Handler: p.joining},
		{Pattern: "POST " + org + "/joining", Who: shell.Person, Handler: p.setDomains},
		{Pattern: "POST " + org + "/joining/{id}", Who: shell.Person, Handler: p.decideJoin},
		{Pattern: "GET " + org + "/merge", Who: shell.HostAdmin, Handler: p.mergeForm},
		{Pattern: "POST " + org + "/merge", Who: shell.HostAdmin, Handler: p.merge},
		{Pattern: "GET /admin/people", Who: shell.Host, Handler: p.people},
		{Pattern: "POST /admin/people/invitations", Who: shell.HostAdmin.With(p.o.Limit), Handler: p.inviteHost},
		{Pattern: "GET /admin/people/invitations", Who: shell.HostAdmin, Handler: toPeople},
		{Pattern: "GET /admin/people/{id}/roles", Who: shell.HostAdmin, Handler: toPerson},
		{Pattern: "GET /admin/people/{id}", Who: shell.Host, Handler: p.person},
		{Pattern: "POST /admin/people/{id}/roles", Who: shell.HostAdmin, Handler: p.setHostRoles},
		{Pattern: "GET /admin/people/{id}/close", Who: shell.HostAdmin, Handler: p.askClose},
		{Pattern: "POST /admin/people/{id}/close", Who: shell.HostAdmin, Handler: p.closePerson},
		{Pattern: "GET /admin/mail", Who: shell.HostAdmin, Handler: p.mail},
		{Pattern: "GET /admin/mail/{id}", Who: shell.HostAdmin, Handler: p.message},
		{Pattern: "POST /admin/mail/{id}/resend", Who: shell.HostAdmin, Handler: p.resend},
		{Pattern: "GET /admin/jobs", Who: shell.HostAdmin, Handler: p.jobs},
		{Pattern: "GET /admin/jobs/{id}", Who: shell.HostAdmin, Handler: p.job},
		{Pattern: "POST /admin/jobs/{id}/retry", Who: shell.HostAdmin, Handler: p.retry},
		{Pattern: "GET /admin/jobs/{id}/cancel", Who: shell.HostAdmin, Handler: p.askCancel},
		{Pattern: "POST /admin/jobs/{id}/cancel", Who: shell.HostAdmin, Handler: p.cancel},
		{Pattern: "POST /admin/people/{id}/factors", Who: shell.HostAdmin, Handler: p.resetFactors},
		{Pattern: "GET /admin/people/{id}/factors", Who: shell.HostAdmin, Handler: toPerson},
		{Pattern: "GET /admin/texts", Who: shell.HostAdmin, Handler: p.texts},
		{Pattern: "GET /admin/texts/{name}/{language}", Who: shell.HostAdmin, Handler: p.textForm},
		{Pattern: "POST /admin/texts/{name}/{language}", Who: shell.HostAdmin, Handler: p.saveText},
		{Pattern: "GET /admin/consolidations", Who: shell.HostAnimator, Handler: p.consolidations},
		{Pattern: "GET /admin/consolidations/schema", Who: shell.HostAnimator, Handler: p.consolidationForm},
		{Pattern: "POST /admin/consolidations/schema", Who: shell.HostAnimator, Handler: p.saveConsolidation},
		{Pattern: "GET /admin/audit", Who: shell.HostAuditor, Handler: p.audit},
		{Pattern: "GET /admin/audit/{file}", Who: shell.HostAuditor, Handler: p.exportAudit},
	}
}

// The address of an act shows its page again when it is asked for: by the link to
// the other language, or by a reload.
func toMembers(w http.ResponseWriter, r *http.Request) error {
	return shell.Redirect(w, r, "/organisations/"+r.PathValue("slug")+"/members")
}

func toPeople(w http.ResponseWriter, r *http.Request) error {
	return shell.Redirect(w, r, "/admin/people")
}

func toPerson(w http.ResponseWriter, r *http.Request) error {
	return shell.Redirect(w, r, "/admin/people/"+r.PathValue("id"))
}

// frame is what every page of this area begins with.
type frame struct {
	Sections ui.Tabs // none for who has no role of the host
	Head     ui.PageHead
}

// inboxPath is where the requests for data to the host are answered.
const inboxPath = "/requests/inbox?to=host"

// section is a part of the administration and the right that opens it.
type section struct {
	path  string
	label string
	text  string
	icon  ui.Icon
	right identity.Action
}

var sections = []section{
	{"/admin/organisations", "admin.organisations", "admin.organisations.door", "building-2", identity.ActionReadPeople},
	{"/admin/people", "admin.people", "admin.people.door", "users", identity.ActionReadPeople},
	{"/admin/consolidations", "consolidationui.title", "consolidationui.door", "layers", identity.ActionTerritory},
	{inboxPath, "communityui.title", "communityui.door", "message-circle", identity.ActionAnswer},
	{"/admin/texts", "page.texts", "page.texts.door", "book-open", identity.ActionSettings},
	{"/admin/mail", "admin.mail", "admin.mail.door", "mail", identity.ActionOperate},
	{"/admin/jobs", "admin.jobs", "admin.jobs.door", "list-checks", identity.ActionOperate},
	{"/admin/audit", "admin.audit", "admin.audit.door", "history", identity.ActionReadHostAudit},
}

// tabs are the parts that the actor may open.
func tabs(ctx context.Context, a identity.Actor, current string) ui.Tabs {
	t := ui.Tabs{Label: ui.T(ctx, "admin.title")}
	if len(a.HostRoles().List()) == 0 {
		return t
	}
	t.Tabs = []ui.Tab{{Label: ui.T(ctx, "admin.overview"), Href: Path, Icon: "house", Current: current == Path}}
	for _, s := range sections {
		if a.Can(s.right, "") {
			t.Tabs = append(t.Tabs, ui.Tab{Label: ui.T(ctx, s.label), Href: s.path, Icon: s.icon, Current: current == s.path})
		}
	}
	return t
}

// listView is a page of entries.
type listView struct {
	frame
	Search *ui.Search
	Filter ui.Tabs
	Items  ui.Items
	Empty  ui.Empty
	Older  string // address of the entries that follow; "" when there are none
}

// after is the address of the page of a list that follows.
func after(r *http.Request, name, value string) string {
	q := url.Values{}
	for k, v := range r.URL.Query() {
		if len(v) > 0 && v[0] != "" {
			q.Set(k, v[0])
		}
	}
	q.Set(name, value)
	return shell.From(r).Path + "?" + q.Encode()
}

// said is an error told inside a page; nil for one that only the page of
// failures can tell.
func said(ctx context.Context, err error) *ui.Notice {
	e := errs.As(err)
	if e.Kind == errs.Internal || e.Kind == errs.Denied || e.Kind == errs.SignIn || e.Kind == errs.NotFound {
		return nil
	}
	return ui.Failed(ctx, e)
}

// named is the message of a key made of a code, or the code where a newer or older
// version wrote one that this one does not know.
func named(ctx context.Context, prefix, code string) string {
	if i18n.Known(ui.LangOf(ctx), prefix+code) {
		return ui.T(ctx, prefix+code)
	}
	return code
}

func none() error { return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint") }
