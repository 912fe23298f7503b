package community

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// AskedAtMost is how long what names who asked is kept at most, whether somebody has
// answered or not.
const AskedAtMost = 365 * 24 * time.Hour

type sweepArgs struct{}

func (sweepArgs) Kind() string { return "community.sweep" }

func (s *Service) sweep(ctx context.Context, j *jobs.Job[sweepArgs]) error {
	if _, err := s.Sweep(ctx, postman); err != nil {
		return err
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
}

// Sweep forgets who asked what is over, and says how many they were. The system only.
// Kinds: Denied.
func (s *Service) Sweep(ctx context.Context, a identity.Actor) (n int64, err error) {
	defer errs.Wrap(&err, "community.Sweep")
	if err := a.RequireSystem(); err != nil {
		return 0, err
	}
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		n, err = tx.Exec(ctx, `UPDATE data_requests SET person = NULL, email = '' WHERE (email <> '' OR person IS NOT NULL) AND (closed_at <= $1 OR created_at <= $2)`,
			tx.Now().Add(-s.o.Keep), tx.Now().Add(-AskedAtMost))
		return err
	})
	return n, err
}

// Mine lists what a person asked and is told of, the oldest first: for the export of
// their data. Kinds: SignIn, Denied (a token).
func (s *Service) Mine(ctx context.Context, a identity.Actor) (list []Request, err error) {
	defer errs.Wrap(&err, "community.Mine")
	switch {
	case a.IsAnonymous():
		return nil, errs.New(errs.SignIn, "identity.sign-in-first").WithHint("identity.sign-in-first.hint")
	case a.IsToken() || a.Person() == "":
		return nil, errs.New(errs.Denied, "identity.own-account-only").WithHint("identity.own-account-only.hint")
	}
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM data_requests WHERE person = $1 ORDER BY id`, a.Person())
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scan)
		return err
	})
	for i := range list {
		list[i].AnsweredBy = ""
	}
	return list, err
}

// Erase forgets that a person asked: when an account is closed. The system only.
// Kinds: Denied.
func (s *Service) Erase(ctx context.Context, a identity.Actor, who identity.PersonID) (err error) {
	defer errs.Wrap(&err, "community.Erase(%s)", who)
	if err := a.RequireSystem(); err != nil {
		return err
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE data_requests SET person = NULL WHERE person = $1`, who)
		return err
	})
}

// Move gives the requests to an organisation to the one that it is now part of. Doing it
// again does nothing more. The system only. Kinds: Denied.
func (s *Service) Move(ctx context.Context, a identity.Actor, from, into identity.OrganisationID) (err error) {
	defer errs.Wrap(&err, "community.Move(%s, %s)", from, into)
	if err := a.RequireSystem(); err != nil {
		return err
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE data_requests SET organisation = $2 WHERE organisation = $1`, from, into)
		return err
	})
}
