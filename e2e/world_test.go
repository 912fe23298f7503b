package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"socle/client"
)

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
