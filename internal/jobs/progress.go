package jobs

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

const (
	progressEvery = 500 * time.Millisecond
	progressKept  = 3 * 24 * time.Hour
)

// Progress is how far a long job is.
type Progress struct {
	Done, Total int64  // in the job's own unit; Total is 0 when unknown
	Note        string // message key of the step
	Updated     time.Time
}

// Percent is 0 to 100, or -1 when the total is unknown.
func (p Progress) Percent() int {
	if p.Total <= 0 {
		return -1
	}
	return int(min(100, max(0, 100*p.Done/p.Total)))
}

// Progress notes how far the job is, for the page that shows subject (as
// "import:"+id). note is a message key. It may be called for every row: it
// writes twice a second at most, and when done reaches total. It must not be
// called inside a transaction. A failure is only logged.
func (j *Job[A]) Progress(ctx context.Context, subject string, done, total int64, note string) {
	now := j.r.now()
	j.mu.Lock()
	last, known := j.progress[subject]
	if known && now.Sub(last) < progressEvery && (total <= 0 || done < total) {
		j.mu.Unlock()
		return
	}
	if j.progress == nil {
		j.progress = map[string]time.Time{}
	}
	j.progress[subject] = now
	j.mu.Unlock()
	err := j.r.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO job_progress (subject, done, total, note, updated_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (subject) DO UPDATE SET done = excluded.done, total = excluded.total, note = excluded.note, updated_at = excluded.updated_at`,
			subject, done, total, note, tx.Now())
		return err
	})
	if err != nil {
		j.r.o.Log.WarnContext(ctx, "progress was not noted", "subject", subject, "cause", err)
	}
}

// ReadProgress returns the progress of a subject. Kinds: NotFound.
func ReadProgress(ctx context.Context, tx *sqldb.Tx, subject string) (p Progress, err error) {
	defer errs.Wrap(&err, "jobs.ReadProgress(%s)", subject)
	err = tx.QueryRow(ctx, "SELECT done, total, note, updated_at FROM job_progress WHERE subject = $1", subject).
		Scan(&p.Done, &p.Total, &p.Note, &p.Updated)
	return p, err
}

// forgetProgress drops what no page asks for any more.
func (r *Runner) forgetProgress(ctx context.Context) error {
	return r.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM job_progress WHERE updated_at < $1", tx.Now().Add(-progressKept))
		return err
	})
}
