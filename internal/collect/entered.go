package collect

import (
	"context"

	"socle/internal/catalogue"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// cutter is who cuts versions from entries.
var cutter = identity.System(MakerName)

// MakerName names who makes the versions of tables whose rows are entered.
const MakerName = "entries"

// Maker makes the versions of tables whose rows are entered: a file has no place there.
func Maker() catalogue.Maker {
	return catalogue.Maker{Name: MakerName, Key: "collect.entered", Among: entered}
}

// entered gives those of some tables whose rows are entered.
func entered(ctx context.Context, tx *sqldb.Tx, tables []catalogue.ResourceID) ([]catalogue.ResourceID, error) {
	rows, err := tx.Query(ctx, `SELECT resource FROM entry_tables WHERE resource IN (`+sqldb.Marks(1, len(tables))+`)`, sqldb.AnySlice(tables)...)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, func(r sqldb.Scanner) (id catalogue.ResourceID, err error) { return id, r.Scan(&id) })
}
