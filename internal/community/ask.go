package community

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
)

// Bounds of what is written, in characters, and of what arrives in an hour.
const (
	leastWords = 10
	mostWords  = 2000
	mostPlace  = 150
	mostAnswer = 5000

	mostInAnHour    = 60 // requests to the portal
	lettersInAnHour = 5  // of new requests to one producer; the desk shows the others
)

// NewRequest is what somebody asks.
type NewRequest struct {
	Words        string // 10 to 2,000 characters
	Place        string // at most 150 characters; one that is the name of an organisation addresses it
	Organisation identity.OrganisationID
	About        catalogue.DatasetID // addresses its organisation
	Email        string              // of who has no account, for the answer; "" for none
	Tell         bool                // who has an account is told at their own address
	Language     i18n.Lang
}

// Asked tells that a request waits at its addressee.
type Asked struct{ Request RequestID }

// Event names the event.
func (Asked) Event() string { return "community.asked" }

// form collects the problems of what is written.
type form struct{ e *errs.Error }

func newForm() form {
	return form{errs.New(errs.Invalid, "community.invalid").WithHint("community.invalid.hint")}
}

func (f form) err() error {
	if len(f.e.Fields) == 0 {
		return nil
	}
	return f.e
}

// text checks lines of text and returns them trimmed, with \n alone.
func (f form) text(name, value string, least, most int) string {
	value = strings.TrimSpace(norm.NFC.String(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(value)))
	n := utf8.RuneCountInString(value)
	switch {
	case !utf8.ValidString(value), strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		f.e.WithField(name, "community.field.characters")
	case n < least:
		f.e.WithField(name, "community.field."+name)
	case n > most:
		f.e.WithField(name, "community.field.long", errs.Args{"Count": most})
	}
	return value
}

func (f form) email(value string) string {
	value = strings.TrimSpace(value)
	if value != "" && (mail.CheckAddress(value) != nil || strings.ContainsAny(value, "<>\"(), \t")) {
		f.e.WithField("email", "community.field.email")
	}
	return value
}

// Ask keeps a request and has its addressee told. Everyone may ask; the same words
// twice within an hour are one request. Kinds: Invalid (words, place, email), NotFound (the
// organisation or the dataset), Busy (too many from everyone).
func (s *Service) Ask(ctx context.Context, a identity.Actor, n NewRequest) (r Request, err error) {
	defer errs.Wrap(&err, "community.Ask")
	f := newForm()
	r = Request{Words: f.text("words", n.Words, leastWords, mostWords), Place: strings.Join(strings.Fields(f.text("place", n.Place, 0, mostPlace)), " "), Language: n.Language, Revision: 1}
	if a.Person() == "" {
		r.email = f.email(n.Email)
	} else if n.Tell && !a.IsToken() {
		r.person = a.Person()
	}
	if err := f.err(); err != nil {
		return Request{}, err
	}
	if r.Organisation, r.About, err = s.addressee(ctx, a, n, r.Place); err != nil {
		return Request{}, err
	}
	r.Tells = r.person != "" || r.email != ""
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		same, err := s.before(ctx, tx, r)
		if err != nil {
			return err
		}
		if same != "" {
			r.ID = same
			return nil
		}
		r.ID, r.CreatedAt = s.newID(tx), tx.Now()
		if _, err := tx.Exec(ctx, `INSERT INTO data_requests (id, words, place, organisation, about, person, email, language, revision, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			r.ID, r.Words, r.Place, sqldb.SomeText(r.Organisation), sqldb.SomeText(r.About), sqldb.SomeText(r.person), r.email, r.Language, r.Revision, r.CreatedAt); err != nil {
			return err
		}
		return jobs.Emit(ctx, tx, Asked{r.ID})
	})
	return r, err
}

// before looks for the same request within an hour, and refuses one more than most.
func (s *Service) before(ctx context.Context, tx *sqldb.Tx, r Request) (same RequestID, err error) {
	var asked int
	since := tx.Now().Add(-time.Hour)
	err = tx.QueryRow(ctx, `SELECT COUNT(*), COALESCE(MAX(CASE WHEN words = $2 AND place = $3 AND email = $4 AND COALESCE(person, '') = $5 THEN id END), '') FROM data_requests WHERE created_at > $1`,
		since, r.Words, r.Place, r.email, string(r.person)).Scan(&asked, &same)
	if err == nil && same == "" && asked >= mostInAnHour {
		err = errs.New(errs.Busy, "community.busy").WithHint("community.busy.hint")
	}
	return same, err
}

// addressee finds to whom a request goes: the organisation of the dataset, the one that
// is named, or else the host.
func (s *Service) addressee(ctx context.Context, a identity.Actor, n NewRequest, place string) (identity.OrganisationID, catalogue.DatasetID, error) {
	switch {
	case n.About != "":
		found, err := s.o.Catalogue.GetMany(ctx, a, n.About)
		if err != nil {
			return "", "", err
		}
		d, ok := found[n.About]
		if !ok {
			return "", "", errs.New(errs.NotFound, "errs.not-found")
		}
		return d.Organisation, d.ID, nil
	case n.Organisation != "":
		o, err := s.o.Identity.Organisation(ctx, a, n.Organisation)
		return o.ID, "", err
	case place == "":
		return "", "", nil
	}
	named, err := s.o.Identity.Organisations(ctx, a, identity.OrganisationQuery{Text: place, Limit: 20})
	for _, o := range named {
		if identity.Fold(o.Name) == identity.Fold(place) {
			return o.ID, "", err
		}
	}
	return "", "", err
}

// postman is the part of Socle that tells of requests.
var postman = identity.System("community")

// Handle says who tells of requests, and who forgets them.
func (s *Service) Handle(r *jobs.Runner) {
	jobs.On(r, "community.tell-addressee", s.asked)
	jobs.On(r, "community.closed", func(ctx context.Context, e identity.PersonClosed) error { return s.Erase(ctx, postman, e.Person) })
	jobs.Handle(r, s.sweep)
	jobs.Every(r, 24*time.Hour, sweepArgs{})
}

// asked writes to those who may answer: the editors of the organisation, or the contact
// of the host, who is also told where a producer has nobody.
func (s *Service) asked(ctx context.Context, e Asked) (err error) {
	defer errs.Wrap(&err, "community.asked(%s)", e.Request)
	r, err := s.Find(ctx, postman, e.Request)
	if errs.Is(err, errs.NotFound) || err == nil && r.State() != Waiting {
		return nil
	}
	if err != nil {
		return err
	}
	var letters []mail.Message
	if r.Organisation != "" {
		people, err := s.o.Identity.PeopleOf(ctx, postman, r.Organisation, identity.Editor)
		if err != nil {
			return err
		}
		for _, p := range people {
			letters = append(letters, s.letter(p.Language, p.Email, "asked", r, nil))
		}
	}
	if len(letters) == 0 && s.o.Contact != "" {
		letters = append(letters, s.letter(i18n.French, s.o.Contact, "asked", r, nil))
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		var recent int
		if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM data_requests WHERE COALESCE(organisation, '') = $1 AND created_at > $2 AND id < $3`, string(r.Organisation), r.CreatedAt.Add(-time.Hour), r.ID).Scan(&recent); err != nil || recent >= lettersInAnHour {
			return err
		}
		return mail.SendAll(ctx, tx, letters...)
	})
}

// letter is a message about a request.
func (s *Service) letter(l i18n.Lang, to, kind string, r Request, more i18n.Args) mail.Message {
	path := "/requests/" + string(r.ID)
	if l == i18n.English {
		path = "/en" + path
	}
	args := i18n.Args{"Host": s.o.Host, "Title": r.Title(), "Words": r.Words, "Place": r.Place, "Link": s.o.BaseURL + path}
	for k, v := range more {
		args[k] = v
	}
	return mail.Letter(to, l, "community.mail."+kind, args)
}
