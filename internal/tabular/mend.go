package tabular

import "bytes"

// Records that do not follow their dialect: a quote that opens in the middle of
// a line and never closes, inches in a quoted cell, doubled quotes forgotten. The
// reading wanted is the one with the number of cells that the table has, and the
// fewest liberties taken.

const (
	mendBytes = 64 << 10 // longest text that is tried
	mendLines = 16       // most lines of one record that are tried
	mendCost  = 1 << 20  // steps for one record beyond which the plain reading is taken
	mendTotal = 1 << 26  // steps in one chunk, likewise
)

// repairer holds the memory of attempts.
type repairer struct {
	starts []int // where cells may begin
	best   []step
	cells  []choice
	out    []step
	spent  int // steps taken in one chunk
}

// choice is a cell of a reading.
type choice struct {
	start, end int // text
	quoted     bool
	escaped    bool
}

type step struct {
	cost int32
	next int32 // index in starts of the next cell; -1: the record ends
	end  int32
	how  uint8
}

const impossible = 1 << 29

// mend reads again the record in which a quote is misplaced, and returns where
// the next one begins; false when more data is needed.
func (s *scan) mend() (int, bool) {
	text := s.data[s.record:]
	lines := 0
	best, bestEnd := []choice(nil), 0
	from := 0
	for lines < mendLines {
		k := s.lineEnd(text, from)
		if k < 0 {
			if !s.last {
				return 0, false
			}
			k = len(text)
		}
		lines++
		if k > mendBytes && lines > 1 {
			break
		}
		cells, exact := s.p.repair.read(s.p.dialect, trimCR(text[:k]), s.p.width)
		if best == nil || exact {
			best, bestEnd = append([]choice(nil), cells...), k
		}
		if exact || s.p.width == 0 || k >= len(text) {
			break
		}
		from = s.afterBreak(text, k)
		if from >= len(text) {
			if !s.last {
				return 0, false
			}
			break
		}
	}
	return s.take(best, bestEnd), true
}

// mendLine reads the first line of a record of several lines alone: true when it
// has the number of cells wanted, which the record as quoted has not.
func (s *scan) mendLine() (int, bool) {
	text := s.data[s.record:]
	k := s.lineEnd(text, 0)
	if k < 0 || k > mendBytes {
		return 0, false
	}
	cells, exact := s.p.repair.read(s.p.dialect, trimCR(text[:k]), s.p.width)
	if !exact {
		return 0, false
	}
	return s.take(cells, k), true
}

// take puts the cells of a reading in the batch in place of those of the record.
// end is where its line ends, from the start of the record.
func (s *scan) take(cells []choice, end int) int {
	b, p := s.b, s.p
	b.cells = b.cells[:b.first[len(b.first)-1]]
	for len(p.escaped) > 0 && int(p.escaped[len(p.escaped)-1]) >= len(b.cells) {
		p.escaped = p.escaped[:len(p.escaped)-1]
	}
	for _, c := range cells {
		if c.escaped {
			p.escaped = append(p.escaped, uint32(len(b.cells)))
		}
		b.cells = append(b.cells, extent{uint32(s.record + c.start), uint32(s.record + c.end)})
	}
	p.marks = append(p.marks, mark{uint32(b.Len())})
	text := s.data[s.record:]
	s.line = s.began + uint32(s.breaks(text[:end])) + 1
	next := s.record + s.afterBreak(text, end)
	s.close(next)
	return next
}

// lineEnd returns where the line that holds from ends, -1 when its end is not there.
func (s *scan) lineEnd(text []byte, from int) int {
	k := bytes.IndexByte(text[from:], '\n')
	if s.p.cr {
		limit := text[from:]
		if k >= 0 {
			limit = limit[:k]
		}
		if c := bytes.IndexByte(limit, '\r'); c >= 0 {
			if from+c+1 == len(text) && !s.last {
				return -1
			}
			return from + c
		}
	}
	if k < 0 {
		return -1
	}
	return from + k
}

// afterBreak returns where the line after the break at k begins.
func (s *scan) afterBreak(text []byte, k int) int {
	if k >= len(text) {
		return len(text)
	}
	if text[k] == '\r' && k+1 < len(text) && text[k+1] == '\n' {
		return k + 2
	}
	return k + 1
}

func trimCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// read finds the best reading of a record. exact: it has width cells (any number
// when width is 0).
func (r *repairer) read(d dialect, text []byte, width int) ([]choice, bool) {
	r.starts = append(r.starts[:0], 0)
	if len(d.delim) > 0 {
		for i := 0; ; {
			k := bytes.Index(text[i:], d.delim)
			if k < 0 {
				break
			}
			i += k + len(d.delim)
			if d.pad && i < len(text) && text[i] == ' ' {
				i++
			}
			r.starts = append(r.starts, i)
		}
	}
	quotes := bytes.Count(text, []byte{d.quote})
	cost := len(r.starts)*(min(quotes, len(r.starts))+1)*max(width, 1) + min(quotes, len(r.starts))*len(text)
	r.spent += min(cost, mendCost) + len(text)
	if len(text) > mendBytes || cost > mendCost || r.spent > mendTotal {
		return r.plain(d, text), width == 0 || len(r.starts) == width
	}
	columns := min(width, len(r.starts))
	if width == 0 {
		columns = 1
	}
	r.solve(d, text, width, columns)
	k := columns
	if width == 0 || r.best[0*(columns+1)+k].cost >= impossible {
		if width != 0 {
			return r.plain(d, text), false
		}
	}
	r.cells = r.cells[:0]
	for at := 0; at >= 0; {
		st := r.best[at*(columns+1)+k]
		c := choice{start: r.starts[at], end: int(st.end)}
		if st.how > 0 {
			c.start++
			c.quoted, c.escaped = true, st.how == 2
		}
		r.cells = append(r.cells, c)
		at = int(st.next)
		if width != 0 {
			k--
		}
	}
	return r.cells, width == 0 || len(r.cells) == width
}

// solve fills best: for each place where a cell may begin and each number of
// cells left, the cheapest way on. With width 0 the number of cells is free.
func (r *repairer) solve(d dialect, text []byte, width, columns int) {
	n := len(r.starts)
	r.best = r.best[:0]
	for range n * (columns + 1) {
		r.best = append(r.best, step{cost: impossible})
	}
	rest := func(i, k int) int32 { // cost from start i on with k cells left
		if width == 0 {
			k = 1
		}
		if k <= 0 {
			return impossible
		}
		return r.best[i*(columns+1)+k].cost
	}
	for i := n - 1; i >= 0; i-- {
		ways := r.ways(d, text, i)
		for k := 1; k <= columns; k++ {
			best := step{cost: impossible}
			for _, w := range ways {
				c := w.cost
				if w.next >= 0 {
					c += rest(int(w.next), k-1)
				} else if width != 0 && k != 1 {
					continue
				}
				if c < best.cost {
					best = w
					best.cost = c
				}
			}
			r.best[i*(columns+1)+k] = best
		}
	}
}

// ways lists how the cell that begins at starts[i] may be read.
func (r *repairer) ways(d dialect, text []byte, i int) []step {
	start := r.starts[i]
	end, next := len(text), int32(-1)
	if i+1 < len(r.starts) {
		next = int32(i + 1)
		end = r.cellEnd(d, text, i+1)
	}
	if start > len(text) {
		return nil
	}
	quoted := start < len(text) && text[start] == d.quote && d.quote != 0
	plain := step{next: next, end: int32(end)}
	if quoted {
		plain.cost = 3
	}
	if bytes.IndexByte(text[start:end], '\n') >= 0 {
		plain.cost += 1 << 16
	}
	out := append(r.out[:0], plain)
	r.out = out
	if !quoted {
		return out
	}
	in := insider{d: d, text: text, at: start + 1}
	for j := i; j < len(r.starts); j++ {
		stop, then := len(text), int32(-1)
		if j+1 < len(r.starts) {
			stop, then = r.cellEnd(d, text, j+1), int32(j+1)
		}
		if stop-1 <= start || text[stop-1] != d.quote {
			continue
		}
		bare, escaped := in.until(stop - 1)
		how := uint8(1)
		if escaped {
			how = 2
		}
		out = append(out, step{cost: int32(2 * bare), next: then, end: int32(stop - 1), how: how})
	}
	r.out = out
	return out
}

// cellEnd is where the cell before starts[i] ends.
func (r *repairer) cellEnd(d dialect, text []byte, i int) int {
	end := r.starts[i] - len(d.delim)
	if d.pad && end > 0 && text[end] != d.delim[0] {
		end--
	}
	return end
}

// insider counts, going on from one possible end of a quoted cell to the next,
// the quotes that stand alone in it, and tells whether others are escaped.
type insider struct {
	d       dialect
	text    []byte
	at      int
	bare    int
	escaped bool
}

// until counts up to end; a quote just before it stands alone this time.
func (in *insider) until(end int) (bare int, escaped bool) {
	for in.at < end {
		c := in.text[in.at]
		pair := c == '\\' && in.d.escape == '\\' || c == in.d.quote && in.d.escape == c
		switch {
		case pair && in.at+1 == end:
			if c == in.d.quote {
				return in.bare + 1, in.escaped
			}
			return in.bare, in.escaped
		case c == '\\' && pair, pair && in.text[in.at+1] == c:
			in.escaped = true
			in.at++
		case c == in.d.quote:
			in.bare++
		}
		in.at++
	}
	return in.bare, in.escaped
}

// plain is the reading in which quotes mean nothing, but for those around a cell.
func (r *repairer) plain(d dialect, text []byte) []choice {
	r.cells = r.cells[:0]
	for i := range r.starts {
		end := len(text)
		if i+1 < len(r.starts) {
			end = r.cellEnd(d, text, i+1)
		}
		c := choice{start: r.starts[i], end: end}
		if end-c.start >= 2 && text[c.start] == d.quote && text[end-1] == d.quote {
			c = choice{start: c.start + 1, end: end - 1, quoted: true}
			_, c.escaped = (&insider{d: d, text: text, at: c.start}).until(c.end)
		}
		r.cells = append(r.cells, c)
	}
	return r.cells
}
