package udata_test

import (
	"encoding/json"
	"testing"

	"socle/internal/interop/jsonrow"
	"socle/internal/interop/udata"
	"socle/internal/tabular"
)

var fields = []tabular.Field{{Name: "nom"}, {Name: "places", Kind: tabular.Int}, {Name: "pose", Kind: tabular.Date}, {Name: "abri", Kind: tabular.Bool}, {Name: "lieu", Geometry: "point-lonlat"}, {Name: "zone", Kind: tabular.JSON, Geometry: "geojson"}}

func TestData(t *testing.T) {
	total, next := int64(3), "https://portail.example/api/resources/r1/data/?page=2"
	row := jsonrow.Object{{Name: udata.RowID, Value: json.RawMessage("1")}, {Name: "nom", Value: jsonrow.Text("Banc")}}
	golden(t, "data.json", []any{
		udata.Data{Data: []jsonrow.Object{row}, Links: udata.DataLinks{Profile: "p", Swagger: "s", Next: &next}, Meta: udata.Meta{Page: 1, PageSize: 1, Total: &total}},
		udata.Data{Data: []jsonrow.Object{}, Meta: udata.Meta{Page: 1, PageSize: 20}},
		udata.Fault("Invalid query string", "Malformed query"),
	})
}

func TestColumns(t *testing.T) {
	columns := map[string]udata.Column{}
	for _, f := range fields {
		columns[f.Name] = udata.ColumnOf(f)
	}
	golden(t, "columns.json", columns)
}

func TestSwagger(t *testing.T) {
	doc, err := udata.Swagger("https://portail.example", "r1", "Bancs", fields[:2])
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "swagger.json", json.RawMessage(doc))
}
