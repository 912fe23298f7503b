package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// window is how far ahead a file is looked into, in bytes: a whole Exif segment of a JPEG.
const window = 1 << 16

// Clean gives a file without what is not the picture. It reads as it is read: nothing is
// held but a window. What is not a picture of a format that it knows passes as it is.
// Errors are those of r.
func Clean(r io.Reader) io.Reader {
	c := &cleaner{src: bufio.NewReaderSize(r, window)}
	head, _ := c.src.Peek(16) // what goes wrong goes wrong again
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xD8, 0xFF}):
		c.step = (&jpeg{cleaner: c}).begin
	case bytes.HasPrefix(head, pngSignature):
		c.step = (&png{cleaner: c}).begin
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		c.step = (&webp{cleaner: c}).begin
	case len(head) >= 12 && string(head[4:8]) == "ftyp" && heifBrands[string(head[8:12])]:
		c.step = (&heif{cleaner: c}).box
	default:
		return c.src
	}
	return c
}

// cleaner is a file of which a format says, step by step, what passes.
type cleaner struct {
	src  *bufio.Reader
	step func() error // sets what comes next; io.EOF: nothing does

	out  []byte // given first; valid until the next step
	pass int64  // then so many bytes of src
	hide bool   // of which nothing is seen: zeros
	err  error
}

func (c *cleaner) Read(p []byte) (int, error) {
	for len(p) > 0 {
		switch {
		case len(c.out) > 0:
			n := copy(p, c.out)
			c.out = c.out[n:]
			return n, nil
		case c.pass > 0 && c.err == nil:
			n, err := c.src.Read(p[:min(int64(len(p)), c.pass)])
			if c.hide {
				clear(p[:n])
			}
			c.pass, c.err = c.pass-int64(n), err
			if n > 0 {
				return n, nil
			}
		case c.err != nil:
			return 0, c.err
		default:
			c.hide = false
			c.err = c.step()
		}
	}
	return 0, nil
}

// drop leaves bytes of the source out.
func (c *cleaner) drop(n int64) error {
	dropped, err := io.CopyN(io.Discard, c.src, n)
	if dropped < n && err == nil {
		err = io.EOF
	}
	return err
}

// ahead looks at what comes, as far as it does.
func (c *cleaner) ahead(n int64) ([]byte, error) {
	b, err := c.src.Peek(int(min(n, window)))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b, err
}

// orientation says which way is up, 1 to 8, by Exif data (a TIFF structure whose first
// directory has the tag 0x0112); 1 when it does not say.
func orientation(b []byte) byte {
	b = bytes.TrimPrefix(b, exifPrefix)
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(b[:2]) {
	case "II":
	case "MM":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	b = b[at:]
	for n, b := order.Uint16(b), b[2:]; n > 0 && len(b) >= 12; n, b = n-1, b[12:] {
		if order.Uint16(b) != 0x0112 || order.Uint16(b[2:]) != 3 { // SHORT
			continue
		}
		if v := order.Uint16(b[8:]); v >= 1 && v <= 8 {
			return byte(v)
		}
	}
	return 1
}

var exifPrefix = []byte("Exif\x00\x00")

// upright is Exif data that says which way is up and nothing else.
func upright(orientation byte) []byte {
	return []byte{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0}
}
