// Command jobs measures the job queue: how long a job waits before it starts,
// how many end in a second, what the queue costs when nothing is to be done.
//
//	go run ./bench/jobs [-db postgres://…]
//
// Without -db it makes an SQLite file in a temporary folder, durable as in
// production.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// probe is a job that tells when it starts.
type probe struct {
	N int `json:"n"`
}

func (probe) Kind() string { return "bench.probe" }

func main() {
	url := flag.String("db", "", "database; a temporary SQLite file when empty")
	count := flag.Int("jobs", 2000, "jobs of the throughput")
	idle := flag.Duration("idle", 10*time.Second, "how long to watch the idle queue")
	flag.Parse()
	if err := run(*url, *count, *idle); err != nil {
		fmt.Fprintln(os.Stderr, "bench/jobs:", err)
		os.Exit(1)
	}
}

func run(url string, count int, idle time.Duration) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if url == "" {
		dir, err := os.MkdirTemp("", "socle-bench-jobs-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		url = "sqlite:" + filepath.Join(dir, "bench.db")
	}
	db, err := sqldb.Open(ctx, sqldb.Options{URL: url})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := jobs.Migrate(ctx, db); err != nil {
		return err
	}
	m := &meter{db: db, started: make(chan time.Time, count), ended: make(chan struct{}, count)}
	r, err := jobs.New(db, jobs.Options{Workers: 16})
	if err != nil {
		return err
	}
	jobs.Handle(r, m.work)
	var wg sync.WaitGroup
	wg.Go(func() { err = r.Run(ctx) })
	if e := m.measure(ctx, count, idle); e != nil {
		return e
	}
	cancel()
	wg.Wait()
	return err
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

func (m *meter) measure(ctx context.Context, count int, idle time.Duration) error {
	const probes = 100
	var waits []time.Duration
	for n := range probes {
		if err := m.add(ctx, n); err != nil {
			return err
		}
		added := time.Now()
		waits = append(waits, (<-m.started).Sub(added))
		<-m.ended
		time.Sleep(20 * time.Millisecond)
	}
	slices.Sort(waits)
	fmt.Printf("%-10s start after commit: p50 %.1f ms, p95 %.1f ms\n", m.db.Engine(), ms(waits[probes/2]), ms(waits[probes*95/100]))

	begin := time.Now()
	var wg sync.WaitGroup
	errors := make(chan error, 4)
	for w := range 4 {
		wg.Go(func() {
			for n := w; n < count; n += 4 {
				if err := m.add(ctx, n); err != nil {
					errors <- err
					return
				}
			}
		})
	}
	wg.Wait()
	if len(errors) > 0 {
		return <-errors
	}
	for range count {
		<-m.started
		<-m.ended
	}
	fmt.Printf("%-10s added one by one and done: %.0f jobs/s\n", m.db.Engine(), float64(count)/time.Since(begin).Seconds())

	before := cpu()
	time.Sleep(idle)
	fmt.Printf("%-10s idle: %.1f %% of a core in this process\n", m.db.Engine(), 100*(cpu()-before).Seconds()/idle.Seconds())
	return nil
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
