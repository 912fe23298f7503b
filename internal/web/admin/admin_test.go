package admin_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/community"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/web/account"
	"socle/internal/web/admin"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

const password = "quatre mots sans lien"

// desk is a portal with its people, who each have a cookie.
type desk struct {
	t       *testing.T
	db      *sqldb.DB
	url     string
	ids     *identity.Service
	org     identity.Organisation // with one administrator
	other   identity.Organisation // with one editor
	cookies map[string]string
	people  map[string]identity.Person
}

var system = identity.System("test")

// start serves the pages over a database that holds two organisations and five people.
func start(t *testing.T, db *sqldb.DB) *desk {
	t.Helper()
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	d := &desk{t: t, db: db, cookies: map[string]string{}, people: map[string]identity.Person{}}
	d.ids = identity.New(db, identity.Options{Hash: identity.HashParams{KiB: 64, Passes: 1, Lanes: 1}})
	base, _ := url.Parse("http://localhost:8080")
	sh := shell.New(shell.Options{Identity: d.ids, BaseURL: base, Log: log, Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
	rt := httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
	free := httpx.Limit(httpx.NewLimiter(1000, 1000, 1000, time.Now))
	sh.Mount(rt, account.New(account.Options{Identity: d.ids, BaseURL: "http://localhost:8080", Attempts: free, Limit: free, Now: time.Now}).Routes()...)
	sh.Mount(rt, admin.New(admin.Options{Identity: d.ids, Catalogue: catalogue.New(db, nil), Community: community.New(community.Options{DB: db}), DB: db, BaseURL: "http://localhost:8080", Invitation: account.InvitationPath, Limit: free, Now: time.Now}).Routes()...)
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)
	d.url = srv.URL

	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	d.org, err = d.ids.CreateOrganisation(ctx, system, identity.OrganisationForm{Name: "Valmont", Kind: identity.KindCommune}, false)
	must(err)
	d.other, err = d.ids.CreateOrganisation(ctx, system, identity.OrganisationForm{Name: "Hauterive", Kind: identity.KindCommune}, false)
	must(err)
	d.person("host", "Hélène Hôte", identity.HostSet(identity.HostAdministrator))
	d.person("animator", "Anouk Anime", identity.HostSet(identity.HostAnimator))
	d.person("auditor", "Aude Lit", identity.HostSet(identity.HostAuditor))
	d.person("chief", "Chloé Dirige", 0)
	d.person("agent", "Amir Publie", 0)
	must(d.ids.SetMember(ctx, system, d.org.ID, d.people["chief"].ID, identity.Administrator))
	must(d.ids.SetMember(ctx, system, d.other.ID, d.people["agent"].ID, identity.Editor))
	return d
}

func (d *desk) person(who, name string, roles identity.HostRoles) {
	d.t.Helper()
	ctx := context.Background()
	p, err := d.ids.CreatePerson(ctx, system, identity.NewPerson{Email: who + "@essai.example", Name: name, Language: i18n.French, Password: password}, roles)
	if err != nil {
		d.t.Fatal(err)
	}
	in, err := d.ids.SignIn(ctx, identity.SignIn{Email: p.Email, Password: password, Network: netip.MustParseAddr("192.0.2.1")})
	if err != nil {
		d.t.Fatal(err)
	}
	d.cookies[who], d.people[who] = in.Secret, p
}

// do asks as someone; "" is nobody. A form makes it a POST. It returns the status,
// where the answer leads, and the page.
func (d *desk) do(who, path string, form url.Values) (int, string, string) {
	d.t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "socle", Value: d.cookies[who]})
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), string(page)
}

// expect fails unless the answer has the status and the page holds the texts.
func (d *desk) expect(status int, who, path string, form url.Values, texts ...string) string {
	d.t.Helper()
	got, to, page := d.do(who, path, form)
	if got != status {
		d.t.Errorf("%q asks %s: %d to %q, want %d", who, path, got, to, status)
	}
	for _, x := range texts {
		if !strings.Contains(page, x) {
			d.t.Errorf("%q asks %s: the page does not hold %q", who, path, x)
		}
	}
	return page
}

func TestWhoMayOpenWhat(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		d := start(t, db)
		org, person := "/organisations/"+d.org.Slug, "/admin/people/"+string(d.people["agent"].ID)
		member := org + "/members/" + string(d.people["chief"].ID)
		who := []string{"", "agent", "chief", "animator", "auditor", "host"}
		for _, c := range []struct {
			path string
			want [6]int
		}{
			{"/admin", [6]int{303, 403, 403, 200, 200, 200}},
			{"/admin/organisations", [6]int{303, 403, 403, 200, 200, 200}},
			{"/admin/organisations/new", [6]int{303, 403, 403, 200, 403, 200}},
			{org + "/edit", [6]int{303, 403, 200, 403, 403, 200}},
			{org + "/members", [6]int{303, 403, 200, 200, 200, 200}},
			{member + "/remove", [6]int{303, 403, 200, 403, 403, 200}},
			{org + "/journal", [6]int{303, 403, 200, 403, 200, 200}},
			{"/admin/people", [6]int{303, 403, 403, 200, 200, 200}},
			{person, [6]int{303, 403, 403, 200, 200, 200}},
			{person + "/close", [6]int{303, 403, 403, 403, 403, 200}},
			{"/admin/mail", [6]int{303, 403, 403, 403, 403, 200}},
			{"/admin/jobs", [6]int{303, 403, 403, 403, 403, 200}},
			{"/admin/audit", [6]int{303, 403, 403, 403, 200, 200}},
			{"/en/admin/audit?verify=1", [6]int{303, 403, 403, 403, 200, 200}},
			{"/admin/jobs/999999", [6]int{303, 403, 403, 403, 403, 404}},
			{"/admin/mail/none", [6]int{303, 403, 403, 403, 403, 404}},
		} {
			for i, w := range who {
				d.expect(c.want[i], w, c.path, nil)
			}
		}
		for path, to := range map[string]string{"/en" + org + "/invitations": "/en" + org + "/members", member + "/role": org + "/members", "/admin/people/invitations": "/admin/people", person + "/roles": person} {
			if status, got, _ := d.do("host", path, nil); status != 303 || got != to {
				t.Errorf("%s: %d to %q, want %q", path, status, got, to)
			}
		}
		// What changes something is refused to who may only read.
		for _, path := range []string{org + "/edit", org + "/invitations", member + "/role", member + "/remove", person + "/close", person + "/roles", "/admin/mail/x/resend", "/admin/jobs/1/retry", "/admin/jobs/1/cancel", "/admin/people/invitations"} {
			for _, w := range []string{"agent", "animator", "auditor"} {
				d.expect(403, w, path, url.Values{"role": {"administrator"}, "email": {"x@essai.example"}})
			}
		}
		page := d.expect(200, "animator", org+"/members", nil, "Chloé Dirige")
		if strings.Contains(page, "<form method=\"post\" action=\""+org) {
			t.Error("an animator is shown forms that are refused")
		}
	})
}

var linkForm = regexp.MustCompile(`http://localhost:8080(/invitation\?token=[A-Za-z0-9_-]+)`)

func TestInvitationPath(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		d := start(t, db)
		org := "/organisations/" + d.org.Slug
		d.expect(422, "chief", org+"/invitations", url.Values{"email": {"pas une adresse"}, "role": {"editor"}}, "pas une adresse", "field-error")
		page := d.expect(200, "chief", org+"/invitations", url.Values{"email": {"nouveau@essai.example"}, "role": {"editor"}}, "nouveau@essai.example", "Éditeur")
		m := linkForm.FindStringSubmatch(page)
		if m == nil {
			t.Fatal("the link is not shown")
		}
		list := d.mails(mail.Waiting)
		if len(list) != 1 || list[0].To != "nouveau@essai.example" || !strings.Contains(list[0].Text, m[0]) {
			t.Fatalf("outbox: %+v", list)
		}
		page = d.expect(200, "chief", org+"/members", nil, "nouveau@essai.example")
		if strings.Contains(page, "token=") {
			t.Error("the link is shown again")
		}
		// The person accepts, and is a member with that role.
		status, to, _ := d.do("", m[1], url.Values{"name": {"Nina Nouvelle"}, "email": {"nouveau@essai.example"}, "password": {"une phrase toute neuve"}, "token": {strings.TrimPrefix(m[1], "/invitation?token=")}})
		if status != 303 || to != "/desk" {
			t.Fatalf("accepting: %d to %q", status, to)
		}
		page = d.expect(200, "chief", org+"/members", nil, "Nina Nouvelle", "Éditeur")
		if strings.Contains(page, "/revoke") {
			t.Error("the invitation is still pending")
		}

		// An invitation without address, revoked before anyone comes.
		page = d.expect(200, "host", org+"/invitations", url.Values{"role": {"reader"}})
		printed := linkForm.FindStringSubmatch(page)
		links, err := d.ids.Invitations(context.Background(), system, d.org.ID)
		if err != nil || len(links) != 1 || printed == nil {
			t.Fatalf("invitations: %v %v", links, err)
		}
		revoke := org + "/invitations/" + links[0].ID + "/revoke"
		d.expect(200, "host", revoke, nil, `action="`+revoke+`"`)
		d.expect(404, "host", "/organisations/"+d.other.Slug+"/invitations/"+links[0].ID+"/revoke", url.Values{})
		d.expect(303, "chief", revoke, url.Values{})
		d.expect(404, "", printed[1], nil)
	})
}

func (d *desk) mails(state mail.State) (list []mail.Record) {
	d.t.Helper()
	err := d.db.Read(context.Background(), func(tx *sqldb.Tx) (err error) {
		list, err = mail.List(context.Background(), tx, mail.Filter{State: state})
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

func TestMembersAndOrganisations(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		d := start(t, db)
		org, chief := "/organisations/"+d.org.Slug, string(d.people["chief"].ID)
		d.expect(409, "chief", org+"/members/"+chief+"/role", url.Values{"role": {"reader"}}, i18n.T(i18n.French, "identity.last-administrator"))
		d.expect(409, "chief", org+"/members/"+chief+"/remove", url.Values{}, i18n.T(i18n.French, "identity.last-administrator"))
		d.expect(404, "chief", org+"/members/"+string(d.people["agent"].ID)+"/role", url.Values{"role": {"reader"}})
		if err := d.ids.SetMember(context.Background(), system, d.org.ID, d.people["agent"].ID, identity.Reader); err != nil {
			t.Fatal(err)
		}
		agent := org + "/members/" + string(d.people["agent"].ID)
		d.expect(303, "chief", agent+"/role", url.Values{"role": {"contributor"}})
		d.expect(200, "chief", agent+"/remove", nil, "Retirer Amir Publie de Valmont")
		d.expect(200, "agent", agent+"/remove", nil, "Quitter Valmont")
		d.expect(303, "agent", agent+"/remove", url.Values{})
		list, err := d.ids.Members(context.Background(), system, d.org.ID)
		if err != nil || len(list) != 1 {
			t.Errorf("members: %v %v", list, err)
		}

		form := url.Values{"name": {"Sainte-Foy"}, "kind": {"commune"}, "siren": {"123456789"}, "insee": {"3"}}
		d.expect(422, "animator", "/admin/organisations/new", form, "Sainte-Foy", "f-siren-error", "f-insee-error")
		form.Del("siren")
		form.Set("insee", "31481")
		if status, to, _ := d.do("animator", "/admin/organisations/new", form); status != 303 || to != "/organisations/sainte-foy/members" {
			t.Errorf("creating: %d to %q", status, to)
		}
		d.expect(200, "host", "/admin/organisations?members=none", nil, "Sainte-Foy")
		d.expect(200, "host", "/admin/organisations?q=rien", nil, i18n.T(i18n.French, "admin.organisations.none"))

		form = url.Values{"name": {"Valmont-le-Haut"}, "kind": {"commune"}, "revision": {"1"}}
		if status, to, _ := d.do("chief", org+"/edit", form); status != 303 || to != "/organisations/valmont-le-haut/members" {
			t.Errorf("renaming: %d to %q", status, to)
		}
		d.expect(409, "chief", org+"/edit", form, i18n.T(i18n.French, "identity.edited-meanwhile"), "Valmont-le-Haut")
		if status, to, _ := d.do("chief", org+"/members", nil); status != 303 || to != "/organisations/valmont-le-haut/members" {
			t.Errorf("the old address: %d to %q", status, to)
		}
	})
}

func TestPeople(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		d := start(t, db)
		at := func(who string) string { return "/admin/people/" + string(d.people[who].ID) }
		page := d.expect(200, "auditor", "/admin/people?q=amir", nil, "Amir Publie")
		if strings.Contains(page, "Anouk") || strings.Contains(page, "/admin/people/invitations") {
			t.Error("the search shows others, or a form that is refused")
		}
		d.expect(200, "host", "/admin/people?q=zzz", nil, i18n.T(i18n.French, "admin.people.none"))
		d.expect(303, "host", at("agent")+"/roles", url.Values{"role": {"animator", "auditor"}})
		d.expect(200, "agent", "/admin", nil)
		d.expect(409, "host", at("host")+"/roles", url.Values{}, i18n.T(i18n.French, "identity.last-host-administrator"))
		d.expect(409, "host", at("host")+"/close", url.Values{}, i18n.T(i18n.French, "identity.last-host-administrator"))
		d.expect(422, "host", "/admin/people/invitations", url.Values{"role": {"animator"}}, "f-email-error")
		d.expect(422, "host", "/admin/people/invitations", url.Values{"email": {"x@essai.example"}}, "f-role-error")
		d.expect(200, "host", "/admin/people/invitations", url.Values{"email": {"x@essai.example"}, "role": {"animator"}}, "Animateur territorial", "/invitation?token=")
		d.expect(200, "host", at("agent")+"/close", nil, "Fermer le compte d’Amir Publie")
		d.expect(303, "host", at("agent")+"/close", url.Values{})
		d.expect(200, "host", at("agent"), nil, i18n.T(i18n.French, "admin.person.nameless"))
		d.expect(303, "agent", "/account", nil)
	})
}

type work struct {
	Subject string `json:"subject"`
}

func (work) Kind() string { return "test.work" }

func TestMailAndJobs(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		d := start(t, db)
		ctx := context.Background()
		d.expect(200, "host", "/admin", nil, i18n.T(i18n.French, "admin.attention.none"))
		d.expect(200, "host", "/admin/jobs?state=failed", nil, i18n.T(i18n.French, "admin.jobs.none"))
		d.expect(200, "host", "/admin/mail?state=kept", nil, i18n.T(i18n.French, "admin.mail.none"))
		err := db.Write(ctx, func(tx *sqldb.Tx) error {
			if err := mail.Send(ctx, tx, mail.Message{To: "agent@essai.example", Subject: "Votre lien", Text: "Ouvrez <ce lien>."}); err != nil {
				return err
			}
			return jobs.Add(ctx, tx, work{"dossier 12"}, jobs.MaxAttempts(1))
		})
		if err != nil {
			t.Fatal(err)
		}
		run := func(broken bool) {
			t.Helper()
			r, err := jobs.New(db, jobs.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
			if err != nil {
				t.Fatal(err)
			}
			mail.Deliver(r, db, mail.Options{})
			jobs.Handle(r, func(ctx context.Context, j *jobs.Job[work]) error {
				if broken {
					return context.DeadlineExceeded
				}
				return nil
			})
			if err := r.Drain(ctx); err != nil {
				t.Fatal(err)
			}
		}
		run(true)
		d.expect(200, "host", "/admin", nil, "1 tâche abandonnée", "1 message gardé")
		kept := d.mails(mail.Kept)
		if len(kept) != 1 {
			t.Fatalf("kept: %v", kept)
		}
		d.expect(200, "host", "/admin/mail", nil, "Votre lien")
		d.expect(200, "host", "/admin/mail/"+kept[0].ID, nil, "Ouvrez &lt;ce lien&gt;.")
		d.expect(303, "host", "/admin/mail/"+kept[0].ID+"/resend", url.Values{})
		d.expect(409, "host", "/admin/mail/"+kept[0].ID+"/resend", url.Values{})

		// What was written to somebody goes with their account.
		err = db.Write(ctx, func(tx *sqldb.Tx) error {
			return mail.SendAll(ctx, tx, mail.Message{To: "Amir <Agent@essai.example>", Subject: "Votre dossier", Text: "Bonjour."}, mail.Message{To: "nagent@essai.example", Subject: "Une autre personne", Text: "Bonjour."})
		})
		if err != nil {
			t.Fatal(err)
		}
		d.expect(200, "host", "/admin/mail", nil, "Votre lien", "Votre dossier", "Une autre personne")
		d.expect(303, "host", "/admin/people/"+string(d.people["agent"].ID)+"/close", url.Values{})
		_, _, page := d.do("host", "/admin/mail", nil)
		if strings.Contains(page, "Votre lien") || strings.Contains(page, "Votre dossier") || !strings.Contains(page, "Une autre personne") {
			t.Errorf("after the account was closed, the outbox shows\n%s", page)
		}
		d.expect(404, "host", "/admin/mail/"+kept[0].ID, nil)

		id := d.failedJob()
		at := "/admin/jobs/" + strconv.FormatInt(id, 10)
		d.expect(200, "host", "/admin/jobs?state=failed", nil, "test.work")
		d.expect(200, "host", at, nil, "dossier 12", "deadline exceeded")
		d.expect(303, "host", at+"/retry", url.Values{})
		run(false)
		d.expect(200, "host", at, nil, "Terminée")
		next := "/admin/jobs/" + strconv.FormatInt(d.add(work{"dossier 13"}), 10)
		d.expect(200, "host", next+"/cancel", nil, "test.work")
		d.expect(303, "host", next+"/cancel", url.Values{})
		d.expect(200, "host", next, nil, "Annulée")
		d.expect(200, "host", "/admin/audit?verify=1", nil, "Tâche relancée", "Message renvoyé", "Le journal est intact")
		d.expect(200, "host", "/admin/audit?organisation="+d.org.Slug, nil, "Membre ajouté")
		journal := "/organisations/" + d.org.Slug + "/journal"
		lines := func(who, path string) int {
			_, _, page := d.do(who, path, nil)
			return strings.Count(page, "<details>")
		}
		today := time.Now().Format(time.DateOnly)
		for path, want := range map[string]int{
			"/admin/audit?acts=member": 3, "/admin/audit?acts=job&since=" + today: 2, "/admin/audit?who=personne": 0, "/admin/audit?who=host@essai&acts=job": 2,
			"/admin/audit?until=2001-01-01": 0, "/admin/audit?object=" + url.QueryEscape("person:"+string(d.people["chief"].ID)) + "&acts=member": 1,
			"/admin/audit?acts=mail&person=" + string(d.people["host"].ID): 1, "/admin/audit?acts=mail&person=" + string(d.people["chief"].ID): 0,
		} {
			if got := lines("auditor", path); got != want {
				t.Errorf("%s: %d lines, want %d", path, got, want)
			}
		}
		// What a line is about is named, and leads to its page where the reader may go.
		d.expect(200, "auditor", "/admin/audit?acts=member", nil, `href="/admin/people/`+string(d.people["chief"].ID)+`"`, "Chloé Dirige", "person="+string(d.people["host"].ID))
		if _, _, page := d.do("chief", journal, nil); !strings.Contains(page, "Chloé Dirige") || strings.Contains(page, "/admin/people/") {
			t.Errorf("the journal of an organisation shows\n%s", page)
		}
		d.expect(200, "chief", journal+"?acts=organisation", nil, `href="/organisations/`+d.org.Slug+`"`)
	})
}

func (d *desk) failedJob() int64 {
	d.t.Helper()
	return d.oneJob(jobs.Filter{States: []jobs.State{jobs.Failed}})
}

// add adds a job and returns its number.
func (d *desk) add(w work) int64 {
	d.t.Helper()
	ctx := context.Background()
	if err := d.db.Write(ctx, func(tx *sqldb.Tx) error { return jobs.Add(ctx, tx, w) }); err != nil {
		d.t.Fatal(err)
	}
	return d.oneJob(jobs.Filter{States: []jobs.State{jobs.Waiting}, Kinds: []string{w.Kind()}})
}

func (d *desk) oneJob(f jobs.Filter) int64 {
	d.t.Helper()
	var list []jobs.Record
	err := d.db.Read(context.Background(), func(tx *sqldb.Tx) (err error) {
		list, err = jobs.List(context.Background(), tx, f)
		return err
	})
	if err != nil || len(list) != 1 {
		d.t.Fatalf("jobs: %v %v", list, err)
	}
	return list[0].ID
}
