package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"modernc.org/sqlite"

	"socle/internal/errs"
)

// Engine names the database behind a DB.
type Engine string

const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// Options say which database to open.
type Options struct {
	// URL is "sqlite:PATH" (a file, made when absent) or "postgres://…".
	URL string
	// Now is the clock of Tx.Now; time.Now when nil.
	Now func() time.Time
	// Log receives retries and slow waits; nothing when nil.
	Log *slog.Logger
	// Readers bounds the connections that read at once on SQLite, and all
	// connections on PostgreSQL (where the URL's pool_max_conns wins). 0 is a
	// default for the machine.
	Readers int
	// NoSync gives up durability on SQLite: for tests only.
	NoSync bool
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine   Engine
	now      func() time.Time
	injected bool // now is not the machine's clock
	log      *slog.Logger

	path           string  // SQLite: the file
	writer, reader *sql.DB // SQLite
	pool           *pgxpool.Pool

	open    sync.Map     // goroutine id → what it runs, to refuse nesting
	opened  atomic.Int64 // how many of them
	indexMu sync.Mutex
	indexes []index // of unique indexes, read when first needed
}

// Open opens the database and checks that it answers. It applies no migration.
// Kinds: Invalid (the URL), Busy (unreachable, disk, rights).
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{now: o.Now, injected: o.Now != nil, log: o.Log}
	if db.now == nil {
		db.now = time.Now
	}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	var err error
	switch scheme, rest, _ := strings.Cut(o.URL, ":"); {
	case scheme == "sqlite" && rest != "":
		err = db.openSQLite(rest, o)
	case scheme == "postgres", scheme == "postgresql":
		err = db.openPostgres(ctx, o)
	default:
		return nil, errs.New(errs.Invalid, "sqldb.url").WithHint("sqldb.url.hint")
	}
	if err == nil {
		err = db.Ping(ctx)
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

func (db *DB) openSQLite(path string, o Options) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("sqldb: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return mapOpenError(err)
	}
	// The file holds personal data; what SQLite puts beside takes its rights.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return mapOpenError(err)
	}
	db.engine, db.path = SQLite, path
	readers := o.Readers
	if readers <= 0 {
		readers = max(4, 2*runtime.NumCPU())
	}
	if db.writer, err = openSQLiteHandle(sqliteDSN(path, true, o.NoSync), 1); err != nil {
		return err
	}
	db.reader, err = openSQLiteHandle(sqliteDSN(path, false, o.NoSync), readers)
	return err
}

// sqliteDSN holds every pragma: one run through a pool reaches one connection.
func sqliteDSN(path string, write, noSync bool) string {
	q := url.Values{
		"_timezone": {"UTC"},
		"_dqs":      {"0"},
		"_pragma": {
			"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)",
			"case_sensitive_like(1)", "temp_store(MEMORY)", "cache_size(-8000)",
			"journal_size_limit(67108864)",
		},
	}
	sync := "synchronous(FULL)"
	if noSync {
		sync = "synchronous(OFF)"
	}
	q.Add("_pragma", sync)
	if write {
		q.Set("_txlock", "immediate")
	} else {
		q.Set("_txlock", "deferred")
		q.Add("_pragma", "query_only(1)")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func openSQLiteHandle(dsn string, conns int) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("sqldb: %w", err)
	}
	h := sql.OpenDB(preparing{c})
	h.SetMaxOpenConns(conns)
	h.SetMaxIdleConns(conns)
	return h, nil
}

func (db *DB) openPostgres(ctx context.Context, o Options) error {
	db.engine = PostgreSQL
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return errs.New(errs.Invalid, "sqldb.url").WithHint("sqldb.url.hint").Because(errors.New("the PostgreSQL address cannot be read"))
	}
	if o.Readers > 0 && !strings.Contains(o.URL, "pool_max_conns") {
		cfg.MaxConns = int32(o.Readers)
	} else if !strings.Contains(o.URL, "pool_max_conns") {
		cfg.MaxConns = int32(max(10, 4*runtime.NumCPU()))
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "socle"
	}
	db.pool, err = pgxpool.NewWithConfig(ctx, cfg)
	return db.wrap(ctx, err, false)
}

// Engine says which database this is.
func (db *DB) Engine() Engine { return db.engine }

// Clock returns the clock of the Options; nil when it is the machine's.
func (db *DB) Clock() func() time.Time {
	if db.injected {
		return db.now
	}
	return nil
}

// Close waits for the transactions in hand and closes every connection.
func (db *DB) Close() error {
	var all []error
	if db.reader != nil {
		all = append(all, db.reader.Close())
	}
	if db.writer != nil {
		all = append(all, db.writer.Close())
	}
	if db.pool != nil {
		db.pool.Close()
	}
	return errors.Join(all...)
}

// Ping checks that the database answers, without taking the writer.
func (db *DB) Ping(ctx context.Context) error {
	if db.engine == PostgreSQL {
		return db.wrap(ctx, db.pool.Ping(ctx), false)
	}
	// A ping of an SQLite handle opens the file only; a query reads its header.
	var n int
	return db.wrap(ctx, db.reader.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&n), false)
}

// Read runs fn in a transaction that sees one snapshot and cannot write.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	return db.run(ctx, reading, fn)
}

// ReadOne is Read for a single statement, which sees one snapshot by itself:
// nothing is sent to begin and to end a transaction. A second statement is an
// Internal error.
func (db *DB) ReadOne(ctx context.Context, fn func(*Tx) error) error {
	return db.run(ctx, readingOne, fn)
}

// Write runs fn in a serializable transaction and commits when fn returns nil.
// When the database asks for it, fn runs again from its start: it must have no
// effect outside the transaction. Kinds, beside those of fn: Conflict (a unique
// or foreign key, see Violates), Busy (locked, full, unreachable).
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return db.run(ctx, writing, fn)
}

const (
	maxAttempts = 30
	maxTrying   = 30 * time.Second
	firstDelay  = 2 * time.Millisecond
	maxDelay    = 200 * time.Millisecond
)

// mode is how a function given to the database runs.
type mode int

const (
	reading    mode = iota // in a transaction that sees one snapshot
	readingOne             // one statement, without a transaction
	writing                // in a serializable transaction
)

func (m mode) String() string {
	if m == writing {
		return "a write"
	}
	return "a read"
}

// enter refuses what is inside a transaction of the same goroutine; leave is
// called at the end.
func (db *DB) enter(m mode) (leave func(), err error) {
	if m == readingOne && db.opened.Load() == 0 { // naming the goroutine has a cost
		return func() {}, nil
	}
	id := goroutine()
	if outer, nested := db.open.LoadOrStore(id, m.String()); nested {
		return nil, errs.New(errs.Internal, "errs.internal").WithHint("errs.internal.hint").
			Because(fmt.Errorf("sqldb: %s inside %s of the same goroutine would wait for itself: use the outer transaction", m, outer))
	}
	db.opened.Add(1)
	return func() {
		db.opened.Add(-1)
		db.open.Delete(id)
	}, nil
}

func (db *DB) run(ctx context.Context, m mode, fn func(*Tx) error) error {
	leave, err := db.enter(m)
	if err != nil {
		return err
	}
	defer leave()
	write := m == writing

	delay, begun := firstDelay, time.Now()
	for attempt := 1; ; attempt++ {
		err := db.once(ctx, m, fn)
		if err == nil {
			return nil
		}
		if attempt == maxAttempts || time.Since(begun) > maxTrying || !retryable(err, attempt, m) || ctx.Err() != nil {
			return db.wrap(ctx, err, write)
		}
		db.log.DebugContext(ctx, "transaction runs again", "attempt", attempt, "cause", err)
		select {
		case <-ctx.Done():
			return db.wrap(ctx, err, write)
		case <-time.After(delay/2 + rand.N(delay)):
		}
		delay = min(2*delay, maxDelay)
	}
}

// once runs one attempt. A commit whose answer was lost is not run again:
// nobody knows whether it happened.
func (db *DB) once(ctx context.Context, m mode, fn func(*Tx) error) (err error) {
	tx := &Tx{db: db, write: m == writing, one: m == readingOne, now: db.now().UTC().Truncate(time.Microsecond)}
	if err := tx.begin(ctx); err != nil {
		return &beginError{err}
	}
	defer func() {
		tx.done = true
		if p := recover(); p != nil {
			tx.rollback()
			panic(p)
		}
	}()
	if err := fn(tx); err != nil {
		tx.rollback()
		return err
	}
	return tx.commit(ctx)
}

// beginError is a failure before anything was done.
type beginError struct{ err error }

func (b *beginError) Error() string { return "begin: " + b.err.Error() }
func (b *beginError) Unwrap() error { return b.err }

func (tx *Tx) begin(ctx context.Context) (err error) {
	switch {
	case tx.one:
		return nil
	case tx.db.engine == SQLite && tx.write:
		tx.sql, err = tx.db.writer.BeginTx(ctx, nil)
	case tx.db.engine == SQLite:
		tx.sql, err = tx.db.reader.BeginTx(ctx, nil)
	case tx.write:
		tx.pgx, err = tx.db.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
	default:
		tx.pgx, err = tx.db.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	}
	return err
}

func (tx *Tx) commit(ctx context.Context) error {
	switch {
	case tx.one:
		return nil
	case tx.sql != nil:
		err := tx.sql.Commit()
		if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
			return ctx.Err() // rolled back by then
		}
		return err
	}
	return tx.pgx.Commit(ctx)
}

// rollback cannot fail in a way that matters: a connection that cannot roll
// back is closed by its pool, which rolls back.
func (tx *Tx) rollback() {
	if tx.one {
		return
	}
	if tx.sql != nil {
		_ = tx.sql.Rollback()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = tx.pgx.Rollback(ctx)
}

// goroutine returns the running goroutine's number as text. The standard
// library tells it only in the first line of a stack: "goroutine 12 [running]:".
func goroutine() string {
	var buf [40]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	if i := bytes.IndexByte(line, ' '); i > 0 {
		line = line[:i]
	}
	return string(line)
}
