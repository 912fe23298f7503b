package sqldb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"socle/internal/errs"
)

// Backup writes a complete copy of a running SQLite database to the new file
// dst. Readers and the writer go on. On PostgreSQL use Dump.
// Kinds: Invalid (PostgreSQL, dst exists), Busy (disk full, rights).
func (db *DB) Backup(ctx context.Context, dst string) (err error) {
	defer errs.Wrap(&err, "sqldb.Backup")
	if db.engine != SQLite {
		return errs.New(errs.Invalid, "sqldb.backup.engine").WithHint("sqldb.backup.engine.hint")
	}
	if _, err := os.Stat(dst); err == nil {
		return errs.New(errs.Invalid, "sqldb.backup.exists").WithHint("sqldb.backup.exists.hint")
	}
	part := dst + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return mapOpenError(err)
	}
	defer os.Remove(part)
	// A handle of its own: the readers' may not write, the writer's would wait.
	h, err := openSQLiteHandle(sqliteDSN(db.path, true, false), 1)
	if err != nil {
		return err
	}
	defer h.Close()
	if _, err := h.ExecContext(ctx, "VACUUM INTO $1", part); err != nil {
		return db.wrap(ctx, err, true)
	}
	if err := errors.Join(os.Chmod(part, 0o600), syncPath(part)); err != nil {
		return mapOpenError(err)
	}
	if err := os.Rename(part, dst); err != nil {
		return mapOpenError(err)
	}
	return syncPath(filepath.Dir(dst))
}

// syncPath makes a file's bytes, or a folder's names, survive a power cut.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sqldb: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}
