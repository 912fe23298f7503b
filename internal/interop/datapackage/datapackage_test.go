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
