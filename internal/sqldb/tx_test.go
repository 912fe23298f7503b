package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

func exec(t *testing.T, db *sqldb.DB, query string, args ...any) error {
	t.Helper()
	ctx := context.Background()
	return db.Write(ctx, func(tx *sqldb.Tx) error { _, err := tx.Exec(ctx, query, args...); return err })
}

func mustExec(t *testing.T, db *sqldb.DB, query string, args ...any) {
	t.Helper()
	if err := exec(t, db, query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func number(t *testing.T, db *sqldb.DB, query string) (n int64) {
	t.Helper()
	ctx := context.Background()
	if err := db.Read(ctx, func(tx *sqldb.Tx) error { return tx.QueryRow(ctx, query).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNoTransactionInsideAnother(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx := context.Background()
		type run func(context.Context, func(*sqldb.Tx) error) error
		for outerName, outer := range map[string]run{"read": db.Read, "write": db.Write} {
			for innerName, inner := range map[string]run{"read": db.Read, "write": db.Write} {
				err := outer(ctx, func(*sqldb.Tx) error { return inner(ctx, func(*sqldb.Tx) error { return nil }) })
				if !errs.Is(err, errs.Internal) || err == nil || !strings.Contains(err.Error(), innerName+" inside a "+outerName) {
					t.Errorf("a %s in a %s: %v", innerName, outerName, err)
				}
			}
		}
		// Another goroutine, and another transaction after, are well.
		err := db.Write(ctx, func(*sqldb.Tx) error {
			ended := make(chan error)
			go func() { ended <- db.Read(ctx, func(*sqldb.Tx) error { return nil }) }()
			return <-ended
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestRollback(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		createTables(t, db)
		ctx := context.Background()
		insert := func(tx *sqldb.Tx) {
			if _, err := tx.Exec(ctx, "INSERT INTO town (code, name) VALUES ('1', 'a')"); err != nil {
				t.Error(err)
			}
		}
		stop := errors.New("stop")
		if err := db.Write(ctx, func(tx *sqldb.Tx) error { insert(tx); return stop }); !errors.Is(err, stop) {
			t.Error(err)
		}
		func() {
			defer func() {
				if recover() != "oops" {
					t.Error("the panic is lost")
				}
			}()
			_ = db.Write(ctx, func(tx *sqldb.Tx) error { insert(tx); panic("oops") })
		}()
		short, cancel := context.WithCancel(ctx)
		err := db.Write(short, func(tx *sqldb.Tx) error { insert(tx); cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if n := number(t, db, "SELECT count(*) FROM town"); n != 0 {
			t.Errorf("%d rows", n)
		}
		var kept *sqldb.Tx
		if err := db.Write(ctx, func(tx *sqldb.Tx) error { kept = tx; return nil }); err != nil {
			t.Error(err)
		}
		if _, err := kept.Exec(ctx, "SELECT 1"); err == nil {
			t.Error("a transaction lives on")
		}
	})
}

func TestReadCannotWrite(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		createTables(t, db)
		ctx := context.Background()
		err := db.Read(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO town (code, name) VALUES ('1', 'a')")
			return err
		})
		if err == nil || !errs.Is(err, errs.Internal) {
			t.Errorf("got %v", err)
		}
	})
}

func TestReadSeesOneSnapshot(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		createTables(t, db)
		ctx := context.Background()
		err := db.Read(ctx, func(tx *sqldb.Tx) error {
			var before, after int
			if err := tx.QueryRow(ctx, "SELECT count(*) FROM town").Scan(&before); err != nil {
				return err
			}
			wrote := make(chan error)
			go func() { wrote <- exec(t, db, "INSERT INTO town (code, name) VALUES ('1', 'a')") }()
			if err := <-wrote; err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, "SELECT count(*) FROM town").Scan(&after); err != nil {
				return err
			}
			if before != 0 || after != 0 {
				t.Errorf("%d rows, then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Each writer reads a number and writes the next: without serializable
// transactions some would be lost, without repetition some would fail.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		mustExec(t, db, "CREATE TABLE counter (n BIGINT NOT NULL)")
		mustExec(t, db, "INSERT INTO counter (n) VALUES (0)")
		ctx := context.Background()
		const writers, each = 6, 15
		var wg sync.WaitGroup
		var reads atomic.Int64
		stop := make(chan struct{})
		for range 2 {
			wg.Go(func() {
				for last := int64(0); ; {
					select {
					case <-stop:
						return
					default:
					}
					n := number(t, db, "SELECT n FROM counter")
					if n < last {
						t.Errorf("went back from %d to %d", last, n)
					}
					last = n
					reads.Add(1)
				}
			})
		}
		var writing sync.WaitGroup
		for range writers {
			writing.Go(func() {
				for range each {
					err := db.Write(ctx, func(tx *sqldb.Tx) error {
						var n int64
						if err := tx.QueryRow(ctx, "SELECT n FROM counter").Scan(&n); err != nil {
							return err
						}
						_, err := tx.Exec(ctx, "UPDATE counter SET n = $1", n+1)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		writing.Wait()
		close(stop)
		wg.Wait()
		if n := number(t, db, "SELECT n FROM counter"); n != writers*each {
			t.Errorf("counted %d of %d", n, writers*each)
		}
		if reads.Load() == 0 {
			t.Error("no read went through")
		}
	})
}

func TestViolates(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		createTables(t, db)
		mustExec(t, db, "INSERT INTO town (code, name) VALUES ('31555', 'Toulouse')")
		mustExec(t, db, "INSERT INTO folded (name) VALUES ('Toulouse')")
		mustExec(t, db, "INSERT INTO school (town, kind, name) VALUES ('31555', 'primary', 'Jaurès')")
		for _, tc := range []struct {
			query    string
			yes, not []string
		}{
			{"INSERT INTO town (code, name) VALUES ('31555', 'x')",
				[]string{sqldb.Unique, "code", "town.code"}, []string{sqldb.ForeignKey, "name", "town.name", "school.code"}},
			{"INSERT INTO town (code, name) VALUES ('2', 'Toulouse')",
				[]string{sqldb.Unique, "name", "town.name", "town_name"}, []string{"code"}},
			{"INSERT INTO folded (name) VALUES ('TOULOUSE')",
				[]string{sqldb.Unique, "folded_name"}, []string{"town_name"}},
			{"INSERT INTO school (town, kind, name) VALUES ('31555', 'primary', 'Jaurès')",
				[]string{sqldb.Unique, "school.name", "school.town,kind,name", "school.town, kind, name"}, []string{"school.town,kind"}},
			{"INSERT INTO school (town, kind, name) VALUES ('none', 'primary', 'x')",
				[]string{sqldb.ForeignKey}, []string{sqldb.Unique, "town.code"}},
			{"DELETE FROM town", []string{sqldb.ForeignKey}, []string{sqldb.Unique}},
		} {
			err := exec(t, db, tc.query)
			if !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: %v", tc.query, err)
			}
			for _, what := range tc.yes {
				if !sqldb.Violates(err, what) {
					t.Errorf("%s does not violate %q: %v", tc.query, what, err)
				}
			}
			for _, what := range tc.not {
				if sqldb.Violates(err, what) {
					t.Errorf("%s violates %q: %v", tc.query, what, err)
				}
			}
		}
		if err := exec(t, db, "INSERT INTO town (code, name) VALUES ('3', NULL)"); !errs.Is(err, errs.Internal) || err == nil {
			t.Errorf("a missing value is our fault: %v", err)
		}
		if sqldb.Violates(nil, "name") || sqldb.Violates(errors.New("x"), "name") {
			t.Error("violations out of nothing")
		}
	})
}

// The engines must answer these the same way.
func TestSameSQL(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		createTables(t, db)
		for i, name := range []string{"zoe", "École", "Ecole", "ecole", "_x", "10", "9"} {
			mustExec(t, db, "INSERT INTO town (code, name, coast) VALUES ($1, $2, $3)", fmt.Sprint(i), "n"+name, i%2 == 0)
		}
		ctx := context.Background()
		for _, tc := range []struct {
			query string
			args  []any
			want  string
		}{
			{"SELECT name FROM town ORDER BY name", nil, "n10 n9 nEcole n_x necole nzoe nÉcole"},
			{"SELECT name FROM town WHERE name LIKE 'nE%' ORDER BY 1", nil, "nEcole"},
			{"SELECT name FROM town WHERE name LIKE $1 ESCAPE '\\' ORDER BY 1", []any{`n\_%`}, "n_x"},
			{"SELECT name FROM town WHERE coast ORDER BY name", nil, "n9 nEcole n_x nzoe"},
			{"SELECT name FROM town WHERE coast = $1 AND code IN (" + sqldb.Marks(2, 3) + ") ORDER BY name", []any{false, "1", "2", "3"}, "necole nÉcole"},
			{"SELECT string_agg(name, '+' ORDER BY name) FROM town WHERE NOT coast", nil, "n10+necole+nÉcole"},
			{"SELECT CAST(count(*) FILTER (WHERE coast) AS TEXT) FROM town", nil, "4"},
			{"INSERT INTO town (code, name) VALUES ('0', 'n') ON CONFLICT (code) DO UPDATE SET name = excluded.name || $1 RETURNING name", []any{"!"}, "n!"},
			{"WITH x AS (SELECT name, row_number() OVER (ORDER BY name DESC) AS n FROM town) SELECT name FROM x WHERE n <= 2 ORDER BY n", nil, "nÉcole necole"},
		} {
			var got []string
			err := db.Write(ctx, func(tx *sqldb.Tx) error {
				rows, err := tx.Query(ctx, tc.query, tc.args...)
				if err != nil {
					return err
				}
				got, err = sqldb.Collect(rows, sqldb.Text)
				return err
			})
			if err != nil || strings.Join(got, " ") != tc.want {
				t.Errorf("%s: %q, %v", tc.query, strings.Join(got, " "), err)
			}
		}
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		mustExec(t, db, "CREATE TABLE moment (at BIGINT, span BIGINT)")
		old := time.Date(1666, 9, 2, 1, 2, 3, 4000, time.FixedZone("x", -3600))
		var none *time.Time
		mustExec(t, db, "INSERT INTO moment (at, span) VALUES ($1, $2)", old, time.Minute)
		mustExec(t, db, "INSERT INTO moment (at, span) VALUES ($1, 0)", none)
		mustExec(t, db, "INSERT INTO moment (at, span) VALUES ($1, 0)", sqldb.SomeTime(time.Time{}))
		if n := number(t, db, "SELECT count(*) FROM moment WHERE at IS NULL"); n != 2 {
			t.Errorf("%d nulls", n)
		}
		ctx := context.Background()
		err := db.Read(ctx, func(tx *sqldb.Tx) error {
			var at time.Time
			var span time.Duration
			if err := tx.QueryRow(ctx, "SELECT at, span FROM moment WHERE at = $1", old).Scan(&at, &span); err != nil {
				return err
			}
			if !at.Equal(old) || at.Location() != time.UTC || span != time.Minute {
				t.Errorf("%v %v", at, span)
			}
			maybe, null := &at, sqldb.SomeTime(at)
			if err := tx.QueryRow(ctx, "SELECT at, at FROM moment WHERE at IS NULL").Scan(&maybe, &null); err != nil {
				return err
			}
			if maybe != nil || null.Valid {
				t.Errorf("%v %v", maybe, null)
			}
			if err := tx.QueryRow(ctx, "SELECT at FROM moment WHERE at IS NULL").Scan(&at); err == nil {
				t.Error("NULL became a time")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	createTables(t, db)
	var pages int
	if err := db.Writer().QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if err := db.Writer().QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", pages+2)).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	err := exec(t, db, "INSERT INTO town (code, name) VALUES ('1', $1)", strings.Repeat("x", 1<<20))
	if e := errs.As(err); err == nil || e.Kind != errs.Busy || e.Key != "sqldb.disk-full" || e.Hint != "sqldb.disk-full.hint" {
		t.Errorf("got %v", err)
	}
	mustExec(t, db, "INSERT INTO town (code, name) VALUES ('1', 'x')")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"":                        "sqldb.url",
		"sqlite:":                 "sqldb.url",
		"mysql://x":               "sqldb.url",
		"postgres://[":            "sqldb.url",
		"sqlite:" + garbage:       "sqldb.corrupt",
		"sqlite:/dev/null/x.db":   "sqldb.cannot-open",
		"sqlite:" + t.TempDir():   "sqldb.cannot-open",
		"postgres://127.0.0.1:1/": "sqldb.unreachable",
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		_, err := sqldb.Open(ctx, sqldb.Options{URL: url})
		cancel()
		if e := errs.As(err); err == nil || e.Key != want || e.Hint == "" {
			t.Errorf("%q: %v", url, err)
		}
	}
	secret := "postgres://socle:s3cret@[::1"
	if _, err := sqldb.Open(context.Background(), sqldb.Options{URL: secret}); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the password is told: %v", err)
	}
}

func TestPathsNeedNoEscape(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b?c#d%20é")
	db := sqldbtest.Open(t, sqldb.Options{URL: "sqlite:" + filepath.Join(dir, "x.db")})
	mustExec(t, db, "CREATE TABLE x (n INTEGER)")
	if _, err := os.Stat(filepath.Join(dir, "x.db")); err != nil {
		t.Error(err)
	}
}

// A connection that the server ends fails its transaction in words; the pool's
// dead connections are replaced without anyone noticing.
func TestLostConnections(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.PostgreSQL)})
	ctx := context.Background()
	var inUse sync.WaitGroup
	for range 4 { // fills the pool
		inUse.Go(func() {
			_ = db.Read(ctx, func(tx *sqldb.Tx) error {
				_, err := tx.Exec(ctx, "SELECT pg_sleep(0.05)")
				return err
			})
		})
	}
	inUse.Wait()
	err := db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if n := number(t, db, "SELECT 1"); n != 1 {
			t.Errorf("got %d", n)
		}
	}
	err = exec(t, db, "SELECT pg_terminate_backend(pg_backend_pid())")
	if e := errs.As(err); err == nil || e.Key != "sqldb.unreachable" || e.Kind != errs.Busy {
		t.Errorf("got %v", err)
	}
}
