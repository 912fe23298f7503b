package app

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"socle/internal/config"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// The sweep empties the outbox of what has had its time: sent, kept or refused, but
// not of what waits.
func TestSweepForgetsLetters(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		a := &App{DB: db, Identity: identity.New(db, identity.Options{}), Config: &config.Config{Keep: config.Keep{Mail: 30}}}
		r, err := jobs.New(db, jobs.Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		jobs.Handle(r, a.sweepAccounts)
		mail.Deliver(r, db, mail.Options{})
		const day = 24 * time.Hour
		for _, x := range []struct {
			subject string
			state   mail.State
			age     time.Duration
		}{
			{"sent", mail.Sent, 31 * day}, {"kept", mail.Kept, 31 * day}, {"failed", mail.Failed, 31 * day},
			{"waiting", mail.Waiting, 31 * day}, {"young", mail.Kept, 29 * day},
		} {
			err := db.Write(ctx, func(tx *sqldb.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO mails (id, state, recipient, subject, text_body, created_at) VALUES ($1, $2, 'lea@essai.example', $1, 'Bonjour.', $3)`,
					x.subject, string(x.state), tx.Now().Add(-x.age))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Write(ctx, func(tx *sqldb.Tx) error { return jobs.Add(ctx, tx, sweepArgs{}) }); err != nil {
			t.Fatal(err)
		}
		if err := r.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		var left []string
		err = db.Read(ctx, func(tx *sqldb.Tx) error {
			list, err := mail.List(ctx, tx, mail.Filter{})
			for _, m := range list {
				left = append(left, m.Subject)
			}
			return err
		})
		if err != nil || !slices.Equal(left, []string{"young", "waiting"}) {
			t.Errorf("left: %v %v", left, err)
		}
	})
}
