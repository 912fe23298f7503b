package check_test

import (
	"testing"

	"socle/internal/errs"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

// TestInferTypes: a column has the type that a person gives it, written as most of
// its cells are; its other cells are faults then.
func TestInferTypes(t *testing.T) {
	f, err := tabular.Open(t.Context(), tabular.Bytes([]byte("code;jour;prix;vu\n12;02/01/2024;1,5;oui\n13;03/01/2024;2,25;non\n14;inconnu;NA;peut-être\n")), tabular.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := check.Infer(t.Context(), f, check.InferOptions{Types: map[string]schema.Type{"code": schema.String, "jour": schema.Date, "prix": schema.Number, "vu": schema.Boolean}})
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Fields[0]; f.Type != schema.String {
		t.Errorf("%+v", f)
	}
	if f := s.Fields[1]; f.Type != schema.Date || f.Format != "%d/%m/%Y" {
		t.Errorf("%+v", f)
	}
	if f := s.Fields[2]; f.Type != schema.Number || f.DecimalChar != "," {
		t.Errorf("%+v", f)
	}
	if f := s.Fields[3]; f.Type != schema.Boolean || len(f.TrueValues) == 0 || f.TrueValues[0] != "oui" {
		t.Errorf("%+v", f)
	}
	report, err := check.Run(t.Context(), f, s, check.Options{})
	if err != nil || report.Valid || len(report.Errors) != 2 {
		t.Errorf("%+v %v", report, err)
	}
	for _, types := range []map[string]schema.Type{{"absent": schema.String}, {"code": "nombre"}} {
		if _, err := check.Infer(t.Context(), f, check.InferOptions{Types: types}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: %v", types, err)
		}
	}
}
