package identity

import (
	"context"
	"sync"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// AccessWindow is how long one line of the audit stands for further reads of the same
// thing by the same person or token from the same address: the audit tells who read
// what and when they came back, and a page with a hundred requests is one line.
const AccessWindow = time.Hour

// maxAccesses bounds what an Accesses remembers; beyond, it begins anew and writes a
// line more than it must.
const maxAccesses = 50_000

type access struct{ actor, network, object string }

// Accesses writes who reads what is not public. It may be used concurrently; each
// process remembers for itself what it has written.
type Accesses struct {
	db  *sqldb.DB
	now func() time.Time

	mu   sync.Mutex
	seen map[access]time.Time
}

// NewAccesses makes an Accesses.
func NewAccesses(db *sqldb.DB) *Accesses {
	x := &Accesses{db: db, now: db.Clock(), seen: map[access]time.Time{}}
	if x.now == nil {
		x.now = time.Now
	}
	return x
}

// Note writes that an actor reads an object ("dataset:ID") of an organisation, unless
// a line says so already. Call it outside transactions, before what was read is
// given: when the line cannot be written, nothing is. The system leaves no line.
func (x *Accesses) Note(ctx context.Context, a Actor, org OrganisationID, object string) (err error) {
	if a.IsSystem() {
		return nil
	}
	defer errs.Wrap(&err, "identity.Note(%s)", object)
	key := access{a.Ref(), a.networkText(), object}
	now := x.now()
	if !x.fresh(key, now) {
		return nil
	}
	err = x.db.Write(ctx, func(tx *sqldb.Tx) error { return RecordIn(ctx, tx, a, org, "data.read", object, nil, nil) })
	if err != nil {
		x.forget(key)
	}
	return err
}

// fresh reports whether a line is due, and remembers that it is written.
func (x *Accesses) fresh(key access, now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if at, ok := x.seen[key]; ok && now.Sub(at) < AccessWindow {
		return false
	}
	if len(x.seen) >= maxAccesses {
		for k, at := range x.seen {
			if now.Sub(at) >= AccessWindow {
				delete(x.seen, k)
			}
		}
		if len(x.seen) >= maxAccesses {
			clear(x.seen)
		}
	}
	x.seen[key] = now
	return true
}

func (x *Accesses) forget(key access) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.seen, key)
}
