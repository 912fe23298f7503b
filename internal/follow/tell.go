package follow

import (
	"context"
	"errors"
	"slices"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
)

const (
	// settle is how long one waits after a change: what is published in several
	// acts is told as one.
	settle = 5 * time.Second
	// mailGap and hookGap are the least time between two messages to the same
	// reader or program about the same topic.
	mailGap = time.Hour
	hookGap = 10 * time.Second

	morning   = 7 // o'clock, of daily and weekly messages
	tellEvery = 30 * time.Second
	tellBatch = 100
	tellMost  = 2000 // follows of one turn
	tellLater = time.Minute

	mostNews = 200 // datasets of one message
)

type tellArgs struct{}

func (tellArgs) Kind() string { return "follow.tell" }

type sweepArgs struct{}

func (sweepArgs) Kind() string { return "follow.sweep" }

// Handle says who works the messages, and who hears of changes.
func (s *Service) Handle(r *jobs.Runner) {
	jobs.Handle(r, s.tell)
	jobs.Handle(r, s.deliver, jobs.Timeout(time.Minute), jobs.WorkQueue(hookQueue, hookWorkers), jobs.OnGiveUp(s.lost))
	jobs.Handle(r, s.sweep)
	jobs.Every(r, tellEvery, tellArgs{})
	jobs.Every(r, 24*time.Hour, sweepArgs{})
	jobs.On(r, "follow.published", func(ctx context.Context, e catalogue.DatasetPublished) error { return s.wake(ctx, e.Dataset) })
	jobs.On(r, "follow.version", func(ctx context.Context, e catalogue.VersionAdded) error { return s.wake(ctx, e.Dataset) })
	jobs.On(r, "follow.withdrawn", func(ctx context.Context, e catalogue.DatasetWithdrawn) error { return s.wake(ctx, e.Dataset) })
	jobs.On(r, "follow.inside", func(ctx context.Context, e catalogue.DatasetKeptInside) error { return s.wake(ctx, e.Dataset) })
	jobs.On(r, "follow.described", func(ctx context.Context, e catalogue.DatasetDescribed) error { return s.wake(ctx, e.Dataset) })
	jobs.On(r, "follow.renamed", func(ctx context.Context, e catalogue.DatasetRenamed) error { return s.wake(ctx, e.Dataset) })
	jobs.On(r, "follow.closed", func(ctx context.Context, e identity.PersonClosed) error { return s.Erase(ctx, sys, e.Person) })
}

// sys is the part of Socle that tells.
var sys = identity.System("follow")

// first is when a follow is looked at first: at its morning, or not before an event.
func (s *Service) first(f Follow, now time.Time) time.Time {
	if f.Channel == Webhook || f.Pace == Soon {
		return time.Time{}
	}
	return s.nextMorning(now, f.Pace)
}

// nextMorning is the next hour of daily or weekly messages after an instant.
func (s *Service) nextMorning(now time.Time, p Pace) time.Time {
	here := now.In(s.o.Zone)
	at := time.Date(here.Year(), here.Month(), here.Day(), morning, 0, 0, 0, s.o.Zone)
	for !at.After(here) || p == Weekly && at.Weekday() != time.Monday {
		at = time.Date(at.Year(), at.Month(), at.Day()+1, morning, 0, 0, 0, s.o.Zone)
	}
	return at.UTC()
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// wake has the follows that wait for an event looked at soon, when one happened to
// a dataset. Whether it is news for them is judged then.
func (s *Service) wake(ctx context.Context, id catalogue.DatasetID) (err error) {
	defer errs.Wrap(&err, "follow.wake(%s)", id)
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE follows SET due_at = CASE
				WHEN channel = 'webhook' AND told_at > CAST($2 AS BIGINT) THEN told_at + CAST($4 AS BIGINT)
				WHEN channel = 'mail' AND told_at > CAST($3 AS BIGINT) THEN told_at + CAST($5 AS BIGINT)
				ELSE CAST($6 AS BIGINT) END
			WHERE due_at IS NULL AND confirmed_at IS NOT NULL AND paused_at IS NULL
				AND (kind IN ('portal', 'search') OR dataset = $1 OR organisation = (SELECT organisation FROM datasets WHERE id = $1))`,
			id, tx.Now().Add(settle-hookGap), tx.Now().Add(settle-mailGap), hookGap.Microseconds(), mailGap.Microseconds(), tx.Now().Add(settle))
		if err != nil || n == 0 {
			return err
		}
		return jobs.Add(ctx, tx, tellArgs{}, jobs.At(tx.Now().Add(settle)), jobs.Unique())
	})
}

// tell writes to all whose time has come. What fails is tried again a minute later
// and holds nobody else.
func (s *Service) tell(ctx context.Context, j *jobs.Job[tellArgs]) error {
	for range tellMost / tellBatch {
		var due []Follow
		err := s.o.DB.Read(ctx, func(tx *sqldb.Tx) (err error) {
			due, err = list(ctx, tx, ` WHERE f.due_at <= $1 AND f.confirmed_at IS NOT NULL AND f.paused_at IS NULL ORDER BY f.due_at LIMIT $2`, tx.Now(), tellBatch)
			return err
		})
		if err != nil {
			return err
		}
		for _, f := range due {
			if err := s.tellOne(ctx, f); err != nil {
				if ctx.Err() != nil {
					return err
				}
				s.o.Log.Warn("a reader is told later", "follow", f.ID, "err", err)
				if err := s.postpone(ctx, f); err != nil {
					return err
				}
			}
		}
		if len(due) < tellBatch {
			break
		}
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
}

func (s *Service) postpone(ctx context.Context, f Follow) error {
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE follows SET due_at = $3 WHERE id = $1 AND after_seq = $2`, f.ID, f.after, tx.Now().Add(tellLater))
		return err
	})
}

// reader is who reads a follow, with the rights of now. Kinds: NotFound, Denied (a closed account).
func (s *Service) reader(ctx context.Context, f Follow) (identity.Actor, error) {
	if f.Person == "" {
		return identity.Anonymous(), nil
	}
	return s.o.Identity.ActorOfPerson(ctx, sys, f.Person)
}

// news are what a follow is to be told, the last changed first, and the number of
// the last change that was looked at.
func (s *Service) news(ctx context.Context, f Follow, a identity.Actor) ([]catalogue.News, int64, error) {
	filter := catalogue.NewsFilter{After: f.after, Organisation: f.Organisation, Dataset: f.Dataset, Limit: mostNews}
	if f.Kind == Search {
		filter.Limit = 500
	}
	list, through, err := s.o.Catalogue.News(ctx, a, filter)
	if err != nil {
		return nil, through, err
	}
	list = slices.DeleteFunc(list, func(n catalogue.News) bool { return !worth(f.Channel, n) })
	if f.Kind != Search || len(list) == 0 {
		return list, through, nil
	}
	found, err := s.o.Find(ctx, a, f.Search.query())
	if err != nil {
		return nil, through, err
	}
	return slices.DeleteFunc(list, func(n catalogue.News) bool { return !slices.Contains(found.Datasets, n.Dataset.ID) }), through, nil
}

// worth reports whether news are told: a program hears of descriptions too, a
// person does not. What was withdrawn before anyone was told, and drafts, are no news.
func worth(c Channel, n catalogue.News) bool {
	switch n.Dataset.State {
	case catalogue.Published, catalogue.Internal:
		return n.Published || n.Inside || n.Versions > 0 || c == Webhook && n.Described
	case catalogue.Withdrawn:
		return n.Withdrawn && !n.Published
	}
	return false
}

// tellOne tells one reader what is new and notes how far they were told, at once or
// not at all.
func (s *Service) tellOne(ctx context.Context, f Follow) (err error) {
	defer errs.Wrap(&err, "follow.tellOne(%s)", f.ID)
	a, err := s.reader(ctx, f)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return s.Erase(ctx, sys, f.Person)
	}
	if err != nil {
		return err
	}
	news, through, err := s.news(ctx, f, a)
	if err != nil {
		return err
	}
	var letter mail.Message
	if len(news) > 0 && f.Channel == Mail {
		if letter, err = s.letter(ctx, f, a, news); err != nil {
			return err
		}
	}
	var body []byte
	if len(news) > 0 && f.Channel == Webhook {
		if body, err = s.payload(ctx, news); err != nil {
			return err
		}
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		busy := false
		if f.Channel == Webhook {
			if busy, err = onItsWay(ctx, tx, f.ID); err != nil {
				return err
			}
		}
		if busy { // its end looks again
			_, err := tx.Exec(ctx, `UPDATE follows SET due_at = NULL WHERE id = $1 AND after_seq = $2`, f.ID, f.after)
			return err
		}
		told := sqldb.SomeTime(f.ToldAt)
		if len(news) > 0 {
			told = sqldb.SomeTime(tx.Now())
		}
		n, err := tx.Exec(ctx, `UPDATE follows SET after_seq = $3, due_at = $4, told_at = $5 WHERE id = $1 AND after_seq = $2 AND due_at IS NOT NULL`,
			f.ID, f.after, through, sqldb.SomeTime(s.first(f, tx.Now())), told)
		if err != nil || n == 0 || len(news) == 0 { // n: another turn was quicker, or it is over
			return err
		}
		if f.Channel == Mail {
			if err := mail.Send(ctx, tx, letter); !errs.Is(err, errs.Invalid) { // an address that cannot be written to holds nobody
				return err
			}
			return nil
		}
		return s.send(ctx, tx, f, body, len(news), false)
	})
}

// sweep forgets questions that nobody answered and deliveries that are over.
func (s *Service) sweep(ctx context.Context, j *jobs.Job[sweepArgs]) error {
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, one := tx.Exec(ctx, `DELETE FROM follows WHERE confirmed_at IS NULL AND asked_at <= $1`, tx.Now().Add(-confirmLife))
		_, two := tx.Exec(ctx, `DELETE FROM webhook_deliveries WHERE settled_at <= $1`, tx.Now().Add(-deliveryLife))
		if err := errors.Join(one, two); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
}
