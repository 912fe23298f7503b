package national

import (
	"path"
	"slices"
	"strings"
)

// Near returns up to three bundled schemas whose identifier looks like ref:
// by one part being in the other, or by few letters of difference.
func Near(ref string) []Entry {
	ref, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(ref)), "@")
	name := plain(path.Base(ref))
	if name == "" {
		return nil
	}
	type scored struct {
		e Entry
		n int
	}
	var found []scored
	for _, e := range index() {
		other := plain(path.Base(e.ID))
		n := distance(name, other)
		if strings.Contains(other, name) || strings.Contains(name, other) {
			n = min(n, 1)
		}
		if n <= max(len(name), len(other))/3 && !slices.ContainsFunc(found, func(s scored) bool { return s.e.ID == e.ID }) {
			found = append(found, scored{e, n})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return a.n - b.n })
	var out []Entry
	for _, s := range found[:min(3, len(found))] {
		out = append(out, s.e)
	}
	return out
}

// plain drops what people write differently in an identifier.
func plain(s string) string {
	s = strings.TrimPrefix(s, "schema-")
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', ' ', '.':
			return -1
		case 'é', 'è', 'ê', 'ë':
			return 'e'
		case 'à', 'â':
			return 'a'
		case 'ç':
			return 'c'
		case 'î', 'ï':
			return 'i'
		}
		return r
	}, s)
}

// distance is the number of letters to add, drop, change or swap with their
// neighbour to go from a to b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
