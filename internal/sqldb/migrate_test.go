package sqldb

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTranslate(t *testing.T) {
	path := filepath.Join("testdata", "translate.txtar")
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := &txtar.Archive{Comment: a.Comment}
	for _, f := range a.Files {
		name, is := strings.CutSuffix(f.Name, ".sql")
		if !is {
			continue
		}
		got.Files = append(got.Files, f,
			txtar.File{Name: name + ".sqlite", Data: []byte(translate(string(f.Data), SQLite))},
			txtar.File{Name: name + ".postgres", Data: []byte(translate(string(f.Data), PostgreSQL))})
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(string(txtar.Format(a)), string(txtar.Format(got))); d != "" {
		t.Errorf("run with -update after reading this:\n%s", d)
	}
}

func TestReadMigrations(t *testing.T) {
	files := func(names ...string) fstest.MapFS {
		m := fstest.MapFS{}
		for _, n := range names {
			m[n] = &fstest.MapFile{Data: []byte("SELECT 1; -- +goose Down\nDROP TABLE x;")}
		}
		return m
	}
	for _, tc := range []struct {
		name  string
		files fstest.MapFS
		want  []string
		fails bool
	}{
		{"sorted, with gaps", files("0003_c.sql", "0001_a.sql", "README.md"), []string{"0001_a.sql", "0003_c.sql"}, false},
		{"a pair", files("0001_a.sqlite.sql", "0001_a.postgres.sql"), []string{"0001_a.sqlite.sql"}, false},
		{"one number twice", files("0001_a.sql", "0001_b.sql"), nil, true},
		{"a bad name", files("1_a.sql"), nil, true},
		{"an unknown engine", files("0001_a.mysql.sql"), nil, true},
	} {
		list, err := readMigrations(tc.files, SQLite)
		var got []string
		for _, m := range list {
			got = append(got, m.name)
			if strings.Contains(m.text, "DROP") {
				t.Errorf("%s: what undoes a migration is run", tc.name)
			}
		}
		if (err != nil) != tc.fails || !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, %v", tc.name, got, err)
		}
	}
}
