package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"socle/internal/sqldb"
)

// takeBackAll makes the jobs of a process that died ready again: on SQLite there
// is one process, so whatever is marked as running is not. The leader's row
// would outlive the process by some 15 s.
func (r *Runner) takeBackAll(ctx context.Context) error {
	return r.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM river_leader"); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running'")
		if n > 0 {
			r.o.Log.InfoContext(ctx, "jobs of the last process start again", "count", n)
		}
		return err
	})
}

// A replica on PostgreSQL holds an advisory lock of this class and of its name
// as long as it lives: the server frees it when the connection ends, however
// the process ended.
const replicaLock = 0x50C1

const (
	watchEvery = 5 * time.Second
	sqlLock    = "SELECT pg_advisory_lock($1, hashtext($2))"
	sqlTryLock = "SELECT pg_try_advisory_xact_lock($1, hashtext($2))"
	sqlOwners  = `SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] FROM river_job WHERE state = 'running' AND attempted_by IS NOT NULL`
	sqlTake    = `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`
)

// announce takes the lock of this replica on a connection of its own.
func (r *Runner) announce(ctx context.Context) (*pgxpool.Conn, error) {
	conn, err := r.db.Pool().Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, sqlLock, replicaLock, r.id); err != nil {
		conn.Release()
		return nil, err
	}
	return conn, nil
}

// watchReplicas keeps this replica's lock and takes back the jobs of those
// whose lock is free.
func (r *Runner) watchReplicas(ctx context.Context, alive *pgxpool.Conn) error {
	defer func() {
		if alive != nil {
			// Not to go back to the pool with its lock.
			_ = alive.Conn().Close(context.WithoutCancel(ctx))
			alive.Release()
		}
	}()
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	for {
		if err := r.takeBackDead(ctx); err != nil && ctx.Err() == nil {
			r.o.Log.WarnContext(ctx, "jobs of dead replicas could not be taken back", "cause", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		if alive != nil && alive.Ping(ctx) == nil {
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		if alive != nil {
			alive.Release()
		}
		var err error
		if alive, err = r.announce(ctx); err != nil && ctx.Err() == nil {
			r.o.Log.WarnContext(ctx, "this replica could not say that it lives", "cause", err)
		}
	}
}

func (r *Runner) takeBackDead(ctx context.Context) error {
	return r.db.Write(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, sqlOwners)
		if err != nil {
			return err
		}
		owners, err := sqldb.Collect(rows, sqldb.Text)
		if err != nil {
			return err
		}
		for _, owner := range owners {
			var dead bool
			if err := tx.QueryRow(ctx, sqlTryLock, replicaLock, owner).Scan(&dead); err != nil {
				return err
			}
			if !dead {
				continue
			}
			n, err := tx.Exec(ctx, sqlTake, owner)
			if err != nil {
				return err
			}
			r.o.Log.InfoContext(ctx, "jobs of a dead replica start again", "replica", owner, "count", n)
		}
		return nil
	})
}
