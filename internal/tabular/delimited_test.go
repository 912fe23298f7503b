package tabular

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// read parses all of text in one chunk.
func read(t testing.TB, d dialect, width int, text string) [][]string {
	t.Helper()
	p := parser{dialect: d, width: width}
	var b Batch
	out := p.parse(&b, []byte(text), true)
	if out.err != nil {
		t.Fatal(out.err)
	}
	if out.used != len(text) {
		t.Fatalf("used %d of %d bytes", out.used, len(text))
	}
	return rowsOf(&b)
}

func rowsOf(b *Batch) [][]string {
	rows := [][]string{}
	for i := range b.Len() {
		rows = append(rows, b.row(i))
	}
	return rows
}

func comma() dialect { return dialect{delim: []byte(","), quote: '"', escape: '"'} }

func TestParse(t *testing.T) {
	semicolon := dialect{delim: []byte(";"), quote: '"', escape: '"'}
	for _, c := range []struct {
		name  string
		d     dialect
		width int
		text  string
		want  [][]string
	}{
		{"plain", comma(), 0, "a,b\nc,d\n", [][]string{{"a", "b"}, {"c", "d"}}},
		{"no break at the end", comma(), 0, "a,b\nc,d", [][]string{{"a", "b"}, {"c", "d"}}},
		{"delimiter at the end", comma(), 0, "a,b\nc,", [][]string{{"a", "b"}, {"c", ""}}},
		{"crlf", comma(), 0, "a,b\r\nc,d\r\n", [][]string{{"a", "b"}, {"c", "d"}}},
		{"crlf, empty cell last", comma(), 0, "a,\r\n,d\r\n", [][]string{{"a", ""}, {"", "d"}}},
		{"crlf after quotes", comma(), 0, "a,\"b\"\r\n\"c\",d\r\n", [][]string{{"a", "b"}, {"c", "d"}}},
		{"blank lines", comma(), 0, "a,b\n\nc,d\r\n\r\n", [][]string{{"a", "b"}, {}, {"c", "d"}, {}}},
		{"empty quoted cell", comma(), 0, "\"\",b\n\"\"\n", [][]string{{"", "b"}, {""}}},
		{"doubled quotes", comma(), 0, "a,\"b \"\"c\"\"\"\n", [][]string{{"a", `b "c"`}}},
		{"break in quotes", comma(), 0, "a,\"b\nc\"\nd,e\n", [][]string{{"a", "b\nc"}, {"d", "e"}}},
		{"quote in a plain cell", comma(), 0, "5\" pipe,b\n", [][]string{{`5" pipe`, "b"}}},
		{"spaces around quotes", comma(), 0, "a, \"b, c\" ,d\n", [][]string{{"a", "b, c", "d"}}},
		{"spaces without quotes", comma(), 0, "a, b ,d\n", [][]string{{"a", " b ", "d"}}},
		{"backslash", dialect{delim: []byte(","), quote: '"', escape: '\\'}, 0, `"a \"b\"","c\\"` + "\n", [][]string{{`a "b"`, `c\`}}},
		{"apostrophes", dialect{delim: []byte(","), quote: '\'', escape: '\''}, 0, "'l''eau','b,c'\n", [][]string{{"l'eau", "b,c"}}},
		{"no quote", dialect{delim: []byte(",")}, 0, "\"a,b\"\n", [][]string{{`"a`, `b"`}}},
		{"two characters", dialect{delim: []byte("||"), quote: '"', escape: '"'}, 0, "a||b|c||\"d||e\"\n", [][]string{{"a", "b|c", "d||e"}}},
		{"padded", dialect{delim: []byte(","), pad: true, quote: '"', escape: '"'}, 0, "a, b,  c\nd,\"e\", \"f\"\n", [][]string{{"a", "b", " c"}, {"d", "e", "f"}}},
		{"no delimiter", dialect{quote: '"', escape: '"'}, 0, "a,b;c\n\"d\ne\"\n", [][]string{{"a,b;c"}, {"d\ne"}}},
		{"cr", dialect{delim: []byte(","), quote: '"', escape: '"', cr: true}, 0, "a,b\rc,\"d\re\"\r", [][]string{{"a", "b"}, {"c", "d\re"}}},
		{"mixed breaks", dialect{delim: []byte(","), quote: '"', escape: '"', cr: true}, 0, "a,b\rc,d\ne,f\r\n\rg,h", [][]string{{"a", "b"}, {"c", "d"}, {"e", "f"}, {}, {"g", "h"}}},
		{"long cells", comma(), 0, strings.Repeat("x", 100) + "," + strings.Repeat("y", 33) + "\n", [][]string{{strings.Repeat("x", 100), strings.Repeat("y", 33)}}},
		{"bytes one above the delimiter", comma(), 0, "a,-1,-,---,-\n\v,\v\n", [][]string{{"a", "-1", "-", "---", "-"}, {"\v", "\v"}}},

		{"quote that never closes", comma(), 3, "a,\"b,c\nd,e,f\n", [][]string{{"a", `"b`, "c"}, {"d", "e", "f"}}},
		{"quote that closes at a cell below", comma(), 3, "a,\"b,c\n\"d\",e,f\n", [][]string{{"a", `"b`, "c"}, {"d", "e", "f"}}},
		{"quote too many before a quoted cell", comma(), 4, "a,\"b,c,\"d, e\"\nf,g,h,i\n", [][]string{{"a", `"b`, "c", "d, e"}, {"f", "g", "h", "i"}}},
		{"inches", comma(), 3, "a,\"tube 5\" x 3\",c\n", [][]string{{"a", `tube 5" x 3`, "c"}}},
		{"inches at the end", comma(), 3, "a,\"tube 5\"\",c\nd,e,f\n", [][]string{{"a", `tube 5"`, "c"}, {"d", "e", "f"}}},
		{"quotes within, lines too", semicolon, 3, "a;\"dit \"oui\"\net \"non\"\";c\nd;e;f\n", [][]string{{"a", "dit \"oui\"\net \"non\"", "c"}, {"d", "e", "f"}}},
		{"text after the quotes", comma(), 2, "\"a\"b,c\n", [][]string{{`"a"b`, "c"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, read(t, c.d, c.width, c.text)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestLines(t *testing.T) {
	p := parser{dialect: comma()}
	var b Batch
	p.parse(&b, []byte("a,\"b\nc\"\n\nd\n\"e\n\nf\"\ng"), true)
	lines := []int{}
	for i := range b.Len() {
		lines = append(lines, b.Line(i))
	}
	if diff := cmp.Diff([]int{0, 2, 3, 4, 7}, lines); diff != "" {
		t.Error(diff)
	}
	if b.span != 8 {
		t.Errorf("span %d", b.span)
	}
}

// messy writes text with every trouble that delimited text can have.
func messy(r *rand.Rand, n int) []byte {
	pieces := []string{"a", "bc", "12,5", " ", "\"", "\"\"", "\"x,y\"", "\"l1\nl2\"", "\"q \"\"r\"\"\"", ",", ",", ",", ",", "\n", "\n", "\r\n", "é", "\xe9", "\x00", "\"deux \" trois\"", "long text that fills several words", "\r", "\\\""}
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(pieces[r.Intn(len(pieces))])
	}
	return b.Bytes()
}

// drain reads a file in small chunks.
func drain(t testing.TB, f *File, fd func() feed, workers int) string {
	t.Helper()
	keep := f.open
	defer func() { f.open = keep }()
	f.open = func(context.Context) (feed, error) { return fd(), nil }
	var out strings.Builder
	end, err := Scan(t.Context(), f, workers, func(b *Batch) (string, error) {
		var s strings.Builder
		pos := b.Position()
		for i := range b.Len() {
			fmt.Fprintf(&s, "%d %d %q\n", pos.Row+i, pos.Line+b.Line(i), b.row(i))
		}
		for _, ft := range b.Faults {
			fmt.Fprintf(&s, "fault %d %d %s\n", pos.Row+ft.Index, ft.Column, ft.Key)
		}
		return s.String(), nil
	}, func(p Position, s string) error { out.WriteString(s); return nil })
	if err != nil {
		fmt.Fprintf(&out, "error %v\n", err)
		return out.String()
	}
	fmt.Fprintf(&out, "%d rows\n", end.Rows)
	return out.String()
}

// byLine puts faults and records in one order, whatever the chunks.
func byLine(s string) string {
	lines := strings.Split(s, "\n")
	var faults, rest []string
	for _, l := range lines {
		if strings.HasPrefix(l, "fault") {
			faults = append(faults, l)
		} else {
			rest = append(rest, l)
		}
	}
	return strings.Join(append(rest, faults...), "\n")
}

// TestChunks: whatever the chunks and the workers, the records are the same.
func TestChunks(t *testing.T) {
	for seed := range int64(300) {
		r := rand.New(rand.NewSource(seed))
		text := messy(r, 50+r.Intn(3000))
		d := comma()
		switch r.Intn(6) {
		case 0:
			d.cr = true
		case 1:
			d.escape = '\\'
		case 2:
			d.quote, d.escape = 0, 0
		case 3:
			d.delim = []byte(",\"")
		case 4:
			d.pad = true
		}
		width := r.Intn(4)
		cs, _ := charsetNamed([]string{"utf-8", "windows-1252"}[r.Intn(2)])
		f := &File{firstLine: 1}
		make := func(chunk int) feed {
			return &splitter{src: Bytes(text), size: int64(len(text)), dialect: d, charset: cs, width: width, want: chunk, chunk: chunk, tail: 10}
		}
		want := byLine(drain(t, f, func() feed { return make(1 << 20) }, 1))
		for _, chunk := range []int{1, 7, 64, 500} {
			for _, workers := range []int{1, 3} {
				if diff := cmp.Diff(want, byLine(drain(t, f, func() feed { return make(chunk) }, workers))); diff != "" {
					t.Fatalf("seed %d, chunks of %d, %d workers: -want +got\n%s\n%q", seed, chunk, workers, diff, text)
				}
			}
			s := func() feed {
				sp := make(chunk).(*splitter)
				return &stream{splitter: *sp, r: io.NopCloser(bytes.NewReader(text))}
			}
			if diff := cmp.Diff(want, byLine(drain(t, f, s, 2))); diff != "" {
				t.Fatalf("seed %d, stream, chunks of %d: -want +got\n%s\n%q", seed, chunk, diff, text)
			}
		}
	}
}
