package follow

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"slices"
	"time"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/sqldb"
)

// ID identifies a follow.
type ID string

// Channel is how one is told.
type Channel string

const (
	Mail    Channel = "mail"
	Webhook Channel = "webhook"
)

// Follow is somebody's wish to be told of something.
type Follow struct {
	ID       ID
	Channel  Channel
	Person   identity.PersonID // "" for who has no account
	Email    string            // of who has no account
	Language i18n.Lang
	Topic
	Pace        Pace
	CreatedAt   time.Time
	ConfirmedAt time.Time // zero while the address is not confirmed
	ToldAt      time.Time // last news sent; zero before
	PausedAt    time.Time // a webhook that failed too often; zero else
	Hook        *Hook     // of a webhook

	after int64
	due   time.Time
}

// Bounds of what one person, or one address without account, may follow.
const (
	maxFollows  = 200
	maxWebhooks = 20
	maxByMail   = 50
)

// Options are what the Service works with.
type Options struct {
	DB        *sqldb.DB
	Identity  *identity.Service
	Catalogue *catalogue.Service
	Find      func(context.Context, identity.Actor, find.Query) (find.Result, error)
	// Post sends a body to an address and returns the status answered.
	Post func(ctx context.Context, address string, header map[string]string, body []byte) (int, error)
	// Key signs the links of messages and makes the secrets of webhooks: of the
	// portal, 32 bytes, the same on all replicas.
	Key       []byte
	BaseURL   string // of the portal, without a slash at the end
	Host      string // name of the portal
	Zone      *time.Location
	PlainHTTP bool // webhooks may be http: the host has private networks that they may visit
	Log       *slog.Logger
	Rand      io.Reader // crypto/rand when nil
}

// Service is the one way to follows.
type Service struct{ o Options }

// New makes the Service; it starts nothing.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Service{o}
}

func (s *Service) newID(tx *sqldb.Tx) string { return ids.Source{Now: tx.Now, Rand: s.o.Rand}.New() }

func notFound() error {
	return errs.New(errs.NotFound, "follow.none").WithHint("follow.none.hint")
}

// owner is the person whose follows an actor may see and change: their own, with a
// session or a token that may write.
func owner(a identity.Actor) (identity.PersonID, error) {
	switch {
	case a.IsAnonymous():
		return "", errs.New(errs.SignIn, "identity.sign-in-first").WithHint("identity.sign-in-first.hint")
	case a.Person() == "":
		return "", errs.New(errs.Denied, "follow.person-only").WithHint("follow.person-only.hint")
	case !a.HasScope(identity.ScopeWrite):
		return "", errs.New(errs.Denied, "identity.token-scope", errs.Args{"Scope": identity.ScopeWrite.String()}).WithHint("identity.token-scope.hint")
	}
	return a.Person(), nil
}

// check refuses a topic that is none, or that the actor may not see.
func (s *Service) check(ctx context.Context, a identity.Actor, t Topic, p Pace) error {
	if !t.valid() || !slices.Contains(Paces, p) {
		return errs.New(errs.Invalid, "follow.topic").WithHint("follow.topic.hint")
	}
	switch t.Kind {
	case Organisation:
		_, err := s.o.Identity.Organisation(ctx, a, t.Organisation)
		return err
	case Dataset:
		_, err := s.dataset(ctx, a, t.Dataset)
		return err
	}
	return nil
}

const columns = `f.id, f.channel, f.person, f.email, f.language, f.kind, f.organisation, f.dataset, f.search, f.pace, f.created_at, f.confirmed_at, f.told_at, f.paused_at, f.after_seq, f.due_at,
	w.name, w.url, w.generation, w.problem`

const from = ` FROM follows f LEFT JOIN webhooks w ON w.follow = f.id`

func scan(r sqldb.Scanner) (f Follow, err error) {
	var confirmed, told, paused, due sqldb.NullTime
	var person, org, dataset, name, url, problem *string
	var generation *int64
	err = r.Scan(&f.ID, &f.Channel, &person, &f.Email, &f.Language, &f.Kind, &org, &dataset, &f.Search, &f.Pace, &f.CreatedAt, &confirmed, &told, &paused, &f.after, &due,
		&name, &url, &generation, &problem)
	f.Person, f.Organisation, f.Dataset = sqldb.TextOf[identity.PersonID](person), sqldb.TextOf[identity.OrganisationID](org), sqldb.TextOf[catalogue.DatasetID](dataset)
	f.ConfirmedAt, f.ToldAt, f.PausedAt, f.due = confirmed.Time, told.Time, paused.Time, due.Time
	if generation != nil {
		f.Hook = &Hook{Name: sqldb.TextOf[string](name), URL: sqldb.TextOf[string](url), Problem: sqldb.TextOf[string](problem), generation: *generation}
	}
	return f, err
}

func one(ctx context.Context, tx *sqldb.Tx, condition string, args ...any) (Follow, error) {
	f, err := scan(tx.QueryRow(ctx, `SELECT `+columns+from+` WHERE `+condition, args...))
	if errs.Is(err, errs.NotFound) {
		return Follow{}, notFound()
	}
	return f, err
}

func list(ctx context.Context, tx *sqldb.Tx, rest string, args ...any) ([]Follow, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+from+rest, args...)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, scan)
}

// Follow tells a person by mail from now on; what they follow already gets the
// pace. Kinds: SignIn, Denied (a token that may not write), NotFound (what they may not
// see), Invalid (topic, pace), Conflict (too many).
func (s *Service) Follow(ctx context.Context, a identity.Actor, t Topic, p Pace) (f Follow, err error) {
	defer errs.Wrap(&err, "follow.Follow(%s)", t.Kind)
	who, err := owner(a)
	if err != nil {
		return f, err
	}
	if err := s.check(ctx, a, t, p); err != nil {
		return f, err
	}
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		f = Follow{Channel: Mail, Person: who, Topic: t, Pace: p}
		if err := tx.QueryRow(ctx, `SELECT language FROM people WHERE id = $1`, who).Scan(&f.Language); err != nil {
			return err
		}
		before, err := one(ctx, tx, `f.channel = $1 AND f.who_what = $2`, Mail, f.whoWhat())
		if err == nil {
			f = before
			return s.setPace(ctx, tx, &f, p)
		}
		if !errs.Is(err, errs.NotFound) {
			return err
		}
		if err := full(ctx, tx, `person = $1 AND channel = 'mail'`, string(who), maxFollows); err != nil {
			return err
		}
		f.ConfirmedAt = tx.Now()
		return s.insert(ctx, tx, &f, "")
	})
	return f, err
}

// whoWhat names a follow by mail: its reader and its topic.
func (f Follow) whoWhat() string {
	if f.Person != "" {
		return "person:" + string(f.Person) + " " + f.Topic.key()
	}
	return "mail:" + emailKey(f.Email) + " " + f.Topic.key()
}

// full refuses one more than most.
func full(ctx context.Context, tx *sqldb.Tx, condition, who string, most int) error {
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM follows WHERE `+condition, who).Scan(&n); err != nil {
		return err
	}
	if n >= most {
		return errs.New(errs.Conflict, "follow.too-many", errs.Args{"Max": most}).WithHint("follow.too-many.hint")
	}
	return nil
}

// insert writes a new follow, told from the last change on.
func (s *Service) insert(ctx context.Context, tx *sqldb.Tx, f *Follow, confirmHash string) error {
	f.ID, f.CreatedAt = ID(s.newID(tx)), tx.Now()
	f.due = s.first(*f, tx.Now())
	asked := sqldb.NullTime{}
	if confirmHash != "" {
		asked = sqldb.SomeTime(tx.Now())
	}
	if err := tx.QueryRow(ctx, `SELECT seq FROM catalogue_head WHERE id = 1`).Scan(&f.after); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO follows (id, channel, person, email, email_key, language, kind, organisation, dataset, search, pace, who_what, after_seq, due_at, created_at, confirm_hash, asked_at, confirmed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		f.ID, f.Channel, sqldb.SomeText(f.Person), f.Email, emailKey(f.Email), f.Language, f.Kind, sqldb.SomeText(f.Organisation), sqldb.SomeText(f.Dataset), f.Search, f.Pace, f.whoWhat(), f.after,
		sqldb.SomeTime(f.due), f.CreatedAt, confirmHash, asked, sqldb.SomeTime(f.ConfirmedAt))
	return err
}

// Mine lists the follows of a person, webhooks included, the newest first. Kinds:
// SignIn, Denied.
func (s *Service) Mine(ctx context.Context, a identity.Actor) (out []Follow, err error) {
	defer errs.Wrap(&err, "follow.Mine")
	who, err := owner(a)
	if err != nil {
		return nil, err
	}
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		out, err = list(ctx, tx, ` WHERE f.person = $1 ORDER BY f.id DESC LIMIT $2`, who, maxFollows+maxWebhooks)
		return err
	})
	return out, err
}

// Of returns how a person follows a topic by mail. Kinds: NotFound (they do not), SignIn, Denied.
func (s *Service) Of(ctx context.Context, a identity.Actor, t Topic) (f Follow, err error) {
	defer errs.Wrap(&err, "follow.Of")
	who, err := owner(a)
	if err != nil {
		return f, err
	}
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		f, err = one(ctx, tx, `f.channel = $1 AND f.who_what = $2`, Mail, Follow{Person: who, Topic: t}.whoWhat())
		return err
	})
	return f, err
}

// Get returns a follow of one's own. Kinds: NotFound, SignIn, Denied.
func (s *Service) Get(ctx context.Context, a identity.Actor, id ID) (f Follow, err error) {
	defer errs.Wrap(&err, "follow.Get(%s)", id)
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		f, err = mine(ctx, tx, a, id)
		return err
	})
	return f, err
}

// mine reads a follow that belongs to the actor.
func mine(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ID) (Follow, error) {
	who, err := owner(a)
	if err != nil {
		return Follow{}, err
	}
	return one(ctx, tx, `f.id = $1 AND f.person = $2`, id, who)
}

// SetPace changes how often one is written to. Kinds: NotFound, SignIn, Denied,
// Invalid (the pace; a webhook has none).
func (s *Service) SetPace(ctx context.Context, a identity.Actor, id ID, p Pace) (err error) {
	defer errs.Wrap(&err, "follow.SetPace(%s)", id)
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		f, err := mine(ctx, tx, a, id)
		if err != nil {
			return err
		}
		if f.Channel != Mail || !slices.Contains(Paces, p) {
			return errs.New(errs.Invalid, "follow.topic").WithHint("follow.topic.hint")
		}
		return s.setPace(ctx, tx, &f, p)
	})
}

// setPace writes the pace; what happened meanwhile is told at the next turn.
func (s *Service) setPace(ctx context.Context, tx *sqldb.Tx, f *Follow, p Pace) error {
	f.Pace = p
	f.due = s.first(*f, tx.Now())
	if p == Soon { // there may be news that waited for the morning
		f.due = later(tx.Now(), f.ToldAt.Add(mailGap))
	}
	_, err := tx.Exec(ctx, `UPDATE follows SET pace = $2, due_at = $3 WHERE id = $1`, f.ID, p, sqldb.SomeTime(f.due))
	return err
}

// Stop ends a follow of one's own; of a webhook, with its deliveries. Kinds:
// NotFound, SignIn, Denied.
func (s *Service) Stop(ctx context.Context, a identity.Actor, id ID) (err error) {
	defer errs.Wrap(&err, "follow.Stop(%s)", id)
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		f, err := mine(ctx, tx, a, id)
		if err != nil {
			return err
		}
		return s.remove(ctx, tx, a, f)
	})
}

func (s *Service) remove(ctx context.Context, tx *sqldb.Tx, a identity.Actor, f Follow) error {
	if _, err := tx.Exec(ctx, `DELETE FROM follows WHERE id = $1`, f.ID); err != nil || f.Channel != Webhook {
		return err
	}
	return identity.Record(ctx, tx, a, "webhook.remove", "webhook:"+string(f.ID), f.Hook.audit(), nil)
}
