package follow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
)

// State is how far a delivery has come.
type State string

const (
	Waiting State = "waiting" // to be sent, or sent again
	Done    State = "done"    // answered with a status of 2xx
	Failed  State = "failed"  // given up
)

// Delivery is a message to a program.
type Delivery struct {
	ID        string
	State     State
	Test      bool
	Events    int
	Attempts  int
	Status    int    // last HTTP status answered; 0 for none
	Problem   string // in the language of the owner; "" when all went well
	CreatedAt time.Time
	NextAt    time.Time // zero when it is over
}

const (
	hookQueue   = "webhooks"
	hookWorkers = 4

	deliveryLife = 30 * 24 * time.Hour
	deliveryKept = 50
)

// waits are the times between attempts: a server that is down for a night misses
// nothing. After the last the webhook is paused.
var waits = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour}

// goneStatus is how the other side says: never again (RFC 9110, 410 Gone).
const goneStatus = 410

type deliverArgs struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
}

func (deliverArgs) Kind() string { return "follow.deliver" }

// onItsWay reports whether a message to a program waits.
func onItsWay(ctx context.Context, tx *sqldb.Tx, id ID) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM webhook_deliveries WHERE follow = $1 AND state = $2 AND NOT test`, id, Waiting).Scan(&n)
	return n > 0, err
}

// send puts a message on its way.
func (s *Service) send(ctx context.Context, tx *sqldb.Tx, f Follow, body []byte, events int, test bool) error {
	id := s.newID(tx)
	if _, err := tx.Exec(ctx, `INSERT INTO webhook_deliveries (id, follow, state, test, body, event_count, created_at, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
		id, f.ID, Waiting, test, string(body), events, tx.Now()); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM webhook_deliveries WHERE follow = $1 AND settled_at IS NOT NULL AND id NOT IN (SELECT id FROM webhook_deliveries WHERE follow = $1 ORDER BY id DESC LIMIT $2)`, f.ID, deliveryKept); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, deliverArgs{ID: id, Attempt: 1}, jobs.Queue(hookQueue))
}

// Deliveries lists the last messages to a program, the newest first. Kinds:
// NotFound, SignIn, Denied.
func (s *Service) Deliveries(ctx context.Context, a identity.Actor, id ID) (out []Delivery, err error) {
	defer errs.Wrap(&err, "follow.Deliveries(%s)", id)
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		if _, err := hook(ctx, tx, a, id); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id, state, test, event_count, attempts, status, problem, created_at, next_at FROM webhook_deliveries WHERE follow = $1 ORDER BY id DESC LIMIT $2`, id, deliveryKept)
		if err != nil {
			return err
		}
		out, err = sqldb.Collect(rows, func(r sqldb.Scanner) (d Delivery, err error) {
			var next sqldb.NullTime
			err = r.Scan(&d.ID, &d.State, &d.Test, &d.Events, &d.Attempts, &d.Status, &d.Problem, &d.CreatedAt, &next)
			d.NextAt = next.Time
			return d, err
		})
		return err
	})
	return out, err
}

// parcel is a message with what is needed to send it.
type parcel struct {
	Follow
	id       string
	test     bool
	body     string
	attempts int
}

// deliver makes one attempt. The message has the same identifier each time, by
// which a program that got it already knows it. That the other side fails is no
// failure of the job: the next attempt is another one, at its time. A job is repeated
// by itself for what fails on this side.
func (s *Service) deliver(ctx context.Context, j *jobs.Job[deliverArgs]) error {
	p, err := s.parcel(ctx, j.Args)
	if errs.Is(err, errs.NotFound) { // removed meanwhile, or another job was quicker
		return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
	}
	if err != nil {
		return err
	}
	var at time.Time
	if err := s.o.DB.Read(ctx, func(tx *sqldb.Tx) error { at = tx.Now(); return nil }); err != nil {
		return err
	}
	status, sendErr := s.o.Post(ctx, p.Hook.URL, Sign(s.secret(p.Follow.ID, p.Hook.generation), p.id, at, []byte(p.body)), []byte(p.body))
	if ctx.Err() != nil && sendErr != nil {
		return sendErr // the process stops: the attempt does not count
	}
	problem := ""
	switch {
	case sendErr != nil:
		e := errs.As(sendErr)
		problem = i18n.T(p.Language, e.Key, e.Args)
	case status < 200 || status > 299:
		problem = i18n.T(p.Language, "follow.delivery.status", i18n.Args{"Status": status})
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.outcome(ctx, tx, p, status, problem); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
}

// parcel reads a message whose attempt this is. Kinds: NotFound.
func (s *Service) parcel(ctx context.Context, args deliverArgs) (p parcel, err error) {
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		p = parcel{id: args.ID}
		var follow ID
		if err := tx.QueryRow(ctx, `SELECT follow, test, body, attempts FROM webhook_deliveries WHERE id = $1 AND state = $2 AND attempts = $3`, args.ID, Waiting, args.Attempt-1).
			Scan(&follow, &p.test, &p.body, &p.attempts); err != nil {
			return err
		}
		p.Follow, err = one(ctx, tx, `f.id = $1`, follow)
		return err
	})
	return p, err
}

// lost counts an attempt whose job failed for good: without it no other would follow,
// and the webhook would wait for ever.
func (s *Service) lost(ctx context.Context, j *jobs.Job[deliverArgs], cause error) error {
	p, err := s.parcel(ctx, j.Args)
	if errs.Is(err, errs.NotFound) { // noted already
		return nil
	}
	if err != nil {
		return err
	}
	e := errs.As(cause)
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error { return s.outcome(ctx, tx, p, 0, i18n.T(p.Language, e.Key, e.Args)) })
}

// outcome notes an attempt: done, to be made again, or given up, which pauses the
// webhook and tells its owner.
func (s *Service) outcome(ctx context.Context, tx *sqldb.Tx, p parcel, status int, problem string) error {
	tried := p.attempts + 1
	gone := status == goneStatus
	settle := func(state State) error {
		_, err := tx.Exec(ctx, `UPDATE webhook_deliveries SET state = $2, attempts = $3, status = $4, problem = $5, body = '', next_at = NULL, settled_at = $6 WHERE id = $1`, p.id, state, tried, status, problem, tx.Now())
		return err
	}
	switch {
	case problem == "":
		if err := settle(Done); err != nil || p.test {
			return err
		}
		// What happened meanwhile is looked at after a rest.
		_, err := tx.Exec(ctx, `UPDATE follows SET due_at = $2 WHERE id = $1 AND paused_at IS NULL`, p.Follow.ID, tx.Now().Add(hookGap))
		return err
	case p.test:
		return settle(Failed)
	case tried <= len(waits) && !gone:
		next := tx.Now().Add(waits[tried-1])
		if _, err := tx.Exec(ctx, `UPDATE webhook_deliveries SET attempts = $2, status = $3, problem = $4, next_at = $5 WHERE id = $1`, p.id, tried, status, problem, next); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, deliverArgs{ID: p.id, Attempt: tried + 1}, jobs.Queue(hookQueue), jobs.At(next))
	}
	if err := settle(Failed); err != nil {
		return err
	}
	return s.pause(ctx, tx, p, problem)
}

// pause stops calling a program and tells its owner.
func (s *Service) pause(ctx context.Context, tx *sqldb.Tx, p parcel, problem string) error {
	if _, err := tx.Exec(ctx, `UPDATE follows SET paused_at = $2, due_at = NULL WHERE id = $1`, p.Follow.ID, tx.Now()); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE webhooks SET problem = $2 WHERE follow = $1`, p.Follow.ID, problem); err != nil {
		return err
	}
	var to string
	var l i18n.Lang
	if err := tx.QueryRow(ctx, `SELECT email, language FROM people WHERE id = $1`, p.Person).Scan(&to, &l); err != nil {
		return err
	}
	args := i18n.Args{"Host": s.o.Host, "Name": p.Hook.Name, "Server": p.Hook.Host(), "Problem": problem, "Link": s.o.BaseURL + ui(l, HooksPath) + "/" + string(p.Follow.ID)}
	if err := mail.Send(ctx, tx, mail.Letter(to, l, "follow.mail.paused", args)); err != nil && !errs.Is(err, errs.Invalid) {
		return err
	}
	return identity.Record(ctx, tx, sys, "webhook.pause", "webhook:"+string(p.Follow.ID), nil, p.Hook.audit())
}

// HooksPath begins the addresses of the pages of webhooks.
const HooksPath = "/account/webhooks"

// Sign makes the headers of a message, as "Standard Webhooks" defines them: the
// signature is the HMAC-SHA256 of identifier, time in seconds since 1970, and body,
// parted by points.
func Sign(secret []byte, id string, at time.Time, body []byte) map[string]string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(id + "." + stamp + "."))
	m.Write(body)
	return map[string]string{
		"Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": stamp,
		"webhook-signature": "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)),
	}
}
