package tables

import (
	"strconv"
	"time"

	"socle/internal/chart"
	"socle/internal/query"
	"socle/internal/tabular"
)

// Chartable is what is known of columns when charts are proposed; cols are those of
// the profile, in its order.
func (p *Profile) Chartable(cols []query.Column) []chart.Column {
	out := make([]chart.Column, len(cols))
	for i, c := range p.Columns {
		out[i] = chart.Column{Column: cols[i], Rows: p.Rows - c.Nulls, Distinct: c.Distinct, Min: Axis(c.Kind, c.Min), Max: Axis(c.Kind, c.Max)}
	}
	return out
}

// Axis is where a value of a profile lies: a number, days of a date, microseconds
// of an instant; 0 for what lies nowhere.
func Axis(k tabular.Kind, text string) float64 {
	switch k {
	case tabular.Int, tabular.Float:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0
		}
		return v
	case tabular.Date:
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return float64(t.Unix() / 86400)
		}
	case tabular.Timestamp:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
			if t, err := time.Parse(layout, text); err == nil {
				return float64(t.UnixMicro())
			}
		}
	}
	return 0
}
