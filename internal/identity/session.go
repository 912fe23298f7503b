package identity

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// Session is one browser in which a person has signed in.
type Session struct {
	ID        string
	Person    PersonID
	Network   string // address it was opened from
	Agent     string // User-Agent, at most 200 bytes
	Method    string // how it was opened: "password", "link", "passkey", or a provider
	Strong    bool   // with two proofs
	Hint      string // what the provider wants back at the end; of the current one only
	CreatedAt time.Time
	// ConfirmedAt is when the person last proved to be there; of the current one.
	ConfirmedAt time.Time
	SeenAt      time.Time // to five minutes
	ExpiresAt   time.Time // whatever happens
	Current     bool      // in lists: the one that asks
}

// SignIn is what the form of sign-in brings.
type SignIn struct {
	Email    string
	Password string
	Network  netip.Addr
	Agent    string
}

const (
	sessionBytes = 32 // 256 bits
	seenEvery    = 5 * time.Minute
	rotateEvery  = 24 * time.Hour
	// rotationGrace is how long the secret before a rotation still opens the
	// session, for the requests that were under way.
	rotationGrace = 30 * time.Second
	// maxSessions bounds the sessions of a person; the oldest ends.
	maxSessions = 50
)

// SignIn checks e-mail and password and opens a session, or asks for the second
// proof; the secret goes into the cookie and is told once. The answer and the work
// are the same whether the account does not exist, is closed, has no password, or
// has another one. Kinds: SignIn (wrong), Busy (too many attempts, argument
// Minutes; or the server is).
func (s *Service) SignIn(ctx context.Context, in SignIn) (e Entry, err error) {
	defer errs.Wrap(&err, "identity.SignIn")
	key := emailKey(in.Email)
	keys := s.attemptKeys(key, in.Network)
	if err := s.reserveAttempt(ctx, keys); err != nil {
		return e, err
	}
	var id PersonID
	var stored string
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT id, password FROM people WHERE email_key = $1 AND closed_at IS NULL`, key).Scan(&id, &stored)
	})
	if err != nil && !errs.Is(err, errs.NotFound) {
		return e, err
	}
	if len(in.Password) > maxPassword {
		in.Password, stored = in.Password[:maxPassword], ""
	}
	wrong := errs.New(errs.SignIn, "identity.sign-in.wrong").WithHint("identity.sign-in.wrong.hint")
	ok, stale, err := s.hasher.verify(ctx, stored, in.Password)
	if err != nil {
		return e, err
	}
	if !ok {
		return e, wrong
	}
	fresh := stored
	if stale {
		if fresh, err = s.hasher.hash(ctx, in.Password); err != nil {
			return e, err
		}
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE people SET password = $2 WHERE id = $1 AND password = $3 AND closed_at IS NULL`, id, fresh, stored)
		if err != nil {
			return err
		}
		if n == 0 { // changed since it was read
			return wrong
		}
		if err := releaseAttempt(ctx, tx, keys); err != nil {
			return err
		}
		e, err = s.admit(ctx, tx, id, proof{Method: "password"}, in.Network, in.Agent)
		return err
	})
	return e, err
}

func (s *Service) openSession(ctx context.Context, tx *sqldb.Tx, id PersonID, by proof, network netip.Addr, agent string) (Session, string, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE person = $1 AND (expires_at <= $2 OR seen_at <= $3 OR id IN
		(SELECT id FROM sessions WHERE person = $1 ORDER BY seen_at DESC LIMIT 1000 OFFSET $4))`,
		id, tx.Now(), tx.Now().Add(-s.opt.SessionIdle), maxSessions-1); err != nil {
		return Session{}, "", err
	}
	secret := s.secret(sessionBytes)
	out := Session{
		ID: s.newID(tx), Person: id, Network: Actor{network: network}.networkText(), Agent: cutText(agent, 200), Method: by.Method, Strong: by.Strong, Hint: by.Hint,
		CreatedAt: tx.Now(), ConfirmedAt: tx.Now(), SeenAt: tx.Now(), ExpiresAt: tx.Now().Add(s.opt.SessionMax),
	}
	_, err := tx.Exec(ctx, `INSERT INTO sessions (id, hash, person, network, agent, created_at, rotated_at, seen_at, expires_at, method, strong, hint)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8, $9, $10)`, out.ID, digest(secret), id, out.Network, out.Agent, out.CreatedAt, out.ExpiresAt, out.Method, out.Strong, out.Hint)
	return out, secret, err
}

// cutText keeps at most n bytes of what came from outside, whole characters of
// valid UTF-8.
func cutText(s string, n int) string {
	if !utf8.ValidString(s) {
		return ""
	}
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// OpenSession lets in someone who has just proved who they are by a one-time link
// (AcceptFirstAdmin, AcceptInvitation, ResetPassword), or asks for the second
// proof. Kinds: NotFound (closed account).
func (s *Service) OpenSession(ctx context.Context, a Actor, network netip.Addr, agent string) (e Entry, err error) {
	defer errs.Wrap(&err, "identity.OpenSession(%s)", a)
	id, err := a.self()
	if err != nil {
		return e, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		e, err = s.admit(ctx, tx, id, proof{Method: "link"}, network, agent)
		return err
	})
	return e, err
}

// Resumed is what a session's secret gives.
type Resumed struct {
	Session Session
	Actor   Actor
	Person  Person
	Rotate  bool // the secret is a day old: call RotateSession and renew the cookie
	// Enrol says that the host asks this person for a second factor and there is
	// none: the actor has no rights but over their own account until there is.
	Enrol bool
}

// Resume loads the session of a cookie with its actor. Kinds: SignIn (unknown,
// expired, revoked, closed account).
func (s *Service) Resume(ctx context.Context, secret string) (out Resumed, err error) {
	defer errs.Wrap(&err, "identity.Resume")
	over := errs.New(errs.SignIn, "identity.session-over").WithHint("identity.session-over.hint")
	touch := false
	var members []Membership
	err = s.db.ReadOne(ctx, func(tx *sqldb.Tx) error {
		out = Resumed{}
		var rotated time.Time
		var current, own, delegated string
		ss, p := &out.Session, &out.Person
		var in sqldb.NullTime
		hash := digest(secret)
		err := tx.QueryRow(ctx, resumeQuery, hash, tx.Now(), tx.Now().Add(-s.opt.SessionIdle), int64(Editor)).
			Scan(&ss.ID, &current, &ss.Network, &ss.Agent, &ss.CreatedAt, &rotated, &ss.SeenAt, &ss.ExpiresAt, &ss.Method, &ss.Strong, &ss.Hint, &ss.ConfirmedAt,
				&p.ID, &p.Email, &p.Name, &p.Language, &p.HostRoles, &p.CreatedAt, &in, &own, &delegated)
		if errs.Is(err, errs.NotFound) {
			return over
		}
		if err != nil {
			return err
		}
		p.SignedInAt, ss.Person, ss.Current = in.Time, p.ID, true
		out.Rotate = hash == current && tx.Now().Sub(rotated) > rotateEvery
		touch = tx.Now().Sub(ss.SeenAt) > seenEvery
		members, err = parseMemberships(own, delegated)
		return err
	})
	if err != nil {
		return out, err
	}
	if out.Enrol, err = s.mustEnrol(ctx, out); err != nil {
		return out, err
	}
	out.Actor = Actor{kind: person, person: out.Person.ID, name: out.Person.Name, session: out.Session.ID}
	if !out.Enrol {
		out.Actor.host, out.Actor.members = out.Person.HostRoles, members
	}
	if !touch {
		return out, nil
	}
	return out, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, out.Session.ID, tx.Now())
		return err
	})
}

// resumeQuery answers one row: the session, its person, and the roles that memberships
// gives, as parseMemberships reads them. Every request asks it, so that it is one
// statement whose answer does not grow by a row for each mandate.
const resumeQuery = `SELECT s.id, s.hash, s.network, s.agent, s.created_at, s.rotated_at, s.seen_at, s.expires_at, s.method, s.strong, s.hint, COALESCE(s.confirmed_at, s.created_at),
		p.id, p.email, p.name, p.language, p.host_roles, p.created_at, p.signed_in_at,
		COALESCE((SELECT string_agg(m.organisation || ' ' || CAST(m.role AS TEXT) || ' ', ',') FROM members m WHERE m.person = p.id), ''),
		COALESCE((SELECT string_agg(d.organisation || ' ' || CAST(CASE WHEN m.role > $4 THEN $4 ELSE m.role END AS TEXT) || ' ' || d.delegate, ',')
			FROM members m JOIN mandates d ON d.delegate = m.organisation
			WHERE m.person = p.id AND d.revoked_at IS NULL AND d.starts_at <= $2 AND (d.ends_at IS NULL OR d.ends_at > $2)), '')
	FROM sessions s JOIN people p ON p.id = s.person
	WHERE (s.hash = $1 OR s.previous = $1 AND s.previous_until > $2) AND s.expires_at > $2 AND s.seen_at > $3 AND p.closed_at IS NULL`

// parseMemberships reads lists of "ORGANISATION ROLE VIA" with commas between, in the
// order of memberships.
func parseMemberships(lists ...string) (out []Membership, err error) {
	for _, list := range lists {
		for text := range strings.SplitSeq(list, ",") {
			if text == "" {
				continue
			}
			organisation, rest, _ := strings.Cut(text, " ")
			role, via, _ := strings.Cut(rest, " ")
			n, err := strconv.ParseUint(role, 10, 8)
			if err != nil {
				return nil, err
			}
			out = append(out, Membership{OrganisationID(organisation), Role(n), OrganisationID(via)})
		}
	}
	slices.SortFunc(out, func(a, b Membership) int {
		return cmp.Or(cmp.Compare(a.Organisation, b.Organisation), cmp.Compare(a.Via, b.Via))
	})
	return out, nil
}

// mustEnrol tells whether the host asks somebody for a second factor whom nothing
// but one proof has let in, and who has none.
func (s *Service) mustEnrol(ctx context.Context, r Resumed) (must bool, err error) {
	if !s.opt.SecondFactor.of(r.Person.HostRoles) || r.Session.Strong {
		return false, nil
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		f, err := factorsOf(ctx, tx, r.Person.ID)
		must = !f.code && f.passkeys == 0
		return err
	})
	return must, err
}

// RotateSession gives a session a new secret; the one before works for thirty
// seconds more. Only one of several requests that ask at once gets it. Kinds:
// SignIn (unknown, over), Conflict (just rotated by another request: keep the
// cookie that it set).
func (s *Service) RotateSession(ctx context.Context, secret string) (fresh string, err error) {
	defer errs.Wrap(&err, "identity.RotateSession")
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		fresh = s.secret(sessionBytes)
		n, err := tx.Exec(ctx, `UPDATE sessions SET hash = $2, previous = $1, previous_until = $3, rotated_at = $4
			WHERE hash = $1 AND expires_at > $4`, digest(secret), digest(fresh), tx.Now().Add(rotationGrace), tx.Now())
		if err != nil || n == 1 {
			return err
		}
		var id string
		err = tx.QueryRow(ctx, `SELECT id FROM sessions WHERE previous = $1 AND previous_until > $2`, digest(secret), tx.Now()).Scan(&id)
		if err == nil {
			return errs.New(errs.Conflict, "identity.session-rotated")
		}
		return errs.New(errs.SignIn, "identity.session-over").WithHint("identity.session-over.hint")
	})
	return fresh, err
}

// SignOut ends the session of a cookie; one that is over already is no error.
func (s *Service) SignOut(ctx context.Context, secret string) (err error) {
	defer errs.Wrap(&err, "identity.SignOut")
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		hash := digest(secret)
		_, err := tx.Exec(ctx, `DELETE FROM sessions WHERE hash = $1 OR previous = $1 AND previous_until > $2`, hash, tx.Now())
		return err
	})
}

// Sessions lists one's own open sessions, the last seen first. Kinds: SignIn,
// Denied (a token).
func (s *Service) Sessions(ctx context.Context, a Actor) (list []Session, err error) {
	defer errs.Wrap(&err, "identity.Sessions(%s)", a)
	id, err := a.self()
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, person, network, agent, method, strong, created_at, seen_at, expires_at FROM sessions
			WHERE person = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id`, id, tx.Now(), tx.Now().Add(-s.opt.SessionIdle))
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, func(r sqldb.Scanner) (ss Session, err error) {
			err = r.Scan(&ss.ID, &ss.Person, &ss.Network, &ss.Agent, &ss.Method, &ss.Strong, &ss.CreatedAt, &ss.SeenAt, &ss.ExpiresAt)
			ss.Current = ss.ID == a.session
			return ss, err
		})
		return err
	})
	return list, err
}

// RevokeSession ends one of one's own sessions. Kinds: SignIn, Denied, NotFound.
func (s *Service) RevokeSession(ctx context.Context, a Actor, session string) (err error) {
	defer errs.Wrap(&err, "identity.RevokeSession(%s)", a)
	id, err := a.self()
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM sessions WHERE id = $1 AND person = $2`, session, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return notFound()
		}
		return Record(ctx, tx, a, "session.revoke", "person:"+string(id), nil, nil)
	})
}

// RevokeOtherSessions ends one's own sessions but the one that asks. Kinds:
// SignIn, Denied.
func (s *Service) RevokeOtherSessions(ctx context.Context, a Actor) (err error) {
	defer errs.Wrap(&err, "identity.RevokeOtherSessions(%s)", a)
	id, err := a.self()
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE person = $1 AND id <> $2`, id, a.session); err != nil {
			return err
		}
		return Record(ctx, tx, a, "session.revoke-others", "person:"+string(id), nil, nil)
	})
}

func (s *Service) joined(ctx context.Context, tx *sqldb.Tx, a Actor, p Person) error {
	if err := Record(ctx, tx, a, "person.create", "person:"+string(p.ID), nil, auditOfPerson(p)); err != nil {
		return err
	}
	return jobs.Emit(ctx, tx, PersonJoined{Person: p.ID})
}
