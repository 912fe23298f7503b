package collect

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// Options are what the Service is made of.
type Options struct {
	DB        *sqldb.DB
	Blobs     *blob.Store
	Catalogue *catalogue.Service
	Identity  *identity.Service // who is written to
	// Schemas finds the schema of a reference.
	Schemas func(ctx context.Context, ref string) (*schema.Schema, error)
	// Rows gives the rows of a version as text, the cells in the order of columns:
	// for a table of a file that is opened for entry.
	Rows func(ctx context.Context, v catalogue.Version, columns []string, give func(cells []string) error) error
	// BaseURL begins the addresses in letters, and of photos in versions; "" leaves
	// the names of those.
	BaseURL string
	Temp    string
	Rand    io.Reader // crypto/rand when nil
	Log     *slog.Logger
	Limits  Limits
	Keep    catalogue.Keep // versions that stay
}

// Limits of entries. Zero values take the defaults.
type Limits struct {
	Entry    int           // bytes of one entry as JSON; 256 KiB
	File     int64         // bytes of one photo or file; 25 MiB
	Files    int           // of one entry; 20
	Table    int64         // entries of one table; 1,000,000
	Part     int64         // entries in one part of a version; 10,000
	Watchers int           // connections that wait for events, of this process; 2,000
	Debounce time.Duration // from the first change to the version; 700 ms
}

func (l Limits) orDefault() Limits {
	set := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	set(&l.Entry, 256<<10)
	set(&l.Files, 20)
	set(&l.Watchers, 2000)
	if l.File <= 0 {
		l.File = 25 << 20
	}
	if l.Table <= 0 {
		l.Table = 1_000_000
	}
	if l.Part <= 0 {
		l.Part = 10_000
	}
	if l.Debounce <= 0 {
		l.Debounce = 700 * time.Millisecond
	}
	return l
}

// Service is the one way to forms and entries.
type Service struct {
	o   Options
	db  *sqldb.DB
	hub *hub

	mu       sync.Mutex
	compiled map[string]*ready // by definition and descriptor
	lasted   map[catalogue.ResourceID]lastCut
}

// New makes the Service; it starts nothing: Handle gives its jobs to the runner,
// Run tells events.
func New(o Options) *Service {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	o.Limits = o.Limits.orDefault()
	return &Service{o: o, db: o.DB, hub: newHub(o.DB, o.Limits.Watchers), compiled: map[string]*ready{}, lasted: map[catalogue.ResourceID]lastCut{}}
}

// Limits returns the limits in force.
func (s *Service) Limits() Limits { return s.o.Limits }

func (s *Service) newID(tx *sqldb.Tx) string {
	return ids.Source{Now: tx.Now, Rand: s.o.Rand}.New()
}

func notFound() error { return errs.New(errs.NotFound, "collect.none").WithHint("collect.none.hint") }

func denied() error { return errs.New(errs.Denied, "identity.denied").WithHint("identity.denied.hint") }

// ready is a definition that was read and compiled.
type ready struct {
	definition *form.Definition
	checker    func() (*form.Checker, error)
	judge      func() *check.Judge // of cells, for the grid
}

// maxReady bounds the definitions kept ready.
const maxReady = 256

// ready reads a definition and a descriptor, or gives what was read of them before.
func (s *Service) ready(definition, descriptor string) (*ready, error) {
	key := definition + "\x00" + descriptor
	s.mu.Lock()
	r := s.compiled[key]
	s.mu.Unlock()
	if r != nil {
		return r, nil
	}
	sch, err := schema.Parse([]byte(descriptor))
	if err != nil {
		return nil, err
	}
	d := &form.Definition{}
	if definition == "" { // a table without a form
		d = form.FromSchema(sch, form.Origin{})
	} else if err := json.Unmarshal([]byte(definition), d); err != nil {
		return nil, err
	}
	d.Schema = sch
	r = &ready{
		definition: d,
		checker:    sync.OnceValues(func() (*form.Checker, error) { return form.NewChecker(d) }),
		judge:      sync.OnceValue(func() *check.Judge { return check.NewJudge(sch) }),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.compiled) >= maxReady {
		clear(s.compiled)
	}
	s.compiled[key] = r
	return r, nil
}
