package v1

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
)

// eventConnections bounds the open connections of one address.
const eventConnections = 50

// beat keeps an idle connection open through proxies.
const beat = 25 * time.Second

// longestEvents ends a connection: its reader comes again, with the rights of then.
const longestEvents = 15 * time.Minute

// connections counts those who wait for events, by address.
type connections struct {
	mu   sync.Mutex
	open map[string]int
}

func (c *connections) enter(ctx context.Context) (leave func(), err error) {
	key := httpx.ClientKey(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[string]int{}
	}
	if c.open[key] >= eventConnections {
		return nil, errs.New(errs.Busy, "collect.events.many").WithHint("collect.events.many.hint")
	}
	c.open[key]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.open[key]--; c.open[key] <= 0 {
			delete(c.open, key)
		}
	}, nil
}

// entryEvents tells that entries of a form's table have changed, by the cursor to read
// on from.
func (api *API) entryEvents(w http.ResponseWriter, r *http.Request) error {
	c, stop, err := api.o.Collect.Changes(r.Context(), visitor(r), formID(r))
	if err != nil {
		return err
	}
	defer stop()
	return api.cursorEvents(w, r, "entries", c)
}

// lineEvents is entryEvents for the lines of a table.
func (api *API) lineEvents(w http.ResponseWriter, r *http.Request) error {
	c, stop, err := api.o.Collect.LineChanges(r.Context(), actor(r), resourceID(r))
	if err != nil {
		return err
	}
	defer stop()
	return api.cursorEvents(w, r, "lines", c)
}

func (api *API) cursorEvents(w http.ResponseWriter, r *http.Request, event string, c <-chan collect.Mark) error {
	last := int64(-1)
	return api.events(w, r, c, func(m collect.Mark) (string, any, bool) {
		if m.Seq == last {
			return "", nil, false
		}
		last = m.Seq
		return event, map[string]string{"cursor": strconv.FormatInt(m.Seq, 10)}, true
	})
}

// versionEvents tells readers of a table that it has a new version.
func (api *API) versionEvents(w http.ResponseWriter, r *http.Request) error {
	c, stop, err := api.o.Collect.Versions(r.Context(), actor(r), resourceID(r))
	if err != nil {
		return err
	}
	defer stop()
	last := -1
	return api.events(w, r, c, func(m collect.Mark) (string, any, bool) {
		if m.Version == last {
			return "", nil, false
		}
		last = m.Version
		return "version", map[string]int{"number": m.Version}, true
	})
}

// events writes server-sent events until the reader goes, or for a while.
func (api *API) events(w http.ResponseWriter, r *http.Request, c <-chan collect.Mark, say func(collect.Mark) (event string, data any, ok bool)) error {
	if err := only(r); err != nil {
		return err
	}
	leave, err := api.connections.enter(r.Context())
	if err != nil {
		return err
	}
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	rc := http.NewResponseController(w)
	if _, err := fmt.Fprint(w, "retry: 3000\n\n"); err != nil {
		return err
	}
	if err := rc.Flush(); err != nil {
		return err
	}
	idle := time.NewTicker(beat)
	defer idle.Stop()
	end := time.NewTimer(longestEvents)
	defer end.Stop()
	for {
		text := ": \n\n"
		select {
		case <-r.Context().Done():
			return nil
		case <-end.C:
			return nil
		case <-idle.C:
		case m, open := <-c:
			if !open { // the server stops
				return nil
			}
			event, data, ok := say(m)
			if !ok {
				continue
			}
			b, err := json.Marshal(data)
			if err != nil {
				return err
			}
			text = "event: " + event + "\ndata: " + string(b) + "\n\n"
		}
		if _, err := fmt.Fprint(w, text); err != nil {
			return nil //nolint:nilerr // the reader is gone
		}
		if err := rc.Flush(); err != nil {
			return nil //nolint:nilerr // likewise
		}
	}
}
