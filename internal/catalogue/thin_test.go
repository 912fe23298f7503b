package catalogue_test

import (
	"testing"
	"time"

	"socle/internal/catalogue"
)

// The rule names the same period for versions of which one stays.
func TestKeep(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for _, c := range []struct {
		keep catalogue.Keep
		age  time.Duration
		want string
	}{
		{catalogue.Keep{}, 23 * time.Hour, ""},
		{catalogue.Keep{}, 25 * time.Hour, "2026-11-29T11"},
		{catalogue.Keep{}, 8 * day, "2026-11-22"},
		{catalogue.Keep{}, 91 * day, "2026-08"},
		{catalogue.Keep{All: time.Minute, Hourly: time.Hour, Daily: day}, 2 * time.Minute, "2026-11-30T11"},
		{catalogue.Keep{All: time.Minute, Hourly: time.Hour, Daily: day}, 2 * time.Hour, "2026-11-30"},
		{catalogue.Keep{All: 100 * day}, 99 * day, ""}, // the next ones begin no earlier
		{catalogue.Keep{All: 100 * day}, 101 * day, "2026-08"},
		{catalogue.Keep{All: -time.Hour}, 2 * time.Hour, ""},
	} {
		if got := c.keep.At(now)(now.Add(-c.age)); got != c.want {
			t.Errorf("%+v, %s before: %q, want %q", c.keep, c.age, got, c.want)
		}
	}
}
