package follow

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Hook is a program that is called.
type Hook struct {
	Name    string // 1 to 80 characters, for its owner
	URL     string // it may hold a secret of the other side: for its owner alone
	Problem string // why it was paused; "" while it works

	generation int64 // of its secret
}

// Host is the server that is called, without what may be secret in the address.
func (h Hook) Host() string {
	u, err := url.Parse(h.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

type hookAudit struct {
	Name string `json:"name"`
	Host string `json:"host"`
}

func (h *Hook) audit() hookAudit { return hookAudit{h.Name, h.Host()} }

// secretPrefix begins secrets, as the specification "Standard Webhooks" asks.
const secretPrefix = "whsec_"

// secret signs what is sent: 32 bytes made from the key of the portal, so that none
// is stored beside the webhook.
func (s *Service) secret(id ID, generation int64) []byte {
	return s.mac("webhook", string(id)+"\x00"+strconv.FormatInt(generation, 10))
}

func shown(secret []byte) string { return secretPrefix + base64.StdEncoding.EncodeToString(secret) }

// address checks where to call. https, unless the host has private networks that
// may be called: there is no certificate in most of them.
func (s *Service) address(e *errs.Error, text string) string {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err != nil || httpx.CheckURL(u) != nil || len(text) > 2000 || u.Scheme != "https" && !s.o.PlainHTTP {
		e.WithField("url", "follow.webhook.url")
	}
	return text
}

func name(e *errs.Error, text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if n := utf8.RuneCountInString(text); n == 0 || n > 80 || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		e.WithField("name", "follow.webhook.name")
	}
	return text
}

// AddWebhook has a program called for what happens to a topic, and returns the
// secret that signs: it is shown this once. Kinds: SignIn, Denied, NotFound,
// Invalid (name, url, topic), Conflict (too many).
func (s *Service) AddWebhook(ctx context.Context, a identity.Actor, t Topic, h Hook) (f Follow, secret string, err error) {
	defer errs.Wrap(&err, "follow.AddWebhook")
	who, err := owner(a)
	if err != nil {
		return f, "", err
	}
	if err := s.check(ctx, a, t, Soon); err != nil {
		return f, "", err
	}
	e := errs.New(errs.Invalid, "identity.invalid").WithHint("identity.invalid.hint")
	h = Hook{Name: name(e, h.Name), URL: s.address(e, h.URL), generation: 1}
	if len(e.Fields) > 0 {
		return f, "", e
	}
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		f = Follow{Channel: Webhook, Person: who, Topic: t, Pace: Soon, ConfirmedAt: tx.Now(), Hook: &h}
		if err := tx.QueryRow(ctx, `SELECT language FROM people WHERE id = $1`, who).Scan(&f.Language); err != nil {
			return err
		}
		if err := full(ctx, tx, `person = $1 AND channel = 'webhook'`, string(who), maxWebhooks); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, &f, ""); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO webhooks (follow, name, url, generation) VALUES ($1, $2, $3, 1)`, f.ID, h.Name, h.URL); err != nil {
			return err
		}
		return identity.Record(ctx, tx, a, "webhook.create", "webhook:"+string(f.ID), nil, h.audit())
	})
	if err != nil {
		return Follow{}, "", err
	}
	return f, shown(s.secret(f.ID, 1)), nil
}

// NewSecret makes another secret, shown this once; the one before signs nothing
// more. Kinds: NotFound, SignIn, Denied.
func (s *Service) NewSecret(ctx context.Context, a identity.Actor, id ID) (secret string, err error) {
	defer errs.Wrap(&err, "follow.NewSecret(%s)", id)
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		f, err := hook(ctx, tx, a, id)
		if err != nil {
			return err
		}
		secret = shown(s.secret(id, f.Hook.generation+1))
		if _, err := tx.Exec(ctx, `UPDATE webhooks SET generation = generation + 1 WHERE follow = $1`, id); err != nil {
			return err
		}
		return identity.Record(ctx, tx, a, "webhook.secret", "webhook:"+string(id), nil, f.Hook.audit())
	})
	return secret, err
}

func hook(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ID) (Follow, error) {
	f, err := mine(ctx, tx, a, id)
	if err == nil && f.Channel != Webhook {
		err = notFound()
	}
	return f, err
}

// Test sends a program a message of kind "test", once. Kinds: NotFound, SignIn,
// Denied, Busy (one was sent a moment ago).
func (s *Service) Test(ctx context.Context, a identity.Actor, id ID) (err error) {
	defer errs.Wrap(&err, "follow.Test(%s)", id)
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		f, err := hook(ctx, tx, a, id)
		if err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM webhook_deliveries WHERE follow = $1 AND test AND created_at > $2`, id, tx.Now().Add(-hookGap)).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errs.New(errs.Busy, "follow.test-again").WithHint("follow.test-again.hint")
		}
		body, err := json.Marshal(payload{Events: []event{{Kind: "test", At: tx.Now().UTC().Format(time.RFC3339)}}})
		if err != nil {
			return err
		}
		return s.send(ctx, tx, f, body, 1, true)
	})
}

// Resume calls a paused program again, beginning with what happened meanwhile.
// Kinds: NotFound, SignIn, Denied.
func (s *Service) Resume(ctx context.Context, a identity.Actor, id ID) (err error) {
	defer errs.Wrap(&err, "follow.Resume(%s)", id)
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		f, err := hook(ctx, tx, a, id)
		if err != nil || f.PausedAt.IsZero() {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE follows SET paused_at = NULL, due_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE webhooks SET problem = '' WHERE follow = $1`, id); err != nil {
			return err
		}
		return identity.Record(ctx, tx, a, "webhook.resume", "webhook:"+string(id), nil, f.Hook.audit())
	})
}

// The body of a message: the JSON of the interface, documented in the guide.
type (
	payload struct {
		Events []event `json:"events"`
	}
	event struct {
		Kind     string     `json:"kind"` // dataset.published, dataset.updated, dataset.described, dataset.withdrawn, test
		At       string     `json:"at"`   // RFC 3339, of the last change
		Versions int64      `json:"versions,omitempty"`
		Dataset  *eventData `json:"dataset,omitempty"`
	}
	eventData struct {
		ID           string `json:"id"`
		Slug         string `json:"slug"`
		Title        string `json:"title"`
		URL          string `json:"url"`
		API          string `json:"api"`
		Organisation string `json:"organisation"`
		OrgName      string `json:"organisation_name"`
	}
)

// payload is the body that tells news.
func (s *Service) payload(ctx context.Context, news []catalogue.News) ([]byte, error) {
	var ids []identity.OrganisationID
	for _, n := range news {
		ids = append(ids, n.Dataset.Organisation)
	}
	orgs, err := s.o.Identity.OrganisationsByID(ctx, sys, ids...)
	if err != nil {
		return nil, err
	}
	p := payload{Events: make([]event, 0, len(news))}
	for _, n := range news {
		d := n.Dataset
		e := event{Kind: "dataset.updated", At: n.At.Format(time.RFC3339), Versions: n.Versions, Dataset: &eventData{ID: string(d.ID), Slug: d.Slug, Title: d.Title,
			URL: s.o.BaseURL + "/datasets/" + d.Slug, API: s.o.BaseURL + "/api/v1/datasets/" + string(d.ID), Organisation: string(d.Organisation), OrgName: orgs[d.Organisation].Name}}
		switch {
		case d.State == catalogue.Withdrawn:
			e.Kind, e.Versions = "dataset.withdrawn", 0
		case n.Published, n.Inside:
			e.Kind = "dataset.published"
		case n.Versions == 0:
			e.Kind = "dataset.described"
		}
		p.Events = append(p.Events, e)
	}
	return json.Marshal(p)
}
