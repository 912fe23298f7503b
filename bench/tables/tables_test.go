package tables_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"socle/bench/benchfile"
	"socle/internal/query"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/tables/duck"
	"socle/internal/tabular"
)

const (
	benchRows = 1_000_000
	clients   = 4
	lasting   = time.Second // of each figure of rate
)

// BenchmarkTables prints a line per figure.
func BenchmarkTables(b *testing.B) {
	for range b.N {
		if err := run(b.Context(), b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
}

func figure(format string, args ...any) { fmt.Printf("tables: "+format+"\n", args...) }

func run(ctx context.Context, dir string) error {
	text, err := benchfile.File(filepath.Join(os.TempDir(), "socle-bench"), benchfile.Options{Rows: benchRows, Seed: 42})
	if err != nil {
		return err
	}
	snap, err := convert(ctx, dir, text)
	if err != nil {
		return err
	}
	e, err := duck.Open(filepath.Join(dir, "cache"), duck.Options{})
	if err != nil {
		return err
	}
	defer e.Close()
	if err := prepare(ctx, e, snap); err != nil {
		return err
	}
	if err := answers(ctx, e, snap, filepath.Join(dir, "bare.duckdb")); err != nil {
		return err
	}
	return export(ctx, e, snap)
}

// bare opens DuckDB as it comes.
func bare(path string) (*sql.DB, error) {
	c, err := duckdb.NewConnector(path, nil)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// convert checks the file and writes it as Parquet; DuckDB copies it unchecked.
func convert(ctx context.Context, dir, text string) (snap tables.Snapshot, err error) {
	var ours, theirs, oursUsed, theirsUsed time.Duration
	path := filepath.Join(dir, "rows.parquet")
	for range 3 { // the better of turns taken one after the other
		start, used := time.Now(), processor()
		if snap, err = checked(ctx, text, path); err != nil {
			return snap, err
		}
		ours, oursUsed = better(ours, time.Since(start)), processor()-used
		if theirs == 0 {
			figure("memory after CSV to Parquet: %d MB at most; promised: 600 MB", peak())
		}
		start, used = time.Now(), processor()
		if err := copied(ctx, text, filepath.Join(dir, "copy.parquet")); err != nil {
			return snap, err
		}
		theirs, theirsUsed = better(theirs, time.Since(start)), processor()-used
	}
	figure("CSV checked and written as Parquet %.2f s, %.2f s of processor (%d MB); DuckDB COPY, unchecked, %.2f s, %.2f s of processor (%d MB); ratio %.2f, promised: 1.5",
		ours.Seconds(), oursUsed.Seconds(), size(path), theirs.Seconds(), theirsUsed.Seconds(), size(filepath.Join(dir, "copy.parquet")), ours.Seconds()/theirs.Seconds())
	return snap, nil
}

func better(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

func size(path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return st.Size() >> 20
}

// peak is the most memory the process has had resident, in MB.
func peak() (mb int) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	fmt.Sscan(rest, &mb)
	return mb >> 10
}

func checked(ctx context.Context, text, path string) (snap tables.Snapshot, err error) {
	src, err := tabular.OpenFile(text)
	if err != nil {
		return snap, err
	}
	defer src.Close()
	f, err := tabular.Open(ctx, src, tabular.Options{Name: text})
	if err != nil {
		return snap, err
	}
	sch, err := schema.Parse(benchfile.Schema())
	if err != nil {
		return snap, err
	}
	out, err := os.Create(path)
	if err != nil {
		return snap, err
	}
	defer out.Close()
	fields := check.Fields(f, sch)
	w, err := tabular.NewParquetWriter(out, fields, tabular.ParquetOptions{Context: ctx})
	if err != nil {
		return snap, err
	}
	report, err := check.Run(ctx, f, sch, check.Options{Sink: w.Put})
	if err != nil {
		return snap, err
	}
	if !report.Valid {
		return snap, fmt.Errorf("the benchmark file has %d errors", report.Stats.Errors)
	}
	if err := w.Close(); err != nil {
		return snap, err
	}
	key := sha256.Sum256([]byte(path))
	part := tables.Part{Key: hex.EncodeToString(key[:]), Rows: w.Rows(), File: tables.LocalFile(path)}
	return tables.NewSnapshot(fields, []tables.Part{part}), nil
}

func copied(ctx context.Context, text, path string) error {
	db, err := bare("")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, fmt.Sprintf("COPY (FROM read_csv('%s')) TO '%s' (FORMAT parquet, COMPRESSION zstd)", text, path))
	return err
}

// prepare makes the serving cache, then the profile.
func prepare(ctx context.Context, e *duck.Engine, snap tables.Snapshot) error {
	start, used := time.Now(), processor()
	if err := e.Warm(ctx, snap); err != nil {
		return err
	}
	figure("made ready to answer in %.2f s, %.2f s of processor", time.Since(start).Seconds(), (processor() - used).Seconds())
	start, used = time.Now(), processor()
	if _, err := e.Profile(ctx, snap); err != nil {
		return err
	}
	figure("profile in %.2f s, %.2f s of processor", time.Since(start).Seconds(), (processor() - used).Seconds())
	return nil
}

// speed is how fast questions are answered.
type speed struct {
	p50       time.Duration // of one client
	perSecond float64       // of several
	cpu       time.Duration // of all threads, per question
}

func (s speed) String() string {
	return fmt.Sprintf("p50 %7.2f ms, %6.0f/s, %6.2f ms of processor", ms(s.p50), s.perSecond, ms(s.cpu))
}

// processor is the time that the process has used, of all threads.
func processor() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// rate runs do from one goroutine, then from several for a while.
func rate(do func(i int) error) (s speed, err error) {
	for i := range 20 {
		if err := do(i); err != nil {
			return s, err
		}
	}
	var each []time.Duration
	begin := time.Now()
	for i := range 200 {
		start := time.Now()
		if err := do(i); err != nil {
			return s, err
		}
		each = append(each, time.Since(start))
		if time.Since(begin) > lasting && i > 20 {
			break
		}
	}
	slices.Sort(each)
	var next, done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	start, used := time.Now(), processor()
	for range clients {
		wg.Go(func() {
			for time.Since(start) < lasting && failed.Load() == nil {
				if err := do(int(next.Add(1))); err != nil {
					failed.Store(&err)
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return s, *err
	}
	n := done.Load()
	return speed{each[len(each)/2], float64(n) / time.Since(start).Seconds(), (processor() - used) / time.Duration(n)}, nil
}

// question is a figure: what is asked of the engine, and of bare DuckDB.
type question struct {
	name string
	ours func(i int) error
	bare string // SQL with %d for the number of the question
	args func(i int) []any
}

func answers(ctx context.Context, e *duck.Engine, snap tables.Snapshot, path string) error {
	db, err := bare(path)
	if err != nil {
		return err
	}
	defer db.Close()
	part, release, err := snap.Parts[0].File(ctx)
	if err != nil {
		return err
	}
	defer release()
	if _, err := db.ExecContext(ctx, fmt.Sprintf("SET threads = 1; CREATE TABLE t AS FROM read_parquet('%s')", part)); err != nil {
		return err
	}
	for _, q := range questions(ctx, e, snap) {
		ours, err := rate(q.ours)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		theirs, err := rate(func(i int) error { return drain(ctx, db, q.bare, q.args(i)) })
		if err != nil {
			return fmt.Errorf("%s, bare: %w", q.name, err)
		}
		figure("%-28s %v; bare DuckDB %v", q.name, ours, theirs)
	}
	return nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

// drain reads all that a statement returns.
func drain(ctx context.Context, db *sql.DB, text string, args []any) error {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]any, len(names))
	for i := range values {
		values[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// questions are asked with 200 different filters in turn.
func questions(ctx context.Context, e *duck.Engine, snap tables.Snapshot) []question {
	towns := []string{"Aucamville", "Blagnac", "Cazères", "Dieupentale", "Escalquens", "Fonsorbes", "Grenade", "L'Union", "Merville", "Villemur-sur-Tarn"}
	categories := []string{"Bibliothèque", "Crèche", "Gymnase", "Mairie", "Piscine"}
	states := []string{"ouvert", "fermé", "en travaux", "projet"}
	three := func(i int) []any {
		return []any{towns[i%10], categories[i/10%5], states[i/50%4]}
	}
	equal := func(i int) query.Query {
		q := query.Query{Limit: 100}
		for k, name := range []string{"town", "category", "state"} {
			q = q.With(query.Compare{Column: name, Op: query.Eq, Value: query.Text(three(i)[k].(string))})
		}
		return q
	}
	page := func(q query.Query) error {
		p, err := e.Rows(ctx, snap, q)
		if err == nil && len(p.Records) != q.Limit {
			err = fmt.Errorf("%s: %d rows", q.Encode(), len(p.Records))
		}
		return err
	}
	none := func(int) []any { return nil }
	words := []string{"plain-pied", "rénové", "polyvalente", "réservation terrasse", "PL0000012345"}
	return []question{
		{"page at any depth", func(i int) error { return page(query.Query{Limit: 100, Offset: i * 99_991 % (benchRows - 100)}) },
			"SELECT * FROM t WHERE rowid >= ? LIMIT 100", func(i int) []any { return []any{i * 99_991 % (benchRows - 100)} }},
		{"filtered page, 200 filters", func(i int) error { return page(equal(i % 200)) },
			"SELECT * FROM t WHERE town = ? AND category = ? AND state = ? LIMIT 100", three},
		{"filtered page, each new", func(i int) error {
			q := query.Query{Limit: 20}.With(query.Compare{Column: "town", Op: query.Eq, Value: query.Text(towns[i%10])}).
				With(query.Compare{Column: "area_m2", Op: query.Ge, Value: query.Float(float64(i) / 7)})
			_, err := e.Rows(ctx, snap, q)
			return err
		}, "SELECT * FROM t WHERE town = ? AND area_m2 >= ? LIMIT 20", func(i int) []any { return []any{towns[i%10], float64(i) / 7} }},
		{"filtered and sorted", func(i int) error {
			q := equal(i % 200)
			q.Sort = []query.SortKey{{Column: "area_m2", Desc: true}}
			return page(q)
		}, "SELECT * FROM t WHERE town = ? AND category = ? AND state = ? ORDER BY area_m2 DESC LIMIT 100", three},
		{"facet", func(i int) error {
			q := query.Query{Where: query.Compare{Column: "town", Op: query.Eq, Value: query.Text(towns[i%10])}}
			_, err := e.Facet(ctx, snap, q, "category", 20)
			return err
		}, "SELECT category, count(*) FROM t WHERE town = ? GROUP BY 1 ORDER BY 2 DESC LIMIT 20", func(i int) []any { return []any{towns[i%10]} }},
		{"count, each filter new", func(i int) error {
			_, err := e.Count(ctx, snap, query.Query{Where: query.Compare{Column: "capacity", Op: query.Ge, Value: query.Int(int64(i))}, Text: ""})
			return err
		}, "SELECT count(*) FROM t WHERE capacity >= ?", func(i int) []any { return []any{i} }},
		{"sum by town", func(int) error {
			_, err := e.Aggregate(ctx, snap, query.Query{Group: []query.Group{{Column: "town"}}, Aggregates: []query.Aggregate{{Func: query.Sum, Column: "area_m2"}}})
			return err
		}, "SELECT town, sum(area_m2) FROM t GROUP BY 1 ORDER BY 1", none},
		{"full text, each search new", func(i int) error {
			p, err := e.Rows(ctx, snap, query.Query{Text: fmt.Sprintf("%s %d", words[i%4], i%9000), Limit: 100})
			if err == nil && p.Total == 0 {
				err = fmt.Errorf("search %d finds nothing", i)
			}
			return err
		}, "SELECT * FROM t WHERE contains(strip_accents(lower(notes)), strip_accents(lower(?))) LIMIT 100", func(i int) []any { return []any{words[i%4]} }},
	}
}

// export gives all rows as comma-separated text; bare DuckDB writes its own.
func export(ctx context.Context, e *duck.Engine, snap tables.Snapshot) error {
	start := time.Now()
	out := &counter{start: start}
	w, err := tabular.NewWriter("csv", out, snap.Fields, tabular.WriteOptions{})
	if err != nil {
		return err
	}
	if err := e.Export(ctx, snap, query.Query{}, w.Write); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	took := time.Since(start)
	figure("export of all rows as CSV: %.0f MB/s, first rows after %.1f ms; promised: 120 MB/s, 100 ms", float64(out.n)/1e6/took.Seconds(), ms(out.first))
	figure("memory at the end: %d MB at most, bare DuckDB's included", peak())
	return nil
}

// counter counts what is written, and tells when it began.
type counter struct {
	start time.Time
	first time.Duration
	n     int64
}

func (c *counter) Write(p []byte) (int, error) {
	if c.n == 0 {
		c.first = time.Since(c.start)
	}
	c.n += int64(len(p))
	return len(p), nil
}
