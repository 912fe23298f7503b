package picture

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"math"
	"slices"
)

// heifBrands are the major brands of pictures in boxes (HEIF, AVIF).
var heifBrands = map[string]bool{"heic": true, "heix": true, "heim": true, "heis": true, "hevc": true, "hevx": true, "mif1": true, "msf1": true, "avif": true, "avis": true}

// indexWindow bounds the index of a HEIF (its box "meta"), in bytes; those of telephones have ten thousand.
const indexWindow = 1 << 20

// heif passes all boxes in their places, since offsets lead to them, and hides the
// content of items that are metadata. Which way is up is among the properties, not there.
type heif struct {
	*cleaner
	at, left int64  // in the file; of the box that is passed
	blank    bool   // nothing of that box is seen
	hidden   []span // still to come, by where they begin
	indexed  bool
}

type span struct{ from, to int64 }

func (h *heif) box() error {
	if h.left > 0 {
		h.piece()
		return nil
	}
	h.blank = false
	if !h.indexed && h.src.Size() < indexWindow {
		h.src = bufio.NewReaderSize(h.src, indexWindow)
	}
	head, err := h.src.Peek(16)
	if len(head) < 8 {
		return or(err, io.EOF)
	}
	head = bytes.Clone(head) // what is looked at next takes its place
	size, kind, start := int64(binary.BigEndian.Uint32(head)), string(head[4:8]), int64(8)
	switch {
	case size == 0: // up to the end of the file
		size = math.MaxInt64 - h.at
	case size == 1 && len(head) == 16:
		size, start = int64(binary.BigEndian.Uint64(head[8:])), 16
	}
	if size < start || size > math.MaxInt64-h.at {
		return io.EOF
	}
	switch {
	case kind == "free" || kind == "skip" || kind == "uuid" || kind == "udta" || kind == "meta" && h.indexed:
		h.blank = true
	case kind == "meta" && size > indexWindow:
		return io.EOF
	case kind == "meta":
		b, _ := h.src.Peek(int(size))
		h.indexed = true
		h.index(b, h.at)
	}
	h.out = head[:start]
	h.at, h.left = h.at+start, size-start
	return h.drop(start)
}

// piece passes the box up to where what is hidden begins, or ends.
func (h *heif) piece() {
	end := h.at + h.left
	for len(h.hidden) > 0 && h.hidden[0].to <= h.at {
		h.hidden = h.hidden[1:]
	}
	switch {
	case h.blank:
		h.hide = true
	case len(h.hidden) > 0 && h.hidden[0].from <= h.at:
		h.hide, end = true, min(end, h.hidden[0].to)
	case len(h.hidden) > 0:
		end = min(end, h.hidden[0].from)
	}
	h.pass = end - h.at
	h.left -= h.pass
	h.at = end
}

// index notes where the items that are metadata lie. b is the box "meta", at its place in
// the file.
func (h *heif) index(b []byte, at int64) {
	var infos, places fields
	var data int64 // where the box "idat" has its content
	for r := (fields{b: b, at: 12}); r.at+8 <= len(b); {
		from := r.at
		size, kind := int(r.number(4)), string(r.bytes(4))
		if size < 8 || size > len(b)-from {
			break
		}
		content := fields{b: b[from+8 : from+size]}
		switch kind {
		case "iinf":
			infos = content
		case "iloc":
			places = content
		case "idat":
			data = at + int64(from) + 8
		}
		r.at = from + size
	}
	h.locate(places, metadata(infos), data)
	slices.SortFunc(h.hidden, func(a, b span) int { return cmp.Compare(a.from, b.from) })
}

// metadata gives the items of a box "iinf" that are no pictures.
func metadata(r fields) map[uint64]bool {
	items := map[uint64]bool{}
	count := 2
	if r.version() > 0 {
		count = 4
	}
	for n := r.number(count); n > 0 && r.at+8 <= len(r.b); n-- {
		from := r.at
		size := int(r.number(4))
		if size < 8 || size > len(r.b)-from {
			break
		}
		e := fields{b: r.b[from+8 : from+size]}
		wide := 2
		if e.version() > 2 {
			wide = 4
		}
		id := e.number(wide)
		e.number(2) // its protection
		switch string(e.bytes(4)) {
		case "Exif", "mime", "uri ":
			items[id] = true
		}
		r.at = from + size
	}
	return items
}

// locate hides items by a box "iloc".
func (h *heif) locate(r fields, items map[uint64]bool, data int64) {
	version := r.version()
	sizes := r.number(2)
	offsets, lengths, bases, indices := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	wide := 2
	if version > 1 {
		wide = 4
	}
	for n := r.number(wide); n > 0 && r.at < len(r.b); n-- {
		id, method := r.number(wide), uint64(0)
		if version > 0 {
			method = r.number(2) & 15
		}
		r.number(2) // which file
		base := int64(r.number(bases))
		if method == 1 {
			base += data
		}
		for k := r.number(2); k > 0 && r.at < len(r.b) && offsets+lengths > 0; k-- {
			if version > 0 {
				r.number(indices)
			}
			from := base + int64(r.number(offsets))
			to := from + int64(r.number(lengths))
			if items[id] && method < 2 && from >= 0 && from < to {
				h.hidden = append(h.hidden, span{from, to})
			}
		}
	}
}

// fields reads the content of a box, zeros after its end.
type fields struct {
	b  []byte
	at int
}

func (f *fields) bytes(n int) []byte {
	out := make([]byte, n)
	if f.at < len(f.b) {
		copy(out, f.b[f.at:])
	}
	f.at += n
	return out
}

func (f *fields) number(n int) (v uint64) {
	for _, b := range f.bytes(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

// version of a box that has one, with flags after it.
func (f *fields) version() uint64 {
	return f.number(4) >> 24
}
