package check

import (
	"bytes"
	"hash/maphash"
)

// keySet is a set of keys with the row each was first seen at.
type keySet struct {
	seed  maphash.Seed
	slots []uint32 // index in entries plus one, by hash
	tags  []uint32
	items []keyItem
	arena []byte
	refs  []keyRef // of foreign keys: every row
	temp  string
}

type keyItem struct {
	start, end uint32
	row        uint32
}

type keyRef struct{ item, row, line uint32 }

func newKeySet(temp string) *keySet {
	return &keySet{seed: maphash.MakeSeed(), temp: temp}
}

func (s *keySet) hash(key []byte) uint64 { return maphash.Bytes(s.seed, key) }

// find returns the slot of a key: its item, or the empty place for it.
func (s *keySet) find(h uint64, key []byte) (slot int, item *keyItem) {
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		n := s.slots[i]
		if n == 0 {
			return int(i), nil
		}
		if s.tags[i] == uint32(h>>32) {
			it := &s.items[n-1]
			if bytes.Equal(s.arena[it.start:it.end], key) {
				return int(i), it
			}
		}
	}
}

// add puts a key and returns the row it was first seen at, 0 when it is new.
func (s *keySet) add(h uint64, key []byte, row, line int) (first int, err error) {
	if len(s.items)*2 >= len(s.slots) {
		s.grow()
	}
	slot, it := s.find(h, key)
	if it != nil {
		return int(it.row), nil
	}
	start := uint32(len(s.arena))
	s.arena = append(s.arena, key...)
	s.items = append(s.items, keyItem{start, uint32(len(s.arena)), uint32(row)})
	s.slots[slot], s.tags[slot] = uint32(len(s.items)), uint32(h>>32)
	return 0, nil
}

func (s *keySet) put(key []byte) error {
	_, err := s.add(s.hash(key), key, 0, 0)
	return err
}

func (s *keySet) has(key []byte) (bool, error) {
	if len(s.slots) == 0 {
		return false, nil
	}
	_, it := s.find(s.hash(key), key)
	return it != nil, nil
}

func (s *keySet) grow() {
	n := max(1024, 2*len(s.slots))
	s.slots, s.tags = make([]uint32, n), make([]uint32, n)
	mask := uint64(n - 1)
	for i := range s.items {
		it := &s.items[i]
		h := s.hash(s.arena[it.start:it.end])
		j := h & mask
		for s.slots[j] != 0 {
			j = (j + 1) & mask
		}
		s.slots[j], s.tags[j] = uint32(i+1), uint32(h>>32)
	}
}

// missingFrom calls yield for each row whose key target does not hold.
func (s *keySet) missingFrom(target *keySet, yield func(row, line int, key []byte)) error {
	for i := range s.items {
		it := &s.items[i]
		key := s.arena[it.start:it.end]
		if ok, _ := target.has(key); !ok {
			yield(int(it.row), 0, key)
		}
	}
	return nil
}

func (s *keySet) close() {}
