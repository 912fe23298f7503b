package detect

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/tabular"
)

// sampleFacts holds what a person sees who opens each file of samples: a line
// with its path, then facts "key value", a column as "column NAME TYPE".
const sampleFacts = "testdata/samples.txt"

// TestConformanceSamples opens every real file of samples and compares what is
// recognised with the facts; what is written of a file has as many records.
func TestConformanceSamples(t *testing.T) {
	if *shared == "" {
		t.Skip("no -shared DIR: the files that authorities published are not part of this repository; make conformance SHARED=DIR reads them")
	}
	facts, order := readFacts(t)
	root := filepath.Join(*shared, "samples")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".md" {
			return err
		}
		if name, _ := filepath.Rel(root, path); facts[name] == nil {
			t.Errorf("%s: no facts in %s", name, sampleFacts)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range order {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := facts[name]
			if diff := cmp.Diff(want, seen(t, filepath.Join(root, name), want)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// readFacts reads the file of facts; blank lines and lines with # are for people.
func readFacts(t *testing.T) (facts map[string][]string, order []string) {
	t.Helper()
	data, err := os.ReadFile(sampleFacts)
	if err != nil {
		t.Fatal(err)
	}
	facts = map[string][]string{}
	for line := range strings.Lines(string(data)) {
		fact := strings.TrimSpace(line)
		switch {
		case fact == "" || fact[0] == '#':
		case line[0] > ' ':
			order = append(order, fact)
			facts[fact] = []string{}
		default:
			name := order[len(order)-1]
			facts[name] = append(facts[name], fact)
		}
	}
	return facts, order
}

// seen says of a file what the facts wanted are about.
func seen(t *testing.T, path string, want []string) []string {
	t.Helper()
	src, err := tabular.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	f, err := tabular.Open(t.Context(), src, tabular.Options{Name: filepath.Base(path)})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := Table(t.Context(), f, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{fmt.Sprintf("format %s", strings.Join(strings.Fields(f.Info.Format+" "+f.Info.Compression), " "))}
	say := func(key string, value any, none any) {
		if value != none {
			got = append(got, fmt.Sprintf("%s %v", key, value))
		}
	}
	say("encoding", f.Info.Encoding, "")
	say("bom", f.Info.BOM, false)
	say("delimiter", map[string]string{";": "semicolon", ",": "comma", "\t": "tab", "": ""}[f.Info.Delimiter], "")
	say("sheet", f.Info.Sheet, "")
	say("sheets", len(f.Info.Sheets), 0)
	say("preamble", f.Info.PreambleRows, 0)
	say("header", f.Info.HeaderRows, -1)
	say("footnotes", f.Info.FootnoteRows, 0)
	say("rows", table.Rows, -1)
	say("columns", len(table.Columns), -1)
	for _, c := range table.Columns {
		name := strings.Join(strings.Fields(c.Name), " ")
		if fact := fmt.Sprintf("column %s: %s", name, c.Type); slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(w, "column "+name+": ") }) {
			got = append(got, fact)
		}
	}
	var out bytes.Buffer
	if err := tabular.Convert(t.Context(), f, "jsonl", &out); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != table.Rows {
		t.Errorf("%d records written of %d", n, table.Rows)
	}
	return got
}
