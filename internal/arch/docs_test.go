package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var namedTest = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz|Benchmark|attack)[A-Za-z0-9]+)`")

// A document that says which test proves something names a test that is there.
func TestNamedTestsExist(t *testing.T) {
	root := filepath.Join("..", "..")
	b, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := namedTest.FindAllStringSubmatch(string(b), -1)
	if len(names) < 50 {
		t.Fatalf("only %d tests are named", len(names))
	}
	sources := map[string]string{}
	for _, n := range names {
		folder, test := n[1], n[2]
		if _, ok := sources[folder]; !ok {
			at := folder
			if folder != "e2e" && !strings.HasPrefix(folder, "scripts/") {
				at = filepath.Join("internal", filepath.FromSlash(folder))
			}
			files, err := filepath.Glob(filepath.Join(root, at, "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			var all strings.Builder
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				all.Write(b)
			}
			sources[folder] = all.String()
		}
		if !regexp.MustCompile(`(?m)^func (\([a-z]+ \*?[a-z]+\) )?` + test + `\(`).MatchString(sources[folder]) {
			t.Errorf("docs/security.md names %s.%s, which is not there", folder, test)
		}
	}
}
