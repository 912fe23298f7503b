package catalogue

import (
	"context"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

type moveAudit struct {
	Organisation identity.OrganisationID `json:"organisation"`
}

// MoveDatasets gives the datasets of an organisation to another, their addresses
// unchanged: for organisations that merge. Doing it again does nothing more. The
// system only. Kinds: Denied.
func (s *Service) MoveDatasets(ctx context.Context, a identity.Actor, from, into identity.OrganisationID) (n int, err error) {
	defer errs.Wrap(&err, "catalogue.MoveDatasets(%s, %s)", from, into)
	if err := a.RequireSystem(); err != nil {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+datasetColumns+` FROM datasets d WHERE d.organisation = $1 ORDER BY d.id`, from)
		if err != nil {
			return err
		}
		list, err := sqldb.Collect(rows, scanDataset)
		if err != nil {
			return err
		}
		for _, d := range list {
			if _, err := tx.Exec(ctx, `UPDATE datasets SET organisation = $2, revision = revision + 1, modified_at = $3 WHERE id = $1`, d.ID, into, tx.Now()); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE dataset_facets SET organisation = $2 WHERE dataset = $1`, d.ID, into); err != nil {
				return err
			}
			moved := d
			moved.Organisation = into
			if err := (told{moved, ChangeDescribed, "dataset.move", DatasetDescribed{d.ID}, moveAudit{from}, moveAudit{into}}).write(ctx, tx, a); err != nil {
				return err
			}
		}
		n = len(list)
		if err := s.recount(ctx, tx, from); err != nil {
			return err
		}
		return s.recount(ctx, tx, into)
	})
	return n, err
}
