package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// Args are what a job is to work on, kept as JSON. Kind names the handler: it
// is part of the database and never changes.
type Args interface{ Kind() string }

// Event is something that happened in a domain, kept as JSON. Event names it,
// as "catalogue.renamed"; the name is part of the database.
type Event interface{ Event() string }

// Names of queues. A queue has workers of its own, so that long jobs leave
// short ones a way through.
const (
	DefaultQueue = "default"
	SlowQueue    = "slow"
)

const defaultMaxAttempts = 8

// Option changes how a job is added.
type Option func(*river.InsertOpts)

// At keeps the job until then (some seconds late at most).
func At(t time.Time) Option { return func(o *river.InsertOpts) { o.ScheduledAt = t.UTC() } }

// Unique adds the job only when none with the same kind and args waits. When
// one is running already, it runs once more after: what changed since it
// started is not missed.
func Unique() Option {
	return func(o *river.InsertOpts) {
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}}
	}
}

// Queue puts the job in a queue other than the default.
func Queue(name string) Option { return func(o *river.InsertOpts) { o.Queue = name } }

// Priority is 1 (first, the default) to 4 (last) within the queue.
func Priority(p int) Option { return func(o *river.InsertOpts) { o.Priority = p } }

// MaxAttempts is how often the job is tried before it fails for good.
func MaxAttempts(n int) Option { return func(o *river.InsertOpts) { o.MaxAttempts = n } }

// Add enqueues a job: it exists once the transaction commits.
func Add(ctx context.Context, tx *sqldb.Tx, args Args, opts ...Option) (err error) {
	defer errs.Wrap(&err, "jobs.Add(%s)", args.Kind())
	res, err := insert(ctx, tx, args, newInsertOpts(opts...))
	if err != nil {
		return err
	}
	if res.UniqueSkippedAsDuplicate && res.Job.State == rivertype.JobStateRunning {
		_, err = tx.Exec(ctx, "INSERT INTO job_again (job) VALUES ($1) ON CONFLICT (job) DO NOTHING", res.Job.ID)
	}
	return err
}

func newInsertOpts(opts ...Option) *river.InsertOpts {
	o := &river.InsertOpts{MaxAttempts: defaultMaxAttempts}
	for _, f := range opts {
		f(o)
	}
	return o
}

// eventArgs is the job that hands an event to its listeners.
type eventArgs struct {
	Name    string          `json:"name"`
	Payload json.RawMessage `json:"payload"`
}

func (eventArgs) Kind() string { return "event" }

// Emit writes an event in the transaction of what happened. Each listener that
// the running program knows gets it as a job.
func Emit(ctx context.Context, tx *sqldb.Tx, e Event) (err error) {
	defer errs.Wrap(&err, "jobs.Emit(%s)", e.Event())
	payload, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return Add(ctx, tx, eventArgs{Name: e.Event(), Payload: payload})
}

// The clients that only insert need no database handle and keep no state.
var (
	sqliteInserter   = sync.OnceValues(func() (*river.Client[*sql.Tx], error) { return newSQLiteInserter(nil) })
	postgresInserter = sync.OnceValues(func() (*river.Client[pgx.Tx], error) { return newPostgresInserter(nil) })
)

func newSQLiteInserter(now func() time.Time) (*river.Client[*sql.Tx], error) {
	return river.NewClient(riversqlite.New(nil), inserterConfig(now))
}

func newPostgresInserter(now func() time.Time) (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(nil), inserterConfig(now))
}

// inserterConfig leaves the time to the database unless a clock is injected.
func inserterConfig(now func() time.Time) *river.Config {
	cfg := &river.Config{
		Logger: slog.New(slog.DiscardHandler),
		// River tells the workers of a queue once in this time only: what is
		// added meanwhile, or after a transaction that was rolled back, would
		// wait for their next poll.
		FetchCooldown: time.Millisecond,
	}
	if now != nil {
		cfg.Test.Time = clock{now}
	}
	return cfg
}

// inserter is what both clients do in a transaction.
type inserter[TTx any] interface {
	InsertTx(context.Context, TTx, river.JobArgs, *river.InsertOpts) (*rivertype.JobInsertResult, error)
	JobListTx(context.Context, TTx, *river.JobListParams) (*river.JobListResult, error)
	JobGetTx(context.Context, TTx, int64) (*rivertype.JobRow, error)
	JobRetryTx(context.Context, TTx, int64) (*rivertype.JobRow, error)
	JobCancelTx(context.Context, TTx, int64) (*rivertype.JobRow, error)
}

// boundClient is an inserter with its transaction.
type boundClient struct {
	insert func(context.Context, river.JobArgs, *river.InsertOpts) (*rivertype.JobInsertResult, error)
	list   func(context.Context, *river.JobListParams) (*river.JobListResult, error)
	get    func(context.Context, int64) (*rivertype.JobRow, error)
	retry  func(context.Context, int64) (*rivertype.JobRow, error)
	cancel func(context.Context, int64) (*rivertype.JobRow, error)
}

func bindTo[TTx any](c inserter[TTx], tx TTx) boundClient {
	return boundClient{
		insert: func(ctx context.Context, a river.JobArgs, o *river.InsertOpts) (*rivertype.JobInsertResult, error) {
			return c.InsertTx(ctx, tx, a, o)
		},
		list: func(ctx context.Context, p *river.JobListParams) (*river.JobListResult, error) {
			return c.JobListTx(ctx, tx, p)
		},
		get:    func(ctx context.Context, id int64) (*rivertype.JobRow, error) { return c.JobGetTx(ctx, tx, id) },
		retry:  func(ctx context.Context, id int64) (*rivertype.JobRow, error) { return c.JobRetryTx(ctx, tx, id) },
		cancel: func(ctx context.Context, id int64) (*rivertype.JobRow, error) { return c.JobCancelTx(ctx, tx, id) },
	}
}

func bind(tx *sqldb.Tx) (boundClient, error) {
	if tx.Engine() == sqldb.SQLite {
		c, err := sqliteInserter()
		if tx.InjectedClock() {
			c, err = newSQLiteInserter(tx.Now)
		}
		if err != nil {
			return boundClient{}, err
		}
		return bindTo(c, tx.SQL()), nil
	}
	c, err := postgresInserter()
	if tx.InjectedClock() {
		c, err = newPostgresInserter(tx.Now)
	}
	if err != nil {
		return boundClient{}, err
	}
	return bindTo(c, tx.Pgx()), nil
}

func insert(ctx context.Context, tx *sqldb.Tx, args river.JobArgs, o *river.InsertOpts) (*rivertype.JobInsertResult, error) {
	c, err := bind(tx)
	if err != nil {
		return nil, err
	}
	res, err := c.insert(ctx, args, o)
	if err != nil {
		return nil, fmt.Errorf("insert: %w", err)
	}
	return res, nil
}
