package catalogue

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Publishers lists the organisations that have something public: any dataset, or one
// with resources of a kind. It reads one dataset of each, however many there are.
func (s *Service) Publishers(ctx context.Context, k Kind) (out map[identity.OrganisationID]bool, err error) {
	defer errs.Wrap(&err, "catalogue.Publishers(%s)", k)
	const text = `SELECT o.id FROM organisations o WHERE EXISTS (SELECT 1 FROM datasets d WHERE d.organisation = o.id AND d.state = $1
		AND ($2 = '' OR EXISTS (SELECT 1 FROM resources r WHERE r.dataset = d.id AND r.kind = $2 AND r.latest > 0)))`
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, text, Published, k)
		if err != nil {
			return err
		}
		ids, err := sqldb.Collect(rows, sqldb.Text)
		out = make(map[identity.OrganisationID]bool, len(ids))
		for _, id := range ids {
			out[identity.OrganisationID(id)] = true
		}
		return err
	})
	return out, err
}

// PublicCounts tells how many public datasets organisations have.
func (s *Service) PublicCounts(ctx context.Context, orgs ...identity.OrganisationID) (out map[identity.OrganisationID]int, err error) {
	defer errs.Wrap(&err, "catalogue.PublicCounts")
	out = map[identity.OrganisationID]int{}
	if len(orgs) == 0 {
		return out, nil
	}
	var w sqldb.Conditions
	w.Add("d.state = " + w.Arg(Published))
	w.Add(sqldb.In(&w, "d.organisation", orgs))
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT d.organisation, count(*) FROM datasets d`+w.String()+` GROUP BY d.organisation`, w.Args...)
		if err != nil {
			return err
		}
		_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (id identity.OrganisationID, err error) {
			var n int
			err = r.Scan(&id, &n)
			out[id] = n
			return id, err
		})
		return err
	})
	return out, err
}

// Address is where something public is, and when it last changed.
type Address struct {
	Slug       string
	ModifiedAt time.Time
}

// PublicAddresses lists the addresses of all public datasets but those of a
// demonstration, the last changed first.
func (s *Service) PublicAddresses(ctx context.Context) (list []Address, err error) {
	defer errs.Wrap(&err, "catalogue.PublicAddresses")
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT slug, modified_at FROM datasets WHERE state = $1 AND demonstration = $2 ORDER BY modified_at DESC, id DESC`, Published, false)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, func(r sqldb.Scanner) (a Address, err error) { return a, r.Scan(&a.Slug, &a.ModifiedAt) })
		return err
	})
	return list, err
}
