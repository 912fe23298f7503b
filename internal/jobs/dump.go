package jobs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"socle/internal/sqldb"
)

// dumpedJob is a job that has not ended, as a dump carries it. Its attempts are
// counted anew.
type dumpedJob struct {
	Kind        string          `json:"kind"`
	Args        json.RawMessage `json:"args"`
	Queue       string          `json:"queue"`
	Priority    int             `json:"priority"`
	MaxAttempts int             `json:"max_attempts"`
	Unique      bool            `json:"unique,omitempty"`
	At          int64           `json:"at,omitempty"` // microseconds since 1970, when kept for later
}

// rawArgs are the args of a job whose type this package does not know.
type rawArgs struct {
	kind string
	json json.RawMessage
}

func (a rawArgs) Kind() string                 { return a.kind }
func (a rawArgs) MarshalJSON() ([]byte, error) { return a.json, nil }

// Part carries the jobs that have not ended in a dump of the database; River's
// tables differ between the engines and are not copied. Before sqldb.DB.Load,
// call Migrate.
func Part() sqldb.Part {
	return sqldb.Part{Name: "jobs", Dump: dumpJobs, Load: loadJob}
}

const dumpPage = 1000

func dumpJobs(ctx context.Context, tx *sqldb.Tx, emit func(any) error) error {
	c, err := bind(tx)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		p := river.NewJobListParams().First(dumpPage).OrderBy(river.JobListOrderByID, river.SortOrderAsc).
			States(rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled).
			Where("id > @after", river.NamedArgs{"after": after})
		page, err := c.list(ctx, p)
		if err != nil {
			return err
		}
		for _, row := range page.Jobs {
			after = row.ID
			j := dumpedJob{
				Kind: row.Kind, Args: row.EncodedArgs, Queue: row.Queue, Priority: row.Priority,
				MaxAttempts: row.MaxAttempts, Unique: row.UniqueKey != nil,
			}
			if row.State == rivertype.JobStateScheduled {
				j.At = row.ScheduledAt.UnixMicro()
			}
			if err := emit(j); err != nil {
				return err
			}
		}
		if len(page.Jobs) < dumpPage {
			return nil
		}
	}
}

func loadJob(ctx context.Context, tx *sqldb.Tx, value json.RawMessage) error {
	var j dumpedJob
	if err := json.Unmarshal(value, &j); err != nil {
		return err
	}
	opts := []Option{Queue(j.Queue), Priority(j.Priority), MaxAttempts(j.MaxAttempts)}
	if j.Unique {
		opts = append(opts, Unique())
	}
	if j.At > 0 {
		opts = append(opts, At(time.UnixMicro(j.At)))
	}
	return Add(ctx, tx, rawArgs{kind: j.Kind, json: j.Args}, opts...)
}
