package identity

import (
	"context"
	"net/netip"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/sqldb"
)

// Claims are what an identity provider says of someone, once its word has been
// verified (package oidc).
type Claims struct {
	Provider      string // its identifier in the settings
	Subject       string // of the account there, for ever
	Email         string
	EmailVerified bool
	Name          string
	Strong        bool   // the provider asked for two proofs, or is trusted to
	Create        bool   // whoever has an account there may have one here
	Hint          string // the ID token, for the end of the session there
}

// LinkedAccount is an account at a provider that opens one's account here.
type LinkedAccount struct {
	ID       string
	Provider string
	Email    string // there
	LinkedAt time.Time
	UsedAt   time.Time // zero when never
}

func (c Claims) proof() proof { return proof{Method: c.Provider, Strong: c.Strong, Hint: c.Hint} }

func checkClaims(c Claims) error {
	if c.Provider == "" || c.Subject == "" || len(c.Subject) > 255 || !validText(c.Subject) {
		return errs.New(errs.Denied, "identity.linked.bad").WithHint("identity.linked.bad.hint")
	}
	return nil
}

func validText(s string) bool { return cutText(s, len(s)) == s }

// linkedPerson returns "" when no account is linked.
func linkedPerson(ctx context.Context, tx *sqldb.Tx, c Claims) (id PersonID, err error) {
	err = tx.QueryRow(ctx, `SELECT person FROM linked_accounts WHERE provider = $1 AND subject = $2`, c.Provider, c.Subject).Scan(&id)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return id, err
}

type linkedAudit struct {
	Provider string `json:"provider"`
}

func (s *Service) link(ctx context.Context, tx *sqldb.Tx, a Actor, id PersonID, c Claims) error {
	_, err := tx.Exec(ctx, `INSERT INTO linked_accounts (id, provider, subject, person, email, linked_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		s.newID(tx), c.Provider, c.Subject, id, cutText(c.Email, 254), tx.Now())
	if sqldb.Violates(err, "linked_accounts_subject") {
		return errs.New(errs.Conflict, "identity.linked.taken").WithHint("identity.linked.taken.hint")
	}
	if err != nil {
		return err
	}
	return Record(ctx, tx, a, "person.link", "person:"+string(id), nil, linkedAudit{c.Provider})
}

// SignInLinked lets in who comes back from a provider: by the account linked to
// theirs; else by the same e-mail, when the provider and this portal have both
// verified it; else, where the provider's people may all come, by a new account.
// Kinds: SignIn (an account has the e-mail, unverified: sign in, then link),
// NotFound (nobody here), Denied (claims that say nobody; closed account).
func (s *Service) SignInLinked(ctx context.Context, c Claims, network netip.Addr, agent string) (e Entry, err error) {
	defer errs.Wrap(&err, "identity.SignInLinked(%s)", c.Provider)
	if err := checkClaims(c); err != nil {
		return e, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		id, err := linkedPerson(ctx, tx, c)
		if err != nil {
			return err
		}
		if id == "" {
			if id, err = s.linkByEmail(ctx, tx, c, network); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE linked_accounts SET used_at = $3, email = $4 WHERE provider = $1 AND subject = $2`, c.Provider, c.Subject, tx.Now(), cutText(c.Email, 254)); err != nil {
			return err
		}
		e, err = s.admit(ctx, tx, id, c.proof(), network, agent)
		return err
	})
	return e, err
}

// linkByEmail finds, or makes, the account of an e-mail that the provider has
// verified, and links it.
func (s *Service) linkByEmail(ctx context.Context, tx *sqldb.Tx, c Claims, network netip.Addr) (PersonID, error) {
	unknown := errs.New(errs.NotFound, "identity.linked.unknown").WithHint("identity.linked.unknown.hint")
	if emailKey(c.Email) == "" {
		return "", unknown
	}
	var id PersonID
	var verified sqldb.NullTime
	err := tx.QueryRow(ctx, `SELECT id, email_verified_at FROM people WHERE email_key = $1 AND closed_at IS NULL`, emailKey(c.Email)).Scan(&id, &verified)
	switch {
	case errs.Is(err, errs.NotFound):
		if !c.Create || !c.EmailVerified {
			return "", unknown
		}
		p, err := s.insertLinked(ctx, tx, c, network)
		return p.ID, err
	case err != nil:
		return "", err
	case !c.EmailVerified, verified.Time.IsZero():
		return "", errs.New(errs.SignIn, "identity.linked.confirm").WithHint("identity.linked.confirm.hint")
	}
	return id, s.link(ctx, tx, PersonActor(id, "", 0).From(network), id, c)
}

// insertLinked makes an account without password, of someone whom a provider knows.
func (s *Service) insertLinked(ctx context.Context, tx *sqldb.Tx, c Claims, network netip.Addr) (Person, error) {
	e := invalid()
	email := emailField(e, "email", c.Email)
	name := textField(e, "name", c.Name, 2, 100)
	if err := problems(e); err != nil {
		if len(e.Fields) != 1 || e.Fields[0].Name != "name" {
			return Person{}, errs.New(errs.Denied, "identity.linked.bad").WithHint("identity.linked.bad.hint").Because(err)
		}
		name = email // a provider that gives no name
	}
	p, err := s.insertPerson(ctx, tx, NewPerson{Email: email, Name: cutText(name, 100), Language: i18n.French}, "", 0)
	if err != nil {
		return p, err
	}
	if c.EmailVerified {
		if err := verifyEmail(ctx, tx, p.ID); err != nil {
			return p, err
		}
	}
	a := PersonActor(p.ID, p.Name, 0).From(network)
	if err := s.joined(ctx, tx, a, p); err != nil {
		return p, err
	}
	return p, s.link(ctx, tx, a, p.ID, c)
}

func verifyEmail(ctx context.Context, tx *sqldb.Tx, id PersonID) error {
	_, err := tx.Exec(ctx, `UPDATE people SET email_verified_at = $2 WHERE id = $1`, id, tx.Now())
	return err
}

// LinkAccount links the account at a provider to one's own. Kinds: SignIn, Denied
// (a token, not confirmed, claims that say nobody), Conflict (linked to someone).
func (s *Service) LinkAccount(ctx context.Context, a Actor, c Claims) (err error) {
	defer errs.Wrap(&err, "identity.LinkAccount(%s)", a)
	id, err := s.confirmed(ctx, a)
	if err != nil {
		return err
	}
	if err := checkClaims(c); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		switch whose, err := linkedPerson(ctx, tx, c); {
		case err != nil:
			return err
		case whose == id:
			return nil
		}
		return s.link(ctx, tx, a, id, c)
	})
}

// UnlinkAccount takes a link back. Kinds: SignIn, Denied, NotFound.
func (s *Service) UnlinkAccount(ctx context.Context, a Actor, linked string) (err error) {
	defer errs.Wrap(&err, "identity.UnlinkAccount(%s)", a)
	id, err := s.confirmed(ctx, a)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var provider string
		if err := tx.QueryRow(ctx, `DELETE FROM linked_accounts WHERE id = $1 AND person = $2 RETURNING provider`, linked, id).Scan(&provider); err != nil {
			return err
		}
		return Record(ctx, tx, a, "person.unlink", "person:"+string(id), linkedAudit{provider}, nil)
	})
}

// AcceptInvitationLinked spends an invitation for someone who comes back from a
// provider: a new account without password, or the one already linked. Kinds:
// NotFound (the link), Denied (an invitation for another e-mail; claims that say
// nobody), SignIn (the e-mail has an account: sign in, then accept).
func (s *Service) AcceptInvitationLinked(ctx context.Context, secret string, c Claims, network netip.Addr, agent string) (e Entry, err error) {
	defer errs.Wrap(&err, "identity.AcceptInvitationLinked")
	if err := checkClaims(c); err != nil {
		return e, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		l, err := useLink(ctx, tx, secret, LinkInvitation)
		if err != nil {
			return err
		}
		if err := stillAllowed(ctx, tx, l); err != nil {
			return err
		}
		if l.Email != "" && (emailKey(l.Email) != emailKey(c.Email) || !c.EmailVerified) {
			return errs.New(errs.Denied, "identity.invitation.other-person").WithHint("identity.invitation.other-person.hint")
		}
		id, err := linkedPerson(ctx, tx, c)
		if err != nil {
			return err
		}
		var p Person
		if id == "" {
			p, err = s.insertLinked(ctx, tx, c, network)
			if errs.Is(err, errs.Conflict) {
				return errs.New(errs.SignIn, "identity.invitation.has-account").WithHint("identity.invitation.has-account.hint")
			}
		} else {
			p, err = openPerson(ctx, tx, id)
		}
		if err != nil {
			return err
		}
		var joined Actor
		if err := s.applyInvitation(ctx, tx, PersonActor(p.ID, p.Name, p.HostRoles).From(network), p, l, &joined); err != nil {
			return err
		}
		e, err = s.admit(ctx, tx, p.ID, c.proof(), network, agent)
		return err
	})
	return e, err
}

// Ways are the ways in of a person.
type Ways struct {
	Password      bool
	EmailVerified bool
	Code          bool // an application gives codes
	Recovery      int  // recovery codes that are left
	Passkeys      []Passkey
	Linked        []LinkedAccount
	Required      bool // the host asks this person for a second factor
}

// Ways tells one's own ways in. Kinds: SignIn, Denied (a token).
func (s *Service) Ways(ctx context.Context, a Actor) (w Ways, err error) {
	defer errs.Wrap(&err, "identity.Ways(%s)", a)
	id, err := a.self()
	if err != nil {
		return w, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		var password string
		var verified sqldb.NullTime
		var host HostRoles
		if err := tx.QueryRow(ctx, `SELECT password, email_verified_at, host_roles FROM people WHERE id = $1`, id).Scan(&password, &verified, &host); err != nil {
			return err
		}
		f, err := factorsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		w = Ways{Password: password != "", EmailVerified: !verified.Time.IsZero(), Code: f.code, Required: s.opt.SecondFactor.of(host)}
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM recovery_codes WHERE person = $1 AND used_at IS NULL`, id).Scan(&w.Recovery); err != nil {
			return err
		}
		if w.Passkeys, err = passkeysOf(ctx, tx, id); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id, provider, email, linked_at, used_at FROM linked_accounts WHERE person = $1 ORDER BY id`, id)
		if err != nil {
			return err
		}
		w.Linked, err = sqldb.Collect(rows, func(r sqldb.Scanner) (l LinkedAccount, err error) {
			var used sqldb.NullTime
			err = r.Scan(&l.ID, &l.Provider, &l.Email, &l.LinkedAt, &used)
			l.UsedAt = used.Time
			return l, err
		})
		return err
	})
	return w, err
}

// closeWays removes every way in of an account that closes.
func closeWays(ctx context.Context, tx *sqldb.Tx, id PersonID) error {
	if err := dropFactors(ctx, tx, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM linked_accounts WHERE person = $1`, id)
	return err
}
