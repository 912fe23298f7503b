package admin

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"socle/internal/i18n"
)

// kinds are the names of jobs and of listeners in the code.
var kinds = regexp.MustCompile(`(?m)^func \(\w+\) Kind\(\) string\s+\{ return "([^"]+)"|jobs\.On\([\w.]+, "([^"]+)"`)

// Every job that the administration lists has words in both languages.
func TestEveryJobHasWords(t *testing.T) {
	found := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, m := range kinds.FindAllStringSubmatch(string(code), -1) {
			found++
			for _, l := range i18n.Langs {
				if key := "admin.job-kind." + m[1] + m[2]; !i18n.Known(l, key) {
					t.Errorf("%s: %s has no words in %s", path, key, l)
				}
			}
		}
		return err
	})
	if err != nil || found < 40 {
		t.Errorf("%d kinds of jobs were found: are they written otherwise now? %v", found, err)
	}
}
