package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"socle/internal/errs"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

func addTown(ctx context.Context, db *sqldb.DB, code, name string) error {
	return db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO town (code, name) VALUES ($1, $2)`, code, name)
		return err
	})
}

// What is kept prepared answers as what is prepared anew: after a failure, after a
// change of the table, under more texts than are kept, with values of other kinds.
func TestKeptStatements(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx := context.Background()
		createTables(t, db)
		for i := range 300 {
			if err := addTown(ctx, db, fmt.Sprintf("%05d", i), fmt.Sprint("town ", i)); err != nil {
				t.Fatal(err)
			}
			if err := addTown(ctx, db, fmt.Sprintf("%05d", i), "again"); !errs.Is(err, errs.Conflict) {
				t.Fatalf("a code that is taken: %v", err)
			}
			if n := number(t, db, fmt.Sprintf("SELECT count(*) + %d FROM town", i)); n != int64(2*i+1) {
				t.Fatalf("%d towns: %d", i+1, n-int64(i))
			}
			if n := number(t, db, "SELECT count(*) FROM town"); n != int64(i+1) {
				t.Fatalf("%d towns: %d", i+1, n)
			}
		}
		const all = `SELECT * FROM town WHERE code = $1`
		columns := func() (n int) {
			err := db.Read(ctx, func(tx *sqldb.Tx) error {
				rows, err := tx.Query(ctx, all, "00001")
				if err != nil {
					return err
				}
				defer rows.Close()
				names, err := rows.Columns()
				n = len(names)
				for rows.Next() {
				}
				return errors.Join(err, rows.Err())
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := columns()
		if err := sqldb.MigrateText(ctx, db, "9001_more.sql", "ALTER TABLE town ADD COLUMN more TEXT NOT NULL DEFAULT '';\n"); err != nil {
			t.Fatal(err)
		}
		if after := columns(); after != before+1 {
			t.Errorf("%d columns became %d", before, after)
		}
	})
}

// With samples of the values of columns, SQLite would prepare a kept statement
// again each time.
func TestNoSamplesOfValues(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	ctx := context.Background()
	createTables(t, db)
	for i := range 50 {
		if err := addTown(ctx, db, fmt.Sprintf("%05d", i), fmt.Sprint("town ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if n := number(t, db, "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'town'"); n == 0 {
		t.Error("nothing is known of the table")
	}
	if number(t, db, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat4'") > 0 {
		if n := number(t, db, "SELECT count(*) FROM sqlite_stat4"); n > 0 {
			t.Errorf("%d samples", n)
		}
	}
}

// On SQLite a text may be run while rows of the same text are read.
func TestSameStatementInside(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	ctx := context.Background()
	createTables(t, db)
	for _, code := range []string{"a", "b", "c"} {
		if err := addTown(ctx, db, code, strings.ToUpper(code)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		var got strings.Builder
		err := db.Read(ctx, func(tx *sqldb.Tx) error {
			const text = `SELECT name FROM town WHERE code >= $1 ORDER BY code`
			outer, err := tx.Query(ctx, text, "a")
			if err != nil {
				return err
			}
			defer outer.Close()
			for outer.Next() {
				var one, first string
				if err := outer.Scan(&one); err != nil {
					return err
				}
				if err := tx.QueryRow(ctx, text, "b").Scan(&first); err != nil {
					return err
				}
				got.WriteString(one + first + " ")
			}
			return outer.Err()
		})
		if err != nil || got.String() != "AB BB CB " {
			t.Fatalf("%q %v", got.String(), err)
		}
	}
}

// A query that its context ends leaves the next ones alone.
func TestKeptStatementStopped(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite), Readers: 1})
	const text = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT count(*) FROM n`
	count := func(ctx context.Context, to int) (n int, err error) {
		err = db.ReadOne(ctx, func(tx *sqldb.Tx) error { return tx.QueryRow(ctx, text, to).Scan(&n) })
		return n, err
	}
	for range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		begun := make(chan struct{})
		go func() {
			<-begun
			cancel()
		}()
		close(begun)
		if _, err := count(ctx, 1_000_000_000); err == nil {
			t.Fatal("counted to a milliard")
		}
		if n, err := count(context.Background(), 5); n != 5 || err != nil {
			t.Fatalf("%d %v", n, err)
		}
	}
}

func TestReadOne(t *testing.T) {
	t.Parallel()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx := context.Background()
		createTables(t, db)
		if err := addTown(ctx, db, "31555", "Toulouse"); err != nil {
			t.Fatal(err)
		}
		name := func(tx *sqldb.Tx, code string) (s string, err error) {
			return s, tx.QueryRow(ctx, `SELECT name FROM town WHERE code = $1`, code).Scan(&s)
		}
		err := db.ReadOne(ctx, func(tx *sqldb.Tx) error {
			s, err := name(tx, "31555")
			if s != "Toulouse" {
				t.Errorf("got %q", s)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.ReadOne(ctx, func(tx *sqldb.Tx) error { _, err := name(tx, "x"); return err })
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("no row: %v", err)
		}
		for what, fn := range map[string]func(*sqldb.Tx) error{
			"a second query": func(tx *sqldb.Tx) error {
				if _, err := name(tx, "31555"); err != nil {
					return nil //nolint:nilerr // the second is to fail
				}
				_, err := name(tx, "31555")
				return err
			},
			"a change": func(tx *sqldb.Tx) error {
				_, err := tx.Exec(ctx, `DELETE FROM town`)
				return err
			},
		} {
			if err := db.ReadOne(ctx, fn); err == nil || !strings.Contains(err.Error(), "one query") {
				t.Errorf("%s: %v", what, err)
			}
		}
		err = db.Write(ctx, func(*sqldb.Tx) error {
			return db.ReadOne(ctx, func(tx *sqldb.Tx) error { _, err := name(tx, "31555"); return err })
		})
		if !errs.Is(err, errs.Internal) || err == nil || !strings.Contains(err.Error(), "a read inside a write") {
			t.Errorf("inside a write: %v", err)
		}
		if n := number(t, db, "SELECT count(*) FROM town"); n != 1 {
			t.Errorf("%d towns", n)
		}
	})
}
