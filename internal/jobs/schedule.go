package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// schedule adds a job again and again.
type schedule struct {
	name     string
	interval time.Duration
	args     Args
	next     time.Time // not before then; only a hint, the table decides
}

// Every adds the job each interval, first when the schedule is new. Turns
// missed while nothing ran become one. Replicas share the schedule, and a turn
// is skipped while the job of the last one still waits.
func Every(r *Runner, interval time.Duration, args Args) {
	if interval < time.Second {
		panic(fmt.Sprintf("jobs: %s every %v: the shortest interval is a second", args.Kind(), interval))
	}
	r.schedules = append(r.schedules, &schedule{interval: interval, args: args})
}

const (
	tickEvery   = time.Second
	forgetEvery = time.Hour
)

// tickUntil starts what is due until ctx ends.
func (r *Runner) tickUntil(ctx context.Context) error {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	var forget time.Time
	for {
		if err := r.tick(ctx); err != nil && ctx.Err() == nil {
			r.o.Log.WarnContext(ctx, "a schedule could not start its job", "cause", err)
		}
		if now := r.now(); now.After(forget) {
			forget = now.Add(forgetEvery)
			if err := r.forgetProgress(ctx); err != nil && ctx.Err() == nil {
				r.o.Log.WarnContext(ctx, "old progress stays", "cause", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// tick adds the jobs of the schedules that are due.
func (r *Runner) tick(ctx context.Context) error {
	for _, s := range r.schedules {
		if r.now().Before(s.next) {
			continue
		}
		if err := r.turn(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) turn(ctx context.Context, s *schedule) (err error) {
	if s.name == "" {
		data, err := json.Marshal(s.args)
		if err != nil {
			return err
		}
		s.name = s.args.Kind() + " " + string(data)
	}
	defer errs.Wrap(&err, "jobs.Every(%s)", s.name)
	var next time.Time
	err = r.db.Write(ctx, func(tx *sqldb.Tx) error {
		now := r.now()
		_, err := tx.Exec(ctx, "INSERT INTO job_schedule (name, next_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", s.name, now)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, "SELECT next_at FROM job_schedule WHERE name = $1", s.name).Scan(&next); err != nil {
			return err
		}
		due := !next.After(now)
		if due {
			next = next.Add(s.interval)
		}
		if !next.After(now) || next.After(now.Add(s.interval)) { // turns were missed, or the interval is shorter now
			next = now.Add(s.interval)
		}
		if _, err := tx.Exec(ctx, "UPDATE job_schedule SET next_at = $2 WHERE name = $1", s.name, next); err != nil || !due {
			return err
		}
		return addTurn(ctx, tx, s.args)
	})
	if err == nil {
		s.next = next
	}
	return err
}

// addTurn adds the job of a schedule, but not a second one beside the first.
func addTurn(ctx context.Context, tx *sqldb.Tx, args Args) error {
	o := newInsertOpts(Unique())
	_, err := insert(ctx, tx, args, o)
	return err
}
