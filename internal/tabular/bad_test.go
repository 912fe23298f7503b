package tabular

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"math/rand"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"go.uber.org/goleak"

	"socle/internal/errs"
	"socle/internal/i18n"
)

func gz(text []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(text)
	w.Close()
	return out.Bytes()
}

// scanAll opens and reads a file to its end.
func scanAll(ctx context.Context, src Source, o Options) error {
	f, err := Open(ctx, src, o)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = Scan(ctx, f, 2, func(*Batch) (int, error) { return 0, nil }, func(Position, int) error { return nil })
	return err
}

// TestBadFiles: each trouble has its sentence in both languages and says what to do.
func TestBadFiles(t *testing.T) {
	xlsx := book(t, func(x *excelize.File) { fill(x, "Sheet1", []any{"a", "b"}, []any{1, 2}, []any{3, 4}) })
	locked := book(t, func(x *excelize.File) { fill(x, "Sheet1", []any{"a", "b"}, []any{1, 2}) }, excelize.Options{Password: "x"})
	random := make([]byte, 50_000)
	rand.New(rand.NewSource(1)).Read(random)
	broken := bytes.Clone(xlsx)
	for i := 200; i < len(broken)/2; i++ {
		broken[i] ^= 0x5A
	}
	for _, c := range []struct {
		name string
		data []byte
		kind errs.Kind
		code string
		key  string
	}{
		{"empty", nil, errs.Invalid, CodeSource, "tabular.empty"},
		{"blank", []byte("\n \n;;\n"), errs.Invalid, CodeSource, "tabular.blank"},
		{"random", random, errs.Invalid, CodeFormat, "tabular.binary"},
		{"pdf", []byte("%PDF-1.7\nxx"), errs.Invalid, CodeFormat, "tabular.foreign"},
		{"page", []byte(" <!DOCTYPE html><html></html>"), errs.Invalid, CodeFormat, "tabular.page"},
		{"truncated workbook", xlsx[:len(xlsx)/2], errs.Invalid, CodeSource, "tabular.damaged"},
		{"damaged workbook", broken, errs.Invalid, CodeSource, "tabular.damaged"},
		{"locked workbook", locked, errs.Invalid, CodeSource, "tabular.encrypted"},
		{"locked old workbook", biffFile(xlsBook(true), "Workbook"), errs.Invalid, CodeSource, "tabular.encrypted"},
		{"truncated old workbook", biffFile(xlsBook(false), "Workbook")[:1000], errs.Invalid, CodeSource, "tabular.damaged"},
		{"Word", biffFile(xlsBook(false), "WordDocument"), errs.Invalid, CodeFormat, "tabular.foreign"},
		{"locked OpenDocument", zipOf(t, [2]string{"mimetype", "x"}, [2]string{"content.xml", "\x01\x02"}, [2]string{"META-INF/manifest.xml", `<m:manifest><m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry></m:manifest>`}), errs.Invalid, CodeSource, "tabular.encrypted"},
		{"empty sheet", sheetXLSX(t, "<worksheet><sheetData/></worksheet>"), errs.Invalid, CodeSource, "tabular.empty-sheet"},
		{"sheet cut", sheetXLSX(t, `<worksheet><sheetData><row r="1"><c r="A1"><v>1`), errs.Invalid, CodeSource, "tabular.damaged"},
		{"no table in the archive", zipOf(t, [2]string{"dossier/.cache", "x"}), errs.Invalid, CodeFormat, "tabular.empty-archive"},
		{"archive in archive", zipOf(t, [2]string{"a.csv", string(zipOf(t, [2]string{"b.csv", "a;b"}))}), errs.Invalid, CodeFormat, "tabular.nested"},
		{"truncated gzip", gz(random)[:20_000], errs.Invalid, CodeSource, "tabular.damaged"},
		{"no line break", bytes.Repeat([]byte("abcdefgh"), 300_000), errs.TooLarge, CodeSource, "tabular.no-lines"},
		{"a million columns", bytes.Repeat([]byte("1,"), 1_000_000), errs.TooLarge, CodeSource, "tabular.too-many-columns"},
		{"a million columns below", append([]byte("a,b\n1,2\n"), bytes.Repeat([]byte("1,"), 1_000_000)...), errs.TooLarge, CodeSource, "tabular.too-many-columns"},
		{"a long cell", append([]byte("a,b\n1,\""), bytes.Repeat([]byte("xy"), 25_000_000)...), errs.TooLarge, CodeSource, "tabular.record-too-long"},
		{"a long cell, packed", gz(append([]byte("a,b\n1,"), bytes.Repeat([]byte("xy"), 25_000_000)...)), errs.TooLarge, CodeSource, "tabular.record-too-long"},
		{"a column far away", sheetXLSX(t, `<worksheet><sheetData><row r="1"><c r="ZZZ1"><v>1</v></c></row></sheetData></worksheet>`), errs.TooLarge, CodeSource, "tabular.too-many-columns"},
		{"a bomb", gz(bytes.Repeat([]byte("1;2;3;4;5;6;7\n"), 6_000_000)), errs.TooLarge, CodeSource, "tabular.bomb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := scanAll(t.Context(), Bytes(c.data), Options{})
			if err == nil {
				t.Fatal("no error")
			}
			e := errs.As(err)
			if e.Kind != c.kind || e.Key != c.key || Code(err) != c.code {
				t.Errorf("%v (%s)", err, Code(err))
			}
			if line, ok := e.Args["Line"]; ok && strings.HasSuffix(c.name, "below") && line != 3 {
				t.Errorf("line %v", line)
			}
			for _, l := range i18n.Langs {
				for _, key := range []string{e.Key, e.Hint} {
					if s := i18n.T(l, key, e.Args); strings.HasPrefix(s, "[") || strings.Contains(s, "{{") || strings.Contains(s, "<no value>") {
						t.Errorf("%s %s: %s", l, key, s)
					}
				}
			}
		})
	}
	if err := scanAll(t.Context(), Bytes([]byte("a;b\n1;2\n")), Options{Encoding: "klingon"}); Code(err) != CodeEncoding {
		t.Error(err)
	}
	if _, err := OpenFile(t.TempDir()); errs.KindOf(err) != errs.Invalid {
		t.Error(err)
	}
	if _, err := OpenFile("testdata/absent.csv"); errs.KindOf(err) != errs.NotFound {
		t.Error(err)
	}
}

// TestMemory: what is held does not grow with the file.
func TestMemory(t *testing.T) {
	text := bytes.Repeat([]byte("Muret;31395;\"rue de l’Église\";12,5\n"), 2_000_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := scanAll(t.Context(), Bytes(text), Options{}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 40<<20 {
		t.Errorf("%d MB allocated for a file of %d MB", used>>20, len(text)>>20)
	}
}

// TestScanStops: the first error, a panic or the end of the context stops all,
// and no goroutine stays.
func TestScanStops(t *testing.T) {
	defer goleak.VerifyNone(t)
	text := bytes.Repeat([]byte("a;b;c;d\n1;2;3;4\n"), 400_000)
	broken := errors.New("broken")
	f, err := Open(t.Context(), Bytes(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 3} {
		nothing := func(Position, int) error { return nil }
		if _, err := Scan(t.Context(), f, workers, func(b *Batch) (int, error) {
			if b.Seq == 2 {
				return 0, broken
			}
			return 0, nil
		}, nothing); !errors.Is(err, broken) {
			t.Errorf("%d workers, work: %v", workers, err)
		}
		calls := 0
		if _, err := Scan(t.Context(), f, workers, func(*Batch) (int, error) { return 0, nil }, func(Position, int) error {
			if calls++; calls == 3 {
				return broken
			}
			return nil
		}); !errors.Is(err, broken) || calls != 3 {
			t.Errorf("%d workers, done: %v after %d", workers, err, calls)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := Scan(ctx, f, workers, func(b *Batch) (int, error) {
			if b.Seq == 1 {
				cancel()
			}
			return 0, nil
		}, nothing); !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers, context: %v", workers, err)
		}
		func() {
			defer func() {
				if p := recover(); p != "boum" {
					t.Errorf("%d workers, panic: %v", workers, p)
				}
			}()
			Scan(t.Context(), f, workers, func(b *Batch) (int, error) { panic("boum") }, nothing)
		}()
		row := 2
		end, err := Scan(t.Context(), f, workers, func(b *Batch) (int, error) { return b.Len(), nil }, func(p Position, n int) error {
			if p.Row != row || p.Line != row {
				t.Errorf("batch at %+v, want %d", p, row)
			}
			row += n
			return nil
		})
		if err != nil || end.Rows != 799_999 {
			t.Errorf("%d workers: %+v %v", workers, end, err)
		}
	}
	for range f.Batches(t.Context()) {
		break
	}
}

// TestPacked: the same records, packed or not, in memory, as a stream or from a
// temporary file, which is gone afterwards.
func TestPacked(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("code;libellé;note\n")
	for i := 0; text.Len() < memoryLimit+1<<20; i++ {
		text.WriteString("31")
		text.WriteString(strings.Repeat("7", i%5))
		text.WriteString(";été \"chaud\";\"ligne\nautre\"\n")
	}
	want, rows := rowsHash(t, text.Bytes(), Options{})
	if rows < 100_000 {
		t.Fatal(rows)
	}
	dir := t.TempDir()
	big := book(t, func(x *excelize.File) { fill(x, "Sheet1", []any{"a", "b"}, []any{1, 2}, []any{3, 4}) })
	random := make([]byte, memoryLimit)
	rand.New(rand.NewSource(1)).Read(random)
	big = withPart(t, big, "xl/media/image1.png", random)
	for name, data := range map[string][]byte{"gzip": gz(text.Bytes()), "zip": zipOf(t, [2]string{"lisez.md", "x"}, [2]string{"d/donnees.csv", text.String()})} {
		got, _ := rowsHash(t, data, Options{TempDir: dir})
		if got != want {
			t.Errorf("%s: other records", name)
		}
	}
	f, cells := readCells(t, gz(big), Options{TempDir: dir})
	if f.Info.Compression != "gzip" || f.Info.Format != "xlsx" || len(cells) != 2 {
		t.Errorf("%+v", f.Info)
	}
	f.Close()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
}

// withPart adds a part to a workbook.
func withPart(t *testing.T, data []byte, name string, part []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		if err := z.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(part)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func rowsHash(t *testing.T, data []byte, o Options) (string, int) {
	t.Helper()
	f, err := Open(t.Context(), Bytes(data), o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	if err := Convert(t.Context(), f, "csv", &out); err != nil {
		t.Fatal(err)
	}
	end, err := Scan(t.Context(), f, 1, func(*Batch) (int, error) { return 0, nil }, func(Position, int) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), end.Rows
}
