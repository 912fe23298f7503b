package catalogue

import (
	"slices"
	"time"
	"unicode/utf8"

	"socle/internal/errs"
)

// Quality is how well a dataset is described: the nine criteria of data.gouv.fr
// (udata, compute_quality_score), each worth one point.
type Quality struct {
	Points   int
	Criteria []Criterion
}

// Of is the number of criteria.
func (q Quality) Of() int { return len(q.Criteria) }

// Percent is the score from 0 to 100.
func (q Quality) Percent() int { return (q.Points*100 + q.Of()/2) / q.Of() }

// Criterion is one of the nine.
type Criterion struct {
	ID     string // stable code
	Met    bool
	Reason string    // message key of why it is met or not
	Args   errs.Args // of both messages
}

// TodoKey is the message key of what to do when it is not met.
func (c Criterion) TodoKey() string { return "catalogue.quality." + c.ID + ".todo" }

const (
	qualityDescription = 100            // characters that a description has more than
	lateTolerance      = 24 * time.Hour // after the date expected
)

// closedFormats are those that need a given software, or hold no rows.
var closedFormats = []string{"pdf", "doc", "docx", "word", "xls", "excel", "xlsx"}

// Score judges a dataset as Get returns it, at an instant.
func Score(d Dataset, now time.Time) Quality {
	frequency, _ := FindFrequency(d.Frequency)
	late := Late(d, now)
	open, available, documented := false, len(d.Resources) > 0, false
	for _, r := range d.Resources {
		open = open || r.Usable() && (r.Kind == Table || r.Format != "" && !slices.Contains(closedFormats, r.Format))
		available = available && r.Usable() && !r.LinkBroken
		documented = documented || r.Description != ""
	}
	length := utf8.RuneCountInString(d.Description)
	q := Quality{Criteria: []Criterion{
		{ID: "licence", Met: d.Licence != "" && d.Licence != NotSpecified},
		{ID: "temporal", Met: !d.Temporal.IsZero()},
		{ID: "spatial", Met: !d.Spatial.IsZero()},
		{ID: "frequency", Met: frequency.Known()},
		{ID: "up-to-date", Met: frequency.Known() && late == 0, Args: errs.Args{"Count": late}},
		{ID: "description", Met: length > qualityDescription, Args: errs.Args{"Count": qualityDescription}},
		{ID: "open-format", Met: open},
		{ID: "available", Met: available},
		{ID: "documentation", Met: documented},
	}}
	for i := range q.Criteria {
		c := &q.Criteria[i]
		switch {
		case c.Met:
			q.Points++
			c.Reason = "catalogue.quality." + c.ID + ".met"
		case c.ID == "up-to-date" && !frequency.Known(): // nothing to be late for
			c.Reason = "catalogue.quality.frequency.unmet"
		default:
			c.Reason = "catalogue.quality." + c.ID + ".unmet"
		}
	}
	return q
}

// Late is the number of days since the update that was expected, one day of
// tolerance past; 0 when in time or when none is expected.
func Late(d Dataset, now time.Time) int {
	frequency, _ := FindFrequency(d.Frequency)
	last := d.DataAt
	if last.IsZero() {
		last = d.CreatedAt
	}
	due := frequency.Due(last)
	if due.IsZero() || !now.After(due.Add(lateTolerance)) {
		return 0
	}
	return int(now.Sub(due) / (24 * time.Hour))
}
