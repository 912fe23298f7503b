package mail_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"socle/internal/config"
	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// desk is an outbox with its delivery.
type desk struct {
	t  *testing.T
	db *sqldb.DB
	r  *jobs.Runner
}

func newDesk(t *testing.T, db *sqldb.DB, s config.SMTP, c *tls.Config) desk {
	t.Helper()
	r, err := jobs.New(db, jobs.Options{FirstRetry: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	mail.Deliver(r, db, mail.Options{SMTP: s, TLS: c})
	return desk{t, db, r}
}

func (d desk) send(m mail.Message) {
	d.t.Helper()
	if err := d.db.Write(d.t.Context(), func(tx *sqldb.Tx) error { return mail.Send(d.t.Context(), tx, m) }); err != nil {
		d.t.Fatal(err)
	}
}

// work runs jobs until the outbox has no message waiting.
func (d desk) work() {
	d.t.Helper()
	d.until("no message waits", func() bool { return len(d.list(mail.Waiting)) == 0 })
}

// until runs jobs until something is so.
func (d desk) until(what string, ok func() bool) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.r.Run(ctx) }()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Errorf("never: %s: %+v", what, d.list(""))
			break
		}
	}
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		d.t.Error(err)
	}
}

func (d desk) list(s mail.State) (out []mail.Record) {
	d.t.Helper()
	err := d.db.Read(d.t.Context(), func(tx *sqldb.Tx) (err error) {
		out, err = mail.List(d.t.Context(), tx, mail.Filter{State: s})
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

var welcome = mail.Message{
	To: "Élodie Martin <elodie@example.org>", Subject: "Votre compte est prêt : bienvenue à l’atelier", ReplyTo: "contact@example.org",
	Text: "Bonjour,\n\nOuvrez https://data.example.org/x?token=abc\n.\nÀ bientôt.\n", HTML: "<p>Bonjour, à bientôt.</p>", Unsubscribe: "https://data.example.org/unfollow/1",
}

func TestDelivery(t *testing.T) {
	for name, x := range map[string]struct {
		server func(*smtpServer)
		smtp   config.SMTP
	}{
		"starttls":      {func(s *smtpServer) { s.user = "socle\x00hush" }, config.SMTP{User: "socle", Password: "hush", TLS: "starttls"}},
		"tls":           {func(s *smtpServer) { s.implicit, s.user = true, "socle\x00hush" }, config.SMTP{User: "socle", Password: "hush", TLS: "tls"}},
		"open relay":    {func(s *smtpServer) { s.plain = true }, config.SMTP{TLS: "none"}},
		"no encryption": {func(s *smtpServer) { s.plain, s.user = true, "socle\x00hush" }, config.SMTP{User: "socle", Password: "hush", TLS: "none"}},
	} {
		t.Run(name, func(t *testing.T) {
			sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
				s := newServer(t, x.server)
				x.smtp.Host, x.smtp.Port, x.smtp.From = "localhost", s.Port, "Données de l’atelier <portail@example.org>"
				d := newDesk(t, db, x.smtp, &tls.Config{RootCAs: s.Pool})
				d.send(welcome)
				if len(s.letters()) != 0 {
					t.Fatal("sent before the job ran")
				}
				d.work()
				got := s.letters()
				if len(got) != 1 || got[0].from != "portail@example.org" || got[0].to != "elodie@example.org" || got[0].encrypted == (x.smtp.TLS == "none") {
					t.Fatalf("%+v", got)
				}
				checkLetter(t, got[0].data)
				sent := d.list(mail.Sent)
				if len(sent) != 1 || sent[0].SentAt.IsZero() || sent[0].Attempts != 1 || sent[0].Text != "" || sent[0].HTML != "" || sent[0].To != welcome.To {
					t.Errorf("%+v", sent)
				}
			})
		})
	}
}

func checkLetter(t *testing.T, data string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	words := new(mime.WordDecoder)
	for name, want := range map[string]string{"Subject": welcome.Subject, "Reply-To": "<contact@example.org>", "List-Unsubscribe": "<https://data.example.org/unfollow/1>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Auto-Submitted": "auto-generated"} {
		if got, err := words.DecodeHeader(m.Header.Get(name)); err != nil || got != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != "Élodie Martin" {
		t.Errorf("%v %v", to, err)
	}
	if id := m.Header.Get("Message-Id"); !strings.HasSuffix(id, "@example.org>") {
		t.Errorf("Message-ID %q", id)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []string{welcome.Text, welcome.HTML} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		var body []byte
		switch p.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			body, err = io.ReadAll(quotedprintable.NewReader(p))
		default:
			body, err = io.ReadAll(p)
		}
		if got := string(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))); err != nil || got != want {
			t.Errorf("%q, want %q (%v)", got, want, err)
		}
	}
}

func TestRolledBackMessageIsNotSent(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		s := newServer(t, func(s *smtpServer) { s.plain = true })
		d := newDesk(t, db, config.SMTP{Host: "localhost", Port: s.Port, From: "a@example.org", TLS: "none"}, nil)
		no := errors.New("no")
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return errors.Join(mail.Send(t.Context(), tx, welcome), no)
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		d.work()
		if len(s.letters()) != 0 || len(d.list("")) != 0 {
			t.Error("it was sent")
		}
	})
}

func TestTemporaryRefusalIsTriedAgain(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		s := newServer(t, func(s *smtpServer) { s.plain, s.answers = true, []string{"451 4.7.1 come back later", "450 busy"} })
		d := newDesk(t, db, config.SMTP{Host: "localhost", Port: s.Port, From: "a@example.org", TLS: "none"}, nil)
		d.send(welcome)
		d.work()
		sent := d.list(mail.Sent)
		if len(s.letters()) != 1 || len(sent) != 1 || sent[0].Attempts != 3 || sent[0].Problem != "" {
			t.Errorf("%+v", sent)
		}
	})
}

func TestFinalRefusalIsKeptAndCanBeSentAgain(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		s := newServer(t, func(s *smtpServer) { s.plain, s.answers = true, []string{"550 5.1.1 no such person"} })
		d := newDesk(t, db, config.SMTP{Host: "localhost", Port: s.Port, From: "a@example.org", TLS: "none"}, nil)
		d.send(welcome)
		d.work()
		failed := d.list(mail.Failed)
		if len(failed) != 1 || failed[0].Attempts != 1 || !strings.Contains(failed[0].Problem, "no such person") || failed[0].Text != welcome.Text {
			t.Fatalf("%+v", failed)
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return mail.Resend(t.Context(), tx, failed[0].ID) })
		if err != nil {
			t.Fatal(err)
		}
		d.work()
		if len(s.letters()) != 1 || len(d.list(mail.Sent)) != 1 {
			t.Error("not sent again")
		}
		err = db.Write(t.Context(), func(tx *sqldb.Tx) error { return mail.Resend(t.Context(), tx, failed[0].ID) })
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("a sent message is sent again: %v", err)
		}
	})
}

// A server that cannot encrypt gets no password and no message.
func TestEncryptionIsRequired(t *testing.T) {
	s := newServer(t, func(s *smtpServer) { s.plain, s.user = true, "socle\x00hush" })
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	d := newDesk(t, db, config.SMTP{Host: "localhost", Port: s.Port, From: "a@example.org", User: "socle", Password: "hush", TLS: "starttls"}, nil)
	d.send(welcome)
	d.until("it was tried twice", func() bool { return d.list("")[0].Attempts >= 2 })
	waiting := d.list(mail.Waiting)
	if len(s.letters()) != 0 || len(waiting) != 1 || !strings.Contains(waiting[0].Problem, "STARTTLS") {
		t.Errorf("%+v", waiting)
	}
}

func TestWithoutServerMessagesAreKept(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		d := newDesk(t, db, config.SMTP{}, nil)
		d.send(welcome)
		second := welcome
		second.Subject = "Deuxième"
		time.Sleep(2 * time.Millisecond) // identifiers of one millisecond have no order
		d.send(second)
		d.work()
		kept := d.list(mail.Kept)
		if len(kept) != 2 || kept[0].Subject != "Deuxième" || kept[1].Message != welcome {
			t.Fatalf("%+v", kept)
		}
		ctx := t.Context()
		err := db.Read(ctx, func(tx *sqldb.Tx) error {
			one, err := mail.Get(ctx, tx, kept[1].ID)
			if err != nil || one.Text != welcome.Text {
				t.Errorf("%+v %v", one, err)
			}
			if _, err := mail.Get(ctx, tx, "none"); !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
			older, err := mail.List(ctx, tx, mail.Filter{After: kept[0].ID, Limit: 1})
			if err != nil || len(older) != 1 || older[0].ID != kept[1].ID {
				t.Errorf("%+v %v", older, err)
			}
			n, err := mail.Count(ctx, tx)
			if err != nil || n[mail.Kept] != 2 || len(n) != 1 {
				t.Errorf("%v %v", n, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(ctx, func(tx *sqldb.Tx) error {
			if n, err := mail.Forget(ctx, tx, kept[1].Created); err != nil || n != 0 {
				t.Errorf("%d %v", n, err)
			}
			n, err := mail.Forget(ctx, tx, tx.Now().Add(time.Hour))
			if n != 2 {
				t.Errorf("%d forgotten", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestBadMessagesAreRefused(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	for name, change := range map[string]func(*mail.Message){
		"no address":          func(m *mail.Message) { m.To = "" },
		"no domain":           func(m *mail.Message) { m.To = "elodie" },
		"two addresses":       func(m *mail.Message) { m.To = "a@example.org, b@example.org" },
		"header in address":   func(m *mail.Message) { m.To = "a@example.org\r\nBcc: b@example.org" },
		"header in name":      func(m *mail.Message) { m.To = "\"A\r\nBcc: b@example.org\" <a@example.org>" },
		"address in brackets": func(m *mail.Message) { m.To = "a@[127.0.0.1]" },
		"no point":            func(m *mail.Message) { m.To = "a@example" },
		"reply to":            func(m *mail.Message) { m.ReplyTo = "nobody" },
		"no subject":          func(m *mail.Message) { m.Subject = " " },
		"no text":             func(m *mail.Message) { m.Text = "" },
	} {
		m := welcome
		change(&m)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return mail.Send(t.Context(), tx, m) })
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An address that cannot be written to holds no other.
func TestSendAll(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		d := newDesk(t, db, config.SMTP{}, nil)
		bad, good := welcome, welcome
		bad.To = "nobody"
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return mail.SendAll(t.Context(), tx, bad, good) }); err != nil {
			t.Fatal(err)
		}
		if list := d.list(""); len(list) != 1 || list[0].To != good.To {
			t.Errorf("%+v", list)
		}
	})
}

func TestSubjectIsOneLine(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		s := newServer(t, func(s *smtpServer) { s.plain = true })
		d := newDesk(t, db, config.SMTP{Host: "localhost", Port: s.Port, From: "a@example.org", TLS: "none"}, nil)
		m := welcome
		m.Subject = "Hello\r\nBcc: b@example.org"
		d.send(m)
		d.work()
		got := s.letters()
		if len(got) != 1 || strings.Contains(got[0].data, "\r\nBcc:") {
			t.Errorf("%+v", got)
		}
	})
}
