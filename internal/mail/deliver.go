package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"socle/internal/config"
	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// Options of the delivery.
type Options struct {
	SMTP config.SMTP // an empty Host keeps messages instead of sending them
	TLS  *tls.Config // nil: the system's authorities
}

// Deliver makes the runner deliver the outbox. A message is sent at least
// once; should the process die between the server's word and ours, it is sent
// again under the same Message-ID, by which mail readers know it.
func Deliver(r *jobs.Runner, db *sqldb.DB, o Options) {
	p := &post{db: db, o: o}
	jobs.Handle(r, p.deliver, jobs.Timeout(2*time.Minute), jobs.OnGiveUp(p.failed))
}

type post struct {
	db *sqldb.DB
	o  Options
}

func (p *post) deliver(ctx context.Context, j *jobs.Job[deliver]) error {
	var m Record
	err := p.db.Read(ctx, func(tx *sqldb.Tx) (err error) { m, err = Get(ctx, tx, j.Args.ID); return err })
	switch {
	case errs.Is(err, errs.NotFound): // forgotten meanwhile
		return jobs.GiveUp(err)
	case err != nil:
		return err
	case m.State != Waiting:
		return nil
	}
	if p.o.SMTP.Host == "" {
		return p.settle(ctx, j, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE mails SET state = $1 WHERE id = $2", string(Kept), m.ID)
			return err
		})
	}
	if err := p.send(ctx, m); err != nil {
		return p.refused(ctx, m, err)
	}
	return p.settle(ctx, j, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE mails SET state = $1, attempts = attempts + 1, problem = '', text_body = '', html_body = '', sent_at = $2 WHERE id = $3",
			string(Sent), tx.Now(), m.ID)
		return err
	})
}

// settle writes the outcome and ends the job in one transaction.
func (p *post) settle(ctx context.Context, j *jobs.Job[deliver], outcome func(*sqldb.Tx) error) error {
	return p.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := outcome(tx); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
}

// refused notes what the server said. A refusal for good ends the job.
func (p *post) refused(ctx context.Context, m Record, cause error) error {
	err := p.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE mails SET attempts = attempts + 1, problem = $1 WHERE id = $2", problem(cause), m.ID)
		return err
	})
	if err != nil {
		return errors.Join(cause, err)
	}
	var refusal *gomail.SendError
	if errors.As(cause, &refusal) && !refusal.IsTemp() && refusal.ErrorCode() >= 500 {
		return jobs.GiveUp(cause)
	}
	return cause
}

// problem is what the administration reads: one line, no longer than a screen.
func problem(err error) string {
	s := oneLine(err.Error())
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "") + "…"
	}
	return s
}

// failed marks a message that no attempt could send.
func (p *post) failed(ctx context.Context, j *jobs.Job[deliver], _ error) error {
	return p.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE mails SET state = $1 WHERE id = $2 AND state = $3", string(Failed), j.Args.ID, string(Waiting))
		return err
	})
}

// send speaks to the mail server, outside any transaction.
func (p *post) send(ctx context.Context, m Record) error {
	msg, err := compose(m, p.o.SMTP.From)
	if err != nil {
		return err
	}
	c, err := p.client()
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	return c.DialAndSendWithContext(ctx, msg)
}

func (p *post) client() (*gomail.Client, error) {
	s := p.o.SMTP
	opts := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(30 * time.Second)}
	if p.o.TLS != nil {
		c := p.o.TLS.Clone()
		c.ServerName = s.Host
		opts = append(opts, gomail.WithTLSConfig(c))
	}
	auth := gomail.SMTPAuthAutoDiscover
	switch s.TLS {
	case "tls":
		opts = append(opts, gomail.WithSSL())
	case "none":
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
		auth = gomail.SMTPAuthPlainNoEnc // the operator chose a line without encryption
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.User != "" {
		opts = append(opts, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return gomail.NewClient(s.Host, opts...)
}

// compose writes the message as it travels.
func compose(m Record, from string) (*gomail.Msg, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("sender %q: %w", from, err)
	}
	msg := gomail.NewMsg()
	msg.FromMailAddress(sender)
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return nil, fmt.Errorf("reply to: %w", err)
		}
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.Created)
	msg.SetMessageIDWithValue(m.ID + "@" + sender.Address[strings.LastIndexByte(sender.Address, '@')+1:])
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // absence notices do not answer (RFC 3834)
	if m.Unsubscribe != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+m.Unsubscribe+">") // RFC 2369 and, with one click, RFC 8058
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}
