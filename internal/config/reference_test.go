package config

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/i18n"
)

var update = flag.Bool("update", false, "write the generated reference again")

// The reference in docs is what the struct says, in both languages.
func TestReferenceIsCurrent(t *testing.T) {
	for l, name := range map[i18n.Lang]string{i18n.French: "configuration.md", i18n.English: "configuration.en.md"} {
		path := filepath.Join("..", "..", "docs", name)
		want := Reference(l)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, string(got)); d != "" {
			t.Errorf("%s is not current: go test ./internal/config -update\n%s", path, d)
		}
	}
}

func TestEverySettingIsDescribed(t *testing.T) {
	for _, f := range Fields() {
		for _, l := range i18n.Langs {
			if f.Doc[l] == "" {
				t.Errorf("--%s has no description in %s", f.Flag, l)
			}
		}
	}
}
