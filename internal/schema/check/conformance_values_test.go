package check

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"socle/internal/schema"
	"socle/internal/tabular"
)

func (s *score) sirenSiret(path string) {
	type numberCase struct {
		ID, Kind, Value string
		Valid           bool
	}
	for _, c := range load[numberCase](s.t, path) {
		valid, _ := Accepts(c.Kind, c.Value)
		s.judge("sirenSiret", c.ID, valid, c.Valid, func() string { return c.Kind + " " + c.Value })
	}
}

func (s *score) openingHours(path string) {
	type hoursCase struct {
		ID, Expr string
		Valid    bool
	}
	for _, c := range load[hoursCase](s.t, path) {
		s.judge("openingHours", c.ID, validHours(c.Expr), c.Valid, func() string { return c.Expr })
	}
}

func (s *score) frFormat(path string) {
	type formatCase struct {
		Format string
		Value  json.RawMessage
		Valid  bool `json:"expected_valid"`
	}
	names := map[string]string{"CodeRNA": "code-rna", "Siret": "siret", "IdRNB": "id-rnb", "NomenclatureActe": "nomenclature-acte"}
	for i, c := range load[formatCase](s.t, path) {
		var valid bool
		var point []float64
		if json.Unmarshal(c.Value, &point) == nil {
			valid = inFrenchBox(point[0], point[1])
		} else {
			valid, _ = Accepts(names[c.Format], string(unquote(c.Value)))
		}
		s.judge("frFormat", fmt.Sprintf("frformat%02d", i), valid, c.Valid, func() string { return c.Format + " " + string(c.Value) })
	}
}

// detectorFormats gives the format of Checks that a kind of value has here.
var detectorFormats = map[string]string{"rna": "code-rna", "tva_fr": "numero-tva", "nif": "numero-fiscal", "mobile_fr": "telephone-mobile",
	"code_region": "code-region", "code_departement": "code-departement", "code_commune_insee": "code-commune-insee", "code_commune_insee_": "code-commune-insee",
	"code_paysISO2": "code-pays-iso2", "code_paysISO3": "code-pays-iso3"}

func (s *score) valueFormats(path string) {
	type valueCase struct {
		Detector, Value string
		Expected        bool
	}
	for i, c := range load[valueCase](s.t, path) {
		kind, _, _ := strings.Cut(c.Detector, "_millesime")
		name := kind
		if n, ok := detectorFormats[kind]; ok {
			name = n
		}
		valid, known := Accepts(name, c.Value)
		if kind == "email" {
			sc, _ := schema.Parse([]byte(`{"fields":[{"name":"e","format":"email"}]}`))
			var v schema.Value
			valid, known = sc.Caster(0, schema.CastOptions{}).Cast([]byte(c.Value), &v), true
		}
		got := fmt.Sprint(valid)
		if !known {
			got = "no such format"
		}
		s.judge("valueFormats", fmt.Sprintf("value%03d", i), got, fmt.Sprint(c.Expected), func() string { return c.Detector + " " + c.Value })
	}
}

// TestConformanceInference infers a schema for each real file of DIR/samples: the
// file has no cell of a wrong type by its own schema.
func TestConformanceInference(t *testing.T) {
	if *shared == "" {
		t.Skip("no -shared DIR: real files are not part of this repository; make conformance SHARED=DIR runs them")
	}
	files, kinds := 0, map[schema.Type]int{}
	err := filepath.WalkDir(filepath.Join(*shared, "samples"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := tabular.OpenFile(path)
		if err != nil {
			return err
		}
		defer src.Close()
		f, err := tabular.Open(t.Context(), src, tabular.Options{Name: d.Name()})
		if err != nil {
			t.Logf("%s is no table: %v", path, err)
			return nil
		}
		defer f.Close()
		s, err := Infer(t.Context(), f, InferOptions{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		rep, err := Run(t.Context(), f, s, Options{Limit: 3})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		files++
		for i := range s.Fields {
			kinds[s.Fields[i].Type]++
		}
		if !rep.Valid {
			t.Logf("%s is not valid as a free table: %v", path, rep.Groups[0])
		}
		for _, g := range rep.Groups {
			if g.Code == CodeType {
				t.Errorf("%s: %s", path, rep.GroupMessage("fr", &g))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, columns by type %v", files, kinds)
}
