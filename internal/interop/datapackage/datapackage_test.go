package datapackage_test

import (
	"encoding/json"
	"testing"

	"socle/internal/interop/datapackage"
	"socle/internal/schema"
)

func TestPackage(t *testing.T) {
	size := int64(1200)
	p := datapackage.Package{Name: "bancs", ID: "d1", Title: "Bancs", Homepage: "https://portail.example/datasets/bancs", Created: "2025-01-31T08:30:00Z",
		Contributors: []datapackage.Contributor{{Title: "Commune de Roques", Roles: []string{"publisher"}}}, Licenses: []datapackage.License{{Name: "etalab-2.0"}},
		Resources: []datapackage.Resource{
			datapackage.Table("bancs", "https://portail.example/bancs.csv", "Bancs", "", json.RawMessage(`{"fields":[{"name":"nom","type":"string"}]}`)),
			{Name: "bancs", Path: "https://portail.example/notice.pdf", Format: "pdf", Bytes: &size},
			{Name: "bancs", Path: "https://portail.example/plan.pdf"},
		}}
	text, err := p.JSON()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "datapackage.json", json.RawMessage(text))
	back, err := schema.ParsePackage(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Resources) != 3 {
		t.Errorf("%d resources are read back", len(back.Resources))
	}
}

// TestWritten: a schema of what the portal writes does not say how the file was written that was brought.
func TestWritten(t *testing.T) {
	const schema = `{"missingValues":["","-"],"fields":[{"name":"pose","type":"date","format":"%d/%m/%Y"},{"name":"abri","type":"boolean","trueValues":["oui"],"falseValues":["non"]},{"name":"prix","type":"number","decimalChar":","},{"name":"nom","type":"string","format":"email"}]}`
	const want = `{"fields":[{"name":"pose","type":"date"},{"name":"abri","type":"boolean"},{"name":"prix","type":"number"},{"format":"email","name":"nom","type":"string"}]}`
	if got := string(datapackage.Table("a", "p", "", "", json.RawMessage(schema)).Schema); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
