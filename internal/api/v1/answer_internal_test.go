package v1

import (
	"encoding/json"
	"testing"

	"socle/internal/tables"
	"socle/internal/tabular"
)

// TestAppendRows: what is written is what a JSON reader finds.
func TestAppendRows(t *testing.T) {
	for _, text := range []string{"", "Éaunes", `"a\b"`, "a\nb\tc\r\x00\x1f", "<b>&</b>", "\u2028𝄞", "coupé\xc3", "\xff\xfe", "l’été"} {
		var got string
		if err := json.Unmarshal(appendString(nil, []byte(text)), &got); err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		want, _ := json.Marshal(text)
		var same string
		if err := json.Unmarshal(want, &same); err != nil || got != same {
			t.Errorf("%q: %q, want %q", text, got, same)
		}
	}
	p := &tables.Page{
		Fields: []tabular.Field{{Name: `n"o`, Kind: tabular.Int}, {Name: "f", Kind: tabular.Float}, {Name: "b", Kind: tabular.Bool}, {Name: "j", Kind: tabular.JSON}, {Name: "t"}},
		Records: []tables.Record{
			{Cells: [][]byte{[]byte("12"), []byte("1e-7"), []byte("true"), []byte(`{"a":[1]}`), []byte("x")}},
			{Cells: [][]byte{nil, []byte("NaN"), []byte("false"), nil, []byte("")}},
			{Cells: [][]byte{[]byte("0"), []byte("+Inf"), nil, []byte("null"), nil}},
		},
	}
	want := `[{"n\"o":12,"f":1e-7,"b":true,"j":{"a":[1]},"t":"x"},{"n\"o":null,"f":null,"b":false,"j":null,"t":""},{"n\"o":0,"f":null,"b":null,"j":null,"t":null}]`
	if got := string(appendRows(nil, p)); got != want {
		t.Error(got)
	}
	if got := string(appendRows(nil, &tables.Page{Fields: p.Fields})); got != "[]" {
		t.Error(got)
	}
}
