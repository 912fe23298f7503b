package duck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"socle/internal/errs"
)

// TestQueueTakesTurns: clients are served in turn, whatever each has waiting.
func TestQueueTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 100, 1000)
		leave, err := q.enter(t.Context(), "flood")
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []string
		ask := func(name string) {
			go func() {
				leave, err := q.enter(t.Context(), name)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
				leave()
			}()
			synctest.Wait()
		}
		for range 20 {
			ask("flood")
		}
		ask("a")
		ask("b")
		ask("a")
		leave()
		synctest.Wait()
		if want := []string{"flood", "a", "b", "flood", "a", "flood"}; !slices.Equal(order[:6], want) || len(order) != 23 {
			t.Errorf("%v", order)
		}
		if len(q.clients) > 0 || q.free != 1 || q.waiting != 0 || q.turn.Len() != 0 {
			t.Errorf("the queue remembers %+v", q)
		}
	})
}

// TestQueueKeepsASlot: one client never holds all slots.
func TestQueueKeepsASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(4, 100, 1000)
		var running atomic.Int32
		hold := make(chan struct{})
		for range 10 {
			go func() {
				leave, err := q.enter(t.Context(), "flood")
				if err != nil {
					t.Error(err)
					return
				}
				running.Add(1)
				<-hold
				leave()
			}()
		}
		synctest.Wait()
		if n := running.Load(); n != 3 {
			t.Errorf("the flood has %d slots of 4", n)
		}
		leave, err := q.enter(t.Context(), "other")
		if err != nil {
			t.Fatal(err)
		}
		leave()
		close(hold)
		synctest.Wait()
		if n := running.Load(); n != 10 || q.free != 4 {
			t.Errorf("%d served, %d free", n, q.free)
		}
	})
}

// TestQueueRefuses: a queue that is full says so, and what to do; who leaves it
// leaves no trace.
func TestQueueRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 2, 3)
		leave, err := q.enter(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		failed := map[string]error{}
		ask := func(name string, i int) {
			go func() {
				_, err := q.enter(ctx, name)
				mu.Lock()
				failed[fmt.Sprint(name, i)] = err
				mu.Unlock()
			}()
			synctest.Wait()
		}
		for i := range 3 {
			ask("a", i)
		}
		for i := range 2 {
			ask("b", i)
		}
		for _, name := range []string{"a2", "b1"} {
			if e := errs.As(failed[name]); failed[name] == nil || e.Kind != errs.Busy || e.Hint == "" {
				t.Errorf("%s: %v", name, failed[name])
			}
		}
		cancel()
		synctest.Wait()
		for _, name := range []string{"a0", "a1", "b0"} {
			if !errors.Is(failed[name], context.Canceled) {
				t.Errorf("%s: %v", name, failed[name])
			}
		}
		leave()
		if len(q.clients) > 0 || q.free != 1 || q.waiting != 0 {
			t.Errorf("the queue remembers %+v", q)
		}
	})
}
