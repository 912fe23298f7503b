package app

import (
	"bytes"
	"sync"
	"testing"

	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// Processes that start together agree on the key; another name has another key.
func TestSecret(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		var keys [8][]byte
		var wg sync.WaitGroup
		for i := range keys {
			wg.Go(func() {
				key, err := secret(t.Context(), db, "flash")
				if err != nil {
					t.Error(err)
				}
				keys[i] = key
			})
		}
		wg.Wait()
		for _, k := range keys {
			if len(k) != secretSize || !bytes.Equal(k, keys[0]) {
				t.Errorf("keys %x and %x", keys[0], k)
			}
		}
		other, err := secret(t.Context(), db, "other")
		if err != nil || bytes.Equal(other, keys[0]) {
			t.Errorf("another name has the key %x, %v", other, err)
		}
		again, err := secret(t.Context(), db, "flash")
		if err != nil || !bytes.Equal(again, keys[0]) {
			t.Errorf("the key became %x, %v", again, err)
		}
	})
}
