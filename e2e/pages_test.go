package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"socle/client"
)

// sight is a page as somebody sees it.
type sight struct {
	route string // "GET /datasets/{slug}", or what is particular about it
	who   string // "anonymous", "editor", "views" (administrator of the organisation of newViews) or "host"
	path  string // in French
	both  bool   // there is an English one
}

// unseen are the routes of pages that no link leads to, each with where it is looked
// at instead.
var unseen = map[string]string{
	"GET /account/security/codes/confirm":        "TestPasskey sets up an application of codes",
	"GET /account/security/codes/stop":           "TestPasskey has an application of codes",
	"GET /account/security/linked/{id}/remove":   "leads to the page of security",
	"GET /account/security/passkeys/{id}/name":   "leads to the page of security",
	"GET /account/security/passkeys/{id}/remove": "leads to the page of security",
	"GET /account/security/recovery":             "leads to the page of security",
	"GET /admin/jobs/{id}/cancel":                "only while a job runs; the same question as before a removal",
	"GET /first-account":                         "TestFirstAdministrator opens its link",
	"GET /follow/confirm":                        "TestLinkPages opens its link",
	"GET /follow/stop":                           "TestFollow opens its link",
	"GET /invitation":                            "TestLinkPages opens its link",
	"GET /new-address":                           "TestLinkPages opens its link",
	"GET /new-password":                          "TestLinkPages opens its link",
	"GET /returns/{resource}":                    "TestTerritory gives a row back",
	"GET /sign-in/link/use":                      "TestLinkPages opens its link",
	"GET /sign-in/second":                        "TestPasskey signs in with an application of codes",
}

// notPages are addresses that answer programs or lead elsewhere.
var notPages = regexp.MustCompile(`^GET /(api/|dataset/|datastore/|static/|host/|validate$|apidocs$|account/data/export$|oembed|embed|openrosa/|f/\{key\}/propositions$|terrain/account$|organisations/\{slug\}/logo$|datasets$|search/suggestions|desk/territories$|deposits/\{id\}(/progress)?$|sign-in/with/|sign-in/passkey$)|\.(csv|xlsx|json|js|svg|png|xml|txt|atom|webmanifest)$|\{file`)

// sights follows the links of the portal until it has seen one page of each route as
// each kind of person, and fails when a route of pages is seen by nobody: a new page
// is looked at by itself.
func sights(t *testing.T, p *portal, accounts []account) []sight {
	t.Helper()
	routes, pages := reading(t)
	w := newViews(t, p)
	p.visitor(t).until("/search?q=toutes+les+collectivites", "Délibérations de toutes les collectivités") // is made of the others, after them
	list := w.states(t, p, accounts)
	seen, elsewhere := map[string]bool{}, map[string]bool{}
	for _, s := range list {
		seen[routeOf(routes, s.path)] = true
	}
	for _, who := range []string{"anonymous", "editor", "views", "host"} {
		v := p.visitor(t)
		from := []string{"/", "/sign-in", "/forgotten-password", "/check"}
		if who != "anonymous" {
			v = w.visitor(t, p, accounts, who)
			from = []string{"/desk", "/account", "/account/security/confirm", "/deposits/new", "/", "/organisations/mairie-des-vues"}
		}
		switch who {
		case "host":
			from = append(from, "/admin")
		case "views": // first at a dataset that files bring, not at one that is entered or made of others
			from = append([]string{strings.TrimSuffix(w.differences, "/differences")}, from...)
		}
		for _, s := range look(t, v, routes, elsewhere, from) {
			if !seen[s.route] {
				seen[s.route] = true
				s.who = who
				list = append(list, s)
			}
		}
	}
	for _, route := range pages {
		if why, ok := unseen[route]; !seen[route] && !elsewhere[route] && !ok {
			t.Errorf("no link leads to %s: add one, or say in unseen where the page is looked at", route)
		} else if seen[route] && ok {
			t.Errorf("%s is seen, and unseen says: %s", route, why)
		}
	}
	return list
}

// reading are the routes that are read, and those of them that are pages.
func reading(t *testing.T) (routes *http.ServeMux, pages []string) {
	t.Helper()
	routes = http.NewServeMux()
	for _, route := range routesOf(t) {
		if method, _, _ := strings.Cut(route, " "); method != http.MethodGet {
			continue
		}
		routes.Handle(route, http.NotFoundHandler())
		if !notPages.MatchString(route) {
			pages = append(pages, route)
		}
	}
	return routes, pages
}

// everywhere are the addresses of one page of each route that a visitor is led to.
func (v *visitor) everywhere(t *testing.T) (paths []string) {
	t.Helper()
	routes, _ := reading(t)
	for _, s := range look(t, v, routes, map[string]bool{}, []string{"/", "/desk", "/account", "/deposits/new", "/admin", "/check", "/sign-in", "/organisations/mairie-d-essai"}) {
		paths = append(paths, s.path)
	}
	return paths
}

// look follows links, and asks for the addresses of forms, until it has one page of
// each route; elsewhere are the routes that only lead to others.
func look(t *testing.T, v *visitor, routes *http.ServeMux, elsewhere map[string]bool, queue []string) (list []sight) {
	t.Helper()
	v.t = t
	kinds, asked := map[string]bool{}, map[string]int{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		route := routeOf(routes, path)
		if route == "" || kinds[route] || notPages.MatchString(route) || asked[route] > 5 {
			continue
		}
		asked[route]++
		pg := v.get(path)
		if pg.doc == nil || pg.status != http.StatusOK {
			continue
		}
		if to := routeOf(routes, pg.url.Path); to != route {
			queue = append(queue, pg.url.RequestURI())
			elsewhere[route] = true
			continue
		}
		kinds[route] = true
		list = append(list, sight{route: route, path: pg.url.RequestURI(), both: pg.doc.Find("link[hreflang=en]").Length() > 0})
		pg.doc.Find("a[href], form[action]").Each(func(_ int, s *goquery.Selection) {
			if u, err := pg.url.Parse(s.AttrOr("href", s.AttrOr("action", ""))); err == nil && u.Host == pg.url.Host {
				queue = append(queue, u.RequestURI())
			}
		})
	}
	return list
}

// routeOf is the route that answers a French address, "" for English ones.
func routeOf(routes *http.ServeMux, path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Path == "/en" || strings.HasPrefix(u.Path, "/en/") {
		return ""
	}
	_, route := routes.Handler(&http.Request{Method: http.MethodGet, URL: u, Host: "localhost"})
	return route
}

// viewed is an organisation in which things wait for somebody: an invitation is out,
// an editor asks for a publication, a dataset has two versions, a form is filled in,
// readers ask for data, a link does not answer, its administrator follows it and has a
// program told.
type viewed struct {
	administrator, editor *visitor
	differences, decision string
	form, thanks          string // for who fills in
	request               string // for data, that everyone reads
}

// newViews makes the organisation, once.
func newViews(t *testing.T, p *portal) *viewed {
	t.Helper()
	viewsOnce.Do(func() {
		p.must(t, "admin", "organisation", "Mairie des Vues")
		w := &viewed{administrator: p.join(t, "mairie-des-vues", "vues@essai.example", "administrator"), editor: p.join(t, "mairie-des-vues", "edite@essai.example", "editor")}
		p.must(t, "admin", "invite", "invitee@essai.example", "--organisation", "mairie-des-vues", "--role", "reader")
		agent := p.client(t, w.administrator.token("read,write,publish"))
		d := publish(t, agent, "vues.csv", table("vues", 40), "Vues d’essai")
		next, err := agent.UploadFile(t.Context(), "", "vues.csv", bytes.NewReader(table("vues", 45)), int64(len(table("vues", 45))), nil)
		if err != nil {
			t.Fatal(err)
		}
		i, err := agent.StartImport(t.Context(), client.ImportRequest{Upload: next.ID})
		if err == nil {
			i, err = agent.WaitImport(t.Context(), i, nil)
		}
		if err == nil {
			_, err = agent.Publish(t.Context(), client.PublishRequest{Import: i.ID, Dataset: d.ID})
		}
		if err != nil {
			t.Fatal(err)
		}
		w.differences = "/datasets/" + d.Slug + "/differences"
		rule := w.administrator.get("/organisations/mairie-des-vues/publishing")
		w.administrator.send(rule, `form[action$="/publishing"]`, "approval", "on")
		pg := w.editor.deposit("demande.csv", []byte("banc;rue\nB1;Rue Haute\n"), "")
		w.decision = w.asked(strings.Split(pg.url.Path, "/")[2])
		w.collects(p.visitor(t))
		w.follows(d.Slug)
		w.asks(p.visitor(t))
		w.links("/datasets/" + d.Slug + "/links/new")
		w.administrator.attach(w.administrator.get("/datasets/"+d.Slug+"/files/new"), "notice.pdf", []byte("%PDF"), "title", "La notice des vues", "description", "Comment **les lire**.")
		views = w
	})
	if views == nil {
		t.Fatal("the organisation of the views was not made")
	}
	return views
}

var (
	views     *viewed
	viewsOnce sync.Once
)

// asked describes a deposit of the editor and asks for its publication.
func (w *viewed) asked(id string) string {
	v := w.editor
	v.settled("/deposits/" + id)
	v.send(v.get("/deposits/"+id+"/describe"), `form[action$="/describe"]`, "title", "Bancs des vues", "description", "Les bancs, rue par rue.")
	v.send(v.get("/deposits/"+id+"/publish"), `form[action$="/publish"]`)
	return "/deposits/" + id + "/decision"
}

// collects makes a form, which somebody without an account fills in.
func (w *viewed) collects(anyone *visitor) {
	v := w.administrator
	pg := v.send(v.get("/formulaires/nouveau"), `form[action="/formulaires"]`, "title", "Arbres des vues")
	base := strings.TrimSuffix(pg.url.Path, "/modifier")
	v.send(v.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "false")
	w.form = "/f/arbres-des-vues"
	pg = anyone.send(anyone.get(w.form), "#entry", "v-nom", "Le grand cèdre")
	if !strings.HasSuffix(pg.url.Path, "/merci") {
		v.t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	w.thanks = pg.url.RequestURI()
}

// follows follows the organisation and makes a webhook.
func (w *viewed) follows(dataset string) {
	v := w.administrator
	v.send(v.get("/follow?what=organisation&of=mairie-des-vues"), `main form[action="/follow"]`, "pace", "weekly")
	pg := v.send(v.get("/account/webhooks?what=dataset&of="+dataset), `main form[action="/account/webhooks"]`, "name", "Outil des vues", "url", "https://outil.essai.example/socle")
	if pg.doc.Find("#webhook-secret").Length() != 1 {
		v.t.Fatalf("no webhook: %d %s", pg.status, pg.text())
	}
}

// asks has somebody without an account ask for data, twice: one request is answered for
// everyone to read, the other waits.
func (w *viewed) asks(anyone *visitor) {
	v := w.administrator
	for _, words := range []string{"Les horaires de la piscine des vues, été comme hiver", "Les arbres remarquables des vues, et leur âge"} {
		anyone.send(anyone.get("/requests/new?organisation=mairie-des-vues"), `main form[action="/requests/new"]`, "words", words, "email", "curieuse@essai.example")
	}
	at := v.get("/desk").doc.Find(`main a[href^="/requests/0"]`).AttrOr("href", "")
	pg := v.send(v.get(at), `main form[action="`+at+`"]`, "answer", "Ils seront publiés **en mai**, avec ceux du gymnase.", "public", "1")
	if pg.status != http.StatusOK || at == "" {
		v.t.Fatalf("no answer: %d at %q: %s", pg.status, at, pg.text())
	}
	w.request = at
}

// links has the dataset lead to an address that does not answer.
func (w *viewed) links(form string) {
	pg := w.administrator.send(w.administrator.get(form), `main form[action="`+form+`"]`, "title", "Le plan des vues", "url", "https://127.0.0.1:9/plan", "format", "html")
	if pg.status != http.StatusOK {
		w.administrator.t.Fatalf("no link: %d %s", pg.status, pg.text())
	}
}

func (w *viewed) visitor(t *testing.T, p *portal, accounts []account, who string) *visitor {
	v := p.visitor(t)
	switch who {
	case "views":
		v.signIn("vues@essai.example", password)
	case "host":
		v.signIn(accounts[0].email, accounts[0].password)
	default:
		v.signIn(accounts[3].email, accounts[3].password)
	}
	return v
}

// states are pages in the states that a link does not show: nothing found, a faulty
// file, a table narrowed by filters.
func (w *viewed) states(t *testing.T, p *portal, accounts []account) []sight {
	t.Helper()
	points := "/datasets/points-d-apport-volontaire-demonstration"
	list := []sight{
		{"no such page", "anonymous", "/no-such-page", true},
		{"nothing found", "anonymous", "/search?q=zzzzzz", true},
		{"found", "anonymous", "/search?q=roques", true},
		{"found and narrowed", "anonymous", "/search?q=deliberations&sort=date", true},
		{"filtered table", "anonymous", points + "?flux=verre&sort=-flux", true},
		{"chart", "anonymous", points + "/chart?chart-x=flux", true},
		{"map narrowed", "anonymous", points + "/map?flux=verre", true},
		{"two versions", "anonymous", w.differences, true},
		{"decision", "views", w.decision, true},
		{"form to fill in", "anonymous", w.form, true},
		{"request for data, in public", "anonymous", w.request, true},
		{"request for data, to answer", "views", w.request, true},
		{"asking for data, in words asked before", "anonymous", "/requests/new?q=piscine", true},
		{"form filled in", "anonymous", w.thanks, true},
	}
	list = append(list, sight{"report", "anonymous", p.visitor(t).checked(t), true})
	v := w.visitor(t, p, accounts, "editor")
	for _, f := range []struct {
		name, title, schema string
		content             []byte
	}{
		{"fautif.csv", "faulty file", "scdl/deliberations", messy(t)},
		{"vide.csv", "empty file", "", nil},
		{"bancs.csv", "free table", "", []byte("banc;rue;bois\nB1;Rue Haute;oui\nB2;Rue Basse;non\n")},
		{"aides.csv", "personal data", "", []byte("nom;prenom;date_naissance;montant\nLopez;Marie;03/05/1984;10\nFaure;Jean;14/07/1979;20\n")},
	} {
		pg := v.deposit(f.name, f.content, f.schema)
		id := strings.Split(pg.url.Path, "/")[2]
		v.settled("/deposits/" + id)
		if f.title == "free table" || f.title == "personal data" {
			v.send(v.get("/deposits/"+id+"/describe"), `form[action$="/describe"]`, "title", "Bancs et aides des vues", "description", "Écrits pour les essais.")
		}
		for _, part := range []string{"understand", "mend", "describe", "protect", "publish"} {
			if pg := v.get("/deposits/" + id + "/" + part); strings.HasSuffix(pg.url.Path, part) {
				list = append(list, sight{f.title + ", " + part, "editor", "/deposits/" + id + "/" + part, true})
			}
		}
	}
	return list
}

// checked has a faulty file checked without an account and returns the address of
// its report.
func (v *visitor) checked(t *testing.T) string {
	t.Helper()
	v.t = t
	action, values := v.get("/check").form(t, `main form[action="/check"]`)
	values.Set("schema", "scdl/deliberations")
	values.Set("keep", "on")
	pg := v.upload(action, values, "fautif.csv", messy(t))
	if pg.status != http.StatusOK || !strings.HasPrefix(pg.url.Path, "/check/") {
		t.Fatalf("the report is at %s: %d %s", pg.url, pg.status, pg.text())
	}
	return pg.url.Path
}

// fileName is the name of a picture of a page.
func (s sight) fileName() string {
	name := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(strings.TrimPrefix(s.route, "GET ")), "-")
	return strings.Trim(fmt.Sprintf("%s-%s", strings.Trim(name, "-"), s.who), "-")
}

// byVisitor groups pages by who sees them, so that each signs in once.
func byVisitor(list []sight) (whos []string, of map[string][]sight) {
	of = map[string][]sight{}
	for _, s := range list {
		if !slices.Contains(whos, s.who) {
			whos = append(whos, s.who)
		}
		of[s.who] = append(of[s.who], s)
	}
	return whos, of
}
