package duck_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/duck"
	"socle/internal/tabular"
)

var fields = []tabular.Field{{Name: "n", Kind: tabular.Int}, {Name: "nom", Kind: tabular.Text}, {Name: "lieu", Kind: tabular.Text, Geometry: "point-lonlat"}}

// table makes a snapshot of rows whose names repeat every hundred.
func table(t *testing.T, rows int) tables.Snapshot {
	t.Helper()
	path := filepath.Join(t.TempDir(), "part.parquet")
	var out bytes.Buffer
	w, err := tabular.NewParquetWriter(&out, fields, tabular.ParquetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for first := 0; first < rows; first += 5000 {
		fr := &tabular.Frame{Fields: fields, Columns: make([]tabular.Column, 3), Rows: min(5000, rows-first)}
		for i := range fr.Rows {
			n := first + i
			for j := range fr.Columns {
				fr.Columns[j].Null = append(fr.Columns[j].Null, false)
			}
			fr.Columns[0].Int64 = append(fr.Columns[0].Int64, int64(n*7919%rows))
			fr.Columns[1].Bytes = append(fr.Columns[1].Bytes, fmt.Appendf(nil, "Été %d", n%100))
			fr.Columns[2].Bytes = append(fr.Columns[2].Bytes, fmt.Appendf(nil, "%d,43", n%10))
		}
		if err := w.Write(fr); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o444); err != nil {
		t.Fatal(err)
	}
	return tables.NewSnapshot(fields, []tables.Part{{Key: fmt.Sprint(t.Name(), rows), Rows: int64(rows), File: tables.LocalFile(path)}})
}

var summer = query.Query{
	Where: query.Or{query.Match{Column: "nom", Text: "ete 7"}, query.BBox{Column: "lieu", West: 3, East: 3, South: 40, North: 50}, query.Compare{Column: "n", Op: query.Lt, Value: query.Int(5)}},
	Sort:  []query.SortKey{{Column: "n"}},
}

func count(t *testing.T, e *duck.Engine, snap tables.Snapshot, want int64) {
	t.Helper()
	p, err := e.Rows(t.Context(), snap, summer)
	if err != nil {
		t.Fatal(err)
	}
	if p.Total != want {
		t.Fatalf("%d rows, want %d", p.Total, want)
	}
}

// TestDamage: whatever happens to the files of the cache, while the engine is
// open or between two starts, answers stay right.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	snap := table(t, 2000)
	e, err := duck.Open(dir, duck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Rows(t.Context(), snap, summer)
	if err != nil || p.Total < 300 {
		t.Fatal(p, err)
	}
	want := p.Total
	names := []string{"rows.bin", "rows.idx", "text.bin", "geo-2.bin", "table.duckdb", "meta.json"}
	for _, open := range []bool{true, false} {
		for _, name := range names {
			for _, way := range []string{"gone", "cut", "altered"} {
				t.Run(fmt.Sprintf("%s %s open=%t", name, way, open), func(t *testing.T) {
					if !open {
						if err := e.Close(); err != nil {
							t.Fatal(err)
						}
					}
					harm(t, filepath.Join(dir, snap.Key, name), way)
					if !open {
						if e, err = duck.Open(dir, duck.Options{}); err != nil {
							t.Fatal(err)
						}
					}
					if way != "altered" || name == "rows.bin" || name == "rows.idx" || name == "meta.json" {
						whole(t, e, snap)
						count(t, e, snap, want)
					}
					if err := e.Evict(t.Context(), snap.Key); err != nil {
						t.Fatal(err)
					}
					count(t, e, snap, want)
				})
			}
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// A table is let go of while another process that has it open writes beside its files,
// as one that keeps a profile does.
func TestEvictUnderAnother(t *testing.T) {
	dir := t.TempDir()
	first, err := duck.Open(dir, duck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	for n := range 20 {
		snap := table(t, 20+n)
		if err := first.Warm(t.Context(), snap); err != nil {
			t.Fatal(err)
		}
		second, err := duck.Open(dir, duck.Options{}) // which knows the table, and has it not open
		if err != nil {
			t.Fatal(err)
		}
		stop, wrote := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(wrote)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					_ = os.WriteFile(filepath.Join(dir, snap.Key, fmt.Sprint("more-", i)), nil, 0o600)
				}
			}
		}()
		err = second.Evict(t.Context(), snap.Key)
		close(stop)
		<-wrote
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func harm(t *testing.T, path, way string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	switch way {
	case "gone":
		err = os.Remove(path)
	case "cut":
		err = os.Truncate(path, int64(len(data)/2))
	case "altered":
		for i := len(data) / 3; i < len(data)/3+40 && i < len(data); i++ {
			data[i] ^= 0x5a
		}
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// whole reads all rows.
func whole(t *testing.T, e *duck.Engine, snap tables.Snapshot) {
	t.Helper()
	for n := int64(0); n < snap.Rows(); n += 500 {
		p, err := e.Rows(t.Context(), snap, query.Query{After: n, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range p.Records {
			if string(r.Cells[1]) != fmt.Sprintf("Été %d", (int(n)+i)%100) {
				t.Fatalf("row %d: %q", r.Number, r.Cells)
			}
		}
	}
}

// TestRestart: what a process made, the next one uses, parts or no parts; what a
// killed process left is swept away.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	snap := table(t, 1000)
	first, err := duck.Open(dir, duck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := first.Rows(t.Context(), snap, summer)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "making-123")
	if err := os.Mkdir(left, 0o755); err != nil {
		t.Fatal(err)
	}
	second, err := duck.Open(dir, duck.Options{Now: func() time.Time { return time.Now().Add(2 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	snap.Parts[0].File = func(context.Context) (string, func(), error) { return "", nil, errors.New("the part is not needed") }
	count(t, second, snap, want.Total)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Error("a folder left by a killed process is still there:", err)
	}
}

// TestTwoProcesses: two engines on one cache answer both.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	snap := table(t, 1000)
	var engines []*duck.Engine
	for range 2 {
		e, err := duck.Open(dir, duck.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		engines = append(engines, e)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := engines[i%2].Rows(t.Context(), snap, summer); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestCacheStaysSmall: beyond the size of the cache, the snapshots used least
// lately go, and come back when asked for.
func TestCacheStaysSmall(t *testing.T) {
	dir := t.TempDir()
	e, err := duck.Open(dir, duck.Options{Cache: 3 << 20, Open: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var snaps []tables.Snapshot
	for i := range 8 {
		snaps = append(snaps, table(t, 1000+i))
		whole(t, e, snaps[i])
		if _, err := e.Rows(t.Context(), snaps[i], summer); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for i, s := range snaps {
		if _, err := os.Stat(filepath.Join(dir, s.Key)); err == nil {
			kept++
		} else if i == len(snaps)-1 {
			t.Error("the last snapshot is gone")
		}
	}
	if kept == 0 || kept > 6 {
		t.Errorf("%d snapshots kept", kept)
	}
	whole(t, e, snaps[0])
}

// TestPreparing: a page does not wait for ever for a large table to be ready;
// the work goes on for those who come later.
func TestPreparing(t *testing.T) {
	snap := table(t, 50_000)
	e := open(t, duck.Options{Time: time.Nanosecond})
	defer e.Close()
	_, err := e.Rows(t.Context(), snap, query.Query{})
	if k := errs.As(err); err == nil || k.Kind != errs.Busy || k.Key != "tables.query.preparing" || k.Hint == "" {
		t.Errorf("a page of a table that is not ready: %v", err)
	}
	if err := e.Warm(t.Context(), snap); err != nil {
		t.Fatal(err)
	}
}

// TestStopped: a query ends with its context, or with its time, long before it
// would have.
func TestStopped(t *testing.T) {
	snap := table(t, 200_000)
	// Sorting by everything, over and over, takes minutes.
	long := query.Query{Group: []query.Group{{Column: "n"}, {Column: "nom"}}, Aggregates: []query.Aggregate{{Func: query.Median, Column: "n"}, {Func: query.Distinct, Column: "nom"}}, Limit: 10}
	e := open(t, duck.Options{Time: time.Millisecond})
	if err := e.Warm(t.Context(), snap); err != nil {
		t.Fatal(err)
	}
	_, err := e.Aggregate(t.Context(), snap, long)
	if k := errs.As(err); err == nil || k.Kind != errs.Busy || k.Hint == "" || k.Key != "tables.query.slow" {
		t.Errorf("past its time: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}

	e = open(t, duck.Options{})
	defer e.Close()
	if err := e.Warm(t.Context(), snap); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(5*time.Millisecond, cancel)
	if _, err = e.Aggregate(ctx, snap, long); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if _, err := e.Aggregate(t.Context(), snap, long); err != nil {
		t.Errorf("after a query was stopped: %v", err)
	}
}

// TestClose interrupts what runs and leaves nothing behind.
func TestClose(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	snap := table(t, 50_000)
	e := open(t, duck.Options{})
	started := make(chan struct{})
	done := make(chan error)
	go func() {
		done <- e.Export(context.Background(), snap, summer, func(*tabular.Frame) error {
			select {
			case <-started:
			default:
				close(started)
			}
			return nil
		})
	}()
	<-started
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	<-done
	if _, err := e.Rows(t.Context(), snap, query.Query{}); err == nil {
		t.Error("a closed engine answers")
	}
	if open := openFiles(t, snap.Key); open != "" {
		t.Error("still open:", open)
	}
}

// openFiles lists what the process has open under a name.
func openFiles(t *testing.T, name string) string {
	if runtime.GOOS != "linux" {
		return ""
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, entry := range entries {
		if path, err := os.Readlink(filepath.Join("/proc/self/fd", entry.Name())); err == nil && strings.Contains(path, name) {
			out = append(out, path)
		}
	}
	return strings.Join(out, ", ")
}

// TestIdle: DuckDB is not opened for pages in row order.
func TestIdle(t *testing.T) {
	e := open(t, duck.Options{})
	defer e.Close()
	snap := table(t, 1000)
	whole(t, e, snap)
	if open := openFiles(t, "table.duckdb"); open != "" {
		t.Error("DuckDB has been asked:", open)
	}
}

// TestCacheCannotBeMade: a folder that cannot be is told at once.
func TestCacheCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := duck.Open(filepath.Join(file, "cache"), duck.Options{}); err == nil {
		t.Error("a cache within a file was opened")
	}
}
