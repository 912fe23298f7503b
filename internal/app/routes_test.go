package app

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"socle/internal/config"
)

var update = flag.Bool("update", false, "write the expected results again")

// testApp is the whole application on a folder of the test.
func testApp(t *testing.T, args ...string) *App {
	t.Helper()
	c, err := config.Load(config.Sources{Args: append([]string{"--data", t.TempDir(), "--auth-breached-url=none"}, args...), Env: func(string) string { return "" }, ReadFile: os.ReadFile})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Build(t.Context(), c, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// Every route and who may call it: a change here is a change of rights.
func TestRoutes(t *testing.T) {
	a := testApp(t)
	if _, err := a.Handler(prometheus.NewRegistry()); err != nil {
		t.Fatal(err)
	}
	got := a.shell.Table()
	path := filepath.Join("testdata", "routes.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as expected (go test ./internal/app -update writes it again); now:\n%s", path, got)
	}
}
