package tabular

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"socle/internal/errs"
)

// charset is how bytes become text. One-byte charsets and UTF-8 are decoded cell
// by cell after parsing, as their delimiters are ASCII; UTF-16 is transcoded before.
type charset struct {
	name  string // WHATWG name
	table *[256]rune
	wide  encoding.Encoding // UTF-16: transcoded before parsing
	twice bool              // UTF-8 encoded twice
}

// charsets lists what is read, the most likely first. iso-8859-1 is a label of
// windows-1252 (WHATWG Encoding, section 4.2).
func charsets() []*charset {
	return []*charset{
		{name: "utf-8"},
		{name: "windows-1252", table: tableOf(charmap.Windows1252)},
		{name: "iso-8859-15", table: tableOf(charmap.ISO8859_15)},
		{name: "ibm850", table: tableOf(charmap.CodePage850)},
		{name: "macintosh", table: tableOf(charmap.Macintosh)},
		{name: "utf-16le", wide: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{name: "utf-16be", wide: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{name: "iso-8859-2", table: tableOf(charmap.ISO8859_2)},
		{name: "windows-1250", table: tableOf(charmap.Windows1250)},
		{name: "windows-1251", table: tableOf(charmap.Windows1251)},
		{name: "ibm437", table: tableOf(charmap.CodePage437)},
	}
}

// labels are other names of charsets.
var labels = map[string]string{
	"utf8": "utf-8", "utf-8-sig": "utf-8", "ascii": "utf-8", "us-ascii": "utf-8", "utf-16": "utf-16le", "utf16": "utf-16le", "utf16le": "utf-16le", "utf16be": "utf-16be",
	"iso-8859-1": "windows-1252", "iso8859-1": "windows-1252", "latin1": "windows-1252", "latin-1": "windows-1252", "cp1252": "windows-1252", "ansi": "windows-1252", "windows1252": "windows-1252",
	"latin9": "iso-8859-15", "latin-9": "iso-8859-15", "iso8859-15": "iso-8859-15", "cp850": "ibm850", "850": "ibm850", "macroman": "macintosh", "mac": "macintosh", "cp437": "ibm437",
}

func tableOf(m *charmap.Charmap) *[256]rune {
	var t [256]rune
	for i := range t {
		t[i] = m.DecodeByte(byte(i))
	}
	return &t
}

// charsetNamed finds a charset by name or label.
func charsetNamed(name string) (*charset, error) {
	n := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(name, "_", "-")))
	if full, ok := labels[n]; ok {
		n = full
	}
	known := []string{}
	for _, c := range charsets() {
		if c.name == n {
			return c, nil
		}
		known = append(known, c.name)
	}
	return nil, fail(errs.Invalid, CodeEncoding, "tabular.unknown-encoding", errs.Args{"Encoding": name, "Known": strings.Join(known, ", ")})
}

// decode turns the cells of a parsed chunk into UTF-8 and reports what cannot be.
func (c *charset) decode(j *job) {
	b := &j.batch
	data := j.data[:j.out.used]
	nul := bytes.IndexByte(data, 0) >= 0
	switch {
	case c.table != nil:
		if nul || !ascii(data) {
			c.rewrite(j, func(to, cell []byte) ([]byte, string) { return c.fromTable(to, cell), "" })
		}
	case c.twice:
		c.rewrite(j, func(to, cell []byte) ([]byte, string) {
			if ascii(cell) {
				return append(to, cell...), ""
			}
			return once(to, cell)
		})
	case !validUTF8(data):
		c.rewrite(j, repairUTF8)
	case nul:
		c.rewrite(j, func(to, cell []byte) ([]byte, string) { return append(to, cell...), "" })
	}
	if !nul {
		return
	}
	for i := range b.Len() {
		for k := b.first[i]; k < b.first[i+1]; k++ {
			if b.cells[k].dropNUL(b.buf) {
				b.fault(Fault{Index: i, Column: int(k-b.first[i]) + 1, Code: CodeSource, Key: "tabular.fault.nul"})
			}
		}
	}
}

// dropNUL removes null characters from a cell in place.
func (c *extent) dropNUL(buf []byte) bool {
	text := buf[c.start:c.end]
	if bytes.IndexByte(text, 0) < 0 {
		return false
	}
	kept := text[:0]
	for _, ch := range text {
		if ch != 0 {
			kept = append(kept, ch)
		}
	}
	c.end = c.start + uint32(len(kept))
	return true
}

// dropNUL removes null characters from all cells.
func (b *Batch) dropNUL() (found bool) {
	for i := range b.cells {
		if b.cells[i].dropNUL(b.buf) {
			found = true
		}
	}
	return found
}

// rewrite copies all cells of a batch through turn, which returns the message
// key of a fault or "".
func (c *charset) rewrite(j *job, turn func(to, cell []byte) ([]byte, string)) {
	b := &j.batch
	args := map[string]any{"Encoding": c.name} // of all faults: they are only read
	to := j.text[:0]
	for i := range b.Len() {
		for k := b.first[i]; k < b.first[i+1]; k++ {
			cell := &b.cells[k]
			start := len(to)
			var key string
			to, key = turn(to, b.buf[cell.start:cell.end])
			*cell = extent{uint32(start), uint32(len(to))}
			if key != "" {
				b.fault(Fault{Index: i, Column: int(k-b.first[i]) + 1, Code: CodeEncoding, Key: key, Args: args})
			}
		}
	}
	j.text, b.buf = to, to
}

// fault adds a fault in record order.
func (b *Batch) fault(f Fault) {
	at := len(b.Faults)
	for at > 0 && b.Faults[at-1].Index > f.Index {
		at--
	}
	b.Faults = append(b.Faults, Fault{})
	copy(b.Faults[at+1:], b.Faults[at:])
	b.Faults[at] = f
}

func (c *charset) fromTable(to, cell []byte) []byte {
	for _, ch := range cell {
		if ch < utf8.RuneSelf {
			to = append(to, ch)
		} else {
			to = utf8.AppendRune(to, c.table[ch])
		}
	}
	return to
}

// repairUTF8 replaces bytes that are no UTF-8 by U+FFFD.
func repairUTF8(to, cell []byte) ([]byte, string) {
	if utf8.Valid(cell) {
		return append(to, cell...), ""
	}
	return append(to, bytes.ToValidUTF8(cell, []byte("\uFFFD"))...), "tabular.fault.encoding"
}

// once undoes one of two encodings in UTF-8: runs of characters that windows-1252
// can write and whose bytes are UTF-8 are replaced by what those bytes say.
func once(to, cell []byte) ([]byte, string) {
	if !utf8.Valid(cell) {
		return repairUTF8(to, cell)
	}
	var run []byte
	began := 0
	flush := func(end int) {
		if len(run) > 0 {
			if utf8.Valid(run) {
				to = append(to, run...)
			} else {
				to = append(to, cell[began:end]...)
			}
			run = run[:0]
		}
	}
	for i := 0; i < len(cell); {
		r, size := utf8.DecodeRune(cell[i:])
		if b, ok := encode1252(r); ok && r >= utf8.RuneSelf {
			if len(run) == 0 {
				began = i
			}
			run = append(run, b)
		} else {
			flush(i)
			to = append(to, cell[i:i+size]...)
		}
		i += size
	}
	flush(len(cell))
	return to, ""
}

// encode1252 is the byte of a character in windows-1252; the five bytes that it
// leaves free stand for themselves.
func encode1252(r rune) (byte, bool) {
	if r < 0x80 || r >= 0xA0 && r <= 0xFF || r >= 0x80 && r < 0xA0 {
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}

// ascii reports whether all bytes are below 0x80.
func ascii(p []byte) bool {
	for len(p) >= 32 {
		w := binary.LittleEndian.Uint64(p) | binary.LittleEndian.Uint64(p[8:]) | binary.LittleEndian.Uint64(p[16:]) | binary.LittleEndian.Uint64(p[24:])
		if w&highs != 0 {
			return false
		}
		p = p[32:]
	}
	for _, c := range p {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// validUTF8 is utf8.Valid at a steady speed for text with scattered accents: 32
// bytes at a time without branches as long as characters are of one or two bytes.
func validUTF8(p []byte) bool {
	i, n := 0, len(p)
	carry := uint64(0) // 0x80 when the byte before i begins a character of two bytes
	for i+32 <= n {
		before := carry
		var three, wrong uint64
		for k := i; k < i+32; k += 8 {
			w := binary.LittleEndian.Uint64(p[k:])
			high := w & highs
			lead := high & (w << 1)
			three |= lead & (w << 2)
			wrong |= high&^(w<<1) ^ (lead<<8 | carry)
			wrong |= lead &^ (w&(lows*0x1e) + lows*0x7e) // 0xC0, 0xC1
			carry = lead >> 56
		}
		if three|wrong == 0 {
			i += 32
			continue
		}
		stop := i + 32
		i -= int(before >> 7)
		for i < stop {
			if p[i] < utf8.RuneSelf {
				i++
				continue
			}
			r, size := utf8.DecodeRune(p[i:])
			if r == utf8.RuneError && size <= 1 {
				return false
			}
			i += size
		}
		carry = 0
	}
	return utf8.Valid(p[i-int(carry>>7):])
}
