package collect

import (
	"testing"
	"time"
)

// A table waits for what its cuts cost only while it has just been cut.
func TestPause(t *testing.T) {
	now := time.Date(2026, 7, 14, 8, 30, 0, 0, time.UTC)
	s := New(Options{Limits: Limits{Debounce: time.Second}})
	for name, c := range map[string]struct {
		last lastCut
		want time.Duration
	}{
		"never cut":         {lastCut{}, time.Second},
		"cut long ago":      {lastCut{10 * time.Second, now.Add(-time.Minute)}, time.Second},
		"a small one, just": {lastCut{100 * time.Millisecond, now}, time.Second},
		"a large one, just": {lastCut{2 * time.Second, now}, 6 * time.Second},
		"it has rested":     {lastCut{2 * time.Second, now.Add(-4 * time.Second)}, 2 * time.Second},
		"a very large one":  {lastCut{time.Minute, now}, 30 * time.Second},
	} {
		s.lasted["table"] = c.last
		if got := s.pause("table", now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
