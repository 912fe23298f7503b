package picture

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

var pngSignature = []byte("\x89PNG\r\n\x1a\n")

// pngShown are the chunks, beside the critical ones, that say how to show the picture.
var pngShown = map[string]bool{
	"tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "iCCP": true, "sBIT": true, "bKGD": true, "pHYs": true, "cICP": true, "mDCV": true, "cLLI": true,
	"acTL": true, "fcTL": true, "fdAT": true,
}

// png passes critical chunks and pngShown, up to the end of the picture.
type png struct {
	*cleaner
	turned bool // which way is up was said
}

func (p *png) begin() error {
	p.pass, p.step = int64(len(pngSignature)), p.chunk
	return nil
}

func (p *png) chunk() error {
	var head [8]byte
	if _, err := io.ReadFull(p.src, head[:]); err != nil {
		return cut(err)
	}
	n, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
	switch {
	case kind == "eXIf":
		content, err := p.ahead(n)
		if err != nil {
			return err
		}
		if up := orientation(content); up != 1 && !p.turned {
			p.turned = true
			p.out = pngChunk(kind, upright(up))
		}
		return p.drop(n + 4)
	case head[4]&0x20 != 0 && !pngShown[kind]: // the letter is small: it is not critical
		return p.drop(n + 4)
	case kind == "IEND":
		p.step = func() error { return io.EOF }
	}
	p.out, p.pass = head[:], n+4 // with its checksum
	return nil
}

func pngChunk(kind string, content []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(append(b, kind...), content...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// cut is the end of a file that ends too soon.
func cut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}
