package tile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Cache keeps tiles on disk, in segments: files that are only added to. When they
// pass the size of the cache the oldest is deleted. It may be deleted at any time
// it is not open. It may be used concurrently.
//
// An entry of a segment is its key (16 bytes), the length and the CRC-32C of
// key, length and bytes (4 each, little end first), and the bytes.
type Cache struct {
	dir     string
	segment int64 // bytes of a segment
	most    int   // segments

	mu       sync.Mutex
	closed   bool
	segments []*segment // the oldest first
	entries  map[Key]entry
}

// Key names a tile: a digest of all that it depends on.
type Key [16]byte

type segment struct {
	number int
	file   *os.File
	size   int64
}

type entry struct {
	segment *segment
	at      int64
	length  int32
}

const entryHead = 24

// OpenCache uses a folder, made if it is not there, for so many bytes. What it
// holds already is found again.
func OpenCache(dir string, bytes int64) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the cache of tiles: %w", err)
	}
	c := &Cache{dir: dir, most: 8, segment: max(bytes/8, 2*MaxBytes), entries: map[Key]entry{}}
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		var number int
		if _, err := fmt.Sscanf(n.Name(), "%d.tiles", &number); err != nil || !strings.HasSuffix(n.Name(), ".tiles") {
			continue
		}
		f, err := os.OpenFile(filepath.Join(dir, n.Name()), os.O_RDWR, 0)
		if err != nil {
			continue // it is made again
		}
		s := &segment{number: number, file: f}
		c.scan(s)
		c.segments = append(c.segments, s)
	}
	slices.SortFunc(c.segments, func(a, b *segment) int { return a.number - b.number })
	c.trim()
	return c, nil
}

// scan finds the entries of a segment; it ends at the first that is not whole.
func (c *Cache) scan(s *segment) {
	info, err := s.file.Stat()
	if err != nil {
		return
	}
	var head [entryHead]byte
	for s.size+entryHead <= info.Size() {
		if _, err := s.file.ReadAt(head[:], s.size); err != nil {
			return
		}
		n := int64(binary.LittleEndian.Uint32(head[16:]))
		if s.size+entryHead+n > info.Size() {
			return
		}
		c.entries[Key(head[:16])] = entry{s, s.size, int32(n)}
		s.size += entryHead + n
	}
}

// Get returns a tile that was put, which may be empty.
func (c *Cache) Get(k Key) (data []byte, ok bool) {
	c.mu.Lock()
	e, ok := c.entries[k]
	c.mu.Unlock()
	if !ok {
		return nil, false
	}
	buf := make([]byte, entryHead+int(e.length))
	// A segment deleted meanwhile gives an error, and the tile is drawn again.
	_, err := e.segment.file.ReadAt(buf, e.at)
	if err != nil || Key(buf[:16]) != k || binary.LittleEndian.Uint32(buf[20:]) != sum(buf) {
		c.mu.Lock()
		if c.entries[k] == e {
			delete(c.entries, k)
		}
		c.mu.Unlock()
		return nil, false
	}
	return buf[entryHead:], true
}

func sum(buf []byte) uint32 {
	return crc32.Update(crc32.Checksum(buf[:20], castagnoli), castagnoli, buf[entryHead:])
}

// Put keeps a tile. Errors are those of the disk: the tile is then not kept.
func (c *Cache) Put(k Key, data []byte) error {
	buf := make([]byte, entryHead, entryHead+len(data))
	copy(buf, k[:])
	binary.LittleEndian.PutUint32(buf[16:], uint32(len(data)))
	buf = append(buf, data...)
	binary.LittleEndian.PutUint32(buf[20:], sum(buf))
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[k]; ok {
		return nil
	}
	if c.closed {
		return os.ErrClosed
	}
	s, err := c.last(int64(len(buf)))
	if err != nil {
		return err
	}
	if _, err := s.file.WriteAt(buf, s.size); err != nil {
		return err
	}
	c.entries[k] = entry{s, s.size, int32(len(data))}
	s.size += int64(len(buf))
	return nil
}

// last is the segment that so many bytes go to.
func (c *Cache) last(n int64) (*segment, error) {
	number := 1
	if len(c.segments) > 0 {
		s := c.segments[len(c.segments)-1]
		if s.size+n <= c.segment {
			return s, nil
		}
		number = s.number + 1
	}
	f, err := os.OpenFile(filepath.Join(c.dir, fmt.Sprintf("%d.tiles", number)), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	s := &segment{number: number, file: f}
	c.segments = append(c.segments, s)
	c.trim()
	return s, nil
}

// trim deletes the oldest segments.
func (c *Cache) trim() {
	for len(c.segments) > c.most {
		s := c.segments[0]
		c.segments = c.segments[1:]
		for k, e := range c.entries {
			if e.segment == s {
				delete(c.entries, k)
			}
		}
		// What is in it is drawn again.
		_ = s.file.Close()
		os.Remove(s.file.Name())
	}
}

// Close closes the segments.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []error
	for _, s := range c.segments {
		all = append(all, s.file.Close())
	}
	c.closed = true
	c.segments, c.entries = nil, map[Key]entry{}
	return errors.Join(all...)
}
