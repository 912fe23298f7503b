package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"socle/client"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// attach sends the form of a file that a page has, as a browser without scripts does.
func (v *visitor) attach(pg *page, name string, content []byte, values ...string) *page {
	v.t.Helper()
	action, sent := pg.form(v.t, `main form[enctype="multipart/form-data"]`)
	for i := 0; i < len(values); i += 2 {
		sent.Set(values[i], values[i+1])
	}
	if content == nil {
		parts := []string{}
		for k := range sent {
			parts = append(parts, k, sent.Get(k))
		}
		u, err := url.Parse(action)
		if err != nil {
			v.t.Fatal(err)
		}
		return v.postParts(u.Path, parts...)
	}
	return v.upload(action, sent, name, content)
}

// json reads the answer of an address.
func (v *visitor) json(path string, into any) {
	v.t.Helper()
	pg := v.get(path)
	if err := json.Unmarshal(pg.body, into); err != nil || pg.status != http.StatusOK {
		v.t.Fatalf("%s: %d %v: %s", path, pg.status, err, pg.body)
	}
}

// contents is a dataset to which files are added.
type contents struct {
	*testing.T
	p       *portal
	agent   *visitor // an editor
	anyone  *visitor
	dataset client.Dataset
	base    string // address of its page
}

// add brings a file and returns its identifier.
func (c *contents) add(v *visitor, name string, content []byte, values ...string) string {
	c.Helper()
	pg := v.attach(v.get(c.base+"/files/new"), name, content, values...)
	last := pg.doc.Find(`main h2 a[href^="` + c.base + `/files/"]`).Last()
	if pg.status != http.StatusOK || pg.url.Path != c.base+"/links" || last.Length() == 0 {
		c.Fatalf("%s is not added: %d %s %s", name, pg.status, pg.url, pg.text())
	}
	return path.Base(path.Dir(last.AttrOr("href", "")))
}

// A file is added on the page of a dataset, read by everyone, replaced, moved, removed;
// the interfaces have it with its size and checksum.
func TestFileOfDataset(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			args := []string{"--limits-upload=1MB"}
			if engine == sqldb.PostgreSQL {
				args = append(args, "--database-url", sqldbtest.Empty(t, engine))
			}
			p := start(t, args...)
			p.must(t, "admin", "organisation", "Mairie d’Essai")
			c := &contents{T: t, p: p, agent: p.join(t, "mairie-d-essai", "agent@essai.example", "editor"), anyone: p.visitor(t)}
			c.dataset = publish(t, p.client(t, c.agent.token("read,write,publish")), "bancs.csv", table("bancs", 3), "Bancs")
			c.base = "/datasets/" + c.dataset.Slug
			notice := []byte("%PDF-1.7 <script>alert(1)</script>")
			file := c.add(c.agent, "Notice d’usage.pdf", notice, "title", "Notice", "description", "Comment **s’asseoir**.")
			c.given(file, notice)
			c.told(file, notice)
			c.changed(file, notice)
			c.moved(file)
			c.refused()
			c.removed(file)
		})
	}
}

// given checks what everyone gets of a file.
func (c *contents) given(file string, content []byte) {
	c.Helper()
	pg := c.anyone.get(c.base)
	at := "/api/v1/resources/" + file + "/original"
	item := pg.doc.Find("main .item").Last()
	if text := item.Text(); item.Find(`a[href="`+at+`"][download]`).Length() != 1 || !strings.Contains(text, "PDF") || !strings.Contains(text, "Notice") || !strings.Contains(text, "34\u00a0o") {
		c.Errorf("the page of the dataset has %q", item.Text())
	}
	one := c.anyone.get(c.base + "/files/" + file)
	if one.status != http.StatusOK || one.doc.Find(".prose strong").Text() != "s’asseoir" || !strings.Contains(one.text(), hashed(content)) || one.doc.Find(`main a[href="`+at+`"]`).Length() != 1 {
		c.Errorf("its page: %d %s", one.status, one.text())
	}
	got := c.anyone.get(at)
	h := got.header
	if string(got.body) != string(content) || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Content-Type") != "application/octet-stream" {
		c.Errorf("the download: %d %q %v", got.status, got.body, h)
	}
}

// told checks what programs are told of it.
func (c *contents) told(file string, content []byte) {
	c.Helper()
	sum, size := hashed(content), int64(len(content))
	at := c.p.url + "/api/v1/resources/" + file + "/original"
	var set struct {
		Resources []struct {
			ID, Kind, Format, URL string
			MediaType             string `json:"media_type"`
			Rows                  *int64
			Current               struct {
				Bytes  int64
				SHA256 string
			}
		}
	}
	c.anyone.json("/api/v1"+c.base, &set)
	if r := set.Resources[len(set.Resources)-1]; r.ID != file || r.Kind != "file" || r.Format != "pdf" || r.MediaType != "application/pdf" || r.URL != at || r.Rows != nil || r.Current.Bytes != size || r.Current.SHA256 != sum {
		c.Errorf("/api/v1 says %+v", r)
	}
	var pack struct {
		Resources []struct {
			Path, Format, MediaType, Hash string
			Bytes                         int64
		}
	}
	c.anyone.json(c.base+"/datapackage.json", &pack)
	if r := pack.Resources[len(pack.Resources)-1]; r.Path != at || r.Format != "pdf" || r.MediaType != "application/pdf" || r.Hash != "sha256:"+sum || r.Bytes != size {
		c.Errorf("datapackage.json says %+v", r)
	}
	var ckan struct {
		Result struct {
			Resources []struct {
				URL, Format, MimeType, Hash string
				Size                        int64
			}
		}
	}
	c.anyone.json("/api/3/action/package_show?id="+c.dataset.Slug, &ckan)
	if r := ckan.Result.Resources[len(ckan.Result.Resources)-1]; r.Format != "PDF" || r.MimeType != "application/pdf" || r.Hash != sum || r.Size != size || string(c.anyone.get(strings.TrimPrefix(r.URL, c.p.url)).body) != string(content) {
		c.Errorf("CKAN says %+v", r)
	}
	var explore struct {
		Attachments []struct {
			Href  string
			Metas map[string]string
		}
	}
	c.anyone.json("/api/explore/v2.1/catalog"+c.base+"/attachments", &explore)
	if len(explore.Attachments) != 1 || explore.Attachments[0].Href != at || explore.Attachments[0].Metas["mime-type"] != "application/pdf" || explore.Attachments[0].Metas["title"] != "Notice" {
		c.Errorf("Explore says %+v", explore)
	}
	var dcat struct {
		Dataset []struct {
			Distribution []struct{ Title, Format, MediaType, DownloadURL string }
		}
	}
	c.anyone.json("/api/explore/v2.1/catalog/exports/data.json", &dcat)
	if l := dcat.Dataset[0].Distribution; l[len(l)-1].DownloadURL != at || l[len(l)-1].Format != "PDF" || l[len(l)-1].Title != "Notice" {
		c.Errorf("the catalogue says %+v", l)
	}
	if ld := c.anyone.get(c.base).doc.Find(`script[type="application/ld+json"]`).Text(); !strings.Contains(ld, `"sha256":"`+sum+`"`) || !strings.Contains(ld, at) {
		c.Errorf("search engines read %s", ld)
	}
}

// changed replaces the file, twice from the same page.
func (c *contents) changed(file string, before []byte) {
	c.Helper()
	at := c.base + "/files/" + file + "/edit"
	first, second := c.agent.get(at), c.agent.get(at)
	if pg := c.agent.attach(first, "notice.zip", []byte("PK deux"), "note", "Avec des images"); pg.url.Path != c.base+"/links" || !strings.Contains(pg.text(), "Version 2") {
		c.Fatalf("%d %s %s", pg.status, pg.url, pg.text())
	}
	clash := c.agent.attach(second, "notice.zip", []byte("PK trois"), "title", "Notice courte")
	if clash.status != http.StatusConflict || clash.doc.Find(`input[name="upload"]`).Length() != 1 || clash.doc.Find("#f-title").AttrOr("value", "") != "Notice courte" {
		c.Fatalf("somebody else's file is overwritten: %d %s", clash.status, clash.text())
	}
	one := c.anyone.get(c.base + "/files/" + file)
	if rows := one.doc.Find("#versions tbody tr"); rows.Length() != 2 || !strings.Contains(rows.First().Text(), "Avec des images") {
		c.Errorf("the history: %s", one.text())
	}
	for number, want := range map[string]string{"1": string(before), "2": "PK deux"} {
		if got := c.anyone.get("/api/v1/resources/" + file + "/original?version=" + number); string(got.body) != want {
			c.Errorf("version %s is %d %q", number, got.status, got.body)
		}
	}
	if pg := c.agent.attach(clash, "", nil); pg.status != http.StatusOK || string(c.anyone.get("/api/v1/resources/"+file+"/original").body) != "PK trois" {
		c.Errorf("sent again, it does not decide: %d %s", pg.status, pg.text())
	}
	if pg := c.agent.attach(c.agent.get(at), "", nil, "title", ""); pg.status != http.StatusUnprocessableEntity || pg.doc.Find("#f-title-error").Length() != 1 {
		c.Errorf("without a title: %d %s", pg.status, pg.text())
	}
	if pg := c.agent.attach(c.agent.get(at), "", nil, "title", "Notice complète"); pg.status != http.StatusOK || !strings.Contains(pg.text(), "Version 3") || !strings.Contains(pg.text(), "Notice complète") {
		c.Errorf("a new title alone: %d %s", pg.status, pg.text())
	}
}

// moved puts the file first.
func (c *contents) moved(file string) {
	c.Helper()
	list := c.agent.get(c.base + "/links")
	pg := c.agent.send(list, "#order", "up", file)
	if first := pg.doc.Find("main h2 a").First().AttrOr("href", ""); pg.status != http.StatusOK || first != c.base+"/files/"+file+"/edit" {
		c.Errorf("it is not the first: %d %s", pg.status, pg.text())
	}
	if pg := c.agent.send(list, "#order", "up", file); pg.status != http.StatusConflict && pg.status != http.StatusNotFound {
		c.Errorf("from an old page: %d", pg.status)
	}
	if pg := c.anyone.get(c.base); pg.doc.Find("#rows").Length() != 1 {
		c.Errorf("the table is not shown: %s", pg.text())
	}
}

// refused sends what is too large or by whom may not, and looks at what is not public.
func (c *contents) refused() {
	c.Helper()
	form := c.base + "/files/new"
	if pg := c.agent.attach(c.agent.get(form), "gros.zip", make([]byte, 1_500_000)); pg.status != http.StatusRequestEntityTooLarge || !strings.Contains(pg.doc.Find("#f-file-error").Text(), "1\u00a0Mo") {
		c.Errorf("too large: %d %s", pg.status, pg.text())
	}
	host := c.p.visitor(c.T)
	host.send(host.get(linkIn.FindString(c.p.out.String())), `form[action="/first-account"]`, "name", "Hôte", "email", "hote@essai.example", "password", password)
	quota := "/organisations/mairie-d-essai/quota"
	host.send(host.get(quota), `form[action="`+quota+`"]`, "gigabytes", "0,0001", "rows", "")
	if pg := c.agent.attach(c.agent.get(form), "moyen.zip", make([]byte, 200_000)); pg.status != http.StatusRequestEntityTooLarge || !strings.Contains(pg.doc.Find("#f-file-error").Text(), "100") {
		c.Errorf("over the quota: %d %s", pg.status, pg.text())
	}
	host.send(host.get(quota), `form[action="`+quota+`"]`, "gigabytes", "1", "rows", "")
	if pg := c.agent.attach(c.agent.get(form), "vide.zip", []byte{}); pg.status != http.StatusUnprocessableEntity || pg.doc.Find("#f-file-error").Length() != 1 {
		c.Errorf("empty: %d %s", pg.status, pg.text())
	}
	helper := c.p.join(c.T, "mairie-d-essai", "aide@essai.example", "contributor")
	if pg := helper.get(form); pg.status != http.StatusForbidden {
		c.Errorf("a contributor to what is public: %d", pg.status)
	}

	// A dataset of one document, which a contributor prepares: what is brought as a table and
	// is none leads there.
	unread := helper.brought(helper.deposit("Rapport 2026.pdf", []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\x00\x01\x02"), ""))
	pg := helper.attach(helper.get(unread.doc.Find(`main a[href="/deposits/file"]`).AttrOr("href", "none")), "Rapport 2026.odt", []byte("PK rapport"))
	draft := strings.TrimSuffix(pg.url.Path, "/edit")
	if pg.status != http.StatusOK || draft != "/datasets/rapport-2026" {
		c.Fatalf("%d %s %s", pg.status, pg.url, pg.text())
	}
	hidden := path.Base(path.Dir(helper.get(draft+"/links").doc.Find("main h2 a").AttrOr("href", "")))
	for _, at := range []string{draft, draft + "/files/" + hidden, "/api/v1/resources/" + hidden + "/original"} {
		if pg := c.anyone.get(at); pg.status != http.StatusNotFound {
			c.Errorf("%s of a draft: %d", at, pg.status)
		}
	}
	if pg := helper.get("/api/v1/resources/" + hidden + "/original"); string(pg.body) != "PK rapport" {
		c.Errorf("its members get %d %q", pg.status, pg.body)
	}

	// Where an administrator must approve, an editor is told before anything is sent.
	chief := c.p.join(c.T, "mairie-d-essai", "chef@essai.example", "administrator")
	chief.send(chief.get("/organisations/mairie-d-essai/publishing"), `form[action$="/publishing"]`, "approval", "on")
	if pg := c.agent.get(c.base + "/links"); !strings.Contains(pg.text(), "un administrateur de l’organisation") || pg.doc.Find(`main a[href="`+form+`"]`).Length() != 0 {
		c.Errorf("the list says %s", pg.text())
	}
	if pg := c.agent.get(form); pg.status != http.StatusForbidden {
		c.Errorf("an editor where approvals are asked for: %d", pg.status)
	}
	c.add(chief, "plan.pdf", []byte("%PDF plan"))
	chief.send(chief.get("/organisations/mairie-d-essai/publishing"), `form[action$="/publishing"]`, "approval", "")
}

// removed takes the file out: its address says so, and the journal too.
func (c *contents) removed(file string) {
	c.Helper()
	at := c.base + "/files/" + file + "/remove"
	pg := c.agent.send(c.agent.get(at), `main form[action="`+at+`"]`, "reason", "Elle n’est plus à jour.")
	if pg.status != http.StatusOK || pg.doc.Find(`main a[href*="`+file+`"]`).Length() != 0 {
		c.Fatalf("%d %s", pg.status, pg.text())
	}
	if pg := c.anyone.get(c.base + "/files/" + file); pg.status != http.StatusGone || !strings.Contains(pg.text(), "Notice complète") || !strings.Contains(pg.text(), "Elle n’est plus à jour.") {
		c.Errorf("what is left: %d %s", pg.status, pg.text())
	}
	if pg := c.anyone.get("/api/v1/resources/" + file + "/original"); pg.status != http.StatusNotFound || !strings.Contains(string(pg.body), "Elle n’est plus à jour.") {
		c.Errorf("its download: %d %s", pg.status, pg.body)
	}
	chief := c.p.visitor(c.T)
	chief.signIn("chef@essai.example", password)
	if text := chief.get("/organisations/mairie-d-essai/journal").text(); !strings.Contains(text, "Fichier ou lien retiré") || !strings.Contains(text, "Tableau, fichier ou lien ajouté") {
		c.Errorf("the journal: %s", text)
	}
}

// attach picks the file of the form and sends it, in pieces.
func (s *screen) attach(path string) {
	s.t.Helper()
	s.wait("the upload's script", `document.querySelector('[data-island=upload][data-awake=yes]')`)
	s.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file][name=file]"), []string{path}))
	s.press(`main form[enctype] button[type=submit]`)
}

// From the desk to the public download, in a browser, on a desk and on a phone.
func TestFileInBrowser(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	d := publish(t, p.client(t, v.token("read,write,publish")), "bancs.csv", table("bancs", 3), "Bancs")
	base := "/datasets/" + d.Slug
	s := browse(t, p)
	s.signIn("agent@essai.example", password)
	fine := func(name string) {
		t.Helper()
		s.shoot(name)
		for _, width := range []int64{390, 1280} {
			s.size(width, 900)
			s.sane()
			for _, v := range s.axe() {
				t.Errorf("%s, %d px: %s", name, width, v)
			}
		}
	}
	s.open(base)
	s.text(`document.querySelector('a[href="` + base + `/links"]').closest("details").open = true, ""`)
	s.press(`a[href="` + base + `/links"]`)
	s.at(base + "/links")
	fine("contents")
	s.press(`a[href="` + base + `/files/new"]`)
	s.at("/files/new")
	fine("file-new")
	s.fill("#f-title", "Notice des bancs")
	s.fill("#f-description", "Comment ils sont **comptés**.")
	s.attach(asFile(t, "notice.pdf", []byte(strings.Repeat("%PDF notice\n", 200_000))))
	s.at(base + "/links")
	s.sees("Le fichier « Notice des bancs » est ajouté.")
	fine("contents-two")
	s.press(`button[name="up"]`)
	s.sees("est maintenant en place 1")
	s.press(`main h2 a[href*="/files/"]`)
	s.at("/edit")
	s.fill("#f-note", "Nouvelle édition")
	s.attach(asFile(t, "notice-2.pdf", []byte("%PDF deux")))
	s.sees("est remplacé")
	file := path.Base(path.Dir(s.text(`document.querySelector('main h2 a[href*="/files/"]').getAttribute("href")`)))

	anyone := browse(t, p)
	s = anyone
	s.open(base)
	s.sees("Notice des bancs")
	fine("dataset")
	s.press(`main h3 a[href*="/files/"]`)
	s.at("/files/" + file)
	s.sees("Nouvelle édition")
	fine("file")
	if got := p.visitor(t).get(s.text(`document.querySelector('main a[download]').getAttribute("href")`)); string(got.body) != "%PDF deux" {
		t.Errorf("the download gives %d %.40q", got.status, got.body)
	}
}
