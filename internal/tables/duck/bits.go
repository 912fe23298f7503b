package duck

import (
	"encoding/binary"
	"math/bits"
)

// bitset is a set of rows, the row of rowid 0 in the highest bit of the first
// byte: DuckDB's order of a BIT made of a BLOB.
type bitset []byte

func newBitset(rows int64) bitset { return make(bitset, (rows+7)/8) }

// trim takes out what is beyond the last row.
func (b bitset) trim(rows int64) {
	if rows&7 != 0 {
		b[len(b)-1] &= 0xff << (8 - rows&7)
	}
}

func (b bitset) set(rowid int64) { b[rowid>>3] |= 0x80 >> (rowid & 7) }

func (b bitset) has(rowid int64) bool { return b[rowid>>3]&(0x80>>(rowid&7)) != 0 }

// word is eight bytes of the set; the first row is in the highest bit.
func (b bitset) word(at int) uint64 { return binary.BigEndian.Uint64(b[at:]) }

func (b bitset) count() int64 {
	n, at := 0, 0
	for ; at+8 <= len(b); at += 8 {
		n += bits.OnesCount64(b.word(at))
	}
	for ; at < len(b); at++ {
		n += bits.OnesCount8(b[at])
	}
	return int64(n)
}

func (b bitset) empty() bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// and keeps what both have.
func (b bitset) and(c bitset) bitset {
	out := make(bitset, len(b))
	at := 0
	for ; at+8 <= len(b) && at+8 <= len(c); at += 8 {
		binary.NativeEndian.PutUint64(out[at:], binary.NativeEndian.Uint64(b[at:])&binary.NativeEndian.Uint64(c[at:]))
	}
	for ; at < len(b); at++ {
		out[at] = b[at] & c[at]
	}
	return out
}

// or keeps what one of both has.
func (b bitset) or(c bitset) bitset {
	out := make(bitset, len(b))
	at := 0
	for ; at+8 <= len(b) && at+8 <= len(c); at += 8 {
		binary.NativeEndian.PutUint64(out[at:], binary.NativeEndian.Uint64(b[at:])|binary.NativeEndian.Uint64(c[at:]))
	}
	for ; at < len(b); at++ {
		out[at] = b[at] | c[at]
	}
	return out
}

// not is the set of the other rows.
func (b bitset) not(rows int64) bitset {
	out := make(bitset, len(b))
	for i, c := range b {
		out[i] = ^c
	}
	if len(out) > 0 {
		out.trim(rows)
	}
	return out
}

// each gives the rowids of a small set, or of a part of one, in order.
func (b bitset) each(give func(rowid int)) {
	at := 0
	for ; at+8 <= len(b); at += 8 {
		for w := b.word(at); w != 0; {
			k := bits.LeadingZeros64(w)
			w &^= 1 << (63 - k)
			give(at*8 + k)
		}
	}
	for ; at < len(b); at++ {
		for c := b[at]; c != 0; {
			k := bits.LeadingZeros8(c)
			c &^= 0x80 >> k
			give(at*8 + k)
		}
	}
}

// page returns the numbers (from 1) of at most limit members, offset of them
// passed over, from rowid from on.
func (b bitset) page(from int64, offset, limit int) (numbers []int64) {
	for i := from >> 3; i < int64(len(b)); i++ {
		if i&7 == 0 && i != from>>3 && i+8 <= int64(len(b)) {
			w := b.word(int(i))
			if n := bits.OnesCount64(w); w == 0 || n <= offset {
				offset -= n
				i += 7
				continue
			}
		}
		c := b[i]
		if i == from>>3 {
			c &= 0xff >> (from & 7)
		}
		if n := bits.OnesCount8(c); n <= offset {
			offset -= n
			continue
		}
		for c != 0 {
			k := bits.LeadingZeros8(c)
			c &^= 0x80 >> k
			if offset > 0 {
				offset--
				continue
			}
			if len(numbers) == limit {
				return numbers
			}
			numbers = append(numbers, i*8+int64(k)+1)
		}
	}
	return numbers
}
