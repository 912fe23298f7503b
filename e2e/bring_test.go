package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// brought follows a deposit from its form to the step where it stops.
func (v *visitor) brought(pg *page) *page {
	v.t.Helper()
	if pg.status != http.StatusOK || !strings.HasPrefix(pg.url.Path, "/deposits/") {
		v.t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	return v.settled("/deposits/" + strings.Split(pg.url.Path, "/")[2])
}

// goOn describes what is described yet and publishes.
func (v *visitor) goOn(pg *page, title string) *page {
	v.t.Helper()
	if strings.HasSuffix(pg.url.Path, "/describe") {
		pg = v.send(pg, `form[action$="/describe"]`, "title", title, "description", "Un essai du portail.")
	}
	if !strings.HasSuffix(pg.url.Path, "/publish") {
		v.t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	pg = v.send(pg, `form[action$="/publish"]`)
	if pg.status != http.StatusOK || !strings.HasPrefix(pg.url.Path, "/datasets/") {
		v.t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	return pg
}

// sendParts sends a form of a page as several parts.
func (v *visitor) sendParts(pg *page, selector string, file []byte, values ...string) *page {
	v.t.Helper()
	action, sent := pg.form(v.t, selector)
	for i := 0; i < len(values); i += 2 {
		sent.Set(values[i], values[i+1])
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(sent)) { // the organisation before what is pasted, as on the page
		if err := w.WriteField(name, sent.Get(name)); err != nil {
			v.t.Fatal(err)
		}
	}
	if file != nil {
		f, err := w.CreateFormFile("file", "logo.svg")
		if err == nil {
			_, err = f.Write(file)
		}
		if err != nil {
			v.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, action, &b)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return v.do(req)
}

// A table that is pasted from a spreadsheet, then rows that come to it.
func TestPastedThenAdded(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	const bring = `form[action="/deposits"]`
	if pg := v.sendParts(v.get("/deposits/new"), bring, nil, "pasted", " \r\n "); pg.status != http.StatusUnprocessableEntity && pg.status != http.StatusBadRequest {
		t.Errorf("nothing was brought: %d", pg.status)
	}
	pg := v.brought(v.sendParts(v.get("/deposits/new"), bring, nil, "pasted", "lieu\tplaces\r\nPiscine\t120\r\nStade\t3000\r\n"))
	set := v.goOn(pg, "Lieux collés")
	if !strings.Contains(set.text(), "3 000") && !strings.Contains(set.text(), "3000") {
		t.Errorf("the pasted rows are not on the page: %s", set.text())
	}
	id := set.doc.Find(`a[href*="/deposits/new?dataset="]`).AttrOr("href", "")
	if id == "" {
		t.Fatal("no way to renew the table")
	}
	pg = v.brought(v.sendParts(v.get(id), bring, nil, "mode", "add", "pasted", "places\tlieu\r\n45\tSalle\r\n"))
	if !strings.Contains(pg.text(), "3 en tout") {
		t.Errorf("what will be is not said: %s", pg.text())
	}
	v.goOn(pg, "")
	pg = v.brought(v.sendParts(v.get(id), bring, nil, "mode", "update", "key", "lieu", "pasted", "lieu\tplaces\r\nStade\t3500\r\n"))
	set = v.goOn(pg, "")
	rows := set.doc.Find("#rows tbody tr")
	if rows.Length() != 3 || !strings.Contains(set.text(), "Salle") {
		t.Errorf("%d rows: %s", rows.Length(), set.text())
	}
	if text := strings.Map(keepDigits, rows.Last().Text()); !strings.Contains(text, "3500") {
		t.Errorf("the last row is %q", rows.Last().Text())
	}
}

func keepDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// Personal data is decided on before it is published, and what was brought is not
// given away.
func TestProtectedBeforePublished(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	people := []byte("nom;prenom;date_naissance;montant\nLopez;Marie;03/05/1984;10\nFaure;Jean;14/07/1979;20\nPuech;Zoé;01/02/1990;30\n")
	pg := v.brought(v.deposit("aides.csv", people, ""))
	if strings.HasSuffix(pg.url.Path, "/understand") {
		pg = v.get(strings.TrimSuffix(pg.url.Path, "/understand") + "/describe")
	}
	pg = v.send(pg, `form[action$="/describe"]`, "title", "Aides", "description", "Un essai du portail.")
	if !strings.HasSuffix(pg.url.Path, "/protect") {
		t.Fatalf("%s: %s", pg.url, pg.text())
	}
	base := strings.TrimSuffix(pg.url.Path, "/protect")
	if to := v.get(base + "/publish"); !strings.HasSuffix(to.url.Path, "/protect") {
		t.Errorf("the decision can be passed by: %s", to.url)
	}
	const form = `form[action$="/protect"]`
	if refused := v.send(pg, form); refused.status != http.StatusUnprocessableEntity || refused.doc.Find("#f-reason-error, .field-error").Length() == 0 {
		t.Errorf("kept without a reason: %d %s", refused.status, refused.text())
	}
	pg = v.send(pg, form, "column-0", "remove-column", "column-1", "remove-column", "column-2", "keep-year")
	set := v.goOn(v.brought(pg), "")
	if text := set.text(); strings.Contains(text, "Lopez") || !strings.Contains(text, "1984") {
		t.Errorf("the page says %s", text)
	}
	original := set.doc.Find(`a[href$="/original"]`).AttrOr("href", "")
	if got := v.get(original); original == "" || strings.Contains(string(got.body), "Lopez") || !strings.Contains(string(got.body), "1984,10") {
		t.Errorf("%q gives %s", original, got.body)
	}
}

// An address on the web is brought, watched, and renews the table when it changes.
func TestLinkIsWatched(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	text := "lieu;places\nPiscine;120\n"
	asked := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, len(text)))
		if r.Header.Get("If-None-Match") == w.Header().Get("ETag") {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, text)
	}))
	defer web.Close()
	p := start(t, "--allowed-networks", "127.0.0.0/8")
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	const bring = `form[action="/deposits"]`
	if pg := v.sendParts(v.get("/deposits/new"), bring, nil, "link", "http://169.254.169.254/latest"); pg.status < 400 || pg.doc.Find("#f-link-error, .field-error").Length() == 0 {
		t.Errorf("a private address: %d %s", pg.status, pg.text())
	}
	set := v.goOn(v.brought(v.sendParts(v.get("/deposits/new"), bring, nil, "link", web.URL+"/lieux.csv", "rhythm", "day")), "Lieux suivis")
	link := set.url.Path + "/link"
	if pg := v.get(link); pg.doc.Find(`input[name=link]`).AttrOr("value", "") != web.URL+"/lieux.csv" {
		t.Fatalf("the address is not watched: %s", pg.text())
	}
	mu.Lock()
	text += "Stade;3000\n"
	mu.Unlock()
	if pg := v.send(v.get(link), fmt.Sprintf(`form[action=%q]`, link), "rhythm", "week"); pg.status != http.StatusOK {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	v.eventually(set.url.Path, "Stade")
	mu.Lock()
	before := asked
	mu.Unlock()
	if before < 2 {
		t.Errorf("the address was asked %d times", before)
	}
	if pg := v.send(v.get(link), `form:has(input[value=stop])`); pg.doc.Find(`input[value=stop]`).Length() != 0 {
		t.Errorf("it is still watched: %s", pg.text())
	}
}

// Table, chart and map in the page of another site, as they are narrowed here and in the
// host's colours, their discovery, and the picture of a link.
func TestEmbedsAndPictures(t *testing.T) {
	t.Parallel()
	p := start(t, "--host-accent", "#7a1f5c")
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	pg := v.brought(v.deposit("bancs.csv", []byte("type,annee,longitude,latitude\nbois,2020,1.44,43.6\nfer,2021,1.45,43.61\nbois,2021,1.46,43.62\n"), ""))
	if strings.HasSuffix(pg.url.Path, "/understand") {
		pg = v.get(strings.TrimSuffix(pg.url.Path, "/understand") + "/describe")
	}
	set := v.goOn(pg, "Bancs")
	anyone := p.visitor(t)
	for _, c := range []struct{ page, name, has string }{
		{"", "table", "#rows"}, {"?type=bois&sort=annee", "table", "#rows"}, {"/chart?chart-type=bars&chart-x=type&chart-y=count", "chart", ".drawing svg"}, {"/map", "map", ".map[data-still] svg"},
	} {
		shown := anyone.get(set.url.Path + c.page)
		discovery, _ := shown.doc.Find(`link[type="application/json+oembed"]`).Attr("href")
		answer := anyone.get(discovery)
		var o struct{ HTML, Type string }
		if err := json.Unmarshal(answer.body, &o); err != nil || o.Type != "rich" {
			t.Fatalf("%s: %s: %d %s", c.page, discovery, answer.status, answer.body)
		}
		_, rest, _ := strings.Cut(o.HTML, `src="`)
		src, _, _ := strings.Cut(rest, `"`)
		src = strings.ReplaceAll(src, "&amp;", "&")
		frame := anyone.get(src)
		if frame.status != http.StatusOK || !strings.Contains(src, "/"+c.name) || frame.doc.Find(c.has).Length() == 0 {
			t.Errorf("%s: the frame %s: %d, without %s", c.page, src, frame.status, c.has)
		}
		if policy := frame.header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors *") {
			t.Errorf("%s cannot be shown by other sites: %s", src, policy)
		}
		if c.name == "chart" && !strings.Contains(src, "chart-x=type") {
			t.Errorf("the chart of %s is not that of the page: %s", c.page, src)
		}
		if frame.doc.Find(`link[rel=stylesheet][href^="/host/"]`).Length() != 1 {
			t.Errorf("%s is not in the host's colours", src)
		}
		if c.name != "table" {
			continue
		}
		narrowed := strings.Contains(c.page, "bois")
		if rows := frame.doc.Find("#rows tbody tr").Length(); (rows == 2) != narrowed || rows < 2 {
			t.Errorf("%s: the frame %s has %d rows", c.page, src, rows)
		}
		if code := shown.doc.Find("#table-embed").Text(); narrowed != strings.Contains(code, "type=bois") {
			t.Errorf("%s: the code to embed is %q", c.page, code)
		}
	}
	if got := anyone.get("/embed" + set.url.Path + "/table?nothing=1"); got.status != http.StatusNotFound {
		t.Errorf("a selection that is none: %d", got.status)
	}
	if got := anyone.get("/embed" + set.url.Path + "/chart?chart-x=nothing"); got.status != http.StatusNotFound {
		t.Errorf("a chart that is none: %d", got.status)
	}
	address := anyone.get(set.url.Path).doc.Find(`meta[property="og:image"]`).AttrOr("content", "")
	u, err := url.Parse(address)
	if err != nil || u.Path == "" {
		t.Fatalf("no picture: %q", address)
	}
	got := anyone.get(u.RequestURI())
	img, err := png.Decode(bytes.NewReader(got.body))
	if err != nil || img.Bounds().Dx() != 1200 {
		t.Errorf("%s: %d %v", address, got.status, err)
	}
}

// A logo is a picture and nothing else.
func TestLogo(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "chef@essai.example", "administrator")
	const form = `main form[action$="/logo/change"]`
	at := "/organisations/mairie-d-essai/logo/change"
	for _, hostile := range []string{`<svg xmlns="http://www.w3.org/2000/svg"><script>document.title="x"</script></svg>`, `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "%PDF-1.4", ""} {
		if pg := v.sendParts(v.get(at), form, []byte(hostile)); pg.status < 400 || pg.status >= 500 || pg.doc.Find(".field-error").Length() == 0 {
			t.Errorf("%q: %d %s", hostile, pg.status, pg.text())
		}
	}
	good := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>`
	pg := v.sendParts(v.get(at), form, []byte(good))
	src := pg.doc.Find("main img").AttrOr("src", "")
	got := p.visitor(t).get(src)
	if src == "" || string(got.body) != good || got.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%q: %d %v %s", src, got.status, got.header, got.body)
	}
	pg = v.sendParts(v.get(at), `form:has(input[value=remove])`, nil)
	if pg.doc.Find("main img").Length() != 0 {
		t.Error("the logo is still shown")
	}
}

// A text pasted when the session had ended is kept on the page that says so; once she
// signed in again, the form of that page brings it, whole.
func TestPastedAfterTheSession(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	form := v.get("/deposits/new")
	v.send(form, `form[action="/sign-out"]`)
	refused := v.sendParts(form, `form[action="/deposits"]`, nil, "pasted", "banc\true\nB1\tRue <Haute>\nB2\tRue \"Basse\"\n")
	const again = `main form[action="/deposits"]`
	if refused.status != http.StatusUnauthorized || refused.doc.Find(again).AttrOr("enctype", "") != "multipart/form-data" {
		t.Fatalf("%d %s", refused.status, refused.text())
	}
	v.signIn("agent@essai.example", password)
	pg := v.brought(v.sendParts(refused, again, nil))
	pg = v.get("/deposits/" + strings.Split(pg.url.Path, "/")[2] + "/understand")
	for _, want := range []string{"Rue <Haute>", `Rue "Basse"`} {
		if !strings.Contains(pg.text(), want) {
			t.Errorf("what was pasted came without %q: %s", want, pg.text())
		}
	}
}
