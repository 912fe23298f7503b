package tabular

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/parquet-go/parquet-go/format"
)

// What a packed page gives when it is unpacked. The library makes as much room as
// its codec asks for, whatever the header of the page says, and more without end
// for an LZ4 page that is broken: pages are judged before.

// packedPage is the packed part of a page: bytes from to to of src.
type packedPage struct {
	src      Source
	from, to int64
	claimed  int64 // bytes unpacked, as its header says
}

// soundPacked returns how many bytes the page gives at most, refusing one that
// gives more than it claims. Where only unpacking tells, it is unpacked, into nothing.
func soundPacked(codec format.CompressionCodec, p packedPage) (int64, error) {
	switch codec {
	case format.Snappy:
		return p.claimed, p.snappy()
	case format.Zstd:
		return p.zstd()
	case format.Lz4Raw:
		return p.claimed, p.lz4()
	case format.Gzip:
		z, err := gzip.NewReader(p.reader())
		if err != nil {
			return 0, err
		}
		return p.claimed, p.drain(z)
	case format.Brotli:
		return p.claimed, p.drain(brotli.NewReader(p.reader()))
	}
	return p.claimed, nil // not packed, or a codec that the library refuses
}

func (p packedPage) reader() io.Reader { return io.NewSectionReader(p.src, p.from, p.to-p.from) }

func (p packedPage) tooMuch(n int64) error {
	return fmt.Errorf("byte %d: a page that claims %d bytes unpacks to %d", p.from, p.claimed, n)
}

// drain unpacks as much as is claimed and a byte more.
func (p packedPage) drain(r io.Reader) error {
	n, err := io.Copy(io.Discard, io.LimitReader(r, p.claimed+1))
	if err == nil && n > p.claimed {
		err = p.tooMuch(n)
	}
	return err
}

// snappy: a packed text begins with its length.
func (p packedPage) snappy() error {
	var start [binary.MaxVarintLen32]byte
	n, err := p.src.ReadAt(start[:min(p.to-p.from, int64(len(start)))], p.from)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if length, used := binary.Uvarint(start[:n]); used <= 0 || length > uint64(p.claimed) {
		return p.tooMuch(int64(min(length, 1<<62)))
	}
	return nil
}

// Of RFC 8878: frames, and the blocks of which they are made.
const (
	zstdFrame     = 0xFD2FB528
	zstdSkippable = 0x184D2A50 // and the 15 numbers after it
	zstdBlock     = 128 << 10  // bytes that a block gives at most
)

// zstd walks over the frames of a page and their blocks. A frame says how much it
// gives, which the decoder holds it to; of one that does not, the blocks bound it.
func (p packedPage) zstd() (total int64, err error) {
	said := true // by all frames
	for at := p.from; at < p.to; {
		size, end, told, err := p.zstdFrame(at)
		if err != nil {
			return 0, err
		}
		at = end
		said = said && told
		if total += size; total > maxPageBytes || said && total > p.claimed {
			return 0, p.tooMuch(total)
		}
	}
	return max(total, p.claimed), nil
}

// zstdFrame reads the frame at a place: what it gives, where it ends, and whether
// it says so itself.
func (p packedPage) zstdFrame(at int64) (size, end int64, told bool, err error) {
	magic, err := p.number(at, 4)
	if err != nil {
		return 0, 0, false, err
	}
	if magic&^0xF == zstdSkippable {
		length, err := p.number(at+4, 4)
		return 0, at + 8 + int64(length), true, err
	}
	if magic != zstdFrame {
		return 0, 0, false, fmt.Errorf("byte %d: no frame of zstd", at)
	}
	head, err := p.number(at+4, 1)
	if err != nil {
		return 0, 0, false, err
	}
	at += 5
	single := head&0x20 != 0
	if !single {
		at++ // size of the window
	}
	at += []int64{0, 1, 2, 4}[head&3] // number of the dictionary
	width := []int{0, 2, 4, 8}[head>>6]
	if width == 0 && single {
		width = 1
	}
	if width > 0 {
		length, err := p.number(at, width)
		if err != nil {
			return 0, 0, false, err
		}
		if width == 2 {
			length += 256
		}
		if length > maxPageBytes {
			return 0, 0, false, p.tooMuch(int64(min(length, 1<<62)))
		}
		size, told = int64(length), true
		at += int64(width)
	}
	bound := int64(0)
	for last := false; !last; {
		block, err := p.number(at, 3)
		if err != nil {
			return 0, 0, false, err
		}
		at += 3
		last = block&1 != 0
		switch length := int64(block >> 3); block >> 1 & 3 {
		case 0: // as it is
			at, bound = at+length, bound+length
		case 1: // one byte, many times
			at, bound = at+1, bound+length
		case 2:
			at, bound = at+length, bound+zstdBlock
		default:
			return 0, 0, false, fmt.Errorf("byte %d: no block of zstd", at)
		}
		if !told && bound > maxPageBytes {
			return 0, 0, false, p.tooMuch(bound)
		}
	}
	if head&4 != 0 {
		at += 4 // checksum
	}
	if !told {
		size = bound
	}
	return size, at, told, nil
}

// number reads a little-endian number inside the page.
func (p packedPage) number(at int64, width int) (uint64, error) {
	var b [8]byte
	if at+int64(width) > p.to {
		return 0, io.ErrUnexpectedEOF
	}
	if n, err := p.src.ReadAt(b[:width], at); n < width {
		return 0, errors.Join(io.ErrUnexpectedEOF, err)
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

// lz4 walks over the sequences of a block (LZ4 block format): each has literals
// and, but for the last, a copy of what was given before.
func (p packedPage) lz4() error {
	b := make([]byte, p.to-p.from)
	if n, err := p.src.ReadAt(b, p.from); n < len(b) {
		return errors.Join(io.ErrUnexpectedEOF, err)
	}
	broken := fmt.Errorf("byte %d: no block of LZ4", p.from)
	given, i := int64(0), 0
	length := func(n int) (int64, bool) { // a length of 15 goes on in the bytes after it
		sum := int64(n)
		for more := n == 15; more; i++ {
			if i >= len(b) {
				return 0, false
			}
			sum += int64(b[i])
			more = b[i] == 255
		}
		return sum, true
	}
	for i < len(b) {
		token := int(b[i])
		i++
		literals, ok := length(token >> 4)
		if !ok || literals > int64(len(b)-i) {
			return broken
		}
		i += int(literals)
		if given += literals; given > p.claimed {
			return p.tooMuch(given)
		}
		if i == len(b) {
			return nil
		}
		if i+2 > len(b) {
			return broken
		}
		back := int64(binary.LittleEndian.Uint16(b[i:]))
		i += 2
		n, ok := length(token & 15)
		if !ok || back == 0 || back > given {
			return broken
		}
		if given += n + 4; given > p.claimed {
			return p.tooMuch(given)
		}
	}
	return broken // it ends with literals, or has nothing at all
}
