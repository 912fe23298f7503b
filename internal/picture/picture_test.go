package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	stdpng "image/png"
	"io"
	"os"
	"slices"
	"testing"
	"testing/iotest"

	"golang.org/x/image/webp"

	"socle/internal/picture"
)

// secret stands for what must not be left of a picture: it is put wherever a format has room for metadata.
const secret = "48.8583N 2.2944E, appareil de Mme Durand"

func drawn() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 61, 43))
	for y := range 43 {
		for x := range 61 {
			img.Set(x, y, color.RGBA{uint8(x * 5), uint8(y * 7), uint8(x * y), 255})
		}
	}
	return img
}

// exif is Exif data with a direction, a thumbnail and the secret, in either order of bytes.
func exif(order binary.AppendByteOrder, up uint16) []byte {
	b := []byte("II")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM")
	}
	entry := func(tag, kind uint16, count, value uint32) {
		b = order.AppendUint16(order.AppendUint16(b, tag), kind)
		b = order.AppendUint32(b, count)
		if kind == 3 {
			b = order.AppendUint16(order.AppendUint16(b, uint16(value)), 0)
			return
		}
		b = order.AppendUint32(b, value)
	}
	b = order.AppendUint32(order.AppendUint16(b, 42), 8)
	b = order.AppendUint16(b, 3)
	entry(0x010F, 2, uint32(len(secret)), 50) // the maker
	entry(0x0112, 3, 1, uint32(up))
	entry(0x8825, 4, 1, 50) // the position
	b = order.AppendUint32(b, 0)
	return append(b, secret...)
}

func segment(m byte, content string) []byte {
	return append([]byte{0xFF, m, byte((len(content) + 2) >> 8), byte(len(content) + 2)}, content...)
}

// photo is a JPEG as telephones write them: Exif, XMP, captions, a second picture, a film.
func photo(t testing.TB, up uint16, order binary.AppendByteOrder) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, drawn(), &stdjpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	plain := b.Bytes()
	out := slices.Clone(plain[:2])
	for _, s := range [][]byte{
		segment(0xE0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"), segment(0xE1, "Exif\x00\x00"+string(exif(order, up))), segment(0xE1, "http://ns.adobe.com/xap/1.0/\x00"+secret),
		segment(0xE0, "JFXX\x00"+secret), segment(0xE2, "ICC_PROFILE\x00\x01\x01profile"), segment(0xE2, "MPF\x00"+secret), segment(0xED, "Photoshop 3.0\x00"+secret), segment(0xFE, secret),
	} {
		out = append(out, s...)
	}
	out = append(out, plain[2:]...)
	out = append(out, plain[:2]...)
	return append(append(out, segment(0xE1, "Exif\x00\x00"+secret)...), plain[2:]...)
}

func chunk(kind, content string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(append(b, kind...), content...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func drawing(t testing.TB, up uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := stdpng.Encode(&b, drawn()); err != nil {
		t.Fatal(err)
	}
	plain := b.Bytes()
	out := slices.Clone(plain[:33]) // signature and IHDR
	for _, c := range [][]byte{
		chunk("gAMA", "\x00\x00\xb1\x8f"), chunk("eXIf", string(exif(binary.BigEndian, up))), chunk("tEXt", "Author\x00"+secret), chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+secret),
		chunk("zTXt", "Comment\x00\x00"+secret), chunk("tIME", "1234567"), chunk("prVt", secret),
	} {
		out = append(out, c...)
	}
	return append(append(out, plain[33:]...), secret...)
}

func riff(kind, content string) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(content)))
	b = append(b, content...)
	return append(b, make([]byte, len(content)&1)...)
}

// pixels are a WebP picture of 1 × 1 without loss, as a chunk.
const pixels = "\x2f\x00\x00\x00\x00\x07\x10\xfd\x8f\xfe\x07\x22\xa2\xff\x01"

func web(up uint16) []byte {
	body := []byte("WEBP")
	for _, c := range [][]byte{
		riff("VP8X", "\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00"), riff("VP8L", pixels), riff("EXIF", string(exif(binary.LittleEndian, up))), riff("XMP ", secret), riff("xtra", secret),
	} {
		body = append(body, c...)
	}
	return append(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...), secret...)
}

func box(kind string, content ...string) string {
	n := 8
	for _, c := range content {
		n += len(c)
	}
	out := string(binary.BigEndian.AppendUint32(nil, uint32(n))) + kind
	for _, c := range content {
		out += c
	}
	return out
}

// heif is a picture in boxes: two tiles and, between them, Exif; XMP in the index.
func heif(middle, xmp string) []byte {
	ftyp := box("ftyp", "heic\x00\x00\x00\x00mif1heic")
	info := func(id byte, kind string) string {
		return box("infe", "\x02\x00\x00\x00\x00", string(id), "\x00\x00", kind, "\x00")
	}
	meta := func(at uint32) string {
		place := func(id, method byte, from, n uint32) string {
			b := []byte{0, id, 0, method, 0, 0, 0, 1}
			return string(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, from), n))
		}
		return box("meta", "\x00\x00\x00\x00", box("iinf", "\x00\x00\x00\x00\x00\x04", info(1, "hvc1"), info(2, "Exif"), info(3, "hvc1"), info(4, "mime")),
			box("iloc", "\x01\x00\x00\x00\x44\x00\x00\x04", place(1, 0, at, 5), place(2, 0, at+5, uint32(len(middle))), place(3, 0, at+5+uint32(len(middle)), 5), place(4, 1, 2, uint32(len(xmp)))),
			box("idat", "ab", xmp))
	}
	return []byte(ftyp + meta(uint32(len(ftyp)+len(meta(0))+8)) + box("mdat", "tile1", middle, "tile2") + box("free", secret))
}

func clean(t testing.TB, b []byte) []byte {
	t.Helper()
	out, err := io.ReadAll(picture.Clean(bytes.NewReader(b)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// direction reads Exif data as Clean writes them: nothing but which way is up.
func direction(t *testing.T, b []byte) byte {
	t.Helper()
	want := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	i := bytes.Index(b, want)
	if i < 0 {
		return 1
	}
	return b[i+len(want)]
}

func TestClean(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		up   byte
		read func(io.Reader) (image.Image, error)
	}{
		"jpeg":                 {photo(t, 1, binary.LittleEndian), 1, stdjpeg.Decode},
		"jpeg turned":          {photo(t, 6, binary.LittleEndian), 6, stdjpeg.Decode},
		"jpeg turned, MM":      {photo(t, 8, binary.BigEndian), 8, stdjpeg.Decode},
		"jpeg of no direction": {photo(t, 99, binary.BigEndian), 1, stdjpeg.Decode},
		"png":                  {drawing(t, 1), 1, stdpng.Decode},
		"png turned":           {drawing(t, 3), 3, stdpng.Decode},
		"webp":                 {web(1), 1, webp.Decode},
		"webp turned":          {web(6), 6, webp.Decode},
		"heif":                 {heif("\x00\x00\x00\x06Exif\x00\x00"+secret, secret), 1, nil},
		"a text":               {[]byte("RIFF of texts, ftypheic, \xff\xd8 and so on"), 1, nil},
		"nothing":              {nil, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			out := clean(t, c.file)
			if bytes.Contains(out, []byte(secret[:12])) {
				t.Errorf("the secret is still there: %q", out)
			}
			if up := direction(t, out); up != c.up {
				t.Errorf("%d is up, want %d", up, c.up)
			}
			if !bytes.Equal(clean(t, out), out) {
				t.Error("what is clean is cleaned again")
			}
			slow, err := io.ReadAll(picture.Clean(iotest.OneByteReader(bytes.NewReader(c.file))))
			if err != nil || !bytes.Equal(slow, out) {
				t.Errorf("read byte by byte it is another file (%v)", err)
			}
			if c.read == nil {
				return
			}
			before, err := c.read(bytes.NewReader(c.file))
			if err != nil {
				t.Fatal(err)
			}
			after, err := c.read(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			samePicture(t, before, after)
		})
	}
}

func samePicture(t *testing.T, a, b image.Image) {
	t.Helper()
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%v became %v", a.Bounds(), b.Bounds())
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				t.Fatalf("the point %d, %d is %v, was %v", x, y, b.At(x, y), a.At(x, y))
			}
		}
	}
}

// What stays of each format, byte for byte.
func TestWhatStays(t *testing.T) {
	var plain bytes.Buffer
	if err := stdjpeg.Encode(&plain, drawn(), &stdjpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	want := slices.Concat([]byte{0xFF, 0xD8}, segment(0xE0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"), segment(0xE2, "ICC_PROFILE\x00\x01\x01profile"), plain.Bytes()[2:])
	if got := clean(t, photo(t, 1, binary.LittleEndian)); !bytes.Equal(got, want) {
		t.Errorf("jpeg: %q", got)
	}
	blank := string(make([]byte, len(secret)))
	in := heif(secret, secret)
	if got := clean(t, in); string(got) != string(heif(blank, blank))[:len(in)-len(secret)]+blank {
		t.Errorf("heif: %q", got)
	}
	for _, broken := range [][]byte{photo(t, 6, binary.LittleEndian)[:200], drawing(t, 6)[:120], web(6)[:60], []byte("\xff\xd8\xff")} {
		if got := clean(t, broken); bytes.Contains(got, []byte(secret[:12])) {
			t.Errorf("cut: %q", got)
		}
	}
}

// The error of the source is that of the reader.
func TestErrors(t *testing.T) {
	whole := photo(t, 6, binary.LittleEndian)
	for _, at := range []int{3, 40, 300, len(whole) / 3} {
		r := io.MultiReader(bytes.NewReader(whole[:at]), iotest.ErrReader(os.ErrDeadlineExceeded))
		if _, err := io.ReadAll(picture.Clean(r)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("cut at %d: %v", at, err)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add(photo(f, 6, binary.LittleEndian))
	f.Add(drawing(f, 3))
	f.Add(web(8))
	f.Add(heif(secret, secret))
	f.Fuzz(func(t *testing.T, b []byte) {
		out := clean(t, b)
		if len(out) > len(b)+64 {
			t.Fatalf("%d bytes became %d", len(b), len(out))
		}
		if again := clean(t, out); !bytes.Equal(again, out) {
			t.Fatalf("what is clean is cleaned again: %q became %q", out, again)
		}
	})
}
