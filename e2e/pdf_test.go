package e2e

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

var (
	pdfObject  = regexp.MustCompile(`(?s)(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj`)
	pdfLength  = regexp.MustCompile(`/Length (\d+)`)
	pdfFont    = regexp.MustCompile(`/(F\d+) (\d+) 0 R`)
	pdfUnicode = regexp.MustCompile(`/ToUnicode (\d+) 0 R`)
	pdfChar    = regexp.MustCompile(`<([0-9A-F]+)> <([0-9A-F]+)>(?: <([0-9A-F]+)>)?`)
	pdfText    = regexp.MustCompile(`/(F\d+) [\d.]+ Tf|<([0-9A-F]+)> Tj|[\d.-]+ [\d.-]+ [\d.-]+ [\d.-]+ [\d.-]+ [\d.-]+ Tm`)
)

// pdfTexts reads the words of a document that Chromium printed. It knows no more
// of the format than Chromium writes: plain objects, deflated streams, fonts that
// say which character each of their glyphs is.
func pdfTexts(t *testing.T, data []byte) string {
	t.Helper()
	objects, streams := map[string]string{}, map[string]string{}
	var order []string
	for _, m := range pdfObject.FindAllSubmatch(data, -1) {
		number, body := string(m[1]), m[2]
		head, stream, ok := bytes.Cut(body, []byte("stream\n"))
		objects[number] = string(head)
		if !ok || !bytes.Contains(head, []byte("/FlateDecode")) {
			continue
		}
		if n := pdfLength.FindSubmatch(head); n != nil {
			size, err := strconv.Atoi(string(n[1]))
			if err != nil || size > len(stream) {
				continue
			}
			r, err := zlib.NewReader(bytes.NewReader(stream[:size]))
			if err != nil {
				continue
			}
			text, err := io.ReadAll(io.LimitReader(r, 32<<20))
			if err != nil {
				continue
			}
			streams[number] = string(text)
			order = append(order, number)
		}
	}
	fonts := map[string]map[string]string{}
	for _, head := range objects {
		for _, f := range pdfFont.FindAllStringSubmatch(head, -1) {
			if u := pdfUnicode.FindStringSubmatch(objects[f[2]]); u != nil {
				fonts[f[1]] = pdfCharacters(streams[u[1]])
			}
		}
	}
	var b strings.Builder
	for _, number := range order {
		if !strings.Contains(streams[number], "\nBT\n") {
			continue
		}
		var font map[string]string
		for _, m := range pdfText.FindAllStringSubmatch(streams[number], -1) {
			switch {
			case m[1] != "":
				font = fonts[m[1]]
			case m[2] != "":
				b.WriteString(pdfWord(font, m[2]))
			default:
				b.WriteString("\n")
			}
		}
	}
	return b.String()
}

// pdfCharacters are the characters of a font's glyphs.
func pdfCharacters(cmap string) map[string]string {
	chars := map[string]string{}
	for part := range strings.SplitSeq(cmap, "begin") {
		for _, m := range pdfChar.FindAllStringSubmatch(part, -1) {
			switch {
			case strings.HasPrefix(part, "bfchar"):
				chars[m[1]] = pdfRune(m[2], 0)
			case strings.HasPrefix(part, "bfrange"):
				from, err1 := strconv.ParseUint(m[1], 16, 32)
				to, err2 := strconv.ParseUint(m[2], 16, 32)
				for code := from; err1 == nil && err2 == nil && code <= to; code++ {
					name := strconv.FormatUint(code, 16)
					chars[strings.ToUpper(strings.Repeat("0", max(len(m[1])-len(name), 0))+name)] = pdfRune(m[3], int(code-from))
				}
			}
		}
	}
	return chars
}

func pdfRune(hex string, more int) string {
	var units []uint16
	for i := 0; i+4 <= len(hex); i += 4 {
		u, err := strconv.ParseUint(hex[i:i+4], 16, 16)
		if err != nil {
			return ""
		}
		units = append(units, uint16(u))
	}
	if len(units) > 0 {
		units[len(units)-1] += uint16(more)
	}
	return string(utf16.Decode(units))
}

func pdfWord(font map[string]string, hex string) string {
	size := 4
	for code := range font {
		size = len(code)
		break
	}
	var b strings.Builder
	for i := 0; i+size <= len(hex); i += size {
		b.WriteString(font[hex[i:i+size]])
	}
	return b.String()
}
