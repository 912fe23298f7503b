package tabular_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"socle/internal/errs"
	"socle/internal/tabular"
)

// everyKind is a column of each kind, and names that a careless writer would sort or merge.
var everyKind = []tabular.Field{
	{Name: "z texte", Kind: tabular.Text},
	{Name: "entier", Kind: tabular.Int},
	{Name: "réel", Kind: tabular.Float},
	{Name: "a.b", Kind: tabular.Bool},
	{Name: "date", Kind: tabular.Date},
	{Name: "instant", Kind: tabular.Timestamp},
	{Name: "instant local", Kind: tabular.Timestamp, Local: true},
	{Name: "heure", Kind: tabular.TimeOfDay},
	{Name: "json", Kind: tabular.JSON, Geometry: "geojson"},
	{Name: "Date", Kind: tabular.Text},
}

// randomFrame makes rows whose first integer tells their number.
func randomFrame(r *rand.Rand, first, rows int) *tabular.Frame {
	fr := &tabular.Frame{Fields: everyKind, Rows: rows, Columns: make([]tabular.Column, len(everyKind))}
	for j, f := range everyKind {
		c := &fr.Columns[j]
		for i := range rows {
			null := f.Name != "entier" && r.Intn(5) == 0
			c.Null = append(c.Null, null)
			switch f.Kind {
			case tabular.Text, tabular.JSON:
				var v []byte
				if !null {
					v = []byte(fmt.Sprintf("%q", fmt.Sprintf("é€ %d", r.Intn(50))))
					if j == 0 && r.Intn(10) == 0 {
						v = []byte{}
					}
				}
				c.Bytes = append(c.Bytes, v)
			case tabular.Float:
				c.Float64 = append(c.Float64, zeroIf(null, r.NormFloat64()*1e6))
			case tabular.Bool:
				c.Int64 = append(c.Int64, zeroIf(null, r.Int63n(2)))
			case tabular.Date:
				c.Int64 = append(c.Int64, zeroIf(null, r.Int63n(40000)-20000))
			case tabular.TimeOfDay:
				c.Int64 = append(c.Int64, zeroIf(null, r.Int63n(86400e6)))
			case tabular.Int:
				c.Int64 = append(c.Int64, int64(first+i))
			default:
				c.Int64 = append(c.Int64, zeroIf(null, r.Int63n(1e16)-5e15))
			}
		}
	}
	return fr
}

func zeroIf[T int64 | float64](null bool, v T) T {
	if null {
		return 0
	}
	return v
}

// appendFrame copies the rows of a frame to the end of another.
func appendFrame(dst, fr *tabular.Frame) {
	if dst.Columns == nil {
		dst.Fields, dst.Columns = fr.Fields, make([]tabular.Column, len(fr.Columns))
	}
	for j := range fr.Columns {
		c, d := &fr.Columns[j], &dst.Columns[j]
		d.Null = append(d.Null, c.Null[:fr.Rows]...)
		switch fr.Fields[j].Kind {
		case tabular.Text, tabular.JSON:
			for _, b := range c.Bytes[:fr.Rows] {
				d.Bytes = append(d.Bytes, bytes.Clone(b))
			}
		case tabular.Float:
			d.Float64 = append(d.Float64, c.Float64[:fr.Rows]...)
		default:
			d.Int64 = append(d.Int64, c.Int64[:fr.Rows]...)
		}
	}
	dst.Rows += fr.Rows
}

// sameBytes compares cells at once; an empty text is not a missing one.
var sameBytes = cmp.Comparer(func(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) })

func readParquet(t *testing.T, data []byte, size int) (*tabular.ParquetFile, *tabular.Frame) {
	t.Helper()
	p, err := tabular.OpenParquet(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got := &tabular.Frame{}
	if err := p.Read(t.Context(), size, func(fr *tabular.Frame) error { appendFrame(got, fr); return nil }); err != nil {
		t.Fatal(err)
	}
	return p, got
}

// TestParquetKeepsRows writes frames of several sizes from several goroutines
// in any order, and reads the same rows in the order of the frames.
func TestParquetKeepsRows(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			r := rand.New(rand.NewSource(int64(workers)))
			var frames []*tabular.Frame
			want := &tabular.Frame{}
			for first := 0; first < 8_000; {
				fr := randomFrame(r, first, r.Intn(700))
				frames = append(frames, fr)
				appendFrame(want, fr)
				first += fr.Rows
			}
			var out bytes.Buffer
			w, err := tabular.NewParquetWriter(&out, everyKind, tabular.ParquetOptions{GroupRows: 1200, Metadata: map[string]string{"k": "v"}})
			if err != nil {
				t.Fatal(err)
			}
			work := make(chan int)
			var wg sync.WaitGroup
			for range workers {
				wg.Go(func() {
					for seq := range work {
						if err := w.Put(seq, frames[seq]); err != nil {
							t.Error(err)
						}
					}
				})
			}
			for i := range frames {
				work <- i
			}
			close(work)
			wg.Wait()
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			p, got := readParquet(t, out.Bytes(), 999)
			if diff := cmp.Diff(everyKind, p.Fields()); diff != "" {
				t.Error(diff)
			}
			if p.Metadata("k") != "v" || p.Metadata("none") != "" || p.Groups() < 5 || p.Rows() != int64(want.Rows) || w.Rows() != p.Rows() {
				t.Errorf("metadata %q, %d groups, %d rows", p.Metadata("k"), p.Groups(), p.Rows())
			}
			if diff := cmp.Diff(want, got, sameBytes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestParquetEdges covers tables that have little, and values at their ends.
func TestParquetEdges(t *testing.T) {
	one := []tabular.Field{{Name: "", Kind: tabular.Float}}
	cases := map[string][]float64{
		"no row":    {},
		"one value": {1},
		"ends":      {math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1), math.Inf(1), math.NaN(), 1},
	}
	for name, values := range cases {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			w, err := tabular.NewParquetWriter(&out, one, tabular.ParquetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if len(values) > 0 {
				fr := &tabular.Frame{Fields: one, Rows: len(values), Columns: []tabular.Column{{Null: make([]bool, len(values)), Float64: values}}}
				if err := w.Write(fr); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			p, got := readParquet(t, out.Bytes(), 100)
			if p.Rows() != int64(len(values)) || got.Rows != len(values) {
				t.Fatalf("%d rows", p.Rows())
			}
			for i, v := range values {
				if math.Float64bits(got.Columns[0].Float64[i]) != math.Float64bits(v) {
					t.Errorf("%v became %v", v, got.Columns[0].Float64[i])
				}
			}
		})
	}
}

// TestParquetLargeTexts passes the size at which a dictionary is given up.
func TestParquetLargeTexts(t *testing.T) {
	fields := []tabular.Field{{Name: "t", Kind: tabular.Text}}
	var out bytes.Buffer
	w, err := tabular.NewParquetWriter(&out, fields, tabular.ParquetOptions{GroupRows: 50})
	if err != nil {
		t.Fatal(err)
	}
	want := &tabular.Frame{}
	for f := range 20 {
		fr := &tabular.Frame{Fields: fields, Rows: 10, Columns: make([]tabular.Column, 1)}
		for i := range 10 {
			text := []byte("same")
			if f > 0 {
				text = bytes.Repeat([]byte{byte('a' + f), byte('a' + i)}, 60_000)
			}
			fr.Columns[0].Null = append(fr.Columns[0].Null, false)
			fr.Columns[0].Bytes = append(fr.Columns[0].Bytes, text)
		}
		appendFrame(want, fr)
		if err := w.Write(fr); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, got := readParquet(t, out.Bytes(), 7); !cmp.Equal(want, got, sameBytes) {
		t.Error("texts differ")
	}
}

// TestParquetPutStops: a frame that never comes must not hold its followers.
func TestParquetPutStops(t *testing.T) {
	fr := randomFrame(rand.New(rand.NewSource(1)), 0, 10)
	t.Run("abort", func(t *testing.T) {
		w, err := tabular.NewParquetWriter(&bytes.Buffer{}, everyKind, tabular.ParquetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		broken := errors.New("broken")
		time.AfterFunc(10*time.Millisecond, func() { w.Abort(broken) })
		if err := w.Put(1, fr); !errors.Is(err, broken) {
			t.Errorf("Put: %v", err)
		}
		if err := w.Close(); !errors.Is(err, broken) {
			t.Errorf("Close: %v", err)
		}
	})
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w, err := tabular.NewParquetWriter(&bytes.Buffer{}, everyKind, tabular.ParquetOptions{Context: ctx})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(10*time.Millisecond, cancel)
		if err := w.Put(1, fr); !errors.Is(err, context.Canceled) {
			t.Errorf("Put: %v", err)
		}
	})
	t.Run("disk full", func(t *testing.T) {
		w, err := tabular.NewParquetWriter(fullDisk{}, everyKind, tabular.ParquetOptions{GroupRows: 5})
		if err != nil {
			t.Fatal(err)
		}
		err1 := w.Write(fr)
		if err := errors.Join(err1, w.Close()); !errors.Is(err, errFull) {
			t.Errorf("%v", err)
		}
	})
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// TestParquetRefuses: columns that cannot be, frames of other columns, files
// that are none.
func TestParquetRefuses(t *testing.T) {
	for _, fields := range [][]tabular.Field{nil, {{Name: "a"}, {Name: "a"}}} {
		if _, err := tabular.NewParquetWriter(&bytes.Buffer{}, fields, tabular.ParquetOptions{}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: %v", fields, err)
		}
	}
	w, err := tabular.NewParquetWriter(&bytes.Buffer{}, everyKind, tabular.ParquetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&tabular.Frame{Rows: 1}); err == nil {
		t.Error("a frame without columns was taken")
	}

	var out bytes.Buffer
	w, err = tabular.NewParquetWriter(&out, everyKind, tabular.ParquetOptions{GroupRows: 500})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(randomFrame(rand.New(rand.NewSource(1)), 0, 2000)), w.Close()); err != nil {
		t.Fatal(err)
	}
	whole := out.Bytes()
	r := rand.New(rand.NewSource(2))
	for i := range 300 {
		data := bytes.Clone(whole)
		switch {
		case i < 100:
			data = data[:r.Intn(len(data))]
		default:
			for range 1 + r.Intn(20) {
				data[r.Intn(len(data))] ^= byte(1 << r.Intn(8))
			}
		}
		p, err := tabular.OpenParquet(bytes.NewReader(data))
		if err == nil {
			err = p.Read(t.Context(), 100, func(*tabular.Frame) error { return nil })
		}
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatalf("damage %d: %v", i, err)
		}
	}
}

// TestParquetFooter: a footer of a few bytes that asks for more memory, or more
// stack, than there is, is refused before it is decoded.
func TestParquetFooter(t *testing.T) {
	file := func(footer []byte) []byte {
		out := append([]byte("PAR1"), footer...)
		return append(binary.LittleEndian.AppendUint32(out, uint32(len(footer))), "PAR1"...)
	}
	for name, data := range map[string][]byte{
		"two thousand million columns":    file([]byte{0x15, 4, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 7, 0}),
		"two thousand million row groups": file([]byte{0x49, 0xfc, 0xff, 0xff, 0xff, 0xff, 7, 0}),
		"more columns than bytes":         file([]byte{0x15, 4, 0x19, 0xbc, 'H'}),
		"structures in structures":        file(bytes.Repeat([]byte{0xfc}, 20<<20)),
		"lists in lists":                  file(append([]byte{0xf9}, bytes.Repeat([]byte{0x19}, 20<<20)...)),
		"a text longer than the footer":   file([]byte{0x68, 0xff, 0xff, 0xff, 0xff, 7, 0}),
		"a footer longer than the file":   []byte("PAR1\x15\x04PAR1\xff\xff\xff\x7fPAR1"),
		"a number without end":            file(bytes.Repeat([]byte{0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 2)),
		"no footer":                       []byte("PAR1PAR1"),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := tabular.OpenParquet(bytes.NewReader(data)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if made := after.TotalAlloc - before.TotalAlloc; made > uint64(len(data))+4<<20 {
			t.Errorf("%s: %d bytes made for a file of %d", name, made, len(data))
		}
	}
}

// TestParquetPages: a file of which some bytes were changed, lost or doubled never asks
// for more memory than a page may claim.
func TestParquetPages(t *testing.T) {
	var out bytes.Buffer
	w, err := tabular.NewParquetWriter(&out, everyKind, tabular.ParquetOptions{GroupRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(randomFrame(rand.New(rand.NewSource(1)), 0, 3)), w.Close()); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewSource(2))
	for i := range 4000 {
		data := bytes.Clone(out.Bytes())
		for range 1 + r.Intn(3) {
			at := r.Intn(len(data))
			switch r.Intn(3) {
			case 0:
				data[at] = byte(r.Intn(256))
			case 1:
				data = slices.Delete(data, at, min(at+1+r.Intn(8), len(data)))
			case 2:
				data = slices.Insert(data, at, data[at:min(at+1+r.Intn(8), len(data))]...)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := tabular.OpenParquet(bytes.NewReader(data))
		if err == nil {
			err = p.Read(t.Context(), 100, func(*tabular.Frame) error { return nil })
		}
		runtime.ReadMemStats(&after)
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatalf("round %d: %v", i, err)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 320<<20 {
			t.Fatalf("round %d: %d MB made for a file of %d bytes: %v", i, made>>20, len(data), err)
		}
	}
}

// TestParquetBombs: a page that unpacks to much more than its header says is refused
// before it takes memory.
func TestParquetBombs(t *testing.T) {
	type row struct {
		A string `parquet:"a,plain"`
	}
	const rows, letters = 1 << 16, 1 << 10 // texts short enough for the statistics of a header
	for name, codec := range map[string]compress.Codec{"gzip": &parquet.Gzip, "zstd": &parquet.Zstd, "brotli": &parquet.Brotli, "snappy": &parquet.Snappy, "lz4": &parquet.Lz4Raw} {
		var out bytes.Buffer
		w := parquet.NewGenericWriter[row](&out, parquet.Compression(codec), parquet.PageBufferSize(1<<30), parquet.DataPageVersion(1))
		text := strings.Repeat("a", letters)
		for range rows {
			if _, err := w.Write([]row{{text}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		read := func(data []byte) (made uint64, err error) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := tabular.OpenParquet(bytes.NewReader(data))
			if err == nil {
				err = p.Read(t.Context(), 100, func(*tabular.Frame) error { return nil })
			}
			runtime.ReadMemStats(&after)
			return after.TotalAlloc - before.TotalAlloc, err
		}
		if _, err := read(out.Bytes()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// The header of the page: its kind, then its size unpacked, a number of zigzag.
		data := bytes.Clone(out.Bytes())
		size, width := binary.Uvarint(data[7:])
		if data[4] != 0x15 || data[6] != 0x15 || size/2 < rows*letters {
			t.Fatalf("%s: the header is % x", name, data[4:16])
		}
		copy(data[7:], bytes.Repeat([]byte{0x80}, width-1))
		data[7], data[7+width-1] = 0xD0, 0 // 40, in as many bytes
		made, err := read(data)
		if !errs.Is(err, errs.Invalid) || made > 40<<20 {
			t.Errorf("%s: %d MB made, %v", name, made>>20, err)
		}
	}
}

// FuzzParquet: any bytes are read or refused, never a panic.
func FuzzParquet(f *testing.F) {
	for _, rows := range []int{0, 3, 200} {
		var out bytes.Buffer
		w, err := tabular.NewParquetWriter(&out, everyKind, tabular.ParquetOptions{GroupRows: 100})
		if err != nil {
			f.Fatal(err)
		}
		if err := errors.Join(w.Write(randomFrame(rand.New(rand.NewSource(1)), 0, rows)), w.Close()); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	f.Add([]byte("PAR1\x15\x04\x19\xfc\xff\xff\xff\xff\x07\x00\x0a\x00\x00\x00PAR1"))
	f.Add([]byte("PAR1\x15\x04\x19\xbcH\x05\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := tabular.OpenParquet(bytes.NewReader(data))
		if err == nil {
			err = p.Read(t.Context(), 100, func(fr *tabular.Frame) error {
				for j := range fr.Columns {
					if len(fr.Columns[j].Null) != fr.Rows {
						t.Fatalf("column %d has %d rows of %d", j, len(fr.Columns[j].Null), fr.Rows)
					}
				}
				return nil
			})
		}
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
	})
}

// A frame of some rows has their values, of each kind, and no others.
func TestTake(t *testing.T) {
	fr := &tabular.Frame{Fields: []tabular.Field{{Name: "a"}, {Name: "b", Kind: tabular.Int}, {Name: "c", Kind: tabular.Float}}, Rows: 3, Columns: []tabular.Column{
		{Null: []bool{false, true, false}, Bytes: [][]byte{[]byte("x"), nil, []byte("z")}},
		{Null: []bool{false, false, true}, Int64: []int64{1, 2, 0}},
		{Null: []bool{true, false, false}, Float64: []float64{0, 2.5, 3.5}},
	}}
	got := fr.Take([]int{2, 0})
	if got.Rows != 2 || string(got.Columns[0].Bytes[0]) != "z" || string(got.Columns[0].Bytes[1]) != "x" || got.Columns[1].Int64[1] != 1 || !got.Columns[1].Null[0] || got.Columns[2].Float64[0] != 3.5 || !got.Columns[2].Null[1] {
		t.Errorf("%+v", got)
	}
	if none := fr.Take(nil); none.Rows != 0 || len(none.Columns) != 3 || len(none.Columns[0].Null) != 0 {
		t.Errorf("%+v", none)
	}
}
