package duck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"socle/internal/errs"
	"socle/internal/tables"
)

// Options bound what the engine takes of its machine; zero values are replaced
// by the defaults.
type Options struct {
	Memory      int64         // bytes of DuckDB for queries; 256 MiB
	BuildMemory int64         // bytes of DuckDB while a snapshot is made ready; 192 MiB
	Temp        int64         // bytes of temporary files of queries; 1 GiB
	Cache       int64         // bytes of the cache; 20 GiB. What runs may pass it for a while
	Tiles       int64         // bytes of the tiles that are kept, beside the cache; 512 MiB
	Open        int           // snapshots kept open; 128
	Slots       int           // queries at a time; twice the processors, at least 4
	PerClient   int           // queries that a client may have waiting; 64
	Waiting     int           // queries waiting in all; 1024
	Time        time.Duration // time of a query once it runs, and of waiting for a table to be ready; 10 s. Giving an export has none
	PageRows    int           // most rows of a page; 1000
	Values      int           // most different values of a column coded by their order; 65,535, which is the most
	Coded       int           // most columns coded; 256
	Now         func() time.Time
}

func (o Options) withDefaults() Options {
	set := func(p *int64, v int64) {
		if *p <= 0 {
			*p = v
		}
	}
	count := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&o.Memory, 256<<20)
	set(&o.BuildMemory, 192<<20)
	set(&o.Temp, 1<<30)
	set(&o.Cache, 20<<30)
	set(&o.Tiles, 512<<20)
	count(&o.Open, 128)
	count(&o.Slots, max(4, 2*runtime.GOMAXPROCS(0)))
	count(&o.PerClient, 64)
	count(&o.Waiting, 1024)
	count(&o.PageRows, 1000)
	count(&o.Values, maxValues)
	o.Values = min(o.Values, maxValues)
	count(&o.Coded, maxCoded)
	if o.Time <= 0 {
		o.Time = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// defaultRows is the page of a query that sets no limit.
const defaultRows = 100

// Engine is the tables.Engine on DuckDB and row stores.
type Engine struct {
	dir    string
	o      Options
	queue  *queue
	cache  *cache
	coded  *memo[*coded]
	sets   *memo[bitset]
	pages  *memo[pagePlace]
	facets *memo[*tables.Facet]
	maps   *maps

	comparing chan struct{} // one comparison at a time

	mu     sync.Mutex
	db     *sql.DB
	closed bool
}

var _ tables.Engine = (*Engine)(nil)

// Open uses a folder of its own as cache, made if it is not there. What it
// holds may be deleted at any time the engine is not open.
func Open(dir string, o Options) (*Engine, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("duck: the cache: %w", err)
	}
	o = o.withDefaults()
	e := &Engine{dir: dir, o: o, queue: newQueue(o.Slots, o.PerClient, o.Waiting),
		// Weights in bytes.
		coded: newMemo[*coded](32 << 20), sets: newMemo[bitset](32 << 20), pages: newMemo[pagePlace](8 << 20), facets: newMemo[*tables.Facet](8 << 20), comparing: make(chan struct{}, 1)}
	if e.cache, err = newCache(e); err != nil {
		return nil, err
	}
	e.maps, err = openMaps(dir, o.Tiles)
	return e, err
}

// Close interrupts what runs, waits for it, and releases everything.
func (e *Engine) Close() error {
	e.cache.close()
	err := e.maps.cache.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.db == nil {
		return err
	}
	err = errors.Join(err, e.db.Close())
	e.db = nil
	return err
}

// Warm makes the snapshot ready.
func (e *Engine) Warm(ctx context.Context, snap tables.Snapshot) (err error) {
	defer errs.Wrap(&err, "duck.Warm(%s)", snap.Key)
	return e.use(ctx, snap, 0, func(context.Context, *table) error { return nil })
}

// Evict forgets what is kept of a snapshot.
func (e *Engine) Evict(_ context.Context, key string) error { return e.cache.evict(key) }

// database opens DuckDB on first use: in memory, one thread per query, no files
// but those of the cache.
func (e *Engine) database(ctx context.Context) (*sql.DB, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errClosed
	}
	if e.db != nil {
		return e.db, nil
	}
	// Opened for all queries, not for the time of this one.
	db, err := openDuck(context.WithoutCancel(ctx), "", limits{
		threads: 1, memory: e.o.Memory, temp: e.o.Temp, tempDir: filepath.Join(e.dir, "tmp"), folders: []string{e.dir},
	})
	if err != nil {
		return nil, err
	}
	// Connections beyond the slots would only wait.
	db.SetMaxOpenConns(e.o.Slots + 2)
	db.SetMaxIdleConns(e.o.Slots + 2)
	e.db = db
	return db, nil
}

var errClosed = errors.New("the engine is closed")

// limits of a DuckDB instance.
type limits struct {
	threads int
	memory  int64
	temp    int64
	tempDir string
	folders []string // that it may read and write
	files   []string // that it may read
}

// openDuck opens an instance and locks its configuration. The settings are those
// of the instance, hence of all its connections.
func openDuck(ctx context.Context, path string, l limits) (*sql.DB, error) {
	c, err := duckdb.NewConnector(path, nil)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	for _, set := range []string{
		fmt.Sprintf("threads = %d", l.threads),
		fmt.Sprintf("memory_limit = '%dB'", l.memory),
		fmt.Sprintf("max_temp_directory_size = '%dB'", l.temp),
		"temp_directory = " + literal(l.tempDir),
		"allowed_directories = " + literals(l.folders),
		"allowed_paths = " + literals(l.files),
		"autoinstall_known_extensions = false",
		"autoload_known_extensions = false",
		"enable_external_access = false",
		"lock_configuration = true",
	} {
		if _, err := db.ExecContext(ctx, "SET GLOBAL "+set); err != nil {
			db.Close()
			return nil, fmt.Errorf("duck: SET %s: %w", set, err)
		}
	}
	return db, nil
}

// literal writes a text as SQL.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func literals(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = literal(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// errSlow is the cause of a query stopped for its time.
var errSlow = errors.New("the query passed its time")

// errPreparing: the table is still being made ready.
var errPreparing = errors.New("the table is being made ready")

// run calls do with the table of the snapshot, in the client's turn and within
// the time of a query; a damaged table is made again, once.
func (e *Engine) run(ctx context.Context, snap tables.Snapshot, do func(context.Context, *table) error) error {
	return e.use(ctx, snap, e.o.Time, func(ctx context.Context, t *table) error {
		// A turn is not held while the table is being made ready.
		leave, err := e.queue.enter(ctx, tables.Client(ctx))
		if err != nil {
			return err
		}
		defer leave()
		ctx, cancel := context.WithTimeoutCause(ctx, e.o.Time, errSlow)
		defer cancel()
		err = do(ctx, t)
		if err != nil && errors.Is(context.Cause(ctx), errSlow) {
			return fmt.Errorf("%w: %w", errSlow, err)
		}
		return err
	})
}

// use calls do with the table of the snapshot; a damaged table is made again,
// once. It waits for a table that is being made ready, for so long if patience
// is set. Closing the engine ends the context.
func (e *Engine) use(ctx context.Context, snap tables.Snapshot, patience time.Duration, do func(context.Context, *table) error) error {
	if err := e.cache.begin(); err != nil {
		return err
	}
	defer e.cache.uses.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(e.cache.ctx, func() { cancel(errClosed) })()
	const tries = 5 // of which all but one because others evict the table
	for try := 0; ; try++ {
		t, err := e.wait(ctx, snap, patience)
		if err != nil {
			return e.failure(ctx, err)
		}
		err = do(ctx, t)
		e.forsake(err)
		if isDamage(err) && ctx.Err() == nil {
			first := t.doom()
			t.release()
			if try == 0 || !first && try < tries {
				continue
			}
			return e.failure(ctx, err)
		}
		t.release()
		return e.failure(ctx, err)
	}
}

// wait acquires a table; what is being made goes on when patience ends.
func (e *Engine) wait(ctx context.Context, snap tables.Snapshot, patience time.Duration) (*table, error) {
	if patience > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, patience, errPreparing)
		defer cancel()
		t, err := e.cache.acquire(limited, snap)
		if err != nil && errors.Is(context.Cause(limited), errPreparing) {
			return nil, fmt.Errorf("%w: %w", errPreparing, err)
		}
		return t, err
	}
	return e.cache.acquire(ctx, snap)
}

// forsake lets go of an instance of DuckDB that has stopped working.
func (e *Engine) forsake(err error) {
	var d *duckdb.Error
	if !errors.As(err, &d) || d.Type != duckdb.ErrorTypeFatal && d.Type != duckdb.ErrorTypeInternal {
		return
	}
	e.mu.Lock()
	db := e.db
	e.db = nil
	e.mu.Unlock()
	if db != nil {
		db.Close()
	}
}

// isDamage reports errors that making the table again may end.
func isDamage(err error) bool {
	switch {
	case errors.Is(err, errSlow), errors.Is(err, errStarted):
		return false
	case errors.Is(err, errDamaged), errors.Is(err, fs.ErrNotExist):
		return true
	}
	var d *duckdb.Error
	if !errors.As(err, &d) {
		return false
	}
	switch d.Type {
	case duckdb.ErrorTypeIO, duckdb.ErrorTypeFatal, duckdb.ErrorTypeInternal, duckdb.ErrorTypeSerialization, duckdb.ErrorTypeCatalog:
		return true
	}
	return false
}

// failure turns what went wrong into what a caller can be told.
func (e *Engine) failure(ctx context.Context, err error) error {
	var known *errs.Error
	var d *duckdb.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, errLargePage):
		return errs.New(errs.TooLarge, "tables.query.large-page", errs.Args{"Megabytes": maxPageBytes >> 20}).WithHint("tables.query.large-page.hint").Because(err)
	case errors.Is(err, syscall.ENOSPC):
		return errs.New(errs.Busy, "tables.cache.full").WithHint("tables.cache.full.hint").Because(err)
	case errors.Is(err, errPreparing):
		return errs.New(errs.Busy, "tables.query.preparing").WithHint("tables.query.preparing.hint").Because(err)
	case errors.Is(err, errSlow):
		return errs.New(errs.Busy, "tables.query.slow", errs.Args{"Seconds": int(e.o.Time.Seconds())}).WithHint("tables.query.slow.hint").Because(err)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &d) && d.Type == duckdb.ErrorTypeOutOfMemory:
		return errs.New(errs.Busy, "tables.query.heavy").WithHint("tables.query.heavy.hint").Because(err)
	case errors.As(err, &d) && d.Type == duckdb.ErrorTypeInterrupt:
		return errs.New(errs.Busy, "tables.query.slow", errs.Args{"Seconds": int(e.o.Time.Seconds())}).WithHint("tables.query.slow.hint").Because(err)
	}
	return err
}
