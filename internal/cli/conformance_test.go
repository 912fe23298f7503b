package cli_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"socle/internal/cli"
)

var shared = flag.String("shared", "", "folder that holds cases/: known cases of other readers")

// TestConformanceSpectrum converts the files of csv-spectrum and compares them with
// the JSON that they mean: records of texts by the name of their column.
func TestConformanceSpectrum(t *testing.T) {
	if *shared == "" {
		t.Skip("no -shared DIR: the cases of other readers are not part of this repository; make conformance SHARED=DIR runs them")
	}
	dir := filepath.Join(*shared, "cases", "csv", "csv-spectrum")
	files, err := filepath.Glob(filepath.Join(dir, "csvs", "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	known := disagreements(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, "json", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var want []map[string]string
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			got := records(t, file)
			reason, told := known[name]
			switch same := reflect.DeepEqual(got, want); {
			case same && told:
				t.Errorf("%s agrees: remove it from testdata/disagreements.txt", name)
			case !same && told:
				t.Logf("%s disagrees: %s", name, reason)
			case !same:
				t.Errorf("read as %q, not %q", got, want)
			}
		})
	}
}

// disagreements are the cases that are explained, by name.
func disagreements(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "disagreements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, reason, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			out[name] = reason
		}
	}
	return out
}

// records are the rows of a file as convert writes them. encoding/csv reads \r\n
// within a cell as \n, which is put back from the file itself.
func records(t *testing.T, file string) (out []map[string]string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := cli.Run(t.Context(), cli.Program{Args: []string{"convert", file, "--to", "csv", "-o", "-"}, Stdout: &stdout, Stderr: &stderr, ReadFile: os.ReadFile, Getenv: func(string) string { return "" }})
	if status != 0 {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	text := strings.ReplaceAll(stdout.String(), "\r\n", "\x00\n")
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[min(1, len(rows)):] {
		record := map[string]string{}
		for i, name := range rows[0] {
			record[name] = strings.ReplaceAll(row[i], "\x00", "\r")
		}
		out = append(out, record)
	}
	return out
}
