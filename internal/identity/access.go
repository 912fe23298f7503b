package identity

import (
	"context"
	"maps"
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

	writing sync.Mutex // one line at a time: who asks for the same meanwhile waits for it
	mu      sync.Mutex
	written map[access]time.Time
}

// NewAccesses makes an Accesses.
func NewAccesses(db *sqldb.DB) *Accesses {
	x := &Accesses{db: db, now: db.Clock(), written: map[access]time.Time{}}
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
	if x.told(key) {
		return nil
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.told(key) {
		return nil
	}
	if err := x.db.Write(ctx, func(tx *sqldb.Tx) error { return RecordIn(ctx, tx, a, org, "data.read", object, nil, nil) }); err != nil {
		return err
	}
	x.remember(key)
	return nil
}

// told reports whether a line in the audit says so already.
func (x *Accesses) told(key access) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	at, ok := x.written[key]
	return ok && x.now().Sub(at) < AccessWindow
}

func (x *Accesses) remember(key access) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := x.now()
	if len(x.written) >= maxAccesses {
		maps.DeleteFunc(x.written, func(_ access, at time.Time) bool { return now.Sub(at) >= AccessWindow })
	}
	if len(x.written) >= maxAccesses {
		clear(x.written)
	}
	x.written[key] = now
}
