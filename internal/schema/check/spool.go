package check

import (
	"encoding/binary"
	"io"
	"os"
)

const (
	spoolParts = 64
	spoolPage  = 64 << 10 // bytes of a part kept in memory
)

// spool holds records of keys by parts of their hash, in order, in memory while
// they are few and in a temporary file beyond.
type spool struct {
	dir   string
	file  *os.File
	size  int64
	parts [spoolParts]spoolPart
}

type spoolPart struct {
	buf   []byte
	pages []spoolExtent
}

type spoolExtent struct {
	at int64
	n  int
}

func partOf(hash uint64) int { return int(hash >> 58) }

// put appends a record.
func (s *spool) put(hash uint64, key []byte, row, line int) error {
	p := &s.parts[partOf(hash)]
	p.buf = binary.AppendUvarint(p.buf, uint64(row))
	p.buf = binary.AppendUvarint(p.buf, uint64(line))
	p.buf = binary.AppendUvarint(p.buf, uint64(len(key)))
	p.buf = append(p.buf, key...)
	if len(p.buf) < spoolPage {
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "socle-keys-*")
		if err != nil {
			return err
		}
		s.file = f
		_ = os.Remove(f.Name()) // goes with the process, whatever happens; where that is refused, close removes it
	}
	if _, err := s.file.WriteAt(p.buf, s.size); err != nil {
		return err
	}
	p.pages = append(p.pages, spoolExtent{s.size, len(p.buf)})
	s.size += int64(len(p.buf))
	p.buf = p.buf[:0]
	return nil
}

// each gives the records of a part in the order they were put.
func (s *spool) each(part int, give func(key []byte, row, line int) error) error {
	p := &s.parts[part]
	var page []byte
	for _, e := range p.pages {
		if cap(page) < e.n {
			page = make([]byte, e.n)
		}
		page = page[:e.n]
		if _, err := s.file.ReadAt(page, e.at); err != nil && err != io.EOF {
			return err
		}
		if err := records(page, give); err != nil {
			return err
		}
	}
	return records(p.buf, give)
}

func records(b []byte, give func(key []byte, row, line int) error) error {
	for len(b) > 0 {
		var head [3]uint64
		for i := range head {
			v, n := binary.Uvarint(b)
			head[i], b = v, b[n:]
		}
		if err := give(b[:head[2]], int(head[0]), int(head[1])); err != nil {
			return err
		}
		b = b[head[2]:]
	}
	return nil
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
		s.file = nil
	}
}
