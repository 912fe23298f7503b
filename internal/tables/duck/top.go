package duck

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"socle/internal/query"
)

// topRows is how far from the first row a sorted page may be to be found by codes;
// pages further away are DuckDB's, which sorts within its memory.
const topRows = 20_000

// sortCode is a key of a sort whose column is coded.
type sortCode struct {
	*codeReader
	desc  bool
	width int // bits of a place
}

// place is a code in the order of the key: cells without value come last, either way.
func (k *sortCode) place(code uint64) uint64 {
	if !k.few() {
		if k.desc {
			return ^code
		}
		return code - 1
	}
	last := uint64(k.Values)
	switch {
	case code == 0 || code > last:
		return last
	case k.desc:
		return last - code
	}
	return code - 1
}

// entry is the places of a row in the order of the keys, and its rowid: 128 bits.
type entry struct{ high, low uint64 }

func (e entry) compare(f entry) int {
	if e.high != f.high {
		return cmp.Compare(e.high, f.high)
	}
	return cmp.Compare(e.low, f.low)
}

// push adds so many bits below.
func (e entry) push(v uint64, n int) entry {
	return entry{e.high<<n | e.low>>(64-n), e.low<<n | v}
}

// sorter finds the first rows of a set in the order of coded columns.
type sorter struct {
	rows  int64
	keys  []*sortCode
	width int // bits of a rowid
}

// sorter finds pages in the order of keys; ok is false when a column is not coded,
// or the keys are too many.
func (p *planner) sorter(keys []query.SortKey) (s *sorter, ok bool, err error) {
	s = &sorter{rows: p.t.rows, width: bits.Len64(uint64(p.t.rows))}
	total := s.width
	for _, k := range keys {
		j, err := p.column(k.Column)
		if err != nil {
			return nil, false, err
		}
		c, ok, err := p.t.coded(j)
		if err != nil || !ok {
			return nil, false, err
		}
		width := 64
		if c.few() {
			width = bits.Len64(uint64(c.Values))
		}
		total += width
		s.keys = append(s.keys, &sortCode{c.reader(), k.Desc, width})
	}
	if total > 128 {
		return nil, false, nil
	}
	return s, true, nil
}

// read reads block i of all keys.
func (s *sorter) read(i int) error {
	for _, k := range s.keys {
		if err := k.read(i); err != nil {
			return err
		}
	}
	return nil
}

// entry is that of a row of the block that is read.
func (s *sorter) entry(block, k int) entry {
	e := entry{}
	for _, key := range s.keys {
		e = e.push(key.place(key.code(k)), key.width)
	}
	return e.push(uint64(block*blockRows+k), s.width)
}

// top returns the numbers of the first rows of a set (nil: all rows) that come
// after the one of a number (0: none), in order.
func (s *sorter) top(ctx context.Context, set bitset, after int64, most int) ([]int64, error) {
	if after > s.rows {
		return nil, nil
	}
	first := entry{}
	if after > 0 {
		block := int((after - 1) / blockRows)
		if err := s.read(block); err != nil {
			return nil, err
		}
		first = s.entry(block, int((after-1)%blockRows)).next()
	}
	best := make([]entry, 0, max(256, 2*most))
	var last entry // of the best ones, once there are enough
	enough := false
	keep := func(e entry) {
		if e.compare(first) < 0 || enough && e.compare(last) >= 0 {
			return
		}
		if best = append(best, e); len(best) == cap(best) {
			slices.SortFunc(best, entry.compare)
			best = best[:most]
			last, enough = best[most-1], true
		}
	}
	for i := range blocks(s.rows) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows := int(min(blockRows, s.rows-int64(i)*blockRows))
		if set == nil {
			if err := s.read(i); err != nil {
				return nil, err
			}
			for k := range rows {
				keep(s.entry(i, k))
			}
			continue
		}
		part := set[i*blockRows/8 : min(len(set), (i+1)*blockRows/8)]
		if part.empty() {
			continue
		}
		if err := s.read(i); err != nil {
			return nil, err
		}
		part.each(func(k int) { keep(s.entry(i, k)) })
	}
	slices.SortFunc(best, entry.compare)
	best = best[:min(len(best), most)]
	numbers := make([]int64, len(best))
	for i, e := range best {
		numbers[i] = int64(e.low&(1<<s.width-1)) + 1
	}
	return numbers, nil
}

// next is the entry after this one.
func (e entry) next() entry {
	e.low++
	if e.low == 0 {
		e.high++
	}
	return e
}
