package httpx

import (
	"container/list"
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"socle/internal/errs"
)

// Limiter holds each key (an address, an account) to a rate. It remembers a
// bounded number of keys and forgets the one unseen for longest.
type Limiter struct {
	per   rate.Limit
	burst int
	max   int
	now   func() time.Time

	mu    sync.Mutex
	keys  map[string]*list.Element
	order *list.List // of *bucket, last used first
}

type bucket struct {
	key string
	*rate.Limiter
}

// NewLimiter allows perSecond events on average and burst at once, to each of at
// most maxKeys keys (about 200 bytes each). now nil: the machine's clock.
func NewLimiter(perSecond float64, burst, maxKeys int, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{per: rate.Limit(perSecond), burst: burst, max: max(maxKeys, 1), now: now, keys: map[string]*list.Element{}, order: list.New()}
}

// Allowance is what is left to a key after an event.
type Allowance struct {
	OK        bool          // the event passes
	Wait      time.Duration // until the next one passes, when this one does not
	Limit     int           // events that may come at once
	Remaining int           // of them
	Reset     time.Time     // when all of them may come again
}

// set tells clients how many requests are left to them, in the headers that those
// of open data portals read.
func (a Allowance) set(h http.Header) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(a.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(a.Remaining))
	h.Set("X-RateLimit-Reset", a.Reset.UTC().Format(time.RFC3339))
}

// Take takes one event of a key and says what is left.
func (l *Limiter) Take(key string) Allowance {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.keys[key]
	if e == nil {
		if l.order.Len() >= l.max {
			last := l.order.Back()
			delete(l.keys, last.Value.(*bucket).key)
			l.order.Remove(last)
		}
		e = l.order.PushFront(&bucket{key, rate.NewLimiter(l.per, l.burst)})
		l.keys[key] = e
	}
	l.order.MoveToFront(e)
	now := l.now()
	b := e.Value.(*bucket)
	a := Allowance{Limit: l.burst, OK: b.AllowN(now, 1)}
	if !a.OK {
		res := b.ReserveN(now, 1)
		if !res.OK() { // a burst of zero never passes
			a.Wait, a.Reset = time.Hour, now.Add(time.Hour)
			return a
		}
		a.Wait = res.DelayFrom(now)
		res.CancelAt(now)
	}
	left := b.TokensAt(now)
	a.Remaining = max(int(left), 0)
	a.Reset = now.Add(max(time.Duration((float64(l.burst)-left)/float64(l.per)*float64(time.Second)), 0)).Add(time.Second - 1).Truncate(time.Second)
	return a
}

// Keys tells how many keys are remembered.
func (l *Limiter) Keys() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.order.Len()
}

// TooMany is the error of a passed rate: status 429 with Retry-After.
func TooMany(wait time.Duration) error {
	seconds := int64((wait + time.Second - 1) / time.Second)
	return &statusError{status: http.StatusTooManyRequests, retryAfter: wait,
		err: errs.New(errs.Busy, "httpx.too-many", errs.Args{"Seconds": max(seconds, 1)}).WithHint("httpx.too-many.hint")}
}

// ClientKey names who asks, for what is shared out among visitors: clientKey of the
// address of a request.
func ClientKey(ctx context.Context) string { return clientKey(ClientAddr(ctx)) }

// clientKey is what counts as one visitor: an address, or a /64 network of
// IPv6, which one household owns whole.
func clientKey(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
