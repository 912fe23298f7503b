package jobs

import (
	"context"
	"log/slog"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// migrationLock is the advisory lock that one replica holds while it migrates.
const migrationLock = 0x50C2

// Migrate makes River's tables, or brings them to the version of this program.
// Call it after sqldb.DB.Migrate, which makes those of this package.
func Migrate(ctx context.Context, db *sqldb.DB) (err error) {
	defer errs.Wrap(&err, "jobs.Migrate")
	o := &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)}
	if db.Engine() == sqldb.SQLite {
		m, err := rivermigrate.New(riversqlite.New(db.Writer()), o)
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	conn, err := db.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	defer func() {
		// The connection's end frees the lock.
		_ = conn.Conn().Close(context.WithoutCancel(ctx))
		conn.Release()
	}()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return err
	}
	m, err := rivermigrate.New(riverpgxv5.New(db.Pool()), o)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
