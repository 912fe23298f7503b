package schemas

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
)

// MaxDescriptor is the size of a descriptor or catalogue read at an address, in bytes.
const MaxDescriptor = 16 << 20

// Life is how long what was read at an address is believed without asking again;
// then the other server is asked whether it changed.
const Life = 5 * time.Minute

// fetchTime bounds the wait for another server.
const fetchTime = 20 * time.Second

// Fetch reads the document at an address: httpx.Fetcher.
type Fetch func(ctx context.Context, address, etag string) (httpx.Document, error)

// Options are what the Service is made of.
type Options struct {
	DB      *sqldb.DB
	Fetch   Fetch
	Address string // of the national catalogue; "" reads none
	Now     func() time.Time
	Log     *slog.Logger
}

// Service finds schemas.
type Service struct {
	o Options

	mu        sync.Mutex
	read      map[string]*descriptor // by address
	catalogue national.Catalogue
	of        time.Time // FetchedAt of catalogue
}

// New makes the Service; it starts nothing.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, read: map[string]*descriptor{}}
}

// Schema is a schema that was found, as a person is told of it.
type Schema struct {
	Ref     string // id@version, or the address
	Title   string // "" of one at an address
	TitleEN string
	Page    string // its page here, or elsewhere; "" when it has none
}

// Name returns the title in the language, or the reference.
func (s Schema) Name(l i18n.Lang) string {
	switch {
	case l == i18n.English && s.TitleEN != "":
		return s.TitleEN
	case s.Title != "":
		return s.Title
	}
	return s.Ref
}

// Find returns the schema of a reference: a bundled id, one of the national
// catalogue (each with @version or not), an address. Anyone. Kinds: NotFound,
// Invalid, TooLarge, Busy (the other server does not answer, and nothing is kept).
func (s *Service) Find(ctx context.Context, ref string) (sch *schema.Schema, err error) {
	defer errs.Wrap(&err, "schemas.Find(%s)", ref)
	place, err := s.locate(ctx, ref)
	switch {
	case err != nil:
		return nil, err
	case place.address != "":
		return s.descriptor(ctx, place.address, place.listed)
	}
	return place.bundled.Schema()
}

// Lookup returns what a person is told of the schema of a reference, without
// reading its descriptor: an address is always found. Anyone. Kinds: NotFound,
// Invalid.
func (s *Service) Lookup(ctx context.Context, ref string) (found Schema, err error) {
	defer errs.Wrap(&err, "schemas.Lookup(%s)", ref)
	place, err := s.locate(ctx, ref)
	return place.Schema, err
}

// place is where a schema is: bundled, or at an address.
type place struct {
	Schema
	bundled national.Entry
	address string
	listed  bool // the address is in the national catalogue
}

func (s *Service) locate(ctx context.Context, ref string) (p place, err error) {
	ref = strings.TrimSpace(ref)
	e, unknown := national.Lookup(ref)
	if unknown == nil {
		return place{Schema: Schema{Ref: e.Ref(), Title: e.Title, TitleEN: e.TitleEN, Page: "/schemas/" + e.ID}, bundled: e}, nil
	}
	all, err := s.national(ctx)
	if err != nil {
		return p, err
	}
	l, ok := all.Find(ref)
	if httpx.IsAddress(ref) {
		l, ok = all.At(ref)
	}
	switch {
	case ok:
		return place{Schema: Schema{Ref: l.Ref(), Title: l.Title, Page: l.Homepage}, address: l.Versions[0].Address, listed: true}, nil
	case httpx.IsAddress(ref):
		return place{Schema: Schema{Ref: ref, Page: ref}, address: ref}, nil
	}
	return p, unknown
}
