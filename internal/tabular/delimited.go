package tabular

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// dialect is how delimited text marks cells and records.
type dialect struct {
	delim  []byte // empty: one cell per record
	pad    bool   // one space after the delimiter belongs to it
	quote  byte   // 0: none
	escape byte   // the quote itself (doubled), '\\', or 0
	cr     bool   // a lone carriage return ends a record too
}

// parser turns chunks of delimited text into batches. One parser is used by one
// goroutine at a time.
type parser struct {
	dialect
	width int // cells expected in a record, 0 when unknown
	most  int // bytes after which no record is begun, 0: no limit

	escaped []uint32 // cells of the batch that hold escapes
	marks   []mark   // records that were repaired
	offsets []int    // where each record begins, if wanted
	want    bool     // offsets are wanted
	repair  repairer
}

// mark is a record that did not follow the dialect.
type mark struct{ record uint32 }

// outcome of one chunk.
type outcome struct {
	used    int   // bytes of whole records
	open    bool  // what is left after used is inside a quoted cell
	columns int   // the widest record
	err     error // a limit was passed
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// hasZero sets the high bit of the zero bytes of v; bytes above the first zero
// may be set wrongly when they are 1.
func hasZero(v uint64) uint64 { return (v - lows) &^ v & highs }

// parse appends the records of data to b, whose buf it takes over. Without last,
// the final record is left when its end is not in data. Lines in errors are
// relative to the chunk.
func (p *parser) parse(b *Batch, data []byte, last bool) outcome {
	b.reset()
	b.buf = data
	p.escaped, p.marks, p.repair.spent = p.escaped[:0], p.marks[:0], 0
	s := scan{p: p, b: b, data: data, last: last, reach: maxQuoted}
	out := s.run()
	for i, m := range p.marks {
		if i == 0 || p.marks[i-1] != m {
			b.Faults = append(b.Faults, Fault{Index: int(m.record), Code: CodeSource, Key: "tabular.fault.quote"})
		}
	}
	p.unescape(b)
	return out
}

// scan is the state of one parse.
type scan struct {
	p    *parser
	b    *Batch
	data []byte
	last bool

	record  int    // where the record begins
	line    uint32 // physical lines before the cell, relative to the chunk
	began   uint32 // line on which the record begins
	multi   bool   // a cell of the record spans lines
	columns int
	reach   int // bytes within which a quote must close
	wasted  int // bytes read for quotes that did not
	longest int // bytes of the longest record
	pending int // cells of the record that is not whole
}

// run reads the whole chunk. The loop takes one cell per turn; it is long
// because a call per cell would cost a third of the speed.
func (s *scan) run() outcome {
	p, b, data := s.p, s.b, s.data
	n, q, cr := len(data), p.quote, byte('\n')
	if p.cr {
		cr = '\r'
	}
	d0, dlen := byte('\n'), len(p.delim)
	if dlen > 0 {
		d0 = p.delim[0]
	}
	wd, wn, wr := lows*uint64(d0), lows*uint64('\n'), lows*uint64(cr)
	// marks holds the delimiters and line breaks, not yet used, of the 8 bytes
	// before pos.
	marks, pos := uint64(0), 0
	cells := b.cells // kept near, given back to b before each call
	for start := 0; start < n; {
		var cell extent
		var at int // of the mark after it
		quoted := false
		if c := data[start]; q != 0 && (c == q || c == ' ') {
			var state quoting
			b.cells = cells
			cell, at, state = s.quoted(start)
			switch state {
			case quotedOpen:
				return s.stop(true)
			case quotedBad:
				next, ok := s.mend()
				if !ok {
					return s.stop(true)
				}
				if s.columns > maxColumns || s.longest > maxRecord {
					return s.beyond()
				}
				if s.enough(next) {
					return outcome{used: next, columns: s.columns}
				}
				start, pos, marks, cells = next, next, 0, b.cells
				continue
			case quotedGood:
				quoted = true
				pos, marks = at, 0
				goto ended
			}
		}
		for {
			for marks == 0 && pos+8 <= n {
				w := binary.LittleEndian.Uint64(data[pos:])
				marks = hasZero(w^wd) | hasZero(w^wn)
				if p.cr {
					marks |= hasZero(w ^ wr)
				}
				pos += 8
			}
			if marks == 0 {
				for at = max(pos, start); at < n && data[at] != d0 && data[at] != '\n' && data[at] != cr; {
					at++
				}
				pos = min(at+1, n)
				break
			}
			at = pos - 8 + bits.TrailingZeros64(marks)>>3
			marks &= marks - 1
			if c := data[at]; at >= start && (c == d0 || c == '\n' || c == cr) {
				break
			}
		}
		if at < n && data[at] == d0 && dlen > 1 && !bytes.HasPrefix(data[at:], p.delim) {
			at = s.nextMark(at + 1)
			pos, marks = at, 0
		}
		cell = extent{uint32(start), uint32(at)}
		if (at == n || data[at] == '\n') && at > start && data[at-1] == '\r' {
			cell.end--
		}
	ended:
		if at < n && dlen > 0 && data[at] == d0 {
			cells = append(cells, cell)
			start = at + dlen
			if p.pad && start < n && data[start] == ' ' {
				start++
			}
			if start < n || !s.last {
				continue
			}
			at, cell = n, extent{uint32(n), uint32(n)}
		}
		b.cells = cells
		if at == n && !s.last {
			return s.stop(false)
		}
		if quoted || cell.end > cell.start || len(cells) > int(b.first[len(b.first)-1]) {
			b.cells = append(cells, cell)
		}
		next, ok := s.endRecord(at)
		if !ok {
			return s.stop(false)
		}
		if s.columns > maxColumns || s.longest > maxRecord {
			return s.beyond()
		}
		if s.enough(next) {
			return outcome{used: next, columns: s.columns}
		}
		start, cells = next, b.cells
		if next <= at { // a record was read again
			pos, marks = next, 0
		}
	}
	b.cells = cells
	if s.record < n && s.last { // the file ends after a delimiter
		b.cells = append(b.cells, extent{uint32(n), uint32(n)})
		s.endRecord(n)
	}
	return s.stop(false)
}

// enough tells that the batch is large: a chunk that had to grow for one record,
// as a quote that never closes makes it, is no reason for a batch of all that it
// holds.
func (s *scan) enough(next int) bool {
	if s.p.most == 0 || next < s.p.most || next >= len(s.data) {
		return false
	}
	s.b.span = s.began
	return true
}

// nextMark is the slow search for a delimiter of several bytes.
func (s *scan) nextMark(at int) int {
	for ; at < len(s.data); at++ {
		c := s.data[at]
		if c == '\n' || s.p.cr && c == '\r' || c == s.p.delim[0] && bytes.HasPrefix(s.data[at:], s.p.delim) {
			return at
		}
	}
	return at
}

// endRecord closes the record that ends at the line break at, or at the end of
// the data. It is false when the other half of a line break may be missing.
func (s *scan) endRecord(at int) (next int, ok bool) {
	next = at
	if at < len(s.data) {
		next = at + 1
		if s.data[at] == '\r' {
			if next == len(s.data) && !s.last {
				return at, false
			}
			if next < len(s.data) && s.data[next] == '\n' {
				next++
			}
		}
	}
	width := len(s.b.cells) - int(s.b.first[len(s.b.first)-1])
	if s.multi && s.p.width > 1 && width != s.p.width {
		if end, ok := s.mendLine(); ok {
			return end, true
		}
	}
	s.line++
	s.close(next)
	return next, true
}

// close ends the record; the next one begins at next.
func (s *scan) close(next int) {
	width := len(s.b.cells) - int(s.b.first[len(s.b.first)-1])
	s.columns = max(s.columns, width)
	s.longest = max(s.longest, next-s.record)
	s.b.end(s.began)
	if s.p.want {
		s.p.offsets = append(s.p.offsets, s.record)
	}
	s.record, s.began, s.multi = next, s.line, false
}

// stop forgets the cells of a record that is not whole.
func (s *scan) stop(open bool) outcome {
	s.pending = len(s.b.cells) - int(s.b.first[len(s.b.first)-1])
	s.b.cells = s.b.cells[:s.b.first[len(s.b.first)-1]]
	for len(s.p.escaped) > 0 && int(s.p.escaped[len(s.p.escaped)-1]) >= len(s.b.cells) {
		s.p.escaped = s.p.escaped[:len(s.p.escaped)-1]
	}
	s.b.span = s.began
	out := outcome{used: s.record, open: open, columns: s.columns}
	switch line := int(s.began); {
	case s.pending > maxColumns:
		out.err = tooManyColumns(line)
	case len(s.data)-s.record > maxRecord:
		out.err = tooLongRecord(line)
	}
	return out
}

// beyond is the outcome of a record that passes a limit.
func (s *scan) beyond() outcome {
	line := int(s.b.lines[s.b.Len()-1])
	out := outcome{used: s.record, columns: s.columns, err: tooManyColumns(line)}
	if s.longest > maxRecord {
		out.err = tooLongRecord(line)
	}
	return out
}

// quoting is what a cell that begins with a quote turns out to be.
type quoting uint8

const (
	quotedGood quoting = iota // it ends before a delimiter or a line break
	quotedNot                 // spaces, then no quote: plain text
	quotedOpen                // its end is not in the data
	quotedBad                 // text follows the closing quote, or the file ends in it
)

// quoted reads a cell that begins with a quote, maybe after spaces. at is where
// the mark after it is.
func (s *scan) quoted(start int) (cell extent, at int, state quoting) {
	p, data, n := s.p, s.data, len(s.data)
	open := start
	for open < n && data[open] == ' ' && !(len(p.delim) == 1 && p.delim[0] == ' ') {
		open++
	}
	if open == n || data[open] != p.quote {
		return cell, start, quotedNot
	}
	escaped := false
	for i := open + 1; ; {
		k := bytes.IndexByte(data[i:max(i, min(n, open+s.reach))], p.quote)
		if k < 0 {
			if !s.last && n-open < s.reach {
				return cell, n, quotedOpen
			}
			if open > start {
				return cell, start, quotedNot
			}
			if s.wasted += n - open; s.wasted > 4*maxQuoted {
				s.reach = mendBytes
			}
			return cell, n, quotedBad
		}
		i += k
		if p.escape == '\\' && backslashes(data[open+1:i])%2 == 1 {
			escaped = true
			i++
			continue
		}
		if i+1 < n && data[i+1] == p.quote && p.escape == p.quote {
			escaped = true
			i += 2
			continue
		}
		at = i + 1
		for at < n && data[at] == ' ' && !(len(p.delim) == 1 && p.delim[0] == ' ') {
			at++
		}
		switch {
		case !s.last && n-at < max(2, len(p.delim)) && n-open < s.reach:
			return cell, n, quotedOpen
		case at < n && !s.mark(at):
			if open > start {
				return cell, start, quotedNot
			}
			return cell, at, quotedBad
		case at == n && !s.last:
			return cell, n, quotedBad
		}
		if at < n && data[at] == '\r' && !p.cr {
			at++
		}
		cell = extent{uint32(open + 1), uint32(i)}
		break
	}
	if escaped || p.escape == '\\' && bytes.IndexByte(data[cell.start:cell.end], '\\') >= 0 {
		p.escaped = append(p.escaped, uint32(len(s.b.cells)))
	}
	if breaks := s.breaks(data[cell.start:cell.end]); breaks > 0 {
		s.line += uint32(breaks)
		s.multi = true
	}
	return cell, at, quotedGood
}

// mark reports whether a cell may end at: a delimiter or a line break is there.
func (s *scan) mark(at int) bool {
	switch c := s.data[at]; {
	case c == '\n', c == '\r' && s.p.cr:
		return true
	case c == '\r':
		return at+1 == len(s.data) || s.data[at+1] == '\n'
	case len(s.p.delim) == 0:
		return false
	case len(s.p.delim) == 1:
		return c == s.p.delim[0]
	}
	return bytes.HasPrefix(s.data[at:], s.p.delim)
}

// breaks counts the line breaks in a cell.
func (s *scan) breaks(text []byte) int {
	n := bytes.Count(text, newline)
	if s.p.cr {
		n += bytes.Count(text, carriage) - bytes.Count(text, crlf)
	}
	return n
}

var (
	newline  = []byte{'\n'}
	carriage = []byte{'\r'}
	crlf     = []byte{'\r', '\n'}
)

// backslashes counts those at the end of text.
func backslashes(text []byte) int {
	n := 0
	for n < len(text) && text[len(text)-1-n] == '\\' {
		n++
	}
	return n
}

// unescape resolves the escapes of cells in place.
func (p *parser) unescape(b *Batch) {
	for _, i := range p.escaped {
		c := &b.cells[i]
		text := b.buf[c.start:c.end]
		to := 0
		for at := 0; at < len(text); at++ {
			ch := text[at]
			if at+1 < len(text) && (ch == p.escape && text[at+1] == p.quote || ch == '\\' && p.escape == '\\' && text[at+1] == '\\') {
				at++
				ch = text[at]
			}
			text[to] = ch
			to++
		}
		c.end = c.start + uint32(to)
	}
}
