package duck

import (
	"container/list"
	"context"
	"sync"

	"socle/internal/errs"
)

// queue lets a few queries run at a time. Clients take turns, whatever the
// number of queries each has waiting, and the last free slot is never given to a client that already
// has a query running: one who floods the server with heavy queries does not delay the others' first.
type queue struct {
	perClient int // most queries that a client may have waiting
	total     int // most queries waiting

	mu      sync.Mutex
	slots   int
	free    int
	waiting int
	clients map[string]*client
	turn    list.List // of *client with queries waiting
}

type client struct {
	name    string
	running int
	waiters list.List // of chan struct{}
	place   *list.Element
}

func newQueue(slots, perClient, total int) *queue {
	return &queue{slots: slots, free: slots, perClient: perClient, total: total, clients: map[string]*client{}}
}

// enter waits for a slot; leave gives it back. Errors: Busy, when too many wait.
func (q *queue) enter(ctx context.Context, name string) (leave func(), err error) {
	q.mu.Lock()
	c := q.clients[name]
	if c == nil {
		c = &client{name: name}
		q.clients[name] = c
	}
	if c.waiters.Len() >= q.perClient || q.waiting >= q.total {
		q.drop(c)
		q.mu.Unlock()
		return nil, errs.New(errs.Busy, "tables.query.queue").WithHint("tables.query.queue.hint")
	}
	ready := make(chan struct{})
	place := c.waiters.PushBack(ready)
	q.waiting++
	if c.place == nil {
		c.place = q.turn.PushBack(c)
	}
	q.dispatch()
	q.mu.Unlock()
	select {
	case <-ready:
		return func() { q.leave(c) }, nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	select {
	case <-ready: // both happened
		q.mu.Unlock()
		q.leave(c)
	default:
		c.waiters.Remove(place)
		q.waiting--
		q.idle(c)
		q.mu.Unlock()
	}
	return nil, ctx.Err()
}

// dispatch gives free slots to the clients in turn.
func (q *queue) dispatch() {
	for e := q.turn.Front(); e != nil && q.free > 0; {
		next := e.Next()
		c := e.Value.(*client)
		if q.free > 1 || c.running == 0 || q.slots == 1 {
			ready := c.waiters.Remove(c.waiters.Front()).(chan struct{})
			q.waiting--
			q.free--
			c.running++
			q.turn.MoveToBack(e)
			q.idle(c)
			close(ready)
			next = q.turn.Front()
		}
		e = next
	}
}

func (q *queue) leave(c *client) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.running--
	q.free++
	q.dispatch()
	q.drop(c)
}

// idle takes a client that waits for nothing out of the turn.
func (q *queue) idle(c *client) {
	if c.waiters.Len() == 0 && c.place != nil {
		q.turn.Remove(c.place)
		c.place = nil
	}
	q.drop(c)
}

// drop forgets a client that has no query.
func (q *queue) drop(c *client) {
	if c.running == 0 && c.waiters.Len() == 0 && q.clients[c.name] == c {
		delete(q.clients, c.name)
	}
}
