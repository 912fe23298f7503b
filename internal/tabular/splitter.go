package tabular

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// chunkSize is what one worker parses at a time: with its cells it stays in the
// cache of a core (L2), which twice as much does not.
const chunkSize = 256 << 10

// splitter cuts delimited text with random access into chunks that end where a
// record ends: at a line break with an even number of quotes before it. Where a
// stray quote makes that wrong, parsing notices, and what follows is cut again
// from the last whole record.
type splitter struct {
	src     Source
	dialect dialect
	charset *charset
	width   int
	foot    *footnotes
	size    int64
	pos     int64
	want    int // size of the next chunk
	chunk   int // usual size of chunks
	tail    int // bytes at the end that are not left to a chunk of their own
}

// take reads the next chunk.
func (s *splitter) take(j *job) error {
	left := s.size - s.pos
	if left <= 0 {
		return io.EOF
	}
	n := s.want
	if left <= int64(n+s.tail) {
		n, j.final = int(left), true
	}
	j.data = slices.Grow(j.data[:0], n+8)[:n]
	if err := readFull(s.src, j.data, s.pos); err != nil {
		return err
	}
	if !j.final {
		j.data = j.data[:s.cut(j.data)]
	}
	j.start = s.pos
	s.pos += int64(len(j.data))
	return nil
}

// readFull fills data from a place of the source.
func readFull(src io.ReaderAt, data []byte, at int64) error {
	n, err := src.ReadAt(data, at)
	switch {
	case n == len(data):
		return nil
	case err == nil || errors.Is(err, io.EOF): // the file has become shorter
		return truncated(io.ErrUnexpectedEOF)
	}
	return err
}

// cut returns the length of the records in data that are whole if its quotes
// are; all of it when there is no such place.
func (s *splitter) cut(data []byte) int {
	odd := 0
	if s.dialect.quote != 0 {
		odd = bytes.Count(data, []byte{s.dialect.quote}) & 1
	}
	end := len(data)
	for end > 0 {
		k := bytes.LastIndexByte(data[:end], '\n')
		if s.dialect.cr {
			if c := bytes.LastIndexByte(data[:end], '\r'); c > k && c+1 < len(data) {
				k = c
			}
		}
		if k < 0 {
			break
		}
		if s.dialect.quote != 0 {
			odd ^= bytes.Count(data[k:end], []byte{s.dialect.quote}) & 1
		}
		if odd == 0 {
			return k + 1
		}
		end = k
	}
	return len(data)
}

// parse makes records of a chunk.
func (s *splitter) parse(j *job) {
	j.parser.dialect, j.parser.width, j.parser.most = s.dialect, s.width, 2*s.chunk
	j.out = j.parser.parse(&j.batch, j.data, j.final)
	j.final = j.final && j.out.used == len(j.data)
	if j.out.err == nil {
		s.charset.decode(j)
	}
}

// settle accepts a chunk; what it left over is cut again.
func (s *splitter) settle(j *job) (bool, error) {
	used := j.out.used
	if j.final {
		s.foot.trim(j)
		return true, nil
	}
	if used == len(j.data) {
		s.want = s.chunk
		return true, nil
	}
	s.pos = j.start + int64(used)
	if used == 0 {
		s.want = 2 * max(s.want, len(j.data))
	} else {
		s.want = s.chunk
	}
	return false, nil
}

func (s *splitter) close() error { return nil }

// stream is the splitter of text that can only be read forward: unpacked or
// transcoded. Chunks are parsed under the lock, one after the other.
type stream struct {
	splitter
	r       io.ReadCloser
	pending []byte
	ended   bool
}

// take reads on and parses what is whole.
func (s *stream) take(j *job) error {
	for want := s.chunk; ; want *= 2 {
		if err := s.fill(want + s.tail); err != nil {
			return err
		}
		if len(s.pending) == 0 {
			return io.EOF
		}
		n := len(s.pending)
		j.final = s.ended
		if !j.final {
			n -= s.tail
		}
		j.data = append(j.data[:0], s.pending[:n]...)
		s.splitter.parse(j)
		if j.out.err != nil {
			return j.out.err
		}
		if j.out.used > 0 || j.final {
			s.pending = s.pending[:copy(s.pending, s.pending[j.out.used:])]
			if j.final {
				s.pending = s.pending[:0]
			}
			return nil
		}
	}
}

// fill reads until n bytes are pending or the text ends.
func (s *stream) fill(n int) error {
	s.pending = slices.Grow(s.pending, max(0, n-len(s.pending)))
	for len(s.pending) < n && !s.ended {
		k, err := s.r.Read(s.pending[len(s.pending):n])
		s.pending = s.pending[:len(s.pending)+k]
		if errors.Is(err, io.EOF) {
			s.ended = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) parse(*job) {}

func (s *stream) settle(j *job) (bool, error) {
	if j.final {
		s.foot.trim(j)
	}
	return true, nil
}

func (s *stream) close() error { return s.r.Close() }
