package tables

import (
	"context"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Move gives the uploads and the imports of an organisation to another, for organisations that
// merge. Doing it again does nothing more. The system only. Kinds: Denied.
func (s *Service) Move(ctx context.Context, a identity.Actor, from, into identity.OrganisationID) (err error) {
	defer errs.Wrap(&err, "tables.Move(%s, %s)", from, into)
	if err := a.RequireSystem(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, q := range []string{
			`UPDATE uploads SET organisation = $2 WHERE organisation = $1`,
			`UPDATE imports SET organisation = $2 WHERE organisation = $1`,
		} {
			if _, err := tx.Exec(ctx, q, from, into); err != nil {
				return err
			}
		}
		return nil
	})
}
