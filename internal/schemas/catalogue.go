package schemas

import (
	"context"
	"time"
	"unicode/utf8"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
)

// State says how fresh the national catalogue is.
type State struct {
	Address   string    // "" when none is read
	FetchedAt time.Time // of what is kept; zero when nothing is
	TriedAt   time.Time // of the last attempt; zero when there was none
	Failure   string    // message key of why the last attempt failed; "" when it did not
}

// National returns the schemas of the national catalogue that are not bundled,
// and how fresh the list is. Anyone.
func (s *Service) National(ctx context.Context, _ identity.Actor) (list national.Catalogue, st State, err error) {
	defer errs.Wrap(&err, "schemas.National")
	if st, err = s.state(ctx); err != nil {
		return nil, st, err
	}
	all, err := s.national(ctx)
	return all.Others(), st, err
}

// Listed returns the schemas of the national catalogue that are not bundled. Anyone.
func (s *Service) Listed(ctx context.Context) (list national.Catalogue, err error) {
	defer errs.Wrap(&err, "schemas.Listed")
	all, err := s.national(ctx)
	return all.Others(), err
}

// Refresh reads the national catalogue again. A failure is recorded, and what was
// kept stays: it is no error. The system's jobs.
func (s *Service) Refresh(ctx context.Context, a identity.Actor) (st State, err error) {
	defer errs.Wrap(&err, "schemas.Refresh")
	if s.o.Address == "" {
		return State{}, nil
	}
	if err := a.RequireSystem(); err != nil {
		return State{}, err
	}
	etag, err := s.etag(ctx)
	if err != nil {
		return st, err
	}
	wait, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	doc, failed := s.o.Fetch(wait, s.o.Address, etag)
	if failed == nil && !doc.Unchanged {
		_, failed = national.ParseCatalogue(doc.Body)
		if failed == nil && !utf8.Valid(doc.Body) {
			failed = errs.New(errs.Invalid, "national.not-a-catalogue").WithHint("national.not-a-catalogue.hint")
		}
	}
	if ctx.Err() != nil {
		return st, ctx.Err()
	}
	if failed != nil {
		s.o.Log.WarnContext(ctx, "the national catalogue of schemas could not be read", "address", s.o.Address, "cause", failed)
	}
	if err := s.o.DB.Write(ctx, func(tx *sqldb.Tx) error { return s.record(ctx, tx, doc.ETag, doc.Body, failed) }); err != nil {
		return st, err
	}
	return s.state(ctx)
}

// record writes the outcome of an attempt; body is nil when nothing changed.
func (s *Service) record(ctx context.Context, tx *sqldb.Tx, etag string, body []byte, failed error) error {
	never := time.Unix(0, 0)
	if _, err := tx.Exec(ctx, `INSERT INTO schema_catalogues (address, etag, body, fetched_at, tried_at, failure) VALUES ($1, '', '', $2, $3, '')
		ON CONFLICT (address) DO UPDATE SET tried_at = excluded.tried_at, failure = ''`, s.o.Address, never, tx.Now()); err != nil {
		return err
	}
	var err error
	switch {
	case failed != nil:
		_, err = tx.Exec(ctx, `UPDATE schema_catalogues SET failure = $1 WHERE address = $2`, errs.As(failed).Key, s.o.Address)
	case body == nil:
		_, err = tx.Exec(ctx, `UPDATE schema_catalogues SET fetched_at = $1 WHERE address = $2`, tx.Now(), s.o.Address)
	default:
		_, err = tx.Exec(ctx, `UPDATE schema_catalogues SET etag = $1, body = $2, fetched_at = $3 WHERE address = $4`, etag, string(body), tx.Now(), s.o.Address)
	}
	return err
}

func (s *Service) etag(ctx context.Context) (etag string, err error) {
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT etag FROM schema_catalogues WHERE address = $1`, s.o.Address).Scan(&etag)
	})
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return etag, err
}

func (s *Service) state(ctx context.Context) (State, error) {
	st := State{Address: s.o.Address}
	if st.Address == "" {
		return st, nil
	}
	err := s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT fetched_at, tried_at, failure FROM schema_catalogues WHERE address = $1`, st.Address).Scan(&st.FetchedAt, &st.TriedAt, &st.Failure)
	})
	if errs.Is(err, errs.NotFound) {
		return st, nil
	}
	if st.FetchedAt.Unix() == 0 {
		st.FetchedAt = time.Time{}
	}
	return st, err
}

// national returns the whole catalogue as it is kept, read once per refresh.
func (s *Service) national(ctx context.Context) (national.Catalogue, error) {
	st, err := s.state(ctx)
	if err != nil || st.FetchedAt.IsZero() {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of.Equal(st.FetchedAt) {
		return s.catalogue, nil
	}
	var body string
	if err := s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT body FROM schema_catalogues WHERE address = $1`, s.o.Address).Scan(&body)
	}); err != nil {
		return nil, err
	}
	if s.catalogue, err = national.ParseCatalogue([]byte(body)); err == nil {
		s.of = st.FetchedAt
	}
	return s.catalogue, err
}

// refreshArgs is the job that reads the catalogue again.
type refreshArgs struct{}

func (refreshArgs) Kind() string { return "schemas.refresh" }

// Handle gives the job of this package to the runner, once a day.
func (s *Service) Handle(r *jobs.Runner) {
	jobs.Handle(r, s.refresh)
	jobs.Every(r, 24*time.Hour, refreshArgs{})
}

func (s *Service) refresh(ctx context.Context, j *jobs.Job[refreshArgs]) error {
	if _, err := s.Refresh(ctx, identity.System("schemas")); err != nil {
		return err
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
}
