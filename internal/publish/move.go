package publish

import (
	"context"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Move gives the deposits and the watches of an organisation to another, for organisations that
// merge. Doing it again does nothing more. The system only. Kinds: Denied.
func (s *Service) Move(ctx context.Context, a identity.Actor, from, into identity.OrganisationID) (err error) {
	defer errs.Wrap(&err, "publish.Move(%s, %s)", from, into)
	if err := a.RequireSystem(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE watches SET organisation = $2 WHERE organisation = $1`, from, into); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE deposits SET organisation = $2 WHERE organisation = $1`, from, into)
		return err
	})
}
