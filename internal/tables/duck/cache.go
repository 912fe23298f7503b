package duck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"socle/internal/errs"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// cache keeps the tables of snapshots on disk, and some of them open.
type cache struct {
	e    *Engine
	ctx  context.Context // of builds
	stop context.CancelFunc
	jobs sync.WaitGroup // builds
	uses sync.WaitGroup // queries
	one  chan struct{}  // one build at a time

	mu     sync.Mutex
	tables map[string]*table // open or being made
	disk   map[string]onDisk
	failed map[string]failure
	made   int // tables opened so far
	closed bool
}

// failure is the last try to make a table; until some time has passed, those who
// ask get its error rather than another try.
type failure struct {
	err   error
	until time.Time
}

const failureTime = 5 * time.Second

// onDisk is what is known of a folder of the cache.
type onDisk struct {
	bytes int64
	used  time.Time
}

// table is a snapshot made ready. Between acquire and release its files stay.
type table struct {
	c      *cache
	key    string
	fields []tabular.Field
	rows   int64
	ready  chan struct{} // closed when made or failed
	err    error         // of making, once ready

	number    int // of the table among all opened
	dir       string
	store     *rowStore
	codes     map[int]codeMeta // by column
	codesFile *os.File

	attach   sync.Mutex
	attached *sql.DB // the instance that knows the table

	// Guarded by cache.mu.
	refs   int
	doomed bool   // to be closed when nobody uses it
	aside  string // where its files wait for that, to be deleted
	used   time.Time
}

func newCache(e *Engine) (*cache, error) {
	c := &cache{e: e, tables: map[string]*table{}, disk: map[string]onDisk{}, failed: map[string]failure{}, one: make(chan struct{}, 1)}
	c.ctx, c.stop = context.WithCancel(context.Background())
	entries, err := os.ReadDir(e.dir)
	if err != nil {
		return nil, fmt.Errorf("duck: the cache: %w", err)
	}
	for _, entry := range entries {
		path := filepath.Join(e.dir, entry.Name())
		info, err := entry.Info()
		switch {
		case err != nil || !entry.IsDir():
		case strings.HasPrefix(entry.Name(), buildPrefix):
			// Left by a process that was killed; a recent one may be another's work.
			if e.o.Now().Sub(info.ModTime()) > time.Hour {
				os.RemoveAll(path)
			}
		default:
			if m, used, err := readMeta(path); err == nil {
				c.disk[entry.Name()] = onDisk{bytes: m.bytes(), used: used}
			}
		}
	}
	return c, nil
}

// acquire returns the snapshot's table, made first if need be, for one use.
func (c *cache) acquire(ctx context.Context, snap tables.Snapshot) (*table, error) {
	if snap.Key == "" || strings.ContainsAny(snap.Key, `/\.`) {
		return nil, fmt.Errorf("duck: snapshot key %q", snap.Key)
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, errClosed
	}
	t := c.tables[snap.Key]
	if t == nil {
		if f, ok := c.failed[snap.Key]; ok && c.e.o.Now().Before(f.until) {
			c.mu.Unlock()
			return nil, f.err
		}
		c.made++
		t = &table{c: c, key: snap.Key, number: c.made, fields: slices.Clone(snap.Fields), ready: make(chan struct{}), dir: filepath.Join(c.e.dir, snap.Key)}
		c.tables[snap.Key] = t
		c.jobs.Go(func() { c.prepare(t, snap) })
	}
	t.refs++
	t.used = c.e.o.Now()
	c.mu.Unlock()
	select {
	case <-t.ready:
	case <-ctx.Done():
		t.release()
		return nil, ctx.Err()
	}
	if t.err != nil {
		err := t.err
		t.release()
		return nil, err
	}
	return t, nil
}

// prepare opens a table, or makes it. Whoever asked first may leave: the work
// is for those who come after too.
func (c *cache) prepare(t *table, snap tables.Snapshot) {
	err := t.open(snap)
	if err != nil && c.ctx.Err() == nil {
		select {
		case c.one <- struct{}{}:
			if err = c.build(t, snap); err == nil {
				err = t.open(snap)
			}
			<-c.one
		case <-c.ctx.Done():
			err = errClosed
		}
	}
	c.mu.Lock()
	t.err = err
	delete(c.failed, t.key)
	if err != nil {
		t.doomed = true
		if len(c.failed) > 100 {
			clear(c.failed)
		}
		c.failed[t.key] = failure{err, c.e.o.Now().Add(failureTime)}
		if c.tables[t.key] == t {
			delete(c.tables, t.key)
		}
	}
	close(t.ready)
	c.mu.Unlock()
	c.trim()
}

// open uses what is on disk, if it is whole. The rows are read by few system
// calls; DuckDB is not asked before a query needs it.
func (t *table) open(snap tables.Snapshot) error {
	m, used, err := readMeta(t.dir)
	if err != nil {
		return err
	}
	if m.Rows != snap.Rows() || m.Columns != len(snap.Fields) {
		return damaged("%d rows of %d columns for a snapshot of %d and %d", m.Rows, m.Columns, snap.Rows(), len(snap.Fields))
	}
	store, err := openRowStore(t.dir, m.Rows, m.Columns)
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(t.dir, codesFile))
	if err != nil {
		return errors.Join(err, store.close())
	}
	t.store, t.rows, t.codesFile, t.codes = store, m.Rows, f, make(map[int]codeMeta, len(m.Codes))
	for _, c := range m.Codes {
		t.codes[c.Column] = c
	}
	now := t.c.e.o.Now()
	if now.Sub(used) > time.Minute {
		// Tells the next start which tables are in use; losing it harms nothing.
		_ = os.Chtimes(filepath.Join(t.dir, metaFile), now, now)
	}
	t.c.mu.Lock()
	t.c.disk[t.key] = onDisk{bytes: m.bytes(), used: now}
	t.c.mu.Unlock()
	return nil
}

// release ends a use.
func (t *table) release() {
	c := t.c
	c.mu.Lock()
	t.refs--
	last := t.refs == 0 && t.doomed
	c.mu.Unlock()
	if last {
		t.destroy()
	}
}

// files is where the table's files are: those of an evicted table are still
// there for the queries that began before.
func (t *table) files() string {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	if t.aside != "" {
		return filepath.Join(t.aside, "table")
	}
	return t.dir
}

// doom makes the next acquire build the table again; it returns false when
// that was so already.
func (t *table) doom() bool {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.doomed {
		return false
	}
	if c.tables[t.key] == t {
		delete(c.tables, t.key)
		delete(c.disk, t.key)
		// The next maker must not find these files.
		t.aside = c.setAside(t.dir)
	}
	t.doomed = true
	return true
}

// setAside renames a folder of the cache so that it is nobody's any more.
func (c *cache) setAside(dir string) string {
	aside, err := os.MkdirTemp(c.e.dir, buildPrefix+"gone-")
	if err == nil {
		err = os.Rename(dir, filepath.Join(aside, "table"))
	}
	if err != nil {
		os.RemoveAll(dir)
	}
	return aside
}

// destroy closes and deletes a doomed table that nobody uses.
func (t *table) destroy() {
	t.shut()
	if t.aside != "" {
		os.RemoveAll(t.aside)
	}
}

// shut closes the files of a table that nobody uses.
func (t *table) shut() {
	t.attach.Lock()
	defer t.attach.Unlock()
	if t.attached != nil {
		// Fails only when the instance is gone, and the table with it.
		_, _ = t.attached.ExecContext(context.Background(), "DETACH DATABASE IF EXISTS "+t.alias())
		t.attached = nil
	}
	if t.store != nil {
		// Read only: closing it loses nothing.
		_ = t.store.close()
		_ = t.codesFile.Close()
		t.store = nil
	}
}

// alias is the name of the table's file within DuckDB; a table made again has
// another, as the one before may still be in use.
func (t *table) alias() string { return fmt.Sprintf("t%d", t.number) }

// from is the table within DuckDB.
func (t *table) from() string { return t.alias() + ".main.t" }

// database returns DuckDB with the table attached.
func (t *table) database(ctx context.Context) (*sql.DB, error) {
	db, err := t.c.e.database(ctx)
	if err != nil {
		return nil, err
	}
	t.attach.Lock()
	defer t.attach.Unlock()
	if t.attached != db {
		path := filepath.Join(t.files(), tableFile)
		if _, err := db.ExecContext(context.WithoutCancel(ctx), "ATTACH "+literal(path)+" AS "+t.alias()+" (READ_ONLY)"); err != nil {
			return nil, errors.Join(errDamaged, err)
		}
		t.attached = db
	}
	return db, nil
}

// evict deletes a snapshot's folder, at once or when nobody uses it.
func (c *cache) evict(key string) error {
	c.e.coded.forget(key + "\x00")
	c.e.sets.forget(key + "\x00")
	c.e.pages.forget(key + "\x00")
	c.e.facets.forget(key + "\x00")
	c.mu.Lock()
	t := c.tables[key]
	if t == nil {
		_, there := c.disk[key]
		delete(c.disk, key)
		c.mu.Unlock()
		if !there {
			return nil
		}
		// Another process that has the table open may write into its folder.
		return os.RemoveAll(c.setAside(filepath.Join(c.e.dir, key)))
	}
	t.refs++
	c.mu.Unlock()
	<-t.ready
	t.doom()
	t.release()
	return nil
}

// trim deletes the folders used least lately until the cache is within its
// size, and closes tables beyond the number kept open.
func (c *cache) trim() {
	c.mu.Lock()
	total := int64(0)
	keys := make([]string, 0, len(c.disk))
	for key, d := range c.disk {
		total += d.bytes
		if t := c.tables[key]; t != nil {
			d.used = t.used
			c.disk[key] = d
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return c.disk[a].used.Compare(c.disk[b].used) })
	open := len(c.tables)
	var gone []*table
	var paths []string
	for _, key := range keys {
		t := c.tables[key]
		busy := t != nil && t.refs > 0
		switch {
		case busy:
		case total > c.e.o.Cache:
			total -= c.disk[key].bytes
			delete(c.disk, key)
			if t != nil {
				delete(c.tables, key)
				gone = append(gone, t)
				open--
			}
			paths = append(paths, filepath.Join(c.e.dir, key))
		case t != nil && open > c.e.o.Open:
			delete(c.tables, key)
			gone = append(gone, t)
			open--
		}
	}
	// Renamed under the lock: whoever asks for the snapshot now makes it anew.
	for i, p := range paths {
		paths[i] = c.setAside(p)
	}
	c.mu.Unlock()
	for _, t := range gone {
		t.shut()
	}
	for _, p := range paths {
		os.RemoveAll(p)
	}
}

// begin counts a query in; it must call c.uses.Done.
func (c *cache) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	c.uses.Add(1)
	return nil
}

// close ends queries and builds, and closes all tables.
func (c *cache) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.uses.Wait()
	c.jobs.Wait()
	c.mu.Lock()
	all := c.tables
	c.tables = map[string]*table{}
	c.mu.Unlock()
	for _, t := range all {
		t.shut()
	}
}

// missingPart is the error of a part that is not there.
func missingPart(err error) error {
	return errs.New(errs.NotFound, "tables.part.missing").WithHint("tables.part.missing.hint").Because(err)
}
