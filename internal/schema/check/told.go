package check

import (
	"slices"
	"strings"

	"socle/internal/i18n"
)

// Columns that are alike wrong are told together from this many on, and this many
// are named.
const (
	foldedColumns = 3
	namedColumns  = 30
)

// foldedKeys are the messages on one column that have a form for several of them:
// the key of that form is the key and ".several".
var foldedKeys = []string{"check.missing-label", "check.missing-label.standard", "check.missing-label.optional", "check.extra-label", "check.extra-label.standard"}

// Told gives the groups as people read them: errors before warnings, and the columns
// that are missing, or that the schema does not have, in one group instead of one
// for each column.
func (r *Report) Told() []Group {
	var out []Group
	folded := map[string]bool{} // by key
	for _, warned := range []bool{false, true} {
		for i := range r.Groups {
			g := &r.Groups[i]
			if g.Warning != warned {
				continue
			}
			alike := r.alike(g)
			if len(alike) < foldedColumns {
				out = append(out, *g)
				continue
			}
			if folded[g.Key] {
				continue
			}
			folded[g.Key] = true
			names := alike
			if len(names) > namedColumns {
				names = append(slices.Clone(names[:namedColumns]), "…")
			}
			out = append(out, Group{Code: g.Code, Count: len(alike), Key: g.Key + ".several", Args: i18n.Args{"Columns": names}, Warning: g.Warning, field: -1})
		}
	}
	return out
}

// alike names the columns whose groups say the same thing of them.
func (r *Report) alike(g *Group) (names []string) {
	if !slices.Contains(foldedKeys, g.Key) {
		return nil
	}
	for i := range r.Groups {
		if o := &r.Groups[i]; o.Key == g.Key && o.Warning == g.Warning {
			names = append(names, strings.TrimSpace(o.Field))
		}
	}
	return names
}

// Sample quotes some cells of a group, each once, as they were read; "" when it has
// none that are short enough to be shown.
func (r *Report) Sample(l i18n.Lang, g *Group) string {
	const shown, among, longest = 3, 200, 60
	var seen []string
	for _, f := range r.Examples(g, among) {
		if q := quote(l, visible(f.Cell)); f.HasCell && f.Cell != "" && len(f.Cell) <= longest && !slices.Contains(seen, q) {
			if seen = append(seen, q); len(seen) == shown {
				break
			}
		}
	}
	if len(seen) == 0 {
		return ""
	}
	return i18n.T(l, "check.report.read", i18n.Args{"List": strings.Join(seen, ", ")})
}

// Examples gives the first faults of a group that are of a row, n at most.
func (r *Report) Examples(g *Group, n int) []*Fault {
	list := r.Errors
	if g.Warning {
		list = r.Warnings
	}
	var out []*Fault
	for i := range list {
		if f := &list[i]; len(out) < n && f.Row > 0 && g.holds(f) {
			out = append(out, f)
		}
	}
	return out
}
