package tabular

import (
	"bytes"
	"fmt"
	"testing"
)

// benchText is delimited text as the portal sees it: accents, decimal numbers,
// some quotes.
func benchText(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("id,nom,code_insee,commune,date,montant,remarque\n")
	for i := range rows {
		fmt.Fprintf(&b, "FR%07d,École élémentaire n° %d,31%03d,Villefranche-de-Lauragais,2024-%02d-%02d,%d.%02d,", i, i%97, i%589, 1+i%12, 1+i%28, i%5000, i%100)
		if i%20 == 0 {
			b.WriteString("\"accueil, dit \"\"le grand\"\"\"")
		} else {
			b.WriteString("réouverture après travaux")
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func BenchmarkOpen(b *testing.B) {
	for _, rows := range []int{200, 100_000} {
		text := benchText(rows)
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			for b.Loop() {
				f, err := Open(b.Context(), Bytes(text), Options{})
				if err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	text := benchText(500_000)
	f, err := Open(b.Context(), Bytes(text), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Scan(b.Context(), f, workers, func(*Batch) (int, error) { return 0, nil }, func(Position, int) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
