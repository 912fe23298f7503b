package check_test

import (
	"fmt"
	"strings"
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

// TestInferCodes: 8.10 is not 8.1 where figures are the parts of a code, and is where
// they are of a quantity.
func TestInferCodes(t *testing.T) {
	for _, c := range []struct {
		label, cells string
		want         schema.Type
	}{
		{"DELIB_MATIERE_CODE", "8.1 8.10 7.5", schema.String},
		{"article", "7.10 7.2", schema.String},
		{"version", "1.10 1.9 2", schema.String},
		{"numeroLot", "1,10 1,2", schema.String},
		{"Nomenclature", "3.2 3.4", schema.String},
		{"rang", "1.1 1.10", schema.String}, // two texts, one number
		{"rang", "1,1 1,10", schema.String},
		{"rang", "1.10 1.20", schema.Number},
		{"rang", "1.1 1.10 -2.5", schema.Number},
		{"rang", "1.1 1.10 1.2345", schema.Number},
		{"rang", "2 2.0", schema.Number},
		{"valeur", "1.1 1.10", schema.Number},
		{"montant", "1.1 1.10", schema.Number},
		{"prix_unitaire", "1,1 1,10", schema.Number},
		{"taux de TVA", "5.5 5.50", schema.Number},
		{"code", "1 2 3", schema.Integer},
		{"lots", "12 13", schema.Integer},
	} {
		for _, rows := range []int{1, 20_000} { // in one piece, and read by several goroutines
			text := c.label + ";suite\n" + strings.ReplaceAll(c.cells, " ", ";x\n") + ";x\n" + strings.Repeat(strings.Fields(c.cells)[0]+";des mots qui suivent\n", rows)
			f, err := tabular.Open(t.Context(), tabular.Bytes([]byte(text)), tabular.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s, err := check.Infer(t.Context(), f, check.InferOptions{Workers: 2})
			_ = f.Close()
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Fields[0].Type; got != c.want {
				t.Errorf("%s of %s, %d rows: %s, want %s", c.label, c.cells, rows, got, c.want)
			}
		}
	}
	// The two texts are far from each other.
	var b strings.Builder
	b.WriteString("rang;suite\n")
	for i := range 60_000 {
		fmt.Fprintf(&b, "%d.%d;des mots qui suivent\n", i/6_000+1, i%9+1)
	}
	b.WriteString("1.10;fin\n")
	f, err := tabular.Open(t.Context(), tabular.Bytes([]byte(b.String())), tabular.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if s, err := check.Infer(t.Context(), f, check.InferOptions{Workers: 2}); err != nil || s.Fields[0].Type != schema.String {
		t.Errorf("%+v %v", s, err)
	}
}
