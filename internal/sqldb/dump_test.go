package sqldb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/errs"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// fill puts rows in a table of the program's own migrations, which Load knows.
func fill(t *testing.T, db *sqldb.DB) {
	t.Helper()
	for i := range 50 {
		mustExec(t, db, "INSERT INTO job_progress (subject, done, total, note, updated_at) VALUES ($1, $2, $3, $4, $5)",
			fmt.Sprintf("é \"%d\"\n</a>", i), int64(1)<<62+int64(i), -i, strings.Repeat("n", i), i)
	}
}

func dump(t *testing.T, db *sqldb.DB, parts ...sqldb.Part) string {
	t.Helper()
	var buf bytes.Buffer
	if err := db.Dump(context.Background(), &buf, parts...); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

var engines = []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL}

func TestDumpLoad(t *testing.T) {
	t.Parallel()
	var taken []string
	part := sqldb.Part{
		Name: "extra",
		Dump: func(ctx context.Context, tx *sqldb.Tx, emit func(any) error) error {
			return emit(map[string]int{"a": 1})
		},
		Load: func(ctx context.Context, tx *sqldb.Tx, v json.RawMessage) error {
			taken = append(taken, string(v))
			return nil
		},
	}
	for _, from := range engines {
		source := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, from)})
		fill(t, source)
		text := dump(t, source, part)
		for _, to := range engines {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				taken = nil
				target := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.Empty(t, to)})
				ctx := context.Background()
				if err := target.Load(ctx, strings.NewReader(text), part); err != nil {
					t.Fatal(err)
				}
				if len(taken) != 1 || taken[0] != `{"a":1}` {
					t.Errorf("part: %v", taken)
				}
				if d := cmp.Diff(sortedLines(text), sortedLines(dump(t, target, part))); d != "" {
					t.Errorf("dumped again, it differs:\n%s", d)
				}
				if err := target.Load(ctx, strings.NewReader(text), part); !errs.Is(err, errs.Conflict) {
					t.Errorf("over what is there: %v", err)
				}
			})
		}
	}
}

// sortedLines makes rows comparable whose booleans an engine writes as numbers.
func sortedLines(s string) map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(s) {
		line = strings.NewReplacer(",true", ",1", ",false", ",0", "[true", "[1", "[false", "[0").Replace(line)
		out[line]++
	}
	return out
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	source := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	fill(t, source)
	text := dump(t, source)
	lines := strings.SplitAfter(text, "\n")
	aRow := lines[slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "[") })]
	for _, e := range engines {
		t.Run(string(e), func(t *testing.T) {
			db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.Empty(t, e)})
			for name, bad := range map[string]string{
				"nothing":         "",
				"another file":    "name;area\n",
				"another JSON":    "{}\n",
				"cut":             text[:len(text)/2],
				"cut at a line":   strings.Join(lines[:len(lines)-2], ""),
				"a row less":      strings.Replace(text, aRow, "", 1),
				"a newer program": strings.Replace(text, `"migrations":[`, `"migrations":[99999,`, 1),
				"a strange table": strings.Replace(text, `"table":"job_progress"`, `"table":"pg_authid"`, 1),
				"a wrong value":   strings.Replace(text, "[\"é", "[{},\"é", 1),
			} {
				err := db.Load(context.Background(), strings.NewReader(bad))
				if e := errs.As(err); err == nil || e.Kind != errs.Invalid || e.Key != "sqldb.dump" {
					t.Errorf("%s: %v", name, err)
				}
			}
			// After all that it is empty, and takes the whole one.
			if err := db.Load(context.Background(), strings.NewReader(text)); err != nil {
				t.Error(err)
			}
			if n := number(t, db, "SELECT count(*) FROM job_progress"); n != 50 {
				t.Errorf("%d rows", n)
			}
		})
	}
}

func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	mustExec(t, db, "CREATE TABLE pair (a INTEGER, b INTEGER)")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				ctx := context.Background()
				err := db.Write(ctx, func(tx *sqldb.Tx) error {
					for range 2 {
						if _, err := tx.Exec(ctx, "INSERT INTO pair (a, b) VALUES ($1, $1)", i); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		}
	})
	dst := filepath.Join(t.TempDir(), "it's a copy.db")
	for number(t, db, "SELECT count(*) FROM pair") < 20 {
	}
	err := db.Backup(context.Background(), dst)
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	copied := sqldbtest.Open(t, sqldb.Options{URL: "sqlite:" + dst})
	if n := number(t, copied, "SELECT count(*) FROM pair"); n < 20 || n%2 != 0 {
		t.Errorf("%d rows", n)
	}
	if err := db.Backup(context.Background(), dst); !errs.Is(err, errs.Invalid) {
		t.Errorf("over a file: %v", err)
	}
	pg := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.PostgreSQL)})
	if err := pg.Backup(context.Background(), dst+"2"); !errs.Is(err, errs.Invalid) {
		t.Errorf("PostgreSQL: %v", err)
	}
}
