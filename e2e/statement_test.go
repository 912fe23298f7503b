package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	texts "socle/internal/page"
)

// The accessibility statement says what the tests prove, and no more: each of its
// sentences names tests that are here, and each test of access and of the keyboard
// is in one of its sentences.
func TestStatement(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(source, -1) {
			written[string(m[1])] = name
		}
	}
	var named []string
	for _, c := range texts.Checks {
		if len(c.Tests) == 0 {
			t.Errorf("%s is proved by no test", c.Key)
		}
		for _, test := range c.Tests {
			if written[test] == "" {
				t.Errorf("%s is said to be proved by %s, which is not written", c.Key, test)
			}
			named = append(named, test)
		}
	}
	for test, name := range written {
		if (name == "access_test.go" || name == "keyboard_test.go") && !slices.Contains(named, test) {
			t.Errorf("the statement does not say what %s proves", test)
		}
	}
	p, _ := demo(t)
	for path, words := range map[string]string{"/accessibility": "axe-core ne trouve aucun défaut", "/en/accessibility": "axe-core finds no fault"} {
		pg := p.visitor(t).get(path)
		if n := pg.doc.Find("main .prose li").Length(); n < len(texts.Checks) || !strings.Contains(pg.text(), words) {
			t.Errorf("%s has %d lines: %s", path, n, pg.text())
		}
	}
}
