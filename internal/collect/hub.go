package collect

import (
	"context"
	"sync"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// look is how often the database is asked what other replicas changed: one query
// for all who wait, and none when nobody does.
const look = 500 * time.Millisecond

// Mark says how far a table is.
type Mark struct {
	Seq     int64 // of the last change of its entries
	Version int   // its latest version
}

// hub tells those who wait that a table has changed.
type hub struct {
	db   *sqldb.DB
	most int
	wake chan struct{}

	mu      sync.Mutex
	over    bool // the process stops
	count   int
	waiting map[catalogue.ResourceID]map[chan Mark]bool
	last    map[catalogue.ResourceID]Mark
}

func newHub(db *sqldb.DB, most int) *hub {
	return &hub{db: db, most: most, wake: make(chan struct{}, 1), waiting: map[catalogue.ResourceID]map[chan Mark]bool{}, last: map[catalogue.ResourceID]Mark{}}
}

// changed makes the hub look at once: this process changed a table.
func (h *hub) changed(catalogue.ResourceID) {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// subscribe gives a channel on which the newest Mark of a table waits. Kinds: Busy
// (too many wait).
func (h *hub) subscribe(id catalogue.ResourceID) (<-chan Mark, func(), error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over || h.count >= h.most {
		return nil, nil, errs.New(errs.Busy, "collect.events.many").WithHint("collect.events.many.hint")
	}
	c := make(chan Mark, 1)
	if h.waiting[id] == nil {
		h.waiting[id] = map[chan Mark]bool{}
	}
	h.waiting[id][c] = true
	h.count++
	if m, known := h.last[id]; known { // others were told before this one came
		c <- m
	}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if !h.waiting[id][c] {
			return
		}
		delete(h.waiting[id], c)
		h.count--
		if len(h.waiting[id]) == 0 {
			delete(h.waiting, id)
			delete(h.last, id)
		}
	}, nil
}

// tell puts a mark where those who wait take it, in place of an older one.
func (h *hub) tell(id catalogue.ResourceID, m Mark) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if was, known := h.last[id]; !known || was == m {
		h.last[id] = m
		if known {
			return
		}
	}
	h.last[id] = m
	for c := range h.waiting[id] {
		select {
		case <-c:
		default:
		}
		c <- m
	}
}

func (h *hub) watched() []catalogue.ResourceID {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]catalogue.ResourceID, 0, len(h.waiting))
	for id := range h.waiting {
		list = append(list, id)
	}
	return list
}

// run looks until ctx ends.
func (h *hub) run(ctx context.Context, failed func(error)) {
	t := time.NewTicker(look)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			h.end()
			return
		case <-t.C:
		case <-h.wake:
		}
		list := h.watched()
		for len(list) > 0 {
			page := list[:min(len(list), 500)]
			list = list[len(page):]
			marks, err := h.marks(ctx, page)
			if err != nil {
				if ctx.Err() == nil {
					failed(err)
				}
				break
			}
			for id, m := range marks {
				h.tell(id, m)
			}
		}
	}
}

// end closes every channel: the server stops, and its connections with it.
func (h *hub) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	for _, list := range h.waiting {
		for c := range list {
			close(c)
		}
	}
	clear(h.waiting)
}

func (h *hub) marks(ctx context.Context, list []catalogue.ResourceID) (map[catalogue.ResourceID]Mark, error) {
	out := map[catalogue.ResourceID]Mark{}
	err := h.db.Read(ctx, func(tx *sqldb.Tx) error {
		clear(out)
		rows, err := tx.Query(ctx, `SELECT r.id, r.latest, COALESCE(t.seq, 0) FROM resources r LEFT JOIN entry_tables t ON t.resource = r.id
			WHERE r.id IN (`+sqldb.Marks(1, len(list))+`)`, sqldb.AnySlice(list)...)
		if err != nil {
			return err
		}
		_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (struct{}, error) {
			var id catalogue.ResourceID
			var m Mark
			err := r.Scan(&id, &m.Version, &m.Seq)
			out[id] = m
			return struct{}{}, err
		})
		return err
	})
	return out, err
}

// Run tells events until ctx ends; then it closes the channels of all who wait.
func (s *Service) Run(ctx context.Context) {
	s.hub.run(ctx, func(err error) { s.o.Log.WarnContext(ctx, "events wait", "cause", err) })
}

// Changes gives a channel on which the newest state of the table of a form waits,
// beginning with the present one; call stop when done. Rights: who may fill the form
// in. Kinds: NotFound, SignIn, Busy.
func (s *Service) Changes(ctx context.Context, v Visitor, f FormID) (c <-chan Mark, stop func(), err error) {
	defer errs.Wrap(&err, "collect.Changes(%s)", f)
	return s.changes(ctx, v, target{form: f})
}

// LineChanges is Changes for the grid of a table. Members only. Kinds: NotFound,
// SignIn, Denied, Busy.
func (s *Service) LineChanges(ctx context.Context, a identity.Actor, id catalogue.ResourceID) (c <-chan Mark, stop func(), err error) {
	defer errs.Wrap(&err, "collect.LineChanges(%s)", id)
	return s.changes(ctx, Visitor{Actor: a}, target{resource: id})
}

func (s *Service) changes(ctx context.Context, v Visitor, t target) (c <-chan Mark, stop func(), err error) {
	var id catalogue.ResourceID
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		d, err := s.desk(ctx, tx, v, t)
		if err == nil {
			id = d.resource
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return s.hub.subscribe(id)
}

// Versions is Changes for readers of any table that they may see.
func (s *Service) Versions(ctx context.Context, a identity.Actor, id catalogue.ResourceID) (c <-chan Mark, stop func(), err error) {
	defer errs.Wrap(&err, "collect.Versions(%s)", id)
	if _, _, err := s.o.Catalogue.Head(ctx, a, id); err != nil {
		return nil, nil, err
	}
	return s.hub.subscribe(id)
}
