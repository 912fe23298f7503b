package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socle/internal/cli"
)

const births = "COMMUNE_NOM;COLL_INSEE;ENFANT_SEXE;ENFANT_PRENOM;NOMBRE_OCCURRENCES;ANNEE\nRoques;31458;f;Ada;3;2024\nRoques;31458;M;Noé;5;2024\n"

// mended runs `socle fix` in a folder that has the file; text comes on the standard input.
func mended(t *testing.T, folder, text string, args ...string) (out, said string, status int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	for i, a := range args {
		if strings.Contains(a, ".") && !strings.HasPrefix(a, "-") {
			args[i] = filepath.Join(folder, a)
		}
	}
	status = cli.Run(t.Context(), cli.Program{Args: append([]string{"fix", "--schema", "scdl/prenoms"}, args...), Stdin: strings.NewReader(text), Stdout: &stdout, Stderr: &stderr, ReadFile: os.ReadFile, Getenv: func(string) string { return "" }})
	return stdout.String(), stderr.String(), status
}

// The mended table goes elsewhere than the file, which stays as it was; it may come from
// the standard input; a name of another format, or of the file itself, is refused.
func TestFix(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "prenoms.csv")
	write := func(path string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(births), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file)
	_, said, status := mended(t, folder, "", "prenoms.csv", "-o", "repare.csv")
	got, err := os.ReadFile(filepath.Join(folder, "repare.csv"))
	if status != 0 || err != nil || !strings.Contains(string(got), "F,Ada,3,2024") {
		t.Fatalf("%d %v %s\n%s", status, err, said, got)
	}
	out, said, status := mended(t, folder, births, "-", "-o", "-")
	if status != 0 || out != string(got) {
		t.Errorf("from the standard input: %d %s\n%s", status, said, out)
	}
	if err := os.Symlink(file, filepath.Join(folder, "autre.csv")); err != nil {
		t.Fatal(err)
	}
	for _, over := range []string{"prenoms.csv", "autre.csv"} {
		if _, said, status := mended(t, folder, "", "prenoms.csv", "-o", over); status != 2 || !strings.Contains(said, "ne sera pas écrasé") {
			t.Errorf("over the file by %s: %d %s", over, status, said)
		}
	}
	if kept, err := os.ReadFile(file); err != nil || string(kept) != births {
		t.Errorf("the file has changed: %v %s", err, kept)
	}
	if _, said, status := mended(t, folder, "", "prenoms.csv", "-o", "repare.xlsx"); status != 2 || !strings.Contains(said, "socle fix écrit du CSV") {
		t.Errorf("another format: %d %s", status, said)
	}
	if _, err := os.Stat(filepath.Join(folder, "repare.xlsx")); err == nil {
		t.Error("a file of another format was made")
	}
}
