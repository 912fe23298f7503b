package schemas

import (
	"context"
	"errors"
	"time"

	"socle/internal/errs"
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
