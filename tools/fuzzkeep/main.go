// Command fuzzkeep keeps, of what a fuzz test found, the inputs that reach code that
// nothing kept reaches: go run ./tools/fuzzkeep FOLDER FuzzName.
//
// Go's cache has each input that was once new to the fuzzer, thousands of them after an
// hour. They are tried alone, the smallest first, on the test built with coverage; one
// that adds a block goes to testdata/fuzz/FuzzName under the name that Go gives it, which
// is made of its content. The same cache gives the same choice.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of what is kept of one test, what was committed before included; and of what
// is tried.
const (
	mostEntries = 40
	mostBytes   = 8 << 10
	mostTried   = 400
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fuzzkeep FOLDER FuzzName")
		os.Exit(2)
	}
	kept, err := keep(context.Background(), os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzzkeep:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %d inputs kept\n", os.Args[2], kept)
}

// entry is an input: a file of Go's cache.
type entry struct {
	name string
	size int64
	path string
}

// keep adds inputs to the corpus of a test and returns how many it added.
func keep(ctx context.Context, folder, name string) (kept int, err error) {
	t := test{folder: folder, name: name, corpus: filepath.Join(folder, "testdata", "fuzz", name)}
	have, err := entries(t.corpus)
	if err != nil {
		return 0, err
	}
	found, err := t.found(ctx)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	if t.dir, err = os.MkdirTemp("", "fuzzkeep-*"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(t.dir)
	if err := t.build(ctx); err != nil {
		return 0, err
	}
	covered, err := t.cover(ctx, "^"+name+"$")
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(t.corpus, 0o755); err != nil {
		return 0, err
	}
	count, size := len(have), total(have)
	for _, e := range found[:min(len(found), mostTried)] {
		if count == mostEntries || size+e.size > mostBytes {
			break // the next ones are no smaller
		}
		if slices.ContainsFunc(have, func(h entry) bool { return h.name == e.name }) {
			continue
		}
		added, err := t.try(ctx, e, covered)
		if err != nil {
			return kept, err
		}
		if added {
			kept, count, size = kept+1, count+1, size+e.size
		}
	}
	return kept, nil
}

// entries lists the inputs of a folder, the smallest first; none when it is not there.
func entries(folder string) (list []entry, err error) {
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, f := range files {
		i, err := f.Info()
		if err != nil {
			return nil, err
		}
		list = append(list, entry{f.Name(), i.Size(), filepath.Join(folder, f.Name())})
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.name, b.name)) })
	return list, err
}

func total(list []entry) (n int64) {
	for _, e := range list {
		n += e.size
	}
	return n
}

// test is a fuzz test of a package.
type test struct {
	folder string // of the package
	name   string
	corpus string // committed inputs
	dir    string // for what is built and measured
}

func (t test) binary() string { return filepath.Join(t.dir, "test") }

// found lists the inputs of Go's cache.
func (t test) found(ctx context.Context) ([]entry, error) {
	cache, err := output(ctx, "", "go", "env", "GOCACHE")
	if err != nil {
		return nil, err
	}
	pkg, err := output(ctx, t.folder, "go", "list", ".")
	if err != nil {
		return nil, err
	}
	return entries(filepath.Join(cache, "fuzz", filepath.FromSlash(pkg), t.name))
}

func (t test) build(ctx context.Context) error {
	_, err := output(ctx, t.folder, "go", "test", "-c", "-cover", "-o", t.binary(), ".")
	return err
}

// cover runs the inputs of a pattern and returns the blocks of code that they reach.
func (t test) cover(ctx context.Context, pattern string) (map[string]bool, error) {
	profile := filepath.Join(t.dir, "profile")
	if _, err := output(ctx, t.folder, t.binary(), "-test.run", pattern, "-test.coverprofile", profile); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		return nil, err
	}
	blocks := map[string]bool{}
	for line := range strings.Lines(string(text)) { // file.go:1.2,3.4 statements count
		if f := strings.Fields(line); len(f) == 3 && f[2] != "0" {
			blocks[f[0]] = true
		}
	}
	return blocks, nil
}

// try runs an input alone, and leaves it in the corpus when it adds to what is covered.
// One that makes the test fail stays too, and is an error.
func (t test) try(ctx context.Context, e entry, covered map[string]bool) (added bool, err error) {
	body, err := os.ReadFile(e.path)
	if err != nil {
		return false, err
	}
	path := filepath.Join(t.corpus, e.name)
	if err := os.WriteFile(path, body, 0o644); err != nil {
		return false, err
	}
	blocks, err := t.cover(ctx, "^"+t.name+"$/^"+e.name+"$")
	if err != nil {
		return false, err
	}
	for b := range blocks {
		if !covered[b] {
			covered[b], added = true, true
		}
	}
	if added {
		return true, nil
	}
	return false, os.Remove(path)
}

// output runs a program in a folder and returns what it says.
func output(ctx context.Context, folder, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, &out, &problems)
	}
	return strings.TrimSpace(out.String()), nil
}
