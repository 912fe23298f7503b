package identity

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

const (
	codePeriod = 30 * time.Second // RFC 6238, section 5.2
	codeDrift  = 1                // periods accepted before and after: clocks differ
	codeBytes  = 20               // RFC 4226, section 4: 160 bits
	// recoveryCodes are given at once, on paper; each works once.
	recoveryCodes = 10
	recoveryBytes = 15 // 120 bits: no salt is needed (ASVS 2.6.2)
)

var codeOptions = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// CodeSetup is what a person gives to the application of their telephone.
type CodeSetup struct {
	Secret string // base32, to be typed where there is no camera
	URL    string // otpauth://…, to be shown as a QR code
}

// StartCode makes the secret of one's codes, not yet in force: ConfirmCode puts it
// in force. Kinds: SignIn, Denied (a
// token, not confirmed), Conflict (codes
// are in force already).
func (s *Service) StartCode(ctx context.Context, a Actor) (c CodeSetup, err error) {
	defer errs.Wrap(&err, "identity.StartCode(%s)", a)
	id, err := s.confirmed(ctx, a)
	if err != nil {
		return c, err
	}
	b := make([]byte, codeBytes)
	if _, err := io.ReadFull(s.opt.Rand, b); err != nil {
		return c, fmt.Errorf("identity: no randomness: %w", err)
	}
	c.Secret = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		p, err := openPerson(ctx, tx, id)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `INSERT INTO one_time_codes (person, secret, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (person) DO UPDATE SET secret = $2, created_at = $3, last_step = 0 WHERE one_time_codes.confirmed_at IS NULL`, id, c.Secret, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "identity.code.already").WithHint("identity.code.already.hint")
		}
		key, err := totp.Generate(totp.GenerateOpts{Issuer: s.opt.Party.Name, AccountName: p.Email, Secret: b})
		if err != nil {
			return fmt.Errorf("identity: code: %w", err)
		}
		c.URL = key.URL()
		return nil
	})
	return c, err
}

// PendingCode gives again what StartCode made, for the page that comes back after
// a wrong code. Kinds: SignIn, Denied, NotFound (nothing was started).
func (s *Service) PendingCode(ctx context.Context, a Actor) (c CodeSetup, err error) {
	defer errs.Wrap(&err, "identity.PendingCode(%s)", a)
	id, err := a.self()
	if err != nil {
		return c, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		p, err := openPerson(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT secret FROM one_time_codes WHERE person = $1 AND confirmed_at IS NULL`, id).Scan(&c.Secret); err != nil {
			return err
		}
		b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(c.Secret)
		if err != nil {
			return fmt.Errorf("identity: code: %w", err)
		}
		key, err := totp.Generate(totp.GenerateOpts{Issuer: s.opt.Party.Name, AccountName: p.Email, Secret: b})
		if err != nil {
			return fmt.Errorf("identity: code: %w", err)
		}
		c.URL = key.URL()
		return nil
	})
	return c, err
}

// ConfirmCode puts one's codes in force, once the application gives the right one,
// and returns the recovery codes, told once. Kinds: SignIn, Denied, NotFound
// (nothing was started), Invalid (wrong code), Busy (too many).
func (s *Service) ConfirmCode(ctx context.Context, a Actor, code string) (recovery []string, err error) {
	defer errs.Wrap(&err, "identity.ConfirmCode(%s)", a)
	id, err := a.self()
	if err != nil {
		return nil, err
	}
	keys := s.secondKeys(id, a.network)
	if err := s.reserveAttempt(ctx, keys); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		ok, err := useCode(ctx, tx, id, code, false)
		if err != nil {
			return err
		}
		if !ok {
			return wrongCode()
		}
		if _, err := tx.Exec(ctx, `UPDATE one_time_codes SET confirmed_at = $2 WHERE person = $1`, id, tx.Now()); err != nil {
			return err
		}
		if err := releaseAttempt(ctx, tx, keys); err != nil {
			return err
		}
		if recovery, err = s.newRecovery(ctx, tx, id); err != nil {
			return err
		}
		if err := strengthen(ctx, tx, a); err != nil {
			return err
		}
		return Record(ctx, tx, a, "person.codes-on", "person:"+string(id), nil, nil)
	})
	return recovery, err
}

func wrongCode() error {
	return invalid().WithField("code", "identity.code.wrong")
}

// newRecovery replaces a person's recovery codes.
func (s *Service) newRecovery(ctx context.Context, tx *sqldb.Tx, id PersonID) (list []string, err error) {
	if _, err := tx.Exec(ctx, `DELETE FROM recovery_codes WHERE person = $1`, id); err != nil {
		return nil, err
	}
	for range recoveryCodes {
		raw := s.secret(recoveryBytes)
		if _, err := tx.Exec(ctx, `INSERT INTO recovery_codes (person, hash) VALUES ($1, $2)`, id, digest(raw)); err != nil {
			return nil, err
		}
		list = append(list, string(bytes.Join(slices.Collect(slices.Chunk([]byte(raw), 4)), []byte("-"))))
	}
	return list, nil
}

// RenewRecovery replaces one's recovery codes, told once. Kinds: SignIn, Denied, NotFound (codes are not in force).
func (s *Service) RenewRecovery(ctx context.Context, a Actor) (list []string, err error) {
	defer errs.Wrap(&err, "identity.RenewRecovery(%s)", a)
	id, err := s.confirmed(ctx, a)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		f, err := factorsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if !f.code {
			return notFound()
		}
		if list, err = s.newRecovery(ctx, tx, id); err != nil {
			return err
		}
		return Record(ctx, tx, a, "person.recovery-codes", "person:"+string(id), nil, nil)
	})
	return list, err
}

// StopCode ends one's codes and recovery codes, and one's other sessions. Kinds: SignIn, Denied, NotFound.
func (s *Service) StopCode(ctx context.Context, a Actor) (err error) {
	defer errs.Wrap(&err, "identity.StopCode(%s)", a)
	id, err := s.confirmed(ctx, a)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM one_time_codes WHERE person = $1`, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return notFound()
		}
		if _, err := tx.Exec(ctx, `DELETE FROM recovery_codes WHERE person = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE person = $1 AND id <> $2`, id, a.session); err != nil {
			return err
		}
		return Record(ctx, tx, a, "person.codes-off", "person:"+string(id), nil, nil)
	})
}

// ResetFactors takes the second factor of someone who has lost everything:
// application, recovery codes, passkeys; their sessions end. Rights:
// ActionManagePeople. Kinds: Denied, SignIn, NotFound.
func (s *Service) ResetFactors(ctx context.Context, a Actor, id PersonID) (err error) {
	defer errs.Wrap(&err, "identity.ResetFactors(%s)", id)
	if err := a.Require(ActionManagePeople, ""); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := openPerson(ctx, tx, id); err != nil {
			return err
		}
		if err := dropFactors(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE person = $1`, id); err != nil {
			return err
		}
		if err := jobs.Emit(ctx, tx, FactorsReset{id, a.Ref()}); err != nil {
			return err
		}
		return Record(ctx, tx, a, "person.factors-reset", "person:"+string(id), nil, nil)
	})
}

// dropFactors removes codes, recovery codes, passkeys and what waits for them.
func dropFactors(ctx context.Context, tx *sqldb.Tx, id PersonID) error {
	for _, q := range []string{
		`DELETE FROM one_time_codes WHERE person = $1`,
		`DELETE FROM recovery_codes WHERE person = $1`,
		`DELETE FROM passkeys WHERE person = $1`,
		`DELETE FROM sign_in_steps WHERE person = $1`,
	} {
		if _, err := tx.Exec(ctx, q, id); err != nil {
			return err
		}
	}
	return nil
}

// useCode reports whether a code is one of now that was not used before, and
// spends it.
func useCode(ctx context.Context, tx *sqldb.Tx, id PersonID, code string, confirmed bool) (bool, error) {
	var secret string
	var last int64
	err := tx.QueryRow(ctx, `SELECT secret, last_step FROM one_time_codes WHERE person = $1 AND (confirmed_at IS NOT NULL) = $2`, id, confirmed).Scan(&secret, &last)
	if err != nil {
		return false, err
	}
	code = strings.Join(strings.Fields(code), "")
	now := tx.Now().Unix() / int64(codePeriod/time.Second)
	for step := max(now-codeDrift, last+1); step <= now+codeDrift; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), codeOptions)
		if err != nil {
			return false, fmt.Errorf("identity: code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			n, err := tx.Exec(ctx, `UPDATE one_time_codes SET last_step = $2 WHERE person = $1 AND last_step < $2`, id, step)
			return n == 1, err
		}
	}
	return false, nil
}

// useRecovery spends a recovery code.
func useRecovery(ctx context.Context, tx *sqldb.Tx, id PersonID, code string) (bool, error) {
	code = strings.ToLower(strings.Join(strings.FieldsFunc(code, func(r rune) bool { return r == '-' || r == ' ' }), ""))
	n, err := tx.Exec(ctx, `UPDATE recovery_codes SET used_at = $3 WHERE person = $1 AND hash = $2 AND used_at IS NULL`, id, digest(code), tx.Now())
	return n == 1, err
}

// secondKeys count wrong second proofs of a person: tighter than passwords, for
// six digits are few.
func (s *Service) secondKeys(id PersonID, network netip.Addr) []attemptKey {
	keys := s.attemptKeys("second\x00"+string(id), network)
	keys[0].limit, keys[1].limit = min(keys[0].limit, 5), min(keys[1].limit, 10)
	return keys
}

// SecondStep is what the page of the second proof shows.
type SecondStep struct {
	Code     bool // an application's code, or a recovery code, is accepted
	Passkeys bool // and a passkey
}

// OpenSecondStep reads the step on which a second proof is waited for. Kinds:
// SignIn (unknown, spent, over).
func (s *Service) OpenSecondStep(ctx context.Context, step string) (out SecondStep, err error) {
	defer errs.Wrap(&err, "identity.OpenSecondStep")
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		var by proof
		p, err := openStep(ctx, tx, stepSecond, step, &by)
		if err != nil {
			return err
		}
		f, err := factorsOf(ctx, tx, p)
		out = SecondStep{f.code, f.passkeys > 0}
		return err
	})
	return out, err
}

// ProveCode gives the second proof by a code of the application or a recovery
// code, and opens the session. Kinds: SignIn (the step is over), Invalid (wrong
// code), Busy (too many attempts).
func (s *Service) ProveCode(ctx context.Context, step, code string, network netip.Addr, agent string) (e Entry, err error) {
	defer errs.Wrap(&err, "identity.ProveCode")
	var by proof
	var id PersonID
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		id, err = openStep(ctx, tx, stepSecond, step, &by)
		return err
	})
	if err != nil {
		return e, err
	}
	keys := s.secondKeys(id, network)
	if err := s.reserveAttempt(ctx, keys); err != nil {
		return e, err
	}
	right := false
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		right = false
		id, err := openStep(ctx, tx, stepSecond, step, &by)
		if err != nil {
			return err
		}
		ok, err := useCode(ctx, tx, id, code, true)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		recovered := false
		if !ok {
			if recovered, err = useRecovery(ctx, tx, id, code); err != nil {
				return err
			}
		}
		if !ok && !recovered { // written, so that the fifth failure ends the step
			_, err := tx.Exec(ctx, `UPDATE sign_in_steps SET failures = failures + 1 WHERE hash = $1`, digest(step))
			return err
		}
		right = true
		if _, err := takeStep(ctx, tx, stepSecond, step, &by); err != nil {
			return err
		}
		if err := releaseAttempt(ctx, tx, keys); err != nil {
			return err
		}
		by.Strong = true
		if e, err = s.admit(ctx, tx, id, by, network, agent); err != nil {
			return err
		}
		if recovered {
			return Record(ctx, tx, PersonActor(id, "", 0).From(network), "person.recovery-used", "person:"+string(id), nil, nil)
		}
		return nil
	})
	if err == nil && !right {
		return Entry{}, wrongCode()
	}
	return e, err
}
