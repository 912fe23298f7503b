package duck

import (
	"path/filepath"
	"testing"
)

// TestLocked: the DuckDB that answers reads no file but the cache's, reaches no
// network, loads no extension, and its settings do not change any more.
func TestLocked(t *testing.T) {
	e, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	db, err := e.database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"SELECT * FROM read_text('/etc/passwd')",
		"SELECT * FROM read_csv('" + filepath.Join(t.TempDir(), "x.csv") + "')",
		"SELECT * FROM glob('/etc/*')",
		"SELECT * FROM read_parquet('https://example.org/x.parquet')",
		"COPY (SELECT 1) TO '/tmp/out.csv'",
		"ATTACH '/tmp/other.duckdb'",
		"INSTALL httpfs",
		"LOAD httpfs",
		"SET threads = 8",
		"SET memory_limit = '8GB'",
		"SET enable_external_access = true",
		"SET lock_configuration = false",
		"RESET memory_limit",
	} {
		if _, err := db.ExecContext(t.Context(), text); err == nil {
			t.Errorf("done: %s", text)
		}
	}
}

// TestBits: sets joined and read by eight bytes are those read row by row.
func TestBits(t *testing.T) {
	for _, rows := range []int64{1, 7, 8, 63, 64, 65, 200, 1000, 1001} {
		a, b := newBitset(rows), newBitset(rows)
		for i := range rows {
			if i*i%7 < 3 {
				a.set(i)
			}
			if i%5 == 0 {
				b.set(i)
			}
		}
		and, or, not := a.and(b), a.or(b), a.not(rows)
		members := []int64{}
		for i := range rows {
			if and.has(i) != (a.has(i) && b.has(i)) || or.has(i) != (a.has(i) || b.has(i)) || not.has(i) == a.has(i) {
				t.Fatalf("row %d of %d", i, rows)
			}
			if a.has(i) {
				members = append(members, i+1)
			}
		}
		if n := int64(len(members)); a.count() != n || not.count() != rows-n {
			t.Errorf("%d rows: %d members, not %d", rows, a.count(), n)
		}
		at := 0
		a.each(func(rowid int) {
			if members[at] != int64(rowid)+1 {
				t.Fatalf("member %d: row %d", at, rowid)
			}
			at++
		})
		for offset := range len(members) + 2 {
			got := a.page(0, offset, 3)
			want := members[min(offset, len(members)):]
			if len(got) != min(3, len(want)) || len(got) > 0 && got[0] != want[0] {
				t.Fatalf("%d rows, offset %d: %v", rows, offset, got)
			}
		}
	}
}
