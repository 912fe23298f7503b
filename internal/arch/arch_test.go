package arch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// The project keeps its rules.
func TestRules(t *testing.T) {
	tr, err := read(os.DirFS(filepath.Join("..", "..")))
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.files) < 10 || len(tr.order) < 30 {
		t.Fatalf("only %d files and %d packages were read", len(tr.files), len(tr.order))
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, problem := range r.check(tr) {
				t.Error(problem)
			}
		})
	}
}

// Each rule is broken by a tree of testdata: RULE.txtar holds the files (go.mod,
// layers.txt and long_files.txt are added) and what the rules must say, in want.
func TestRulesBite(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			a, err := txtar.ParseFile(filepath.Join("testdata", r.name+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			root := fstest.MapFS{
				"go.mod":                       {Data: []byte("module x\n")},
				"internal/arch/layers.txt":     {Data: []byte("## kit\nerrs\nconfig sqldb\n## engines\ntabular\ncheck detect\n## domains\ntables\ntables/duck\n## wiring\napp\n")},
				"internal/arch/long_files.txt": {},
			}
			want := ""
			for _, f := range a.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				// "LINES 700" stands for so many lines.
				data := string(f.Data)
				if n := strings.Count(data, "LINES 700\n"); n > 0 {
					data = strings.ReplaceAll(data, "LINES 700\n", strings.Repeat("//\n", 700))
				}
				root[f.Name] = &fstest.MapFile{Data: []byte(data)}
			}
			tr, err := read(root)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(r.check(tr), "\n") + "\n"
			if want == "" {
				t.Fatal("a rule without a broken example proves nothing")
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
