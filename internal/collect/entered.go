package collect

import (
	"context"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// EnteredTx reports whether the rows of a table are entered: the next cut makes its
// versions, and a file has no place there. Rights are of who asks.
func EnteredTx(ctx context.Context, tx *sqldb.Tx, id catalogue.ResourceID) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM entry_tables WHERE resource = $1`, id).Scan(&n)
	return n > 0, err
}

// EnteredSets are the datasets whose rows are entered, of the organisations in which
// the actor contributes.
func (s *Service) EnteredSets(ctx context.Context, a identity.Actor) (sets map[catalogue.DatasetID]bool, err error) {
	defer errs.Wrap(&err, "collect.EnteredSets")
	sets = map[catalogue.DatasetID]bool{}
	everywhere, orgs := a.Where(identity.ActionContribute)
	if !everywhere && len(orgs) == 0 {
		return sets, nil
	}
	text, args := `SELECT r.dataset FROM entry_tables t JOIN resources r ON r.id = t.resource`, []any{}
	if !everywhere {
		text += ` JOIN datasets d ON d.id = r.dataset WHERE d.organisation IN (` + sqldb.Marks(1, len(orgs)) + `)`
		args = sqldb.AnySlice(orgs)
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, text, args...)
		if err != nil {
			return err
		}
		list, err := sqldb.Collect(rows, func(r sqldb.Scanner) (id catalogue.DatasetID, err error) { return id, r.Scan(&id) })
		for _, id := range list {
			sets[id] = true
		}
		return err
	})
	return sets, err
}
