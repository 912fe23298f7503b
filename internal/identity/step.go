package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// stepKind says what is waited for between two pages of signing in.
type stepKind string

const (
	stepSecond  stepKind = "second-proof" // the first proof was good; data: proof
	stepNewKey  stepKind = "new-passkey"  // a person adds a passkey; data: the challenge
	stepPasskey stepKind = "passkey"      // someone signs in by passkey; data: keyStep
	stepJourney stepKind = "journey"      // gone to an identity provider; data: the caller's
)

const (
	stepBytes = 32
	// stepLife is the time of the second proof, of a challenge, of a journey.
	stepLife = 10 * time.Minute
	// maxStepFailures ends a step after so many wrong codes.
	maxStepFailures = 5
)

func stepOver() error {
	return errs.New(errs.SignIn, "identity.step-over").WithHint("identity.step-over.hint")
}

// putStep remembers a step and returns its secret.
func (s *Service) putStep(ctx context.Context, tx *sqldb.Tx, kind stepKind, p PersonID, data any) (string, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("identity: step: %w", err)
	}
	secret := s.secret(stepBytes)
	_, err = tx.Exec(ctx, `INSERT INTO sign_in_steps (hash, kind, person, data, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		digest(secret), kind, orNull(p), string(b), tx.Now().Add(stepLife))
	return secret, err
}

// openStep reads a step without spending it. Kinds: SignIn (unknown, spent, over).
func openStep(ctx context.Context, tx *sqldb.Tx, kind stepKind, secret string, data any) (PersonID, error) {
	return readStep(tx.QueryRow(ctx, `SELECT person, data FROM sign_in_steps
		WHERE hash = $1 AND kind = $2 AND expires_at > $3 AND failures < $4`, digest(secret), kind, tx.Now(), maxStepFailures), data)
}

// takeStep spends a step: of several uses at once, one finds it. Kinds: SignIn.
func takeStep(ctx context.Context, tx *sqldb.Tx, kind stepKind, secret string, data any) (PersonID, error) {
	return readStep(tx.QueryRow(ctx, `DELETE FROM sign_in_steps
		WHERE hash = $1 AND kind = $2 AND expires_at > $3 AND failures < $4 RETURNING person, data`, digest(secret), kind, tx.Now(), maxStepFailures), data)
}

func readStep(r sqldb.Scanner, data any) (PersonID, error) {
	var p *PersonID
	var text string
	err := r.Scan(&p, &text)
	if errs.Is(err, errs.NotFound) {
		return "", stepOver()
	}
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal([]byte(text), data); err != nil {
		return "", fmt.Errorf("identity: step: %w", err)
	}
	if p == nil {
		return "", nil
	}
	return *p, nil
}

// PutJourney remembers, for ten minutes, what must come back from an identity
// provider: data is marshalled as JSON. The secret stays in the browser that
// left. Whoever comes back is told by TakeJourney.
func (s *Service) PutJourney(ctx context.Context, a Actor, data any) (secret string, err error) {
	defer errs.Wrap(&err, "identity.PutJourney")
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		secret, err = s.putStep(ctx, tx, stepJourney, a.person, data)
		return err
	})
	return secret, err
}

// TakeJourney gives back what PutJourney kept, once, to the person (or nobody)
// who left. Kinds: SignIn (unknown, spent, over ten minutes, another person).
func (s *Service) TakeJourney(ctx context.Context, a Actor, secret string, data any) (err error) {
	defer errs.Wrap(&err, "identity.TakeJourney")
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		p, err := takeStep(ctx, tx, stepJourney, secret, data)
		if err == nil && p != a.person {
			return stepOver()
		}
		return err
	})
}

// proof is how someone has shown who they are.
type proof struct {
	Method string `json:"method"`         // "password", "link", "passkey", or a provider
	Strong bool   `json:"strong"`         // two proofs, or one worth two
	Hint   string `json:"hint,omitempty"` // for the end of the session at the provider
}

// Entry is the outcome of a good first proof: a session, or a step on which a
// second proof is waited for.
type Entry struct {
	Person  PersonID
	Session Session
	Secret  string // goes into the cookie; "" while a second proof is waited for
	Step    string // secret of the page that asks for it; "" once in
}

type sessionAudit struct {
	Method string `json:"method"`
	Strong bool   `json:"strong"`
}

// admit opens a session after a good proof, or asks for another.
func (s *Service) admit(ctx context.Context, tx *sqldb.Tx, id PersonID, by proof, network netip.Addr, agent string) (e Entry, err error) {
	e.Person = id
	p, err := openPerson(ctx, tx, id)
	if err != nil {
		return e, err
	}
	if !by.Strong {
		f, err := factorsOf(ctx, tx, id)
		if err != nil {
			return e, err
		}
		if f.code || f.passkeys > 0 && s.opt.SecondFactor.of(p.HostRoles) {
			e.Step, err = s.putStep(ctx, tx, stepSecond, id, by)
			return e, err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE people SET signed_in_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
		return e, err
	}
	if e.Session, e.Secret, err = s.openSession(ctx, tx, id, by, network, agent); err != nil {
		return e, err
	}
	return e, Record(ctx, tx, PersonActor(id, "", 0).From(network), "session.open", "person:"+string(id), nil, sessionAudit{by.Method, by.Strong})
}

// Requirement says who must have a second factor.
type Requirement string

const (
	RequireNobody   Requirement = "none"
	RequireHost     Requirement = "host" // whoever has a role of the host
	RequireEveryone Requirement = "everyone"
)

func (r Requirement) of(host HostRoles) bool {
	return r == RequireEveryone || r == RequireHost && host != 0
}

// factors are the second proofs that a person has.
type factors struct {
	code     bool
	passkeys int
}

func factorsOf(ctx context.Context, tx *sqldb.Tx, id PersonID) (f factors, err error) {
	var n int
	err = tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM one_time_codes WHERE person = $1 AND confirmed_at IS NOT NULL), (SELECT count(*) FROM passkeys WHERE person = $1)`, id).Scan(&n, &f.passkeys)
	f.code = n > 0
	return f, err
}

// ConfirmWithin is how long after signing in, or after Confirm, one may do what
// touches how one signs in.
const ConfirmWithin = 15 * time.Minute

// Confirm notes that the person in front of the screen knows the account's password.
// Kinds: SignIn, Denied (a token, no password, a wrong one), Busy (too many
// attempts).
func (s *Service) Confirm(ctx context.Context, a Actor, password string) (err error) {
	defer errs.Wrap(&err, "identity.Confirm(%s)", a)
	id, err := a.self()
	if err != nil {
		return err
	}
	var stored, email string
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT password, email_key FROM people WHERE id = $1`, id).Scan(&stored, &email)
	})
	if err != nil {
		return err
	}
	if stored == "" {
		return confirmFirst()
	}
	keys := s.attemptKeys(email, a.network)
	if err := s.reserveAttempt(ctx, keys); err != nil {
		return err
	}
	ok, _, err := s.hasher.verify(ctx, stored, password)
	if err != nil {
		return err
	}
	if !ok {
		return errs.New(errs.Denied, "identity.password.wrong").WithField("current", "identity.password.wrong").WithHint("identity.password.wrong.hint")
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := releaseAttempt(ctx, tx, keys); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE sessions SET confirmed_at = $2 WHERE id = $1 AND person = $3`, a.session, tx.Now(), id)
		return err
	})
}

func confirmFirst() error {
	return errs.New(errs.Denied, "identity.confirm-again").WithHint("identity.confirm-again.hint")
}

// confirmed makes sure that it is still the same person in front of the screen: the
// session is fresh, or Confirm was called. Kinds: SignIn, Denied.
func (s *Service) confirmed(ctx context.Context, a Actor) (id PersonID, err error) {
	if id, err = a.self(); err != nil {
		return id, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		var at time.Time
		err := tx.QueryRow(ctx, `SELECT COALESCE(confirmed_at, created_at) FROM sessions WHERE id = $1 AND person = $2`, a.session, id).Scan(&at)
		if errs.Is(err, errs.NotFound) || err == nil && tx.Now().Sub(at) > ConfirmWithin {
			return confirmFirst()
		}
		return err
	})
	return id, err
}

// strengthen notes that the session has had its second proof.
func strengthen(ctx context.Context, tx *sqldb.Tx, a Actor) error {
	_, err := tx.Exec(ctx, `UPDATE sessions SET strong = TRUE WHERE id = $1`, a.session)
	return err
}
