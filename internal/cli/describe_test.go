package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socle/internal/cli"
)

// What may be about persons is told with its rule and the ways out.
func TestDescribeTellsOfPersons(t *testing.T) {
	file := filepath.Join(t.TempDir(), "usagers.csv")
	if err := os.WriteFile(file, []byte("Nom;Prénom;Nombre\nMartin;Léa;3\nDurand;Paul;8\nPetit;Anne;1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status := cli.Run(t.Context(), cli.Program{Args: []string{"describe", file}, Stdout: &stdout, Stderr: &stderr, ReadFile: os.ReadFile, Getenv: func(string) string { return "" }})
	for _, want := range []string{"Noms de personnes : Nom, Prénom.", "D. 312-1-3", "– Retirez la colonne du fichier publié."} {
		if text := strings.ReplaceAll(stdout.String(), "\u00a0", " "); status != 0 || !strings.Contains(text, want) {
			t.Errorf("%d, without %q: %s%s", status, want, text, stderr.String())
		}
	}
}
