package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var (
	update = flag.Bool("update", false, "write the expected results again")
	binary = flag.String("binary", "", "a built program to test in place of this one")
	soak   = flag.Bool("soak", false, "the long campaign: 300 kills, all appearances of all pages")
)

// socle is the path of the binary under test.
var socle string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "socle-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	socle = filepath.Join(dir, "socle")
	if *binary != "" {
		if err := os.Link(*binary, socle); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	} else if out, err := exec.Command("go", "build", "-o", socle, "../cmd/socle").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: the program does not build: %v\n%s", err, out)
		os.Exit(2)
	}
	status := m.Run()
	if demonstration != nil {
		demonstration.end()
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}

// The cases of testdata/script: each a file with a command line and what it is
// to print. -update writes what the cmp lines compare with.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(socle)+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("LANG", "fr_FR.UTF-8")
			env.Setenv("TMPDIR", env.Getenv("WORK"))
			env.Values["portal"] = new(*portal)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "json": jsonShape, "portal": scriptPortal, "cp1252": cp1252, "capture": capture, "bomb": scriptBomb,
		},
	})
}

// golden compares text with a file of testdata/golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: go test ./e2e -update writes it", err)
	}
	if bytes.Equal(want, []byte(got)) {
		return
	}
	wanted := map[string]bool{}
	for l := range strings.Lines(string(want)) {
		wanted[l] = true
	}
	var diff strings.Builder
	for l := range strings.Lines(got) {
		if !wanted[l] {
			diff.WriteString("+" + l)
		}
		delete(wanted, l)
	}
	for l := range strings.Lines(string(want)) {
		if wanted[l] {
			diff.WriteString("-" + l)
		}
	}
	t.Errorf("%s is not as expected (go test ./e2e -update writes it again):\n%s", path, diff.String())
}
