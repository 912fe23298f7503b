package tables

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"socle/internal/query"
	"socle/internal/tabular"
)

// ChangeKind says what became of a row or a column.
type ChangeKind string

const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed" // rows
	Retyped ChangeKind = "retyped" // columns
)

// ChangeKinds lists those of rows, in the order in which they are shown.
var ChangeKinds = []ChangeKind{Changed, Added, Removed}

// ColumnChange is a column that came, went, or holds another type of values.
type ColumnChange struct {
	Name string
	Kind ChangeKind
	From tabular.Kind // of Removed and Retyped
	To   tabular.Kind // of Added and Retyped
}

// RowPair is the number of a row in the version before and in the one after.
type RowPair struct{ Old, New int64 }

// MaxDetails is how many rows of each kind a Difference names.
const MaxDetails = 20_000

// Difference is what changed from a snapshot to another.
type Difference struct {
	Key     []string       // columns that tell which rows are the same; none: whole rows are compared, and none is Changed
	Columns []ColumnChange // in the order of the table after, those removed last
	Counts  Counts
	Pairs   []RowPair // of the first rows Changed, in the order of the version after
	Added   []int64   // numbers of the first rows in the version after
	Removed []int64   // numbers of the first rows in the version before
	Cells   []CellCount
}

// Counts are exact.
type Counts struct{ Added, Removed, Changed, Same int64 }

// CellCount says in how many rows Changed the cell of a column is another. They
// are told when all rows Changed are in Pairs.
type CellCount struct {
	Column string
	Rows   int64
}

// None reports that nothing changed.
func (d *Difference) None() bool {
	return d.Counts.Added+d.Counts.Removed+d.Counts.Changed == 0 && len(d.Columns) == 0
}

// Count is how many rows changed in a way.
func (d *Difference) Count(k ChangeKind) int64 {
	switch k {
	case Added:
		return d.Counts.Added
	case Removed:
		return d.Counts.Removed
	}
	return d.Counts.Changed
}

// Listed is how many of them the Difference names.
func (d *Difference) Listed(k ChangeKind) int {
	switch k {
	case Added:
		return len(d.Added)
	case Removed:
		return len(d.Removed)
	}
	return len(d.Pairs)
}

// Comparer compares snapshots.
type Comparer interface {
	// Compare says what changed. keys are lists of columns, of which the first that
	// both snapshots have, without an empty cell and never twice the same, tells which
	// rows are the same; without one, whole rows are compared, as often as they occur.
	// Values of columns whose type changed are compared as texts. One comparison
	// runs at a time.
	Compare(ctx context.Context, before, after Snapshot, keys [][]string) (*Difference, error)
}

// columnChanges compares the columns of two tables by name.
func columnChanges(before, after []tabular.Field) (list []ColumnChange) {
	for _, f := range after {
		i := slices.IndexFunc(before, func(g tabular.Field) bool { return g.Name == f.Name })
		switch {
		case i < 0:
			list = append(list, ColumnChange{Name: f.Name, Kind: Added, To: f.Kind})
		case before[i].Kind != f.Kind:
			list = append(list, ColumnChange{Name: f.Name, Kind: Retyped, From: before[i].Kind, To: f.Kind})
		}
	}
	for _, f := range before {
		if !slices.ContainsFunc(after, func(g tabular.Field) bool { return g.Name == f.Name }) {
			list = append(list, ColumnChange{Name: f.Name, Kind: Removed, From: f.Kind})
		}
	}
	return list
}

// NewDifference is the Difference of the columns of two snapshots; an engine adds
// the rows.
func NewDifference(before, after Snapshot) *Difference {
	return &Difference{Columns: columnChanges(before.Fields, after.Fields), Counts: Counts{}}
}

// uniqueColumns are the columns that may be a key, the likeliest first: those
// without an empty cell and, as far as the profile tells, without repetition.
func uniqueColumns(p *Profile, fields []tabular.Field) (names []string) {
	for _, likely := range []bool{true, false} {
		for j, c := range p.Columns {
			f := fields[j]
			simple := f.Kind == tabular.Int || f.Kind == tabular.Text && f.Geometry == ""
			// An estimate may be off by a few percent; the comparison makes sure.
			unique := c.Nulls == 0 && (c.Distinct == p.Rows || c.Approximate && c.Distinct > p.Rows*9/10)
			if simple && unique && isKeyName(c.Name) == likely {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// isKeyName reports names that are given to identifiers.
func isKeyName(name string) bool {
	name = string(query.Fold(nil, []byte(name)))
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		switch word {
		case "id", "uid", "uuid", "code", "identifiant", "identifier", "ref", "reference", "cle", "key", "numero", "num", "siret", "siren", "insee", "uai", "rna":
			return true
		}
	}
	return strings.HasPrefix(name, "id") && len(name) <= 4
}
