package diff_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socle/internal/tables"
	"socle/internal/tables/duck"
	"socle/internal/tabular"
)

const rows = 1_000_000

// BenchmarkDiff prints a line per figure.
func BenchmarkDiff(b *testing.B) {
	for range b.N {
		if err := run(b.Context(), b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
}

var fields = []tabular.Field{
	{Name: "id", Kind: tabular.Int}, {Name: "nom"}, {Name: "categorie"}, {Name: "adresse"}, {Name: "commune"}, {Name: "ouverture", Kind: tabular.Date},
	{Name: "surface", Kind: tabular.Float}, {Name: "accessible", Kind: tabular.Bool}, {Name: "notes"},
}

// table writes a version: of every fifty rows the second one changes, the third
// is missing before, the fourth after.
func table(dir string, version int) (snap tables.Snapshot, err error) {
	path := filepath.Join(dir, fmt.Sprintf("%d.parquet", version))
	out, err := os.Create(path)
	if err != nil {
		return snap, err
	}
	defer out.Close()
	w, err := tabular.NewParquetWriter(out, fields, tabular.ParquetOptions{})
	if err != nil {
		return snap, err
	}
	total := int64(0)
	for first := 0; first < rows; first += 10_000 {
		fr := &tabular.Frame{Fields: fields, Columns: make([]tabular.Column, len(fields))}
		c := fr.Columns
		for n := first; n < first+10_000; n++ {
			if n%50 == 2+version {
				continue
			}
			fr.Rows++
			for j := range c {
				c[j].Null = append(c[j].Null, false)
			}
			word := "ouvert"
			if n%50 == 1 {
				word = fmt.Sprintf("ouvert %d", version)
			}
			c[0].Int64 = append(c[0].Int64, int64(n*7+1))
			c[1].Bytes = append(c[1].Bytes, fmt.Appendf(nil, "Équipement n° %d", n*31%rows))
			c[2].Bytes = append(c[2].Bytes, fmt.Appendf(nil, "Catégorie %d", n%12))
			c[3].Bytes = append(c[3].Bytes, fmt.Appendf(nil, "%d, rue des Écoles", n%300))
			c[4].Bytes = append(c[4].Bytes, fmt.Appendf(nil, "Commune %d", n%700))
			c[5].Int64 = append(c[5].Int64, int64(n%20_000))
			c[6].Float64 = append(c[6].Float64, float64(n)/8)
			c[7].Int64 = append(c[7].Int64, int64(n&1))
			c[8].Bytes = append(c[8].Bytes, fmt.Appendf(nil, "%s toute l'année sur réservation", word))
		}
		total += int64(fr.Rows)
		if err := w.Write(fr); err != nil {
			return snap, err
		}
	}
	if err := w.Close(); err != nil {
		return snap, err
	}
	return tables.NewSnapshot(fields, []tables.Part{{Key: fmt.Sprint("rows", version), Rows: total, File: tables.LocalFile(path)}}), nil
}

// resident is the memory that the process holds, and the most that it has held, in MB.
func resident() (now, most int) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	_, rest, _ := strings.Cut(string(data), "VmRSS:")
	fmt.Sscan(rest, &now)
	_, rest, _ = strings.Cut(string(data), "VmHWM:")
	fmt.Sscan(rest, &most)
	return now >> 10, most >> 10
}

func run(ctx context.Context, dir string) error {
	before, err := table(dir, 0)
	if err != nil {
		return err
	}
	after, err := table(dir, 1)
	if err != nil {
		return err
	}
	e, err := duck.Open(filepath.Join(dir, "cache"), duck.Options{})
	if err != nil {
		return err
	}
	defer e.Close()
	for _, snap := range []tables.Snapshot{before, after} {
		if err := e.Warm(ctx, snap); err != nil {
			return err
		}
	}
	for _, keys := range [][][]string{{{"id"}}, nil} {
		_, most := resident()
		start := time.Now()
		d, err := e.Compare(ctx, before, after, keys)
		if err != nil {
			return err
		}
		took := time.Since(start)
		_, then := resident()
		fmt.Printf("diff: two versions of %d rows compared by %v in %.2f s: %+v; memory %d MB at most before, %d MB after\n", rows, keys, took.Seconds(), d.Counts, most, then)
	}
	return nil
}
