package check

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"socle/bench/benchfile"
)

// BenchmarkConvert: `socle convert` of the benchmark file to Parquet, the whole process,
// beside bare DuckDB's COPY of it; then to the formats that people download. Turns are
// taken one after the other.
func BenchmarkConvert(b *testing.B) {
	path, err := benchfile.File(filepath.Join(os.TempDir(), "socle-bench"), benchfile.Options{Rows: 1_000_000, Seed: 42})
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	convert := func(name string) (seconds, megabytes float64) {
		begin := time.Now()
		out, most, err := watched(exec.Command("../../bin/socle", "convert", path, "-o", filepath.Join(dir, name)))
		if err != nil {
			b.Fatalf("%v: run \"make build\" first\n%.300s", err, out)
		}
		return time.Since(begin).Seconds(), most
	}
	var ours, theirs, memory []float64
	for range 5 {
		s, most := convert("rows.parquet")
		ours, memory = append(ours, s), append(memory, most)
		theirs = append(theirs, copied(b, path, filepath.Join(dir, "copy.parquet")))
	}
	b.ReportMetric(median(ours), "s_parquet")
	b.ReportMetric(median(theirs), "s_duckdb_copy")
	b.ReportMetric(median(ours)/median(theirs), "ratio")
	b.ReportMetric(1.5, "ratio_promised")
	for _, format := range []string{"xlsx", "ods", "jsonl"} {
		s, most := convert("rows." + format)
		memory = append(memory, most)
		b.ReportMetric(s, "s_"+format)
		b.ReportMetric(most, "MB_"+format)
	}
	b.ReportMetric(slices.Max(memory), "MB_resident")
	b.ReportMetric(600, "MB_promised")
	b.ReportMetric(0, "ns/op")
}

func copied(b *testing.B, from, to string) float64 {
	b.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	begin := time.Now()
	if _, err := db.ExecContext(b.Context(), fmt.Sprintf("COPY (FROM read_csv('%s')) TO '%s' (FORMAT parquet, COMPRESSION zstd)", from, to)); err != nil {
		b.Fatal(err)
	}
	return time.Since(begin).Seconds()
}
