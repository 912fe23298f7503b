package app

import (
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"socle/internal/config"
	"socle/internal/errs"
	"socle/internal/i18n"
)

func TestLockData(t *testing.T) {
	c := &config.Config{Data: filepath.Join(t.TempDir(), "data")}
	release, err := lockData(c)
	if err != nil {
		t.Fatal(err)
	}
	err = serve(t.Context(), c, io.Discard, slog.New(slog.DiscardHandler))
	if !errs.Is(err, errs.Conflict) {
		t.Fatalf("a second portal on the same folder: %v", err)
	}
	for _, l := range []i18n.Lang{i18n.French, i18n.English} {
		e := errs.As(err)
		said := i18n.T(l, e.Key, e.Args) + i18n.T(l, e.Hint, e.Args)
		if !strings.Contains(said, c.Data) || !strings.Contains(said, "--data") {
			t.Errorf("%s: %q", l, said)
		}
	}
	elsewhere := &config.Config{Data: filepath.Join(t.TempDir(), "data")}
	free, err := lockData(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	shared := &config.Config{Data: c.Data, DatabaseURL: "postgres://localhost/socle"}
	none, err := lockData(shared)
	if err != nil {
		t.Fatalf("on PostgreSQL several portals may run: %v", err)
	}
	for _, f := range []func() error{free, none, release} {
		if err := f(); err != nil {
			t.Error(err)
		}
	}
	again, err := lockData(c)
	if err != nil {
		t.Fatalf("after its end, the lock is still held: %v", err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
}
