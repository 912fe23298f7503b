package tables

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/schema"
	"socle/internal/sqldb"
)

// Limits bound what is brought.
type Limits struct {
	UploadBytes int64         // of one file, as received
	ImportTime  time.Duration // of one reading of a file
}

// Schemas finds the schema of a reference: a bundled id, an address. A reference
// it does not know is Invalid.
type Schemas func(ctx context.Context, ref string) (*schema.Schema, error)

// Service brings files in and opens versions for queries.
type Service struct {
	db      *sqldb.DB
	blobs   *blob.Store
	schemas Schemas

	catalogue *catalogue.Service // nil: foreign keys to published datasets are not looked up
	baseURL   string

	limits  Limits
	temp    string // folder of temporary files; "" is the system's
	workers int    // goroutines that read one file
	now     func() time.Time
	log     *slog.Logger

	differences *differences
}

// Options are what the Service is made of.
type Options struct {
	DB      *sqldb.DB
	Blobs   *blob.Store
	Schemas Schemas
	// Catalogue and BaseURL ("https://donnees.example.org") let foreign keys point to
	// the datasets of this portal; without them such keys are told as not checked.
	Catalogue *catalogue.Service
	BaseURL   string
	Limits    Limits
	Temp      string
	Workers   int // 0: two
	Now       func() time.Time
	Log       *slog.Logger
}

// New makes the Service; it starts nothing.
func New(o Options) *Service {
	s := &Service{db: o.DB, blobs: o.Blobs, schemas: o.Schemas, catalogue: o.Catalogue, baseURL: strings.TrimSuffix(o.BaseURL, "/"), limits: o.Limits, temp: o.Temp, workers: o.Workers, now: o.Now, log: o.Log, differences: newDifferences()}
	if s.workers == 0 {
		s.workers = 2
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.limits.UploadBytes == 0 {
		s.limits.UploadBytes = 2 << 30
	}
	if s.limits.ImportTime == 0 {
		s.limits.ImportTime = 30 * time.Minute
	}
	return s
}
