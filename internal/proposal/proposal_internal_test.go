package proposal

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"socle/internal/query"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// columnsOf are the columns of a descriptor; those of numbers begin with "#".
func columnsOf(t *testing.T, names ...string) (*schema.Schema, []query.Column) {
	t.Helper()
	s := &schema.Schema{}
	var columns []query.Column
	for _, n := range names {
		kind := tabular.Text
		if n[0] == '#' {
			kind, n = tabular.Int, n[1:]
		}
		s.Fields = append(s.Fields, schema.Field{Name: n, Type: schema.String})
		columns = append(columns, query.Column{Name: n, Kind: kind})
	}
	return s, columns
}

// A number of a company stands beside the name that it has in the same table, and
// beside no other.
func TestPairs(t *testing.T) {
	for _, c := range []struct {
		name           string
		columns        []string
		siret, siren   []pair
		idBeneficiaire bool // is told by a pattern, or a check of the schema
	}{
		{name: "deliberations", columns: []string{"COLL_NOM", "COLL_SIRET", "DELIB_ID", "DELIB_MATIERE_NOM"}, siret: []pair{{"COLL_SIRET", "COLL_NOM"}}},
		{name: "grants", columns: []string{"nomAttribuant", "idAttribuant", "nomBeneficiaire", "idBeneficiaire"}, siret: []pair{{"idAttribuant", "nomAttribuant"}, {"idBeneficiaire", "nomBeneficiaire"}}, idBeneficiaire: true},
		{name: "told by its name", columns: []string{"nomBeneficiaire", "idBeneficiaire", "id", "nom"}, siret: []pair{{"idBeneficiaire", "nomBeneficiaire"}}},
		{name: "alone", columns: []string{"siret", "nom", "nombre_places", "commune"}, siret: []pair{{"siret", "nom"}}},
		{name: "titular", columns: []string{"nom_titulaire", "num_siret"}, siret: []pair{{"num_siret", "nom_titulaire"}}},
		{name: "no name", columns: []string{"siret", "prenom", "nombre"}},
		{name: "two numbers, one name", columns: []string{"siret_acheteur", "siret_titulaire", "nom"}},
		{name: "companies", columns: []string{"siren", "denomination"}, siren: []pair{{"siren", "denomination"}}},
		{name: "not a text", columns: []string{"#siret", "nom"}},
	} {
		s, columns := columnsOf(t, c.columns...)
		if c.idBeneficiaire {
			s.Fields[1].Constraints.Pattern, s.Fields[3].FrenchFormat = `^\d{14}$`, ""
			s.Checks = []schema.CustomCheck{{Name: "french-siret-value", Params: map[string]any{"column": "idBeneficiaire"}}}
		}
		siret, siren := pairs(s, columns)
		if diff := cmp.Diff([][]pair{c.siret, c.siren}, [][]pair{siret, siren}, cmp.AllowUnexported(pair{})); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestPlaceOf(t *testing.T) {
	for _, c := range []struct {
		columns []string
		want    place
	}{
		{[]string{"cle_interop", "#numero", "suffixe", "voie_nom", "commune_nom"}, place{number: "numero", repeated: "suffixe", road: "voie_nom", commune: "commune_nom"}},
		{[]string{"nom", "adresse", "code_postal", "commune"}, place{whole: "adresse", postal: "code_postal", commune: "commune"}},
		{[]string{"nom", "adresse_mail", "ADRESSE_VOIE"}, place{whole: "ADRESSE_VOIE"}},
		{[]string{"nom", "adresse_web", "adresse_num_voie"}, place{}},
		{[]string{"voie", "nom"}, place{}},
	} {
		_, columns := columnsOf(t, c.columns...)
		got, ok := placeOf(columns)
		if ok != (c.want.whole+c.want.road != "") || ok && got != c.want {
			t.Errorf("%v: %+v %v", c.columns, got, ok)
		}
	}
}

func TestAddressLookupAndLine(t *testing.T) {
	_, columns := columnsOf(t, "#numero", "suffixe", "voie_nom", "#code_postal", "commune_nom")
	p, _ := placeOf(columns)
	words, numbers := cut("12, rue Pasteur 31120 Roques")
	l := p.lookup(columns, words, numbers)
	any := func(text string) query.Expr {
		return query.Or{query.Match{Column: "voie_nom", Text: text}, query.Match{Column: "commune_nom", Text: text}}
	}
	want := query.And{any("rue"), any("Pasteur"), any("Roques"), query.Compare{Column: "numero", Op: query.Eq, Value: query.Int(12)}, query.Match{Column: "code_postal", Start: true, Text: "31120"}}
	if diff := cmp.Diff(query.Expr(want), l.where); diff != "" {
		t.Error(diff)
	}
	for cells, line := range map[[5]string]string{
		{"12", "bis", "Rue Pasteur", "31120", "Roques"}: "12 bis Rue Pasteur, 31120 Roques",
		{"99999", "", "Le Bourg", "", "Roques"}:         "Le Bourg, Roques",
		{"3", "", "Rue de Roques", "31120", "Roques"}:   "3 Rue de Roques, 31120",
		{"", "", "", "31120", "Roques"}:                 "",
	} {
		if got := p.write(l.columns, cells[:]); got != line {
			t.Errorf("%v: %q, want %q", cells, got, line)
		}
	}
}

func TestCommunes(t *testing.T) {
	s := &Service{o: Options{Territory: "31"}}
	first := func(q string, nameOnly bool) Proposal {
		list := s.communes(q, nameOnly)
		if len(list) == 0 || len(list) > Most {
			t.Fatalf("%q: %d proposals", q, len(list))
		}
		return list[0]
	}
	for q, want := range map[string]string{
		"roques": "Roques (31458)", "31458": "Roques (31458)", "st orens": "Saint-Orens-de-Gameville (31506)", "toul": "Toulouse (31555)", "PARIS": "Paris (75056)", "2a004": "Ajaccio (2A004)",
	} {
		if p := first(q, false); p.Value != want || p.Label != want {
			t.Errorf("%q: %+v", q, p)
		}
	}
	if p := first("roques", true); p.Value != "Roques" {
		t.Errorf("by name: %+v", p)
	}
	if list := s.communes("31120", false); len(list) < 2 {
		t.Errorf("a postal code of several communes: %+v", list)
	}
	if list := s.communes("xyzzy", false); list != nil {
		t.Errorf("%+v", list)
	}
}

// Another service is asked once for a text, left alone after a failure, and its trouble
// is nobody's.
func TestAbroad(t *testing.T) {
	now := time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)
	asked, fails := 0, false
	a := newAbroad(func(_ context.Context, q string) ([]string, error) {
		asked++
		if fails {
			return nil, errors.New("out of reach")
		}
		return []string{"1 " + q}, nil
	}, func() time.Time { return now })
	ask := func(q, want string, times int) {
		t.Helper()
		got := a.ask(t.Context(), q)
		if want == "" && got != nil || want != "" && (len(got) != 1 || got[0] != want) {
			t.Errorf("%q: %q", q, got)
		}
		if asked != times {
			t.Errorf("%q: asked %d times, want %d", q, asked, times)
		}
	}
	ask("rue", "", 0) // too short to leave
	ask("rue Pasteur", "1 rue Pasteur", 1)
	ask("RUE pasteur", "1 rue Pasteur", 1)
	fails = true
	ask("place", "", 2)
	ask("place du", "", 2) // quiet
	ask("rue Pasteur", "1 rue Pasteur", 2)
	now = now.Add(abroadQuiet + time.Second)
	fails = false
	ask("place du", "1 place du", 3)
	now = now.Add(abroadFresh)
	ask("rue Pasteur", "1 rue Pasteur", 4)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	fails = true
	if got := a.ask(cancelled, "allée des"); got != nil {
		t.Error(got)
	}
	fails = false
	ask("allée des", "1 allée des", 6) // who goes on typing does not silence it
	for i := range abroadKept + 10 {
		a.ask(t.Context(), time.Duration(i).String()+" rue")
	}
	if n := len(a.kept); n != abroadKept || a.order.Len() != n {
		t.Errorf("%d answers are remembered", n)
	}
	if newAbroad[string](nil, nil).ask(t.Context(), "rue Pasteur") != nil {
		t.Error("nothing to ask")
	}
}
