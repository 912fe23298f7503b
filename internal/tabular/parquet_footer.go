package tabular

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The footer of a Parquet file is a Thrift structure in the compact protocol,
// whose lists say their length first and are made at once by who decodes them, and
// whose structures nest. A footer of a few bytes could so ask for more memory, or
// more stack, than there is: its shape is walked here before anything is decoded.
//
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

// What a footer may hold. A file of 1,000 columns in 500 row groups has 500,000
// structures of columns, and some 100 MB of footer.
const (
	maxFooter           = 256 << 20 // bytes
	maxFooterStructures = 4 << 20   // structures in lists
	maxFooterDepth      = 32        // of structures and lists in one another
)

// soundFooter refuses a footer whose lengths do not fit in it, or beyond the limits
// above.
func soundFooter(src Source) error {
	const tail = 8 // the length of the footer, PAR1
	size := src.Size()
	var end [tail]byte
	if size < tail+4 {
		return fmt.Errorf("parquet: %d bytes", size)
	}
	if _, err := src.ReadAt(end[:], size-tail); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(end[:4]))
	if length > size-tail-4 || length > maxFooter {
		return fmt.Errorf("parquet: a footer of %d bytes in a file of %d", length, size)
	}
	data := make([]byte, length)
	if _, err := src.ReadAt(data, size-tail-length); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	w := compactWalk{data: data}
	w.structure(0)
	return w.err
}

// Types of the compact protocol.
const (
	compactStop   = 0
	compactTrue   = 1
	compactFalse  = 2
	compactByte   = 3
	compactI16    = 4
	compactI32    = 5
	compactI64    = 6
	compactDouble = 7
	compactBinary = 8
	compactList   = 9
	compactSet    = 10
	compactMap    = 11
	compactStruct = 12
	compactUUID   = 13
)

// compactWalk goes over a structure without keeping any of it. After the first
// mistake it goes no further.
type compactWalk struct {
	data       []byte
	at         int
	structures int
	err        error
}

func (w *compactWalk) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("parquet: byte %d of the footer: "+format, append([]any{w.at}, args...)...)
	}
}

func (w *compactWalk) octet() byte {
	if w.err != nil || w.at >= len(w.data) {
		w.fail("it ends too soon")
		return 0
	}
	w.at++
	return w.data[w.at-1]
}

func (w *compactWalk) number() uint64 {
	if w.err != nil {
		return 0
	}
	v, n := binary.Uvarint(w.data[w.at:])
	if n <= 0 {
		w.fail("no number")
		return 0
	}
	w.at += n
	return v
}

// leap passes over n bytes.
func (w *compactWalk) leap(n uint64) {
	if n > uint64(len(w.data)-w.at) {
		w.fail("%d bytes where %d are left", n, len(w.data)-w.at)
		return
	}
	w.at += int(n)
}

func (w *compactWalk) structure(depth int) {
	for w.err == nil {
		b := w.octet()
		typ := b & 0x0f
		if typ == compactStop {
			return
		}
		if b>>4 == 0 {
			w.number() // the field's number
		}
		if typ == compactTrue || typ == compactFalse {
			continue // the value is the type
		}
		w.value(typ, depth+1)
	}
}

func (w *compactWalk) value(typ byte, depth int) {
	if depth > maxFooterDepth {
		w.fail("structures nest more than %d deep", maxFooterDepth)
		return
	}
	switch typ {
	case compactTrue, compactFalse, compactByte:
		w.octet()
	case compactI16, compactI32, compactI64:
		w.number()
	case compactDouble:
		w.leap(8)
	case compactUUID:
		w.leap(16)
	case compactBinary:
		w.leap(w.number())
	case compactList, compactSet:
		head := w.octet()
		n := uint64(head >> 4)
		if n == 15 {
			n = w.number()
		}
		w.items(n, depth, head&0x0f)
	case compactMap:
		if n := w.number(); n > 0 {
			types := w.octet()
			w.items(n, depth, types>>4, types&0x0f)
		}
	case compactStruct:
		w.structure(depth)
	default:
		w.fail("a value of type %d", typ)
	}
}

// items goes over n elements of a container, each of one value of each type and
// so of one byte at least.
func (w *compactWalk) items(n uint64, depth int, types ...byte) {
	if n > uint64(len(w.data)-w.at) {
		w.fail("%d elements where %d bytes are left", n, len(w.data)-w.at)
		return
	}
	if types[0] == compactStruct {
		if w.structures += int(n); w.structures > maxFooterStructures {
			w.fail("more than %d structures", maxFooterStructures)
			return
		}
	}
	for range n {
		for _, typ := range types {
			w.value(typ, depth+1)
		}
		if w.err != nil {
			return
		}
	}
}
