package catalogue

import (
	"strings"
	"time"
)

// FrequencyID is a code of the European authority list "frequency"; "" when
// nothing was said.
type FrequencyID string

// Frequency says how often the data is meant to change.
type Frequency struct {
	ID FrequencyID
	// Days is the longest time expected between two updates; 0 when nothing is
	// expected (irregular, never, unknown).
	Days int
}

const euFrequencies = "http://publications.europa.eu/resource/authority/frequency/"

// LabelKey is the message key of the frequency's name.
func (f Frequency) LabelKey() string { return "catalogue.frequency." + strings.ToLower(string(f.ID)) }

// URI is the frequency in the European authority list (dct:accrualPeriodicity).
func (f Frequency) URI() string { return euFrequencies + string(f.ID) }

// Known reports whether the frequency says something.
func (f Frequency) Known() bool { return f.ID != "" && f.ID != "UNKNOWN" }

// Due is when the next update is expected after the last one: zero when none is.
func (f Frequency) Due(last time.Time) time.Time {
	if f.Days == 0 || last.IsZero() {
		return time.Time{}
	}
	return last.AddDate(0, 0, f.Days)
}

// Frequencies lists the codes offered, the most frequent first.
var Frequencies = []Frequency{
	{"UPDATE_CONT", 1},
	{"HOURLY", 1},
	{"DAILY", 1},
	{"WEEKLY", 7},
	{"BIWEEKLY", 14},
	{"MONTHLY", 31},
	{"BIMONTHLY", 62},
	{"QUARTERLY", 92},
	{"ANNUAL_3", 122},
	{"ANNUAL_2", 184},
	{"ANNUAL", 366},
	{"BIENNIAL", 731},
	{"TRIENNIAL", 1096},
	{"QUINQUENNIAL", 1827},
	{"DECENNIAL", 3653},
	{"IRREG", 0},
	{"NEVER", 0},
	{"UNKNOWN", 0},
}

// FindFrequency returns a frequency by its code.
func FindFrequency(id FrequencyID) (Frequency, bool) {
	for _, f := range Frequencies {
		if f.ID == id {
			return f, true
		}
	}
	return Frequency{}, false
}
