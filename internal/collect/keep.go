package collect

import (
	"time"

	"socle/internal/catalogue"
)

// Keep says which of the versions cut from entries stay: all of the last while, then
// one an hour, then one a day, then one a month. Pinned versions, the first public
// one, the latest, and those that came with a file always stay.
type Keep struct {
	All    time.Duration // 24 hours
	Hourly time.Duration // 7 days
	Daily  time.Duration // 90 days
}

func (k Keep) orDefault() Keep {
	const day = 24 * time.Hour
	if k.All <= 0 {
		k.All = day
	}
	if k.Hourly <= 0 {
		k.Hourly = 7 * day
	}
	if k.Daily <= 0 {
		k.Daily = 90 * day
	}
	k.Hourly = max(k.Hourly, k.All)
	k.Daily = max(k.Daily, k.Hourly)
	return k
}

// times is the rule for ThinTx: the last version of each period stays.
func (k Keep) times(now time.Time) catalogue.Bucket {
	return func(at time.Time) string {
		switch age := now.Sub(at); {
		case age < k.All:
			return ""
		case age < k.Hourly:
			return at.UTC().Format("2006-01-02T15")
		case age < k.Daily:
			return at.UTC().Format("2006-01-02")
		}
		return at.UTC().Format("2006-01")
	}
}
