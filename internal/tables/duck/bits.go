package duck

import (
	"math/bits"
)

// bitset is a set of rows, the row of rowid 0 in the highest bit of the first
// byte: DuckDB's order of a BIT made of a BLOB.
type bitset []byte

func newBitset(rows int64) bitset { return make(bitset, (rows+7)/8) }

func (b bitset) set(rowid int64) { b[rowid>>3] |= 0x80 >> (rowid & 7) }

func (b bitset) count() int64 {
	n := 0
	for _, c := range b {
		n += bits.OnesCount8(c)
	}
	return int64(n)
}

// and keeps what both have.
func (b bitset) and(c bitset) bitset {
	out := make(bitset, len(b))
	for i := range out {
		out[i] = b[i] & c[i]
	}
	return out
}

// page returns the numbers (from 1) of at most limit members, offset of them
// passed over, from rowid from on.
func (b bitset) page(from int64, offset, limit int) (numbers []int64) {
	for i := from >> 3; i < int64(len(b)); i++ {
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
