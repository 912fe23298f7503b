package tile

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// An index file has a head, its blocks, then its entries: boxes with the number
// of their row, sorted along a Hilbert curve so that neighbours share a block.
//
//	head    magic, entries, shapes: 8 bytes each; box of all: 16; CRC-32C of head and blocks: 4
//	block   box of its entries: 16 bytes; CRC-32C of them: 4
//	entry   box: 16 bytes; number of the row, from 1: 4
//
// Numbers are little end first.
const (
	magic      = 0x31_58_44_4e_49_50_41_4d // "MAPINDX1"
	headBytes  = 44
	blockBytes = 20
	entryBytes = 20
	perBlock   = 512
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrDamaged: the file is not what was written; it is made again.
var ErrDamaged = errors.New("the index of places is damaged")

// Entry is the box of a row.
type Entry struct {
	Box
	Row uint32 // from 1
}

// point reports boxes without size.
func (e Entry) point() bool { return e.West == e.East && e.North == e.South }

// Write sorts the entries and writes their index, whole or not at all.
func Write(path string, entries []Entry) (err error) {
	keys := make([]sortedEntry, len(entries))
	for i, e := range entries {
		keys[i] = sortedEntry{hilbert(e.West/2+e.East/2, e.North/2+e.South/2), e}
	}
	slices.SortFunc(keys, func(a, b sortedEntry) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return int(int64(a.Row) - int64(b.Row))
	})
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err == nil {
			err = os.Rename(f.Name(), path)
		}
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	return write(f, keys)
}

type sortedEntry struct {
	key uint64
	Entry
}

func write(f io.WriteSeeker, keys []sortedEntry) error {
	blocks := (len(keys) + perBlock - 1) / perBlock
	if _, err := f.Seek(int64(headBytes+blocks*blockBytes), io.SeekStart); err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<18)
	head := make([]byte, headBytes, headBytes+blocks*blockBytes)
	all, shapes := nothing, 0
	var buf []byte
	for at := 0; at < len(keys); at += perBlock {
		some := keys[at:min(len(keys), at+perBlock)]
		buf = buf[:0]
		box := nothing
		for _, e := range some {
			box = box.join(e.Box)
			if !e.point() {
				shapes++
			}
			buf = binary.LittleEndian.AppendUint32(appendBox(buf, e.Box), e.Row)
		}
		all = all.join(box)
		head = binary.LittleEndian.AppendUint32(appendBox(head, box), crc32.Checksum(buf, castagnoli))
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(head, magic)
	binary.LittleEndian.PutUint64(head[8:], uint64(len(keys)))
	binary.LittleEndian.PutUint64(head[16:], uint64(shapes))
	appendBox(head[24:24], all)
	binary.LittleEndian.PutUint32(head[40:], headSum(head))
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := f.Write(head)
	return err
}

func appendBox(b []byte, x Box) []byte {
	for _, v := range [...]uint32{x.West, x.North, x.East, x.South} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func readBox(b []byte) Box {
	n := binary.LittleEndian.Uint32
	return Box{n(b), n(b[4:]), n(b[8:]), n(b[12:])}
}

// headSum is the checksum of a head less itself, and of the blocks after it.
func headSum(head []byte) uint32 {
	return crc32.Update(crc32.Checksum(head[:40], castagnoli), castagnoli, head[headBytes:])
}

// Index is an index file, open. It may be used concurrently.
type Index struct {
	file   *os.File
	Count  int64 // rows that have a place
	Shapes int64 // rows of which the place is no single point
	All    Box   // of all
	blocks []byte
}

// Open reads the head of an index. Errors: ErrDamaged, fs.ErrNotExist.
func Open(path string) (*Index, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	x := &Index{file: f}
	if err := x.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrDamaged, err), f.Close())
	}
	return x, nil
}

func (x *Index) read() error {
	info, err := x.file.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, headBytes)
	if _, err := x.file.ReadAt(head, 0); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint64(head[8:])
	blocks := (n + perBlock - 1) / perBlock
	if binary.LittleEndian.Uint64(head) != magic || n > 1<<32 || uint64(info.Size()) != headBytes+blocks*blockBytes+n*entryBytes {
		return fmt.Errorf("%d entries in %d bytes", n, info.Size())
	}
	head = slices.Grow(head, int(blocks*blockBytes))[:headBytes+blocks*blockBytes]
	if _, err := x.file.ReadAt(head, 0); err != nil {
		return err
	}
	if headSum(head) != binary.LittleEndian.Uint32(head[40:]) {
		return errors.New("checksum")
	}
	x.Count, x.Shapes, x.All = int64(n), int64(binary.LittleEndian.Uint64(head[16:])), readBox(head[24:])
	x.blocks = head[headBytes:]
	return nil
}

// Close closes the file.
func (x *Index) Close() error { return x.file.Close() }

// Bounds are the west, south, east and north of all places, in degrees.
func (x *Index) Bounds() [4]float64 {
	if x.Count == 0 {
		return [4]float64{-180, -85, 180, 85}
	}
	west, north := degreesOf(float64(x.All.West), float64(x.All.North))
	east, south := degreesOf(float64(x.All.East), float64(x.All.South))
	return [4]float64{west, south, east, north}
}

// Search gives the entries that meet a box, in the order of the curve. Errors:
// ErrDamaged, those of the context and of give.
func (x *Index) Search(ctx context.Context, box Box, give func(Entry)) error {
	buf := make([]byte, perBlock*entryBytes)
	start := int64(headBytes + len(x.blocks))
	for i := 0; i*blockBytes < len(x.blocks); i++ {
		block := x.blocks[i*blockBytes:]
		if !readBox(block).meets(box) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(perBlock, int(x.Count)-i*perBlock)
		some := buf[:n*entryBytes]
		if _, err := x.file.ReadAt(some, start+int64(i)*perBlock*entryBytes); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if crc32.Checksum(some, castagnoli) != binary.LittleEndian.Uint32(block[16:]) {
			return fmt.Errorf("%w: block %d", ErrDamaged, i)
		}
		for ; len(some) > 0; some = some[entryBytes:] {
			if b := readBox(some); b.meets(box) {
				give(Entry{b, binary.LittleEndian.Uint32(some[16:])})
			}
		}
	}
	return nil
}

// hilbert is the place of a point of the square on the Hilbert curve of 2^32
// steps a side (the algorithm of Warren, Hacker's Delight, 16-1, in a loop).
func hilbert(x, y uint32) uint64 {
	d := uint64(0)
	for s := uint32(1) << 31; s > 0; s >>= 1 {
		rx, ry := x&s != 0, y&s != 0
		d <<= 2
		switch {
		case rx && !ry:
			d |= 3
		case rx && ry:
			d |= 2
		case ry:
			d |= 1
		}
		if !ry {
			if rx {
				x, y = ^x, ^y
			}
			x, y = y, x
		}
	}
	return d
}
