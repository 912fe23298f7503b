package sqldb

import (
	"context"
	"testing/fstest"
)

// MigrateText applies one more migration, for tests.
func MigrateText(ctx context.Context, db *DB, name, text string) error {
	list, err := readMigrations(fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}, db.engine)
	if err != nil {
		return err
	}
	return db.apply(ctx, list)
}
