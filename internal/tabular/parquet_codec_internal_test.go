package tabular

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// packings are the ways in which writers pack a page.
func packings(t *testing.T, text []byte) map[string]struct {
	codec  format.CompressionCodec
	packed []byte
} {
	t.Helper()
	type packing = struct {
		codec  format.CompressionCodec
		packed []byte
	}
	out := map[string]packing{}
	stream := func(name string, codec format.CompressionCodec, open func(io.Writer) io.WriteCloser) {
		var b bytes.Buffer
		w := open(&b)
		for i := 0; i < len(text); i += 10_000 {
			if _, err := w.Write(text[i:min(i+10_000, len(text))]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		out[name] = packing{codec, b.Bytes()}
	}
	stream("gzip", format.Gzip, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	stream("brotli", format.Brotli, func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) })
	stream("zstd as a stream", format.Zstd, func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w)
		if err != nil {
			t.Fatal(err)
		}
		return z
	})
	z, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(true))
	if err != nil {
		t.Fatal(err)
	}
	half := len(text) / 2
	out["zstd at once"] = packing{format.Zstd, z.EncodeAll(text, nil)}
	out["zstd in two frames"] = packing{format.Zstd, append(z.EncodeAll(text[:half], nil), z.EncodeAll(text[half:], nil)...)}
	for name, codec := range map[string]compress.Codec{"lz4": &parquet.Lz4Raw, "snappy": &parquet.Snappy} {
		packed, err := codec.Encode(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = packing{codec.CompressionCodec(), packed}
	}
	return out
}

// A page gives what it claims, however it is packed and whatever its text is; one
// that gives more is refused without being unpacked into memory.
func TestSoundPacked(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	noise := make([]byte, 300_000)
	r.Read(noise)
	words := []byte{}
	for len(words) < 500_000 {
		words = fmt.Appendf(words, "ligne %d de la rue %d;", len(words), r.Intn(9))
	}
	for name, text := range map[string][]byte{"one byte": {'a'}, "zeros": make([]byte, 8<<20), "noise": noise, "words": words, "short": []byte("abcabcabcabcabcabc")} {
		for how, p := range packings(t, text) {
			page := packedPage{src: bytes.NewReader(append([]byte("xx"), p.packed...)), from: 2, to: 2 + int64(len(p.packed)), claimed: int64(len(text))}
			if n, err := soundPacked(p.codec, page); err != nil || n < int64(len(text)) || n > int64(len(text))+2*zstdBlock {
				t.Errorf("%s, %s: %d of %d bytes, %v", name, how, n, len(text), err)
			}
			page.claimed = int64(len(text)) - 1
			unsaid := how == "zstd as a stream" || p.codec == format.Zstd && len(text) < 256 // only blocks bound it
			if n, err := soundPacked(p.codec, page); err == nil && (!unsaid || n > int64(len(text))+2*zstdBlock) {
				t.Errorf("%s, %s: a byte more than claimed is taken: %d", name, how, n)
			}
			page.claimed = int64(len(text))
			for range 20 { // broken ones are refused or bounded, and never read beyond their end
				page.to = page.from + int64(r.Intn(len(p.packed)+1))
				if n, err := soundPacked(p.codec, page); err == nil && n > maxPageBytes {
					t.Errorf("%s, %s: cut, %d bytes", name, how, n)
				}
			}
		}
	}
}

// Bombs: some bytes that ask for thousands of millions.
func TestSoundPackedBombs(t *testing.T) {
	blocks := bytes.Repeat([]byte{0xFA, 0xFF, 0xFF, 0}, 1000) // each a byte 2,097,151 times
	for name, packed := range map[string][]byte{
		"zstd: a frame that says much":   {0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0xFF, 0, 0, 0, 1, 0, 0},
		"zstd: blocks of one byte":       append([]byte{0x28, 0xB5, 0x2F, 0xFD, 0, 0x58}, blocks...),
		"zstd: a block of no kind":       {0x28, 0xB5, 0x2F, 0xFD, 0, 0x58, 7, 0, 0},
		"zstd: it ends in a header":      {0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0},
		"zstd: what is passed over ends": {0x50, 0x2A, 0x4D, 0x18, 0xFF},
	} {
		page := packedPage{src: bytes.NewReader(packed), to: int64(len(packed)), claimed: 1000}
		if n, err := soundPacked(format.Zstd, page); err == nil {
			t.Errorf("%s: %d", name, n)
		}
	}
	for name, packed := range map[string][]byte{
		"nothing":                   {},
		"a copy of what is not yet": {0x10, 'a', 9, 0, 0},
		"a copy from nowhere":       {0x10, 'a', 0, 0, 0},
		"no literals at the end":    {0x10, 'a', 1, 0},
		"a length without end":      {0xF0, 255, 255, 255},
		"more literals than bytes":  {0x50, 'a'},
	} {
		page := packedPage{src: bytes.NewReader(packed), to: int64(len(packed)), claimed: 1000}
		if n, err := soundPacked(format.Lz4Raw, page); err == nil {
			t.Errorf("lz4, %s: %d", name, n)
		}
	}
}
