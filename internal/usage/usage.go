package usage

import (
	"context"
	"strings"
	"sync"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Kind is what was asked of a dataset.
type Kind string

const (
	View     Kind = "view"     // its page
	Download Kind = "download" // the whole or a part, as a file
	API      Kind = "api"      // an interface for programs
)

// Kinds lists the kinds in the order of pages and exports.
var Kinds = []Kind{View, Download, API}

// LabelKey is the message key of the kind's name.
func (k Kind) LabelKey() string { return "usage.kind." + string(k) }

// Subject is what a request names: one of the three.
type Subject struct {
	Dataset  catalogue.DatasetID
	Slug     string // an address that it has or had
	Resource catalogue.ResourceID
}

// hit is a counter in memory.
type hit struct {
	Subject
	kind Kind
	day  string
}

// Service counts. The zero value is of no use.
type Service struct {
	db *sqldb.DB

	mu   sync.Mutex
	hits map[hit]int64
}

// New makes the Service; it starts nothing.
func New(db *sqldb.DB) *Service { return &Service{db: db, hits: map[hit]int64{}} }

// maxHits bounds the counters in memory: beyond, what was never counted before is
// left out until the next writing.
const maxHits = 100_000

// Count adds one, in memory.
func (s *Service) Count(of Subject, k Kind, at time.Time) {
	h := hit{of, k, at.UTC().Format(time.DateOnly)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.hits[h]; known || len(s.hits) < maxHits {
		s.hits[h]++
	}
}

// robots are words of programs that read pages for themselves; programs that people
// run (curl, notebooks) count.
var robots = []string{"bot", "crawl", "spider", "slurp", "archiver", "facebookexternalhit", "embedly", "preview", "monitor", "uptime", "pingdom", "lighthouse", "headlesschrome", "scrapy", "gptbot", "ccbot"}

// Robot reports whether a User-Agent says that it is one. A browser always says
// what it is: without a word, it is none.
func Robot(userAgent string) bool {
	ua := strings.ToLower(userAgent)
	if strings.TrimSpace(ua) == "" {
		return true
	}
	for _, w := range robots {
		if strings.Contains(ua, w) {
			return true
		}
	}
	return false
}

// Flush writes what was counted. What names no dataset is forgotten; when the
// database fails, the counts stay for the next time.
func (s *Service) Flush(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "usage.Flush")
	s.mu.Lock()
	hits := s.hits
	s.hits = map[hit]int64{}
	s.mu.Unlock()
	if len(hits) == 0 {
		return nil
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		known := map[Subject]catalogue.DatasetID{}
		for h, n := range hits {
			id, ok := known[h.Subject]
			if !ok {
				if id, err = resolve(ctx, tx, h.Subject); err != nil {
					return err
				}
				known[h.Subject] = id
			}
			if id == "" {
				continue
			}
			if _, err := tx.Exec(ctx, `INSERT INTO usage_days (dataset, day, kind, times) VALUES ($1, $2, $3, $4)
				ON CONFLICT (dataset, day, kind) DO UPDATE SET times = usage_days.times + excluded.times`, id, h.day, h.kind, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		for h, n := range hits {
			if len(s.hits) < maxHits {
				s.hits[h] += n
			}
		}
	}
	return err
}

// resolve returns the dataset of a subject; "" when there is none.
func resolve(ctx context.Context, tx *sqldb.Tx, of Subject) (id catalogue.DatasetID, err error) {
	switch {
	case of.Dataset != "":
		err = tx.QueryRow(ctx, `SELECT id FROM datasets WHERE id = $1`, of.Dataset).Scan(&id)
	case of.Resource != "":
		err = tx.QueryRow(ctx, `SELECT dataset FROM resources WHERE id = $1`, of.Resource).Scan(&id)
	default:
		err = tx.QueryRow(ctx, `SELECT dataset FROM dataset_slugs WHERE slug = $1`, of.Slug).Scan(&id)
	}
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return id, err
}

// Run writes what was counted at each interval until ctx ends, and then a last
// time. report is given what went wrong; it is tried again.
func (s *Service) Run(ctx context.Context, interval time.Duration, report func(error)) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
				report(err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			err := s.Flush(last)
			cancel()
			if err != nil {
				report(err)
			}
			return
		}
	}
}

// Counts are numbers by kind.
type Counts struct{ Views, Downloads, API int64 }

func (c *Counts) add(k Kind, n int64) {
	switch k {
	case View:
		c.Views += n
	case Download:
		c.Downloads += n
	case API:
		c.API += n
	}
}

// Of returns the number of a kind.
func (c Counts) Of(k Kind) int64 {
	switch k {
	case View:
		return c.Views
	case Download:
		return c.Downloads
	}
	return c.API
}

// Total is the sum of the kinds.
func (c Counts) Total() int64 { return c.Views + c.Downloads + c.API }

// Day is a day of a dataset; Date is a civil date of UTC, YYYY-MM-DD.
type Day struct {
	Date string
	Counts
}

// Days lists the days of a dataset from one to another, both included, also those
// on which nothing was asked; at most 1000. Rights: ActionReadDraft of its
// organisation. Kinds: NotFound, SignIn, Denied, Invalid (the period).
func (s *Service) Days(ctx context.Context, a identity.Actor, d catalogue.Dataset, from, to time.Time) (list []Day, err error) {
	defer errs.Wrap(&err, "usage.Days(%s)", d.ID)
	if err := a.Require(identity.ActionReadDraft, d.Organisation); err != nil {
		return nil, err
	}
	from, to = from.UTC().Truncate(24*time.Hour), to.UTC().Truncate(24*time.Hour)
	if to.Before(from) || to.Sub(from) > 1000*24*time.Hour {
		return nil, errs.New(errs.Invalid, "usage.period").WithHint("usage.period.hint")
	}
	at := map[string]int{}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		at[day.Format(time.DateOnly)] = len(list)
		list = append(list, Day{Date: day.Format(time.DateOnly)})
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT u.day, u.kind, u.times FROM usage_days u JOIN datasets d ON d.id = u.dataset
			WHERE u.dataset = $1 AND d.organisation = $2 AND u.day >= $3 AND u.day <= $4`, d.ID, d.Organisation, from.Format(time.DateOnly), to.Format(time.DateOnly))
		if err != nil {
			return err
		}
		for i := range list {
			list[i].Counts = Counts{}
		}
		_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (struct{}, error) {
			var day string
			var k Kind
			var n int64
			err := r.Scan(&day, &k, &n)
			if i, ok := at[day]; ok {
				list[i].add(k, n)
			}
			return struct{}{}, err
		})
		return err
	})
	return list, err
}

// Totals are the sums of all datasets since a day, by dataset: for sorting a search
// by use. Datasets that nobody asked for are absent. The system only. Kinds: Denied.
func (s *Service) Totals(ctx context.Context, a identity.Actor, since time.Time) (out map[catalogue.DatasetID]Counts, err error) {
	defer errs.Wrap(&err, "usage.Totals")
	if err := a.RequireSystem(); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		out = map[catalogue.DatasetID]Counts{}
		rows, err := tx.Query(ctx, `SELECT dataset, kind, CAST(sum(times) AS BIGINT) FROM usage_days WHERE day >= $1 GROUP BY dataset, kind`, since.UTC().Format(time.DateOnly))
		if err != nil {
			return err
		}
		_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (struct{}, error) {
			var id catalogue.DatasetID
			var k Kind
			var n int64
			err := r.Scan(&id, &k, &n)
			c := out[id]
			c.add(k, n)
			out[id] = c
			return struct{}{}, err
		})
		return err
	})
	return out, err
}
