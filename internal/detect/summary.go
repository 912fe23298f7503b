package detect

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"

	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

// summary gathers what a column holds, batch by batch in any order.
type summary struct {
	mu      sync.Mutex
	values  int                 // cells that hold something, null words apart
	words   int                 // cells that hold a null word
	word    map[string]struct{} // the null words met
	alive   uint64              // forms that all values have
	ranges  []span              // by form
	minText string
	maxText string
	some    bool
	hashes  map[uint64]struct{} // nil when there were too many
	least   smallest            // values of the smallest hashes: an even sample of the different ones
	first   []string            // first different values
}

// span is the least and greatest value of a form.
type span struct {
	min, max         float64
	minText, maxText string
	some             bool
}

// hashed is a value under its hash.
type hashed struct {
	hash uint64
	text string
}

// smallest is a heap of the greatest hash first, of at most sampleSize values.
type smallest []hashed

func (h smallest) Len() int           { return len(h) }
func (h smallest) Less(i, j int) bool { return h[i].hash > h[j].hash }
func (h smallest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *smallest) Push(x any)        { *h = append(*h, x.(hashed)) }
func (h *smallest) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func newSummary() *summary {
	return &summary{alive: 1<<len(forms) - 1, ranges: make([]span, len(forms)), hashes: map[uint64]struct{}{}, word: map[string]struct{}{}}
}

// take adds column j of a batch. Examples come from the first batch.
func (s *summary) take(b *tabular.Batch, j int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b.Len() {
		if cell := b.Cell(i, j); len(cell) > 0 {
			s.see(cell, b.Seq == 0)
		}
	}
}

// see adds a cell.
func (s *summary) see(cell []byte, early bool) {
	cell = bytes.TrimSpace(cell)
	if len(cell) == 0 {
		return
	}
	if early && len(s.first) < examples {
		if text := cut(string(cell)); !slices.Contains(s.first, text) {
			s.first = append(s.first, text)
		}
	}
	if len(cell) <= 6 && maybeNull(cell[0]) && nullWord(string(cell)) {
		s.words++
		if len(s.word) < 20 {
			s.word[string(cell)] = struct{}{}
		}
	} else {
		s.values++
		if s.alive != 0 {
			s.narrow(cell)
		}
	}
	s.count(cell)
}

// maybeNull tells whether a null word begins with the byte.
func maybeNull(c byte) bool { return c == 'n' || c == 'N' || c == '#' || c == '-' || c == '?' }

// narrow keeps the forms that the value has too.
func (s *summary) narrow(cell []byte) {
	if len(cell) > 100 && cell[0] != '{' && cell[0] != '[' {
		s.alive = 0
		return
	}
	text := unsafe.String(unsafe.SliceData(cell), len(cell)) // not kept: see Clone below
	for rest := s.alive; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		v, ok := forms[i].read(text)
		if !ok {
			s.alive &^= 1 << i
			continue
		}
		r := &s.ranges[i]
		if !r.some || v < r.min {
			r.min, r.minText = v, strings.Clone(text)
		}
		if !r.some || v > r.max {
			r.max, r.maxText = v, strings.Clone(text)
		}
		r.some = true
	}
}

// count adds a value to the different ones.
func (s *summary) count(cell []byte) {
	h := hash(cell)
	if s.hashes != nil {
		if _, known := s.hashes[h]; known {
			return
		}
		s.hashes[h] = struct{}{}
		if len(s.hashes) > distinct {
			s.hashes = nil
		}
	}
	s.bounds(cell)
	if len(s.least) < sampleSize || h < s.least[0].hash {
		if s.hashes == nil && slices.ContainsFunc(s.least, func(x hashed) bool { return x.hash == h }) {
			return
		}
		heap.Push(&s.least, hashed{h, string(cell[:min(len(cell), 4096)])})
		if len(s.least) > sampleSize {
			heap.Pop(&s.least)
		}
	}
}

// bounds keeps the least and greatest text.
func (s *summary) bounds(cell []byte) {
	if len(cell) > 4*longest {
		n := 4 * longest
		for n > 0 && !utf8.RuneStart(cell[n]) {
			n--
		}
		cell = cell[:n]
	}
	if !s.some || string(cell) < s.minText {
		s.minText = cut(string(cell))
	}
	if !s.some || string(cell) > s.maxText {
		s.maxText = cut(string(cell))
	}
	s.some = true
}

// form returns the first form that all values have, -1 for none.
func (s *summary) form() int {
	if s.values == 0 || s.alive == 0 {
		return -1
	}
	return bits.TrailingZeros64(s.alive)
}

// code reports whether what looks like numbers is the parts of a code: 1.1 and 1.10.
func (s *summary) code(f int, name string) bool {
	return forms[f].typ == schema.Number && check.NumbersAreCodes(name, slices.DeleteFunc(s.sampled(), nullWord))
}

// distinct returns how many different values there are; beyond what is counted
// one by one, what the smallest hashes let think.
func (s *summary) distinct() (n int, estimated bool) {
	if s.hashes != nil {
		return len(s.hashes), false
	}
	share := float64(s.least[0].hash) / math.MaxUint64
	return int(float64(len(s.least)-1) / share), true
}

func (s *summary) sampled() []string {
	list := slices.Clone(s.least)
	slices.SortFunc(list, func(a, b hashed) int { return strings.Compare(a.text, b.text) })
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = v.text
	}
	return out
}

func (s *summary) missing() []string {
	var out []string
	for w := range s.word {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}

// hash mixes bytes eight at a time; the same text has the same hash everywhere.
func hash(b []byte) uint64 {
	const k = 0x9e3779b97f4a7c15
	h := uint64(len(b)) * k
	for len(b) >= 8 {
		h = mix(h ^ binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	var tail [8]byte
	copy(tail[:], b)
	return mix(h ^ binary.LittleEndian.Uint64(tail[:]) ^ k)
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, 2014).
func mix(h uint64) uint64 {
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	return h ^ h>>31
}
