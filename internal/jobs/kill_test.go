package jobs_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

var (
	soak  = flag.Bool("soak", false, "kill the process 300 times instead of 20")
	child = flag.String("child", "", "be the process that is killed, on this database")
	last  = flag.Bool("last", false, "with -child: add nothing, end when no job is left")
)

// work is a job that asks for a row.
type work struct{ N int64 }

func (work) Kind() string { return "test.work" }

// TestKill kills a process that adds and works jobs, at random moments. Each
// job that was acknowledged must have its row, once, and no other row may be.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := 20
	if *soak {
		rounds = 300
	}
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx := context.Background()
		mustWrite(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "CREATE TABLE asked (n BIGINT PRIMARY KEY)")
			if err == nil {
				_, err = tx.Exec(ctx, "CREATE TABLE done (n BIGINT NOT NULL, attempt BIGINT NOT NULL)")
			}
			return err
		})
		url := "sqlite:" + db.Path()
		if db.Engine() == sqldb.PostgreSQL {
			url = db.Pool().Config().ConnString()
		}
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		acknowledged := map[int64]bool{}
		for range rounds {
			for _, n := range runChild(t, url, false, time.Duration(random.Int64N(int64(200*time.Millisecond)))) {
				acknowledged[n] = true
			}
		}
		runChild(t, url, true, 0)

		var asked, once, more, strange, open int64
		err := db.Read(ctx, func(tx *sqldb.Tx) error {
			rows, err := tx.Query(ctx, "SELECT n FROM asked")
			if err != nil {
				return err
			}
			ns, err := sqldb.Collect(rows, func(s sqldb.Scanner) (n int64, err error) { return n, s.Scan(&n) })
			if err != nil {
				return err
			}
			asked = int64(len(ns))
			for _, n := range ns {
				delete(acknowledged, n)
			}
			const counts = `SELECT count(*) FILTER (WHERE c = 1), count(*) FILTER (WHERE c > 1), count(*) FILTER (WHERE a IS NULL)
				FROM (SELECT d.n, count(*) AS c, max(a.n) AS a FROM done d LEFT JOIN asked a ON a.n = d.n GROUP BY d.n) x`
			if err := tx.QueryRow(ctx, counts).Scan(&once, &more, &strange); err != nil {
				return err
			}
			return tx.QueryRow(ctx, "SELECT count(*) FROM river_job WHERE state <> 'completed'").Scan(&open)
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d kills: %d jobs", rounds, asked)
		if len(acknowledged) > 0 || once != asked || more > 0 || strange > 0 || open > 0 || asked < int64(rounds) {
			t.Errorf("%d acknowledged jobs lost; of %d jobs %d done once, %d more than once, %d never asked for; %d still open",
				len(acknowledged), asked, once, more, strange, open)
		}
	})
}

// runChild starts this test again as a process, kills it after a while from
// its first job on, and returns what it acknowledged. The last one ends itself.
func runChild(t *testing.T, url string, isLast bool, after time.Duration) (acknowledged []int64) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-test.run=^TestChild$", "-child=" + url}
	if isLast {
		args = append(args, "-last")
	}
	cmd := exec.Command(exe, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var n int64
		if k, _ := fmt.Sscanf(lines.Text(), "ok %d\n", &n); k != 1 {
			continue
		}
		acknowledged = append(acknowledged, n)
		if timer == nil && !isLast {
			timer = time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	_, _ = io.Copy(io.Discard, out)
	err = cmd.Wait()
	var exit *exec.ExitError
	if isLast && err != nil || err != nil && !errors.As(err, &exit) || !isLast && (err == nil || exit.Exited()) {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return acknowledged
}

// TestChild is the process that TestKill kills; alone it does nothing.
func TestChild(t *testing.T) {
	if *child == "" {
		return
	}
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Options{URL: *child, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := jobs.New(db, jobs.Options{Log: slog.New(slog.DiscardHandler), FirstRetry: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	jobs.Handle(r, func(ctx context.Context, j *jobs.Job[work]) error {
		time.Sleep(rand.N(20 * time.Millisecond))
		return db.Write(ctx, func(tx *sqldb.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO done (n, attempt) VALUES ($1, $2)", j.Args.N, j.Attempt); err != nil {
				return err
			}
			return j.Complete(ctx, tx)
		})
	})
	if *last {
		if err := r.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		return
	}
	var adders sync.WaitGroup
	for range 3 {
		adders.Go(func() {
			for {
				n := rand.Int64()
				err := db.Write(ctx, func(tx *sqldb.Tx) error {
					if _, err := tx.Exec(ctx, "INSERT INTO asked (n) VALUES ($1)", n); err != nil {
						return err
					}
					return jobs.Add(ctx, tx, work{n}, jobs.MaxAttempts(1000))
				})
				if err != nil {
					t.Error(err)
					return
				}
				fmt.Printf("ok %d\n", n)
				time.Sleep(rand.N(10 * time.Millisecond))
			}
		})
	}
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
	adders.Wait()
}
