package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// State is where a job stands.
type State string

const (
	Waiting   State = "waiting"   // ready, or kept until its time
	Retrying  State = "retrying"  // failed, will be tried again
	Running   State = "running"   //
	Completed State = "completed" // kept for a day
	Failed    State = "failed"    // for good, kept for 90 days (30 when a handler gave up)
	Cancelled State = "cancelled" // by the administration
)

// States lists all states.
var States = []State{Waiting, Running, Retrying, Failed, Completed, Cancelled}

func stateOf(row *rivertype.JobRow) State {
	switch row.State {
	case rivertype.JobStateRunning:
		return Running
	case rivertype.JobStateRetryable:
		return Retrying
	case rivertype.JobStateCompleted:
		return Completed
	case rivertype.JobStateDiscarded:
		return Failed
	case rivertype.JobStateCancelled:
		if n := len(row.Errors); n > 0 {
			if _, gaveUp := parseFailure(row.Errors[n-1]); gaveUp {
				return Failed
			}
		}
		return Cancelled
	}
	if len(row.Errors) > 0 {
		return Retrying // River makes a short retry available at once
	}
	return Waiting
}

func (s State) river() []rivertype.JobState {
	switch s {
	case Waiting:
		return []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled}
	case Retrying:
		return []rivertype.JobState{rivertype.JobStateRetryable, rivertype.JobStateAvailable}
	case Running:
		return []rivertype.JobState{rivertype.JobStateRunning}
	case Completed:
		return []rivertype.JobState{rivertype.JobStateCompleted}
	case Failed:
		return []rivertype.JobState{rivertype.JobStateDiscarded, rivertype.JobStateCancelled}
	case Cancelled:
		return []rivertype.JobState{rivertype.JobStateCancelled}
	}
	return nil
}

// Record is a job as the administration sees it.
type Record struct {
	ID                  int64
	Kind                string
	Queue               string
	State               State
	Attempts            int
	MaxAttempts         int
	Args                []byte // JSON
	Added, Due          time.Time
	Started, Ended      time.Time // zero when not yet
	ErrorAt             time.Time // of the last failure, zero when none
	ErrorKind           string    // code of errs.Kind, empty when none
	ErrorKey, ErrorHint string    // message keys, may be empty
	ErrorArgs           map[string]any
	ErrorText           string // for the log's reader, not for visitors
}

// Filter chooses records. The zero value is the latest 100.
type Filter struct {
	States []State // any when empty
	Kinds  []string
	Before int64 // only ids below, for the next page
	Limit  int   // 1 to 500, 100 when 0
}

// List returns jobs, the latest first.
func List(ctx context.Context, tx *sqldb.Tx, f Filter) (list []Record, err error) {
	defer errs.Wrap(&err, "jobs.List")
	c, err := bind(tx)
	if err != nil {
		return nil, err
	}
	if f.Limit <= 0 || f.Limit > 500 {
		f.Limit = 100
	}
	wanted := map[State]bool{}
	seen := map[rivertype.JobState]bool{}
	var states []rivertype.JobState
	for _, s := range f.States {
		wanted[s] = true
		for _, x := range s.river() {
			if !seen[x] {
				seen[x] = true
				states = append(states, x)
			}
		}
	}
	list = []Record{}
	for before := f.Before; len(list) < f.Limit; {
		p := river.NewJobListParams().First(f.Limit).OrderBy(river.JobListOrderByID, river.SortOrderDesc)
		if len(states) > 0 {
			p = p.States(states...)
		}
		if len(f.Kinds) > 0 {
			p = p.Kinds(f.Kinds...)
		}
		if before > 0 {
			p = p.Where("id < @before", river.NamedArgs{"before": before})
		}
		page, err := c.list(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Jobs {
			before = row.ID
			if rec := record(row); (len(wanted) == 0 || wanted[rec.State]) && len(list) < f.Limit {
				list = append(list, rec)
			}
		}
		if len(page.Jobs) < f.Limit {
			break
		}
	}
	return list, nil
}

func record(row *rivertype.JobRow) Record {
	r := Record{
		ID: row.ID, Kind: row.Kind, Queue: row.Queue, State: stateOf(row), Attempts: row.Attempt, MaxAttempts: row.MaxAttempts,
		Args: row.EncodedArgs, Added: row.CreatedAt.UTC(), Due: row.ScheduledAt.UTC(),
	}
	if row.AttemptedAt != nil {
		r.Started = row.AttemptedAt.UTC()
	}
	if row.FinalizedAt != nil {
		r.Ended = row.FinalizedAt.UTC()
	}
	if n := len(row.Errors); n > 0 {
		a, _ := parseFailure(row.Errors[n-1])
		r.ErrorAt = row.Errors[n-1].At.UTC()
		r.ErrorKind, r.ErrorKey, r.ErrorHint, r.ErrorArgs, r.ErrorText = a.Kind, a.Key, a.Hint, a.Args, a.Text
	}
	return r
}

// Count returns how many jobs are in each of River's states, for metrics.
func Count(ctx context.Context, tx *sqldb.Tx) (byState map[string]int64, err error) {
	defer errs.Wrap(&err, "jobs.Count")
	rows, err := tx.Query(ctx, "SELECT CAST(state AS TEXT), count(*) FROM river_job GROUP BY state")
	if err != nil {
		return nil, err
	}
	byState = map[string]int64{}
	_, err = sqldb.Collect(rows, func(s sqldb.Scanner) (struct{}, error) {
		var state string
		var n int64
		err := s.Scan(&state, &n)
		byState[state] = n
		return struct{}{}, err
	})
	return byState, err
}

// Retry runs a job now that waits, failed or was cancelled. Kinds: NotFound.
func Retry(ctx context.Context, tx *sqldb.Tx, id int64) (err error) {
	defer errs.Wrap(&err, "jobs.Retry(%d)", id)
	c, err := bind(tx)
	if err != nil {
		return err
	}
	_, err = c.retry(ctx, id)
	return notFound(err)
}

// Cancel ends a job that waits, and asks one that runs to end: its context is
// cancelled, and its OnGiveUp called. Kinds: NotFound.
func Cancel(ctx context.Context, tx *sqldb.Tx, id int64) (err error) {
	defer errs.Wrap(&err, "jobs.Cancel(%d)", id)
	c, err := bind(tx)
	if err != nil {
		return err
	}
	row, err := c.cancel(ctx, id)
	if err != nil || row.State != rivertype.JobStateRunning || tx.Engine() == sqldb.PostgreSQL {
		return notFound(err)
	}
	// River's SQLite driver marks the row but tells nobody; this is the form in
	// which its PostgreSQL driver does.
	payload, err := json.Marshal(struct {
		Action string `json:"action"`
		JobID  int64  `json:"job_id"`
		Queue  string `json:"queue"`
	}{"cancel", id, row.Queue})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO river_notification (topic, payload) VALUES ('river_control', $1)", string(payload))
	return err
}

func notFound(err error) error {
	if errors.Is(err, rivertype.ErrNotFound) {
		return errs.New(errs.NotFound, "jobs.not-found").WithHint("jobs.not-found.hint").Because(err)
	}
	return err
}
