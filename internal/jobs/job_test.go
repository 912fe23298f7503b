package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

func createResults(t *testing.T, db *sqldb.DB) {
	t.Helper()
	mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE result (name TEXT NOT NULL, attempt INTEGER NOT NULL)")
		return err
	})
}

func results(t *testing.T, db *sqldb.DB) []string {
	t.Helper()
	var out []string
	ctx := context.Background()
	err := db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, "SELECT name || ' ' || CAST(attempt AS TEXT) FROM result ORDER BY name, attempt")
		if err != nil {
			return err
		}
		out, err = sqldb.Collect(rows, sqldb.Text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func complete(ctx context.Context, db *sqldb.DB, j *jobs.Job[count]) error {
	return db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO result (name, attempt) VALUES ($1, $2)", j.Args.Name, j.Attempt); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
}

// A first run, given up for dead, comes back after a second one has begun.
func TestCompleteIsAFence(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		createResults(t, db)
		r := newRunner(t, db, jobs.Options{})
		first, second, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
		var late error
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
			if j.Attempt == 1 {
				close(first)
				<-second
				late = complete(ctx, db, j)
				close(ended)
				return late
			}
			err := complete(ctx, db, j)
			close(second)
			return err
		})
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{"x"}) })
		stop := start(t, r)
		<-first
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE river_job SET state = 'available'")
			return err
		})
		<-ended
		until(t, "the job is completed", func() bool { return list(t, db, jobs.Filter{})[0].State == jobs.Completed })
		stop()
		if !errors.Is(late, jobs.ErrLost) || !errs.Is(late, errs.Conflict) {
			t.Errorf("the late run: %v", late)
		}
		if got := fmt.Sprint(results(t, db)); got != "[x 2]" {
			t.Errorf("results %s", got)
		}
	})
}

func TestUnique(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		for _, completes := range []bool{false, true} {
			r := newRunner(t, db, jobs.Options{})
			var runs atomic.Int64
			begun, goOn := make(chan struct{}, 10), make(chan struct{})
			jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
				runs.Add(1)
				begun <- struct{}{}
				<-goOn
				if completes {
					return db.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
				}
				return nil
			})
			add := func(name string) {
				mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{name}, jobs.Unique()) })
			}
			for range 3 {
				add("x") // one waits
			}
			stop := start(t, r)
			<-begun
			for range 3 {
				add("x") // one more run
			}
			goOn <- struct{}{}
			<-begun
			goOn <- struct{}{}
			until(t, "all ended", func() bool {
				for _, j := range list(t, db, jobs.Filter{}) {
					if j.State != jobs.Completed {
						return false
					}
				}
				return true
			})
			stop()
			if runs.Load() != 2 {
				t.Errorf("completes %v: %d runs", completes, runs.Load())
			}
			add("x") // not held back by those that ended
			add("y")
			close(goOn)
			drain(t, r)
			if runs.Load() != 4 {
				t.Errorf("completes %v: %d runs in the end", completes, runs.Load())
			}
		}
	})
}

type renamed struct{ ID, Title string }

func (renamed) Event() string { return "test.renamed" }

func TestEvents(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		r := newRunner(t, db, jobs.Options{FirstRetry: time.Millisecond})
		var mu sync.Mutex
		got := map[string]int{}
		listener := func(name string, failures int) {
			jobs.On(r, name, func(ctx context.Context, e renamed) error {
				mu.Lock()
				defer mu.Unlock()
				got[name+" "+e.ID+" "+e.Title]++
				if got[name+" "+e.ID+" "+e.Title] <= failures {
					return errors.New("not yet")
				}
				return nil
			})
		}
		listener("search", 0)
		listener("mail", 2)
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			return jobs.Emit(ctx, tx, renamed{"1", "écoles"})
		})
		drain(t, r)
		if fmt.Sprint(got) != "map[mail 1 écoles:3 search 1 écoles:1]" {
			t.Errorf("got %v", got)
		}
		if l := fmt.Sprint(r.Listeners()); l != "map[test.renamed:[on:test.renamed/search on:test.renamed/mail]]" {
			t.Errorf("listeners %s", l)
		}
	})
}

func TestProgress(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var offset atomic.Int64
	now := func() time.Time { return at.Add(time.Duration(offset.Load())) }
	sqldbtest.RunAt(t, now, func(t *testing.T, db *sqldb.DB) {
		offset.Store(0)
		r := newRunner(t, db, jobs.Options{})
		var seen []string
		read := func(ctx context.Context) {
			err := db.Read(ctx, func(tx *sqldb.Tx) error {
				p, err := jobs.ReadProgress(ctx, tx, "import:1")
				seen = append(seen, fmt.Sprintf("%d/%d %s %d%%", p.Done, p.Total, p.Note, p.Percent()))
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
			for i := range int64(4) {
				j.Progress(ctx, "import:1", i, 4, "reading") // the clock stands: only the first is written
			}
			read(ctx)
			offset.Add(int64(time.Second))
			j.Progress(ctx, "import:1", 3, 4, "reading")
			read(ctx)
			j.Progress(ctx, "import:1", 4, 4, "writing")
			read(ctx)
			return nil
		})
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{"x"}) })
		drain(t, r)
		if got := fmt.Sprint(seen); got != "[0/4 reading 0% 3/4 reading 75% 4/4 writing 100%]" {
			t.Errorf("seen %s", got)
		}
		err := db.Read(context.Background(), func(tx *sqldb.Tx) error {
			_, err := jobs.ReadProgress(context.Background(), tx, "import:2")
			return err
		})
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("unknown subject: %v", err)
		}
	})
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var at atomic.Int64
	now := func() time.Time { return begin.Add(time.Duration(at.Load())) }
	sqldbtest.RunAt(t, now, func(t *testing.T, db *sqldb.DB) {
		at.Store(0)
		runs := 0
		newOne := func() *jobs.Runner {
			r := newRunner(t, db, jobs.Options{})
			jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error { runs++; return nil })
			jobs.Every(r, time.Hour, count{"hourly"})
			return r
		}
		r := newOne()
		for _, step := range []struct {
			after time.Duration
			runs  int
			fresh bool // a restart
		}{
			{0, 1, false},                  // at once when new
			{0, 1, true},                   // a restart does not repeat
			{59 * time.Minute, 1, false},   //
			{time.Minute, 2, false},        // each hour
			{5 * time.Hour, 3, true},       // missed turns become one
			{59 * time.Minute, 3, false},   //
			{2 * time.Minute, 4, false},    //
			{30 * 24 * time.Hour, 5, true}, //
			{30 * time.Minute, 5, true},    //
			{31 * time.Minute, 6, false},   //
		} {
			at.Add(int64(step.after))
			if step.fresh {
				r = newOne()
			}
			for range 3 {
				if err := r.Tick(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			drain(t, r)
			if runs != step.runs {
				t.Fatalf("at %v: %d runs, not %d", now(), runs, step.runs)
			}
		}
	})
}

func TestAtWaits(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var at atomic.Int64
	now := func() time.Time { return begin.Add(time.Duration(at.Load())) }
	sqldbtest.RunAt(t, now, func(t *testing.T, db *sqldb.DB) {
		at.Store(0)
		r := newRunner(t, db, jobs.Options{})
		ran := make(chan string, 2)
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error { ran <- j.Args.Name; return nil })
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			if err := jobs.Add(ctx, tx, count{"later"}, jobs.At(begin.Add(time.Hour))); err != nil {
				return err
			}
			// As River does some seconds before the time.
			if _, err := tx.Exec(ctx, "UPDATE river_job SET state = 'available'"); err != nil {
				return err
			}
			return jobs.Add(ctx, tx, count{"now"})
		})
		drain(t, r)
		if got := <-ran; got != "now" || len(ran) > 0 {
			t.Fatalf("ran %s and %d more", got, len(ran))
		}
		at.Store(int64(time.Hour))
		start(t, r)
		if got := <-ran; got != "later" {
			t.Errorf("then ran %s", got)
		}
	})
}

func TestStopLetsJobsEnd(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		createResults(t, db)
		r := newRunner(t, db, jobs.Options{Grace: 3 * time.Second})
		begun := make(chan struct{}, 10)
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
			begun <- struct{}{}
			if j.Args.Name == "endless" {
				<-ctx.Done()
				return ctx.Err()
			}
			time.Sleep(50 * time.Millisecond)
			return complete(ctx, db, j)
		})
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			return errors.Join(jobs.Add(ctx, tx, count{"short"}), jobs.Add(ctx, tx, count{"endless"}))
		})
		stop := start(t, r)
		<-begun
		<-begun
		stop()
		if got := fmt.Sprint(results(t, db)); got != "[short 1]" {
			t.Errorf("results %s", got)
		}
		// The one that was cut waits, and no attempt was counted.
		if l := list(t, db, jobs.Filter{States: []jobs.State{jobs.Waiting}}); len(l) != 1 || l[0].Attempts != 0 {
			t.Errorf("waiting %+v", l)
		}
	})
}

func TestAdministration(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			for i := range 7 {
				if err := jobs.Add(ctx, tx, count{fmt.Sprint(i)}, jobs.At(tx.Now().Add(time.Hour))); err != nil {
					return err
				}
			}
			return nil
		})
		page := list(t, db, jobs.Filter{Limit: 3})
		next := list(t, db, jobs.Filter{Limit: 10, Before: page[2].ID, States: []jobs.State{jobs.Waiting}, Kinds: []string{"test.count"}})
		if len(page) != 3 || len(next) != 4 || next[0].ID >= page[2].ID {
			t.Fatalf("pages %v %v", page, next)
		}
		if none := list(t, db, jobs.Filter{Kinds: []string{"other"}}); len(none) != 0 {
			t.Errorf("other kind: %v", none)
		}
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Cancel(ctx, tx, page[0].ID) })
		if l := list(t, db, jobs.Filter{States: []jobs.State{jobs.Cancelled}}); len(l) != 1 || l[0].ID != page[0].ID {
			t.Errorf("cancelled %v", l)
		}
		err := write(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Retry(ctx, tx, 999999) })
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("retry of none: %v", err)
		}
		ctx := context.Background()
		err = db.Read(ctx, func(tx *sqldb.Tx) error {
			n, err := jobs.Count(ctx, tx)
			if n["scheduled"] != 6 || n["cancelled"] != 1 {
				t.Errorf("count %v", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestCancelWhileItRuns(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		r := newRunner(t, db, jobs.Options{})
		begun := make(chan int64)
		var ends atomic.Int64
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
			begun <- j.ID
			<-ctx.Done()
			return ctx.Err()
		}, jobs.OnGiveUp(func(context.Context, *jobs.Job[count], error) error { ends.Add(1); return nil }))
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{"x"}) })
		start(t, r)
		id := <-begun
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Cancel(ctx, tx, id) })
		until(t, "it is cancelled", func() bool { return list(t, db, jobs.Filter{})[0].State == jobs.Cancelled })
		if ends.Load() != 1 {
			t.Errorf("given up %d times", ends.Load())
		}
	})
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		r := newRunner(t, db, jobs.Options{})
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
			<-ctx.Done()
			return ctx.Err()
		}, jobs.Timeout(20*time.Millisecond), jobs.WorkQueue("own", 1))
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			return jobs.Add(ctx, tx, count{"x"}, jobs.MaxAttempts(1), jobs.Queue("own"))
		})
		drain(t, r)
		if l := list(t, db, jobs.Filter{}); l[0].State != jobs.Failed || l[0].ErrorKind != "busy" {
			t.Errorf("got %+v", l)
		}
	})
}

// Requests write while jobs do: nobody loses an update, nobody fails.
func TestWritersBesideJobs(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "CREATE TABLE counter (who TEXT PRIMARY KEY, n BIGINT NOT NULL)")
			return err
		})
		increment := func(ctx context.Context, tx *sqldb.Tx, who string) error {
			_, err := tx.Exec(ctx, "INSERT INTO counter (who, n) VALUES ($1, 1) ON CONFLICT (who) DO UPDATE SET n = counter.n + 1", who)
			return err
		}
		r := newRunner(t, db, jobs.Options{Workers: 4})
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
			j.Progress(ctx, "writers", 1, 0, "")
			return db.Write(ctx, func(tx *sqldb.Tx) error {
				if err := increment(ctx, tx, "jobs"); err != nil {
					return err
				}
				return j.Complete(ctx, tx)
			})
		})
		stop := start(t, r)
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := range 15 {
					err := write(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
						if err := increment(ctx, tx, "people"); err != nil {
							return err
						}
						return jobs.Add(ctx, tx, count{fmt.Sprint(w, i)})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		ctx := context.Background()
		sum := func() (got string) {
			err := db.Read(ctx, func(tx *sqldb.Tx) error {
				return tx.QueryRow(ctx, "SELECT string_agg(who || ' ' || CAST(n AS TEXT), ', ' ORDER BY who) FROM counter").Scan(&got)
			})
			if err != nil {
				t.Error(err)
			}
			return got
		}
		until(t, "all jobs done", func() bool { return sum() == "jobs 60, people 60" })
		stop()
		for _, j := range list(t, db, jobs.Filter{}) {
			if j.State != jobs.Completed || j.Attempts != 1 {
				t.Errorf("%+v", j)
			}
		}
	})
}
