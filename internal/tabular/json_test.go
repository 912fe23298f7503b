package tabular

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/errs"
)

func TestJSON(t *testing.T) {
	for _, c := range []struct {
		name, text, format string
		header             []string
		want               [][]string
	}{
		{"objects", `[{"a":1.50,"b":"é\n\u0041"},{"b":null,"c":true},{"a":{"x": [1, 2]},"b":[]}]`, "json", []string{"a", "b", "c"},
			[][]string{{"1.50", "é\nA", ""}, {"", "", "true"}, {`{"x":[1,2]}`, "[]", ""}}},
		{"spaces and a mark", "\ufeff \n [ { \"a\" : 1 } , { \"a\" : 2 } ]\n", "json", []string{"a"}, [][]string{{"1"}, {"2"}}},
		{"wrapped", `{"total":2,"links":[{"href":"x"}],"results":[{"a":1},{"a":2}]}`, "json", []string{"a"}, [][]string{{"1"}, {"2"}}},
		{"another name", `{"total":2,"arbres":[{"a":1},{"a":2}],"fin":{"x":[]}}`, "json", []string{"a"}, [][]string{{"1"}, {"2"}}},
		{"of CKAN", `{"help":"x","success":true,"result":{"fields":[{"id":"a","type":"text"}],"records":[{"_id":1,"a":"x"}],"total":1}}`, "json", []string{"_id", "a"}, [][]string{{"1", "x"}}},
		{"of Explore", `{"nhits":1,"records":[{"datasetid":"d","recordid":"r","fields":{"a":1,"b":2},"geometry":{}}]}`, "json", []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"arrays", `[["nom","prix"],["a",1],["b",2.5]]`, "json", []string{"nom", "prix"}, [][]string{{"a", "1"}, {"b", "2.5"}}},
		{"arrays in data", `{"data":[["nom","prix"],["a",1],["b",2.5]]}`, "json", []string{"nom", "prix"}, [][]string{{"a", "1"}, {"b", "2.5"}}},
		{"scalars", `["a","b"]`, "json", []string{"value"}, [][]string{{"a"}, {"b"}}},
		{"one object", `{"a":1,"b":{"c":2}}`, "json", []string{"a", "b"}, [][]string{{"1", `{"c":2}`}}},
		{"one object on several lines", "{\n  \"a\": 1\n}\n", "json", []string{"a"}, [][]string{{"1"}}},
		{"objects on several lines", "{\n\"a\":1\n}\n{\"a\":\n2}\n", "jsonl", []string{"a"}, [][]string{{"1"}, {"2"}}},
		{"lines", "{\"a\":1}\n\n{\"b\":2,\"a\":\"x\"}\n", "jsonl", []string{"a", "b"}, [][]string{{"1", ""}, {}, {"x", "2"}}},
		{"lines without the last break", "{\"a\":1}\n{\"a\":2}", "jsonl", []string{"a"}, [][]string{{"1"}, {"2"}}},
		{"geojson", `{"type":"FeatureCollection","crs":{"type":"name"},"features":[{"type":"Feature","id":7,"geometry":{"type":"Point","coordinates":[1.4, 43.6]},"properties":{"nom":"a","id":"x"}},{"type":"Feature","properties":null,"geometry":null}]}`, "geojson",
			[]string{"id", "properties.id", "nom", "geometry"}, [][]string{{"7", "x", "a", `{"type":"Point","coordinates":[1.4,43.6]}`}, {}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, rows := readCells(t, []byte(c.text), Options{})
			if f.Info.Format != c.format {
				t.Errorf("format %q", f.Info.Format)
			}
			if c.name == "geojson" { // the order of keys met is that of the file
				rows = rows[:1]
				got := map[string]string{}
				for i, label := range f.Header {
					got[label] = rows[0][i]
				}
				want := map[string]string{}
				for i, label := range c.header {
					want[label] = c.want[0][i]
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				return
			}
			if diff := cmp.Diff(c.header, f.Header); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.want, rows); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestBadJSON(t *testing.T) {
	for text, key := range map[string]string{
		`[{"a":1},{"a":`: "tabular.json-cut", `[{"a":1},}`: "tabular.bad-json", `[]`: "tabular.no-records", `{"records":[]}`: "tabular.no-records",
		"{\"a\":1}\n{\"a\":\n": "tabular.bad-json-line", strings.Repeat("[", 100_000): "tabular.bad-json", `{"a":`: "tabular.json-cut",
	} {
		f, err := Open(t.Context(), Bytes([]byte(text)), Options{Format: "json"})
		if err == nil {
			f.Close()
		}
		if e := errs.As(err); err == nil || e.Key != key || Code(err) != CodeSource {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}

// TestBrackets: text that begins with a bracket is not always JSON.
func TestBrackets(t *testing.T) {
	f, rows := readCells(t, []byte("[nom];[prix]\na;1\nb;2\n"), Options{})
	if f.Info.Format != "csv" || fmt.Sprint(rows) != "[[a 1] [b 2]]" {
		t.Errorf("%+v %q", f.Info, rows)
	}
}
