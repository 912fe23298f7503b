package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// Job is one run of a job.
type Job[A Args] struct {
	// ID tells jobs apart while they exist; it may be used again later, so no
	// data is keyed by it.
	ID          int64
	Attempt     int // from 1
	MaxAttempts int
	Created     time.Time
	Args        A

	r     *Runner
	river *river.Job[A]

	mu       sync.Mutex
	done     bool                 // completed by the handler
	progress map[string]time.Time // subject → when it was last written
}

// ErrLost says that another run of the job has taken over: this one must not
// write its result.
var ErrLost = errors.New("jobs: another run has taken this job over")

// Complete marks the job as done in the transaction that writes its result, so
// that both happen or none. It fails, and the transaction with it, when another
// run has taken the job over. Call it last; the handler then returns nil.
func (j *Job[A]) Complete(ctx context.Context, tx *sqldb.Tx) (err error) {
	defer errs.Wrap(&err, "jobs.Complete(%s)", j.Args.Kind())
	// The fence: a run that was given up for dead finds its row changed.
	n, err := tx.Exec(ctx, "UPDATE river_job SET attempt = attempt WHERE id = $1 AND attempt = $2 AND state = 'running'", j.ID, j.Attempt)
	if err != nil {
		return err
	}
	if n != 1 {
		return errs.New(errs.Conflict, "jobs.lost").WithHint("jobs.lost.hint").Because(ErrLost)
	}
	if tx.Engine() == sqldb.SQLite {
		_, err = river.JobCompleteTx[*riversqlite.Driver](ctx, tx.SQL(), j.river)
	} else {
		_, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx.Pgx(), j.river)
	}
	if err != nil {
		return err
	}
	if err := j.runAgain(ctx, tx); err != nil {
		return err
	}
	j.mu.Lock()
	j.done = true
	j.mu.Unlock()
	return nil
}

// runAgain adds the job anew when it was asked for while it ran.
func (j *Job[A]) runAgain(ctx context.Context, tx *sqldb.Tx) error {
	if j.river.UniqueKey == nil {
		return nil
	}
	n, err := tx.Exec(ctx, "DELETE FROM job_again WHERE job = $1", j.ID)
	if err != nil || n == 0 {
		return err
	}
	return Add(ctx, tx, j.Args, Unique(), Queue(j.river.Queue), Priority(j.river.Priority), MaxAttempts(j.MaxAttempts))
}

// giveUp is an error that no further attempt can mend.
type giveUp struct{ err error }

func (g *giveUp) Error() string { return g.err.Error() }
func (g *giveUp) Unwrap() error { return g.err }

// GiveUp makes err final: the job is not tried again.
func GiveUp(err error) error {
	if err == nil {
		return nil
	}
	return &giveUp{err}
}

// errInterrupted is the cause of a job whose last attempt ended with its process.
var errInterrupted = errors.New("jobs: the process stopped during the last attempt")

type worker[A Args] struct {
	river.WorkerDefaults[A]
	handling
	r  *Runner
	fn func(context.Context, *Job[A]) error
}

// Timeout is read by River.
func (w *worker[A]) Timeout(*river.Job[A]) time.Duration { return w.timeout }

// Work is called by River.
func (w *worker[A]) Work(ctx context.Context, rj *river.Job[A]) error {
	j := &Job[A]{
		ID: rj.ID, Attempt: rj.Attempt, MaxAttempts: rj.MaxAttempts, Created: rj.CreatedAt, Args: rj.Args,
		r: w.r, river: rj,
	}
	err := errInterrupted
	if rj.Attempt <= rj.MaxAttempts {
		err = w.call(ctx, j)
	}
	if err == nil {
		return w.settle(ctx, j)
	}
	if w.r.stopping.Load() && errors.Is(err, context.Canceled) {
		return river.JobSnooze(0) // the next process takes it, the attempt is not counted
	}
	if errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely) {
		w.end(ctx, j, err)
		return err // River marks it as cancelled
	}
	var final *giveUp
	if !errors.As(err, &final) && rj.Attempt < rj.MaxAttempts {
		return failure(err)
	}
	w.end(ctx, j, err)
	if final != nil {
		return river.JobCancel(failure(err))
	}
	return failure(err)
}

// call runs the handler; a panic becomes an error.
func (w *worker[A]) call(ctx context.Context, j *Job[A]) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			w.r.o.Log.ErrorContext(ctx, "a job panicked", "kind", j.Args.Kind(), "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return w.fn(ctx, j)
}

// settle completes a unique job that the handler left open, so that a wish
// for another run, made meanwhile, is not lost between two transactions.
func (w *worker[A]) settle(ctx context.Context, j *Job[A]) error {
	if j.done || j.river.UniqueKey == nil {
		return nil
	}
	return w.r.db.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
}

const giveUpTime = 30 * time.Second

// end does what is due when a job fails for good.
func (w *worker[A]) end(ctx context.Context, j *Job[A], cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveUpTime)
	defer cancel()
	log := w.r.o.Log.With("kind", j.Args.Kind(), "attempt", j.Attempt)
	log.ErrorContext(ctx, "a job failed for good", "cause", cause)
	if w.giveUp != nil {
		if err := w.giveUp(ctx, j, cause); err != nil {
			log.ErrorContext(ctx, "the end of a failed job failed too", "cause", err)
		}
	}
	if j.river.UniqueKey != nil {
		err := w.r.db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM job_again WHERE job = $1", j.ID)
			return err
		})
		if err != nil {
			log.WarnContext(ctx, "a wish for another run stays", "cause", err)
		}
	}
}

// attemptError is what the row of a job keeps of a failure.
type attemptError struct {
	Kind string         `json:"kind"`
	Key  string         `json:"key,omitempty"`
	Hint string         `json:"hint,omitempty"`
	Args map[string]any `json:"args,omitempty"`
	Text string         `json:"text"`
	err  error
}

func failure(err error) *attemptError {
	e := errs.As(err)
	return &attemptError{Kind: e.Kind.String(), Key: e.Key, Hint: e.Hint, Args: e.Args, Text: err.Error(), err: err}
}

// Error is the form that Record reads back.
func (a *attemptError) Error() string {
	data, err := json.Marshal(a)
	if err != nil { // arguments that JSON cannot write
		b := *a
		b.Args = nil
		data, _ = json.Marshal(&b)
	}
	return string(data)
}

// Unwrap gives the handler's error.
func (a *attemptError) Unwrap() error { return a.err }

// parseFailure reads what Error wrote, after what River may put before it; ours
// is false for a failure that River made.
func parseFailure(e rivertype.AttemptError) (a attemptError, ours bool) {
	start := strings.IndexByte(e.Error, '{')
	if start >= 0 && json.Unmarshal([]byte(e.Error[start:]), &a) == nil && a.Kind != "" {
		return a, true
	}
	return attemptError{Kind: errs.Internal.String(), Key: "errs.internal", Text: e.Error}, false
}
