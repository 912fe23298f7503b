package identity

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// Keep is how long what is over is kept; zero values take the defaults.
type Keep struct {
	Links    time.Duration // one-time links, after their end; 7 days
	Requests time.Duration // decided requests to join; 180 days
	Audit    time.Duration // lines of the audit; 0: for ever
}

func (k Keep) orDefault() Keep {
	if k.Links <= 0 {
		k.Links = 7 * 24 * time.Hour
	}
	if k.Requests <= 0 {
		k.Requests = 180 * 24 * time.Hour
	}
	return k
}

// Swept is what Sweep removed.
type Swept struct{ Sessions, Links, Attempts, Steps, Requests, Audit int64 }

// Sweep removes sessions, links, steps and attempts that are over, and what is past
// its retention: for a schedule. The system only. Kinds: Denied.
func (s *Service) Sweep(ctx context.Context, a Actor) (out Swept, err error) {
	defer errs.Wrap(&err, "identity.Sweep")
	if err := a.RequireSystem(); err != nil {
		return out, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		out = Swept{}
		if out.Sessions, err = tx.Exec(ctx, `DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2`, tx.Now(), tx.Now().Add(-s.opt.SessionIdle)); err != nil {
			return err
		}
		if out.Links, err = tx.Exec(ctx, `DELETE FROM one_time_links WHERE expires_at <= $1`, tx.Now().Add(-s.opt.Keep.Links)); err != nil {
			return err
		}
		if out.Steps, err = tx.Exec(ctx, `DELETE FROM sign_in_steps WHERE expires_at <= $1`, tx.Now()); err != nil {
			return err
		}
		if out.Requests, err = tx.Exec(ctx, `DELETE FROM join_requests WHERE decided_at <= $1`, tx.Now().Add(-s.opt.Keep.Requests)); err != nil {
			return err
		}
		out.Attempts, err = tx.Exec(ctx, `DELETE FROM sign_in_attempts WHERE expires_at <= $1`, tx.Now())
		return err
	})
	if err != nil {
		return out, err
	}
	out.Audit, err = s.pruneAudit(ctx, a)
	return out, err
}
