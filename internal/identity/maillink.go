package identity

import (
	"context"
	"net/netip"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// Mailed is a link to send by mail to someone.
type Mailed struct {
	Send   bool // false when there is nobody to send it to: say the same to the visitor
	Person Person
	Secret string
	Until  time.Time
}

// RequestReset makes a link to choose a new password, and voids those before.
// The work is the same whether the account exists or not, and whoever asks is to
// be told the same; attempts count as those of sign-in do. Kinds: Busy (too
// many).
func (s *Service) RequestReset(ctx context.Context, email string, network netip.Addr) (out Mailed, err error) {
	defer errs.Wrap(&err, "identity.RequestReset")
	return s.requestLink(ctx, LinkReset, s.opt.ResetLife, "person.reset-asked", email, network)
}

// RequestSignIn makes a link that signs in once, and voids those before; the rest
// is as for RequestReset. Kinds: Busy (too many).
func (s *Service) RequestSignIn(ctx context.Context, email string, network netip.Addr) (out Mailed, err error) {
	defer errs.Wrap(&err, "identity.RequestSignIn")
	return s.requestLink(ctx, LinkSignIn, s.opt.SignInLife, "person.link-asked", email, network)
}

func (s *Service) requestLink(ctx context.Context, kind LinkKind, life time.Duration, verb, email string, network netip.Addr) (out Mailed, err error) {
	key := emailKey(email)
	if err := s.reserveAttempt(ctx, s.attemptKeys(key, network)); err != nil {
		return out, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		out = Mailed{}
		p, err := scanPerson(tx.QueryRow(ctx, `SELECT `+personColumns+` FROM people WHERE email_key = $1 AND closed_at IS NULL`, key))
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		// For nobody, a link that nobody gets and that opens nothing.
		if _, err := tx.Exec(ctx, `DELETE FROM one_time_links WHERE person = $1 AND kind = $2`, p.ID, kind); err != nil {
			return err
		}
		l, secret, err := s.insertLink(ctx, tx, Link{Kind: kind, Person: p.ID, CreatedBy: Anonymous().Ref()}, life)
		if err != nil {
			return err
		}
		if p.ID != "" {
			out = Mailed{Send: true, Person: p, Secret: secret, Until: l.ExpiresAt}
		}
		return Record(ctx, tx, Anonymous().From(network), verb, "person:"+string(p.ID), nil, nil)
	})
	return out, err
}

// UseSignInLink spends a sign-in link and opens a session, or asks for the second
// proof. Kinds: NotFound (the link; a closed account).
func (s *Service) UseSignInLink(ctx context.Context, secret string, network netip.Addr, agent string) (e Entry, err error) {
	defer errs.Wrap(&err, "identity.UseSignInLink")
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		l, err := useLink(ctx, tx, secret, LinkSignIn)
		if err != nil {
			return err
		}
		if l.Person == "" {
			return linkOver()
		}
		if err := verifyEmail(ctx, tx, l.Person); err != nil {
			return err
		}
		e, err = s.admit(ctx, tx, l.Person, proof{Method: "link"}, network, agent)
		return err
	})
	return e, err
}

// RequestEmail makes the link that confirms a new address of one's account: it
// goes to the new address, and a notice to the one of today (Mailed.Person).
// Nothing is to be sent, and the same is to be said, when someone has the address. Kinds:
// SignIn, Denied (a token, not confirmed), Invalid (the address), Busy.
func (s *Service) RequestEmail(ctx context.Context, a Actor, email string) (out Mailed, err error) {
	defer errs.Wrap(&err, "identity.RequestEmail(%s)", a)
	e := invalid()
	email = emailField(e, "email", email)
	if err := problems(e); err != nil {
		return out, err
	}
	id, err := s.confirmed(ctx, a)
	if err != nil {
		return out, err
	}
	keys := s.attemptKeys("new-address\x00"+string(id), a.network)
	if err := s.reserveAttempt(ctx, keys); err != nil { // who asks for many addresses is looking for people
		return out, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		out = Mailed{}
		p, err := openPerson(ctx, tx, id)
		if err != nil {
			return err
		}
		if emailKey(email) == emailKey(p.Email) {
			return invalid().WithField("email", "identity.email.same")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM one_time_links WHERE person = $1 AND kind = $2`, id, LinkEmail); err != nil {
			return err
		}
		l, secret, err := s.insertLink(ctx, tx, Link{Kind: LinkEmail, Person: id, Email: email, CreatedBy: a.Ref()}, s.opt.ResetLife)
		if err != nil {
			return err
		}
		var taken int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM people WHERE email_key = $1`, emailKey(email)).Scan(&taken); err != nil {
			return err
		}
		out = Mailed{Send: taken == 0, Person: p, Secret: secret, Until: l.ExpiresAt}
		return Record(ctx, tx, a, "person.email-asked", "person:"+string(id), nil, nil)
	})
	return out, err
}

// ConfirmEmail spends the link of a new address: it is the account's from now on,
// and verified. Links sent to the old one end; before is that address, to be told.
// Kinds: NotFound (the link; a closed account), Conflict (someone has the address
// meanwhile).
func (s *Service) ConfirmEmail(ctx context.Context, secret string, network netip.Addr) (p Person, before string, err error) {
	defer errs.Wrap(&err, "identity.ConfirmEmail")
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		l, err := useLink(ctx, tx, secret, LinkEmail)
		if err != nil {
			return err
		}
		if p, err = openPerson(ctx, tx, l.Person); err != nil {
			return err
		}
		before = p.Email
		_, err = tx.Exec(ctx, `UPDATE people SET email = $2, email_key = $3, email_verified_at = $4 WHERE id = $1`, p.ID, l.Email, emailKey(l.Email), tx.Now())
		if sqldb.Violates(err, "people_email") {
			return errs.New(errs.Conflict, "identity.email-taken").WithHint("identity.email-taken.hint")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM one_time_links WHERE person = $1 AND used_at IS NULL`, p.ID); err != nil {
			return err
		}
		p.Email = l.Email
		return Record(ctx, tx, PersonActor(p.ID, p.Name, p.HostRoles).From(network), "person.email", "person:"+string(p.ID), nil, nil)
	})
	return p, before, err
}

// ResetPassword spends a reset link, sets the password and ends all sessions.
// The actor returned may open a session. Kinds: NotFound (the link), Invalid
// (password).
func (s *Service) ResetPassword(ctx context.Context, secret, password string) (a Actor, err error) {
	defer errs.Wrap(&err, "identity.ResetPassword")
	l, err := s.OpenLink(ctx, secret)
	if err != nil {
		return a, err
	}
	if l.Kind != LinkReset {
		return a, linkOver()
	}
	var p Person
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		p, err = openPerson(ctx, tx, l.Person)
		return err
	})
	if err != nil {
		return a, err
	}
	e := invalid()
	if err := s.checkNewPassword(ctx, e, password, p.Email, p.Name); err != nil {
		return a, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return a, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		l, err := useLink(ctx, tx, secret, LinkReset)
		if err != nil {
			return err
		}
		if a, err = loadActor(ctx, tx, l.Person); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE people SET password = $2 WHERE id = $1`, l.Person, hash); err != nil {
			return err
		}
		if err := verifyEmail(ctx, tx, l.Person); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE person = $1`, l.Person); err != nil {
			return err
		}
		return Record(ctx, tx, a, "person.password", "person:"+string(l.Person), nil, nil)
	})
	return a, err
}
