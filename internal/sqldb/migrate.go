package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"socle/internal/errs"
)

//go:embed migrations
var migrationFiles embed.FS

// migrationLock is the advisory lock that one replica holds while it migrates.
const migrationLock = 0x50C1E

// Migrate applies the migrations that the database has not seen, in the order
// of their numbers; numbers may have gaps and one that comes late is applied.
// Each runs in a transaction of its own. A released file never changes.
func (db *DB) Migrate(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "sqldb.Migrate")
	list, err := db.migrations()
	if err != nil {
		return err
	}
	if err := db.apply(ctx, list); err != nil || db.engine == PostgreSQL {
		return err
	}
	// What SQLite knows of its tables, to choose indexes; PostgreSQL keeps it
	// by itself. 0x10: of a limited number of rows, and without samples of values,
	// with which a kept statement is prepared again whenever its arguments change.
	_, err = db.writer.ExecContext(ctx, "PRAGMA optimize = 0x10012")
	return db.wrap(ctx, err, true)
}

// migrations lists those of this program.
func (db *DB) migrations() ([]migration, error) {
	dir, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	return readMigrations(dir, db.engine)
}

// apply runs those of the list that the database has not seen.
func (db *DB) apply(ctx context.Context, list []migration) error {
	if len(list) == 0 {
		return nil
	}
	handle, dialect := db.writer, goose.DialectSQLite3
	if db.engine == PostgreSQL {
		handle, dialect = stdlib.OpenDBFromPool(db.pool), goose.DialectPostgres
		defer handle.Close()
		unlock, err := db.lockMigrations(ctx)
		if err != nil {
			return err
		}
		defer unlock()
	}
	steps := make([]*goose.Migration, len(list))
	for i, m := range list {
		steps[i] = goose.NewGoMigration(m.version, &goose.GoFunc{RunTx: m.run}, nil)
	}
	p, err := goose.NewProvider(dialect, handle, nil, goose.WithGoMigrations(steps...),
		goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true), goose.WithTableName(versionTable))
	if err != nil {
		return err
	}
	if _, err = p.Up(ctx); err != nil {
		return db.wrap(ctx, err, true)
	}
	db.indexMu.Lock()
	db.indexes = nil
	db.indexMu.Unlock()
	return nil
}

// lockMigrations makes replicas that start together migrate one by one.
func (db *DB) lockMigrations(ctx context.Context) (unlock func(), err error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, db.wrap(ctx, err, true)
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		conn.Release()
		return nil, db.wrap(ctx, err, true)
	}
	return func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock); err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx)) // the server frees the lock
		}
		conn.Release()
	}, nil
}

type migration struct {
	version int64
	name    string
	text    string // in the engine's words
}

func (m migration) run(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, m.text); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	return nil
}

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_-]+)(\.sqlite|\.postgres)?\.sql$`)

// readMigrations returns the migrations of an engine, sorted. A file of the
// name NNNN_x.sqlite.sql or NNNN_x.postgres.sql is that engine's alone and is
// taken as it stands; any other is written once and translated.
func readMigrations(dir fs.FS, engine Engine) ([]migration, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, err
	}
	byVersion := map[int64]migration{}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".sql") {
			continue
		}
		m := migrationName.FindStringSubmatch(name)
		if m == nil {
			return nil, fmt.Errorf("migration %s: the name must be NNNN_area.sql", name)
		}
		if m[3] != "" && m[3] != "."+string(engine) {
			continue
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		version, _ := strconv.ParseInt(m[1], 10, 64)
		if other, taken := byVersion[version]; taken {
			return nil, fmt.Errorf("migration %s has the number of %s", name, other.name)
		}
		// Migrations only go forward: what undoes them is not read.
		own, _, _ := strings.Cut(string(text), "-- +goose Down")
		if m[3] == "" {
			own = translate(own, engine)
		}
		byVersion[version] = migration{version: version, name: name, text: own}
	}
	list := make([]migration, 0, len(byVersion))
	for _, m := range byVersion {
		list = append(list, m)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].version < list[j].version })
	return list, nil
}

type rewrite struct {
	from *regexp.Regexp
	to   string
}

var toSQLite = []rewrite{
	{regexp.MustCompile(`(?i)\bBIGINT\s+GENERATED\s+(?:ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\s+PRIMARY\s+KEY\b`), "INTEGER PRIMARY KEY AUTOINCREMENT"},
	{regexp.MustCompile(`(?i)\b(?:BIGINT|SMALLINT|BOOLEAN)\b`), "INTEGER"},
	{regexp.MustCompile(`(?i)\bBYTEA\b`), "BLOB"},
	{regexp.MustCompile(`(?i)\bDOUBLE\s+PRECISION\b`), "REAL"},
}

var toPostgres = []rewrite{
	{regexp.MustCompile(`(?i)\)\s*STRICT\b`), ")"},
	// A column's type, but not CAST(x AS TEXT) nor x::TEXT.
	{regexp.MustCompile(`(?i)((?:\b[a-z_][a-z0-9_]*|"[^"]+")\s+)TEXT\b`), `${1}TEXT COLLATE "C"`},
	{regexp.MustCompile(`(?i)(\bAS\s+TEXT) COLLATE "C"`), "$1"},
}

// translate rewrites the words of a migration outside its strings and comments.
func translate(text string, engine Engine) string {
	rules := toPostgres
	if engine == SQLite {
		rules = toSQLite
	}
	var out strings.Builder
	for text != "" {
		code, rest := splitCode(text)
		for _, r := range rules {
			code = r.from.ReplaceAllString(code, r.to)
		}
		out.WriteString(code)
		quoted, after := splitQuoted(rest)
		out.WriteString(quoted)
		text = after
	}
	return out.String()
}

// splitCode cuts text where a string or a comment begins.
func splitCode(text string) (code, rest string) {
	for i := range len(text) {
		if text[i] == '\'' || strings.HasPrefix(text[i:], "--") || strings.HasPrefix(text[i:], "/*") {
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// splitQuoted cuts text after the string or comment that it begins with.
func splitQuoted(text string) (quoted, rest string) {
	closing := "'"
	switch {
	case text == "":
		return "", ""
	case strings.HasPrefix(text, "--"):
		closing = "\n"
	case strings.HasPrefix(text, "/*"):
		closing = "*/"
	}
	if i := strings.Index(text[1:], closing); i >= 0 {
		end := 1 + i + len(closing)
		return text[:end], text[end:]
	}
	return text, ""
}
