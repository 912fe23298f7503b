package identity

import (
	"context"
	"net/netip"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// SignInLimits are the failures allowed in a Window. An attempt is counted
// before the password is looked at and given back when it is right, so that a
// hundred requests at once are still a hundred. A whole town hall behind one
// address has Network to itself; one account attacked from everywhere has
// Account, which keeps any hour, however it falls on the windows, under the
// hundred failures of ASVS 2.2.1: 19 and four times 20; guessing one account from
// one place has Pair.
type SignInLimits struct {
	Window  time.Duration // 15 minutes
	Pair    int           // one account from one network; 8
	Account int           // one account from everywhere; 20
	Network int           // one network on all accounts; 200
	// Rows bounds what is remembered; beyond, the soonest forgotten go first.
	Rows int // 20,000
}

func (l SignInLimits) orDefault() SignInLimits {
	def := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	if l.Window <= 0 {
		l.Window = 15 * time.Minute
	}
	def(&l.Pair, 8)
	def(&l.Account, 20)
	def(&l.Network, 200)
	def(&l.Rows, 20_000)
	return l
}

// attemptKey is one counter.
type attemptKey struct {
	id    string
	limit int
	reset bool // forgotten at a success; the others are only given back one
}

// attemptKeys names the counters of an attempt. They hold no address: a row is
// the start of a SHA-256. An IPv6 network is its /64.
func (s *Service) attemptKeys(email string, network netip.Addr) []attemptKey {
	network = network.Unmap().WithZone("")
	where := "unknown"
	if network.IsValid() {
		bits := 32
		if network.Is6() {
			bits = 64
		}
		if p, err := network.Prefix(bits); err == nil {
			where = p.String()
		}
	}
	id := func(kind, what string) string { return kind + ":" + digest(kind + "\x00" + what)[:32] }
	l := s.opt.Limits
	keys := []attemptKey{
		{id("pair", email+"\x00"+where), l.Pair, true},
		{id("account", email), l.Account, false},
		{id("network", where), l.Network, false},
	}
	if email == "" { // a form without an address is nobody's: the network alone counts
		return keys[2:]
	}
	return keys
}

// reserveAttempt counts an attempt. Kinds: Busy (one too many).
func (s *Service) reserveAttempt(ctx context.Context, keys []attemptKey) error {
	var rows int // counted apart: a serializable count would quarrel with every sign-in
	err := s.db.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM sign_in_attempts`).Scan(&rows)
	})
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		// What is over the limit is refused before anything is written, so that a
		// flood costs reads.
		for _, k := range keys {
			var failures int
			var until time.Time
			err := tx.QueryRow(ctx, `SELECT failures, expires_at FROM sign_in_attempts WHERE id = $1 AND expires_at > $2`, k.id, tx.Now()).Scan(&failures, &until)
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
			if err == nil && failures >= k.limit {
				minutes := int(until.Sub(tx.Now())/time.Minute) + 1
				return errs.New(errs.Busy, "identity.sign-in.throttled", errs.Args{"Minutes": minutes, "Count": minutes, "RetryAfter": until.Sub(tx.Now())}).WithHint("identity.sign-in.throttled.hint")
			}
		}
		if rows > s.opt.Limits.Rows-len(keys) {
			if _, err := tx.Exec(ctx, `DELETE FROM sign_in_attempts WHERE expires_at <= $1 OR id IN
				(SELECT id FROM sign_in_attempts ORDER BY expires_at LIMIT $2)`, tx.Now(), s.opt.Limits.Rows/10+len(keys)); err != nil {
				return err
			}
		}
		for _, k := range keys {
			if _, err := tx.Exec(ctx, `INSERT INTO sign_in_attempts (id, failures, expires_at) VALUES ($1, 1, $2)
				ON CONFLICT (id) DO UPDATE SET
					failures = CASE WHEN sign_in_attempts.expires_at <= $3 THEN 1 ELSE sign_in_attempts.failures + 1 END,
					expires_at = CASE WHEN sign_in_attempts.expires_at <= $3 THEN $2 ELSE sign_in_attempts.expires_at END`,
				k.id, tx.Now().Add(s.opt.Limits.Window), tx.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// releaseAttempt gives an attempt back: the password was right.
func releaseAttempt(ctx context.Context, tx *sqldb.Tx, keys []attemptKey) error {
	for _, k := range keys {
		q := `UPDATE sign_in_attempts SET failures = failures - 1 WHERE id = $1 AND failures > 0`
		if k.reset {
			q = `DELETE FROM sign_in_attempts WHERE id = $1`
		}
		if _, err := tx.Exec(ctx, q, k.id); err != nil {
			return err
		}
	}
	return nil
}
