package sqlitefile

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
)

// made runs SQL in SQLite itself and returns the file.
func made(t testing.TB, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// rows reads a table as text, a row in a line.
func rows(data []byte, table string) (string, error) {
	db, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", err
	}
	t, ok := db.Table(table)
	if !ok {
		return "", fmt.Errorf("no table %s", table)
	}
	var b strings.Builder
	for i, c := range t.Columns {
		fmt.Fprintf(&b, "%s %s|", c.Name, c.Type)
		if i == t.Key {
			b.WriteString("key|")
		}
	}
	b.WriteByte('\n')
	for r := db.Rows(t); ; {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		for _, v := range row {
			switch v.Kind {
			case Null:
				b.WriteString("null|")
			case Int:
				fmt.Fprintf(&b, "%d|", v.Int)
			case Float:
				fmt.Fprintf(&b, "%g|", v.Float)
			case Text:
				fmt.Fprintf(&b, "%s|", v.Bytes)
			case Blob:
				fmt.Fprintf(&b, "x%x|", v.Bytes)
			}
		}
		b.WriteByte('\n')
	}
}

// TestRead reads what SQLite wrote.
func TestRead(t *testing.T) {
	for _, c := range []struct {
		name string
		sql  []string
		want string
	}{
		{"values", []string{
			`CREATE TABLE t (a INTEGER, b, c TEXT)`,
			`INSERT INTO t VALUES (0, 1.5, 'é'), (1, NULL, ''), (-1, x'00ff', 'x'), (127, -128, 1), (32768, -8388609, 2147483648), (-140737488355329, 9223372036854775807, -9223372036854775808)`,
		}, "a INTEGER|b |c TEXT|\n0|1.5|é|\n1|null||\n-1|x00ff|x|\n127|-128|1|\n32768|-8388609|2147483648|\n-140737488355329|9223372036854775807|-9223372036854775808|\n"},
		{"numbers of rows", []string{`CREATE TABLE t (n TEXT, "id" integer /* the key */ primary key, -- and
			m VARCHAR(20) DEFAULT 'a, b')`, `INSERT INTO t VALUES ('x', 5, NULL), ('y', -3, 'z')`}, "n TEXT|id integer|key|m VARCHAR(20)|\ny|-3|z|\nx|5|null|\n"},
		{"key declared below", []string{`CREATE TABLE "t" ([a b] DOUBLE PRECISION NOT NULL, fid INTEGER, CONSTRAINT "pk" PRIMARY KEY (fid), CHECK (fid > 0), UNIQUE ([a b], fid))`, `INSERT INTO t VALUES (1, 7)`}, "a b DOUBLE PRECISION|fid INTEGER|key|\n1|7|\n"},
		{"INT is no key", []string{`CREATE TABLE t (a INT PRIMARY KEY, b INTEGER PRIMARY_OR_NOT)`, `INSERT INTO t VALUES (4, 2)`}, "a INT|b INTEGER PRIMARY_OR_NOT|\n4|2|\n"},
		{"columns added", []string{`CREATE TABLE t (a)`, `INSERT INTO t VALUES (1)`, `ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'l''un'`, `ALTER TABLE t ADD COLUMN c DEFAULT -2.5`, `ALTER TABLE t ADD COLUMN d`, `INSERT INTO t VALUES (2, 'x', 3, 4)`}, "a |b TEXT|c |d |\n1|l'un|-2.5|null|\n2|x|3|4|\n"},
		{"computed columns", []string{`CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a + 1), c INT AS (a * 2) STORED, d TEXT)`, `INSERT INTO t(a, d) VALUES (1, 'x')`}, "a INT|c INT|d TEXT|\n1|2|x|\n"},
		{"UTF-16", []string{`PRAGMA encoding = 'UTF-16le'`, `CREATE TABLE t (a)`, `INSERT INTO t VALUES ('été 𝄞')`}, "a |\nété 𝄞|\n"},
		{"UTF-16, big end first", []string{`PRAGMA encoding = 'UTF-16be'`, `CREATE TABLE t (a)`, `INSERT INTO t VALUES ('été 𝄞')`}, "a |\nété 𝄞|\n"},
		{"small pages", []string{`PRAGMA page_size = 512`, `CREATE TABLE t (a)`, `INSERT INTO t VALUES (printf('%.2000c', 'x'))`}, "a |\n" + strings.Repeat("x", 2000) + "|\n"},
		{"large pages", []string{`PRAGMA page_size = 65536`, `CREATE TABLE t (a)`, `INSERT INTO t VALUES (1)`}, "a |\n1|\n"},
		{"nothing", []string{`CREATE TABLE t (a)`}, "a |\n"},
		{"rows deleted", []string{`CREATE TABLE t (a)`, `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 3000) SELECT printf('%.50c', i%10) FROM n`, `DELETE FROM t WHERE rowid % 1000 <> 0`}, "a |\n" + strings.Repeat(strings.Repeat("0", 50)+"|\n", 3)},
		{"write-ahead log", []string{`PRAGMA journal_mode = wal`, `CREATE TABLE t (a)`, `INSERT INTO t VALUES (1)`}, "a |\n1|\n"},
	} {
		got, err := rows(made(t, c.sql...), "t")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// TestReadMany reads a deep tree with rows that flow over.
func TestReadMany(t *testing.T) {
	data := made(t, `PRAGMA page_size = 1024`, `CREATE TABLE t (i INTEGER PRIMARY KEY, s TEXT)`,
		`INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 20000) SELECT i, printf('%.*c', i*7%3000, 'y') FROM n`,
		`CREATE INDEX k ON t(s)`, `CREATE VIEW v AS SELECT * FROM t`)
	db, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	table, _ := db.Table("T")
	n := int64(0)
	for r := db.Rows(table); ; {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
		if row[0].Int != n || int64(len(row[1].Bytes)) != n*7%3000 && n*7%3000 > 1 {
			t.Fatalf("row %d: %d, %d bytes", n, row[0].Int, len(row[1].Bytes))
		}
	}
	if n != 20000 || len(db.Tables) != 1 {
		t.Errorf("%d rows, %d tables", n, len(db.Tables))
	}
}

// TestWrite writes files that SQLite finds sound and reads the same.
func TestWrite(t *testing.T) {
	for _, n := range []int{0, 1, 50, 5000, 120_000} {
		path := filepath.Join(t.TempDir(), "x.db")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := Create(f)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewSource(int64(n)))
		w.Begin("t", `CREATE TABLE "t" (id INTEGER PRIMARY KEY, i INTEGER, f DOUBLE, s TEXT, b BLOB)`)
		var sumInt, sumText int64
		id := int64(-2)
		for range n {
			id += 1 + r.Int63n(1<<30)
			v := r.Int63() >> r.Intn(63)
			if r.Intn(2) == 0 {
				v = -v
			}
			size := r.Intn(40)
			if r.Intn(50) == 0 {
				size = r.Intn(20_000)
			}
			sumInt += v % 1000
			sumText += int64(size)
			if err := w.Insert(id, []Value{{}, {Kind: Int, Int: v}, {Kind: Float, Float: math.Sqrt2}, {Kind: Text, Bytes: bytes.Repeat([]byte("z"), size)}, {}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
		w.Begin("k", `CREATE TABLE k (a TEXT PRIMARY KEY, wide TEXT DEFAULT '`+strings.Repeat("w", 9000)+`')`)
		if err := errors.Join(w.Insert(1, []Value{{Kind: Text, Bytes: []byte("é")}, {}}), w.End(),
			w.Index("sqlite_autoindex_k_1", "k", []Value{{Kind: Text, Bytes: []byte("é")}, {Kind: Int, Int: 1}}), w.Close(7, 8), f.Close()); err != nil {
			t.Fatal(err)
		}
		check(t, path, n, sumInt, sumText)
	}
}

func check(t *testing.T, path string, n int, sumInt, sumText int64) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var sound, found string
	var count int
	var gotInt, gotText int64
	for _, q := range []struct {
		sql string
		to  []any
	}{
		{`PRAGMA integrity_check`, []any{&sound}},
		{`SELECT count(*), coalesce(sum(i % 1000), 0), coalesce(sum(length(s)), 0) FROM t`, []any{&count, &gotInt, &gotText}},
		{`SELECT length(wide) FROM k WHERE a = 'é'`, []any{new(any)}},
		{`SELECT group_concat(name) FROM sqlite_schema`, []any{&found}},
	} {
		if err := db.QueryRow(q.sql).Scan(q.to...); err != nil {
			t.Fatalf("%d rows: %s: %v", n, q.sql, err)
		}
	}
	if sound != "ok" || count != n || gotInt != sumInt || gotText != sumText || found != "t,k,sqlite_autoindex_k_1" {
		t.Errorf("%d rows: %s, %d rows, %d, %d, %s; want %d, %d", n, sound, count, gotInt, gotText, found, sumInt, sumText)
	}
	if _, err := db.Exec(`INSERT INTO t (i) VALUES (1); UPDATE k SET a = 'e'; DELETE FROM t WHERE id % 2 = 0; VACUUM`); err != nil {
		t.Errorf("%d rows: %v", n, err)
	}
}

// TestDamaged: files cut or changed anywhere end in an error or in rows, never in
// a loop, and views and odd tables are left alone.
func TestDamaged(t *testing.T) {
	whole := made(t, `PRAGMA page_size = 512`, `CREATE TABLE t (a, b TEXT)`,
		`INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 300) SELECT i, printf('%.*c', i, 'y') FROM n`)
	for n := 0; n < len(whole); n += 211 {
		if _, err := rows(whole[:n], "t"); err == nil && n < len(whole)-512 {
			t.Errorf("cut at %d: no error", n)
		}
	}
	r := rand.New(rand.NewSource(1))
	for range 3000 {
		bad := bytes.Clone(whole)
		for range 1 + r.Intn(4) {
			bad[r.Intn(len(bad))] = byte(r.Intn(256))
		}
		_, _ = rows(bad, "t")
	}
	circle := bytes.Clone(whole)
	for i := 512; i+12 < len(circle); i += 512 { // every child of an inner page is the page itself
		if circle[i] == 5 {
			for k := 0; k < 4; k++ {
				circle[i+8+k] = byte((i/512 + 1) >> (8 * (3 - k)))
			}
		}
	}
	if _, err := rows(circle, "t"); !errors.Is(err, ErrDamaged) {
		t.Errorf("circle: %v", err)
	}
	without := made(t, `CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID`, `INSERT INTO t VALUES ('x')`)
	if _, err := rows(without, "t"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("without rowid: %v", err)
	}
	if _, err := rows(made(t, `CREATE TABLE x (a)`, `CREATE VIEW t AS SELECT * FROM x`), "t"); err == nil {
		t.Error("a view was read")
	}
}

// FuzzRead: any bytes behind the magic are read without harm.
func FuzzRead(f *testing.F) {
	f.Add(made(f, `PRAGMA page_size = 512`, `CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)`, `INSERT INTO t VALUES (1, 'x'), (2, printf('%.900c', 'y'))`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < len(Magic) {
			return
		}
		copy(data, Magic)
		db, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for i := range db.Tables {
			r := db.Rows(&db.Tables[i])
			for {
				row, err := r.Next()
				if err != nil {
					break
				}
				if len(row) != len(db.Tables[i].Columns) {
					t.Fatalf("%d values, %d columns", len(row), len(db.Tables[i].Columns))
				}
			}
		}
	})
}
