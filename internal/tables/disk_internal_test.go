package tables

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// A disk that is full is told on the import that waits, and only that.
func TestFullDisk(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		s := &Service{db: db, log: slog.New(slog.DiscardHandler), now: time.Now}
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO imports (id, upload, organisation, person, name, original, original_size, settings, revision, state, created_at, changed_at)
				VALUES ('i', 'u', 'o', 'p', 'f.csv', 'h', 1, '{}', 1, 'queued', $1, $1)`, tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			err  error
			want string
		}{
			{errors.New("cut"), ""},
			{errs.New(errs.Busy, "errs.busy"), ""},
			{fmt.Errorf("write: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), "tables.import.disk-full"},
			{errs.New(errs.Busy, "blob.disk-full"), "tables.import.disk-full"},
		} {
			w := &reading{Service: s, i: Import{ID: "i", Revision: 1}}
			w.tellFullDisk(t.Context(), c.err)
			i, err := s.FindImport(t.Context(), identity.System("test"), "i")
			if err != nil || i.State != Queued {
				t.Fatalf("%+v %v", i, err)
			}
			got := ""
			if i.Failure != nil {
				got = i.Failure.Key
			}
			if got != c.want {
				t.Errorf("%v: told %q, not %q", c.err, got, c.want)
			}
		}
	})
}
