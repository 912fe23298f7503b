package sqlitefile

import (
	"encoding/binary"
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the type of a value.
type Kind uint8

// The kinds of values (Datatypes in SQLite, section 2).
const (
	Null Kind = iota
	Int
	Float
	Text
	Blob
)

// Value is a cell of a table. Bytes, of Text (UTF-8) and Blob, are valid until the
// next row is read.
type Value struct {
	Kind  Kind
	Int   int64
	Float float64
	Bytes []byte
}

// varint reads a number of 1 to 9 bytes; n is 0 when it is cut.
func varint(b []byte) (v uint64, n int) {
	for n < len(b) && n < 8 {
		v = v<<7 | uint64(b[n]&0x7f)
		n++
		if b[n-1] < 0x80 {
			return v, n
		}
	}
	if n == 8 && len(b) > 8 {
		return v<<8 | uint64(b[8]), 9
	}
	return 0, 0
}

func appendVarint(to []byte, v uint64) []byte {
	if v>>56 != 0 {
		for shift := 57; shift > 1; shift -= 7 {
			to = append(to, byte(v>>(shift)&0x7f|0x80))
		}
		return append(to, byte(v))
	}
	n := 1
	for v>>(7*n) != 0 {
		n++
	}
	for i := n - 1; i > 0; i-- {
		to = append(to, byte(v>>(7*i)&0x7f|0x80))
	}
	return append(to, byte(v&0x7f))
}

// sizes of integers by serial type.
var intSizes = [7]int{0, 1, 2, 3, 4, 6, 8}

// parseRecord reads the values of a record (section 2.1); wide is the order of
// bytes of texts in UTF-16, nil for UTF-8.
func parseRecord(b []byte, to []Value, wide binary.ByteOrder) ([]Value, error) {
	to = to[:0]
	length, n := varint(b)
	if n == 0 || length > uint64(len(b)) {
		return to, ErrDamaged
	}
	head, body := b[n:max(length, uint64(n))], b[length:]
	for len(head) > 0 {
		serial, n := varint(head)
		if n == 0 {
			return to, ErrDamaged
		}
		head = head[n:]
		var v Value
		size := 0
		switch {
		case serial == 0:
		case serial <= 6:
			size = intSizes[serial]
			v.Kind = Int
		case serial == 7:
			size, v.Kind = 8, Float
		case serial <= 9:
			v.Kind, v.Int = Int, int64(serial-8)
		case serial < 12 || (serial-12)/2 > uint64(len(body)):
			return to, ErrDamaged
		default:
			size, v.Kind = int(serial-12)/2, Blob
			if serial%2 == 1 {
				v.Kind = Text
			}
		}
		if size > len(body) {
			return to, ErrDamaged
		}
		raw := body[:size]
		body = body[size:]
		switch {
		case v.Kind == Int && serial <= 6:
			v.Int = int64(int8(raw[0]))
			for _, c := range raw[1:] {
				v.Int = v.Int<<8 | int64(c)
			}
		case v.Kind == Float:
			v.Float = math.Float64frombits(binary.BigEndian.Uint64(raw))
		case v.Kind == Text && wide != nil:
			v.Bytes = fromWide(raw, wide)
		case v.Kind == Text || v.Kind == Blob:
			v.Bytes = raw
		}
		if to = append(to, v); len(to) > maxColumns {
			return to, ErrDamaged
		}
	}
	return to, nil
}

func fromWide(raw []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = order.Uint16(raw[2*i:])
	}
	var out []byte
	for _, r := range utf16.Decode(units) {
		out = utf8.AppendRune(out, r)
	}
	return out
}

// appendRecord appends the record of values.
func appendRecord(to []byte, values []Value, head []byte) (record, scratch []byte) {
	head = head[:0]
	for _, v := range values {
		head = appendVarint(head, serialOf(v))
	}
	length := len(head) + 1
	if length > 127 {
		length++
		if length > 16383 {
			length++
		}
	}
	to = appendVarint(to, uint64(length))
	to = append(to, head...)
	for _, v := range values {
		switch v.Kind {
		case Int:
			if serial := serialOf(v); serial < 8 {
				for i := intSizes[serial] - 1; i >= 0; i-- {
					to = append(to, byte(v.Int>>(8*i)))
				}
			}
		case Float:
			to = binary.BigEndian.AppendUint64(to, math.Float64bits(v.Float))
		case Text, Blob:
			to = append(to, v.Bytes...)
		}
	}
	return to, head
}

func serialOf(v Value) uint64 {
	switch v.Kind {
	case Int:
		if v.Int == 0 || v.Int == 1 {
			return 8 + uint64(v.Int)
		}
		for serial := 1; serial < 6; serial++ {
			if shift := 64 - 8*intSizes[serial]; v.Int<<shift>>shift == v.Int {
				return uint64(serial)
			}
		}
		return 6
	case Float:
		return 7
	case Text:
		return 13 + 2*uint64(len(v.Bytes))
	case Blob:
		return 12 + 2*uint64(len(v.Bytes))
	}
	return 0
}
