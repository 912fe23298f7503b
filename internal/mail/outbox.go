package mail

import (
	"context"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

const columns = "id, state, recipient, reply_to, unsubscribe, subject, text_body, html_body, attempts, problem, created_at, sent_at"

func scan(s sqldb.Scanner) (Record, error) {
	var (
		r     Record
		state string
		sent  sqldb.NullTime
	)
	err := s.Scan(&r.ID, &state, &r.To, &r.ReplyTo, &r.Unsubscribe, &r.Subject, &r.Text, &r.HTML, &r.Attempts, &r.Problem, &r.Created, &sent)
	r.State, r.SentAt = State(state), sent.Time
	return r, err
}

// Filter chooses messages of the outbox.
type Filter struct {
	State State  // "" for all
	After string // the last ID of the page before; "" for the newest
	Limit int    // 0: 50
}

// List returns messages, the newest first.
func List(ctx context.Context, tx *sqldb.Tx, f Filter) (list []Record, err error) {
	defer errs.Wrap(&err, "mail.List")
	if f.Limit <= 0 {
		f.Limit = 50
	}
	// Identifiers sort by time: they are the order and the place in it.
	rows, err := tx.Query(ctx, "SELECT "+columns+` FROM mails WHERE ($1 = '' OR state = $1) AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`,
		string(f.State), f.After, f.Limit)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, scan)
}

// Get returns one message. Kinds: NotFound.
func Get(ctx context.Context, tx *sqldb.Tx, id string) (r Record, err error) {
	defer errs.Wrap(&err, "mail.Get(%s)", id)
	return scan(tx.QueryRow(ctx, "SELECT "+columns+" FROM mails WHERE id = $1", id))
}

// Count tells how many messages are in each state.
func Count(ctx context.Context, tx *sqldb.Tx) (n map[State]int64, err error) {
	defer errs.Wrap(&err, "mail.Count")
	rows, err := tx.Query(ctx, "SELECT state, count(*) FROM mails GROUP BY state")
	if err != nil {
		return nil, err
	}
	n = map[State]int64{}
	defer rows.Close()
	for rows.Next() {
		var (
			s string
			c int64
		)
		if err := rows.Scan(&s, &c); err != nil {
			return nil, err
		}
		n[State(s)] = c
	}
	return n, rows.Err()
}

// Resend tries a failed or kept message again. Kinds: NotFound, Conflict (it is
// waiting or sent).
func Resend(ctx context.Context, tx *sqldb.Tx, id string) (err error) {
	defer errs.Wrap(&err, "mail.Resend(%s)", id)
	r, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	if r.State != Failed && r.State != Kept {
		return errs.New(errs.Conflict, "mail.not-resent").WithHint("mail.not-resent.hint")
	}
	if _, err := tx.Exec(ctx, "UPDATE mails SET state = $1, problem = '' WHERE id = $2", string(Waiting), id); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, deliver{id}, jobs.MaxAttempts(attempts))
}

// Erase removes the messages to an address, those that wait too: of somebody who left.
func Erase(ctx context.Context, tx *sqldb.Tx, address string) (err error) {
	defer errs.Wrap(&err, "mail.Erase")
	address = strings.ToLower(address)
	_, err = tx.Exec(ctx, `DELETE FROM mails WHERE lower(recipient) = $1 OR replace(lower(recipient), $2, '') <> lower(recipient)`, address, "<"+address+">")
	return err
}

// Forget removes messages made before a moment, those that wait aside.
func Forget(ctx context.Context, tx *sqldb.Tx, before time.Time) (removed int64, err error) {
	defer errs.Wrap(&err, "mail.Forget")
	return tx.Exec(ctx, "DELETE FROM mails WHERE created_at < $1 AND state <> $2", before, string(Waiting))
}
