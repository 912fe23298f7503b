package detect

import (
	"cmp"
	"math"
	"slices"

	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/schema/national"
)

// Match is how far a table resembles a schema.
type Match struct {
	ID      string
	Version string
	Score   float64  // 1: every field of the schema is there, and nothing else
	Missing []string // required fields that the table lacks
	Extra   []string // columns that are none of the schema
}

// What a table must share with a schema to be told: a score, and a part of its own
// columns unless nearly the whole schema is there (small schemas have common words).
const (
	leastScore     = 0.45
	leastPrecision = 0.35
	wholeSchema    = 0.8
)

// Schemas ranks the bundled schemas that a table resembles, the best first; of
// each the version that comes first in the list. Those that share too little
// with the table are left out.
func Schemas(columns []Column, entries []national.Entry) []Match {
	var out []Match
	seen := map[string]bool{}
	for _, e := range entries {
		if seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		s, err := e.Schema()
		if err != nil {
			continue // a descriptor that does not parse fails the tests of national
		}
		m := Resemblance(columns, s)
		m.ID, m.Version = e.ID, e.Version
		if m.Score >= leastScore {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// Resemblance compares a table with one schema. Columns that have the name of a
// field, or its title, count wholly, those that resemble it for seven tenths, by
// half when their type does not suit; required fields count three times as much as the others.
func Resemblance(columns []Column, s *schema.Schema) Match {
	m := Match{ID: s.ID, Version: s.Version}
	header := make([]string, len(columns))
	for j, c := range columns {
		header[j] = c.Name
	}
	of := make([]int, len(s.Fields)) // field → column, from 1
	matches := check.MatchColumns(s, header)
	matched := 0.0
	for j, c := range matches {
		if c.Field < 0 {
			m.Extra = append(m.Extra, header[j])
			continue
		}
		of[c.Field] = j + 1
		matched += trust(c)
	}
	found, all := 0.0, 0.0
	for i := range s.Fields {
		f := &s.Fields[i]
		weight := 1.0
		if f.Constraints.Required {
			weight = 3
		}
		all += weight
		if of[i] == 0 {
			if f.Constraints.Required {
				m.Missing = append(m.Missing, f.Name)
			}
			continue
		}
		weight *= trust(matches[of[i]-1])
		if !suits(columns[of[i]-1], f) {
			weight /= 2
		}
		found += weight
	}
	if all == 0 || len(header) == 0 {
		return m
	}
	recall, precision := found/all, matched/float64(len(header))
	m.Score = math.Round((0.7*recall+0.3*precision)*100) / 100
	if recall < leastScore || precision < leastPrecision && recall < wholeSchema {
		m.Score = min(m.Score, recall/2)
	}
	return m
}

// trust is what a column counts for: less when its name only resembles the field's.
func trust(c check.ColumnMatch) float64 {
	if c.Sure {
		return 1
	}
	return 0.7
}

// suits tells whether the values of a column may be of a field.
func suits(c Column, f *schema.Field) bool {
	switch f.Type {
	case schema.String, schema.Any, "":
		return true
	case schema.Integer, schema.Number, schema.Year:
		return c.Type == schema.Integer || c.Type == schema.Number || c.Type == schema.Year || c.Type == schema.Any
	case schema.Boolean:
		return c.Type == schema.Boolean || c.Type == schema.Any || c.Distinct <= 3
	case schema.Date, schema.Datetime:
		return c.Type == schema.Date || c.Type == schema.Datetime || c.Type == schema.Any
	}
	return true
}
