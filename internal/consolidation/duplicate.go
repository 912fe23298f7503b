package consolidation

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
)

// Bounds of the duplicates that are kept to be shown.
const (
	shownGroups = 500
	shownRows   = 20
)

// keySize is that of a row in the blob of keys: its key, its number in the table.
const keySize = 12

// Duplicate is a key that several tables have.
type Duplicate struct {
	Number int64 // of the first row that stays, in the dataset of the territory
	Rows   []DuplicateRow
	More   int // rows beyond those listed
}

// DuplicateRow is a row with the key.
type DuplicateRow struct {
	Resource catalogue.ResourceID
	Row      int64 // its number in its table
	Kept     bool
}

// Duplicates lists the keys that several tables have, the first ones, as of the last
// build. Anyone. Kinds: NotFound.
func (s *Service) Duplicates(ctx context.Context, a identity.Actor, schemaID string) (list []Duplicate, err error) {
	defer errs.Wrap(&err, "consolidation.Duplicates(%s)", schemaID)
	c, err := s.Find(ctx, a, schemaID)
	if err != nil || c.duplicates == "" {
		return nil, err
	}
	r, err := s.o.Blobs.Open(ctx, c.duplicates)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return list, json.NewDecoder(r).Decode(&list)
}

// keyed are the keys of the rows of one source.
type keyed struct{ data []byte }

func (k keyed) len() int           { return len(k.data) / keySize }
func (k keyed) key(i int) uint64   { return binary.LittleEndian.Uint64(k.data[i*keySize:]) }
func (k keyed) number(i int) int64 { return int64(binary.LittleEndian.Uint32(k.data[i*keySize+8:])) }

func (s *Service) keysOf(ctx context.Context, h blob.Hash, rows int64) (keyed, error) {
	r, err := s.o.Blobs.Open(ctx, h)
	if err != nil {
		return keyed{}, err
	}
	defer r.Close()
	data := make([]byte, rows*keySize)
	if _, err := io.ReadFull(r, data); err != nil {
		return keyed{}, fmt.Errorf("keys of %d rows: %w", rows, err)
	}
	return keyed{data}, nil
}

// place is a row: its source and its position among the right rows of it.
type place struct{ source, at int }

// repeats finds the keys that several sources have, in the order of their first row.
func repeats(keys []keyed) [][]place {
	n := 0
	for _, k := range keys {
		n += k.len()
	}
	all := make([]uint64, 0, n)
	for _, k := range keys {
		for i := range k.len() {
			if key := k.key(i); key != 0 {
				all = append(all, key)
			}
		}
	}
	slices.Sort(all)
	twice := map[uint64][]place{}
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			twice[all[i]] = nil
		}
	}
	if len(twice) == 0 {
		return nil
	}
	for s, k := range keys {
		for i := range k.len() {
			if list, ok := twice[k.key(i)]; ok {
				twice[k.key(i)] = append(list, place{s, i})
			}
		}
	}
	var out [][]place
	for _, list := range twice {
		if list[0].source != list[len(list)-1].source {
			out = append(out, list)
		}
	}
	slices.SortFunc(out, func(a, b []place) int {
		return cmp.Or(cmp.Compare(a[0].source, b[0].source), cmp.Compare(a[0].at, b[0].at))
	})
	return out
}

// resolution says which rows leave for a rule.
type resolution struct {
	groups  [][]place
	winners []int   // source that keeps its rows, of each group; -1: all do
	leave   [][]int // by source, positions in order
}

func resolve(f Form, list []Source, groups [][]place) resolution {
	out := resolution{groups: groups, winners: make([]int, len(groups)), leave: make([][]int, len(list))}
	for g, places := range groups {
		out.winners[g] = -1
		if f.Rule == KeepAll {
			continue
		}
		best := places[0].source
		for _, p := range places[1:] {
			if p.source != best && before(f, list[p.source], list[best]) {
				best = p.source
			}
		}
		out.winners[g] = best
		for _, p := range places {
			if p.source != best {
				out.leave[p.source] = append(out.leave[p.source], p.at)
			}
		}
	}
	for _, l := range out.leave {
		slices.Sort(l)
	}
	return out
}

// before reports that the rows of one source go before those of another.
func before(f Form, a, b Source) bool {
	if f.Rule == Priority {
		if x, y := rank(f.Order, a.Organisation), rank(f.Order, b.Organisation); x != y {
			return x < y
		}
	}
	if !a.VersionAt.Equal(b.VersionAt) {
		return a.VersionAt.After(b.VersionAt)
	}
	return a.Resource < b.Resource
}

func rank(order []identity.OrganisationID, o identity.OrganisationID) int {
	if i := slices.Index(order, o); i >= 0 {
		return i
	}
	return len(order)
}

// shown are the groups that the page of duplicates tells.
func (r *resolution) shown(list []Source, keys []keyed) []Duplicate {
	offsets := make([]int64, len(list))
	next := int64(0)
	for i, s := range list {
		offsets[i] = next
		next += s.Rows
	}
	var out []Duplicate
	for g, places := range r.groups[:min(len(r.groups), shownGroups)] {
		d := Duplicate{More: max(0, len(places)-shownRows)}
		for _, p := range places {
			kept := r.winners[g] < 0 || r.winners[g] == p.source
			if kept && d.Number == 0 {
				gone, _ := slices.BinarySearch(r.leave[p.source], p.at)
				d.Number = offsets[p.source] + int64(p.at-gone) + 1
			}
			if len(d.Rows) < shownRows {
				d.Rows = append(d.Rows, DuplicateRow{list[p.source].Resource, keys[p.source].number(p.at), kept})
			}
		}
		out = append(out, d)
	}
	return out
}
