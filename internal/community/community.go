package community

import (
	"context"
	"crypto/rand"
	"io"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/sqldb"
)

// RequestID identifies a request for data; later ones sort after earlier ones.
type RequestID string

// State says how far a request has come.
type State string

const (
	Waiting  State = "waiting"  // nobody has answered
	Answered State = "answered" // there is an answer, and more to come
	Closed   State = "closed"
)

// LabelKey is the message key of the state's name.
func (s State) LabelKey() string { return "community.state." + string(s) }

// Request is a request for data.
type Request struct {
	ID           RequestID
	Words        string                  // what is missing, in the words of who asks: of those who may answer only
	Place        string                  // territory or organisation, in the words of who asks; may be ""
	Organisation identity.OrganisationID // to whom; "" for the host
	About        catalogue.DatasetID     // on whose page it was asked; "" for none
	Language     i18n.Lang               // of who asks
	Answer       string
	Dataset      catalogue.DatasetID // that answers; "" for none
	Shown        string              // what everyone reads of Words, as it was accepted; "" while it is not public
	AnsweredBy   string              // identity.Actor.Ref; of those who may answer only
	Revision     int
	CreatedAt    time.Time
	AnsweredAt   time.Time // zero before
	ClosedAt     time.Time // zero while it is open
	PublicAt     time.Time // zero while it is not public
	Tells        bool      // somebody is told of the answer by mail

	person identity.PersonID
	email  string
}

// State says how far it has come.
func (r Request) State() State {
	switch {
	case !r.ClosedAt.IsZero():
		return Closed
	case !r.AnsweredAt.IsZero():
		return Answered
	}
	return Waiting
}

// Public reports whether everyone may read it.
func (r Request) Public() bool { return !r.PublicAt.IsZero() }

// titleLength is how many characters of a request name it.
const titleLength = 90

// Title is the beginning of its first line.
func (r Request) Title() string {
	text := r.Words
	if r.Public() {
		text = r.Shown
	}
	line, _, _ := strings.Cut(text, "\n")
	letters := []rune(strings.TrimSpace(line))
	if len(letters) <= titleLength {
		return string(letters)
	}
	short := string(letters[:titleLength])
	if at := strings.LastIndexByte(short, ' '); at > titleLength/2 {
		short = short[:at]
	}
	return strings.TrimRight(short, " ,;:.") + "…"
}

// Options are what the Service works with.
type Options struct {
	DB        *sqldb.DB
	Identity  *identity.Service
	Catalogue *catalogue.Service
	BaseURL   string        // of the portal, without a slash at the end
	Host      string        // name of the portal
	Contact   string        // who is told of requests to the host; "" for nobody
	Keep      time.Duration // how long after the end what names who asked is kept; 30 days when 0
	Rand      io.Reader     // crypto/rand when nil
}

// Service is the one way to requests.
type Service struct{ o Options }

// New makes the Service; it starts nothing.
func New(o Options) *Service {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Keep <= 0 {
		o.Keep = 30 * 24 * time.Hour
	}
	return &Service{o}
}

func (s *Service) newID(tx *sqldb.Tx) RequestID {
	return RequestID(ids.Source{Now: tx.Now, Rand: s.o.Rand}.New())
}

// Keeps is how long after the end what names who asked is kept.
func (s *Service) Keeps() time.Duration { return s.o.Keep }

func notFound() error {
	return errs.New(errs.NotFound, "community.none").WithHint("community.none.hint")
}

const columns = `id, words, place, organisation, about, person, email, language, answer, dataset, shown, answered_by, revision, created_at, answered_at, closed_at, public_at`

func scan(r sqldb.Scanner) (x Request, err error) {
	var org, about, person, dataset *string
	var answered, closed, public sqldb.NullTime
	err = r.Scan(&x.ID, &x.Words, &x.Place, &org, &about, &person, &x.email, &x.Language, &x.Answer, &dataset, &x.Shown, &x.AnsweredBy, &x.Revision, &x.CreatedAt, &answered, &closed, &public)
	x.Organisation, x.About, x.Dataset = sqldb.TextOf[identity.OrganisationID](org), sqldb.TextOf[catalogue.DatasetID](about), sqldb.TextOf[catalogue.DatasetID](dataset)
	x.person = sqldb.TextOf[identity.PersonID](person)
	x.AnsweredAt, x.ClosedAt, x.PublicAt = answered.Time, closed.Time, public.Time
	x.Tells = x.person != "" || x.email != ""
	return x, err
}

// seenBy is a request as an actor sees it: what a stranger wrote, where they are and
// who answered are of those who may answer.
func (r Request) seenBy(a identity.Actor) Request {
	r.person, r.email = "", ""
	if !a.Can(identity.ActionAnswer, r.Organisation) {
		r.Words, r.Place, r.AnsweredBy, r.Tells = "", "", "", false
	}
	return r
}

func one(ctx context.Context, tx *sqldb.Tx, id RequestID) (Request, error) {
	r, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM data_requests WHERE id = $1`, id))
	if errs.Is(err, errs.NotFound) {
		return Request{}, notFound()
	}
	return r, err
}

// Find returns a request: one that is public, or that the actor may answer. Kinds:
// NotFound.
func (s *Service) Find(ctx context.Context, a identity.Actor, id RequestID) (r Request, err error) {
	defer errs.Wrap(&err, "community.Find(%s)", id)
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		r, err = one(ctx, tx, id)
		return err
	})
	if err == nil && !r.Public() && !a.Can(identity.ActionAnswer, r.Organisation) {
		return Request{}, notFound()
	}
	return r.seenBy(a), err
}

// Query chooses requests.
type Query struct {
	Public  bool                      // of those that everyone may read; else of those that the actor may answer
	Text    string                    // words that public ones have
	Dataset catalogue.DatasetID       // asked about it, or answered by it; "" for any
	To      []identity.OrganisationID // addressed to one of these; nil for any
	ToHost  bool                      // addressed to the host
	Open    bool                      // not closed
	Closed  bool
	Before  RequestID // older than this one; "" for the newest
	Limit   int       // 1 to 200; 50 when 0
}

// List lists requests, the newest first. Kinds: SignIn, Denied (an actor who may
// answer none).
func (s *Service) List(ctx context.Context, a identity.Actor, q Query) (list []Request, err error) {
	defer errs.Wrap(&err, "community.List")
	var w sqldb.Conditions
	if q.Public {
		w.Add(`public_at IS NOT NULL`)
	} else if err := mine(&w, a); err != nil {
		return nil, err
	}
	for _, word := range sought(q.Text) {
		w.Add(`shown_fold LIKE ` + w.Arg("%"+word+"%"))
	}
	if q.Dataset != "" {
		w.Add(`(about = ` + w.Arg(q.Dataset) + ` OR dataset = ` + w.Arg(q.Dataset) + `)`)
	}
	if q.ToHost {
		w.Add(`organisation IS NULL`)
	} else if q.To != nil {
		w.Add(sqldb.In(&w, "organisation", q.To))
	}
	if q.Open {
		w.Add(`closed_at IS NULL`)
	}
	if q.Closed {
		w.Add(`closed_at IS NOT NULL`)
	}
	if q.Before != "" {
		w.Add(`id < ` + w.Arg(q.Before))
	}
	limit := min(q.Limit, 200)
	if limit <= 0 {
		limit = 50
	}
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM data_requests`+w.String()+` ORDER BY id DESC LIMIT `+w.Arg(limit), w.Args...)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scan)
		return err
	})
	for i := range list {
		list[i] = list[i].seenBy(a)
	}
	return list, err
}

// mine keeps what an actor may answer.
func mine(w *sqldb.Conditions, a identity.Actor) error {
	everywhere, orgs := a.Where(identity.ActionAnswer)
	switch {
	case everywhere:
	case len(orgs) > 0:
		w.Add(sqldb.In(w, "organisation", orgs))
	default:
		return a.Require(identity.ActionAnswer, "")
	}
	return nil
}

// sought are the words of a text as they are looked for: folded, without the shortest
// and without the mark of a plural.
func sought(text string) (words []string) {
	const shortest, most = 3, 8
	for _, w := range strings.Fields(identity.Fold(text)) {
		if n := len([]rune(w)); n < shortest || len(words) >= most {
			continue
		} else if n > shortest {
			w = strings.TrimRight(w, "sx")
		}
		words = append(words, w)
	}
	return words
}
