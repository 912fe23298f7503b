package check

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"

	"socle/internal/schema"
	"socle/internal/tabular"
)

var (
	benchFile   = flag.String("file", "", "a CSV file for BenchmarkRun")
	benchSchema = flag.String("schema", "", "its schema")
)

// BenchmarkRun checks a file of one's own: go test -bench Run -file F -schema S.
func BenchmarkRun(b *testing.B) {
	if *benchFile == "" {
		b.Skip("no -file F -schema S")
	}
	desc, err := os.ReadFile(*benchSchema)
	if err != nil {
		b.Fatal(err)
	}
	s, err := schema.Parse(desc)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		src, err := tabular.OpenFile(*benchFile)
		if err != nil {
			b.Fatal(err)
		}
		f, err := tabular.Open(context.Background(), src, tabular.Options{Name: *benchFile})
		if err != nil {
			b.Fatal(err)
		}
		rep, err := Run(context.Background(), f, s, Options{Limit: DefaultLimit, Clock: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(rep.Stats.Errors), "errors")
		f.Close()
	}
}
