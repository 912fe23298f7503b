package check

import (
	"bytes"
	"hash/maphash"
)

// keyMemory bounds what the keys of a run take in memory, in bytes, shared by
// all of them; beyond, they go to a spool. The process takes twice as much before
// the garbage is collected: with what else it needs, less than 250 MB.
const keyMemory = 48 << 20

// keySet is a set of keys with the row each was first seen at. Equal hashes are
// not trusted: bytes are compared. When memory does not hold the keys they go to
// a spool, and what is twice is known at the end only.
type keySet struct {
	seed   maphash.Seed
	slots  []keySlot // by hash
	items  []keyItem
	arena  []byte
	budget int
	spool  *spool // once memory did not hold the keys
	dir    string
	warmed uint32 // what warm read
}

// keySlot holds the lower half of a hash, which also gives its place, and the
// index in items plus one; 0 when it is free.
type keySlot struct{ hash, item uint32 }

type keyItem struct {
	end uint32 // in arena; it begins where the one before ends
	row uint32
}

func newKeySet(seed maphash.Seed, budget int, dir string) *keySet {
	return &keySet{seed: seed, budget: budget, dir: dir}
}

func (s *keySet) hash(key []byte) uint64 { return maphash.Bytes(s.seed, key) }

func (s *keySet) key(i uint32) []byte {
	start := uint32(0)
	if i > 0 {
		start = s.items[i-1].end
	}
	return s.arena[start:s.items[i].end]
}

// warm touches the slots of keys that will be looked up: the processor fetches
// them together from memory, where one after the other each would be waited for.
func (s *keySet) warm(hashes []uint64) {
	if len(s.slots) < 1<<15 {
		return
	}
	mask, sum := uint32(len(s.slots)-1), uint32(0)
	for _, h := range hashes {
		sum += s.slots[uint32(h)&mask].item
	}
	s.warmed = sum
}

// find returns the slot of a key and its item; found is false for an empty slot.
func (s *keySet) find(h uint64, key []byte) (slot int, item uint32, found bool) {
	mask := uint32(len(s.slots) - 1)
	for i := uint32(h) & mask; ; i = (i + 1) & mask {
		at := s.slots[i]
		if at.item == 0 {
			return int(i), 0, false
		}
		if at.hash == uint32(h) && bytes.Equal(s.key(at.item-1), key) {
			return int(i), at.item - 1, true
		}
	}
}

// add puts a key and returns the row it was first seen at, 0 when it is new or
// when only the end will tell.
func (s *keySet) add(h uint64, key []byte, row, line int) (first int, err error) {
	if s.spool != nil {
		return 0, s.spool.put(h, key, row, line)
	}
	if len(s.items)*2 >= len(s.slots) {
		if !s.grow() {
			return 0, s.spill(h, key, row, line)
		}
	}
	slot, item, found := s.find(h, key)
	if found {
		return int(s.items[item].row), nil
	}
	if len(s.arena)+len(key) > s.budget/2 {
		return 0, s.spill(h, key, row, line)
	}
	s.arena = append(s.arena, key...)
	s.items = append(s.items, keyItem{uint32(len(s.arena)), uint32(row)})
	s.slots[slot] = keySlot{uint32(h), uint32(len(s.items))}
	return 0, nil
}

// grow doubles the table; false when its memory is not to be had.
func (s *keySet) grow() bool {
	n := max(1024, 2*len(s.slots))
	if n < 1<<16 {
		n *= 2
	}
	if n*8 > s.budget/2 && n > 1024 {
		return false
	}
	old := s.slots
	s.slots = make([]keySlot, n)
	mask := uint32(n - 1)
	for _, at := range old {
		if at.item == 0 {
			continue
		}
		j := at.hash & mask
		for s.slots[j].item != 0 {
			j = (j + 1) & mask
		}
		s.slots[j] = at
	}
	return true
}

// spill moves the keys to a spool, and puts one more.
func (s *keySet) spill(h uint64, key []byte, row, line int) error {
	s.spool = &spool{dir: s.dir}
	for i := range s.items {
		k := s.key(uint32(i))
		if err := s.spool.put(s.hash(k), k, int(s.items[i].row), 0); err != nil {
			return err
		}
	}
	s.slots, s.items, s.arena = nil, nil, nil
	return s.spool.put(h, key, row, line)
}

// has tells whether a key of a set that is in memory is there.
func (s *keySet) has(h uint64, key []byte) bool {
	if len(s.slots) == 0 {
		return false
	}
	_, _, found := s.find(h, key)
	return found
}

// part gives the keys of a part of a spooled set as a set in memory; twice is
// called for each key that was there already.
func (s *keySet) part(n int, twice func(key []byte, row, line, first int)) (*keySet, error) {
	in := newKeySet(s.seed, 1<<40, s.dir)
	err := s.spool.each(n, func(key []byte, row, line int) error {
		first, err := in.add(in.hash(key), key, row, line)
		if first > 0 && twice != nil {
			twice(key, row, line, first)
		}
		return err
	})
	return in, err
}

func (s *keySet) close() {
	if s != nil && s.spool != nil {
		s.spool.close()
	}
}
