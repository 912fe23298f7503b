package jobs_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// orphan marks the only job as running in a process that is gone.
func orphan(t *testing.T, db *sqldb.DB, attempt int) {
	t.Helper()
	by := "'[\"gone\"]'"
	if db.Engine() == sqldb.PostgreSQL {
		by = "ARRAY['gone']"
	}
	mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE river_job SET state = 'running', attempt = $1, attempted_at = CURRENT_TIMESTAMP, attempted_by = "+by, attempt)
		if n != 1 {
			t.Errorf("%d orphans", n)
		}
		return err
	})
}

func TestOrphansRunAgain(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{"x"}) })
		orphan(t, db, 1)
		r := newRunner(t, db, jobs.Options{})
		attempts := make(chan int, 1)
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error { attempts <- j.Attempt; return nil })
		drain(t, r)
		if n := <-attempts; n != 2 {
			t.Errorf("attempt %d", n)
		}
	})
}

// A job that takes its process down each time must not do so for ever.
func TestOrphanOfTheLastAttemptFails(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			return jobs.Add(ctx, tx, count{"x"}, jobs.MaxAttempts(2))
		})
		orphan(t, db, 2)
		r := newRunner(t, db, jobs.Options{})
		ended := 0
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error { t.Error("it runs"); return nil },
			jobs.OnGiveUp(func(context.Context, *jobs.Job[count], error) error { ended++; return nil }))
		drain(t, r)
		if l := list(t, db, jobs.Filter{}); l[0].State != jobs.Failed || ended != 1 {
			t.Errorf("%+v, ended %d times", l, ended)
		}
	})
}

// Replicas share the work, and none takes jobs from one that lives.
func TestReplicas(t *testing.T) {
	t.Parallel()
	url := sqldbtest.URL(t, sqldb.PostgreSQL)
	db := sqldbtest.Open(t, sqldb.Options{URL: url})
	createResults(t, db)
	var mu sync.Mutex
	by := map[int]int{}
	hold := make(chan struct{})
	var replicas []*jobs.Runner
	for i := range 3 {
		own := sqldbtest.Open(t, sqldb.Options{URL: url})
		r := newRunner(t, own, jobs.Options{Workers: 2})
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
			mu.Lock()
			by[i]++
			mu.Unlock()
			<-hold
			return complete(ctx, own, j)
		})
		start(t, r)
		replicas = append(replicas, r)
	}
	mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		for i := range 6 {
			if err := jobs.Add(ctx, tx, count{fmt.Sprint(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	until(t, "each replica works", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(by) == 3
	})
	for _, r := range replicas {
		if err := r.TakeBackDead(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	close(hold)
	until(t, "all done", func() bool { return len(results(t, db)) >= 6 })
	time.Sleep(50 * time.Millisecond)
	if got := fmt.Sprint(results(t, db)); got != "[0 1 1 1 2 1 3 1 4 1 5 1]" {
		t.Errorf("results %s", got)
	}
}
