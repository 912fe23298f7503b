package tiles_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"math/rand/v2"

	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/duck"
	"socle/internal/tables/tile"
	"socle/internal/tabular"
)

const (
	points   = 100_000
	deepest  = 14 // level
	perLevel = 60 // tiles of a level that are drawn, the fullest among them
)

// BenchmarkTiles prints a line per figure.
func BenchmarkTiles(b *testing.B) {
	for range b.N {
		if err := run(b.Context(), b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
}

func figure(format string, args ...any) { fmt.Printf("tiles: "+format+"\n", args...) }

var fields = []tabular.Field{
	{Name: "id", Kind: tabular.Int}, {Name: "nom"}, {Name: "categorie"}, {Name: "adresse"}, {Name: "commune"}, {Name: "ouverture", Kind: tabular.Date},
	{Name: "surface", Kind: tabular.Float}, {Name: "accessible", Kind: tabular.Bool}, {Name: "longitude", Kind: tabular.Float}, {Name: "latitude", Kind: tabular.Float},
}

// place is a point of a made-up territory: half of them in towns.
func place(r *rand.Rand, towns [][2]float64) (lon, lat float64) {
	if r.IntN(2) == 0 {
		t := towns[r.IntN(len(towns))]
		return t[0] + r.NormFloat64()/50, t[1] + r.NormFloat64()/70
	}
	return -4 + 12*r.Float64(), 42.5 + 8*r.Float64()
}

func table(dir string) (snap tables.Snapshot, at [][2]float64, err error) {
	r := rand.New(rand.NewPCG(7, 7))
	var towns [][2]float64
	for range 40 {
		towns = append(towns, [2]float64{-3 + 10*r.Float64(), 43 + 7*r.Float64()})
	}
	path := filepath.Join(dir, "points.parquet")
	out, err := os.Create(path)
	if err != nil {
		return snap, nil, err
	}
	defer out.Close()
	w, err := tabular.NewParquetWriter(out, fields, tabular.ParquetOptions{})
	if err != nil {
		return snap, nil, err
	}
	kinds := []string{"Bibliothèque", "Crèche", "Gymnase", "Mairie", "Musée", "Piscine"}
	for first := 0; first < points; first += 5000 {
		fr := &tabular.Frame{Fields: fields, Columns: make([]tabular.Column, len(fields)), Rows: 5000}
		c := fr.Columns
		for i := range fr.Rows {
			n := first + i
			lon, lat := place(r, towns)
			at = append(at, [2]float64{lon, lat})
			for j := range c {
				c[j].Null = append(c[j].Null, false)
			}
			c[0].Int64 = append(c[0].Int64, int64(n))
			c[1].Bytes = append(c[1].Bytes, fmt.Appendf(nil, "%s de la place n° %d", kinds[n%6], n))
			c[2].Bytes = append(c[2].Bytes, []byte(kinds[n%6]))
			c[3].Bytes = append(c[3].Bytes, fmt.Appendf(nil, "%d, rue des Écoles", n%300))
			c[4].Bytes = append(c[4].Bytes, fmt.Appendf(nil, "Commune %d", n%700))
			c[5].Int64 = append(c[5].Int64, int64(n%20_000))
			c[6].Float64 = append(c[6].Float64, float64(n)/8)
			c[7].Int64 = append(c[7].Int64, int64(n&1))
			c[8].Float64 = append(c[8].Float64, lon)
			c[9].Float64 = append(c[9].Float64, lat)
		}
		if err := w.Write(fr); err != nil {
			return snap, nil, err
		}
	}
	if err := w.Close(); err != nil {
		return snap, nil, err
	}
	return tables.NewSnapshot(fields, []tables.Part{{Key: "points", Rows: points, File: tables.LocalFile(path)}}), at, nil
}

// fullest are the tiles of a level with something on them, the fullest first.
func fullest(at [][2]float64, z uint32) []tile.Address {
	count := map[tile.Address]int{}
	for _, p := range at {
		b, _ := tile.BoxOf(p[0], p[1], p[0], p[1])
		count[tile.Address{Z: z, X: uint32(uint64(b.West) >> (32 - z)), Y: uint32(uint64(b.North) >> (32 - z))}]++
	}
	var list []tile.Address
	for a := range count {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b tile.Address) int { return count[b] - count[a] })
	return list
}

func run(ctx context.Context, dir string) error {
	snap, at, err := table(dir)
	if err != nil {
		return err
	}
	e, err := duck.Open(filepath.Join(dir, "cache"), duck.Options{})
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.Warm(ctx, snap); err != nil {
		return err
	}
	start := time.Now()
	if _, err := e.Extent(ctx, snap); err != nil {
		return err
	}
	figure("index of %d points made in %.0f ms", points, ms(time.Since(start)))
	for _, f := range []struct {
		name string
		q    query.Query
	}{
		{"all rows", query.Query{}},
		{"filtered", query.Query{Where: query.Compare{Column: "categorie", Op: query.Ne, Value: query.Text("Mairie")}}},
	} {
		if err := draw(ctx, e, snap, f.q, f.name, at); err != nil {
			return err
		}
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func draw(ctx context.Context, e *duck.Engine, snap tables.Snapshot, q query.Query, name string, at [][2]float64) error {
	var cold, warm []time.Duration
	var worst tile.Address
	heaviest := 0
	for z := range uint32(deepest + 1) {
		list := fullest(at, z)
		for _, a := range list[:min(perLevel, len(list))] {
			start := time.Now()
			data, err := e.Tile(ctx, snap, q, a)
			took := time.Since(start)
			if err != nil {
				return err
			}
			if len(cold) == 0 || took > slices.Max(cold) {
				worst = a
			}
			cold, heaviest = append(cold, took), max(heaviest, len(data))
			start = time.Now()
			if _, err := e.Tile(ctx, snap, q, a); err != nil {
				return err
			}
			warm = append(warm, time.Since(start))
		}
	}
	slices.Sort(cold)
	slices.Sort(warm)
	figure("%s: %d tiles, cold %.1f ms half of the time, %.1f ms at worst (level %d); warm %.3f ms, %.2f ms at worst; %d KB at most; promised: cold 150 ms, warm 5 ms, 500 KB",
		name, len(cold), ms(cold[len(cold)/2]), ms(cold[len(cold)-1]), worst.Z, ms(warm[len(warm)/2]), ms(warm[len(warm)-1]), heaviest/1000)
	return nil
}
