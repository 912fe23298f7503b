package picture

import (
	"encoding/binary"
	"io"
)

var webpShown = map[string]bool{"VP8 ": true, "VP8L": true, "ALPH": true, "ANIM": true, "ANMF": true, "ICCP": true}

// webp passes the chunks of the picture. The others stay in their place, so that the size
// at the head of the file is right, without name or content; of Exif data stays which way
// is up.
type webp struct {
	*cleaner
	left int64 // of the file, as it says
}

func (w *webp) begin() error {
	var head [12]byte
	if _, err := io.ReadFull(w.src, head[:]); err != nil {
		return cut(err)
	}
	w.left = int64(binary.LittleEndian.Uint32(head[4:])) - 4
	w.out, w.step = head[:], w.chunk
	return nil
}

func (w *webp) chunk() error {
	if w.left < 8 {
		return io.EOF
	}
	var head [8]byte
	if _, err := io.ReadFull(w.src, head[:]); err != nil {
		return cut(err)
	}
	n, kind := int64(binary.LittleEndian.Uint32(head[4:])), string(head[:4])
	n = min(n+n&1, w.left-8) // filled up to an even length
	w.left -= 8 + n
	w.out, w.pass = head[:], n
	if webpShown[kind] {
		return nil
	}
	content, err := w.ahead(n)
	if err != nil {
		return err
	}
	w.hide = true
	switch {
	case kind == "VP8X" && len(content) >= 10:
		flags := content[0] &^ 0x04 // XMP
		w.out, w.pass, w.hide = append(head[:], flags), n-1, false
		return w.drop(1)
	case kind == "EXIF":
		// The flags have said that there is one: it says as much as there is room for.
		if up := upright(orientation(content)); len(content) >= len(up) {
			w.out, w.pass = append(head[:], up...), n-int64(len(up))
			return w.drop(int64(len(up)))
		}
	default:
		copy(head[:], "JUNK")
	}
	return nil
}
