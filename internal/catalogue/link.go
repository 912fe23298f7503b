package catalogue

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// LinkTry is how a try of the address of a Link went.
type LinkTry struct {
	URL      string // that was tried
	Failures int    // in a row, this one included; 0: it answered
	Problem  string // why it did not, in the form of who tried
	Broken   bool
	Next     time.Time // when to try again
}

// LinksDue lists the links of datasets that are published, or kept inside, whose time
// to be tried has come, at most so many, the longest overdue first. The system only.
// Kinds: Denied.
func (s *Service) LinksDue(ctx context.Context, a identity.Actor, most int) (list []ResourceID, err error) {
	defer errs.Wrap(&err, "catalogue.LinksDue")
	if err := a.RequireSystem(); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT r.id FROM resources r JOIN datasets d ON d.id = r.dataset
			WHERE r.kind = 'link' AND d.state IN ($1, $2) AND r.link_next <= $3 ORDER BY r.link_next, r.id LIMIT $4`, Published, Internal, tx.Now(), most)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, func(r sqldb.Scanner) (id ResourceID, err error) { return id, r.Scan(&id) })
		return err
	})
	return list, err
}

// NoteLinkTx writes how a try of a link went, unless it points elsewhere by now; broke
// is true when it answered before and does not any more. The system only. Kinds: Denied,
// NotFound.
func (s *Service) NoteLinkTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ResourceID, t LinkTry) (broke bool, err error) {
	defer errs.Wrap(&err, "catalogue.NoteLink(%s)", id)
	if err := a.RequireSystem(); err != nil {
		return false, err
	}
	var url string
	var was bool
	err = tx.QueryRow(ctx, `SELECT url, link_broken FROM resources WHERE id = $1 AND kind = 'link'`, id).Scan(&url, &was)
	if errs.Is(err, errs.NotFound) {
		return false, notFound()
	}
	if err != nil || url != t.URL {
		return false, err
	}
	_, err = tx.Exec(ctx, `UPDATE resources SET link_checked = $2, link_broken = $3, link_failures = $4, link_problem = $5, link_next = $6 WHERE id = $1`,
		id, tx.Now(), t.Broken, t.Failures, t.Problem, t.Next)
	return t.Broken && !was, err
}
