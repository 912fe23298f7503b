package identity

import (
	"context"
	"fmt"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// OrganisationsStamp is a text that changes whenever an organisation does: for
// what keeps their names.
func (s *Service) OrganisationsStamp(ctx context.Context) (stamp string, err error) {
	defer errs.Wrap(&err, "identity.OrganisationsStamp")
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		var n, revisions, changed int64
		err := tx.QueryRow(ctx, `SELECT count(*), CAST(coalesce(sum(revision), 0) AS BIGINT), coalesce(max(changed_at), 0) FROM organisations`).Scan(&n, &revisions, &changed)
		stamp = fmt.Sprintf("%d %d %d", n, revisions, changed)
		return err
	})
	return stamp, err
}
