package detect

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"socle/internal/cog"
	"socle/internal/schema"
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

const leastScore = 0.3

// Schemas ranks the bundled schemas that a table resembles, the best first; of
// each the version that comes first in the list. Those that share less than a
// third with the table are left out.
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
// field, or its title, count wholly when their type suits, by half when it does
// not; required fields count three times as much as the others.
func Resemblance(columns []Column, s *schema.Schema) Match {
	m := Match{ID: s.ID, Version: s.Version}
	header := make([]string, len(columns))
	for j, c := range columns {
		header[j] = c.Name
	}
	taken := make([]bool, len(header))
	found, all := 0.0, 0.0
	matched := 0
	for i := range s.Fields {
		f := &s.Fields[i]
		weight := 1.0
		if f.Constraints.Required {
			weight = 3
		}
		all += weight
		j := columnFor(header, taken, f)
		if j < 0 {
			if f.Constraints.Required {
				m.Missing = append(m.Missing, f.Name)
			}
			continue
		}
		taken[j] = true
		matched++
		if !suits(columns[j], f) {
			weight /= 2
		}
		found += weight
	}
	for j, label := range header {
		if !taken[j] {
			m.Extra = append(m.Extra, label)
		}
	}
	if all == 0 || len(header) == 0 {
		return m
	}
	recall, precision := found/all, float64(matched)/float64(len(header))
	m.Score = math.Round((0.7*recall+0.3*precision)*100) / 100
	if recall < leastScore {
		m.Score = min(m.Score, recall)
	}
	return m
}

func columnFor(header []string, taken []bool, f *schema.Field) int {
	for _, same := range []func(label string) bool{
		func(l string) bool { return l == f.Name },
		func(l string) bool { return squeeze(l) == squeeze(f.Name) },
		func(l string) bool { return f.Title != "" && squeeze(l) == squeeze(f.Title) },
	} {
		for j, l := range header {
			if !taken[j] && l != "" && same(l) {
				return j
			}
		}
	}
	return -1
}

func squeeze(s string) string { return strings.ReplaceAll(cog.FoldName(s), " ", "") }

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
