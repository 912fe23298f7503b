package sqldb

import (
	"context"
	"testing/fstest"
)

// MigrateText applies one more migration, for tests.
func MigrateText(ctx context.Context, db *DB, name, text string) error {
	return db.migrateFS(ctx, fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}})
}
