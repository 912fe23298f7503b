package mail

import (
	"context"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/ids"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// Message is one message to one person: nobody sees another's address.
type Message struct {
	To          string // an address, or "Name <address>"
	Subject     string
	Text        string // must be there: not everyone reads HTML
	HTML        string // "" when there is none
	ReplyTo     string // "" for the sender
	Unsubscribe string // address of a page (https) that ends such messages with one POST; "" for messages one cannot end
}

// Letter is a message in the words of a key: key.subject and key.text.
func Letter(to string, l i18n.Lang, key string, args i18n.Args) Message {
	return Message{To: to, Subject: i18n.T(l, key+".subject", args), Text: i18n.T(l, key+".text", args)}
}

// State is how far a message has come.
type State string

const (
	Waiting State = "waiting" // to be sent, or tried again
	Sent    State = "sent"    // accepted by the mail server; its body is gone
	Failed  State = "failed"  // refused for good
	Kept    State = "kept"    // no mail server is set
)

// Record is a message in the outbox.
type Record struct {
	ID string
	Message
	State    State
	Attempts int
	Problem  string // what the mail server said last; for the administration
	Created  time.Time
	SentAt   time.Time // zero while it is not sent
}

// deliver is the job of one message.
type deliver struct {
	ID string `json:"id"`
}

// Kind names the job.
func (deliver) Kind() string { return "mail.deliver" }

// attempts with their waits (up to ten minutes each) last about five hours: servers
// that do not know us refuse at first.
const attempts = 36

// Send writes a message into the outbox: it leaves when the transaction
// commits, and not otherwise. Kinds: Invalid (an address, no subject, no text).
func Send(ctx context.Context, tx *sqldb.Tx, m Message) (err error) {
	defer errs.Wrap(&err, "mail.Send")
	if err := m.check(); err != nil {
		return err
	}
	id := ids.New()
	_, err = tx.Exec(ctx, `INSERT INTO mails (id, state, recipient, reply_to, unsubscribe, subject, text_body, html_body, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, id, string(Waiting), m.To, m.ReplyTo, m.Unsubscribe, oneLine(m.Subject), m.Text, m.HTML, tx.Now())
	if err != nil {
		return err
	}
	return jobs.Add(ctx, tx, deliver{id}, jobs.MaxAttempts(attempts))
}

// SendAll is Send of several messages; an address that cannot be written to holds no
// other.
func SendAll(ctx context.Context, tx *sqldb.Tx, list ...Message) error {
	for _, m := range list {
		if err := Send(ctx, tx, m); err != nil && !errs.Is(err, errs.Invalid) {
			return err
		}
	}
	return nil
}

func (m Message) check() error {
	for _, a := range []string{m.To, m.ReplyTo} {
		if a == "" && m.To != "" {
			continue
		}
		if err := CheckAddress(a); err != nil {
			return err
		}
	}
	if strings.TrimSpace(m.Subject) == "" || strings.TrimSpace(m.Text) == "" {
		return errs.New(errs.Invalid, "mail.empty").WithHint("mail.empty.hint")
	}
	if m.Unsubscribe != "" {
		if u, err := url.Parse(m.Unsubscribe); err != nil || (u.Scheme != "https" && u.Scheme != "http") || strings.ContainsAny(m.Unsubscribe, " <>\r\n") {
			return errs.New(errs.Internal, "errs.internal").Because(err)
		}
	}
	return nil
}

// CheckAddress tells whether a text can be written to: "address" or
// "Name <address>", one line, a domain with a point (or localhost). Kind: Invalid.
func CheckAddress(s string) error {
	a, err := mail.ParseAddress(s)
	if err == nil && !strings.ContainsAny(s, "\r\n") && len(a.Address) <= 254 {
		at := strings.LastIndexByte(a.Address, '@')
		domain := a.Address[at+1:]
		if at <= 64 && (domain == "localhost" || strings.Contains(strings.Trim(domain, "."), ".")) && !strings.ContainsAny(domain, "[]: ") {
			return nil
		}
	}
	return errs.New(errs.Invalid, "mail.address", errs.Args{"Address": s}).WithHint("mail.address.hint").Because(err)
}

// oneLine keeps a subject from becoming headers.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
