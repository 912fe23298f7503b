package schemas

import (
	"cmp"
	"context"
	"log/slog"
	"net/url"
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
	Page    string // its page here, else elsewhere; "" when it has none
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
// catalogue (each with @version or not), an address, a file that was kept. Anyone. Kinds: NotFound,
// Invalid, TooLarge, Busy (the other server does not answer, and nothing is kept).
func (s *Service) Find(ctx context.Context, ref string) (sch *schema.Schema, err error) {
	defer errs.Wrap(&err, "schemas.Find(%s)", ref)
	place, err := s.locate(ctx, ref, s.reading(ctx))
	switch {
	case err != nil:
		return nil, err
	case place.brought != nil:
		return place.brought, nil
	case place.address != "":
		return s.descriptor(ctx, place.address, place.isListed())
	}
	return place.bundled.Schema()
}

// Lookup returns what a person is told of the schema of a reference, without
// reading its descriptor: an address is always found. Anyone. Kinds: NotFound,
// Invalid.
func (s *Service) Lookup(ctx context.Context, ref string) (found Schema, err error) {
	defer errs.Wrap(&err, "schemas.Lookup(%s)", ref)
	place, err := s.locate(ctx, ref, s.reading(ctx))
	return place.Schema, err
}

// Named returns what a person is told of each schema that datasets follow, by its
// id. One that is known nowhere has its id alone, and a page for who follows it.
// Anyone.
func (s *Service) Named(ctx context.Context, ids ...string) (out map[string]Schema, err error) {
	defer errs.Wrap(&err, "schemas.Named")
	out = map[string]Schema{}
	all := s.reading(ctx)
	for _, id := range ids {
		if _, done := out[id]; done || id == "" {
			continue
		}
		place, err := s.locate(ctx, id, all)
		switch {
		case errs.Is(err, errs.NotFound), errs.Is(err, errs.Invalid):
			place.Schema = Schema{Ref: id, Page: Page(id)}
		case err != nil:
			return nil, err
		}
		out[id] = place.Schema
	}
	return out, nil
}

// Entry returns a bundled schema, or one of the national catalogue, with its columns;
// when these cannot be read, what the catalogue says of it comes with the error.
// Anyone. Kinds: those of Find.
func (s *Service) Entry(ctx context.Context, ref string) (e national.Entry, err error) {
	defer errs.Wrap(&err, "schemas.Entry(%s)", ref)
	place, err := s.locate(ctx, ref, s.reading(ctx))
	switch {
	case err != nil:
		return e, err
	case place.address == "" && place.brought == nil:
		return place.bundled, nil
	case !place.isListed():
		return e, errs.New(errs.NotFound, "national.unknown", errs.Args{"Ref": ref}).WithHint("national.unknown.hint")
	}
	read, err := s.descriptor(ctx, place.address, true)
	return place.listed.Entry(read), err
}

// Page is the address of the page of a schema; "" for an id that is not
// publisher/name.
func Page(id string) string {
	publisher, name, ok := strings.Cut(id, "/")
	if !ok || publisher == "" || name == "" || strings.Contains(name, "/") {
		return ""
	}
	return "/schemas/" + url.PathEscape(publisher) + "/" + url.PathEscape(name)
}

// place is where a schema is: bundled, at an address, or kept from a file.
type place struct {
	Schema
	bundled national.Entry
	address string
	listed  national.Listed // zero when no catalogue lists the address
	brought *schema.Schema  // from a file; nil of others
}

func (p place) isListed() bool { return p.listed.ID != "" }

// reading reads the national catalogue once, when it is asked for.
func (s *Service) reading(ctx context.Context) func() (national.Catalogue, error) {
	return sync.OnceValues(func() (national.Catalogue, error) { return s.national(ctx) })
}

func (s *Service) locate(ctx context.Context, ref string, catalogue func() (national.Catalogue, error)) (p place, err error) {
	ref = strings.TrimSpace(ref)
	if strings.HasPrefix(ref, keptPrefix) {
		sch, err := s.brought(ctx, ref)
		if err != nil {
			return p, err
		}
		return place{Schema: Schema{Ref: ref, Title: sch.Title}, brought: sch}, nil
	}
	e, unknown := national.Lookup(ref)
	if unknown == nil {
		return place{Schema: Schema{Ref: e.Ref(), Title: e.Title, TitleEN: e.TitleEN, Page: Page(e.ID)}, bundled: e}, nil
	}
	all, err := catalogue()
	if err != nil {
		return p, err
	}
	l, ok := all.Find(ref)
	if httpx.IsAddress(ref) {
		l, ok = all.At(ref)
	}
	switch {
	case ok:
		return place{Schema: Schema{Ref: l.Ref(), Title: l.Title, Page: cmp.Or(Page(l.ID), l.Homepage)}, address: l.Versions[0].Address, listed: l}, nil
	case httpx.IsAddress(ref):
		return place{Schema: Schema{Ref: ref, Page: ref}, address: ref}, nil
	}
	return p, unknown
}
