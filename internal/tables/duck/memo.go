package duck

import (
	"container/list"
	"strings"
	"sync"
)

// memo keeps what was computed lately, up to a weight. Snapshots never change,
// so nothing in it becomes false.
type memo[V any] struct {
	mu    sync.Mutex
	left  int
	order list.List
	items map[string]*list.Element
}

type memoItem[V any] struct {
	key    string
	value  V
	weight int
}

func newMemo[V any](weight int) *memo[V] {
	return &memo[V]{left: weight, items: map[string]*list.Element{}}
}

func (m *memo[V]) get(key string) (v V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.items[key]
	if !ok {
		return v, false
	}
	m.order.MoveToFront(e)
	return e.Value.(*memoItem[V]).value, true
}

func (m *memo[V]) put(key string, v V, weight int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.items[key]; ok {
		return
	}
	m.items[key] = m.order.PushFront(&memoItem[V]{key, v, weight})
	m.left -= weight
	for m.left < 0 && m.order.Len() > 0 {
		m.remove(m.order.Back())
	}
}

func (m *memo[V]) remove(e *list.Element) {
	item := m.order.Remove(e).(*memoItem[V])
	delete(m.items, item.key)
	m.left += item.weight
}

// forget drops all keys with the prefix.
func (m *memo[V]) forget(prefix string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, e := range m.items {
		if strings.HasPrefix(key, prefix) {
			m.remove(e)
		}
	}
}
