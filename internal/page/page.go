package page

import (
	"context"
	"embed"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Names lists the texts.
var Names = []string{Home, "about", "law", "licences", "legal", "accessibility"}

// Home is the introduction of the home page: it has no page of its own.
const Home = "home"

// Text is a text in one language.
type Text struct {
	Name      string
	Language  i18n.Lang
	Title     string
	Body      string // Markdown
	Revision  int    // 0 for the text that comes with Socle
	ChangedBy string // identity.Actor.Ref; "" at revision 0
	ChangedAt time.Time
}

// Each text is a Markdown file per language; its first line is the title.
// {{.Host}}, {{.Contact}}, {{.Hosting}} and {{.Basemap}} are those of Host.
//
//go:embed texts/*.md
var files embed.FS

// Service keeps the texts.
type Service struct {
	db       *sqldb.DB
	host     Host
	defaults *template.Template
}

// Host is what the texts say of who runs the portal. All but Host may be "".
type Host struct {
	Host    string // its name
	Contact string // an e-mail address
	Hosting string // who keeps the machines: name, address, telephone
	Basemap string // the host that the background of maps is asked of
}

// filling is what the texts that come with Socle are filled with: Host, the struct, would
// stand before Host, the name.
type filling struct {
	Host, Contact, Hosting, Basemap string
	Checks                          []string
}

// New makes the Service.
func New(db *sqldb.DB, h Host) *Service {
	return &Service{db: db, host: h, defaults: template.Must(template.ParseFS(files, "texts/*.md"))}
}

func notFound() error {
	return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
}

// original is the text that comes with Socle.
func (s *Service) original(name string, l i18n.Lang) (Text, error) {
	if !slices.Contains(Names, name) || !slices.Contains(i18n.Langs, l) {
		return Text{}, notFound()
	}
	var b strings.Builder
	if err := s.defaults.ExecuteTemplate(&b, name+"."+string(l)+".md", filling{s.host.Host, s.host.Contact, s.host.Hosting, s.host.Basemap, checked(l)}); err != nil {
		return Text{}, err
	}
	title, body, _ := strings.Cut(strings.TrimPrefix(b.String(), "# "), "\n")
	return Text{Name: name, Language: l, Title: title, Body: strings.TrimSpace(body)}, nil
}

// Get returns a text: the host's, else the one that comes with Socle. Everyone may
// read it. Kinds: NotFound.
func (s *Service) Get(ctx context.Context, name string, l i18n.Lang) (t Text, err error) {
	defer errs.Wrap(&err, "page.Get(%s.%s)", name, l)
	if t, err = s.original(name, l); err != nil {
		return t, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error { return read(ctx, tx, &t) })
	return t, err
}

// read replaces a text by the host's, where there is one.
func read(ctx context.Context, tx *sqldb.Tx, t *Text) error {
	err := tx.QueryRow(ctx, `SELECT title, body, revision, changed_by, changed_at FROM pages WHERE name = $1 AND language = $2`, t.Name, t.Language).
		Scan(&t.Title, &t.Body, &t.Revision, &t.ChangedBy, &t.ChangedAt)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

type audit struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

const (
	maxTitle = 150
	maxBody  = 100_000
)

// Save replaces a text by the host's; revision is that of Get. Rights: ActionSettings.
// Kinds: SignIn, Denied, NotFound, Invalid (fields title, body), Conflict (somebody
// else changed it).
func (s *Service) Save(ctx context.Context, a identity.Actor, name string, l i18n.Lang, revision int, title, body string) (t Text, err error) {
	defer errs.Wrap(&err, "page.Save(%s.%s)", name, l)
	if err := a.Require(identity.ActionSettings, ""); err != nil {
		return t, err
	}
	title, body = strings.TrimSpace(title), strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
	e := errs.New(errs.Invalid, "page.invalid").WithHint("page.invalid.hint")
	if n := utf8.RuneCountInString(title); n == 0 || n > maxTitle || !utf8.ValidString(title) || strings.ContainsFunc(title, unicode.IsControl) {
		e.WithField("title", "page.title")
	}
	if utf8.RuneCountInString(body) > maxBody || !utf8.ValidString(body) || strings.ContainsRune(body, 0) {
		e.WithField("body", "page.body")
	}
	if len(e.Fields) > 0 {
		return t, e
	}
	return s.change(ctx, a, name, l, revision, "page.save", func(tx *sqldb.Tx, t *Text) error {
		t.Title, t.Body, t.Revision, t.ChangedBy, t.ChangedAt = title, body, t.Revision+1, a.Ref(), tx.Now()
		_, err := tx.Exec(ctx, `INSERT INTO pages (name, language, title, body, revision, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (name, language) DO UPDATE SET title = excluded.title, body = excluded.body, revision = excluded.revision, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
			name, l, t.Title, t.Body, t.Revision, t.ChangedBy, t.ChangedAt)
		return err
	})
}

// Restore brings back the text that comes with Socle. Rights and kinds: those of Save.
func (s *Service) Restore(ctx context.Context, a identity.Actor, name string, l i18n.Lang, revision int) (t Text, err error) {
	defer errs.Wrap(&err, "page.Restore(%s.%s)", name, l)
	if err := a.Require(identity.ActionSettings, ""); err != nil {
		return t, err
	}
	return s.change(ctx, a, name, l, revision, "page.restore", func(tx *sqldb.Tx, t *Text) (err error) {
		if _, err = tx.Exec(ctx, `DELETE FROM pages WHERE name = $1 AND language = $2`, name, l); err == nil {
			*t, err = s.original(name, l)
		}
		return err
	})
}

// change runs fn on a text whose revision the caller has seen, and records it.
func (s *Service) change(ctx context.Context, a identity.Actor, name string, l i18n.Lang, revision int, verb string, fn func(*sqldb.Tx, *Text) error) (t Text, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if t, err = s.original(name, l); err != nil {
			return err
		}
		if err := read(ctx, tx, &t); err != nil {
			return err
		}
		if t.Revision != revision {
			return errs.New(errs.Conflict, "page.conflict").WithHint("page.conflict.hint")
		}
		before := audit{t.Title, t.Body}
		if err := fn(tx, &t); err != nil {
			return err
		}
		return identity.Record(ctx, tx, a, verb, "page:"+name+"."+string(l), before, audit{t.Title, t.Body})
	})
	return t, err
}
