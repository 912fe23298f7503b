package v1

import (
	"net/url"
	"testing"

	"socle/internal/tabular"
)

func TestWriteOptions(t *testing.T) {
	for text, want := range map[string]tabular.WriteOptions{
		"":                               {Sheet: "Arbres"},
		"variant=fr":                     {Sheet: "Arbres", Delimiter: ';', BOM: true, DecimalComma: true, CRLF: true},
		"delimiter=%3B&decimal=comma":    {Sheet: "Arbres", Delimiter: ';', DecimalComma: true},
		"variant=fr&delimiter=%09":       {Sheet: "Arbres", Delimiter: '\t', BOM: true, DecimalComma: true, CRLF: true},
		"bom=true&delimiter=ab&decimal=": {Sheet: "Arbres", BOM: true},
	} {
		v, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := writeOptions(v, "Arbres"); got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
