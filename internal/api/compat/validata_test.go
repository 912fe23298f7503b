package compat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"socle/internal/api/compat"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/schema"
	"socle/internal/schema/national"
)

const fountains = `{
  "name": "fontaines", "title": "Fontaines",
  "fields": [
    {"name": "code", "type": "string", "constraints": {"required": true, "unique": true}},
    {"name": "pose", "type": "date"},
    {"name": "debit", "type": "number"},
    {"name": "commune", "type": "string", "constraints": {"required": true}},
    {"name": "remarque", "type": "string"}
  ],
  "custom_checks": [%CHECKS%]
}`

type fault struct {
	Title       string
	Message     string
	Type        string
	Tags        []string
	RowNumber   int
	FieldName   string
	FieldNumber int
	Cell        *string
}

type answer struct {
	Schema  *string
	URL     *string
	Options map[string]bool
	Version string
	Date    string
	Report  *struct {
		Valid    bool
		Stats    map[string]float64
		Warnings []string
		Errors   []fault
		Data     [][]string `json:"resource_data"`
	}
	Error *struct{ Message, Type string }
}

const maxBytes = 1 << 16

// portal is the interface as it is mounted, with another site whose files are given.
func portal(t *testing.T, files map[string]string) (api, site *httptest.Server) {
	t.Helper()
	site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(site.Close)
	fetch := httpx.Client(httpx.ClientOptions{AllowHosts: []string{site.Listener.Addr().String()}})
	at := time.Date(2025, 3, 14, 8, 30, 0, 0, time.UTC)
	c := compat.New(compat.Options{
		Schemas: func(ctx context.Context, ref string) (*schema.Schema, error) {
			if !strings.HasPrefix(ref, "http") {
				return national.Find(ref)
			}
			var b bytes.Buffer
			if _, err := httpx.Download(ctx, fetch, ref, &b, maxBytes); err != nil {
				return nil, err
			}
			return schema.Parse(b.Bytes())
		},
		Fetch: fetch, Limit: httpx.Stream(), MaxBytes: maxBytes, Temp: t.TempDir(), Workers: 2, Version: "1.2.3", Now: func() time.Time { return at },
	})
	rt := httpx.NewRouter(httpx.Options{Log: slog.New(slog.DiscardHandler), Render: httpx.JSONRenderer})
	for _, r := range c.Routes() {
		rt.Handle(r.Pattern, r.Handler, httpx.MaxBody(8*maxBytes))
	}
	api = httptest.NewServer(rt)
	t.Cleanup(api.Close)
	return api, site
}

func read(t *testing.T, res *http.Response, status int) (a answer) {
	t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status {
		t.Fatalf("status %d, not %d: %s", res.StatusCode, status, b)
	}
	if err := json.Unmarshal(b, &a); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	if a.Schema == nil || a.URL == nil || len(a.Options) != 2 {
		t.Errorf("schema, url and options are not repeated: %s", b)
	}
	return a
}

func get(t *testing.T, api *httptest.Server, status int, params ...string) answer {
	t.Helper()
	q := url.Values{}
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	res, err := http.Get(api.URL + "/validate?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res, status)
}

func post(t *testing.T, api *httptest.Server, status int, file string, fields ...string) answer {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	if file != "" {
		w, err := form.CreateFormFile("file", "fontaines.csv")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, file)
	}
	for i := 0; i < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil { // after the file: any order is fine
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(api.URL+"/validate", form.FormDataContentType(), &b)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res, status)
}

func descriptor(checks string) string { return strings.Replace(fountains, "%CHECKS%", checks, 1) }

func cell(s string) *string { return &s }

func TestReport(t *testing.T) {
	file := "code;pose;debit;inconnue\nF1;2024-05-02;1.5;x\nF1;31/12/2023;deux;\n;;;\n"
	api, site := portal(t, map[string]string{"/schema.json": descriptor(""), "/fontaines.csv": file})
	a := get(t, api, 200, "schema", site.URL+"/schema.json", "url", site.URL+"/fontaines.csv")
	if *a.Schema != site.URL+"/schema.json" || *a.URL != site.URL+"/fontaines.csv" || a.Version != "1.2.3" || a.Date != "2025-03-14T08:30:00Z" {
		t.Errorf("head of the answer: %+v", a)
	}
	r := a.Report
	if r == nil || r.Valid {
		t.Fatalf("the file has errors: %+v", a)
	}
	type short struct {
		kind       string
		row, field int
		name       string
		cell       *string
		tags       string
	}
	var got []short
	for _, f := range r.Errors {
		if f.Message == "" || f.Title == "" {
			t.Errorf("%s has no words", f.Type)
		}
		got = append(got, short{f.Type, f.RowNumber, f.FieldNumber, f.FieldName, f.Cell, strings.Join(f.Tags, "")})
	}
	want := []short{
		{"missing-label", 0, 5, "commune", nil, "#table#header#label"}, // after the last column of the file
		{"unique-error", 3, 1, "code", cell("F1"), "#table#row#cell"},
		{"type-error", 3, 2, "pose", cell("31/12/2023"), "#table#row#cell"},
		{"type-error", 3, 3, "debit", cell("deux"), "#table#row#cell"},
		{"blank-row", 4, 0, "", nil, "#table#row"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("errors:\n%+v\nnot\n%+v", got, want)
	}
	if len(r.Warnings) != 2 || !strings.Contains(strings.Join(r.Warnings, "|"), "inconnue") || !strings.Contains(strings.Join(r.Warnings, "|"), "remarque") {
		t.Errorf("warnings: %q", r.Warnings)
	}
	for name, n := range map[string]float64{"errors": 5, "warnings": 2, "rows": 3, "rows_processed": 3, "fields": 4, "seconds": 0} {
		if got, ok := r.Stats[name]; !ok || got != n {
			t.Errorf("stats.%s is %v, not %v", name, got, n)
		}
	}
	if r.Data != nil {
		t.Error("rows that were not asked for")
	}
}

func TestValid(t *testing.T) {
	api, site := portal(t, map[string]string{"/schema.json": descriptor("")})
	for _, c := range []struct{ name, file string }{
		{"utf-8", "code,pose,debit,commune,remarque\nF1,2024-05-02,1.5,Nîmes,\n"},
		{"utf-8 with a mark", "\ufeffcode,pose,debit,commune,remarque\nF1,2024-05-02,1.5,Nîmes,\n"},
		{"another order", "commune;code;pose;debit;remarque\nNîmes;F1;2024-05-02;1.5;\n"},
	} {
		a := post(t, api, 200, c.file, "schema", site.URL+"/schema.json")
		if !a.Report.Valid || len(a.Report.Errors) != 0 {
			t.Errorf("%s: %+v", c.name, a.Report)
		}
	}
	a := post(t, api, 200, "code,pose,debit,commune,remarque\nF1,2024-05-02,1.5,N\xeemes\xe9,\n", "schema", site.URL+"/schema.json", "include_resource_data", "True")
	if !a.Report.Valid || len(a.Report.Warnings) != 1 {
		t.Errorf("latin 1 is a warning: %+v", a.Report)
	}
	want := [][]string{{"code", "pose", "debit", "commune", "remarque"}, {"F1", "2024-05-02", "1.5", "Nîmesé", ""}}
	if !reflect.DeepEqual(a.Report.Data, want) || !a.Options["include_resource_data"] {
		t.Errorf("resource_data: %q", a.Report.Data)
	}
}

func TestHeaderCase(t *testing.T) {
	file := "CODE;pose;debit;commune;remarque\nF1;2024-05-02;1.5;Nîmes;\n"
	api, site := portal(t, map[string]string{"/schema.json": descriptor(""), "/f.csv": file})
	params := []string{"schema", site.URL + "/schema.json", "url", site.URL + "/f.csv", "ignore_header_case"}
	if a := get(t, api, 200, append(params, "true")...); !a.Report.Valid {
		t.Errorf("the case is ignored: %+v", a.Report)
	}
	a := get(t, api, 200, append(params, "false")...)
	if a.Report.Valid || len(a.Report.Errors) != 1 || a.Report.Errors[0].Type != "missing-label" || a.Report.Errors[0].FieldNumber != 6 {
		t.Errorf("the case counts: %+v", a.Report)
	}
}

func TestCustomChecks(t *testing.T) {
	file := "code;pose;debit;commune;remarque\n1;;;X;\n"
	api, site := portal(t, map[string]string{
		"/unknown.json": descriptor(`{"name": "french-iban-value", "params": {"column": "code"}}`),
		"/siren.json":   descriptor(`{"name": "french-siren-value", "params": {"column": "code"}}`),
		"/f.csv":        file,
	})
	a := get(t, api, 200, "schema", site.URL+"/unknown.json", "url", site.URL+"/f.csv")
	if len(a.Report.Errors) != 1 {
		t.Fatalf("%+v", a.Report)
	}
	e := a.Report.Errors[0]
	if e.Type != "check-error" || e.RowNumber != 0 || e.Cell != nil || strings.Join(e.Tags, "") != "#structure" || !strings.Contains(e.Message, "french-iban-value") {
		t.Errorf("unknown check: %+v", e)
	}
	a = get(t, api, 200, "schema", site.URL+"/siren.json", "url", site.URL+"/f.csv")
	if len(a.Report.Errors) != 1 || a.Report.Errors[0].Type != "french-siren-value" || strings.Join(a.Report.Errors[0].Tags, "") != "#body" {
		t.Errorf("custom check: %+v", a.Report.Errors)
	}
}

// How the file is read may be said, by address and by form; what means nothing, or is of
// no use with the file, is an error in words.
func TestReadByHand(t *testing.T) {
	file := "code|pose|debit|commune|remarque\nF1|2024-05-02|1|A;B;C|a;b;c\nF2|2024-05-02|1|A;B;C|a;b;c\n"
	api, site := portal(t, map[string]string{"/schema.json": descriptor(""), "/f.csv": file})
	schemaAt := site.URL + "/schema.json"
	said := []string{"schema", schemaAt, "delimiter", "|", "encoding", "utf-8", "header_rows", "1"}
	if a := get(t, api, 200, append(said, "url", site.URL+"/f.csv")...); !a.Report.Valid {
		t.Errorf("by address: %+v", a.Report)
	}
	if a := post(t, api, 200, file, said...); !a.Report.Valid {
		t.Errorf("by form: %+v", a.Report)
	}
	if a := post(t, api, 200, file, "schema", schemaAt, "delimiter", ";"); a.Report.Valid {
		t.Error("the delimiter said is not used")
	}
	for _, c := range []struct{ name, value, kind, words string }{
		{"delimiter", "ab", "request-error", "ne peut pas séparer"},
		{"encoding", "klingon", "request-error", "n’est pas connu"},
		{"header_rows", "deux", "request-error", "n’est pas un nombre"},
		{"format", "word", "request-error", "n’est pas connu"},
		{"sheet", "Feuil1", "format-error", "n’a pas de feuilles"},
	} {
		for how, a := range map[string]answer{
			"address": get(t, api, 400, "schema", schemaAt, "url", site.URL+"/f.csv", c.name, c.value),
			"form":    post(t, api, 400, file, "schema", schemaAt, c.name, c.value),
		} {
			if a.Error == nil || a.Error.Type != c.kind || !strings.Contains(a.Error.Message, c.words) {
				t.Errorf("%s by %s: %+v", c.name, how, a.Error)
			}
		}
	}
}

// A cell is never markup in the client that shows the message.
func TestMessagesAreMarkdown(t *testing.T) {
	api, site := portal(t, map[string]string{"/schema.json": descriptor("")})
	a := post(t, api, 200, "code;pose;debit;commune;remarque\nF1;<img src=x>;1;X;\nF2;*gras* _x_ a_b;1;X;\n", "schema", site.URL+"/schema.json")
	if len(a.Report.Errors) != 2 {
		t.Fatalf("%+v", a.Report)
	}
	for i, want := range []string{`\<img src=x>`, `\*gras\* \_x\_ a_b`} {
		if e := a.Report.Errors[i]; !strings.Contains(e.Message, want) || strings.Contains(*e.Cell, `\`) {
			t.Errorf("message %q, cell %q", e.Message, *e.Cell)
		}
	}
}

func TestBundledSchema(t *testing.T) {
	api, _ := portal(t, nil)
	ref := national.List()[0].Ref()
	if a := post(t, api, 200, "a;b\n1;2\n", "schema", ref); a.Report.Valid {
		t.Errorf("%s: %+v", ref, a.Report)
	}
}

func TestUnusableRequests(t *testing.T) {
	api, site := portal(t, map[string]string{
		"/schema.json": descriptor(""), "/f.csv": "code;commune\nF1;X\n", "/broken.json": "{ no", "/empty.json": `{"fields": 3}`,
		"/large.csv": strings.Repeat("x;y\n", maxBytes), "/bytes.csv": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
	})
	schemaAt, fileAt := site.URL+"/schema.json", site.URL+"/f.csv"
	for _, c := range []struct {
		name   string
		params []string
		want   string
	}{
		{"no schema", []string{"url", fileAt}, "request-error"},
		{"no file", []string{"schema", schemaAt}, "request-error"},
		{"an option that is no boolean", []string{"schema", schemaAt, "url", fileAt, "ignore_header_case", "peut-être"}, "request-error"},
		{"a schema that is not there", []string{"schema", site.URL + "/none.json", "url", fileAt}, "schema-error"},
		{"a schema that is no JSON", []string{"schema", site.URL + "/broken.json", "url", fileAt}, "json-format-error"},
		{"a schema without fields", []string{"schema", site.URL + "/empty.json", "url", fileAt}, "schema-error"},
		{"an unknown schema", []string{"schema", "nobody-knows", "url", fileAt}, "schema-error"},
		{"a file that is not there", []string{"schema", schemaAt, "url", site.URL + "/none.csv"}, "source-error"},
		{"a file that is too large", []string{"schema", schemaAt, "url", site.URL + "/large.csv"}, "source-error"},
		{"a picture", []string{"schema", schemaAt, "url", site.URL + "/bytes.csv"}, "format-error"},
		{"a private address", []string{"schema", schemaAt, "url", "http://127.0.0.1:1/f.csv"}, "source-error"},
		{"a file of this machine", []string{"schema", schemaAt, "url", "file:///etc/passwd"}, "source-error"},
		{"no address", []string{"schema", schemaAt, "url", "http://[::1"}, "source-error"},
	} {
		a := get(t, api, 400, c.params...)
		if a.Report != nil || a.Error == nil || a.Error.Type != c.want || a.Error.Message == "" || strings.Contains(a.Error.Message, "[") && strings.Contains(a.Error.Message, ".hint]") {
			t.Errorf("%s: %+v", c.name, a.Error)
		}
	}
	if a := post(t, api, 400, "", "schema", schemaAt); a.Error.Type != "request-error" {
		t.Errorf("form without a file: %+v", a.Error)
	}
	if a := post(t, api, 400, strings.Repeat("x;y\n", maxBytes), "schema", schemaAt); a.Error.Type != "source-error" {
		t.Errorf("file too large: %+v", a.Error)
	}
	res, err := http.Post(api.URL+"/validate", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if a := read(t, res, 400); a.Error.Type != "request-error" {
		t.Errorf("no form: %+v", a.Error)
	}
}

// Nothing of a check stays on the disk.
func TestNothingIsKept(t *testing.T) {
	dir := t.TempDir()
	c := compat.New(compat.Options{
		Schemas: func(context.Context, string) (*schema.Schema, error) {
			return nil, errs.New(errs.Invalid, "schema.no-fields")
		},
		Limit: httpx.Stream(), MaxBytes: maxBytes, Temp: dir, Now: time.Now,
	})
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("schema", "x")
	w, _ := form.CreateFormFile("file", "a.csv")
	_, _ = io.WriteString(w, "a\n1\n")
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, "/validate", &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	if err := c.Routes()[1].Handler(httptest.NewRecorder(), r); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}
