package sqldbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"socle/internal/sqldb"
)

// Run runs fn twice, as the subtests "sqlite" and "postgres", each with its own
// database that holds all migrations and the tables of the jobs.
func Run(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	RunAt(t, nil, fn)
}

// RunAt is Run with a clock for Tx.Now; nil is the real one.
func RunAt(t *testing.T, now func() time.Time, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	for _, e := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(e), func(t *testing.T) {
			fn(t, Open(t, sqldb.Options{URL: URL(t, e), Now: now}))
		})
	}
}

// Open opens a database for the length of the test, without waiting for the
// disk.
func Open(t testing.TB, o sqldb.Options) *sqldb.DB {
	t.Helper()
	o.NoSync = true
	db, err := sqldb.Open(context.Background(), o)
	if err != nil {
		t.Fatalf("sqldbtest: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("sqldbtest: close: %v", err)
		}
	})
	return db
}

// URL makes a migrated database that lives as long as the test and returns its
// address.
func URL(t testing.TB, e sqldb.Engine) string {
	t.Helper()
	if e == sqldb.SQLite {
		return sqliteURL(t)
	}
	return postgresURL(t, true)
}

// Empty is URL without any table.
func Empty(t testing.TB, e sqldb.Engine) string {
	t.Helper()
	if e == sqldb.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "empty.db")
	}
	return postgresURL(t, false)
}

// migrate applies what the program applies at its start.
func migrate(ctx context.Context, db *sqldb.DB) error {
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	var err error
	if db.Engine() == sqldb.SQLite {
		m, e := rivermigrate.New(riversqlite.New(db.Writer()), nil)
		if err = e; err == nil {
			_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		}
	} else {
		m, e := rivermigrate.New(riverpgxv5.New(db.Pool()), nil)
		if err = e; err == nil {
			_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		}
	}
	return err
}

var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "socle-sqldbtest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Options{URL: "sqlite:" + path, NoSync: true})
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, db); err != nil {
		_ = db.Close()
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func sqliteURL(t testing.TB) string {
	t.Helper()
	data, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("sqldbtest: the SQLite template cannot be made: %v", err)
	}
	path := filepath.Join(t.TempDir(), "socle.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

func postgresURL(t testing.TB, migrated bool) string {
	t.Helper()
	base, template, err := postgresTemplate()
	if err != nil {
		t.Fatalf("sqldbtest: no PostgreSQL for the tests: %v\nInstall it with scripts/setup; scripts/pg start shows what is wrong.", err)
	}
	if !migrated {
		template = "template0"
	}
	name := fmt.Sprintf("socle_x_%d_%s", os.Getpid(), random())
	admin(t, base, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE "+pgx.Identifier{template}.Sanitize())
	t.Cleanup(func() { admin(t, base, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)") })
	return database(base, name)
}

func random() string {
	var b [5]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func database(base, name string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	u.Path = "/" + name
	return u.String()
}

func admin(t testing.TB, base, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Errorf("sqldbtest: %v", err)
		return
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Errorf("sqldbtest: %s: %v", statement, err)
	}
}

type template struct{ base, name string }

var pgTemplate = sync.OnceValues(func() (template, error) {
	base, err := serverURL()
	if err != nil {
		return template{}, err
	}
	name, err := makeTemplate(base)
	return template{base, name}, err
})

func postgresTemplate() (base, name string, err error) {
	t, err := pgTemplate()
	return t.base, t.name, err
}

// makeTemplate makes the template database of the present migrations unless
// another process made it, and drops what killed tests left behind.
func makeTemplate(base string) (string, error) {
	sum, err := migrationsSum()
	if err != nil {
		return "", err
	}
	name := "socle_t_" + sum
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(7062)"); err != nil {
		return "", err
	}
	dropLeftovers(ctx, conn)
	var ready bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&ready); err != nil || ready {
		return name, err
	}
	building := fmt.Sprintf("socle_x_%d_template", os.Getpid())
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+building+" TEMPLATE template0"); err != nil {
		return "", err
	}
	db, err := sqldb.Open(ctx, sqldb.Options{URL: database(base, building)})
	if err != nil {
		return "", err
	}
	err = migrate(ctx, db)
	_ = db.Close()
	if err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+building+" RENAME TO "+name)
	return name, err
}

// dropLeftovers drops the databases of processes that are gone. What cannot be
// dropped stays: it harms nobody.
func dropLeftovers(ctx context.Context, conn *pgx.Conn) {
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database WHERE datname LIKE 'socle\\_x\\_%'")
	if err != nil {
		return
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return
	}
	for _, n := range names {
		pid, _ := strconv.Atoi(strings.Split(n, "_")[2])
		if pid > 0 && syscall.Kill(pid, 0) == syscall.ESRCH {
			_, _ = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{n}.Sanitize()+" WITH (FORCE)")
		}
	}
	// Templates of migrations that have changed since; the latest few may serve
	// other processes.
	rows, err = conn.Query(ctx, "SELECT datname FROM pg_database WHERE datname LIKE 'socle\\_t\\_%' ORDER BY oid DESC OFFSET 10")
	if err != nil {
		return
	}
	if names, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return
	}
	for _, n := range names {
		_, _ = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{n}.Sanitize())
	}
}

// migrationsSum names the template after what it holds.
func migrationsSum() (string, error) {
	h := sha256.New()
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	files := os.DirFS(root)
	for _, pattern := range []string{"go.mod", "internal/sqldb/migrate.go", "internal/sqldb/migrations/*.sql"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return "", err
		}
		for _, n := range names {
			data, err := fs.ReadFile(files, n)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(h, "%s %d\n%s", n, len(data), data)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}

// serverURL returns the address of the tests' server, which scripts/pg starts
// when it does not run.
func serverURL() (string, error) {
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	if data, err := os.ReadFile(filepath.Join(root, ".tools", "postgres.url")); err == nil {
		base := strings.TrimSpace(string(data))
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if conn, err := pgx.Connect(ctx, base); err == nil {
			_ = conn.Close(ctx)
			return base, nil
		}
	}
	cmd := exec.Command(filepath.Join(root, "scripts", "pg"), "start")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above %s", dir)
		}
		dir = parent
	}
}
