package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
	"golang.org/x/sync/errgroup"

	"socle/internal/errs"
	"socle/internal/ids"
	"socle/internal/sqldb"
)

// Options of a Runner; the zero value serves.
type Options struct {
	Log *slog.Logger
	// Now is the clock of schedules and retries; the database's when nil.
	Now func() time.Time
	// Workers is how many jobs of the default queue run at once (0: twice the
	// processors, at least 4); SlowWorkers of the slow queue (0: half the
	// processors, at least 1).
	Workers, SlowWorkers int
	// Grace is how long a stopping Runner lets jobs end before it cancels their
	// context (0: 10 s).
	Grace time.Duration
	// Timeout bounds a run whose handler names none (0: 15 minutes).
	Timeout time.Duration
	// FirstRetry is the wait after a first failure (0: 1 s); it doubles.
	FirstRetry time.Duration
}

// Runner works jobs. Handle, On and Every fill it before Run.
type Runner struct {
	db        *sqldb.DB
	o         Options
	id        string // of this process among the replicas
	workers   *river.Workers
	queues    map[string]int
	listeners map[string][]string // event → kinds of the listeners' jobs
	schedules []*schedule
	stopping  atomic.Bool
	running   atomic.Bool
}

// New returns a Runner that does nothing until Run.
func New(db *sqldb.DB, o Options) (*Runner, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = db.Clock()
	}
	if o.Workers <= 0 {
		o.Workers = max(4, 2*runtime.NumCPU())
	}
	if o.SlowWorkers <= 0 {
		o.SlowWorkers = max(1, runtime.NumCPU()/2)
	}
	if o.Grace <= 0 {
		o.Grace = 10 * time.Second
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Minute
	}
	if o.FirstRetry <= 0 {
		o.FirstRetry = time.Second
	}
	r := &Runner{
		db: db, o: o, id: ids.New(),
		workers:   river.NewWorkers(),
		queues:    map[string]int{DefaultQueue: o.Workers, SlowQueue: o.SlowWorkers},
		listeners: map[string][]string{},
	}
	Handle(r, r.fanOut)
	return r, nil
}

func (r *Runner) now() time.Time {
	if r.o.Now != nil {
		return r.o.Now().UTC()
	}
	return time.Now().UTC()
}

// HandlerOption changes how the jobs of a handler are run.
type HandlerOption func(*handling)

type handling struct {
	timeout time.Duration
	queue   string
	workers int
	giveUp  func(ctx context.Context, job any, cause error) error
}

// Timeout bounds one run: the context ends then.
func Timeout(d time.Duration) HandlerOption { return func(h *handling) { h.timeout = d } }

// WorkQueue makes the Runner work a queue with n jobs at once. Jobs enter it by
// the option Queue of Add.
func WorkQueue(name string, n int) HandlerOption {
	return func(h *handling) { h.queue, h.workers = name, n }
}

// OnGiveUp is called when a job fails for good, before it is marked so: to mark
// what depended on it. It may be called twice when the process dies meanwhile.
func OnGiveUp[A Args](fn func(ctx context.Context, j *Job[A], cause error) error) HandlerOption {
	return func(h *handling) {
		h.giveUp = func(ctx context.Context, job any, cause error) error { return fn(ctx, job.(*Job[A]), cause) }
	}
}

// Handle says who works the jobs of the kind of A. It panics when the kind has
// a handler already: that is a mistake in the program.
func Handle[A Args](r *Runner, fn func(ctx context.Context, j *Job[A]) error, o ...HandlerOption) {
	var zero A
	handle(r, zero, fn, o...)
}

func handle[A Args](r *Runner, example A, fn func(ctx context.Context, j *Job[A]) error, o ...HandlerOption) {
	w := &worker[A]{r: r, fn: fn}
	for _, f := range o {
		f(&w.handling)
	}
	if w.queue != "" {
		r.queues[w.queue] = w.workers
	}
	river.AddWorkerArgs(r.workers, example, w)
}

// listenerArgs is an event on its way to one listener.
type listenerArgs struct {
	kind    string
	payload json.RawMessage
}

func (a listenerArgs) Kind() string                 { return a.kind }
func (a listenerArgs) MarshalJSON() ([]byte, error) { return a.payload, nil }
func (a *listenerArgs) UnmarshalJSON(data []byte) error {
	a.payload = append([]byte(nil), data...)
	return nil
}

// On makes a listener of an event. The listener's name is part of the database;
// fn may see an event more than once.
func On[E Event](r *Runner, listener string, fn func(ctx context.Context, e E) error) {
	var zero E
	name := zero.Event()
	kind := "on:" + name + "/" + listener
	r.listeners[name] = append(r.listeners[name], kind)
	handle(r, listenerArgs{kind: kind}, func(ctx context.Context, j *Job[listenerArgs]) error {
		var e E
		if err := json.Unmarshal(j.Args.payload, &e); err != nil {
			return GiveUp(fmt.Errorf("event %s: %w", name, err))
		}
		return fn(ctx, e)
	})
}

// Listeners returns the listeners by event, for the reference.
func (r *Runner) Listeners() map[string][]string {
	out := make(map[string][]string, len(r.listeners))
	for e, kinds := range r.listeners {
		out[e] = append([]string(nil), kinds...)
	}
	return out
}

func (r *Runner) fanOut(ctx context.Context, j *Job[eventArgs]) error {
	return r.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, kind := range r.listeners[j.Args.Name] {
			if err := Add(ctx, tx, listenerArgs{kind: kind, payload: j.Args.Payload}); err != nil {
				return err
			}
		}
		return j.Complete(ctx, tx)
	})
}

// client is what both engines' clients do.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// Run works jobs until ctx ends, then lets those in hand end. It returns an
// error when it could not start. Only one Runner may run on an SQLite file.
func (r *Runner) Run(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "jobs.Run")
	if !r.running.CompareAndSwap(false, true) {
		return errors.New("the runner runs already")
	}
	defer r.running.Store(false)
	r.stopping.Store(false)

	// What runs until the jobs have ended, longer than ctx.
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	loops, inner := errgroup.WithContext(inner)
	c, err := r.prepare(ctx, inner, loops)
	if err == nil {
		err = c.Start(inner)
	}
	if err != nil {
		cancel()
		if ctx.Err() != nil { // it was told to stop before it had started
			err = nil
		}
		return errors.Join(err, ignoreCanceled(loops.Wait()))
	}
	loops.Go(func() error { return r.tickUntil(ctx) })

	select {
	case <-ctx.Done():
	case <-inner.Done(): // a loop failed
	}
	r.stopping.Store(true)
	stopCtx, stopped := context.WithTimeout(context.WithoutCancel(ctx), r.o.Grace+20*time.Second)
	defer stopped()
	err = c.Stop(stopCtx)
	cancel()
	return errors.Join(err, ignoreCanceled(loops.Wait()))
}

const drainPoll = 5 * time.Millisecond

// Drain runs until no job is ready or running, then stops: for tests and for
// commands that must leave nothing behind. Jobs kept for later stay.
func (r *Runner) Drain(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "jobs.Drain")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t := time.NewTicker(drainPoll)
	defer t.Stop()
	for {
		select {
		case err := <-ended:
			return errors.Join(err, ctx.Err())
		case <-t.C:
		}
		busy, err := r.busy(ctx)
		if err != nil || !busy {
			cancel()
			return errors.Join(err, <-ended)
		}
	}
}

// busy reports whether a job is running or due. River calls a job available some
// seconds before its time.
func (r *Runner) busy(ctx context.Context) (busy bool, err error) {
	err = r.db.Read(ctx, func(tx *sqldb.Tx) error {
		var running int64
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM river_job WHERE state IN ('running', 'pending')").Scan(&running); err != nil {
			return err
		}
		var next sql.NullTime // River's columns hold dates, not the numbers of sqldb
		err := tx.QueryRow(ctx, "SELECT scheduled_at FROM river_job WHERE state = 'available' ORDER BY scheduled_at LIMIT 1").Scan(&next)
		if errs.Is(err, errs.NotFound) {
			busy = running > 0
			return nil
		}
		busy = running > 0 || !next.Time.After(r.now())
		return err
	})
	return busy, err
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// prepare takes back what a dead process left and builds the client.
func (r *Runner) prepare(ctx, inner context.Context, loops *errgroup.Group) (client, error) {
	if r.db.Engine() == sqldb.SQLite {
		if err := r.takeBackAll(ctx); err != nil {
			return nil, err
		}
		return river.NewClient(riversqlite.New(r.db.Writer()), r.config())
	}
	alive, err := r.announce(ctx)
	if err != nil {
		return nil, err
	}
	loops.Go(func() error { return r.watchReplicas(inner, alive) })
	return river.NewClient(riverpgxv5.New(r.db.Pool()), r.config())
}

func (r *Runner) config() *river.Config {
	cfg := &river.Config{
		ID:                r.id,
		Logger:            slog.New(warnings{r.o.Log.Handler()}),
		Queues:            map[string]river.QueueConfig{},
		Workers:           r.workers,
		MaxAttempts:       defaultMaxAttempts,
		JobTimeout:        r.o.Timeout,
		SoftStopTimeout:   r.o.Grace,
		RetryPolicy:       r,
		FetchCooldown:     10 * time.Millisecond,
		FetchPollInterval: time.Second,
		// What failed stays for someone to look at.
		DiscardedJobRetentionPeriod: 90 * 24 * time.Hour,
		CancelledJobRetentionPeriod: 30 * 24 * time.Hour,
		CompletedJobRetentionPeriod: 24 * time.Hour,
		// A dead replica's jobs are taken back within seconds (rescue.go); this
		// is for a handler that never ends.
		RescueStuckJobsAfter: max(r.o.Timeout, 5*time.Hour) + time.Hour,
	}
	if r.db.Engine() == sqldb.SQLite {
		cfg.FetchCooldown = 5 * time.Millisecond
		cfg.FetchPollInterval = 500 * time.Millisecond
	}
	for name, n := range r.queues {
		cfg.Queues[name] = river.QueueConfig{MaxWorkers: n}
	}
	if r.o.Now != nil {
		cfg.Test.Time = clock{r.o.Now}
		// It measures with the machine's clock what another one wrote.
		cfg.RescueStuckJobsAfter = 100 * 365 * 24 * time.Hour
	}
	return cfg
}

const longestRetry = 10 * time.Minute

// NextRetry makes Runner River's retry policy: the wait doubles and is spread
// by a fifth.
func (r *Runner) NextRetry(job *rivertype.JobRow) time.Time {
	wait := longestRetry
	if n := max(job.Attempt, 1) - 1; n < 20 {
		wait = min(r.o.FirstRetry<<n, longestRetry)
	}
	return r.now().Add(wait + rand.N(wait/5+1))
}

// clock gives River the injected time.
type clock struct{ now func() time.Time }

func (c clock) Now() time.Time       { return c.now() }
func (c clock) NowOrNil() *time.Time { t := c.now().UTC(); return &t }

// warnings drops River's chatter.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}
func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }
func (w warnings) WithGroup(g string) slog.Handler      { return warnings{w.Handler.WithGroup(g)} }
