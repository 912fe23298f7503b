package identity_test

import (
	"sync"
	"testing"

	"socle/internal/identity"
)

// Many requests of one page at once: one line, written before the first of them goes on.
func TestReadsAtOnce(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		org := w.organisation("Roques")
		lea := w.member("lea", org.ID, identity.Reader)
		reads := identity.NewAccesses(w.db)
		lines := func() (n int) {
			list, err := w.Audit(ctx, root, identity.AuditQuery{Limit: 200})
			if err != nil {
				t.Error(err)
			}
			for _, e := range list {
				if e.Verb == "data.read" && e.Object == "dataset:arbres" {
					n++
				}
			}
			return n
		}
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				err := reads.Note(ctx, lea, org.ID, "dataset:arbres")
				if n := lines(); err != nil || n != 1 {
					t.Errorf("%v, %d lines", err, n)
				}
			})
		}
		wait.Wait()
	})
}
