package app

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// rest gives memory back to the machine when the portal has had nothing to do for
// a while: what a large file took is not kept until the next one.
func rest(ctx context.Context) error {
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
		}
		busy = !quiet
	}
}
