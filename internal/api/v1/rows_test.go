package v1

import (
	"net/url"
	"testing"

	"socle/internal/tabular"
)

func TestWriteOptions(t *testing.T) {
	for text, want := range map[string]tabular.WriteOptions{
		"":                                   {Sheet: "Arbres"},
		"variant=fr":                         {Sheet: "Arbres", Delimiter: ';', BOM: true, DecimalComma: true, CRLF: true},
		"delimiter=%3B&decimal=comma":        {Sheet: "Arbres", Delimiter: ';', DecimalComma: true},
		"variant=fr&delimiter=%09":           {Sheet: "Arbres", Delimiter: '\t', BOM: true, DecimalComma: true, CRLF: true},
		"variant=fr&bom=false&decimal=point": {Sheet: "Arbres", Delimiter: ';', CRLF: true},
		"bom=true&decimal=":                  {Sheet: "Arbres", BOM: true},
	} {
		v, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := writeOptions(v, "Arbres"); got != want || err != nil {
			t.Errorf("%s: %+v %v", text, got, err)
		}
	}
	for _, text := range []string{"variant=de", "bom=1", "decimal=virgule", "delimiter=ab", "delimiter=%22", "delimiter=%0A"} {
		v, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := writeOptions(v, "Arbres"); err == nil {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
