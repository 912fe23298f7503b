package tables_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socle/internal/blob"
	"socle/internal/blob/blobtest"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// A check is found by its link alone, for a day; then nothing names its blobs.
func TestSharedCheck(t *testing.T) {
	at := time.Date(2025, 5, 5, 10, 0, 0, 0, time.UTC)
	sqldbtest.RunAt(t, func() time.Time { return at }, func(t *testing.T, db *sqldb.DB) {
		at = time.Date(2025, 5, 5, 10, 0, 0, 0, time.UTC)
		ctx, anyone := t.Context(), identity.Actor{}
		blobs := blobtest.Open(t, blob.Options{URL: "file://" + t.TempDir()})
		s := tables.New(tables.Options{DB: db, Blobs: blobs, Temp: t.TempDir()})
		path := filepath.Join(t.TempDir(), "f.csv")
		if err := os.WriteFile(path, []byte("code;pose\nA;31/12/2024\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		report := checked(t, path)
		c, err := s.ShareCheck(ctx, anyone, path, "C:\\dossier\\fontaines.csv", tables.Settings{Schema: "x/y@1"}, report)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.ID) < 32 || c.Name != "fontaines.csv" || c.Valid() || !c.ExpiresAt.Equal(at.Add(24*time.Hour)) {
			t.Errorf("%+v", c)
		}
		secretIsNotKept(t, db, c.ID)

		found, err := s.FindSharedCheck(ctx, anyone, c.ID)
		if err != nil || found.Name != c.Name || found.Errors != 1 || found.Rows != 1 || found.Schema != "x/y@1" {
			t.Fatalf("%+v %v", found, err)
		}
		again, err := s.SharedReport(ctx, found)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := again.Message(i18n.French, &again.Errors[0]), report.Message(i18n.French, &report.Errors[0]); got != want {
			t.Errorf("the report says %q, not %q", got, want)
		}
		f, closer, err := s.SharedFile(ctx, found)
		if err != nil || strings.Join(f.Header, ",") != "code,pose" {
			t.Errorf("%v %v", f, err)
		}
		_ = closer.Close()
		if n := named(t, s); n != 2 {
			t.Errorf("%d blobs are named, not 2", n)
		}
		if _, err := s.FindSharedCheck(ctx, anyone, c.ID+"x"); !errs.Is(err, errs.NotFound) {
			t.Errorf("another link: %v", err)
		}

		at = at.Add(tables.SharedCheckLife)
		if _, err := s.FindSharedCheck(ctx, anyone, c.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("after its time: %v", err)
		}
		runner, err := jobs.New(db, jobs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Handle(runner)
		if err := db.Write(ctx, func(tx *sqldb.Tx) error { return jobs.Add(ctx, tx, tables.ExpireUploads()) }); err != nil {
			t.Fatal(err)
		}
		if err := runner.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if n := named(t, s); n != 0 {
			t.Errorf("%d blobs are still named", n)
		}
	})
}

func TestForgetSharedCheck(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	s := tables.New(tables.Options{DB: db, Blobs: blobtest.Open(t, blob.Options{URL: "file://" + t.TempDir()}), Temp: t.TempDir()})
	path := filepath.Join(t.TempDir(), "f.csv")
	if err := os.WriteFile(path, []byte("code;pose\nA;2024-12-31\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := s.ShareCheck(t.Context(), identity.Actor{}, path, "f.csv", tables.Settings{Schema: "x/y@1"}, checked(t, path))
	if err != nil || !c.Valid() {
		t.Fatalf("%+v %v", c, err)
	}
	if err := s.ForgetSharedCheck(t.Context(), identity.Actor{}, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.FindSharedCheck(t.Context(), identity.Actor{}, c.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("after it was forgotten: %v", err)
	}
}

func checked(t *testing.T, path string) *check.Report {
	t.Helper()
	sch, err := schema.Parse([]byte(`{"fields": [{"name": "code", "type": "string"}, {"name": "pose", "type": "date"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	src, err := tabular.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	f, err := tabular.Open(t.Context(), src, tabular.Options{Name: "f.csv"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := check.Run(t.Context(), f, sch, check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func named(t *testing.T, s *tables.Service) (n int) {
	t.Helper()
	if err := s.ReferencedBlobs(t.Context(), func(blob.Hash) { n++ }); err != nil {
		t.Fatal(err)
	}
	return n
}

func secretIsNotKept(t *testing.T, db *sqldb.DB, secret string) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *sqldb.Tx) error {
		var n int
		if err := tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM shared_checks WHERE id = $1`, secret).Scan(&n); err != nil {
			return err
		}
		if n != 0 {
			t.Error("the link itself is in the database")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
