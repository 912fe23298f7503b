package jsonrow_test

import (
	"encoding/json"
	"testing"

	"socle/internal/interop/jsonrow"
	"socle/internal/query"
	"socle/internal/tabular"
)

func TestObject(t *testing.T) {
	date := query.Date(2025, 1, 31)
	got, err := json.Marshal(jsonrow.Object{
		{"z", jsonrow.Cell(tabular.Float, []byte("1.5"))}, {"a\"", jsonrow.Cell(tabular.Text, []byte("l'été </b>"))},
		{"n", jsonrow.Cell(tabular.Text, nil)}, {"d", jsonrow.Value(&date)}, {"j", jsonrow.Cell(tabular.JSON, []byte(`{"x":[1]}`))}, {"v", jsonrow.Value(nil)},
	})
	const want = `{"z":1.5,"a\"":"l'été \u003c/b\u003e","n":null,"d":"2025-01-31","j":{"x":[1]},"v":null}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
}

func TestFrame(t *testing.T) {
	fr := &tabular.Frame{Fields: []tabular.Field{{Name: "n", Kind: tabular.Int}, {Name: "f", Kind: tabular.Float}, {Name: "t"}}, Rows: 2,
		Columns: []tabular.Column{{Null: []bool{false, true}, Int64: []int64{3, 0}}, {Null: []bool{true, false}, Float64: []float64{0, 2.5}}, {Null: []bool{false, true}, Bytes: [][]byte{[]byte("a"), nil}}}}
	for i, want := range []string{"3", "null", "null", "2.5", `"a"`, "null"} {
		if got := string(jsonrow.Value(jsonrow.Frame(fr, i%2, i/2))); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
}
