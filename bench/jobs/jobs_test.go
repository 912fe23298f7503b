// Package jobs_test measures the job queue: how long a job waits before it
// starts, how many end in a second, what the queue costs when nothing is to be
// done. SQLite waits for its disk as in production; the PostgreSQL of the tests
// does not.
package jobs_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// probe is a job that tells when it starts.
type probe struct {
	N int `json:"n"`
}

func (probe) Kind() string { return "bench.probe" }

func BenchmarkQueue(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { measure(b, "sqlite:"+filepath.Join(b.TempDir(), "bench.db")) })
	b.Run("postgres", func(b *testing.B) { measure(b, sqldbtest.Empty(b, sqldb.PostgreSQL)) })
}

const (
	probes = 100
	count  = 1000 // jobs of the throughput
	idle   = 5 * time.Second
)

func measure(b *testing.B, url string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	db, err := sqldb.Open(ctx, sqldb.Options{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	if err := jobs.Migrate(ctx, db); err != nil {
		b.Fatal(err)
	}
	m := &meter{db: db, started: make(chan time.Time, count), ended: make(chan struct{}, count)}
	r, err := jobs.New(db, jobs.Options{Workers: 16})
	if err != nil {
		b.Fatal(err)
	}
	jobs.Handle(r, m.work)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	for b.Loop() {
		m.latency(ctx, b)
		m.throughput(ctx, b)
		before := cpu()
		time.Sleep(idle)
		b.ReportMetric(100*(cpu()-before).Seconds()/idle.Seconds(), "%core-idle")
	}
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

type meter struct {
	db      *sqldb.DB
	started chan time.Time
	ended   chan struct{}
}

func (m *meter) work(ctx context.Context, j *jobs.Job[probe]) error {
	m.started <- time.Now()
	err := m.db.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
	m.ended <- struct{}{}
	return err
}

func (m *meter) add(ctx context.Context, n int) error {
	return m.db.Write(ctx, func(tx *sqldb.Tx) error { return jobs.Add(ctx, tx, probe{n}) })
}

// latency adds one job after the other.
func (m *meter) latency(ctx context.Context, b *testing.B) {
	var waits []time.Duration
	for n := range probes {
		if err := m.add(ctx, n); err != nil {
			b.Fatal(err)
		}
		added := time.Now()
		waits = append(waits, (<-m.started).Sub(added))
		<-m.ended
		time.Sleep(20 * time.Millisecond)
	}
	slices.Sort(waits)
	b.ReportMetric(ms(waits[probes/2]), "ms-start-p50")
	b.ReportMetric(ms(waits[probes*95/100]), "ms-start-p95")
}

// throughput adds jobs from four sides, each in a transaction of its own.
func (m *meter) throughput(ctx context.Context, b *testing.B) {
	begin := time.Now()
	var wg sync.WaitGroup
	failures := make(chan error, 4)
	for w := range 4 {
		wg.Go(func() {
			for n := w; n < count; n += 4 {
				if err := m.add(ctx, n); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	wg.Wait()
	if len(failures) > 0 {
		b.Fatal(<-failures)
	}
	for range count {
		<-m.started
		<-m.ended
	}
	b.ReportMetric(count/time.Since(begin).Seconds(), "jobs/s")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
