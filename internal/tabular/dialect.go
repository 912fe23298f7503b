package tabular

import (
	"bytes"
	"math"
	"slices"
)

// Recognising a dialect: each likely one reads the beginning of the file; the one
// that gives the most regular table of the most plausible cells is taken. The
// idea of multiplying regularity and plausibility is that of van den Burg, Nazábal
// and Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019).

const (
	dialectBytes   = 192 << 10 // of the head that is read with each dialect
	dialectRecords = 400
)

// candidates are the delimiters looked for, and how likely they are beforehand.
var candidates = []candidate{
	{";", 1}, {",", 1}, {"\t", 1}, {"|", 0.98}, {"\x1f", 0.98}, {"\x01", 0.9}, {"||", 1}, {"::", 1}, {"¦", 0.9}, {"§", 0.9}, {"¤", 0.9},
	{"^", 0.85}, {"~", 0.85}, {"\xa6", 0.8}, {"\xa7", 0.8}, {"#", 0.6}, {" ", 0.48}, {":", 0.37},
}

type candidate struct {
	delim string
	prior float64
}

// most is the best score that a table with the delimiter can have: one that is no
// better than what was found need not be read.
func (c candidate) most() float64 {
	if c.delim == " " {
		return c.prior * spaced
	}
	return c.prior
}

const (
	oneColumn = 0.4 // how likely a table of one column is beforehand
	spaced    = 1.3 // how much columns of figures speak for spaces between them
)

// sniffed is a dialect with what it shows of the file.
type sniffed struct {
	dialect
	width   int
	score   float64
	broken  float64 // share of the records whose quotes are misplaced
	doubled bool    // doubled quotes were seen
	quotes  bool    // quoted cells were seen
}

// sniffDialect recognises the dialect of the beginning of a text; whole: there is
// no more. fixed is a delimiter that is known, or "".
func sniffDialect(head []byte, whole bool, fixed string, cr bool) sniffed {
	if len(head) > dialectBytes {
		head, whole = head[:dialectBytes], false
	}
	quotes := []byte{'"'}
	if bytes.IndexByte(head, '"') >= 0 {
		quotes = []byte{'"', 0} // some files do not mean their quotes
	}
	best := sniffed{score: -1}
	try := func(delim string, prior float64) {
		broken := 0.0
		for _, q := range append(quotes, singleQuote(head, delim)...) {
			if q == 0 && (broken < 0.3 || !slices.Contains([]string{",", ";", "\t", "|"}, delim)) {
				continue
			}
			for _, e := range escapes(head, q) {
				d := dialect{delim: []byte(delim), quote: q, escape: e, cr: cr}
				s := d.assess(head, whole)
				s.score *= prior
				broken = max(broken, s.broken)
				switch q {
				case '\'':
					s.score *= 0.995
				case 0:
					s.score *= 0.9
				}
				if e == '\\' {
					s.score *= 0.999
				}
				if s.score > best.score {
					best = s
				}
			}
		}
	}
	if fixed != "" {
		try(fixed, 1)
	} else {
		for _, c := range candidates {
			if c.most() > best.score && bytes.Contains(head, []byte(c.delim)) {
				try(c.delim, c.prior)
			}
		}
		if one := best; one.score <= oneColumn { // a table of one column is as good as what equals it
			best = sniffed{score: -1}
			if try("", oneColumn); one.score > best.score {
				best = one
			}
		}
	}
	if len(best.delim) == 1 && (best.delim[0] == ',' || best.delim[0] == ';') && padded(head, best.delim[0]) {
		best.pad = true
	}
	return best
}

// singleQuote gives the apostrophe when it surrounds cells.
func singleQuote(head []byte, delim string) []byte {
	opens := bytes.Count(head, []byte(delim+"'")) + bytes.Count(head, []byte("\n'"))
	closes := bytes.Count(head, []byte("'"+delim)) + bytes.Count(head, []byte("'\n")) + bytes.Count(head, []byte("'\r"))
	if delim == "" {
		opens, closes = opens-bytes.Count(head, []byte("'")), closes-bytes.Count(head, []byte("'"))
	}
	if opens >= 2 && closes >= 2 && opens < 3*closes && closes < 3*opens {
		return []byte{'\''}
	}
	return nil
}

// escapes gives the ways in which a quote may be written in a quoted cell.
func escapes(head []byte, quote byte) []byte {
	if quote == 0 {
		return []byte{0}
	}
	if bytes.Contains(head, []byte{'\\', quote}) {
		return []byte{quote, '\\'}
	}
	return []byte{quote}
}

// padded: nearly all delimiters outside of quotes are followed by one space.
func padded(head []byte, delim byte) bool {
	with, without := 0, 0
	inside := false
	for i, c := range head {
		switch {
		case c == '"':
			inside = !inside
		case c == delim && !inside && i+1 < len(head):
			if head[i+1] == ' ' {
				with++
			} else if head[i+1] != '\n' && head[i+1] != '\r' {
				without++
			}
		}
	}
	return with >= 4 && without*50 <= with
}

// assess reads the head with the dialect and scores the table that comes out.
func (d dialect) assess(head []byte, whole bool) sniffed {
	s := sniffed{dialect: d}
	p := parser{dialect: d}
	var b Batch
	text := append([]byte(nil), head...)
	out := p.parse(&b, text, whole)
	if b.Len() == 0 && !whole {
		out = p.parse(&b, append(text[:0], head...), true)
	}
	if b.Len() == 0 {
		if out.err != nil { // a first record beyond the limits: the delimiter is seen all the same
			s.score, s.width = 0.01, maxColumns
		}
		return s
	}
	b.cut(dialectRecords)
	widths := map[int]int{}
	total := 0
	for i := range b.Len() {
		if w := b.Width(i); w > 0 {
			widths[w]++
			total++
		}
	}
	for w, n := range widths {
		if m := widths[s.width]; n > m || n == m && w > s.width {
			s.width = w
		}
	}
	if total == 0 {
		return s
	}
	if len(d.delim) == 0 {
		s.width = 1
	}
	regular := float64(widths[s.width]) / float64(total)
	if ignored := min(total-widths[s.width], 3); total > 6 { // titles and notes
		regular = float64(widths[s.width]) / float64(total-ignored)
	}
	strength := 1.0
	if len(d.delim) > 0 {
		strength = math.Sqrt(1 - 1/float64(s.width))
	}
	good, cells := 0.0, 0
	typed, bySpace := 0, len(d.delim) == 1 && d.delim[0] == ' '
	around, within := 0, 0 // quotes around cells, and in the middle of cells
	for i := range b.Len() {
		for k := b.first[i]; k < b.first[i+1]; k++ {
			c := b.cells[k]
			quoted := c.start > 0 && d.quote != 0 && head[c.start-1] == d.quote
			s.quotes = s.quotes || quoted
			if quoted {
				around++
			} else if d.quote != 0 && bytes.IndexByte(b.buf[c.start:c.end], d.quote) >= 0 {
				within++
			}
			good += plausible(b.buf[c.start:c.end], quoted, d)
			if bySpace {
				if k := kindOf(bytes.TrimSpace(b.buf[c.start:c.end])); k == kindNumber || k == kindDate {
					typed++
				}
			}
			cells++
		}
	}
	s.doubled = len(p.escaped) > 0
	s.broken = min(1, float64(len(p.marks))/float64(b.Len()))
	s.score = math.Pow(regular, 1.5) * strength * good / float64(cells) * (1 - 0.5*s.broken)
	if d.quote == '"' && within > 2 {
		s.score *= 0.2 + 0.8*float64(around)/float64(around+within)
	}
	if len(d.delim) == 1 && d.delim[0] == ',' && s.width == 2 && decimals(&b) {
		s.score *= 0.5
	}
	if bySpace && s.width >= 3 && typed*2 >= cells {
		s.score *= spaced
	}
	if len(d.delim) == 1 && (d.delim[0] == ' ' || d.delim[0] == ':') && (regular < 0.85 || s.width < 3 && total < 3) {
		s.score *= 0.5
	}
	return s
}

// decimals: the two cells of records are the parts of numbers written with a comma.
func decimals(b *Batch) bool {
	seen := 0
	for i := range b.Len() {
		if b.Width(i) != 2 {
			continue
		}
		if !digits(bytes.TrimLeft(b.Cell(i, 0), "-")) || !digits(b.Cell(i, 1)) {
			return false
		}
		seen++
	}
	return seen > 0
}

func digits(p []byte) bool {
	for _, c := range p {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(p) > 0
}

// plausible scores a cell from 0 to 1: does it look as if something had written
// it as one cell?
func plausible(cell []byte, quoted bool, d dialect) float64 {
	if quoted {
		return 1
	}
	cell = bytes.TrimSpace(cell)
	if len(cell) == 0 {
		return 0.9
	}
	if kindOf(cell) != kindText {
		return 1
	}
	score := 1.0
	if len(cell) > 400 {
		score = 0.7
	}
	for i, c := range cell {
		switch c {
		case '\t':
			score = min(score, 0.05)
		case ';':
			score = min(score, 0.25)
			if i+1 < len(cell) && cell[i+1] == ' ' {
				score = max(score, 0.6)
			}
		case '|', 0x1f, '^', '~':
			score = min(score, 0.4)
		case ',':
			if i+1 < len(cell) && cell[i+1] != ' ' {
				score = min(score, 0.6)
			} else {
				score = min(score, 0.9)
			}
		case '"':
			score = min(score, 0.6)
			if i == 0 || i == len(cell)-1 {
				score = min(score, 0.3)
			}
		}
	}
	if len(d.delim) == 1 && d.delim[0] == ' ' || len(d.delim) == 1 && d.delim[0] == ':' {
		score = min(score, 0.85)
	}
	return score
}

// sniffNewline recognises how lines end.
func sniffNewline(head []byte) string {
	lf := bytes.Count(head, newline)
	both := bytes.Count(head, crlf)
	cr := bytes.Count(head, carriage)
	if cr > both && len(head) > 0 && head[len(head)-1] == '\r' && cr-both == 1 {
		cr-- // the head is cut between the two
	}
	lf, cr = lf-both, cr-both
	switch {
	case lf+cr+both == 0:
		return ""
	case cr > 0 && lf+both == 0:
		return "cr"
	case both > 0 && lf*20 <= both && cr*20 <= both:
		return "crlf"
	case lf > 0 && both*20 <= lf && cr*20 <= lf:
		return "lf"
	}
	return "mixed"
}
