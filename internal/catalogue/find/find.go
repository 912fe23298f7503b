package find

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	index "github.com/blevesearch/bleve_index_api"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema/national"
)

// Options of a Service.
type Options struct {
	Dir       string // folder of the indexes, of this process alone
	Catalogue *catalogue.Service
	Identity  *identity.Service
	Located   func(catalogue.Version) bool // rows of the version say where they lie
	Cells     Cells                        // nil: tables are not looked into
	CellWords int                          // different words kept of a table; 0: 600,000
	// Schemas are those of the national catalogue that are not bundled; nil: none.
	Schemas func(ctx context.Context) (national.Catalogue, error)
	// Use tells how often each dataset was asked for lately; nil: nothing is known.
	Use func(ctx context.Context) (map[catalogue.DatasetID]int64, error)
	Log *slog.Logger
	Now func() time.Time
}

// Service answers searches. It may be called concurrently.
type Service struct {
	o       Options
	feeding sync.Mutex   // one feeds at a time
	mu      sync.RWMutex // who reads holds lib and cells as they are
	lib     *library     // nil until Sync
	cells   *cellShelf   // nil until Run, or without Options.Cells
	counted time.Time    // when use was last asked; of turn alone
	asked   time.Time    // when the organisations were last looked at; under feeding
	wake    chan struct{}
}

var system = identity.System("index")

// New makes a Service that has opened nothing yet: see Run and Sync.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, wake: make(chan struct{}, 1)}
}

const (
	pollEvery    = 2 * time.Second // how often changes are looked for when nobody searches
	orgsEvery    = 2 * time.Second // how often the organisations are
	useEvery     = 5 * time.Minute // how often use is counted again, and schemas are named
	mostAtOnce   = 200             // changes that a search waits for
	againName    = "make-again"    // a file that asks the process that runs to make all again
	buildPage    = 500             // datasets read at once
	seldomEnough = 30 * time.Second
)

// Run keeps the indexes until ctx ends. What goes wrong is logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		wait := time.Duration(0)
		if err := s.turn(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.Error("search index", "err", err)
			wait = seldomEnough
		}
		if wait > 0 {
			tick.Reset(wait)
		} else {
			tick.Reset(pollEvery)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
	}
}

func (s *Service) turn(ctx context.Context) error {
	again := filepath.Join(s.o.Dir, againName)
	if _, err := os.Stat(again); err == nil {
		if err := errors.Join(s.Rebuild(ctx), os.Remove(again)); err != nil {
			return err
		}
	}
	if err := s.Sync(ctx); err != nil {
		return err
	}
	if now := s.o.Now(); now.Sub(s.counted) >= useEvery || now.Before(s.counted) {
		if err := errors.Join(s.SyncUse(ctx), s.SyncSchemas(ctx)); err != nil {
			return err
		}
		s.counted = now
	}
	return s.SyncCells(ctx)
}

// SyncUse learns how often datasets are asked for, after Sync.
func (s *Service) SyncUse(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "find.SyncUse")
	if s.o.Use == nil {
		return nil
	}
	use, err := s.o.Use(ctx)
	if err != nil {
		return err
	}
	s.feeding.Lock()
	defer s.feeding.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lib == nil {
		return nil
	}
	s.lib.use = use
	for i := range s.lib.docs {
		s.lib.docs[i].use = use[s.lib.docs[i].ID]
	}
	return nil
}

// AskRebuild has the process that runs on this folder make its indexes again.
func AskRebuild(dir string) (err error) {
	defer errs.Wrap(&err, "find.AskRebuild")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, againName), nil, 0o600)
}

// Close lets go of the folder.
func (s *Service) Close() error {
	s.feeding.Lock()
	defer s.feeding.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.lib != nil {
		err = s.lib.close()
	}
	if s.cells != nil {
		err = errors.Join(err, s.cells.close())
	}
	s.lib, s.cells = nil, nil
	return err
}

// Sync opens or makes the index of datasets, and feeds it all that has changed.
func (s *Service) Sync(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "find.Sync")
	s.feeding.Lock()
	defer s.feeding.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	for {
		n, err := s.feed(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

// Rebuild makes all again.
func (s *Service) Rebuild(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "find.Rebuild")
	if err := s.Close(); err != nil {
		return err
	}
	s.feeding.Lock()
	defer s.feeding.Unlock()
	for _, name := range []string{datasetsShelf, cellsShelf} {
		if err := os.RemoveAll(shelfPath(s.o.Dir, name)); err != nil {
			return err
		}
	}
	return s.ready(ctx)
}

const datasetsShelf = "datasets"

// ready opens the index of datasets, or makes it. Under feeding.
func (s *Service) ready(ctx context.Context) error {
	if s.lib != nil {
		return nil
	}
	last, err := s.o.Catalogue.LastChange(ctx, system)
	if err != nil {
		return err
	}
	path := shelfPath(s.o.Dir, datasetsShelf)
	shelf, err := openShelf(path)
	if err == nil && shelf.seq > last { // of another database, or of one from later
		err = errors.Join(errStale, shelf.close())
	}
	if errors.Is(err, errStale) {
		s.sweep()
		if err := s.make(ctx, path, last); err != nil {
			return err
		}
		shelf, err = openShelf(path)
	}
	if err != nil {
		return err
	}
	l := &library{shelf: shelf}
	if l.schemas, err = s.namedSchemas(ctx); err == nil {
		l.orgs, l.stamp, err = s.organisations(ctx)
	}
	if err == nil {
		err = errors.Join(l.load(), l.renumber())
	}
	if err != nil {
		return errors.Join(err, shelf.close())
	}
	s.asked = s.o.Now()
	s.mu.Lock()
	s.lib = l
	s.mu.Unlock()
	return nil
}

// sweep removes what is of another format or was not finished.
func (s *Service) sweep() {
	list, _ := os.ReadDir(s.o.Dir)
	for _, e := range list {
		if n := e.Name(); n != againName && n != filepath.Base(shelfPath("", datasetsShelf)) && n != filepath.Base(shelfPath("", cellsShelf)) {
			_ = os.RemoveAll(filepath.Join(s.o.Dir, n))
		}
	}
}

// make makes the index of datasets at a place, as they were after a change or
// later.
func (s *Service) make(ctx context.Context, path string, seq int64) error {
	began := s.o.Now()
	orgs, _, err := s.organisations(ctx)
	if err != nil {
		return err
	}
	m, err := newMaker(path, seq)
	if err != nil {
		return err
	}
	defer os.RemoveAll(m.temp)
	for after := catalogue.DatasetID(""); ; {
		list, err := s.o.Catalogue.Wholes(ctx, system, after, buildPage)
		if err != nil {
			return err
		}
		for _, d := range list {
			doc, err := documentOf(d, orgs[d.Organisation].Organisation, s.o.Located, nil)
			if err != nil {
				return err
			}
			if err := m.add(doc); err != nil {
				return err
			}
		}
		if len(list) < buildPage {
			break
		}
		after = list[len(list)-1].ID
	}
	if err := m.done(seq); err != nil {
		return err
	}
	s.o.Log.Info("search index made", "datasets", m.n, "took", s.o.Now().Sub(began))
	return nil
}

// organisations reads all of them, and their stamp.
func (s *Service) organisations(ctx context.Context) (map[identity.OrganisationID]owner, string, error) {
	stamp, err := s.o.Identity.OrganisationsStamp(ctx)
	if err != nil {
		return nil, "", err
	}
	out := map[identity.OrganisationID]owner{}
	for o, err := range s.o.Identity.AllOrganisations(ctx, system, identity.OrganisationQuery{}) {
		if err != nil {
			return nil, "", err
		}
		out[o.ID] = owner{Organisation: o, calling: callingOf(o.Name)}
	}
	return out, stamp, nil
}

// feed takes the next changes in and says how many there were. Under feeding.
func (s *Service) feed(ctx context.Context) (n int, err error) {
	l := s.lib
	changes, err := s.o.Catalogue.Changes(ctx, system, l.seq, mostAtOnce)
	if err != nil {
		return 0, err
	}
	touched := map[catalogue.DatasetID]bool{}
	seq := l.seq
	for _, c := range changes {
		touched[c.Dataset] = true
		seq = c.Seq
	}
	for _, id := range l.behind {
		touched[id] = true
	}
	orgs, stamp := l.orgs, l.stamp
	if now := s.o.Now(); now.Sub(s.asked) >= orgsEvery || now.Before(s.asked) {
		s.asked = now
		if stamp, err = s.o.Identity.OrganisationsStamp(ctx); err != nil {
			return 0, err
		}
		if stamp != l.stamp {
			if orgs, stamp, err = s.organisations(ctx); err != nil {
				return 0, err
			}
			for i := range l.docs {
				f := &l.docs[i]
				if was, is := l.orgs[f.Organisation], orgs[f.Organisation]; f.ID != "" && (was.Name != is.Name || was.Kind != is.Kind) {
					touched[f.ID] = true
				}
			}
		}
	}
	if len(touched) == 0 && stamp == l.stamp {
		return 0, nil
	}
	batch, gone, err := s.batch(ctx, touched, orgs)
	if err != nil {
		return 0, err
	}
	if err := l.apply(batch, seq); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l.orgs, l.stamp, l.behind = orgs, stamp, nil
	if err := l.read(); err != nil {
		return 0, err
	}
	for id := range touched {
		if gone[id] {
			l.forget(id)
		} else if err := l.take(string(id)); err != nil {
			return 0, err
		}
	}
	return len(changes), l.renumber()
}

// batch writes the documents of datasets as they are now; gone are those that
// are no longer.
func (s *Service) batch(ctx context.Context, touched map[catalogue.DatasetID]bool, orgs map[identity.OrganisationID]owner) (*index.Batch, map[catalogue.DatasetID]bool, error) {
	b, gone := index.NewBatch(), map[catalogue.DatasetID]bool{}
	var ids []catalogue.DatasetID
	for id := range touched {
		ids, gone[id] = append(ids, id), true
	}
	for len(ids) > 0 {
		n := min(len(ids), mostAtOnce)
		list, err := s.o.Catalogue.Wholes(ctx, system, "", n, ids[:n]...)
		if err != nil {
			return nil, nil, err
		}
		ids = ids[n:]
		for _, d := range list {
			values, err := s.frequent(d)
			if err != nil {
				return nil, nil, err
			}
			doc, err := documentOf(d, orgs[d.Organisation].Organisation, s.o.Located, values)
			if err != nil {
				return nil, nil, err
			}
			doc.AddIDField()
			delete(gone, d.ID)
			b.Update(doc)
		}
	}
	for id := range gone {
		b.Delete(string(id))
	}
	return b, gone, nil
}

// fresh brings the index up to date for a search, and holds it for reading until
// done is called. What is more than a search may wait for is left to Run. Kinds:
// Busy (the index is being made).
func (s *Service) fresh(ctx context.Context) (l *library, done func(), err error) {
	if !s.open(ctx) {
		return nil, nil, beingMade()
	}
	last, err := s.o.Catalogue.LastChange(ctx, system)
	if err != nil {
		return nil, nil, err
	}
	if s.feeding.TryLock() { // who feeds meanwhile is not waited for
		if s.lib != nil && s.lib.seq < last {
			_, err = s.feed(ctx)
		}
		behind := s.lib != nil && s.lib.seq < last
		s.feeding.Unlock()
		if err != nil {
			return nil, nil, err
		}
		if behind {
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}
	}
	s.mu.RLock()
	if s.lib == nil {
		s.mu.RUnlock()
		return nil, nil, beingMade()
	}
	return s.lib, s.mu.RUnlock, nil
}

func beingMade() error {
	return errs.New(errs.Busy, "find.being-made").WithHint("find.being-made.hint")
}

// patience is how long a search waits for the index to be opened, or made when
// there is little to make.
const patience = 3 * time.Second

// open reports whether the index of datasets is open, soon.
func (s *Service) open(ctx context.Context) bool {
	for waited := time.Duration(0); ; waited += patience / 200 {
		s.mu.RLock()
		open := s.lib != nil
		s.mu.RUnlock()
		if open || waited >= patience || ctx.Err() != nil {
			return open
		}
		time.Sleep(patience / 200)
	}
}
