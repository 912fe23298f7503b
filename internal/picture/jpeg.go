package picture

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// jpeg passes the segments that a decoder needs, up to the end of the picture.
type jpeg struct {
	*cleaner
	marker byte // of the segment that begins; 0: to be looked for
	turned bool // which way is up was said
	buf    []byte
}

func (j *jpeg) begin() error {
	j.out, j.step = []byte{0xFF, 0xD8}, j.segment
	return j.drop(2)
}

// find gives the next marker. What lies before it belongs to no segment and goes.
func (j *jpeg) find() (byte, error) {
	if m := j.marker; m != 0 {
		j.marker = 0
		return m, nil
	}
	for last := byte(0); ; {
		b, err := j.src.ReadByte()
		if err != nil {
			return 0, err
		}
		if last == 0xFF && b != 0xFF && b != 0 {
			return b, nil
		}
		last = b
	}
}

func (j *jpeg) segment() error {
	m, err := j.find()
	switch {
	case err != nil:
		return err
	case m == 0xD9: // the end of the picture: a film or a second picture may follow
		j.out = []byte{0xFF, m}
		return io.EOF
	case m == 0x01 || m >= 0xD0 && m <= 0xD8: // without content, and of no use here
		return nil
	}
	size, err := j.ahead(2)
	if err != nil || len(size) < 2 {
		return or(err, io.EOF)
	}
	n := int64(size[0])<<8 | int64(size[1])
	if n < 2 {
		return nil
	}
	content, err := j.ahead(n)
	if err != nil {
		return err
	}
	content = content[2:]
	switch {
	case m == 0xE1 && bytes.HasPrefix(content, exifPrefix) && !j.turned:
		if up := orientation(content); up != 1 {
			j.turned = true
			exif := append(bytes.Clone(exifPrefix), upright(up)...)
			j.out = append([]byte{0xFF, m, 0, byte(len(exif) + 2)}, exif...)
		}
		return j.drop(n)
	case !needed(m, content):
		return j.drop(n)
	}
	j.out, j.pass = []byte{0xFF, m}, n
	if m == 0xDA {
		j.step = j.scan
	}
	return nil
}

// needed reports whether a decoder needs a segment: tables, frames and scans; of those
// of applications JFIF, profiles of colour, and which colours Adobe means.
func needed(m byte, content []byte) bool {
	switch {
	case m >= 0xC0 && m <= 0xDF:
		return true
	case m == 0xE0:
		return bytes.HasPrefix(content, []byte("JFIF\x00"))
	case m == 0xE2:
		return bytes.HasPrefix(content, []byte("ICC_PROFILE\x00"))
	case m == 0xEE:
		return bytes.HasPrefix(content, []byte("Adobe"))
	}
	return false
}

// scan passes coded data up to the next marker. In them FF is followed by 00, or is a
// restart.
func (j *jpeg) scan() error {
	data, err := j.src.ReadSlice(0xFF)
	j.buf = append(j.buf[:0], data...) // what is read next takes the place of data
	if errors.Is(err, bufio.ErrBufferFull) {
		j.out = j.buf
		return nil
	}
	if err != nil {
		j.out = j.buf
		return err
	}
	b, err := j.src.ReadByte()
	switch {
	case err != nil:
	case b == 0 || b >= 0xD0 && b <= 0xD7:
		j.out = append(j.buf, b)
		return nil
	case b == 0xFF: // filling: the second one is looked at again
		err = j.src.UnreadByte()
	default:
		j.marker, j.step = b, j.segment
	}
	j.out = j.buf[:len(j.buf)-1]
	return err
}

func or(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
