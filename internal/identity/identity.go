package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"socle/internal/errs"
	"socle/internal/ids"
	"socle/internal/sqldb"
)

// Options are what the host may set; zero values take the defaults.
type Options struct {
	SessionIdle time.Duration // a session unused for so long ends; 7 days
	SessionMax  time.Duration // a session ends after so long in any case; 30 days
	LinkLife    time.Duration // of invitations and the first administrator's link; 7 days
	ResetLife   time.Duration // of password resets; 1 hour
	Hash        HashParams    // of passwords; 19 MiB, 2 passes
	Hashing     int           // passwords hashed at once; the number of processors, at most 4
	Rand        io.Reader     // crypto/rand
	Limits      SignInLimits
	// SignInLife is how long a sign-in link by mail is good; 15 minutes.
	SignInLife   time.Duration
	SecondFactor Requirement // who must have one; nobody
	Party        Party       // who people sign in to
	Keep         Keep        // how long what is over is kept
	// Breached gives, one by line as "REST:COUNT", what follows a prefix of five
	// hexadecimal digits in the SHA-1 of passwords known to thieves; nil: not asked. It
	// says itself how long it may take.
	Breached func(ctx context.Context, prefix string) (string, error)
}

// Service is the one way to accounts, organisations and rights.
type Service struct {
	db     *sqldb.DB
	opt    Options
	hasher *hasher
	now    func() time.Time

	breachedFrom atomic.Int64 // when the list of breached passwords may be asked again, in nanoseconds since 1970
}

// New makes the service; it starts nothing.
func New(db *sqldb.DB, o Options) *Service {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.SessionIdle, 7*24*time.Hour)
	def(&o.SessionMax, 30*24*time.Hour)
	def(&o.LinkLife, 7*24*time.Hour)
	def(&o.ResetLife, time.Hour)
	def(&o.SignInLife, 15*time.Minute)
	if o.SecondFactor == "" {
		o.SecondFactor = RequireNobody
	}
	if o.Party == (Party{}) {
		o.Party = Party{Name: "Socle", Host: "localhost", Origin: "http://localhost"}
	}
	o.Keep = o.Keep.orDefault()
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Hash == (HashParams{}) {
		o.Hash = DefaultHash
	}
	if o.Hashing <= 0 {
		o.Hashing = min(4, runtime.NumCPU())
	}
	o.Limits = o.Limits.orDefault()
	now := db.Clock()
	if now == nil {
		now = time.Now
	}
	return &Service{db: db, opt: o, hasher: newHasher(o.Hash, o.Hashing, o.Rand), now: now}
}

// Hashed is how many passwords were hashed since the start, for metrics.
func (s *Service) Hashed() int64 { return s.hasher.runs.Load() }

// Hashing is how many passwords are hashed at once, at most.
func (s *Service) Hashing() int { return s.opt.Hashing }

// newID makes an identifier of the transaction's instant.
func (s *Service) newID(tx *sqldb.Tx) string {
	return ids.Source{Now: tx.Now, Rand: s.opt.Rand}.New()
}

var secretText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// secret returns n random bytes as text; only its digest is stored.
func (s *Service) secret(n int) string {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.opt.Rand, b); err != nil {
		panic("identity: no randomness: " + err.Error())
	}
	return secretText.EncodeToString(b)
}

// digest is what is stored of a secret: its SHA-256 in hexadecimal. Secrets have
// 160 bits or more, so that a fast hash without salt is enough.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Fold prepares a name for comparison and sorting: lower case, no accents, words
// of letters and digits parted by one space.
func Fold(s string) string {
	return strings.Join(strings.FieldsFunc(stripAccents(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}

func stripAccents(s string) string {
	s = strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae").Replace(s)
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s)))
}

// textField checks a single line of text and returns it trimmed: no control
// characters, from least to most characters.
func textField(e *errs.Error, name, value string, least, most int) string {
	value = strings.TrimSpace(norm.NFC.String(value))
	n := utf8.RuneCountInString(value)
	switch {
	case !utf8.ValidString(value), strings.ContainsFunc(value, unicode.IsControl):
		e.WithField(name, "identity.field.characters")
	case n < least && n == 0:
		e.WithField(name, "identity.field.required")
	case n < least:
		e.WithField(name, "identity.field.short", errs.Args{"Count": least})
	case n > most:
		e.WithField(name, "identity.field.long", errs.Args{"Count": most})
	}
	return value
}

// invalid starts the collection of problems of a form; ended by problems.
func invalid() *errs.Error {
	return errs.New(errs.Invalid, "identity.invalid").WithHint("identity.invalid.hint")
}

// problems returns e when it names a field.
func problems(e *errs.Error) error {
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

func notFound() error { return errs.New(errs.NotFound, "errs.not-found") }

// ActorOfRef loads the actor that Actor.Ref named, with the rights of today: a
// job asked for by a person runs with what that person may still do. Kinds:
// Denied (closed account, revoked token, anonymous).
func (s *Service) ActorOfRef(ctx context.Context, ref string) (a Actor, err error) {
	defer errs.Wrap(&err, "identity.ActorOfRef(%s)", ref)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		a, err = actorOfRef(ctx, tx, ref)
		return err
	})
	return a, err
}

func actorOfRef(ctx context.Context, tx *sqldb.Tx, ref string) (Actor, error) {
	gone := errs.New(errs.Denied, "identity.actor-gone").WithHint("identity.actor-gone.hint")
	if name, ok := strings.CutPrefix(ref, "system:"); ok {
		return System(name), nil
	}
	if _, id, ok := strings.Cut(ref, "token:"); ok {
		a, err := tokenActor(ctx, tx, "id", id)
		if errs.Is(err, errs.SignIn) {
			return Actor{}, gone
		}
		return a, err
	}
	p := PersonOfRef(ref)
	if p == "" {
		return Actor{}, gone
	}
	a, err := loadActor(ctx, tx, p)
	if errs.Is(err, errs.NotFound) {
		return Actor{}, gone
	}
	return a, err
}

// ActorOfPerson loads a person's actor, for the command line of the server
// (system only). Kinds: Denied, NotFound (also a closed account).
func (s *Service) ActorOfPerson(ctx context.Context, a Actor, id PersonID) (p Actor, err error) {
	defer errs.Wrap(&err, "identity.ActorOfPerson(%s)", id)
	if err := a.RequireSystem(); err != nil {
		return Actor{}, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		p, err = loadActor(ctx, tx, id)
		return err
	})
	return p, err
}

// loadActor reads a person's rights. Kinds: NotFound (also a closed account).
func loadActor(ctx context.Context, tx *sqldb.Tx, id PersonID) (Actor, error) {
	a := Actor{kind: person, person: id}
	err := tx.QueryRow(ctx, `SELECT name, host_roles FROM people WHERE id = $1 AND closed_at IS NULL`, string(id)).Scan(&a.name, &a.host)
	if err != nil {
		return Actor{}, err
	}
	a.members, err = memberships(ctx, tx, id)
	return a, err
}

// memberships are a person's own roles, and those by the mandates in force of their
// organisations: at most editor.
func memberships(ctx context.Context, tx *sqldb.Tx, id PersonID) ([]Membership, error) {
	rows, err := tx.Query(ctx, `SELECT organisation, role, '' AS via FROM members WHERE person = $1
		UNION ALL SELECT d.organisation, CASE WHEN m.role > $3 THEN $3 ELSE m.role END, d.delegate FROM members m JOIN mandates d ON d.delegate = m.organisation
		WHERE m.person = $1 AND d.revoked_at IS NULL AND d.starts_at <= $2 AND (d.ends_at IS NULL OR d.ends_at > $2) ORDER BY organisation, via`, string(id), tx.Now(), int64(Editor))
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, func(r sqldb.Scanner) (m Membership, err error) {
		return m, r.Scan(&m.Organisation, &m.Role, &m.Via)
	})
}
