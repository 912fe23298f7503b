package app

import (
	"context"
	"log/slog"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"socle/internal/tables/duck"
)

// rest gives memory back to the machine when the portal has had nothing to do for
// a while: what a large file took is not kept until the next one. That is garbage,
// what DuckDB has freed, and the pages of the program that are not needed at rest.
func rest(ctx context.Context, log *slog.Logger) error {
	const pause = 20 * time.Second
	const little = 4 << 20 // bytes allocated in a pause that count as nothing
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	var last uint64
	busy := true
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		metrics.Read(sample)
		now := sample[0].Value.Uint64()
		quiet := now-last < little
		last = now
		if quiet && busy {
			debug.FreeOSMemory()
			duck.GiveBack()
			if err := releaseProgram(); err != nil {
				log.WarnContext(ctx, "pages of the program stay mapped", "cause", err)
			}
		}
		busy = !quiet
	}
}
