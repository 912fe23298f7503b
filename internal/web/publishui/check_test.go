package publishui_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"socle/internal/blob"
	"socle/internal/blob/blobtest"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/schema/check"
	"socle/internal/schemas"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/web/publishui"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

const delibs = "COLL_NOM;COLL_SIRET;DELIB_ID;DELIB_DATE\nVillage;21310555400017;D1;31/12/2023\nVillage;21310555400017;D2;2024-01-05\n"

const maxCheck = 1 << 16

type visitor struct {
	t    *testing.T
	url  string
	site *httptest.Server // another site
	now  *time.Time
}

// visit serves the pages that check a file to someone without an account or a script.
func visit(t *testing.T) *visitor {
	t.Helper()
	at := time.Date(2025, 5, 5, 10, 0, 0, 0, time.UTC)
	v := &visitor{t: t, now: &at}
	now := func() time.Time { return at }
	v.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := map[string]string{
			"/deliberations.csv": delibs, "/own.json": `{"title": "À moi", "fields": [{"name": "COLL_NOM", "type": "integer"}]}`, "/broken.json": "{",
			"/list.json": `{"schemas": [{"name": "agence/bancs", "title": "Bancs publics", "schema_type": "tableschema", "versions": [{"version_name": "2.0.0", "schema_url": "SITE/own.json"}]}]}`,
		}[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(text, "SITE", v.site.URL))
	}))
	t.Cleanup(v.site.Close)
	log := slog.New(slog.DiscardHandler)
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite), Now: now})
	temp := t.TempDir()
	t.Cleanup(func() {
		if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
			t.Errorf("temporary files are left: %v %v", left, err)
		}
	})
	ids := identity.New(db, identity.Options{})
	base, _ := url.Parse("https://donnees.example.org")
	sh := shell.New(shell.Options{Identity: ids, BaseURL: base, Log: log, FlashKey: []byte("key"), Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
	rt := httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
	fetch := httpx.Client(httpx.ClientOptions{AllowHosts: []string{v.site.Listener.Addr().String()}})
	found := schemas.New(schemas.Options{DB: db, Fetch: httpx.Fetcher(fetch, schemas.MaxDescriptor), Address: v.site.URL + "/list.json", Now: now})
	if st, err := found.Refresh(t.Context(), identity.System("test")); err != nil || st.Failure != "" {
		t.Fatalf("%+v %v", st, err)
	}
	often := httpx.Limit(httpx.NewLimiter(1000, 1000, 1000, time.Now))
	sh.Mount(rt, publishui.New(publishui.Options{
		Identity: ids, Tables: tables.New(tables.Options{DB: db, Blobs: blobtest.Open(t, blob.Options{URL: "file://" + t.TempDir()}), Temp: temp, Now: now}),
		Schemas: found, Fetch: fetch, BaseURL: "https://donnees.example.org",
		Temp: temp, MaxCheck: maxCheck, Limit: often, Asked: often, Now: now,
	}).Routes()...)
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)
	v.url = srv.URL
	return v
}

var browser = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (v *visitor) get(path string, status int) (string, http.Header) {
	v.t.Helper()
	res, err := browser.Get(v.url + path)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.read(res, status)
}

func (v *visitor) read(res *http.Response, status int) (string, http.Header) {
	v.t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		v.t.Fatalf("%s: %d, not %d %v: %s", res.Request.URL.Path, res.StatusCode, status, err, b)
	}
	return string(b), res.Header
}

// send posts the form as a browser does: an empty file when none was chosen. The field
// "schema-file" is a file.
func (v *visitor) send(path, name, file string, status int, fields ...string) (string, http.Header) {
	v.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "schema-file" {
			w, _ := form.CreateFormFile(fields[i], "schema.json")
			_, _ = io.WriteString(w, fields[i+1])
			continue
		}
		_ = form.WriteField(fields[i], fields[i+1])
	}
	w, _ := form.CreateFormFile("file", name)
	_, _ = io.WriteString(w, file)
	_ = form.Close()
	res, err := browser.Post(v.url+path, form.FormDataContentType(), &b)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.read(res, status)
}

func says(t *testing.T, page string, words ...string) {
	t.Helper()
	page = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(page)
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
}

func TestReportIsShared(t *testing.T) {
	v := visit(t)
	_, h := v.send("/check", "Délibérations <2024>.csv", delibs, 303, "schema", "scdl/deliberations", "keep", "1")
	at := h.Get("Location")
	if !strings.HasPrefix(at, "/check/") || len(at) < len("/check/")+32 {
		t.Fatalf("goes to %q", at)
	}
	page, h := v.get(at, 200)
	says(t, page, "Délibérations &lt;2024&gt;.csv", "DELIB_OBJET", "31/12/2023", "2023-12-31", "6 mai 2025", "https://donnees.example.org"+at, at+"/report.csv", at+"/report.xlsx", at+"/badge.svg", "noindex")
	if h.Get("Cache-Control") != "no-store" {
		t.Errorf("cached: %q", h.Get("Cache-Control"))
	}
	page, _ = v.get("/en"+at, 200)
	says(t, page, "Report: ", "https://donnees.example.org/en"+at, "columns are missing: ")

	text, h := v.get(at+"/report.csv", 200)
	says(t, text, "Ligne;", "2;2;D;DELIB_DATE;31/12/2023;", ";2023-12-31")
	if d := h.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || !strings.Contains(d, "rapport.csv") {
		t.Errorf("Content-Disposition: %q", d)
	}
	book, _ := v.get(at+"/report.xlsx", 200)
	f, err := excelize.OpenReader(strings.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if c, err := f.GetComments("Données"); err != nil || len(c) != 1 || c[0].Cell != "D2" {
		t.Errorf("comments: %+v %v", c, err)
	}

	svg, h := v.get(at+"/badge.svg", 200)
	if h.Get("Content-Type") != "image/svg+xml" || xml.Unmarshal([]byte(svg), new(struct{ XMLName xml.Name })) != nil {
		t.Errorf("no picture: %s %s", h.Get("Content-Type"), svg)
	}
	says(t, svg, "tableau", "erreurs")

	*v.now = v.now.Add(25 * time.Hour)
	for _, part := range []string{"", "/report.csv", "/report.xlsx"} {
		v.get(at+part, 404)
	}
	svg, h = v.get(at+"/badge.svg", 200)
	if h.Get("Content-Type") != "image/svg+xml" || strings.Contains(svg, "erreurs") {
		t.Errorf("after its time: %s %s", h.Get("Content-Type"), svg)
	}
	says(t, svg, "rapport expiré")
}

func TestReportIsForgotten(t *testing.T) {
	v := visit(t)
	_, h := v.send("/en/check", "a.csv", delibs, 303, "schema", "scdl/deliberations", "keep", "1")
	at := h.Get("Location")
	if !strings.HasPrefix(at, "/en/check/") {
		t.Fatalf("goes to %q", at)
	}
	svg, _ := v.get(at+"/badge.svg", 200)
	says(t, svg, "table", "errors")
	res, err := browser.PostForm(v.url+at+"/forget", nil)
	if err != nil {
		t.Fatal(err)
	}
	v.read(res, 303)
	v.get(at, 404)
	svg, _ = v.get(at+"/badge.svg", 200)
	says(t, svg, "report expired")
}

func TestNothingKept(t *testing.T) {
	v := visit(t)
	page, _ := v.send("/check", "a.csv", delibs, 200, "schema", "scdl/deliberations")
	says(t, page, "DELIB_OBJET", "2023-12-31")
	if strings.Contains(page, "report.csv") {
		t.Error("a report that is not kept has no download")
	}
}

func TestCheckByAddress(t *testing.T) {
	v := visit(t)
	_, h := v.send("/check", "", "", 303, "schema", "scdl/deliberations", "keep", "1", "url", " "+v.site.URL+"/deliberations.csv ")
	page, _ := v.get(h.Get("Location"), 200)
	says(t, page, "deliberations.csv", "DELIB_OBJET")
}

// A data package of several tables is refused, not checked for its first one only;
// a table beside its description is checked.
func TestCheckPackage(t *testing.T) {
	v := visit(t)
	packed := func(names ...string) string {
		var b strings.Builder
		z := zip.NewWriter(&b)
		for _, name := range names {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(w, delibs)
		}
		_ = z.Close()
		return b.String()
	}
	page, _ := v.send("/check", "paquet.zip", packed("datapackage.json", "a.csv", "b.csv"), 422, "schema", "scdl/deliberations")
	says(t, page, "paquet de données", "2 tableaux", "socle check paquet.zip")
	page, _ = v.send("/en/check", "paquet.zip", packed("data/datapackage.json", "data/a.csv", "data/b.csv"), 422, "schema", "scdl/deliberations")
	says(t, page, "data package", "2 tables")
	page, _ = v.send("/check", "paquet.zip", packed("datapackage.json", "a.csv"), 200, "schema", "scdl/deliberations")
	says(t, page, "DELIB_OBJET")
	page, _ = v.send("/check", "table.zip", packed("a.csv"), 200, "schema", "scdl/deliberations")
	says(t, page, "DELIB_OBJET")
}

// Either the file or its address is needed: neither is said to be optional.
func TestCheckFileOrAddress(t *testing.T) {
	page, _ := visit(t).get("/check", 200)
	says(t, page, "Un fichier, ou son adresse")
	for _, name := range []string{"file", "url"} {
		_, field, found := strings.Cut(page, `name="`+name+`"`)
		field, _, _ = strings.Cut(field, ">")
		if !found || strings.Contains(field, "required") {
			t.Errorf("the field %s: %v %s", name, found, field)
		}
	}
}

// A schema is chosen in the list, that of the national catalogue included, or given
// by its address.
func TestCheckAgainstAnySchema(t *testing.T) {
	v := visit(t)
	page, _ := v.get("/check", 200)
	says(t, page, `<optgroup label="Autres schémas du catalogue national">`, `<option value="agence/bancs">Bancs publics</option>`, `name="schema-url"`)
	page, _ = v.get("/check?schema="+url.QueryEscape(v.site.URL+"/own.json"), 200)
	says(t, page, `value="`+v.site.URL+`/own.json"`)
	for _, fields := range [][]string{{"schema", "agence/bancs"}, {"schema", "scdl/deliberations", "schema-url", v.site.URL + "/own.json"}} {
		_, h := v.send("/check", "a.csv", delibs, 303, append(fields, "keep", "1")...)
		page, _ = v.get(h.Get("Location"), 200)
		says(t, page, "Bancs publics", "Village", "entier")
		if strings.Contains(page, "DELIB_OBJET") {
			t.Error("checked against another schema")
		}
	}
	_, h := v.send("/check", "", "", 303, "schema-url", v.site.URL+"/own.json", "url", v.site.URL+"/deliberations.csv", "keep", "1")
	page, _ = v.get(h.Get("Location"), 200)
	says(t, page, "Village")

	// A file goes before the rest; it may be long, and its title names it.
	own := `{"title": "Mes délibérations", "description": "` + strings.Repeat("a", 9000) + `", "fields": [{"name": "DELIB_ID", "type": "integer"}]}`
	_, h = v.send("/check", "a.csv", delibs, 303, "schema", "scdl/deliberations", "schema-url", v.site.URL+"/own.json", "schema-file", own, "keep", "1")
	page, _ = v.get(h.Get("Location"), 200)
	says(t, page, "Mes délibérations", ">D1<")
	if strings.Contains(page, "DELIB_OBJET") {
		t.Error("checked against the schema of the list")
	}
	page, _ = v.send("/check", "a.csv", delibs, 200, "schema-file", "", "schema", "scdl/deliberations")
	says(t, page, "DELIB_OBJET")
}

// How the file is read can be said by hand, and the report that is kept is of the file
// read so; what means nothing, or is of no use with the file, is told at its field.
func TestCheckReadByHand(t *testing.T) {
	v := visit(t)
	const odd = "COLL_NOM:COLL_SIRET:DELIB_ID:DELIB_DATE:a;b;c;d;e\nVillage:21310555400017:D1:31/12/2023:1;2;3;4;5\nVillage:21310555400017:D2:2024-01-05:1;2;3;4;5\n" // ";" is recognised
	page, _ := v.get("/check", 200)
	says(t, page, `<details><summary>Lire le fichier autrement</summary>`, `name="encoding"`, `name="delimiter"`, `name="header_rows"`, `name="sheet"`)
	page, _ = v.send("/check", "a.csv", odd, 200, "schema", "scdl/deliberations", "delimiter", ":", "encoding", "utf-8")
	says(t, page, ">31/12/2023<", `<option value="utf-8" selected>`, `<option value=":" selected>`, "<details open>")
	page, _ = v.send("/check", "a.csv", odd, 200, "schema", "scdl/deliberations")
	if strings.Contains(page, ">31/12/2023<") {
		t.Error("the delimiter said is the one recognised")
	}
	_, h := v.send("/check", "a.csv", odd, 303, "schema", "scdl/deliberations", "delimiter", ":", "keep", "1")
	book, _ := v.get(h.Get("Location")+"/report.xlsx", 200)
	f, err := excelize.OpenReader(strings.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if cell, err := f.GetCellValue("Données", "D2"); err != nil || cell != "31/12/2023" {
		t.Errorf("the marked file is read otherwise: %q %v", cell, err)
	}
	for _, c := range []struct{ name, value, words string }{
		{"delimiter", "ab", "ne peut pas séparer"},
		{"encoding", "klingon", "n’est pas connu"},
		{"header_rows", "deux", "n’est pas un nombre"},
		{"sheet", "Feuil1", "n’a pas de feuilles"},
		{"format", "word", "n’est pas connu"},
	} {
		page, _ := v.send("/check", "a.csv", delibs, 422, "schema", "scdl/deliberations", c.name, c.value)
		says(t, page, `id="f-`+c.name+`-error"`, c.words, "<details open>")
	}
}

// Each error of a report leads to the explanation of its check, which is on a page
// of its own.
func TestRules(t *testing.T) {
	v := visit(t)
	page, _ := v.send("/en/check", "a.csv", delibs, 200, "schema", "scdl/deliberations")
	link := regexp.MustCompile(`href="(/en/check/rules)#([a-z-]+)"`)
	found := link.FindAllStringSubmatch(page, -1)
	if len(found) < 2 {
		t.Fatalf("no link to a rule: %v", found)
	}
	rules, _ := v.get(found[0][1], 200)
	for _, f := range found {
		if strings.Count(rules, `id="`+f[2]+`"`) != 1 {
			t.Errorf("%s is not explained once", f[2])
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`<article class="stack" id="([^"]+)"`).FindAllStringSubmatch(rules, -1) {
		if ids[m[1]] {
			t.Errorf("%s twice", m[1])
		}
		ids[m[1]] = true
	}
	if len(ids) != len(check.Checks) {
		t.Errorf("%d checks are explained, of %d", len(ids), len(check.Checks))
	}
	says(t, rules, "Wrong", "Right", "Ville de N")
}

func TestCheckProblems(t *testing.T) {
	v := visit(t)
	for _, c := range []struct {
		name, file, text string
		status           int
		fields           []string
		at, words        string
	}{
		{"nothing", "", "", 422, []string{"schema", "scdl/deliberations"}, "f-file-error", "Choisissez un fichier"},
		{"no schema", "a.csv", delibs, 422, nil, "f-schema-error", ""},
		{"an unknown schema", "a.csv", delibs, 404, []string{"schema", "nobody/knows"}, "f-schema-error", ""},
		{"a schema that is not there", "a.csv", delibs, 404, []string{"schema-url", v.site.URL + "/none.json"}, "f-schema-url-error", "404"},
		{"a schema that is none", "a.csv", delibs, 422, []string{"schema-url", v.site.URL + "/broken.json"}, "f-schema-url-error", ""},
		{"a schema at a private address", "a.csv", delibs, 422, []string{"schema-url", "http://127.0.0.1:1/s.json"}, "f-schema-url-error", ""},
		{"a schema that is no address", "a.csv", delibs, 422, []string{"schema-url", "C:\\schema.json"}, "f-schema-url-error", ""},
		{"the file of a schema that is none", "a.csv", delibs, 422, []string{"schema-file", "code;pose"}, "f-schema-file-error", "<details open>"},
		{"too large", "a.csv", strings.Repeat("x;y\n", maxCheck), 413, []string{"schema", "scdl/deliberations"}, "f-file-error", ""},
		{"no table", "a.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 422, []string{"schema", "scdl/deliberations"}, "f-file-error", ""},
		{"no such file", "", "", 404, []string{"schema", "scdl/deliberations", "url", v.site.URL + "/none.csv"}, "f-url-error", "404"},
		{"a private address", "", "", 422, []string{"schema", "scdl/deliberations", "url", "http://127.0.0.1:1/a.csv"}, "f-url-error", ""},
		{"no address", "", "", 422, []string{"schema", "scdl/deliberations", "url", "file:///etc/passwd"}, "f-url-error", ""},
	} {
		page, _ := v.send("/check", c.file, c.text, c.status, append(c.fields, "keep", "1")...)
		if !strings.Contains(page, `id="`+c.at+`"`) || !strings.Contains(page, c.words) {
			t.Errorf("%s: the page does not tell it at %s", c.name, c.at)
		}
	}
	v.get("/check/0000000000000000000000000000000000", 404)
}
