package app

import (
	"context"
	"crypto/rand"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// flashSecret is the name of the key that signs the answers to acts.
const flashSecret = "flash"

// followSecret is the name of the key that signs the links of messages and makes
// the secrets of webhooks.
const followSecret = "follow"

// secretSize is the length of a key in bytes: as long as the output of
// HMAC-SHA256 (RFC 2104, section 3).
const secretSize = 32

// secret returns the key of a name, which all processes on one database share;
// the first that asks makes it.
func secret(ctx context.Context, db *sqldb.DB, name string) (key []byte, err error) {
	defer errs.Wrap(&err, "app.secret(%s)", name)
	fresh := make([]byte, secretSize)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	err = db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO secrets (name, value, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`, name, fresh, tx.Now()); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT value FROM secrets WHERE name = $1`, name).Scan(&key)
	})
	return key, err
}
