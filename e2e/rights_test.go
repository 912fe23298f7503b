package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"socle/client"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// Each route called by each kind of visitor: the status that they get. The routes
// are those of internal/app/testdata/routes.txt; a new one appears here by itself.
// Objects in the addresses belong to the organisation of the reader and of the
// editor; calls that change carry no form, so 400 and 422 mean "may, but not so".
func TestRights(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile(filepath.Join("..", "internal", "app", "testdata", "routes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			args := []string{"--trusted-proxies", "127.0.0.0/8"}
			if engine == sqldb.PostgreSQL {
				args = append(args, "--database-url", sqldbtest.Empty(t, engine))
			}
			golden(t, "rights.txt", rights(t, newWorld(t, start(t, args...)), string(list)))
		})
	}
}

// rights calls each route as each visitor.
func rights(t *testing.T, w *world, list string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-50s %s\n", "", strings.Join(whos, " "))
	line := func(method, path, body string, last bool) {
		fmt.Fprintf(&out, "%-50s", method+" "+path)
		for _, who := range whos {
			if last && strings.Contains(who, "token") {
				continue
			}
			fmt.Fprintf(&out, " %-*s", len(who), fmt.Sprint(w.call(t, who, method, w.address(t, method, path), body)))
		}
		out.WriteString("\n")
	}
	for l := range strings.Lines(list) {
		f := strings.Fields(l)
		if f[1] != "/sign-out" {
			line(f[0], f[1], "", false)
		}
	}
	for _, internal := range []string{"/datasets/{internal}", "/datasets/{internal}/history", "/api/v1/datasets/{internal}", "/api/v1/resources/{internal-id}/rows", "/api/v1/resources/{internal-id}/original", "/api/v1/resources/{internal-id}/export.csv",
		"/api/explore/v2.1/catalog/datasets/{internal}/records", "/api/resources/{internal-id}/data/",
		"/api/3/action/package_show?id={internal}", "/api/3/action/resource_show?id={internal-id}", "/api/3/action/datastore_search?resource_id={internal-id}", "/datastore/dump/{internal-id}", "/dataset/{internal}",
		"/dataset/{internal}/resource/{internal-id}/download/x.csv", "/datasets/{internal}/datapackage.json", "/api/ogc/collections/{internal}/items"} {
		line("GET", internal, "", false)
	}
	line("POST", "/api/v1/publications", `{"import": "{import}", "title": "Essai des droits", "description": "Un essai."}`, false)
	line("POST", "/api/v1/imports", `{"upload": "{upload}"}`, false)
	line("POST", "/sign-out", "", true)
	return regexp.MustCompile(`(?m) +$`).ReplaceAllString(out.String(), "")
}

var whos = []string{"anonymous", "stranger", "reader", "contributor", "editor", "administrator", "host", "token", "token-read"}

// world is a portal with one of each kind of visitor and of object.
type world struct {
	p                *portal
	visitors         map[string]*visitor
	tokens           map[string]string
	agent            *client.Client
	dataset, private client.Dataset
	number           int
	form, formSlug   string // of the table of dataset, for its members
	request, link    string // for data that the organisation has not, waiting; of dataset
	file             string // of dataset
}

func newWorld(t *testing.T, p *portal) *world {
	w := &world{p: p, visitors: map[string]*visitor{"anonymous": p.visitor(t)}, tokens: map[string]string{}}
	host := p.visitor(t)
	pg := host.send(host.get(linkIn.FindString(p.out.String())), `form[action="/first-account"]`, "name", "Hôte", "email", "hote@essai.example", "password", password)
	if pg.status >= 500 {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	w.visitors["host"] = host
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	p.must(t, "admin", "organisation", "Mairie Voisine")
	for _, role := range []string{"reader", "contributor", "editor", "administrator"} {
		w.visitors[role] = p.join(t, "mairie-d-essai", role+"@essai.example", role)
	}
	w.visitors["stranger"] = p.join(t, "mairie-voisine", "voisin@essai.example", "editor")
	w.tokens["token"] = w.visitors["editor"].token("read,write,publish")
	w.tokens["token-read"] = w.visitors["editor"].token("read")
	w.agent = p.client(t, w.tokens["token"])
	w.dataset = publish(t, w.agent, "essai.csv", table("essai", 5), "Essai public")
	d, err := w.agent.Publish(t.Context(), client.PublishRequest{Import: w.imported(t), Title: "Essai interne", Description: "Un essai.", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	w.private = d
	if _, err = w.agent.Publish(t.Context(), client.PublishRequest{Import: w.imported(t), Dataset: w.dataset.ID, Note: "La suite."}); err != nil { // versions to compare
		t.Fatal(err)
	}
	made := w.visitors["editor"].post("/formulaires", url.Values{"resource": {w.dataset.Resources[0].ID}})
	w.form = strings.TrimPrefix(made.url.Path, "/formulaires/")
	if made.status != http.StatusOK || w.form == "" || strings.Contains(w.form, "/") {
		t.Fatalf("no form: %d at %s: %s", made.status, made.url, made.text())
	}
	w.formSlug = "essai-public"
	anyone, editor := w.visitors["anonymous"], w.visitors["editor"]
	anyone.send(anyone.get("/requests/new?organisation=mairie-d-essai"), `main form[action="/requests/new"]`, "words", "Les horaires de la piscine")
	w.request = path.Base(editor.get("/desk").doc.Find(`main a[href^="/requests/0"]`).AttrOr("href", "none"))
	links := "/datasets/" + w.dataset.Slug + "/links"
	linked := editor.send(editor.get(links+"/new"), `main form[action$="/links/new"]`, "title", "Le plan", "url", "https://127.0.0.1:9/plan")
	w.link = path.Base(linked.doc.Find(`main h2 a[href^="`+links+`/"]`).AttrOr("href", "none"))
	attached := editor.attach(editor.get("/datasets/"+w.dataset.Slug+"/files/new"), "notice.pdf", []byte("%PDF"))
	w.file = path.Base(path.Dir(attached.doc.Find(`main h2 a[href*="/files/"]`).AttrOr("href", "none")))
	for _, v := range w.visitors {
		v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return w
}

func (w *world) uploaded(t *testing.T) string {
	w.number++
	content := table(fmt.Sprint("essai-", w.number), 3)
	u, err := w.agent.UploadFile(t.Context(), "", "essai.csv", bytes.NewReader(content), int64(len(content)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func (w *world) imported(t *testing.T) string {
	i, err := w.agent.StartImport(t.Context(), client.ImportRequest{Upload: w.uploaded(t)})
	if err == nil {
		i, err = w.agent.WaitImport(t.Context(), i, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return i.ID
}

// deposited is a deposit of the editor, read.
func (w *world) deposited(t *testing.T) string {
	v := *w.visitors["editor"]
	v.t = t
	http := *v.http
	http.CheckRedirect = nil
	v.http = &http
	w.number++
	pg := v.deposit("essai.csv", table(fmt.Sprint("depot-", w.number), 3), "")
	id := strings.Split(pg.url.Path, "/")[2]
	v.settled("/deposits/" + id)
	return id
}

// address gives a path its objects: fresh ones where a call may change them.
func (w *world) address(t *testing.T, method, path string) func() string {
	return func() string {
		p := strings.NewReplacer("{$}", "", "{slug}", w.dataset.Slug, "{number}", "1", "{ref}", w.dataset.Slug, "{publisher}", "scdl", "{name}", "deliberations", "{file...}", "none.js",
			"{internal}", w.private.Slug, "{internal-id}", w.private.Resources[0].ID).Replace(path)
		switch {
		case strings.HasPrefix(path, "/organisations/"), strings.HasPrefix(path, "/embed/organisations/"):
			p = strings.Replace(path, "{slug}", "mairie-d-essai", 1)
		case strings.HasPrefix(path, "/schemas/"):
			p = strings.Replace(p, "{file}", "model.csv", 1)
		case strings.HasPrefix(path, "/api/explore/"):
			p = strings.NewReplacer("{id}", w.dataset.Slug, "{record}", "1", "{format}", "csv").Replace(p)
		case strings.HasPrefix(path, "/api/3/action/"), strings.HasPrefix(path, "/api/action/"):
			p = strings.Replace(p, "{action}", "package_list", 1)
		case strings.HasPrefix(path, "/api/ogc/"):
			p = strings.NewReplacer("{id}", w.dataset.Slug, "{feature}", "1", "{set}", "WebMercatorQuad", "{z}", "0", "{row}", "0", "{col}", "0").Replace(p)
		case strings.HasPrefix(path, "/dataset/"), strings.HasPrefix(path, "/datastore/"):
			p = strings.NewReplacer("{id}", w.dataset.Resources[0].ID, "{file}", "essai.csv").Replace(p)
		case strings.HasPrefix(path, "/api/resources/{id}"):
			p = strings.Replace(p, "{id}", w.dataset.Resources[0].ID, 1)
		case strings.HasPrefix(path, "/api/v1/resources/"):
			p = strings.NewReplacer("{id}", w.dataset.Resources[0].ID, "{file}", "export.csv").Replace(p)
		case strings.HasPrefix(path, "/api/v1/uploads/{id}"):
			p = strings.Replace(p, "{id}", w.uploaded(t), 1)
		case strings.HasPrefix(path, "/api/v1/imports/{id}"):
			p = strings.Replace(p, "{id}", w.imported(t), 1)
		case strings.HasPrefix(path, "/api/v1/forms/"), strings.HasPrefix(path, "/formulaires/"):
			p = strings.NewReplacer("{id}", w.form, "{entry}", entryID(1)).Replace(p)
		case strings.HasPrefix(path, "/requests/{id}"):
			p = strings.Replace(p, "{id}", w.request, 1)
		case strings.HasPrefix(path, "/datasets/{slug}/links/{resource}"):
			p = strings.Replace(p, "{resource}", w.link, 1)
		case strings.HasPrefix(path, "/datasets/{slug}/files/{resource}"):
			p = strings.Replace(p, "{resource}", w.file, 1)
		case strings.HasPrefix(path, "/datasets/{slug}/tables/{resource}"):
			p = strings.Replace(p, "{resource}", w.dataset.Resources[0].ID, 1)
		case strings.HasPrefix(path, "/openrosa/"):
			p = strings.NewReplacer("{id}", w.form, "{key}", w.tokens["token"]).Replace(p)
		case strings.HasPrefix(path, "/f/{key}"):
			p = strings.Replace(p, "{key}", w.formSlug, 1)
		case strings.HasPrefix(path, "/deposits/{id}"):
			p = strings.Replace(p, "{id}", w.deposited(t), 1)
		}
		return regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(p, "none")
	}
}

func (w *world) call(t *testing.T, who, method string, address func() string, body string) int {
	t.Helper()
	if before, after, ok := strings.Cut(body, "{import}"); ok {
		body = before + w.imported(t) + after
	}
	if before, after, ok := strings.Cut(body, "{upload}"); ok {
		body = before + w.uploaded(t) + after
	}
	path := address()
	req, err := http.NewRequestWithContext(t.Context(), method, w.p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	kind := "application/x-www-form-urlencoded"
	if body != "" {
		kind = "application/json"
	}
	req.Header.Set("Content-Type", kind)
	w.number++
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", w.number/250, w.number%250+1)) // attempts are counted by network
	if strings.Contains(path, "/uploads") {
		req.Header.Set("Tus-Resumable", "1.0.0")
		req.Header.Set("Upload-Length", "10")
		req.Header.Set("Upload-Offset", "0")
		if method == http.MethodPatch {
			req.Header.Set("Content-Type", "application/offset+octet-stream")
		}
	}
	c := w.visitors[who]
	if token := w.tokens[who]; token != "" {
		c = w.visitors["anonymous"]
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode >= 500 {
		t.Errorf("%s %s as %s: %s\n%s", method, path, who, res.Status, w.p.log)
	}
	return res.StatusCode
}
