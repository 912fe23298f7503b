package tabular

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"socle/internal/errs"
)

// What was recognised of a file of any format can be said of it, and changes nothing;
// what says nothing of a format is refused, and names its option.
func TestSaid(t *testing.T) {
	frames := sampleTables()["coordinates"]
	for _, format := range Formats {
		if !format.Write {
			continue
		}
		data, err := writeAll(format.Name, frames)
		if err != nil {
			t.Fatalf("%s: %v", format.Name, err)
		}
		name := "table" + format.Extensions[0]
		f, err := Open(t.Context(), bytes.NewReader(data), Options{Name: name})
		if err != nil {
			t.Fatalf("%s: %v", format.Name, err)
		}
		i, header := f.Info, f.Header
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		for option, value := range map[string]string{
			"encoding": cmp.Or(i.Encoding, "utf-8"), "delimiter": cmp.Or(i.Delimiter, ";"), "sheet": cmp.Or(i.Sheet, "Feuille"), "header_rows": strconv.Itoa(i.HeaderRows), "format": format.Name,
		} {
			o := Options{Name: name}
			if known, err := o.Say(option, value); !known || err != nil {
				t.Fatalf("%s, %s=%s: %v %v", format.Name, option, value, known, err)
			}
			f, err := OpenSaid(t.Context(), bytes.NewReader(data), o)
			kind := cmp.Or(alike[i.Format], i.Format)
			if option != "format" && !slices.Contains(uses[kind], option) {
				if !errs.Is(err, errs.Invalid) || errs.As(err).Args["Option"] != option {
					t.Errorf("%s, %s=%s: %v", format.Name, option, value, err)
				}
				continue
			}
			if err != nil || !slices.Equal(f.Header, header) {
				t.Errorf("%s, %s=%s: %v", format.Name, option, value, err)
				continue
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// What means nothing for any file is refused before anything is read.
func TestSayRefuses(t *testing.T) {
	for _, c := range [][2]string{
		{"delimiter", "ab"}, {"delimiter", "a"}, {"delimiter", "\n"}, {"delimiter", `"`}, {"delimiter", "7"}, {"delimiter", ";;;"}, {"encoding", "klingon"}, {"format", "word"},
		{"header_rows", "deux"}, {"header_rows", "-1"}, {"header_rows", "1000"},
	} {
		var o Options
		if known, err := o.Say(c[0], c[1]); !known || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s=%q: %v %v", c[0], c[1], known, err)
		}
	}
	for _, c := range [][2]string{{"delimiter", ";"}, {"delimiter", "tab"}, {"delimiter", `\t`}, {"delimiter", "||"}, {"delimiter", "; "}, {"delimiter", "§"}, {"encoding", "UTF-8"}, {"header_rows", "0"}, {"sheet", ""}} {
		var o Options
		if known, err := o.Say(c[0], c[1]); !known || err != nil {
			t.Errorf("%s=%q: %v %v", c[0], c[1], known, err)
		}
	}
	var o Options
	if known, err := o.Say("colour", "red"); known || err != nil {
		t.Errorf("an option that is none: %v %v", known, err)
	}
	if _, err := Open(t.Context(), strings.NewReader("a;b\n1;2\n"), Options{Delimiter: "ab"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
}
