package cli_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socle/internal/cli"
	"socle/internal/httpx"
)

// run runs the command line with another server that has the files.
func run(t *testing.T, files map[string]string, args ...string) (status int, out, problems string) {
	t.Helper()
	var site *httptest.Server
	site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(text, "SITE", site.URL))
	}))
	defer site.Close()
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "SITE", site.URL)
	}
	var stdout, stderr bytes.Buffer
	status = cli.Run(t.Context(), cli.Program{
		Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, ReadFile: os.ReadFile, Version: "test",
		Getenv: func(name string) string {
			if name == "SOCLE_SCHEMA_CATALOGUE" && files["/list.json"] != "" {
				return site.URL + "/list.json"
			}
			return ""
		},
		Fetch: httpx.Client(httpx.ClientOptions{AllowHosts: []string{site.Listener.Addr().String()}}),
	})
	return status, stdout.String(), stderr.String()
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const bancs = `{"schemas": [{"name": "agence/bancs", "title": "Bancs publics", "schema_type": "tableschema", "versions": [
	{"version_name": "1.0.0", "schema_url": "SITE/1.json"}, {"version_name": "2.0.0", "schema_url": "SITE/2.json"}]}]}`

// Any schema of the national catalogue is found by its name, and any by its address.
func TestSchemaOfTheCatalogue(t *testing.T) {
	files := map[string]string{
		"/list.json": bancs, "/1.json": `{"fields": [{"name": "banc", "type": "string"}]}`, "/2.json": `{"fields": [{"name": "banc", "type": "integer"}]}`,
	}
	table := file(t, "bancs.csv", "banc\nrouge\n")
	for _, c := range []struct {
		schema string
		status int
		says   string
	}{
		{"agence/bancs", 1, "rouge"},
		{"bancs@1.0.0", 0, ""},
		{"SITE/1.json", 0, ""},
		{"agence/bancs@3.0.0", 2, "agence/bancs@3.0.0"},
		{"SITE/none.json", 2, "404"},
	} {
		status, out, problems := run(t, files, "check", table, "--schema", c.schema, "--lang", "en")
		if status != c.status || !strings.Contains(out+problems, c.says) {
			t.Errorf("%s: %d %s %s", c.schema, status, out, problems)
		}
	}
	if status, out, _ := run(t, files, "schemas", "--national"); status != 0 || !strings.HasPrefix(out, "agence/bancs@2.0.0 ") {
		t.Errorf("%d %s", status, out)
	}
	if status, out, _ := run(t, files, "schemas"); status != 0 || !strings.Contains(out, "scdl/deliberations@") || strings.Contains(out, "bancs") {
		t.Errorf("%d %s", status, out)
	}
	delete(files, "/1.json")
	if status, _, problems := run(t, map[string]string{}, "check", table, "--schema", "agence/bancs", "--schema-catalogue", "SITE/list.json", "--lang", "en"); status != 2 || !strings.Contains(problems, "national catalogue could not be read") {
		t.Errorf("without network: %d %s", status, problems)
	}
	if status, _, problems := run(t, files, "check", table, "--schema", "agence/bancs", "--schema-catalogue", "none", "--lang", "en"); status != 2 || !strings.Contains(problems, "not one that Socle carries") {
		t.Errorf("no catalogue: %d %s", status, problems)
	}
}

// A table of a package may be at an address; it is read once and left nowhere.
func TestPackageAtAnAddress(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	descriptor := `{"resources": [{"name": "a", "path": "SITEa.csv", "schema": {"fields": [{"name": "x", "type": "integer"}]}}]}`
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x\nun\n") }))
	defer site.Close()
	path := file(t, "datapackage.json", strings.ReplaceAll(descriptor, "SITE", site.URL+"/"))
	var stdout, stderr bytes.Buffer
	status := cli.Run(t.Context(), cli.Program{Args: []string{"check", path}, Stdout: &stdout, Stderr: &stderr, ReadFile: os.ReadFile, Getenv: func(string) string { return "" },
		Fetch: httpx.Client(httpx.ClientOptions{AllowHosts: []string{site.Listener.Addr().String()}})})
	if status != 1 || !strings.Contains(stdout.String(), "un") {
		t.Errorf("%d %s %s", status, &stdout, &stderr)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// A zip file that holds a data package is checked as its descriptor would be.
func TestPackageInZip(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, text := range map[string]string{
		"datapackage.json": `{"name": "p", "resources": [{"name": "a", "path": "a.csv", "schema": "a.json"}, {"name": "b", "path": "b.csv"}]}`,
		"a.csv":            "x\nun\n", "b.csv": "y\n1\n", "a.json": `{"fields": [{"name": "x", "type": "integer"}]}`,
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := file(t, "paquet.zip", archive.String())
	if status, out, problems := run(t, nil, "check", path, "--format", "json"); status != 1 || !strings.HasPrefix(out, `{"valid":false,"name":"p","resources":[{"name":"a","path":"a.csv"`) {
		t.Errorf("%d %s %s", status, out, problems)
	}
	if status, out, problems := run(t, nil, "check", path); status != 1 || !strings.Contains(out, "Table b (b.csv)") {
		t.Errorf("%d %s %s", status, out, problems)
	}
	if status, _, problems := run(t, nil, "check", file(t, "table.zip", "rien"), "--lang", "en"); status != 2 || !strings.Contains(problems, "--schema") {
		t.Errorf("no package: %d %s", status, problems)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}
