package check

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"socle/bench/benchfile"
)

// constraints is the schema of the benchmark file as SQL: one count per rule.
const constraints = `SELECT
 count(*) FILTER (place_id IS NULL), count(*) FILTER (NOT regexp_full_match(place_id, 'PL[0-9]{10}')), count(*) - count(DISTINCT place_id),
 count(*) FILTER (name IS NULL), count(*) FILTER (length(name) > 200), count(*) FILTER (NOT regexp_full_match(siret, '[0-9]{14}')),
 count(*) FILTER (insee IS NULL), count(*) FILTER (NOT regexp_full_match(insee, '([013-9][0-9]|2[AB1-9])[0-9]{3}')), count(*) FILTER (town IS NULL),
 count(*) FILTER (NOT regexp_full_match(departement, '([0-9]{2,3}|2[AB])')),
 count(*) FILTER (region NOT IN ('Bretagne','Corse','Grand Est','Hauts-de-France','Île-de-France','Normandie','Nouvelle-Aquitaine','Occitanie','Pays de la Loire','Provence-Alpes-Côte d''Azur')),
 count(*) FILTER (category IS NULL), count(*) FILTER (category NOT IN ('Bibliothèque','Crèche','Déchèterie','École élémentaire','École maternelle','Gymnase','Mairie','Médiathèque','Musée','Parking relais','Piscine','Stade')),
 count(*) FILTER (state IS NULL), count(*) FILTER (state NOT IN ('ouvert','fermé','en travaux','projet')), count(*) FILTER (try_cast(opened AS DATE) IS NULL),
 count(*) FILTER (updated IS NOT NULL AND try_cast(updated AS TIMESTAMP) IS NULL),
 count(*) FILTER (try_cast(longitude AS DOUBLE) IS NULL), count(*) FILTER (try_cast(longitude AS DOUBLE) NOT BETWEEN -180 AND 180),
 count(*) FILTER (try_cast(latitude AS DOUBLE) IS NULL), count(*) FILTER (try_cast(latitude AS DOUBLE) NOT BETWEEN -90 AND 90),
 count(*) FILTER (area_m2 IS NOT NULL AND try_cast(area_m2 AS DOUBLE) IS NULL), count(*) FILTER (try_cast(area_m2 AS DOUBLE) < 0),
 count(*) FILTER (capacity IS NOT NULL AND try_cast(capacity AS INT) IS NULL), count(*) FILTER (try_cast(capacity AS INT) NOT BETWEEN 0 AND 100000),
 count(*) FILTER (accessible NOT IN ('true','false')), count(*) FILTER (fee IS NOT NULL AND try_cast(fee AS DOUBLE) IS NULL),
 count(*) FILTER (NOT regexp_full_match(email, '[^@ ]+@[^@ ]+'))
 FROM read_csv(?, delim=',', header=true, quote='"', escape='"', all_varchar=true)`

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// BenchmarkMillionRows: no more time than DuckDB, at most 250 MB resident; runs
// of both take turns.
func BenchmarkMillionRows(b *testing.B) {
	dir := filepath.Join(os.TempDir(), "socle-bench")
	path, err := benchfile.File(dir, benchfile.Options{Rows: 1_000_000, Seed: 42})
	if err != nil {
		b.Fatal(err)
	}
	schema := filepath.Join(dir, "schema.json")
	if err := os.WriteFile(schema, benchfile.Schema(), 0o600); err != nil {
		b.Fatal(err)
	}
	var ours, theirs, memory []float64
	for range 5 {
		begin := time.Now()
		cmd := exec.Command("../../bin/socle", "check", path, "--schema", schema, "--format", "json")
		out, most, err := watched(cmd)
		if err != nil || !strings.Contains(string(out), `"valid":true`) {
			b.Fatalf("%v: run \"make build\" first\n%.300s", err, out)
		}
		ours = append(ours, time.Since(begin).Seconds())
		memory = append(memory, most)
		theirs = append(theirs, duck(b, path))
	}
	b.ReportMetric(median(ours), "s_socle")
	b.ReportMetric(median(theirs), "s_duckdb")
	b.ReportMetric(median(ours)/median(theirs), "ratio")
	b.ReportMetric(slices.Max(memory), "MB_resident")
	b.ReportMetric(250, "MB_promised")
	b.ReportMetric(0, "ns/op")
}

// watched runs a command and returns its output and the most memory that it had
// resident, in MB, as the kernel tells it while it runs: what it tells at the end
// (ru_maxrss) counts this process too, from before the other program was loaded.
func watched(cmd *exec.Cmd) (out []byte, most float64, err error) {
	var buf bytes.Buffer
	cmd.Stdout = &buf
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
	done := make(chan error)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case err = <-done:
			return buf.Bytes(), most, err
		case <-time.After(10 * time.Millisecond):
			text, _ := os.ReadFile(status)
			if _, rest, ok := strings.Cut(string(text), "VmHWM:"); ok && strings.Contains(string(text), "Name:\tsocle") {
				var kb float64
				if _, err := fmt.Sscan(rest, &kb); err == nil {
					most = max(most, kb/1024)
				}
			}
		}
	}
}

// BenchmarkMemory: resident memory does not follow the number of rows nor that of
// the faults. Ten million rows take 3 GB of disk while it runs.
func BenchmarkMemory(b *testing.B) {
	dir := filepath.Join(os.TempDir(), "socle-bench")
	files := []struct {
		name string
		o    benchfile.Options
	}{{"broken", benchfile.Options{Rows: 200_000, Broken: true}}, {"10M_rows", benchfile.Options{Rows: 10_000_000, Seed: 42}}}
	schema := filepath.Join(dir, "schema.json")
	for _, f := range files {
		path, err := benchfile.File(dir, f.o)
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(schema, benchfile.Schema(), 0o600); err != nil {
			b.Fatal(err)
		}
		begin := time.Now()
		cmd := exec.Command("../../bin/socle", "check", path, "--schema", schema, "--format", "json")
		out, most, err := watched(cmd)
		if err != nil && (!f.o.Broken || cmd.ProcessState.ExitCode() != 1) {
			b.Fatalf("%v\n%.300s", err, out)
		}
		if f.o.Rows > 1_000_000 {
			_ = os.Remove(path)
		}
		b.ReportMetric(most, "MB_"+f.name)
		b.ReportMetric(time.Since(begin).Seconds(), "s_"+f.name)
	}
	b.ReportMetric(250, "MB_promised")
	b.ReportMetric(0, "ns/op")
}

func duck(b *testing.B, path string) float64 {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	begin := time.Now()
	rows, err := db.Query(constraints, path)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begin).Seconds()
}

// BenchmarkSmallFile: 200 rows within 30 ms from the start of the process.
func BenchmarkSmallFile(b *testing.B) {
	dir := filepath.Join(os.TempDir(), "socle-bench")
	path, err := benchfile.File(dir, benchfile.Options{Rows: 200, Seed: 42})
	if err != nil {
		b.Fatal(err)
	}
	schema := filepath.Join(dir, "schema.json")
	if err := os.WriteFile(schema, benchfile.Schema(), 0o600); err != nil {
		b.Fatal(err)
	}
	var times, work []float64
	for range 40 {
		begin := time.Now()
		cmd := exec.Command("../../bin/socle", "check", path, "--schema", schema, "--format", "json")
		if out, err := cmd.Output(); err != nil {
			b.Fatalf("%v\n%.300s", err, out)
		}
		times = append(times, float64(time.Since(begin).Microseconds())/1000)
		work = append(work, float64((cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()).Microseconds())/1000)
	}
	b.ReportMetric(median(times), "ms_median")
	b.ReportMetric(slices.Min(times), "ms_best")
	b.ReportMetric(median(work), "ms_processor")
	b.ReportMetric(30, "ms_promised")
	b.ReportMetric(0, "ns/op")
}
