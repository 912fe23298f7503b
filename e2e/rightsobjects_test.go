package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socle/client"
	"socle/internal/collect"
	"socle/internal/schema/form"
)

// cast is a world with every kind of visitor there is, and an object for each address.
type cast struct {
	*world
	t        *testing.T
	survey   seeded         // a form with a photo and a commune, for members
	photo    string         // SHA-256 of the photo of entryID(1) of survey
	places   client.Dataset // with points
	merged   string         // slug of the dataset of the territory
	returns  string         // address of what the dataset of the territory left aside
	app      string         // token of a phone
	revision string         // of the deposit made last
	made     map[int]string // by the place in objects
}

// object is what a placeholder of an address stands for, on routes whose path begins so.
type object struct {
	under, name string
	make        func(*cast) string
}

func is(value string) func(*cast) string { return func(*cast) string { return value } }

// objects are looked through in their order. What a call may have changed is made again.
var objects = []object{
	{"/account/follows/", "{id}", (*cast).follow},
	{"/account/webhooks/", "{id}", (*cast).webhook},
	{"/account/webhooks/", "{act}", is("test")},
	{"/account/join/", "{id}", (*cast).joinable},
	{"/account/security/linked/", "{id}", (*cast).linked},
	{"/account/security/passkeys/", "{id}", (*cast).passkey},
	{"/account/sessions/", "{id}", (*cast).session},
	{"/account/tokens/", "{id}", (*cast).ownToken},
	{"/admin/audit/", "{file}", is("journal.csv")},
	{"/admin/jobs/", "{id}", func(c *cast) string { return c.listed("host", "/admin/jobs", "/admin/jobs/", "") }},
	{"/admin/mail/", "{id}", func(c *cast) string { return c.listed("host", "/admin/mail", "/admin/mail/", "") }},
	{"/admin/people/", "{id}", (*cast).somebody},
	{"/admin/texts/", "{name}", is("legal")},
	{"/admin/texts/", "{language}", is("fr")},
	{"/api/3/action/", "{action}", is("package_list")},
	{"/api/action/", "{action}", is("package_list")},
	{"/api/3/action/", "{id}", (*cast).slug},
	{"/api/explore/v2.1/{rest...}", "{rest...}", is("unknown")},
	{"/api/explore/", "{id}", (*cast).slug},
	{"/api/explore/", "{record}", is("1")},
	{"/api/explore/", "{format}", is("csv")},
	{"/api/ogc/", "{id}", func(c *cast) string { return c.places.Slug }},
	{"/api/ogc/", "{feature}", is("1")},
	{"/api/ogc/", "{set}", is("WebMercatorQuad")},
	{"/api/ogc/", "{z}", is("0")},
	{"/api/ogc/", "{row}", is("0")},
	{"/api/ogc/", "{col}", is("0")},
	{"/api/resources/", "{id}", (*cast).resource},
	{"/api/v1/datasets/", "{ref}", (*cast).slug},
	{"/api/v1/follows/", "{id}", (*cast).follow},
	{"/api/v1/forms/{id}/entries/{entry}/files/", "{id}", func(c *cast) string { return c.survey.form }},
	{"/api/v1/forms/{id}/entries/{entry}/files/", "{entry}", is(entryID(1))},
	{"/api/v1/forms/{id}/entries/{entry}/files/", "{sha256}", func(c *cast) string { return c.photo }},
	{"/api/v1/forms/{id}/entries/{entry}/restore", "{entry}", (*cast).removedEntry},
	{"/api/v1/forms/", "{id}", func(c *cast) string { return c.form }},
	{"/api/v1/forms/", "{entry}", (*cast).entry},
	{"/api/v1/imports/", "{id}", func(c *cast) string { return c.imported(c.t) }},
	{"/api/v1/imports", "{upload}", func(c *cast) string { return c.uploaded(c.t) }},
	{"/api/v1/publications", "{import}", func(c *cast) string { return c.imported(c.t) }},
	{"/api/v1/resources/{id}/entries/", "{id}", func(c *cast) string { return c.survey.resource }},
	{"/api/v1/resources/{id}/entries/", "{entry}", is(entryID(1))},
	{"/api/v1/resources/{id}/entries/", "{sha256}", func(c *cast) string { return c.photo }},
	{"/api/v1/resources/{id}/features", "{id}", (*cast).points},
	{"/api/v1/resources/{id}/original", "{id}", (*cast).points},
	{"/api/v1/resources/{id}/tiles", "{id}", (*cast).points},
	{"/api/v1/resources/{id}/tiles", "{z}", is("0")},
	{"/api/v1/resources/{id}/tiles", "{x}", is("0")},
	{"/api/v1/resources/{id}/tiles", "{y}", is("0.mvt")},
	{"/api/v1/resources/", "{id}", (*cast).resource},
	{"/api/v1/resources/", "{entry}", (*cast).entry},
	{"/api/v1/resources/", "{line}", (*cast).freshEntry},
	{"/api/v1/resources/", "{file}", is("export.csv")},
	{"/api/v1/uploads/", "{id}", func(c *cast) string { return c.uploaded(c.t) }},
	{"/check/", "{id}", func(c *cast) string { return path.Base(c.p.visitor(c.t).checked(c.t)) }},
	{"/dataset/", "{file}", is("essai.csv")},
	{"/dataset/", "{ref}", (*cast).slug},
	{"/dataset/", "{id}", (*cast).resource},
	{"/datastore/", "{id}", (*cast).resource},
	{"/datasets/{slug}/contributors", "{slug}", func(c *cast) string { return c.merged }},
	{"/datasets/{slug}/duplicates", "{slug}", func(c *cast) string { return c.merged }},
	{"/datasets/{slug}/map", "{slug}", func(c *cast) string { return c.places.Slug }},
	{"/embed/datasets/{slug}/map", "{slug}", func(c *cast) string { return c.places.Slug }},
	{"/datasets/{slug}/files/", "{resource}", (*cast).file},
	{"/datasets/{slug}/order", "{resource}", (*cast).file},
	{"/datasets/{slug}/tables/", "{resource}", (*cast).resource},
	{"/datasets/", "{resource}", func(c *cast) string { return c.link }},
	{"/datasets/", "{number}", is("1")},
	{"/deposits/{id}/decision", "{id}", (*cast).asked},
	{"/deposits/{id}/publish", "{id}", (*cast).describedDeposit},
	{"/deposits/{id}/publish", "{revision}", func(c *cast) string { return c.revision }},
	{"/deposits/{id}/decision", "{revision}", func(c *cast) string { return c.revision }},
	{"/deposits/", "{id}", func(c *cast) string { return c.deposited(c.t) }},
	{"/f/", "{key}", func(c *cast) string { return c.survey.key }},
	{"/formulaires/{id}/saisies/{entry}/restaurer", "{entry}", (*cast).removedEntry},
	{"/formulaires/", "{id}", func(c *cast) string { return c.form }},
	{"/formulaires/", "{entry}", (*cast).entry},
	{"/formulaires/", "{token}", (*cast).appToken},
	{"/host/", "{file}", (*cast).hostFile},
	{"/openrosa/", "{id}", func(c *cast) string { return c.survey.form }},
	{"/openrosa/", "{file}", is("communes.csv")},
	{"/openrosa/", "{key}", func(c *cast) string { return c.app }},
	{"/organisations/", "{slug}", is("mairie-d-essai")},
	{"/embed/organisations/", "{slug}", is("mairie-d-essai")},
	{"/organisations/{slug}/invitations/", "{id}", (*cast).invitation},
	{"/organisations/{slug}/joining/", "{id}", (*cast).asking},
	{"/organisations/{slug}/journal/", "{file}", is("journal.jsonl")},
	{"/organisations/{slug}/mandates/", "{id}", (*cast).mandate},
	{"/organisations/{slug}/members/", "{person}", (*cast).member},
	{"/organisations/{slug}/tokens/", "{id}", (*cast).serviceToken},
	{"/requests/", "{id}", func(c *cast) string { return c.request }},
	{"/returns/", "{resource}", func(c *cast) string { return c.part(c.returns, "/returns/") }},
	{"/returns/", "{file}", is("report.csv")},
	{"/schemas/", "{publisher}", is("scdl")},
	{"/schemas/", "{name}", is("deliberations")},
	{"/schemas/", "{file}", is("model.csv")},
	{"/sign-in/with/", "{provider}", is("essai")},
	{"/static/", "{file...}", (*cast).stylesheet},
	{"/terrain/icons/", "{file}", is("192.png")},
	{"/themes/", "{theme}", is("environment")},
	{"/invitation", "{secret}", func(c *cast) string {
		return secretOf(c.p.must(c.t, "admin", "invite", "invitee@essai.example", "--organisation", "mairie-d-essai", "--role", "reader"))
	}},
	{"/new-password", "{secret}", func(c *cast) string { return secretOf(c.p.must(c.t, "admin", "reset", "hote@essai.example")) }},
	{"/", "{base}", func(c *cast) string { return url.QueryEscape(c.p.url) }},
	{"/", "{slug}", (*cast).slug},
	{"/", "{organisation}", func(c *cast) string { return c.organisation("mairie-d-essai") }},
	{"/", "{internal}", func(c *cast) string { return c.private.Slug }},
	{"/", "{internal-id}", func(c *cast) string { return c.private.Resources[0].ID }},
	{"/", "{draft}", func(c *cast) string { return "essai-en-preparation" }},
	{"/", "{draft-id}", func(c *cast) string { return c.resourceOf("essai-en-preparation") }},
	{"/", "{withdrawn}", func(c *cast) string { return "essai-retire" }},
	{"/", "{withdrawn-id}", func(c *cast) string { return c.resourceOf("essai-retire") }},
}

// carriage is what a call carries beside its address.
type carriage struct{ query, kind, body string }

const parts = "multipart/form-data; boundary=parts"

// carried says what calls carry that would else be refused before anybody's right is asked.
var carried = map[string]carriage{
	"GET /datasets/{slug}/column":                      {query: "?filter-column=essai"},
	"GET /oembed":                                      {query: "?url={base}%2Fdatasets%2F{slug}"},
	"GET /f/{key}/propositions":                        {query: "?kind=commune&q=roq"},
	"GET /returns/{resource}":                          {query: "?schema=essai/actes"},
	"POST /returns/{resource}/mend":                    {query: "?schema=essai/actes"},
	"GET /returns/{resource}/{file}":                   {query: "?schema=essai/actes"},
	"GET /admin/consolidations/schema":                 {query: "?schema=essai/actes"},
	"POST /admin/consolidations/schema":                {query: "?schema=essai/actes"},
	"POST /api/v1/check":                               {kind: parts, body: "--parts\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\n1,2\n\r\n--parts--\r\n"},
	"POST /api/v1/describe":                            {kind: parts, body: "--parts\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\n1,2\n\r\n--parts--\r\n"},
	"POST /api/v1/follows":                             {body: `{"kind": "dataset", "of": "{slug}", "channel": "mail", "pace": "weekly"}`},
	"POST /api/v1/forms/{id}/decisions":                {body: `{"entries": ["{entry}"], "accept": true}`},
	"POST /api/v1/forms/{id}/entries":                  {body: `{"entries": []}`},
	"PUT /api/v1/forms/{id}/entries/{entry}":           {body: `{"revision": 1, "version": 1, "values": {"essai": "essai", "nombre": "8", "jour": "2026-01-08", "texte": "corrigé"}}`},
	"DELETE /api/v1/forms/{id}/entries/{entry}":        {query: "?revision=1"},
	"POST /api/v1/forms/{id}/entries/{entry}/restore":  {body: `{"revision": 1}`},
	"POST /api/v1/imports":                             {body: `{"upload": "{upload}"}`},
	"POST /api/v1/publications":                        {body: `{"import": "{import}", "title": "Essai des droits", "description": "Un essai."}`},
	"POST /api/v1/resources/{id}/lines":                {body: `{"lines": [{"id": "{line}", "revision": 0, "cells": ["essai", "9", "2026-01-09", "une ligne"]}]}`},
	"PATCH /api/v1/uploads/{id}":                       {kind: "application/offset+octet-stream"},
	"POST /check":                                      {kind: parts, body: "--parts\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\n1,2\n\r\n--parts--\r\n"},
	"POST /deposits":                                   {kind: parts, body: "--parts\r\nContent-Disposition: form-data; name=\"organisation\"\r\n\r\n{organisation}\r\n--parts\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\n1,2\n\r\n--parts--\r\n"},
	"POST /deposits/link":                              {body: "organisation={organisation}&title=Plan&url=https%3A%2F%2F127.0.0.1%3A9%2Fplan"},
	"POST /formulaires":                                {body: "organisation={organisation}&title="},
	"POST /account/security/confirm":                   {body: "current=" + url.QueryEscape(password)},
	"POST /datasets/{slug}/order":                      {body: "up={resource}&revision=0"},
	"POST /datasets/{slug}/publication":                {body: "act=withdraw&reason=Un+essai&revision=0"},
	"POST /deposits/{id}/decision":                     {body: "act=approve&revision={revision}"},
	"POST /deposits/{id}/publish":                      {body: "revision={revision}"},
	"POST /formulaires/{id}/modifier":                  {body: "act=save&title=Essai&screens=one&version=0"},
	"POST /formulaires/{id}/reglages":                  {body: "access=members&version=0"},
	"POST /formulaires/{id}/saisies":                   {body: "act=accept&entry={entry}"},
	"GET /invitation":                                  {query: "?token={secret}"},
	"POST /invitation":                                 {query: "?token={secret}"},
	"GET /new-password":                                {query: "?token={secret}"},
	"POST /new-password":                               {query: "?token={secret}"},
	"POST /organisations/{slug}/logo/change":           {kind: parts, body: "--parts--\r\n"},
	"POST /formulaires/{id}/saisies/{entry}/corriger":  {body: "revision=1"},
	"POST /formulaires/{id}/saisies/{entry}/restaurer": {body: "revision=1"},
	"POST /formulaires/{id}/saisies/{entry}/retirer":   {body: "revision=1"},
}

// shut are the routes into which nobody gets here, and why.
var shut = map[string]string{
	"POST /account/security/recovery":                   "nobody here has a second factor: identity.TestApplicationOfCodes",
	"POST /admin/consolidations/schema":                 "its dataset belongs to an organisation, of which one must be an editor too: TestTerritory",
	"GET /api/explore/v2.1/{rest...}":                   "there is nothing at the other addresses",
	"GET /first-account":                                "the first account is made",
	"POST /first-account":                               "the first account is made",
	"GET /follow/confirm":                               "the link is in a letter to its mailbox: TestFollow",
	"POST /follow/confirm":                              "the link is in a letter to its mailbox: TestFollow",
	"GET /follow/stop":                                  "the link is in a letter to its mailbox: TestFollow",
	"POST /follow/stop":                                 "the link is in a letter to its mailbox: TestFollow",
	"POST /new-address":                                 "the link is in a letter to the new address: TestLinksByMail",
	"POST /sign-in":                                     "no password is sent: TestNewcomer",
	"POST /sign-in/link/use":                            "the link is in a letter to its mailbox: TestLinksByMail",
	"POST /sign-in/passkey":                             "no key answers: TestPasskey",
	"POST /sign-in/second":                              "nobody waits for a second proof: TestRequiredSecondFactor",
	"GET /sign-in/with/{provider}/back":                 "no journey has begun: TestIdentityProvider",
	"GET /api/ogc/collections/{internal}/items":         "catalogues of other tools have what is public alone: TestInvisible",
	"GET /api/ogc/collections/{draft}/items":            "catalogues of other tools have what is public alone: TestInvisible",
	"GET /api/ogc/collections/{withdrawn}/items":        "what is withdrawn left them",
	"GET /api/3/action/package_show?id={withdrawn}":     "what is withdrawn left them",
	"GET /api/3/action/resource_show?id={withdrawn-id}": "what is withdrawn left them",
	"GET /datasets/{withdrawn}/datapackage.json":        "what is withdrawn left them",
}

func newCast(t *testing.T, args ...string) *cast {
	provider := httptest.NewServer(nil)
	t.Cleanup(provider.Close)
	provider.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer": %[1]q, "authorization_endpoint": "%[2]s/auth", "token_endpoint": "%[2]s/token", "jwks_uri": "%[2]s/keys", "id_token_signing_alg_values_supported": ["RS256"]}`, provider.URL, provider.URL)
	})
	file := filepath.Join(t.TempDir(), "providers.toml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "[[provider]]\nid = \"essai\"\nname = \"Fournisseur d’essai\"\nissuer = %q\nclient_id = \"socle\"\nclient_secret = \"a-secret-of-the-tests\"\n", provider.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, append(args, "--auth-providers", file, "--schema-catalogue", catalogueOfSchemas(t), "--allowed-networks", "127.0.0.0/8")...)
	c := &cast{world: newWorld(t, p), t: t, made: map[int]string{}}
	c.seed()
	c.people()
	c.publish()
	return c
}

// seed makes the form with a photo, while the portal rests.
func (c *cast) seed() {
	if err := c.p.end(); err != nil {
		c.t.Fatal(err)
	}
	c.survey = seedForm(c.t, c.p, "mairie-d-essai", &form.Definition{Title: "Relevés", Description: "Ce que l’on relève.", Language: "fr", Screens: form.OneScreen, Items: []form.Item{
		{Kind: form.Field, Name: "nom", Label: "Nom", Control: form.Text, Required: true},
		{Kind: form.Field, Name: "commune", Label: "Commune", Control: form.Commune},
		{Kind: form.Field, Name: "photo", Label: "Photo", Control: form.Photo},
	}}, collect.Settings{})
	if err := c.p.begin(); err != nil {
		c.t.Fatal(err)
	}
}

// people makes those that a world has not: of the host, of a delegate, tokens.
func (c *cast) people() {
	host, mayor := c.as("host"), c.as("administrator")
	for _, role := range []string{"animator", "auditor"} {
		invited := host.send(host.get("/admin/people"), `main form[action="/admin/people/invitations"]`, "email", role+"@hote.example", "role", role)
		v := c.p.visitor(c.t)
		if pg := v.send(v.get(strings.TrimSpace(invited.doc.Find("#invitation-link").Text())), `form[action="/invitation"]`, "name", "Personne de l’hôte", "password", password); pg.status != http.StatusOK {
			c.t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
		}
		c.visitors[role] = v
	}
	c.p.must(c.t, "admin", "organisation", "Agglomération d’Essai", "--kind", "epci")
	c.p.must(c.t, "admin", "organisation", "Syndicat d’Essai")
	c.visitors["delegate"] = c.p.join(c.t, "agglomeration-d-essai", "chef@agglo.example", "administrator")
	c.mandated("agglomeration-d-essai")
	for name, scopes := range map[string]string{"token-write": "write", "token-publish": "publish"} {
		c.tokens[name] = c.as("editor").token(scopes)
	}
	c.tokens["token-host"] = host.token("read")
	c.tokens["token-bound"] = c.as("delegate").token("read,write,publish", "token-only", c.organisation("agglomeration-d-essai"))
	made := mayor.send(mayor.get("/organisations/mairie-d-essai/tokens"), `main form[action$="/tokens"]`, "name", "Logiciel")
	c.tokens["service"] = strings.TrimSpace(made.doc.Find("#new-token").Text())
	c.app = appOf(c.t, c.as("editor"), c.survey.form, "Téléphone").password
	c.tokens["token-collect"] = c.app
	for _, v := range c.visitors {
		v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
}

// publish publishes what the routes about places, the territory, photos, drafts and
// withdrawn datasets need.
func (c *cast) publish() {
	c.places = renew(c.t, c.world)
	mayor := c.as("administrator")
	const logo = "/organisations/mairie-d-essai/logo/change"
	mayor.sendParts(mayor.get(logo), `form[action="`+logo+`"]`, []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M1 1h6v6H1z"/></svg>`))
	editor, animator := c.as("editor"), c.p.join(c.t, "syndicat-d-essai", "animation@essai.example", "editor")
	c.as("host").giveRole("animation@essai.example", "animator")
	brings(c.t, c.agent, "Actes d’essai", "essai/actes@1.0", "NUMERO,theme,vote_pour\nD1,Écoles,7\nU1,Écoles,-4\n")
	chosen := animator.get("/admin/consolidations/schema?schema=essai/actes")
	animator.send(chosen, `form[action*="/admin/consolidations/schema"]`, "title", "Actes du territoire", "key", "numero", "rule", "newest", "act", "save")
	c.merged = "actes-du-territoire"
	c.p.visitor(c.t).until("/datasets/"+c.merged, "Mairie d’Essai")
	c.returns = editor.until("/desk", "1 ligne à corriger").doc.Find(`a[href*="/returns/"]`).First().AttrOr("href", "")

	sent, _ := geotagged(c.t, 10)
	c.photo = hashed(sent)
	c.api("PUT", "/api/v1/forms/"+c.survey.form+"/entries/"+entryID(1), "application/json", fmt.Sprintf(`{"revision": 0, "version": 1, "values": {"nom": "Lavoir", "commune": "31458", "photo": "vue.jpg"},
		"files": [{"field": "photo", "name": "vue.jpg", "type": "image/jpeg", "size": %d, "sha256": %q}]}`, len(sent), c.photo), http.StatusCreated)
	c.api("PUT", "/api/v1/forms/"+c.survey.form+"/entries/"+entryID(1)+"/files/"+c.photo, "image/jpeg", string(sent), http.StatusNoContent)
	var kept struct{ Files []struct{ SHA256 string } }
	if err := json.Unmarshal(c.api("GET", "/api/v1/forms/"+c.survey.form+"/entries/"+entryID(1), "", "", http.StatusOK).body, &kept); err != nil || len(kept.Files) != 1 {
		c.t.Fatalf("%v %v", kept, err)
	}
	c.photo = kept.Files[0].SHA256 // as it is kept: without its place
	for deadline := time.Now().Add(time.Minute); c.p.visitor(c.t).get("/api/v1/resources/"+c.survey.resource+"/entries/"+entryID(1)+"/files/"+c.photo).status != http.StatusOK; pause(c.t) {
		if time.Now().After(deadline) {
			c.t.Fatal("the photo is in no version")
		}
	}

	for title, acts := range map[string][]string{"Essai en préparation": {"take-back"}, "Essai retiré": {"publish", "withdraw"}} {
		d, err := c.agent.Publish(c.t.Context(), client.PublishRequest{Import: c.imported(c.t), Title: title, Description: "Un essai.", Licence: "etalab-2.0", Visibility: "internal"})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, act := range acts {
			at := "/datasets/" + d.Slug + "/publication"
			if pg := editor.send(editor.get(at), `main form[action="`+at+`"]`, "act", act, "reason", "Un essai."); pg.status != http.StatusOK {
				c.t.Fatalf("%s: %d %s", act, pg.status, pg.text())
			}
		}
	}
}

// as is a visitor who goes where answers lead.
func (c *cast) as(who string) *visitor {
	v := *c.visitors[who]
	follows := *v.http
	follows.CheckRedirect = nil
	v.t, v.http = c.t, &follows
	return &v
}

// api calls the API with the editor's token.
func (c *cast) api(method, path, kind, body string, status int) *page {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.p.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.tokens["token"])
	req.Header.Set("Content-Type", kind)
	pg := c.p.visitor(c.t).do(req)
	if pg.status != status {
		c.t.Fatalf("%s %s: %d %s", method, path, pg.status, pg.body)
	}
	return pg
}

// part is what an address has after a beginning, to the next slash or question mark.
func (c *cast) part(address, after string) string {
	_, rest, _ := strings.Cut(address, after)
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// listed is the first object that a page links to, or has a form of, by the beginning
// and the end of its address.
func (c *cast) listed(who, at, begins, ends string) string {
	c.t.Helper()
	pg := c.as(who).get(at)
	for _, a := range pg.doc.Find(fmt.Sprintf(`main a[href^=%[1]q][href$=%[2]q], main form[action^=%[1]q][action$=%[2]q]`, begins, ends)).EachIter() {
		if id := c.part(a.AttrOr("href", a.AttrOr("action", "")), begins); id != "" && id != "new" && id != "end-others" && id != "invitations" {
			return id
		}
	}
	c.t.Fatalf("%s lists nothing at %s: %s", at, begins, pg.text())
	return ""
}

func (c *cast) slug() string     { return c.dataset.Slug }
func (c *cast) resource() string { return c.dataset.Resources[0].ID }
func (c *cast) points() string   { return c.places.Resources[0].ID }

// file is a notice beside the table of dataset.
func (c *cast) file() string {
	v, at := c.as("editor"), "/datasets/"+c.dataset.Slug
	v.attach(v.get(at+"/files/new"), "notice.pdf", []byte("%PDF"))
	last := v.get(at + "/links").doc.Find(fmt.Sprintf(`main a[href^="%s/files/"][href$="/edit"]`, at)).Last()
	return c.part(last.AttrOr("href", ""), at+"/files/")
}

func (c *cast) follow() string {
	v := c.as("editor")
	v.send(v.get("/follow?what=organisation&of=mairie-d-essai"), `main form[action="/follow"]`, "pace", "weekly")
	return c.listed("editor", "/account/follows", "/account/follows/", "")
}

func (c *cast) webhook() string {
	v := c.as("editor")
	pg := v.send(v.get("/account/webhooks?what=dataset&of="+c.dataset.Slug), `main form[action="/account/webhooks"]`, "name", "Outil", "url", "https://outil.essai.example/socle")
	return c.part(pg.doc.Find(`main form[action^="/account/webhooks/"]`).First().AttrOr("action", ""), "/account/webhooks/")
}

// joinable is an organisation that the stranger may ask to join.
func (c *cast) joinable() string {
	c.domain()
	c.p.change(c.t, `UPDATE people SET email_verified_at = created_at WHERE email_key = $1`, "voisin@essai.example")
	return c.organisation("mairie-d-essai")
}

func (c *cast) domain() {
	v := c.as("administrator")
	v.send(v.get("/organisations/mairie-d-essai/joining"), `main form[action$="/joining"]`, "domains", "essai.example")
}

func (c *cast) organisation(slug string) string {
	var list struct {
		Organisations []struct{ ID, Slug string }
	}
	if err := getJSON(c.t.Context(), c.p.url+"/api/v1/organisations", "", &list); err != nil {
		c.t.Fatal(err)
	}
	for _, o := range list.Organisations {
		if o.Slug == slug {
			return o.ID
		}
	}
	c.t.Fatalf("no organisation %s", slug)
	return ""
}

func (c *cast) linked() string {
	c.number++
	id := fmt.Sprintf("linked%d", c.number)
	c.p.change(c.t, `INSERT INTO linked_accounts (id, provider, subject, person, email, linked_at) SELECT $1, 'essai', $1, id, email, created_at FROM people WHERE email_key = $2`, id, "editor@essai.example")
	return id
}

func (c *cast) passkey() string {
	c.number++
	id := fmt.Sprintf("passkey%d", c.number)
	c.p.change(c.t, `INSERT INTO passkeys (id, key_id, person, name, credential, created_at) SELECT $1, $1, id, 'Clé', '{}', created_at FROM people WHERE email_key = $2`, id, "editor@essai.example")
	return id
}

func (c *cast) session() string {
	c.p.visitor(c.t).signIn("editor@essai.example", password)
	return c.listed("editor", "/account", "/account/sessions/", "/end")
}

func (c *cast) ownToken() string {
	c.as("editor").token("read")
	return c.listed("editor", "/account", "/account/tokens/", "/revoke")
}

// somebody is a person of another organisation.
func (c *cast) somebody() string { return c.person("mairie-voisine") }

// member is a member of the organisation.
func (c *cast) member() string { return c.person("mairie-d-essai") }

func (c *cast) person(organisation string) string {
	c.number++
	email := fmt.Sprintf("personne%d@essai.example", c.number)
	c.p.join(c.t, organisation, email, "reader")
	return c.listed("host", "/admin/people?q="+email, "/admin/people/", "")
}

// entry is a new entry of the form of the table.
func (c *cast) entry() string {
	id := c.freshEntry()
	c.enter(c.t, id)
	return id
}

func (c *cast) freshEntry() string {
	c.number++
	return entryID(1000 + c.number)
}

func (c *cast) removedEntry() string {
	id := c.entry()
	c.api("DELETE", "/api/v1/forms/"+c.form+"/entries/"+id+"?revision=1", "", "", http.StatusOK)
	return id
}

// asked is a deposit that waits for an approval.
func (c *cast) asked() string {
	mayor, editor := c.as("administrator"), c.as("editor")
	rule := func(values url.Values) { mayor.post("/organisations/mairie-d-essai/publishing", values) }
	rule(url.Values{"approval": {"on"}})
	defer rule(nil)
	id := c.describedDeposit()
	if pg := editor.send(editor.get("/deposits/"+id+"/publish"), `form[action$="/publish"]`); pg.status != http.StatusOK {
		c.t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	c.revision = mayor.get("/deposits/"+id+"/publish").doc.Find(`form[action$="/decision"] input[name=revision]`).AttrOr("value", "")
	return id
}

// describedDeposit is a deposit of the editor, ready to be published.
func (c *cast) describedDeposit() string {
	editor, id := c.as("editor"), c.deposited(c.t)
	c.number++
	pg := editor.send(editor.get("/deposits/"+id+"/describe"), `form[action$="/describe"]`, "title", fmt.Sprint("Bancs ", c.number), "description", "Les bancs, rue par rue.")
	c.revision = pg.doc.Find(`form[action$="/publish"] input[name=revision]`).AttrOr("value", "")
	return id
}

func secretOf(said string) string {
	_, secret, _ := strings.Cut(linkIn.FindString(said), "?token=")
	return secret
}

func (c *cast) appToken() string {
	appOf(c.t, c.as("editor"), c.form, "Téléphone")
	return c.listed("editor", "/formulaires/"+c.form+"/applications", "/formulaires/"+c.form+"/applications/", "/revoke")
}

func (c *cast) hostFile() string {
	return path.Base(c.p.visitor(c.t).get("/").doc.Find(`link[rel=stylesheet][href^="/host/"]`).AttrOr("href", ""))
}

func (c *cast) stylesheet() string {
	return path.Base(c.p.visitor(c.t).get("/").doc.Find(`link[rel=stylesheet][href^="/static/"]`).AttrOr("href", ""))
}

func (c *cast) invitation() string {
	c.number++
	c.p.must(c.t, "admin", "invite", fmt.Sprintf("invitee%d@essai.example", c.number), "--organisation", "mairie-d-essai", "--role", "reader")
	return c.listed("administrator", "/organisations/mairie-d-essai/members", "/organisations/mairie-d-essai/invitations/", "/revoke")
}

// asking is a request to join.
func (c *cast) asking() string {
	c.domain()
	c.number++
	email := fmt.Sprintf("personne%d@essai.example", c.number)
	v := c.p.join(c.t, "mairie-voisine", email, "reader")
	c.p.change(c.t, `UPDATE people SET email_verified_at = created_at WHERE email_key = $1`, email)
	v.send(v.get("/account"), `form[action*="/account/join/"]`)
	return c.listed("administrator", "/organisations/mairie-d-essai/joining", "/organisations/mairie-d-essai/joining/", "")
}

func (c *cast) mandate() string {
	c.mandated("syndicat-d-essai")
	pg := c.as("administrator").get("/organisations/mairie-d-essai/mandates")
	at := pg.doc.Find(`main li:contains("Syndicat") form[action$="/revoke"]`).First().AttrOr("action", "")
	return c.part(at, "/mandates/")
}

func (c *cast) mandated(delegate string) {
	v := c.as("administrator")
	pg := v.send(v.get("/organisations/mairie-d-essai/mandates"), `main form[action$="/mandates"]`, "delegate", c.organisation(delegate), "reference", "Délibération 2026-12", "ends", "2999-12-31")
	if pg.status != http.StatusOK {
		c.t.Fatalf("%d %s", pg.status, pg.text())
	}
}

func (c *cast) serviceToken() string {
	v := c.as("administrator")
	v.send(v.get("/organisations/mairie-d-essai/tokens"), `main form[action$="/tokens"]`, "name", "Logiciel de passage")
	return c.listed("administrator", "/organisations/mairie-d-essai/tokens", "/organisations/mairie-d-essai/tokens/", "/revoke")
}

func (c *cast) resourceOf(slug string) string {
	d, err := c.agent.FindDataset(c.t.Context(), slug)
	if err != nil {
		c.t.Fatal(err)
	}
	return d.Resources[0].ID
}
