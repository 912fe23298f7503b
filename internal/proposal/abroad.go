package proposal

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"

	"socle/internal/query"
)

// Bounds of what another service is asked.
const (
	abroadKept  = 1000             // answers that are remembered
	abroadFresh = time.Hour        // how long
	abroadQuiet = 30 * time.Second // after a failure, nothing is asked
	abroadTime  = 1500 * time.Millisecond
	abroadMost  = 5 // shortest text that leaves, in bytes
)

// abroad asks another service, remembers its answers, and leaves it alone for a while
// when it fails.
type abroad[T any] struct {
	source func(ctx context.Context, q string) ([]T, error)
	now    func() time.Time

	mu    sync.Mutex
	kept  map[string]*list.Element
	order *list.List // of *answer[T], last used first
	until time.Time  // nothing is asked before
}

type answer[T any] struct {
	key   string
	list  []T
	until time.Time
}

func newAbroad[T any](source func(context.Context, string) ([]T, error), now func() time.Time) *abroad[T] {
	return &abroad[T]{source: source, now: now, kept: map[string]*list.Element{}, order: list.New()}
}

// ask gives what the service answers; nothing when there is none, or it does not answer.
func (a *abroad[T]) ask(ctx context.Context, q string) []T {
	if a.source == nil || len(q) < abroadMost {
		return nil
	}
	key := string(query.Fold(nil, []byte(q)))
	if found, known := a.known(key); known {
		return found
	}
	ctx, cancel := context.WithTimeout(ctx, abroadTime)
	defer cancel()
	found, err := a.source(ctx, q)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		if !errors.Is(context.Cause(ctx), context.Canceled) { // the visitor went on typing: no fault of the service
			a.until = a.now().Add(abroadQuiet)
		}
		return nil
	}
	found = found[:min(len(found), Most)]
	if a.kept[key] == nil {
		a.kept[key] = a.order.PushFront(&answer[T]{key, found, a.now().Add(abroadFresh)})
	}
	for a.order.Len() > abroadKept {
		last := a.order.Back()
		delete(a.kept, last.Value.(*answer[T]).key)
		a.order.Remove(last)
	}
	return found
}

// known gives what is remembered; during the quiet after a failure, nothing is known
// and nothing is asked.
func (a *abroad[T]) known(key string) (found []T, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.kept[key]; e != nil {
		if x := e.Value.(*answer[T]); a.now().Before(x.until) {
			a.order.MoveToFront(e)
			return x.list, true
		}
		delete(a.kept, key)
		a.order.Remove(e)
	}
	return nil, a.now().Before(a.until)
}
