package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

type count struct {
	Name string `json:"name"`
}

func (count) Kind() string { return "test.count" }

func newRunner(t *testing.T, db *sqldb.DB, o jobs.Options) *jobs.Runner {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError + 1}))
	}
	r, err := jobs.New(db, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) { w.t.Log(string(p)); return len(p), nil }

// start runs r until the test ends.
func start(t *testing.T, r *jobs.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func drain(t *testing.T, r *jobs.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := r.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, db *sqldb.DB, fn func(ctx context.Context, tx *sqldb.Tx) error) error {
	t.Helper()
	ctx := context.Background()
	return db.Write(ctx, func(tx *sqldb.Tx) error { return fn(ctx, tx) })
}

func mustWrite(t *testing.T, db *sqldb.DB, fn func(ctx context.Context, tx *sqldb.Tx) error) {
	t.Helper()
	if err := write(t, db, fn); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, db *sqldb.DB, f jobs.Filter) []jobs.Record {
	t.Helper()
	var out []jobs.Record
	ctx := context.Background()
	err := db.Read(ctx, func(tx *sqldb.Tx) (err error) { out, err = jobs.List(ctx, tx, f); return err })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// until waits for something that another goroutine does.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestAddIsTransactional(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		r := newRunner(t, db, jobs.Options{})
		var mu sync.Mutex
		var got []string
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, j.Args.Name)
			return nil
		})
		stop := errors.New("no")
		err := write(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			if err := jobs.Add(ctx, tx, count{"rolled back"}); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{"kept"}) })
		drain(t, r)
		if fmt.Sprint(got) != "[kept]" {
			t.Errorf("ran %v", got)
		}
		if l := list(t, db, jobs.Filter{}); len(l) != 1 || l[0].State != jobs.Completed || l[0].Kind != "test.count" || string(l[0].Args) != `{"name": "kept"}` && string(l[0].Args) != `{"name":"kept"}` {
			t.Errorf("list %+v", l)
		}
	})
}

func TestRetryThenSuccess(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		r := newRunner(t, db, jobs.Options{FirstRetry: time.Millisecond})
		var runs atomic.Int64
		jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
			if n := runs.Add(1); int(n) != j.Attempt {
				t.Errorf("run %d is attempt %d", n, j.Attempt)
			}
			switch j.Attempt {
			case 1:
				return errs.New(errs.Busy, "errs.busy")
			case 2:
				panic("second")
			}
			return nil
		})
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Add(ctx, tx, count{"x"}) })
		drain(t, r)
		l := list(t, db, jobs.Filter{})
		if runs.Load() != 3 || l[0].State != jobs.Completed {
			t.Errorf("%d runs, %+v", runs.Load(), l)
		}
	})
}

func TestFailsForGood(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		runs int
	}{
		"out of attempts": {errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint"), 2},
		"given up":        {jobs.GiveUp(errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint")), 1},
	} {
		t.Run(name, func(t *testing.T) {
			sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
				r := newRunner(t, db, jobs.Options{FirstRetry: time.Millisecond})
				var runs, ends int
				var well atomic.Bool
				jobs.Handle(r, func(ctx context.Context, j *jobs.Job[count]) error {
					runs++
					if well.Load() {
						return nil
					}
					return tc.err
				}, jobs.OnGiveUp(func(ctx context.Context, j *jobs.Job[count], cause error) error {
					ends++
					if !errs.Is(cause, errs.Busy) || j.Args.Name != "x" {
						t.Errorf("given up %v for %v", j.Args, cause)
					}
					return nil
				}))
				mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
					return jobs.Add(ctx, tx, count{"x"}, jobs.MaxAttempts(2))
				})
				drain(t, r)
				l := list(t, db, jobs.Filter{States: []jobs.State{jobs.Failed}})
				if runs != tc.runs || ends != 1 || len(l) != 1 || l[0].ErrorKind != "busy" || l[0].ErrorKey != "errs.busy" || l[0].ErrorHint != "errs.busy.hint" || l[0].ErrorAt.IsZero() {
					t.Fatalf("%d runs, %d ends, %+v", runs, ends, l)
				}
				well.Store(true)
				mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return jobs.Retry(ctx, tx, l[0].ID) })
				drain(t, r)
				if l := list(t, db, jobs.Filter{}); l[0].State != jobs.Completed {
					t.Errorf("after the retry: %+v", l)
				}
			})
		})
	}
}
