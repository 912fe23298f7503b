package catalogue

import (
	"cmp"
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Keep says which of the versions that a Maker made stay: all of the last while, then
// one an hour, then one a day, then one a month. Zero values take the defaults.
type Keep struct {
	All    time.Duration // 24 hours
	Hourly time.Duration // 7 days
	Daily  time.Duration // 90 days
}

// At is the rule for ThinTx at a moment.
func (k Keep) At(now time.Time) Bucket {
	const day = 24 * time.Hour
	all := cmp.Or(max(k.All, 0), day)
	hourly := max(cmp.Or(max(k.Hourly, 0), 7*day), all)
	daily := max(cmp.Or(max(k.Daily, 0), 90*day), hourly)
	return func(at time.Time) string {
		switch age := now.Sub(at); {
		case age < all:
			return ""
		case age < hourly:
			return at.UTC().Format("2006-01-02T15")
		case age < daily:
			return at.UTC().Format("2006-01-02")
		}
		return at.UTC().Format("2006-01")
	}
}

// Bucket names the period of which one version stays, the last; "" keeps them all.
type Bucket func(at time.Time) string

// maxThinned bounds the versions removed at once.
const maxThinned = 500

// ThinTx removes versions of a table that a Maker made, but the last of each period,
// and says how many: some hundreds at the most. What came with a file stays, and what
// is pinned, the latest, and the one with which the public history begins. The system
// only. Kinds: Denied, NotFound.
func (s *Service) ThinTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ResourceID, period Bucket) (n int, err error) {
	defer errs.Wrap(&err, "catalogue.Thin(%s)", id)
	if err := a.RequireSystem(); err != nil {
		return 0, err
	}
	r, _, err := resource1(ctx, tx, a, id)
	if err != nil {
		return 0, err
	}
	rows, err := tx.Query(ctx, `SELECT id, number, created_at, pinned, original_blob FROM versions WHERE resource = $1 AND purged_at IS NULL ORDER BY number DESC`, id)
	if err != nil {
		return 0, err
	}
	type line struct {
		id       VersionID
		number   int
		at       time.Time
		pinned   bool
		original string
	}
	list, err := sqldb.Collect(rows, func(r sqldb.Scanner) (l line, err error) {
		err = r.Scan(&l.id, &l.number, &l.at, &l.pinned, &l.original)
		return l, err
	})
	if err != nil {
		return 0, err
	}
	kept := map[string]bool{}
	for _, l := range list {
		b := period(l.at)
		if b == "" || !kept[b] || l.pinned || l.original != "" || l.number == r.Latest || l.number == r.PublicFrom {
			kept[b] = true
			continue
		}
		if _, err := tx.Exec(ctx, `DELETE FROM versions WHERE id = $1`, l.id); err != nil {
			return n, err
		}
		if n++; n == maxThinned {
			break
		}
	}
	return n, nil
}
