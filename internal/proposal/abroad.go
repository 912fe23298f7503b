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
type abroad struct {
	source func(ctx context.Context, q string) ([]string, error)
	now    func() time.Time

	mu    sync.Mutex
	kept  map[string]*list.Element
	order *list.List // of *answer, last used first
	until time.Time  // nothing is asked before
}

type answer struct {
	key   string
	texts []string
	until time.Time
}

func newAbroad(source func(context.Context, string) ([]string, error), now func() time.Time) *abroad {
	return &abroad{source: source, now: now, kept: map[string]*list.Element{}, order: list.New()}
}

// ask gives what the service answers; nothing when there is none, or it does not answer.
func (a *abroad) ask(ctx context.Context, q string) []string {
	if a.source == nil || len(q) < abroadMost {
		return nil
	}
	key := string(query.Fold(nil, []byte(q)))
	if texts, known := a.known(key); known {
		return texts
	}
	ctx, cancel := context.WithTimeout(ctx, abroadTime)
	defer cancel()
	texts, err := a.source(ctx, q)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		if !errors.Is(context.Cause(ctx), context.Canceled) { // the visitor went on typing: no fault of the service
			a.until = a.now().Add(abroadQuiet)
		}
		return nil
	}
	texts = texts[:min(len(texts), Most)]
	if a.kept[key] == nil {
		a.kept[key] = a.order.PushFront(&answer{key, texts, a.now().Add(abroadFresh)})
	}
	for a.order.Len() > abroadKept {
		last := a.order.Back()
		delete(a.kept, last.Value.(*answer).key)
		a.order.Remove(last)
	}
	return texts
}

// known gives what is remembered; during the quiet after a failure, nothing is known
// and nothing is asked.
func (a *abroad) known(key string) (texts []string, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.kept[key]; e != nil {
		if x := e.Value.(*answer); a.now().Before(x.until) {
			a.order.MoveToFront(e)
			return x.texts, true
		}
		delete(a.kept, key)
		a.order.Remove(e)
	}
	return nil, a.now().Before(a.until)
}
