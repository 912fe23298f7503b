package tabular

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what is read as what is wanted")

// encoders write the input of a case in an encoding.
var encoders = map[string]encoding.Encoding{
	"windows-1252": charmap.Windows1252, "iso-8859-15": charmap.ISO8859_15, "ibm850": charmap.CodePage850, "macintosh": charmap.Macintosh,
	"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16be": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"utf-16le without mark": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
}

// TestRead reads the files of testdata/read. Each holds lines "key: value" about
// how the input is written and what is asked, then the parts input, info and
// output; go test -update writes the last two anew.
//
//	encoding: windows-1252, iso-8859-15, ibm850, macintosh, utf-16le, utf-16be, bom, twice
//	newline:  crlf or cr
//	end:      none (the last line has no break)
//	header:   number of header rows asked for
//	sheet, format, crs: the sheet, the format and the reference system asked for
//	degrees:  the label of the longitude and that of the latitude to add
//	recompute: yes, the last two columns are those
//	delimiter, escapes: a delimiter asked for; escapes: yes turns \x.. in the input into bytes
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/read/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]*[]byte{}
			for i := range ar.Files {
				parts[ar.Files[i].Name] = &ar.Files[i].Data
			}
			input, o := prepare(t, string(ar.Comment), *parts["input"])
			info, output := readAll(t, input, o)
			if *update {
				ar.Files = []txtar.File{{Name: "input", Data: *parts["input"]}, {Name: "info", Data: []byte(info)}, {Name: "output", Data: []byte(output)}}
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := gocmp.Diff(string(*parts["info"]), info); diff != "" {
				t.Errorf("info: -want +got\n%s", diff)
			}
			if diff := gocmp.Diff(string(*parts["output"]), output); diff != "" {
				t.Errorf("output: -want +got\n%s", diff)
			}
		})
	}
}

// prepare writes the input as the comment says.
func prepare(t *testing.T, comment string, input []byte) ([]byte, Options) {
	t.Helper()
	o := Options{}
	lines := strings.Split(comment, "\n")
	slices.SortStableFunc(lines, func(a, b string) int { // the encoding comes last
		return cmp.Compare(strings.Count(a, "encoding: "), strings.Count(b, "encoding: "))
	})
	for _, line := range lines {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		switch key {
		case "newline":
			input = bytes.ReplaceAll(input, []byte("\n"), []byte(map[string]string{"crlf": "\r\n", "cr": "\r"}[value]))
		case "end":
			input = bytes.TrimRight(input, "\r\n")
		case "header":
			var n int
			fmt.Sscan(value, &n)
			o.HeaderRows = &n
		case "delimiter":
			o.Delimiter = value
		case "sheet":
			o.Sheet = value
		case "format":
			o.Format = value
		case "crs":
			o.CRS = value
		case "recompute":
			o.Recompute = value == "yes"
		case "degrees":
			lon, lat, _ := strings.Cut(value, " ")
			o.Degrees = &DegreeLabels{lon, lat}
		case "escapes":
			for _, e := range []struct{ from, to string }{{`\x00`, "\x00"}, {`\xe9`, "\xe9"}, {`\x0d`, "\r"}} {
				input = bytes.ReplaceAll(input, []byte(e.from), []byte(e.to))
			}
		case "encoding":
			switch value {
			case "bom":
				input = append([]byte("\xef\xbb\xbf"), input...)
			case "twice":
				var out bytes.Buffer
				for _, c := range input {
					out.WriteRune(charmap.Windows1252.DecodeByte(c))
				}
				input = out.Bytes()
			default:
				var err error
				if input, err = encoders[value].NewEncoder().Bytes(input); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return input, o
}

// readAll describes a file and converts it.
func readAll(t testing.TB, input []byte, o Options) (info, output string) {
	t.Helper()
	ctx := context.Background()
	f, err := Open(ctx, Bytes(input), o)
	if err != nil {
		return "error: " + err.Error() + "\n", ""
	}
	defer f.Close()
	var out bytes.Buffer
	if err := Convert(ctx, f, "csv", &out); err != nil {
		return "error: " + err.Error() + "\n", ""
	}
	var w strings.Builder
	say := func(key string, value any, empty any) {
		if value != empty {
			fmt.Fprintf(&w, "%s: %v\n", key, value)
		}
	}
	i := f.Info
	say("format", i.Format, "")
	say("encoding", i.Encoding, "")
	say("bom", i.BOM, false)
	say("reencoded", i.Reencoded, false)
	say("delimiter", fmt.Sprintf("%q", i.Delimiter), `""`)
	say("quote", i.Quote, "")
	say("escape", i.Escape, "")
	say("newline", i.Newline, "")
	say("sheet", strings.TrimSpace(i.Sheet+" of "+strings.Join(i.Sheets, ", ")), "of")
	say("preamble", i.PreambleRows, 0)
	say("header", i.HeaderRows, 0)
	say("footnotes", i.FootnoteRows, 0)
	say("columns", i.Columns, 0)
	say("crs", i.CRS, "")
	say("coordinates", strings.Join(i.Coordinates, ", "), "")
	end, err := Scan(ctx, f, 2, func(b *Batch) (string, error) {
		var s strings.Builder
		pos := b.Position()
		for _, ft := range b.Faults {
			fmt.Fprintf(&s, "fault: row %d, line %d, column %d: %s\n", pos.Row+ft.Index, pos.Line+b.Line(ft.Index), ft.Column, ft.Key)
		}
		if b.Seq == 0 && b.Len() > 0 {
			fmt.Fprintf(&s, "first: row %d, line %d\n", pos.Row, pos.Line+b.Line(0))
		}
		return s.String(), nil
	}, func(_ Position, s string) error { w.WriteString(s); return nil })
	if err != nil {
		t.Fatal(err)
	}
	say("rows", end.Rows, 0)
	return w.String(), out.String()
}
