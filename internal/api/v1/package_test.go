package v1_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	v1 "socle/internal/api/v1"
	"socle/internal/schema"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

const packed = `{"name": "parc", "resources": [
	{"name": "bancs", "path": "tables/bancs.csv", "schema": {"fields": [{"name": "rue", "type": "string"}, {"name": "places", "type": "integer"}],
	 "foreignKeys": [{"fields": "rue", "reference": {"resource": "rues", "fields": "nom"}}]}},
	{"name": "rues", "path": "rues.csv", "schema": "rues.json"},
	{"name": "notes", "path": "notes.csv"}]}`

var packedFiles = map[string]string{
	"datapackage.json": packed,
	"tables/bancs.csv": "rue;places\nrue A;3\nrue Z;trois\n",
	"rues.csv":         "nom\nrue A\nrue B\n",
	"rues.json":        `{"fields": [{"name": "nom", "type": "string", "constraints": {"required": true}}]}`,
	"notes.csv":        "n\n1\n",
}

// packedBut is the package with one file otherwise, or without it.
func packedBut(name, text string) map[string]string {
	out := maps.Clone(packedFiles)
	if out[name] = text; text == "" {
		delete(out, name)
	}
	return out
}

// sendZip asks for the check of a zip file.
func sendZip(t *testing.T, portal http.Handler, files map[string]string, fields ...string) (status int, text string) {
	t.Helper()
	var archive bytes.Buffer
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	z := zip.NewWriter(&archive)
	for name, text := range files {
		w, err := z.Create(name)
		must(err)
		_, err = io.WriteString(w, text)
		must(err)
	}
	must(z.Close())
	return sendForm(t, portal, "/api/v1/check", "paquet.zip", archive.String(), fields...)
}

// sendForm posts a form of fields, and a file unless its name is "".
func sendForm(t *testing.T, portal http.Handler, path, name, file string, fields ...string) (status int, text string) {
	t.Helper()
	var body bytes.Buffer
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		must(form.WriteField(fields[i], fields[i+1]))
	}
	if name != "" {
		w, err := form.CreateFormFile("file", name)
		must(err)
		_, err = io.WriteString(w, file)
		must(err)
	}
	must(form.Close())
	r := httptest.NewRequest(http.MethodPost, "https://portail.example"+path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Accept-Language", "en")
	answer := httptest.NewRecorder()
	portal.ServeHTTP(answer, r)
	return answer.Code, answer.Body.String()
}

// A data package in a zip file is checked whole: each table with its schema, foreign
// keys from one to the other; nothing is left behind.
func TestCheckPackage(t *testing.T) {
	temp := t.TempDir()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		find := func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }
		rt := portal(t, db, v1.Options{Schemas: find, Temp: temp, MaxBytes: 1 << 20, Workers: 1})
		below := map[string]string{}
		for name, text := range packedFiles {
			below["dossier/"+name] = text
		}
		for where, files := range map[string]map[string]string{"at the top": packedFiles, "in a folder": below} {
			status, text := sendZip(t, rt, files)
			var got struct {
				Valid     bool
				Name      string
				Resources []struct {
					Name, Path string
					Report     struct{ Errors []struct{ Code string } }
				}
			}
			if err := json.Unmarshal([]byte(text), &got); err != nil || status != 200 || len(got.Resources) != 3 {
				t.Fatalf("%s: %d %s %v", where, status, text, err)
			}
			told := map[string]bool{}
			for _, res := range got.Resources {
				for _, e := range res.Report.Errors {
					told[res.Name+" "+e.Code] = true
				}
			}
			if got.Valid || got.Name != "parc" || got.Resources[0].Path != "tables/bancs.csv" || len(told) != 2 || !told["bancs type-error"] || !told["bancs foreign-key"] {
				t.Errorf("%s: %v %s", where, told, text)
			}
		}
		if status, text := sendZip(t, rt, packedBut("tables/bancs.csv", "rue;places\nrue A;3\n")); status != 200 || !strings.HasPrefix(text, `{"valid":true,"name":"parc"`) {
			t.Errorf("right: %d %s", status, text)
		}
		for _, c := range []struct {
			files  map[string]string
			fields []string
			status int
			says   string
		}{
			{packedBut("rues.csv", ""), nil, 404, "rues.csv"},
			{packedBut("datapackage.json", strings.ReplaceAll(packed, "rues.csv", "../rues.csv")), nil, 422, "leaves the data package"},
			{packedBut("datapackage.json", strings.ReplaceAll(packed, "rues.csv", "https://ailleurs.example/rues.csv")), nil, 404, "not in the zip file"},
			{packedBut("datapackage.json", strings.ReplaceAll(packed, `"rues.csv"`, `["rues.csv", "notes.csv"]`)), nil, 422, "there must be one"},
			{packedBut("datapackage.json", `{"resources": 3}`), nil, 422, "resources"},
			{packedBut("rues.csv", "nom\n"+strings.Repeat("rue A\n", 300_000)), nil, 413, ""},
			{packedFiles, []string{"schema", "scdl/deliberations"}, 422, "data package"},
			{map[string]string{"a.csv": "a\n1\n"}, nil, 422, "schema"},
		} {
			if status, text := sendZip(t, rt, c.files, c.fields...); status != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%d, not %d (%s): %s", status, c.status, c.says, text)
			}
		}
	})
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}
