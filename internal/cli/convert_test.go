package cli_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socle/internal/cli"
)

// converted runs `socle convert` on a file of the text and returns what it wrote.
func converted(t *testing.T, text string, args ...string) (out string, said string, status int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "relevés.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status = cli.Run(t.Context(), cli.Program{Args: append([]string{"convert", file}, args...), Stdout: &stdout, Stderr: &stderr, ReadFile: os.ReadFile, Getenv: func(string) string { return "" }})
	return stdout.String(), stderr.String(), status
}

const surveys = "code;pose;x;y;haut\n01;31/12/2024;574400,0;6279700,0;1.5\n02;01/01/2025;574357,12;6279642,5;12.25\n"

// TestConvert: cells stay as they are in text, unless something else is asked; formats
// with types have the types of the columns, formats of places the places.
func TestConvert(t *testing.T) {
	for _, c := range []struct {
		name, text, args, want string
	}{
		{"verbatim", surveys, "", "code,pose,x,y,haut\n01,31/12/2024,\"574400,0\",\"6279700,0\",1.5\n02,01/01/2025,\"574357,12\",\"6279642,5\",12.25\n"},
		{"variant of France", surveys, "--variant fr", "\ufeffcode;pose;x;y;haut\r\n01;2024-12-31;574400;6279700;1,5\r\n02;2025-01-01;574357,12;6279642,5;12,25\r\n"},
		{"types", surveys, "--to jsonl --type code=integer --type pose=string",
			`{"code":1,"pose":"31/12/2024","x":574400,"y":6279700,"haut":1.5}` + "\n" + `{"code":2,"pose":"01/01/2025","x":574357.12,"y":6279642.5,"haut":12.25}` + "\n"},
		{"coordinates", "nom;x;y\nHalle;574400,0;6279700,0\n", "--crs EPSG:2154", "nom,x,y,longitude,latitude\nHalle,\"574400,0\",\"6279700,0\",1.4447083,43.6052205\n"},
		{"places", "nom;x;y\nHalle;574400,0;6279700,0\n", "--to geojson", "{\"type\":\"FeatureCollection\",\"features\":[\n" +
			`{"type":"Feature","geometry":{"type":"Point","coordinates":[1.4447083,43.6052205]},"properties":{"nom":"Halle","x":"574400,0","y":"6279700,0","longitude":"1.4447083","latitude":"43.6052205"}}` + "\n]}\n"},
	} {
		out, said, status := converted(t, c.text, strings.Fields(c.args)...)
		if status != 0 || out != c.want {
			t.Errorf("%s: %d %q\n%q", c.name, status, said, out)
		}
	}
	for _, format := range []string{"xlsx", "parquet", "gpkg"} {
		file := filepath.Join(t.TempDir(), "table."+format)
		if _, said, status := converted(t, surveys, "-o", file); status != 0 {
			t.Fatalf("%s: %s", format, said)
		}
		var stdout, stderr bytes.Buffer
		if cli.Run(t.Context(), cli.Program{Args: []string{"convert", file, "--to", "csv"}, Stdout: &stdout, Stderr: &stderr, ReadFile: os.ReadFile, Getenv: func(string) string { return "" }}) != 0 ||
			!strings.Contains(stdout.String(), "01,2024-12-31,574400,6279700,1.5") && !strings.Contains(stdout.String(), "01,2024-12-31,574400.0,6279700.0,1.5") {
			t.Errorf("%s: %q %s", format, stdout.String(), stderr.String())
		}
	}
	if _, said, status := converted(t, surveys, "--to", "xlsx", "--type", "pose=integer"); status != 2 || !strings.Contains(said, "2 cellules de la colonne") {
		t.Errorf("a type that cells do not have: %d %q", status, said)
	}
	if _, said, status := converted(t, surveys+"03;01/01/2025;574400;6279700;1;de trop\n", "--to", "parquet"); status != 0 || !strings.Contains(said, "plus de cellules") {
		t.Errorf("a cell too many: %d %q", status, said)
	}
}

// A name says the format, and whether it is compressed; one that says nothing known is
// refused before anything is written.
func TestConvertByName(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table.csv.gz")
	if _, said, status := converted(t, surveys, "-o", file); status != 0 {
		t.Fatalf("%d %s", status, said)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !strings.HasPrefix(string(text), "code,pose,x,y,haut\n") {
		t.Errorf("%v %s", err, text)
	}
	odd := filepath.Join(t.TempDir(), "table.foo")
	if _, said, status := converted(t, surveys, "-o", odd); status != 2 || !strings.Contains(said, "ne dit aucun format connu") {
		t.Errorf("%d %s", status, said)
	}
	if _, err := os.Stat(odd); err == nil {
		t.Error("it was written all the same")
	}
	if _, said, status := converted(t, surveys, "-o", odd, "--to", "json"); status != 0 {
		t.Errorf("with its format said: %d %s", status, said)
	}
}
