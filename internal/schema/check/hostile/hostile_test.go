package hostile

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

// endless is a file that is made as it is read: head, then unit again and again,
// size bytes in all. It counts what is read of it.
type endless struct {
	head, unit string
	size       int64
	read       atomic.Int64
}

func (e *endless) Size() int64 { return e.size }

func (e *endless) ReadAt(p []byte, at int64) (n int, err error) {
	if at >= e.size {
		return 0, io.EOF
	}
	if left := e.size - at; int64(len(p)) > left {
		p, err = p[:left], io.EOF
	}
	for n < len(p) {
		if pos := at + int64(n); pos < int64(len(e.head)) {
			n += copy(p[n:], e.head[pos:])
		} else {
			n += copy(p[n:], e.unit[(pos-int64(len(e.head)))%int64(len(e.unit)):])
		}
	}
	e.read.Add(int64(n))
	return n, err
}

// watchHeap calls do and returns the most memory that was in use meanwhile,
// beyond what was before, in bytes.
func watchHeap(do func()) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapInuse, uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	do()
	close(stop)
	<-done
	return most - min(most, before)
}

const places = `{"fields":[{"name":"a","type":"integer","constraints":{"required":true,"unique":true}},{"name":"b","type":"string","constraints":{"pattern":"[0-9]+"}}]}`

func parse(t *testing.T) *schema.Schema {
	t.Helper()
	s, err := schema.Parse([]byte(places))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Files of a gigabyte that are no tables: refused with a clear error before much
// of them is read, in little memory.
func TestHostileFiles(t *testing.T) {
	unit := func(s string) string { return strings.Repeat(s, 1<<16) }
	for _, c := range []struct {
		name, head, unit, key string
	}{
		{"one line", "", unit("abcdefgh"), "tabular.no-lines"},
		{"one line of columns", "", unit("1,"), "tabular.too-many-columns"},
		{"one line after others", "a,b\n1,2\n", unit("x"), "tabular.record-too-long"},
		{"columns after others", "a,b\n1,2\n", unit("1,"), "tabular.too-many-columns"},
		{"spaces", "a,b\n1,", unit(" "), "tabular.record-too-long"},
		{"null characters", "", unit("\x00"), "tabular.binary"},
		{"null characters after others", "a,b\n1,2\n", unit("\x00"), "tabular.binary"},
		{"null characters after many", "a,b\n" + strings.Repeat("1,2\n", 1<<19), unit("\x00"), "tabular.record-too-long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := &endless{head: c.head, unit: c.unit, size: 1 << 30}
			var err error
			most := watchHeap(func() {
				var f *tabular.File
				if f, err = tabular.Open(t.Context(), src, tabular.Options{Name: "a.csv"}); err != nil {
					return
				}
				defer f.Close()
				_, err = check.Run(t.Context(), f, parse(t), check.Options{Workers: 2})
			})
			e := errs.As(err)
			if err == nil || e.Kind != errs.TooLarge && e.Kind != errs.Invalid || c.key != "" && e.Key != c.key {
				t.Fatalf("%v, want %s", err, c.key)
			}
			for _, key := range []string{e.Key, e.Hint} {
				if s := i18n.T(i18n.French, key, e.Args); s == "" || strings.HasPrefix(s, "[") || strings.Contains(s, "<no value>") {
					t.Errorf("%s is told as %q", key, s)
				}
			}
			if read := src.read.Load(); read > 2<<30 { // once to look for its encoding
				t.Errorf("%d MB were read", read>>20)
			}
			if most > 400<<20 {
				t.Errorf("%d MB of memory", most>>20)
			}
		})
	}
}

// Quotes that do not close, in front of many rows: read as what they most likely
// are, each row counted, or refused; in little memory.
func TestHostileQuotes(t *testing.T) {
	word := strings.Repeat("x", 200)
	for _, c := range []struct{ name, head, unit string }{
		{"one", "a,b\n1,\"", word + "\n"},
		{"in columns", "a,b\n1,\"", word + "," + word + "\n"},
		{"in the header", "a,\"b\n", "1," + word + "\n"},
		{"on each line", "a,b\n", "1,\"" + word + "\n"},
		{"everywhere", "a,b\n", "\"\"\","},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := &endless{head: c.head, unit: strings.Repeat(c.unit, 1<<14), size: 24 << 20}
			most := watchHeap(func() {
				f, err := tabular.Open(t.Context(), src, tabular.Options{Name: "a.csv"})
				var rep *check.Report
				if err == nil {
					defer f.Close()
					rep, err = check.Run(t.Context(), f, parse(t), check.Options{Workers: 2})
				}
				if err != nil && !errs.Is(err, errs.TooLarge) && !errs.Is(err, errs.Invalid) {
					t.Error(err)
				}
				if err == nil && rep.Valid {
					t.Error("found valid")
				}
			})
			if most > 300<<20 {
				t.Errorf("%d MB of memory", most>>20)
			}
		})
	}
}

// Files of which every cell is wrong, in every way that reading and judging know:
// all are counted, memory is not for them.
func TestEveryCellWrong(t *testing.T) {
	for name, unit := range map[string]string{
		"values":     "x,y\n",
		"characters": "1" + strings.Repeat("0", 90) + "\x00," + strings.Repeat("0", 90) + "\n",
		"bytes":      "\xff\xfe\xfa,\xff\n",
		"quotes":     "\"1\"x,\"2\"y\n",
		"short":      "1\n",
		"wide":       "1,2,3,4,5,6,7,8,9\n",
		"blank":      ",\n",
		"twice":      "7,7\n",
	} {
		t.Run(name, func(t *testing.T) {
			const rows = 200_000
			src := &endless{head: "a,b\n", unit: strings.Repeat(unit, 4096)}
			src.size = int64(len(src.head)) + int64(len(unit))*rows
			var rep *check.Report
			most := watchHeap(func() {
				f, err := tabular.Open(t.Context(), src, tabular.Options{Name: "a.csv", Delimiter: ",", Encoding: "utf-8"})
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if rep, err = check.Run(t.Context(), f, parse(t), check.Options{Workers: 2}); err != nil {
					t.Fatal(err)
				}
			})
			if rep.Stats.Rows != rows || rep.Stats.Errors < rows-1 || len(rep.Errors) > 10*check.DefaultLimit {
				t.Errorf("%+v, %d listed", rep.Stats, len(rep.Errors))
			}
			if most > 250<<20 {
				t.Errorf("%d MB of memory", most>>20)
			}
		})
	}
}

// Text is read as it comes, whatever its size.
func TestTwoGigabytes(t *testing.T) {
	records := strings.Repeat("31395;Muret;\"rue de l’Église, bâtiment B\";12,5;2024-01-31;une remarque un peu longue pour remplir la ligne\n", 500)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	src := &endless{unit: records, size: 2 << 30}
	f, err := tabular.Open(t.Context(), src, tabular.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := 0
	end, err := tabular.Scan(t.Context(), f, 2, func(b *tabular.Batch) (int, error) { return b.Len(), nil }, func(_ tabular.Position, n int) error {
		rows += n
		return nil
	})
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if want := int(src.size) / (len(records) / 500); rows < want-2 || end.Rows < want-2 {
		t.Errorf("%d rows, %d expected", rows, want)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 200<<20 {
		t.Errorf("%d MB allocated for 2 GB", used>>20)
	}
}
