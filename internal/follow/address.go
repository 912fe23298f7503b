package follow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/mail"
	"socle/internal/sqldb"
)

// The addresses of the links in messages; web/followui answers them.
const (
	ConfirmPath = "/follow/confirm"
	StopPath    = "/follow/stop"
	AccountPath = "/account/follows"
)

const (
	// confirmLife is how long the link that confirms an address is good.
	confirmLife = 7 * 24 * time.Hour
	// askAgain is how long one waits before the same question is sent again, and
	// askMost how many an address gets in a day: nobody is flooded in our name.
	askAgain = 10 * time.Minute
	askMost  = 5
)

// emailKey is what makes two addresses the same.
func emailKey(email string) string {
	return strings.ToLower(norm.NFKC.String(strings.TrimSpace(email)))
}

// plain takes an address without a name. Kinds: Invalid (the field "email").
func plain(email string) (string, error) {
	email = strings.TrimSpace(email)
	if mail.CheckAddress(email) != nil || strings.ContainsAny(email, "<>\"(), \t") {
		return "", errs.New(errs.Invalid, "identity.invalid").WithHint("identity.invalid.hint").WithField("email", "identity.field.email")
	}
	return email, nil
}

// Ask sends an address, whose holder needs no account, a link that confirms the
// wish to be told by mail. It says nothing of what the address follows already, or
// of questions that were sent too often. Kinds: Invalid (address, topic, pace), NotFound.
func (s *Service) Ask(ctx context.Context, a identity.Actor, email string, l i18n.Lang, t Topic, p Pace) (err error) {
	defer errs.Wrap(&err, "follow.Ask")
	if email, err = plain(email); err != nil {
		return err
	}
	if err := s.check(ctx, identity.Anonymous(), t, p); err != nil {
		return err
	}
	title, err := s.Title(ctx, identity.Anonymous(), l, t)
	if err != nil {
		return err
	}
	b := make([]byte, 20)
	if _, err := io.ReadFull(s.o.Rand, b); err != nil {
		return err
	}
	secret := hex.EncodeToString(b)
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		f := Follow{Channel: Mail, Email: email, Language: l, Topic: t, Pace: p}
		ok, err := s.mayAsk(ctx, tx, f)
		if err != nil || !ok {
			return err
		}
		before, err := one(ctx, tx, `f.channel = $1 AND f.who_what = $2`, Mail, f.whoWhat())
		switch {
		case err == nil && !before.ConfirmedAt.IsZero():
			if _, err := tx.Exec(ctx, `UPDATE follows SET asked_at = $2 WHERE id = $1`, before.ID, tx.Now()); err != nil {
				return err
			}
			return mail.Send(ctx, tx, s.already(before, title))
		case err == nil:
			if _, err := tx.Exec(ctx, `UPDATE follows SET confirm_hash = $2, asked_at = $3, pace = $4, language = $5 WHERE id = $1`, before.ID, digest(secret), tx.Now(), p, l); err != nil {
				return err
			}
		case errs.Is(err, errs.NotFound):
			if err := s.insert(ctx, tx, &f, digest(secret)); err != nil {
				return err
			}
		default:
			return err
		}
		args := i18n.Args{"Host": s.o.Host, "Title": title, "Link": s.o.BaseURL + ui(l, ConfirmPath) + "?token=" + secret}
		return mail.Send(ctx, tx, mail.Letter(email, l, "follow.mail.confirm", args))
	})
}

// mayAsk reports whether one more letter may go to an address.
func (s *Service) mayAsk(ctx context.Context, tx *sqldb.Tx, f Follow) (bool, error) {
	var asked, same, all int
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FILTER (WHERE asked_at > $2), COUNT(*) FILTER (WHERE who_what = $3 AND asked_at > $4), COUNT(*) FROM follows WHERE email_key = $1 AND person IS NULL`,
		emailKey(f.Email), tx.Now().Add(-24*time.Hour), f.whoWhat(), tx.Now().Add(-askAgain)).Scan(&asked, &same, &all)
	return asked < askMost && same == 0 && all < maxByMail, err
}

// already is the letter of who follows it already.
func (s *Service) already(f Follow, title string) mail.Message {
	l := f.Language
	args := i18n.Args{"Host": s.o.Host, "Title": title, "Stop": s.stopLink(f)}
	m := mail.Letter(f.Email, l, "follow.mail.already", args)
	m.Unsubscribe = s.stopLink(f)
	return m
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// ui is the address of a page in a language.
func ui(l i18n.Lang, path string) string {
	if l == i18n.English {
		return "/en" + path
	}
	return path
}

func linkOver() error {
	return errs.New(errs.NotFound, "follow.link-over").WithHint("follow.link-over.hint")
}

// Asked returns what a link of Ask is to confirm. Kinds: NotFound (used, too old, none of ours).
func (s *Service) Asked(ctx context.Context, secret string) (f Follow, err error) {
	defer errs.Wrap(&err, "follow.Asked")
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		f, err = asked(ctx, tx, secret)
		return err
	})
	return f, err
}

func asked(ctx context.Context, tx *sqldb.Tx, secret string) (Follow, error) {
	if secret == "" {
		return Follow{}, linkOver()
	}
	f, err := one(ctx, tx, `f.confirm_hash = $1 AND f.asked_at > $2`, digest(secret), tx.Now().Add(-confirmLife))
	if errs.Is(err, errs.NotFound) {
		return Follow{}, linkOver()
	}
	return f, err
}

// Confirm begins what Ask asked for: its link is spent. Kinds: NotFound.
func (s *Service) Confirm(ctx context.Context, secret string) (f Follow, err error) {
	defer errs.Wrap(&err, "follow.Confirm")
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if f, err = asked(ctx, tx, secret); err != nil {
			return err
		}
		f.ConfirmedAt = tx.Now()
		f.due = s.first(f, tx.Now())
		n, err := tx.Exec(ctx, `UPDATE follows SET confirm_hash = '', confirmed_at = $3, due_at = $4, after_seq = (SELECT seq FROM catalogue_head WHERE id = 1) WHERE id = $1 AND confirm_hash = $2`,
			f.ID, digest(secret), tx.Now(), sqldb.SomeTime(f.due))
		if err == nil && n == 0 {
			return linkOver()
		}
		return err
	})
	return f, err
}

// stopToken proves that its holder reads the mail of a follow.
func (s *Service) stopToken(id ID) string {
	return string(id) + "." + base64.RawURLEncoding.EncodeToString(s.mac("stop", string(id)))
}

func (s *Service) mac(purpose, text string) []byte {
	m := hmac.New(sha256.New, s.o.Key)
	m.Write([]byte("follow " + purpose + "\x00" + text))
	return m.Sum(nil)
}

func (s *Service) stopLink(f Follow) string {
	return s.o.BaseURL + ui(f.Language, StopPath) + "?token=" + url.QueryEscape(s.stopToken(f.ID))
}

// ofToken reads the follow of a link in a message.
func (s *Service) ofToken(ctx context.Context, tx *sqldb.Tx, token string) (Follow, error) {
	id, _, _ := strings.Cut(token, ".")
	if !hmac.Equal([]byte(token), []byte(s.stopToken(ID(id)))) {
		return Follow{}, linkOver()
	}
	f, err := one(ctx, tx, `f.id = $1`, id)
	if errs.Is(err, errs.NotFound) {
		return Follow{}, linkOver()
	}
	return f, err
}

// ByLink returns the follow of a link in a message, and the others of the same
// reader by mail: whoever has the link reads their mail. Kinds: NotFound (over already).
func (s *Service) ByLink(ctx context.Context, token string) (f Follow, others []Follow, err error) {
	defer errs.Wrap(&err, "follow.ByLink")
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		if f, err = s.ofToken(ctx, tx, token); err != nil || f.Person != "" {
			return err
		}
		others, err = list(ctx, tx, ` WHERE f.email_key = $1 AND f.person IS NULL AND f.confirmed_at IS NOT NULL AND f.id <> $2 ORDER BY f.id LIMIT $3`, emailKey(f.Email), f.ID, maxByMail)
		return err
	})
	return f, others, err
}

// StopByLink ends the follow of a link, or with all every one of the same address
// without account. What is over already stays over. Kinds: NotFound (no link of ours).
func (s *Service) StopByLink(ctx context.Context, token string, all bool) (err error) {
	defer errs.Wrap(&err, "follow.StopByLink")
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		id, _, _ := strings.Cut(token, ".")
		f, err := s.ofToken(ctx, tx, token)
		if errs.Is(err, errs.NotFound) && hmac.Equal([]byte(token), []byte(s.stopToken(ID(id)))) {
			return nil
		}
		if err != nil {
			return err
		}
		if all && f.Person == "" {
			_, err = tx.Exec(ctx, `DELETE FROM follows WHERE email_key = $1 AND person IS NULL`, emailKey(f.Email))
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM follows WHERE id = $1`, f.ID)
		return err
	})
}
