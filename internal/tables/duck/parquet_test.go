package duck_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"socle/internal/tabular"
)

// TestParquetForOthers: DuckDB finds in our files the types and the values that
// were written, and skips row groups by their bounds; we find them in its files.
func TestParquetForOthers(t *testing.T) {
	fields := []tabular.Field{
		{Name: "texte", Kind: tabular.Text}, {Name: "entier", Kind: tabular.Int}, {Name: "reel", Kind: tabular.Float},
		{Name: "vrai", Kind: tabular.Bool}, {Name: "jour", Kind: tabular.Date}, {Name: "instant", Kind: tabular.Timestamp},
		{Name: "local", Kind: tabular.Timestamp, Local: true}, {Name: "heure", Kind: tabular.TimeOfDay}, {Name: "json", Kind: tabular.JSON},
	}
	const rows = 1000
	fr := &tabular.Frame{Fields: fields, Rows: rows, Columns: make([]tabular.Column, len(fields))}
	for i := range int64(rows) {
		for j := range fr.Columns {
			c := &fr.Columns[j]
			null := (i+int64(j))%7 == 3
			c.Null = append(c.Null, null)
			n := i
			if null {
				n = 0
			}
			switch fields[j].Kind {
			case tabular.Text, tabular.JSON:
				var b []byte
				if !null {
					b = fmt.Appendf(nil, `{"é": %d}`, n%40)
				}
				c.Bytes = append(c.Bytes, b)
			case tabular.Float:
				c.Float64 = append(c.Float64, float64(n)/8)
			case tabular.Bool:
				c.Int64 = append(c.Int64, n%2)
			case tabular.Timestamp:
				c.Int64 = append(c.Int64, n*86_400_000_001)
			default:
				c.Int64 = append(c.Int64, n)
			}
		}
	}
	var out bytes.Buffer
	w, err := tabular.NewParquetWriter(&out, fields, tabular.ParquetOptions{GroupRows: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(fr); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "ours.parquet"), filepath.Join(dir, "theirs.parquet")
	if err := os.WriteFile(ours, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	one := func(text string, args ...any) (s string) {
		t.Helper()
		if err := db.QueryRow(text, args...).Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if got, want := one("SELECT string_agg(column_type, ' ') FROM (DESCRIBE SELECT * FROM read_parquet('"+ours+"'))"),
		"VARCHAR BIGINT DOUBLE BOOLEAN DATE TIMESTAMP WITH TIME ZONE TIMESTAMP TIME JSON"; got != want {
		t.Errorf("types %s, want %s", got, want)
	}
	// The same rows, made by DuckDB from the row number.
	made := `SELECT CASE WHEN (i + 0) % 7 <> 3 THEN '{"é": ' || i % 40 || '}' END AS texte, CASE WHEN (i + 1) % 7 <> 3 THEN i END AS entier,
		CASE WHEN (i + 2) % 7 <> 3 THEN i / 8 END AS reel, CASE WHEN (i + 3) % 7 <> 3 THEN i % 2 = 1 END AS vrai,
		CASE WHEN (i + 4) % 7 <> 3 THEN DATE '1970-01-01' + i::INTEGER END AS jour,
		CASE WHEN (i + 5) % 7 <> 3 THEN make_timestamp(i * 86400000001) AT TIME ZONE 'UTC' END AS instant,
		CASE WHEN (i + 6) % 7 <> 3 THEN make_timestamp(i * 86400000001) END AS local,
		CASE WHEN (i + 7) % 7 <> 3 THEN TIME '00:00:00' + to_microseconds(i) END AS heure,
		CASE WHEN (i + 8) % 7 <> 3 THEN ('{"é": ' || i % 40 || '}')::JSON END AS json FROM range(1000) AS r(i)`
	if got := one("SELECT count(*) FROM (SELECT row_number() OVER () AS n, * FROM read_parquet('" + ours + "') EXCEPT SELECT row_number() OVER () AS n, * FROM (" + made + "))"); got != "0" {
		t.Errorf("%s rows of ours are not those of DuckDB", got)
	}
	if got := one("SELECT min(stats_min_value) || ' ' || max(stats_max_value) FROM parquet_metadata('" + ours + "') WHERE path_in_schema = 'jour'"); got != "1970-01-01 1972-09-26" {
		t.Errorf("bounds of jour: %s", got)
	}
	if _, err := db.Exec("COPY (" + made + ") TO '" + theirs + "' (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	src, err := tabular.OpenFile(theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	p, err := tabular.OpenParquet(src)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fields, p.Fields()); diff != "" {
		t.Error(diff)
	}
	if err := p.Read(t.Context(), rows, func(got *tabular.Frame) error {
		if diff := cmp.Diff(fr.Columns, got.Columns); diff != "" {
			t.Error(diff)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
