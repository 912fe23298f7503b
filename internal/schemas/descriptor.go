package schemas

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/sqldb"
)

// maxRead is how many descriptors are in memory at once.
const maxRead = 32

// descriptor is one that was read at an address.
type descriptor struct {
	schema *schema.Schema
	etag   string
	at     time.Time // when the other server was last asked
}

// descriptor returns the schema at an address. Within Life it is the one read
// before; then the other server says whether it changed. A kept one stays in the
// database too, and is used when the other server does not answer, or not within
// the time that the caller has.
func (s *Service) descriptor(ctx context.Context, address string, kept bool) (*schema.Schema, error) {
	d := s.remembered(address)
	if d != nil && s.o.Now().Sub(d.at) < Life {
		return d.schema, nil
	}
	if d == nil && kept {
		var err error
		if d, err = s.keptDescriptor(ctx, address); err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
	}
	etag := ""
	if d != nil {
		etag = d.etag
	}
	wait, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	doc, err := s.o.Fetch(wait, address, etag)
	var sch *schema.Schema
	if err == nil && !doc.Unchanged {
		sch, err = parse(doc.Body, address)
	}
	switch {
	case err != nil && kept && d != nil && !errors.Is(ctx.Err(), context.Canceled):
		s.o.Log.WarnContext(ctx, "a schema could not be read again: the kept one is used", "address", address, "cause", err)
		s.remember(address, &descriptor{d.schema, d.etag, s.o.Now()})
		return d.schema, nil
	case err != nil:
		return nil, err
	case doc.Unchanged && d == nil:
		return nil, errs.New(errs.Busy, "httpx.unreachable", errs.Args{"Host": address}).WithHint("httpx.unreachable.hint")
	case doc.Unchanged:
		sch = d.schema
	case kept:
		if err := s.keep(ctx, address, doc.ETag, doc.Body); err != nil {
			return nil, err
		}
	}
	s.remember(address, &descriptor{sch, doc.ETag, s.o.Now()})
	return sch, nil
}

// parse reads a descriptor, whose name is its address when it says none.
func parse(body []byte, address string) (*schema.Schema, error) {
	sch, err := schema.Parse(body)
	if err == nil && sch.ID == "" {
		sch.ID = address
	}
	return sch, err
}

// MaxKept is the size of a descriptor that a person brings as a file, in bytes.
const MaxKept = 1 << 20

// keptPrefix begins the reference of a descriptor that was brought as a file; its
// SHA-256 follows, so that a reference means one descriptor for ever.
const keptPrefix = "sha256:"

// Keep keeps the descriptor of a file for who may contribute to an organisation, and
// returns what a person is told of it. The same file has the same reference. Kinds:
// SignIn, Denied, TooLarge, Invalid (it is no Table Schema).
func (s *Service) Keep(ctx context.Context, a identity.Actor, org identity.OrganisationID, body []byte) (found Schema, err error) {
	defer errs.Wrap(&err, "schemas.Keep")
	if err := a.Require(identity.ActionContribute, org); err != nil {
		return found, err
	}
	sch, err := Brought(body)
	if err != nil {
		return found, err
	}
	sum := sha256.Sum256(body)
	ref := keptPrefix + hex.EncodeToString(sum[:])
	if err := s.keep(ctx, ref, "", body); err != nil {
		return found, err
	}
	return Schema{Ref: ref, Title: sch.Title}, nil
}

// Brought reads the descriptor of a file that a person brings. Kinds: TooLarge,
// Invalid.
func Brought(body []byte) (*schema.Schema, error) {
	if len(body) > MaxKept {
		return nil, errs.New(errs.TooLarge, "httpx.file-too-large", errs.Args{"Limit": i18n.Bytes(MaxKept)}).WithHint("httpx.file-too-large.hint")
	}
	return schema.Parse(body)
}

// brought returns a descriptor that Keep kept. Kinds: NotFound.
func (s *Service) brought(ctx context.Context, ref string) (*schema.Schema, error) {
	if d := s.remembered(ref); d != nil {
		return d.schema, nil
	}
	d, err := s.keptDescriptor(ctx, ref)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "national.unknown", errs.Args{"Ref": ref}).WithHint("national.unknown.hint")
	}
	if err != nil {
		return nil, err
	}
	d.at = s.o.Now()
	s.remember(ref, d)
	return d.schema, nil
}

func (s *Service) remembered(address string) *descriptor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read[address]
}

// remember puts a descriptor in memory, in the place of the oldest when full.
func (s *Service) remember(address string, d *descriptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.read[address]; !known && len(s.read) >= maxRead {
		oldest := ""
		for a, x := range s.read {
			if oldest == "" || x.at.Before(s.read[oldest].at) {
				oldest = a
			}
		}
		delete(s.read, oldest)
	}
	s.read[address] = d
}

// keptDescriptor returns the one in the database. Kinds: NotFound, with no descriptor,
// when none is kept.
func (s *Service) keptDescriptor(ctx context.Context, address string) (*descriptor, error) {
	var body string
	d := &descriptor{}
	err := s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT etag, body FROM schema_descriptors WHERE address = $1`, address).Scan(&d.etag, &body)
	})
	if err != nil {
		return nil, err
	}
	d.schema, err = parse([]byte(body), address)
	return d, err
}

func (s *Service) keep(ctx context.Context, address, etag string, body []byte) error {
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO schema_descriptors (address, etag, body, fetched_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (address) DO UPDATE SET etag = excluded.etag, body = excluded.body, fetched_at = excluded.fetched_at`, address, etag, string(body), tx.Now())
		return err
	})
}
