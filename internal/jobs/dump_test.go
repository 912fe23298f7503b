package jobs_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// What waits goes along with a dump, to the other engine too.
func TestDump(t *testing.T) {
	t.Parallel()
	other := map[sqldb.Engine]sqldb.Engine{sqldb.SQLite: sqldb.PostgreSQL, sqldb.PostgreSQL: sqldb.SQLite}
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		at := time.Now().Add(48 * time.Hour).Truncate(time.Microsecond).UTC()
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{"ended"}) })
		first := newRunner(t, db, jobs.Options{})
		jobs.Handle(first, func(context.Context, *jobs.Job[count]) error { return nil })
		drain(t, first)
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			for _, name := range []string{"a", "b"} {
				if err := jobs.Add(ctx, tx, count{name}, jobs.Unique(), jobs.Priority(2)); err != nil {
					return err
				}
			}
			if err := jobs.Emit(ctx, tx, renamed{"1", "é"}); err != nil {
				return err
			}
			return jobs.Add(ctx, tx, count{"later"}, jobs.At(at), jobs.Queue(jobs.SlowQueue), jobs.MaxAttempts(3))
		})
		ctx := context.Background()
		var buf bytes.Buffer
		if err := db.Dump(ctx, &buf, jobs.Part()); err != nil {
			t.Fatal(err)
		}

		copied := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.Empty(t, other[db.Engine()])})
		if err := jobs.Migrate(ctx, copied); err != nil {
			t.Fatal(err)
		}
		if err := copied.Load(ctx, &buf, jobs.Part()); err != nil {
			t.Fatal(err)
		}
		// Still unique.
		mustWrite(t, copied, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{"b"}, jobs.Unique()) })
		var mu sync.Mutex
		var ran []string
		note := func(s string) { mu.Lock(); defer mu.Unlock(); ran = append(ran, s) }
		r := newRunner(t, copied, jobs.Options{})
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error { note(j.Args.Name); return nil })
		jobs.On(r, "x", func(ctx context.Context, e renamed) error { note(e.ID + e.Title); return nil })
		drain(t, r)
		slices.Sort(ran)
		if fmt.Sprint(ran) != "[1é a b]" {
			t.Errorf("ran %v", ran)
		}
		l := list(t, copied, jobs.Filter{States: []jobs.State{jobs.Waiting}})
		if len(l) != 1 || l[0].Queue != jobs.SlowQueue || l[0].MaxAttempts != 3 || l[0].Due.Sub(at).Abs() > time.Millisecond {
			t.Errorf("later: %+v, not %v", l, at)
		}
	})
}

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	for _, e := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(e), func(t *testing.T) {
			db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.Empty(t, e)})
			ctx := context.Background()
			var wg sync.WaitGroup
			for range 3 { // replicas that start together
				wg.Go(func() {
					if e == sqldb.SQLite {
						return
					}
					if err := db.Migrate(ctx); err != nil {
						t.Error(err)
					}
					if err := jobs.Migrate(ctx, db); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			for range 2 {
				if err := db.Migrate(ctx); err != nil {
					t.Fatal(err)
				}
				if err := jobs.Migrate(ctx, db); err != nil {
					t.Fatal(err)
				}
			}
			mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{"x"}) })
		})
	}
}
