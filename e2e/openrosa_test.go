package e2e

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// collector plays ODK Collect and KoboCollect as the OpenRosa documents describe them:
// it asks without a password first, believes only 204, 201 and 202, and sends files in
// several posts.
type collector struct {
	server             string
	username, password string
	lang               string // fr when it is not said
	http               *http.Client
}

type rosaAnswer struct {
	status  int
	header  http.Header
	body    []byte
	message string // of an OpenRosaResponse
}

func (c *collector) do(method, address string, body []byte, kind string) (rosaAnswer, error) {
	for asked := false; ; asked = true {
		req, err := http.NewRequest(method, address, bytes.NewReader(body))
		if err != nil {
			return rosaAnswer{}, err
		}
		req.Header.Set("X-OpenRosa-Version", "1.0")
		req.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		req.Header.Set("Accept-Language", cmp.Or(c.lang, "fr"))
		if kind != "" {
			req.Header.Set("Content-Type", kind)
		}
		if asked {
			req.SetBasicAuth(c.username, c.password)
		}
		res, err := c.http.Do(req)
		if err != nil {
			return rosaAnswer{}, err
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			return rosaAnswer{}, err
		}
		a := rosaAnswer{status: res.StatusCode, header: res.Header, body: b}
		var told struct {
			Message string `xml:"message"`
		}
		if xml.Unmarshal(b, &told) == nil {
			a.message = told.Message
		}
		if res.StatusCode == http.StatusUnauthorized && !asked && c.password != "" && strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Basic ") {
			continue
		}
		for name, want := range map[string]string{"X-Openrosa-Version": "1.0", "X-Openrosa-Accept-Content-Length": "100000000"} {
			if got := res.Header.Get(name); got != want {
				return a, fmt.Errorf("%s %s: %s is %q", method, address, name, got)
			}
		}
		if res.Header.Get("Date") == "" || res.Header.Get("Content-Language") == "" {
			return a, fmt.Errorf("%s %s: headers are missing: %v", method, address, res.Header)
		}
		return a, nil
	}
}

func (c *collector) must(t *testing.T, method, address string, status int) rosaAnswer {
	t.Helper()
	a, err := c.do(method, address, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if a.status != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, address, a.status, status, a.body)
	}
	return a
}

type rosaListed struct {
	ID          string `xml:"formID"`
	Name        string `xml:"name"`
	Version     string `xml:"version"`
	Hash        string `xml:"hash"`
	DownloadURL string `xml:"downloadUrl"`
	ManifestURL string `xml:"manifestUrl"`
}

func (c *collector) forms(t *testing.T) []rosaListed {
	t.Helper()
	a := c.must(t, http.MethodGet, c.server+"/formList", http.StatusOK)
	if kind := a.header.Get("Content-Type"); kind != "text/xml; charset=utf-8" {
		t.Errorf("the list of forms is %s", kind)
	}
	var list struct {
		XMLName xml.Name     `xml:"http://openrosa.org/xforms/xformsList xforms"`
		Forms   []rosaListed `xml:"xform"`
	}
	if err := xml.Unmarshal(a.body, &list); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return list.Forms
}

// xform is a form that was downloaded: its elements in order, as a client fills them.
type xform struct {
	id, version string
	root        *xnode
	binds       map[string]string // nodeset: type
}

type xnode struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []*xnode   `xml:",any"`
}

func (c *collector) download(t *testing.T, f rosaListed) *xform {
	t.Helper()
	a := c.must(t, http.MethodGet, f.DownloadURL, http.StatusOK)
	sum := md5.Sum(a.body)
	if want := "md5:" + hex.EncodeToString(sum[:]); f.Hash != want {
		t.Errorf("%s has the hash %s, its form %s", f.Name, f.Hash, want)
	}
	var doc struct {
		Instances []struct {
			Root *xnode `xml:",any"`
		} `xml:"head>model>instance"`
		Binds []struct {
			Nodeset string `xml:"nodeset,attr"`
			Type    string `xml:"type,attr"`
		} `xml:"head>model>bind"`
	}
	if err := xml.Unmarshal(a.body, &doc); err != nil || len(doc.Instances) == 0 {
		t.Fatalf("%v: %s", err, a.body)
	}
	x := &xform{root: doc.Instances[0].Root, binds: map[string]string{}}
	for _, at := range x.root.Attrs {
		switch at.Name.Local {
		case "id":
			x.id = at.Value
		case "version":
			x.version = at.Value
		}
	}
	for _, b := range doc.Binds {
		x.binds[b.Nodeset] = b.Type
	}
	if x.id != f.ID || x.version != f.Version {
		t.Errorf("the form is %s %s, listed as %s %s", x.id, x.version, f.ID, f.Version)
	}
	return x
}

// fill writes a submission: each element of the form with its answer; a repeated group
// has a list of answers.
func (x *xform) fill(instance, deprecated string, answers map[string]string, repeats map[string][]map[string]string) []byte {
	var b bytes.Buffer
	text := func(s string) { _ = xml.EscapeText(&b, []byte(s)) }
	var write func(n *xnode, answers map[string]string)
	write = func(n *xnode, answers map[string]string) {
		name := n.XMLName.Local
		template := slices.ContainsFunc(n.Attrs, func(a xml.Attr) bool { return a.Name.Local == "template" })
		switch {
		case template:
			for _, row := range repeats[name] {
				b.WriteString("<" + name + ">")
				for _, c := range n.Children {
					write(c, row)
				}
				b.WriteString("</" + name + ">")
			}
		case repeats[name] != nil: // what the template wrote
		default:
			b.WriteString("<" + name + ">")
			if v, ok := answers[name]; ok {
				text(v)
			}
			for _, c := range n.Children {
				write(c, answers)
			}
			b.WriteString("</" + name + ">")
		}
	}
	fmt.Fprintf(&b, `<?xml version='1.0' ?><data id="%s" version="%s">`, x.id, x.version)
	meta := map[string]string{"instanceID": instance, "timeEnd": time.Now().Format("2006-01-02T15:04:05.000-07:00")}
	for _, n := range x.root.Children {
		if n.XMLName.Local == "meta" {
			b.WriteString("<meta>")
			for k, v := range meta {
				b.WriteString("<" + k + ">")
				text(v)
				b.WriteString("</" + k + ">")
			}
			if deprecated != "" {
				b.WriteString("<deprecatedID>" + deprecated + "</deprecatedID>")
			}
			b.WriteString("</meta>")
			continue
		}
		write(n, answers)
	}
	b.WriteString("</data>")
	return b.Bytes()
}

// send makes one post of a submission.
func (c *collector) send(submission []byte, files map[string][]byte) (rosaAnswer, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part := func(field, name, kind string, content []byte) error {
		p, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, field, name)}, "Content-Type": {kind}, "Content-Transfer-Encoding": {"binary"},
		})
		if err == nil {
			_, err = p.Write(content)
		}
		return err
	}
	if err := part("xml_submission_file", "submission.xml", "text/xml", submission); err != nil {
		return rosaAnswer{}, err
	}
	for name, content := range files {
		if err := part(name, name, "image/jpeg", content); err != nil {
			return rosaAnswer{}, err
		}
	}
	if err := w.Close(); err != nil {
		return rosaAnswer{}, err
	}
	return c.do(http.MethodPost, c.server+"/submission?deviceID=collect%3Ax", b.Bytes(), w.FormDataContentType())
}

func (c *collector) accepted(t *testing.T, submission []byte, files map[string][]byte) rosaAnswer {
	t.Helper()
	a, err := c.send(submission, files)
	if err != nil {
		t.Fatal(err)
	}
	if a.status != http.StatusCreated && a.status != http.StatusAccepted || a.message == "" {
		t.Fatalf("the submission was refused: %d %s", a.status, a.body)
	}
	return a
}

func instanceID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	return "uuid:" + h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}

// workbook is an XLSForm with each construct.
func workbook(t *testing.T) []byte {
	t.Helper()
	return xlsx(t, map[string][][]any{
		"survey": {
			{"type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation", "default", "appearance", "parameters"},
			{"note", "merci", "Merci d’observer"},
			{"text", "lieu", "Lieu", "Un nom que tout le monde connaît", "yes"},
			{"begin group", "mesure", "Mesure", "", "", "${lieu} != ''"},
			{"integer", "hauteur", "Hauteur", "", "", "", ". >= 0 and . <= 60", "De 0 à 60 m"},
			{"decimal", "tour", "Tour"},
			{"calculate", "volume", "", "", "", "", "", "", "round(${hauteur} * ${tour} * ${tour} div (4 * pi()), 1)"},
			{"range", "etat", "État", "", "", "", "", "", "", "", "", "start=1 end=5 step=1"},
			{"end group"},
			{"date", "jour", "Jour", "", "", "", ". <= today()", "", "", "today()"},
			{"time", "heure", "Heure"},
			{"dateTime", "moment", "Moment"},
			{"select_one essence", "essence", "Essence", "", "yes"},
			{"select_multiple usage", "usages", "Usages"},
			{"text", "lequel", "Quel autre usage ?", "", "", "selected(${usages}, 'autre')"},
			{"geopoint", "position", "Position"},
			{"geoshape", "emprise", "Emprise"},
			{"image", "photo", "Photo"},
			{"begin repeat", "nids", "Nids"},
			{"text", "oiseau", "Oiseau"},
			{"image", "vue", "Vue du nid"},
			{"end repeat"},
			{"calculate", "combien", "Nombre de nids", "", "", "", "", "", "count(${nids})"},
			{"acknowledge", "vu", "J’ai vu l’arbre"},
			{"hidden", "source", "", "", "", "", "", "", "", "terrain"},
		},
		"choices":  {{"list_name", "name", "label"}, {"essence", "chene", "Chêne"}, {"essence", "frene", "Frêne"}, {"usage", "ombre", "Ombre"}, {"usage", "bois d’œuvre", "Bois d’œuvre"}, {"usage", "autre", "Autre"}},
		"settings": {{"form_title", "form_id", "instance_name"}, {"Arbres remarquables", "arbres", "${lieu}"}},
	})
}

// imported brings an XLSForm to its page and makes the form; it returns its id.
func imported(t *testing.T, v *visitor, content []byte) string {
	t.Helper()
	pg := v.sendFile(v.get("/formulaires/importer"), `main form[action="/formulaires/importer"]`, "file", "arbres.xlsx", content)
	if pg.status != http.StatusOK || !strings.Contains(pg.text(), "Arbres remarquables") {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	pg = v.send(pg, `main form[action="/formulaires/importer/creer"]`)
	if pg.status != http.StatusOK {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	f := strings.Split(pg.url.Path, "/")
	if len(f) < 3 || f[1] != "formulaires" {
		t.Fatalf("the form is at %s: %s", pg.url, pg.text())
	}
	return f[2]
}

// appOf makes an app token on the page of a form, and returns a client that signs in
// with it.
func appOf(t *testing.T, v *visitor, form, name string) *collector {
	t.Helper()
	pg := v.get("/formulaires/" + form + "/applications")
	pg = v.send(pg, `main form[action="/formulaires/`+form+`/applications"]`, "name", name)
	c := &collector{http: &http.Client{Timeout: time.Minute}, server: pg.doc.Find("#server").Text(), username: pg.doc.Find("#user").Text(), password: pg.doc.Find("#password").Text()}
	if pg.status != http.StatusOK || c.password == "" || pg.doc.Find("svg.qr-code").Length() == 0 {
		t.Fatalf("no token: %d %s", pg.status, pg.text())
	}
	return c
}

type entriesAnswer struct {
	Entries []struct {
		ID       string
		Revision int
		State    string
		Values   map[string]string
		Files    []struct {
			Field, Name, SHA256 string
			Received            bool
		}
	}
	Next string
}

func entriesOf(t *testing.T, v *visitor, form string) entriesAnswer {
	t.Helper()
	pg := v.get("/api/v1/forms/" + form + "/entries?limit=1000")
	var a entriesAnswer
	if err := json.Unmarshal(pg.body, &a); err != nil || pg.status != http.StatusOK {
		t.Fatalf("%d %v %s", pg.status, err, pg.body)
	}
	return a
}

// An XLSForm with each construct is imported, and filled through OpenRosa as ODK
// Collect and KoboCollect do.
func TestOpenRosa(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	editor := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	form := imported(t, editor, workbook(t))
	c := appOf(t, editor, form, "Téléphone du parc")

	nobody := &collector{server: c.server, http: c.http}
	if a := nobody.must(t, http.MethodGet, c.server+"/formList", http.StatusUnauthorized); a.message == "" {
		t.Errorf("who may not is told nothing: %s", a.body)
	}
	wrong := &collector{server: c.server, username: "agent@essai.example", password: password, http: c.http}
	wrong.must(t, http.MethodGet, c.server+"/formList", http.StatusUnauthorized)

	list := c.forms(t)
	if len(list) != 1 || list[0].ID != form || list[0].Name != "Arbres remarquables" {
		t.Fatalf("%+v", list)
	}
	x := c.download(t, list[0])
	for nodeset, kind := range map[string]string{"/data/mesure/hauteur": "int", "/data/mesure/tour": "decimal", "/data/jour": "date", "/data/position": "geopoint", "/data/photo": "binary", "/data/nids/vue": "binary"} {
		if x.binds[nodeset] != kind {
			t.Errorf("%s is %q, want %s", nodeset, x.binds[nodeset], kind)
		}
	}
	if a := c.must(t, http.MethodHead, c.server+"/submission", http.StatusNoContent); len(a.body) > 0 {
		t.Errorf("HEAD has a body: %s", a.body)
	}

	// The same address holds the token for clients without a name and password.
	key := &collector{server: c.server + "/key/" + c.password, http: c.http}
	if l := key.forms(t); len(l) != 1 || !strings.HasPrefix(l[0].DownloadURL, key.server) {
		t.Errorf("%+v", l)
	} else {
		key.download(t, l[0])
	}

	one := instanceID()
	answers := map[string]string{
		"lieu": "Place du Marché", "hauteur": "20", "tour": "3.5", "volume": "19.5", "etat": "4", "jour": "2026-03-14", "heure": "08:30:00.000+01:00", "moment": "2026-03-14T08:30:00.000+01:00",
		"essence": "chene", "usages": "ombre bois_d’œuvre autre", "lequel": "Palabres", "position": "43.5204 1.3421 150.0 4.2", "emprise": "43.1 1.1 0 0; 43.2 1.1 0 0; 43.2 1.2 0 0; 43.1 1.1 0 0",
		"photo": "1.jpg", "combien": "2", "vu": "OK", "source": "terrain",
	}
	nests := map[string][]map[string]string{"nids": {{"oiseau": "Mésange", "vue": "2.jpg"}, {"oiseau": "Pie"}}}
	submission := x.fill(one, "", answers, nests)
	photo1, photo2 := bytes.Repeat([]byte("un"), 5000), bytes.Repeat([]byte("deux"), 5000)
	if a := c.accepted(t, submission, map[string][]byte{"1.jpg": photo1}); a.status != http.StatusAccepted {
		t.Errorf("a submission whose files are not all there: %d", a.status)
	}
	if e := entriesOf(t, editor, form); len(e.Entries) != 1 || e.Entries[0].State != "incomplete" {
		t.Errorf("%+v", e)
	}
	for range 2 { // and once more, as when the answer was lost
		if a := c.accepted(t, submission, map[string][]byte{"2.jpg": photo2}); a.status != http.StatusCreated {
			t.Errorf("a whole submission: %d %s", a.status, a.body)
		}
	}
	e := entriesOf(t, editor, form)
	if len(e.Entries) != 1 || e.Entries[0].State != "accepted" || len(e.Entries[0].Files) != 2 {
		t.Fatalf("%+v", e)
	}
	for name, want := range map[string]string{
		"lieu": "Place du Marché", "hauteur": "20", "tour": "3.5", "volume": "19.5", "jour": "2026-03-14", "heure": "08:30:00", "moment": "2026-03-14T07:30:00Z", "usages": "ombre;bois d’œuvre;autre", "lequel": "Palabres",
		"position": "1.3421, 43.5204", "emprise": `{"type":"Polygon","coordinates":[[[1.1,43.1],[1.1,43.2],[1.2,43.2],[1.1,43.1]]]}`, "photo": "1.jpg", "combien": "2", "vu": "OK",
		"nids": `[{"oiseau":"Mésange","vue":"2.jpg"},{"oiseau":"Pie"}]`,
	} {
		if got := e.Entries[0].Values[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, f := range e.Entries[0].Files {
		pg := editor.get("/api/v1/forms/" + form + "/entries/" + e.Entries[0].ID + "/files/" + f.SHA256)
		if want := map[string][]byte{"1.jpg": photo1, "2.jpg": photo2}[f.Name]; !bytes.Equal(pg.body, want) {
			t.Errorf("%s has %d bytes, want %d", f.Name, len(pg.body), len(want))
		}
	}

	// Another submission under the same identifier, wrong answers, no form.
	answers["lieu"] = "Autre place"
	refused := func(status int, words string, submission []byte) {
		t.Helper()
		a, err := c.send(submission, nil)
		if err != nil || a.status != status || !strings.Contains(a.message, words) {
			t.Errorf("%v: %d %s, want %d with %q", err, a.status, a.body, status, words)
		}
	}
	refused(http.StatusConflict, "identifiant", x.fill(one, "", answers, nests))
	refused(http.StatusUnprocessableEntity, "Essence", x.fill(instanceID(), "", map[string]string{"lieu": "Ici"}, nil))
	refused(http.StatusUnprocessableEntity, "Hauteur", x.fill(instanceID(), "", map[string]string{"lieu": "Ici", "essence": "chene", "hauteur": "99"}, nil))
	refused(http.StatusUnprocessableEntity, "XML", []byte("<data"))
	refused(http.StatusNotFound, "", bytes.ReplaceAll(submission, []byte(form), []byte("inconnu")))

	// An edit of the first one.
	edit := x.fill(instanceID(), one, answers, nests)
	for range 2 {
		if a := c.accepted(t, edit, nil); a.status != http.StatusCreated {
			t.Errorf("an edit: %d %s", a.status, a.body)
		}
	}
	if e := entriesOf(t, editor, form); len(e.Entries) != 1 || e.Entries[0].Values["lieu"] != "Autre place" || e.Entries[0].State != "accepted" {
		t.Errorf("%+v", e)
	}

	// A token that is revoked opens nothing more.
	pg := editor.get("/formulaires/" + form + "/applications")
	if !strings.Contains(pg.text(), "Téléphone du parc") {
		t.Errorf("the token is not listed: %s", pg.text())
	}
	action, _ := pg.form(t, `form[action$="/revoke"]`)
	editor.post(action, url.Values{})
	c.must(t, http.MethodGet, c.server+"/formList", http.StatusUnauthorized)
}

// Devices send at once while the server is killed: each submission is one entry, with
// its photos.
func TestOpenRosaKilled(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	editor := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	form := imported(t, editor, workbook(t))
	c := appOf(t, editor, form, "Flotte")
	x := c.download(t, c.forms(t)[0])

	const devices, each, between = 4, 8, 12 // posts from one kill to the next
	var killer, wait sync.WaitGroup
	kills := 0
	posted := make(chan struct{}, 2*devices*each)
	killer.Go(func() {
		n := 0
		for range posted {
			if n++; n%between != 0 {
				continue
			}
			p.kill()
			kills++
			if err := p.begin(); err != nil {
				t.Error(err)
				return
			}
		}
	})
	photos := map[string][]byte{}
	var mu sync.Mutex
	for d := range devices {
		wait.Go(func() {
			client := *c
			client.http = &http.Client{Timeout: 20 * time.Second}
			for n := range each {
				tag := fmt.Sprintf("%d-%d", d, n)
				names := []string{tag + "-a.jpg", tag + "-b.jpg"}
				body := x.fill(instanceID(), "", map[string]string{"lieu": "Lieu " + tag, "essence": "frene", "photo": names[0]}, map[string][]map[string]string{"nids": {{"oiseau": "Pie", "vue": names[1]}}})
				for _, name := range names {
					content := bytes.Repeat([]byte(name), 2000)
					mu.Lock()
					photos[name] = content
					mu.Unlock()
					for again := 0; ; again++ {
						a, err := client.send(body, map[string][]byte{name: content})
						if err == nil && (a.status == http.StatusCreated || a.status == http.StatusAccepted) {
							posted <- struct{}{}
							break
						}
						if err == nil && a.status < 500 || again > 400 {
							t.Errorf("%s: %v %d %s", tag, err, a.status, a.body)
							return
						}
						time.Sleep(50 * time.Millisecond)
					}
				}
			}
		})
	}
	wait.Wait()
	close(posted)
	killer.Wait()
	if kills == 0 {
		t.Error("the server was never killed")
	}
	seen := map[string]bool{}
	e := entriesOf(t, editor, form)
	for _, en := range e.Entries {
		if seen[en.Values["lieu"]] || en.State != "accepted" || len(en.Files) != 2 {
			t.Errorf("%+v", en)
		}
		seen[en.Values["lieu"]] = true
		for _, f := range en.Files {
			if pg := editor.get("/api/v1/forms/" + form + "/entries/" + en.ID + "/files/" + f.SHA256); !bytes.Equal(pg.body, photos[f.Name]) {
				t.Errorf("%s has %d bytes", f.Name, len(pg.body))
			}
		}
	}
	if len(seen) != devices*each {
		t.Errorf("%d entries, want %d", len(seen), devices*each)
	}
}
